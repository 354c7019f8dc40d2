//! Why a report was not written.

use std::path::{Path, PathBuf};

use super::evidence::SignError;
use crate::dataset::DatasetError;
use crate::sqlfile::SqlFileError;

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// No report of that name.
    #[error("no report was written: there is no report {name}{hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name.
        hint: String,
    },
    /// A report file is not what it must be.
    #[error("no report was written: {0}")]
    File(#[from] SqlFileError),
    /// A sheet's query failed.
    #[error("sheet {sheet} of report {report} could not be made: {source}")]
    Sheet {
        /// Report.
        report: String,
        /// Sheet.
        sheet: String,
        /// The engine's reason.
        source: DatasetError,
    },
    /// The card could not be set.
    #[error("the card of the rotation could not be set: {message}")]
    Card {
        /// Why.
        message: String,
    },
    /// The tables of an assessment could not be made.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Another pack is in the way.
    #[error(
        "no evidence was written: {path} is there already and is not this pack: {difference}. Move it away, or name another folder with --out"
    )]
    Exists {
        /// What is there.
        path: PathBuf,
        /// How it differs.
        difference: String,
    },
    /// The key of a signature cannot be used.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A file could not be written.
    #[error("{path} could not be written: {message}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

impl ReportError {
    pub(super) fn write(path: &Path, message: &dyn ToString) -> Self {
        Self::Write {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }
}
