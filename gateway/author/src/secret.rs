//! Secrets: named in the configuration, kept outside it.

use crate::Table;
use secrecy::SecretString;

/// The environment's variables.
pub trait Environment {
    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Files and environment, so that the reading itself opens nothing.
pub trait Surroundings: Environment {
    /// The text of a file named in the configuration, or why it cannot be read.
    fn file(&self, path: &str) -> Result<String, String>;

    /// Whether everybody on the machine may read that file; no where nobody can tell.
    fn is_open_to_all(&self, _path: &str) -> bool {
        false
    }
}

/// Reads `KEY`, or the variable that `KEY_env` names, or the file that `KEY_file` names; exactly one of them.
///
/// A file that everybody may read is taken, with a warning: where secrets are mounted into a container that is how they
/// come.
pub fn read_secret(table: &Table<'_>, key: &str, around: &dyn Surroundings) -> Option<SecretString> {
    let env_key = format!("{key}_env");
    let file_key = format!("{key}_file");
    let plain = table.opt_string(key);
    let variable = table.opt_string(&env_key);
    let file = table.opt_string(&file_key);
    match (plain, variable, file) {
        (Some(value), None, None) => Some(value.into()),
        (None, Some(name), None) => {
            let value = around.variable(&name);
            if value.is_none() {
                table.error(&env_key, format!("the environment has no variable {name}"));
            }
            value.map(Into::into)
        }
        (None, None, Some(path)) => match around.file(&path) {
            Ok(value) => {
                if around.is_open_to_all(&path) {
                    let message =
                        format!("everybody on this machine may read {path}; its owner alone should (chmod 600)");
                    table.warning(&file_key, message);
                }
                Some(value.trim_end().to_owned().into())
            }
            Err(why) => {
                table.error(&file_key, format!("{path}: {why}"));
                None
            }
        },
        (None, None, None) => {
            table.error(key, format!("missing (or {env_key}, or {file_key})"));
            None
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            table.error(key, format!("give only one of {key}, {env_key} and {file_key}"));
            None
        }
    }
}
