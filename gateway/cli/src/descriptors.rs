//! File descriptors: what this machine gives, shared so that binds and stores never go short for HTTP's sake.

use crate::exit::Usage;
use anyhow::Context;
use dayaq_gateway::config::{BindKind, GatewayConfig, OperatorLink, Reach};
use dayaq_gateway::link::AT_THE_DOOR;

/// For files of the stores, pools, institutions, the runtime and the log.
const HOUSE: usize = 160;
/// The fewest connections with which a listener is of use.
const CONNECTIONS_MIN: usize = 8;

/// Raises the soft limit to the hard one, and gives HTTP's listeners no more connections than it leaves.
pub fn share(config: &mut GatewayConfig) -> anyhow::Result<()> {
    let limit = rlimit::increase_nofile_limit(u64::MAX).context("reading the limit of open files")?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let shared = share_of(limit, config).map_err(|needed| {
        Usage(format!(
            "this process may open {limit} files and needs {needed}: raise the limit (`ulimit -n`, LimitNOFILE= of \
             systemd); nothing was started"
        ))
    })?;
    if let Some(least) = shared {
        tracing::warn!(limit, connections_max = least, "Few open files are allowed: HTTP takes fewer connections");
    }
    Ok(())
}

/// Cuts the listeners' connections down to what that limit leaves; gives the smallest share where it did, or else the
/// limit that would be enough.
fn share_of(limit: usize, config: &mut GatewayConfig) -> Result<Option<usize>, usize> {
    let reserve = HOUSE + config.operators.iter().map(|operator| links(&operator.link)).sum::<usize>();
    let asked = listeners(config).map(|connections| *connections).collect::<Vec<_>>();
    let free = limit.saturating_sub(reserve);
    if asked.iter().sum::<usize>() <= free {
        return Ok(None);
    }
    let least: usize = asked.iter().map(|asked| *asked.min(&CONNECTIONS_MIN)).sum();
    if free < least {
        return Err(reserve + least);
    }
    // Each has its least, and of the rest what it asked for in proportion.
    let (rest, wanted) = (free - least, asked.iter().sum::<usize>() - least);
    for (connections, asked) in listeners(config).zip(asked) {
        let own = asked.min(CONNECTIONS_MIN);
        *connections = own + (asked - own) * rest / wanted.max(1);
    }
    Ok(listeners(config).map(|connections| *connections).min())
}

fn listeners(config: &mut GatewayConfig) -> impl Iterator<Item = &mut usize> {
    let aggregators = config.aggregators.iter_mut().map(|aggregator| &mut aggregator.connections);
    std::iter::once(&mut config.http_connections).chain(aggregators)
}

/// The sockets of an operator: each connection of each bind, twice while one takes the place of another, and its door.
fn links(link: &OperatorLink) -> usize {
    let legs = match link.bind {
        BindKind::Transceiver => 1,
        BindKind::Pair => 2,
    };
    let door = match link.reach {
        Reach::Listen { .. } => AT_THE_DOOR.total + 1,
        Reach::Dial { .. } => 0,
    };
    2 * legs * link.binds + door
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(binds: usize, aggregators: usize) -> GatewayConfig {
        let mut text = format!(
            "[gateway]\nstore = \"sqlite\"\ndatabase = \"g.sqlite\"\n\n[[operator]]\nname = \"one\"\n\
             profile = \"operators/specification.toml\"\naddress = \"127.0.0.1:2775\"\nsystem_id = \"dayaq\"\n\
             password = \"secret\"\nbinds = {binds}\n"
        );
        for at in 0..aggregators {
            text += &format!(
                "\n[[aggregator]]\nname = \"hub{at}\"\nprofile = \"aggregators/hubtel.toml\"\n\
                 listen = \"127.0.0.1:{}\"\nsecret = \"sixteen octets {at:2}\"\ncodes = [\"*7142#\"]\n",
                8090 + at
            );
        }
        let (document, found) = dayaq_author::parse("dayaq.toml", &text);
        let files = crate::settings::Machine::around(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/dayaq.toml"),
        );
        let config = GatewayConfig::read(&document.root(&found), &files, &found);
        assert!(!found.has_errors(), "{found}");
        config.unwrap()
    }

    #[test]
    fn under_each_limit_listeners_share_what_binds_and_stores_leave() {
        for binds in [1, 64] {
            for aggregators in [0, 1, 3] {
                let reserve = HOUSE + 2 * binds;
                let asked = 128 + 512 * aggregators;
                let read = config(binds, aggregators);
                for limit in 0..3000 {
                    let mut config = read.clone();
                    match share_of(limit, &mut config) {
                        Err(needed) => {
                            assert!(limit < needed && needed == reserve + 8 * (1 + aggregators), "{limit}: {needed}");
                        }
                        Ok(None) => assert!(limit >= reserve + asked && config.http_connections == 128, "{limit}"),
                        Ok(Some(least)) => {
                            let all: usize = listeners(&mut config).map(|own| *own).sum();
                            assert!(least >= CONNECTIONS_MIN && reserve + all <= limit, "{limit}: {all}");
                            assert!(reserve + all + 1 + aggregators > limit, "{limit}: nothing is wasted ({all})");
                        }
                    }
                }
            }
        }
    }
}
