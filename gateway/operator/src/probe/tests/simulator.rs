use super::fixture::{SHIPPED, operator, order, profile, rows, run, shipped};
use crate::probe::{Group, Verdict, html, probe, terminal};
use dayaq_gateway::config::BindKind;
use dayaq_simulator::{Deed, Fault, IdStyle, ReceiptForm, ReceiptOrder, ReceiptRule, Smsc, SmscConfig};
use dayaq_smpp::CommandStatus;
use dayaq_text::Alphabet;
use dayaq_types::{Clock, SeededEntropy, SystemClock};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn s14_probe_of_each_shipped_profile_conforms_in_every_row() {
    let runs = SHIPPED.map(|(name, text)| {
        let profile = profile(text);
        (name, tokio::spawn(run(operator(&profile), move |smsc| order(&profile, smsc))))
    });
    for (name, run) in runs {
        let report = run.await.expect("no run panics");
        let shown = terminal(&report, false);
        println!("{name}\n{shown}");
        assert_eq!(rows(&report, Verdict::Differs), [""; 0], "{name}\n{shown}");
        assert_eq!(rows(&report, Verdict::NotShown), [""; 0], "{name}\n{shown}");
        assert_eq!((report.exit(), report.unexpected.len()), (0, 0), "{name}: {:?}", report.unexpected);
        let pushes = rows(&report, Verdict::Conforms).iter().filter(|id| id.starts_with("ussd.push")).count();
        assert_eq!(pushes, if matches!(name, "dialogue-id" | "msisdn-only") { 2 } else { 0 }, "{name}");
    }
}

#[tokio::test]
async fn s14_probe_reports_exactly_three_planted_faults_of_the_simulator() {
    let profile = shipped("message-reference");
    let mut config = operator(&profile);
    config.receipts = ReceiptRule { response_id: IdStyle::Hex, receipt_id: IdStyle::Decimal, ..ReceiptRule::default() };
    config.dialect.outbound_ops.end = Some(32);
    config.dialect.data_codings.default_alphabet = Alphabet::Latin1;
    let report = run(config, |smsc| order(&profile, smsc)).await;
    let shown = terminal(&report, false);
    println!("{shown}");
    assert_eq!(rows(&report, Verdict::Differs), ["texts.default-letters", "receipts.id", "ussd.end"], "{shown}");
    assert_eq!(report.exit(), 1);
    let id = report.rows.iter().find(|row| row.id == "receipts.id").expect("a row");
    assert!(id.seen.contains("receipt_id = \"hex-decimal\""), "{}", id.seen);
}

/// What is seen of a row.
fn seen<'r>(report: &'r crate::probe::Report, id: &str) -> &'r str {
    &report.rows.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("no row {id}")).seen
}

#[tokio::test]
async fn s14_probe_says_at_which_rate_the_operator_begins_to_throttle() {
    let profile = shipped("specification");
    let mut config = operator(&profile);
    config.throughput = Some(12);
    let report = run(config, |smsc| {
        let mut order = order(&profile, smsc);
        (order.echo, order.groups) = (false, vec![Group::Flow]);
        order
    })
    .await;
    let shown = terminal(&report, false);
    println!("{shown}");
    assert_eq!(rows(&report, Verdict::Differs), ["flow.rate"], "{shown}");
    let said = seen(&report, "flow.rate");
    assert!(said.contains("RTHROTTLED (0x58) from text 13 on") && said.contains("the 13th within a second"), "{said}");
}

#[tokio::test]
async fn s14_probe_sends_no_more_texts_than_it_may() {
    let profile = shipped("specification");
    let report = run(operator(&profile), |smsc| {
        let mut order = order(&profile, smsc);
        order.texts_max = 8;
        order.groups = vec![Group::Texts, Group::Receipts, Group::Flow];
        order
    })
    .await;
    let shown = terminal(&report, false);
    assert_eq!(report.texts_sent, 8, "{shown}");
    assert_eq!(rows(&report, Verdict::NotShown), ["flow.window", "flow.rate"], "{shown}");
    assert_eq!(
        (seen(&report, "flow.window"), report.exit()),
        ("2 at once were taken; --texts allows no more", 0),
        "{shown}"
    );
}

#[tokio::test]
async fn s14_probe_tells_a_faulty_operator_row_by_row() {
    let profile = shipped("specification");
    let cases = [
        ("enquire-link-silent", vec![Group::Alive], vec!["alive.enquire-link"]),
        ("receipt-lost", vec![Group::Receipts], vec!["receipts.come"]),
        ("receipt=UNDELIV", vec![Group::Receipts], vec!["receipts.state"]),
        ("status=RINVDSTADR,times=1", vec![Group::Texts], vec!["texts.default"]),
        ("nack,times=1", vec![Group::Texts], vec!["texts.default"]),
        ("receipt=UNDELIV,every=2", vec![Group::Receipts], vec!["receipts.state"]),
        ("response-lost,times=1", vec![Group::Texts], vec!["texts.default"]),
        ("cut,after=8", vec![Group::Alive, Group::Texts, Group::Receipts, Group::Flow], vec!["alive.link-kept"]),
        ("unbind,after=10", vec![Group::Texts, Group::Flow], vec!["alive.link-kept"]),
    ];
    let runs = cases.map(|(fault, groups, differs)| {
        let mut config = operator(&profile);
        config.faults = vec![fault.parse::<Fault>().expect(fault)];
        let profile = profile.clone();
        let order = move |smsc| {
            let mut order = order(&profile, smsc);
            order.profile.link.enquire_link_response = Duration::from_secs(1);
            order.profile.link.response = Duration::from_secs(2);
            order.receipt_wait = Duration::from_secs(2);
            (order.echo, order.groups) = (false, groups);
            order
        };
        (fault, differs, tokio::spawn(run(config, order)))
    });
    for (fault, differs, run) in runs {
        let report = run.await.expect("no run panics");
        let found = rows(&report, Verdict::Differs);
        assert_eq!(found, differs, "{fault}\n{}", terminal(&report, false));
        assert_eq!(report.exit(), 1, "{fault}");
    }
}

#[tokio::test]
async fn s14_probe_lists_what_no_row_expects() {
    let profile = shipped("specification");
    let mut config = operator(&profile);
    config.receipts =
        ReceiptRule { form: ReceiptForm::Parameters, order: ReceiptOrder::BeforeResponse, ..config.receipts };
    config.faults = vec![
        Fault::new(Deed::TruncateParameter),
        Fault::new(Deed::Command(0xBEEF)),
        Fault { every: 3, ..Fault::new(Deed::Refuse(CommandStatus(0x400))) },
    ];
    config.faults[0].times = Some(1);
    let report = run(config, |smsc| {
        let mut order = order(&profile, smsc);
        (order.echo, order.receipt_wait) = (false, Duration::from_secs(2));
        order.groups = vec![Group::Texts, Group::Receipts];
        order
    })
    .await;
    let unexpected = report.unexpected.join("\n");
    println!("{unexpected}");
    assert!(unexpected.contains("a malformed PDU: deliver_sm: tag 0x1400 runs past the end"), "{unexpected}");
    assert!(unexpected.contains("command 0x0000beef, which no version of SMPP has"), "{unexpected}");
    assert!(unexpected.contains("submit_sm_resp with a status of the vendor's own, 0x400"), "{unexpected}");
    assert_eq!(seen(&report, "receipts.form"), "in parameters, esm_class 0x04");
}

#[tokio::test]
async fn s14_probe_says_in_one_sentence_why_there_is_no_bind() {
    let profile = shipped("specification");
    let report = run(operator(&profile), |smsc| {
        let mut order = order(&profile, smsc);
        order.password = "other".into();
        order
    })
    .await;
    let why = report.no_bind.clone().unwrap_or_default();
    assert_eq!((report.exit(), report.count(Verdict::Conforms)), (2, 1));
    assert_eq!(why, "bind_transceiver: refused with RINVPASWD (0x0e): the password is not the one that the SMSC has");
    let gone = Smsc::start(operator(&profile)).await.expect("a free port");
    let nobody = gone.addr();
    gone.shutdown().await;
    let report = run(operator(&profile), |_| order(&profile, nobody)).await;
    let why = report.no_bind.clone().unwrap_or_default();
    assert!(why.starts_with(&format!("cannot connect to {nobody}")), "{why}");
    assert_eq!((report.exit(), report.count(Verdict::Conforms)), (2, 0));
}

#[tokio::test]
async fn s14_probe_goes_by_a_transmitter_and_a_receiver_as_well() {
    let profile = shipped("dialogue-id");
    let report = run(operator(&profile), |smsc| {
        let mut order = order(&profile, smsc);
        order.bind = BindKind::Pair;
        order
    })
    .await;
    let shown = terminal(&report, false);
    assert_eq!((rows(&report, Verdict::Differs).len(), rows(&report, Verdict::NotShown).len()), (0, 0), "{shown}");
}

#[tokio::test]
async fn s14_probe_gives_back_what_another_phone_sends() {
    let profile = shipped("specification");
    let config = SmscConfig { deliveries_max: u32::MAX, ..operator(&profile) };
    let smsc = Smsc::start(config).await.expect("a free port");
    let other = smsc.handset(dayaq_types::Msisdn::parse("994701112233").expect("a number"));
    let mut order = order(&profile, smsc.addr());
    (order.echo, order.groups) = (false, vec![Group::Texts, Group::Flow]);
    let text = tokio::spawn(async move { other.send_sms("Salam").await });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let report = probe(&order, Arc::clone(&clock), &SeededEntropy::new(7), &mut |_: &str| {}).await;
    let unexpected = report.unexpected.join("\n");
    assert!(unexpected.starts_with("a message of another phone; it was answered RX_T_APPN"), "{unexpected}");
    assert!(!html(&report).contains("0111223"), "nothing of it is in the report");
    // Nobody has taken it: the operator still has it for whoever comes next.
    assert!(!text.is_finished());
    smsc.shutdown().await;
}
