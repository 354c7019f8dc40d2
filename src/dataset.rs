//! The dataset: sealed snapshots of Parquet files, written once and never changed.
//!
//! `schema` says what the tables are, `writer` streams rows into a staging
//! directory, `commit` seals it with one rename, `heads` logs it, `manifest` says what was read
//! and what was not, `verify` proves that nothing changed since, `session`
//! runs SQL over a sealed snapshot, `rows` holds what is too long for memory, and
//! `value` turns what a row holds into text and JSON.

pub mod commit;
pub mod coverage;
mod derive;
mod frames;
pub mod heads;
pub mod loss;
pub mod manifest;
pub mod problem;
pub mod rows;
pub mod schema;
pub mod session;
pub mod settings;
pub mod store;
pub mod value;
pub mod verify;
pub mod writer;

use std::io::ErrorKind;
use std::path::PathBuf;

/// What can go wrong with files of the dataset.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The operating system refused a file operation.
    #[error("{path}: {what}: {source}{remedy}", remedy = remedy(.source))]
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
    /// A program after this one wrote it.
    #[error(
        "{what} was written by version {} of countersign, in the form {}; this version, {}, reads {}, so nothing was read from it. Use that version or a later one",
        by.version, by.form, env!("CARGO_PKG_VERSION"), by.known
    )]
    Newer {
        /// What it is, with its id.
        what: String,
        /// Who wrote it, and how.
        by: Box<manifest::Newer>,
    },
    /// A sealed snapshot is not what was sealed.
    #[error("{} does not verify: {message}; nothing was read from it", named(id))]
    Integrity {
        /// Id of the snapshot, or what it is and its id.
        id: String,
        /// The first difference.
        message: String,
    },
}

/// The id of a snapshot with the word before it; anything else says what it is.
fn named(id: &str) -> String {
    if store::parse_id(id).is_some() {
        format!("snapshot {id}")
    } else {
        id.to_owned()
    }
}

/// Whether the user can put it right: permissions, a file where a folder belongs.
pub(crate) fn of_the_place(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidFilename
    )
}

/// What to do about an error of the operating system.
pub(crate) fn remedy(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; free space there, or name another folder, then run it again"
        }
        ErrorKind::PermissionDenied => {
            "; run it as the owner, change the permissions, or name another folder"
        }
        kind if of_the_place(kind) => "; name another folder",
        _ => "",
    }
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
