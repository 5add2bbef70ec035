//! The service at an operator that repeats, delays, loses and invents.

use crate::family::QUBA;
use crate::stage::{Setting, Stage};
use dayaq_simulator::{IdStyle, ReceiptForm, ReceiptOrder, ReceiptRule, SmscConfig};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_a_family_applies_once_at_an_operator_that_repeats_delays_loses_and_invents() {
    let faults = [
        "deliver-twice,every=3",
        "response-late=40,every=2",
        "receipt-lost,every=3",
        "command,after=10,times=2",
        "slow=20000",
    ];
    let receipts = ReceiptRule {
        form: ReceiptForm::Text,
        order: ReceiptOrder::BeforeResponse,
        response_id: IdStyle::Decimal,
        receipt_id: IdStyle::Decimal,
    };
    let faults = faults.map(|text| text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))).to_vec();
    let stage =
        Stage::up(Setting { smsc: SmscConfig { faults, receipts, ..SmscConfig::default() }, ..Setting::default() });
    let stage = stage.await;
    let phone = stage.phone(QUBA.number);
    QUBA.until_confirm(&phone).await;
    let last = phone.send("1").await;
    let reference = last.says(QUBA.registered).ends().reference();
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(phone.text().await);
    }
    for says in ["Müraciətiniz qeydə alındı", "Ünvanlı sosial yardım təyin olundu", "Kartınız hazırdır"] {
        assert_eq!(texts.iter().filter(|text| text.contains(says)).count(), 1, "{says}: {texts:?}");
    }
    assert_eq!(stage.references().await, [reference]);
    assert_eq!(stage.registries.card_orders().len(), 1, "one card");
    stage.assert_sound().await;
}
