//! What a command sees of the outside: output, the clock, the environment, the
//! configuration and the data directory.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::error::AppError;
use crate::cli::Global;
use crate::config::Config;
use crate::dataset::store::Store;

/// What a command sees of the outside.
pub struct World<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// Talk.
    pub err: &'a mut dyn Write,
    /// The time.
    pub now: DateTime<Utc>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// Columns of the terminal behind `out`; `None` when it is none.
    pub width: Option<usize>,
    /// Whether `out` takes colour.
    pub colour: bool,
    /// Whether progress may be drawn on `err`.
    pub bars: bool,
    /// How the program was called, for commands that are suggested.
    pub program: String,
}

/// Configuration and data directory of a command.
pub(crate) struct Place {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Place {
    pub(crate) fn new(global: &Global, world: &World<'_>) -> Result<Self, AppError> {
        let config = Config::find(global.config.as_deref(), world.env.iter().cloned())?;
        Ok(Self::with(config, global, &global.data, world.now))
    }

    pub(crate) fn with(config: Config, global: &Global, data: &Path, now: DateTime<Utc>) -> Self {
        Self {
            config,
            store: Store::new(data).at(now),
            quiet: global.quiet,
            verbose: global.verbose,
        }
    }
}

/// Settings of the environment that are flags, not configuration.
#[must_use]
pub fn environment(vars: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let map: BTreeMap<String, String> = vars.collect();
    map.into_iter().collect()
}
