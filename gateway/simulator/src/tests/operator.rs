use super::esme::{Esme, Reaction, Said, echo, read, screen};
use crate::{Direction, Handset, HandsetError, Smsc, SmscConfig};
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, BindKind, CommandStatus, ShortMessage, Tag};
use dayaq_text::{Alphabet, Reference, encode, split};
use dayaq_types::Msisdn;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

async fn smsc() -> Smsc {
    Smsc::start(SmscConfig::default()).await.expect("a free port")
}

fn phone(smsc: &Smsc) -> Handset {
    smsc.handset(Msisdn::parse("994501234567").expect("a number"))
}

async fn bind(smsc: &Smsc, app: impl FnMut(&ShortMessage) -> Reaction + Send + 'static) -> Esme {
    let mut esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", app).await;
    assert_eq!(esme.bound.recv().await, Some(Ok(())));
    esme
}

/// An application that records the events of turns and echoes them.
fn recording() -> (impl FnMut(&ShortMessage) -> Reaction + Send + 'static, Receiver<UssdEvent>) {
    let (events, record) = channel();
    let app = move |message: &ShortMessage| {
        let _ = events.send(read(message).event);
        echo(message)
    };
    (app, record)
}

fn text(to: &str, body: Vec<u8>, data_coding: u8, esm_class: u8) -> ShortMessage {
    ShortMessage {
        source: Address::new(5, 0, "Dayaq").expect("short"),
        destination: Address::new(1, 1, to).expect("short"),
        short_message: body,
        data_coding,
        esm_class,
        ..ShortMessage::default()
    }
}

#[tokio::test]
async fn k2_a_phone_dials_answers_and_reads_the_last_screen() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let esme = bind(&smsc, echo).await;
    let first = phone.dial("*7142*2*3#").await.expect("a screen");
    assert_eq!((first.text.as_str(), first.more, first.alphabet), ("Yazdınız: 2*3", true, Alphabet::Ucs2));
    assert_eq!(first.units, 13);
    assert_eq!(phone.send("ə").await.expect("a screen").text, "Yazdınız: ə");
    let last = phone.send("0").await.expect("a screen");
    assert!(!last.more && !phone.in_session());
    assert_eq!(phone.send("1").await, Err(HandsetError::SessionOver));
    smsc.shutdown().await;
    esme.ended().await;
}

#[tokio::test]
async fn a_dial_waits_for_the_bind_and_knows_only_its_own_code() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    assert_eq!(phone.dial("*999#").await, Err(HandsetError::UnknownCode));
    let dialled = tokio::spawn({
        let phone = phone.clone();
        async move { phone.dial("*7142#").await.map(|screen| screen.text) }
    });
    let _esme = bind(&smsc, echo).await;
    assert_eq!(dialled.await.expect("no panic"), Ok("Yazdınız: ".to_owned()));
    assert!(smsc.is_bound());
}

#[tokio::test]
async fn without_a_bind_there_is_no_service() {
    let config = SmscConfig { bind_wait: Duration::from_millis(1), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    assert_eq!(phone(&smsc).dial("*7142#").await, Err(HandsetError::NoService));
}

#[tokio::test]
async fn a36_a_wrong_password_or_name_is_refused() {
    let smsc = smsc().await;
    let mut esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "wrong", echo).await;
    assert_eq!(esme.bound.recv().await, Some(Err(CommandStatus::RINVPASWD)));
    esme.ended().await;
    assert!(!smsc.is_bound());
}

#[tokio::test]
async fn one_bind_for_each_way_serves_as_well_as_one_for_both() {
    let smsc = smsc().await;
    let (turns, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let app = move |message: &ShortMessage| {
        let _ = turns.send(screen(message, "Salam", true));
        Reaction::Answer(CommandStatus::ROK, Vec::new())
    };
    let _receiver = Esme::connect(smsc.addr(), BindKind::Receiver, "secret", app).await;
    let mut transmitter = Esme::connect(smsc.addr(), BindKind::Transmitter, "secret", echo).await;
    transmitter.bound.recv().await;
    let phone = phone(&smsc);
    let (dialled, ()) = tokio::join!(phone.dial("*7142#"), async {
        transmitter.send(taken.recv().await.expect("a turn"));
    });
    assert_eq!(dialled.expect("a screen").text, "Salam");
}

#[tokio::test]
async fn b2_hanging_up_and_running_out_of_time_reach_the_esme() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let (app, record) = recording();
    let _esme = bind(&smsc, app).await;
    phone.dial("*7142#").await.expect("a screen");
    phone.hang_up().await.expect("it is told");
    assert_eq!(phone.hang_up().await, Err(HandsetError::SessionOver));
    phone.dial("*7142#").await.expect("a screen");
    phone.time_out().await.expect("it is told");
    let events: Vec<UssdEvent> = record.try_iter().collect();
    // The dialect of the specification has one signal for both ends.
    assert_eq!(events, [UssdEvent::Begin, UssdEvent::Abort, UssdEvent::Begin, UssdEvent::Abort]);
}

#[tokio::test]
async fn b3_the_network_ends_a_session_that_stays_unanswered() {
    let config = SmscConfig { ussd_timeout: Duration::from_millis(5), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let phone = phone(&smsc);
    let (ends, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let _esme = bind(&smsc, move |message: &ShortMessage| {
        if read(message).event == UssdEvent::Abort {
            let _ = ends.send(());
        }
        echo(message)
    })
    .await;
    phone.dial("*7142#").await.expect("a screen");
    ended.recv().await.expect("the ESME hears of the end");
    assert_eq!(phone.send("1").await, Err(HandsetError::SessionOver));
}

#[tokio::test]
async fn b3_a_screen_that_comes_too_late_is_rejected() {
    let config = SmscConfig { answer_timeout: Duration::from_millis(50), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let phone = phone(&smsc);
    let (turns, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let mut esme = bind(&smsc, move |message: &ShortMessage| {
        if read(message).event == UssdEvent::Begin {
            let _ = turns.send(screen(message, "Salam", false));
        }
        Reaction::Answer(CommandStatus::ROK, Vec::new())
    })
    .await;
    assert_eq!(phone.dial("*7142#").await, Err(HandsetError::NoAnswer));
    esme.send(taken.recv().await.expect("a turn"));
    assert_eq!(esme.said.recv().await, Some(Said { status: CommandStatus::RSUBMITFAIL, id: None }));
}

#[tokio::test]
async fn b04_a_second_screen_for_one_turn_and_one_for_an_older_turn_are_rejected() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let mut old = None;
    let mut esme = bind(&smsc, move |message: &ShortMessage| {
        let now = screen(message, "Bir", false);
        let mut screens = vec![now.clone(), now.clone()];
        if let Some(old) = old.replace(now) {
            screens.insert(0, old);
        }
        Reaction::Answer(CommandStatus::ROK, screens)
    })
    .await;
    phone.dial("*7142#").await.expect("a screen");
    phone.send("1").await.expect("a screen");
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(esme.said.recv().await.expect("an answer").status);
    }
    let (ok, failed) = (CommandStatus::ROK, CommandStatus::RSUBMITFAIL);
    assert_eq!(statuses, [ok, failed, failed, ok, failed]);
}

#[tokio::test]
async fn a_turn_that_the_esme_refuses_for_a_while_comes_again() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let mut refusals = [CommandStatus::RX_T_APPN, CommandStatus::RTHROTTLED, CommandStatus::RSYSERR].into_iter();
    let _esme = bind(&smsc, move |message: &ShortMessage| match refusals.next() {
        Some(status) => Reaction::Answer(status, Vec::new()),
        None => echo(message),
    })
    .await;
    assert_eq!(phone.dial("*7142*5#").await.expect("a screen").text, "Yazdınız: 5");
}

#[tokio::test]
async fn a_turn_that_the_esme_refuses_for_good_ends_the_session() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let _esme = bind(&smsc, |_: &ShortMessage| Reaction::Answer(CommandStatus::RX_P_APPN, Vec::new())).await;
    assert_eq!(phone.dial("*7142#").await, Err(HandsetError::Refused(CommandStatus::RX_P_APPN)));
    assert!(!phone.in_session());
}

#[tokio::test]
async fn a06_an_unanswered_turn_is_delivered_again_after_a_reconnect() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let (seen, mut sight) = tokio::sync::mpsc::unbounded_channel();
    let lost = bind(&smsc, move |message: &ShortMessage| {
        let _ = seen.send(message.clone());
        Reaction::Silence
    })
    .await;
    let dialled = tokio::spawn({
        let phone = phone.clone();
        async move { phone.dial("*7142*5#").await.map(|screen| screen.text) }
    });
    let first = sight.recv().await.expect("the turn");
    smsc.cut_links();
    lost.ended().await;
    let (again_tx, again) = channel();
    let _esme = bind(&smsc, move |message: &ShortMessage| {
        let _ = again_tx.send(message.clone());
        echo(message)
    })
    .await;
    assert_eq!(dialled.await.expect("no panic"), Ok("Yazdınız: 5".to_owned()));
    assert_eq!(again.try_iter().collect::<Vec<_>>(), [first]);
}

#[tokio::test]
async fn a_reply_may_come_before_the_response() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let _esme = bind(&smsc, |message: &ShortMessage| Reaction::ReplyFirst(vec![screen(message, "Salam", false)])).await;
    assert_eq!(phone.dial("*7142#").await.expect("a screen").text, "Salam");
    assert_eq!(phone.send("1").await.expect("a screen").text, "Salam");
}

#[tokio::test]
async fn f1_a_screen_beyond_its_room_is_rejected() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let mut esme = bind(&smsc, |message: &ShortMessage| {
        let mut long = screen(message, "ə", false);
        long.short_message = encode(&"ə".repeat(81), Alphabet::Ucs2).expect("UCS-2 has it");
        Reaction::Answer(CommandStatus::ROK, vec![long, screen(message, &"ə".repeat(80), true)])
    })
    .await;
    assert_eq!(phone.dial("*7142#").await.expect("a screen").units, 80);
    assert_eq!(esme.said.recv().await.expect("an answer").status, CommandStatus::RINVMSGLEN);
}

#[tokio::test]
async fn i1_a_text_in_parts_is_joined_named_and_receipted() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let (receipts, mut receipted) = tokio::sync::mpsc::unbounded_channel();
    let mut esme = bind(&smsc, move |message: &ShortMessage| {
        let _ = receipts.send(message.clone());
        Reaction::Answer(CommandStatus::ROK, Vec::new())
    })
    .await;
    let whole = "Müraciətiniz təmin olundu. ".repeat(5);
    let parts = split(&whole, Alphabet::Ucs2, Reference::Bits8).expect("it can be split");
    assert_eq!(parts.len(), 3);
    let total = parts.len() as u8;
    // The last part comes first.
    for (number, part) in (1..=total).zip(&parts).rev() {
        let body = [&[5, 0, 3, 9, total, number], encode(part.text, Alphabet::Ucs2).expect("fits").as_slice()].concat();
        let mut message = text("994501234567", body, 8, 0x40);
        message.registered_delivery = 1;
        esme.send(message);
    }
    let sms = phone.next_sms(LONG).await.expect("a text");
    assert_eq!((sms.text.as_str(), sms.from.as_str(), sms.segments), (whole.as_str(), "Dayaq", 3));
    assert_eq!(sms.units, whole.chars().count());
    for _ in 0..total {
        let id = esme.said.recv().await.expect("an answer").id.expect("a name");
        let receipt = receipted.recv().await.expect("a receipt");
        assert_eq!(receipt.esm_class, 4);
        assert_eq!(receipt.tlvs.as_tlvs().cstr(Tag::RECEIPTED_MESSAGE_ID), Some(id.as_bytes()));
        assert!(receipt.short_message.starts_with(format!("id:{id} ").as_bytes()));
    }
    assert_eq!(phone.sms_inbox().len(), 1);
}

#[tokio::test]
async fn texts_that_no_phone_could_show_are_rejected() {
    let smsc = smsc().await;
    let mut esme = bind(&smsc, echo).await;
    let long = encode(&"a".repeat(161), Alphabet::Gsm7).expect("fits");
    for (message, status) in [
        (text("7142", b"x".to_vec(), 0, 0), CommandStatus::RINVDSTADR),
        (text("994501234567", long, 0, 0), CommandStatus::RINVMSGLEN),
        (text("994501234567", vec![0x04; 71 * 2], 8, 0), CommandStatus::RINVMSGLEN),
        (text("994501234567", vec![9, 0, 3], 0, 0x40), CommandStatus::RINVESMCLASS),
        (text("994501234567", vec![0xD8, 0], 8, 0), CommandStatus::RSUBMITFAIL),
    ] {
        esme.send(message);
        assert_eq!(esme.said.recv().await, Some(Said { status, id: None }));
    }
    esme.send(text("994501234567", "ok".into(), 0, 0));
    assert_eq!(esme.said.recv().await.expect("an answer").status, CommandStatus::ROK);
    assert_eq!(phone(&smsc).next_sms(LONG).await.expect("a text").text, "ok");
}

#[tokio::test]
async fn k4_the_tap_hears_every_pdu_whole() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let mut tap = smsc.tap();
    let _esme = bind(&smsc, echo).await;
    phone.dial("*7142#").await.expect("a screen");
    let mut heard = Vec::new();
    while heard.len() < 6 {
        let pdu = tap.recv().await.expect("a PDU");
        assert_eq!(pdu.octets.len(), u32::from_be_bytes(pdu.octets[..4].try_into().expect("four")) as usize);
        heard.push((pdu.direction, u32::from_be_bytes(pdu.octets[4..8].try_into().expect("four"))));
    }
    let (received, sent) = (Direction::Received, Direction::Sent);
    assert_eq!(
        heard,
        [
            (received, 0x09),
            (sent, 0x8000_0009),
            (sent, 0x05),
            (received, 0x8000_0005),
            (received, 0x04),
            (sent, 0x8000_0004),
        ]
    );
}

#[tokio::test]
async fn a_phone_sends_a_text_in_parts() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let (parts, record) = channel();
    let _esme = bind(&smsc, move |message: &ShortMessage| {
        let _ = parts.send((message.esm_class, message.short_message.len()));
        Reaction::Answer(CommandStatus::ROK, Vec::new())
    })
    .await;
    phone.send_sms("STATUS").await.expect("it is taken");
    phone.send_sms(&"ə".repeat(71)).await.expect("it is taken");
    assert_eq!(record.try_iter().collect::<Vec<_>>(), [(0, 6), (0x40, 6 + 134), (0x40, 6 + 8)]);
}

#[tokio::test]
async fn f04_octets_that_are_no_text_reach_the_esme_as_they_are() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let _esme = bind(&smsc, echo).await;
    phone.dial("*7142#").await.expect("a screen");
    let screen = phone.send_octets(8, &[0xD8, 0x00]).await.expect("a screen");
    assert!(screen.text.contains("surrogate"));
}

#[tokio::test]
async fn a04_the_operator_probes_and_is_answered_and_answers_probes() {
    let mut config = SmscConfig::default();
    config.link.enquire_link = Some(Duration::from_millis(1));
    let smsc = Smsc::start(config).await.expect("a free port");
    let mut tap = smsc.tap();
    let _esme = bind(&smsc, echo).await;
    let mut probes = 0;
    while probes < 3 {
        let pdu = tap.recv().await.expect("a PDU");
        probes += usize::from(pdu.direction == Direction::Received && pdu.octets[4..8] == [0x80, 0, 0, 0x15]);
    }
    assert!(smsc.is_bound());
}

#[tokio::test]
async fn a39_phones_have_service_again_after_the_links_were_cut() {
    let smsc = smsc().await;
    let phone = phone(&smsc);
    for typed in ["1", "2", "3"] {
        let esme = bind(&smsc, echo).await;
        let screen = phone.dial(&format!("*7142*{typed}#")).await.expect("a screen");
        assert_eq!(screen.text, format!("Yazdınız: {typed}"));
        smsc.cut_links();
        esme.ended().await;
    }
}

#[tokio::test]
async fn a20_a_stream_that_cannot_be_followed_is_closed_and_others_are_not() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let smsc = smsc().await;
    let phone = phone(&smsc);
    let _esme = bind(&smsc, echo).await;
    let mut stream = tokio::net::TcpStream::connect(smsc.addr()).await.expect("it listens");
    stream.write_all(&[0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]).await.expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it closes");
    assert_eq!(answer[4..12], [0x80, 0, 0, 0, 0, 0, 0, 2], "generic_nack RINVCMDLEN");
    assert_eq!(phone.dial("*7142*1#").await.expect("a screen").text, "Yazdınız: 1");
}
