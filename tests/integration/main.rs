//! Tests of the whole program, by what is tested: one program, so that it is
//! linked once and they run side by side.

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

mod cli;
mod collect;
mod commit;
mod demo;
mod determinism;
mod ignorance;
mod live;
mod property;
mod review;
mod rotation;
mod sealed;
