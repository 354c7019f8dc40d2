//! Why a command did not do what it was asked to, and the exit code of that.

use super::code;
use crate::collect::CollectError;
use crate::config::ConfigError;
use crate::dataset::{DatasetError, of_the_place, remedy};
use crate::detect::DetectError;
use crate::report::ReportError;
use crate::review::ReviewError;
use crate::rotation::RotationError;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration or a register: the user's to fix.
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
    /// The card of a rotation.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// An access review.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The simulated organisation.
    #[error(transparent)]
    Simulated(Box<dyn std::error::Error + Send + Sync>),
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
                ReportError::Unknown { .. } | ReportError::Exists { .. } | ReportError::Sign(_),
            )
            | Self::Rotation(RotationError::Secret { .. })
            | Self::Detect(DetectError::Rules { .. }) => code::USAGE,
            Self::Review(ReviewError::Integrity { .. }) => code::INTEGRITY,
            Self::Dataset(e)
            | Self::Review(ReviewError::Dataset(e))
            | Self::Collect(CollectError::Dataset(e))
            | Self::Detect(DetectError::Dataset(e)) => dataset_code(e),
            Self::Simulated(_)
            | Self::Detect(_)
            | Self::Report(_)
            | Self::Rotation(_)
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
