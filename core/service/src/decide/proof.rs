//! Who of those declared is proven.

use super::{AssumedValues, Undecidable};
use crate::facts::{Facts, Person, Proof};
use crate::rules::{Ground, Mark, Rules};
use dayaq_core_api::Member;
use std::collections::BTreeSet;

/// Whether that member is proven; under rules of a time when no proof was asked for, everybody is.
pub fn proven(member: &Member, proofs: &[Proof], rules: &Rules) -> bool {
    match rules.proof(member.relation) {
        None => true,
        Some(rule) => proofs.iter().find(|p| p.member == member.fin).is_some_and(|proof| rule.accepts(proof)),
    }
}

/// The applicant and those who are proven. Nothing is known of anybody else, and were it, it would play no part.
pub(super) fn family<'a>(facts: &Facts, household: &'a [Person], rules: &Rules) -> Vec<&'a Person> {
    let of = |person: &&Person| match facts.declared.members.iter().find(|m| m.fin == person.fin) {
        Some(member) => proven(member, &facts.proofs, rules),
        None => person.fin == facts.declared.applicant,
    };
    household.iter().filter(of).collect()
}

/// What is told against a family that declared somebody whom nothing proves. Where it is only assumed which proof would
/// serve, the member neither counts nor refuses, and the decision waits.
pub(super) fn unproven(facts: &Facts, rules: &Rules, assumed: AssumedValues) -> Result<BTreeSet<Ground>, Undecidable> {
    let mut found = BTreeSet::new();
    for member in facts.declared.members.iter().filter(|m| !proven(m, &facts.proofs, rules)) {
        let mark = rules.proof(member.relation).map(|rule| rule.origin.mark);
        if mark == Some(Mark::Assumed) && assumed == AssumedValues::Powerless {
            return Err(Undecidable::Unproven);
        }
        found.insert(Ground::Family);
    }
    Ok(found)
}

/// Where it is only assumed in which of two families somebody counts, neither is decided by it.
pub(super) fn contested(facts: &Facts, rules: &Rules, assumed: AssumedValues) -> Result<(), Undecidable> {
    let known = rules.contested.as_ref().is_some_and(|rule| rule.origin.mark != Mark::Assumed);
    if facts.elsewhere.is_empty() || known || assumed == AssumedValues::Count {
        return Ok(());
    }
    Err(Undecidable::Contested)
}
