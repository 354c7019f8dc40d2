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
mod error;
mod frames;
pub mod heads;
pub mod id;
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

pub use error::{DatasetError, Newer};
pub(crate) use error::{of_the_place, remedy};
