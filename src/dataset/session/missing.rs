//! What a snapshot lacks beside its baseline, and what follows for the tables of a
//! session.

use std::collections::BTreeSet;

use super::{INCIDENTS, SOURCES, Session};
use crate::dataset::coverage::State;
use crate::dataset::loss::{self, Holding};
use crate::dataset::manifest::Manifest;
use crate::dataset::schema::Source;

impl Session {
    /// What was not read was not looked through for incidents either.
    pub(super) fn incidents_of(&mut self, manifest: &Manifest) {
        let unread: Vec<&str> = manifest
            .tables
            .iter()
            .filter(|t| t.source != Source::Evidence.name())
            .filter(|t| !matches!(t.state, State::Complete | State::Skipped))
            .map(|t| t.table.as_str())
            .collect();
        if let Some(first) = unread.first() {
            let more = match unread.len() - 1 {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let reason = format!("The files of {first}{more} were not looked through in full.");
            self.states.insert(INCIDENTS.to_owned(), State::Partial);
            self.reasons.insert(INCIDENTS.to_owned(), reason);
        }
    }

    /// What the baseline had and the snapshot has not counts as not read.
    pub(super) fn compare(
        &mut self,
        before: &Manifest,
        there: &BTreeSet<loss::Place>,
        manifest: &mut Manifest,
        here: &BTreeSet<loss::Place>,
    ) {
        let losses = loss::losses(
            &before.snapshot,
            &Holding::of(before, there),
            &Holding::of(manifest, here),
            &|_, _| false,
        );
        let stated = |m: &Manifest| -> BTreeSet<String> {
            let stated = m.sources.iter().filter(|s| s.read_at.is_some());
            stated.map(|s| s.source.clone()).collect()
        };
        let (then, now) = (stated(before), stated(manifest));
        let untold: Vec<&str> = then.difference(&now).map(String::as_str).collect();
        if !untold.is_empty() {
            let reason = format!(
                "When {} was read is not known, as it was for snapshot {}.",
                untold.join(", "),
                before.snapshot
            );
            self.states.insert(SOURCES.to_owned(), State::Partial);
            self.reasons.insert(SOURCES.to_owned(), reason);
        }
        for loss in losses {
            for entry in manifest.tables.iter_mut().filter(|e| e.table == loss.table) {
                loss.lay_over(entry);
            }
            self.lost.entry(loss.table).or_default().extend(loss.keys);
        }
    }
}
