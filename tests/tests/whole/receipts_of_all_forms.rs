//! Delivery receipts as operators write them, marked or not: each is recorded, none is answered or taken for an input.

use crate::node_smpp::institutions;
use crate::raw_smsc::{Caller, Line, RawSmsc, encoded, header};
use crate::serve_config::{ServeConfig, UNLIMITED};
use crate::stage::{eventually, read_only};
use dayaq_smpp::concat::ESM_CLASS_UDHI;
use dayaq_smpp::ussd::{Dialect, UssdEvent};
use dayaq_smpp::{Address, Body, CommandStatus, MessageKind, Octets, ShortMessage, SmResp, Tag, TlvBuf, decode};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How an operator says that a text was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// SMPP 3.4, appendix B.
    Words,
    Capitals,
    OtherOrder,
    NoSpaces,
    Ucs2,
    Payload,
    NulsInFront,
    UnlikeWords,
    Parameters,
    Both,
    TwoParts,
    TwoPartsBySar,
}

const FORMS: [Form; 12] = [
    Form::Words,
    Form::Capitals,
    Form::OtherOrder,
    Form::NoSpaces,
    Form::Ucs2,
    Form::Payload,
    Form::NulsInFront,
    Form::UnlikeWords,
    Form::Parameters,
    Form::Both,
    Form::TwoParts,
    Form::TwoPartsBySar,
];

/// The marks under which receipts come (SMPP 3.4 §5.2.12), and some that should not be on one.
const ESM_CLASSES: [u8; 6] = [0x00, 0x04, 0x08, 0x0C, 0x20, 0x24];
const SERVICE_TYPES: [&str; 2] = ["", "USSD"];

#[derive(Clone, Copy, Debug)]
struct Writing {
    form: Form,
    esm_class: u8,
    service_type: &'static str,
}

impl Writing {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for form in FORMS {
            for esm_class in ESM_CLASSES {
                all.extend(SERVICE_TYPES.map(|service_type| Self { form, esm_class, service_type }));
            }
        }
        all
    }

    /// The receipt of that text to that phone: one deliver_sm, or one for each part.
    fn receipt(&self, id: &str, phone: &str) -> Vec<ShortMessage> {
        let usual = format!(
            "id:{id} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:Salam"
        );
        let whole = ShortMessage {
            service_type: Octets::new(self.service_type).expect("it is short"),
            source: Address::new(1, 1, phone).expect("it is short"),
            destination: Address::new(0, 1, "7142").expect("it is short"),
            esm_class: self.esm_class,
            ..ShortMessage::default()
        };
        let with = |text: &str| vec![ShortMessage { short_message: text.into(), ..whole.clone() }];
        let mut parameters = TlvBuf::new();
        parameters.push(Tag::RECEIPTED_MESSAGE_ID, &[id.as_bytes(), &[0]].concat()).expect("it is short");
        parameters.push_u8(Tag::MESSAGE_STATE, 2);
        match self.form {
            Form::Words => with(&usual),
            Form::Capitals => with(&usual.to_ascii_uppercase()),
            Form::OtherOrder => with(&format!("stat:DELIVRD err:000 sub:001 dlvrd:001 id:{id} text:Salam")),
            Form::NoSpaces => with(&usual.replace(' ', "")),
            Form::Ucs2 => vec![ShortMessage {
                data_coding: 8,
                short_message: usual.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                ..whole
            }],
            Form::Payload => {
                let mut tlvs = TlvBuf::new();
                tlvs.push(Tag::MESSAGE_PAYLOAD, usual.as_bytes()).expect("it is short");
                vec![ShortMessage { tlvs, ..whole }]
            }
            Form::NulsInFront => with(&format!("\0\0{usual}")),
            Form::UnlikeWords => with(&format!("Message ID: {id} Status: DELIVRD Error Code: 000")),
            Form::Parameters => vec![ShortMessage { tlvs: parameters, ..whole }],
            Form::Both => vec![ShortMessage { tlvs: parameters, short_message: usual.into(), ..whole }],
            Form::TwoParts => {
                let (one, two) = usual.split_at(usual.find("AT:D").unwrap_or(60));
                [(1, one), (2, two)]
                    .map(|(number, text)| ShortMessage {
                        esm_class: self.esm_class | ESM_CLASS_UDHI,
                        short_message: [&[5, 0, 3, 77, 2, number], text.as_bytes()].concat(),
                        ..whole.clone()
                    })
                    .into()
            }
            Form::TwoPartsBySar => {
                let (one, two) = usual.split_at(70);
                [(1, one), (2, two)]
                    .map(|(number, text)| {
                        let mut tlvs = TlvBuf::new();
                        tlvs.push(Tag::SAR_MSG_REF_NUM, &[0, 77]).expect("it is short");
                        tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, 2);
                        tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
                        ShortMessage { tlvs, short_message: text.into(), ..whole.clone() }
                    })
                    .into()
            }
        }
    }
}

/// An operator that answers every text to a phone by a receipt of that phone's writing.
struct Operator {
    line: Line,
    writings: BTreeMap<String, Writing>,
    /// How many texts each phone has had.
    texts: BTreeMap<String, usize>,
    last: String,
    screens: VecDeque<(String, bool)>,
    /// deliver_sm that are not answered yet.
    open: BTreeSet<u32>,
}

impl Operator {
    async fn deliver(&mut self, message: &ShortMessage) {
        let pdu = self.line.deliver_sm(message);
        assert!(self.open.insert(header(&pdu).sequence_number));
        self.line.write(&pdu).await;
    }

    /// Takes the next PDU of the program.
    async fn take(&mut self) {
        let frame = self.line.next().await.expect("the connection stands");
        let pdu = decode(&frame).expect("the program writes what can be read");
        let number = pdu.sequence_number;
        match pdu.body {
            Body::MessageResp(MessageKind::DeliverSm, _) => {
                assert_eq!(pdu.command_status, CommandStatus::ROK);
                assert!(self.open.remove(&number), "answered twice");
            }
            Body::EnquireLink => self.line.write(&encoded(number, Body::EnquireLinkResp)).await,
            Body::Message(MessageKind::SubmitSm, sm) => {
                let message = ShortMessage::try_from(&sm).expect("it fits");
                let to = message.destination.digits.as_str().expect("a number").to_owned();
                let dialect = Dialect::specification();
                let is_screen = dialect.concerns(&message);
                let count = self.texts.entry(to.clone()).or_default();
                *count += usize::from(!is_screen);
                let id = format!("0A{}{count}", &to[8..]);
                let resp = SmResp { message_id: Some(id.as_bytes()), ..SmResp::default() };
                self.line.write(&encoded(number, Body::MessageResp(MessageKind::SubmitSm, resp))).await;
                if is_screen {
                    let screen = dialect.read_screen(&message).expect("a screen");
                    self.screens.push_back((screen.text.expect("text"), !screen.ends));
                    return;
                }
                let count = *count;
                self.last.clone_from(&to);
                assert!(count < 100 || !self.writings.contains_key(&to), "the phone is flooded");
                let receipts = self.writings.get(&to).map(|writing| writing.receipt(&id, &to));
                for receipt in receipts.into_iter().flatten() {
                    self.deliver(&receipt).await;
                }
            }
            _ => panic!("{} comes out of turn", pdu.body.command_id()),
        }
    }

    /// Takes everything until all that was delivered is answered.
    async fn all_answered(&mut self) {
        while !self.open.is_empty() {
            self.take().await;
        }
    }

    /// Delivers a phone's text and waits for the text that it is owed.
    async fn is_written_to(&mut self, phone: &str, words: &str) {
        let before = self.texts.get(phone).copied().unwrap_or_default();
        let message = ShortMessage {
            source: Address::new(1, 1, phone).expect("it is short"),
            destination: Address::new(0, 1, "7142").expect("it is short"),
            short_message: words.into(),
            ..ShortMessage::default()
        };
        self.deliver(&message).await;
        while self.texts.get(phone).copied().unwrap_or_default() == before {
            self.take().await;
        }
    }

    /// The next screen of the phone that has the line.
    async fn turn(&mut self, event: UssdEvent, text: &str) -> (String, bool) {
        let pdu = self.line.turn(event, text);
        self.open.insert(header(&pdu).sequence_number);
        self.line.write(&pdu).await;
        while self.screens.is_empty() {
            self.take().await;
        }
        self.screens.pop_front().expect("there is one")
    }
}

/// Each phone of as many as there are ways to write a receipt writes once, dials, and its dialogue goes on whatever the
/// operator says of the reply meanwhile.
async fn each_form_is_recorded(config: impl FnOnce(ServeConfig) -> ServeConfig) {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = config(ServeConfig::new(smsc.addr(), registries.addr()).gateway(UNLIMITED));
    let serve = config.start();
    let line = smsc.bound().await;
    let writings: Vec<Writing> = Writing::all();
    let number = |at: usize| format!("99450123{at:04}");
    let mut operator = Operator {
        writings: BTreeMap::new(),
        texts: BTreeMap::new(),
        last: String::new(),
        screens: VecDeque::new(),
        open: BTreeSet::new(),
        line,
    };
    let mut failed = Vec::new();
    for (at, writing) in writings.iter().enumerate() {
        let phone = number(at);
        operator.line.hand_to(Caller::new(&phone));
        operator.screens.clear();
        operator.is_written_to(&phone, "Salam").await;
        operator.all_answered().await;
        let (screen, _) = operator.turn(UssdEvent::Begin, "*7142#").await;
        assert!(screen.contains("3 English"), "{screen}");
        for receipt in writing.receipt(&format!("0A{}1", &phone[8..]), &phone) {
            operator.deliver(&receipt).await;
        }
        operator.writings.insert(phone.clone(), *writing);
        operator.all_answered().await;
        let (screen, goes_on) = operator.turn(UssdEvent::Continue, "1").await;
        // A text of somebody else is answered behind whatever was owed before it.
        operator.is_written_to("994559999999", "HELP").await;
        let texts = operator.texts[&phone];
        if !(goes_on && screen.contains("1 Yeni müraciət") && texts == 1) {
            failed.push(format!("{writing:?}: {texts} texts for one, then {screen:?}"));
        }
        operator.writings.remove(&phone);
    }
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), writings.len(), failed.join("\n"));
    operator.all_answered().await;
    let mut store = read_only(&config.gateway_database()).await;
    let delivered = "SELECT count(DISTINCT text) FROM attempt_receipts WHERE state = 'DELIVRD'";
    eventually("every reply is known to be delivered", async || {
        let count: i64 = sqlx::query_scalar(delivered).fetch_one(&mut store).await.ok()?;
        (count == i64::try_from(writings.len()).ok()?).then_some(())
    })
    .await;
    assert!(!serve.process.said().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a44_a_receipt_of_any_form_is_recorded_and_neither_answered_nor_an_input() {
    each_form_is_recorded(|config| config).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a44_where_no_op_means_an_answer_a_receipt_is_none() {
    each_form_is_recorded(|config| config.profile("ussd.inbound_ops", "none = \"continue\"")).await;
}

/// Octet for octet, but for its id, as operators send it: without a mark, so that it looks like a text of the phone.
#[tokio::test(flavor = "multi_thread")]
async fn a44_an_operator_that_acknowledges_every_text_in_words_alone_gets_one_reply_for_one_text() {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = ServeConfig::new(smsc.addr(), registries.addr());
    let _serve = config.start();
    let line = smsc.bound().await;
    let phone = "994501110001";
    let writing = Writing { form: Form::Words, esm_class: 0, service_type: "" };
    let mut operator = Operator {
        line,
        writings: [(phone.to_owned(), writing)].into(),
        texts: BTreeMap::new(),
        last: String::new(),
        screens: VecDeque::new(),
        open: BTreeSet::new(),
    };
    operator.is_written_to(phone, "Salam").await;
    operator.all_answered().await;
    for _ in 0..3 {
        operator.is_written_to("994559999999", "HELP").await;
        operator.all_answered().await;
    }
    assert_eq!(operator.texts[phone], 1, "texts to a phone that wrote one");
    assert_eq!(operator.last, "994559999999");
}
