//! Columns whose values were not read: null in them is no null of the source.

use std::collections::BTreeSet;

use super::Session;
use crate::dataset::manifest::UnreadColumn;
use crate::sqlfile::reads::{self, Read};

impl Session {
    /// Columns that were not read and that SQL names, itself or through its views,
    /// each with its table. `reads` are the names that the SQL reads.
    #[must_use]
    pub fn unread(&self, sql: &str, reads: &[Read]) -> Vec<(&str, &UnreadColumn)> {
        let mut texts = vec![sql];
        let mut left = reads::names_of(reads);
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        while let Some(name) = left.pop_first() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if let Some(view) = self.views.get(&name) {
                texts.push(&view.sql);
                left.extend(view.names.iter().cloned());
            } else if let Some((table, columns)) = self.unread.get_key_value(&name) {
                found.extend(columns.iter().map(|c| (table.as_str(), c)));
            }
        }
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        found.retain(|(_, column)| {
            texts
                .iter()
                .any(|text| text.split(word).any(|w| w == column.column))
        });
        found
    }

    /// Sets which columns of a table were not read; used where there is no manifest.
    pub fn set_unread(&mut self, name: &str, columns: Vec<UnreadColumn>) {
        self.unread.insert(name.to_owned(), columns);
    }
}
