use super::outside::Mood;
use super::world::{PHONE, World};
use dayaq_core_api::{CardStage, Notice, PickupReply, Stage};
use jiff::civil::date;

const POST: &str = "bank POST card-orders";
const QUERY: &str = "bank GET card-orders?key";

async fn granted() -> World {
    let world = World::new().await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    world
}

#[tokio::test]
async fn s10_an_award_orders_a_card_and_s11_tells_where_and_when_it_can_be_collected() {
    let world = granted().await;
    world.work().await;
    {
        let registers = world.outside.registers();
        let order = registers.orders.values().next().unwrap();
        assert_eq!(order["holder"], "MƏMMƏDOVA AYNUR");
        assert_eq!((&order["branch"], &order["ordered_on"]), (&"quba-1".into(), &"2026-11-23".into()));
    }
    assert_eq!(
        world.pickup(PHONE, "5678").await,
        PickupReply::Card(CardStage::Ordered { branch: "quba-1".to_owned() })
    );
    world.work_until("2026-11-27T08:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    world.outside.card_ready("2026-11-30");
    let due = world.core.next_due().await.unwrap().unwrap();
    world.clock.advance_to(due);
    world.work().await;
    let ready = Notice::CardReady { branch: "quba-1".to_owned(), collect_from: date(2026, 11, 30) };
    assert_eq!(world.texts().await, [ready]);
    assert_eq!(world.stage(PHONE).await, Some(Stage::CardReady));
    let card = CardStage::Ready { branch: "quba-1".to_owned(), collect_from: date(2026, 11, 30) };
    assert_eq!(world.pickup(PHONE, "5678").await, PickupReply::Card(card));
    assert_eq!(world.core.next_due().await.unwrap(), None, "nothing is left to do");
}

#[tokio::test]
async fn d12_an_order_whose_answer_was_lost_is_looked_up_by_key_and_never_placed_again() {
    let world = granted().await;
    world.outside.mood("bank", Mood::Silent);
    world.work().await;
    assert_eq!((world.outside.calls(POST), world.outside.registers().orders.len()), (1, 1));
    world.outside.mood("bank", Mood::Well);
    world.work_until("2026-11-23T06:05:00Z").await;
    assert_eq!((world.outside.calls(POST), world.outside.calls(QUERY)), (1, 1));
    assert_eq!(world.outside.registers().orders.len(), 1);
    world.outside.card_ready("2026-11-30");
    world.work_until("2026-11-23T12:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::CardReady));
}

#[tokio::test]
async fn d12_an_order_that_never_arrived_is_placed_after_the_bank_said_so() {
    for mood in [Mood::Failing, Mood::WrongForm, Mood::Refusing] {
        let world = granted().await;
        world.outside.mood("bank", mood);
        world.work_until("2026-11-23T06:30:00Z").await;
        assert_eq!(world.outside.calls(POST), 1, "{mood:?}: a query first, each time");
        assert!(world.outside.calls(QUERY) >= 2, "{mood:?}");
        world.outside.mood("bank", Mood::Well);
        world.work_until("2026-11-23T08:30:00Z").await;
        assert_eq!((world.outside.calls(POST), world.outside.registers().orders.len()), (2, 1), "{mood:?}");
        assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    }
}

#[tokio::test]
async fn d12_a_core_that_died_while_it_ordered_asks_by_key_first() {
    let mut world = granted().await;
    world.outside.mood("bank", Mood::Silent);
    world.work().await;
    world.restart().await;
    world.outside.mood("bank", Mood::Well);
    world.work_until("2026-11-23T06:05:00Z").await;
    assert_eq!((world.outside.calls(POST), world.outside.registers().orders.len()), (1, 1));
}

#[tokio::test]
async fn a_card_that_is_ready_without_a_day_is_not_told() {
    let world = granted().await;
    world.work().await;
    for order in world.outside.registers().orders.values_mut() {
        order["status"] = "ready".into();
    }
    world.work_until("2026-11-23T10:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    world.outside.card_ready("2026-11-30");
    world.work_until("2026-11-23T14:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::CardReady));
}

#[tokio::test]
async fn a_card_moved_to_another_branch_is_told_there() {
    let world = granted().await;
    world.work().await;
    for order in world.outside.registers().orders.values_mut() {
        order["branch"] = "xacmaz-1".into();
    }
    world.outside.card_ready("2026-11-30");
    world.texts().await;
    world.work_until("2026-11-23T10:00:00Z").await;
    let card = CardStage::Ready { branch: "xacmaz-1".to_owned(), collect_from: date(2026, 11, 30) };
    assert_eq!(world.pickup(PHONE, "5678").await, PickupReply::Card(card));
}
