//! Output of the AWS command line.

use std::path::Path;

use serde_json::{Value, json};

use super::{Form, documents, pages};
use crate::estate::EstateError;
use crate::estate::build::stamp;
use crate::estate::model::{Model, Principal, Secret};
use crate::estate::names::{HUB, REGION, permission_set_arn, permission_sets};

const fn list(open: &'static str) -> Form {
    Form {
        open,
        more: "],\"NextToken\":\"next\"}",
        last: "]}",
        per_page: 100,
    }
}

pub(super) fn write(model: &Model, dir: &Path) -> Result<(), EstateError> {
    directory(model, dir)?;
    let sets = permission_sets().into_iter().map(|name| {
        json!({"PermissionSet": {
            "Name": name,
            "PermissionSetArn": permission_set_arn(&name),
            "CreatedDate": stamp(model.days_ago(1200)),
            "SessionDuration": "PT8H",
        }})
    });
    documents(&dir.join("sso-permission-sets.json"), sets)?;
    let assignments = model.assignments.iter().map(|a| {
        let (kind, id) = match &a.principal {
            Principal::Group(g) => ("GROUP", model.ic_groups[*g].id),
            Principal::User(u) => ("USER", model.ic_users[*u].id),
            Principal::Gone(id) => ("GROUP", *id),
        };
        json!({
            "AccountId": model.accounts[a.account].id,
            "PermissionSetArn": permission_set_arn(a.permission_set),
            "PrincipalType": kind,
            "PrincipalId": id.to_string(),
        })
    });
    pages(
        &dir.join("sso-account-assignments.json"),
        &list("{\"AccountAssignments\":["),
        assignments,
    )?;
    for name in permission_sets() {
        let arn = permission_set_arn(&name);
        let id = arn.rsplit('/').next().unwrap_or(&arn);
        let policy = json!({"AttachedManagedPolicies": [
            {"Name": name, "Arn": format!("arn:aws:iam::aws:policy/{name}")}
        ]});
        let file = format!("sso-permission-set-policies/{id}.json");
        documents(&dir.join(file), std::iter::once(policy))?;
    }
    let accounts = model.accounts.iter().map(|a| {
        json!({
            "Id": a.id,
            "Arn": format!("arn:aws:organizations::{HUB}:account/o-example/{}", a.id),
            "Email": format!("{}@aws.example.gov.uk", a.name),
            "Name": a.name,
            "Status": "ACTIVE",
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": stamp(model.days_ago(1100)),
        })
    });
    pages(
        &dir.join("organizations-accounts.json"),
        &list("{\"Accounts\":["),
        accounts,
    )?;
    let place = format!("{HUB}/{REGION}.json");
    pages(
        &dir.join("secrets").join(&place),
        &list("{\"SecretList\":["),
        model.secrets.iter().map(|s| secret(model, s)),
    )?;
    documents(
        &dir.join("secret-versions").join(&place),
        model.secrets.iter().map(|s| versions(model, s)),
    )
}

fn directory(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let users = model.ic_users.iter().map(|u| {
        json!({
            "UserId": u.id.to_string(),
            "UserName": u.name,
            "DisplayName": u.name,
            "Name": {"GivenName": u.name, "FamilyName": u.name},
            "Emails": [{"Value": u.name, "Type": u.kind, "Primary": true}],
            "UserStatus": "ENABLED",
            "CreatedAt": stamp(u.created),
            "UpdatedAt": stamp(u.created),
        })
    });
    pages(
        &dir.join("identitystore-users.json"),
        &list("{\"Users\":["),
        users,
    )?;
    let groups = model.ic_groups.iter().map(|g| {
        json!({
            "GroupId": g.id.to_string(),
            "DisplayName": g.name,
            "CreatedAt": stamp(g.created),
            "UpdatedAt": stamp(g.created),
        })
    });
    pages(
        &dir.join("identitystore-groups.json"),
        &list("{\"Groups\":["),
        groups,
    )?;
    let mut of_group: Vec<Vec<Value>> = vec![Vec::new(); model.ic_groups.len()];
    for m in &model.memberships {
        let (group, user) = (model.ic_groups[m.group].id, model.ic_users[m.user].id);
        of_group[m.group].push(membership(group, user, &stamp(m.created)));
    }
    for (group, user) in &model.dangling {
        let at = stamp(model.days_ago(45));
        of_group[*group].push(membership(model.ic_groups[*group].id, *user, &at));
    }
    let lists = of_group
        .into_iter()
        .map(|list| json!({"GroupMemberships": list}));
    documents(&dir.join("identitystore-group-memberships.json"), lists)
}

fn membership(group: uuid::Uuid, user: uuid::Uuid, created: &str) -> Value {
    json!({
        "MembershipId": uuid::Uuid::new_v5(&group, user.as_bytes()).to_string(),
        "GroupId": group.to_string(),
        "MemberId": {"UserId": user.to_string()},
        "CreatedAt": created,
    })
}

fn arn(secret: &Secret) -> String {
    format!(
        "arn:aws:secretsmanager:{REGION}:{HUB}:secret:{}-Ab1Cd2",
        secret.name
    )
}

fn secret(model: &Model, secret: &Secret) -> Value {
    let mut record = json!({
        "ARN": arn(secret),
        "Name": secret.name,
        "CreatedDate": stamp(secret.created),
        "LastChangedDate": stamp(secret.changed),
        "RotationEnabled": false,
    });
    if let Some(rotated) = secret.rotated {
        record["LastRotatedDate"] = json!(stamp(rotated));
    }
    if secret.deleted {
        record["DeletedDate"] = json!(stamp(model.days_ago(2)));
    }
    if let Some(service) = secret.owning_service {
        record["OwningService"] = json!(service);
    }
    if secret.replica {
        record["PrimaryRegion"] = json!("eu-west-1");
    }
    record
}

fn versions(model: &Model, secret: &Secret) -> Value {
    json!({
        "ARN": arn(secret),
        "Name": secret.name,
        "Versions": [
            {
                "VersionId": model.id("version", &format!("{}/current", secret.name)).to_string(),
                "VersionStages": ["AWSCURRENT"],
                // As older clients print it.
                "CreatedDate": stamp(secret.current),
            },
            {
                "VersionId": model.id("version", &format!("{}/previous", secret.name)).to_string(),
                "VersionStages": ["AWSPREVIOUS"],
                "CreatedDate": stamp(secret.created),
            },
        ],
    })
}
