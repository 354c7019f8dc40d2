//! What is sealed stays readable for ever, and whatever is done to it is found.

mod log;
mod place;
mod redo;
mod released;
mod rewrites;
mod time;
