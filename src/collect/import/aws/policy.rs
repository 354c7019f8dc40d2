//! What can be read off a permission set's own words: how long its sessions
//! last, what form its policies were printed in, and how far they reach.

mod glob;
mod reach;
mod statement;

use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(super) use reach::{Reach, reach};

/// Minutes of an ISO 8601 duration of days, hours, minutes and seconds, rounded up.
pub(super) fn minutes(text: &str) -> Option<i64> {
    let (days, clock) = match text.trim().strip_prefix('P')?.split_once('T') {
        Some((days, clock)) => (days, clock),
        None => (text.trim().strip_prefix('P')?, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let seconds = part(days, &[('D', 86_400)])?
        .checked_add(part(clock, &[('H', 3600), ('M', 60), ('S', 1)])?)?;
    Some(seconds / 60 + i64::from(seconds % 60 != 0))
}

/// Seconds of numbers with units, each unit at most once and in order.
fn part(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0_i64;
    for (unit, seconds) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            total = total.checked_add(number.parse::<u32>().ok().map(i64::from)? * seconds)?;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

/// A policy document as it was printed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Document {
    /// The answer says that there is none: an empty text.
    None,
    /// A policy, and its text.
    Policy(Value, String),
    /// Something else, and what it was.
    Unreadable(String),
}

/// Reads a policy in its printed forms: a text of JSON, the same encoded for a
/// URL as IAM prints it, quoted once more, or parsed into an object.
pub(super) fn document(printed: &Value) -> Document {
    const DEEPEST: usize = 4;
    let mut value = printed.clone();
    for _ in 0..DEEPEST {
        let text = match value {
            Value::Object(_) => {
                let text = value.to_string();
                return Document::Policy(value, text);
            }
            Value::String(text) => text,
            other => return Document::Unreadable(other.to_string()),
        };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Document::None;
        }
        let decoded = percent_decode_str(trimmed).decode_utf8();
        let parsed = serde_json::from_str(trimmed)
            .ok()
            .or_else(|| serde_json::from_str(decoded.as_deref().ok()?).ok());
        value = match parsed {
            Some(inner) => inner,
            None => return Document::Unreadable(text),
        };
    }
    Document::Unreadable(printed.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Document, document, minutes};

    #[test]
    fn durations() {
        assert_eq!(minutes("PT8H"), Some(480));
        assert_eq!(minutes("PT1H30M"), Some(90));
        assert_eq!(minutes("PT28801S"), Some(481));
        assert_eq!(minutes("P1DT1M"), Some(1441));
        for odd in ["", "P", "8H", "PT8", "PT8X", "PT1M1H"] {
            assert_eq!(minutes(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_policy_is_the_same_in_every_printed_form() {
        let policy = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        let text = policy.to_string();
        let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
        for form in [
            policy.clone(),
            json!(text),
            json!(encoded),
            json!(json!(text).to_string()),
        ] {
            match document(&form) {
                Document::Policy(read, _) => assert_eq!(read, policy, "{form}"),
                other => panic!("{form}: {other:?}"),
            }
        }
        assert_eq!(document(&json!("")), Document::None);
        assert_eq!(document(&json!(" \n")), Document::None);
        for odd in [
            json!(null),
            json!(7),
            json!([policy]),
            json!("{\"Statement\": [{\"Effect\""),
            json!("System.Collections.Hashtable"),
            json!("@{Version=2012-10-17}"),
        ] {
            assert!(matches!(document(&odd), Document::Unreadable(_)), "{odd}");
        }
    }
}
