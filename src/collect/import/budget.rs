//! How much memory a JSON document may take while it is being walked: records
//! are handed on and forgotten, so what counts is what is not a record yet.
//!
//! The walk keeps one record, and beside it the envelope of its page. Small text
//! becomes large in memory (an object of one member takes a hundred times its
//! two brackets), so objects, lists and texts count as what they take there.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::bounds::{RECORD, size};

/// About what a value, an object, and a member of one take beside their texts.
const VALUE: u64 = 32;
const OBJECT: u64 = 640;
const MEMBER: u64 = 64;

/// What the open objects and lists of a document hold so far.
#[derive(Clone, Debug, Default)]
pub(in crate::collect) struct Budget(Rc<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Bytes of each object or list around the innermost, the outermost first.
    around: RefCell<Vec<u64>>,
    innermost: Cell<u64>,
    all: Cell<u64>,
    /// Whether anything was handed on since this was last cleared.
    handed_on: Cell<bool>,
}

impl Budget {
    /// What was read last was handed on: it is no longer held.
    pub(in crate::collect) fn handed_on(&self) {
        let held = &self.0;
        held.handed_on.set(true);
        held.all.set(held.all.get() - held.innermost.replace(0));
    }

    fn take<E: serde::de::Error>(&self, bytes: u64) -> Result<(), E> {
        let held = &self.0;
        held.all.set(held.all.get() + bytes);
        held.innermost.set(held.innermost.get() + bytes);
        if held.all.get() > RECORD {
            return Err(E::custom(format_args!(
                "one record, or what stands beside the records, takes more than {} of memory, as none of an export does; export the lists that the README names, each into a file of its own",
                size(RECORD)
            )));
        }
        Ok(())
    }

    fn enter<E: serde::de::Error>(&self, bytes: u64) -> Result<(), E> {
        let around = self.0.innermost.replace(0);
        self.0.around.borrow_mut().push(around);
        self.take(bytes)
    }

    /// What a finished object or list holds is part of what it lies in.
    fn leave(&self) {
        let held = &self.0;
        let mut around = held.around.borrow_mut();
        let outer = around.pop().unwrap_or(0);
        if around.is_empty() {
            // A document is over, and was handed on.
            held.all.set(0);
            held.innermost.set(0);
        } else {
            held.innermost.set(held.innermost.get() + outer);
        }
    }
}

/// Anything of serde that counts what goes through it.
pub(in crate::collect) struct Counting<'b, T> {
    inner: T,
    budget: &'b Budget,
}

impl<'b, T> Counting<'b, T> {
    pub(in crate::collect) fn new(inner: T, budget: &'b Budget) -> Self {
        Self { inner, budget }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Counting<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_any(Counting::new(visitor, self.budget))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Counting<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<V::Value, E> {
        self.inner.visit_bool(flag)
    }

    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<V::Value, E> {
        self.inner.visit_i64(n)
    }

    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<V::Value, E> {
        self.inner.visit_u64(n)
    }

    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<V::Value, E> {
        self.inner.visit_f64(n)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.budget.take(text.len() as u64)?;
        self.inner.visit_str(text)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.budget.take(text.len() as u64)?;
        self.inner.visit_borrowed_str(text)
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<V::Value, E> {
        self.budget.take(text.len() as u64)?;
        self.inner.visit_string(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.budget.enter::<A::Error>(VALUE)?;
        let value = self.inner.visit_seq(Counting::new(seq, self.budget));
        self.budget.leave();
        value
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.budget.enter::<A::Error>(OBJECT)?;
        let value = self.inner.visit_map(Counting::new(map, self.budget));
        self.budget.leave();
        value
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Counting<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Counting::new(from, self.budget))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Counting<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        let handed_on = &self.budget.0.handed_on;
        handed_on.set(false);
        let element = self
            .inner
            .next_element_seed(Counting::new(seed, self.budget))?;
        // A document of a list of documents is gone when the next one begins.
        if element.is_some() && !handed_on.get() {
            self.budget.take::<A::Error>(VALUE)?;
        }
        Ok(element)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Counting<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.budget.take::<A::Error>(MEMBER)?;
        self.inner.next_key_seed(Counting::new(seed, self.budget))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.next_value_seed(Counting::new(seed, self.budget))
    }
}

/// A JSON document as a value, when it takes no more than a record may.
///
/// # Errors
/// When it is no JSON, or takes more.
pub(in crate::collect) fn value_of<T: serde::de::DeserializeOwned>(
    text: &str,
) -> serde_json::Result<T> {
    let budget = Budget::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Counting::new(&mut json, &budget))?;
    json.end()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde_json::{Map, Value, json};

    use super::{Budget, Counting, value_of};

    #[test]
    fn values_pass_through_unchanged() {
        let text = r#"{"a": [1, -2, 2.5, "xé\n", null, true, {"b": {}}], "c": "d"}"#;
        let value: Value = value_of(text).expect("a value");
        assert_eq!(
            value,
            json!({"a": [1, -2, 2.5, "xé\n", null, true, {"b": {}}], "c": "d"})
        );
        assert!(value_of::<Value>("{} x").is_err());
        assert!(value_of::<Map<String, Value>>("[]").is_err());
    }

    #[test]
    fn what_grows_in_memory_is_refused_and_what_was_handed_on_is_not_counted() {
        let small = format!("[{}0]", r#"{"":0},"#.repeat(10_000));
        assert!(value_of::<Value>(&small).is_ok());
        for large in [
            format!("[{}0]", r#"{"":0},"#.repeat(200_000)),
            format!("{{{}\"\":0}}", "\"x\":0,".repeat(2_000_000)),
            format!("[{}0]", "0,".repeat(3_000_000)),
        ] {
            let said = value_of::<Value>(&large).expect_err("refused").to_string();
            assert!(said.contains("64 MiB"), "{said}");
        }
        // Documents one after the other, each of half of it.
        let half = format!("[{}0]", r#"{"":0},"#.repeat(45_000));
        let text = half.repeat(5);
        let budget = Budget::default();
        let mut json = serde_json::Deserializer::from_str(&text);
        for _ in 0..5 {
            let value = Value::deserialize(Counting::new(&mut json, &budget));
            assert!(value.is_ok());
        }
    }

    /// A list whose elements are handed on one by one.
    struct Each<'b>(&'b Budget);

    impl<'de> serde::de::Visitor<'de> for Each<'_> {
        type Value = u64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<u64, A::Error> {
            let mut n = 0;
            while seq.next_element::<Value>()?.is_some() {
                self.0.handed_on();
                n += 1;
            }
            Ok(n)
        }
    }

    #[test]
    fn a_long_list_of_records_takes_no_more_than_one() {
        let text = format!("[{}0]", r#"{"id":"0000","x":[{"":0}]},"#.repeat(300_000));
        let budget = Budget::default();
        let mut json = serde_json::Deserializer::from_str(&text);
        let from = Counting::new(&mut json, &budget);
        let n = serde::Deserializer::deserialize_any(from, Each(&budget)).expect("walked");
        assert_eq!(n, 300_001);
    }
}
