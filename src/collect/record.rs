//! Reads the fields of one record. Each is read, null because its source says
//! so or did not tell it, or unreadable: then it is null and reported, and the
//! report makes the table that it belongs to partial (see `input::Reading`).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::form;
use super::sink::twice;
use super::walk::Spot;
use crate::dataset::problem::{Problem, ProblemKind};
use crate::time::from_json;

/// A time as it is wanted, for messages.
const TIME: &str = "a time such as 2026-01-31T12:00:00Z";

/// A record and where it came from.
pub(crate) struct Record<'a> {
    map: &'a Map<String, Value>,
    spot: &'a Spot,
    /// Path of this record below the spot.
    below: String,
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
            below: String::new(),
            file,
            table,
            problems,
        }
    }

    /// The same record, what is unreadable of it reported for another table.
    pub(super) fn of<'b>(&'b mut self, table: &'b str) -> Record<'b> {
        let below = self.below.clone();
        self.below(self.map, below, table)
    }

    fn below<'b>(
        &'b mut self,
        map: &'b Map<String, Value>,
        below: String,
        table: &'b str,
    ) -> Record<'b> {
        Record {
            map,
            spot: self.spot,
            below,
            file: self.file,
            table,
            problems: self.problems,
        }
    }

    /// Reports a value that could not be read: its table is partial.
    fn wrong(&mut self, place: &str, found: &str, expected: &str) {
        self.report(
            ProblemKind::Malformed,
            place,
            expected,
            format!(
                "`{}` holds {found}; it was not read.",
                place.trim_start_matches('.')
            ),
        );
    }

    /// Reports something about the record; of the kind `Malformed` it makes the
    /// record's table partial.
    pub(super) fn report(
        &mut self,
        kind: ProblemKind,
        below: &str,
        expected: &str,
        message: String,
    ) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            position: format!("{}{}{below}", self.spot, self.below),
            kind,
            table: Some(self.table.to_owned()),
            expected: expected.to_owned(),
            message,
        });
    }

    /// Reports an object with the id of another that says something else: the table
    /// is partial.
    pub(super) fn twice(&mut self, id: &str) {
        self.problems.push(twice(id, self.file, self.table));
    }

    /// The value of a member under any of its spellings; `None` when it is not
    /// there or null. Two spellings that contradict each other are reported, and
    /// neither is believed.
    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        let map = self.map;
        let mut found: Option<&'a Value> = None;
        for (name, value) in form::spelt(map, key) {
            let Some(first) = found.filter(|v| !v.is_null()) else {
                found = Some(value);
                continue;
            };
            if !value.is_null() && !agree(first, value) {
                let said = super::shown(name);
                self.wrong(
                    &format!(".{key}"),
                    &format!("two values, the other one as `{said}`, that contradict each other"),
                    "one value",
                );
                return None;
            }
        }
        if found.is_none()
            && let Some(Value::Object(more)) = map.get("AdditionalProperties")
        {
            // Where PowerShell puts what its type has no member for.
            found = form::spelt(more, key).map(|(_, value)| value).next();
        }
        found.filter(|value| !value.is_null())
    }

    /// A text; numbers are taken as they are written; empty is null.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        match single(value) {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) if !form::is_type_name(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            other => {
                self.wrong(&format!(".{key}"), form::of(other), "a text");
                None
            }
        }
    }

    /// A natural id; its absence is reported. One with control characters is none.
    pub(super) fn id(&mut self, key: &'static str) -> Option<String> {
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

    /// A truth value, or its word.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        match single(value) {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) if word.is_empty() => None,
            Value::String(word) if word.eq_ignore_ascii_case("true") => Some(true),
            Value::String(word) if word.eq_ignore_ascii_case("false") => Some(false),
            other => {
                self.wrong(&format!(".{key}"), form::of(other), "true or false");
                None
            }
        }
    }

    /// A whole number, or its digits.
    pub(super) fn int(&mut self, key: &'static str) -> Option<i64> {
        let value = self.value(key)?;
        let number = match single(value) {
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        if number.is_none() {
            self.wrong(&format!(".{key}"), form::of(value), "a whole number");
        }
        number
    }

    /// A time; null when its source says that there is none, or does not tell.
    pub(super) fn time(&mut self, key: &'static str) -> Option<DateTime<Utc>> {
        let value = self.value(key)?;
        if matches!(value, Value::String(text) if text.is_empty()) {
            return None;
        }
        let at = from_json(single(value));
        if at.is_none() {
            let found = match value.as_str() {
                Some(text)
                    if text.contains(['/', '.'])
                        && text.starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    "a date whose order of day and month depends on a country"
                }
                _ => form::of(value),
            };
            self.wrong(&format!(".{key}"), found, TIME);
        }
        // What .NET prints for no time at all.
        at.filter(|at| *at != crate::time::dotnet_never())
    }

    /// A time that its source always tells: a record without it is of another form.
    pub(super) fn must_time(&mut self, key: &'static str) -> Option<DateTime<Utc>> {
        self.must(key);
        self.time(key)
    }

    /// Reports a member that every record of the kind has, null or not.
    pub(super) fn must(&mut self, key: &'static str) {
        if !self.has(key) {
            self.report(
                ProblemKind::Malformed,
                "",
                &format!("an object with `{key}`"),
                format!("`{key}` is not there under any name that is known: the record has another form, and what it would say is not known."),
            );
        }
    }

    /// Reports a member that is null where its source never says so.
    pub(super) fn must_not_be_null(&mut self, key: &'static str) {
        if self.null(key) {
            self.wrong(&format!(".{key}"), "null", "a value");
        }
    }

    /// What a function makes of the object within the record; `None` when it is
    /// not there, null or unreadable.
    pub(super) fn object<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Record<'_>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        let parsed = parsed(value);
        let map = match single(parsed.as_ref().unwrap_or(value)) {
            Value::Object(map) => map,
            other => {
                self.wrong(&format!(".{key}"), form::of(other), "an object");
                return None;
            }
        };
        let below = format!("{}.{key}", self.below);
        Some(read(&mut self.below(map, below, self.table)))
    }

    /// What a function makes of each object of the list within the record; one
    /// object in its place is a list of one. `None` when the list is not there,
    /// null or unreadable; an element that is no object is reported.
    pub(super) fn each<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Record<'_>) -> T,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let parsed = parsed(value);
        let items = self.items(
            key,
            parsed.as_ref().unwrap_or(value),
            "a list of objects",
            |_| false,
        )?;
        let mut all = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            match item {
                Value::Object(map) if !map.is_empty() => {
                    let below = format!("{}.{key}[{n}]", self.below);
                    all.push(read(&mut self.below(map, below, self.table)));
                }
                other => self.wrong(&format!(".{key}[{n}]"), form::of(other), "an object"),
            }
        }
        Some(all)
    }

    /// The texts of the list within the record; one text in its place is a list
    /// of one. `None` as for `each`.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let parsed = parsed(value);
        let items = self.items(
            key,
            parsed.as_ref().unwrap_or(value),
            "a list of texts",
            is_text,
        )?;
        let mut all = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) if is_text(item) => all.push(text.clone()),
                Value::Number(number) => all.push(number.to_string()),
                other => self.wrong(&format!(".{key}[{n}]"), form::of(other), "a text"),
            }
        }
        Some(all)
    }

    /// The elements of a list; what a tool collapsed to its one element is one.
    fn items<'v>(
        &mut self,
        key: &'static str,
        value: &'v Value,
        expected: &str,
        alone: fn(&Value) -> bool,
    ) -> Option<Vec<&'v Value>> {
        match value {
            Value::Array(items) => Some(items.iter().collect()),
            Value::Object(map) => match form::wrapped_list(map) {
                Some(items) => Some(items.iter().collect()),
                None if map.is_empty() => {
                    self.wrong(&format!(".{key}"), form::of(value), expected);
                    None
                }
                None => Some(vec![value]),
            },
            one if alone(one) => Some(vec![one]),
            other => {
                self.wrong(&format!(".{key}"), form::of(other), expected);
                None
            }
        }
    }

    /// The elements of a list within the record, as they are; one object in its
    /// place is a list of one, another form is reported.
    pub(super) fn list(&mut self, key: &'static str) -> Option<Vec<&'a Value>> {
        let value = self.value(key)?;
        self.items(key, value, "a list", is_text)
    }

    /// Whether the member is there under any spelling, null or not.
    pub(super) fn has(&self, key: &'static str) -> bool {
        form::has(self.map, key)
    }

    /// Whether the source says that there is none: the member is there and null.
    pub(super) fn null(&self, key: &'static str) -> bool {
        self.has(key) && form::spelt(self.map, key).all(|(_, value)| value.is_null())
    }

    /// A record within this one, reported at the same place.
    pub(super) fn within<'b>(&'b mut self, map: &'b Map<String, Value>) -> Record<'b> {
        let below = self.below.clone();
        self.below(map, below, self.table)
    }
}

fn is_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| !text.is_empty() && !form::is_type_name(text))
}

/// A list of one stands for its element.
fn single(value: &Value) -> &Value {
    match value {
        Value::Array(items) => match items.as_slice() {
            [one] => one,
            _ => value,
        },
        _ => value,
    }
}

/// A nested value that travels as a text of JSON.
fn parsed(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    let nested = text.starts_with(['{', '[']).then_some(text)?;
    serde_json::from_str(nested).ok()
}

/// Whether two spellings of a member say the same.
fn agree(a: &Value, b: &Value) -> bool {
    a == b
        || from_json(a).is_some_and(|at| Some(at) == from_json(b))
        || matches!((a, b), (Value::String(a), Value::String(b)) if a.eq_ignore_ascii_case(b))
}
