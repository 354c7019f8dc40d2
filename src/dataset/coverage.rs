//! How much of a table was read, and why not all of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::schema::{Source, Table};

/// How completely a table was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Everything that the source has.
    Complete,
    /// Some of it; what is missing is unknown.
    Partial,
    /// The source refused.
    Denied,
    /// The source answered with an error, or its file is missing or unreadable.
    Failed,
    /// Not asked for.
    Skipped,
}

impl State {
    /// The word used in manifests, SQL and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Orders states from best to worst.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Skipped => 1,
            Self::Partial => 2,
            Self::Denied => 3,
            Self::Failed => 4,
        }
    }
}

/// A file that rows came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputFile {
    /// Path relative to the folder of exports.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes as they lie on disk.
    pub sha256: String,
}

/// The coverage of one table.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Table name.
    pub table: String,
    /// Where its rows come from.
    pub source: Source,
    /// How completely it was read.
    pub state: State,
    /// Why it is not complete, as full sentences.
    pub reasons: Vec<String>,
    /// Those of the reasons that only say that there is nothing to read.
    pub absent: Vec<String>,
    /// What exactly is missing, such as group ids, where that is known.
    pub scope: Vec<String>,
    /// Pages or documents read.
    pub pages: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests repeated.
    pub retries: u64,
    /// Number of objects that the source itself reported; `None` when it did not.
    pub source_count: Option<u64>,
    /// Objects that were seen.
    pub read: u64,
    /// Rows that were written.
    pub rows: u64,
    /// Objects that were seen and not written, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// When reading began, if that is known.
    pub as_of: Option<DateTime<Utc>>,
    /// When reading ended, if that is known.
    pub read_end: Option<DateTime<Utc>>,
    /// Files that the rows came from.
    pub inputs: Vec<InputFile>,
}

impl Coverage {
    /// Coverage of a table that nothing has gone wrong with yet.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self {
            table: table.name.to_owned(),
            source: table.source,
            state: State::Complete,
            reasons: Vec::new(),
            absent: Vec::new(),
            scope: Vec::new(),
            pages: 0,
            requests: 0,
            retries: 0,
            source_count: None,
            read: 0,
            rows: 0,
            excluded: BTreeMap::new(),
            as_of: None,
            read_end: None,
            inputs: Vec::new(),
        }
    }

    /// Records a defect; the worst state stays.
    pub fn worsen(&mut self, state: State, reason: impl Into<String>) {
        if state.rank() > self.state.rank() {
            self.state = state;
        }
        let reason = reason.into();
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Records that there is nothing to read; whoever knows why says more.
    pub fn absent(&mut self, state: State, reason: impl Into<String>) {
        let reason = reason.into();
        self.absent.push(reason.clone());
        self.worsen(state, reason);
    }

    /// Counts objects that were seen and not written.
    pub fn exclude(&mut self, reason: &str, n: u64) {
        if n > 0 {
            *self.excluded.entry(reason.to_owned()).or_default() += n;
        }
    }

    /// Settles the counts: what was read must be written or excluded with a
    /// reason, and what the source reported must have been read.
    pub(crate) fn reconcile(&mut self) {
        if matches!(self.state, State::Skipped) {
            return;
        }
        let excluded: u64 = self.excluded.values().sum();
        if self.read != self.rows + excluded {
            let (read, rows) = (self.read, self.rows);
            self.worsen(
                State::Partial,
                format!("{read} objects were read but {rows} written and {excluded} excluded."),
            );
        }
        if let Some(count) = self.source_count
            && count != self.read
        {
            let read = self.read;
            self.worsen(
                State::Partial,
                format!("The source reported {count} objects and {read} were read."),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Coverage, State};
    use crate::dataset::schema::table;

    fn coverage() -> Coverage {
        Coverage::new(table("entra_user").expect("declared"))
    }

    #[test]
    fn the_worst_state_stays() {
        let mut c = coverage();
        c.worsen(State::Failed, "a");
        c.worsen(State::Partial, "b");
        assert_eq!(c.state, State::Failed);
        assert_eq!(c.reasons, ["a", "b"]);
    }

    #[test]
    fn counts_that_do_not_reconcile_make_a_table_partial() {
        let mut c = coverage();
        (c.read, c.rows) = (5, 3);
        c.exclude("duplicate id", 2);
        c.reconcile();
        assert_eq!(c.state, State::Complete);
        c.source_count = Some(6);
        c.reconcile();
        assert_eq!(c.state, State::Partial);
        let mut c = coverage();
        c.read = 1;
        c.reconcile();
        assert_eq!(c.state, State::Partial);
    }
}
