//! `dayaq simulate`: the outside world alone.

use crate::args::{Alone, SimulateArgs};
use crate::exit::{self, Usage};
use crate::signals::Ending;
use crate::{logging, say, simulate_smsc};
use anyhow::Context;
use dayaq_registries::{CardTime, Households, Registries, RegistriesConfig, Tokens};
use dayaq_simulator::{Handset, Play, Smsc, SmscConfig, Telephone, Terminal, WebPhone};
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::BufReader;

/// The token that the simulated institutions and the bank ask for.
pub const TOKEN: &str = "simulated";
/// The phone in the terminal.
const NUMBER: &str = "994501234567";
/// What it dials.
pub const CODE: &str = "*7142#";
/// A shipped family whose application is granted.
pub const FAMILY: &str = "A family to apply for: FIN 300TQ7M, card AA 3073607, notarised application 2026004117,
members 69F5J5R (spouse), 7ZHET4L and 124HW0U (children), living in Quba.";

/// Runs SMSC, institutions and bank until quit, asked to end, or the play is over.
pub fn run(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    if let Some(Alone::Smsc(smsc)) = args.alone {
        return simulate_smsc::run(smsc);
    }
    let shipped = args.households.is_none();
    let households = households(args.households.as_deref())?;
    logging::start(false);
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let code = runtime.block_on(async {
        let mut ending = Ending::listen()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let registries = Registries::start(RegistriesConfig {
            listen: args.registries,
            households,
            clock: Arc::clone(&clock),
            tokens: Tokens::same(TOKEN),
            card_time: CardTime::After(Duration::from_secs(args.card_seconds)),
        })
        .await
        .with_context(|| format!("--registries {}", args.registries))?;
        let config = SmscConfig { listen: args.smsc, clock, ..SmscConfig::default() };
        let smsc = Smsc::start(config).await.with_context(|| format!("--smsc {}", args.smsc))?;
        let web = web_phone(&smsc, args.web).await?;
        let (smsc_addr, outside) = (smsc.addr(), registries.addr());
        say::line(format_args!("SMSC on {smsc_addr} (system_id dayaq, password secret); service code {CODE}"))?;
        say::line(format_args!(
            "Institutions and bank on http://{outside} (token {TOKEN}); families: /admin/households"
        ))?;
        say_phones(&web, !args.no_phone)?;
        if shipped {
            say::line(FAMILY)?;
        }
        if args.no_phone {
            ending.asked().await;
        } else {
            tokio::select! {
                served = terminal(smsc.handset(number()?), CODE).run() => served.context("the terminal")?,
                () = ending.asked() => {}
            }
        }
        web.shutdown().await;
        smsc.shutdown().await;
        registries.shutdown().await.context("stopping the institutions")?;
        Ok(ExitCode::SUCCESS)
    });
    // A thread may still wait for a line of the terminal; nobody will read it.
    runtime.shutdown_background();
    code
}

/// The phone in the browser.
pub async fn web_phone(smsc: &Smsc, listen: SocketAddr) -> anyhow::Result<WebPhone> {
    WebPhone::start(smsc, listen).await.with_context(|| format!("--web {listen}"))
}

/// Says where the phones are.
pub fn say_phones(web: &WebPhone, terminal: bool) -> anyhow::Result<()> {
    say::line(format_args!("Phone in the browser: {}", web.url()))?;
    if terminal {
        say::line(format_args!("Phone in this terminal: {NUMBER}"))?;
    }
    Ok(())
}

/// The phone in the terminal.
pub fn terminal(phone: Handset, code: &str) -> Terminal<BufReader<tokio::io::Stdin>, tokio::io::Stdout> {
    Terminal::new(phone, code, BufReader::new(tokio::io::stdin()), tokio::io::stdout())
}

/// The handset of the terminal.
pub fn number() -> anyhow::Result<Msisdn> {
    Ok(Msisdn::parse(NUMBER)?)
}

/// Plays on a phone and prints the transcript; the code tells whether it came to its end.
pub async fn perform<T: Telephone>(play: &Play, phone: &T) -> anyhow::Result<ExitCode> {
    match play.run(phone, &mut std::io::stdout()).await {
        Ok(shown) => {
            let (screens, texts, segments) = (shown.screens, shown.texts, shown.segments);
            say::line(format_args!("{screens} screens, {texts} texts, {segments} segments"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            say::aside_line(format_args!("dayaq: {fault}"));
            Ok(exit::FAILURE)
        }
    }
}

/// A play that ships, by name.
pub fn play(name: &str) -> anyhow::Result<Play> {
    let names: Vec<&str> = Play::names().collect();
    let unknown = || Usage(format!("there is no play {name:?}; there are {}", names.join(", ")));
    let (play, found) = Play::shipped(name).ok_or_else(unknown)?;
    say::aside(&found);
    Ok(play.ok_or_else(|| Usage(format!("the play {name:?} is not in order")))?)
}

/// The families of a file, or the shipped ones.
pub fn households(path: Option<&Path>) -> anyhow::Result<Households> {
    let (households, found) = match path {
        None => Households::shipped(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|cause| Usage(format!("{}: {cause}", path.display())))?;
            Households::read(&path.display().to_string(), &text)
        }
    };
    say::aside(&found);
    Ok(households.ok_or_else(|| Usage("the households are not in order; nothing was started".to_owned()))?)
}
