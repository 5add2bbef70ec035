//! Delivery receipts: whether they come, how they look, and how they name their texts.

use super::mask::Mask;
use super::order::Order;
use super::row::{Group, Row};
use super::session::{Receipted, Session};
use dayaq_smpp::Tag;
use dayaq_smpp::receipt::{MessageState, ReceiptIds};
use std::collections::BTreeSet;

/// Receipts whose PDUs are shown.
const SHOWN: usize = 3;

/// How ids are compared, by the names of the profile.
const MODES: [(&str, ReceiptIds); 6] = [
    ("same", ReceiptIds::Same),
    ("hex-decimal", ReceiptIds::HexDecimal),
    ("decimal-hex", ReceiptIds::DecimalHex),
    ("no-zeros", ReceiptIds::NoZeros),
    ("any-case", ReceiptIds::AnyCase),
    ("folded", ReceiptIds::Folded),
];

fn name(ids: ReceiptIds) -> &'static str {
    MODES.iter().find(|(_, known)| *known == ids).map_or("same", |(name, _)| name)
}

/// Waits for the receipts of these texts and judges them.
pub(super) async fn rows(order: &Order, session: &mut Session, tokens: &[u64], mask: &Mask) -> Vec<Row> {
    let comes = Row::new("receipts.come", Group::Receipts, "delivery receipts", "one for each text that was taken");
    let form = Row::new(
        "receipts.form",
        Group::Receipts,
        "what a receipt is known by",
        "esm_class 0x04, or parameters; it names its text and what became of it",
    );
    let id = Row::new(
        "receipts.id",
        Group::Receipts,
        "how a receipt names its text",
        format!("receipt_id = \"{}\"", name(order.profile.sms.receipt_ids)),
    );
    let state = Row::new(
        "receipts.state",
        Group::Receipts,
        "what a receipt says became of the text",
        "DELIVRD (message_state 2)",
    );
    let turn = Row::new(
        "receipts.order",
        Group::Receipts,
        "whether a receipt comes before or after its submit_sm_resp",
        "either",
    );
    let rows = [comes, form, id, state, turn];
    if !order.profile.receipts {
        return rows.map(|row| row.not_shown("the profile asks for none (receipts = false)")).into();
    }
    let taken: Vec<(dayaq_smpp::Instant, Vec<u8>)> = tokens
        .iter()
        .filter_map(|token| session.submitted.get(token)?.answer.clone())
        .filter(|answer| answer.status.is_ok())
        .map(|answer| (answer.at, answer.message_id.map(|id| id.to_vec()).unwrap_or_default()))
        .collect();
    if taken.is_empty() {
        return rows.map(|row| row.not_shown("no text was taken")).into();
    }
    let wanted = taken.len();
    let enough = |session: &mut Session| (finals(session).len() >= wanted).then_some(());
    session.until(order.receipt_wait, enough).await;
    let all = finals(session);
    let [comes, form, id, state, turn] = rows;
    let evidence = mask.all(all.iter().take(SHOWN).map(|it| &it.frame));
    let count = format!("{} of {wanted}", all.len().min(wanted));
    let comes = match (all.len() >= wanted, &session.gone) {
        (false, Some(_)) => comes.not_shown(format!("{count} before the link ended")),
        (enough, _) => comes.judged(enough, format!("{count} within {} s", order.receipt_wait.as_secs())),
    };
    if all.is_empty() {
        let disguised = disguised(session, mask);
        let form = match disguised {
            Some(row) => form.differs(row),
            None => form.not_shown("no receipt came"),
        };
        let rest = [id, state, turn].map(|row| row.not_shown("no receipt came"));
        return [vec![comes, form], rest.into()].concat();
    }
    let form = judge_form(form, &all);
    let id = judge_ids(id, order.profile.sms.receipt_ids, &taken, &all);
    let wrong: BTreeSet<&str> =
        all.iter().filter(|it| it.receipt.state != MessageState::Delivered).map(|it| it.receipt.state.word()).collect();
    let state = match wrong.is_empty() {
        true => state.conforms(format!("DELIVRD in all {}", all.len())),
        false => state.differs(wrong.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let turn = judge_order(turn, &taken, &all);
    [comes, form, id, state, turn].map(|row| row.with(evidence.clone())).into()
}

/// The receipts after which nothing more is to be expected, and those that name no state that we know.
fn finals(session: &Session) -> Vec<Receipted> {
    let last = |it: &&Receipted| !it.receipt.intermediate && it.receipt.state != MessageState::Enroute;
    session.receipts.iter().filter(last).cloned().collect()
}

/// A text of the phone that is a receipt but for its esm_class.
fn disguised(session: &Session, mask: &Mask) -> Option<String> {
    session.texts.iter().find_map(|arrival| {
        let said = String::from_utf8_lossy(arrival.message.user_data()).into_owned();
        let is = said.contains("id:") && said.contains("stat:");
        is.then(|| {
            let said = mask.text(&said);
            format!(
                "esm_class {:#04x} with the text {said:?}: it cannot be told from a subscriber's text",
                arrival.message.esm_class
            )
        })
    })
}

fn judge_form(row: Row, all: &[Receipted]) -> Row {
    let mut forms = BTreeSet::new();
    let (mut nameless, mut disagrees) = (false, false);
    for it in all {
        let tlvs = it.message.tlvs.as_tlvs();
        let parameters = tlvs.get(Tag::RECEIPTED_MESSAGE_ID).is_some() || tlvs.get(Tag::MESSAGE_STATE).is_some();
        let form = match (parameters, it.receipt.written_id.is_some()) {
            (true, true) => "in parameters and in the text",
            (true, false) => "in parameters",
            (false, _) => "in the text",
        };
        forms.insert(format!("{form}, esm_class {:#04x}", it.message.esm_class));
        nameless |= it.receipt.message_id.is_none();
        disagrees |= it.receipt.disagrees;
    }
    let seen = forms.into_iter().collect::<Vec<_>>().join("; ");
    match (nameless, disagrees) {
        (true, _) => row.differs(format!("{seen}; it names no text")),
        (false, true) => row.conforms(format!("{seen}; they do not agree, and the parameters count")),
        (false, false) => row.conforms(seen),
    }
}

/// Which ways of comparing find the text of every receipt.
fn judge_ids(row: Row, ours: ReceiptIds, taken: &[(dayaq_smpp::Instant, Vec<u8>)], all: &[Receipted]) -> Row {
    let finds = |mode: ReceiptIds| {
        let names: BTreeSet<String> = taken.iter().filter_map(|(_, id)| mode.of_response(id)).collect();
        all.iter().all(|it| mode.of_receipt(&it.receipt).is_some_and(|name| names.contains(&name)))
    };
    let example = |mode: ReceiptIds| {
        let (_, response) = taken.first()?;
        let name = mode.of_response(response)?;
        let same = all.iter().find(|it| mode.of_receipt(&it.receipt).as_ref() == Some(&name))?;
        let receipt = same.receipt.message_id?;
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Some(format!("submit_sm_resp {:?}, receipt {:?}", text(response), text(receipt.as_bytes())))
    };
    if finds(ours) {
        return row.conforms(example(ours).unwrap_or_else(|| "every receipt finds its text".to_owned()));
    }
    let fitting: Vec<(&str, ReceiptIds)> = MODES.into_iter().filter(|(_, mode)| finds(*mode)).collect();
    match fitting.first() {
        Some((_, mode)) => {
            let names = fitting.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
            row.differs(format!("{}; receipt_id = {names} fits", example(*mode).unwrap_or_default()))
        }
        None => {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            let response = taken.first().map(|(_, id)| text(id)).unwrap_or_default();
            let receipt = all.first().and_then(|it| it.receipt.message_id).map(|id| text(id.as_bytes()));
            let receipt = receipt.unwrap_or_default();
            row.differs(format!("submit_sm_resp {response:?}, receipt {receipt:?}; no receipt_id fits"))
        }
    }
}

fn judge_order(row: Row, taken: &[(dayaq_smpp::Instant, Vec<u8>)], all: &[Receipted]) -> Row {
    let mut before = 0;
    for it in all {
        let named = MODES.iter().find_map(|(_, mode)| {
            let name = mode.of_receipt(&it.receipt)?;
            taken.iter().find(|(_, id)| mode.of_response(id).as_ref() == Some(&name))
        });
        before += usize::from(named.is_some_and(|(at, _)| it.at < *at));
    }
    row.conforms(match before {
        0 => "after".to_owned(),
        some if some == all.len() => "before".to_owned(),
        some => format!("before in {some} of {}", all.len()),
    })
}
