//! Users, groups and memberships of the identity store.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::answer::next_of;
use crate::collect::form::has;
use crate::collect::record::Record;
use crate::collect::single::Single;
use crate::collect::sink::{Entities, Keys, Sink, contradicted, coverage, missing, settle};
use crate::collect::walk::{Shape, Spot};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;
use crate::fold::{fold, has_prefix};

const USERS: Shape = Shape {
    paths: &[&["Users"]],
    bare: |m| has(m, "UserId"),
    known: &["UserId"],
};
const GROUPS: Shape = Shape {
    paths: &[&["Groups"]],
    bare: |m| has(m, "GroupId"),
    known: &["GroupId"],
};
const DOCUMENTS: Shape = Shape {
    paths: &[],
    bare: |_| true,
    known: &[],
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
    let mut stores = Single::new("identity stores");
    let (users, mut user_coverage) = users(import, &mut stores)?;
    let (groups, mut group_coverage) = groups(import, &mut stores)?;
    let keys = Principals {
        users: users.keys(),
        groups: groups.keys(),
    };
    let listed = group_coverage.state == State::Complete;
    let found = memberships(import, &keys, (groups.len(), listed), &mut stores)?;
    let (referred_users, referred_groups) = (&found.users, &found.groups);
    let absent = |keys: &Keys, ids: &BTreeSet<String>| {
        ids.iter().filter(|id| keys.get(id).is_none()).count()
    };
    contradicted(
        &mut user_coverage,
        users.len(),
        referred_users.len(),
        absent(&keys.users, referred_users),
    );
    contradicted(
        &mut group_coverage,
        groups.len(),
        referred_groups.len(),
        absent(&keys.groups, referred_groups),
    );
    let mut covered = found.covered;
    stores.settle(&mut [&mut user_coverage, &mut group_coverage, &mut covered]);
    sink.write(
        covered,
        found
            .rows
            .into_values()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|m| {
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
    let ids = r.each("ExternalIds", |id| id.text("Id"))?;
    ids.into_iter().next().flatten()
}

/// Which identity store a record says it is of.
fn store_of(r: &mut Record<'_>, stores: &mut Single, file: &str, spot: &Spot) {
    if let Some(store) = r.text("IdentityStoreId") {
        stores.met(&store, file, spot);
    }
}

fn users(
    import: &mut Import<'_>,
    stores: &mut Single,
) -> Result<(Entities<User>, Coverage), DatasetError> {
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
            store_of(&mut r, stores, shown, spot);
            let emails = r.each("Emails", |e| {
                (e.text("Value"), e.text("Type"), e.flag("Primary"))
            });
            // Not lost: a user without the member has no address.
            let emails = emails.unwrap_or_default();
            // An address of the Entra sync protects the user whichever it is.
            let (email, email_type, _) = emails
                .iter()
                .find(|(_, kind, _)| kind.as_deref().is_some_and(|t| fold(t) == entra_type))
                .or_else(|| emails.iter().find(|(_, _, primary)| *primary == Some(true)))
                .or_else(|| emails.first())
                .cloned()
                .unwrap_or((None, None, None));
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

fn groups(
    import: &mut Import<'_>,
    stores: &mut Single,
) -> Result<(Entities<Group>, Coverage), DatasetError> {
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
            store_of(&mut r, stores, shown, spot);
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

/// What the files of memberships hold.
struct Found {
    covered: Coverage,
    rows: Entities<Membership>,
    /// Users and groups that they refer to.
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
    lost: u64,
    /// Groups whose file holds memberships of another group.
    contradicted: BTreeSet<String>,
}

const TABLE: &str = "identity_center_membership";
const FILE: &str = "aws/identitystore-group-memberships.json";
const FOLDER: &str = "aws/identitystore-group-memberships";

/// The pages of one file: which are continued, and how many answers they are.
#[derive(Default)]
struct Answers {
    documents: usize,
    left: BTreeSet<String>,
    last_group: Option<String>,
}

impl Answers {
    fn page(&mut self, map: &Map<String, Value>, first: Option<&str>, of_group: Option<&str>) {
        // A page left over is made good only by the next page of the same group.
        let continued =
            self.last_group.is_some() && (first.is_none() || first == self.last_group.as_deref());
        if continued {
            if let Some(group) = self.last_group.take() {
                self.left.remove(&group);
            }
        } else {
            self.documents += 1;
        }
        self.last_group = None;
        if next_of(map) {
            let group = first.or(of_group).unwrap_or_default().to_owned();
            self.left.insert(group.clone());
            self.last_group = Some(group);
        }
    }
}

/// Memberships of every group, of which so many are known, and whether these are all.
fn memberships(
    import: &mut Import<'_>,
    keys: &Principals,
    (groups, listed): (usize, bool),
    stores: &mut Single,
) -> Result<Found, DatasetError> {
    let mut found = Found {
        covered: coverage(TABLE)?,
        rows: Entities::default(),
        users: BTreeSet::new(),
        groups: BTreeSet::new(),
        lost: 0,
        contradicted: BTreeSet::new(),
    };
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
    let mut seen_ids = BTreeSet::new();
    for (file, of_group) in &files {
        let mut answers = Answers::default();
        let of_group = of_group.as_deref();
        let mut reading = import.exports.read(
            file,
            TABLE,
            &DOCUMENTS,
            &mut |spot, map, shown, problems| {
                let place = (spot, shown, of_group);
                let list = match map.get("GroupMemberships") {
                    Some(Value::Array(items)) => items.as_slice(),
                    // One membership alone stands for a list of one.
                    Some(one @ Value::Object(_)) => std::slice::from_ref(one),
                    _ if map.contains_key("MembershipId") => {
                        answers.documents += 1;
                        found.one(map, place, keys, stores, problems);
                        return;
                    }
                    _ => {
                        found.lost += 1;
                        return;
                    }
                };
                let first = list.first().and_then(|m| m.get("GroupId"));
                answers.page(map, first.and_then(Value::as_str), of_group);
                for item in list {
                    match item.as_object() {
                        Some(map) => found.one(map, place, keys, stores, problems),
                        None => found.lost += 1,
                    }
                }
            },
        );
        // What the last page says is judged per group below.
        reading.defects.retain(|(_, reason)| {
            !reason.contains("names a further one") || !answers.left.is_empty()
        });
        reading.settle(&mut found.covered);
        if !answers.left.is_empty() {
            found.covered.worsen(
                State::Partial,
                format!("{file} holds groups whose further pages are missing."),
            );
            found.covered.scope.extend(answers.left);
        }
        let documents = answers.documents;
        if of_group.is_none() && documents < groups {
            found.covered.worsen(State::Partial, format!("{file} holds {documents} answers for {groups} groups; a group without members prints an empty list."));
        }
        seen_ids.extend(of_group.map(str::to_owned));
    }
    // Without groups there is nobody in them, and nothing to export.
    let nothing = groups == 0 && listed;
    if files.is_empty() && !nothing {
        if groups == 0 && import.exports.has("aws/identitystore-groups.json") {
            found
                .covered
                .absent(State::Partial, format!("{FILE} is missing."));
        } else {
            missing(&mut found.covered, FILE);
        }
    } else if !single && !nothing {
        let unread: BTreeSet<String> = keys
            .groups
            .ids()
            .filter(|id| !seen_ids.contains(*id))
            .cloned()
            .collect();
        if !unread.is_empty() {
            found.covered.worsen(
                State::Partial,
                format!(
                    "{} groups have no file in {FOLDER}/: {}.",
                    unread.len(),
                    crate::collect::some_of(&unread)
                ),
            );
            found.covered.scope.extend(unread);
        }
    }
    if !found.contradicted.is_empty() {
        found.covered.worsen(
            State::Partial,
            format!(
                "Files in {FOLDER}/ hold memberships of another group than they are named after, so these groups were not read: {}.",
                crate::collect::some_of(&found.contradicted)
            ),
        );
        let unread = std::mem::take(&mut found.contradicted);
        found.covered.scope.extend(unread);
    }
    let lost = found.lost;
    if lost > 0 {
        found.covered.worsen(
            State::Partial,
            format!("{lost} records of {FOLDER} are no memberships."),
        );
    }
    Ok(found)
}

impl Found {
    fn one(
        &mut self,
        map: &Map<String, Value>,
        (spot, shown, of_group): (&Spot, &str, Option<&str>),
        keys: &Principals,
        stores: &mut Single,
        problems: &mut Vec<Problem>,
    ) {
        let mut r = Record::new(map, spot, shown, TABLE, problems);
        store_of(&mut r, stores, shown, spot);
        let said = r.text("GroupId");
        if let (Some(said), Some(name)) = (&said, of_group)
            && said != name
        {
            r.report(
                ProblemKind::Malformed,
                ".GroupId",
                "the group that the file is named after",
                format!(
                    "The file is named after the group {}, and the membership is of {}.",
                    crate::collect::shown(name),
                    crate::collect::shown(said)
                ),
            );
            self.contradicted.insert(name.to_owned());
        }
        let member = match map.get("MemberId") {
            Some(Value::Object(member)) => r.within(member).text("UserId"),
            // An id alone, where a client leaves out what kind of member it is.
            Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
            _ => None,
        };
        let group_id = said.or_else(|| of_group.map(str::to_owned));
        let (Some(group_id), Some(user_id)) = (group_id, member) else {
            r.report(
                ProblemKind::Malformed,
                "",
                "a membership with GroupId and MemberId.UserId",
                "Whose membership it is could not be read; it was left out.".to_owned(),
            );
            self.lost += 1;
            return;
        };
        let (group, user) = (keys.groups.get(&group_id), keys.users.get(&user_id));
        let created = r.time("CreatedAt");
        let id = r.text("MembershipId");
        self.users.insert(user_id.clone());
        self.groups.insert(group_id.clone());
        // Not every client prints the id of a membership.
        let key = id
            .clone()
            .unwrap_or_else(|| format!("{group_id}/{user_id}"));
        let membership = Membership {
            group,
            user,
            id,
            created,
            group_id: group.is_none().then_some(group_id),
            user_id: user.is_none().then_some(user_id),
        };
        self.rows.add(key, membership, shown, TABLE, problems);
    }
}
