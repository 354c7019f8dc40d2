//! Entities by natural id, dense keys, and the way of rows into the writer.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::schema::{Source, Table, table, tables};
use crate::dataset::writer::{Cell, SnapshotWriter};

/// Objects by natural id; the first of two with the same id stays.
#[derive(Debug)]
pub(crate) struct Entities<T> {
    map: BTreeMap<String, T>,
}

impl<T> Default for Entities<T> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
        }
    }
}

impl<T: PartialEq> Entities<T> {
    /// Adds an object; a second one that says something else is reported.
    pub(super) fn add(
        &mut self,
        id: String,
        object: T,
        file: &str,
        name: &str,
        problems: &mut Vec<Problem>,
    ) {
        match self.map.get(&id) {
            None => {
                self.map.insert(id, object);
            }
            Some(first) if *first == object => {}
            Some(_) => problems.push(twice(&id, file, name)),
        }
    }
}

/// An object with the id of another that says something else: its table is partial.
pub(super) fn twice(id: &str, file: &str, table: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        position: super::shown(id),
        kind: ProblemKind::Duplicate,
        table: Some(table.to_owned()),
        expected: "one object per id".to_owned(),
        message: "The id is there twice and the two differ, so which of them holds is not known; the first one is used.".to_owned(),
    }
}

impl<T> Entities<T> {
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.map.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.map.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    pub(super) fn into_values(self) -> impl Iterator<Item = T> {
        self.map.into_values()
    }

    /// Dense keys in the order of the ids.
    pub(super) fn keys(&self) -> Keys {
        Keys(
            self.map
                .keys()
                .zip(0..)
                .map(|(id, key)| (id.clone(), key))
                .collect(),
        )
    }
}

/// Dense keys by natural id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(BTreeMap<String, i32>);

impl Keys {
    pub(super) fn get(&self, id: &str) -> Option<i32> {
        self.0.get(id).copied()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

/// Whose data the records of a source are: one tenant's, one organisation's, one
/// identity store's. Of two in one folder no question has an answer for either.
#[derive(Debug)]
pub(crate) struct Whose {
    what: &'static str,
    /// Each with the file that it was first seen in.
    seen: BTreeMap<String, String>,
}

impl Whose {
    /// `what` in the plural, for a message.
    pub(super) fn new(what: &'static str) -> Self {
        Self {
            what,
            seen: BTreeMap::new(),
        }
    }

    pub(super) fn note(&mut self, id: &str, file: &str) {
        if !self.seen.contains_key(id) {
            self.seen.insert(id.to_owned(), file.to_owned());
        }
    }

    /// Names them where there are several: the table is then not what it seems.
    pub(super) fn judge(&self, coverage: &mut Coverage) {
        const SHOWN: usize = 5;
        if self.seen.len() < 2 {
            return;
        }
        let each: Vec<String> = self
            .seen
            .iter()
            .take(SHOWN)
            .map(|(id, file)| format!("{} (in {file})", super::shown(id)))
            .collect();
        coverage.worsen(
            State::Partial,
            format!(
                "The files are of {} {}: {}; export each into a folder of its own.",
                self.seen.len(),
                self.what,
                each.join(", ")
            ),
        );
    }
}

/// Where the rows of an import go.
pub(crate) struct Sink<'a> {
    writer: &'a mut SnapshotWriter,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(writer: &'a mut SnapshotWriter) -> Self {
        Self { writer }
    }

    /// Writes a table: one row per object that was read.
    pub(crate) fn write(
        &mut self,
        mut coverage: Coverage,
        rows: impl IntoIterator<Item = Vec<Cell>>,
    ) -> Result<(), DatasetError> {
        let known = declared(&coverage.table)?;
        let mut writer = self.writer.table(known)?;
        for row in rows {
            writer.push(row)?;
        }
        if coverage.read == 0 {
            coverage.read = writer.rows() + coverage.excluded.values().sum::<u64>();
        }
        self.writer.finish(writer, coverage)
    }

    /// Marks every table of a source that is not written yet as skipped.
    pub(crate) fn skip(&mut self, source: Source, reason: &str) -> Result<(), DatasetError> {
        for known in tables() {
            if known.source == source && !self.writer.has(known.name) {
                let mut coverage = Coverage::new(known);
                coverage.worsen(State::Skipped, reason);
                self.writer.absent(known, coverage)?;
            }
        }
        Ok(())
    }
}

fn declared(name: &str) -> Result<&'static Table, DatasetError> {
    table(name).ok_or_else(|| DatasetError::NotFound {
        message: format!("no table is called {name}"),
    })
}

/// Coverage of a table that nothing has gone wrong with yet.
pub(crate) fn coverage(name: &str) -> Result<Coverage, DatasetError> {
    declared(name).map(Coverage::new)
}

/// Marks a table whose file is not there.
pub(crate) fn missing(coverage: &mut Coverage, file: &str) {
    let core = table(&coverage.table).is_some_and(|t| t.core);
    let (state, what) = if core {
        (State::Failed, "is missing")
    } else {
        (State::Skipped, "was not exported")
    };
    coverage.absent(state, format!("{file} {what}."));
}

/// Says which of several things have no file in the folder that holds one for
/// each, and that there may be more where not all of them are known.
pub(crate) fn without_file(
    coverage: &mut Coverage,
    folder: &str,
    things: &str,
    unread: BTreeSet<String>,
    whole: bool,
) {
    if !unread.is_empty() {
        coverage.worsen(
            State::Partial,
            format!(
                "{} {things} have no file in {folder}/: {}.",
                unread.len(),
                super::some_of(&unread)
            ),
        );
        coverage.scope.extend(unread);
    }
    if !whole {
        coverage.worsen(
            State::Partial,
            format!(
                "The {things} are not all known, so whether each has a file in {folder}/ cannot be told."
            ),
        );
    }
}

/// Lays what a reading says about completeness over the coverage of its table.
pub(crate) fn settle(coverage: &mut Coverage, reading: &super::input::Reading, file: &str) {
    if reading.found {
        reading.settle(coverage);
    } else {
        missing(coverage, file);
    }
}

/// A table that others refer to and that lacks too much of it cannot be complete.
pub(crate) fn contradicted(coverage: &mut Coverage, rows: usize, referred: usize, absent: usize) {
    const LEAST: usize = 10;
    if coverage.state != State::Complete || absent == 0 {
        return;
    }
    if rows == 0 {
        coverage.worsen(
            State::Partial,
            format!("The answer is empty, but other tables refer to {referred} of its objects."),
        );
    } else if absent >= LEAST && absent * 100 > referred {
        coverage.worsen(
            State::Partial,
            format!("{absent} of the {referred} objects that other tables refer to are not in the answer."),
        );
    }
}
