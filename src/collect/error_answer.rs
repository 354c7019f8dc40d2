//! What answers say that are errors: those of Graph, the AWS protocols and their
//! clients, GitHub and Auth0.

use serde_json::{Map, Value};

use super::form;
use super::words::shown;

/// What an error answer says; `None` for anything else. The forms are those of
/// Graph, the AWS protocols and their clients, GitHub and Auth0.
pub(super) fn error_of(map: &Map<String, Value>) -> Option<String> {
    for key in ["error", "Error"] {
        match map.get(key) {
            Some(Value::Object(error)) => {
                let code = text(error, "code").or_else(|| text(error, "Code"));
                return Some(shown(code.unwrap_or("no code")));
            }
            Some(Value::String(error)) if !error.is_empty() => {
                return Some(shown(error));
            }
            Some(Value::Number(code)) if says(&Value::Number(code.clone())) => {
                return Some(code.to_string());
            }
            Some(other) if says(other) => return Some(form::of(other).to_owned()),
            _ => {}
        }
    }
    if let Some(kind) = text(map, "__type") {
        return Some(shown(kind));
    }
    let data = ["data", "value"].iter().any(|k| map.contains_key(*k));
    let beside = ["documentation_url", "status", "statusCode", "code", "Code"];
    for key in ["message", "Message"] {
        if !data
            && let Some(message) = text(map, key)
            && (map.len() == 1 || beside.iter().any(|k| map.contains_key(*k)))
        {
            return Some(shown(message));
        }
    }
    None
}

/// What the errors beside the data of a GraphQL answer are.
pub(super) fn graphql_errors(map: &Map<String, Value>) -> Option<String> {
    let errors = map.get("errors").filter(|errors| says(errors))?;
    let each = match errors {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    let mut kinds: Vec<&str> = each
        .into_iter()
        .filter_map(|e| {
            let kind = e.get("type").or_else(|| e.get("message")).unwrap_or(e);
            kind.as_str()
        })
        .collect();
    kinds.dedup();
    Some(shown(&if kinds.is_empty() {
        "no type".to_owned()
    } else {
        kinds.join(", ")
    }))
}

/// Whether a value says something: neither null, false, zero nor empty.
pub(super) fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty() && !text.eq_ignore_ascii_case("false"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key)
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{error_of, graphql_errors};

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn an_error_is_one_in_every_form() {
        for answer in [
            json!({"error": 403}),
            json!({"error": ["denied"]}),
            json!({"error": true}),
            json!({"error": {}}),
            json!({"error": "Forbidden", "statusCode": 403}),
            json!({"code": "InvalidAuthenticationToken", "message": "expired"}),
            json!({"Message": "User is not authorized"}),
        ] {
            assert!(error_of(&map(&answer)).is_some(), "{answer}");
        }
        for answer in [
            json!({"error": null}),
            json!({"error": false, "id": "x"}),
            json!({"message": "a text", "id": "x"}),
        ] {
            assert_eq!(error_of(&map(&answer)), None, "{answer}");
        }
        for answer in [
            json!({"errors": "denied"}),
            json!({"errors": {"message": "denied"}}),
            json!({"errors": [1]}),
        ] {
            assert!(graphql_errors(&map(&answer)).is_some(), "{answer}");
        }
        assert_eq!(graphql_errors(&map(&json!({"errors": []}))), None);
    }
}
