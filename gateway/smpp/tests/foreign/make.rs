use dayaq_smpp::{
    Addr, AlertNotification, Bind, BindKind, BindResp, Body, CancelSm, CommandStatus, MessageKind, Outbind, Pdu,
    QuerySm, QuerySmResp, ReplaceSm, Sm, SmResp, Tag, TlvBuf,
};

use crate::random::Random;

/// How many commands [`pdu`] makes, by `command_id`.
pub const COMMANDS: usize = 25;

const BINDS: [BindKind; 3] = [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver];
const MESSAGES: [MessageKind; 3] = [MessageKind::SubmitSm, MessageKind::DeliverSm, MessageKind::DataSm];

/// Parameters of one octet.
const U8: [Tag; 18] = [
    Tag::DEST_ADDR_SUBUNIT,
    Tag::SOURCE_ADDR_SUBUNIT,
    Tag::PAYLOAD_TYPE,
    Tag::PRIVACY_INDICATOR,
    Tag::USER_RESPONSE_CODE,
    Tag::LANGUAGE_INDICATOR,
    Tag::SAR_TOTAL_SEGMENTS,
    Tag::SAR_SEGMENT_SEQNUM,
    Tag::DPF_RESULT,
    Tag::SET_DPF,
    Tag::MS_AVAILABILITY_STATUS,
    Tag::MORE_MESSAGES_TO_SEND,
    Tag::MESSAGE_STATE,
    Tag::USSD_SERVICE_OP,
    Tag::ITS_REPLY_TYPE,
    Tag::NUMBER_OF_MESSAGES,
    Tag::DISPLAY_TIME,
    Tag::CONGESTION_STATE,
];
/// Parameters of two octets.
const U16: [Tag; 6] = [
    Tag::SOURCE_PORT,
    Tag::DESTINATION_PORT,
    Tag::SAR_MSG_REF_NUM,
    Tag::USER_MESSAGE_REFERENCE,
    Tag::SMS_SIGNAL,
    Tag::ITS_SESSION_INFO,
];

fn push(tlvs: &mut TlvBuf, tag: Tag, value: &[u8]) {
    tlvs.push(tag, value).unwrap();
}

/// Up to five parameters of every shape; USSD's own two in a third of all.
fn parameters(random: &mut Random) -> TlvBuf {
    let mut tlvs = TlvBuf::new();
    if random.below(3) == 0 {
        tlvs.push_u8(Tag::USSD_SERVICE_OP, random.pick(&[0, 1, 2, 3, 16, 17, 18, 19, 32, 129]));
        push(&mut tlvs, Tag::ITS_SESSION_INFO, &random.octets(2, 2));
    }
    for _ in 0..random.below(4) {
        match random.below(8) {
            0 | 1 => tlvs.push_u8(random.pick(&U8), random.u8()),
            2 | 3 => push(&mut tlvs, random.pick(&U16), &random.octets(2, 2)),
            4 => push(&mut tlvs, Tag::QOS_TIME_TO_LIVE, &random.octets(4, 4)),
            5 => push(&mut tlvs, Tag::NETWORK_ERROR_CODE, &random.octets(3, 3)),
            6 => push(&mut tlvs, Tag::RECEIPTED_MESSAGE_ID, &[random.ascii(64), vec![0]].concat()),
            _ => {
                let tag = Tag(0x1400 + random.below(0x2C00) as u16);
                push(&mut tlvs, tag, &random.octets(0, 300));
            }
        }
    }
    tlvs
}

struct OwnedAddr {
    ton: u8,
    npi: u8,
    digits: Vec<u8>,
}

impl OwnedAddr {
    fn make(random: &mut Random, max: usize) -> Self {
        Self { ton: random.u8(), npi: random.u8(), digits: random.ascii(max) }
    }

    fn borrow(&self) -> Addr<'_> {
        Addr { ton: self.ton, npi: self.npi, digits: &self.digits }
    }
}

/// A time is absent or whole.
fn time(random: &mut Random) -> &'static [u8] {
    random.pick(&[&b""[..], b"261123003000004+", b"000000010000000R"])
}

/// Makes one well-formed PDU and shows it. Some are made with an error status, which leaves the body of a response away.
pub fn pdu<T>(random: &mut Random, show: impl FnOnce(&Pdu<'_>) -> T) -> T {
    let sequence_number = random.u64() as u32 & 0x7FFF_FFFF;
    let (source, destination) = (OwnedAddr::make(random, 20), OwnedAddr::make(random, 20));
    let (message_id, system_id, password) = (random.ascii(64), random.ascii(15), random.ascii(8));
    let (system_type, address_range, service_type) = (random.ascii(12), random.ascii(40), random.ascii(5));
    let (tlvs, mut one) = (parameters(random), TlvBuf::new());
    let (kind, bind) = (random.pick(&MESSAGES), random.pick(&BINDS));
    let mut status = CommandStatus::ROK;
    let text = match random.below(8) {
        0 => Vec::new(),
        1 if kind != MessageKind::DataSm => random.octets(255, 2000),
        _ => random.octets(1, 254),
    };
    let [a, b, c, d] = [random.u8(), random.u8(), random.u8(), random.u8()];
    let (schedule, validity) = (time(random), time(random));
    let body = match random.below(16) {
        0 => Body::Bind(
            bind,
            Bind {
                system_id: &system_id,
                password: &password,
                system_type: &system_type,
                interface_version: random.pick(&[0x33, 0x34, 0x50]),
                addr_ton: a,
                addr_npi: b,
                address_range: &address_range,
            },
        ),
        1 => {
            if random.below(2) == 0 {
                one.push_u8(Tag::SC_INTERFACE_VERSION, random.pick(&[0x33, 0x34, 0x50]));
            }
            Body::BindResp(bind, BindResp { system_id: &system_id, tlvs: one.as_tlvs() })
        }
        2 => random.pick(&[Body::Unbind, Body::UnbindResp]),
        3 => random.pick(&[Body::EnquireLink, Body::EnquireLinkResp]),
        4 => {
            status = CommandStatus(random.pick(&[1, 2, 3, 0xFF, 0x400]));
            Body::GenericNack
        }
        5 => Body::QuerySm(QuerySm { message_id: &message_id, source: source.borrow(), ..QuerySm::default() }),
        6 => Body::QuerySmResp(QuerySmResp {
            message_id: Some(&message_id[..]).filter(|id| !id.is_empty()),
            final_date: schedule,
            message_state: a,
            error_code: b,
            ..QuerySmResp::default()
        }),
        7 => Body::CancelSm(CancelSm {
            service_type: &service_type,
            message_id: &message_id,
            source: source.borrow(),
            destination: destination.borrow(),
            ..CancelSm::default()
        }),
        8 => random.pick(&[Body::CancelSmResp, Body::ReplaceSmResp]),
        9 => Body::ReplaceSm(ReplaceSm {
            message_id: &message_id,
            source: source.borrow(),
            schedule_delivery_time: schedule,
            validity_period: validity,
            registered_delivery: c,
            sm_default_msg_id: d,
            short_message: &text[..text.len().min(254)],
            ..ReplaceSm::default()
        }),
        10 => random.pick(&[
            Body::Outbind(Outbind { system_id: &system_id, password: &password }),
            Body::Outbind(Outbind { system_id: b"smsc", password: b"" }),
        ]),
        11 => {
            one.push_u8(Tag::MS_AVAILABILITY_STATUS, a);
            let tlvs = one.as_tlvs();
            Body::AlertNotification(AlertNotification { source: source.borrow(), esme: destination.borrow(), tlvs })
        }
        12 | 13 => {
            let message_id = Some(&message_id[..]).filter(|id| !id.is_empty());
            if random.below(4) == 0 {
                status = CommandStatus(random.pick(&[8, 0x14, 0x58, 0x64, 0x450]));
            }
            Body::MessageResp(kind, SmResp { message_id, tlvs: tlvs.as_tlvs() })
        }
        _ => {
            let data_sm = kind == MessageKind::DataSm;
            let mut sm = Sm {
                service_type: &service_type,
                source: source.borrow(),
                destination: destination.borrow(),
                esm_class: a,
                registered_delivery: b,
                data_coding: c,
                short_message: &text,
                tlvs: tlvs.as_tlvs(),
                ..Sm::default()
            };
            if !data_sm {
                sm.protocol_id = d;
                sm.priority_flag = a;
                sm.schedule_delivery_time = schedule;
                sm.validity_period = validity;
                sm.replace_if_present_flag = d;
                sm.sm_default_msg_id = c;
            }
            Body::Message(kind, sm)
        }
    };
    show(&Pdu { command_status: status, sequence_number, body })
}
