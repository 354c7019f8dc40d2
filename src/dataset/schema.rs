//! The tables of a snapshot: names, columns, types and what each column means.
//!
//! This is the one place that says what the dataset looks like. Writers take
//! their columns from here, sessions take empty frames from here, and the
//! documentation is generated from here. One file per source holds the
//! declarations.

mod auth0;
mod aws;
mod entra;
mod evidence;
mod github;
mod register;
pub mod versions;
mod vocabulary;

use std::sync::LazyLock;

pub use vocabulary::{Column, Source, Table, Type};

static TABLES: LazyLock<Vec<&'static Table>> = LazyLock::new(|| {
    let mut all: Vec<&'static Table> = Vec::new();
    for list in [
        entra::TABLES,
        github::TABLES,
        aws::TABLES,
        auth0::TABLES,
        register::TABLES,
        evidence::TABLES,
    ] {
        all.extend(list.iter());
    }
    all
});

/// Every table, in the order of the sources.
#[must_use]
pub fn tables() -> &'static [&'static Table] {
    &TABLES
}

/// The table of that name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|t| t.name == name)
}

#[cfg(test)]
mod tests {
    use super::{Type, tables};

    #[test]
    fn names_are_unique_and_every_column_is_described() {
        let mut seen = std::collections::BTreeSet::new();
        for table in tables() {
            assert!(seen.insert(table.name), "{} twice", table.name);
            assert!(!table.doc.is_empty(), "{} has no description", table.name);
            let mut columns = std::collections::BTreeSet::new();
            for column in table.columns {
                assert!(
                    columns.insert(column.name),
                    "{}.{} twice",
                    table.name,
                    column.name
                );
                assert!(
                    column.doc.len() > 8,
                    "{}.{} has no description",
                    table.name,
                    column.name
                );
                assert_eq!(
                    column.ty == Type::Key,
                    column.name.ends_with("_key"),
                    "{}.{}: keys and only keys end in _key",
                    table.name,
                    column.name
                );
            }
        }
    }

    #[test]
    fn every_folded_column_stands_beside_its_raw_one() {
        for table in tables() {
            for column in table.columns {
                if let Some(raw) = column.name.strip_suffix("_folded") {
                    assert!(
                        table.position(raw).is_some(),
                        "{}.{} folds nothing",
                        table.name,
                        column.name
                    );
                }
            }
        }
    }
}
