//! `countersign.toml`, resolved once: environment over file over defaults.
//!
//! `keys` is the one table of what can be set; `file` and `env` read it from
//! the two places, `resolve` fills in defaults and hashes the result, `fault`
//! is how a mistake is told, `render` writes the documentation and the file
//! that `init` makes, `waivers` reads the waivers register, and `audience` says
//! which host each credential may be sent to.

pub mod audience;
mod canonical;
mod env;
pub mod fault;
mod file;
mod keys;
mod meaning;
pub mod packs;
mod render;
mod resolve;
mod types;
mod values;
pub mod waivers;

use std::path::{Path, PathBuf};

pub use crate::dataset::settings::{Setting, SettingList, Settings, SyncSetting};
pub use fault::{ConfigError, Fault, Issue, Place};
pub use render::{Preset, reference_markdown, template};
pub use types::{
    Access, Approval, Config, Entra, GitHub, IdentityCenter, Implicit, Policy, Registers,
    RuleConfig, Secret, SourceConfig, Sync, WaiverTerm,
};
use values::Values;

/// Name of the file that is read when none is given.
pub const FILE_NAME: &str = "countersign.toml";

impl Config {
    /// Reads a file and lays the variables of the environment over it.
    ///
    /// # Errors
    /// With every mistake of the file and of the environment at once.
    pub fn load(
        path: &Path,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = file::read_text(path)?;
        let base = path.parent().filter(|p| !p.as_os_str().is_empty());
        let base = absolute(base.unwrap_or(Path::new(".")))?;
        let mut issues = Vec::new();
        let mut values = file::read(&path.display().to_string(), &text, &mut issues);
        env::lay_over(&mut values, env, &mut issues);
        let mut config = resolve::resolve(&values, &base, &mut issues);
        config.path = Some(path.to_owned());
        fault::settle(issues, config)
    }

    /// The file given, else `countersign.toml` of the working directory if it
    /// is there, else the defaults; always with the environment laid over.
    ///
    /// # Errors
    /// As [`Config::load`]; a file that was named must exist.
    pub fn find(
        explicit: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let here = Path::new(FILE_NAME);
        if let Some(path) = explicit.or_else(|| here.exists().then_some(here)) {
            return Self::load(path, env);
        }
        let mut issues = Vec::new();
        let mut values = Values::default();
        env::lay_over(&mut values, env, &mut issues);
        let config = resolve::resolve(&values, &absolute(Path::new("."))?, &mut issues);
        fault::settle(issues, config)
    }

    /// The built-in defaults: neutral, no registers, no syncs.
    #[must_use]
    pub fn defaults() -> Self {
        resolve::resolve(&Values::default(), Path::new("."), &mut Vec::new())
    }

    /// The policy pack that decides a threshold of the rule.
    #[must_use]
    pub fn pack_of(&self, rule: &str) -> Option<&str> {
        let policy = &self.policy;
        (policy.decides.contains(rule)).then_some(policy.pack.as_str())
    }

    /// What rules and reports see of it, as `<section>_<key>`.
    #[must_use]
    pub fn settings(&self) -> Settings {
        canonical::settings(self)
    }

    /// Every resolved setting as canonical JSON, for the manifest.
    #[must_use]
    pub fn canonical(&self) -> serde_json::Value {
        canonical::canonical(self)
    }

    /// A path as it is best shown: relative to the configuration where it lies below or beside it.
    #[must_use]
    pub fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        path.display().to_string()
    }
}

fn absolute(path: &Path) -> Result<PathBuf, ConfigError> {
    std::path::absolute(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
