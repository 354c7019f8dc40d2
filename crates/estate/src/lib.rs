//! A simulated organisation with planted faults, written as the files that
//! people export: what the demo shows, what tests compare with, what benches
//! measure on.
//!
//! `model` is the organisation, `build` makes a healthy one out of a seed,
//! `sync` copies it into Identity Center as the jobs would, `faults` breaks it
//! in known places and writes down which finding each break must give, `write`
//! prints it, `revoke` acts on a review. The expected findings come from what was planted, never from the
//! rules.

mod build;
mod error;
mod expected;
mod faults;
mod model;
mod names;
mod organisation;
mod revoke;
mod rotation;
mod secrets;
pub mod serve;
mod size;
mod sync;
mod write;

pub use error::EstateError;
pub use expected::{Expected, State};
pub use organisation::Estate;
pub use revoke::{Revocation, Revoked};
pub use rotation::Rotation;
pub use size::Size;
