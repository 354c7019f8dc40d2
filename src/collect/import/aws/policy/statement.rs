//! One statement of a policy: what it allows, on what, and whether its
//! condition takes any of that away.

use serde_json::{Map, Value};

use super::glob::matches;

/// Actions or resources that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Whatever matches one of these.
    Of(Vec<String>),
    /// Whatever matches none of these.
    But(Vec<String>),
}

impl Scope {
    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|p| matches(p, text)),
            Self::But(patterns) => !patterns.iter().any(|p| matches(p, text)),
        }
    }

    /// What it leaves out.
    pub(super) fn excluded(&self) -> &[String] {
        match self {
            Self::Of(_) => &[],
            Self::But(patterns) => patterns,
        }
    }
}

/// What a condition does to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// There is none, or it always holds.
    Open,
    /// It takes something away.
    Narrow,
    /// That cannot be told.
    Unclear,
}

/// A statement that allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) actions: Scope,
    pub(super) resources: Scope,
    pub(super) bound: Bound,
}

/// A member of an object, whatever the case of its name.
pub(super) fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

pub(super) fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// What a statement allows: nothing when it denies. `None` when it is not understood.
pub(super) fn read(statement: &Value) -> Option<Vec<Grant>> {
    const KNOWN: [&str; 9] = [
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "Principal",
        "NotPrincipal",
    ];
    let map = statement.as_object()?;
    let known = |key: &String| KNOWN.iter().any(|k| key.eq_ignore_ascii_case(k));
    if !map.keys().all(known) {
        return None;
    }
    let effect = member(map, "Effect")?.as_str()?;
    let actions = scope(map, "Action", "NotAction")?;
    let resources = scope(map, "Resource", "NotResource")?;
    let bound = match member(map, "Condition") {
        None => Bound::Open,
        Some(condition) => bound(condition)?,
    };
    match effect.to_ascii_lowercase().as_str() {
        "deny" => Some(Vec::new()),
        "allow" => Some(vec![Grant {
            actions,
            resources,
            bound,
        }]),
        _ => None,
    }
}

fn scope(map: &Map<String, Value>, of: &str, but: &str) -> Option<Scope> {
    match (member(map, of), member(map, but)) {
        (Some(value), None) => patterns(value).map(Scope::Of),
        (None, Some(value)) => patterns(value).map(Scope::But),
        _ => None,
    }
}

fn patterns(value: &Value) -> Option<Vec<String>> {
    one_or_many(value)
        .iter()
        .map(|item| item.as_str().map(|text| text.trim().to_lowercase()))
        .collect()
}

/// What the clauses of a condition do together: one that narrows is enough.
fn bound(condition: &Value) -> Option<Bound> {
    let mut all = Bound::Open;
    for (operator, keys) in condition.as_object()? {
        for (key, values) in keys.as_object()? {
            match clause(operator, key, one_or_many(values)) {
                Bound::Narrow => return Some(Bound::Narrow),
                Bound::Unclear => all = Bound::Unclear,
                Bound::Open => {}
            }
        }
    }
    Some(all)
}

/// Keys that say who asks, when and from where, and not what for: whoever meets
/// them may do everything.
const CIRCUMSTANCES: [&str; 20] = [
    "aws:principal",
    "aws:user",
    "aws:multifactorauth",
    "aws:securetransport",
    "aws:source",
    "aws:vpcsource",
    "aws:token",
    "aws:currenttime",
    "aws:epochtime",
    "aws:referer",
    "aws:via",
    "aws:federated",
    "aws:assumed",
    "aws:chatbot",
    "aws:ec2instance",
    "aws:resourceorg",
    "aws:resourceaccount",
    "identitystore:",
    "sts:",
    "saml:",
];

/// Only an operator that asks for a value, of a key that says what for, narrows
/// for sure. Negations and `IfExists` hold where the key is missing.
fn clause(operator: &str, key: &str, values: &[Value]) -> Bound {
    let operator = operator.to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
    let everything = |value: &Value| {
        let text = value.as_str().unwrap_or_default().trim();
        match operator {
            "stringlike" | "arnlike" | "arnequals" => {
                !text.is_empty() && text.chars().all(|c| "*?:".contains(c))
            }
            "ipaddress" => text.ends_with("/0"),
            _ => false,
        }
    };
    if values.iter().any(everything)
        || (operator == "bool" && key == "aws:securetransport" && is_true(values))
    {
        return Bound::Open;
    }
    let asks = matches!(
        operator,
        "stringequals"
            | "stringequalsignorecase"
            | "stringlike"
            | "arnequals"
            | "arnlike"
            | "numericequals"
            | "dateequals"
            | "binaryequals"
            | "ipaddress"
    ) || (operator == "bool" && is_true(values));
    let circumstance = CIRCUMSTANCES.iter().any(|c| key.starts_with(c));
    if asks && !circumstance {
        Bound::Narrow
    } else {
        Bound::Unclear
    }
}

fn is_true(values: &[Value]) -> bool {
    values.iter().all(|v| {
        v.as_bool() == Some(true) || v.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true"))
    })
}
