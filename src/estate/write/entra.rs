//! Pages of Microsoft Graph.

use std::path::Path;

use serde_json::{Value, json};

use super::{Form, pages};
use crate::estate::EstateError;
use crate::estate::build::stamp;
use crate::estate::model::{Application, Credential, Model, User};

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
    pages(&dir.join("users.json"), &COLLECTION, live.map(user))?;
    let deleted = model.users.iter().filter(|u| u.deleted).map(|u| {
        let mut record = user(u);
        record["deletedDateTime"] = json!(stamp(model.days_ago(12)));
        record
    });
    pages(&dir.join("deleted-users.json"), &COLLECTION, deleted)?;
    pages(&dir.join("groups.json"), &COLLECTION, groups(model))?;
    for group in &model.groups {
        let members = group.members.iter().map(|m| principal(&model.users[*m]));
        let others = group
            .others
            .iter()
            .map(|(kind, id)| json!({"@odata.type": kind, "id": id.to_string()}));
        let file = format!("{}.json", group.id);
        pages(
            &dir.join("group-members").join(&file),
            &EDGES,
            members.chain(others),
        )?;
        let owners = group.owners.iter().map(|o| principal(&model.users[*o]));
        pages(&dir.join("group-owners").join(&file), &EDGES, owners)?;
    }
    let applications = model.applications.iter().map(|a| application(model, a));
    pages(&dir.join("applications.json"), &COLLECTION, applications)?;
    let principals = model.applications.iter().map(|a| {
        json!({
            "id": model.id("service principal", &a.name).to_string(),
            "appId": model.id("client", &a.name).to_string(),
            "displayName": a.name,
            "accountEnabled": true,
            "passwordCredentials": [],
            "keyCredentials": [],
        })
    });
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

fn user(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "userPrincipalName": user.principal,
        "mail": user.mail,
        "displayName": user.principal.split(['@', '#']).next(),
        "accountEnabled": user.enabled,
        "userType": if user.guest { "Guest" } else { "Member" },
        "createdDateTime": stamp(user.created),
    })
}

/// As members pages print it: without what was not asked for.
fn principal(user: &User) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": user.id.to_string()})
}

fn groups(model: &Model) -> impl Iterator<Item = Value> + '_ {
    let rest = model.size.groups.saturating_sub(model.groups.len());
    let plain = (0..rest).map(|n| {
        let name = format!("share-{n}-readers");
        json!({
            "id": model.id("group", &name).to_string(),
            "displayName": name,
            "createdDateTime": stamp(model.days_ago(900)),
            "securityEnabled": true,
            "groupTypes": [],
        })
    });
    model
        .groups
        .iter()
        .map(|g| {
            json!({
                "id": g.id.to_string(),
                "displayName": g.name,
                "description": null,
                "createdDateTime": stamp(g.created),
                "securityEnabled": true,
                "mailEnabled": false,
                "groupTypes": [],
                "membershipRule": null,
                "onPremisesSyncEnabled": null,
            })
        })
        .chain(plain)
}

fn application(model: &Model, app: &Application) -> Value {
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

fn events(model: &Model) -> impl Iterator<Item = Value> + '_ {
    model.entra_events.iter().enumerate().map(|(n, e)| {
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
    })
}
