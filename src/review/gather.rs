//! Out of a snapshot, everything that is to be reviewed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use polars::prelude::DataFrame;
use serde_json::Value;

use super::ReviewError;
use super::item::{Item, When};
use super::names::aliases;
use crate::dataset::coverage::State;
use crate::dataset::session::Session;
use crate::dataset::value::json_at;
use crate::time::parse_time;

/// Tables without which access itself is not known.
pub const ACCESS_TABLES: [&str; 6] = [
    "account_assignment",
    "aws_account",
    "identity_center_group",
    "identity_center_membership",
    "identity_center_user",
    "permission_set",
];

/// Tables that columns of a review rest on, and what is not known without them.
const CONTEXT_TABLES: [(&str, &str); 11] = [
    ("aws_role_last_used", "when access was last used"),
    ("declared_account", "who owns which account"),
    ("entra_group", "how people come into groups of Entra"),
    ("entra_group_member", "how people come into groups of Entra"),
    ("entra_group_owner", "how people come into groups of Entra"),
    (
        "entra_user",
        "who is a guest, and when people last signed in",
    ),
    ("github_member", "how people come into teams of GitHub"),
    ("github_team", "how people come into teams of GitHub"),
    (
        "github_team_ancestor",
        "how people come into teams of GitHub",
    ),
    ("github_team_member", "how people come into teams of GitHub"),
    (
        "github_saml_identity",
        "which login and which user are one person",
    ),
];

const ROWS: &str = "
SELECT
  h.person_id AS person_id,
  h.person AS person,
  h.person_folded AS person_folded,
  h.display_name AS display_name,
  h.user_status AS user_status,
  CASE
    WHEN h.email_type_folded = s.identity_center_entra_email_type_folded THEN 'Entra'
    WHEN h.email_type_folded = s.identity_center_github_email_type_folded THEN 'GitHub'
    ELSE 'not known'
  END AS source,
  t.people AS entra_people,
  t.guests AS guests,
  t.typeless AS typeless,
  t.last_sign_in AS last_sign_in,
  h.account_id AS account_id,
  h.account AS account,
  h.permission_set_arn AS permission_set_arn,
  h.permission_set AS permission_set,
  h.privileged AS privileged,
  h.production AS production,
  h.way AS way,
  h.group_id AS group_id,
  h.group_name AS group_name,
  h.prefixed AS prefixed,
  h.since AS since,
  w.way AS source_way,
  w.through AS through,
  r.roles AS roles,
  r.last_used AS last_used,
  d.owner AS owner,
  f.rules AS rules_on_access,
  k.rules AS rules_on_person
FROM held_access AS h
CROSS JOIN setting AS s
LEFT JOIN access_path AS w
  ON w.group_name_folded = h.group_name_folded
  AND w.user_name_folded = h.person_folded
LEFT JOIN (
  SELECT
    address_folded,
    COUNT(*) AS people,
    COUNT(CASE WHEN user_type = 'Guest' OR external = TRUE THEN 1 END) AS guests,
    COUNT(CASE WHEN user_type IS NULL THEN 1 END) AS typeless,
    MAX(last_successful_sign_in_at) AS last_sign_in
  FROM entra_user
  WHERE deleted_at IS NULL
    AND address_folded IS NOT NULL
  GROUP BY address_folded
) AS t
  ON t.address_folded = h.person_folded
LEFT JOIN (
  SELECT
    account_key,
    permission_set_folded,
    COUNT(*) AS roles,
    MAX(last_used_at) AS last_used
  FROM aws_role_last_used
  WHERE account_key IS NOT NULL
    AND permission_set_folded IS NOT NULL
  GROUP BY account_key, permission_set_folded
) AS r
  ON r.account_key = h.account_key
  AND r.permission_set_folded = h.permission_set_folded
LEFT JOIN (
  SELECT
    account_key,
    MIN(owner) AS owner
  FROM declared_account
  WHERE account_key IS NOT NULL
  GROUP BY account_key
) AS d
  ON d.account_key = h.account_key
LEFT JOIN finding_on AS f
  ON f.resource = CONCAT(h.account, '/', h.permission_set, '/', COALESCE(h.group_name, h.person, ''))
LEFT JOIN finding_about AS k
  ON k.person_folded = h.person_folded
";

/// The keys of what is held, for comparing one moment with another.
const HELD: &str = "
SELECT DISTINCT person_id, person_folded, account_id, permission_set_arn, permission_set, person, account
FROM held_access
ORDER BY person_id, account_id, permission_set_arn, permission_set, person, account
";

/// Access that somebody holds, by its ids and names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Item id.
    pub item_id: String,
    /// User name folded, account id, permission set ARN: the same under a new user id.
    pub name_key: Option<(String, String, String)>,
    /// Person, account, permission set for people.
    pub shown: (String, String, String),
}

/// Everything that somebody holds in a snapshot, each once.
///
/// # Errors
/// When the engine fails.
pub fn held(session: &Session) -> Result<BTreeMap<String, Held>, ReviewError> {
    let frame = session.collect(HELD)?;
    let rows = Rows(&frame);
    let mut all = BTreeMap::new();
    for row in 0..frame.height() {
        let text = |name: &str| rows.text(name, row).unwrap_or_default();
        let (account_id, arn) = (text("account_id"), text("permission_set_arn"));
        let item_id = Item::id(&text("person_id"), &account_id, &arn);
        let name_key = rows
            .text("person_folded", row)
            .map(|person| (person, account_id, arn));
        let shown = (text("person"), text("account"), text("permission_set"));
        all.entry(item_id.clone()).or_insert(Held {
            item_id,
            name_key,
            shown,
        });
    }
    Ok(all)
}

/// Why access in a snapshot is not known completely; empty when it is.
#[must_use]
pub fn incomplete(session: &Session) -> Vec<String> {
    unread(
        session,
        ACCESS_TABLES.iter().map(|t| (*t, "who holds what")),
    )
}

/// What the columns of a review cannot tell.
#[must_use]
pub fn unknown(session: &Session) -> Vec<String> {
    unread(session, CONTEXT_TABLES.iter().copied())
}

fn unread<'a>(session: &Session, tables: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut all = Vec::new();
    for (table, what) in tables {
        let state = session.state(table);
        if state != Some(State::Complete) {
            let state = state.map_or("not there", State::name);
            let reason = session.reason(table);
            let why = if reason.is_empty() {
                String::new()
            } else {
                format!(": {reason}")
            };
            all.push(format!(
                "{table} is {state}, so {what} is not fully known{why}"
            ));
        }
    }
    all
}

/// Every item of a snapshot, privileged and severe first. The tables of an
/// assessment must be in the session.
///
/// # Errors
/// When the engine fails.
pub fn items(session: &Session) -> Result<Vec<Item>, ReviewError> {
    let frame = session.collect(ROWS)?;
    let rows = Rows(&frame);
    let known_as = aliases(session)?;
    let read = |table: &str| session.state(table) == Some(State::Complete);
    let sources = Sources {
        entra: [
            "entra_group",
            "entra_group_member",
            "entra_group_owner",
            "entra_user",
        ]
        .iter()
        .all(|t| read(t)),
        github: [
            "github_member",
            "github_team",
            "github_team_ancestor",
            "github_team_member",
        ]
        .iter()
        .all(|t| read(t)),
        users: read("entra_user"),
        roles: read("aws_role_last_used"),
    };
    let mut all: BTreeMap<String, Item> = BTreeMap::new();
    for row in 0..frame.height() {
        let made = item(&rows, row, sources, &known_as);
        match all.get_mut(&made.item_id) {
            Some(there) => merge(there, made),
            None => {
                all.insert(made.item_id.clone(), made);
            }
        }
    }
    let mut all: Vec<Item> = all.into_values().collect();
    all.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(all)
}

/// Which sources were read completely.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts of a snapshot"
)]
#[derive(Clone, Copy)]
struct Sources {
    entra: bool,
    github: bool,
    users: bool,
    roles: bool,
}

fn merge(there: &mut Item, more: Item) {
    there.paths.extend(more.paths);
    there.findings.extend(more.findings);
    there.since = match (there.since.clone(), more.since) {
        (When::At(a), When::At(b)) => When::At(a.min(b)),
        // The earlier of a known and an unknown moment is not known.
        (When::At(_), why) | (why, _) => why,
    };
}

fn item(
    rows: &Rows<'_>,
    row: usize,
    sources: Sources,
    known_as: &BTreeMap<String, BTreeSet<String>>,
) -> Item {
    let text = |name: &str| rows.text(name, row).unwrap_or_default();
    let count = |name: &str| rows.number(name, row).unwrap_or(0);
    let person_folded = rows.text("person_folded", row);
    let source = text("source");
    let guest = if count("guests") > 0 {
        "yes"
    } else if count("typeless") > 0 || !sources.users {
        "not known"
    } else if count("entra_people") > 0 || source == "GitHub" {
        "no"
    } else {
        "not known"
    };
    let last_sign_in = match rows.time("last_sign_in", row) {
        Some(at) => When::At(at),
        None if source == "GitHub" => When::Why("not through Entra".to_owned()),
        None => When::Why("never, or not read".to_owned()),
    };
    let last_used = match rows.time("last_used", row) {
        Some(at) => When::At(at),
        None if sources.roles && count("roles") > 0 => When::Why("not within 400 days".to_owned()),
        None => When::Why("not read".to_owned()),
    };
    let (privileged, production) = (rows.flag("privileged", row), rows.flag("production", row));
    let severity = match (privileged != Some(false), production != Some(false)) {
        (true, true) => "critical",
        (false, false) => "medium",
        _ => "high",
    };
    let rules = |name: &str| -> Vec<String> {
        let all = rows.text(name, row).unwrap_or_default();
        all.split("; ")
            .filter(|r| !r.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut findings: BTreeSet<String> = rules("rules_on_access").into_iter().collect();
    findings.extend(rules("rules_on_person"));
    let (account_id, arn) = (text("account_id"), text("permission_set_arn"));
    let person_id = text("person_id");
    Item {
        item_id: Item::id(&person_id, &account_id, &arn),
        person: text("person"),
        display_name: rows.text("display_name", row),
        user_status: rows.text("user_status", row),
        source,
        guest: guest.to_owned(),
        account: text("account"),
        permission_set: text("permission_set"),
        severity: severity.to_owned(),
        privileged,
        production,
        paths: BTreeSet::from([path(rows, row, sources)]),
        since: rows
            .time("since", row)
            .map_or_else(|| When::Why("not stated".to_owned()), When::At),
        last_used,
        last_sign_in,
        since_last_review: "not known".to_owned(),
        last_decision: None,
        owner: rows.text("owner", row),
        findings,
        aliases: person_folded
            .as_ref()
            .and_then(|p| known_as.get(p).cloned())
            .unwrap_or_else(|| person_folded.iter().cloned().collect()),
        person_folded,
        person_id,
        account_id,
        permission_set_arn: arn,
    }
}

/// The way that the access comes by, in words.
fn path(rows: &Rows<'_>, row: usize, sources: Sources) -> String {
    if rows.text("way", row).as_deref() == Some("direct") {
        return "direct assignment".to_owned();
    }
    let name = rows
        .text("group_name", row)
        .or_else(|| rows.text("group_id", row))
        .unwrap_or_else(|| "without a name".to_owned());
    let through = rows.text("through", row);
    let through = through.as_deref().unwrap_or("without a name");
    let whole = if rows.flag("prefixed", row) == Some(true) {
        sources.entra
    } else {
        sources.github
    };
    match rows.text("source_way", row).as_deref() {
        Some("member") => format!("group {name}, as member"),
        Some("owner") => format!("group {name}, as owner"),
        Some("nested group") => format!("group {name}, nested group {through}"),
        Some("child team") => format!("group {name}, child team {through}"),
        _ if whole => format!("group {name}, in no source"),
        _ => format!("group {name}, source not read"),
    }
}

/// Cells of a frame by column name.
struct Rows<'a>(&'a DataFrame);

impl Rows<'_> {
    fn value(&self, name: &str, row: usize) -> Value {
        self.0
            .column(name)
            .map_or(Value::Null, |column| json_at(column, row))
    }

    fn text(&self, name: &str, row: usize) -> Option<String> {
        match self.value(name, row) {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn number(&self, name: &str, row: usize) -> Option<i64> {
        self.value(name, row).as_i64()
    }

    fn flag(&self, name: &str, row: usize) -> Option<bool> {
        self.value(name, row).as_bool()
    }

    fn time(&self, name: &str, row: usize) -> Option<DateTime<Utc>> {
        self.text(name, row).as_deref().and_then(parse_time)
    }
}
