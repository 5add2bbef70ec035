//! A conformance run against the operator's SMSC: it binds over real SMPP, walks a list, and reports each row.
//!
//! Only the test phone is ever sent to. What comes for another phone is answered RX_T_APPN and so comes again, to
//! whoever serves that phone. Every PDU of a row is kept as evidence, with password and phone number blotted out.

mod alive;
mod bind;
mod flow;
mod html;
mod line;
mod mask;
mod notes;
mod order;
mod receipts;
mod row;
mod session;
mod terminal;
#[cfg(test)]
mod tests;
mod texts;
mod ussd;

pub use html::html;
pub use order::Order;
pub use row::{Evidence, Group, Report, Row, Verdict};
pub use terminal::terminal;

use bind::Door;
use dayaq_types::{Clock, Entropy};
use line::instant;
use mask::Mask;
use session::Session;
use std::sync::Arc;

/// Makes the run. `tell` is called with what a person is to do on the phone.
pub async fn probe(
    order: &Order,
    clock: Arc<dyn Clock>,
    entropy: &dyn Entropy,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Report {
    let began = clock.now();
    let mask = Mask::new(order.phone.digits(), order.password.clone(), instant(&*clock));
    let mut report = Report {
        version: order.version.clone(),
        profile: order.profile_name.clone(),
        profile_sha256: order.profile_sha256.clone(),
        smsc: order.smsc.to_string(),
        system_id: order.system_id.clone(),
        smsc_name: None,
        certificate: None,
        phone: mask.phone(),
        began,
        ended: began,
        texts_sent: 0,
        groups: order.groups.clone(),
        rows: Vec::new(),
        unexpected: Vec::new(),
        no_bind: None,
    };
    match Door::new(order, Arc::clone(&clock)) {
        Err(why) => report.no_bind = Some(why),
        Ok(door) => {
            walk(order, &door, &mask, &*clock, entropy, tell, &mut report).await;
            report.certificate = door.certificate();
        }
    }
    let place = |row: &Row| Group::ALL.iter().position(|group| *group == row.group);
    report.rows.sort_by_key(place);
    report.ended = clock.now();
    report
}

async fn walk(
    order: &Order,
    door: &Door<'_>,
    mask: &Mask,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    tell: ussd::Tell<'_>,
    report: &mut Report,
) {
    // The way that the run does not go by comes first: an account may have one bind at a time.
    let other = if order.wants(Group::Bind) { Some(door.other_kind(mask).await) } else { None };
    let (mut session, bounds) = match door.open(order.bind).await {
        Ok(opened) => opened,
        Err(no_bind) => {
            report.rows.extend(bind::failed_rows(order, &no_bind, mask));
            report.no_bind = Some(no_bind.why);
            report.unexpected = no_bind.session.map_or(Vec::new(), |session| session.notes.lines());
            return;
        }
    };
    let bound_at = instant(clock);
    report.smsc_name = bounds.first().map(|bound| String::from_utf8_lossy(&bound.system_id).into_owned());
    if order.wants(Group::Bind) {
        report.rows.extend(bind::rows(order, &session, &bounds, mask));
        report.rows.extend(other);
    }
    if order.wants(Group::Alive) {
        report.rows.extend(alive::rows(&mut session, order.profile.link.enquire_link_response, mask).await);
    }
    let mut budget = order.texts_max;
    texts_and_receipts(order, &mut session, &mut budget, mask, report).await;
    if order.wants(Group::Flow) {
        report.rows.extend(flow::rows(order, &mut session, &mut budget, mask).await);
    }
    report.texts_sent = order.texts_max - budget;
    if order.wants(Group::Ussd) {
        report.rows.extend(ussd::rows(order, &mut session, mask, entropy, tell).await);
    }
    let lasted = instant(clock).saturating_since(bound_at);
    if order.wants(Group::Alive) {
        report.rows.push(alive::own_probes(&session, lasted, mask));
    }
    if order.wants(Group::Alive) || session.gone.is_some() {
        report.rows.push(alive::link_kept(&session, lasted));
    }
    session.unbind().await;
    if order.wants(Group::Bind) {
        report.rows.push(door.wrong_password(mask).await);
    }
    report.unexpected = session.notes.lines();
}

/// Texts are what receipts are about, so either part sends them; only the one that was asked for is reported.
async fn texts_and_receipts(
    order: &Order,
    session: &mut Session,
    budget: &mut usize,
    mask: &Mask,
    report: &mut Report,
) {
    let (texts, receipts) = (order.wants(Group::Texts), order.wants(Group::Receipts));
    if !texts && !receipts {
        return;
    }
    let (rows, sent) = texts::send(order, session, budget, mask).await;
    let judged = receipts::rows(order, session, &texts::tokens(&sent), mask).await;
    if texts {
        report.rows.extend(rows);
        report.rows.extend(texts::compare(order, session, &sent, mask).await);
    }
    if receipts {
        report.rows.extend(judged);
    }
}
