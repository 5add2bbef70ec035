//! Whether an open database is still the file that its path names.

use crate::StoreError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file that was opened. One that was deleted, moved or replaced under the process goes on taking changes and is
/// lost at the next start, so that nothing may be said to be kept in it.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    path: PathBuf,
    log: PathBuf,
    #[cfg(unix)]
    found: (u64, u64),
}

impl Identity {
    /// Of the file at this path, which is there.
    pub fn of(path: &Path) -> Result<Self, StoreError> {
        let mut log = OsString::from(path);
        log.push("-wal");
        let about = std::fs::metadata(path).map_err(|cause| unreadable(path, &cause))?;
        Ok(Self {
            path: path.to_owned(),
            log: log.into(),
            #[cfg(unix)]
            found: key(&about),
        })
    }

    /// Whether the path still names it, and, for a connection that has `written`, whether its log is still there.
    pub fn check(&self, written: bool) -> Result<(), StoreError> {
        let about = std::fs::metadata(&self.path).map_err(|_| self.gone(&self.path, "is gone"))?;
        #[cfg(unix)]
        if key(&about) != self.found {
            return Err(self.gone(&self.path, "is another file than the one that is open"));
        }
        #[cfg(not(unix))]
        let _ = &about;
        if written && !self.log.exists() {
            return Err(self.gone(&self.log, "is gone"));
        }
        Ok(())
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
