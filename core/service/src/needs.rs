//! Who is asked what, and what the answers come to.

use crate::decide::proven;
use crate::fact::FactName;
use crate::facts::{Facts, Month, Person, Proof, Vehicle};
use crate::institution::{Institution, Place, Places, Request, RequestStage, Subject};
use crate::known::{Known, PlatedVehicle};
use crate::rules::{Rules, Sign};
use crate::store::Application;
use dayaq_core_api::{Member, MeterNumber, Relation};
use dayaq_types::{Fin, NotaryNumber};
use std::collections::BTreeMap;

/// A request that is still to be made.
pub struct Need<'a> {
    /// Whom.
    pub institution: &'a Institution,
    /// What.
    pub request: &'a Request,
    /// Of whom: 0 the applicant, 1.. the members as declared, or a vehicle.
    pub subject: u32,
    /// What fills its places.
    pub places: Places,
}

/// The answers about each subject.
pub type Answers = BTreeMap<u32, Known>;

/// The key in [`Answers`] under which the notarised application stands.
pub const NOTARY: u32 = u32::MAX;

/// A stage of an application: what is known so far decides what is asked next.
pub struct Asking<'a> {
    /// The application.
    pub application: &'a Application,
    /// The rules that govern it.
    pub rules: &'a Rules,
    /// The stage.
    pub stage: RequestStage,
    /// What has been answered.
    pub answers: Answers,
    /// The months whose income counts.
    pub window: (Month, Month),
}

impl<'a> Asking<'a> {
    /// Everything that the stage asks: of the applicant by the request's stage, of the pairs of applicant and member
    /// what proves the member, and of those who are proven the rest.
    pub fn needs(&self, institutions: &'a [Institution]) -> Vec<Need<'a>> {
        let mut needs = Vec::new();
        for institution in institutions {
            for request in &institution.requests {
                for (subject, mut places) in self.subjects(request) {
                    places.insert(Place::WindowFrom, self.window.0.to_string());
                    places.insert(Place::WindowTo, self.window.1.to_string());
                    needs.push(Need { institution, request, subject, places });
                }
            }
        }
        needs
    }

    /// The members that the stage asks about alone, each with their number: nobody whom nothing proves.
    fn members(&self) -> Vec<(u32, Fin)> {
        if self.stage != RequestStage::Evidence {
            return Vec::new();
        }
        let proofs = proofs_of(self.application, &self.answers);
        let members = self.application.declared.members.iter().zip(1..);
        members.filter(|(m, _)| proven(m, &proofs, self.rules)).map(|(member, subject)| (subject, member.fin)).collect()
    }

    /// About whom a request is made in this stage, each with what fills its places.
    fn subjects(&self, request: &Request) -> Vec<(u32, Places)> {
        let declared = &self.application.declared;
        let now = request.stage == self.stage;
        let of = |place: Place, value: &str| Places::from([(place, value.to_owned())]);
        match request.subject {
            Subject::Notary => {
                let number = declared.notary_number.as_ref().filter(|_| now);
                let places = |number: &NotaryNumber| {
                    Places::from([
                        (Place::Number, number.as_str().to_owned()),
                        (Place::Fin, declared.applicant.as_str().to_owned()),
                    ])
                };
                number.map(|number| (0, places(number))).into_iter().collect()
            }
            Subject::Person => {
                let applicant = now.then_some((0, declared.applicant));
                let everybody = applicant.into_iter().chain(self.members());
                everybody.map(|(subject, fin)| (subject, of(Place::Fin, fin.as_str()))).collect()
            }
            Subject::Pair => {
                let members =
                    declared.members.iter().zip(1..).filter(|(m, subject)| now && self.asks(request, m, *subject));
                let places = |(member, subject): (&Member, u32)| {
                    let places = [(Place::Fin, declared.applicant), (Place::Member, member.fin)];
                    (subject, places.map(|(place, fin)| (place, fin.as_str().to_owned())).into())
                };
                members.map(places).collect()
            }
            Subject::Vehicle => {
                let everybody = [(0, declared.applicant)].into_iter().chain(self.members());
                let vehicles = |(person, fin): (u32, Fin)| {
                    let known = self.answers.get(&person).map(Known::vehicles).unwrap_or_default();
                    known.into_iter().zip(0..).map(move |(vehicle, place)| {
                        let places = [(Place::Fin, fin.as_str().to_owned()), (Place::Plate, vehicle.plate)];
                        (vehicle_subject(person, place), Places::from(places))
                    })
                };
                if now { everybody.flat_map(vehicles).collect() } else { Vec::new() }
            }
            Subject::Home => {
                let year = self.application.registered_on.map_or(0, |day| day.year());
                let places = [(Place::District, declared.district.clone()), (Place::Year, year.to_string())];
                now.then_some((0, Places::from(places))).into_iter().collect()
            }
            Subject::Electricity => self.meter(request, declared.meters.electricity.as_ref()),
            Subject::Water => self.meter(request, declared.meters.water.as_ref()),
            Subject::Gas => self.meter(request, declared.meters.gas.as_ref()),
        }
    }

    fn meter(&self, request: &Request, number: Option<&MeterNumber>) -> Vec<(u32, Places)> {
        let of = |place: Place, value: &str| Places::from([(place, value.to_owned())]);
        let home = self.answers.get(&0).and_then(Known::address).filter(|_| request.path_by_address.is_some());
        let places = number.map(|n| of(Place::Meter, n.as_str())).or_else(|| Some(of(Place::Address, &home?)));
        // A home whose meter nobody names and whose address has no code has no account that could be asked for.
        places.filter(|_| request.stage == self.stage).map(|places| (0, places)).into_iter().collect()
    }

    /// Whether the request may still prove the member: it gives a sign that serves, and what is known is not enough.
    /// What two people are to each other is asked before where they live, also of who is named by the notary, where it
    /// has to agree with what was declared.
    fn asks(&self, request: &Request, member: &Member, subject: u32) -> bool {
        let Some(rule) = self.rules.proof(member.relation) else { return false };
        let known = self.answers.get(&subject).cloned().unwrap_or_default();
        let proof = known.proof(member.fin, named(&self.answers, member.fin));
        let kin = |sign: Sign| matches!(sign, Sign::Kinship | Sign::Guardianship);
        if rule.accepts(&proof) {
            let on_the_acts = matches!(member.relation, Relation::Spouse | Relation::Child | Relation::Parent);
            let tells = request.facts.iter().filter_map(|fact| fact.name.sign()).any(kin);
            return on_the_acts && tells && !rule.agrees(&proof);
        }
        let mut signs = request.facts.iter().filter_map(|fact| fact.name.sign()).filter(|sign| rule.uses(*sign));
        let kin_is_known = [FactName::Kinship, FactName::Guardianship]
            .into_iter()
            .all(|fact| known.has(fact) || !fact.sign().is_some_and(|sign| rule.uses(sign)));
        signs.any(|sign| kin(sign) || kin_is_known)
    }
}

/// The subject under which a person's vehicle is asked about, by its place in the list that the police gave: the list
/// is kept once and for all, so that the number stays the same vehicle's.
fn vehicle_subject(person: u32, place: u32) -> u32 {
    (place + 1) * 1000 + person
}

/// Whether the notarised application names the member.
fn named(answers: &Answers, member: Fin) -> bool {
    answers.get(&NOTARY).and_then(Known::notary).is_some_and(|notary| notary.members.contains(&member))
}

/// What speaks for each declared member.
pub fn proofs_of(application: &Application, answers: &Answers) -> Vec<Proof> {
    let of = |(member, subject): (&Member, u32)| {
        answers.get(&subject).cloned().unwrap_or_default().proof(member.fin, named(answers, member.fin))
    };
    application.declared.members.iter().zip(1..).map(of).collect()
}

/// What a decision rests on: before the applicant is verified that and nothing else, then what is known of those who are
/// proven.
pub fn facts_of(application: &Application, rules: &Rules, mut answers: Answers, complete: bool) -> Facts {
    let declared = &application.declared;
    let proofs = if complete { proofs_of(application, &answers) } else { Vec::new() };
    let members = declared.members.iter().zip(1..).filter(|(m, _)| proven(m, &proofs, rules));
    let everybody = [(declared.applicant, 0)].into_iter().chain(members.map(|(m, subject)| (m.fin, subject)));
    let notary = answers.remove(&NOTARY).and_then(|k| k.notary());
    let home = answers.get(&0).cloned().unwrap_or_default();
    let person = |(fin, subject): (Fin, u32)| {
        let known = answers.get(&subject).cloned().unwrap_or_default();
        let vehicle = |(vehicle, place): (PlatedVehicle, u32)| {
            let about = answers.get(&vehicle_subject(subject, place));
            Vehicle { basis: vehicle.basis, rehabilitation: about.is_some_and(Known::rehabilitation) }
        };
        Person {
            fin,
            identity: known.identity(),
            vehicles: known.vehicles().into_iter().zip(0..).map(vehicle).collect(),
            income: known.income(),
            kin: known.kin(),
            prisoner: known.prisoner(),
            statuses: known.statuses(),
            died_on: known.died_on(),
            disability: known.disability(),
            displaced_to: known.displaced_to(),
            holdings: known.holdings(),
            properties: known.properties(),
            deals: known.deals(),
            telecom: known.telecom(),
            jobs_refused: known.jobs_refused(),
        }
    };
    let household = complete.then(|| everybody.map(person).collect());
    let (utilities, yields) = if complete { (home.utilities(), home.yields()) } else { Default::default() };
    Facts {
        declared: declared.clone(),
        identity: home.identity(),
        notary,
        proofs,
        household,
        elsewhere: Vec::new(),
        utilities,
        yields,
    }
}
