//! Bad input on the wire: a polite screen in the subscriber's language or the right status; link and answers stay.

use crate::family::ALONE;
use crate::raw_smsc::{Line, RawSmsc, header};
use crate::serve_config::ServeConfig;
use crate::stage::{Setting, Stage};
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{CommandId, CommandStatus, Tag};
use dayaq_types::{Clock, SystemClock};
use std::time::Duration;

/// A language: how it is chosen, and what its screens say.
struct Tongue {
    key: &'static str,
    menu: &'static str,
    no_such_option: &'static str,
    fin: &'static str,
    wrong_fin: &'static str,
    unreadable: &'static str,
    series: &'static str,
    digits: &'static str,
    wrong_digits: &'static str,
}

const TONGUES: [Tongue; 3] = [
    Tongue {
        key: "1",
        menu: "1 Yeni müraciət",
        no_such_option: "1-dən 5-dək yazın:",
        fin: "FİN kodunuz",
        wrong_fin: "FİN 7 simvoldur",
        unreadable: "Oxuya bilmədik.",
        series: "Vəsiqənizin seriyası",
        digits: "AA hərflərindən sonrakı 7 rəqəm",
        wrong_digits: "7 rəqəm olmalıdır",
    },
    Tongue {
        key: "2",
        menu: "1 Новое заявление",
        no_such_option: "Цифра 1-5:",
        fin: "Ваш ФИН",
        wrong_fin: "В ФИН 7 знаков",
        unreadable: "Не смогли прочитать.",
        series: "Серия удостоверения",
        digits: "7 цифр после букв AA",
        wrong_digits: "Нужно 7 цифр.",
    },
    Tongue {
        key: "3",
        menu: "1 New application",
        no_such_option: "Please choose again.",
        fin: "Your FIN",
        wrong_fin: "A FIN has 7 letters and digits",
        unreadable: "We could not read that.",
        series: "Series",
        digits: "AA, 7 digits",
        wrong_digits: "This number has 7 digits.",
    },
];

/// data_coding of UCS-2.
const UCS2: u8 = 8;

/// What is typed where seven digits are asked for: its data_coding and octets, and whether it is text at all.
const NOT_DIGITS: &[(&str, u8, &[u8], bool)] = &[
    ("letters", 0, b"abc", true),
    ("too many digits", 0, b"123456789012345678901234567890", true),
    ("an emoji", UCS2, &[0xD8, 0x3D, 0xDE, 0x00], true),
    ("emojis joined without width", UCS2, &[0xD8, 0x3D, 0xDC, 0x68, 0x20, 0x0D, 0xD8, 0x3D, 0xDC, 0x69], true),
    ("marks that turn the text around", UCS2, &[0x20, 0x2E, 0x00, 0x31, 0x20, 0x2C], true),
    ("a NUL in UCS-2", UCS2, &[0x00, 0x31, 0x00, 0x00, 0x00, 0x32], false),
    ("half a surrogate pair", UCS2, &[0xD8, 0x3D], false),
    ("the other half", UCS2, &[0x00, 0x31, 0xDE, 0x00], false),
    ("a pair the wrong way round", UCS2, &[0xDE, 0x00, 0xD8, 0x3D], false),
    ("an odd number of octets", UCS2, &[0x00, 0x31, 0x02], false),
    ("a single octet", UCS2, &[0x31], false),
    ("Fluent and SQL", 0, b"{ $fin }'; DROP TABLE x;--", true),
];

/// Three phones, since one alone would reach the limit of replies in a minute.
async fn is_answered_politely(tongue: &Tongue) {
    let stage = Stage::up(Setting::default()).await;
    let mut tap = stage.smsc.tap();
    let phones = ["994501234502", "994501234503", "994501234504"].map(|number| stage.phone(number));
    for phone in &phones {
        phone.dial().await;
        phone.send(tongue.key).await.says(tongue.menu);
    }
    let [menu, fin, number] = &phones;
    for wrong in ["9", "kanareyka", "-1", "1234567890", "*"] {
        menu.send(wrong).await.says(tongue.menu).says(tongue.no_such_option);
        // A third mistake in a row brings help; a question asked anew counts anew.
        menu.send("00").await.says(tongue.menu);
    }
    for phone in [fin, number] {
        phone.send("1").await;
        phone.send("1").await;
        phone.send("1").await.says(tongue.fin);
    }
    for wrong in ["171S5A", "171S5AVV", "171S5A!", "😀"] {
        fin.send(wrong).await.says(tongue.wrong_fin).says(tongue.fin);
        fin.send("0").await;
        fin.send("1").await.says(tongue.fin);
    }
    fin.send("171S5AV").await.says(tongue.series);
    number.send("171S5AV").await.says(tongue.series);
    number.send("2").await.says(tongue.digits);
    for (what, data_coding, octets, is_text) in NOT_DIGITS {
        let screen = number.0.send_octets(*data_coding, octets).await;
        let screen = screen.unwrap_or_else(|fault| panic!("{what}: {fault}"));
        let complaint = if *is_text { tongue.wrong_digits } else { tongue.unreadable };
        assert!(screen.more, "{what}: the session goes on");
        assert!(screen.text.contains(complaint), "{what}: {complaint:?} is not on\n{}", screen.text);
        assert!(screen.text.contains(tongue.digits), "{what}: the question is not on\n{}", screen.text);
        number.send("0").await.says(tongue.series);
        number.send("2").await.says(tongue.digits);
    }
    // Everything answered before is still there.
    let mut seen = number.send("1339538").await;
    for (typed, _) in &ALONE.answers[7..] {
        seen = number.send(typed).await;
    }
    seen.says("171S5AV").says("AA 1339538");
    let mut pdus = 0;
    while let Ok(pdu) = tap.try_recv() {
        assert_eq!(pdu.link, 1, "the link was kept");
        pdus += 1;
    }
    assert!(pdus > 100, "the tap has seen it all");
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_is_no_answer_gets_a_polite_screen_in_azerbaijani() {
    is_answered_politely(&TONGUES[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_is_no_answer_gets_a_polite_screen_in_russian() {
    is_answered_politely(&TONGUES[1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_is_no_answer_gets_a_polite_screen_in_english() {
    is_answered_politely(&TONGUES[2]).await;
}

/// The program, bound to an operator made by hand, with a phone in the middle of an application.
async fn in_the_middle() -> (RawSmsc, Stage, Line) {
    let smsc = RawSmsc::listen().await;
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = ServeConfig::new(smsc.addr(), stage.registries.addr()).profile("link", "frame_s = 1");
    stage.start_unbound();
    let mut line = smsc.bound().await;
    line.dial().await;
    for (typed, says) in &ALONE.answers[..MIDDLE] {
        let (screen, more) = line.send(typed).await;
        assert!(more && screen.contains(says), "{says:?} is not on the screen\n{screen}");
    }
    (smsc, stage, line)
}

/// Answers before the fault.
const MIDDLE: usize = 6;

/// The session of before goes on with the next answer and comes to the review with every answer.
async fn goes_on(line: &mut Line) {
    let mut last = String::new();
    for (typed, says) in &ALONE.answers[MIDDLE..] {
        let (screen, more) = line.send(typed).await;
        assert!(more && screen.contains(says), "{says:?} is not on the screen\n{screen}");
        last = screen;
    }
    assert!(last.contains("171S5AV, AA 1339538"), "{last}");
}

/// Over a new link the phone dials again, continues where it was, and goes on.
async fn is_continued(smsc: &RawSmsc) -> Line {
    let mut line = smsc.bound().await;
    let (screen, _) = line.dial().await;
    assert!(screen.contains(ALONE.go_on), "{screen}");
    let (screen, _) = line.send("1").await;
    assert!(screen.contains(ALONE.answers[MIDDLE - 1].1), "it is the question of before\n{screen}");
    goes_on(&mut line).await;
    line
}

/// Writes something that must be answered without ending the link.
async fn is_answered(pdu: impl FnOnce(&mut Line) -> Vec<u8>, with: CommandId, status: CommandStatus) {
    let (_smsc, stage, mut line) = in_the_middle().await;
    let pdu = pdu(&mut line);
    line.write(&pdu).await;
    let answer = line.wait_for(with).await;
    assert_eq!((answer.command_status, answer.sequence_number), (status, header(&pdu).sequence_number));
    goes_on(&mut line).await;
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0, "the link was kept");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a24_an_unknown_command_is_nacked_under_its_number_and_the_link_stays() {
    let unknown = |line: &mut Line| raw(0x0000_0777, line.number(), b"whatever it means");
    is_answered(unknown, CommandId::GENERIC_NACK, CommandStatus::RINVCMDID).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a25_a_message_without_the_parameter_that_overruns_is_refused_where_it_makes_no_sense_and_the_link_stays() {
    let overruns = |line: &mut Line| {
        let mut message = dayaq_smpp::ShortMessage::default();
        message.tlvs.push_u8(Tag::USSD_SERVICE_OP, 18);
        let mut pdu = line.deliver_sm(&message);
        // The length of the last parameter says 255 where one octet is left.
        let at = pdu.len() - 3;
        pdu[at..at + 2].copy_from_slice(&255u16.to_be_bytes());
        pdu
    };
    is_answered(overruns, CommandId::DELIVER_SM.response(), CommandStatus::RINVOPTPARSTREAM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a22_a_message_without_its_body_is_refused_and_the_link_stays() {
    let bare = |line: &mut Line| raw(CommandId::DELIVER_SM.0, line.number(), b"");
    is_answered(bare, CommandId::DELIVER_SM.response(), CommandStatus::RINVCMDLEN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a25_a_vendors_own_parameters_are_passed_over() {
    let (_smsc, stage, mut line) = in_the_middle().await;
    let (typed, says) = ALONE.answers[MIDDLE];
    let mut pdu = line.turn(UssdEvent::Continue, typed);
    pdu.extend_from_slice(&[0x14, 0x01, 0x00, 0x03, 1, 2, 3, 0x15, 0x55, 0x00, 0x00]);
    let len = u32::try_from(pdu.len()).expect("it is short");
    pdu[..4].copy_from_slice(&len.to_be_bytes());
    let (screen, _) = line.exchange(&pdu).await;
    assert!(screen.contains(says), "{screen}");
    stage.assert_sound().await;
}

/// Octets after which the stream cannot be followed: nacked, closed, bound anew; the application goes on.
async fn ends_the_link(octets: &[u8]) {
    let (smsc, stage, mut line) = in_the_middle().await;
    line.write(octets).await;
    let nack = line.next().await.expect("a word before the end");
    let expected = (CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN, 0);
    let nack = header(&nack);
    assert_eq!((nack.command_id, nack.command_status, nack.sequence_number), expected);
    assert_eq!(line.next().await, None, "the program closes");
    let _bound = is_continued(&smsc).await;
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 1.0);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a20_a_length_below_the_header_ends_the_link_and_the_application_goes_on() {
    ends_the_link(&4u32.to_be_bytes()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a21_a_length_of_four_gigabytes_ends_the_link_and_the_application_goes_on() {
    ends_the_link(&u32::MAX.to_be_bytes()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a03_a_pdu_cut_short_ends_the_link_by_its_timer_and_the_application_goes_on() {
    let (smsc, stage, mut line) = in_the_middle().await;
    let clock = SystemClock::new();
    let pdu = line.turn(UssdEvent::Continue, ALONE.answers[MIDDLE].0);
    line.write(&pdu[..pdu.len() - 7]).await;
    let start = clock.monotonic();
    assert_eq!(line.next().await, None, "nobody can answer half a PDU");
    let waited = clock.monotonic() - start;
    assert!(
        waited > Duration::from_millis(900) && waited < Duration::from_secs(5),
        "frame_s = 1, and it took {waited:?}"
    );
    let _bound = is_continued(&smsc).await;
    stage.assert_sound().await;
}

/// A request as octets.
fn raw(command_id: u32, sequence_number: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(16 + body.len()).expect("it is short");
    let mut octets: Vec<u8> = [len, command_id, 0, sequence_number].into_iter().flat_map(u32::to_be_bytes).collect();
    octets.extend_from_slice(body);
    octets
}
