//! What each style posts, and what it takes for an answer.

use super::radio::{Happening, Radio, after_code};
use super::style::Style;
use dayaq_types::Msisdn;

fn radio() -> Radio {
    Radio {
        number: Msisdn::parse("994501234567").expect("a number"),
        session: "S".to_owned(),
        code: "*7142#".to_owned(),
        dialled: "*7142*2#".to_owned(),
        inputs: vec!["2".to_owned(), "Əli & 1".to_owned()],
        sequence: 2,
    }
}

fn posted(style: Style, happening: Happening) -> Option<String> {
    style.body(&radio(), happening).map(|body| String::from_utf8(body.octets).expect("UTF-8"))
}

#[test]
fn a6_each_style_posts_its_own_fields() {
    assert_eq!(
        posted(Style::AfricasTalking, Happening::Typed).as_deref(),
        Some("sessionId=S&serviceCode=*7142%23&networkCode=40001&phoneNumber=%2B994501234567&text=2*%C6%8Fli+%26+1")
    );
    let over = posted(Style::AfricasTalking, Happening::Over).expect("it tells");
    assert!(over.contains("&status=Success&input=2*"), "{over}");
    let json = |style, happening| -> serde_json::Value {
        serde_json::from_str(&posted(style, happening).expect("it tells")).expect("JSON")
    };
    let begun = json(Style::Arkesel, Happening::Dialled);
    assert_eq!((begun["newSession"].as_bool(), begun["userData"].as_str()), (Some(true), Some("*7142*2#")));
    let typed = json(Style::Arkesel, Happening::Typed);
    assert_eq!((typed["newSession"].as_bool(), typed["userData"].as_str()), (Some(false), Some("Əli & 1")));
    assert_eq!(posted(Style::Arkesel, Happening::HungUp), None, "it does not tell");
    let typed = json(Style::Hubtel, Happening::Typed);
    assert_eq!((typed["Type"].as_str(), typed["Sequence"].as_u64()), (Some("Response"), Some(2)));
    assert_eq!(json(Style::Hubtel, Happening::CutOff)["Type"], "Timeout");
}

#[test]
fn a6_an_answer_that_an_aggregator_could_not_show_is_not_understood() {
    let (plain, json) = ("text/plain; charset=utf-8", "application/json");
    let long = "x".repeat(161);
    let understood = |style: Style, content_type: &str, body: &str| {
        style.understand(&radio(), content_type, body.as_bytes()).map(|screen| (screen.text, screen.more))
    };
    let menu = || Some(("Menu".to_owned(), true));
    assert_eq!(understood(Style::AfricasTalking, plain, "CON Menu"), menu());
    assert_eq!(understood(Style::AfricasTalking, plain, "END Bye"), Some(("Bye".to_owned(), false)));
    for body in ["Menu", "CONMenu", "CON Menyu ə", &format!("CON {long}"), ""] {
        assert_eq!(understood(Style::AfricasTalking, plain, body), None, "{body}");
    }
    assert_eq!(understood(Style::AfricasTalking, json, "CON Menu"), None);
    let arkesel =
        r#"{"sessionID":"S","userID":"DAYAQ","msisdn":"994501234567","message":"Menu","continueSession":true}"#;
    assert_eq!(understood(Style::Arkesel, json, arkesel), menu());
    let hubtel = r#"{"SessionId":"S","Type":"response","Message":"Menu"}"#;
    assert_eq!(understood(Style::Hubtel, json, hubtel), menu());
    for (style, body) in [
        (Style::Arkesel, arkesel.replace("\"S\"", "\"T\"")),
        (Style::Arkesel, arkesel.replace("true", "\"true\"")),
        (Style::Arkesel, arkesel.replace("Menu", &"ə".repeat(81))),
        (Style::Hubtel, hubtel.replace("response", "Response")),
        (Style::Hubtel, hubtel.replace("\"S\"", "null")),
        (Style::Hubtel, "{".to_owned()),
    ] {
        assert_eq!(understood(style, json, &body), None, "{body}");
    }
}

#[test]
fn a6_what_follows_a_code_is_found_in_what_was_dialled() {
    for (code, dialled, rest) in [
        ("*7142#", "*7142#", Some("")),
        ("*7142#", "*7142*2*1#", Some("2*1")),
        ("*7142#", "*71421#", None),
        ("*7142#", "*7142", None),
        ("*384*1#", "*384*1*2#", Some("2")),
    ] {
        assert_eq!(after_code(code, dialled), rest, "{dialled}");
    }
}
