//! Users, groups and memberships of the identity store.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::answer::next_of;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Keys, Sink, contradicted, coverage, missing, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::fold::{fold, has_prefix};

const USERS: Shape = Shape {
    paths: &[&["Users"]],
    bare: |m| m.contains_key("UserId"),
};
const GROUPS: Shape = Shape {
    paths: &[&["Groups"]],
    bare: |m| m.contains_key("GroupId"),
};
const DOCUMENTS: Shape = Shape {
    paths: &[],
    bare: |_| true,
};

/// Keys of the principals of assignments.
pub(super) struct Principals {
    pub users: Keys,
    pub groups: Keys,
}

impl Principals {
    /// The group and the user that a principal is, where it is one that exists.
    pub(super) fn find(&self, kind: Option<&str>, id: &str) -> (Option<i32>, Option<i32>) {
        let group = (kind != Some("USER"))
            .then(|| self.groups.get(id))
            .flatten();
        let user = (kind != Some("GROUP"))
            .then(|| self.users.get(id))
            .flatten();
        (group, user)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct User {
    name: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    email_type: Option<String>,
    external_id: Option<String>,
    status: Option<String>,
    created: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Group {
    name: Option<String>,
    external_id: Option<String>,
    created: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
) -> Result<Principals, DatasetError> {
    let (users, mut user_coverage) = users(import)?;
    let (groups, mut group_coverage) = groups(import)?;
    let keys = Principals {
        users: users.keys(),
        groups: groups.keys(),
    };
    let listed = group_coverage.state == State::Complete;
    let (referred_users, referred_groups) =
        memberships(import, sink, &keys, (groups.len(), listed))?;
    let absent = |keys: &Keys, ids: &BTreeSet<String>| {
        ids.iter().filter(|id| keys.get(id).is_none()).count()
    };
    contradicted(
        &mut user_coverage,
        users.len(),
        referred_users.len(),
        absent(&keys.users, &referred_users),
    );
    contradicted(
        &mut group_coverage,
        groups.len(),
        referred_groups.len(),
        absent(&keys.groups, &referred_groups),
    );
    sink.write(
        user_coverage,
        users.iter().zip(0..).map(|((id, u), key)| {
            vec![
                Cell::Key(key),
                Cell::Text(id.clone()),
                Cell::text(u.name.clone()),
                Cell::folded(u.name.as_deref()),
                Cell::text(u.display_name.clone()),
                Cell::text(u.email.clone()),
                Cell::folded(u.email.as_deref()),
                Cell::text(u.email_type.clone()),
                Cell::folded(u.email_type.as_deref()),
                Cell::text(u.external_id.clone()),
                Cell::text(u.status.clone()),
                Cell::time(u.created),
                Cell::time(u.updated),
            ]
        }),
    )?;
    let prefix = import.config.entra.group_prefix.clone();
    sink.write(
        group_coverage,
        groups.iter().zip(0..).map(|((id, g), key)| {
            vec![
                Cell::Key(key),
                Cell::Text(id.clone()),
                Cell::text(g.name.clone()),
                Cell::folded(g.name.as_deref()),
                Cell::flag(g.name.as_deref().map(|n| has_prefix(n, &prefix))),
                Cell::text(g.external_id.clone()),
                Cell::time(g.created),
                Cell::time(g.updated),
            ]
        }),
    )?;
    Ok(keys)
}

fn external_id(r: &mut Record<'_>) -> Option<String> {
    let first = r.list("ExternalIds")?.first()?.as_object()?;
    r.within(first).text("Id")
}

fn users(import: &mut Import<'_>) -> Result<(Entities<User>, Coverage), DatasetError> {
    const TABLE: &str = "identity_center_user";
    let file = "aws/identitystore-users.json";
    let mut users = Entities::default();
    let mut lost = 0_u64;
    let entra_type = fold(&import.config.identity_center.entra_email_type);
    let reading = import
        .exports
        .read(file, TABLE, &USERS, &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(id) = r.id("UserId") else {
                lost += 1;
                return;
            };
            let emails: Vec<_> = r
                .list("Emails")
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .collect();
            // An address of the Entra sync protects the user whichever it is.
            let of_entra = |e: &&&Map<String, Value>| {
                e.get("Type")
                    .and_then(Value::as_str)
                    .is_some_and(|t| fold(t) == entra_type)
            };
            let primary = emails
                .iter()
                .find(of_entra)
                .or_else(|| {
                    emails
                        .iter()
                        .find(|e| e.get("Primary").and_then(Value::as_bool) == Some(true))
                })
                .or_else(|| emails.first())
                .copied();
            let (email, email_type) = match primary {
                Some(map) => {
                    let mut e = r.within(map);
                    (e.text("Value"), e.text("Type"))
                }
                None => (None, None),
            };
            let user = User {
                name: r.text("UserName"),
                display_name: r.text("DisplayName"),
                email,
                email_type,
                external_id: external_id(&mut r),
                status: r.text("UserStatus").or_else(|| r.text("Status")),
                created: r.time("CreatedAt"),
                updated: r.time("UpdatedAt"),
            };
            users.add(id, user, shown, TABLE, problems);
        });
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    lose(&mut covered, lost, file);
    Ok((users, covered))
}

fn lose(covered: &mut Coverage, lost: u64, file: &str) {
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        );
    }
}

fn groups(import: &mut Import<'_>) -> Result<(Entities<Group>, Coverage), DatasetError> {
    const TABLE: &str = "identity_center_group";
    let file = "aws/identitystore-groups.json";
    let mut groups = Entities::default();
    let mut lost = 0_u64;
    let reading = import
        .exports
        .read(file, TABLE, &GROUPS, &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(id) = r.id("GroupId") else {
                lost += 1;
                return;
            };
            let group = Group {
                name: r.text("DisplayName"),
                external_id: external_id(&mut r),
                created: r.time("CreatedAt"),
                updated: r.time("UpdatedAt"),
            };
            groups.add(id, group, shown, TABLE, problems);
        });
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    lose(&mut covered, lost, file);
    Ok((groups, covered))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Membership {
    group: Option<i32>,
    user: Option<i32>,
    id: Option<String>,
    created: Option<DateTime<Utc>>,
    group_id: Option<String>,
    user_id: Option<String>,
}

/// Memberships of every group, of which so many are known, and whether these are
/// all; gives the users and groups that they refer to.
fn memberships(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    keys: &Principals,
    (groups, listed): (usize, bool),
) -> Result<(BTreeSet<String>, BTreeSet<String>), DatasetError> {
    const TABLE: &str = "identity_center_membership";
    const FILE: &str = "aws/identitystore-group-memberships.json";
    const FOLDER: &str = "aws/identitystore-group-memberships";
    let mut covered = coverage(TABLE)?;
    let mut rows = BTreeSet::new();
    let (mut users_seen, mut groups_seen) = (BTreeSet::new(), BTreeSet::new());
    let single = import.exports.has(FILE);
    let names = import.exports.list(FOLDER, ".json");
    let mut files: Vec<(String, Option<String>)> = Vec::new();
    if single {
        files.push((FILE.to_owned(), None));
    }
    files.extend(
        names
            .iter()
            .map(|n| (format!("{FOLDER}/{n}.json"), Some(n.clone()))),
    );
    let mut lost = 0_u64;
    let mut seen_ids = BTreeSet::new();
    for (file, of_group) in &files {
        let (mut documents, mut left, mut last_group) = (0_usize, BTreeSet::new(), None::<String>);
        let reading = import.exports.read(
            file,
            TABLE,
            &DOCUMENTS,
            &mut |spot, map, shown, problems| {
                let Some(list) = map
                    .get("GroupMemberships")
                    .and_then(Value::as_array)
                    .cloned()
                else {
                    lost += u64::from(!map.contains_key("MembershipId"));
                    if map.contains_key("MembershipId") {
                        documents += 1;
                        let row = one(
                            map,
                            spot,
                            shown,
                            problems,
                            keys,
                            of_group.as_deref(),
                            (&mut users_seen, &mut groups_seen),
                        );
                        if let Some(row) = row {
                            rows.insert(row);
                        }
                    }
                    return;
                };
                let first = list
                    .first()
                    .and_then(|m| m.get("GroupId"))
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                // A page left over is made good only by the next page of the same group.
                let continued = last_group.is_some() && (first.is_none() || first == last_group);
                if continued {
                    if let Some(group) = last_group.take() {
                        left.remove(&group);
                    }
                } else {
                    documents += 1;
                }
                if next_of(map) {
                    let group = first
                        .clone()
                        .unwrap_or_else(|| of_group.clone().unwrap_or_default());
                    left.insert(group.clone());
                    last_group = Some(group);
                } else {
                    last_group = None;
                }
                for item in &list {
                    match item.as_object() {
                        Some(map) => {
                            let row = one(
                                map,
                                spot,
                                shown,
                                problems,
                                keys,
                                of_group.as_deref(),
                                (&mut users_seen, &mut groups_seen),
                            );
                            match row {
                                Some(row) => {
                                    rows.insert(row);
                                }
                                None => lost += 1,
                            }
                        }
                        None => lost += 1,
                    }
                }
            },
        );
        // What the last page says is judged per group below.
        let mut reading = reading;
        reading
            .defects
            .retain(|(_, reason)| !reason.contains("names a further one") || !left.is_empty());
        reading.settle(&mut covered);
        if !left.is_empty() {
            covered.worsen(
                State::Partial,
                format!("{file} holds groups whose further pages are missing."),
            );
            covered.scope.extend(left);
        }
        if of_group.is_none() && documents < groups {
            covered.worsen(State::Partial, format!("{file} holds {documents} answers for {groups} groups; a group without members prints an empty list."));
        }
        seen_ids.extend(of_group.iter().cloned());
    }
    // Without groups there is nobody in them, and nothing to export.
    let nothing = groups == 0 && listed;
    if files.is_empty() && !nothing {
        if groups == 0 && import.exports.has("aws/identitystore-groups.json") {
            covered.worsen(State::Partial, format!("{FILE} is missing."));
        } else {
            missing(&mut covered, FILE);
        }
    } else if !single && !nothing {
        let unread: BTreeSet<String> = keys
            .groups
            .ids()
            .filter(|id| !seen_ids.contains(*id))
            .cloned()
            .collect();
        if !unread.is_empty() {
            covered.worsen(
                State::Partial,
                format!(
                    "{} groups have no file in {FOLDER}/: {}.",
                    unread.len(),
                    crate::collect::some_of(&unread)
                ),
            );
            covered.scope.extend(unread);
        }
    }
    lose(&mut covered, lost, FILE);
    sink.write(
        covered,
        rows.into_iter().map(|m| {
            vec![
                Cell::key(m.group),
                Cell::key(m.user),
                Cell::text(m.id),
                Cell::time(m.created),
                Cell::text(m.group_id),
                Cell::text(m.user_id),
            ]
        }),
    )?;
    Ok((users_seen, groups_seen))
}

fn one(
    map: &serde_json::Map<String, Value>,
    spot: &crate::collect::walk::Spot,
    shown: &str,
    problems: &mut Vec<crate::dataset::problem::Problem>,
    keys: &Principals,
    of_group: Option<&str>,
    (users, groups): (&mut BTreeSet<String>, &mut BTreeSet<String>),
) -> Option<Membership> {
    let mut r = Record::new(map, spot, shown, "identity_center_membership", problems);
    let group_id = r.text("GroupId").or_else(|| of_group.map(str::to_owned))?;
    let user_id = r
        .inner("MemberId")
        .and_then(|m| r.within(m).text("UserId"))?;
    let (group, user) = (keys.groups.get(&group_id), keys.users.get(&user_id));
    let created = r.time("CreatedAt");
    let id = r.text("MembershipId");
    users.insert(user_id.clone());
    groups.insert(group_id.clone());
    Some(Membership {
        group,
        user,
        id,
        created,
        group_id: group.is_none().then_some(group_id),
        user_id: user.is_none().then_some(user_id),
    })
}
