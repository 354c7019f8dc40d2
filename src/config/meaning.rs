//! What values must be beyond their type: bounds, globs, suffixes, account ids.

use crate::glob::{self, Glob};

use super::fault::{Fault, Issue, Place, show};
use super::keys::{KEYS, Kind};
use super::types::Config;
use super::values::{Value, Values};

pub(super) fn issue(
    place: &Place,
    key: &str,
    expected: impl Into<String>,
    found: &str,
    hint: &str,
) -> Issue {
    Issue {
        place: place.clone(),
        fault: Fault::Value {
            key: key.to_owned(),
            expected: expected.into(),
            found: show(found),
        },
        hint: hint.to_owned(),
    }
}

pub(super) fn check_bounds(values: &Values, issues: &mut Vec<Issue>) {
    for ((path, name), (value, place)) in &values.set {
        let section = path.split('.').next().unwrap_or(path);
        let Some(key) = KEYS.iter().find(|k| k.section == section && k.name == name) else {
            continue;
        };
        let (low, high, numbers) = match (key.kind, value) {
            (Kind::Int(low, high), Value::Int(n)) => (low, high, vec![*n]),
            (Kind::Ints(low, high), Value::Ints(list)) => (low, high, list.clone()),
            _ => continue,
        };
        for n in numbers.into_iter().filter(|n| *n < low || *n > high) {
            issues.push(issue(
                place,
                &format!("{path}.{name}"),
                format!("between {low} and {high}"),
                &n.to_string(),
                "choose a number within the bounds",
            ));
        }
    }
}

pub(super) fn check_meaning(config: &Config, values: &Values, issues: &mut Vec<Issue>) {
    if let Some((_, place)) = values.get("entra", "group_prefix")
        && config.entra.group_prefix.is_empty()
    {
        issues.push(issue(
            place,
            "entra.group_prefix",
            "a prefix",
            "",
            "an empty prefix would take every group for a synced one",
        ));
    }
    let suffix = &config.identity_center.github_suffix;
    if let Some((_, place)) = values.get("identity_center", "github_suffix")
        && !suffix.is_empty()
        && !suffix.starts_with('@')
    {
        issues.push(issue(
            place,
            "identity_center.github_suffix",
            "a suffix with its @",
            suffix,
            "write it as \"@example.org\"",
        ));
    }
    if let Some((_, place)) = values.get("secret", "watch") {
        for pattern in &config.secret.watch {
            if let Err(e) = Glob::new(pattern) {
                issues.push(issue(
                    place,
                    "secret.watch",
                    "a glob",
                    &glob::brief(pattern),
                    &format!("fix the pattern: {e}"),
                ));
            }
        }
    }
    for (name, source) in &config.sources {
        if let Some((_, place)) = values.get(&format!("sources.{name}"), "accounts") {
            for id in &source.accounts {
                if id.len() != 12 || !id.bytes().all(|b| b.is_ascii_digit()) {
                    issues.push(issue(
                        place,
                        &format!("sources.{name}.accounts"),
                        "an account id of twelve digits",
                        id,
                        "quote it, so that leading zeros stay",
                    ));
                }
            }
        }
    }
}
