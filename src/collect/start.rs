//! What is known before anything is read: the moment that the snapshot shows and
//! the sources that are read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::error::CollectError;
use super::import::input::Exports;
use super::moment;
use super::request::Origin;
use super::wanted::{off, present, wanted};
use crate::config::Config;
use crate::dataset::manifest::{SourceEntry, rfc3339};
use crate::dataset::schema::Source;
use crate::dataset::store::Store;

/// What is known before anything is read.
pub(super) struct Start {
    pub(super) as_of: DateTime<Utc>,
    /// Times at which sources were exported, by name.
    pub(super) stated: BTreeMap<String, DateTime<Utc>>,
    /// Sources, each with the reason why it is not read.
    pub(super) sources: Vec<(Source, Result<(), String>)>,
    /// Sources that somebody switched off or did not name.
    pub(super) off: BTreeSet<Source>,
}

impl Start {
    pub(super) fn read(&self) -> impl Iterator<Item = Source> + '_ {
        self.sources
            .iter()
            .filter(|(_, w)| w.is_ok())
            .map(|(s, _)| *s)
    }

    /// Sources of an import, with the times that somebody stated.
    pub(super) fn stated_times(&self) -> Vec<SourceEntry> {
        self.read()
            .map(|s| {
                let at = self.stated.get(s.name()).copied().map(rfc3339);
                SourceEntry {
                    source: s.name().to_owned(),
                    read_at: at.clone(),
                    read_end: at,
                    identity: "imported from files".to_owned(),
                    endpoint: None,
                }
            })
            .collect()
    }
}

/// Says what is known before anything is read.
///
/// # Errors
/// When there is nothing to read, or no moment that it shows.
pub(super) fn begin(
    origin: &Origin<'_>,
    as_of: Option<DateTime<Utc>>,
    sources: &[Source],
    config: &Config,
    store: &Store,
) -> Result<Start, CollectError> {
    let usage = |text: String| Err(CollectError::Usage(text));
    let from = match origin {
        Origin::Files(from) => from,
        Origin::Services(live) => {
            let wanted: Vec<_> = Source::COLLECTED
                .into_iter()
                .map(|s| (s, wanted(config, sources, None, s)))
                .collect();
            if wanted.iter().all(|(_, w)| w.is_err()) {
                return usage("every source is switched off".to_owned());
            }
            return Ok(Start {
                as_of: as_of.unwrap_or(live.now),
                stated: BTreeMap::new(),
                sources: wanted,
                off: off(config, sources),
            });
        }
    };
    if !from.is_dir() {
        return usage(format!(
            "{} is not a folder; name the folder of exports with --from",
            from.display()
        ));
    }
    let stated = moment::stated(&from.join("exported-at.toml"))?;
    let Some(as_of) = as_of.or_else(|| stated.values().max().copied()) else {
        return usage(format!(
            "when the files were exported is not known; write {}/exported-at.toml or pass --as-of",
            from.display()
        ));
    };
    let quiet = |_: &str| {};
    let exports = Exports::new(from, &quiet);
    if let Err(closed) = exports.listable() {
        return usage(format!(
            "{closed}; what lies there would read as missing, so let this user read it"
        ));
    }
    let there: BTreeSet<Source> = Source::COLLECTED
        .into_iter()
        .filter(|s| present(&exports, *s))
        .collect();
    if there.is_empty() {
        return usage(format!(
            "{} holds no export of any source; see the README for the files that are read",
            from.display()
        ));
    }
    let start = Start {
        as_of,
        stated,
        sources: Source::COLLECTED
            .into_iter()
            .map(|s| (s, wanted(config, sources, Some(&there), s)))
            .collect(),
        off: off(config, sources),
    };
    moment::in_time(start.as_of, &start.stated, start.read(), store)?;
    Ok(start)
}
