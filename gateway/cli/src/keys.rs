//! The master keys: read from outside the stores, made once for the demo.

use anyhow::Context;
use dayaq_author::Table;
use dayaq_gateway::config::{Surroundings, read_secret};
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Entropy, SystemEntropy};
use secrecy::ExposeSecret;
use std::io::Write;
use std::path::Path;

/// Reads `[keys]`: `master`, `master_env` or `master_file`, 64 hexadecimal digits.
pub fn read(table: &Table<'_>, around: &dyn Surroundings) -> Option<KeyRing> {
    let text = read_secret(table, "master", around)?;
    match Key::from_hex(text.expose_secret()) {
        Ok(key) => Some(KeyRing::new(1, &key)),
        Err(cause) => {
            table.error("master", cause.to_string());
            None
        }
    }
}

/// Reads the key in that file, or makes one that only its owner may read.
pub fn own(path: &Path) -> anyhow::Result<KeyRing> {
    if !path.exists() {
        let key = Key::generate(&SystemEntropy as &dyn Entropy);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).with_context(|| format!("making {}", path.display()))?;
        writeln!(file, "{}", *key.to_hex()).with_context(|| format!("writing {}", path.display()))?;
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let key = Key::from_hex(&text).with_context(|| format!("{}", path.display()))?;
    Ok(KeyRing::new(1, &key))
}
