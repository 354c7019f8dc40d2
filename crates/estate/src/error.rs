//! Why a simulated organisation was not written.

use std::path::PathBuf;

/// An estate could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the simulated organisation was not written: {path}: {source}")]
pub struct EstateError {
    pub(crate) path: PathBuf,
    pub(crate) source: std::io::Error,
}
