//! A store in which years have heaped up, made by few statements.

use super::{Ground, House};
use crate::store::{Database, GatewayStore};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, SqliteConnection};

/// How far back the heap goes, in milliseconds.
const SPAN: i64 = 400 * DAY_MS;
pub(super) const DAY_MS: i64 = 86_400_000;
/// Segments of a text.
const SEGMENTS: u64 = 4;

/// So many segments, with their texts, attempts and receipts, and a tenth as many drafts, calls, sessions and strays as texts; the
/// youngest is of `now`. Three texts of four are replies. Of the oldest thousands two texts each have not ended.
pub(super) async fn heap(ground: Ground, house: &House, now: Timestamp, segments: u64) {
    let (texts, now) = (segments / SEGMENTS, now.as_millisecond());
    // Whoever opens the store makes its tables.
    house.store().await.database().close().await;
    let statements = statements(ground, texts, now);
    match ground {
        Ground::Sqlite => {
            let options = SqliteConnectOptions::new()
                .filename(house.path())
                .journal_mode(SqliteJournalMode::Off)
                .synchronous(SqliteSynchronous::Off)
                .pragma("cache_size", "-400000")
                .foreign_keys(false);
            let mut file = SqliteConnection::connect_with(&options).await.unwrap();
            fill(&mut file, INDEXES_OF_SQLITE, &statements).await;
            file.execute("PRAGMA journal_mode = WAL").await.unwrap();
            file.close().await.unwrap();
        }
        Ground::Postgres => {
            let mut aside = house.database().aside().await;
            aside.execute("SET maintenance_work_mem = '400MB'; SET synchronous_commit = off").await.unwrap();
            fill(&mut aside, INDEXES_OF_POSTGRES, &statements).await;
            aside.execute("VACUUM ANALYZE").await.unwrap();
        }
    }
}

const INDEXES_OF_SQLITE: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
const INDEXES_OF_POSTGRES: &str = "SELECT indexname::text AS name, indexdef::text AS sql FROM pg_indexes
     WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)";

/// Runs the statements while there is no index, which is faster.
async fn fill<C>(connection: &mut C, indexes: &str, statements: &[String])
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
    for<'r> String: sqlx::Decode<'r, C::Database> + sqlx::Type<C::Database>,
    for<'q> <C::Database as sqlx::Database>::Arguments<'q>: sqlx::IntoArguments<'q, C::Database>,
    for<'n> &'n str: sqlx::ColumnIndex<<C::Database as sqlx::Database>::Row>,
{
    use sqlx::Row;
    let rows = sqlx::query(indexes).fetch_all(&mut *connection).await.unwrap();
    let indexes: Vec<(String, String)> = rows.iter().map(|row| (row.get("name"), row.get("sql"))).collect();
    for (name, _) in &indexes {
        (&mut *connection).execute(&*format!("DROP INDEX {name}")).await.unwrap();
    }
    for statement in statements.iter().chain(indexes.iter().map(|(_, sql)| sql)) {
        (&mut *connection).execute(&**statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

fn statements(ground: Ground, texts: u64, now: i64) -> Vec<String> {
    let octets = |number: &str, length: usize| match ground {
        Ground::Sqlite => format!("unhex(printf('%0{}x', {number}))", 2 * length),
        Ground::Postgres => format!("decode(lpad(to_hex(({number})::bigint), {}, '0'), 'hex')", 2 * length),
    };
    let hex = |number: &str| match ground {
        Ground::Sqlite => format!("printf('%x', {number})"),
        Ground::Postgres => format!("to_hex(({number})::bigint)"),
    };
    // Odd, so that no number comes twice below 2^40; far from the last, as hashes are.
    let scattered = |number: &str| format!("(({number}) * 2654435761) % 1099511627776");
    let (id, subscriber) = (octets("i", 16), octets(&scattered("i"), 32));
    let (begin, tenth) = (now - SPAN, texts / 10);
    let series = |rows: u64| {
        let one = if matches!(ground, Ground::Sqlite) { "1" } else { "1::bigint" };
        format!("WITH RECURSIVE n (i) AS (SELECT {one} UNION ALL SELECT i + 1 FROM n WHERE i < {rows})")
    };
    let mut all = vec![
        format!(
            "{} INSERT INTO texts (id, core_fence, subscriber, class, operator, segments, sealed, untold, created_at,
                reported_at)
             SELECT {id}, 0, {subscriber}, CASE WHEN i % 4 = 0 THEN 'outcome' ELSE 'reply' END, 'azercell', {SEGMENTS}, {},
                CASE WHEN i % 4 = 0 THEN 1 ELSE 0 END, {begin} + i * {SPAN} / {texts},
                CASE WHEN i % 1000 < 2 AND i < 25002 THEN NULL ELSE {begin} + i * {SPAN} / {texts} + 60000 END
             FROM n",
            series(texts),
            octets("i", 200)
        ),
        format!(
            "INSERT INTO text_segments (text, number, operator, rank, sealed, state, next_at, expires_at)
             SELECT position, s.number, 'azercell', untold, {}, CASE WHEN reported_at IS NULL THEN 'queued' ELSE 'sent' END,
                created_at, {now} + {SPAN}
             FROM texts, (SELECT 1 AS number UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) s
             ORDER BY position, s.number",
            octets("position", 160)
        ),
        format!(
            "INSERT INTO text_attempts (text, number, fence, at, operator, message_id)
             SELECT text, number, 1, next_at, operator, {} FROM text_segments WHERE state = 'sent' ORDER BY text, number",
            hex(&scattered("text * 4 + number"))
        ),
        "INSERT INTO receipts (operator, message_id, subscriber, at, state)
         SELECT a.operator, a.message_id, t.subscriber, a.at + 5000, 'DELIVRD'
         FROM text_attempts a JOIN texts t ON t.position = a.text WHERE a.number = 1 ORDER BY 1, 2"
            .to_owned(),
        format!(
            "{} INSERT INTO receipts (operator, message_id, subscriber, at, state)
             SELECT 'azercell', 'stray-{}', {subscriber}, {begin} + i * {SPAN} / {tenth}, 'DELIVRD' FROM n",
            series(tenth),
            "' || i || '"
        ),
        format!(
            "{} INSERT INTO drafts (subscriber, sealed, expires_at)
             SELECT {subscriber}, {}, {begin} + i * {SPAN} / {tenth} * 2 FROM n",
            series(tenth),
            octets("i", 300)
        ),
        format!(
            "{} INSERT INTO pending_calls (id, subscriber, not_before, finished_at)
             SELECT 'call-' || i, {subscriber}, {begin}, {begin} + i * {SPAN} / {tenth} FROM n",
            series(tenth)
        ),
    ];
    if matches!(ground, Ground::Sqlite) {
        all.push(format!(
            "{} INSERT INTO sessions (subscriber, number, token, blob, expires_at)
             SELECT {subscriber}, 1, {id}, {}, {begin} + i * {SPAN} / {tenth} * 2 FROM n",
            series(tenth),
            octets("i", 300)
        ));
    }
    all
}

/// How many replies there are that are past their time by then: along an index, so that it holds nobody up.
pub(super) async fn overdue_replies(store: &GatewayStore, now: Timestamp) -> u64 {
    let sql = "SELECT count(*) AS rows FROM texts
         WHERE reported_at IS NOT NULL AND class = 'reply' AND untold = 0 AND created_at <= $1";
    let until = now.as_millisecond() - 3 * DAY_MS;
    store.database().row(sql, &[until.into()]).await.unwrap().unwrap().count("rows")
}

/// What is left of each table, and what of it is past its time by then, by statements of their own.
pub(super) struct Left {
    pub what: &'static str,
    pub rows: u64,
    pub overdue: u64,
}

pub(super) async fn left(house: &House, store: &GatewayStore, now: Timestamp) -> Vec<Left> {
    let now = now.as_millisecond();
    let reply = format!("t.class = 'reply' AND t.reported_at IS NOT NULL AND t.created_at <= {}", now - 3 * DAY_MS);
    let record =
        format!("t.class = 'outcome' AND t.reported_at IS NOT NULL AND t.created_at <= {}", now - 365 * DAY_MS);
    let text = format!("(({reply}) OR ({record}))");
    let body =
        format!("sealed IS NOT NULL AND reported_at IS NOT NULL AND created_at <= {} OR {text}", now - 90 * DAY_MS);
    let of_text = |column: &str| format!("EXISTS (SELECT 1 FROM texts t WHERE t.position = {column} AND {text})");
    let stray = format!("message_id LIKE 'stray-%' AND at <= {}", now - 3 * DAY_MS);
    let receipt =
        "EXISTS (SELECT 1 FROM text_attempts a WHERE a.operator = r.operator AND a.message_id = r.message_id AND"
            .to_owned();
    let mut asked = vec![
        ("texts", "texts t".to_owned(), text.clone()),
        ("bodies", "texts t WHERE sealed IS NOT NULL".to_owned(), body),
        ("segments", "text_segments s".to_owned(), of_text("s.text")),
        ("attempts", "text_attempts a".to_owned(), of_text("a.text")),
        ("receipts", "receipts r".to_owned(), format!("({stray}) OR {receipt} {})", of_text("a.text"))),
        ("drafts", "drafts".to_owned(), format!("expires_at <= {now}")),
        ("calls", "pending_calls".to_owned(), format!("finished_at <= {}", now - 7 * DAY_MS)),
    ];
    if matches!(store.database(), Database::Sqlite(_)) {
        asked.push(("sessions", "sessions".to_owned(), format!("expires_at <= {now}")));
    }
    let mut all = Vec::new();
    for (what, from, overdue) in asked {
        let sql = format!("SELECT count(*) AS whole, count(*) FILTER (WHERE {overdue}) AS overdue FROM {from}");
        let (rows, overdue): (i64, i64) = match &house.postgres {
            None => {
                let row = store.database().row(&sql, &[]).await.unwrap().unwrap();
                (row.get("whole"), row.get("overdue"))
            }
            // Past the store, whose statements have an end.
            Some(database) => sqlx::query_as(&sql).fetch_one(&mut database.aside().await).await.unwrap(),
        };
        all.push(Left { what, rows: rows.unsigned_abs(), overdue: overdue.unsigned_abs() });
    }
    all
}
