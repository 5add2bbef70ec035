//! Signatures, bodies and answers by value.

use super::request::{Request, Unreadable, reach, read};
use super::signature::{NotSigned, Signed, verify};
use super::{answer, request};
use crate::config::{CallbackEvent, CallbackProfile, SignatureHeaders, read_callback_profile};
use axum::body::to_bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use proptest::prelude::*;
use secrecy::SecretString;

const AFRICAS_TALKING: &str = include_str!("../../../../config/aggregators/africas-talking.toml");
const ARKESEL: &str = include_str!("../../../../config/aggregators/arkesel.toml");
const HUBTEL: &str = include_str!("../../../../config/aggregators/hubtel.toml");

fn profile(text: &str) -> CallbackProfile {
    let (document, found) = dayaq_author::parse("aggregator.toml", text);
    let profile = read_callback_profile(&document, &found);
    profile.unwrap_or_else(|| panic!("{found}"))
}

/// 2026-11-23T05:00:00Z.
const SIGNED_AT: i64 = 1_795_410_000;
const NONCE: &str = "0123456789abcdef";
const BODY: &[u8] = br#"{"sessionID":"1"}"#;
/// `printf '1795410000\n0123456789abcdef\n{"sessionID":"1"}' | openssl dgst -sha256 -hmac correct-horse-battery`
const SIGNATURE: &str = "c46222ed70c2852b6bcef78e9e171e3fb5d9d9b3f05bf5e3583afbd96edb533b";

fn secret() -> SecretString {
    "correct-horse-battery".into()
}

fn signed(timestamp: &str, nonce: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [("x-dayaq-timestamp", timestamp), ("x-dayaq-nonce", nonce), ("x-dayaq-signature", signature)]
    {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn sound() -> HeaderMap {
    signed(&SIGNED_AT.to_string(), NONCE, SIGNATURE)
}

fn judged(headers: &HeaderMap, body: &[u8], now: i64) -> Result<Signed, NotSigned> {
    verify(&secret(), &SignatureHeaders::default(), headers, body, Timestamp::from_second(now).unwrap())
}

#[test]
fn g08_a_signature_that_another_program_made_is_known() {
    let at = Timestamp::from_second(SIGNED_AT).unwrap();
    assert_eq!(judged(&sound(), BODY, SIGNED_AT), Ok(Signed { nonce: NONCE.to_owned(), at }));
    let capitals = signed(&SIGNED_AT.to_string(), NONCE, &SIGNATURE.to_ascii_uppercase());
    assert!(judged(&capitals, BODY, SIGNED_AT).is_ok());
}

#[test]
fn g08_a_request_is_taken_for_five_minutes_either_way_and_not_a_second_longer() {
    for (seconds, expected) in [(-301, false), (-300, true), (-299, true), (0, true), (300, true), (301, false)] {
        let judged = judged(&sound(), BODY, SIGNED_AT + seconds);
        assert_eq!(judged.is_ok(), expected, "{seconds} s");
        assert!(expected || judged == Err(NotSigned::Stale));
    }
    for extreme in [Timestamp::MIN, Timestamp::MAX] {
        let judged = verify(&secret(), &SignatureHeaders::default(), &sound(), BODY, extreme);
        assert_eq!(judged, Err(NotSigned::Stale));
    }
}

#[test]
fn g08_whatever_is_not_signed_as_agreed_is_told_apart_by_nobody() {
    let at = SIGNED_AT.to_string();
    let without = |name: &str| {
        let mut headers = sound();
        headers.remove(name);
        headers
    };
    let twice = |name: &'static str| {
        let mut headers = sound();
        let value = headers[name].clone();
        headers.append(name, value);
        headers
    };
    let other = SIGNATURE.replacen(&SIGNATURE[..1], if SIGNATURE.starts_with('0') { "1" } else { "0" }, 1);
    let mut latin = sound();
    latin.insert("x-dayaq-nonce", HeaderValue::from_bytes(b"0123456789abcde\xE9").unwrap());
    let long = "n".repeat(129);
    for (case, headers) in [
        ("no timestamp", without("x-dayaq-timestamp")),
        ("no nonce", without("x-dayaq-nonce")),
        ("no signature", without("x-dayaq-signature")),
        ("nothing", HeaderMap::new()),
        ("two timestamps", twice("x-dayaq-timestamp")),
        ("two nonces", twice("x-dayaq-nonce")),
        ("two signatures", twice("x-dayaq-signature")),
        ("another time", signed("1795410001", NONCE, SIGNATURE)),
        ("the same time in other digits", signed("01795410000", NONCE, SIGNATURE)),
        ("a time with a sign", signed("+1795410000", NONCE, SIGNATURE)),
        ("no time", signed("now", NONCE, SIGNATURE)),
        ("another nonce", signed(&at, "0123456789abcdeF", SIGNATURE)),
        ("a short nonce", signed(&at, "0123456789abcde", SIGNATURE)),
        ("a long nonce", signed(&at, &long, SIGNATURE)),
        ("a nonce that is no ASCII", latin),
        ("another signature", signed(&at, NONCE, &other)),
        ("an empty signature", signed(&at, NONCE, "")),
        ("half a signature", signed(&at, NONCE, &SIGNATURE[..32])),
        ("a signature and more", signed(&at, NONCE, &format!("{SIGNATURE}00"))),
        ("no hexadecimal digits", signed(&at, NONCE, &"zz".repeat(32))),
    ] {
        assert_eq!(judged(&headers, BODY, SIGNED_AT), Err(NotSigned::Unproven), "{case}");
    }
    assert_eq!(judged(&sound(), br#"{"sessionID":"2"}"#, SIGNED_AT), Err(NotSigned::Unproven), "another body");
    let stranger = verify(
        &"correct-horse-batterY".into(),
        &SignatureHeaders::default(),
        &sound(),
        BODY,
        Timestamp::from_second(SIGNED_AT).unwrap(),
    );
    assert_eq!(stranger, Err(NotSigned::Unproven), "another secret");
}

#[test]
fn a6_a_profile_names_its_own_headers() {
    let own = profile(&ARKESEL.replace("[screen]", "[signature]\nsignature = \"X-Hub-Signature\"\n[screen]"));
    assert_eq!(own.signature.signature, "x-hub-signature");
    assert_eq!(own.signature.nonce, "x-dayaq-nonce");
}

async fn body(text: &str, content_type: &str, body: &str) -> Result<Request, Unreadable> {
    read(&profile(text).request, Some(content_type), body.as_bytes()).await
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn a6_a_body_in_each_style_says_what_happened() {
    let cases = [
        (
            AFRICAS_TALKING,
            FORM,
            "sessionId=S&serviceCode=*7142%23&phoneNumber=%2B994501234567&text=&networkCode=1",
            CallbackEvent::Turn,
            "",
            None,
        ),
        (
            AFRICAS_TALKING,
            FORM,
            "sessionId=S&serviceCode=*7142%23&phoneNumber=0501234567&text=1*%C6%8Fli+",
            CallbackEvent::Turn,
            "1*Əli ",
            None,
        ),
        (
            AFRICAS_TALKING,
            FORM,
            "sessionId=S&serviceCode=*7142%23&phoneNumber=0501234567&status=Incomplete",
            CallbackEvent::Timeout,
            "",
            None,
        ),
        (
            ARKESEL,
            JSON,
            r#"{"sessionID":"S","newSession":true,"msisdn":"994501234567","userData":"*7142#"}"#,
            CallbackEvent::Begin,
            "*7142#",
            None,
        ),
        (
            ARKESEL,
            JSON,
            r#"{"sessionID":"S","newSession":"false","msisdn":994501234567,"userData":1}"#,
            CallbackEvent::Continue,
            "1",
            None,
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"Initiation","SessionId":"S","Mobile":"994501234567","ServiceCode":"7142","Message":"*7142#","Sequence":1}"#,
            CallbackEvent::Begin,
            "*7142#",
            Some(1),
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"response","SessionId":"S","Mobile":"994501234567","ServiceCode":"7142","Message":"2","Sequence":"2","Operator":null}"#,
            CallbackEvent::Continue,
            "2",
            Some(2),
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"Release","SessionId":"S","Mobile":"994501234567","Sequence":3}"#,
            CallbackEvent::Abort,
            "",
            Some(3),
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"Timeout","SessionId":"S","Mobile":"994501234567","Message":"","Sequence":3}"#,
            CallbackEvent::Timeout,
            "",
            Some(3),
        ),
    ];
    for (text, content_type, octets, event, typed, sequence) in cases {
        let request = body(text, content_type, octets).await.unwrap_or_else(|cause| panic!("{octets}: {cause}"));
        assert_eq!((request.event, &*request.text, request.sequence), (event, typed, sequence), "{octets}");
        assert_eq!((&*request.session, request.phone.digits()), ("S", "994501234567".to_owned()), "{octets}");
    }
}

#[tokio::test]
async fn a6_a_body_that_is_no_callback_is_named_by_its_field() {
    let cases = [
        (ARKESEL, FORM, "sessionID=S", "the content type must be application/json"),
        (AFRICAS_TALKING, JSON, "{}", "the content type must be application/x-www-form-urlencoded"),
        (ARKESEL, "", "{}", "the content type must be application/json"),
        (ARKESEL, JSON, "", "the body is not a JSON object"),
        (ARKESEL, JSON, "[1]", "the body is not a JSON object"),
        (ARKESEL, JSON, "{\"a\":", "the body is not a JSON object"),
        (ARKESEL, JSON, "{}", "sessionID: is missing"),
        (ARKESEL, JSON, r#"{"sessionID":""}"#, "sessionID: must have 1 to 128 octets"),
        (ARKESEL, JSON, r#"{"sessionID":["S"]}"#, "sessionID: must be a text or a number"),
        (ARKESEL, JSON, r#"{"sessionID":"S"}"#, "msisdn: is missing"),
        (ARKESEL, JSON, r#"{"sessionID":"S","msisdn":"7142"}"#, "msisdn: is not a phone number"),
        (ARKESEL, JSON, r#"{"sessionID":"S","msisdn":"Dayaq"}"#, "msisdn: is not a phone number"),
        (ARKESEL, JSON, r#"{"sessionID":"S","msisdn":"994501234567"}"#, "newSession: is missing"),
        (
            ARKESEL,
            JSON,
            r#"{"sessionID":"S","msisdn":"994501234567","newSession":"maybe"}"#,
            "newSession: has a value that nobody agreed on",
        ),
        (ARKESEL, JSON, r#"{"sessionID":"S","msisdn":"994501234567","newSession":false}"#, "userData: is missing"),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"Response","SessionId":"S","Mobile":"994501234567","Message":"1","Sequence":2}"#,
            "ServiceCode: is missing",
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"Response","SessionId":"S","Mobile":"994501234567","ServiceCode":"7142","Message":"1"}"#,
            "Sequence: is missing",
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"Response","SessionId":"S","Mobile":"994501234567","ServiceCode":"7142","Message":"1","Sequence":-1}"#,
            "Sequence: is not a number",
        ),
        (
            HUBTEL,
            JSON,
            r#"{"Type":"AddToCart","SessionId":"S","Mobile":"994501234567","ServiceCode":"7142","Message":"1","Sequence":2}"#,
            "Type: has a value that nobody agreed on",
        ),
        (AFRICAS_TALKING, FORM, "sessionId=S&sessionId=T", "sessionId: stands there twice"),
        (AFRICAS_TALKING, FORM, "sessionId=S&serviceCode=1&phoneNumber=994501234567", "text: is missing"),
        (
            AFRICAS_TALKING,
            FORM,
            "sessionId=S&serviceCode=1&phoneNumber=994501234567&status=Open",
            "status: has a value that nobody agreed on",
        ),
    ];
    for (text, content_type, octets, expected) in cases {
        let cause = body(text, content_type, octets).await.err().unwrap_or_else(|| panic!("{octets} is read"));
        assert_eq!(cause.to_string(), expected, "{octets}");
    }
    let long = format!(r#"{{"sessionID":"{}"}}"#, "S".repeat(129));
    assert!(body(ARKESEL, JSON, &long).await.is_err_and(|cause| cause.to_string().starts_with("sessionID")));
}

#[tokio::test]
async fn a6_what_was_dialled_is_taken_apart_at_our_code() {
    let codes = ["7142".to_owned(), "384*1234".to_owned(), "384".to_owned()];
    let cases = [
        // Style, code field, text; the code and the rest that are found.
        (HUBTEL, "7142", "*7142#", Some((Some("7142"), ""))),
        (HUBTEL, "*7142#", "*7142*2*1#", Some((Some("7142"), "2*1"))),
        (HUBTEL, "7142", "", Some((Some("7142"), ""))),
        (HUBTEL, "7142", "7142", Some((Some("7142"), ""))),
        (HUBTEL, "7142", "2", Some((Some("7142"), "2"))),
        (HUBTEL, "7142", "*999*2#", Some((Some("7142"), ""))),
        (HUBTEL, "384*1234", "*384*1234#", Some((Some("384*1234"), ""))),
        (HUBTEL, "384", "*384*1234*2#", Some((Some("384*1234"), "2"))),
        (HUBTEL, "999", "*999#", None),
        (HUBTEL, "71420", "*71420#", None),
    ];
    for (text, code, typed, expected) in cases {
        let octets = format!(
            r#"{{"Type":"Initiation","SessionId":"S","Mobile":"994501234567","ServiceCode":"{code}","Message":"{typed}","Sequence":1}}"#
        );
        let (profile, request) = (profile(text), body(text, JSON, &octets).await.ok().unwrap());
        let found = reach(&codes, profile.request.holds, &request);
        assert_eq!(found, expected.map(|(code, rest)| (code, rest.to_owned())), "{code} {typed}");
    }
    for (typed, begins, expected) in
        [("*7142*2#", true, Some((Some("7142"), "2"))), ("*999#", true, None), ("1", false, Some((None, "1")))]
    {
        let octets =
            format!(r#"{{"sessionID":"S","newSession":{begins},"msisdn":"994501234567","userData":"{typed}"}}"#);
        let (profile, request) = (profile(ARKESEL), body(ARKESEL, JSON, &octets).await.ok().unwrap());
        let found = reach(&codes, profile.request.holds, &request);
        assert_eq!(found, expected.map(|(code, rest)| (code, rest.to_owned())), "{typed}");
    }
    for (code, expected) in [("*384*1234%23", Some(Some("384*1234"))), ("*999%23", None)] {
        let octets = format!("sessionId=S&serviceCode={code}&phoneNumber=994501234567&text=1*2");
        let (profile, request) = (profile(AFRICAS_TALKING), body(AFRICAS_TALKING, FORM, &octets).await.ok().unwrap());
        let found = reach(&codes, profile.request.holds, &request);
        assert_eq!(found, expected.map(|code| (code, "1*2".to_owned())), "{code}");
    }
}

#[tokio::test]
async fn a6_a_screen_is_written_as_each_style_reads_it() {
    let text = "1 Yeni müraciət\n2 {text} \"Kartım\"";
    let json = r#"{"sessionID":"S","userID":7,"newSession":true,"msisdn":"994501234567","userData":"*7142#"}"#;
    let hubtel = r#"{"Type":"Initiation","SessionId":"S","Mobile":"994501234567","ServiceCode":"7142","Message":"","Sequence":1}"#;
    let form = "sessionId=S&serviceCode=1&phoneNumber=994501234567&text=";
    let cases = [
        (AFRICAS_TALKING, FORM, form, false, format!("CON {text}")),
        (AFRICAS_TALKING, FORM, form, true, format!("END {text}")),
        (ARKESEL, JSON, json, false, r#"{"continueSession":true,"message":"1 Yeni müraciət\n2 {text} \"Kartım\"","msisdn":"994501234567","sessionID":"S","userID":7}"#.to_owned()),
        (ARKESEL, JSON, json, true, r#"{"continueSession":false,"message":"1 Yeni müraciət\n2 {text} \"Kartım\"","msisdn":"994501234567","sessionID":"S","userID":7}"#.to_owned()),
        (HUBTEL, JSON, hubtel, true, r#"{"DataType":"display","FieldType":"text","Label":"Dayaq","Message":"1 Yeni müraciət\n2 {text} \"Kartım\"","SessionId":"S","Type":"release"}"#.to_owned()),
    ];
    for (style, content_type, octets, ends, expected) in cases {
        let request = body(style, content_type, octets).await.ok().unwrap();
        let response = answer::write(&profile(style).answer, &request.fields, text, ends);
        assert_eq!(response.status(), 200);
        let written = to_bytes(response.into_body(), 4096).await.unwrap();
        assert_eq!(std::str::from_utf8(&written).unwrap(), expected);
    }
}

proptest! {
    #[test]
    fn g08_no_body_is_too_strange(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (text, content_type) in [(AFRICAS_TALKING, FORM), (ARKESEL, JSON), (HUBTEL, JSON)] {
            let read = runtime.block_on(request::read(&profile(text).request, Some(content_type), &octets));
            if let Ok(request) = read {
                reach(&["7142".to_owned()], profile(text).request.holds, &request);
            }
        }
    }

    #[test]
    fn g08_no_dial_string_is_too_strange(dialled in "\\PC{0,40}", code in "[*#0-9]{0,12}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let octets = serde_json::json!({
            "Type": "Initiation", "SessionId": "S", "Mobile": "994501234567",
            "ServiceCode": code, "Message": dialled, "Sequence": 1,
        });
        let read = runtime.block_on(request::read(&profile(HUBTEL).request, Some(JSON), octets.to_string().as_bytes()));
        let request = read.ok().unwrap();
        if let Some((code, rest)) = reach(&["7142".to_owned()], profile(HUBTEL).request.holds, &request) {
            prop_assert_eq!(code, Some("7142"));
            prop_assert!(dialled.contains(&rest));
        }
    }
}
