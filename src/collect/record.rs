//! Reads the fields of one record; a value of the wrong form becomes null and
//! is reported, so that it blinds one row and not a table.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::walk::Spot;
use crate::dataset::problem::{Problem, ProblemKind};
use crate::time::from_json;

/// A record and where it came from.
pub(crate) struct Record<'a> {
    map: &'a Map<String, Value>,
    spot: &'a Spot,
    file: &'a str,
    table: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        map: &'a Map<String, Value>,
        spot: &'a Spot,
        file: &'a str,
        table: &'a str,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self {
            map,
            spot,
            file,
            table,
            problems,
        }
    }

    fn wrong(&mut self, key: &str, expected: &str) {
        self.report(
            ProblemKind::Malformed,
            &format!(".{key}"),
            expected,
            format!("`{key}` is not {expected}; it was taken as not known."),
        );
    }

    /// Reports something about the record.
    pub(super) fn report(
        &mut self,
        kind: ProblemKind,
        below: &str,
        expected: &str,
        message: String,
    ) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            position: format!("{}{below}", self.spot),
            kind,
            table: Some(self.table.to_owned()),
            expected: expected.to_owned(),
            message,
        });
    }

    /// A text; numbers are taken as they are written; empty is null.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(_) => {
                self.wrong(key, "a text");
                None
            }
        }
    }

    /// A natural id; its absence is reported. One with control characters is none.
    pub(super) fn id(&mut self, key: &str) -> Option<String> {
        let id = self.text(key);
        let odd = id
            .as_ref()
            .is_some_and(|id| id.chars().any(char::is_control));
        if id.is_some() && !odd {
            return id;
        }
        let what = if odd {
            format!("A record whose `{key}` holds control characters is not what it says")
        } else {
            format!("A record without `{key}` cannot be told apart from others")
        };
        self.report(
            ProblemKind::Malformed,
            "",
            &format!("an object with `{key}`"),
            format!("{what} and was left out."),
        );
        None
    }

    /// A truth value.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => {
                self.wrong(key, "true or false");
                None
            }
        }
    }

    /// A whole number.
    pub(super) fn int(&mut self, key: &str) -> Option<i64> {
        match self.map.get(key) {
            None | Some(Value::Null) => None,
            Some(value) => {
                let number = value.as_i64();
                if number.is_none() {
                    self.wrong(key, "a whole number");
                }
                number
            }
        }
    }

    /// A time.
    pub(super) fn time(&mut self, key: &str) -> Option<DateTime<Utc>> {
        match self.map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(value) => {
                let at = from_json(value);
                if at.is_none() {
                    self.wrong(key, "a time such as 2026-01-31T12:00:00Z");
                }
                at
            }
        }
    }

    /// An object within the record.
    pub(super) fn inner(&self, key: &str) -> Option<&'a Map<String, Value>> {
        self.map.get(key).and_then(Value::as_object)
    }

    /// A list within the record; `None` when the key is missing or null.
    pub(super) fn list(&self, key: &str) -> Option<&'a Vec<Value>> {
        self.map.get(key).and_then(Value::as_array)
    }

    /// Whether the key is there, null or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// A record within this one, reported at the same place.
    pub(super) fn within<'b>(&'b mut self, map: &'b Map<String, Value>) -> Record<'b> {
        Record {
            map,
            spot: self.spot,
            file: self.file,
            table: self.table,
            problems: self.problems,
        }
    }
}
