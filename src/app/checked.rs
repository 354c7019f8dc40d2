//! A snapshot that was opened and checked.

use crate::dataset::manifest::Manifest;
use crate::dataset::session::Session;
use crate::detect::Assessment;
use crate::detect::assessment::Basis;
use crate::report::reviews::Reviews;

/// A snapshot that was opened and checked.
pub(crate) struct Checked {
    pub(crate) session: Session,
    pub(crate) manifest: Manifest,
    pub(crate) assessment: Assessment,
    pub(crate) basis: Basis,
    /// What was kept of access reviews; `None` when no record was.
    pub(crate) reviews: Option<Reviews>,
    /// Why the result must not be taken for today's: the latest snapshot is too old.
    pub(crate) stale: Option<String>,
}
