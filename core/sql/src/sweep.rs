//! Erasing what is past its time, a bite at a time.
//!
//! A store says what it keeps for how long ([`Kind`], [`Due`]); how it is erased is the same for all. A bite is a change of
//! its own: it looks at the oldest rows along an index, from where the last bite ended, and erases by their keys those that
//! may go. Others write between two bites, and a bite that took long is followed by a smaller one. Of several processes on
//! the same rows one sweeps at a time.

use crate::{Bind, Change, Database, Row, StoreError};
use dayaq_types::Clock;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

/// How long a bite should take in a file, its commit and its wait for the one writer with it. One that takes longer is halved,
/// one that takes less than half of it is doubled.
const BITE: Duration = Duration::from_millis(16);
/// What a bite in a file must not take, but for one in a hundred on a disk that is slow at times (D15).
pub const HELD_MAX: Duration = Duration::from_millis(50);
/// As [`BITE`], where writers do not wait for each other.
const BITE_SHARED: Duration = Duration::from_millis(100);
/// Rows that a bite looks at: at first, and within which limits that changes. So few take hardly any time beside their commit, and
/// a slow disk must not keep the sweep from ever getting ahead of what comes.
const ROWS_FIRST: u32 = 32;
const ROWS_MIN: u32 = 8;
const ROWS_MAX: u32 = 512;
/// After a bite the sweep rests so many times as long as the bite took, so that the writer is everybody else's for most of the
/// time.
const RESTS: u32 = 4;
const REST_MAX: Duration = Duration::from_secs(2);
/// Keys in one statement; more take several. A list is filled up to one of the lengths by repeating its last key, so that
/// there are few different statements.
const KEYS: [usize; 3] = [1, 8, 64];

/// A column of a key.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    /// A number.
    Integer(&'static str),
    /// Text.
    Text(&'static str),
    /// Octets.
    Octets(&'static str),
}

/// A kind of data that is erased in time.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name in metrics.
    pub name: &'static str,
    /// The table that its rows are found in.
    pub table: &'static str,
    /// The column from which its time counts, in milliseconds.
    pub at: &'static str,
    /// What tells a row from all others of the table.
    pub key: &'static [Column],
    /// Which rows are of this kind. An index over `at` holds these alone, or all of the table's.
    pub when: &'static str,
    /// Which of them are passed over all the same: what is not over yet. Asked of the rows that are looked at, one by one.
    pub unless: Option<&'static str>,
    /// Whether what was passed over is looked at again in the next round.
    pub revisits: bool,
    /// What erases rows, in this order; `{keys}` stands for the list of their keys.
    pub erase: &'static [&'static str],
}

/// A kind, and what of it is past its time: what is as old as this moment or older.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The kind.
    pub kind: &'static Kind,
    /// The moment, in milliseconds.
    pub until: i64,
}

/// What a round did to one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows erased.
    pub erased: u64,
    /// Changes that it took.
    pub bites: u64,
    /// Rows that the largest of them looked at.
    pub largest: u64,
    /// How long the longest of them took, with its wait for the writer and its commit.
    pub longest: Duration,
    /// How many of them took longer than [`HELD_MAX`].
    pub long: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = Self {
            erased: self.erased + other.erased,
            bites: self.bites + other.bites,
            largest: self.largest.max(other.largest),
            longest: self.longest.max(other.longest),
            long: self.long + other.long,
        };
    }
}

/// What a round did to each kind.
pub type Tallies = BTreeMap<&'static str, Tally>;

/// Sweeps a store.
pub struct Sweeper {
    store: &'static str,
    database: Database,
    clock: Arc<dyn Clock>,
    rests: u32,
    states: BTreeMap<&'static str, State>,
}

/// How a kind is gone about.
struct State {
    rows: u32,
    /// The last row that was looked at; nothing where the next round begins anew.
    place: Option<Vec<Value>>,
}

impl Sweeper {
    /// A sweeper of this store, by its name in metrics; the clock measures how long bites take.
    pub const fn new(store: &'static str, database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { store, database, clock, rests: RESTS, states: BTreeMap::new() }
    }

    /// The same, without rests: for who waits for its end.
    #[must_use]
    pub fn without_rests(self) -> Self {
        Self { rests: 0, ..self }
    }

    /// Erases what is past its time, kind by kind. Where another process sweeps at this moment, that is left to it.
    ///
    /// What fails of one kind keeps no other; the first fault is told at the end.
    pub async fn round(&mut self, dues: &[Due]) -> Result<Tallies, StoreError> {
        let (mut tallies, mut fault) = (Tallies::new(), None);
        for due in dues {
            let mut tally = Tally::default();
            if let Err(error) = self.sweep(due, &mut tally).await {
                fault = fault.or(Some(error));
            }
            tallies.insert(due.kind.name, tally);
        }
        fault.map_or(Ok(tallies), Err)
    }

    async fn sweep(&mut self, due: &Due, tally: &mut Tally) -> Result<(), StoreError> {
        let (store, kind) = (self.store, due.kind);
        loop {
            let state = self.states.entry(kind.name).or_insert(State { rows: ROWS_FIRST, place: None });
            let (rows, until) = (state.rows, due.until);
            let place = state.place.clone().unwrap_or_else(|| kind.beginning());
            let begun = self.clock.monotonic();
            let taken = self
                .database
                .write(move |mut db| Box::pin(async move { bite(&mut db, store, kind, &place, until, rows).await }))
                .await;
            let took = self.clock.monotonic().saturating_sub(begun);
            let should = if self.database.is_shared() { BITE_SHARED } else { BITE };
            state.rows = match took {
                took if took > should => rows / 2,
                took if took < should / 2 => rows * 2,
                _ => rows,
            }
            .clamp(ROWS_MIN, ROWS_MAX);
            metrics::histogram!("dayaq_sweep_bite_seconds", "store" => store, "kind" => kind.name).record(took);
            let Some(taken) = taken? else { return Ok(()) };
            *tally += Tally {
                erased: taken.erased,
                bites: 1,
                largest: taken.looked,
                longest: took,
                long: u64::from(took > HELD_MAX),
            };
            metrics::counter!("dayaq_swept_rows_total", "store" => store, "kind" => kind.name).increment(taken.erased);
            let ended = taken.looked < u64::from(rows);
            let overdue = taken.oldest.filter(|_| !ended).map_or(0, |oldest| until.saturating_sub(oldest).max(0));
            metrics::gauge!("dayaq_sweep_overdue_seconds", "store" => store, "kind" => kind.name)
                .set(overdue as f64 / 1_000.0);
            state.place = taken.place.or_else(|| state.place.take());
            if ended {
                if kind.revisits {
                    state.place = None;
                }
                return Ok(());
            }
            tokio::time::sleep((took * self.rests).min(REST_MAX)).await;
        }
    }
}

/// What a bite took.
struct Taken {
    looked: u64,
    erased: u64,
    /// The time of the oldest that was erased.
    oldest: Option<i64>,
    /// The last row that was looked at.
    place: Option<Vec<Value>>,
}

/// Takes a bite, unless another process is at it.
async fn bite(
    db: &mut Change<'_>,
    store: &str,
    kind: &'static Kind,
    place: &[Value],
    until: i64,
    rows: u32,
) -> Result<Option<Taken>, StoreError> {
    if !db.try_lock(format!("sweep/{store}").as_bytes()).await? {
        return Ok(None);
    }
    let mut binds = vec![until.into()];
    binds.extend(place.iter().map(Value::bind));
    let found = db.rows(&kind.find(rows, db.for_update_skip_locked()), &binds).await?;
    let stays = |row: &Row| kind.unless.is_some() && row.get::<bool>("stays");
    let going: Vec<&Row> = found.iter().filter(|row| !stays(row)).collect();
    let keys: Vec<Vec<Value>> = going.iter().map(|row| kind.key_of(row)).collect();
    for keys in keys.chunks(KEYS[2]) {
        let (list, binds) = list(keys);
        for sql in kind.erase {
            db.execute(&sql.replace("{keys}", &list), &binds).await?;
        }
    }
    Ok(Some(Taken {
        looked: found.len() as u64,
        erased: keys.len() as u64,
        oldest: going.first().map(|row| row.get("at")),
        place: found.last().map(|row| kind.place_of(row)),
    }))
}

impl Kind {
    /// The statement that looks at the oldest rows behind a place. Binds: the latest moment, and the place.
    fn find(&self, rows: u32, lock: &str) -> String {
        let Self { table, at, when, .. } = self;
        let key: Vec<&str> = self.key.iter().map(Column::name).collect();
        let key = key.join(", ");
        let stays = self.unless.map(|unless| format!(", ({unless}) AS stays")).unwrap_or_default();
        let place: Vec<String> = (0..=self.key.len()).map(|column| format!("${}", column + 2)).collect();
        let place = place.join(", ");
        // The number of rows stands in the statement, so that whoever plans it knows how few they are.
        format!(
            "SELECT {at} AS at, {key}{stays} FROM {table}
             WHERE {when} AND {at} <= $1 AND ({at}, {key}) > ({place}) ORDER BY {at}, {key} LIMIT {rows}{lock}"
        )
    }

    /// The statements of a bite that looks at so many rows up to that moment and erases so many, with their binds: what finds,
    /// and what erases.
    pub fn statements(&self, until: i64, rows: u32, keys: usize) -> Vec<(String, Vec<Bind<'static>>)> {
        let place: Vec<Bind<'static>> = self.beginning().iter().map(Value::begin).collect();
        let list = list(&vec![self.beginning().split_off(1); keys]).0;
        let binds: Vec<Bind<'static>> = place[1..].iter().copied().cycle().take(self.key.len() * keys).collect();
        let find = (self.find(rows, ""), [until.into()].into_iter().chain(place).collect());
        let erase = self.erase.iter().map(|sql| (sql.replace("{keys}", &list), binds.clone()));
        [find].into_iter().chain(erase).collect()
    }

    /// The place before all rows.
    fn beginning(&self) -> Vec<Value> {
        let key = self.key.iter().map(|column| match column {
            Column::Integer(_) => Value::Integer(i64::MIN),
            Column::Text(_) => Value::Text(String::new()),
            Column::Octets(_) => Value::Octets(Vec::new()),
        });
        [Value::Integer(i64::MIN)].into_iter().chain(key).collect()
    }

    fn place_of(&self, row: &Row) -> Vec<Value> {
        [Value::Integer(row.get("at"))].into_iter().chain(self.key_of(row)).collect()
    }

    fn key_of(&self, row: &Row) -> Vec<Value> {
        let value = |column: &Column| match column {
            Column::Integer(name) => Value::Integer(row.get(name)),
            Column::Text(name) => Value::Text(row.get(name)),
            Column::Octets(name) => Value::Octets(row.get(name)),
        };
        self.key.iter().map(value).collect()
    }
}

impl Column {
    const fn name(&self) -> &'static str {
        match self {
            Self::Integer(name) | Self::Text(name) | Self::Octets(name) => name,
        }
    }
}

/// A value of a row, kept between two bites.
#[derive(Clone)]
enum Value {
    Integer(i64),
    Text(String),
    Octets(Vec<u8>),
}

impl Value {
    /// What comes before every value of its kind.
    const fn begin(&self) -> Bind<'static> {
        match self {
            Self::Integer(_) => Bind::Integer(Some(i64::MIN)),
            Self::Text(_) => Bind::Text(Some("")),
            Self::Octets(_) => Bind::Octets(Some(&[])),
        }
    }

    fn bind(&self) -> Bind<'_> {
        match self {
            Self::Integer(value) => (*value).into(),
            Self::Text(value) => value.into(),
            Self::Octets(value) => value.into(),
        }
    }
}

/// A list of keys, filled up, with its binds: `VALUES` within a `SELECT`, since SQLite uses no index for several of the former.
fn list(keys: &[Vec<Value>]) -> (String, Vec<Bind<'_>>) {
    let length = KEYS.into_iter().find(|length| keys.len() <= *length).unwrap_or(keys.len());
    let (mut rows, mut binds) = (Vec::with_capacity(length), Vec::new());
    for key in keys.iter().chain(std::iter::repeat_n(keys.last(), length).flatten()).take(length) {
        let places: Vec<String> = (1..=key.len()).map(|column| format!("${}", binds.len() + column)).collect();
        rows.push(format!("({})", places.join(", ")));
        binds.extend(key.iter().map(Value::bind));
    }
    (format!("SELECT * FROM (VALUES {}) AS listed", rows.join(", ")), binds)
}
