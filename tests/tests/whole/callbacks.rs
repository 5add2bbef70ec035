//! What becomes of an aggregator's calls: repeated, replayed, unsigned, late, malformed; with a slow core and a store that is
//! away.

use crate::hub::{Hub, ONE, OTHER, SECRET, aggregator, at_fin, at_review, problem, says};
use crate::program::{root, run, text};
use crate::stage::eventually;
use crate::stand_in::{House, Mood};
use dayaq_redis::RedisNode;
use dayaq_simulator::{AggregatorConfig, HandsetError, SignedCall, SimulatedAggregator, Style};
use dayaq_types::{Clock, SystemClock};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_request_that_comes_again_gets_its_screen_again_and_is_one_turn() {
    for style in Style::ALL {
        let hub = Hub::up(style).await;
        let phone = hub.phone(ONE);
        at_fin(&phone).await;
        let series = phone.send("300TQ7M").await.expect("a screen");
        says(&series, "Vəsiqənizin seriyası");
        let call = hub.last();
        let first = hub.post(&call).await;
        for _ in 0..3 {
            assert!(hub.post(&call).await == first, "{style}: the answer is the same, octet for octet");
        }
        assert_eq!(first.status, 200);
        assert!(first.body.contains("AZE"), "{style}");
        // The answer to the question that stands is taken: there was no second turn.
        says(&phone.send("2").await.expect("a screen"), "AA hərflərindən sonrakı");
        says(&phone.send("3073607").await.expect("a screen"), "Notarius ərizəsinin nömrəsi");
        // By now its reply is history.
        let (status, detail) = hub.problem(&call).await;
        assert_eq!((status, &*detail), (409, "This turn was taken before."), "{style}");
        says(&phone.send("1").await.expect("a screen"), "1 Davam");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_turn_whose_answer_was_lost_may_be_signed_anew_where_turns_can_be_told_apart() {
    for style in [Style::AfricasTalking, Style::Hubtel] {
        let hub = Hub::up(style).await;
        let phone = hub.phone(ONE);
        at_fin(&phone).await;
        says(&phone.send("300TQ7M").await.expect("a screen"), "Vəsiqənizin seriyası");
        let call = hub.last();
        let anew = hub.aggregator.sign(&call.content_type, call.body.clone());
        assert!(anew.nonce != call.nonce);
        assert!(hub.post(&anew).await == hub.post(&call).await, "{style}");
        says(&phone.send("2").await.expect("a screen"), "AA hərflərindən sonrakı");
        let late = hub.aggregator.sign(&call.content_type, call.body.clone());
        assert_eq!(hub.problem(&late).await.0, 409, "{style}: its reply is history");
        says(&phone.send("3073607").await.expect("a screen"), "Notarius ərizəsinin nömrəsi");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_request_of_a_session_that_is_over_is_not_taken_in_the_next_one() {
    for style in Style::ALL {
        let hub = Hub::up(style).await;
        let phone = hub.phone(ONE);
        phone.dial("*7142#").await.expect("a screen");
        let begin = hub.last();
        says(&phone.send("1").await.expect("a screen"), "1 Yeni müraciət");
        let choice = hub.last();
        says(&phone.dial("*7142#").await.expect("a screen"), "1 Yeni müraciət");
        for replayed in [&begin, &choice] {
            assert_eq!(hub.problem(replayed).await.0, 409, "{style}");
        }
        // A new request that goes on with the old session is let go, and the live one is not touched.
        let stray = hub.post(&hub.aggregator.sign(&choice.content_type, choice.body.clone())).await;
        assert_eq!(stray.status, 200, "{style}: {}", stray.body);
        assert!(stray.body.contains("*7142#"), "{style}: the neutral end says what to dial: {}", stray.body);
        says(&phone.send("1").await.expect("a screen"), "1 Davam");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_nonce_stands_over_one_body() {
    let hub = Hub::up(Style::Arkesel).await;
    let phone = hub.phone(ONE);
    at_fin(&phone).await;
    let call = hub.last();
    let other_text =
        String::from_utf8(call.body.clone()).expect("JSON").replace("\"userData\":\"1\"", "\"userData\":\"00\"");
    let other_phone = String::from_utf8(call.body.clone()).expect("JSON").replace(ONE, OTHER);
    for body in [other_text, other_phone] {
        assert!(body.as_bytes() != call.body, "the test changes something");
        let reused = SignedCall { body: body.into_bytes(), ..call.clone() }.signed(&SECRET.into());
        let (status, detail) = hub.problem(&reused).await;
        assert_eq!((status, &*detail), (409, "This nonce stood over another request."));
    }
    says(&phone.send("300TQ7M").await.expect("a screen"), "Vəsiqənizin seriyası");
    says(&hub.phone(OTHER).dial("*7142#").await.expect("a screen"), "3 English");
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_what_is_not_signed_is_not_taken_and_is_told_nothing() {
    let hub = Hub::up(Style::Arkesel).await;
    let phone = hub.phone(ONE);
    at_fin(&phone).await;
    let body =
        String::from_utf8(hub.last().body).expect("JSON").replace("\"userData\":\"1\"", "\"userData\":\"300TQ7M\"");
    let sound = hub.signed("application/json", &body);
    let mut details = Vec::new();
    for forged in [
        SignedCall { signature: "0".repeat(64), ..sound.clone() },
        SignedCall { signature: String::new(), ..sound.clone() },
        SignedCall { nonce: String::new(), ..sound.clone() },
        SignedCall { timestamp: String::new(), ..sound.clone() },
        SignedCall { nonce: "another-nonce-of-its-own".to_owned(), ..sound.clone() },
        SignedCall { body: body.replace("300TQ7M", "00").into_bytes(), ..sound.clone() },
        sound.clone().signed(&"what a stranger guesses".into()),
        // Not even that its body is no JSON.
        SignedCall { body: b"{".to_vec(), content_type: "text/html".to_owned(), ..sound.clone() },
    ] {
        let (status, detail) = hub.problem(&forged).await;
        assert_eq!(status, 401);
        details.push(detail);
    }
    details.dedup();
    assert_eq!(details, ["The request is not signed as agreed."]);
    assert_eq!(hub.post(&sound).await.status, 200, "the question stands as it did");
    says(&phone.send("2").await.expect("a screen"), "AA hərflərindən sonrakı");
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_request_is_taken_within_five_minutes_of_its_signature() {
    let hub = Hub::up(Style::Hubtel).await;
    let shift = |seconds: i64| {
        let at = SystemClock::new().now().as_second() + seconds;
        move |call: SignedCall| SignedCall { timestamp: at.to_string(), ..call }.signed(&SECRET.into())
    };
    let body = |number: &str| {
        format!(
            r#"{{"Type":"Initiation","SessionId":"s-{number}","Mobile":"{number}","ServiceCode":"7142","Message":"*7142#","Sequence":1}}"#
        )
    };
    for (seconds, number, taken) in [
        (-290, "994501230001", true),
        (290, "994501230002", true),
        (-310, "994501230003", false),
        (310, "994501230004", false),
    ] {
        let call = shift(seconds)(hub.signed("application/json", &body(number)));
        let answer = hub.post(&call).await;
        if taken {
            assert_eq!(answer.status, 200, "{seconds} s: {}", answer.body);
        } else {
            let (status, detail) = problem(&answer);
            assert_eq!(status, 401, "{seconds} s");
            assert!(detail.starts_with("timestamp"), "{detail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_two_gateways_know_each_others_nonces_and_turns() {
    let redis = RedisNode::syncing().started();
    let sessions = format!("[sessions]\nstore = \"redis\"\nredis_url = \"{}\"\ntimeout_ms = 2000", redis.url());
    for style in Style::ALL {
        let hub = Hub::with(style, &sessions).await;
        let there = House::up(&aggregator(style, &sessions, 100)).await;
        let other = there.gateway.callbacks[0];
        // Redis outlives the gateways of each style.
        let number = match style {
            Style::AfricasTalking => "994501230001",
            Style::Arkesel => "994501230002",
            Style::Hubtel => "994501230003",
        };
        let phone = hub.phone(number);
        phone.dial("*7142#").await.expect("a screen");
        let call = hub.last();
        let first = hub.post(&call).await;
        // The other gateway gives the same screen and takes no turn, also where both hear it at once.
        let both =
            tokio::join!(hub.aggregator.post_to(other, "/ussd", &call), hub.aggregator.post_to(other, "/ussd", &call));
        assert!(both.0.is_ok_and(|answer| answer == first) && both.1.is_ok_and(|answer| answer == first), "{style}");
        says(&phone.send("1").await.expect("a screen"), "1 Yeni müraciət");
        let second = hub.last();
        // The other gateway remembers the phone as it was a turn ago; what it remembers decides nothing.
        let again = hub.aggregator.post_to(other, "/ussd", &second).await.expect("an answer");
        assert!(again == hub.post(&second).await, "{style}");
        says(&phone.dial("*7142#").await.expect("a screen"), "1 Yeni müraciət");
        says(&phone.send("1").await.expect("a screen"), "1 Davam");
        let third = hub.last();
        let again = hub.aggregator.post_to(other, "/ussd", &third).await.expect("an answer");
        assert!(again == hub.post(&third).await, "{style}: of a session that the other gateway has not seen");
        let late = hub.aggregator.post_to(other, "/ussd", &second).await.expect("an answer");
        assert_eq!(problem(&late).0, 409, "{style}");
        says(&phone.send("1").await.expect("a screen"), "1 Razıyam");
        there.gateway.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_request_that_two_gateways_hear_at_once_is_one_turn() {
    let redis = RedisNode::syncing().started();
    let sessions = format!("[sessions]\nstore = \"redis\"\nredis_url = \"{}\"\ntimeout_ms = 2000", redis.url());
    // Its turns have no numbers: only the nonce tells a copy from another turn.
    let hub = Hub::with(Style::Arkesel, &sessions).await;
    let there = House::up(&aggregator(Style::Arkesel, &sessions, 100)).await;
    let services = [hub.house.gateway.callbacks[0], there.gateway.callbacks[0]];
    let turns = [
        ("*7142#", "3 English"),
        ("1", "1 Yeni müraciət"),
        ("1", "1 Davam"),
        ("1", "1 Razıyam"),
        ("1", "FİN kodunuz"),
        ("300TQ7M", "Vəsiqənizin seriyası"),
        ("2", "AA hərflərindən sonrakı"),
        ("3073607", "Notarius ərizəsinin nömrəsi"),
        ("2026004117", "FİN-i (siz+0)"),
        ("2", "ilk 3 hərfi"),
    ];
    for (at, (typed, says)) in turns.into_iter().enumerate() {
        let new = at == 0;
        let body = format!(
            r#"{{"sessionID":"both","userID":"DAYAQ","newSession":{new},"msisdn":"{ONE}","userData":"{typed}"}}"#
        );
        let call = hub.signed("application/json", &body);
        let post = |to: usize| hub.aggregator.post_to(services[to], "/ussd", &call);
        let (one, two, three, four) = tokio::join!(post(0), post(1), post(1), post(0));
        let one = one.expect("an answer");
        assert!(one.status == 200 && one.body.contains(says), "{typed}: {says:?} not in {}", one.body);
        for other in [two, three, four] {
            let other = other.expect("an answer");
            assert!(other == one, "{typed}: {} and {}", other.body, one.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b06_a_phone_whose_turns_come_to_two_gateways_has_one_conversation() {
    let redis = RedisNode::syncing().started();
    let sessions = format!("[sessions]\nstore = \"redis\"\nredis_url = \"{}\"\ntimeout_ms = 2000", redis.url());
    let hub = Hub::with(Style::Arkesel, &sessions).await;
    let there = House::up(&aggregator(Style::Arkesel, &sessions, 100)).await;
    let services = [hub.house.gateway.callbacks[0], there.gateway.callbacks[0]];
    let body = |session: usize, new: bool, typed: &str| {
        format!(
            r#"{{"sessionID":"session-{session}","userID":"DAYAQ","newSession":{new},"msisdn":"{ONE}","userData":"{typed}"}}"#
        )
    };
    // Three calls of three turns each; every turn comes to the other gateway than the one before it.
    let mut turn = 0;
    for session in 0..3_usize {
        let menu = if session == 0 { "3 English" } else { "1 Yeni müraciət" };
        let next = if session == 0 { "1 Yeni müraciət" } else { "1 Davam" };
        for (new, typed, part) in [(true, "*7142#", menu), (false, "1", next)] {
            let call = hub.signed("application/json", &body(session, new, typed));
            let answer = hub.aggregator.post_to(services[turn % 2], "/ussd", &call).await.expect("an answer");
            assert!(answer.body.contains(part), "session {session}, {typed}: {part:?} not in {}", answer.body);
            turn += 1;
        }
        // The next call begins at the gateway that took the last turn of this one, so that the other one is behind.
        turn += session % 2;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_bad_request_is_told_what_is_wrong_with_it() {
    let hub = Hub::up(Style::Hubtel).await;
    let json = "application/json";
    let turn = |code: &str| {
        format!(
            r#"{{"Type":"Initiation","SessionId":"s","Mobile":"{ONE}","ServiceCode":"{code}","Message":"","Sequence":1}}"#
        )
    };
    let large = format!(r#"{{"Type":"{}"}}"#, "x".repeat(17 * 1024));
    let cases = [
        (hub.signed("text/plain", &turn("7142")), 415, "the content type must be application/json"),
        (hub.signed(json, "Type=Initiation"), 400, "the body is not a JSON object"),
        (hub.signed(json, "{}"), 400, "SessionId: is missing"),
        (hub.signed(json, &turn("7142").replace(ONE, "Dayaq")), 400, "Mobile: is not a phone number"),
        (
            hub.signed(json, &turn("7142").replace("Initiation", "Install")),
            400,
            "Type: has a value that nobody agreed on",
        ),
        (hub.signed(json, &turn("999")), 404, "No service code of ours was dialled."),
        (hub.signed(json, &large), 413, "A body has at most 16384 octets."),
    ];
    for (call, status, detail) in cases {
        assert_eq!(hub.problem(&call).await, (status, detail.to_owned()));
    }
    let sound = hub.signed(json, &turn("7142"));
    let elsewhere = hub.aggregator.post_to(hub.house.gateway.callbacks[0], "/", &sound).await.expect("an answer");
    assert_eq!(problem(&elsewhere), (404, "Nothing is served here.".to_owned()));
    let get = reqwest::get(format!("http://{}/ussd", hub.house.gateway.callbacks[0])).await.expect("an answer");
    assert_eq!(get.status(), 405);
    assert_eq!(hub.post(&sound).await.status, 200, "nothing of it was taken");
    // The listener of callbacks is not that of the operations page, and the other way round.
    let page = reqwest::get(format!("http://{}/metrics", hub.house.gateway.callbacks[0])).await.expect("an answer");
    assert_eq!(page.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_while_the_store_is_away_nothing_is_said_and_the_same_request_is_taken_later() {
    let mut redis = RedisNode::syncing().started();
    let sessions = format!("[sessions]\nstore = \"redis\"\nredis_url = \"{}\"", redis.url());
    let hub = Hub::with(Style::Arkesel, &sessions).await;
    let phone = hub.phone(ONE);
    at_fin(&phone).await;
    redis.kill();
    assert_eq!(phone.send("300TQ7M").await, Err(HandsetError::TurnedAway(503)));
    let call = hub.last();
    let (status, detail) = hub.problem(&call).await;
    assert_eq!((status, &*detail), (503, "The turn could not be saved. Nothing of it is kept."));
    redis.start();
    let answer = eventually("it is taken", async || {
        let answer = hub.post(&call).await;
        (answer.status == 200).then_some(answer)
    });
    let answer = answer.await;
    assert!(answer.body.contains("Vəsiqənizin seriyası"), "{}", answer.body);
    assert!(hub.post(&call).await == answer, "and once");
}

#[tokio::test(flavor = "multi_thread")]
async fn h4_a_slow_core_holds_no_phone_that_came_by_an_aggregator() {
    for style in Style::ALL {
        let hub = Hub::up(style).await;
        let phone = hub.phone(ONE);
        at_review(&phone).await;
        hub.house.core.be(Mood::Away);
        let last = phone.send("1").await.expect("a screen");
        says(&last, "Məlumatınız saxlandı");
        assert!(!last.more, "{style}");
        hub.house.core.be(Mood::Well);
        eventually("it is handed in", async || (!hub.house.core.submitted().is_empty()).then_some(())).await;
        assert_eq!(hub.house.core.submitted().into_values().collect::<Vec<_>>(), [1], "{style}");
        says(&phone.dial("*7142#").await.expect("a screen"), "1 Yeni müraciət");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h4_an_aggregator_that_stops_waiting_costs_no_application_and_finds_the_answer_later() {
    let hub = Hub::up(Style::Hubtel).await;
    let phone = hub.phone(ONE);
    at_review(&phone).await;
    hub.house.core.be(Mood::Slow);
    let impatient = AggregatorConfig { patience: Duration::from_millis(20), ..hub.aggregator.config().clone() };
    let impatient = SimulatedAggregator::new(impatient).expect("a client");
    // The next turn of the phone, from an aggregator that hangs up before the core has answered.
    let body = String::from_utf8(hub.last().body).expect("JSON");
    let mut fields: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    fields["Message"] = "1".into();
    fields["Sequence"] = (fields["Sequence"].as_u64().expect("a number") + 1).into();
    let call = hub.signed("application/json", &fields.to_string());
    assert!(impatient.post(&call).await.is_err(), "it did not wait");
    let answer = hub.post(&call).await;
    assert!(answer.body.contains("Məlumatınız saxlandı"), "{}", answer.body);
    assert!(answer.body.contains("release"), "{}", answer.body);
    assert_eq!(hub.house.core.submitted().len(), 1);
    assert_eq!(hub.house.gateway.store.pending_count().await, Ok(1), "recorded once");
}

#[tokio::test(flavor = "multi_thread")]
async fn g01_a_phone_beyond_its_share_is_sent_off_and_others_are_served() {
    let hub = Hub::with(Style::Arkesel, "replies_per_minute = 3").await;
    let phone = hub.phone(ONE);
    // A minute may end between two dials, and then all of them count anew.
    let mut sent_off = None;
    for _ in 0..8 {
        let screen = phone.dial("*7142#").await.expect("a screen");
        if !screen.more {
            sent_off = Some(screen);
            break;
        }
    }
    says(&sent_off.expect("one of eight is beyond three"), "*7142#");
    // A request that is replayed does not use up the share of its phone.
    let phone = hub.phone("994771234567");
    assert!(phone.dial("*7142#").await.expect("a screen").more);
    for _ in 0..8 {
        assert_eq!(hub.post(&hub.last()).await.status, 200);
    }
    assert!(phone.send("1").await.expect("a screen").more);
    assert!(hub.phone(OTHER).dial("*7142#").await.expect("a screen").more);
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_where_there_is_no_place_for_a_turn_the_aggregator_is_told_when_to_come_again() {
    let house = House::up(&aggregator(Style::Arkesel, "turns_max = 1", 8_000)).await;
    let hub = Hub::before(house, Style::Arkesel);
    let phone = hub.phone(ONE);
    at_review(&phone).await;
    hub.house.core.be(Mood::Slow);
    let asking = tokio::spawn(async move { phone.send("1").await });
    eventually("the core is asked", async || (!hub.house.core.submitted().is_empty()).then_some(())).await;
    assert_eq!(hub.phone(OTHER).dial("*7142#").await, Err(HandsetError::TurnedAway(503)));
    let (_, detail) = hub.problem(&hub.last()).await;
    assert_eq!(detail, "There is no place for another turn at this moment.");
    assert!(!asking.is_finished(), "the phone before it is still served");
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_star_that_was_typed_is_no_turn_of_its_own() {
    let hub = Hub::up(Style::AfricasTalking).await;
    let phone = hub.phone(ONE);
    at_fin(&phone).await;
    for (wrong, part, right, next) in [
        (["*", "1*2"], "FİN", "300TQ7M", "Vəsiqənizin seriyası"),
        (["*7142#", ""], "1 AZE", "2", "AA hərflərindən sonrakı"),
        (["**", "*1"], "7 rəqəm", "3073607", "Notarius ərizəsinin nömrəsi"),
    ] {
        for typed in wrong {
            let screen = phone.send(typed).await.unwrap_or_else(|cause| panic!("{typed:?}: {cause}"));
            assert!(screen.more, "{typed:?}: {:?}", screen.text);
            says(&screen, part);
        }
        says(&phone.send(right).await.expect("a screen"), next);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_what_is_dialled_after_the_code_leads_there() {
    for style in Style::ALL {
        let hub = Hub::up(style).await;
        let phone = hub.phone(ONE);
        phone.dial("*7142#").await.expect("a screen");
        phone.send("1").await.expect("a screen");
        says(&phone.dial("*7142*1#").await.expect("a screen"), "1 Davam");
        says(&phone.send("1").await.expect("a screen"), "1 Razıyam");
        says(&phone.send("1").await.expect("a screen"), "FİN kodunuz");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_who_hangs_up_while_an_older_end_is_told_loses_nothing() {
    let hub = Hub::up(Style::Hubtel).await;
    let phone = hub.phone(ONE);
    at_fin(&phone).await;
    let mut fields: serde_json::Value = serde_json::from_slice(&hub.last().body).expect("JSON");
    phone.send("300TQ7M").await.expect("a screen");
    phone.hang_up().await.expect("it is told");
    says(&phone.dial("*7142#").await.expect("a screen"), "1 Davam et");
    says(&phone.send("1").await.expect("a screen"), "Vəsiqənizin seriyası");
    // The end of the first session once more, late: it is not that of the second.
    fields["Type"] = "Timeout".into();
    fields["Sequence"] = 9.into();
    let answer = hub.post(&hub.signed("application/json", &fields.to_string())).await;
    assert_eq!((answer.status, &*answer.body), (200, ""));
    says(&phone.send("2").await.expect("a screen"), "AA hərflərindən sonrakı");
}

#[test]
fn a6_check_names_every_fault_of_an_aggregator_with_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let example = std::fs::read_to_string(root().join("config/serve.example.toml")).expect("it ships");
    let operators = root().join("config/operators/specification.toml").display().to_string();
    let example = example.replace("operators/specification.toml", &operators);
    let faulty = format!(
        "{example}\n[[aggregator]]\nname = \"hub\"\nprofile = \"hub.toml\"\nlisten = \"127.0.0.1:8080\"\nsecret = \"short\"\n\
         codes = [\"7142x\"]\ntexts = \"nobody\"\n"
    );
    let line = example.lines().count() + 2;
    std::fs::write(folder.path().join("serve.toml"), &faulty).expect("a file");
    std::fs::write(folder.path().join("hub.toml"), "[request]\nencoding = \"xml\"\n").expect("a file");
    let path = folder.path().join("serve.toml").display().to_string();
    let output = run(&["check", "--config", &path]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    for (at, key) in [(4, "aggregator[0].secret"), (5, "aggregator[0].codes"), (6, "aggregator[0].texts")] {
        assert!(said.contains(&format!("serve.toml:{}:", line + at)) && said.contains(key), "{key}\n{said}");
    }
    assert!(said.contains("hub.toml:2:12: error: request.encoding: must be one of form, json"), "{said}");
    assert!(said.contains("hub.toml:1:1: error: answer: missing"), "{said}");
}
