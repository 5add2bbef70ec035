use super::esme::{Esme, Reaction, read, screen};
use crate::{Play, PlayFault, Shown, Smsc, SmscConfig};
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, BindKind, CommandStatus, ShortMessage};

/// Answers a dial with a menu, `1` with an end and two texts.
fn service(message: &ShortMessage) -> Reaction {
    let turn = read(message);
    let replies = match (turn.event, turn.text.as_deref()) {
        (UssdEvent::Begin, _) => vec![screen(message, "Xoş gəlmisiniz\n1 Müraciət", false)],
        (UssdEvent::Continue, Ok("1")) => vec![
            screen(message, "Qeydə alındı", true),
            text(message, "Registered. 26-0000001-7"),
            text(message, "Granted: 584,00 AZN"),
        ],
        (UssdEvent::Continue, _) => vec![screen(message, "1 Müraciət", false)],
        (UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified, _) => Vec::new(),
    };
    Reaction::Answer(CommandStatus::ROK, replies)
}

fn text(message: &ShortMessage, words: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(5, 0, "Dayaq").expect("short"),
        destination: message.source,
        short_message: words.into(),
        ..ShortMessage::default()
    }
}

async fn play(text: &str) -> (Result<Shown, crate::PlayError>, String) {
    let (play, diagnostics) = Play::read("plays/a.toml", text);
    let play = play.unwrap_or_else(|| panic!("{diagnostics}"));
    let smsc = Smsc::start(SmscConfig::default()).await.expect("a free port");
    let _esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", service).await;
    let mut transcript = Vec::new();
    let shown = play.run(&smsc.handset(play.number()), &mut transcript).await;
    (shown, String::from_utf8(transcript).expect("UTF-8"))
}

#[tokio::test]
async fn k4_a_play_writes_every_screen_and_text() {
    let (shown, transcript) = play(
        r#"
msisdn = "994501234567"
step = [
  { dial = "*7142#", expect = "1 Müraciət", ends = false },
  { hang_up = true },
  { dial = "*7142#" },
  { expect_all = ["Xoş", "Müraciət"] },
  { send = "1", expect = "Qeydə alındı", ends = true },
  { await_sms = "584,00 AZN", within_s = 20 },
  { expect = "Granted" },
]
"#,
    )
    .await;
    assert_eq!(shown.expect("it plays"), Shown { screens: 3, texts: 2, segments: 2 });
    let boxed = "\
> hangs up
> dials *7142#
┌─ USSD ───────────────────────────────────┐
│ Xoş gəlmisiniz                           │
│ 1 Müraciət                               │
└─ 25 of 80 units of UCS-2 ────────────────┘
> 1
┌─ USSD, the end ──────────────────────────┐
│ Qeydə alındı                             │
└─ 12 of 80 units of UCS-2 ────────────────┘
┌─ SMS from Dayaq ─────────────────────────┐
│ Registered. 26-0000001-7                 │
└─ 1 segment, 24 septets of GSM-7 ─────────┘
";
    assert!(transcript.contains(boxed), "{transcript}");
}

#[tokio::test]
async fn a_play_breaks_off_at_the_line_that_is_not_met() {
    let head = "msisdn = \"994501234567\"\n[[step]]\ndial = \"*7142#\"\n\n[[step]]\n";
    for (step, words) in [
        ("expect = \"2 Müraciət\"", "plays/a.toml:5: expected \"2 Müraciət\", which the phone does not show"),
        ("send = \"7\"\nends = true", "plays/a.toml:5: the session should be over"),
        ("send = \"1\"\nends = false", "plays/a.toml:5: the session should go on"),
        ("await_sms = \"never\"\nwithin_s = 1", "plays/a.toml:5: no text in time"),
    ] {
        let (shown, transcript) = play(&format!("{head}{step}\n")).await;
        assert_eq!(shown.expect_err("it is not met").to_string(), words);
        assert!(transcript.contains("Xoş gəlmisiniz"), "{transcript}");
    }
    let (shown, _) = play("msisdn = \"994501234567\"\nstep = [{ send = \"1\" }]\n").await;
    assert!(matches!(shown.expect_err("nothing was dialled").cause, PlayFault::Handset(_)));
}

#[test]
fn every_fault_of_a_play_is_reported_with_its_line() {
    let text = "msisdn = \"12\"\nnot = \"e\"\n[[step]]\ndial = \"*1#\"\nsend = \"1\"\n[[step]]\nwithin_s = 3\n[[step]]\nsned = \"1\"\n";
    let (play, diagnostics) = Play::read("a.toml", text);
    assert!(play.is_none());
    let found: Vec<(usize, String)> = diagnostics.sorted().into_iter().map(|d| (d.line, d.message)).collect();
    let has = |line: usize, words: &str| {
        assert!(found.iter().any(|(l, m)| *l == line && m.contains(words)), "{line}: {words} in {found:#?}");
    };
    has(1, "too short");
    has(2, "did you mean \"note\"");
    has(3, "does one thing");
    has(6, "a step says");
    has(7, "only await_sms");
    has(8, "a step says");
    has(9, "did you mean \"send\"");
    assert!(Play::read("a.toml", "msisdn = \"994501234567\"\n").1.has_errors());
}

#[test]
fn the_shipped_plays_have_no_fault() {
    for name in Play::names() {
        let (play, diagnostics) = Play::shipped(name).expect("it ships");
        assert!(diagnostics.is_empty(), "{diagnostics}");
        assert!(!play.expect("a play").note().is_empty(), "{name} says what it is for");
    }
    assert!(Play::shipped("nothing").is_none());
}
