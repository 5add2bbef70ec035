//! Sessions that the service begins.

use super::*;

/// The specification with its ops for both kinds.
fn able() -> Dialect {
    let mut dialect = Dialect::specification();
    dialect.push = PushOps { notify: Some(3), menu: Some(2) };
    dialect.inbound_ops.push(InboundOp { op: 19, event: UssdEvent::Notified });
    dialect
}

fn begun(dialect: &Dialect) -> UssdInbound {
    dialect.begin_push(Address::new(1, 1, PHONE).unwrap(), Address::new(0, 1, "7142").unwrap(), 5)
}

#[test]
fn a7_a_notification_is_request_3_and_its_confirmation_19() {
    let dialect = able();
    let begun = begun(&dialect);
    let message = dialect.write_push(&reply(&begun, "Kart hazirdir", true)).unwrap();
    assert_eq!(message.destination.digits.as_str(), Some(PHONE));
    assert_eq!(message.source.digits.as_str(), Some("7142"));
    assert_eq!(message.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP), Some(&[3][..]));
    assert_eq!(message.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&[5, 0][..]));
    let read = dialect.read_screen(&message).unwrap();
    assert_eq!((read.push, read.text.as_deref()), (Some(Push::Notify), Ok("Kart hazirdir")));
    let confirmed = dialect.read(&deliver("7142", "", &[19], &[5, 0])).unwrap();
    assert_eq!((confirmed.event, confirmed.key), (UssdEvent::Notified, begun.key));
}

#[test]
fn a7_a_menu_is_request_2_and_its_answer_18_in_the_same_session() {
    for (name, mut dialect) in super::variants() {
        dialect.push.menu = Some(2);
        let begun = begun(&dialect);
        let message = dialect.write_push(&reply(&begun, "1 Bax", false)).unwrap();
        let screen = dialect.read_screen(&message).unwrap();
        assert_eq!((screen.push, screen.ends, screen.session), (Some(Push::Menu), false, begun.session), "{name}");
        let answer = UssdTurn {
            event: UssdEvent::Continue,
            from: begun.from,
            to: begun.to,
            session: dialect.session_number(&screen.session),
            sequence: 1,
            text: "1",
            alphabet: Alphabet::Gsm7,
        };
        let answer = dialect.read(&dialect.write_turn(&answer).unwrap()).unwrap();
        assert_eq!(
            (answer.event, answer.key, answer.text.as_deref()),
            (UssdEvent::Continue, begun.key, Ok("1")),
            "{name}"
        );
    }
}

#[test]
fn a7_an_operator_without_the_op_is_pushed_nothing() {
    let dialect = Dialect::specification();
    for (ends, kind) in [(true, Push::Notify), (false, Push::Menu)] {
        let refused = dialect.write_push(&reply(&begun(&dialect), "x", ends)).unwrap_err();
        assert_eq!(refused, UssdWriteError::NoPush(kind));
    }
    let beyond = able().write_push(&reply(&begun(&able()), &"a".repeat(183), true)).unwrap_err();
    assert_eq!(beyond, UssdWriteError::TooLong { units: 183, max: 182 });
}
