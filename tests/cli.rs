//! The program as a user runs it: whole outputs, every exit code.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

#[path = "cli/evidence.rs"]
mod evidence;
#[path = "cli/exit.rs"]
mod exit;
#[path = "cli/outputs.rs"]
mod outputs;
#[path = "cli/place.rs"]
mod place;
