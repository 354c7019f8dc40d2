//! What is sealed stays readable for ever, and whatever is done to it is found.

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

#[path = "sealed/log.rs"]
mod log;
#[path = "sealed/place.rs"]
mod place;
#[path = "sealed/redo.rs"]
mod redo;
#[path = "sealed/released.rs"]
mod released;
#[path = "sealed/rewrites.rs"]
mod rewrites;
#[path = "sealed/time.rs"]
mod time;
