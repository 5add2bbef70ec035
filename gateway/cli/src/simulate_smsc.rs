//! `dayaq simulate smsc`: an operator's SMSC without the rest, for any ESME.

use crate::args::SmscArgs;
use crate::exit::Usage;
use crate::settings::Machine;
use crate::signals::Ending;
use crate::{logging, say, simulate};
use anyhow::Context;
use dayaq_author::{Diagnostics, parse};
use dayaq_gateway::config::read_profile;
use dayaq_simulator::{Account, Fault, Smsc, SmscConfig, Tls, TlsError, read_setup};
use std::path::Path;
use std::process::ExitCode;

/// Runs the SMSC until quit or asked to end.
pub fn run(args: SmscArgs) -> anyhow::Result<ExitCode> {
    if args.faults {
        for (name, value, does) in Fault::names() {
            let shown = if value.is_empty() { name.to_owned() } else { format!("{name}={value}") };
            say::line(format_args!("{:<26} {does}", shown.replace("=[", "[=")))?;
        }
        say::line("each with ,every=N (every nth time), times=N (at most), to=DIGITS (phones), after=N (PDUs sent)")?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = configuration(&args)?;
    logging::start(false);
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let code = runtime.block_on(async {
        let mut ending = Ending::listen()?;
        let names: Vec<String> = config.accounts.iter().map(|account| account.system_id.clone()).collect();
        let (dialled, faults) = (format!("*{}#", config.short_code), config.faults.clone());
        let secured = config.tls.is_some();
        let smsc = Smsc::start(config).await.with_context(|| format!("--listen {}", args.listen))?;
        let web = simulate::web_phone(&smsc, args.web).await?;
        let (smsc_addr, accounts) = (smsc.addr(), names.join(", "));
        say::line(format_args!("SMSC on {smsc_addr}; accounts: {accounts}; service code {dialled}"))?;
        if secured {
            say::line("TLS: every ESME that connects must speak it")?;
        }
        simulate::say_phones(&web, !args.no_phone)?;
        say::line(format_args!("Control: {}/control", web.url()))?;
        for fault in faults {
            say::line(format_args!("Fault: {fault}"))?;
        }
        if let (Some(esme), Some(account)) = (args.outbind, names.first()) {
            smsc.outbind(esme, account).context("--outbind")?;
        }
        if args.no_phone {
            ending.asked().await;
        } else {
            tokio::select! {
                served = simulate::terminal(smsc.handset(simulate::number()?), &dialled).run() => served.context("the terminal")?,
                () = ending.asked() => {}
            }
        }
        web.shutdown().await;
        smsc.shutdown().await;
        Ok(ExitCode::SUCCESS)
    });
    // A thread may still wait for a line of the terminal; nobody will read it.
    runtime.shutdown_background();
    code
}

/// The defaults, then the file, then the command line.
fn configuration(args: &SmscArgs) -> anyhow::Result<SmscConfig> {
    let mut config = SmscConfig { listen: args.listen, ..SmscConfig::default() };
    if let Some(path) = &args.config {
        let (read, found) = read_setup(&path.display().to_string(), &text(path)?, config, &Machine::around(path));
        fail_on(&found, path)?;
        config = read;
    }
    if let Some(path) = &args.profile {
        let (document, found) = parse(&path.display().to_string(), &text(path)?);
        let profile = read_profile(&document, &found);
        fail_on(&found, path)?;
        let profile = profile.ok_or_else(|| Usage(format!("{}: not a profile", path.display())))?;
        config.dialect = profile.dialect;
        config.link.interface_version = profile.link.interface_version;
        config.link.max_pdu_len = profile.link.max_pdu_len;
    }
    if let Some(tls) = tls(args)? {
        config.tls = Some(tls);
    }
    if !args.account.is_empty() {
        config.accounts = args.account.iter().map(|text| account(text)).collect::<Result<_, _>>()?;
    }
    if let Some(code) = &args.code {
        if code.is_empty() || code.len() > 20 || !code.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(Usage(format!("--code must be 1 to 20 digits, found {code:?}")).into());
        }
        config.short_code.clone_from(code);
    }
    config.faults.extend(args.fault.iter().cloned());
    Ok(config)
}

/// What the three options say; each fault with the option and the file.
fn tls(args: &SmscArgs) -> Result<Option<Tls>, Usage> {
    let (Some(certificate), Some(key)) = (&args.tls_certificate, &args.tls_key) else { return Ok(None) };
    let read = |option: &str, path: &Path| text(path).map_err(|Usage(why)| Usage(format!("{option} {why}")));
    let client_ca = args.tls_client_ca.as_deref().map(|path| read("--tls-client-ca", path)).transpose()?;
    let tls = Tls::new(&read("--tls-certificate", certificate)?, &read("--tls-key", key)?, client_ca.as_deref());
    tls.map(Some).map_err(|fault| {
        let (option, path, why) = match fault {
            TlsError::Certificate(why) => ("--tls-certificate", Some(certificate), why),
            TlsError::Key(why) => ("--tls-key", Some(key), why),
            TlsError::ClientAuthority(why) => ("--tls-client-ca", args.tls_client_ca.as_ref(), why),
        };
        Usage(format!("{option} {}: {why}", path.map(|path| path.display().to_string()).unwrap_or_default()))
    })
}

fn account(text: &str) -> Result<Account, Usage> {
    match text.split_once(':') {
        Some((name, password)) if (1..=15).contains(&name.len()) && (1..=32).contains(&password.len()) => {
            Ok(Account::new(name, password))
        }
        // Not the text itself: it holds a password.
        _ => Err(Usage("--account must be system_id:password, 1 to 15 and 1 to 32 characters".to_owned())),
    }
}

fn text(path: &Path) -> Result<String, Usage> {
    std::fs::read_to_string(path).map_err(|cause| Usage(format!("{}: {cause}", path.display())))
}

fn fail_on(found: &Diagnostics, path: &Path) -> anyhow::Result<()> {
    say::aside(found);
    if found.has_errors() {
        return Err(Usage(format!("{} is not in order; nothing was started", path.display())).into());
    }
    Ok(())
}
