//! Workers that panic: named, started again, and no poisonous call stops another.

use crate::family::ALONE;
use crate::stage::{Phone, eventually, page};
use crate::stand_in::{House, Mood};
use dayaq_types::Msisdn;

/// Two phones of the same family's words; their drafts are two.
fn phones(house: &House) -> [Phone; 2] {
    ["994501234567", "994502345678"].map(|number| Phone(house.smsc.handset(Msisdn::parse(number).expect("a number"))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_panics_is_named_and_comes_back_and_a_poisonous_call_is_put_aside() {
    let house = House::up("").await;
    assert_eq!(page(house.gateway.http, "/readyz").await.0, 200);
    house.core.panic_at_leases(1);
    // A pass comes every 20 ms, so that this is far sooner than the two seconds there are.
    let said = eventually("the leaser is named", async || {
        let (status, said) = page(house.gateway.http, "/readyz").await;
        (status == 503).then_some(said)
    })
    .await;
    assert!(said.contains(r#"{"name":"workers","fault":"leaser panicked: out of order"}"#), "{said}");
    eventually("it is back", async || (page(house.gateway.http, "/readyz").await.0 == 200).then_some(())).await;

    // Two calls are recorded; one of them brings down whoever makes it.
    house.core.be(Mood::Away);
    let [first, second] = phones(&house);
    for phone in [&first, &second] {
        let seen = ALONE.begin(phone, ALONE.answers.len()).await;
        ALONE.look_over(phone, seen).await;
        phone.send("1").await.says("Ваши данные сохранены").ends();
    }
    let drafts = house.core.asked();
    assert_eq!(drafts.len(), 2, "each has its own draft");
    house.core.poison(drafts[0]);
    house.core.be(Mood::Well);
    eventually("the other is carried out", async || house.core.submitted().contains_key(&drafts[1]).then_some(()))
        .await;
    eventually("the poison was tried", async || (house.core.poisoned() == 1).then_some(())).await;
    assert!(!house.core.submitted().contains_key(&drafts[0]));
    let (status, said) = page(house.gateway.http, "/readyz").await;
    assert_eq!(status, 200, "no worker fell: {said}");
    house.gateway.shutdown().await;
}
