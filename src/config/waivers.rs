//! The waivers register: TOML, read at check and hashed into the assessment.

use std::path::Path;

use chrono::{DateTime, Utc};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, Fault, Issue, Source, settle, show, suggest};
use super::file::read_text;
use crate::hash::sha256;
use crate::time::{Bound, parse_date_or_time};

/// A waiver as its register states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// Rule that it waives, by id or former id.
    pub rule: String,
    /// Glob over resources.
    pub resource: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Its ticket.
    pub ticket: Option<String>,
    /// When it ends.
    pub expires: Option<DateTime<Utc>>,
    /// Line of the register.
    pub line: usize,
}

const KEYS: [&str; 8] = [
    "id", "rule", "resource", "reason", "owner", "approver", "ticket", "expires",
];
const REQUIRED: [&str; 4] = ["id", "rule", "resource", "reason"];

/// Waivers of a register, and the SHA-256 of the file.
///
/// # Errors
/// With every mistake of the file at once.
pub fn read_waivers(path: &Path) -> Result<(Vec<Waiver>, String), ConfigError> {
    let text = read_text(path)?;
    let name = path.display().to_string();
    let waivers = parse(&name, &text)?;
    Ok((waivers, sha256(text.as_bytes())))
}

fn parse(name: &str, text: &str) -> Result<Vec<Waiver>, ConfigError> {
    let source = Source { name, text };
    let mut issues = Vec::new();
    let mut all: Vec<Waiver> = Vec::new();
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(e) => {
            issues.push(Issue {
                place: source.place(e.span().map_or(0, |s| s.start)),
                fault: Fault::Syntax(e.message().to_owned()),
                hint: "mend the TOML".to_owned(),
            });
            return settle(issues, all);
        }
    };
    for (key, value) in table.get_ref() {
        if key.get_ref() != "waiver" {
            issues.push(unknown(
                &source,
                key.span().start,
                key.get_ref(),
                &["waiver"],
            ));
            continue;
        }
        let Some(items) = value.get_ref().as_array() else {
            issues.push(malformed(
                &source,
                key.span().start,
                "`waiver` is written [[waiver]], once per waiver",
            ));
            continue;
        };
        for item in items {
            if let Some(waiver) = one(&source, item, &mut issues) {
                if let Some(first) = all.iter().find(|w| w.id == waiver.id) {
                    issues.push(Issue {
                        place: source.place(item.span().start),
                        fault: Fault::Duplicate(format!(
                            "waiver {} is there already, at line {}",
                            waiver.id, first.line
                        )),
                        hint: "give every waiver an id of its own".to_owned(),
                    });
                    continue;
                }
                all.push(waiver);
            }
        }
    }
    settle(issues, all)
}

fn one(
    source: &Source<'_>,
    item: &Spanned<DeValue<'_>>,
    issues: &mut Vec<Issue>,
) -> Option<Waiver> {
    let Some(table) = item.get_ref().as_table() else {
        issues.push(malformed(source, item.span().start, "a waiver is a table"));
        return None;
    };
    let before = issues.len();
    let mut expires = None;
    for (key, value) in table {
        let name: &str = key.get_ref();
        if !KEYS.contains(&name) {
            issues.push(unknown(source, key.span().start, name, &KEYS));
        } else if name == "expires" {
            match end(value.get_ref()) {
                Some(at) => expires = Some(at),
                None => issues.push(malformed(
                    source,
                    value.span().start,
                    "`expires` takes a date such as 2027-03-31 or an RFC 3339 time",
                )),
            }
        } else if value.get_ref().as_str().is_none() {
            issues.push(malformed(
                source,
                value.span().start,
                &format!("`{name}` takes a text"),
            ));
        } else if value
            .get_ref()
            .as_str()
            .is_some_and(crate::secret::looks_secret)
        {
            issues.push(Issue {
                place: source.place(value.span().start),
                fault: Fault::Secret(name.to_owned()),
                hint: "remove it, and rotate the secret".to_owned(),
            });
        }
    }
    let text = |name: &str| {
        table
            .iter()
            .find(|(k, _)| k.get_ref() == name)
            .and_then(|(_, v)| v.get_ref().as_str())
            .filter(|v| !v.trim().is_empty())
            .map(str::to_owned)
    };
    for name in REQUIRED {
        if text(name).is_none() {
            issues.push(Issue {
                place: source.place(item.span().start),
                fault: Fault::Missing(name.to_owned()),
                hint: format!("a waiver needs {}", REQUIRED.join(", ")),
            });
        }
    }
    if issues.len() > before {
        return None;
    }
    Some(Waiver {
        id: text("id")?,
        rule: text("rule")?,
        resource: text("resource")?,
        reason: text("reason")?,
        owner: text("owner"),
        approver: text("approver"),
        ticket: text("ticket"),
        expires,
        line: source.position(item.span().start).0,
    })
}

/// The end that is meant: a date runs to the end of its UTC day.
fn end(value: &DeValue<'_>) -> Option<DateTime<Utc>> {
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        _ => return None,
    };
    parse_date_or_time(&text, Bound::End)
}

fn unknown(source: &Source<'_>, at: usize, name: &str, known: &[&str]) -> Issue {
    Issue {
        place: source.place(at),
        fault: Fault::UnknownKey(show(name).trim_matches('`').to_owned()),
        hint: suggest(name, known, "keys"),
    }
}

fn malformed(source: &Source<'_>, at: usize, message: &str) -> Issue {
    Issue {
        place: source.place(at),
        fault: Fault::Malformed(message.to_owned()),
        hint: "docs/config.md shows the form".to_owned(),
    }
}
