//! One turn of the test phone, and what it shows of the operator's dialect.

use super::super::mask::Mask;
use super::super::order::Order;
use super::super::row::Row;
use super::super::session::Arrival;
use super::GROUP;
use dayaq_smpp::ussd::{CodeIn, Dial, Dialect, EndSignal, SessionSource, UssdEvent, UssdInbound, UssdReadError};
use dayaq_smpp::{Tag, Tlvs};

/// What was heard of the phone.
pub(super) enum Heard {
    /// Nothing, in the time that a person has.
    Nothing,
    /// A turn.
    Turn(Box<Turn>),
}

/// A turn as it came and as the dialect reads it.
pub(super) struct Turn {
    pub arrival: Arrival,
    pub read: Result<UssdInbound, UssdReadError>,
    /// Whose turn it is, where its op says nothing.
    pub address: Option<UssdInbound>,
}

impl Turn {
    pub fn read(dialect: &Dialect, arrival: Arrival) -> Self {
        let read = dialect.read(&arrival.message);
        let address = dialect.read_address(&arrival.message).ok();
        Self { arrival, read, address }
    }

    fn tlvs(&self) -> Tlvs<'_> {
        self.arrival.message.tlvs.as_tlvs()
    }

    fn op(&self) -> String {
        match self.tlvs().uint(Tag::USSD_SERVICE_OP) {
            None => "no ussd_service_op".to_owned(),
            Some(op) => format!("ussd_service_op {op} = {op:#04x}"),
        }
    }
}

fn op(op: Option<u8>) -> String {
    op.map_or("no ussd_service_op".to_owned(), |op| format!("ussd_service_op {op} = {op:#04x}"))
}

/// How the dialect says that.
fn said(dialect: &Dialect, event: UssdEvent) -> String {
    let ops: Vec<String> =
        dialect.inbound_ops.iter().filter(|known| known.event == event).map(|known| op(Some(known.op))).collect();
    let bit = dialect.session.end_mask != 0
        && dialect.session.source != SessionSource::MsisdnOnly
        && dialect.inbound_end == event;
    let without = dialect.inbound_without_op == Some(event);
    let mut ways = ops;
    ways.extend(without.then(|| op(None)));
    ways.extend(bit.then(|| "the end bit".to_owned()));
    ways.join(", or ")
}

/// The rows of this part, as the profile lets expect them; nothing has been seen of them.
pub(super) fn list(order: &Order) -> Vec<Row> {
    let dialect = &order.profile.dialect;
    let code = &order.code;
    let named = match dialect.session.source.tag() {
        None => "nothing: the phone's number is the session".to_owned(),
        Some(tag) => format!("{tag:?}, the same over the whole dialogue"),
    };
    let place = match (dialect.code_in, dialect.dial) {
        (CodeIn::Destination, Dial::Whole) => format!("{code} in destination_addr, and nothing more was dialled"),
        (CodeIn::Destination, Dial::Split) => format!("{code} in destination_addr, and an empty text"),
        (CodeIn::Text, Dial::Whole | Dial::Split) => format!("*{code}# in the text"),
    };
    let ops = dialect.outbound_ops;
    let last = match dialect.end_signal {
        EndSignal::Op => op(ops.end),
        EndSignal::Bit => format!("{} and the end bit", op(ops.proceed)),
        EndSignal::Both => format!("{} and the end bit", op(ops.end)),
    };
    let screen = format!("taken with {}", op(ops.proceed));
    let mut rows = vec![
        Row::new("ussd.begin", GROUP, "a person dials", said(dialect, UssdEvent::Begin)),
        Row::new("ussd.code", GROUP, format!("where *{code}# sits"), place),
        Row::new("ussd.letters-in", GROUP, "what the first message's text is written in", "text that can be read"),
        Row::new("ussd.session", GROUP, "what names the session", named),
        Row::new("ussd.screen-gsm7", GROUP, "a menu in English", screen.clone()),
        Row::new("ussd.continue", GROUP, "the person answers 1", said(dialect, UssdEvent::Continue)),
        Row::new("ussd.screen-ucs2", GROUP, "a menu in Azerbaijani", screen),
        Row::new("ussd.end", GROUP, "our last screen", format!("taken with {last}; the session is over then")),
        Row::new(
            "ussd.abort",
            GROUP,
            "the person hangs up at a menu",
            match said(dialect, UssdEvent::Abort) {
                none if none.is_empty() => "nothing: the profile has no op for it".to_owned(),
                said => said,
            },
        ),
    ];
    if let Some(notify) = dialect.push.notify {
        let confirm = said(dialect, UssdEvent::Notified);
        let expected = match confirm.is_empty() {
            true => format!("taken with {}", op(Some(notify))),
            false => format!("taken with {}, confirmed by {confirm}", op(Some(notify))),
        };
        rows.push(Row::new("ussd.push-notify", GROUP, "a message that we push", expected));
    }
    if let Some(menu) = dialect.push.menu {
        let answer = said(dialect, UssdEvent::Continue);
        let expected = format!("taken with {}, answered by {answer}", op(Some(menu)));
        rows.push(Row::new("ussd.push-menu", GROUP, "a menu that we push", expected));
    }
    rows
}

fn row(order: &Order, id: &str) -> Row {
    let found = list(order).into_iter().find(|row| row.id == id);
    found.unwrap_or_else(|| Row::new("ussd", GROUP, "", ""))
}

/// What the first message shows.
pub(super) fn begin(order: &Order, turn: &Turn, mask: &Mask) -> Vec<Row> {
    let evidence = vec![mask.evidence(&turn.arrival.frame)];
    let (begin, code, letters) = (row(order, "ussd.begin"), row(order, "ussd.code"), row(order, "ussd.letters-in"));
    let begin = match &turn.read {
        Ok(read) => begin.judged(
            read.event == UssdEvent::Begin,
            match read.event {
                UssdEvent::Begin => turn.op(),
                other => format!("{}, which the profile takes for {other:?}", turn.op()),
            },
        ),
        Err(why) => begin.differs(format!("{}: {why}", turn.op())),
    };
    let message = &turn.arrival.message;
    let destination = String::from_utf8_lossy(message.destination.digits.as_bytes()).into_owned();
    let coding = format!("data_coding {} = {:#04x}", message.data_coding, message.data_coding);
    let alphabet = order.profile.dialect.data_codings.alphabet(message.data_coding);
    let alphabet = alphabet.map_or("no text".to_owned(), |alphabet| format!("{alphabet:?}"));
    let read = turn.read.as_ref().ok().filter(|read| read.event == UssdEvent::Begin);
    let text = read.map(|read| read.text.clone());
    let code = match (read, &text) {
        (None, _) | (Some(_), None) => code.not_shown("the message is no begin to the profile"),
        (Some(read), Some(rest)) => {
            let in_text = matches!(order.profile.dialect.code_in, CodeIn::Text);
            let right = read.code == order.code && *rest == Ok(String::new());
            let whole =
                mask.text(&format!("destination_addr {destination:?}, text of {} octets", message.user_data().len()));
            let taken = format!(
                "read as code {:?} with {:?} after it",
                read.code,
                rest.as_deref().unwrap_or("what is no text")
            );
            code.judged(
                right && (in_text || destination.contains(&order.code)),
                match right {
                    true => whole,
                    false => mask.text(&format!("{whole}; {taken}")),
                },
            )
        }
    };
    let letters = match text {
        None => letters.not_shown("the message is no begin to the profile"),
        Some(Ok(_)) => letters.conforms(format!("{coding}, read as {alphabet}")),
        Some(Err(why)) => letters.differs(format!("{coding}, which the profile takes for {alphabet}: {why}")),
    };
    [begin, code, letters].map(|row| row.with(evidence.clone())).into()
}

/// Whether an answer is an answer.
pub(super) fn proceeds(order: &Order, first: &UssdInbound, turn: &Turn, mask: &Mask) -> Row {
    let row = row(order, "ussd.continue").with(vec![mask.evidence(&turn.arrival.frame)]);
    match &turn.read {
        Err(why) => row.differs(format!("{}: {why}", turn.op())),
        Ok(read) if read.event == UssdEvent::Begin && read.key != first.key => {
            row.not_shown("the person dialled anew rather than answer")
        }
        Ok(read) if read.event == UssdEvent::Continue => match &read.text {
            Ok(_) => row.conforms(format!("{}, with a text that can be read", turn.op())),
            Err(why) => row.differs(format!("{}, and its text cannot be read: {why}", turn.op())),
        },
        Ok(read) => row.differs(format!("{}, which the profile takes for {:?}", turn.op(), read.event)),
    }
}

/// Whether the session is named as the profile has it.
pub(super) fn session(order: &Order, first: &UssdInbound, turn: &Turn, mask: &Mask) -> Row {
    let rule = &order.profile.dialect.session;
    let row = row(order, "ussd.session").with(vec![mask.evidence(&turn.arrival.frame)]);
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ");
    let Some(tag) = rule.source.tag() else {
        return row.conforms("the phone's number");
    };
    let (came, comes) = (first.session.as_bytes(), turn.tlvs().get(tag).unwrap_or_default());
    if came.is_empty() || comes.is_empty() {
        return row.differs(format!("there is no {tag:?}"));
    }
    let seen = format!("{} in the first message, {} in the next", hex(came), hex(comes));
    let Some(next) = turn.read.as_ref().ok().or(turn.address.as_ref()) else {
        return row.differs(seen);
    };
    if next.key != first.key {
        return row.differs(format!("{seen}: they differ in bits that name the session"));
    }
    let grown = next.sequence.zip(first.sequence).map(|(next, first)| next.wrapping_sub(first));
    match grown {
        Some(grown) if rule.sequence_advance != 0 && grown != rule.sequence_advance => {
            row.differs(format!("{seen}: the turn number grows by {grown} rather than {}", rule.sequence_advance))
        }
        _ => row.conforms(seen),
    }
}

/// What tells that the person hung up.
pub(super) fn abort(order: &Order, first: &UssdInbound, heard: &Heard, mask: &Mask) -> Row {
    let row = row(order, "ussd.abort");
    let known = !said(&order.profile.dialect, UssdEvent::Abort).is_empty();
    match heard {
        Heard::Nothing if known => {
            row.not_shown(format!("nothing came within {} s of the menu", order.person_wait.as_secs()))
        }
        Heard::Nothing => row.conforms(format!("nothing came within {} s", order.person_wait.as_secs())),
        Heard::Turn(turn) => {
            let row = row.with(vec![mask.evidence(&turn.arrival.frame)]);
            match &turn.read {
                Err(why) => row.differs(format!("{}: {why}", turn.op())),
                Ok(read) => match read.event {
                    UssdEvent::Abort if read.key == first.key => row.conforms(turn.op()),
                    UssdEvent::Abort => row.differs(format!("{}, of another session", turn.op())),
                    UssdEvent::Timeout | UssdEvent::Notified => {
                        row.differs(format!("{}, which the profile takes for {:?}", turn.op(), read.event))
                    }
                    UssdEvent::Begin | UssdEvent::Continue => {
                        row.not_shown(format!("{}: the person answered or dialled rather than hang up", turn.op()))
                    }
                },
            }
        }
    }
}
