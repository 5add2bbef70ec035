//! Each fault, as it looks on the wire.

use super::raw::{LONG, PHONE, Raw, faulty, until};
use crate::{Fault, Smsc};
use dayaq_smpp::{BindKind, Body, CommandId, CommandStatus, Header, MessageKind, SmResp, Tag, decode_forgiving};
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::time::Duration;

const SUBMITTED: CommandId = CommandId::SUBMIT_SM.response();
const PROBED: CommandId = CommandId::ENQUIRE_LINK.response();

async fn told(smsc: &Smsc, number: &str) -> String {
    let phone = smsc.handset(Msisdn::parse(number).expect("a number"));
    phone.next_sms(LONG).await.expect("a text").text
}

/// Answers a deliver_sm.
async fn take(raw: &mut Raw, sequence_number: u32, status: CommandStatus) {
    raw.say(status, sequence_number, Body::MessageResp(MessageKind::DeliverSm, SmResp::default())).await;
}

#[tokio::test]
async fn k5_a_bind_is_refused_with_the_status_wished_for_as_often_as_wished_for() {
    let smsc = faulty(&["bind-status=RALYBND,times=1"]).await;
    let mut raw = Raw::connect(smsc.addr()).await;
    assert_eq!(raw.bind(BindKind::Transceiver, "dayaq", "secret").await, CommandStatus::RALYBND);
    assert_eq!(raw.rest().await, b"", "and the connection ends");
    Raw::bound(&smsc).await;
}

#[tokio::test]
async fn k5_a_bind_is_never_answered_nor_anything_after_it() {
    let smsc = faulty(&[]).await;
    let id = smsc.fault("bind-silent".parse::<Fault>().expect("a fault")).expect("room");
    let mut raw = Raw::connect(smsc.addr()).await;
    raw.ask_to_bind(BindKind::Transceiver, "dayaq", "secret").await;
    raw.ask(Body::EnquireLink).await;
    until("the fault strikes", || smsc.struck(id) == Some(1)).await;
    assert!(raw.is_silent().await && !smsc.is_bound());
    smsc.cut_links();
    assert_eq!(raw.rest().await, b"");
}

#[tokio::test]
async fn k5_every_nth_text_is_refused_and_one_phone_alone() {
    let smsc = faulty(&["status=RMSGQFUL,to=99455", "status=RTHROTTLED,every=2"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let mut statuses = Vec::new();
    for to in [PHONE, PHONE, "994551234567", PHONE, PHONE] {
        statuses.push(raw.submit_and_hear(to, "Salam").await.1.command_status);
    }
    let (ok, slow, full) = (CommandStatus::ROK, CommandStatus::RTHROTTLED, CommandStatus::RMSGQFUL);
    assert_eq!(statuses, [ok, slow, full, ok, slow]);
    assert_eq!(
        smsc.handset(Msisdn::parse(PHONE).expect("a number")).sms_inbox().len(),
        2,
        "what was refused is not there"
    );
}

#[tokio::test]
async fn k5_a_text_is_nacked_and_not_taken() {
    let smsc = faulty(&["nack,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let (sequence, header) = raw.submit_and_hear(PHONE, "Salam").await;
    let nack = Header {
        command_id: CommandId::GENERIC_NACK,
        command_status: CommandStatus::RINVCMDID,
        sequence_number: sequence,
    };
    assert_eq!(header, nack);
    raw.submit_and_hear(PHONE, "Salam once more").await;
    assert_eq!(told(&smsc, PHONE).await, "Salam once more", "the first one never reached the phone");
}

#[tokio::test]
async fn k5_a_response_is_lost_though_the_text_is_taken() {
    let smsc = faulty(&["response-lost,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    raw.submit(PHONE, "Salam").await;
    let probe = raw.ask(Body::EnquireLink).await;
    assert_eq!(raw.expect(PROBED).await.0.sequence_number, probe, "the answer to the text was to come before");
    assert_eq!(told(&smsc, PHONE).await, "Salam");
}

#[tokio::test]
async fn k5_a_response_comes_late_and_after_younger_ones() {
    let smsc = faulty(&["response-late=100,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let clock = SystemClock::new();
    let late = raw.submit(PHONE, "1").await;
    let (soon, first) = raw.submit_and_hear(PHONE, "2").await;
    assert_eq!((first.command_id, first.sequence_number), (SUBMITTED, soon));
    let (second, _) = raw.expect(SUBMITTED).await;
    assert_eq!((second.sequence_number, second.command_status), (late, CommandStatus::ROK));
    assert!(clock.monotonic() >= Duration::from_millis(100), "{:?}", clock.monotonic());
}

#[tokio::test]
async fn k5_a_response_bears_another_sequence_number_or_another_command() {
    let smsc = faulty(&["response-sequence,times=1", "response-command,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let (sequence, header) = raw.submit_and_hear(PHONE, "1").await;
    assert_eq!(header.command_id, SUBMITTED);
    assert_ne!(header.sequence_number, sequence);
    let (sequence, header) = raw.submit_and_hear(PHONE, "2").await;
    assert_eq!((header.command_id, header.sequence_number), (CommandId::DELIVER_SM.response(), sequence));
    assert_eq!((told(&smsc, PHONE).await, told(&smsc, PHONE).await), ("1".to_owned(), "2".to_owned()));
}

#[tokio::test]
async fn k5_a_receipt_tells_of_failure_or_never_comes() {
    let smsc = faulty(&["receipt=UNDELIV,times=1", "receipt-lost,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let asking = |text| {
        Body::Message(MessageKind::SubmitSm, dayaq_smpp::Sm { registered_delivery: 1, ..super::raw::sm(PHONE, text) })
    };
    raw.ask(asking("1")).await;
    raw.expect(SUBMITTED).await;
    let (header, receipt) = raw.expect(CommandId::DELIVER_SM).await;
    assert!(
        String::from_utf8_lossy(&receipt).contains("dlvrd:000")
            && String::from_utf8_lossy(&receipt).contains("stat:UNDELIV err:001")
    );
    take(&mut raw, header.sequence_number, CommandStatus::ROK).await;
    raw.ask(asking("2")).await;
    raw.expect(SUBMITTED).await;
    raw.ask(asking("3")).await;
    raw.expect(SUBMITTED).await;
    let (_, receipt) = raw.expect(CommandId::DELIVER_SM).await;
    let third = smsc.exchange.state().messages;
    let second = third - 1;
    let said = String::from_utf8_lossy(&receipt).into_owned();
    assert!(said.contains(&format!("id:{third:010}")) && !said.contains(&format!("id:{second:010}")), "{said}");
}

#[tokio::test]
async fn k5_a_text_of_a_phone_is_delivered_twice() {
    let smsc = faulty(&["deliver-twice,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a number"));
    let sent = tokio::spawn(async move { phone.send_sms("STATUS").await });
    let (first, one) = raw.expect(CommandId::DELIVER_SM).await;
    let (second, other) = raw.expect(CommandId::DELIVER_SM).await;
    assert_ne!(first.sequence_number, second.sequence_number);
    assert_eq!((&one[..12], &one[16..]), (&other[..12], &other[16..]));
    take(&mut raw, first.sequence_number, CommandStatus::ROK).await;
    take(&mut raw, second.sequence_number, CommandStatus::ROK).await;
    assert_eq!(sent.await.expect("no panic"), Ok(()));
    raw.ask(Body::EnquireLink).await;
    raw.expect(PROBED).await;
}

#[tokio::test]
async fn k5_a_text_ends_with_a_parameter_that_is_not_all_there() {
    let smsc = faulty(&["deliver-parameter,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a number"));
    let sent = tokio::spawn(async move { phone.send_sms("STATUS").await });
    let (header, frame) = raw.expect(CommandId::DELIVER_SM).await;
    assert!(frame.ends_with(&[0x14, 0x00, 0x00, 200, 0xFF]), "{frame:02x?}");
    let (_, forgiven) = decode_forgiving(&frame).expect("what stands before it is whole");
    assert_eq!(forgiven.overrun, Some(Tag(0x1400)));
    let status = CommandStatus::RINVOPTPARSTREAM;
    take(&mut raw, header.sequence_number, status).await;
    assert_eq!(sent.await.expect("no panic"), Err(crate::HandsetError::Refused(status)));
}

#[tokio::test]
async fn k5_enquire_link_is_not_answered() {
    let smsc = faulty(&["enquire-link-silent,times=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    raw.ask(Body::EnquireLink).await;
    let second = raw.ask(Body::EnquireLink).await;
    assert_eq!(raw.expect(PROBED).await.0.sequence_number, second);
}

#[tokio::test]
async fn k5_the_link_is_cut_after_so_many_pdus_or_octets() {
    let smsc = faulty(&["cut,after=3"]).await;
    let mut raw = Raw::bound(&smsc).await;
    for _ in 0..3 {
        raw.ask(Body::EnquireLink).await;
    }
    raw.expect(PROBED).await;
    raw.expect(PROBED).await;
    assert_eq!(raw.rest().await, b"", "bind_transceiver_resp and two answers are three PDUs");

    smsc.fault("cut-octets=45".parse().expect("a fault")).expect("room");
    let mut raw = Raw::bound(&smsc).await;
    raw.ask(Body::EnquireLink).await;
    raw.ask(Body::EnquireLink).await;
    // bind_transceiver_resp has 27 octets.
    raw.expect(PROBED).await;
    assert_eq!(raw.rest().await, [0u8, 0], "two octets of a PDU, and no more");
    Raw::bound(&smsc).await;
}

#[tokio::test]
async fn k5_the_operator_unbinds_in_the_middle_of_traffic() {
    let smsc = faulty(&["unbind,after=2"]).await;
    let mut raw = Raw::bound(&smsc).await;
    raw.submit_and_hear(PHONE, "Salam").await;
    let (unbind, _) = raw.expect(CommandId::UNBIND).await;
    assert!(!smsc.is_bound());
    raw.say(CommandStatus::ROK, unbind.sequence_number, Body::UnbindResp).await;
    assert_eq!(raw.rest().await, b"");
}

#[tokio::test]
async fn k5_a_header_claims_a_length_that_cannot_be() {
    for length in [0u32, 15, u32::MAX] {
        let smsc = faulty(&[&format!("length={length},after=2")]).await;
        let mut raw = Raw::bound(&smsc).await;
        raw.ask(Body::EnquireLink).await;
        raw.expect(PROBED).await;
        let header = raw.octets(16).await;
        assert_eq!((header.len(), &header[..4]), (16, length.to_be_bytes().as_slice()));
    }
}

#[tokio::test]
async fn k5_a_request_has_a_command_that_nobody_knows() {
    let smsc = faulty(&["command,after=1"]).await;
    let mut raw = Raw::bound(&smsc).await;
    let (header, frame) = raw.expect(CommandId(0x0000_FFFF)).await;
    assert_eq!(frame.len(), 16);
    raw.say(CommandStatus::RINVCMDID, header.sequence_number, Body::GenericNack).await;
    raw.ask(Body::EnquireLink).await;
    raw.expect(PROBED).await;
}

#[tokio::test]
async fn k5_a_half_open_link_neither_reads_nor_writes_until_it_is_mended() {
    let smsc = faulty(&[]).await;
    let mut raw = Raw::bound(&smsc).await;
    let id = smsc.fault("half-open".parse().expect("a fault")).expect("room");
    let probe = raw.ask(Body::EnquireLink).await;
    assert!(raw.is_silent().await);
    assert!(smsc.mend(id));
    assert_eq!(raw.expect(PROBED).await.0.sequence_number, probe);
}

#[tokio::test]
async fn k5_a_slow_link_takes_its_time() {
    let smsc = faulty(&["slow=100"]).await;
    let clock = SystemClock::new();
    Raw::bound(&smsc).await;
    // 27 octets, five at a time: the sixth write comes 250 ms after the first.
    assert!(clock.monotonic() >= Duration::from_millis(250), "{:?}", clock.monotonic());
}
