//! Exit codes, as `--help` documents them.

/// Complete, nothing found.
pub const OK: u8 = 0;
/// Findings.
pub const FINDINGS: u8 = 1;
/// Incomplete.
pub const INCOMPLETE: u8 = 2;
/// Integrity failure.
pub const INTEGRITY: u8 = 3;
/// Lock held.
pub const LOCKED: u8 = 4;
/// Usage or configuration.
pub const USAGE: u8 = 64;
/// Internal error.
pub const INTERNAL: u8 = 70;
/// Interrupted.
pub const INTERRUPTED: u8 = 130;
