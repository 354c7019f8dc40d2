//! Reads a folder of exports, or the services themselves, and the registers
//! into a sealed snapshot.
//!
//! `fetch` collects from the services into pages that have the form of an
//! export, through the calls of `wire`. `import` reads pages into tables,
//! `register` what people keep by hand; `seal` takes the snapshot. `plan` says
//! what a collection sends and what it needs for that.

mod error;
mod error_answer;
pub mod fetch;
mod form;
mod import;
mod missed;
mod moment;
pub mod plan;
pub mod register;
mod request;
mod seal;
mod start;
mod wanted;
pub mod wire;
mod words;

pub use error::CollectError;
pub use request::{Origin, Request, Sealed};
pub use seal::snapshot;
pub use wanted::wanted_sources;
