//! Kannel, a foreign gateway, as the ESME of our simulated operator.

use crate::capture::Capture;
use crate::kannel_esme::{Kannel, Mt};
use crate::program::PATIENCE;
use crate::proxy::Sender;
use crate::stage::eventually;
use dayaq_simulator::{Smsc, SmscConfig};
use dayaq_types::Msisdn;

const PHONE: &str = "994501234567";
const LONG: &str = "Hörmətli ailə, müraciətiniz qeydə alındı. Qərar 15 iş günü ərzində veriləcək və SMS ilə bildiriləcək. \
                    Xidmət pulsuzdur, heç kimə pul verməyin.";

async fn up() -> (Smsc, Capture, Kannel) {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("loopback has a free port");
    let capture = Capture::of(&smsc);
    let kannel = Kannel::start(smsc.addr(), "dayaq", "secret").await;
    assert!(smsc.bound(PATIENCE).await, "Kannel does not bind");
    (smsc, capture, kannel)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_kannel_takes_a_ussd_session_with_both_parameters_and_answers_it() {
    let (smsc, capture, mut kannel) = up().await;
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a phone number"));

    let menu = "1 Müraciət\n2 Kömək";
    let (screen, session) = tokio::join!(phone.dial("*7142#"), async {
        let mo = kannel.next_mo().await;
        assert_eq!((mo.from.as_str(), mo.to.as_str(), mo.text.as_str()), ("+994501234567", "7142", "*7142#"));
        assert_eq!(mo.op, Some(vec![1]), "ussd_service_op: begin");
        let its: [u8; 2] = mo.its.and_then(|its| its.try_into().ok()).expect("its_session_info of two octets");
        kannel.send(Mt { from: "7142", to: PHONE, text: menu, ussd: Some((2, its)), ..Mt::default() }).await;
        its[0]
    });
    let screen = screen.expect("a screen");
    assert_eq!((screen.text.as_str(), screen.more), (menu, true));

    let (screen, ()) = tokio::join!(phone.send("2"), async {
        let mo = kannel.next_mo().await;
        assert_eq!((mo.text.as_str(), mo.op), ("2", Some(vec![18])), "ussd_service_op: continue");
        assert_eq!(mo.its, Some(vec![session, 0b10]), "the second turn");
        let end =
            Mt { from: "7142", to: PHONE, text: "Zəng: 142", ussd: Some((17, [session, 0b11])), ..Mt::default() };
        kannel.send(end).await;
    });
    let screen = screen.expect("a screen");
    assert_eq!((screen.text.as_str(), screen.more), ("Zəng: 142", false));
    assert!(!phone.in_session());
    let passed = capture.dissect();
    assert!(passed.iter().any(|pdu| pdu.sender == Sender::Us && pdu.command_id() == 4), "Kannel's submit_sm");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_kannel_exchanges_texts_short_and_long_and_hears_their_receipts() {
    let (smsc, capture, mut kannel) = up().await;
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a phone number"));

    for text in ["STATUS {26-0000017-4} @", LONG] {
        phone.send_sms(text).await.expect("taken");
        let mo = kannel.next_mo().await;
        assert_eq!((mo.text.as_str(), mo.op, mo.its), (text, None, None));
    }
    for (text, segments) in [("Your card is ready.", 1), (LONG, 3)] {
        kannel.send(Mt { from: "Dayaq", to: PHONE, text, receipt: true, ..Mt::default() }).await;
        let sms = phone.next_sms(PATIENCE).await.expect("a text");
        assert_eq!((sms.text.as_str(), sms.from.as_str(), sms.segments), (text, "Dayaq", segments));
        let mut delivered = None;
        while delivered.is_none() {
            let receipt = kannel.ear.next("/receipt").await;
            let state = receipt.text("state");
            // 8: accepted by the operator; 1: delivered to the phone.
            assert!(state == "8" || state == "1", "{receipt:?}");
            delivered = (state == "1").then(|| receipt.text("text"));
        }
        let words = delivered.unwrap_or_default();
        assert!(words.starts_with("id:") && words.contains("stat:DELIVRD err:000"), "{words}");
    }
    capture.dissect();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_kannel_binds_again_after_a_cut_and_is_told_what_waited() {
    let (smsc, capture, mut kannel) = up().await;
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a phone number"));
    smsc.cut_links();
    eventually("the link is gone", async || (!smsc.is_bound()).then_some(())).await;
    phone.send_sms("Salam").await.expect("taken after the reconnect");
    assert_eq!(kannel.next_mo().await.text, "Salam");
    capture.dissect();
}
