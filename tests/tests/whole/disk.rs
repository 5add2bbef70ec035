//! A small disk that a test fills and frees: a file system in memory, mounted over a folder.

use crate::stage::not_shown;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Mounts, says so, and unmounts when its input ends, which the end of the test does.
const MOUNT: &str = r#"
as=; [ "$(id -u)" = 0 ] || as="sudo -n"
$as mount -t tmpfs -o "size=$2m,mode=0777" dayaq "$1" || exit 1
echo mounted
cat >/dev/null
$as umount -l "$1"
"#;

/// A disk over a folder, as long as the test.
pub struct Disk {
    folder: PathBuf,
    shell: Child,
}

impl Disk {
    /// A disk of so many mebibytes over that folder, for what is named; `None`, and said, where the machine gives nobody the
    /// right to mount, as within a container: that needs root, or sudo without a password. Where every case is asked for, that
    /// is a failure.
    pub fn over(folder: &Path, mebibytes: u32, what: &str) -> Option<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", MOUNT, "sh"])
            .arg(folder)
            .arg(mebibytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs a shell");
        let mut said = String::new();
        BufReader::new(shell.stdout.take().expect("piped")).read_line(&mut said).expect("the shell speaks");
        if said != "mounted\n" {
            let _ = shell.wait();
            not_shown(&format!("{what}: no disk can be mounted on this machine, so none can be full"));
            return None;
        }
        Some(Self { folder: folder.to_owned(), shell })
    }

    /// Leaves no octet of it free.
    pub fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(self.filler()).expect("a file");
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Leaves free again what was filled.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
