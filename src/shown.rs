//! Text from outside as people read it: what would act on a screen instead of
//! being read is named.
//!
//! A control character, a change of direction or something invisible can make a
//! name look like another one, or move the cursor. None is dropped: whoever reads
//! must see that it is there. Every text that a terminal gets passes through here:
//! field by field where it is laid out, and at the edge ([`Talk`], [`Data`]) for
//! whatever a message repeats.

mod edge;
mod text;

pub use edge::{Data, Talk};
pub use text::{acts, line, shown};
