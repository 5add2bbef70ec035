//! An application by USSD in English, with the crate smpp34, a foreign SMPP stack, as the operator's SMSC.

use crate::node_smpp::institutions;
use crate::serve_config::ServeConfig;
use crate::smpp34_smsc::Smpp34Smsc;
use crate::stage::{eventually, read_only, reference};

/// The phone of a couple in Sheki.
const PHONE: &str = "994701234503";

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s1_an_application_through_smpp34_in_english_ends_with_the_card() {
    let registries = institutions().await;
    let mut smsc = Smpp34Smsc::start().await;
    let config = ServeConfig::new(smsc.addr, registries.addr());
    let mut serving = config.start();
    smsc.wait_for_bind().await;

    let mut phone = smsc.phone(PHONE);
    phone.dial("*7142#").await.expect("1 Azərbaycanca").expect("2 Русский").expect("3 English");
    phone.send("3").await.expect("1 New application");
    phone.send("1").await.expect("This is free").send("1").await.expect("1 I agree");
    phone.send("1").await.expect("Your FIN").send("7oSMETP").await.expect("70SMETP");
    phone.send("1").await.expect("Series").send("1").await.expect("8 digits");
    phone.send("15395180").await.expect("notar");
    phone.send("2026004285").await.expect("you+0");
    phone.send("71JVE84").await.expect("1 Spouse").send("1").await.expect("you+1");
    phone
        .send("2")
        .await
        .expect("First 3 letters")
        .send("1")
        .await
        .expect("1 Baku")
        .send("98")
        .await
        .expect("12 Shaki")
        .send("12")
        .await
        .expect("5 Shaki");
    phone.send("5").await.expect("1 Bank A, Shaki, 19 Akhundov Ave").send("1").await.expect("of your meters");
    phone.send("2").await.expect("FIN 70SMETP, AZE 15395180").expect("1 Send");
    phone.send("1").await.expect("Registered on").expect("free").expect_end();
    let number = reference(phone.shown()).expect("a registration number");
    phone.await_sms("is registered").await.expect(&number);
    phone.await_sms("is granted").await.expect(&number).expect("480,00 AZN").expect("142");
    phone.await_sms("card is ready").await.expect("Shaki, 19 Akhundov Ave").expect("142");
    assert_eq!(registries.card_orders().len(), 1, "one card");

    // The receipts name their messages in parameters alone, and some overtake the response that gives the name.
    smsc.settle().await;
    assert!(smsc.receipts.0 >= 4, "three texts, one of them in two segments: {:?}", smsc.receipts);
    let mut store = read_only(&config.gateway_database()).await;
    let delivered = "SELECT count(*) FROM text_attempts JOIN receipts USING (operator, message_id) \
                     WHERE receipts.state = 'DELIVRD'";
    let segments = i64::try_from(smsc.receipts.0).expect("few");
    eventually("every segment is known to be delivered", async || {
        let count: i64 = sqlx::query_scalar(delivered).fetch_one(&mut store).await.ok()?;
        (count == segments).then_some(())
    })
    .await;
    assert!(serving.process.terminate().success());
    smsc.wait_for_close().await;
}
