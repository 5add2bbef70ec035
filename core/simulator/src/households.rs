//! All households, and the reader of their file.

use crate::household::{
    Basis, Declares, FullName, Household, HouseholdFault, Income, Issued, Kinship, Notary, Person, Relation, Status,
    Vehicle,
};
use crate::month::{Amount, Bound};
use crate::records::{Account, Utilities};
use crate::{Institution, Month};
use dayaq_author::{Diagnostics, Place, Table, parse};
use dayaq_types::{Fin, IdCard, NotaryNumber, Pii};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

mod records;

use records::{norms, records, utilities};

/// Persons that a household may have: an applicant and fifteen members.
const PERSONS_MAX: usize = 16;
/// The longest delay that a fault may ask for.
const DELAY_MS_MAX: u32 = 600_000;
/// The most that an income may bring in a month: a hundred million manat.
pub(super) const QEPIK_MAX: i64 = 10_000_000_000;

/// The households of a simulation.
#[derive(Clone, Debug)]
pub struct Households {
    all: Vec<Household>,
    by_fin: BTreeMap<Fin, (usize, usize)>,
    by_notary: BTreeMap<String, usize>,
    norms: BTreeMap<String, i64>,
}

impl Households {
    /// The households that ship with the simulator.
    pub fn shipped() -> (Option<Self>, Diagnostics) {
        Self::read("core/simulator/households/families.toml", include_str!("../households/families.toml"))
    }

    /// Reads a file of households; the path is only printed.
    ///
    /// Every fault is in the diagnostics with its line. Households come out only where there is none.
    pub fn read(path: &str, text: &str) -> (Option<Self>, Diagnostics) {
        let (document, diagnostics) = parse(path, text);
        let root = document.root(&diagnostics);
        let mut seen = Seen::default();
        let tables = root.tables("household");
        let count = tables.len();
        let all: Vec<Household> =
            tables.into_iter().filter_map(|table| household(table, &mut seen, &diagnostics)).collect();
        if count == 0 {
            diagnostics.push(root.place().error("no [[household]] here"));
        }
        let norms = root.opt_table("norms").map_or_else(BTreeMap::new, norms);
        root.finish();
        let sound = !diagnostics.has_errors();
        (sound.then(|| Self::index(all, norms)), diagnostics)
    }

    fn index(all: Vec<Household>, norms: BTreeMap<String, i64>) -> Self {
        let places = |(h, household): (usize, &Household)| {
            household.persons.iter().enumerate().map(move |(p, person)| (person.fin, (h, p))).collect::<Vec<_>>()
        };
        let by_fin = all.iter().enumerate().flat_map(places).collect();
        let by_notary = all
            .iter()
            .enumerate()
            .filter_map(|(h, household)| Some((household.notary.as_ref()?.number.as_str().to_owned(), h)))
            .collect();
        Self { all, by_fin, by_notary, norms }
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Household] {
        &self.all
    }

    /// The household of that id.
    pub fn get(&self, id: &str) -> Option<&Household> {
        self.all.iter().find(|h| h.id == id)
    }

    /// The person of that FIN, with the household.
    pub fn person(&self, fin: &Fin) -> Option<(&Household, &Person)> {
        let (h, p) = *self.by_fin.get(fin)?;
        let household = self.all.get(h)?;
        Some((household, household.persons.get(p)?))
    }

    /// The household whose notarised application has that number.
    pub fn by_notary(&self, number: &str) -> Option<&Household> {
        self.all.get(*self.by_notary.get(number)?)
    }

    /// The household that has the vehicle, and whether it was given for rehabilitation.
    pub(crate) fn by_plate(&self, plate: &str) -> Option<(&Household, bool)> {
        self.all.iter().find_map(|household| {
            let vehicle = household.persons.iter().flat_map(|p| &p.vehicles).find(|v| v.plate == plate)?;
            Some((household, vehicle.rehabilitation))
        })
    }

    /// The household with that account at a utility, by the meter's number or else by the address's code.
    pub(crate) fn by_account(
        &self,
        account: impl Fn(&Utilities) -> Option<&Account>,
        meter: Option<&str>,
        address: Option<&str>,
    ) -> Option<(&Household, &Account)> {
        self.all.iter().find_map(|household| {
            let account = account(&household.utilities)?;
            let metered = meter.is_some() && account.meter.as_deref() == meter;
            let there = meter.is_none() && address.is_some() && household.address.as_deref() == address;
            (metered || there).then_some((household, account))
        })
    }

    /// What a square metre or a head yields in a year, in qəpik.
    pub(crate) fn norms(&self) -> &BTreeMap<String, i64> {
        &self.norms
    }

    /// Changes the norms.
    pub(crate) fn set_norms(&mut self, norms: BTreeMap<String, i64>) {
        self.norms = norms;
    }

    /// Changes what a home pays.
    pub(crate) fn edit_utilities(&mut self, id: &str, change: impl FnOnce(&mut Utilities)) -> bool {
        let household = self.all.iter_mut().find(|h| h.id == id);
        household.map(|household| change(&mut household.utilities)).is_some()
    }

    /// Changes what is known of a person. The FIN stays: it is the key.
    pub(crate) fn edit(&mut self, fin: &Fin, change: impl FnOnce(&mut Person)) -> bool {
        let Some(person) = self.by_fin.get(fin).and_then(|(h, p)| self.all.get_mut(*h)?.persons.get_mut(*p)) else {
            return false;
        };
        change(person);
        person.fin = *fin;
        true
    }
}

/// What must be unique in the whole file.
#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    fins: BTreeSet<Fin>,
    notaries: BTreeSet<String>,
}

fn household(table: Table<'_>, seen: &mut Seen, diagnostics: &Diagnostics) -> Option<Household> {
    let id = table.parse("id", identifier);
    if let Some(id) = &id
        && !seen.ids.insert(id.clone())
    {
        table.error("id", format!("a household {id:?} is already here"));
    }
    let note = table.string_or("note", "");
    let district = table.opt_parse("district", identifier);
    let people = table.tables("person");
    let count = people.len();
    let persons: Vec<Person> =
        people.into_iter().filter_map(|t| person(t, district.as_deref(), seen, diagnostics)).collect();
    if !(1..=PERSONS_MAX).contains(&count) {
        table.error("person", format!("a household has 1 to {PERSONS_MAX} persons, found {count}"));
    }
    if persons.len() == count {
        for (relation, name, range) in
            [(Relation::Applicant, "one applicant", 1..=1), (Relation::Spouse, "at most one spouse", 0..=1)]
        {
            if count > 0 && !range.contains(&persons.iter().filter(|p| p.relation == relation).count()) {
                table.error("person", format!("a household has {name}"));
            }
        }
    }
    let notary = table.opt_table("notary").and_then(|t| notary(t, seen));
    let address = table.opt_parse("address", address_code);
    let utilities = table.opt_table("utilities").map_or_else(Utilities::default, utilities);
    let declares = table.opt_table("declares").map_or_else(Declares::default, |t| declares(t, &persons, diagnostics));
    let faults = table.tables("fault").into_iter().filter_map(fault).collect();
    table.finish();
    Some(Household { id: id?, note, persons, notary, address, utilities, declares, faults })
}

fn person(table: Table<'_>, district: Option<&str>, seen: &mut Seen, diagnostics: &Diagnostics) -> Option<Person> {
    let fin = table.parse("fin", fin);
    if let Some(fin) = fin
        && !seen.fins.insert(fin)
    {
        table.error("fin", "a person with this FIN is already here");
    }
    let relation = table.one_of("relation", &Relation::NAMES);
    let surname = table.string("surname");
    let name = table.string("name");
    let patronymic = table.string_or("patronymic", "");
    let birth_date = table.date("birth_date").and_then(date);
    let id_card = table.opt_table("id_card").and_then(|t| id_card(t, diagnostics));
    let own = table.opt_parse("district", identifier);
    let district = own.or_else(|| district.map(str::to_owned));
    if district.is_none() && !table.has("district") {
        table.error("district", "missing here and in the household");
    }
    let status = table.one_of_or("status", &Status::NAMES, Status::Alive);
    let citizenship = table.string_or("citizenship", "AZE");
    let prisoner = table.boolean_or("prisoner", false);
    let vehicles = table.tables("vehicle").into_iter().filter_map(vehicle).collect();
    let incomes = table.tables("income").into_iter().filter_map(|t| income(t, diagnostics)).collect();
    let records = records(&table, diagnostics);
    let kinship = table.has("kinship").then(|| table.one_of("kinship", &Kinship::NAMES)).flatten();
    let guardianship = table.boolean_or("guardianship", false);
    let registered_here = table.boolean_or("registered_here", true);
    let visited = table.boolean_or("visited", false);
    table.finish();
    Some(Person {
        kinship,
        guardianship,
        registered_here,
        visited,
        fin: fin?,
        relation: relation?,
        name: Pii::new(FullName { surname: surname?, name: name?, patronymic }),
        birth_date: Pii::new(birth_date?),
        id_card,
        district: district?,
        status,
        citizenship,
        prisoner,
        vehicles,
        incomes,
        records,
    })
}

fn vehicle(table: Table<'_>) -> Option<Vehicle> {
    let plate = table.string("plate");
    let make = table.string("make");
    let year = table.integer("year", 1900..=2100);
    let basis = table.one_of("basis", &Basis::NAMES);
    let rehabilitation = table.boolean_or("rehabilitation", false);
    table.finish();
    Some(Vehicle { plate: plate?, make: make?, year: year?, basis: basis?, rehabilitation })
}

pub(super) fn income(table: Table<'_>, diagnostics: &Diagnostics) -> Option<Income> {
    let kind = table.string_or("kind", "wage");
    let from = table.opt_parse("from", Bound::parse).unwrap_or(Bound::Open);
    let to = table.opt_parse("to", Bound::parse).unwrap_or(Bound::Open);
    match (from, to) {
        (Bound::Fixed(first), Bound::Fixed(last)) if last < first => table.error("to", "is before `from`"),
        (Bound::Ago(first), Bound::Ago(last)) if last > first => table.error("to", "is before `from`"),
        (Bound::Open | Bound::Fixed(_) | Bound::Ago(_), Bound::Open | Bound::Fixed(_) | Bound::Ago(_)) => {}
    }
    let steady = table.opt_integer("monthly_qepik", 0..=QEPIK_MAX).map(Amount::Monthly);
    let by_month = table.opt_table("by_month").and_then(by_month);
    let amount = match (table.has("monthly_qepik"), table.has("by_month")) {
        (true, false) => steady,
        (false, true) => by_month,
        (true, true) | (false, false) => {
            diagnostics.push(table.place().error("an income has `monthly_qepik` or `by_month`, one of the two"));
            None
        }
    };
    table.finish();
    Some(Income { kind, from, to, amount: amount? })
}

fn by_month(table: Table<'_>) -> Option<Amount> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let year = MONTHS.map(|month| table.integer_or(month, 0..=QEPIK_MAX, 0));
    table.finish();
    Some(Amount::ByMonth(year))
}

fn notary(table: Table<'_>, seen: &mut Seen) -> Option<Notary> {
    let number = table.parse("number", notary_number);
    if let Some(number) = &number
        && !seen.notaries.insert(number.as_str().to_owned())
    {
        table.error("number", "a notarised application with this number is already here");
    }
    let on = table.opt_date("issued").and_then(date);
    let ago = table.opt_integer("issued_days_ago", 0..=10_000u16);
    let issued = match (table.has("issued"), table.has("issued_days_ago")) {
        (true, false) => on.map(Issued::On),
        (false, true) => ago.map(Issued::DaysAgo),
        (true, true) | (false, false) => {
            table.error("issued", "say `issued` or `issued_days_ago`, one of the two");
            None
        }
    };
    let valid_days = table.integer_or("valid_days", 1..=10_000u16, 90);
    let names = table.has("names").then(|| {
        let read = |(text, place): (String, Place)| {
            let read = Fin::parse(&text).ok();
            if read.is_none() {
                table.error("names", format!("line {}: not a FIN", place.position.line));
            }
            read
        };
        table.string_items("names").into_iter().filter_map(read).collect()
    });
    table.finish();
    Some(Notary { number: number?, issued: issued?, valid_days, names })
}

fn declares(table: Table<'_>, persons: &[Person], diagnostics: &Diagnostics) -> Declares {
    let id_card = table.opt_table("id_card").and_then(|t| id_card(t, diagnostics));
    let district = table.opt_parse("district", identifier);
    let notary = table.opt_parse("notary", notary_number);
    let mut relations = BTreeMap::new();
    for (key, name, place) in table.string_map("relations") {
        let known = Fin::parse(&key).ok().filter(|fin| persons.iter().any(|p| p.fin == *fin));
        let relation = Relation::NAMES.iter().find(|(n, r)| *n == name && *r != Relation::Applicant);
        match (known, relation) {
            (Some(fin), Some((_, relation))) => {
                relations.insert(fin, *relation);
            }
            (None, _) => diagnostics.push(unkeyed(&place).error("no person of this household has this FIN")),
            (Some(_), None) => {
                diagnostics.push(unkeyed(&place).error("must be one of spouse, child, parent, sibling, other"));
            }
        }
    }
    table.finish();
    Declares { id_card, district, notary, relations }
}

/// Takes the key out of a place: here the key is a FIN.
fn unkeyed(place: &Place) -> Place {
    Place { key: "household.declares.relations".to_owned(), ..place.clone() }
}

fn fault(table: Table<'_>) -> Option<HouseholdFault> {
    let institution = table.one_of("institution", &Institution::names());
    let delay_ms = table.integer_or("delay_ms", 0..=DELAY_MS_MAX, 0);
    let fail_first = table.integer_or("fail_first", 0..=1_000_000u32, 0);
    if delay_ms == 0 && fail_first == 0 {
        table.error("delay_ms", "a fault has `delay_ms`, `fail_first` or both, above 0");
    }
    table.finish();
    Some(HouseholdFault { institution: institution?, delay: Duration::from_millis(delay_ms.into()), fail_first })
}

fn id_card(table: Table<'_>, diagnostics: &Diagnostics) -> Option<IdCard> {
    let series = table.string("series");
    let number = table.string("number");
    let place = table.place();
    table.finish();
    match IdCard::parse(&series?, &number?) {
        Ok(card) => Some(card),
        Err(error) => {
            diagnostics.push(place.error(error.to_string()));
            None
        }
    }
}

fn fin(text: &str) -> Result<Fin, String> {
    Fin::parse(text).map_err(|e| e.to_string())
}

fn notary_number(text: &str) -> Result<NotaryNumber, String> {
    NotaryNumber::parse(text).ok_or_else(|| "a notarised application's number has 4 to 12 digits".to_owned())
}

fn date(date: dayaq_author::Date) -> Option<Date> {
    Date::new(date.year, date.month, date.day).ok()
}

/// Reads an id: small letters, digits and dashes, at most 40.
pub(crate) fn identifier(text: &str) -> Result<String, String> {
    let sound = (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if sound { Ok(text.to_owned()) } else { Err("must be 1 to 40 small letters, digits or dashes".to_owned()) }
}

/// Reads an address's code: letters, digits and dashes, at most 40.
fn address_code(text: &str) -> Result<String, String> {
    let sound = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if sound { Ok(text.to_owned()) } else { Err("must be 1 to 40 letters, digits or dashes".to_owned()) }
}

/// The months of an income inside a window, earliest first.
pub(crate) fn months_of(income: &Income, from: Month, to: Month, now: Month) -> Vec<(Month, i64)> {
    let first = income.from.resolve(now, from).max(from);
    let last = income.to.resolve(now, to).min(to);
    (0..=last.since(first)).map(|n| first.plus(n)).map(|m| (m, income.amount.of(m))).filter(|(_, q)| *q != 0).collect()
}
