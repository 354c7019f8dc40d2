//! Why there is no snapshot.

use crate::config::ConfigError;
use crate::dataset::DatasetError;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The user's to mend: options, folders, times.
    #[error("no snapshot was taken: {0}")]
    Usage(String),
    /// Registers.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}
