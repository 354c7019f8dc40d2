//! What an answer means: taken, to be asked again and when, or the end of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::collect::error_answer::error_of;
use crate::collect::words::shown;

/// What follows from an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is what was asked for.
    Taken,
    /// Ask again; after a time that the service named, if it did.
    Again(Option<Duration>, String),
    /// The same, and nobody else should ask meanwhile.
    Slow(Option<Duration>, String),
    /// The token is no longer good.
    Token(String),
    /// The caller lacks a permission.
    Denied(String),
    /// It is at another address.
    Moved(String),
    /// The tenant lacks a licence for it.
    Unlicensed(String),
    /// The page token is gone: begin again.
    Gone(String),
    /// The answer is too heavy: ask for less.
    Shrink(String),
    /// Asking again does not help.
    Failed(String),
}

/// An answer as it is judged.
pub(super) struct Seen<'a> {
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    /// `None` when the body is no JSON.
    pub json: Option<&'a Value>,
    pub now: DateTime<Utc>,
    /// GitHub hides what the caller may not see behind 404.
    pub hides: bool,
    /// Whether the call may ask for less.
    pub asks: bool,
    /// How often it was made, this one included.
    pub attempt: u32,
}

/// Attempts after which an answer that times out is taken for too heavy.
const HEAVY_AFTER: u32 = 2;
/// What a service of tokens says of a client that it does not know. It comes with
/// the status of a malformed request, and is no less a refusal.
const UNKNOWN_CLIENT: [&str; 3] = ["invalid_client", "unauthorized_client", "invalid_grant"];

/// What Graph says where a tenant has no premium licence, or is one for customers.
const UNLICENSED: &str = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    header(headers, name)?
        .trim()
        .parse()
        .ok()
        .filter(|n: &f64| n.is_finite())
}

/// How long a service asks to wait: seconds, a date, or the reset of its bucket.
pub(super) fn asked_to_wait(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    if let Some(text) = header(headers, "retry-after") {
        if let Ok(seconds) = text.trim().parse::<f64>() {
            return Some(seconds_of(seconds));
        }
        if let Ok(at) = httpdate::parse_http_date(text) {
            let at: DateTime<Utc> = at.into();
            return Some((at - now).to_std().unwrap_or_default());
        }
    }
    if number(headers, "x-ratelimit-remaining") == Some(0.0) {
        return until_reset(headers, now);
    }
    None
}

/// Time until the bucket of the service refills.
pub(super) fn until_reset(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let reset = number(headers, "x-ratelimit-reset")?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
    let passed = now.timestamp_millis() as f64 / 1000.0;
    Some(seconds_of(reset - passed))
}

fn seconds_of(seconds: f64) -> Duration {
    const MOST: f64 = 1e7;
    Duration::from_secs_f64(if seconds.is_finite() {
        seconds.clamp(0.0, MOST)
    } else {
        MOST
    })
}

/// What the answer says of itself, short and without secrets.
fn says(seen: &Seen<'_>) -> String {
    let code = seen.json.and_then(Value::as_object).and_then(error_of);
    let status = seen.status.as_u16();
    code.map_or_else(
        || format!("status {status}"),
        |code| format!("status {status}, {code}"),
    )
}

pub(super) fn judge(seen: &Seen<'_>) -> Verdict {
    let what = says(seen);
    let wait = asked_to_wait(seen.headers, seen.now);
    match seen.status.as_u16() {
        200..=299 => taken(seen, what),
        301 | 302 | 307 | 308 => Verdict::Moved(what),
        300..=399 => Verdict::Failed(format!("{what}: such redirects are not followed")),
        401 => Verdict::Token(what),
        400 if unknown(seen) => Verdict::Token(what),
        // GitHub throttles with 403 as well.
        403 if throttled(seen) => Verdict::Slow(wait.or(Some(Duration::from_mins(1))), what),
        403 if unlicensed(seen) => Verdict::Unlicensed(what),
        403 => Verdict::Denied(what),
        404 if seen.hides => {
            Verdict::Denied(format!("{what}: what the caller may not see is not found"))
        }
        502 | 504 if seen.asks && seen.attempt >= HEAVY_AFTER => Verdict::Shrink(what),
        429 | 503 => Verdict::Slow(wait, what),
        408 | 425 | 500 | 502 | 504 | 509 => Verdict::Again(wait, what),
        410 => Verdict::Gone(what),
        _ => Verdict::Failed(what),
    }
}

fn unknown(seen: &Seen<'_>) -> bool {
    let error = seen.json.and_then(|j| j.get("error"));
    error
        .and_then(Value::as_str)
        .is_some_and(|e| UNKNOWN_CLIENT.contains(&e))
}

/// Whether Graph says that what was asked for belongs to a licence.
fn unlicensed(seen: &Seen<'_>) -> bool {
    let code = seen.json.and_then(|j| j.pointer("/error/code"));
    code.and_then(Value::as_str) == Some(UNLICENSED)
}

fn throttled(seen: &Seen<'_>) -> bool {
    let message = seen
        .json
        .and_then(|j| j.get("message"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_ascii_lowercase();
    header(seen.headers, "retry-after").is_some()
        || number(seen.headers, "x-ratelimit-remaining") == Some(0.0)
        || message.contains("rate limit")
}

/// An answer with status 200 may still be an error, or not be one of the service.
fn taken(seen: &Seen<'_>, what: String) -> Verdict {
    let Some(json) = seen.json else {
        return Verdict::Again(None, "an answer that is no JSON".to_owned());
    };
    let errors = json
        .get("errors")
        .and_then(Value::as_array)
        .filter(|e| !e.is_empty());
    let Some(errors) = errors else {
        // Values of a page are lists; an error object in its place is no page.
        let error = json.as_object().is_some_and(|m| error_of(m).is_some());
        return if error {
            Verdict::Again(None, what)
        } else {
            Verdict::Taken
        };
    };
    let kinds: Vec<&str> = errors
        .iter()
        .filter_map(|e| {
            e.get("type")
                .or_else(|| e.get("message"))
                .and_then(Value::as_str)
        })
        .collect();
    let text = format!("GraphQL errors: {}", shown(&kinds.join(", ")));
    if errors.iter().any(limited) {
        // Where the bucket is not empty, its reset is not what to wait for.
        let wait = asked_to_wait(seen.headers, seen.now)
            .or_else(|| match number(seen.headers, "x-ratelimit-remaining") {
                None => until_reset(seen.headers, seen.now),
                Some(_) => None,
            })
            .or(Some(Duration::from_mins(1)));
        return Verdict::Slow(wait, text);
    }
    if kinds
        .iter()
        .any(|k| matches!(*k, "FORBIDDEN" | "INSUFFICIENT_SCOPES" | "NOT_FOUND"))
    {
        return Verdict::Denied(text);
    }
    Verdict::Shrink(text)
}

/// Whether an error of GraphQL is that of an empty bucket, in any of its spellings.
fn limited(error: &Value) -> bool {
    let text = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = error
        .get("code")
        .or_else(|| error.pointer("/extensions/code"));
    matches!(
        text(error.get("type")).as_str(),
        "RATE_LIMITED" | "RATE_LIMIT"
    ) || text(code) == "graphql_rate_limit"
        || text(error.get("message"))
            .to_ascii_lowercase()
            .contains("rate limit")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, Utc};
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::{Value, json};

    use super::{Seen, Verdict, judge};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
    }

    #[expect(clippy::needless_pass_by_value, reason = "short at every call")]
    fn on(status: u16, headers: &[(&'static str, &str)], body: Option<Value>) -> Verdict {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).expect("a value"),
            );
        }
        judge(&Seen {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: &map,
            json: body.as_ref(),
            now: now(),
            hides: true,
            asks: false,
            attempt: 1,
        })
    }

    fn waits(verdict: &Verdict) -> Option<u64> {
        match verdict {
            Verdict::Again(wait, _) | Verdict::Slow(wait, _) => wait.map(|w: Duration| w.as_secs()),
            _ => None,
        }
    }

    #[test]
    fn waits_are_those_that_the_service_names() {
        assert_eq!(waits(&on(429, &[("retry-after", "7")], None)), Some(7));
        let date = httpdate::fmt_http_date((now() + chrono::TimeDelta::seconds(90)).into());
        assert_eq!(waits(&on(503, &[("retry-after", &date)], None)), Some(90));
        let empty = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1790000030"),
        ];
        assert_eq!(waits(&on(403, &empty, None)), Some(30));
        assert_eq!(waits(&on(429, &empty, None)), Some(30));
        assert_eq!(
            on(429, &[], None),
            Verdict::Slow(None, "status 429".to_owned())
        );
        let secondary = json!({"message": "You have exceeded a secondary rate limit"});
        assert_eq!(waits(&on(403, &[], Some(secondary))), Some(60));
    }

    #[test]
    fn denied_and_broken_are_not_the_same() {
        let body =
            || Some(json!({"message": "Resource not accessible by integration", "status": "403"}));
        assert!(matches!(on(403, &[], body()), Verdict::Denied(_)));
        assert!(matches!(on(404, &[], body()), Verdict::Denied(_)));
        assert!(matches!(on(401, &[], None), Verdict::Token(_)));
        assert!(matches!(on(410, &[], None), Verdict::Gone(_)));
        assert!(matches!(on(302, &[], None), Verdict::Moved(_)));
        assert!(matches!(on(303, &[], None), Verdict::Failed(_)));
        let unlicensed = json!({"error": {"code": super::UNLICENSED}});
        assert!(matches!(
            on(403, &[], Some(unlicensed)),
            Verdict::Unlicensed(_)
        ));
        assert!(matches!(on(400, &[], None), Verdict::Failed(_)));
        for error in super::UNKNOWN_CLIENT {
            let body = Some(json!({"error": error, "error_description": "AADSTS7000215"}));
            assert!(matches!(on(400, &[], body), Verdict::Token(_)), "{error}");
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(
                matches!(
                    on(status, &[], None),
                    Verdict::Again(..) | Verdict::Slow(..)
                ),
                "{status}"
            );
        }
    }

    #[test]
    fn a_status_of_success_is_not_believed_by_itself() {
        assert_eq!(on(200, &[], Some(json!({"value": []}))), Verdict::Taken);
        assert!(matches!(on(200, &[], None), Verdict::Again(..)));
        let error = json!({"error": {"code": "UnknownError"}});
        assert!(matches!(on(200, &[], Some(error)), Verdict::Again(..)));
        let partial = json!({"data": {}, "errors": [{"message": "resource limits exceeded"}]});
        assert!(matches!(on(200, &[], Some(partial)), Verdict::Shrink(_)));
        let limited = json!({"errors": [{"type": "RATE_LIMITED"}]});
        assert_eq!(
            waits(&on(
                200,
                &[("x-ratelimit-reset", "1790000010")],
                Some(limited)
            )),
            Some(10)
        );
        for error in [
            json!({"type": "RATE_LIMIT", "code": "graphql_rate_limit"}),
            json!({"message": "x", "extensions": {"code": "graphql_rate_limit"}}),
            json!({"message": "API rate limit already exceeded for user ID 1."}),
        ] {
            let body = Some(json!({"data": null, "errors": [error]}));
            assert_eq!(waits(&on(200, &[], body)), Some(60));
        }
        let scope = json!({"data": null, "errors": [{"type": "INSUFFICIENT_SCOPES"}]});
        assert!(matches!(on(200, &[], Some(scope)), Verdict::Denied(_)));
    }

    #[test]
    fn an_answer_that_keeps_timing_out_is_too_heavy() {
        for (status, asks, attempt, heavy) in [
            (502, true, 1, false),
            (502, true, 2, true),
            (504, true, 2, true),
            (500, true, 5, false),
            (504, false, 5, false),
        ] {
            let verdict = judge(&Seen {
                status: StatusCode::from_u16(status).expect("a status"),
                headers: &HeaderMap::new(),
                json: None,
                now: now(),
                hides: true,
                asks,
                attempt,
            });
            assert_eq!(
                matches!(verdict, Verdict::Shrink(_)),
                heavy,
                "{status} {attempt}"
            );
        }
    }
}
