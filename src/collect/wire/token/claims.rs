//! What a token says of itself: who it speaks for, and what it may read. Its
//! signature is the business of the service that takes it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::collect::wire::http::{CallError, Kind};
use crate::collect::words::shown;

/// Scopes of Auth0 whose answers hold secrets.
pub(crate) const SECRET_SCOPES: [&str; 2] = ["read:client_keys", "read:client_credentials"];

fn decoded(token: &SecretString) -> Option<Value> {
    let middle = token.expose_secret().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(middle.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The client and tenant that a token names.
pub(super) fn identity(token: &SecretString) -> Option<String> {
    let claims = decoded(token)?;
    let text = |key: &str| claims.get(key).and_then(Value::as_str).map(shown);
    let client = text("appid").or_else(|| text("azp"))?;
    Some(match text("tid") {
        Some(tenant) => format!("application {client} in tenant {tenant}"),
        None => format!("application {client}"),
    })
}

/// What a token of Graph may do: roles of an application, or scopes of a person.
/// None when it does not say.
pub(super) fn permissions(token: &SecretString) -> Option<BTreeSet<String>> {
    let claims = decoded(token)?;
    let stated = ["roles", "scp"].map(|key| claims.get(key).map(words));
    if stated.iter().all(Option::is_none) {
        return None;
    }
    let all = stated.into_iter().flatten().flatten();
    Some(all.map(str::to_owned).collect())
}

/// Refuses a token of Auth0 whose answers would hold secrets, and one of which
/// that cannot be told. `answer` is what the token came with, if it was asked for.
pub(super) fn refuse_secrets(
    token: &SecretString,
    answer: Option<&Value>,
) -> Result<(), CallError> {
    let denied = |message: String| {
        Err(CallError {
            kind: Kind::Denied,
            message,
        })
    };
    let stated = answer.and_then(|a| a.get("scope")).and_then(Value::as_str);
    let claims = decoded(token);
    let claimed = claims.as_ref().and_then(|c| c.get("scope")).map(words);
    if stated.is_none() && claimed.is_none() {
        return denied(
            "What the token of Auth0 may read cannot be told: neither it nor the answer that it came with names its scopes. Nothing was asked with it; use a token of the Management API, or AUTH0_CLIENT_ID with AUTH0_CLIENT_SECRET.".to_owned(),
        );
    }
    let granted = claims
        .as_ref()
        .and_then(|c| c.get("permissions"))
        .map(words);
    let all: Vec<&str> = stated
        .into_iter()
        .flat_map(str::split_whitespace)
        .chain(claimed.into_iter().flatten())
        .chain(granted.into_iter().flatten())
        .collect();
    let held: Vec<&str> = SECRET_SCOPES
        .into_iter()
        .filter(|s| all.contains(s))
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    denied(format!(
        "the application of Auth0 may read secrets ({}), so nothing was asked of it; take these scopes away from it",
        held.join(", ")
    ))
}

/// Words of a text, or of a list of texts.
fn words(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text.split_whitespace().collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .flat_map(str::split_whitespace)
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::{permissions, refuse_secrets};

    #[expect(clippy::needless_pass_by_value, reason = "short at every call")]
    fn token(claims: Value) -> SecretString {
        let middle = URL_SAFE_NO_PAD.encode(claims.to_string());
        SecretString::from(format!("e30.{middle}.signature"))
    }

    #[test]
    fn a_token_may_say_what_it_may_do() {
        let held = |claims: Value| permissions(&token(claims)).map(|p| p.into_iter().collect());
        let both = vec!["A.Read".to_owned(), "B.Read".to_owned()];
        assert_eq!(
            held(json!({"roles": ["A.Read", "B.Read"]})),
            Some(both.clone())
        );
        assert_eq!(held(json!({"scp": "A.Read B.Read"})), Some(both));
        assert_eq!(held(json!({"roles": []})), Some(Vec::new()));
        assert_eq!(held(json!({"appid": "x"})), None::<Vec<String>>);
        assert_eq!(permissions(&SecretString::from("opaque")), None);
    }

    #[test]
    fn tokens_that_may_read_secrets_are_refused_however_that_is_known() {
        let opaque = SecretString::from("opaque");
        let good = json!({"scope": "read:clients read:logs"});
        let bad = json!({"scope": "read:clients read:client_keys"});
        assert!(refuse_secrets(&opaque, Some(&good)).is_ok());
        assert!(refuse_secrets(&token(good.clone()), None).is_ok());
        assert!(refuse_secrets(&token(good.clone()), Some(&json!({}))).is_ok());
        for (token, answer) in [
            (opaque.clone(), Some(bad.clone())),
            (token(bad.clone()), None),
            (token(bad.clone()), Some(good.clone())),
            (
                token(json!({"scope": "", "permissions": ["read:client_credentials"]})),
                None,
            ),
        ] {
            let refused = refuse_secrets(&token, answer.as_ref());
            assert!(refused.is_err_and(|e| e.message.contains("read:client_")));
        }
        for unknown in [opaque, token(json!({"azp": "x"}))] {
            let refused = refuse_secrets(&unknown, Some(&json!({"token_type": "Bearer"})));
            assert!(refused.is_err_and(|e| e.message.contains("cannot be told")));
        }
    }
}
