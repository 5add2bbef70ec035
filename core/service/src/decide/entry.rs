//! The reasons for which the law gives assistance at all.

use super::counted::{Family, age, dead, has, lives};
use crate::facts::{LifeStatus, Person, Status};
use crate::rules::{EntryReason, EntryTest, Rules};
use std::collections::BTreeSet;

/// From this age on somebody is an adult, who can care for others.
const ADULT_AGE: u32 = 18;

/// Every reason that the family has.
pub(super) fn entry_reasons(family: &Family<'_>, rules: &Rules) -> BTreeSet<EntryReason> {
    rules.entry.iter().filter(|entry| holds(family, entry.reason, &entry.test)).map(|entry| entry.reason).collect()
}

fn holds(family: &Family<'_>, reason: EntryReason, test: &EntryTest) -> bool {
    let counted = |holds: &dyn Fn(&Person) -> bool| family.counted.iter().any(|p| holds(p));
    let anybody = |holds: &dyn Fn(&Person) -> bool| family.all.iter().any(|p| holds(p));
    // Care takes a second person, and an adult.
    let cared_for = |needs: &dyn Fn(&Person) -> bool| {
        let adult = |p: &Person| age(p, family.day).is_some_and(|age| age >= ADULT_AGE);
        counted(&|p| needs(p) && family.counted.iter().any(|carer| carer.fin != p.fin && adult(carer)))
    };
    let younger = |p: &Person, below: u32| age(p, family.day).is_some_and(|age| age < below);
    match (reason, test) {
        (EntryReason::Incapacity, EntryTest::Incapacity { age_from, percent_from }) => {
            counted(&|p| age(p, family.day).is_some_and(|age| age >= *age_from) || disabled(p, *percent_from))
        }
        (EntryReason::DisabledCare, EntryTest::Percent(from)) => cared_for(&|p| disabled(p, *from)),
        (EntryReason::DisabledChildCare, EntryTest::Fact) => {
            cared_for(&|p| p.disability.is_some_and(|d| d.child) && younger(p, ADULT_AGE))
        }
        (EntryReason::YoungChildCare, EntryTest::AgeBelow(below)) => cared_for(&|p| younger(p, *below)),
        (EntryReason::Study, EntryTest::AgeBelow(below)) => {
            counted(&|p| younger(p, *below) && (has(p, Status::FullTimeStudent) || has(p, Status::AdmittedFullTime)))
        }
        (EntryReason::UnemploymentInsurance | EntryReason::Work, EntryTest::Kinds(kinds)) => {
            counted(&|p| p.income.iter().any(|i| kinds.contains(&i.kind) && family.in_window(i.month)))
        }
        (EntryReason::Death, EntryTest::Fact) => anybody(&|p| dead(p, family.day)),
        (EntryReason::Missing, EntryTest::Fact) => anybody(&|p| lives(p, LifeStatus::Missing)),
        (EntryReason::Prison, EntryTest::Fact) => anybody(&|p| p.prisoner),
        (EntryReason::WhereaboutsUnknown, EntryTest::Fact) => anybody(&|p| has(p, Status::WhereaboutsUnknown)),
        // A reason with another's test is none; the rule files cannot be written so.
        (
            EntryReason::Incapacity
            | EntryReason::DisabledCare
            | EntryReason::DisabledChildCare
            | EntryReason::YoungChildCare
            | EntryReason::Study
            | EntryReason::UnemploymentInsurance
            | EntryReason::Work
            | EntryReason::Death
            | EntryReason::Missing
            | EntryReason::Prison
            | EntryReason::WhereaboutsUnknown,
            EntryTest::Fact
            | EntryTest::Incapacity { .. }
            | EntryTest::Percent(_)
            | EntryTest::AgeBelow(_)
            | EntryTest::Kinds(_),
        ) => false,
    }
}

fn disabled(person: &Person, percent_from: u32) -> bool {
    person.disability.is_some_and(|d| u32::from(d.percent) >= percent_from)
}
