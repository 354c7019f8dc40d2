//! What of the rules is not as this version ships it: rules and views of a folder
//! that were added or stand in place of ours, rules that are switched off, and
//! severities that were changed. Every result says so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Override;
use crate::dataset::session::ENGINE_TABLES;
use crate::sqlfile::{Rule, View};

/// One thing that is not as this version ships it.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Departure {
    /// `rule` or `view`.
    pub kind: String,
    /// Rule id, or `views/<name>`.
    pub id: String,
    /// `added`, `replaced`, `disabled` or `severity`.
    pub change: String,
    /// SHA-256 of the file of ours that it replaces.
    #[serde(default)]
    pub replaces: Option<String>,
    /// What this version ships, where it is a word: a severity.
    #[serde(default)]
    pub shipped: Option<String>,
    /// What stands in its place.
    #[serde(default)]
    pub now: Option<String>,
}

impl Departure {
    /// Whether it is a rule or view of somebody else.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self.change.as_str(), "added" | "replaced")
    }

    /// It as a clause, for people.
    #[must_use]
    pub fn said(&self) -> String {
        let short = |hash: &Option<String>| {
            let hash = hash.as_deref().unwrap_or_default();
            hash.get(..12).unwrap_or(hash).to_owned()
        };
        let or = |word: &Option<String>| word.clone().unwrap_or_default();
        match self.change.as_str() {
            "replaced" => format!(
                "{} {} replaces ours ({})",
                self.kind,
                self.id,
                short(&self.replaces)
            ),
            "disabled" => format!(
                "{} {} is switched off by the configuration",
                self.kind, self.id
            ),
            "severity" => format!(
                "{} {} counts as {} by the configuration, {} as shipped",
                self.kind,
                self.id,
                or(&self.now),
                or(&self.shipped)
            ),
            _ => format!("{} {} was added", self.kind, self.id),
        }
    }
}

/// How many of the rules and views are not those of this version, as a sentence.
#[must_use]
pub fn summary(all: &[Departure]) -> String {
    let of = |kind: &str| {
        let foreign = all.iter().filter(|d| d.is_foreign());
        foreign.filter(|d| d.kind == kind).count()
    };
    let (rules, views) = (of("rule"), of("view"));
    let changed = all.len() - rules - views;
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let mut text = format!(
        "{rules} rule{} and {views} view{} not of countersign {}",
        s(rules),
        s(views),
        env!("CARGO_PKG_VERSION")
    );
    if changed > 0 {
        text = format!(
            "{text}, {changed} rule{} changed by the configuration",
            s(changed)
        );
    }
    text
}

/// Everything that is not as this version ships it, in a total order.
#[must_use]
pub fn departures<'a>(
    foreign: &[Departure],
    rules: impl Iterator<Item = &'a Rule>,
    overrides: &BTreeMap<String, Override>,
) -> Vec<Departure> {
    let mut all = foreign.to_vec();
    for rule in rules {
        let Some(custom) = overrides.get(&rule.id) else {
            continue;
        };
        let changed = |change: &str, shipped: Option<&str>, now: Option<&str>| Departure {
            kind: "rule".to_owned(),
            id: rule.id.clone(),
            change: change.to_owned(),
            replaces: None,
            shipped: shipped.map(str::to_owned),
            now: now.map(str::to_owned),
        };
        if custom.enabled == Some(false) {
            all.push(changed("disabled", None, None));
        }
        if let Some(severity) = custom.severity
            && severity != rule.severity
        {
            all.push(changed(
                "severity",
                Some(rule.severity.name()),
                Some(severity.name()),
            ));
        }
    }
    all.sort();
    all
}

/// Why nobody else's view may bear a name; `None` when it may.
pub(super) fn reserved(view: &View, is_table: &dyn Fn(&str) -> bool) -> Option<String> {
    let name = view.name.as_str();
    let begins = [
        "baseline_",
        "cause_",
        "finding",
        "read_",
        "rotation",
        "rule_",
        "scan_",
        "setting",
        "waiver_",
    ];
    let ours = [
        "cause",
        "control",
        "manifest_entry",
        "period",
        "request_ledger",
    ];
    if is_table(name) || ENGINE_TABLES.contains(&name) {
        return Some(format!(
            "a view may not be called {name}: it is the name of a table, which it would hide"
        ));
    }
    let taken = ours.contains(&name) || begins.iter().any(|b| name.starts_with(b));
    taken.then(|| {
        format!(
            "a view may not be called {name}: names that begin with {} are kept for countersign itself, and so are {}",
            begins.join(", "),
            ours.join(", ")
        )
    })
}

#[cfg(test)]
mod tests;
