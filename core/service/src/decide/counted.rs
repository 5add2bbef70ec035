//! Who of the family counts, on the day of application.

use crate::facts::{Facts, LifeStatus, Month, Person, Status, income_window};
use crate::rules::{NotCounted, Rules};
use dayaq_types::{Fin, Money};
use jiff::civil::Date;

/// The family as the law sees it.
pub(super) struct Family<'a> {
    /// The applicant and everybody who is proven.
    pub all: Vec<&'a Person>,
    /// Those who are heads and earners.
    pub counted: Vec<&'a Person>,
    /// The day of application.
    pub day: Date,
    window: (Month, Month),
}

impl<'a> Family<'a> {
    /// Everybody of it who counts, but for those who count in another family.
    pub fn new(all: Vec<&'a Person>, elsewhere: &[Fin], rules: &Rules, day: Date) -> Self {
        let here = |p: &&Person| not_counted(p, rules, day).is_none() && !elsewhere.contains(&p.fin);
        let counted = all.iter().copied().filter(here).collect();
        Self { all, counted, day, window: income_window(day, rules.income_window_months) }
    }

    pub fn heads(&self) -> u32 {
        u32::try_from(self.counted.len()).unwrap_or(u32::MAX)
    }

    pub fn in_window(&self, month: Month) -> bool {
        self.window.0 <= month && month <= self.window.1
    }

    /// What utilities and telecommunication cost the family over the window.
    pub fn spending(&self, facts: &Facts) -> Money {
        let telecom = self.counted.iter().flat_map(|p| &p.telecom);
        telecom.chain(&facts.utilities).filter(|s| self.in_window(s.month)).map(|s| s.amount).sum()
    }
}

/// Full years of age on that day; `None` where nobody bears the FIN.
pub(super) fn age(person: &Person, day: Date) -> Option<u32> {
    let born = person.identity.as_ref()?.birth_date;
    let years = i32::from(day.year()) - i32::from(born.year());
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    u32::try_from(years - i32::from(!had_birthday)).ok()
}

/// Whether the person is dead on that day: Justice's day of death goes before the Ministry of Internal Affairs' word.
pub(super) fn dead(person: &Person, day: Date) -> bool {
    match person.died_on {
        Some(died_on) => died_on <= day,
        None => lives(person, LifeStatus::Dead),
    }
}

pub(super) fn lives(person: &Person, status: LifeStatus) -> bool {
    person.identity.as_ref().is_some_and(|i| i.life == status)
}

pub(super) fn has(person: &Person, status: Status) -> bool {
    person.statuses.contains(&status)
}

/// Why somebody is neither a head nor an earner; `None` of who counts.
pub(super) fn not_counted(person: &Person, rules: &Rules, day: Date) -> Option<NotCounted> {
    let why = rules.not_counted.iter().find(|status| match status {
        NotCounted::Prisoner => person.prisoner,
        NotCounted::Foreigner => person.identity.as_ref().is_some_and(|i| !i.citizen),
        NotCounted::Dead => dead(person, day),
        NotCounted::Missing => lives(person, LifeStatus::Missing),
        NotCounted::Conscript => has(person, Status::Conscript),
        NotCounted::StateKept => has(person, Status::StateKept),
        NotCounted::Wanted => has(person, Status::Wanted),
        NotCounted::Abroad => has(person, Status::Abroad),
        NotCounted::WhereaboutsUnknown => has(person, Status::WhereaboutsUnknown),
    });
    why.copied()
}
