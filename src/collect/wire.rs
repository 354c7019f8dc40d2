//! Calls: the one transport, tokens, limits, the list of operations that may be
//! called, and the ledger of those that were.

pub(super) mod clock;
pub(super) mod http;
pub(super) mod ledger;
pub(super) mod limit;
pub mod operations;
pub(super) mod readonly;
pub(super) mod token;
