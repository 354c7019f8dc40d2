//! Which version of the schema each table and column came with.
//!
//! The columns of every released version are recorded in `released/N.txt`, so
//! that nobody has to say at a column since when it is there: what no record
//! holds came with [`SCHEMA`]. With a release, `countersign docs schema` prints its
//! record, and `tests/released/make` keeps a data directory of it. Nothing is ever taken out of a record, renamed
//! or retyped: an old snapshot is read for ever.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

use super::tables;
use super::vocabulary::{Column, Table};
use crate::hash::hex;

/// The version that this program writes. It is raised once after each release,
/// with the first column or table that is added.
pub const SCHEMA: u32 = 2;

/// Columns as each released version stored them: table, column, type.
const RELEASED: [(u32, &str); 1] = [(1, include_str!("released/1.txt"))];

/// By table and column, the version that it came with.
static SINCE: LazyLock<BTreeMap<(&str, &str), u32>> = LazyLock::new(|| {
    let mut since = BTreeMap::new();
    for (version, list) in RELEASED {
        for (table, column, _) in recorded(list) {
            since.entry((table, column)).or_insert(version);
        }
    }
    since
});

fn recorded(
    list: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    list.lines().filter_map(|line| {
        let (table, rest) = line.split_once(' ')?;
        let (column, ty) = rest.split_once(' ')?;
        Some((table, column, ty))
    })
}

impl Table {
    /// SHA-256 over names and types, so that a reader can tell two layouts apart.
    #[must_use]
    pub fn schema_hash(&self) -> String {
        self.schema_hash_at(SCHEMA)
    }

    /// The version of the schema that a column came with.
    #[must_use]
    pub fn column_since(&self, column: &Column) -> u32 {
        SINCE
            .get(&(self.name, column.name))
            .copied()
            .unwrap_or(SCHEMA)
    }

    /// What a column says, and since when it is there.
    #[must_use]
    pub fn column_doc(&self, column: &Column) -> String {
        match self.column_since(column) {
            1 => column.doc.to_owned(),
            since => format!("{} Since schema {since}.", column.doc),
        }
    }

    /// The version of the schema that the table came with.
    #[must_use]
    pub fn since(&self) -> u32 {
        let all = self.columns.iter().map(|c| self.column_since(c));
        all.min().unwrap_or(SCHEMA)
    }

    /// The version of the table: that of its newest column.
    #[must_use]
    pub fn version(&self) -> u32 {
        let all = self.columns.iter().map(|c| self.column_since(c));
        all.max().unwrap_or(SCHEMA)
    }

    /// Columns that a snapshot of that version has, in stored order.
    pub fn columns_at(&self, schema: u32) -> impl Iterator<Item = &'static Column> + '_ {
        let there = move |c: &&'static Column| self.column_since(c) <= schema;
        self.columns.iter().filter(there)
    }

    /// Columns that came later than that version.
    pub fn columns_after(&self, schema: u32) -> impl Iterator<Item = &'static Column> + '_ {
        let later = move |c: &&'static Column| self.column_since(c) > schema;
        self.columns.iter().filter(later)
    }

    /// SHA-256 over names and types as that version stored them.
    #[must_use]
    pub fn schema_hash_at(&self, schema: u32) -> String {
        let mut hash = Sha256::new();
        for column in self.columns_at(schema) {
            hash.update(format!("{}:{}\n", column.name, column.ty.name()));
        }
        hex(&hash.finalize())
    }
}

/// What sealed a snapshot of an older version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Older {
    /// Version of the program.
    pub version: String,
    /// Version of the schema.
    pub schema: u32,
}

/// What a snapshot of that version does not have, in words; `None` when it has everything.
#[must_use]
pub fn lacking(schema: u32) -> Option<String> {
    let mut all = Vec::new();
    for table in tables() {
        if table.since() > schema {
            all.push(format!("table {}", table.name));
            continue;
        }
        let columns = table.columns_after(schema);
        all.extend(columns.map(|c| format!("{}.{}", table.name, c.name)));
    }
    (!all.is_empty()).then(|| all.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use super::{RELEASED, SCHEMA, recorded};
    use crate::dataset::schema::{table, tables};

    fn now() -> String {
        let mut text = String::new();
        for t in tables() {
            for c in t.columns {
                let _ = writeln!(text, "{} {} {}", t.name, c.name, c.ty.name());
            }
        }
        text
    }

    #[test]
    fn what_was_released_is_there_as_it_was() {
        for (version, list) in RELEASED {
            assert!(!list.is_empty());
            let mut at = std::collections::BTreeMap::new();
            for (name, column, ty) in recorded(list) {
                let known = table(name).unwrap_or_else(|| {
                    panic!("table {name} of version {version} is gone: its rows could not be read any more")
                });
                let there = known.columns.iter().find(|c| c.name == column);
                assert_eq!(
                    there.map(|c| c.ty.name()),
                    Some(ty),
                    "{name}.{column} of version {version} is gone or retyped: add a column under another name instead"
                );
                let place = at.entry(name).or_insert(0);
                assert_eq!(
                    known.position(column),
                    Some(*place),
                    "{name}.{column} moved: what is added stands behind what version {version} had"
                );
                *place += 1;
            }
        }
    }

    #[test]
    fn what_is_added_raises_the_version() {
        let (last, list) = RELEASED[RELEASED.len() - 1];
        let released: BTreeSet<&str> = list.lines().collect();
        let text = now();
        let added: Vec<&str> = text.lines().filter(|l| !released.contains(l)).collect();
        if !added.is_empty() {
            assert_eq!(
                SCHEMA,
                last + 1,
                "{added:?} came after version {last} was released: raise SCHEMA"
            );
        }
        assert!(SCHEMA >= last, "a version is never taken back");
    }

    #[test]
    fn versions_are_those_of_the_columns() {
        let user = table("entra_user").expect("a table");
        assert_eq!(user.since(), 1);
        assert_eq!(user.schema_hash(), user.schema_hash_at(SCHEMA));
        let first: Vec<&str> = user.columns_at(1).map(|c| c.name).collect();
        assert_eq!(first.len(), 15);
        assert_eq!(user.columns_at(0).count(), 0);
        assert_eq!(
            user.columns_at(1).count() + user.columns_after(1).count(),
            user.columns.len()
        );
        for t in tables() {
            assert!(t.since() <= t.version() && t.version() <= SCHEMA);
        }
    }

    #[test]
    fn records_are_whole_lines_in_order_of_version() {
        for (place, (version, list)) in RELEASED.into_iter().enumerate() {
            assert_eq!(version as usize, place + 1);
            assert_eq!(recorded(list).count(), list.lines().count());
        }
    }
}
