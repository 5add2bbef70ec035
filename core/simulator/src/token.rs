//! Bearer tokens.

use crate::Institution;
use dayaq_types::Pii;
use std::collections::BTreeMap;

/// The token of each institution; one without a token admits nobody.
#[derive(Clone, Debug)]
pub struct Tokens(BTreeMap<Institution, Pii<String>>);

impl Tokens {
    /// The tokens given.
    pub fn new(tokens: impl IntoIterator<Item = (Institution, String)>) -> Self {
        Self(tokens.into_iter().map(|(i, token)| (i, Pii::new(token))).collect())
    }

    /// The same token for all of them.
    pub fn same(token: &str) -> Self {
        Self::new(Institution::ALL.map(|i| (i, token.to_owned())))
    }

    /// Whether an Authorization header opens an institution.
    pub(crate) fn admit(&self, institution: Institution, header: &str) -> bool {
        let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match (self.0.get(&institution), token) {
            (Some(wanted), Some((_, given))) => wanted.expose() == given.trim(),
            (None, _) | (_, None) => false,
        }
    }
}
