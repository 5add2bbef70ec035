//! `dayaq demo`: the whole service and the outside world in one process.

use crate::args::DemoArgs;
use crate::content::{self, Found, Origin};
use crate::exit::Usage;
use crate::leaping_clock::LeapingClock;
use crate::serve::{self, Running};
use crate::settings::Settings;
use crate::signals::Ending;
use crate::simulate::{self, TOKEN};
use crate::{keys, logging, say};
use anyhow::Context;
use dayaq_author::{Diagnostics, parse};
use dayaq_core::{CoreConfig, Endpoint};
use dayaq_gateway::config::{Environment, GatewayConfig, Reach, Surroundings, read_profile};
use dayaq_gateway::content::ContentFiles;
use dayaq_registries::{CardTime, Institution, Registries, RegistriesConfig, Tokens};
use dayaq_simulator::{AggregatorConfig, Play, SimulatedAggregator, Smsc, SmscConfig, Style, WebPhone};
use dayaq_smpp::ussd::Dialect;
use dayaq_types::{Clock, SystemClock, SystemEntropy, baku_date};
use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A play begins on this morning in Baku, so that its transcript is the same every time.
const PLAY_START: &str = "2026-11-23T09:00:00+04:00";
/// The weekdays that the demo's bank needs for a card.
const CARD_WEEKDAYS: u16 = 3;
/// How often the demo looks whether anything is due.
const LOOK: Duration = Duration::from_millis(20);
/// What the simulated aggregator and the service have in common.
const AGGREGATOR_SECRET: &str = "simulated-aggregator";
/// How long a person sees each day that the clock leaps to.
const DAY_SHOWN: Duration = Duration::from_millis(600);

/// Runs until quit, asked to end, or the play is over.
pub fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    if args.plays {
        for name in Play::names() {
            say::line(format_args!("{name:<18} {}", simulate::play(name)?.note()))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let play = args.play.as_deref().map(simulate::play).transpose()?;
    let profile = profile(args.profile.as_deref())?;
    let households = simulate::households(args.households.as_deref())?;
    let content = content::chosen(args.content.as_deref())?;
    let told = format!("Content: {content}");
    if args.log {
        logging::start(false);
    }
    let temporary = tempfile::tempdir().context("making a temporary folder")?;
    let folder = match (&args.data, &play) {
        (Some(folder), _) => folder.clone(),
        (None, Some(_)) => temporary.path().to_path_buf(),
        (None, None) => PathBuf::from("data/demo"),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let start = match play {
        Some(_) => PLAY_START.parse()?,
        None => args.begin.unwrap_or_else(|| SystemClock::new().now()),
    };
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let code = runtime.block_on(async {
        let mut ending = Ending::listen()?;
        let clock = Arc::new(LeapingClock::new(start));
        // A play has a phone of its own; its transcript is the same every time.
        let web = play.is_none().then_some(args.web);
        let world = World::open(&folder, content, households, profile, Arc::clone(&clock), web, args.aggregator).await?;
        let (drive, stop) = (CancellationToken::new(), CancellationToken::new());
        let running = Arc::new(world.running);
        let quiet = world.aggregator.clone();
        let driver = tokio::spawn(leap(Arc::clone(&running), clock, quiet, play.is_none(), drive.clone()));
        let code = match &play {
            Some(play) => {
                // Not in the transcript, which is the same wherever it is played.
                say::aside_line(told);
                let handset = world.smsc.handset(play.number());
                match &world.aggregator {
                    Some(aggregator) => simulate::perform(play, &aggregator.phone(handset)).await?,
                    None => simulate::perform(play, &handset).await?,
                }
            }
            None => {
                greet(&folder, &told, world.web.as_ref(), !args.no_terminal)?;
                tokio::select! {
                    served = simulate::terminal(world.smsc.handset(simulate::number()?), simulate::CODE).run(), if !args.no_terminal => served.context("the terminal")?,
                    () = ending.asked() => {}
                }
                ExitCode::SUCCESS
            }
        };
        drive.cancel();
        driver.await.context("the demo's clock")?;
        stop.cancel();
        if let Ok(running) = Arc::try_unwrap(running).map_err(|_| ()) {
            running.gateway.shutdown().await;
            running.core.close().await;
        }
        if let Some(web) = world.web {
            web.shutdown().await;
        }
        world.smsc.shutdown().await;
        world.registries.shutdown().await.context("stopping the institutions")?;
        Ok::<_, anyhow::Error>(code)
    });
    // A thread may still wait for a line of the terminal; nobody will read it.
    runtime.shutdown_background();
    code
}

fn greet(folder: &Path, content: &str, web: Option<&WebPhone>, terminal: bool) -> anyhow::Result<()> {
    say::line(
        "Dayaq, a demonstration. Operator, institutions and bank are simulated, over real SMPP and HTTP on loopback.",
    )?;
    let folder = folder.display();
    say::line(format_args!("The clock is fast: it leaps over days in which nothing happens. Data: {folder}"))?;
    say::line(content)?;
    say::line(simulate::FAMILY)?;
    if let Some(web) = web {
        simulate::say_phones(web, terminal)?;
    }
    say::line("Stories to watch: dayaq demo --plays. Families of your own: --households, core/simulator/README.md")
}

/// The outside world and the service in front of it.
struct World {
    smsc: Smsc,
    /// The phone in the browser, where there is one.
    web: Option<WebPhone>,
    /// The aggregator, where the phone comes by one.
    aggregator: Option<SimulatedAggregator>,
    registries: dayaq_registries::Running,
    running: Running,
}

impl World {
    async fn open(
        folder: &Path,
        content: Found,
        households: dayaq_registries::Households,
        profile: OperatorProfile,
        clock: Arc<LeapingClock>,
        web: Option<SocketAddr>,
        style: Option<Style>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = clock;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let registries = Registries::start(RegistriesConfig {
            listen: loopback,
            households,
            clock: Arc::clone(&clock),
            tokens: Tokens::same(TOKEN),
            card_time: CardTime::Weekdays(CARD_WEEKDAYS),
        })
        .await?;
        let dialect = profile.dialect;
        let config = SmscConfig { listen: loopback, clock: Arc::clone(&clock), dialect, ..SmscConfig::default() };
        let smsc = Smsc::start(config).await?;
        // Before the gateway binds, so that the page shows the bind.
        let web = match web {
            Some(listen) => Some(simulate::web_phone(&smsc, listen).await?),
            None => None,
        };
        let settings = settings(folder, content, &smsc, &registries, &profile.text, style)?;
        let running = serve::start(settings, Arc::clone(&clock), Arc::new(SystemEntropy)).await?;
        let aggregator = match (style, running.gateway.callbacks.first()) {
            (Some(style), Some(service)) => {
                let config = AggregatorConfig { clock, ..AggregatorConfig::new(*service, style, AGGREGATOR_SECRET) };
                Some(SimulatedAggregator::new(config).context("the simulated aggregator")?)
            }
            (Some(_), None) | (None, _) => None,
        };
        Ok(Self { smsc, web, aggregator, registries, running })
    }
}

/// The demo's own configuration: the same file format that `serve` reads, filled in with the addresses found.
const CONFIG: &str = include_str!("../../../config/dayaq.toml");

/// The profile that the configuration names.
const PROFILE: &str = "operators/specification.toml";

struct Embedded<'f> {
    files: &'f ContentFiles,
    profile: &'f str,
}

/// How the operator speaks: the simulator and the service have nothing else in common.
struct OperatorProfile {
    text: String,
    dialect: Dialect,
}

/// Reads a profile, or the specification's.
fn profile(path: Option<&Path>) -> anyhow::Result<OperatorProfile> {
    let (name, text) = match path {
        None => (PROFILE.to_owned(), include_str!("../../../config/operators/specification.toml").to_owned()),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|cause| Usage(format!("{name}: {cause}")))?;
            (name, text)
        }
    };
    let (document, found) = parse(&name, &text);
    let read = read_profile(&document, &found);
    say::aside(&found);
    let read = read.filter(|_| !found.has_errors());
    let read = read.ok_or_else(|| Usage(format!("{name} is not in order; nothing was started")))?;
    Ok(OperatorProfile { text, dialect: read.dialect })
}

impl Environment for Embedded<'_> {
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

impl Surroundings for Embedded<'_> {
    fn file(&self, path: &str) -> Result<String, String> {
        if path == PROFILE {
            return Ok(self.profile.to_owned());
        }
        self.files.get(&format!("config/{path}")).map(str::to_owned).ok_or_else(|| "not in the program".to_owned())
    }
}

fn settings(
    folder: &Path,
    taken: Found,
    smsc: &Smsc,
    registries: &dayaq_registries::Running,
    profile: &str,
    style: Option<Style>,
) -> anyhow::Result<Settings> {
    let (document, found) =
        parse("config/dayaq.toml", &format!("{CONFIG}{}", style.map_or_else(String::new, aggregator)));
    let (gateway, core) = {
        let root = document.root(&found);
        let around = Embedded { files: &taken.files, profile };
        let gateway = GatewayConfig::read(&root, &around, &found);
        let ids: Vec<String> = Institution::ALL.iter().map(ToString::to_string).filter(|id| id != "bank").collect();
        let core = root.table("core").and_then(|table| CoreConfig::read(table, &ids, &around));
        root.finish();
        (gateway, core)
    };
    let (content, more) = content::read(taken.files.clone());
    found.extend(more);
    fail_on(&found, &taken.origin)?;
    let not_read = || Usage("the demo's configuration is not in order".to_owned());
    let (mut gateway, mut core) = (gateway.ok_or_else(not_read)?, core.ok_or_else(not_read)?);
    gateway.database = folder.join(gateway.database);
    gateway.http_listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    for operator in &mut gateway.operators {
        operator.link.reach = Reach::plain(smsc.addr());
    }
    core.database = folder.join(core.database);
    for institution in Institution::ALL {
        let endpoint = Endpoint::new(&registries.url(institution), TOKEN);
        if institution == Institution::Bank {
            core.bank = endpoint;
        } else {
            core.institutions.insert(institution.to_string(), endpoint);
        }
    }
    let keys = keys::own(&folder.join("master.key"))?;
    Ok(Settings { gateway, core, keys, content: content.ok_or_else(not_read)?, found: taken })
}

/// The aggregator of that style, as the configuration has it.
fn aggregator(style: Style) -> String {
    format!(
        "\n[[aggregator]]\nname = \"{style}\"\nprofile = \"aggregators/{style}.toml\"\nlisten = \"127.0.0.1:0\"\n\
         secret = \"{AGGREGATOR_SECRET}\"\ncodes = [\"*7142#\"]\n"
    )
}

fn fail_on(found: &Diagnostics, origin: &Origin) -> anyhow::Result<()> {
    say::aside(found);
    if found.has_errors() {
        return Err(Usage(format!("{origin}: not in order; nothing was started")).into());
    }
    Ok(())
}

/// Does what is due, and leaps to what is due next once nothing else is left to do.
async fn leap(
    running: Arc<Running>,
    clock: Arc<LeapingClock>,
    aggregator: Option<SimulatedAggregator>,
    shows: bool,
    stop: CancellationToken,
) {
    let mut today = baku_date(clock.now());
    loop {
        match advance(&running, &clock, aggregator.as_ref()).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(cause) => tracing::warn!(cause = %cause, "The demo's clock waits"),
        }
        let day = baku_date(clock.now());
        if day != today {
            today = day;
            if shows {
                // Where nobody reads it the days pass all the same.
                let _ = say::line(format_args!("\n-- {} --", day.strftime("%d.%m.%Y")));
                tokio::time::sleep(DAY_SHOWN).await;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// One look; true where something was done and more may follow at once.
async fn advance(
    running: &Running,
    clock: &LeapingClock,
    aggregator: Option<&SimulatedAggregator>,
) -> anyhow::Result<bool> {
    let now = clock.now();
    if running.core.run_due(now).await? > 0 {
        running.gateway.wake.notify_one();
        return Ok(true);
    }
    let soon = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
    let core_due = running.core.next_due().await?;
    let texts_due = running.gateway.store.texts_due().await?;
    if soon(core_due) || soon(texts_due) {
        running.gateway.wake.notify_one();
        return Ok(false);
    }
    if let Some(due) = core_due.into_iter().chain(texts_due).min() {
        match aggregator {
            Some(aggregator) => aggregator.when_quiet(|| clock.leap_to(due)),
            None => clock.leap_to(due),
        }
    }
    Ok(false)
}
