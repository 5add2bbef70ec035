//! A table that refuses rows, as where two transactions are in each other's way.

use sqlx::{Executor, PgConnection};
use std::time::Duration;

/// So many of the first tries are remembered with their moments.
const REMEMBERED: u32 = 12;

/// A table that counts who tries to insert into it, and refuses some.
pub struct Refusals(PgConnection);

impl Refusals {
    /// Makes every insertion into the table that `when` chooses (by `n`, which counts the tries) fail with this SQLSTATE. The
    /// connection must find the table by its name.
    pub async fn of(mut aside: PgConnection, table: &str, when: &str, code: &str) -> Self {
        // What a sequence holds stays when everything else is taken back.
        let sql = format!(
            "CREATE SEQUENCE tries;
             DO $$ BEGIN FOR n IN 1..{REMEMBERED} LOOP EXECUTE format('CREATE SEQUENCE try_%s', n); END LOOP; END $$;
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
             DECLARE
                n bigint := nextval('tries');
                moment bigint := extract(epoch FROM clock_timestamp()) * 1000000;
             BEGIN
                IF n <= {REMEMBERED} THEN PERFORM setval(format('try_%s', n)::regclass, moment); END IF;
                IF {when} THEN RAISE EXCEPTION USING ERRCODE = '{code}'; END IF;
                RETURN NEW;
             END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        );
        aside.execute(&*sql).await.unwrap();
        Self(aside)
    }

    /// How often somebody has tried.
    pub async fn tries(&mut self) -> i64 {
        sqlx::query_scalar("SELECT last_value FROM tries").fetch_one(&mut self.0).await.unwrap()
    }

    /// How long after each of these tries the next one came; they must be among the first.
    pub async fn gaps(&mut self, tries: std::ops::Range<u32>) -> Vec<Duration> {
        let mut gaps = Vec::new();
        for n in tries {
            let sql = format!("SELECT b.last_value - a.last_value FROM try_{n} AS a CROSS JOIN try_{} AS b", n + 1);
            let micros: i64 = sqlx::query_scalar(&sql).fetch_one(&mut self.0).await.unwrap();
            gaps.push(Duration::from_micros(micros.try_into().unwrap()));
        }
        gaps
    }
}
