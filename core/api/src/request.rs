//! What the gateway asks of the core.

use crate::{Args, Value};
use dayaq_types::{Fin, IdCard, Language, Msisdn, NotaryNumber};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// How an application or a question came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A USSD session.
    Ussd,
    /// Text messages.
    Sms,
}

/// Who asks: the phone is known from the network, and is the only credential for the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The phone.
    pub msisdn: Msisdn,
    /// The way it came.
    pub channel: Channel,
    /// The language in which notices go out.
    pub language: Language,
    /// When the gateway received the input that led to this request.
    pub received_at: Timestamp,
}

/// How a member is related to the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Husband or wife.
    Spouse,
    /// Son or daughter.
    Child,
    /// Mother or father.
    Parent,
    /// Brother or sister.
    Sibling,
    /// Another relative who shares the household.
    Other,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Spouse, Self::Child, Self::Parent, Self::Sibling, Self::Other];

    /// The name used in dialogues and rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Sibling => "sibling",
            Self::Other => "other",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// A member of the family, beside the applicant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The member's FIN.
    pub fin: Fin,
    /// The member's relation to the applicant.
    pub relation: Relation,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submit {
    /// The draft's id, which is the idempotency key: a second submission of a draft is answered like the first.
    pub draft: Uuid,
    /// The applicant (təmsilçi).
    pub applicant: Fin,
    /// The applicant's ID card.
    pub id_card: IdCard,
    /// The notarised application's number; `None` where there is none yet.
    pub notary_number: Option<NotaryNumber>,
    /// The other members of the family, at most [`Submit::MEMBERS_MAX`], each once, without the applicant.
    pub members: Vec<Member>,
    /// The district of residence, an id of `config/regions.toml`.
    pub district: String,
    /// The bank branch chosen, an id of `config/branches.toml`.
    pub branch: String,
    /// The numbers of the home's meters, as far as the applicant knows them.
    #[serde(default)]
    pub meters: Meters,
}

/// The meters of a home, each read by the utility that owns it; a number that the applicant does not know is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meters {
    /// Azərişıq's.
    #[serde(default)]
    pub electricity: Option<MeterNumber>,
    /// Azərsu's.
    #[serde(default)]
    pub water: Option<MeterNumber>,
    /// Azəriqaz's.
    #[serde(default)]
    pub gas: Option<MeterNumber>,
}

/// The number of a meter: 5 to 12 digits. It says where a family lives, so that it prints nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MeterNumber(String);

impl MeterNumber {
    /// Reads 5 to 12 digits.
    pub fn parse(text: &str) -> Option<Self> {
        ((5..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MeterNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a meter's number has 5 to 12 digits")
    }
}

impl From<MeterNumber> for String {
    fn from(number: MeterNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for MeterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MeterNumber[personal]")
    }
}

impl Submit {
    /// Members that an application can name.
    pub const MEMBERS_MAX: usize = 15;
}

/// The number of the notarised application, for an application that was handed in without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    /// The draft's id, which is the idempotency key together with the registration number: the same number given again
    /// under it is answered like the first time.
    pub draft: Uuid,
    /// The registration number of the application, which must be bound to the phone that asks.
    pub reference: String,
    /// The number.
    pub notary_number: NotaryNumber,
}

/// A question about details, opened by the last four digits of the applicant's ID card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explain {
    /// The four digits as typed.
    pub last_four: String,
}

/// Any request that a dialogue can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Hand in an application.
    Submit(Box<Submit>),
    /// Give the notarised application's number alone.
    Complete(Complete),
    /// Which application this phone has already.
    Existing,
    /// The stage of the latest application bound to this phone.
    Status,
    /// Its outcome with amount or reasons.
    Explain(Explain),
    /// Where and when its card can be collected.
    Pickup(Explain),
}

/// An argument of a dialogue's call that the operation cannot take; names it, never its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: argument {argument}: {why}")]
pub struct BadArgument {
    /// The operation's name.
    pub operation: String,
    /// The argument's name.
    pub argument: &'static str,
    /// What was expected of it.
    pub why: &'static str,
}

impl Request {
    /// Builds the request that a dialogue's call names; `draft` is the session's draft id.
    pub fn from_call(operation: &str, args: &Args, draft: Uuid) -> Result<Self, BadArgument> {
        let reader = Reader { operation, args };
        match operation {
            "submit" => Ok(Self::Submit(Box::new(Submit {
                draft,
                applicant: reader.fin("fin")?,
                id_card: IdCard::parse(&reader.text("card-series")?.to_ascii_uppercase(), reader.text("card-number")?)
                    .map_err(|_| reader.bad("card-number", "a number of that series"))?,
                notary_number: reader.notary_number("notary", "4 to 12 digits, or nothing")?,
                members: reader.members("members")?,
                district: reader.text("district")?.to_owned(),
                branch: reader.text("branch")?.to_owned(),
                meters: Meters {
                    electricity: reader.meter("meter-electricity")?,
                    water: reader.meter("meter-water")?,
                    gas: reader.meter("meter-gas")?,
                },
            }))),
            "complete" => Ok(Self::Complete(Complete {
                draft,
                reference: reader.text("reference")?.to_owned(),
                notary_number: reader
                    .notary_number("notary", "4 to 12 digits")?
                    .ok_or_else(|| reader.bad("notary", "4 to 12 digits"))?,
            })),
            "existing" => Ok(Self::Existing),
            "status" => Ok(Self::Status),
            "explain" => Ok(Self::Explain(reader.explain()?)),
            "pickup" => Ok(Self::Pickup(reader.explain()?)),
            _ => Err(reader.bad("operation", "an operation of the catalogue")),
        }
    }
}

struct Reader<'a> {
    operation: &'a str,
    args: &'a Args,
}

impl<'a> Reader<'a> {
    fn bad(&self, argument: &'static str, why: &'static str) -> BadArgument {
        BadArgument { operation: self.operation.to_owned(), argument, why }
    }

    fn optional_text(&self, name: &'static str) -> Result<Option<&'a str>, BadArgument> {
        match self.args.get(name) {
            None => Ok(None),
            Some(Value::Text(text)) if text.is_empty() => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Item { id, .. }) => Ok(Some(id)),
            Some(
                Value::Count(_) | Value::Money(_) | Value::Date(_) | Value::Flag(_) | Value::Terms(_) | Value::Group(_),
            ) => Err(self.bad(name, "a text")),
        }
    }

    fn text(&self, name: &'static str) -> Result<&'a str, BadArgument> {
        self.optional_text(name)?.ok_or_else(|| self.bad(name, "a text that is not empty"))
    }

    fn fin(&self, name: &'static str) -> Result<Fin, BadArgument> {
        Fin::parse(self.text(name)?).map_err(|_| self.bad(name, "a FIN"))
    }

    fn notary_number(&self, name: &'static str, why: &'static str) -> Result<Option<NotaryNumber>, BadArgument> {
        let text = self.optional_text(name)?;
        text.map(|text| NotaryNumber::parse(text).ok_or_else(|| self.bad(name, why))).transpose()
    }

    fn meter(&self, name: &'static str) -> Result<Option<MeterNumber>, BadArgument> {
        let text = self.optional_text(name)?;
        text.map(|text| MeterNumber::parse(text).ok_or_else(|| self.bad(name, "5 to 12 digits, or nothing")))
            .transpose()
    }

    fn explain(&self) -> Result<Explain, BadArgument> {
        Ok(Explain { last_four: self.text("last-four")?.to_owned() })
    }

    fn members(&self, name: &'static str) -> Result<Vec<Member>, BadArgument> {
        let group = match self.args.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Group(group)) => group,
            Some(_) => return Err(self.bad(name, "a group")),
        };
        group
            .iter()
            .map(|args| {
                let item = Reader { operation: self.operation, args };
                let relation = item.text("relation")?;
                Ok(Member {
                    fin: item.fin("fin")?,
                    relation: Relation::parse(relation).ok_or_else(|| item.bad("relation", "a relation"))?,
                })
            })
            .collect()
    }
}
