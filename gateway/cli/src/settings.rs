//! A configuration file, read as a whole: the gateway's part, the core's part, the keys.

use crate::content::{self, Content, Found};
use crate::exit::Usage;
use crate::{keys, say};
use anyhow::Context;
use dayaq_author::{Diagnostics, Document, parse, utf8};
use dayaq_core::{CoreConfig, Retention as CoreRetention};
use dayaq_gateway::config::{Environment, GatewayConfig, Surroundings};
use dayaq_gateway::conversation::{prove_on, prove_surface};
use dayaq_gateway::store::Retention as GatewayRetention;
use dayaq_types::seal::KeyRing;
use std::path::{Path, PathBuf};

/// The bit of a file's mode by which those may read it who are neither its owner nor of its group.
#[cfg(unix)]
const READABLE_BY_ALL: u32 = 0o004;

/// Everything that `serve` and `migrate` run on.
pub struct Settings {
    /// The gateway's part.
    pub gateway: GatewayConfig,
    /// The core's part.
    pub core: CoreConfig,
    /// The master keys.
    pub keys: KeyRing,
    /// Dialogues, words, rules.
    pub content: Content,
    /// Their files, and where they are.
    pub found: Found,
}

/// The machine's environment and files, relative to the configuration's folder.
pub struct Machine {
    folder: PathBuf,
}

impl Machine {
    /// Files are relative to the folder of that file.
    pub fn around(file: &Path) -> Self {
        Self { folder: file.parent().map(Path::to_path_buf).unwrap_or_default() }
    }
}

impl Environment for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl Surroundings for Machine {
    fn file(&self, path: &str) -> Result<String, String> {
        let octets = std::fs::read(self.folder.join(path)).map_err(|cause| cause.to_string())?;
        utf8(path, octets).map_err(|fault| fault.to_string())
    }

    #[cfg(unix)]
    fn is_open_to_all(&self, path: &str) -> bool {
        use std::os::unix::fs::PermissionsExt;
        let about = std::fs::metadata(self.folder.join(path));
        about.is_ok_and(|about| about.permissions().mode() & READABLE_BY_ALL != 0)
    }
}

/// A configuration that was read, with its content.
pub struct Examined {
    /// What to run on; `None` where anything is an error.
    pub settings: Option<Settings>,
    /// The content that it serves.
    pub content: Found,
    /// Every fault.
    pub found: Diagnostics,
}

/// Reads a configuration and its content; every fault is in the diagnostics, and then there are no settings.
pub fn examine(path: &Path) -> anyhow::Result<Examined> {
    let octets = std::fs::read(path).map_err(|cause| Usage(format!("{}: {cause}", path.display())))?;
    let text = utf8(&path.display().to_string(), octets).map_err(|fault| Usage(fault.to_string()))?;
    let (document, found) = parse(&path.display().to_string(), &text);
    let (settings, content) = read(&document, &Machine::around(path), &found)?;
    let sound = !found.has_errors();
    Ok(Examined { settings: settings.filter(|_| sound), content, found })
}

/// Reads a configuration, prints its faults, and fails with them.
pub fn load(path: &Path) -> anyhow::Result<Settings> {
    let Examined { settings, found, .. } = examine(path)?;
    say::aside(&found);
    let usage = || Usage(format!("{} is not in order; nothing was started", path.display()));
    Ok(settings.with_context(usage).map_err(|_| usage())?)
}

fn read(document: &Document, machine: &Machine, found: &Diagnostics) -> anyhow::Result<(Option<Settings>, Found)> {
    let root = document.root(found);
    let content_folder = root.opt_table("content").and_then(|table| {
        let folder = table.string("folder").map(|folder| machine.folder.join(folder));
        table.finish();
        folder
    });
    // Only the configuration names what is served: content that happens to lie in the current folder is not meant.
    let files = content_folder.as_deref().map_or_else(|| Ok(content::built_in()), content::of)?;
    let (content, more) = content::read(files.files.clone());
    found.extend(more);
    let keys = root.table("keys").and_then(|table| {
        let keys = keys::read(&table, machine);
        table.finish();
        keys
    });
    let (in_gateway, in_core) = root.opt_table("retention").map_or_else(Default::default, |table| {
        let read = (GatewayRetention::read(&table), CoreRetention::read(&table));
        table.finish();
        read
    });
    let gateway = GatewayConfig::read(&root, machine, found).map(|mut gateway| {
        gateway.database = machine.folder.join(gateway.database);
        gateway.retention = in_gateway;
        gateway
    });
    if let (Some(gateway), Some(content)) = (&gateway, &content) {
        for operator in &gateway.operators {
            found.extend(prove_on(&content.book, &operator.profile, &operator.name));
        }
        for aggregator in &gateway.aggregators {
            found.extend(prove_surface(&content.book, &aggregator.profile.surface, &aggregator.name));
        }
    }
    let ids = content.as_ref().map(|content| content.core.institution_ids());
    let core = root.table("core").and_then(|table| {
        // Without content nobody knows which institutions there are; its faults have been reported above.
        let ids = ids?;
        let mut core = CoreConfig::read(table, &ids, machine)?;
        core.database = machine.folder.join(core.database);
        core.retention = in_core;
        Some(core)
    });
    root.finish();
    let found = files.clone();
    let settings = (|| Some(Settings { gateway: gateway?, core: core?, keys: keys?, content: content?, found }))();
    Ok((settings, files))
}
