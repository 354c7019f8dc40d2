//! Collecting from services: over the wire of the simulated ones, with what
//! breaks on the way. What could not be read is said; nothing becomes empty.

mod audience;
mod aws;
mod decoy;
mod entra;
mod faults;
mod matrix;
mod moved;
mod place;
mod rotation;
mod same;
mod tls;
mod told;
mod web;
