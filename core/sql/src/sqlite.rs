//! An SQLite file: one writer that commits in groups, and readers beside it.

use crate::again::pause;
use crate::error::CONNECTION_WAIT;
use crate::identity::Identity;
use crate::integrity::{Finding, look_over};
use crate::lock::Lock;
use crate::{Failure, Schema, StoreError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Changes that one commit may carry.
const BATCH_MAX: usize = 256;
/// Changes that may wait for the writer; beyond that their callers wait.
const QUEUE_MAX: usize = 1024;
const READERS_MAX: u32 = 4;
/// How long SQLite itself waits for another writer: somebody's own tool, or a backup. After that the commit is made again.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// An SQLite file that this process has for itself, and several of its stores may share.
///
/// WAL with `synchronous=FULL`: what was answered survives a power cut. All changes go through one task; those that
/// arrive while it waits for the disk share the next commit, so that a disk flush is paid once for many turns.
#[derive(Clone, Debug)]
pub struct SqliteFile {
    readers: SqlitePool,
    writer: mpsc::Sender<Message>,
    identity: Identity,
    finding: Finding,
    open: Arc<Mutex<Option<Open>>>,
}

/// What ends with the last clone, or when the file is closed.
#[derive(Debug)]
struct Open {
    task: JoinHandle<()>,
    look: JoinHandle<()>,
    _lock: Lock,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.look.abort();
    }
}

impl SqliteFile {
    /// Opens or creates the file and brings its schema up to date. Refuses a schema newer than this program (D10), and
    /// a file that is open already, here or in another process (E11).
    ///
    /// Must be called within a tokio runtime, which then runs the writer until every clone is dropped.
    pub async fn open(path: &Path, schema: Schema) -> Result<Self, StoreError> {
        // Before anything else: even opening and closing a file by hand would end SQLite's own locks on it.
        let lock = Lock::take(path)?;
        create_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // What is erased is overwritten, in pages that become free as well. Free pages are used again and never given
            // back (no auto_vacuum): a store that erases what it takes in stays as large as it was at its fullest, and
            // moving pages about would hold the writer for it.
            .pragma("secure_delete", "ON")
            .disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        schema.migrations.run(&mut connection).await?;
        let identity = Identity::of(path, &lock)?;
        // From now on a file that is missing is a fault, and not one to be made.
        let options = options.create_if_missing(false);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(CONNECTION_WAIT)
            .connect_lazy_with(options.clone().pragma("query_only", "ON"));
        let (writer, queue) = mpsc::channel(QUEUE_MAX);
        let finding = Finding::default();
        let look = tokio::spawn(look_over(options.clone(), Arc::clone(&finding)));
        let task = tokio::spawn(write_all(connection, options, identity.clone(), queue));
        let open = Arc::new(Mutex::new(Some(Open { task, look, _lock: lock })));
        Ok(Self { readers, writer, identity, finding, open })
    }

    /// Refuses a file that is not the one that was opened any more, or that is known to be damaged.
    pub(crate) fn sound(&self) -> Result<(), StoreError> {
        self.is_same()?;
        match self.finding.get() {
            Some(Some(found)) => Err(StoreError::Damaged(found.clone())),
            Some(None) | None => Ok(()),
        }
    }

    /// Refuses a file that is not the one that was opened any more.
    pub(crate) fn is_same(&self) -> Result<(), StoreError> {
        self.identity.check(false)
    }

    /// The connections that read.
    pub const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Makes a change, all of it or nothing; answers once it is on the disk.
    ///
    /// A caller that stops waiting does not stop the change. The work may run more than once, each time over what was
    /// taken back, so it must do nothing but change rows.
    pub async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Clone + Send + 'static,
    {
        self.change(work).await
    }

    /// As [`Self::write`], for a store with errors of its own.
    pub(crate) async fn change<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, E>> + Clone + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Change { work, result: None, reply });
        self.writer.send(Message::Do(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends every connection once what has been asked for is done; later changes are refused.
    pub(crate) async fn close(&self) {
        let mut open = self.open.lock().await.take();
        if let Some(open) = &mut open {
            open.look.abort();
            // It ended or was cut off: either is well.
            let _ = (&mut open.look).await;
        }
        self.readers.close().await;
        // The writer closes last, so that it moves the log into the file. Whoever was faster has asked for it already.
        let _ = self.writer.send(Message::Close).await;
        if let Some(open) = &mut open {
            // A writer that panicked has closed its connection, too.
            let _ = (&mut open.task).await;
        }
        // Only now may another process have the file.
        drop(open);
    }
}

/// What the writer is asked for.
enum Message {
    /// A change.
    Do(Box<dyn Job>),
    /// To end after the changes that were asked for before.
    Close,
}

/// One change on its way through the writer.
trait Job: Send {
    /// Does the work; `false` takes back what it did. It may be done again after that.
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool>;
    /// Answers the caller, now that the fate of the whole batch is known.
    fn answer(self: Box<Self>, batch: Result<(), StoreError>);
}

struct Change<T, E, W> {
    work: W,
    /// What the work said last; nothing before it was done.
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, W> Job for Change<T, E, W>
where
    T: Send + 'static,
    E: Failure,
    W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, E>> + Clone + Send + 'static,
{
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let work = self.work.clone();
            // The writer serves every caller: a change that panics is a change that failed, and is taken back.
            let done = AssertUnwindSafe(async move { work(connection).await }).catch_unwind().await;
            let said = done.unwrap_or_else(|_| Err(StoreError::Database("a change panicked".to_owned()).into()));
            self.result.insert(said).is_ok()
        })
    }

    fn answer(self: Box<Self>, batch: Result<(), StoreError>) {
        let answer = match (self.result, batch) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(fault)) => Err(fault.into()),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (None, Ok(())) => Err(StoreError::Database("a change was passed over".to_owned()).into()),
        };
        // A caller that has gone away needs no answer.
        let _ = self.reply.send(answer);
    }
}

/// The writer: takes whatever waits, commits it together, answers.
async fn write_all(
    first: SqliteConnection,
    options: SqliteConnectOptions,
    identity: Identity,
    mut queue: mpsc::Receiver<Message>,
) {
    let mut connection = Some(first);
    let mut written = false;
    let mut messages = Vec::with_capacity(BATCH_MAX);
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.recv_many(&mut messages, BATCH_MAX).await > 0 {
        for message in messages.drain(..) {
            match message {
                Message::Do(job) => batch.push(job),
                Message::Close => queue.close(),
            }
        }
        if batch.is_empty() {
            continue;
        }
        let outcome = match identity.check(written) {
            Ok(()) => {
                let done = commit_again(&mut connection, &options, &identity, &mut batch).await;
                written = done.is_ok();
                if done.is_err() {
                    // Whatever state it is in, a new connection begins from the last commit.
                    connection = None;
                    identity.forget_log();
                }
                done
            }
            // The connection stays: it may be all that still has what was written.
            Err(error) => Err(error),
        };
        if let Err(error) = &outcome {
            tracing::warn!(%error, changes = batch.len(), "A commit failed");
        }
        metrics::histogram!("dayaq_sqlite_batch_changes").record(batch.len() as f64);
        for job in batch.drain(..) {
            job.answer(outcome.clone());
        }
    }
    if let Some(connection) = connection {
        // Closing moves the log into the file; a failure loses nothing, the log is read at the next start.
        let _ = connection.close().await;
    }
}

/// Commits, again where another writer was in the way (D02): nothing was done then.
async fn commit_again(
    connection: &mut Option<SqliteConnection>,
    options: &SqliteConnectOptions,
    identity: &Identity,
    batch: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    let mut retries = 0;
    loop {
        let done = commit(connection, options, batch).await;
        let Err(StoreError::Contended(code)) = &done else { return done };
        // There is one writer, so that nobody is met again at the same moment.
        let Some(pause) = pause(retries, 0) else { return done };
        metrics::counter!("dayaq_store_retries_total", "code" => code.clone()).increment(1);
        // Whatever state it is in, a new connection begins from the last commit.
        *connection = None;
        identity.forget_log();
        tokio::time::sleep(pause).await;
        retries += 1;
    }
}

async fn commit(
    connection: &mut Option<SqliteConnection>,
    options: &SqliteConnectOptions,
    batch: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(SqliteConnection::connect_with(options).await?),
    };
    let mut all = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut whole = true;
    for job in batch.iter_mut() {
        whole = job.run(&mut all).await;
        if !whole {
            break;
        }
    }
    if whole {
        return Ok(all.commit().await?);
    }
    all.rollback().await?;
    if batch.len() == 1 {
        return Ok(());
    }
    // Again, with a savepoint each, so that one that fails takes nobody with it. It is rare, and savepoints cost more
    // than most changes.
    let mut all = connection.begin_with("BEGIN IMMEDIATE").await?;
    for job in batch {
        let mut one = all.begin().await?;
        if job.run(&mut one).await {
            one.commit().await?;
        } else {
            one.rollback().await?;
        }
    }
    Ok(all.commit().await?)
}

/// Creates the file for its owner alone; SQLite gives the log beside it the same permissions.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| StoreError::Database(error.to_string()))
}
