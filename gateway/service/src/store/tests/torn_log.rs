//! A power cut in the middle of a write: what SQLite had flushed is there, whatever the disk made of the rest (D09).

use super::{Database, House};
use dayaq_types::{Entropy, SeededEntropy};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::Path;

/// Changes that were answered, one after the other.
const CHANGES: u64 = 12;
/// The log's own header, and the header of each page in it (the WAL format): its first word is the page's number.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const PAGE: usize = 4096;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The files of a store as they stood after every answer.
struct Answered {
    house: House,
    database: Vec<u8>,
    log: Vec<u8>,
    /// How long the log was when each change was answered.
    flushed: Vec<usize>,
}

fn draft(n: u64) -> Vec<u8> {
    let size = 200 + usize::try_from(n).unwrap() * 700;
    vec![u8::try_from(n).unwrap() + 1; size]
}

async fn answered() -> Answered {
    let house = House::new();
    let store = house.store_in(house.file().await);
    let (database, log) = (house.path(), house.folder.path().join("gateway.db-wal"));
    let mut flushed = Vec::new();
    for n in 0..CHANGES {
        store.save_draft(&house.subscriber(n), &draft(n)).await.unwrap();
        flushed.push(std::fs::read(&log).unwrap().len());
    }
    let (database, log) = (std::fs::read(database).unwrap(), std::fs::read(log).unwrap());
    assert!(flushed.is_sorted_by(|one, next| one < next), "nothing was moved into the file meanwhile: {flushed:?}");
    drop(store);
    Answered { house, database, log, flushed }
}

/// Opens these files as the next start does: the first changes must be there, and each of the others whole or not at all.
async fn holds(answered: &Answered, database: &[u8], log: &[u8], first: u64, torn: &str) {
    let after = House::new();
    std::fs::write(after.path(), database).unwrap();
    std::fs::write(after.folder.path().join("gateway.db-wal"), log).unwrap();
    let file = after.file().await;
    let store = after.store_in(file.clone());
    for n in 0..CHANGES {
        let found = store.draft(&answered.house.subscriber(n)).await.unwrap();
        let whole = found == Some(draft(n));
        assert!(whole || n >= first && found.is_none(), "change {n} of {first} that were answered, {torn}");
    }
    store.save_draft(&after.subscriber(99), b"it goes on").await.unwrap();
    Database::from(file).close().await;
    assert_eq!(integrity(&after.path()).await, "ok", "{torn}");
}

async fn integrity(path: &Path) -> String {
    let mut db = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let said = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.unwrap();
    db.close().await.unwrap();
    said
}

fn roll(dice: &SeededEntropy, below: usize) -> usize {
    let mut octets = [0; 4];
    dice.fill(&mut octets);
    usize::try_from(u32::from_be_bytes(octets)).unwrap() % below
}

/// What a disk may make of octets that were written and not flushed.
fn tear(tail: &mut Vec<u8>, dice: &SeededEntropy) -> &'static str {
    let sectors = tail.len().div_ceil(SECTOR);
    let at = roll(dice, sectors) * SECTOR;
    let end = (at + (1 + roll(dice, 16)) * SECTOR).min(tail.len());
    match roll(dice, 5) {
        0 => {
            tail.truncate(roll(dice, tail.len()));
            "cut off"
        }
        1 => {
            tail.truncate(at);
            "cut off at a sector"
        }
        2 => {
            tail[at..end].fill(0);
            "sectors never written, and later ones were"
        }
        3 => {
            dice.fill(&mut tail[at..end]);
            "sectors of garbage"
        }
        _ => {
            let bit = roll(dice, tail.len() * 8);
            tail[bit / 8] ^= 1 << (bit % 8);
            "a bit turned over"
        }
    }
}

fn rounds(few: usize, all: usize) -> usize {
    if std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1") { all } else { few }
}

#[tokio::test]
async fn d09_a_log_torn_anywhere_behind_the_last_flush_loses_nothing_that_was_answered() {
    let answered = answered().await;
    let dice = SeededEntropy::new(20_261_122);
    for round in 0..rounds(60, 2_000) {
        let first = 1 + roll(&dice, answered.flushed.len() - 1);
        let (flushed, tail) = answered.log.split_at(answered.flushed[first - 1]);
        let mut tail = tail.to_vec();
        let torn = tear(&mut tail, &dice);
        let log = [flushed, &tail].concat();
        holds(&answered, &answered.database, &log, first as u64, &format!("round {round}: {torn}")).await;
    }
}

/// While the log is moved into the file any page of it may be torn: the log, which was flushed before, has them all.
#[tokio::test]
async fn d09_pages_torn_while_the_log_is_moved_into_the_file_are_made_good() {
    let answered = answered().await;
    let frames = answered.log[LOG_HEADER..].chunks_exact(FRAME_HEADER + PAGE);
    let pages: Vec<usize> =
        frames.map(|frame| u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize - 1).collect();
    let dice = SeededEntropy::new(20_261_122);
    for round in 0..rounds(20, 500) {
        let mut database = answered.database.clone();
        let longest = pages.iter().max().unwrap() + 1;
        database.resize(database.len().max(longest * PAGE), 0);
        for _ in 0..=roll(&dice, pages.len()) {
            let page = pages[roll(&dice, pages.len())] * PAGE;
            let at = page + roll(&dice, PAGE / SECTOR) * SECTOR;
            // The first page's own header is in its first sector: it is torn like every other.
            dice.fill(&mut database[at..page + PAGE]);
        }
        holds(&answered, &database, &answered.log, CHANGES, &format!("round {round}: torn pages")).await;
    }
}
