//! The log of heads: one line for everything that was ever sealed, and a Merkle
//! root over the lines, so that somebody who kept an old root can tell whether
//! anything was changed, removed or put in since.
//!
//! The log has no key, and whoever may write into the data directory may write
//! all of it again. What stands in it binds only together with a root that is
//! kept elsewhere: in a report, in a pack, at another office. Without one, the
//! log finds whatever contradicts it, which is everything that was not redone
//! with it.

pub mod checkpoint;
mod line;
mod log;
pub mod tree;
mod write;

pub(super) use line::pending;
pub use line::{Entry, FILE, Kind, Late, Line, PENDING};
pub use log::Log;
pub use write::there;
pub(super) use write::{append, intend, next, recover};
