use serde::{Deserialize, Serialize};

/// Names the languages that every dialogue speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Az,
    Ru,
    En,
}

impl Language {
    pub const ALL: [Language; 3] = [Language::Az, Language::Ru, Language::En];

    pub fn code(self) -> &'static str {
        match self {
            Language::Az => "az",
            Language::Ru => "ru",
            Language::En => "en",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Language::Az => 0,
            Language::Ru => 1,
            Language::En => 2,
        }
    }

    /// Lists the plural categories of cardinal numbers that CLDR gives the language, except `other`.
    pub(crate) fn plural_categories(self) -> &'static [&'static str] {
        match self {
            Language::Az | Language::En => &["one"],
            Language::Ru => &["one", "few", "many"],
        }
    }
}

/// Says over what the person talks to us; wording and guards may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Ussd,
    Sms,
}

/// Says with which letters a text is written: its own, or those every phone and network carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Proper,
    Plain,
}
