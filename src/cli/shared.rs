//! Options that several commands have.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which snapshot, which baseline.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Snapshot id [default: the latest]
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
    /// Snapshot to compare with, or `none` [default: the one before]
    #[arg(long, value_name = "ID")]
    pub baseline: Option<String>,
    /// Without --snapshot: how old the latest one may be, in days
    #[arg(long, value_name = "DAYS", default_value_t = 35)]
    pub max_age: u32,
    /// Folder of rules that add to or override those of this version
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// How `check` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Table,
    /// countersign.findings/v1.
    Json,
    /// One line per finding.
    Csv,
}
