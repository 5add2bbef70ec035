//! C15: gateways whose clocks are apart share sessions whose time to live is Redis's alone.

use super::applicant::{ANSWERS, DRAFT_FROM, Desk, name, shown};
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_types::{Clock, ManualClock};
use jiff::SignedDuration;
use std::sync::Arc;

const NUMBER: u64 = 994_501_234_567;

/// The whole application, turn by turn at another gateway: one is an hour ahead, one an hour behind.
#[tokio::test]
async fn c15_gateways_an_hour_apart_take_turns_and_nobody_notices() {
    for profile in ["specification", "dialogue-id"] {
        let redis = RedisNode::on_a_socket("").started();
        let desk = Desk::at(&redis.url(), profile).await;
        let mut alone = desk.phone(NUMBER + 1);
        let expected = desk.apply(&redis, &mut alone, ANSWERS.len()).await;

        let now = desk.world.clock.now();
        let hour = SignedDuration::from_hours(1);
        let clocks = [now, now + hour, now - hour].map(|now| Arc::new(ManualClock::new(now)));
        let gateways = clocks.map(|clock| desk.world.gateway_by(clock));
        let mut phone = desk.phone(NUMBER);
        phone.session = 40;
        let (key, ours) = (name(&desk.world.key(NUMBER)), name(&desk.world.key(NUMBER + 1)));
        let mut turns = vec![(UssdEvent::Begin, "*7142#")];
        turns.extend(ANSWERS.iter().map(|typed| (UssdEvent::Continue, *typed)));
        for (at, (event, typed)) in turns.into_iter().enumerate() {
            phone.sequence = at as u64;
            let said = desk.world.deliver_to(&gateways[at % 3], phone.message(event, typed)).await;
            assert_eq!(shown(&said).0, expected[at].screen, "{profile}, turn {at}");
            let left: i64 = redis.ask(&["PTTL", &key]).await;
            let minutes = if at <= DRAFT_FROM && at != 1 { 15 } else { 72 * 60 };
            assert!((1..=minutes * 60_000).contains(&left), "{left} ms left after turn {at}");
            assert!(left > (minutes - 1) * 60_000, "{left} ms left after turn {at}");
        }
        let (left, right): (i64, i64) = (redis.ask(&["PTTL", &key]).await, redis.ask(&["PTTL", &ours]).await);
        assert!((left - right).abs() < 60_000, "{left} and {right}");
    }
}
