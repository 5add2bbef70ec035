//! What ships, for tests that run the core or the institutions in their own process.

use crate::program::root;
use crate::serve_config::TOKEN;
use dayaq_core::ContentFiles;
use dayaq_registries::{CardTime, Households, Registries, RegistriesConfig, Running, Tokens};
use dayaq_types::Clock;
use std::net::SocketAddr;
use std::sync::Arc;

/// The rules, calendars and institutions of the core.
pub fn core_files() -> ContentFiles {
    let files = |name: &str| {
        let folder = root().join("config").join(name);
        let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
            .expect("a folder of the content")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a file")))
            .collect();
        files.sort();
        files
    };
    ContentFiles { rules: files("rules"), calendar: files("calendar"), institutions: files("institutions") }
}

/// The institutions and the bank, with the families that ship, on a free port.
pub async fn institutions(clock: Arc<dyn Clock>, card_time: CardTime) -> Running {
    let (households, found) = Households::shipped();
    let config = RegistriesConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        households: households.unwrap_or_else(|| panic!("{found}")),
        clock,
        tokens: Tokens::same(TOKEN),
        card_time,
    };
    Registries::start(config).await.expect("a free port")
}
