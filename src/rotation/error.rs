//! Why there is no card.

use crate::dataset::DatasetError;
use crate::sqlfile::SqlFileError;

/// Why there is no card.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// No secret of that name.
    #[error("no report was written: no store and no register has a secret {name}{hint}")]
    Secret {
        /// What was asked for.
        name: String,
        /// The nearest name.
        hint: String,
    },
    /// A view is not what it must be: a defect of the build.
    #[error("no report was written: {0}")]
    File(#[from] SqlFileError),
    /// A query failed.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A view has a code that the program does not know: a defect of the build.
    #[error(
        "no report was written: the view {view} says `{code}`, which is no code of it; this is a defect of countersign, please report it"
    )]
    Code {
        /// The view.
        view: &'static str,
        /// What it says.
        code: String,
    },
}
