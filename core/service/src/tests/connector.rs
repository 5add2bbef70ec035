//! The connector: one fact after the other in the forms that institutions use, and in those that are no evidence.

use super::world::shipped;
use crate::CoreContent;
use crate::answer::Answer;
use crate::document::{Document, Format};
use crate::institution::{Institution, Place, Places, Request, Template};
use dayaq_author::Diagnostics;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// An institution with one request for one fact.
fn institution(format: &str, fact: &str) -> Institution {
    let text = format!(
        "id = \"a\"\nname = \"A\"\nformat = \"{format}\"\ntimeout_ms = 100\nretry = [\"5s\"]\n[[request]]\nid = \"a-b\"\n\
         path = \"/{{fin}}\"\nsubject = \"person\"\nstage = \"evidence\"\non_404 = \"unknown\"\n[[request.facts]]\n{fact}\n"
    );
    let diagnostics = Diagnostics::new();
    let mut read = Institution::read(&[("a.toml".to_owned(), text)], &diagnostics);
    read.pop().unwrap_or_else(|| panic!("{diagnostics}"))
}

fn read(format: &str, request: &Request, body: &str) -> Option<Json> {
    let format = if format == "xml" { Format::Xml } else { Format::Json };
    let document = Document::parse(format, body.as_bytes())?;
    Answer::read(request, &document).ok().map(|answer| answer.facts[&request.facts[0].name].clone())
}

#[track_caller]
fn check(format: &str, fact: &str, cases: &[(&str, Option<Json>)]) {
    let institution = institution(format, fact);
    for (body, expected) in cases {
        assert_eq!(read(format, &institution.requests[0], body), *expected, "{body}");
    }
}

fn month(year: i16, month: i8, amount: i64) -> Json {
    json!({ "month": { "year": year, "month": month }, "amount": amount })
}

#[test]
fn s4_amounts_in_qepik_or_manat_are_read_to_the_qepik() {
    let fact = "name = \"telecom\"\npointer = \"/b\"\nitem = { month = \"/m\", amount = \"/a\" }";
    let bill = |m: &str, a: &str| format!("{{\"b\": [{{\"m\": \"{m}\", \"a\": {a}}}]}}");
    let some = |amount| Some(json!([month(2026, 5, amount)]));
    let cases = [
        ("2026-05", "1234", some(1234)),
        ("05.2026", "0", some(0)),
        ("2026-05-17", "7", some(7)),
        ("17.05.2026", "7", some(7)),
        ("2026-13", "7", None),
        ("5.2026", "7", None),
        ("2026-05", "-1", None),
        ("2026-05", "1.5", None),
        ("2026-05", "\"1\"", None),
        ("2026-05", "99999999999999999999", None),
    ];
    for (m, a, expected) in cases {
        check("json", fact, &[(&bill(m, a), expected)]);
    }
    let azn = [
        ("12.3", some(1230)),
        ("\"12,30\"", some(1230)),
        ("\"12\"", some(1200)),
        ("0.07", some(7)),
        ("100000.29", some(10_000_029)),
        ("12.345", None),
        ("\"1.234,50\"", None),
        ("\"-5\"", None),
        ("\"\"", None),
        ("1e3", some(100_000)),
    ];
    for (a, expected) in azn {
        check("json", &format!("{fact}\nunit = \"azn\""), &[(&bill("2026-05", a), expected)]);
    }
}

#[test]
fn s4_a_years_sum_is_spread_over_its_months_to_the_qepik() {
    let fact = "name = \"gas-spend\"\npointer = \"/y\"\nitem = { year = \"/of\", amount = \"/a\" }\nperiod = \"year\"";
    let institution = institution("json", fact);
    for total in [0, 1, 11, 12, 13, 120_000, 99_999] {
        let body = json!({ "y": [{ "of": 2025, "a": total }] }).to_string();
        let months = read("json", &institution.requests[0], &body).unwrap();
        let amounts: Vec<i64> = months.as_array().unwrap().iter().map(|m| m["amount"].as_i64().unwrap()).collect();
        assert_eq!((amounts.len(), amounts.iter().sum::<i64>()), (12, total));
        assert!(amounts.iter().max().unwrap() - amounts.iter().min().unwrap() <= 1);
    }
    check("json", fact, &[("{\"y\": [{\"of\": 25, \"a\": 1}]}", None), ("{\"y\": [{\"a\": 1}]}", None)]);
}

#[test]
fn s4_a_word_that_nobody_has_translated_is_no_evidence() {
    let fact = "name = \"abroad\"\npointer = \"/a\"\nwords = { Y = \"true\", N = \"false\", 1 = \"true\" }";
    let cases = [
        ("{\"a\": \"Y\"}", Some(json!(true))),
        ("{\"a\": \"N\"}", Some(json!(false))),
        ("{\"a\": 1}", Some(json!(true))),
        ("{\"a\": \"y\"}", None),
        ("{\"a\": true}", None),
        ("{\"a\": null}", None),
        ("{}", None),
        ("[]", None),
        ("", None),
    ];
    check("json", fact, &cases);
    let life = "name = \"life-status\"\npointer = \"/s\"";
    check("json", life, &[("{\"s\": \"alive\"}", Some(json!("alive"))), ("{\"s\": \"asleep\"}", None)]);
}

#[test]
fn s4_xml_is_found_by_local_names_whatever_the_prefix() {
    let fact = "name = \"vehicles\"\npointer = \"/Envelope/Body/Cars\"\neach = \"Car\"\nitem = { plate = \"/@no\", basis = \"/How\" }";
    let envelope =
        |cars: &str| format!("<x:Envelope xmlns:x=\"urn:x\" xmlns:y=\"urn:y\"><x:Body>{cars}</x:Body></x:Envelope>");
    let one = json!([{ "plate": "10-AB-127", "basis": "owned" }]);
    let cases = [
        ("<y:Cars><y:Car no=\"10-AB-127\"><y:How> owned </y:How></y:Car></y:Cars>", Some(one.clone())),
        ("<Cars><Car no=\"10-AB-127\"><How><!-- deed --><![CDATA[owned]]></How></Car></Cars>", Some(one)),
        ("<Cars/>", Some(json!([]))),
        ("<Cars> </Cars>", Some(json!([]))),
        ("<Cars>none</Cars>", None),
        ("<Cars><Van no=\"1\"><How>owned</How></Van></Cars>", None),
        ("<Cars><Car><How>owned</How></Car></Cars>", None),
        ("<Cars><Car no=\"1/../2\"><How>owned</How></Car></Cars>", None),
        ("<Cars><Car no=\"1\"><How>owned</How><How>used</How></Car></Cars>", None),
        ("<Cars/><Cars/>", None),
        ("", None),
    ];
    for (cars, expected) in cases {
        check("xml", fact, &[(&envelope(cars), expected)]);
    }
}

#[test]
fn s4_nothing_is_told_apart_from_silence() {
    let fact = "name = \"disability\"\npointer = \"/r/d\"\nitem = { percent = \"/p\", child = \"/c\" }";
    let nil = "<r xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><d i:nil=\"true\"/></r>";
    let cases = [
        (nil, Some(Json::Null)),
        ("<r><d/></r>", Some(Json::Null)),
        ("<r><d><p>85</p><c>false</c></d></r>", Some(json!({ "percent": 85, "child": false }))),
        ("<r><d><p>101</p><c>false</c></d></r>", None),
        ("<r><d><p>85</p></d></r>", None),
        ("<r/>", None),
    ];
    check("xml", fact, &cases);
    check("xml", &format!("{fact}\noptional = true"), &[("<r/>", Some(Json::Null)), ("<r><d/><d/></r>", None)]);
}

#[test]
fn s4_hectares_become_square_metres() {
    let fact = "name = \"holdings\"\npointer = \"/l\"\nitem = { produce = \"/u\", quantity = \"/h\" }\nhectares = true";
    let land = |h: &str| format!("{{\"l\": [{{\"u\": \"arable\", \"h\": {h}}}]}}");
    for (h, metres) in [("\"1,25\"", 12_500), ("0.0001", 1), ("\"3\"", 30_000)] {
        check("json", fact, &[(&land(h), Some(json!([{ "produce": "arable", "quantity": metres }])))]);
    }
    check("json", fact, &[(&land("\"1,00001\""), None), (&land("\"100001\""), None)]);
}

#[test]
fn h03_xml_that_would_grow_or_nest_without_end_is_refused_or_harmless() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
    assert!(Document::parse(Format::Xml, bomb.as_bytes()).is_none());
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    if let Some(document) = Document::parse(Format::Xml, deep.as_bytes()) {
        assert!(document.root().at("/a/a/a").is_ok());
    }
    assert!(Document::parse(Format::Json, "[".repeat(100_000).as_bytes()).is_none());
    assert!(Document::parse(Format::Xml, &[0xff, 0xfe, b'<']).is_none());
}

#[test]
fn pages_are_joined_and_must_agree() {
    let fact = "name = \"children\"\npointer = \"/c\"";
    let institution = institution("json", fact);
    let page = |body: &str| {
        let document = Document::parse(Format::Json, body.as_bytes()).unwrap();
        Answer::read(&institution.requests[0], &document).unwrap()
    };
    let mut whole = page("{\"c\": [\"5AKT9X2\"]}");
    whole.add_page(page("{\"c\": [\"6BLU8Y3\"]}")).unwrap();
    assert_eq!(whole.facts.values().next(), Some(&json!(["5AKT9X2", "6BLU8Y3"])));
}

#[test]
fn a_template_fills_only_what_is_known() {
    let known = [Place::Fin, Place::Page];
    let template = Template::parse("{\"pin\": \"{fin}\"}", &known).unwrap();
    assert_eq!(template.fill(&Places::from([(Place::Fin, "5AKT9X2".to_owned())])).unwrap(), "{\"pin\": \"5AKT9X2\"}");
    assert_eq!(template.fill(&Places::new()), None);
    assert!(Template::parse("/{plate}", &known).unwrap_err().contains("\"plate\" is not fin or page"));
    assert!(Template::parse("/{fin", &known).is_err());
    assert!(Template::parse_path("x", &known).is_err());
}

/// Changes a shipped file, and expects this fault of it, with its file and line.
#[track_caller]
fn finds(file: &str, from: &str, to: &str, fault: &str) {
    let mut files = shipped();
    let (_, text) = files.institutions.iter_mut().find(|(name, _)| name == file).unwrap();
    assert!(text.contains(from), "{from} is not in {file}");
    *text = text.replace(from, to);
    let (content, diagnostics) = CoreContent::read(&files);
    assert!(content.is_none(), "{to} passes");
    let found = diagnostics.to_string();
    assert!(found.lines().any(|line| line.starts_with(file) && line.contains(fault)), "{fault} is missing in\n{found}");
}

#[test]
fn a_connector_that_could_not_work_is_found_before_it_is_used() {
    finds("communications.toml", "pages = \"/pages\"\n", "", "{page} needs `pages`");
    finds("communications.toml", "&page={page}", "", "the path needs the place {page}");
    finds("agriculture.toml", "each = \"plot\"\n", "", "each: missing");
    finds("agriculture.toml", "kind = \"subsidy\"", "knd = \"subsidy\"", "\"knd\" is not a word of this fact");
    finds("agriculture.toml", "period = \"year\"", "period = \"decade\"", "must be one of");
    finds("refugees.toml", "optional = true", "optional = true\nunit = \"azn\"", "this fact has no amount");
    finds("statistics.toml", "unit = \"azn\"", "unit = \"azn\"\nhectares = true", "this fact has no quantity");
    finds("conscription.toml", "/inquiries/{ticket}", "/inquiries/latest", "needs the place {ticket}");
    finds("azersu.toml", "water-meter", "gas-metre", "must be one of");
    finds("health.toml", "subject = \"vehicle\"", "subject = \"person\"", "\"plate\" is not fin");
    finds("statistics.toml", "stage = \"evidence\"", "stage = \"verification\"", "is verified");
    finds(
        "interior.toml",
        "name = \"district\", pointer = \"/address/district\"",
        "name = \"district\", pointer = \"district\"",
        "must be a path",
    );
    finds("migration.toml", "name = \"abroad\"", "name = \"prisoner\"", "another request already gives this fact");
    finds("education.toml", "format = \"json\"", "format = \"yaml\"", "must be one of");
    finds("ministry.toml", "fin}/payments", "fin}/payments/{number}", "\"number\" is not fin");
}

#[test]
fn what_is_no_record_is_no_evidence_of_nothing() {
    let shipped = super::world::content(&shipped());
    for octets in ["0", "1.5", "null", "true", "\"\"", "\"nothing\"", "[]", "[{}]", "[null]"] {
        let document = Document::parse(Format::Json, octets.as_bytes()).expect("it is JSON");
        for institution in &shipped.institutions {
            for request in
                institution.requests.iter().filter(|request| request.facts.iter().all(|f| !f.pointer.is_empty()))
            {
                assert!(Answer::read(request, &document).is_err(), "{octets} of {}", institution.name);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..400), xml in any::<bool>()) {
        let format = if xml { Format::Xml } else { Format::Json };
        // An object without parts says what it says.
        if let Some(document) = Document::parse(format, &octets).filter(|_| octets.trim_ascii() != b"{}") {
            let shipped = super::world::content(&shipped());
            for request in shipped.institutions.iter().flat_map(|i| &i.requests) {
                prop_assert!(Answer::read(request, &document).is_err(), "noise is no evidence");
            }
        }
    }
}
