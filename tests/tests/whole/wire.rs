//! What the service says on the wire, as tshark reads it.

use crate::node_smpp::{PHONE, apply_in_azerbaijani, institutions};
use crate::node_smsc::NodeSmsc;
use crate::pcap::{self, SMSC_PORT};
use crate::program::text;
use crate::proxy::{Passed, Proxy, Sender};
use crate::serve_config::ServeConfig;
use std::process::Command;
use std::time::Duration;

const SUBMIT_SM: u32 = 0x0000_0004;
const DELIVER_SM: u32 = 0x0000_0005;
const DELIVER_SM_RESP: u32 = 0x8000_0005;
const UNBIND: u32 = 0x0000_0006;
const UNBIND_RESP: u32 = 0x8000_0006;
const BIND_TRANSCEIVER: u32 = 0x0000_0009;
const ENQUIRE_LINK: u32 = 0x0000_0015;
const USSD_SERVICE_OP: u16 = 0x0501;
const ITS_SESSION_INFO: u16 = 0x1383;
/// ussd_service_op of a screen that expects an answer, and of one that ends the session.
const ASK: u32 = 2;
const END: u32 = 17;

/// data_coding of the two alphabets.
const GSM_7: u32 = 0;
const UCS_2: u32 = 8;

/// A PDU as tshark dissects it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Dissected {
    /// Empty where it is not SMPP; more than one where it is several PDUs.
    command_ids: Vec<u32>,
    sequence_numbers: Vec<u32>,
    lengths: Vec<u32>,
    ussd_service_op: Option<u32>,
    session: Option<u32>,
    session_ends: Option<u32>,
    data_coding: Option<u32>,
    malformed: bool,
    /// What tshark remarks on the packet, TCP included.
    remarks: Vec<String>,
}

/// Dissects PDUs with tshark, each in a packet of its own.
fn dissect(pdus: &[Passed]) -> Vec<Dissected> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("capture.pcap");
    let frames = pcap::write(&path, pdus);
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&path).args([
        "-d",
        &format!("tcp.port=={SMSC_PORT},smpp"),
        "-T",
        "json",
        "--no-duplicate-keys",
    ]);
    command.args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]);
    let output = command.output().expect("tshark is installed");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let packets: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("tshark writes JSON");
    frames.iter().map(|frame| read(&packets[frame - 1]["_source"]["layers"])).collect()
}

fn read(layers: &serde_json::Value) -> Dissected {
    let mut dissected = Dissected { malformed: layers.get("_ws.malformed").is_some(), ..Dissected::default() };
    walk(layers, &mut |key, value| match key {
        "smpp.command_id" => dissected.command_ids.push(number(value)),
        "smpp.sequence_number" => dissected.sequence_numbers.push(number(value)),
        "smpp.command_length" => dissected.lengths.push(number(value)),
        "smpp.ussd_service_op" => dissected.ussd_service_op = Some(number(value)),
        "smpp.its_session.number" => dissected.session = Some(number(value)),
        "smpp.its_session.ind" => dissected.session_ends = Some(number(value)),
        "smpp.data_coding" => dissected.data_coding = Some(number(value)),
        "_ws.malformed" => dissected.malformed = true,
        "_ws.expert.message" => dissected.remarks.push(value.to_owned()),
        _ => {}
    });
    dissected
}

/// Asserts that tshark takes every PDU, whoever sent it, for the one SMPP PDU that it is.
pub fn assert_smpp(pdus: &[Passed]) {
    for (pdu, seen) in pdus.iter().zip(dissect(pdus)) {
        let place = format!("{:?} {:08x} #{}: {seen:?}", pdu.sender, pdu.command_id(), pdu.sequence_number());
        assert!(!seen.malformed, "malformed: {place}");
        assert_eq!(seen.command_ids, [pdu.command_id()], "{place}");
        assert_eq!(seen.sequence_numbers, [pdu.sequence_number()], "{place}");
        assert_eq!(seen.lengths, [u32::try_from(pdu.octets.len()).expect("a short PDU")], "{place}");
    }
}

/// The ussd_service_op of each PDU of that kind and sender that has one, as tshark reads it.
pub fn ussd_ops(pdus: &[Passed], sender: Sender, command_id: u32) -> Vec<u32> {
    let of = |pdu: &&Passed| pdu.sender == sender && pdu.command_id() == command_id;
    let pdus: Vec<Passed> = pdus.iter().filter(of).cloned().collect();
    dissect(&pdus).into_iter().filter_map(|seen| seen.ussd_service_op).collect()
}

/// Visits every field of the dissection.
fn walk(value: &serde_json::Value, visit: &mut impl FnMut(&str, &str)) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for one in several {
                    match one.as_str() {
                        Some(text) => visit(key, text),
                        None => {
                            visit(key, "");
                            walk(one, visit);
                        }
                    }
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

/// tshark writes some numbers in decimal, others in hexadecimal digits.
fn number(text: &str) -> u32 {
    let parsed = text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| u32::from_str_radix(digits, 16));
    parsed.unwrap_or_else(|_| panic!("not a number: {text:?}"))
}

/// Asserts that tshark sees in our PDUs what they are, and gives ours with their dissection.
fn check(pdus: &[Passed]) -> Vec<(&Passed, Dissected)> {
    let dissected = dissect(pdus);
    let ours: Vec<(&Passed, Dissected)> =
        pdus.iter().zip(dissected).filter(|(pdu, _)| pdu.sender == Sender::Us).collect();
    for (pdu, seen) in &ours {
        let place = format!("{:08x} #{}: {seen:?}", pdu.command_id(), pdu.sequence_number());
        assert!(!seen.malformed, "malformed: {place}");
        assert_eq!(pdu.command_status(), 0, "{place}");
        assert_eq!(seen.command_ids, [pdu.command_id()], "{place}");
        assert_eq!(seen.sequence_numbers, [pdu.sequence_number()], "{place}");
        assert_eq!(seen.lengths, [u32::try_from(pdu.octets.len()).expect("a short PDU")], "{place}");
        assert!(seen.remarks.is_empty(), "tshark remarks: {place}");
    }
    ours
}

/// The optional parameters of a submit_sm (SMPP 3.4, 4.4.1); tshark does not check their lengths, so this does.
///
/// `None` where they do not fill the PDU to its last octet.
fn parameters(submit_sm: &Passed) -> Option<Vec<(u16, Vec<u8>)>> {
    /// The mandatory parameters: how many octets, or 0 for a C-octet string.
    const MANDATORY: [usize; 17] = [0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1];
    let mut rest = &submit_sm.octets[16..];
    let mut last = 0;
    for length in MANDATORY {
        let length = if length > 0 { length } else { rest.iter().position(|octet| *octet == 0)? + 1 };
        last = usize::from(*rest.get(length - 1)?);
        rest = &rest[length..];
    }
    rest = rest.get(last..)?; // the last one was sm_length
    let mut found = Vec::new();
    while !rest.is_empty() {
        let [tag_high, tag_low, high, low] = *rest.first_chunk()?;
        let end = 4 + usize::from(u16::from_be_bytes([high, low]));
        found.push((u16::from_be_bytes([tag_high, tag_low]), rest.get(4..end)?.to_vec()));
        rest = &rest[end..];
    }
    Some(found)
}

fn count(pdus: &[Passed], sender: Sender, command_id: u32) -> usize {
    pdus.iter().filter(|pdu| pdu.sender == sender && pdu.command_id() == command_id).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a2_every_pdu_of_an_application_dissects_as_smpp_from_bind_to_unbind() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let proxy = Proxy::open(smsc.addr);
    let mut serving = ServeConfig::new(proxy.addr, registries.addr()).profile("link", "enquire_link_s = 1").start();
    smsc.wait_for_bind();
    let mut phone = smsc.phone(PHONE);
    apply_in_azerbaijani(&mut phone);
    phone.await_sms("Kartınız hazırdır");
    smsc.settle();
    proxy.wait_for(Sender::Us, ENQUIRE_LINK);
    assert!(serving.process.terminate().success(), "a graceful end");
    smsc.wait_for_close();
    proxy.wait_for_end();

    let pdus = proxy.pdus();
    let ours = check(&pdus);
    assert_eq!(count(&pdus, Sender::Us, BIND_TRANSCEIVER), 1);
    assert_eq!(count(&pdus, Sender::Us, UNBIND), 1, "the last thing that is said");
    assert_eq!(count(&pdus, Sender::Smsc, UNBIND_RESP), 1);
    assert_eq!(ours.last().map(|(pdu, _)| pdu.command_id()), Some(UNBIND));
    let kinds = [SUBMIT_SM, DELIVER_SM_RESP, BIND_TRANSCEIVER, ENQUIRE_LINK, UNBIND];
    for kind in kinds {
        let seen = ours.iter().filter(|(_, seen)| seen.command_ids == [kind]).count();
        assert!(seen > 0 && seen == count(&pdus, Sender::Us, kind), "{kind:08x}: {seen}");
    }
    let others: Vec<u32> = ours.iter().map(|(pdu, _)| pdu.command_id()).filter(|kind| !kinds.contains(kind)).collect();
    assert!(others.is_empty(), "nothing else was to be said: {others:08x?}");

    let answered = count(&pdus, Sender::Us, DELIVER_SM_RESP);
    assert_eq!(answered, count(&pdus, Sender::Smsc, DELIVER_SM), "every deliver_sm is answered once");
    let submitted = ours.iter().filter(|(pdu, _)| pdu.command_id() == SUBMIT_SM);
    let (mut replies, mut texts) = (Vec::new(), 0);
    for (pdu, seen) in submitted {
        let parameters = parameters(pdu).unwrap_or_else(|| panic!("parameters overrun: {seen:?}"));
        let reply = [(USSD_SERVICE_OP, 1), (ITS_SESSION_INFO, 2)];
        let lengths: Vec<(u16, usize)> = parameters.iter().map(|(tag, value)| (*tag, value.len())).collect();
        match parameters.is_empty() {
            true => texts += 1,
            false => {
                assert_eq!(lengths, reply, "{seen:?}");
                replies.push((seen.ussd_service_op, seen.session, seen.session_ends));
            }
        }
    }
    let (last, before) = replies.split_last().expect("replies");
    assert_eq!(replies.len(), smsc.turns, "every turn has one reply");
    assert!(before.iter().all(|reply| *reply == (Some(ASK), Some(1), Some(0))), "{before:?}");
    assert_eq!(*last, (Some(END), Some(1), Some(1)));
    assert!(texts >= 3, "three texts, of one or more segments each: {texts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a2_screens_in_each_language_and_alphabet_dissect_as_smpp() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let proxy = Proxy::open(smsc.addr);
    let mut serving = ServeConfig::new(proxy.addr, registries.addr()).start();
    smsc.wait_for_bind();
    let languages = [("1", "1 Yeni müraciət"), ("2", "1 Новое заявление"), ("3", "1 New application")];
    for ((language, menu), number) in languages.into_iter().zip(["994501234501", "994551234502", "994701234503"]) {
        smsc.phone(number).dial("*7142#").send(language).expect(menu).send("5").expect("142").expect_end();
    }
    assert!(serving.process.terminate().success(), "a graceful end");
    smsc.wait_for_close();
    proxy.wait_for_end();
    let pdus = proxy.pdus();
    let replies: Vec<Dissected> =
        check(&pdus).into_iter().filter(|(pdu, _)| pdu.command_id() == SUBMIT_SM).map(|(_, seen)| seen).collect();
    let sessions: Vec<u32> = replies.iter().filter_map(|seen| seen.session).collect();
    assert_eq!(sessions, [1, 1, 1, 2, 2, 2, 3, 3, 3]);
    let alphabets: Vec<u32> = replies.iter().filter_map(|seen| seen.data_coding).collect();
    // The choice of the language is in all three; help in English fits GSM-7.
    assert_eq!((alphabets[0], alphabets[4], alphabets[8]), (UCS_2, UCS_2, GSM_7), "{alphabets:?}");
}

/// A PDU that the service might have sent.
fn pdu(command_id: u32, body: &[u8]) -> Passed {
    let length = u32::try_from(16 + body.len()).expect("a short PDU");
    let octets = [[length, command_id, 0, 1].map(u32::to_be_bytes).concat(), body.to_vec()].concat();
    Passed { at: Duration::ZERO, connection: 0, sender: Sender::Us, octets }
}

/// A submit_sm without a text, with one octet of ussd_service_op; lengths are claimed.
fn submit_sm(text: u8, parameter: u8) -> Passed {
    let mut body = vec![0; 17];
    body[16] = text;
    body.extend([0x05, 0x01, 0x00, parameter, 2]);
    pdu(SUBMIT_SM, &body)
}

#[test]
fn the_check_passes_what_is_sound_and_finds_what_is_not() {
    let sound = [pdu(ENQUIRE_LINK, &[]), submit_sm(0, 1)];
    assert_eq!(check(&sound)[1].1.ussd_service_op, Some(ASK));
    assert_eq!(parameters(&sound[1]), Some(vec![(USSD_SERVICE_OP, vec![2])]));
    assert_eq!(parameters(&submit_sm(0, 48)), None, "a parameter that overruns its PDU");
    let spoiled = dissect(&[submit_sm(200, 1)]);
    assert!(spoiled[0].malformed, "a text that overruns its PDU: {spoiled:?}");
    let mut two = sound[0].clone();
    two.octets.extend(&sound[1].octets);
    assert_eq!(dissect(&[two])[0].command_ids, [ENQUIRE_LINK, SUBMIT_SM], "one PDU too many");
}
