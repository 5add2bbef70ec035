//! The lock of an SQLite file: one process has it, and whoever comes second is told which.

use crate::StoreError;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{Error, Read, Write};
use std::path::{Path, PathBuf};

/// The longest name of a holder that is shown, in octets.
const NAME_MAX: u64 = 300;

/// Holds a database for this process, by a lock of the operating system on a file beside it.
///
/// The system ends the lock with the process, however that ends, so that nothing has to be cleaned up after a crash. The
/// file itself stays: if it were removed, two processes could each hold a lock on a file of that name. It says who
/// holds the lock, and by its age since when.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of the database at this path, or says who has it.
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        let path = beside(database);
        let mut file = private(&path).map_err(|cause| failed(&path, &cause))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Held { by: holder(&mut file), lock: path.display().to_string() });
            }
            // A file system without locks cannot tell two processes apart, and so must not hold a store.
            Err(TryLockError::Error(cause)) => return Err(failed(&path, &cause)),
        }
        name_holder(&mut file).map_err(|cause| failed(&path, &cause))?;
        Ok(Self { file, path })
    }

    /// What is locked, whatever its name leads to by now.
    pub fn about(&self) -> Result<Metadata, Error> {
        self.file.metadata()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The lock's file. Links are followed, so that a store has one lock by whatever name it is reached.
fn beside(database: &Path) -> PathBuf {
    let real = database.canonicalize().unwrap_or_else(|_| match (database.parent(), database.file_name()) {
        (Some(folder), Some(name)) => folder.canonicalize().map_or_else(|_| database.into(), |real| real.join(name)),
        (None, _) | (_, None) => database.into(),
    });
    let mut name = OsString::from(real);
    name.push(".lock");
    name.into()
}

fn private(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn name_holder(file: &mut File) -> Result<(), Error> {
    let host = whoami::fallible::hostname().unwrap_or_else(|_| "an unnamed host".to_owned());
    file.set_len(0)?;
    write!(file, "process {} on {host}", std::process::id())
}

/// Who has the lock and since when, as far as the file says. Where it cannot be read, or its holder has not written into
/// it yet, it is just another process.
fn holder(file: &mut File) -> String {
    let mut name = String::new();
    let read = file.take(NAME_MAX).read_to_string(&mut name);
    if read.is_err() || name.trim().is_empty() {
        return "another process".to_owned();
    }
    let since = file.metadata().and_then(|about| about.modified()).ok().and_then(|at| Timestamp::try_from(at).ok());
    let since = since.map_or_else(String::new, |at| format!(" since {}", at.strftime("%Y-%m-%dT%H:%M:%SZ")));
    format!("{}{since}", name.trim())
}

fn failed(path: &Path, cause: &Error) -> StoreError {
    StoreError::Database(format!("{}: {cause}", path.display()))
}
