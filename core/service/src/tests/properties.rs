//! What holds of every decision, whatever the family.

use super::family::{DAY, earned, family, household, notarised, person, rules_of, spent};
use crate::StoredDecision;
use crate::decide::{AssumedValues, Decision, Outcome, Undecidable, decide};
use crate::facts::{Facts, Month, Vehicle};
use crate::rules::VehicleBasis;
use dayaq_core_api::{Member, Relation};
use dayaq_types::{Fin, Money};
use jiff::civil::{Date, date};
use proptest::prelude::*;

/// What is paid a month; nothing where nothing is granted.
fn paid(decided: &Result<Decision, Undecidable>) -> Money {
    match decided {
        Ok(Decision { outcome: Outcome::Granted(award), .. }) => award.amount,
        Ok(Decision { outcome: Outcome::Refused(_), .. }) | Err(_) => Money::ZERO,
    }
}

/// Days under rules of every kind.
fn days() -> impl Strategy<Value = Date> {
    proptest::sample::select(vec![
        date(2016, 6, 1),
        date(2017, 3, 31),
        date(2020, 10, 31),
        date(2020, 11, 1),
        date(2023, 6, 15),
        DAY,
    ])
}

prop_compose! {
    fn families()(
        day in days(),
        sums in proptest::collection::vec((0usize..4, 0u32..14, 0i64..300_000), 0..20),
        spending in 0i64..25_000,
        car in proptest::option::of(0usize..4),
        prisoner in proptest::option::of(1usize..4),
    ) -> (Date, Facts) {
        let mut facts = family(day);
        facts.utilities = spent(day, spending);
        let people = household(&mut facts);
        people[0].income.clear();
        for (who, ago, qepik) in sums {
            people[who].income.push(earned(Month::of(day).earlier(ago), qepik));
        }
        if let Some(who) = car {
            people[who].vehicles.push(Vehicle { basis: VehicleBasis::Owned, rehabilitation: false });
        }
        if let Some(who) = prisoner {
            people[who].prisoner = true;
        }
        (day, facts)
    }
}

fn assumptions() -> impl Strategy<Value = AssumedValues> {
    proptest::sample::select(vec![AssumedValues::Powerless, AssumedValues::Count])
}

proptest! {
    #[test]
    fn p1_more_income_never_raises_the_amount(
        (day, facts) in families(), who in 0usize..4, ago in 0u32..14, qepik in 1i64..400_000,
    ) {
        let rules = rules_of(day);
        let before = paid(&decide(&rules, &facts, day, AssumedValues::Powerless));
        let mut more = facts;
        household(&mut more)[who].income.push(earned(Month::of(day).earlier(ago), qepik));
        prop_assert!(paid(&decide(&rules, &more, day, AssumedValues::Powerless)) <= before);
    }

    #[test]
    fn p1_a_proven_member_without_income_never_lowers_the_amount((day, facts) in families()) {
        let rules = rules_of(day);
        let before = paid(&decide(&rules, &facts, day, AssumedValues::Powerless));
        let mut more = facts;
        let child = Fin::parse("9EPX5B6").expect("a FIN");
        more.declared.members.push(Member { fin: child, relation: Relation::Child });
        more.proofs.push(notarised(child));
        let people = household(&mut more);
        people[0].kin.as_mut().expect("kin on record").children.push(child);
        people.push(person("9EPX5B6"));
        prop_assert!(paid(&decide(&rules, &more, day, AssumedValues::Powerless)) >= before);
    }

    #[test]
    fn p1_the_order_of_members_never_matters(
        (day, facts) in families(), assumed in assumptions(), order in Just(vec![1usize, 2, 3]).prop_shuffle(),
    ) {
        let rules = rules_of(day);
        let mut shuffled = facts.clone();
        shuffled.declared.members = order.iter().map(|at| facts.declared.members[at - 1].clone()).collect();
        let people = facts.household.as_ref().expect("a household");
        let others = order.iter().map(|at| people[*at].clone());
        shuffled.household = Some([people[0].clone()].into_iter().chain(others).collect());
        prop_assert_eq!(decide(&rules, &shuffled, day, assumed), decide(&rules, &facts, day, assumed));
    }

    #[test]
    fn s6_a_stored_decision_replays_to_the_same_octets((day, facts) in families(), assumed in assumptions()) {
        let rules = rules_of(day);
        if let Ok(decision) = decide(&rules, &facts, day, assumed) {
            let kept = serde_json::to_string(&decision).expect("it is written");
            let stored = StoredDecision {
                registered_on: day,
                rules: serde_json::from_str(&serde_json::to_string(&rules).expect("it is written")).expect("it is read"),
                facts: serde_json::from_str(&serde_json::to_string(&facts).expect("it is written")).expect("it is read"),
                decision: serde_json::from_str(&kept).expect("it is read"),
            };
            let again = stored.replay().expect("decided before");
            prop_assert_eq!(serde_json::to_string(&again).expect("it is written"), kept);
        }
    }
}
