//! The program as a user runs it: whole outputs, every exit code.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]
#![allow(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "tests need not be fast"
)]

#[path = "cli/evidence.rs"]
mod evidence;
#[path = "cli/exit.rs"]
mod exit;
#[path = "cli/gate.rs"]
mod gate;
#[path = "cli/guide.rs"]
mod guide;
#[path = "cli/outputs.rs"]
mod outputs;
#[path = "cli/place.rs"]
mod place;
