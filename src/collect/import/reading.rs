//! What became of a file that was read, and what that makes of its table.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::coverage::{Coverage, InputFile, State};
use crate::dataset::problem::{Problem, ProblemKind};

/// What keeps a file from being complete.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::collect) struct Defect {
    /// The best that its table can be.
    pub state: State,
    /// Which kind of defect it is.
    pub kind: DefectKind,
    /// What is wrong, as a sentence.
    pub reason: String,
}

/// What importers tell apart among defects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::collect) enum DefectKind {
    /// The last page names a further one, which an importer may find elsewhere.
    FurtherPage,
    /// Anything else.
    Other,
}

impl Defect {
    /// A defect that no importer judges by itself.
    pub(in crate::collect) fn new(state: State, reason: String) -> Self {
        Self {
            state,
            kind: DefectKind::Other,
            reason,
        }
    }
}

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Whether it is there.
    pub found: bool,
    /// The files that were read.
    pub inputs: Vec<InputFile>,
    /// Pages or documents.
    pub pages: u64,
    /// Records handed out.
    pub records: u64,
    /// Count that the source itself reported.
    pub count: Option<u64>,
    /// Documents that name a further page, counted from 0.
    pub more: Vec<u64>,
    /// What keeps it from being complete.
    pub defects: Vec<Defect>,
    /// Table that its records are of.
    pub table: String,
    /// Objects whose id was there before, with something else to say, by their table.
    pub(super) twice: BTreeMap<String, Twice>,
    /// Values that could not be read, by the table that lacks them: how many, and
    /// what the first was.
    pub(super) unread: BTreeMap<String, (u64, String)>,
}

/// Objects that have the id of another and say something else.
#[derive(Debug, Default)]
pub(super) struct Twice {
    file: String,
    count: u64,
    ids: BTreeSet<String>,
}

impl Twice {
    fn count(&mut self, problem: &Problem) {
        /// Ids that are named at most.
        const NAMED: usize = 5;
        self.count += 1;
        if self.ids.len() < NAMED {
            self.file.clone_from(&problem.file);
            self.ids.insert(problem.position.clone());
        }
    }

    fn reason(&self) -> String {
        let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        let (objects, have) = match self.count {
            1 => ("object", "has"),
            _ => ("objects", "have"),
        };
        format!(
            "{} {objects} of {} {have} the id of another and {} something else, so which of them holds is not known: {}.",
            self.count,
            self.file,
            if self.count == 1 { "says" } else { "say" },
            ids.join(", ")
        )
    }
}

impl Reading {
    /// Carries the reading into the coverage of a table.
    pub(crate) fn settle(&self, coverage: &mut Coverage) {
        coverage.pages += self.pages;
        for input in &self.inputs {
            if !coverage.inputs.contains(input) {
                coverage.inputs.push(input.clone());
            }
        }
        for defect in &self.defects {
            coverage.worsen(defect.state, defect.reason.clone());
        }
        if let Some((count, first)) = self.unread.get(&coverage.table) {
            let reason = match count {
                1 => format!("A value could not be read: {first}"),
                _ => format!("{count} values could not be read; the first: {first}"),
            };
            coverage.worsen(State::Partial, reason);
        }
        // Whatever else comes out of the records is in doubt with them.
        let own = self.twice.get(&self.table);
        let other = self
            .twice
            .get(&coverage.table)
            .filter(|_| coverage.table != self.table);
        for twice in own.into_iter().chain(other) {
            coverage.worsen(State::Partial, twice.reason());
        }
        if let Some(twice) = own.filter(|_| coverage.table == self.table) {
            coverage.exclude("the id was there before", twice.count);
        }
    }

    /// The worst state of the defects.
    pub(crate) fn state(&self) -> State {
        let unread = self.unread.contains_key(&self.table) || self.twice.contains_key(&self.table);
        self.defects
            .iter()
            .map(|d| d.state)
            .chain(unread.then_some(State::Partial))
            .max_by_key(|s| s.rank())
            .unwrap_or(State::Complete)
    }

    /// Counts what a record was reported for: nothing that was not read is lost
    /// on the way to the coverage, whatever the importer does.
    pub(super) fn count(&mut self, problem: &Problem) {
        let Some(table) = &problem.table else { return };
        match problem.kind {
            ProblemKind::Duplicate => {
                self.twice.entry(table.clone()).or_default().count(problem);
            }
            ProblemKind::Malformed => {
                let first = || {
                    format!(
                        "{} at {}: {}",
                        problem.file, problem.position, problem.message
                    )
                };
                self.unread
                    .entry(table.clone())
                    .or_insert_with(|| (0, first()))
                    .0 += 1;
            }
            _ => {}
        }
    }
}
