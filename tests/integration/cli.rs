//! The program as a user runs it: whole outputs, every exit code.

mod evidence;
mod exit;
mod gate;
mod guide;
mod outputs;
mod place;
