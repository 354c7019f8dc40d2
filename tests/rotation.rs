//! The rotation card on every state that a rotation can be in, asked of the
//! program as whoever is on duty asks it.
//!
//! Each expected answer is reasoned from what is planted and stands beside it:
//! what a link rests on, which one is behind, and what could not be read. The
//! sync succeeded an hour before the snapshot, unless a case says otherwise.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

#[path = "rotation/after.rs"]
mod after;
#[path = "rotation/card.rs"]
mod card;
#[path = "rotation/place.rs"]
mod place;
#[path = "rotation/states.rs"]
mod states;
#[path = "rotation/unread.rs"]
mod unread;
