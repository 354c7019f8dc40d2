//! Access reviews: campaigns whose workbooks go out to reviewers and come back.
//!
//! `gather` makes items out of a snapshot, `campaign` keeps them as they were
//! when the review was opened, `workbook` writes them for reviewers, `vet`,
//! `look` and `read` open what comes back, `judge` compares it with the campaign
//! and `people` knows who may decide,
//! `decisions` keeps what was decided, `closure` looks in later snapshots
//! whether it was done. A workbook is never believed about a fact.

pub mod campaign;
pub mod closure;
pub mod columns;
pub mod decisions;
pub mod gather;
pub mod item;
pub mod judge;
pub mod look;
mod names;
pub mod people;
pub mod read;
pub mod verify;
pub mod vet;
pub mod workbook;

use std::path::{Path, PathBuf};

use crate::dataset::DatasetError;

/// What a reviewer may decide.
pub const DECISIONS: [&str; 4] = ["Keep", "Remove", "Change", "Don't know"];

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
