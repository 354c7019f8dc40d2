//! Access reviews: campaigns whose workbooks go out to reviewers and come back.
//!
//! `gather` makes items out of a snapshot, `campaign` keeps them as they were
//! when the review was opened, `workbook` writes them for reviewers, `vet` and
//! `read` open what comes back, `judge` compares it with the campaign,
//! `decisions` keeps what was decided, `closure` looks in later snapshots
//! whether it was done. A workbook is never believed about a fact.

pub mod campaign;
pub mod closure;
pub mod columns;
pub mod decisions;
pub mod gather;
pub mod item;
pub mod judge;
mod names;
pub mod read;
pub mod verify;
pub mod vet;
pub mod workbook;

use std::path::{Path, PathBuf};

use crate::dataset::DatasetError;

/// What a reviewer may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// The access stays.
    Keep,
    /// It goes.
    Remove,
    /// It becomes another.
    Change,
    /// The reviewer cannot tell.
    DontKnow,
}

impl Choice {
    /// Every one, in the order in which a workbook offers them.
    pub const ALL: [Self; 4] = [Self::Keep, Self::Remove, Self::Change, Self::DontKnow];

    /// As a workbook and a record spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "Keep",
            Self::Remove => "Remove",
            Self::Change => "Change",
            Self::DontKnow => "Don't know",
        }
    }

    /// The one of that spelling, whatever its case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.name().eq_ignore_ascii_case(text))
    }
}

/// The names of what a reviewer may decide.
pub const DECISIONS: [&str; 4] = [
    Choice::Keep.name(),
    Choice::Remove.name(),
    Choice::Change.name(),
    Choice::DontKnow.name(),
];

/// What a row without a decision is: never Keep.
pub const NOT_REVIEWED: &str = "Not reviewed";

/// Whose workbook holds the access to accounts that no declaration gives an owner.
pub const NO_OWNER: &str = "no application owner";

/// Why a review could not be opened, read or looked at.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// There is no such campaign.
    #[error("{message}")]
    NotFound {
        /// What is missing and how to get it.
        message: String,
    },
    /// A campaign's files are not the ones that were written.
    #[error("the review {campaign} was not used: {message}")]
    Integrity {
        /// Campaign.
        campaign: String,
        /// What differs.
        message: String,
    },
    /// A workbook could not be written.
    #[error("{path} could not be written: {message}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

impl ReviewError {
    pub(crate) fn write(path: &Path, message: &dyn ToString) -> Self {
        Self::Write {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }
}
