//! Every name that a person is known by, so that nobody decides about himself
//! under another one.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;
use serde_json::Value;

use super::ReviewError;
use crate::dataset::session::Session;
use crate::dataset::value::json_at;

const PAIRS: &str = "SELECT DISTINCT kinds, one, other FROM same_person ORDER BY kinds, one, other";
const ENTRA: &str = "
SELECT DISTINCT u.user_id AS user_id, u.user_principal_name_folded AS principal, u.mail_folded AS mail, u.address_folded AS address
FROM entra_user AS u
JOIN (
  SELECT DISTINCT one AS user_id
  FROM same_person
) AS s
  ON s.user_id = u.user_id
ORDER BY user_id, principal, mail, address
";
const USERS: &str = "
SELECT DISTINCT user_name_folded AS name, email_folded AS email
FROM identity_center_user
WHERE user_name_folded IS NOT NULL
ORDER BY name, email
";

/// One identity of a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Entra(String),
    GitHub(String),
    /// Of Identity Center.
    Directory(String),
}

/// All folded names by folded Identity Center user name. Links that anything
/// contradicts are not followed.
pub(super) fn aliases(
    session: &Session,
) -> Result<BTreeMap<String, BTreeSet<String>>, ReviewError> {
    let mut links: BTreeMap<Identity, BTreeSet<Identity>> = BTreeMap::new();
    let mut names: BTreeMap<Identity, BTreeSet<String>> = BTreeMap::new();
    for row in rows(&session.collect(PAIRS)?, &["kinds", "one", "other"]) {
        let [Some(kinds), Some(one), Some(other)] = row.as_slice() else {
            continue;
        };
        let (one, other) = match kinds.as_str() {
            "entra and github" => (
                Identity::Entra(one.clone()),
                Identity::GitHub(other.clone()),
            ),
            "entra and identity center" => (
                Identity::Entra(one.clone()),
                Identity::Directory(other.clone()),
            ),
            _ => (
                Identity::GitHub(one.clone()),
                Identity::Directory(other.clone()),
            ),
        };
        if let Identity::GitHub(login) = &one {
            names.entry(one.clone()).or_default().insert(login.clone());
        }
        if let Identity::GitHub(login) = &other {
            names
                .entry(other.clone())
                .or_default()
                .insert(login.clone());
        }
        links.entry(one.clone()).or_default().insert(other.clone());
        links.entry(other).or_default().insert(one);
    }
    let entra = session.collect(ENTRA)?;
    for row in rows(&entra, &["user_id", "principal", "mail", "address"]) {
        let mut cells = row.into_iter();
        if let Some(Some(id)) = cells.next() {
            let known = names.entry(Identity::Entra(id)).or_default();
            known.extend(cells.flatten());
        }
    }
    let mut all = BTreeMap::new();
    let users = rows(&session.collect(USERS)?, &["name", "email"]);
    for row in &users {
        if let Some(Some(name)) = row.first() {
            let known = names.entry(Identity::Directory(name.clone())).or_default();
            known.extend(row.iter().flatten().cloned());
        }
    }
    for row in users {
        if let Some(Some(name)) = row.into_iter().next() {
            let found = reach(&Identity::Directory(name.clone()), &links, &names);
            all.insert(name, found);
        }
    }
    Ok(all)
}

/// The names of an identity and of all that are the same person.
fn reach(
    from: &Identity,
    links: &BTreeMap<Identity, BTreeSet<Identity>>,
    names: &BTreeMap<Identity, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([from.clone()]);
    let mut open = vec![from.clone()];
    let mut found = BTreeSet::new();
    while let Some(identity) = open.pop() {
        found.extend(names.get(&identity).into_iter().flatten().cloned());
        for next in links.get(&identity).into_iter().flatten() {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

fn rows(frame: &DataFrame, names: &[&str]) -> Vec<Vec<Option<String>>> {
    (0..frame.height())
        .map(|row| {
            names
                .iter()
                .map(|name| match frame.column(name).map(|c| json_at(c, row)) {
                    Ok(Value::String(text)) => Some(text),
                    _ => None,
                })
                .collect()
        })
        .collect()
}
