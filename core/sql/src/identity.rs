//! Whether an open database is still the file that its path names.

use crate::StoreError;
use crate::lock::Lock;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The file that was opened. One that was deleted, moved or replaced under the process goes on taking changes and is
/// lost at the next start, so that nothing may be said to be kept in it.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    path: PathBuf,
    log: PathBuf,
    /// How long the log was; it only grows while a connection that writes is open. 0 where nobody knows.
    log_seen: Arc<AtomicU64>,
    /// What another process would have to lock.
    lock: PathBuf,
    #[cfg(unix)]
    found: (u64, u64),
    #[cfg(unix)]
    lock_found: (u64, u64),
}

impl Identity {
    /// Of the file at this path, which is there and locked.
    pub fn of(path: &Path, lock: &Lock) -> Result<Self, StoreError> {
        let mut log = OsString::from(path);
        log.push("-wal");
        let about = std::fs::metadata(path).map_err(|cause| unreadable(path, &cause))?;
        let locked = lock.about().map_err(|cause| unreadable(lock.path(), &cause))?;
        #[cfg(not(unix))]
        let _ = (&about, &locked);
        Ok(Self {
            path: path.to_owned(),
            log: log.into(),
            log_seen: Arc::default(),
            lock: lock.path().to_owned(),
            #[cfg(unix)]
            found: key(&about),
            #[cfg(unix)]
            lock_found: key(&locked),
        })
    }

    /// Whether the path still names it and its lock still keeps others out, and, for a connection that has `written`,
    /// whether its log is still there and no shorter than it was.
    pub fn check(&self, written: bool) -> Result<(), StoreError> {
        let about = std::fs::metadata(&self.path).map_err(|_| self.gone(&self.path, "is gone"))?;
        #[cfg(unix)]
        if key(&about) != self.found {
            return Err(self.gone(&self.path, "is another file than the one that is open"));
        }
        #[cfg(not(unix))]
        let _ = &about;
        let lock = std::fs::metadata(&self.lock).map_err(|_| self.gone(&self.lock, "is gone"))?;
        #[cfg(unix)]
        if key(&lock) != self.lock_found {
            return Err(self.gone(&self.lock, "is another file than the one that is locked"));
        }
        #[cfg(not(unix))]
        let _ = &lock;
        let seen = self.log_seen.load(Ordering::Acquire);
        match std::fs::metadata(&self.log) {
            Err(_) if written || seen > 0 => return Err(self.lost("is gone")),
            Ok(log) if log.len() < seen => return Err(self.lost("was cut short")),
            Ok(log) if written => self.log_seen.store(log.len(), Ordering::Release),
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }

    /// The connection that wrote is given up: the last one to close takes the log with it.
    pub fn forget_log(&self) {
        self.log_seen.store(0, Ordering::Release);
    }

    /// What was in the log is lost to who opens the file anew, so that no connection may begin from it.
    fn lost(&self, what: &str) -> StoreError {
        self.log_seen.store(u64::MAX, Ordering::Release);
        self.gone(&self.log, what)
    }

    fn gone(&self, path: &Path, what: &str) -> StoreError {
        StoreError::Replaced(format!("{} {what}", path.display()))
    }
}

#[cfg(unix)]
fn key(about: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (about.dev(), about.ino())
}

fn unreadable(path: &Path, cause: &std::io::Error) -> StoreError {
    StoreError::Database(format!("{}: {cause}", path.display()))
}
