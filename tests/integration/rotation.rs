//! The rotation card on every state that a rotation can be in, asked of the
//! program as whoever is on duty asks it.
//!
//! Each expected answer is reasoned from what is planted and stands beside it:
//! what a link rests on, which one is behind, and what could not be read. The
//! sync succeeded an hour before the snapshot, unless a case says otherwise.

mod after;
mod card;
mod place;
mod states;
mod unread;
