//! Times as the clients print them: RFC 3339 with any offset or fraction, the
//! epoch seconds of older AWS clients, the epoch milliseconds of GitHub, what
//! .NET and PowerShell make of a time in JSON. A date whose order of day and
//! month depends on a country is not guessed.

use chrono::{
    DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta,
    Utc,
};
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
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S%.f %#z",
    ] {
        if let Ok(at) = DateTime::parse_from_str(text, form) {
            return Some(at.with_timezone(&Utc));
        }
    }
    if let Ok(at) = DateTime::parse_from_rfc2822(text) {
        return Some(at.with_timezone(&Utc));
    }
    if let Some(at) = dotnet(text) {
        return Some(at);
    }
    // The services answer in UTC; a client that dropped the zone dropped that one.
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        let bare = text.trim_end_matches(" UTC").trim_end_matches('Z');
        if let Ok(at) = NaiveDateTime::parse_from_str(bare, form) {
            return Some(at.and_utc());
        }
    }
    None
}

/// `/Date(1759190400000)/`: milliseconds of UTC; an offset behind them says only
/// where the clock stood.
fn dotnet(text: &str) -> Option<DateTime<Utc>> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let digits = inner
        .get(1..)?
        .find(['+', '-'])
        .map_or(inner.len(), |at| at + 1);
    let (millis, offset) = inner.split_at_checked(digits)?;
    let plain = offset
        .get(1..)
        .is_none_or(|o| o.len() == 4 && o.parse::<u16>().is_ok());
    plain
        .then(|| DateTime::from_timestamp_millis(millis.parse().ok()?))
        .flatten()
}

/// What .NET prints for no time at all.
#[must_use]
pub(crate) fn dotnet_never() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(1, 1, 1)
        .map(|day| day.and_time(NaiveTime::MIN).and_utc())
        .unwrap_or_default()
}

/// A time out of JSON; epoch numbers above the year 5000 are milliseconds, and
/// numbers too small for any service of today are none.
#[must_use]
pub fn from_json(value: &Value) -> Option<DateTime<Utc>> {
    const MILLISECONDS: f64 = 1.0e11;
    const LEAST: u64 = 100_000_000;
    const LAST: i32 = 9999;
    match value {
        Value::String(text) => parse_time(text),
        // What PowerShell makes of a time that it gave members of its own.
        Value::Object(map) => {
            let inner = map.get("value").filter(|v| !v.is_object())?;
            let own = |key: &String| matches!(key.as_str(), "value" | "DisplayHint" | "DateTime");
            map.keys().all(own).then(|| from_json(inner)).flatten()
        }
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                let at = if whole.unsigned_abs() >= 100_000_000_000 {
                    DateTime::from_timestamp_millis(whole)
                } else {
                    DateTime::from_timestamp(whole, 0)
                };
                return at.filter(|at| whole.unsigned_abs() >= LEAST && at.year() <= LAST);
            }
            let seconds = number.as_f64().filter(|s| s.is_finite())?;
            let seconds = if seconds.abs() >= MILLISECONDS {
                seconds / 1000.0
            } else {
                seconds
            };
            #[expect(clippy::cast_possible_truncation, reason = "within the range of times")]
            let micros = (seconds * 1.0e6).round() as i64;
            let least = seconds.abs() >= 1.0e8;
            DateTime::from_timestamp_micros(micros).filter(|_| least)
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
            "2026-06-05 10:00:00Z",
            "2026-06-05T10:00:00.0000000Z",
            "2026-06-05T12:00:00.0000000+02:00",
            "2026-06-05 10:00:00+00",
            "Fri, 05 Jun 2026 10:00:00 GMT",
            "/Date(1780653600000)/",
            "/Date(1780653600000+0100)/",
            "/Date(1780653600000-0500)/",
        ] {
            assert_eq!(
                parse_time(text).map(rfc3339).as_deref(),
                Some("2026-06-05T10:00:00Z"),
                "{text}"
            );
        }
        for json in [
            "1780653600",
            "1780653600.0",
            "1780653600000",
            r#""\/Date(1780653600000)\/""#,
            r#"{"value": "/Date(1780653600000)/", "DisplayHint": 2, "DateTime": "Friday"}"#,
        ] {
            let value = serde_json::from_str(json).unwrap_or_default();
            assert_eq!(
                from_json(&value).map(rfc3339).as_deref(),
                Some("2026-06-05T10:00:00Z"),
                "{json}"
            );
        }
        for text in [
            "yesterday",
            "11/30/2026 6:00:00 AM",
            "30/11/2026 06:00:00",
            "Nov 30, 2026",
            "30.11.2026 06:00",
            "/Date(x)/",
            "/Date()/",
            "/Date(1780653600000+01)/",
            "1780653600",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
        // Dates as numbers, epochs of another unit, and objects of another kind.
        for json in [
            "20260901",
            "0",
            "1.5",
            "1780653600000000",
            "{}",
            r#"{"value": {}}"#,
            "true",
        ] {
            let value = serde_json::from_str(json).unwrap_or_default();
            assert_eq!(from_json(&value), None, "{json}");
        }
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
