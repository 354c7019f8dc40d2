//! Walks a stream of JSON documents and hands out one record at a time: a file
//! is never held as a whole.
//!
//! A document is a page (an object with a list of records somewhere), a bare
//! record, or an array of either; documents may follow each other in one file.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Where the records of a page lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Paths of keys to lists of records; none when every document is one record.
    pub paths: &'static [&'static [&'static str]],
    /// Whether an object without such a list may be a record itself.
    pub bare: fn(&Map<String, Value>) -> bool,
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
pub(super) enum Event {
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
pub(super) struct Cut {
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
pub(super) fn walk(input: impl Read, shape: &Shape, on: &mut dyn FnMut(Event)) -> Result<u64, Cut> {
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
            .deserialize(&mut json)
            .map_err(|e| cut(&e))?;
    }
}

fn cut(e: &serde_json::Error) -> Cut {
    let message = e.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(m, _)| m)
        .to_owned();
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
        if !listed && (self.walk.shape.bare)(&envelope) {
            (self.walk.on)(Event::Record(spot, Value::Object(envelope)));
        } else {
            (self.walk.on)(Event::Page {
                spot,
                envelope,
                listed,
            });
        }
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

/// An object on the way to a list of records.
struct Level<'w, 'a> {
    walk: &'w mut Walk<'a>,
    depth: usize,
    paths: Vec<&'static [&'static str]>,
    records: &'w mut u64,
    listed: &'w mut bool,
}

impl Level<'_, '_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<Map<String, Value>, A::Error> {
        let mut envelope = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let matching: Vec<&'static [&'static str]> = self
                .paths
                .iter()
                .copied()
                .filter(|p| p.get(self.depth) == Some(&key.as_str()))
                .collect();
            let last = matching.iter().find(|p| p.len() == self.depth + 1).copied();
            if let Some(list) = last {
                map.next_value_seed(List {
                    walk: &mut *self.walk,
                    list,
                    records: &mut *self.records,
                    listed: &mut *self.listed,
                })?;
            } else if matching.is_empty() {
                envelope.insert(key, map.next_value()?);
            } else {
                let inner = map.next_value_seed(Level {
                    walk: &mut *self.walk,
                    depth: self.depth + 1,
                    paths: matching,
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.listed = true;
        while let Some(value) = seq.next_element::<Value>()? {
            let spot = self.walk.spot(Some(*self.records), self.list);
            *self.records += 1;
            (self.walk.on)(Event::Record(spot, value));
        }
        Ok(())
    }

    /// `null` in place of a list says nothing: the page then has no list.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(format!(
            "`{}` holds an object where a list of records belongs",
            self.list.join(".")
        )))
    }
}
