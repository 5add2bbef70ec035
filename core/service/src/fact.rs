//! The facts that institutions give, each with its name and its shape.

use crate::facts::{Kinship, Status};
use crate::rules::Sign;
use serde::{Deserialize, Serialize};

/// What a single value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text of a person or a place, taken as it is.
    Text,
    /// A word of the institution's vocabulary, which `words` may translate.
    Name,
    /// One of these words, after `words` has translated it.
    OneOf(&'static [&'static str]),
    /// Letters, digits and dashes, with which another institution can be asked: a plate, an address's code.
    Key,
    /// Yes or no.
    Flag,
    /// A day: `2026-11-30` or `30.11.2026`.
    Date,
    /// A month: `2026-11` or `11.2026`, or that of a day.
    Month,
    /// An amount that is not negative, in the request's unit; kept in qəpik.
    Money,
    /// A whole number up to this, or one of hectares kept in square metres.
    Count(u32),
    /// A FIN.
    Fin,
}

/// A value of each item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its key, in the files and in what is kept.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it may be missing.
    pub optional: bool,
}

/// What a fact looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A value, which must be there.
    One(Kind),
    /// A value, or null.
    Perhaps(Kind),
    /// A list of values.
    List(Kind),
    /// Several values together, or null.
    Record(&'static [Column]),
    /// A list of those.
    Rows(&'static [Column]),
}

impl Shape {
    /// The keys of an item, in the files.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Record(columns) | Self::Rows(columns) => columns,
            Self::One(_) | Self::Perhaps(_) | Self::List(_) => &[],
        }
    }

    /// Whether it is a list.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::List(_) | Self::Rows(_))
    }

    /// Whether nothing at all is a value of it: of whom an institution knows nothing, there is nothing to tell.
    pub const fn may_be_nothing(self) -> bool {
        !matches!(
            self,
            Self::One(
                Kind::Text
                    | Kind::Name
                    | Kind::OneOf(_)
                    | Kind::Key
                    | Kind::Date
                    | Kind::Month
                    | Kind::Money
                    | Kind::Count(_)
                    | Kind::Fin
            )
        )
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false }
}

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: true }
}

const MONTHLY: Shape = Shape::Rows(&[column("month", Kind::Month), column("amount", Kind::Money)]);
const DEALS: Shape =
    Shape::Rows(&[column("month", Kind::Month), column("amount", Kind::Money), optional("contract", Kind::Text)]);

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $shape:expr;)*) => {
        /// A fact that a decision needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum FactName {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl FactName {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in the institutions' files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it looks like.
            pub const fn shape(self) -> Shape {
                match self {
                    $(Self::$variant => const { $shape },)*
                }
            }
        }
    };
}

facts! {
    /// The surname.
    Surname = "surname", Shape::One(Kind::Text);
    /// The given name.
    GivenName = "given-name", Shape::One(Kind::Text);
    /// The day of birth.
    BirthDate = "birth-date", Shape::One(Kind::Date);
    /// The letters of the ID card; a small child has none.
    IdSeries = "id-series", Shape::Perhaps(Kind::Text);
    /// The digits of the ID card.
    IdNumber = "id-number", Shape::Perhaps(Kind::Text);
    /// The district of residence.
    District = "district", Shape::One(Kind::Text);
    /// The code of the registered address, by which utilities can be asked.
    Address = "address", Shape::Perhaps(Kind::Key);
    /// Whether the person lives.
    LifeStatus = "life-status", Shape::One(Kind::OneOf(&["alive", "dead", "missing"]));
    /// The three letters of the citizenship.
    Citizenship = "citizenship", Shape::One(Kind::Text);
    /// Sought by the police.
    Wanted = "wanted", Shape::One(Kind::Flag);
    /// Nobody knows where the person is.
    WhereaboutsUnknown = "whereabouts-unknown", Shape::One(Kind::Flag);
    /// Vehicles owned or used.
    Vehicles = "vehicles", Shape::Rows(&[
        column("plate", Kind::Key),
        column("basis", Kind::OneOf(&["owned", "used"])),
    ]);
    /// Whether the state gave a vehicle for rehabilitation; asked for each plate.
    Rehabilitation = "rehabilitation", Shape::One(Kind::Flag);
    /// Income by month.
    Income = "income", Shape::Rows(&[
        column("month", Kind::Month),
        column("amount", Kind::Money),
        column("kind", Kind::Name),
    ]);
    /// Husband or wife.
    Spouse = "spouse", Shape::Perhaps(Kind::Fin);
    /// Sons and daughters.
    Children = "children", Shape::List(Kind::Fin);
    /// Mother and father.
    Parents = "parents", Shape::List(Kind::Fin);
    /// Whether the person is in prison.
    Prisoner = "prisoner", Shape::One(Kind::Flag);
    /// The day of death on the acts of civil status.
    DiedOn = "died-on", Shape::Perhaps(Kind::Date);
    /// Whose the notarised application is.
    NotaryApplicant = "notary-applicant", Shape::One(Kind::Fin);
    /// Since when it is valid.
    NotaryIssued = "notary-issued", Shape::One(Kind::Date);
    /// Until when.
    NotaryUntil = "notary-until", Shape::One(Kind::Date);
    /// Whom it names as members of the family.
    NotaryMembers = "notary-members", Shape::List(Kind::Fin);
    /// What a member is to the applicant, on the acts of civil status.
    Kinship = "kinship", Shape::Perhaps(Kind::OneOf(&Kinship::NAMES));
    /// Whether one of the two is the other's guardian.
    Guardianship = "guardianship", Shape::One(Kind::Flag);
    /// Whether both are registered at one address.
    SameAddress = "same-address", Shape::One(Kind::Flag);
    /// Whether both are served by one meter.
    SharedMeter = "shared-meter", Shape::One(Kind::Flag);
    /// Whether a visit found both at home.
    HomeVisit = "home-visit", Shape::One(Kind::Flag);
    /// Land and livestock.
    Holdings = "holdings", Shape::Rows(&[
        column("produce", Kind::Name),
        column("quantity", Kind::Count(1_000_000_000)),
    ]);
    /// What a square metre or a head yields in a year.
    Yields = "yields", Shape::Rows(&[column("produce", Kind::Name), column("a_year", Kind::Money)]);
    /// Studies full time.
    FullTimeStudent = "full-time-student", Shape::One(Kind::Flag);
    /// Was admitted to full-time study.
    AdmittedFullTime = "admitted-full-time", Shape::One(Kind::Flag);
    /// A disability.
    Disability = "disability", Shape::Record(&[column("percent", Kind::Count(100)), column("child", Kind::Flag)]);
    /// Fixed and mobile telephony, paid by the month.
    Telecom = "telecom", MONTHLY;
    /// The district in which an internally displaced person is settled.
    DisplacedTo = "displaced-to", Shape::Perhaps(Kind::Text);
    /// Real estate.
    Properties = "properties", Shape::Rows(&[column("purpose", Kind::Name), column("address", Kind::Text)]);
    /// Real estate bought or sold.
    PropertyDeals = "property-deals", DEALS;
    /// Lives in another country.
    Abroad = "abroad", Shape::One(Kind::Flag);
    /// Serves as a conscript.
    Conscript = "conscript", Shape::One(Kind::Flag);
    /// Other purchases and sales, through a bank.
    BankDeals = "bank-deals", DEALS;
    /// Electricity of the home.
    ElectricitySpend = "electricity-spend", MONTHLY;
    /// Water of the home.
    WaterSpend = "water-spend", MONTHLY;
    /// Gas of the home.
    GasSpend = "gas-spend", MONTHLY;
    /// The days on which a suitable job was refused.
    JobsRefused = "jobs-refused", Shape::List(Kind::Date);
    /// Kept wholly at the state's cost.
    StateKept = "state-kept", Shape::One(Kind::Flag);
}

impl FactName {
    /// Whether several requests may give it: their lists are joined.
    pub const fn may_be_joined(self) -> bool {
        matches!(self, Self::Income | Self::Holdings)
    }

    /// The sign that it is for a member; a fact of anything else is none.
    pub fn sign(self) -> Option<Sign> {
        let signs = [
            (Self::Kinship, Sign::Kinship),
            (Self::Guardianship, Sign::Guardianship),
            (Self::SameAddress, Sign::Address),
            (Self::SharedMeter, Sign::Meter),
            (Self::HomeVisit, Sign::Visit),
        ];
        signs.into_iter().find(|(name, _)| *name == self).map(|(_, sign)| sign)
    }

    /// The fact behind a status.
    pub const fn of_status(status: Status) -> Self {
        match status {
            Status::Conscript => Self::Conscript,
            Status::StateKept => Self::StateKept,
            Status::Wanted => Self::Wanted,
            Status::WhereaboutsUnknown => Self::WhereaboutsUnknown,
            Status::Abroad => Self::Abroad,
            Status::FullTimeStudent => Self::FullTimeStudent,
            Status::AdmittedFullTime => Self::AdmittedFullTime,
        }
    }
}
