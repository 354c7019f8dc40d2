//! What was set, before defaults are filled in.

use std::collections::BTreeMap;

use super::fault::Place;

/// A value that was set.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Flag(bool),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Grants(Vec<(String, String)>),
    Params(BTreeMap<String, (toml::Value, (usize, usize))>),
}

/// What was set, by section path and key, and where.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) set: BTreeMap<(String, String), (Value, Place)>,
    /// Named sections, such as `sync` and `entra`, and where they begin.
    pub named: BTreeMap<(String, String), Place>,
}

impl Values {
    pub(super) fn set(&mut self, path: &str, key: &str, value: Value, place: Place) {
        if let Some((section, name)) = path.split_once('.') {
            self.named
                .entry((section.to_owned(), name.to_owned()))
                .or_insert_with(|| place.clone());
        }
        self.set
            .insert((path.to_owned(), key.to_owned()), (value, place));
    }

    pub(super) fn get(&self, path: &str, key: &str) -> Option<&(Value, Place)> {
        self.set.get(&(path.to_owned(), key.to_owned()))
    }

    pub(super) fn names(&self, section: &str) -> Vec<(String, Place)> {
        self.named
            .iter()
            .filter(|((s, _), _)| s == section)
            .map(|((_, name), place)| (name.clone(), place.clone()))
            .collect()
    }
}
