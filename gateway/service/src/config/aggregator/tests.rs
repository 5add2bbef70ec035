//! Aggregators and their profiles, sound and not.

use crate::config::{
    Aggregator, CallbackEvent, Environment, GatewayConfig, Holds, Surroundings, bare_code, read_callback_profile,
};
use dayaq_dialog::Form;
use std::time::Duration;

const FILES: [(&str, &str); 4] = [
    ("operator.toml", include_str!("../../../../../config/operators/specification.toml")),
    ("africas-talking.toml", include_str!("../../../../../config/aggregators/africas-talking.toml")),
    ("arkesel.toml", include_str!("../../../../../config/aggregators/arkesel.toml")),
    ("hubtel.toml", include_str!("../../../../../config/aggregators/hubtel.toml")),
];

struct Shipped;

impl Environment for Shipped {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "HUB_SECRET").then(|| "from the environment".to_owned())
    }
}

impl Surroundings for Shipped {
    fn file(&self, path: &str) -> Result<String, String> {
        let file = FILES.iter().find(|(name, _)| *name == path);
        file.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    }
}

fn read(text: &str) -> (Option<GatewayConfig>, String) {
    let (document, found) = dayaq_author::parse("dayaq.toml", text);
    let root = document.root(&found);
    let config = GatewayConfig::read(&root, &Shipped, &found);
    root.finish();
    let found: Vec<String> = found.sorted().iter().map(ToString::to_string).collect();
    (config, found.join("\n"))
}

fn operator(name: &str) -> String {
    format!(
        "[[operator]]\nname = \"{name}\"\nprofile = \"operator.toml\"\naddress = \"127.0.0.1:2775\"\nsystem_id = \"dayaq\"\n\
         password = \"secret\"\n"
    )
}

fn with(aggregator: &str) -> (Option<GatewayConfig>, String) {
    read(&format!("[gateway]\ndatabase = \"gateway.sqlite\"\n{}{aggregator}", operator("one")))
}

const HUB: &str = r#"[[aggregator]]
name = "hub"
profile = "hubtel.toml"
listen = "127.0.0.1:8090"
secret_env = "HUB_SECRET"
codes = ["*7142#", "*384*1234#"]
"#;

fn sound(text: &str) -> Aggregator {
    let (config, found) = with(text);
    assert_eq!(found, "");
    config.unwrap().aggregators.remove(0)
}

#[test]
fn a6_an_aggregator_is_read_with_its_profile_and_what_it_says_goes_first() {
    let hub = sound(HUB);
    assert_eq!((&*hub.name, &*hub.path, &*hub.texts), ("hub", "/", "one"));
    assert_eq!(hub.codes, ["7142", "384*1234"]);
    assert_eq!(hub.profile.reply_budget, Duration::from_millis(3_000));
    assert_eq!(hub.profile.surface.form, Form::Proper);
    assert!(!format!("{hub:?}").contains("from the environment"), "a secret does not print");
    let own =
        sound(&format!("{HUB}path = \"/ussd\"\nreply_budget_ms = 500\nscreen = {{ gsm-7 = 140 }}\ntexts = \"one\"\n"));
    assert_eq!((&*own.path, own.profile.reply_budget), ("/ussd", Duration::from_millis(500)));
    assert_eq!((own.profile.surface.form, own.profile.surface.budgets[0].units), (Form::Plain, 140));
}

#[test]
fn a6_the_profiles_that_ship_are_in_order() {
    for (name, text) in &FILES[1..] {
        let (document, found) = dayaq_author::parse(name, text);
        let profile = read_callback_profile(&document, &found);
        assert_eq!(found.to_string(), "");
        let request = profile.unwrap().request;
        let event = request.event.expect("each has one");
        assert_eq!(request.holds == Holds::Inputs, !event.tells_begin(), "{name}");
        assert!(event.values.iter().all(|(_, event)| *event != CallbackEvent::Turn));
    }
}

#[test]
fn a6_every_fault_of_an_aggregator_is_reported_by_key_and_line() {
    let (config, found) = with(
        r#"[[aggregator]]
name = "one"
profile = "nowhere.toml"
listen = "localhost"
path = "ussd"
secret = "too short"
codes = ["7142x", "*#"]
texts = "two"
reply_budget_ms = 9000
screen = { gsm-7 = 200, latin-1 = 160 }
sceret = "x"
[[aggregator]]
name = "two"
profile = "hubtel.toml"
listen = "127.0.0.1:8080"
secret = "a secret that is long enough"
codes = ["*7142#"]
[[aggregator]]
name = "two"
profile = "arkesel.toml"
listen = "127.0.0.1:8080"
secret = "a secret that is long enough"
codes = []
[[aggregator]]
name = "one"
profile = "arkesel.toml"
listen = "127.0.0.1:8091"
secret = "another secret that is long enough"
codes = ["*7142#"]
[[aggregator]]
name = "two"
profile = "arkesel.toml"
listen = "127.0.0.1:8080"
secret = "a secret that is long enough"
codes = ["*7142#"]
"#,
    );
    // A fault of one does not hide those of another.
    assert_eq!(config.unwrap().aggregators.len(), 3);
    for expected in [
        "aggregator[0].profile: nowhere.toml: no such file",
        "aggregator[0].listen: must be an address and port such as 127.0.0.1:8080, found \"localhost\"",
        "aggregator[0].path: must be a path such as /ussd, found \"ussd\"",
        "dayaq.toml:14:10: error: aggregator[0].secret: must be at least 16 octets, better 32",
        "aggregator[0].codes: must look like *7142# or *384*1234#, found \"7142x\" (line 15)",
        "aggregator[0].codes: must look like *7142# or *384*1234#, found \"*#\" (line 15)",
        "aggregator[0].texts: must be the name of an operator (one), found \"two\"",
        "aggregator[0].sceret: unknown key, did you mean",
        "dayaq.toml:23:10: error: aggregator[1].listen: is the address of [http], which is not for the outside",
        "aggregator[2].codes: must be 1 to 32 service codes such as \"*7142#\", found 0",
        "aggregator[3].name: an operator is already named \"one\"",
        "aggregator[4].name: another aggregator is already named \"two\"",
        "aggregator[4].listen: is the address of \"two\"",
        "aggregator[4].secret: is that of \"two\"",
    ] {
        assert!(found.contains(expected), "{expected}\nnot in\n{found}");
    }
    let (_, found) = with(&HUB.replace("127.0.0.1:8090", "0.0.0.0:8080"));
    assert!(found.contains("aggregator[0].listen: is the address of [http]"), "{found}");
    let (_, found) = with(&format!("{HUB}reply_budget_ms = 9000\nscreen = {{ gsm-7 = 200, latin-1 = 160 }}\n"));
    for expected in [
        "aggregator[0].reply_budget_ms: must be 100 to 8000, found 9000",
        "aggregator[0].screen.gsm-7: must be 40 to 182, found 200",
        "aggregator[0].screen.latin-1: unknown key",
    ] {
        assert!(found.contains(expected), "{expected}\nnot in\n{found}");
    }
}

#[test]
fn a6_an_aggregator_says_by_which_operator_texts_go_where_it_is_not_plain() {
    let (_, found) = read(&format!("[gateway]\ndatabase = \"gateway.sqlite\"\n{HUB}"));
    assert!(found.contains("operator: missing: at least one [[operator]]"), "{found}");
    assert!(
        found.contains(
            "aggregator[0].texts: missing: an outcome is told by text, and there is no [[operator]] to send it"
        ),
        "{found}"
    );
    let two = format!("[gateway]\ndatabase = \"gateway.sqlite\"\n{}{}", operator("one"), operator("two"));
    let (_, found) = read(&format!("{two}{HUB}"));
    assert!(
        found.contains("aggregator[0].texts: missing: by which operator texts go to its phones (one, two)"),
        "{found}"
    );
    let (config, found) = read(&format!("{two}{HUB}texts = \"two\"\n"));
    assert_eq!((config.unwrap().aggregators[0].texts.as_str(), found.as_str()), ("two", ""));
}

#[test]
fn a6_every_fault_of_a_profile_is_reported_by_key_and_line() {
    let cases = [
        ("", &["hub.toml:1:1: error: request: missing", "hub.toml:1:1: error: answer: missing"][..]),
        (
            "[request]\nencoding = \"xml\"\nsession = \"\"\ntext_holds = \"all\"\n[answer]\nencoding = \"text\"\ncontinue = \"CON\"\nend = \"END {text}{text}\"\n",
            &[
                "hub.toml:2:12: error: request.encoding: must be one of form, json, found \"xml\"",
                "hub.toml:3:11: error: request.session: must be the name of a field",
                "request.phone: missing",
                "request.text: missing",
                "hub.toml:4:14: error: request.text_holds: must be one of input, inputs, found \"all\"",
                "hub.toml:7:12: error: answer.continue: must hold {text} once, found \"CON\"",
                "hub.toml:8:7: error: answer.end: must hold {text} once",
            ],
        ),
        (
            "[request]\nencoding = \"json\"\nsession = \"s\"\nphone = \"p\"\ntext = \"t\"\ntext_holds = \"input\"\n[answer]\nencoding = \"json\"\ntext = \"m\"\ncontinue = { more = [1] }\n",
            &[
                "request.event: missing: where a text holds one input, begin says which request begins a session",
                "answer.continue.more: must be a string, an integer or a boolean, found an array",
                "answer.end: is the same as continue, and nothing else marks the last screen",
            ],
        ),
        (
            "[request]\nencoding = \"form\"\nsession = \"s\"\nphone = \"p\"\ntext = \"t\"\ntext_holds = \"inputs\"\nsequence = \"n\"\n[request.event]\nfield = \"e\"\nbegin = [\"1\"]\nabort = [\"1\"]\n[answer]\nencoding = \"text\"\ncontinue = \"{text}\"\nend = \"{text}\"\n[signature]\nnonce = \"a b\"\nsignature = \"X-Dayaq-Timestamp\"\n[screen]\n",
            &[
                "request.code: missing: a text of inputs does not hold the code",
                "request.sequence: a text that holds every input numbers the turns by itself",
                "request.event.abort: \"1\" means two things (line 11)",
                "request.event.continue: missing: begin says what a session begins with",
                "answer.end: is the same as continue, and nothing else marks the last screen",
                "signature.nonce: must be the name of a header, found \"a b\"",
                "signature: timestamp, nonce and signature stand in a header each",
                "screen: empty: at least one of gsm-7 and ucs-2",
            ],
        ),
    ];
    for (text, expected) in cases {
        let (document, found) = dayaq_author::parse("hub.toml", text);
        read_callback_profile(&document, &found);
        let found = found.to_string();
        for expected in expected {
            assert!(found.contains(expected), "{expected}\nnot in\n{found}");
        }
    }
}

#[test]
fn a6_a_code_is_digits_with_stars_between_them() {
    for (text, expected) in [
        ("*7142#", Some("7142")),
        ("7142", Some("7142")),
        (" *384*1234# ", Some("384*1234")),
        ("*7142*#", None),
        ("**7142#", None),
        ("", None),
        ("*#", None),
        ("7142a", None),
    ] {
        assert_eq!(bare_code(text).as_deref(), expected, "{text:?}");
    }
}
