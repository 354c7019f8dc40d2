//! Entra ID: users, groups and what hangs on them, from exported Graph pages.

mod applications;
mod audits;
mod edges;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::form::has;
use super::input::{Defect, Reading};
use super::record::Record;
use super::sink::{Entities, Keys, Sink, Whose, contradicted, coverage, settle};
use super::walk::Shape;
use super::{Import, counted};
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::writer::Cell;
use crate::fold::{decode_guest, has_prefix, looks_prefixed};

const USERS: Shape = pages(&[
    "userPrincipalName",
    "displayName",
    "mail",
    "accountEnabled",
    "userType",
]);
const GROUPS: Shape = pages(&["displayName", "securityEnabled", "groupTypes"]);

/// A Graph collection whose records have one of these members.
const fn pages(known: &'static [&'static str]) -> Shape {
    Shape {
        paths: &[&["value"]],
        bare: has_id,
        known,
    }
}

fn has_id(map: &Map<String, Value>) -> bool {
    has(map, "id") && !map.contains_key("error")
}

/// A user as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct User {
    principal: Option<String>,
    mail: Option<String>,
    display_name: Option<String>,
    enabled: Option<bool>,
    kind: Option<String>,
    external: Option<bool>,
    created: Option<DateTime<Utc>>,
    leave: Option<DateTime<Utc>>,
    deleted: Option<DateTime<Utc>>,
    signed_in: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    name: Option<String>,
    description: Option<String>,
    created: Option<DateTime<Utc>>,
    security: Option<bool>,
    rule: Option<String>,
    on_premises: Option<bool>,
    role: Option<bool>,
}

/// What the tables of the directory refer to.
#[derive(Debug, Default)]
pub(super) struct Referred {
    pub users: BTreeSet<String>,
    pub groups: BTreeSet<String>,
}

/// Reads every table of the source.
pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    let (users, mut user_coverage, live) = users(import)?;
    let (groups, mut group_coverage) = groups(import)?;
    let user_keys = users.keys();
    let group_keys = groups.keys();
    let prefix = import.config.entra.group_prefix.clone();
    let prefixed: BTreeSet<String> = groups
        .iter()
        .filter(|(_, g)| g.name.as_deref().is_some_and(|n| has_prefix(n, &prefix)))
        .map(|(id, _)| id.clone())
        .collect();
    let mut referred = Referred::default();
    let whole = group_coverage.state == State::Complete;
    let place = edges::Place {
        users: &user_keys,
        groups: &group_keys,
        required: &prefixed,
        groups_known: whole,
    };
    edges::import(import, sink, &place, &mut referred)?;
    applications::import(import, sink, &user_keys, &mut referred)?;
    audits::import(import, sink)?;

    let absent = |known: &Keys, ids: &BTreeSet<String>| {
        ids.iter().filter(|id| known.get(id).is_none()).count()
    };
    contradicted(
        &mut user_coverage,
        live,
        referred.users.len(),
        absent(&user_keys, &referred.users),
    );
    contradicted(
        &mut group_coverage,
        groups.len(),
        referred.groups.len(),
        absent(&group_keys, &referred.groups),
    );
    write_users(sink, user_coverage, &users)?;
    sink.write(
        group_coverage,
        groups.iter().zip(0..).map(|((id, g), key)| {
            vec![
                Cell::Key(key),
                Cell::Text(id.clone()),
                Cell::text(g.name.clone()),
                Cell::folded(g.name.as_deref()),
                Cell::flag(g.name.as_deref().map(|n| has_prefix(n, &prefix))),
                Cell::flag(g.name.as_deref().map(|n| looks_prefixed(n, &prefix))),
                // Told on load, by the pattern of the check.
                Cell::Null,
                Cell::text(g.description.clone()),
                Cell::time(g.created),
                Cell::flag(g.security),
                Cell::text(g.rule.clone()),
                Cell::flag(g.on_premises),
                Cell::flag(g.role),
            ]
        }),
    )
}

fn users(
    import: &mut Import<'_>,
) -> Result<(Entities<User>, crate::dataset::coverage::Coverage, usize), DatasetError> {
    let mut users = Entities::default();
    let mut covered = coverage("entra_user")?;
    let file = "entra/users.json";
    let mut tenants = Whose::new("tenants");
    let reading = read_users(import, file, false, (&mut users, &mut tenants));
    settle(&mut covered, &reading, file);
    let live = users.len();
    counted(&mut covered, &reading, live, file);
    let deleted = "entra/deleted-users.json";
    let reading = read_users(import, deleted, true, (&mut users, &mut tenants));
    if reading.found {
        reading.settle(&mut covered);
    }
    tenants.judge(&mut covered);
    Ok((users, covered, live))
}

fn read_users(
    import: &mut Import<'_>,
    file: &str,
    deleted: bool,
    (users, tenants): (&mut Entities<User>, &mut Whose),
) -> Reading {
    let mut lost = 0;
    let mut reading = import.exports.read(
        file,
        "entra_user",
        &USERS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, "entra_user", problems);
            let Some(id) = r.id("id") else {
                lost += 1;
                return;
            };
            let deleted_at = r.time("deletedDateTime");
            let signed_in = r
                .object("signInActivity", |activity| {
                    activity.time("lastSuccessfulSignInDateTime")
                })
                .flatten();
            let principal = r.text("userPrincipalName");
            if let Some(tenant) = principal.as_deref().and_then(tenant_of) {
                tenants.note(&tenant, shown);
            }
            let kind = r.text("userType");
            let invited = r.text("externalUserState").is_some()
                || r.text("creationType")
                    .is_some_and(|how| how == "Invitation");
            let user = User {
                external: external(kind.as_deref(), principal.as_deref(), invited),
                principal,
                mail: r.text("mail"),
                display_name: r.text("displayName"),
                enabled: r.flag("accountEnabled"),
                kind,
                created: r.time("createdDateTime"),
                leave: r.time("employeeLeaveDateTime"),
                // A deleted user without a date is deleted all the same.
                deleted: deleted_at.or(deleted.then_some(DateTime::UNIX_EPOCH)),
                signed_in,
            };
            users.add(id, user, shown, "entra_user", problems);
        },
    );
    no_id(&mut reading, lost, file);
    reading
}

/// Whether an account is one of another organisation: any mark of it is enough,
/// since people of other organisations can be made members; without a mark it
/// takes the type to say that it is none.
fn external(kind: Option<&str>, principal: Option<&str>, invited: bool) -> Option<bool> {
    let guest = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Guest"));
    let marked = principal.is_some_and(|name| name.to_ascii_uppercase().contains("#EXT#"));
    let known = kind.is_some() && principal.is_some();
    (guest || marked || invited)
        .then_some(true)
        .or(known.then_some(false))
}

/// The tenant that a guest's sign-in name ends in.
fn tenant_of(principal: &str) -> Option<String> {
    let folded = principal.to_lowercase();
    let (_, tenant) = folded.split_once("#ext#@")?;
    Some(tenant.to_owned())
}

/// Records without an id are lost: what they are is not known.
pub(super) fn no_id(reading: &mut Reading, lost: u64, file: &str) {
    if lost > 0 {
        reading.defects.push(Defect::new(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        ));
    }
}

fn write_users(
    sink: &mut Sink<'_>,
    covered: crate::dataset::coverage::Coverage,
    users: &Entities<User>,
) -> Result<(), DatasetError> {
    sink.write(
        covered,
        users.iter().zip(0..).map(|((id, u), key)| {
            let address = u.principal.as_deref().and_then(decode_guest);
            vec![
                Cell::Key(key),
                Cell::Text(id.clone()),
                Cell::text(u.principal.clone()),
                Cell::folded(u.principal.as_deref()),
                Cell::text(u.mail.clone()),
                Cell::folded(u.mail.as_deref()),
                Cell::text(address.clone()),
                Cell::folded(address.as_deref()),
                Cell::text(u.display_name.clone()),
                Cell::flag(u.enabled),
                Cell::text(u.kind.clone()),
                Cell::time(u.created),
                Cell::time(u.leave),
                Cell::time(u.deleted),
                Cell::time(u.signed_in),
                Cell::flag(u.external),
            ]
        }),
    )
}

fn groups(
    import: &mut Import<'_>,
) -> Result<(Entities<Group>, crate::dataset::coverage::Coverage), DatasetError> {
    let mut groups = Entities::default();
    let mut covered = coverage("entra_group")?;
    let file = "entra/groups.json";
    let mut lost = 0;
    let mut reading = import.exports.read(
        file,
        "entra_group",
        &GROUPS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, "entra_group", problems);
            let Some(id) = r.id("id") else {
                lost += 1;
                return;
            };
            let group = Group {
                name: r.text("displayName"),
                description: r.text("description"),
                created: r.time("createdDateTime"),
                security: r.flag("securityEnabled"),
                rule: r.text("membershipRule"),
                on_premises: r.flag("onPremisesSyncEnabled"),
                role: r.flag("isAssignableToRole"),
            };
            groups.add(id, group, shown, "entra_group", problems);
        },
    );
    no_id(&mut reading, lost, file);
    settle(&mut covered, &reading, file);
    counted(&mut covered, &reading, groups.len(), file);
    Ok((groups, covered))
}
