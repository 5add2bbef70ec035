//! What an operator's SMSC offers: accounts, limits, receipts in many forms, and answers about messages.

use super::raw::{LONG, PHONE, Raw, sm, until};
use crate::{Account, Handset, IdStyle, ReceiptForm, ReceiptOrder, ReceiptRule, Smsc, SmscConfig, UnknownAccount};
use dayaq_smpp::receipt::{MessageState, ReceiptIds, read};
use dayaq_smpp::{
    Addr, BindKind, Body, CancelSm, CommandId, CommandStatus, MessageKind, QuerySm, ReplaceSm, ShortMessage, Sm,
    SmResp, decode,
};
use dayaq_types::Msisdn;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

const SUBMITTED: CommandId = CommandId::SUBMIT_SM.response();
const DAYAQ: Addr<'static> = Addr { ton: 5, npi: 0, digits: b"Dayaq" };

async fn start(config: SmscConfig) -> Smsc {
    Smsc::start(config).await.expect("a free port")
}

fn phone(smsc: &Smsc, number: &str) -> Handset {
    smsc.handset(Msisdn::parse(number).expect("a number"))
}

/// A text of ours.
pub fn text(to: &str, body: &[u8]) -> ShortMessage {
    let text = Sm { short_message: body, ..sm(to, "") };
    ShortMessage::try_from(&text).expect("short")
}

/// Submits a text that asks for a receipt, and gives its id.
async fn submitted(raw: &mut Raw, text: &str) -> Vec<u8> {
    raw.ask(Body::Message(MessageKind::SubmitSm, Sm { registered_delivery: 1, ..sm(PHONE, text) })).await;
    id_of(&raw.expect(SUBMITTED).await.1)
}

fn id_of(submit_sm_resp: &[u8]) -> Vec<u8> {
    match decode(submit_sm_resp).expect("sound").body {
        Body::MessageResp(_, SmResp { message_id: Some(id), .. }) => id.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// The next deliver_sm, which is answered.
async fn delivered(raw: &mut Raw) -> ShortMessage {
    let (header, frame) = raw.expect(CommandId::DELIVER_SM).await;
    raw.say(CommandStatus::ROK, header.sequence_number, Body::MessageResp(MessageKind::DeliverSm, SmResp::default()))
        .await;
    match decode(&frame).expect("sound").body {
        Body::Message(_, sm) => ShortMessage::try_from(&sm).expect("short"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn k5_each_account_has_its_password_its_binds_and_its_codes() {
    let mut second = Account::new("bank", "geheim");
    second.kinds = vec![BindKind::Receiver];
    second.binds_max = 1;
    second.codes = vec!["7555".to_owned()];
    let smsc =
        start(SmscConfig { accounts: vec![Account::new("dayaq", "secret"), second], ..SmscConfig::default() }).await;
    for (kind, name, password, status) in [
        (BindKind::Transceiver, "nobody", "secret", CommandStatus::RINVSYSID),
        (BindKind::Transceiver, "bank", "secret", CommandStatus::RINVPASWD),
        (BindKind::Transceiver, "bank", "geheim", CommandStatus::RBINDFAIL),
    ] {
        assert_eq!(Raw::connect(smsc.addr()).await.bind(kind, name, password).await, status, "{name}");
    }
    let mut ours = Raw::bound(&smsc).await;
    let mut theirs = Raw::connect(smsc.addr()).await;
    assert_eq!(theirs.bind(BindKind::Receiver, "bank", "geheim").await, CommandStatus::ROK);
    let third = Raw::connect(smsc.addr()).await.bind(BindKind::Receiver, "bank", "geheim").await;
    assert_eq!(third, CommandStatus::RALYBND);

    let writer = phone(&smsc, PHONE);
    let written =
        tokio::spawn(async move { (writer.send_sms_to("7555", "bank").await, writer.send_sms("dayaq").await) });
    let (for_them, for_us) = (delivered(&mut theirs).await, delivered(&mut ours).await);
    assert_eq!(
        (for_them.short_message.as_slice(), for_them.destination.digits.as_bytes()),
        (&b"bank"[..], &b"7555"[..])
    );
    assert_eq!((for_us.short_message.as_slice(), for_us.destination.digits.as_bytes()), (&b"dayaq"[..], &b"7142"[..]));
    assert_eq!(written.await.expect("no panic"), (Ok(()), Ok(())));
    assert_eq!(phone(&smsc, PHONE).send_sms_to("7999", "Salam").await, Err(crate::HandsetError::UnknownCode));
}

#[tokio::test]
async fn a13_beyond_the_throughput_of_an_account_every_text_is_throttled() {
    let smsc = start(SmscConfig { throughput: Some(5), ..SmscConfig::default() }).await;
    let mut raw = Raw::bound(&smsc).await;
    for _ in 0..20 {
        raw.submit(PHONE, "Salam").await;
    }
    let mut taken = 0;
    for _ in 0..20 {
        let status = raw.expect(SUBMITTED).await.0.command_status;
        assert!([CommandStatus::ROK, CommandStatus::RTHROTTLED].contains(&status), "{status}");
        taken += usize::from(status.is_ok());
    }
    // On a machine that is very slow a second may pass in between.
    assert!((5..20).contains(&taken), "{taken}");
    assert_eq!(phone(&smsc, PHONE).sms_inbox().len(), taken);
}

#[tokio::test]
async fn a12_beyond_the_window_a_request_is_throttled_and_the_others_are_answered_later() {
    let mut config = SmscConfig { response_delay: Duration::from_millis(50), ..SmscConfig::default() };
    config.link.inbound_max = 2;
    let smsc = start(config).await;
    let mut raw = Raw::bound(&smsc).await;
    let mut asked = Vec::new();
    for text in ["1", "2", "3"] {
        asked.push(raw.submit(PHONE, text).await);
    }
    let mut answered = Vec::new();
    for _ in 0..3 {
        let header = raw.expect(SUBMITTED).await.0;
        answered.push((header.sequence_number, header.command_status));
    }
    let (ok, slow) = (CommandStatus::ROK, CommandStatus::RTHROTTLED);
    assert_eq!(answered, [(asked[2], slow), (asked[0], ok), (asked[1], ok)]);
}

#[tokio::test]
async fn a14_texts_wait_for_a_phone_that_is_off_up_to_its_queue_and_for_no_other() {
    let smsc = start(SmscConfig { queue_max: 2, ..SmscConfig::default() }).await;
    let mut raw = Raw::bound(&smsc).await;
    let far = phone(&smsc, PHONE);
    far.switch_off();
    let first = submitted(&mut raw, "1").await;
    let second = submitted(&mut raw, "2").await;
    assert_eq!(raw.submit_and_hear(PHONE, "3").await.1.command_status, CommandStatus::RMSGQFUL);
    assert_eq!(raw.submit_and_hear("994551234567", "4").await.1.command_status, CommandStatus::ROK);
    assert_eq!(far.sms_inbox(), []);
    far.switch_on();
    let texts = [far.next_sms(LONG).await, far.next_sms(LONG).await].map(|sms| sms.expect("a text").text);
    assert_eq!(texts, ["1", "2"]);
    for id in [first, second] {
        let receipt = read(&delivered(&mut raw).await).expect("a receipt");
        assert_eq!(receipt.message_id.expect("its id").as_bytes(), id);
    }
}

#[tokio::test]
async fn i6_a_text_goes_when_it_is_scheduled_and_is_given_up_when_its_validity_ends() {
    let smsc = start(SmscConfig::default()).await;
    let mut raw = Raw::bound(&smsc).await;
    let far = phone(&smsc, PHONE);
    far.switch_off();
    let soon = Sm { registered_delivery: 2, validity_period: b"000000000001000R", ..sm(PHONE, "1") };
    raw.ask(Body::Message(MessageKind::SubmitSm, soon)).await;
    let id = id_of(&raw.expect(SUBMITTED).await.1);
    let receipt = read(&delivered(&mut raw).await).expect("a receipt");
    assert_eq!((receipt.state, receipt.message_id.expect("an id").as_bytes()), (MessageState::Expired, id.as_slice()));
    far.switch_on();
    let later = Sm { schedule_delivery_time: b"000000000001000R", ..sm(PHONE, "2") };
    let before = smsc.exchange.now();
    raw.ask(Body::Message(MessageKind::SubmitSm, later)).await;
    raw.expect(SUBMITTED).await;
    assert_eq!(far.next_sms(LONG).await.expect("a text").text, "2");
    assert!(smsc.exchange.now() - before >= Duration::from_secs(1));
    let bad = [
        (Sm { validity_period: b"tomorrow", ..sm(PHONE, "3") }, CommandStatus::RINVEXPIRY),
        (Sm { schedule_delivery_time: b"200101000000000+", ..sm(PHONE, "4") }, CommandStatus::RINVSCHED),
    ];
    for (text, status) in bad {
        raw.ask(Body::Message(MessageKind::SubmitSm, text)).await;
        assert_eq!(raw.expect(SUBMITTED).await.0.command_status, status);
    }
}

#[tokio::test]
async fn a5_receipts_come_in_every_form_and_every_pair_of_ids_can_be_matched() {
    use IdStyle::{Decimal, Hex, HexUpper, Padded, Uuid};
    let pairs = [
        (Padded, Padded, ReceiptIds::Same),
        (Hex, Decimal, ReceiptIds::HexDecimal),
        (Decimal, HexUpper, ReceiptIds::DecimalHex),
        (Padded, Decimal, ReceiptIds::NoZeros),
        (Hex, HexUpper, ReceiptIds::Folded),
        (Uuid, Uuid, ReceiptIds::Same),
    ];
    for form in [ReceiptForm::Text, ReceiptForm::Parameters, ReceiptForm::Both] {
        for (response_id, receipt_id, ids) in pairs {
            let receipts = ReceiptRule { form, response_id, receipt_id, ..ReceiptRule::default() };
            let smsc = start(SmscConfig { receipts, ..SmscConfig::default() }).await;
            let mut raw = Raw::bound(&smsc).await;
            let id = submitted(&mut raw, "Salam").await;
            let message = delivered(&mut raw).await;
            assert_eq!(message.short_message.is_empty(), form == ReceiptForm::Parameters);
            assert_eq!(message.tlvs.as_tlvs().iter().next().is_none(), form == ReceiptForm::Text);
            let receipt = read(&message).expect("a receipt");
            assert_eq!((receipt.state, receipt.disagrees), (MessageState::Delivered, false));
            assert!(receipt.message_id.is_some());
            assert_eq!(ids.of_receipt(&receipt), ids.of_response(&id), "{receipts:?}");
        }
    }
}

#[tokio::test]
async fn a33_a_receipt_may_come_before_the_response_that_names_its_message() {
    let receipts = ReceiptRule { order: ReceiptOrder::BeforeResponse, ..ReceiptRule::default() };
    let smsc = start(SmscConfig { receipts, ..SmscConfig::default() }).await;
    let mut raw = Raw::bound(&smsc).await;
    raw.ask(Body::Message(MessageKind::SubmitSm, Sm { registered_delivery: 1, ..sm(PHONE, "Salam") })).await;
    let named = read(&delivered(&mut raw).await).and_then(|receipt| receipt.message_id).expect("an id");
    assert_eq!(id_of(&raw.expect(SUBMITTED).await.1), named.as_bytes());
}

#[tokio::test]
async fn k5_a_text_that_waits_is_asked_about_replaced_and_cancelled() {
    let smsc = start(SmscConfig::default()).await;
    let mut raw = Raw::bound(&smsc).await;
    let far = phone(&smsc, PHONE);
    far.switch_off();
    let (first, second) = (submitted(&mut raw, "1").await, submitted(&mut raw, "2").await);
    assert_eq!(queried(&mut raw, &first).await, (MessageState::Enroute.value(), String::new()));

    let replace = ReplaceSm {
        message_id: &first,
        source: DAYAQ,
        short_message: b"one",
        registered_delivery: 1,
        ..ReplaceSm::default()
    };
    raw.ask(Body::ReplaceSm(replace)).await;
    assert_eq!(raw.expect(CommandId::REPLACE_SM.response()).await.0.command_status, CommandStatus::ROK);
    let destination = Addr { ton: 1, npi: 1, digits: PHONE.as_bytes() };
    let cancel = |id| Body::CancelSm(CancelSm { message_id: id, source: DAYAQ, destination, ..CancelSm::default() });
    raw.ask(cancel(&second)).await;
    let (mut deleted, mut answered) = (false, None);
    while !deleted || answered.is_none() {
        let (header, frame) = raw.frame().await.expect("the link stands");
        match header.command_id {
            CommandId::DELIVER_SM => deleted = String::from_utf8_lossy(&frame).contains("stat:DELETED"),
            CommandId(id) => answered = Some((CommandId(id), header.command_status)),
        }
    }
    assert_eq!(answered, Some((CommandId::CANCEL_SM.response(), CommandStatus::ROK)));
    assert_eq!(queried(&mut raw, &second).await.0, MessageState::Deleted.value());

    far.switch_on();
    assert_eq!(far.next_sms(LONG).await.expect("a text").text, "one");
    assert_eq!(read(&delivered(&mut raw).await).map(|receipt| receipt.state), Some(MessageState::Delivered));
    let (state, done) = queried(&mut raw, &first).await;
    assert_eq!((state, done.len()), (MessageState::Delivered.value(), 16));
    assert!(done.ends_with("016+"), "four hours ahead: {done}");
    for (body, command, status) in [
        (cancel(&first), CommandId::CANCEL_SM, CommandStatus::RCANCELFAIL),
        (Body::ReplaceSm(replace), CommandId::REPLACE_SM, CommandStatus::RREPLACEFAIL),
        (
            Body::QuerySm(QuerySm { message_id: b"7", source: DAYAQ, ..QuerySm::default() }),
            CommandId::QUERY_SM,
            CommandStatus::RINVMSGID,
        ),
        (
            Body::QuerySm(QuerySm { message_id: &first, ..QuerySm::default() }),
            CommandId::QUERY_SM,
            CommandStatus::RINVSRCADR,
        ),
    ] {
        raw.ask(body).await;
        assert_eq!(raw.expect(command.response()).await.0.command_status, status);
    }
}

/// State and final date of a message, as query_sm_resp tells them.
async fn queried(raw: &mut Raw, id: &[u8]) -> (u8, String) {
    raw.ask(Body::QuerySm(QuerySm { message_id: id, source: DAYAQ, ..QuerySm::default() })).await;
    loop {
        let (header, frame) = raw.frame().await.expect("the link stands");
        if header.command_id == CommandId::DELIVER_SM {
            continue;
        }
        let Body::QuerySmResp(resp) = decode(&frame).expect("sound").body else { panic!("{header:?}") };
        assert_eq!((header.command_status, resp.message_id), (CommandStatus::ROK, Some(id)));
        return (resp.message_state, String::from_utf8_lossy(resp.final_date).into_owned());
    }
}

#[tokio::test]
async fn a38_the_operator_calls_an_esme_that_listens_and_is_bound_over_that_connection() {
    let smsc = start(SmscConfig::default()).await;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    let address = listener.local_addr().expect("it listens");
    assert_eq!(smsc.outbind(address, "nobody"), Err(UnknownAccount("nobody".to_owned())));
    smsc.outbind(address, "dayaq").expect("a known account");
    for _ in 0..2 {
        let mut raw = Raw::over(listener.accept().await.expect("a call").0);
        let (_, frame) = raw.expect(CommandId::OUTBIND).await;
        assert_eq!(&frame[16..], b"dayaq\0secret\0");
        assert_eq!(raw.bind(BindKind::Receiver, "dayaq", "secret").await, CommandStatus::ROK);
        let writer = phone(&smsc, PHONE);
        let mut theirs = Raw::connect(smsc.addr()).await;
        assert_eq!(theirs.bind(BindKind::Transmitter, "dayaq", "secret").await, CommandStatus::ROK);
        until("bound both ways", || smsc.is_bound()).await;
        let written = tokio::spawn(async move { writer.send_sms("Salam").await });
        assert_eq!(delivered(&mut raw).await.short_message, b"Salam");
        assert_eq!(written.await.expect("no panic"), Ok(()));
        // An ESME that goes away is called again.
    }
}
