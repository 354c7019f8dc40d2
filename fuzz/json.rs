//! Changes to JSON that leave it JSON: what exporting tools, people with an
//! editor and other interfaces make of it.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::mutate::pick;

/// Changes a file of documents; `None` when it is no JSON.
pub(crate) fn mutate(old: &[u8], words: &[String], rng: &mut Rng) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(old).ok()?;
    let mut documents: Vec<Value> = serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .ok()?;
    if documents.is_empty() {
        return None;
    }
    match rng.u8(..14) {
        0 => {
            let one = pick(&documents, rng).clone();
            documents.push(one);
        }
        1 => documents = vec![Value::Array(documents)],
        2 => documents = documents.into_iter().flat_map(items).collect(),
        3 => {
            let around = *pick(&["value", "data", "Items", "result", "Records"], rng);
            documents = documents
                .into_iter()
                .map(|d| json!({ around: d }))
                .collect();
        }
        4 => {
            let at = rng.usize(..documents.len());
            documents.remove(at);
        }
        _ => {
            for _ in 0..=rng.usize(..3) {
                let at = rng.usize(..documents.len());
                node(&mut documents[at], words, rng);
            }
        }
    }
    let pretty = rng.u8(..4) == 0;
    let mut bytes = Vec::new();
    for document in &documents {
        if pretty {
            serde_json::to_writer_pretty(&mut bytes, document).ok()?;
        } else {
            serde_json::to_writer(&mut bytes, document).ok()?;
        }
        bytes.extend(match rng.u8(..8) {
            0 => &b"\r\n"[..],
            1 => b"\xef\xbb\xbf",
            _ => b"\n",
        });
    }
    Some(bytes)
}

/// The elements of a list, or of the first list of an object.
fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Object(map) => match map.iter().find(|(_, v)| v.is_array()) {
            Some((_, Value::Array(items))) => items.clone(),
            _ => vec![Value::Object(map)],
        },
        other => vec![other],
    }
}

/// Goes to a random place of a value and changes what is there.
fn node(value: &mut Value, words: &[String], rng: &mut Rng) {
    let deeper = rng.u8(..5) > 0;
    match value {
        Value::Object(map) if deeper && !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let key = pick(&keys, rng).clone();
            if rng.u8(..6) == 0 {
                member(map, &key, words, rng);
            } else if let Some(inner) = map.get_mut(&key) {
                node(inner, words, rng);
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = rng.usize(..items.len());
            match rng.u8(..10) {
                0 => {
                    items.remove(at);
                }
                1 => {
                    let one = items[at].clone();
                    items.insert(at, one);
                }
                _ => node(&mut items[at], words, rng),
            }
        }
        _ => *value = another(value, words, rng),
    }
}

/// Renames, removes, repeats or adds a member.
fn member(map: &mut Map<String, Value>, key: &str, words: &[String], rng: &mut Rng) {
    let word = pick(words, rng).clone();
    match rng.u8(..5) {
        0 => {
            map.remove(key);
        }
        1 => {
            if let Some(value) = map.remove(key) {
                map.insert(word, value);
            }
        }
        2 => {
            if let Some(value) = map.remove(key) {
                let mut chars = key.chars();
                let first = chars.next().map(|c| {
                    if c.is_uppercase() {
                        c.to_lowercase().to_string()
                    } else {
                        c.to_uppercase().to_string()
                    }
                });
                map.insert(first.unwrap_or_default() + chars.as_str(), value);
            }
        }
        3 => {
            let value = map.get(key).cloned().unwrap_or_default();
            map.insert(word, value);
        }
        _ => {
            let errors = [
                json!({"code": "Forbidden"}),
                json!("AccessDenied"),
                json!(403),
                json!([]),
            ];
            let names = ["error", "errors", "message", "@odata.nextLink", "NextToken"];
            map.insert((*pick(&names, rng)).to_owned(), pick(&errors, rng).clone());
        }
    }
}

/// Something else in place of a value.
fn another(value: &Value, words: &[String], rng: &mut Rng) -> Value {
    match rng.u8(..18) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(-3..3)),
        3 => json!(""),
        4 => json!([]),
        5 => json!({}),
        6 => json!([value]),
        7 => json!({ "value": value }),
        8 => match value {
            Value::Array(items) if !items.is_empty() => items[0].clone(),
            other => Value::String(other.to_string()),
        },
        9 => json!(*pick(
            &[
                "System.Object[]",
                "@{keyId=1; endDateTime=}",
                "Microsoft.Graph.PowerShell.Models.MicrosoftGraphPasswordCredential",
                "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
            ],
            rng
        )),
        10 => json!(*pick(
            &[
                "/Date(1780272000000)/",
                "/Date(-62135596800000)/",
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59.9999999Z",
                "2026-06-01 00:00:00",
                "01/06/2026 10:00:00",
                "2026-13-01T00:00:00Z",
                "1780272000",
            ],
            rng
        )),
        11 => json!(1_780_272_000_000_i64 * rng.i64(-2..3)),
        12 => json!(1.78e9 * f64::from(rng.i32(-2..2_000_000))),
        13 => json!("a\u{0}\u{1b}[2J\u{202e}b"),
        14 => json!("é".repeat(rng.usize(..3000))),
        15 => {
            let mut nested = value.clone();
            for _ in 0..rng.usize(..140) {
                nested = if rng.bool() {
                    json!([nested])
                } else {
                    json!({ "a": nested })
                };
            }
            nested
        }
        _ => json!(pick(words, rng)),
    }
}
