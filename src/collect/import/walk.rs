//! Walks a stream of JSON documents and hands out one record at a time: a file
//! is never held as a whole.
//!
//! A document is a page (an object with a list of records somewhere), a bare
//! record, or an array of either; documents may follow each other in one file.

use std::fmt;
use std::io::Read;

use serde::Deserialize as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::budget::{Budget, Counting};
use crate::collect::form::{same_name, unwrapped, wrapped_list};

/// Where the records of a page lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Paths of keys to lists of records; none when every document is one record.
    pub paths: &'static [&'static [&'static str]],
    /// Whether an object without such a list may be a record itself.
    pub bare: fn(&Map<String, Value>) -> bool,
    /// Members of which a record of the table has at least one, beside what every
    /// record of any kind has: without one it is of another form, not a record of
    /// nulls. None when it cannot be told.
    pub known: &'static [&'static str],
}

/// Where in a file a record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Document, counted from 0.
    pub document: u64,
    /// Record within the document, counted from 0; none for the document itself.
    pub record: Option<u64>,
    /// Path of the list.
    pub list: &'static [&'static str],
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$[{}]", self.document)?;
        for key in self.list {
            write!(f, ".{key}")?;
        }
        match self.record {
            Some(n) => write!(f, "[{n}]"),
            None => Ok(()),
        }
    }
}

/// What the walk comes across.
#[derive(Debug)]
pub(in crate::collect) enum Event {
    /// An element of a list of records, or a bare record.
    Record(Spot, Value),
    /// The end of a page: all of it but its records, and whether it had a list.
    Page {
        /// Where it was.
        spot: Spot,
        /// Everything beside the records.
        envelope: Map<String, Value>,
        /// Whether a list of records was there.
        listed: bool,
    },
    /// A document that is neither an object nor an array.
    Odd(Spot),
}

/// Why a walk ended before the end of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::collect) struct Cut {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was wrong there.
    pub message: String,
    /// Whether the input simply stopped.
    pub end: bool,
}

struct Walk<'a> {
    shape: &'a Shape,
    on: &'a mut dyn FnMut(Event),
    document: u64,
}

/// Walks every document; an error gives the place at which reading stopped.
///
/// # Errors
/// When the input is not JSON, or ends within a document.
pub(in crate::collect) fn walk(
    input: impl Read,
    shape: &Shape,
    on: &mut dyn FnMut(Event),
) -> Result<u64, Cut> {
    let budget = Budget::default();
    let on = &mut |event: Event| {
        on(event);
        budget.handed_on();
    };
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut state = Walk {
        shape,
        on,
        document: 0,
    };
    loop {
        match json.end() {
            Ok(()) => return Ok(state.document),
            Err(e) if e.is_io() => return Err(cut(&e)),
            Err(_) => {}
        }
        Document { walk: &mut state }
            .deserialize(Counting::new(&mut json, &budget))
            .map_err(|e| cut(&e))?;
    }
}

fn cut(e: &serde_json::Error) -> Cut {
    let message = e.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(m, _)| m);
    let message = match message {
        "invalid unicode code point" => "bytes that are not UTF-8".to_owned(),
        other => other.to_owned(),
    };
    Cut {
        line: e.line(),
        column: e.column(),
        message,
        end: e.is_eof() || e.is_io(),
    }
}

/// One document, or an array of them.
struct Document<'w, 'a> {
    walk: &'w mut Walk<'a>,
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Document<'_, '_> {
    fn odd(self) {
        let spot = self.walk.spot(None, &[]);
        self.walk.document += 1;
        (self.walk.on)(Event::Odd(spot));
    }
}

impl Walk<'_> {
    fn spot(&self, record: Option<u64>, list: &'static [&'static str]) -> Spot {
        Spot {
            document: self.document,
            record,
            list,
        }
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let mut records = 0;
        let mut listed = false;
        let all: Vec<&'static [&'static str]> = self.walk.shape.paths.to_vec();
        let envelope = Level {
            walk: &mut *self.walk,
            depth: 0,
            paths: all,
            records: &mut records,
            listed: &mut listed,
        }
        .read(map)?;
        let spot = self.walk.spot(None, &[]);
        self.walk.document += 1;
        let page = |envelope| Event::Page {
            spot,
            envelope,
            listed,
        };
        let event = if listed {
            page(envelope)
        } else if (self.walk.shape.bare)(&envelope) {
            Event::Record(spot, Value::Object(envelope))
        } else if self.walk.shape.known.is_empty() {
            page(envelope)
        } else {
            match unwrapped(envelope, self.walk.shape.known) {
                Ok(record) => Event::Record(spot, Value::Object(record)),
                Err(envelope) => page(envelope),
            }
        };
        (self.walk.on)(event);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let before = self.walk.document;
        while seq
            .next_element_seed(Document {
                walk: &mut *self.walk,
            })?
            .is_some()
        {}
        if self.walk.document == before {
            // An empty array is an answer: a page without records.
            let spot = self.walk.spot(None, &[]);
            self.walk.document += 1;
            (self.walk.on)(Event::Page {
                spot,
                envelope: Map::new(),
                listed: true,
            });
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.odd();
        Ok(())
    }
}

/// What tools put around a whole answer.
const AROUND: [&str; 4] = ["body", "response", "result", "content"];

/// An object on the way to a list of records.
struct Level<'w, 'a> {
    walk: &'w mut Walk<'a>,
    depth: usize,
    paths: Vec<&'static [&'static str]>,
    records: &'w mut u64,
    listed: &'w mut bool,
}

impl Level<'_, '_> {
    fn matching(&self, depth: usize, key: &str) -> Vec<&'static [&'static str]> {
        let at = |p: &&'static [&'static str]| p.get(depth).is_some_and(|k| same_name(k, key));
        self.paths.iter().copied().filter(at).collect()
    }

    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<Map<String, Value>, A::Error> {
        let mut envelope = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let matching = self.matching(self.depth, &key);
            let last = matching.iter().find(|p| p.len() == self.depth + 1).copied();
            if let Some(list) = last {
                map.next_value_seed(List {
                    walk: &mut *self.walk,
                    list,
                    records: &mut *self.records,
                    listed: &mut *self.listed,
                })?;
                continue;
            }
            let (depth, paths) = if !matching.is_empty() {
                (self.depth + 1, matching)
            } else if self.depth > 0 {
                (0, Vec::new())
            } else if key == "value" {
                // A list that PowerShell wrapped up: each element is a document.
                *self.listed |= map.next_value_seed(Wrapped {
                    walk: &mut *self.walk,
                })?;
                continue;
            } else if AROUND.contains(&key.as_str()) {
                (0, self.paths.clone())
            } else {
                // What `--jq .data` prints.
                let mut paths = self.matching(1, &key);
                paths.retain(|p| p.first() == Some(&"data"));
                (2, paths)
            };
            if paths.is_empty() {
                envelope.insert(key, map.next_value()?);
            } else {
                let inner = map.next_value_seed(Level {
                    walk: &mut *self.walk,
                    depth,
                    paths,
                    records: &mut *self.records,
                    listed: &mut *self.listed,
                })?;
                envelope.insert(key, inner);
            }
        }
        Ok(envelope)
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        self.read(map).map(Value::Object)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::from(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::from(n))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::from(n))
    }
}

/// A list of documents under a name of a tool's own; tells whether it was one.
struct Wrapped<'w, 'a> {
    walk: &'w mut Walk<'a>,
}

impl<'de> DeserializeSeed<'de> for Wrapped<'_, '_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        Document { walk: self.walk }
            .deserialize(from)
            .map(|()| true)
    }
}

/// A list of records.
struct List<'w, 'a> {
    walk: &'w mut Walk<'a>,
    list: &'static [&'static str],
    records: &'w mut u64,
    listed: &'w mut bool,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        *self.listed = true;
        while let Some(value) = seq.next_element::<Value>()? {
            self.hand_on(value);
        }
        Ok(())
    }

    /// `null` in place of a list says nothing: the page then has no list.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    /// A list that a tool collapsed to its one element, or wrapped up.
    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        let only = Map::deserialize(MapAccessDeserializer::new(map))?;
        let items = wrapped_list(&only).cloned();
        for value in items.unwrap_or_else(|| vec![Value::Object(only)]) {
            self.hand_on(value);
        }
        *self.listed = true;
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.hand_on(Value::from(text));
        Ok(())
    }

    fn visit_bool<E>(mut self, flag: bool) -> Result<(), E> {
        self.hand_on(Value::from(flag));
        Ok(())
    }

    fn visit_i64<E>(mut self, n: i64) -> Result<(), E> {
        self.hand_on(Value::from(n));
        Ok(())
    }

    fn visit_u64<E>(mut self, n: u64) -> Result<(), E> {
        self.hand_on(Value::from(n));
        Ok(())
    }

    fn visit_f64<E>(mut self, n: f64) -> Result<(), E> {
        self.hand_on(Value::from(n));
        Ok(())
    }
}

impl List<'_, '_> {
    fn hand_on(&mut self, value: Value) {
        let spot = self.walk.spot(Some(*self.records), self.list);
        *self.records += 1;
        (self.walk.on)(Event::Record(spot, value));
    }
}
