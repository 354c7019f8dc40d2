//! What importers make of hostile and incomplete input: every defect is data
//! of the snapshot, nothing that was readable is lost, nothing secret is kept.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

#[path = "collect/applications.rs"]
mod applications;
#[path = "collect/bombs.rs"]
mod bombs;
#[path = "collect/defects.rs"]
mod defects;
#[path = "collect/forms.rs"]
mod forms;
#[path = "collect/place.rs"]
mod place;
#[path = "collect/refused.rs"]
mod refused;
#[path = "collect/twice.rs"]
mod twice;
#[path = "collect/unread.rs"]
mod unread;
