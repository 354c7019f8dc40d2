//! What importers make of hostile and incomplete input: every defect is data
//! of the snapshot, nothing that was readable is lost, nothing secret is kept.

mod applications;
mod bombs;
mod cloud;
mod defects;
mod forms;
mod place;
mod refused;
mod twice;
mod unread;
