//! Times as the clients print them: RFC 3339 with any offset or fraction, the
//! epoch seconds of older AWS clients, the epoch milliseconds of GitHub.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

/// Which end of a day a date without a time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Its first moment.
    Start,
    /// Its last microsecond.
    End,
}

/// A date or a time. A time without an offset is taken as UTC.
#[must_use]
pub fn parse_date_or_time(text: &str, bound: Bound) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let at = match bound {
            Bound::Start => date.and_time(NaiveTime::MIN),
            Bound::End => {
                date.checked_add_days(Days::new(1))?
                    .and_time(NaiveTime::MIN)
                    - TimeDelta::microseconds(1)
            }
        };
        return Some(at.and_utc());
    }
    parse_time(text)
}

/// A time in any of the forms that clients print.
#[must_use]
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f %z",
    ] {
        if let Ok(at) = DateTime::parse_from_str(text, form) {
            return Some(at.with_timezone(&Utc));
        }
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(text.trim_end_matches(" UTC"), form) {
            return Some(at.and_utc());
        }
    }
    None
}

/// A time out of JSON; epoch numbers above the year 5000 are milliseconds.
#[must_use]
pub fn from_json(value: &Value) -> Option<DateTime<Utc>> {
    const MILLISECONDS: f64 = 1.0e11;
    match value {
        Value::String(text) => parse_time(text),
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                return if whole.unsigned_abs() >= 100_000_000_000 {
                    DateTime::from_timestamp_millis(whole)
                } else {
                    DateTime::from_timestamp(whole, 0)
                };
            }
            let seconds = number.as_f64().filter(|s| s.is_finite())?;
            let seconds = if seconds.abs() >= MILLISECONDS {
                seconds / 1000.0
            } else {
                seconds
            };
            #[expect(clippy::cast_possible_truncation, reason = "within the range of times")]
            let micros = (seconds * 1.0e6).round() as i64;
            DateTime::from_timestamp_micros(micros)
        }
        _ => None,
    }
}

/// A time as every file of ours spells it: RFC 3339, UTC, fractions only where there are any.
#[must_use]
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The steady clock that limits and retries count on; it tells no time of day.
#[must_use]
pub(crate) fn steady() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[cfg(test)]
mod tests {
    use super::rfc3339;
    use super::{Bound, from_json, parse_date_or_time, parse_time};

    #[test]
    fn clients_disagree_and_all_are_understood() {
        for text in [
            "2026-06-05T10:00:00Z",
            "2026-06-05T11:00:00+01:00",
            "2026-06-05T10:00:00+0000",
            "2026-06-05 10:00:00+00:00",
            "2026-06-05T10:00:00.000000Z",
            "2026-06-05T10:00:00",
        ] {
            assert_eq!(
                parse_time(text).map(rfc3339).as_deref(),
                Some("2026-06-05T10:00:00Z"),
                "{text}"
            );
        }
        for json in ["1780653600", "1780653600.0", "1780653600000"] {
            let value = serde_json::from_str(json).unwrap_or_default();
            assert_eq!(
                from_json(&value).map(rfc3339).as_deref(),
                Some("2026-06-05T10:00:00Z"),
                "{json}"
            );
        }
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn a_date_has_two_ends() {
        let shown = |b| parse_date_or_time("2026-02-28", b).map(rfc3339);
        assert_eq!(shown(Bound::Start).as_deref(), Some("2026-02-28T00:00:00Z"));
        assert_eq!(
            shown(Bound::End).as_deref(),
            Some("2026-02-28T23:59:59.999999Z")
        );
    }
}
