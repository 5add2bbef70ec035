use super::*;

/// The profiles that ship, by name.
const SHIPPED: [(&str, &str); 5] = [
    ("specification", include_str!("../../../../config/operators/specification.toml")),
    ("dialogue-id", include_str!("../../../../config/operators/dialogue-id.toml")),
    ("message-reference", include_str!("../../../../config/operators/message-reference.toml")),
    ("msisdn-only", include_str!("../../../../config/operators/msisdn-only.toml")),
    ("vendor-tag", include_str!("../../../../config/operators/vendor-tag.toml")),
];

fn words_of(name: &str) -> String {
    let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name).expect("it ships");
    let checked = check(name, text);
    assert_eq!(checked.found, [], "{name}");
    checked.words.expect("a profile in order has words")
}

#[test]
fn s14_check_finds_every_shipped_profile_in_order_and_says_what_is_particular_to_it() {
    for (name, said) in [
        ("specification", "  its bits 0xfe, counted from the last octet, are the turn number"),
        ("dialogue-id", "  the end bit: the network ends the session"),
        ("message-reference", "  user_message_reference (tag 0x0204) names the session"),
        ("msisdn-only", "  a deliver_sm of a phone is answered after our screen has gone out"),
        ("vendor-tag", "  32 = 0x20: the last screen; the operator closes the session"),
    ] {
        let words = words_of(name);
        assert!(words.contains(said), "{name}:\n{words}");
        for (other, _) in SHIPPED.iter().filter(|(other, _)| *other != name) {
            assert!(!words_of(other).contains(said), "{other} says what is particular to {name}");
        }
    }
}

#[test]
fn s14_check_says_a_whole_profile_in_words_and_marks_the_defaults() {
    let golden = include_str!("dialogue-id.txt");
    let words = words_of("dialogue-id");
    assert!(words == golden, "the words differ from gateway/operator/src/check/dialogue-id.txt:\n{words}");
}

#[test]
fn s14_check_of_an_empty_profile_is_all_defaults_and_of_the_specification_hardly_any() {
    let marked = |words: &str| words.lines().filter(|line| line.starts_with('*')).count();
    let plain = |words: &str| words.lines().filter(|line| line.starts_with("  ")).count();
    let empty = check("empty.toml", "").words.expect("every key has a default");
    assert_eq!(plain(&empty), 0, "{empty}");
    let whole = words_of("specification");
    assert!(plain(&whole) > 3 * marked(&whole), "{whole}");
}

#[test]
fn s14_check_names_key_and_line_of_every_planted_fault_at_once() {
    let text = "[link]\nwindow = 0\nwindw = 3\n[ussd]\nend = \"bits\"\ndial = \"split\"\ncode_in = \"text\"\n\
                [ussd.session]\nkey = \"vendor\"\n[sms]\nlong = \"udh\"\nsender = 7142\n";
    let checked = check("operator.toml", text);
    assert!(!checked.is_in_order() && checked.words.is_none());
    let found: Vec<String> = checked.found.iter().map(ToString::to_string).collect();
    for (at, fault) in [
        "operator.toml:2:10: error: link.window: must be 1 to 1000, found 0",
        "operator.toml:3:1: error: link.windw: unknown key, did you mean \"window\"?",
        "operator.toml:5:7: error: ussd.end: must be one of op, bit, both, found \"bits\"",
        "operator.toml:6:8: error: ussd.dial: a code that is in the text comes with what follows it: \"whole\"",
        "operator.toml:8:7: error: ussd.session.vendor_tag: missing: the tag that names the session, 0x1400 to 0x3FFF",
        "operator.toml:11:8: error: sms.long: must be one of udh8, udh16, sar, message_payload, found \"udh\"",
        "operator.toml:12:10: error: sms.sender: must be a string, found an integer",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(found.get(at).map(String::as_str), Some(fault), "{found:#?}");
    }
    assert_eq!((found.len(), checked.errors()), (7, 7), "{found:#?}");
}
