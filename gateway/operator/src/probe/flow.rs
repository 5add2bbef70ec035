//! Window and rate: how much at once, and how fast.

use super::mask::Mask;
use super::order::Order;
use super::row::{Group, Row};
use super::session::{Session, Submitted};
use super::texts::compose;
use dayaq_smpp::CommandStatus;
use std::time::Duration;

/// How long the rate is kept up.
const RATE_SECONDS: usize = 3;
/// Texts whose PDUs are shown.
const SHOWN: usize = 2;
/// A second in which nothing is sent, so that the operator's count begins anew.
const QUIET: Duration = Duration::from_millis(1100);
const UNANSWERED: &str = "not answered";
const LOST: &str = "the link ended before the answers";

/// Sends and judges.
pub(super) async fn rows(order: &Order, session: &mut Session, budget: &mut usize, mask: &Mask) -> Vec<Row> {
    vec![window(order, session, budget, mask).await, rate(order, session, budget, mask).await]
}

async fn window(order: &Order, session: &mut Session, budget: &mut usize, mask: &Mask) -> Row {
    let window = order.profile.link.window;
    let row = Row::new(
        "flow.window",
        Group::Flow,
        format!("{window} requests at once, as the window allows"),
        "all are answered, none with RTHROTTLED",
    );
    let rate = order.profile.pace.segments_per_second.map(|rate| rate as usize);
    let wanted = window.min(rate.unwrap_or(usize::MAX));
    let count = wanted.min(*budget);
    if count == 0 {
        return row.not_shown("--texts leaves none");
    }
    if rate.is_some() {
        session.pause(QUIET).await;
    }
    *budget -= count;
    let mut tokens = Vec::new();
    for number in 1..=count {
        match compose(order, &format!("Dayaq window {number}/{count}"), 0, false) {
            Ok(messages) => tokens.extend(messages.into_iter().map(|message| session.submit(message))),
            Err(why) => return row.differs(why),
        }
    }
    session.answered(&tokens).await;
    let sent: Vec<&Submitted> = tokens.iter().filter_map(|token| session.submitted.get(token)).collect();
    let frames = sent.iter().filter_map(|it| it.answer.as_ref()).map(|answer| &answer.frame);
    let evidence = mask.all(frames.take(SHOWN));
    let refused = refusals(&sent);
    let row = match (refused.is_empty(), count < window) {
        (false, _) if is_lost(session, &refused) => row.not_shown(LOST),
        (false, _) => row.differs(format!("of {count} at once: {}", refused.join(", "))),
        (true, false) => row.conforms(format!("{count} at once, all taken")),
        (true, true) if count == wanted => {
            row.conforms(format!("{count} at once, as many as segments_per_second allows in a second, all taken"))
        }
        (true, true) => row.not_shown(format!("{count} at once were taken; --texts allows no more")),
    };
    row.with(evidence)
}

/// Whether nothing is amiss but that the link is gone, which has a row of its own.
fn is_lost(session: &Session, refused: &[String]) -> bool {
    session.gone.is_some() && !refused.is_empty() && refused.iter().all(|it| it.ends_with(UNANSWERED))
}

/// What was not taken, by kind.
fn refusals(sent: &[&Submitted]) -> Vec<String> {
    let mut kinds: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for it in sent {
        let kind = match (&it.answer, &it.failed) {
            (Some(answer), _) if answer.status.is_ok() => continue,
            (Some(answer), _) => format!("answered {}", answer.status),
            (None, Some(why)) => why.clone(),
            (None, None) => UNANSWERED.to_owned(),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect()
}

async fn rate(order: &Order, session: &mut Session, budget: &mut usize, mask: &Mask) -> Row {
    let asked = format!("a steady rate for {RATE_SECONDS} s");
    let Some(rate) = order.profile.pace.segments_per_second else {
        let row = Row::new("flow.rate", Group::Flow, asked, "the profile names no rate (segments_per_second)");
        return row.not_shown("not asked: there is no rate to keep to");
    };
    let row = Row::new(
        "flow.rate",
        Group::Flow,
        asked,
        format!("{rate} texts per second, none answered RTHROTTLED or RMSGQFUL"),
    );
    let wanted = rate as usize * RATE_SECONDS;
    let count = wanted.min(*budget);
    if count == 0 {
        return row.not_shown(format!("it takes {wanted} texts, and --texts leaves none"));
    }
    session.pause(QUIET).await;
    *budget -= count;
    let begun = session.now();
    let mut tokens = Vec::new();
    for number in 0..count {
        let due = begun + Duration::from_secs(1) * u32::try_from(number).unwrap_or(u32::MAX) / rate.max(1);
        let wait = due.saturating_since(session.now());
        session.pause(wait).await;
        let window = order.profile.link.window;
        session.until(order.profile.link.response, |session| (session.in_flight() < window).then_some(())).await;
        match compose(order, &format!("Dayaq rate {}/{count}", number + 1), 0, false) {
            Ok(messages) => tokens.extend(messages.into_iter().map(|message| session.submit(message))),
            Err(why) => return row.differs(why),
        }
    }
    session.answered(&tokens).await;
    let sent: Vec<&Submitted> = tokens.iter().filter_map(|token| session.submitted.get(token)).collect();
    let slow = |status: CommandStatus| status == CommandStatus::RTHROTTLED || status == CommandStatus::RMSGQFUL;
    let throttled = sent.iter().position(|it| it.answer.as_ref().is_some_and(|answer| slow(answer.status)));
    let kept = sent.last().map_or(0.0, |last| last.at.saturating_since(begun).as_secs_f64());
    let shown = throttled.and_then(|at| sent[at].answer.as_ref()).or_else(|| sent.first()?.answer.as_ref());
    let evidence = mask.all(shown.map(|answer| &answer.frame));
    let refused = refusals(&sent);
    let row = match throttled {
        Some(at) => {
            let after = sent[at].at.saturating_since(begun).as_secs_f64();
            // In the second before the refusal, that text among them.
            let from = sent[at].at.as_micros().saturating_sub(1_000_000);
            let within = sent[..=at].iter().filter(|it| it.at.as_micros() > from).count();
            row.differs(format!(
                "{} from text {} on, after {after:.1} s: the {within}th within a second",
                refused.join(", "),
                at + 1
            ))
        }
        None if is_lost(session, &refused) => row.not_shown(LOST),
        None if !refused.is_empty() => row.differs(refused.join(", ")),
        None if count < wanted => row.not_shown(format!(
            "{count} texts at this rate were taken; {RATE_SECONDS} s take {wanted}, and --texts allows no more"
        )),
        None => row.conforms(format!("{count} texts in {kept:.1} s, all taken")),
    };
    row.with(evidence)
}
