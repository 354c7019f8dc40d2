//! What every importer is given.

use std::collections::BTreeSet;

use super::input::Exports;
use crate::config::Config;

/// Pages that are being read into tables.
pub(in crate::collect) struct Import<'a> {
    pub exports: Exports<'a>,
    pub config: &'a Config,
    /// Places of stores that were read, by table.
    pub places: BTreeSet<(&'static str, String)>,
}
