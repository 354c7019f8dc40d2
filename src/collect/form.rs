//! What a value of outside data is, in words, and which names of members and
//! values the exporting tools use for the same thing.

use serde_json::{Map, Value};

/// Names under which other tools print a member: `az`, PowerShell, `gh`, older
/// clients. Case and the marks within a name make no difference and are not listed.
fn other_names(key: &str) -> &'static [&'static str] {
    match key {
        "id" => &["objectId"],
        "startDateTime" => &["startDate"],
        "endDateTime" => &["endDate"],
        "deletedDateTime" => &["deletionTimestamp"],
        "onPremisesSyncEnabled" => &["dirSyncEnabled"],
        "@odata.type" => &["odata.type", "objectType"],
        _ => &[],
    }
}

/// Whether two names of members are the same, spelt by different tools: case
/// and the marks between words make no difference.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> + '_ {
        let marks = |(i, b): &(usize, u8)| *i == 0 || !matches!(b, b'_' | b'-');
        let kept = name.bytes().enumerate().filter(marks);
        kept.map(|(_, b)| b.to_ascii_lowercase())
    }
    let first = |name: &str| name.as_bytes().first().map(u8::to_ascii_lowercase);
    // Most names differ in their first letter, and there are many.
    first(a) == first(b) && (a == b || letters(a).eq(letters(b)))
}

/// The members of an object that go by a name, under any spelling.
pub(super) fn spelt<'m>(
    map: &'m Map<String, Value>,
    key: &'static str,
) -> impl Iterator<Item = (&'m String, &'m Value)> {
    let others = other_names(key);
    map.iter().filter(move |(name, _)| {
        same_name(name, key) || others.iter().any(|other| same_name(name, other))
    })
}

/// Whether an object has a member, under any spelling, null or not.
pub(super) fn has(map: &Map<String, Value>, key: &'static str) -> bool {
    map.contains_key(key) || spelt(map, key).next().is_some()
}

/// Whether an object has any of the members.
pub(super) fn has_any(map: &Map<String, Value>, keys: &[&'static str]) -> bool {
    keys.iter().any(|key| has(map, key))
}

/// Where the interfaces and tools put a record within another: log streams,
/// diagnostic exports, events of a bus, hits of a search, answers of a batch.
const ENVELOPES: [&str; 10] = [
    "data",
    "properties",
    "detail",
    "body",
    "record",
    "resource",
    "event",
    "item",
    "node",
    "_source",
];

/// The record within an envelope, where the envelope itself has none of the
/// members that its table knows and one object within has.
pub(super) fn unwrapped(
    mut map: Map<String, Value>,
    known: &[&'static str],
) -> Result<Map<String, Value>, Map<String, Value>> {
    const DEEPEST: usize = 3;
    if known.is_empty() || has_any(&map, known) {
        return Ok(map);
    }
    let outer = map.clone();
    for _ in 0..DEEPEST {
        let within = ENVELOPES
            .iter()
            .find(|key| map.get(**key).is_some_and(Value::is_object));
        let Some(Value::Object(inner)) = within.and_then(|key| map.remove(*key)) else {
            return Err(outer);
        };
        if has_any(&inner, known) {
            return Ok(inner);
        }
        map = inner;
    }
    Err(outer)
}

/// What tools print in place of a nested value: the name of its type.
pub(super) fn is_type_name(text: &str) -> bool {
    const STARTS: [&str; 6] = [
        "System.Object",
        "System.Collections.",
        "System.String[",
        "Microsoft.Graph.",
        "Microsoft.Open.",
        "Microsoft.Azure.",
    ];
    let word = !text.contains(char::is_whitespace);
    text == "[object Object]"
        || word && STARTS.iter().any(|start| text.starts_with(start))
        || text.starts_with("@{") && text.ends_with('}') && text.contains('=')
}

/// What a value is, for a message; never the value itself.
pub(super) fn of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(text) if is_type_name(text) => {
            "the name of a type, which a tool prints in place of a nested value (export with a greater depth)"
        }
        Value::String(_) => "a text",
        Value::Array(items) if items.is_empty() => "an empty list",
        Value::Array(_) => "a list",
        Value::Object(map) if map.is_empty() => "an empty object",
        Value::Object(_) => "an object",
    }
}

/// A list that a tool wrapped up: `{"value": [...], "Count": 2}`.
pub(super) fn wrapped_list(map: &Map<String, Value>) -> Option<&Vec<Value>> {
    let counted = map.len() == 2 && has(map, "Count");
    map.get("value")
        .and_then(Value::as_array)
        .filter(|_| counted || map.len() == 1)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{has, is_type_name, same_name, spelt, unwrapped};

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn tools_spell_names_differently() {
        for (a, b) in [
            ("userPrincipalName", "UserPrincipalName"),
            ("created_at", "createdAt"),
            ("ARN", "Arn"),
            ("UserName", "user_name"),
        ] {
            assert!(same_name(a, b), "{a} {b}");
        }
        for (a, b) in [("_id", "id"), ("id", "ids"), ("log_id", "_id"), ("id", "")] {
            assert!(!same_name(a, b), "{a} {b}");
        }
        let azure = map(&json!({"ObjectId": "x", "EndDate": null}));
        assert!(has(&azure, "id") && has(&azure, "endDateTime") && !has(&azure, "appId"));
        let both = map(&json!({"endDate": 1, "endDateTime": 2, "end": 3}));
        assert_eq!(spelt(&both, "endDateTime").count(), 2);
    }

    #[test]
    fn types_are_no_values() {
        for name in [
            "System.Object[]",
            "System.Collections.Hashtable",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphPasswordCredential",
            "@{KeyId=1; EndDate=2}",
            "[object Object]",
        ] {
            assert!(is_type_name(name), "{name}");
        }
        for name in ["System owners", "Microsoft.Graph explained", "a@{b}", "x"] {
            assert!(!is_type_name(name), "{name}");
        }
    }

    #[test]
    fn a_record_is_taken_out_of_its_envelope() {
        let stream = map(&json!({"log_id": "1", "data": {"type": "s"}}));
        assert!(unwrapped(stream, &["type"]).is_ok_and(|m| m.contains_key("type")));
        let bus = map(&json!({"detail": {"data": {"type": "s"}}}));
        assert!(unwrapped(bus, &["type"]).is_ok_and(|m| m.contains_key("type")));
        let other = map(&json!({"log_id": "1", "payload": {"type": "s"}}));
        assert!(unwrapped(other, &["type"]).is_err_and(|m| m.contains_key("payload")));
    }
}
