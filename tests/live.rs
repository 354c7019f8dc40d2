//! Collecting from services: over the wire of the simulated ones, with what
//! breaks on the way. What could not be read is said; nothing becomes empty.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

#[path = "live/audience.rs"]
mod audience;
#[path = "live/aws.rs"]
mod aws;
#[path = "live/decoy.rs"]
mod decoy;
#[path = "live/entra.rs"]
mod entra;
#[path = "live/faults.rs"]
mod faults;
#[path = "live/matrix.rs"]
mod matrix;
#[path = "live/moved.rs"]
mod moved;
#[path = "live/place.rs"]
mod place;
#[path = "live/rotation.rs"]
mod rotation;
#[path = "live/same.rs"]
mod same;
#[path = "live/tls.rs"]
mod tls;
#[path = "live/told.rs"]
mod told;
#[path = "live/web.rs"]
mod web;
