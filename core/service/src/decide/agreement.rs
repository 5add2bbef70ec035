//! What was declared, held against what the registers say.

use super::proof::proven;
use crate::facts::{Facts, Kin, LifeStatus, Person};
use crate::rules::{Ground, Rules};
use dayaq_core_api::Relation;
use dayaq_types::Fin;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What speaks against the applicant's being who they say: nothing else is gathered where there is any.
pub fn verification_faults(facts: &Facts, registered_on: Date) -> BTreeSet<Ground> {
    let mut found = BTreeSet::new();
    let card = &facts.declared.id_card;
    let identical =
        facts.identity.as_ref().filter(|i| i.life == LifeStatus::Alive).and_then(|i| i.id_card.as_ref()).is_some_and(
            // The İ of a foreigner's card is written I in a declaration.
            |(series, number)| series.replace('İ', "I") == card.series() && number == card.number(),
        );
    if !identical {
        found.insert(Ground::Identity);
    }
    let valid = facts.notary.as_ref().is_some_and(|n| {
        n.applicant == facts.declared.applicant && n.issued_on <= registered_on && registered_on <= n.valid_until
    });
    if !valid {
        found.insert(Ground::Notary);
    }
    found
}

/// What was declared otherwise than the registers have it, of the applicant and those who are proven.
pub(super) fn declaration_faults(facts: &Facts, household: &[&Person], rules: &Rules) -> BTreeSet<Ground> {
    let mut found = BTreeSet::new();
    let registered = facts.identity.as_ref().map(|i| &i.district);
    // Whoever was displaced lives where the committee settled them, and often is still registered elsewhere.
    let settled = household.iter().find(|p| p.fin == facts.declared.applicant).and_then(|p| p.displaced_to.as_ref());
    if !registered.into_iter().chain(settled).any(|district| *district == facts.declared.district) {
        found.insert(Ground::Residence);
    }
    let none = Kin::default();
    let kin_of = |fin: Fin| household.iter().find(|p| p.fin == fin).and_then(|p| p.kin.as_ref()).unwrap_or(&none);
    let applicant = kin_of(facts.declared.applicant);
    let spouse = facts.declared.members.iter().find(|m| m.relation == Relation::Spouse).map(|m| kin_of(m.fin));
    for member in facts.declared.members.iter().filter(|m| proven(m, &facts.proofs, rules)) {
        let known = household.iter().any(|p| p.fin == member.fin && p.identity.is_some());
        let on_record = match member.relation {
            Relation::Spouse => applicant.spouse == Some(member.fin),
            // A child of the declared spouse is a child of the family.
            Relation::Child => {
                applicant.children.contains(&member.fin) || spouse.is_some_and(|s| s.children.contains(&member.fin))
            }
            Relation::Parent => applicant.parents.contains(&member.fin),
            // Any kinship does, and sharing the household.
            Relation::Sibling | Relation::Other => true,
        };
        let of_the_pair = facts.proofs.iter().find(|p| p.member == member.fin);
        let agrees = of_the_pair.zip(rules.proof(member.relation)).is_some_and(|(proof, rule)| rule.agrees(proof));
        if !known || !(on_record || agrees) {
            found.insert(Ground::Family);
        }
    }
    if !rules.proofs.is_empty() && undeclared(facts, applicant) {
        found.insert(Ground::Family);
    }
    found
}

/// Whether somebody was left out whom the notarised application names, or the applicant's spouse on record.
fn undeclared(facts: &Facts, applicant: &Kin) -> bool {
    let named = facts.notary.iter().flat_map(|notary| &notary.members);
    let declared = |fin: &Fin| *fin == facts.declared.applicant || facts.declared.members.iter().any(|m| m.fin == *fin);
    named.chain(&applicant.spouse).any(|fin| !declared(fin))
}
