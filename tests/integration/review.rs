//! Access reviews as people do them: opened, filled in, read back, and proved
//! by a later snapshot, on a program that a user would run.

mod place;
mod refused;
mod walk;
