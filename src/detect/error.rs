//! What can go wrong while rules are loaded or run.

use crate::dataset::DatasetError;

/// What can go wrong while rules are loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// A rule, view or override is not what it must be.
    #[error("no rule was run: {message}")]
    Rules {
        /// Every problem, one a line, with file and position.
        message: String,
    },
    /// A rule's query failed: a defect of the rule.
    #[error("rule {rule} could not be run: {source}")]
    Run {
        /// Rule id.
        rule: String,
        /// The engine's reason.
        source: DatasetError,
    },
    /// A rule's rows are not findings.
    #[error("rule {rule} returned rows that are no findings: {message}")]
    Rows {
        /// Rule id.
        rule: String,
        /// What is missing.
        message: String,
    },
    /// Files of the dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}
