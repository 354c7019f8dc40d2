//! The dataset: sealed snapshots of Parquet files, written once and never changed.
//!
//! `schema` says what the tables are, `writer` streams rows into a staging
//! directory, `commit` seals it with one rename, `manifest` says what was read
//! and what was not, `verify` proves that nothing changed since, `session`
//! runs SQL over a sealed snapshot, and `rows` holds what is too long for memory.

pub mod commit;
pub mod coverage;
mod derive;
mod frames;
pub mod manifest;
pub mod problem;
pub mod rows;
pub mod schema;
pub mod session;
pub mod settings;
pub mod store;
pub mod verify;
pub mod writer;

use std::path::PathBuf;

/// What can go wrong with files of the dataset.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The operating system refused a file operation.
    #[error("{path}: {what}: {source}")]
    Io {
        /// File or directory concerned.
        path: PathBuf,
        /// What did not happen.
        what: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A row does not fit the table's columns: a defect of this program.
    #[error("table {table}: {message}; this is a defect of countersign, please report it")]
    Row {
        /// Table that was written.
        table: String,
        /// What does not fit.
        message: String,
    },
    /// Parquet or SQL could not be processed.
    #[error("{what}: {source}")]
    Engine {
        /// What was being done.
        what: String,
        /// The engine's reason.
        source: polars::error::PolarsError,
    },
    /// A snapshot of that id exists; snapshots are never overwritten.
    #[error(
        "snapshot {id} exists already and is never overwritten; nothing was written. Choose another --as-of, or use the one that is there"
    )]
    Exists {
        /// Id of the snapshot.
        id: String,
    },
    /// Another run holds the lock.
    #[error(
        "{path} is locked by another countersign run; nothing was written. Wait until it has finished, then try again"
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// There is no snapshot, or none of that id.
    #[error("{message}")]
    NotFound {
        /// What was looked for, where, and what to do.
        message: String,
    },
    /// A sealed snapshot is not what was sealed.
    #[error("snapshot {id} does not verify: {message}; nothing was read from it")]
    Integrity {
        /// Id of the snapshot.
        id: String,
        /// The first difference.
        message: String,
    },
}

impl DatasetError {
    pub(crate) fn io(path: impl Into<PathBuf>, what: &'static str, source: std::io::Error) -> Self {
        Self::Io {
            path: path.into(),
            what,
            source,
        }
    }

    pub(crate) fn engine(
        what: impl Into<String>,
    ) -> impl FnOnce(polars::error::PolarsError) -> Self {
        let what = what.into();
        move |source| Self::Engine { what, source }
    }
}
