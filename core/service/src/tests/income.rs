//! What counts as income, from facts alone.

use super::family::{DAY, decided, earned, granted, household, income, on, rules_of, spent, with};
use crate::decide::{AssumedValues, Outcome, Undecidable, decide};
use crate::facts::{Holding, Month, MonthIncome, YieldNorm};
use crate::rules::{Mark, Sourced};
use dayaq_types::Money;

#[test]
fn p1_income_of_every_kind_counts_and_is_told_apart() {
    let facts = with(|f| {
        let applicant = &mut household(f)[0];
        applicant.income.extend(income("pension", 10_000));
        applicant.income.extend(income("loan", 70_000));
        applicant.income.extend(income("assistance", 30_000));
        applicant
            .income
            .push(MonthIncome { kind: "subsidy".to_owned(), ..earned(Month { year: 2026, month: 5 }, 12_000) });
    });
    // 400,00 of wage, 100,00 of pension, and a subsidy of 120,00 in the year.
    assert_eq!(granted(&facts).amount, Money::from_manat(1200 - 400 - 100 - 10));
    let income = decided(&facts).basis.unwrap().income;
    let told = |kinds: &std::collections::BTreeMap<String, Money>| {
        kinds.iter().map(|(kind, sum)| format!("{kind} {}", sum.qepik())).collect::<Vec<_>>()
    };
    assert_eq!(told(&income.counted), ["pension 120000", "subsidy 12000", "wage 480000"]);
    assert_eq!(told(&income.ignored), ["assistance 360000", "loan 840000"]);
}

/// Yields are assumed: they count where assumed values do, and are ignored by name elsewhere.
#[test]
fn p1_land_and_livestock_count_by_their_yield_where_assumed_values_count() {
    let mut facts = with(|f| {
        let holding = |produce: &str, quantity| Holding { produce: produce.to_owned(), quantity };
        household(f)[0].holdings = vec![holding("arable", 15_000)];
        household(f)[1].holdings = vec![holding("cow", 2), holding("arable", 1)];
        let norm = |produce: &str, qepik| YieldNorm { produce: produce.to_owned(), a_year: Money::from_qepik(qepik) };
        f.yields = vec![norm("arable", 7), norm("cow", 60_000)];
    });
    assert_eq!(granted(&facts).amount, Money::from_manat(800));
    let ignored = decided(&facts).basis.unwrap().income.ignored;
    assert_eq!(ignored["holdings"], Money::from_qepik(15_001 * 7 + 2 * 60_000));
    let Outcome::Granted(award) = on(DAY, &facts, AssumedValues::Count).outcome else { panic!("granted") };
    // 225 007 qəpik in the year are 18 750,58 in the month.
    assert_eq!(award.amount, Money::from_qepik(80_000 - 18_751));
    facts.yields.pop();
    assert_eq!(decide(&rules_of(DAY), &facts, DAY, AssumedValues::Count), Err(Undecidable::Norm));
    assert_eq!(granted(&facts).amount, Money::from_manat(800));
}

#[test]
fn p1_open_questions_are_choices_that_assumed_cost_nobody_anything() {
    let facts = with(|f| {
        household(f)[0].income.extend(income("assistance", 30_000));
        f.utilities = spent(DAY, 5_000);
    });
    let amount = |assistance: (bool, Mark), spending: (bool, Mark), assumed| {
        let mut rules = rules_of(DAY);
        for (choice, (value, mark)) in
            [(&mut rules.earlier_assistance, assistance), (&mut rules.utility_spending, spending)]
        {
            let Sourced { value: v, origin } = choice.as_mut().unwrap();
            (*v, origin.mark) = (value, mark);
        }
        match decide(&rules, &facts, DAY, assumed).unwrap().outcome {
            Outcome::Granted(award) => award.amount,
            Outcome::Refused(grounds) => panic!("{grounds:?}"),
        }
    };
    let (no, guess, yes) = ((false, Mark::Assumed), (true, Mark::Assumed), (true, Mark::Verified));
    assert_eq!(amount(no, no, AssumedValues::Count), Money::from_manat(800));
    assert_eq!(amount(guess, guess, AssumedValues::Powerless), Money::from_manat(800));
    assert_eq!(amount(guess, no, AssumedValues::Count), Money::from_manat(500));
    assert_eq!(amount(yes, no, AssumedValues::Powerless), Money::from_manat(500));
    assert_eq!(amount(no, yes, AssumedValues::Powerless), Money::from_manat(750));
    assert_eq!(amount(yes, yes, AssumedValues::Powerless), Money::from_manat(450));
}
