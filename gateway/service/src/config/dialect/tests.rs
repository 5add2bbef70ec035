use crate::config::{Profile, ResponseOrder, read_profile};
use dayaq_smpp::ussd::{Dialect, UssdEvent, UssdInbound, UssdReply};
use dayaq_smpp::{Address, ShortMessage, Tag, TlvBuf};
use dayaq_text::{Alphabet, best_alphabet};

const PHONE: &str = "994501234567";
const OP: Tag = Tag::USSD_SERVICE_OP;

/// The profiles that ship, by name.
const SHIPPED: [(&str, &str); 5] = [
    ("specification", include_str!("../../../../../config/operators/specification.toml")),
    ("dialogue-id", include_str!("../../../../../config/operators/dialogue-id.toml")),
    ("message-reference", include_str!("../../../../../config/operators/message-reference.toml")),
    ("msisdn-only", include_str!("../../../../../config/operators/msisdn-only.toml")),
    ("vendor-tag", include_str!("../../../../../config/operators/vendor-tag.toml")),
];

fn found(text: &str) -> (Option<Profile>, String) {
    let (document, found) = dayaq_author::parse("profile.toml", text);
    let profile = read_profile(&document, &found);
    (profile, found.to_string())
}

fn shipped(name: &str) -> Profile {
    let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name).unwrap();
    let (profile, faults) = found(text);
    assert_eq!(faults, "", "{name}");
    profile.unwrap()
}

/// What the operator delivers, field by field: destination, text, parameters.
fn deliver(destination: &str, text: &[u8], parameters: &[(Tag, &[u8])]) -> ShortMessage {
    let mut tlvs = TlvBuf::new();
    for (tag, value) in parameters {
        tlvs.push(*tag, value).unwrap();
    }
    ShortMessage {
        source: Address::new(1, 1, PHONE).unwrap(),
        destination: Address::new(0, 1, destination).unwrap(),
        short_message: text.to_vec(),
        tlvs,
        ..ShortMessage::default()
    }
}

fn screen(dialect: &Dialect, turn: &UssdInbound, text: &str, ends: bool) -> ShortMessage {
    let alphabet = best_alphabet(text);
    let reply =
        UssdReply { to: turn.from, from: turn.to, session: turn.session, text, alphabet, language: *b"az", ends };
    dialect.write(&reply).unwrap()
}

/// The parameters of a message: tag and value.
fn parameters(message: &ShortMessage) -> Vec<(u16, Vec<u8>)> {
    message.tlvs.as_tlvs().iter().map(|tlv| (tlv.tag.0, tlv.value.to_vec())).collect()
}

#[test]
fn a2_the_profile_of_the_specification_is_the_specification_to_the_letter() {
    assert_eq!(shipped("specification").dialect, Dialect::specification());
}

#[test]
fn a2_the_profile_dialogue_id_speaks_by_fifteen_bits_and_one() {
    let dialect = shipped("dialogue-id").dialect;
    let its = Tag::ITS_SESSION_INFO;
    let begin = dialect.read(&deliver("7142", b"*7142#", &[(OP, &[1]), (its, &[0x2A, 0x04])])).unwrap();
    assert_eq!((begin.event, begin.code.as_str(), begin.sequence), (UssdEvent::Begin, "7142", None));
    assert_eq!(parameters(&screen(&dialect, &begin, "1 Beli", false)), [(0x0501, vec![2]), (0x1383, vec![0x2A, 4])]);
    assert_eq!(parameters(&screen(&dialect, &begin, "Sag olun", true)), [(0x0501, vec![17]), (0x1383, vec![0x2A, 5])]);
    for (op, low, event) in [(129, 4, UssdEvent::Abort), (18, 5, UssdEvent::Timeout), (18, 4, UssdEvent::Continue)] {
        let turn = dialect.read(&deliver("7142", b"1", &[(OP, &[op]), (its, &[0x2A, low])])).unwrap();
        assert_eq!((turn.event, turn.key), (event, begin.key), "{op} {low}");
    }
    assert!(dialect.read(&deliver("7142", b"1", &[(OP, &[18])])).is_err(), "nobody knows whose answer that is");
}

#[test]
fn a2_the_profile_message_reference_finds_the_code_in_the_text_and_answers_from_it() {
    let dialect = shipped("message-reference").dialect;
    let umr = Tag::USER_MESSAGE_REFERENCE;
    let begin = dialect.read(&deliver("", b"*7142*2#", &[(OP, &[1]), (umr, &[0x01, 0x2C])])).unwrap();
    assert_eq!((begin.code.as_str(), begin.text.as_deref()), ("7142", Ok("2")));
    let next = dialect.read(&deliver("", b"1", &[(OP, &[18]), (umr, &[0x01, 0x2C])])).unwrap();
    assert_eq!((next.event, next.key), (UssdEvent::Continue, begin.key));
    let last = screen(&dialect, &next, "Sag olun", true);
    assert_eq!(last.source.digits.as_str(), Some("7142"));
    assert_eq!(parameters(&last), [(0x0501, vec![17]), (0x0204, vec![0x01, 0x2C])]);
}

#[test]
fn a2_the_profile_msisdn_only_needs_no_session_value_and_answers_before_its_response() {
    let profile = shipped("msisdn-only");
    assert_eq!(profile.response, ResponseOrder::AfterReply);
    let begin = profile.dialect.read(&deliver("7142", b"2", &[(OP, &[1])])).unwrap();
    assert_eq!((begin.code.as_str(), begin.text.as_deref()), ("7142", Ok("2")));
    let next = profile.dialect.read(&deliver("7142", b"1", &[(OP, &[18])])).unwrap();
    assert_eq!(next.key, begin.key);
    assert_eq!(parameters(&screen(&profile.dialect, &next, "1 Beli", false)), [(0x0501, vec![2])]);
    for (op, event) in [(129, UssdEvent::Abort), (130, UssdEvent::Timeout)] {
        assert_eq!(profile.dialect.read(&deliver("7142", b"", &[(OP, &[op])])).unwrap().event, event);
    }
}

#[test]
fn a2_the_profile_vendor_tag_packs_its_text_and_ends_by_32() {
    let dialect = shipped("vendor-tag").dialect;
    let tag = Tag(0x1501);
    let packed = [0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x1A];
    let message = ShortMessage { data_coding: 0x0F, ..deliver("7142", &packed, &[(OP, &[18]), (tag, b"s-7")]) };
    let next = dialect.read(&message).unwrap();
    assert_eq!(next.text.as_deref(), Ok("1234567"));
    let last = screen(&dialect, &next, "1234567", true);
    assert_eq!((last.data_coding, &last.short_message[..]), (0x0F, &packed[..]));
    assert_eq!(parameters(&last), [(0x0501, vec![32]), (0x1501, b"s-7".to_vec())]);
    assert_eq!(screen(&dialect, &next, "Bəli", false).data_coding, 0x48);
    let gone = dialect.read(&deliver("7142", b"", &[(OP, &[33]), (tag, b"s-7")])).unwrap();
    assert_eq!((gone.event, gone.key), (UssdEvent::Abort, next.key), "a vendor's own value");
}

#[test]
fn a7_a_profile_says_whether_the_service_may_speak_first_and_how_that_is_confirmed() {
    for (name, _) in SHIPPED {
        let push = shipped(name).dialect.push;
        let able = matches!(name, "dialogue-id" | "msisdn-only");
        assert_eq!((push.notify.is_some(), push.menu.is_some()), (able, able), "{name}");
    }
    let dialect = shipped("dialogue-id").dialect;
    let turn = |op: u8| {
        dialect.read(&deliver("7142", b"1", &[(OP, &[op]), (Tag::ITS_SESSION_INFO, &[0, 2])])).map(|turn| turn.event)
    };
    assert_eq!((turn(19), turn(18)), (Ok(UssdEvent::Notified), Ok(UssdEvent::Continue)));
}

#[test]
fn x11_ucs_2_with_its_language_leaves_79_units_unless_the_operator_says_otherwise() {
    let units = |lines: &str| {
        let (profile, faults) = found(&format!("[ussd]\n{lines}\n[ussd.data_coding]\nucs-2 = 0x11\n"));
        assert_eq!(faults, "");
        profile.unwrap().dialect.screen(Alphabet::Ucs2).units
    };
    assert_eq!(units(""), 79);
    assert_eq!(units("language_prefix = false"), 80);
    assert_eq!(units("screen = { ucs-2 = 70 }"), 70);
}

#[test]
fn s14_what_cannot_work_together_is_said_by_key_and_line() {
    for (lines, fault) in [
        ("dial = \"split\"\ncode_in = \"text\"", "2:8: error: ussd.dial: a code that is in the text"),
        ("session = { changes = true }", "ussd.session.changes: a value that is another one in each turn has no bits"),
        ("session = { sequence_mask = 0xF3 }", "ussd.session.end_mask: a bit is either"),
        ("session = { sequence_mask = 0xF6 }", "ussd.session.sequence_mask: the bits of the turn number stand"),
        ("session = { end_mask = 0 }", "ussd.end: the end bit is in the session value, and there is none"),
        ("session = { key = \"msisdn\" }", "ussd.end: the end bit is in the session value, and there is none"),
        ("end = \"op\"\noutbound_ops = { continue = 2, end = 2 }", "3:1: error: ussd.outbound_ops: the last screen"),
        ("outbound_ops = { continue = 2 }", "ussd.end: outbound_ops.end says with which op"),
        ("inbound_ops = { continue = 18 }", "ussd.inbound_ops: nothing begins a session"),
        ("inbound_ops = { begin = 1 }", "ussd.inbound_ops: nothing answers a screen: continue"),
        (
            "end = \"op\"\nsession = { end_mask = 0 }\ninbound_ops = { begin = 1, continue = 18, end_bit = \"abort\" }",
            "4:53: error: ussd.inbound_ops.end_bit: the end bit is in the session value, and there is none",
        ),
        ("session = { vendor_tag = 0x1501 }", "2:26: error: ussd.session.vendor_tag: is for key = \"vendor\""),
        (
            "session = { key = \"user_message_reference\", sequence_mask = 0x1FE00 }",
            "user_message_reference has two octets",
        ),
        ("session = { sequence_mask = 0, sequence_step = 1 }", "ussd.session.sequence_step: there is no turn number"),
        ("session = { sequence_mask = 0, sequence_advance = 2 }", "ussd.session.sequence_advance: there is no turn"),
        ("push = { notify_confirm = 19 }", "ussd.push.notify_confirm: confirms what is never pushed: notify"),
        ("push = { notify = 3, menu_confirm = 18 }", "ussd.push.menu_confirm: confirms what is never pushed: menu"),
        (
            "default_alphabet = \"latin-1\"",
            "2:20: error: ussd.default_alphabet: gsm-7 goes out with data_coding 0, which means latin-1",
        ),
        ("data_coding = { gsm-7 = 0, latin-1 = 0 }", "gsm-7 and latin-1 both go out with 0: the operator cannot tell"),
        ("data_coding = { gsm-7 = 8 }", "ussd.data_coding: gsm-7 goes out with data_coding 8, which means ucs-2"),
        ("language_prefix = true\ndata_coding = { gsm-7 = 0 }", "ussd.language_prefix: is for UCS-2"),
        ("inbound_ops = { begin = 1, continue = 1 }", "ussd.inbound_ops: 1 means two things"),
        ("inbound_ops = { begin = 1, vendor = { 300 = \"abort\" } }", "an op is 0 to 255, found \"300\""),
        ("inbound_ops = { begin = 1, vendor = { 33 = \"gone\" } }", "must be one of begin, continue, abort, timeout"),
        ("screen = { ucs-2 = 90 }", "ussd.screen.ucs-2: must be 40 to 80, found 90"),
        ("data_coding = {}", "ussd.data_coding: empty"),
        ("service_type = \"USSD-GW\"", "ussd.service_type: must be at most 5 characters, found 7"),
        ("push = { notfy = 3 }", "ussd.push.notfy: unknown key, did you mean \"notify\"?"),
    ] {
        let faults = found(&format!("[ussd]\n{lines}\n")).1;
        assert!(faults.contains(fault), "{lines}\ngives\n{faults}\nand not\n{fault}");
    }
}
