//! Pages of Microsoft Graph.

use std::path::Path;

use serde_json::{Value, json};

use super::page::{Form, pages};
use crate::build::stamp;
use crate::error::EstateError;
use crate::model::{Application, Credential, Group, Model, User};
use crate::names::PREFIX;

const COLLECTION: Form = Form {
    open: "{\"value\":[",
    more: "],\"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/next\"}",
    last: "]}",
    per_page: 999,
};
/// Members and owners come a hundred at a time by default.
const EDGES: Form = Form {
    per_page: 100,
    ..COLLECTION
};

pub(super) fn write(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let live = model.users.iter().filter(|u| !u.deleted);
    let live = live.map(|u| {
        let mut record = user(u);
        record["signInActivity"] = sign_in(model, u);
        record
    });
    pages(&dir.join("users.json"), &COLLECTION, live)?;
    let deleted = model.users.iter().filter(|u| u.deleted);
    let deleted = deleted.map(|u| deleted_user(model, u));
    pages(&dir.join("deleted-users.json"), &COLLECTION, deleted)?;
    pages(&dir.join("groups.json"), &COLLECTION, groups(model))?;
    for group in reached(model) {
        let group = &model.groups[group];
        let file = format!("{}.json", group.id);
        let (members, owners) = (members(model, group), owners(model, group));
        pages(&dir.join("group-members").join(&file), &EDGES, members)?;
        pages(&dir.join("group-owners").join(&file), &EDGES, owners)?;
    }
    let applications = model.applications.iter().map(|a| application(model, a));
    pages(&dir.join("applications.json"), &COLLECTION, applications)?;
    let principals = model
        .applications
        .iter()
        .map(|a| service_principal(model, a));
    pages(
        &dir.join("service-principals.json"),
        &COLLECTION,
        principals,
    )?;
    pages(
        &dir.join("directory-audits.json"),
        &COLLECTION,
        events(model),
    )
}

/// Groups whose members matter: prefixed ones, and those nested in them.
fn reached(model: &Model) -> std::collections::BTreeSet<usize> {
    let prefixed = |name: &str| {
        name.get(..PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    };
    let all = 0..model.groups.len();
    let mut left: Vec<usize> = all.filter(|g| prefixed(&model.groups[*g].name)).collect();
    let mut reached = std::collections::BTreeSet::new();
    while let Some(group) = left.pop() {
        if reached.insert(group) {
            let inner = model.groups[group].others.iter().map(|(_, id)| *id);
            left.extend(inner.filter_map(|id| model.groups.iter().position(|g| g.id == id)));
        }
    }
    reached
}

pub(crate) fn user(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "userPrincipalName": user.principal,
        "mail": user.mail,
        "displayName": user.principal.split(['@', '#']).next(),
        "accountEnabled": user.enabled,
        "userType": if user.guest { "Guest" } else { "Member" },
        "createdDateTime": stamp(user.created),
        "employeeLeaveDateTime": user.leaves.map(stamp),
    })
}

pub(crate) fn deleted_user(model: &Model, u: &User) -> Value {
    let mut record = user(u);
    record["deletedDateTime"] = json!(stamp(model.days_ago(12)));
    record
}

/// The last sign-ins: those who can use AWS sign in every day.
pub(crate) fn sign_in(model: &Model, user: &User) -> Value {
    let usual = model.days_ago(if user.enabled { 1 } else { 40 });
    let at = stamp(user.seen.unwrap_or(usual));
    json!({"lastSignInDateTime": at, "lastSuccessfulSignInDateTime": at})
}

/// As members pages print it: without what was not asked for.
pub(crate) fn principal(user: &User) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": user.id.to_string()})
}

pub(crate) fn members<'a>(model: &'a Model, group: &'a Group) -> impl Iterator<Item = Value> + 'a {
    let others = group
        .others
        .iter()
        .map(|(kind, id)| json!({"@odata.type": kind, "id": id.to_string()}));
    let members = group.members.iter();
    members.map(|m| principal(&model.users[*m])).chain(others)
}

pub(crate) fn owners<'a>(model: &'a Model, group: &'a Group) -> impl Iterator<Item = Value> + 'a {
    group.owners.iter().map(|o| principal(&model.users[*o]))
}

pub(crate) fn groups(model: &Model) -> impl Iterator<Item = Value> + '_ {
    (0..group_count(model)).map(|n| group(model, n))
}

pub(crate) fn group_count(model: &Model) -> usize {
    model.size.groups.max(model.groups.len())
}

/// A group by its place: those of the model, then plain ones that nobody syncs.
pub(crate) fn group(model: &Model, n: usize) -> Value {
    let Some(g) = model.groups.get(n) else {
        let name = format!("share-{}-readers", n - model.groups.len());
        return json!({
            "id": model.id("group", &name).to_string(),
            "displayName": name,
            "createdDateTime": stamp(model.days_ago(900)),
            "securityEnabled": true,
            "groupTypes": [],
        });
    };
    json!({
        "id": g.id.to_string(),
        "displayName": g.name,
        "description": null,
        "createdDateTime": stamp(g.created),
        "securityEnabled": true,
        "mailEnabled": false,
        "groupTypes": if g.rule.is_some() { vec!["DynamicMembership"] } else { Vec::new() },
        "membershipRule": g.rule,
        "onPremisesSyncEnabled": null,
    })
}

pub(crate) fn service_principal(model: &Model, app: &Application) -> Value {
    json!({
        "id": model.id("service principal", &app.name).to_string(),
        "appId": model.id("client", &app.name).to_string(),
        "displayName": app.name,
        "accountEnabled": true,
        "passwordCredentials": [],
        "keyCredentials": [],
    })
}

pub(crate) fn application(model: &Model, app: &Application) -> Value {
    let kind = |certificate: bool| -> Vec<Value> {
        app.credentials
            .iter()
            .filter(|c| c.certificate == certificate)
            .map(credential)
            .collect()
    };
    let owners: Vec<Value> = app
        .owners
        .iter()
        .map(|o| principal(&model.users[*o]))
        .collect();
    json!({
        "id": app.id.to_string(),
        "appId": model.id("client", &app.name).to_string(),
        "displayName": app.name,
        "createdDateTime": stamp(model.days_ago(1000)),
        "passwordCredentials": kind(false),
        "keyCredentials": kind(true),
        "owners": owners,
    })
}

fn credential(credential: &Credential) -> Value {
    let mut record = json!({
        "keyId": credential.key.to_string(),
        "displayName": "rotated by hand",
        "startDateTime": stamp(credential.start),
        "endDateTime": stamp(credential.end),
        "hint": "aB3",
    });
    if credential.leaked {
        record["secretText"] = json!("not-a-real-value-of-a-client-secret");
    }
    record
}

pub(crate) fn events(model: &Model) -> impl Iterator<Item = Value> + '_ {
    let changes = model.entra_events.iter().enumerate().map(|(n, e)| {
        let group = &model.groups[e.group];
        let mut targets = Vec::new();
        if let Some(user) = e.user {
            let user = &model.users[user];
            targets.push(json!({
                "id": user.id.to_string(),
                "type": "User",
                "userPrincipalName": user.principal,
                "modifiedProperties": [{
                    "displayName": "Group.ObjectID",
                    "oldValue": null,
                    "newValue": format!("\"{}\"", group.id),
                }],
            }));
        }
        targets.push(json!({
            "id": group.id.to_string(),
            "type": "Group",
            "displayName": group.name,
            "modifiedProperties": [],
        }));
        json!({
            "id": format!("Directory_{n:06}"),
            "activityDisplayName": e.activity,
            "activityDateTime": stamp(e.at),
            "initiatedBy": {"user": {"userPrincipalName": "admin@example.gov.uk"}, "app": null},
            "targetResources": targets,
        })
    });
    changes.chain(creations(model))
}

/// The making of every prefixed group that the log still knows of: the tenant
/// keeps it for as long as its groups live.
fn creations(model: &Model) -> impl Iterator<Item = Value> + '_ {
    let known = model.groups.iter().enumerate().filter(|(n, g)| {
        g.name.to_ascii_lowercase().starts_with(PREFIX) && !model.forgotten_creations.contains(n)
    });
    known.map(|(n, group)| {
        let by = model
            .creators
            .get(&n)
            .map_or("admin@example.gov.uk", String::as_str);
        json!({
            "id": format!("Directory_made_{n:06}"),
            "activityDisplayName": "Add group",
            "activityDateTime": stamp(group.created),
            "initiatedBy": {"user": {"userPrincipalName": by}, "app": null},
            "targetResources": [{
                "id": group.id.to_string(),
                "type": "Group",
                "displayName": group.name,
                "modifiedProperties": [],
            }],
        })
    })
}
