//! Access reviews as people do them: opened, filled in, read back, and proved
//! by a later snapshot, on a program that a user would run.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

#[path = "review/place.rs"]
mod place;
#[path = "review/refused.rs"]
mod refused;
#[path = "review/walk.rs"]
mod walk;
