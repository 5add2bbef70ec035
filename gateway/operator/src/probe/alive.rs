//! Signs of life: enquire_link both ways, and a command that nobody knows.

use super::mask::{Mask, name};
use super::row::{Group, Row};
use super::session::Session;
use dayaq_smpp::{CommandId, CommandStatus, Header};
use std::time::Duration;

/// No version of SMPP has this command.
const UNKNOWN_COMMAND: u32 = 0x0000_FFFF;

/// Asks and judges.
pub(super) async fn rows(session: &mut Session, limit: Duration, mask: &Mask) -> Vec<Row> {
    let probed = enquire_link(session, limit, mask).await;
    let answers = probed.verdict == super::Verdict::Conforms;
    vec![probed, unknown_command(session, limit, answers, mask).await]
}

async fn enquire_link(session: &mut Session, limit: Duration, mask: &Mask) -> Row {
    let expected = format!("enquire_link_resp within {} s", limit.as_secs());
    let row = Row::new("alive.enquire-link", Group::Alive, "enquire_link", expected);
    let asked_at = session.now();
    let number = session.raw(CommandId::ENQUIRE_LINK.0);
    match answer(session, number, limit).await {
        None => row.differs(silence(session, limit)),
        Some(frame) => {
            let took = frame.at.saturating_since(asked_at);
            let right = header(&frame.octets) == Some((CommandId::ENQUIRE_LINK.response(), CommandStatus::ROK));
            let seen = format!("{} after {:.2} ms", name(&frame.octets), took.as_secs_f64() * 1000.0);
            row.judged(right, seen).with(vec![mask.evidence(&frame)])
        }
    }
}

/// Whether the link is kept shows by enquire_link, where the SMSC answers that at all.
async fn unknown_command(session: &mut Session, limit: Duration, answers: bool, mask: &Mask) -> Row {
    let row = Row::new(
        "alive.unknown-command",
        Group::Alive,
        format!("a request with the unknown command_id {UNKNOWN_COMMAND:#010x}"),
        "generic_nack with RINVCMDID (0x03), and the link is kept",
    );
    let number = session.raw(UNKNOWN_COMMAND);
    let nack = answer(session, number, limit).await;
    let kept = match answers {
        true => {
            let number = session.raw(CommandId::ENQUIRE_LINK.0);
            answer(session, number, limit).await.is_some()
        }
        false => session.gone.is_none(),
    };
    match (nack, kept) {
        (_, false) => row.differs(match &session.gone {
            Some(why) => format!("the link ended: {why}"),
            None => "the SMSC does not answer enquire_link any more".to_owned(),
        }),
        (None, true) => row.differs(format!("no answer within {} s; the link is kept", limit.as_secs())),
        (Some(frame), true) => {
            let right = header(&frame.octets) == Some((CommandId::GENERIC_NACK, CommandStatus::RINVCMDID));
            row.judged(right, format!("{}; the link is kept", name(&frame.octets))).with(vec![mask.evidence(&frame)])
        }
    }
}

async fn answer(session: &mut Session, number: u32, limit: Duration) -> Option<super::line::Frame> {
    session.until(limit, |session| session.raw_answers.get(&number).cloned()).await
}

fn header(octets: &[u8]) -> Option<(CommandId, CommandStatus)> {
    Header::read(octets).map(|header| (header.command_id, header.command_status))
}

fn silence(session: &Session, limit: Duration) -> String {
    session.gone.clone().unwrap_or_else(|| format!("no answer within {} s", limit.as_secs()))
}

/// What can be said only when everything else is over: whether the SMSC probed us.
pub(super) fn own_probes(session: &Session, lasted: Duration, mask: &Mask) -> Row {
    let own =
        Row::new("alive.own-enquire-link", Group::Alive, "wait for the SMSC's own enquire_link", "it may send some");
    match session.own_probes.first() {
        None => own.not_shown(format!("none came in the {:.1} s of the run", lasted.as_secs_f64())),
        Some(frame) => own
            .conforms(format!("{} came, and were answered", session.own_probes.len()))
            .with(vec![mask.evidence(frame)]),
    }
}

/// What can be said only when everything else is over: whether the link was kept.
pub(super) fn link_kept(session: &Session, lasted: Duration) -> Row {
    let kept = Row::new("alive.link-kept", Group::Alive, "keep the link for the whole run", "the SMSC keeps it");
    match &session.gone {
        None => kept.conforms(format!("it stood for {:.1} s", lasted.as_secs_f64())),
        Some(why) => kept.differs(format!("it ended: {why}")),
    }
}
