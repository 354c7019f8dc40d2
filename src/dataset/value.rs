//! A value of a row, as text, as JSON and as what a query means by it: read from
//! a column without copying text, never null for what is only unusual.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use polars::prelude::{AnyValue, Column, DataFrame, TimeUnit};

/// One value of a row.
#[derive(Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Flag(bool),
    Whole(i128),
    Fraction(f64),
    Text(Cow<'a, str>),
    Time(DateTime<Utc>),
    Day(NaiveDate),
    /// What no table has, as the engine writes it.
    Other(String),
}

impl Value<'_> {
    /// The value at a row.
    pub(crate) fn at(column: &Column, row: usize) -> Value<'_> {
        match column.get(row) {
            Ok(value) => Value::from(value),
            Err(_) => Value::Null,
        }
    }

    /// As CSV writes it: times as RFC 3339, numbers with every digit.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Whole(number) => Cow::Owned(number.to_string()),
            // The shortest form that reads back as the same number.
            Self::Fraction(number) => Cow::Owned(format!("{number:?}")),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Time(time) => Cow::Owned(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Day(day) => Cow::Owned(day.format("%Y-%m-%d").to_string()),
            Self::Other(text) => Cow::Borrowed(text),
        }
    }
}

/// The value at a row as JSON: times as RFC 3339, whole numbers as numbers.
#[must_use]
pub fn json_at(column: &Column, row: usize) -> serde_json::Value {
    Value::at(column, row).into()
}

/// The text at a row; nothing for null and for what is no text.
pub(crate) fn text_at(column: &Column, row: usize) -> Option<String> {
    match Value::at(column, row) {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}

/// A row of a frame, read by the names of its columns.
pub(crate) struct Row<'a> {
    frame: &'a DataFrame,
    at: usize,
}

impl Row<'_> {
    fn value(&self, column: &str) -> Value<'_> {
        match self.frame.column(column) {
            Ok(column) => Value::at(column, self.at),
            Err(_) => Value::Null,
        }
    }

    /// Text that is not empty.
    pub(crate) fn maybe(&self, column: &str) -> Option<String> {
        match self.value(column) {
            Value::Text(text) if !text.is_empty() => Some(text.into_owned()),
            _ => None,
        }
    }

    /// Text, empty when there is none.
    pub(crate) fn text(&self, column: &str) -> String {
        self.maybe(column).unwrap_or_default()
    }

    /// A whole number.
    pub(crate) fn number(&self, column: &str) -> Option<i64> {
        match self.value(column) {
            Value::Whole(number) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    /// A moment.
    pub(crate) fn time(&self, column: &str) -> Option<DateTime<Utc>> {
        match self.value(column) {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }
}

/// The rows of a frame.
pub(crate) fn rows_of(frame: &DataFrame) -> impl Iterator<Item = Row<'_>> {
    (0..frame.height()).map(move |at| Row { frame, at })
}

impl From<Value<'_>> for serde_json::Value {
    fn from(value: Value<'_>) -> Self {
        match &value {
            Value::Null => Self::Null,
            Value::Flag(flag) => Self::Bool(*flag),
            Value::Whole(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => Self::from(number),
                (_, Ok(number)) => Self::from(number),
                _ => Self::String(number.to_string()),
            },
            // What is no number in JSON is text, not null.
            Value::Fraction(number) => serde_json::Number::from_f64(*number)
                .map_or_else(|| Self::String(value.text().into_owned()), Self::Number),
            value => Self::String(value.text().into_owned()),
        }
    }
}

impl<'a> From<AnyValue<'a>> for Value<'a> {
    fn from(value: AnyValue<'a>) -> Self {
        match value {
            AnyValue::Null => Self::Null,
            AnyValue::Boolean(flag) => Self::Flag(flag),
            AnyValue::String(text) => Self::Text(Cow::Borrowed(text)),
            AnyValue::StringOwned(text) => Self::Text(Cow::Owned(text.to_string())),
            AnyValue::Int8(v) => Self::Whole(v.into()),
            AnyValue::Int16(v) => Self::Whole(v.into()),
            AnyValue::Int32(v) => Self::Whole(v.into()),
            AnyValue::Int64(v) => Self::Whole(v.into()),
            AnyValue::Int128(v) => Self::Whole(v),
            AnyValue::UInt8(v) => Self::Whole(v.into()),
            AnyValue::UInt16(v) => Self::Whole(v.into()),
            AnyValue::UInt32(v) => Self::Whole(v.into()),
            AnyValue::UInt64(v) => Self::Whole(v.into()),
            AnyValue::Float32(v) => Self::Fraction(v.into()),
            AnyValue::Float64(v) => Self::Fraction(v),
            AnyValue::Date(days) => DateTime::from_timestamp(i64::from(days) * 86_400, 0)
                .map_or_else(
                    || Self::Other(format!("day {days} from 1970-01-01")),
                    |t| Self::Day(t.date_naive()),
                ),
            AnyValue::Datetime(v, unit, _) | AnyValue::DatetimeOwned(v, unit, _) => {
                let (seconds, nanos) = match unit {
                    TimeUnit::Nanoseconds => {
                        (v.div_euclid(1_000_000_000), v.rem_euclid(1_000_000_000))
                    }
                    TimeUnit::Microseconds => {
                        (v.div_euclid(1_000_000), v.rem_euclid(1_000_000) * 1_000)
                    }
                    TimeUnit::Milliseconds => {
                        (v.div_euclid(1_000), v.rem_euclid(1_000) * 1_000_000)
                    }
                };
                u32::try_from(nanos)
                    .ok()
                    .and_then(|nanos| DateTime::from_timestamp(seconds, nanos))
                    .map_or_else(
                        || Self::Other(format!("second {seconds} from 1970-01-01T00:00:00Z")),
                        Self::Time,
                    )
            }
            other => Self::Other(format!("{other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{AnyValue, TimeUnit};

    use super::Value;

    #[test]
    fn values_read_as_people_and_programs_expect() {
        for (value, text) in [
            (AnyValue::Null, ""),
            (AnyValue::Boolean(true), "true"),
            (AnyValue::Int64(-7), "-7"),
            (AnyValue::UInt64(u64::MAX), "18446744073709551615"),
            (AnyValue::Float64(0.1), "0.1"),
            (AnyValue::Float64(2.0), "2.0"),
            (AnyValue::Float64(f64::NAN), "NaN"),
            (AnyValue::String("00042"), "00042"),
            (AnyValue::Date(-1), "1969-12-31"),
            (
                AnyValue::Datetime(-1, TimeUnit::Microseconds, None),
                "1969-12-31T23:59:59.999999Z",
            ),
            (
                AnyValue::Datetime(1_500, TimeUnit::Milliseconds, None),
                "1970-01-01T00:00:01.500Z",
            ),
        ] {
            assert_eq!(Value::from(value).text(), text);
        }
    }

    #[test]
    fn times_beyond_every_calendar_are_no_null() {
        let far = AnyValue::Datetime(i64::MAX, TimeUnit::Milliseconds, None);
        assert!(matches!(Value::from(far), Value::Other(_)));
        assert!(matches!(
            Value::from(AnyValue::Date(i32::MAX)),
            Value::Other(_)
        ));
    }
}
