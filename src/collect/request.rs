//! What to take a snapshot of, and what came of it.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::fetch::Live;
use crate::config::Config;
use crate::dataset::commit::Step;
use crate::dataset::manifest::Manifest;
use crate::dataset::problem::Problem;
use crate::dataset::schema::Source;
use crate::dataset::store::Store;

/// Where the tables come from.
pub enum Origin<'a> {
    /// A folder of exported files.
    Files(&'a Path),
    /// The services themselves.
    Services(&'a Live),
}

/// What to take a snapshot of.
pub struct Request<'a> {
    /// Where the tables come from.
    pub origin: Origin<'a>,
    /// The moment that ages are relative to; otherwise the latest time of
    /// `exported-at.toml`, or the start of the collection.
    pub as_of: Option<DateTime<Utc>>,
    /// Only these sources; empty means all.
    pub sources: &'a [Source],
    /// Configuration.
    pub config: &'a Config,
    /// Where the snapshot goes.
    pub store: &'a Store,
    /// Told before each file, and of each page that arrives.
    pub progress: &'a (dyn Fn(&str) + Sync),
    /// Told after each step of the commit.
    pub observe: &'a mut dyn FnMut(Step),
}

/// A snapshot that was sealed.
#[derive(Debug)]
pub struct Sealed {
    /// Its id.
    pub id: String,
    /// The snapshot of the same moment that was sealed before it, of other registers,
    /// settings or files.
    pub replaces: Option<String>,
    /// Its manifest.
    pub manifest: Manifest,
    /// Files of the folder that nothing read.
    pub unread: Vec<String>,
    /// What inputs held that was refused, dropped or could not be read.
    pub problems: Vec<Problem>,
    /// Planned calls and sent requests by source, of a live collection.
    pub figures: Vec<(Source, u64, u64)>,
    /// How long a live collection took, without reading its pages into tables.
    pub collected_in: Option<std::time::Duration>,
}
