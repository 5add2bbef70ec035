use crate::{IdStyle, ReceiptForm, ReceiptOrder, SmscConfig, read_setup};
use dayaq_author::{Environment, Surroundings};
use dayaq_smpp::BindKind;
use std::time::Duration;

/// A machine without files and variables.
struct Nowhere;

impl Environment for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

impl Surroundings for Nowhere {
    fn file(&self, _: &str) -> Result<String, String> {
        Err("no such file".to_owned())
    }
}

#[test]
fn k5_an_operator_is_read_from_a_file() {
    let text = r#"
        system_id = "test-smsc"
        short_code = "7142"
        faults = ["status=RTHROTTLED,every=10", "receipt=UNDELIV,to=99455"]
        [[account]]
        system_id = "dayaq"
        password = "secret"
        [[account]]
        system_id = "bank"
        password = "geheim"
        binds = ["transmitter", "receiver"]
        binds_max = 2
        codes = ["7555"]
        [receipts]
        form = "text"
        order = "before-response"
        response_id = "hex"
        receipt_id = "decimal"
        [limits]
        throughput = 10
        window = 20
        queue = 30
        [delays]
        response_ms = 40
        delivery_ms = 50
        enquire_link_s = 60
    "#;
    let (config, found) = read_setup("smsc.toml", text, SmscConfig::default(), &Nowhere);
    assert_eq!(found.to_string(), "");
    let [dayaq, bank] = &config.accounts[..] else { panic!("two accounts") };
    assert_eq!((dayaq.system_id.as_str(), dayaq.kinds.len(), dayaq.codes.len()), ("dayaq", 3, 0));
    assert_eq!(bank.kinds, [BindKind::Transmitter, BindKind::Receiver]);
    assert_eq!(
        (bank.binds_max, bank.codes.as_slice(), bank.password.expose().as_str()),
        (2, &["7555".to_owned()][..], "geheim")
    );
    assert_eq!((config.receipts.form, config.receipts.order), (ReceiptForm::Text, ReceiptOrder::BeforeResponse));
    assert_eq!((config.receipts.response_id, config.receipts.receipt_id), (IdStyle::Hex, IdStyle::Decimal));
    assert_eq!((config.throughput, config.link.inbound_max, config.queue_max), (Some(10), 20, 30));
    let millis = Duration::from_millis;
    assert_eq!(
        (config.response_delay, config.delivery_delay, config.link.enquire_link),
        (millis(40), millis(50), Some(millis(60_000)))
    );
    assert_eq!(
        config.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["status=RTHROTTLED,every=10", "receipt=UNDELIV,to=99455"]
    );
}

#[test]
fn k5_every_slip_in_the_file_is_told_with_its_key_and_line() {
    let text = "short_code = \"*7142#\"\nfaults = [\"cut\", \"statsu=RSYSERR\"]\n[[account]]\nsystem_id = \"dayaq\"\nbinds = [\"both\"]\n[limits]\nwindows = 3\nqueue = 0\n";
    let (_, found) = read_setup("smsc.toml", text, SmscConfig::default(), &Nowhere);
    let found = found.to_string();
    for told in [
        "smsc.toml:1:14: error: short_code: must be 1 to 20 digits, found \"*7142#\"",
        "smsc.toml:2:18: error: faults[1]: there is no fault \"statsu\", did you mean \"status\"?",
        "account[0].password: missing",
        "smsc.toml:7:1: error: limits.windows: unknown key, did you mean \"window\"?",
        "smsc.toml:8:9: error: limits.queue: must be 1 to 100000, found 0",
    ] {
        assert!(found.contains(told), "{told}\nis not in\n{found}");
    }
}
