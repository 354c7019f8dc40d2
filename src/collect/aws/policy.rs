//! What can be read off a permission set's own words: how long its sessions
//! last, and whether its inline policy allows everything.

use serde_json::Value;

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

/// Whether a statement allows every action on everything, without a condition;
/// `None` when the text is no policy.
pub(super) fn allows_everything(text: &str) -> Option<bool> {
    let policy: Value = serde_json::from_str(text).ok()?;
    let statements = one_or_many(policy.get("Statement")?);
    let mut everything = false;
    for statement in statements {
        let effect = statement.get("Effect")?.as_str()?;
        everything |= effect == "Allow"
            && statement.get("Condition").is_none_or(no_condition)
            && lists(statement.get("Action"), &["*", "*:*"])
            && lists(statement.get("Resource"), &["*"]);
    }
    Some(everything)
}

fn no_condition(condition: &Value) -> bool {
    condition.as_object().is_some_and(serde_json::Map::is_empty)
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn lists(value: Option<&Value>, wanted: &[&str]) -> bool {
    value.is_some_and(|v| {
        let mut items = one_or_many(v).into_iter().filter_map(Value::as_str);
        items.any(|item| wanted.contains(&item))
    })
}

#[cfg(test)]
mod tests {
    use super::{allows_everything, minutes};

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
    fn policies() {
        let all = r#"{"Statement":{"Effect":"Allow","Action":["s3:Get*","*"],"Resource":"*"}}"#;
        assert_eq!(allows_everything(all), Some(true));
        for less in [
            r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:x":"true"}}}]}"#,
            r#"{"Statement":[]}"#,
        ] {
            assert_eq!(allows_everything(less), Some(false), "{less}");
        }
        assert_eq!(allows_everything("{}"), None);
        assert_eq!(allows_everything("no policy"), None);
    }
}
