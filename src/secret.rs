//! What looks like the value of a secret, by the name of its key or by its
//! form. It is removed before anything else sees it, and its place is reported.

use serde_json::{Map, Value};

/// Keys whose values are secrets, folded and without separators.
const KEYS: [&str; 13] = [
    "secrettext",
    "secretstring",
    "secretbinary",
    "clientsecret",
    "privatekey",
    "secretaccesskey",
    "sessiontoken",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "password",
    "apikey",
    "signingkeys",
];

/// Keys that are dropped without a report: clients print them by default.
const DROPPED: [&str; 4] = ["hint", "options", "encryptionkey", "customkeyidentifier"];

/// Beginnings of well-known tokens, and how long what follows must be.
const TOKENS: [(&str, usize); 15] = [
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xapp-", 20),
    ("glpat-", 20),
    ("sk_live_", 16),
    ("hvs.", 20),
    ("npm_", 30),
    ("AGPA_", 30),
    ("pypi-", 40),
];

/// Whether a text looks like the value of a secret.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    const SHORTEST: usize = 20;
    if text.len() < SHORTEST {
        return false;
    }
    if text.contains("PRIVATE KEY-----") || text.contains("https://hooks.slack.com/services/T") {
        return true;
    }
    TOKENS
        .iter()
        .any(|(start, rest)| follows(text, start, *rest))
        || is_jwt(text)
        || is_client_secret(text)
        || is_assigned(text)
}

/// Words that stand before a value in text, as in `password = …`.
const WORDS: [&str; 10] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "accountkey",
];

/// A word such as `password`, a sign, and a value of letters and digits.
fn is_assigned(text: &str) -> bool {
    const SHORTEST: usize = 12;
    let folded = text.to_ascii_lowercase();
    WORDS
        .iter()
        .flat_map(|word| folded.match_indices(word).map(|(at, w)| at + w.len()))
        .filter_map(|end| {
            let rest = text.get(end..)?.trim_start_matches(['"', '\'', ' ']);
            // A colon without a space is a part of an ARN or of a tag.
            rest.strip_prefix('=').or_else(|| {
                rest.strip_prefix(':')
                    .filter(|r| r.starts_with(['"', '\'', ' ']))
            })
        })
        .any(|rest| {
            let value: &str = rest
                .trim_start_matches(['"', '\'', ' '])
                .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&'))
                .next()
                .unwrap_or_default();
            let names = [
                "arn:",
                "http:",
                "https:",
                "/",
                "secretsmanager",
                "$",
                "{",
                "<",
            ];
            value.len() >= SHORTEST
                && !names.iter().any(|n| value.starts_with(n))
                && value.bytes().any(|b| b.is_ascii_digit())
                && value.bytes().any(|b| b.is_ascii_alphabetic())
        })
}

/// Whether the beginning of a token occurs with enough of a token after it.
fn follows(text: &str, start: &str, rest: usize) -> bool {
    text.match_indices(start).any(|(at, _)| {
        let bytes = text.as_bytes();
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let fresh = before.is_none_or(|b| !b.is_ascii_alphanumeric());
        let length = bytes
            .iter()
            .skip(at + start.len())
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            .count();
        fresh && length >= rest
    })
}

/// Three base64url parts, the first two of them JSON objects.
fn is_jwt(text: &str) -> bool {
    text.match_indices("eyJ").any(|(at, _)| {
        text.get(at..).is_some_and(|tail| {
            let word: &str = tail
                .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
                .next()
                .unwrap_or_default();
            let parts: Vec<&str> = word.split('.').collect();
            matches!(parts.as_slice(), [a, b, c, ..] if a.len() > 10 && b.starts_with("eyJ") && c.len() > 10)
        })
    })
}

/// The form of an Entra client secret: three characters, a digit, `Q~`, and 31 to 34 more.
fn is_client_secret(text: &str) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'~' | b'.' | b'-');
    text.match_indices("Q~").any(|(at, _)| {
        let bytes = text.as_bytes();
        let before = at
            .checked_sub(4)
            .and_then(|i| bytes.get(i..at))
            .is_some_and(|b| b.iter().all(part) && b.last().is_some_and(u8::is_ascii_digit));
        before && bytes.iter().skip(at + 2).take_while(|b| part(b)).count() >= 31
    })
}

fn plain(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// Removes what must not be stored; the places of secrets are added to `found`.
pub(crate) fn scrub(map: &mut Map<String, Value>, path: &str, found: &mut Vec<String>) {
    map.retain(|key, value| {
        let name = plain(key);
        if DROPPED.contains(&name.as_str()) {
            // What goes may hold a value that somebody should hear of.
            scrub_value(value, &|| format!("{path}.{key}"), found);
            return false;
        }
        let lambda = key == "Environment" && value.get("Variables").is_some();
        if (KEYS.contains(&name.as_str()) || lambda) && is_set(value) {
            found.push(format!("{path}.{key}"));
            return false;
        }
        true
    });
    for (key, value) in map.iter_mut() {
        scrub_value(value, &|| format!("{path}.{key}"), found);
    }
}

fn scrub_value(value: &mut Value, place: &dyn Fn() -> String, found: &mut Vec<String>) {
    match value {
        Value::String(text) if looks_secret(text) => {
            found.push(place());
            "[redacted]".clone_into(text);
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                scrub_value(item, &|| format!("{}[{i}]", place()), found);
            }
        }
        Value::Object(inner) => scrub(inner, &place(), found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{looks_secret, scrub};

    #[test]
    fn secrets_are_found_and_names_are_not() {
        let client = format!("abc8Q~{}", "x".repeat(34));
        let token = format!("ghp_{}", "a1".repeat(18));
        for text in [
            client.as_str(),
            token.as_str(),
            "-----BEGIN RSA PRIVATE KEY-----",
            "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN y",
            "the old password = 'Tr0ub4dor-and-3'",
            "https://example.org/?token=a1b2c3d4e5f6a7b8",
        ] {
            assert!(looks_secret(text), "{text}");
        }
        for text in [
            "github_ci_user_pat",
            "azure-aws-sso-ghp_team",
            "arn:aws:secretsmanager:eu-west-2:111122223333:secret:identity/job-2-Ab1Cd2",
            "modernisation_platform_github_app_private_key",
            "secret: arn:aws:secretsmanager:eu-west-2:111122223333:secret:x",
            "Password: rotate it every 90 days",
            "Token = see ticket REQ-1",
        ] {
            assert!(!looks_secret(text), "{text}");
        }
    }

    #[test]
    fn values_go_and_places_stay() {
        let mut value = serde_json::json!({"a": {"secretText": "x", "hint": "abc"}, "SecretString": "v", "passwordCredentials": [{"keyId": "k", "secretText": null}], "list": ["-----BEGIN PRIVATE KEY-----"]});
        let mut found = Vec::new();
        if let Some(map) = value.as_object_mut() {
            scrub(map, "$", &mut found);
        }
        found.sort();
        assert_eq!(found, ["$.SecretString", "$.a.secretText", "$.list[0]"]);
        assert_eq!(
            value,
            serde_json::json!({"a": {}, "passwordCredentials": [{"keyId": "k", "secretText": null}], "list": ["[redacted]"]})
        );
    }
}
