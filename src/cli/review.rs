//! Options of `review`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::shared::{CheckFormat, Which};

/// What to do with reviews.
#[derive(Debug, Subcommand)]
pub enum Review {
    /// Open a review: write the workbooks that reviewers fill in
    #[command(
        after_help = "Examples:\n  countersign review open\n  countersign review open --name 'November' --days 10 --out november\n  countersign review open --again 2026-11-25T07-00-00Z --out again\n\nExit code 2 when access was not read completely: the workbooks say what they may miss."
    )]
    Open(Box<Open>),
    /// Read workbooks that reviewers returned, and keep their decisions
    #[command(
        after_help = "Examples:\n  countersign review import november/everything.xlsx\n  countersign review import returned/*.xlsx --format json\n\nExit code 0 when everything was taken, 1 when something is wrong with a row, 2 when a file was refused."
    )]
    Import(Import),
    /// Show how far a review is, and whether removed access is gone
    #[command(
        after_help = "Examples:\n  countersign review status\n  countersign review status --format csv > review.csv\n\nExit code 1 when removed access is still there or came back, or the review is overdue; 2 when that cannot be told."
    )]
    Status(Status),
}

/// Options of `review open`.
#[derive(Args, Debug)]
pub struct Open {
    /// Which snapshot.
    #[command(flatten)]
    pub which: Which,
    /// Name of the review [default: Access review as of DAY]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Days until it is due
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Write the workbooks of a review that is open already, as they were
    #[arg(long, value_name = "REVIEW", conflicts_with_all = ["name", "days", "snapshot", "baseline"])]
    pub again: Option<String>,
    /// Folder to write workbooks into [default: review-ID]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Options of `review import`.
#[derive(Args, Debug)]
pub struct Import {
    /// Workbooks
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Review that they belong to [default: the latest]
    #[arg(long, value_name = "REVIEW")]
    pub campaign: Option<String>,
    /// How to print
    #[arg(long, default_value = "table")]
    pub format: ImportFormat,
}

/// How to print what came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// For people.
    Table,
    /// One document.
    Json,
}

/// Options of `review status`.
#[derive(Args, Debug)]
pub struct Status {
    /// Review [default: the latest]
    #[arg(long, value_name = "REVIEW")]
    pub campaign: Option<String>,
    /// Last snapshot to look for removed access in, or `none` [default: the latest]
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
    /// How to print; csv has a row for every item, with the columns of Entra's export
    #[arg(long, default_value = "table")]
    pub format: CheckFormat,
}
