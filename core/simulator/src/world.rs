//! What all requests share: the facts, the bank's books, the faults.

use crate::bank::{Bank, CardTime};
use crate::conscription::Inquiries;
use crate::control::{Control, Fate};
use crate::household::{Household, Person};
use crate::households::Households;
use crate::problem::Problem;
use crate::{Institution, Tokens, read_fin};
use axum::http::StatusCode;
use dayaq_types::Clock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Shared state of one simulation.
pub(crate) struct World {
    pub clock: Arc<dyn Clock>,
    pub tokens: Tokens,
    pub card_time: CardTime,
    pub cancel: CancellationToken,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub households: Households,
    pub bank: Bank,
    pub controls: BTreeMap<Institution, Control>,
    pub inquiries: Inquiries,
    /// Failures that faults of households have caused so far, by household and institution.
    failed: BTreeMap<(String, Institution), u32>,
}

/// Two people whom an institution is asked about together.
pub(crate) struct Pair {
    /// The household of the first.
    pub home: Household,
    /// The second, where the first is the applicant of that household and the second one of it.
    pub other: Option<Person>,
    /// Whether both are registered at one address.
    pub same_roof: bool,
}

impl World {
    pub fn new(
        households: Households,
        clock: Arc<dyn Clock>,
        tokens: Tokens,
        card_time: CardTime,
        cancel: CancellationToken,
    ) -> Self {
        let controls = Institution::ALL.into_iter().map(|i| (i, Control::default())).collect();
        let state = State {
            households,
            bank: Bank::default(),
            controls,
            inquiries: Inquiries::default(),
            failed: BTreeMap::new(),
        };
        Self { clock, tokens, card_time, cancel, state: Mutex::new(state) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn next_fate(&self, institution: Institution) -> Fate {
        self.state().controls.entry(institution).or_default().next()
    }

    /// Waits in real time, but no longer than the simulation lives.
    pub async fn wait(&self, delay: Duration) {
        if delay.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.cancel.cancelled() => {}
        }
    }

    /// The person whom an institution is asked about, after the faults of the household have struck.
    pub async fn person(&self, fin: &str, institution: Institution) -> Result<Person, Problem> {
        const UNKNOWN: Problem = Problem::unknown("no such person");
        let fin = read_fin(fin)?;
        let household = self.state().households.person(&fin).map(|(h, _)| h.id.clone()).ok_or(UNKNOWN)?;
        self.household_fault(&household, institution).await?;
        let person = self.state().households.person(&fin).map(|(_, person)| person.clone());
        person.filter(|person| !person.records.unknown_to.contains(&institution)).ok_or(UNKNOWN)
    }

    /// The applicant and somebody else whom an institution is asked about together, after the faults of the applicant's
    /// household have struck: whether they are of one household, and who the other is. Nobody learns from the answer
    /// whether the other FIN is borne at all.
    pub async fn pair(&self, fin: &str, other: &str, institution: Institution) -> Result<Pair, Problem> {
        let applicant = self.person(fin, institution).await?;
        let other = read_fin(other)?;
        let state = self.state();
        let home = state.households.person(&applicant.fin).map(|(household, _)| household.clone());
        let home = home.ok_or(Problem::unknown("no such person"))?;
        let applies = home.applicant().fin == applicant.fin;
        let found = state.households.person(&other).filter(|(_, p)| !p.records.unknown_to.contains(&institution));
        let of_family = found.filter(|(household, _)| applies && household.id == home.id).map(|(_, p)| p.clone());
        let roof = |household: &Household, p: &Person| household.address.clone().filter(|_| p.registered_here);
        let same_roof = found.is_some_and(|(household, p)| {
            let shared = roof(household, p).zip(roof(&home, &applicant)).is_some_and(|(one, two)| one == two);
            shared || (household.id == home.id && household.address.is_none() && p.registered_here)
        });
        Ok(Pair { home, other: of_family, same_roof })
    }

    /// Lets the faults of a household strike a question about it.
    pub async fn household_fault(&self, household: &str, institution: Institution) -> Result<(), Problem> {
        let (delay, fails) = self.state().household_fate(household, institution);
        self.wait(delay).await;
        match fails {
            true => Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the institution's own system failed")),
            false => Ok(()),
        }
    }
}

impl State {
    fn household_fate(&mut self, household: &str, institution: Institution) -> (Duration, bool) {
        let faults = self.households.get(household).map_or(&[][..], |h| &h.faults);
        let mine = faults.iter().filter(|f| f.institution == institution);
        let (delay, fail_first) =
            mine.fold((Duration::ZERO, 0), |(d, n), f| (d.saturating_add(f.delay), f.fail_first.saturating_add(n)));
        if fail_first == 0 {
            return (delay, false);
        }
        let failed = self.failed.entry((household.to_owned(), institution)).or_default();
        let fails = *failed < fail_first;
        *failed += u32::from(fails);
        (delay, fails)
    }
}
