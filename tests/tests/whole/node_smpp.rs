//! The whole service with a foreign SMPP stack as the operator's SMSC.

use crate::node_smsc::{NodeSmsc, Phone};
use crate::serve_config::ServeConfig;
use crate::shipped::{self, core_files};
use crate::stage::{eventually, read_only};
use dayaq_core::CoreContent;
use dayaq_registries::{CardTime, Running};
use dayaq_types::{Clock, Money, SystemClock, baku_date};
use jiff::ToSpan;
use jiff::civil::Date;
use std::sync::Arc;
use std::time::Duration;

/// The phone of these stories.
pub const PHONE: &str = "994501234501";

/// The official example's family applies in Azerbaijani, up to the last screen.
pub fn apply_in_azerbaijani(phone: &mut Phone<'_>) {
    phone.dial("*7142#").expect("1 Azərbaycanca").expect("2 Русский").expect("3 English");
    phone.send("1").expect("1 Yeni müraciət");
    phone.send("1").expect("Pulsuzdur").send("1").expect("1 Razıyam");
    phone.send("1").expect("FİN kodunuz").send("300tq7m").expect("Vəsiqənizin seriyası");
    phone.send("2").expect("AA hərflərindən sonrakı 7 rəqəm").send("3073607").expect("1 Hələ yoxdur");
    phone.send("2026004117").expect("FİN-i (siz+0)");
    for (fin, relation, count) in [("69F5J5R", "1", 1), ("7ZHET4L", "2", 2), ("124HW0U", "2", 3)] {
        phone.send(fin).expect("Kimdir?").send(relation).expect(&format!("FİN-i (siz+{count})"));
    }
    phone.send("2").expect("ilk 3 hərfi").send("qub").expect("1 Quba").send("1").expect("Kartın bankı");
    phone.send("1").expect("Sayğac nömrələrini bilirsiniz?").send("2").expect("300TQ7M, AA 3073607");
    phone.send("98").expect("Övlad 124HW0U").send("98").expect("1 Göndər");
    phone.send("1").expect("Qeydiyyat").expect_end();
}

/// The institutions and the bank on the machine's clock; a card takes no longer than a moment.
pub async fn institutions() -> Running {
    shipped::institutions(Arc::new(SystemClock::new()), CardTime::After(Duration::from_millis(500))).await
}

fn printed(day: Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s1_a_family_applies_over_a_foreign_smsc_and_hears_amount_branch_and_date() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let serve = ServeConfig::new(smsc.addr, registries.addr());
    let mut serving = serve.start();
    smsc.wait_for_bind();

    let clock = SystemClock::new();
    let before = baku_date(clock.now());
    let mut phone = smsc.phone(PHONE);
    apply_in_azerbaijani(&mut phone);
    let today = [before, baku_date(clock.now())].into_iter().find(|day| phone.shown().contains(&printed(*day)));
    let today = today.unwrap_or_else(|| panic!("no day of registration on {:?}", phone.shown()));

    let content = CoreContent::read(&core_files()).0.expect("the shipped content is in order");
    let deadline = content.calendar.deadline(today, 15).expect("the calendar reaches");
    phone.expect(&format!("Qeydiyyat {}", printed(today))).expect(&format!("Qərar {}", printed(deadline)));
    let reference = phone.shown().lines().nth(1).expect("the registration number").to_owned();
    phone.await_sms("Müraciətiniz qeydə alındı").expect(&reference);

    let rules = content.rules.governing(today).expect("rules of today");
    let amount = Money::from_qepik(4 * rules.criterion.qepik() - 40_000);
    let from = today.first_of_month();
    let until = from.checked_add(i64::from(rules.award_months).months()).and_then(|end| end.yesterday());
    phone.await_sms("Ünvanlı sosial yardım təyin olundu").expect(&reference).expect(&format!("Ayda: {amount}"));
    phone.expect(&format!("Müddət: {}-{}", printed(from), printed(until.expect("a day"))));
    phone.expect("heç kimə pul verməyin").expect("142");

    phone.await_sms("Kartınız hazırdır").expect("alın: Bank A, Quba");
    let orders = registries.card_orders();
    assert_eq!(orders.len(), 1, "one card");
    let collect_from = orders[0].collect_from.expect("the bank has made it");
    phone.expect(&format!("{} tarixindən", printed(collect_from)));

    smsc.settle();
    assert!(serving.process.terminate().success());
    smsc.wait_for_close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a1_after_a_cut_the_service_binds_again_and_the_phone_goes_on_where_it_was() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let _serving = ServeConfig::new(smsc.addr, registries.addr()).start();
    smsc.wait_for_bind();
    let mut phone = smsc.phone(PHONE);
    phone.dial("*7142#").send("1").send("1").send("1").send("1").expect("FİN kodunuz");
    phone.send("300TQ7M").expect("Vəsiqənizin seriyası").send("2").expect("AA hərflərindən sonrakı");
    smsc.cut();
    let mut phone = smsc.phone(PHONE);
    phone.dial("*7142#").expect("1 Davam et").send("1").expect("AA hərflərindən sonrakı");
    phone.send("3073607").expect("Notarius ərizəsinin nömrəsi");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn i1_every_segment_of_a_text_is_known_to_be_delivered() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let config = ServeConfig::new(smsc.addr, registries.addr());
    let _serving = config.start();
    smsc.wait_for_bind();
    let mut phone = smsc.phone(PHONE);
    apply_in_azerbaijani(&mut phone);
    phone.await_sms("Kartınız hazırdır");

    let mut store = read_only(&config.gateway_database()).await;
    let delivered =
        "SELECT count(*) FROM text_attempts JOIN receipts USING (operator, message_id) WHERE receipts.state = ?";
    let sent: i64 = sqlx::query_scalar("SELECT sum(segments) FROM texts").fetch_one(&mut store).await.expect("a sum");
    assert!(sent > 3, "three texts, more than one of them in two segments: {sent}");
    eventually("every segment has its receipt", async || {
        let count = sqlx::query_scalar(delivered).bind("DELIVRD").fetch_one(&mut store).await;
        (count.ok() == Some(sent)).then_some(())
    })
    .await;
}
