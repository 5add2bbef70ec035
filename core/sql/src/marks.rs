//! The tables that every store brings in the same form: `probe`, `key_print`, `marks` and `restores`.
//!
//! Two stores that belong together each keep a mark of their own, which moves on with what is done, and the highest that
//! they have heard of the other. A store whose mark is behind what the other has heard was restored from an older copy.

use crate::{Database, StoreError};

/// What a store knows of itself and of the one that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// What both stores are called together; `None` in one that has met no other.
    pub pair: Option<String>,
    /// How far this store is.
    pub own: i64,
    /// How far the other was when it was last heard.
    pub other: i64,
    /// The name of this store's life since it was last restored; empty in its first. What is kept elsewhere beside it
    /// under another name is of a life that it knows nothing of.
    pub life: String,
}

impl Database {
    /// Writes a row and reads it back, in a database that is still the one that was opened and is not damaged.
    pub async fn probe(&self, now: i64) -> Result<(), StoreError> {
        self.sound()?;
        let sql = "INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
        self.write_by_key(move |mut db| Box::pin(async move { db.execute(sql, &[now.into()]).await })).await?;
        self.row("SELECT at FROM probe", &[]).await.map(drop)
    }

    /// Refuses another master key than the one under which the store was made: its keyed print of a fixed word is kept
    /// when the store is first opened.
    pub async fn check_key(&self, print: [u8; 32]) -> Result<(), StoreError> {
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let sql = "INSERT INTO key_print (\"only\", print) VALUES (1, $1) ON CONFLICT DO NOTHING";
                db.execute(sql, &[(&print).into()]).await?;
                let found = db.row("SELECT print FROM key_print", &[]).await?;
                let ours = found.is_some_and(|row| row.get::<&[u8]>("print") == print);
                if ours { Ok(()) } else { Err(StoreError::OtherKey) }
            })
        })
        .await
    }

    /// The marks.
    pub async fn marks(&self) -> Result<Marks, StoreError> {
        let row = self.row("SELECT pair, own, other, life FROM marks", &[]).await?;
        Ok(row.map_or_else(Marks::default, |row| Marks {
            pair: row.get("pair"),
            own: row.get("own"),
            other: row.get("other"),
            life: row.get("life"),
        }))
    }

    /// Moves the store's own mark on, and gives it once it is on the disk.
    pub async fn move_mark(&self) -> Result<i64, StoreError> {
        self.write(|mut db| {
            Box::pin(async move {
                let row = db.row("UPDATE marks SET own = own + 1 RETURNING own", &[]).await?;
                Ok(row.map_or(0, |row| row.get("own")))
            })
        })
        .await
    }

    /// Keeps the other store's mark; an older one changes nothing.
    pub async fn hear_mark(&self, other: i64) -> Result<(), StoreError> {
        let sql = "UPDATE marks SET other = $1 WHERE other < $1";
        self.write_by_key(move |mut db| Box::pin(async move { db.execute(sql, &[other.into()]).await })).await.map(drop)
    }

    /// Names the pair in a store that has met no other.
    pub async fn join_pair(&self, pair: &str) -> Result<(), StoreError> {
        let pair = pair.to_owned();
        self.write_by_key(move |mut db| {
            let sql = "UPDATE marks SET pair = $1 WHERE pair IS NULL";
            let pair = pair.clone();
            Box::pin(async move { db.execute(sql, &[(&pair).into()]).await })
        })
        .await
        .map(drop)
    }

    /// Goes on from these marks, and keeps for ever that, when and why somebody asked for it.
    pub async fn settle_marks(&self, marks: Marks, at: i64, why: String) -> Result<(), StoreError> {
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let Marks { pair, own, other, life } = &marks;
                let sql = "UPDATE marks SET pair = $1, own = $2, other = $3, life = $4";
                db.execute(sql, &[pair.as_ref().into(), (*own).into(), (*other).into(), life.into()]).await?;
                db.execute("INSERT INTO restores (at, why) VALUES ($1, $2)", &[at.into(), (&why).into()]).await?;
                Ok(())
            })
        })
        .await
    }
}
