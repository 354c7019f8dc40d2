//! The commands, each a function from options to output and exit code.
//!
//! Nothing here knows the clock, the terminal or the environment but through
//! [`World`]; `main` fills it in.

mod act;
mod card;
mod check;
mod demo;
mod diff;
mod evidence;
mod figures;
mod findings;
mod head;
mod look;
mod plan;
mod preflight;
mod progress;
mod query;
mod report;
mod review;
mod simulate;
mod terminal;
mod verdict;
mod verify;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use clap::CommandFactory as _;

use crate::cli::{Cli, Command, Global};
use crate::collect::CollectError;
use crate::config::{Config, ConfigError};
use crate::dataset::store::Store;
use crate::dataset::{DatasetError, of_the_place, remedy};
use crate::detect::DetectError;
use crate::report::ReportError;
use crate::review::ReviewError;

pub use review::READER;

/// Exit codes, as `--help` documents them.
pub mod code {
    /// Complete, nothing found.
    pub const OK: u8 = 0;
    /// Findings.
    pub const FINDINGS: u8 = 1;
    /// Incomplete.
    pub const INCOMPLETE: u8 = 2;
    /// Integrity failure.
    pub const INTEGRITY: u8 = 3;
    /// Lock held.
    pub const LOCKED: u8 = 4;
    /// Usage or configuration.
    pub const USAGE: u8 = 64;
    /// Internal error.
    pub const INTERNAL: u8 = 70;
    /// Interrupted.
    pub const INTERRUPTED: u8 = 130;
}

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

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration or a register: the user's to mend.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An import that could not begin.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// Rules.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// A report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// An access review.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The simulated organisation.
    #[error(transparent)]
    Estate(#[from] crate::estate::EstateError),
    /// Options that do not fit together or name something that is not there.
    #[error("{0}")]
    Usage(String),
    /// Output could not be written.
    #[error("output could not be written: {0}{remedy}", remedy = remedy(.0))]
    Output(#[from] std::io::Error),
    /// A file of ours could not be encoded.
    #[error("output could not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

impl AppError {
    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Usage(_)
            | Self::Review(ReviewError::NotFound { .. })
            | Self::Collect(CollectError::Config(_) | CollectError::Usage(_))
            | Self::Report(
                ReportError::Unknown { .. }
                | ReportError::Secret { .. }
                | ReportError::Exists { .. }
                | ReportError::Sign(_),
            )
            | Self::Detect(DetectError::Rules { .. }) => code::USAGE,
            Self::Review(ReviewError::Integrity { .. }) => code::INTEGRITY,
            Self::Dataset(e)
            | Self::Review(ReviewError::Dataset(e))
            | Self::Collect(CollectError::Dataset(e))
            | Self::Detect(DetectError::Dataset(e)) => dataset_code(e),
            Self::Estate(_)
            | Self::Detect(_)
            | Self::Report(_)
            | Self::Review(_)
            | Self::Output(_)
            | Self::Encode(_) => code::INTERNAL,
        }
    }
}

fn dataset_code(error: &DatasetError) -> u8 {
    match error {
        DatasetError::Exists { .. }
        | DatasetError::NotFound { .. }
        | DatasetError::Newer { .. } => code::USAGE,
        DatasetError::Locked { .. } => code::LOCKED,
        DatasetError::Integrity { .. } => code::INTEGRITY,
        DatasetError::Io { source, .. } if of_the_place(source.kind()) => code::USAGE,
        DatasetError::Io { .. } | DatasetError::Row { .. } | DatasetError::Engine { .. } => {
            code::INTERNAL
        }
    }
}

/// Refuses a folder that a command could not write into, before it does anything
/// else. Nothing is made yet.
pub(crate) fn folder(out: &Path, option: &str, nothing: &str) -> Result<(), AppError> {
    let there = out
        .ancestors()
        .map(|p| {
            if p.as_os_str().is_empty() {
                Path::new(".")
            } else {
                p
            }
        })
        .find(|p| p.exists())
        .unwrap_or(Path::new("."));
    let why = if there.is_dir() {
        let tried = tempfile::Builder::new().tempfile_in(there);
        tried.err().map(|e| format!("cannot be written to: {e}"))
    } else {
        Some("is a file".to_owned())
    };
    match why {
        None => Ok(()),
        Some(why) => Err(AppError::Usage(format!(
            "{nothing}: {} {why}; name a folder of yours with {option}",
            there.display()
        ))),
    }
}

/// Configuration and data directory of a command.
pub(crate) struct Place {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

impl Place {
    fn new(global: &Global, world: &World<'_>) -> Result<Self, AppError> {
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

/// Runs a command and gives its exit code.
///
/// # Errors
/// When it could not do what it was asked to; [`AppError::code`] tells the exit code.
pub fn execute(cli: Cli, world: &mut World<'_>) -> Result<u8, AppError> {
    let store = Store::new(&cli.global.data).at(world.now);
    let reads = matches!(
        cli.command,
        Command::Check(_)
            | Command::Report(_)
            | Command::Query(_)
            | Command::Diff(_)
            | Command::Review { .. }
    );
    let quiet = cli.global.quiet;
    let before = head::Before::of(&store);
    let result = one(cli, world);
    if !quiet {
        before.tell(&store, reads, world)?;
    }
    result
}

fn one(cli: Cli, world: &mut World<'_>) -> Result<u8, AppError> {
    let global = &cli.global;
    match cli.command {
        Command::Completions { shell } => {
            // It cannot fail to write into memory, and would panic elsewhere.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut script);
            world.out.write_all(&script)?;
            Ok(code::OK)
        }
        Command::Rules { action } => look::rules(&action, world),
        Command::Tables { action } => look::tables(&action, world),
        Command::Docs { page, out } => look::docs(&page, out.as_deref(), world),
        Command::Snapshots { action } => {
            look::snapshots(&action, &Store::new(&global.data).at(world.now), world)
        }
        Command::Head => head::head(&Store::new(&global.data).at(world.now), world),
        Command::Verify(options) => verify::verify(&options, &Place::new(global, world)?, world),
        Command::Query(options) => query::query(&options, &Place::new(global, world)?, world),
        Command::Check(options) => check::check(&options, &Place::new(global, world)?, world),
        Command::Demo(options) => demo::demo(&options, global, world),
        Command::Simulate(options) => simulate::simulate(&options, world),
        Command::Plan(options) => plan::plan(&options, &Place::new(global, world)?, world),
        Command::Preflight(options) => {
            preflight::preflight(&options, &Place::new(global, world)?, world)
        }
        Command::Permissions(options) => {
            plan::permissions(&options, &Place::new(global, world)?, world)
        }
        Command::Init(options) => act::init(&options, world),
        Command::Report(options) => report::report(&options, &Place::new(global, world)?, world),
        Command::Review { action } => review::review(&action, &Place::new(global, world)?, world),
        Command::Run(options) => act::run(&options, &Place::new(global, world)?, world),
        Command::Snapshot(options) => act::snapshot(&options, &Place::new(global, world)?, world),
        Command::Diff(options) => diff::diff(&options, &Place::new(global, world)?, world),
    }
}

/// Settings of the environment that are flags, not configuration.
#[must_use]
pub fn environment(vars: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let map: BTreeMap<String, String> = vars.collect();
    map.into_iter().collect()
}
