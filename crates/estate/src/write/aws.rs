//! Output of the AWS command line.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::page::{Form, documents, pages, text};
use crate::build::{day, stamp};
use crate::error::EstateError;
use crate::model::{Account, Assignment, IcApplication, IcGroup, IcUser, Model, Principal, Secret};
use crate::names::{DISGUISED, HUB, LEVELS, LONG, REGION, permission_set_arn, permission_sets};

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
    let sets = permission_sets().into_iter();
    let sets = sets.map(|name| json!({"PermissionSet": described(model, &name)}));
    documents(&dir.join("sso-permission-sets.json"), sets)?;
    let assignments = model.assignments.iter().map(|a| assignment(model, a));
    pages(
        &dir.join("sso-account-assignments.json"),
        &list("{\"AccountAssignments\":["),
        assignments,
    )?;
    for name in permission_sets() {
        let arn = permission_set_arn(&name);
        let id = arn.rsplit('/').next().unwrap_or(&arn);
        let answers = json!({
            "AttachedManagedPolicies": [policy(&name)],
            "CustomerManagedPolicyReferences": [],
            "InlinePolicy": "",
        });
        let file = format!("sso-permission-set-policies/{id}.json");
        documents(&dir.join(file), std::iter::once(answers))?;
    }
    provisioned(model, dir)?;
    applications(model, dir)?;
    let accounts = model.accounts.iter().map(|a| account(model, a));
    pages(
        &dir.join("organizations-accounts.json"),
        &Form {
            per_page: 20,
            ..list("{\"Accounts\":[")
        },
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
        model
            .secrets
            .iter()
            .filter(|s| dated(s))
            .map(|s| versions(model, s)),
    )?;
    copies(model, dir)?;
    text(
        &dir.join(format!("iam-credential-report/{HUB}.csv")),
        &credential_report(model, HUB),
    )?;
    let roles: Vec<Value> = roles(model, HUB).iter().map(Role::json).collect();
    let file = format!("iam-roles/{HUB}.json");
    documents(
        &dir.join(file),
        std::iter::once(json!({"RoleDetailList": roles})),
    )?;
    pages(
        &dir.join("cloudtrail-events.json"),
        &list("{\"Events\":["),
        trail(model),
    )
}

/// Where each permission set is provisioned, in a file of its own.
fn provisioned(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let provisioned = model.provisioned();
    for name in permission_sets() {
        let arn = permission_set_arn(&name);
        let id = arn.rsplit('/').next().unwrap_or(&arn);
        let accounts = provisioned.get(name.as_str()).into_iter().flatten();
        pages(
            &dir.join(format!("sso-permission-set-accounts/{id}.json")),
            &list("{\"AccountIds\":["),
            accounts.map(|account| json!(account)),
        )?;
    }
    Ok(())
}

/// The applications, and who is assigned to each in a file of its own.
fn applications(model: &Model, dir: &Path) -> Result<(), EstateError> {
    pages(
        &dir.join("sso-applications.json"),
        &list("{\"Applications\":["),
        model.ic_applications.iter().map(|a| application(model, a)),
    )?;
    for a in &model.ic_applications {
        let arn = application_arn(model, a);
        let id = arn.rsplit('/').next().unwrap_or(&arn);
        pages(
            &dir.join(format!("sso-application-assignments/{id}.json")),
            &list("{\"ApplicationAssignments\":["),
            a.assigned
                .iter()
                .map(|p| application_assignment(model, a, p)),
        )?;
    }
    Ok(())
}

/// What another account holds of the same names.
fn copies(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let Some(account) = model.accounts.first() else {
        return Ok(());
    };
    let held: Vec<(Value, Value)> = model
        .copied
        .iter()
        .filter_map(|(name, at)| {
            let home = model.secrets.iter().find(|s| s.name == *name)?;
            let (mut record, mut version) = (secret(model, home), versions(model, home));
            let arn = arn(home).replace(HUB, &account.id);
            record["ARN"] = json!(arn);
            version["ARN"] = json!(arn);
            version["Versions"][0]["CreatedDate"] = json!(stamp(*at));
            Some((record, version))
        })
        .collect();
    if held.is_empty() {
        return Ok(());
    }
    let place = format!("{}/{REGION}.json", account.id);
    let (secrets, versions): (Vec<Value>, Vec<Value>) = held.into_iter().unzip();
    pages(
        &dir.join("secrets").join(&place),
        &list("{\"SecretList\":["),
        secrets.into_iter(),
    )?;
    documents(
        &dir.join("secret-versions").join(&place),
        versions.into_iter(),
    )
}

/// The credential report of an account: the root user, and somebody for emergencies.
pub(crate) fn credential_report(model: &Model, account: &str) -> String {
    let created = stamp(model.days_ago(1100));
    let rotated = stamp(model.days_ago(30));
    let used = stamp(model.days_ago(3));
    let none = "N/A,N/A,N/A";
    let mut report = format!(
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n<root_account>,arn:aws:iam::{account}:root,{created},not_supported,no_information,not_supported,not_supported,true,false,{none},N/A,false,{none},N/A,false,N/A,false,N/A\nemergency,arn:aws:iam::{account}:user/emergency,{created},true,{used},{created},N/A,true,true,{rotated},{used},{REGION},sts,false,{none},N/A,false,N/A,false,N/A\n"
    );
    for key in model.access_keys.iter().filter(|_| account == HUB) {
        let made = stamp(key.made);
        let used = match key.used {
            Some(at) => format!("{},{REGION},sts", stamp(at)),
            None => none.to_owned(),
        };
        let _ = writeln!(
            report,
            "{user},arn:aws:iam::{account}:user/{user},{created},false,N/A,N/A,N/A,false,true,{made},{used},false,{none},N/A,false,N/A,false,N/A",
            user = key.user
        );
    }
    report
}

/// A role and when it was last used.
#[derive(Debug)]
pub(crate) struct Role {
    pub path: String,
    pub name: String,
    pub created: DateTime<Utc>,
    pub used: Option<DateTime<Utc>>,
}

impl Role {
    fn json(&self) -> Value {
        json!({
            "Path": self.path,
            "RoleName": self.name,
            "Arn": format!("arn:aws:iam::{HUB}:role{}{}", self.path, self.name),
            "CreateDate": stamp(self.created),
            "RoleLastUsed": self.used.map_or_else(|| json!({}), |at| json!({"LastUsedDate": stamp(at), "Region": REGION})),
        })
    }
}

/// Roles of an account: those that its permission sets made, and one of its own.
pub(crate) fn roles(model: &Model, account: &str) -> Vec<Role> {
    let of_account = model
        .assignments
        .iter()
        .filter(|a| model.accounts[a.account].id == account);
    let sets: std::collections::BTreeSet<&str> = of_account.map(|a| a.permission_set).collect();
    let reserved = sets.into_iter().map(|set| Role {
        path: format!("/aws-reserved/sso.amazonaws.com/{REGION}/"),
        name: format!(
            "AWSReservedSSO_{set}_{:016x}",
            model.id("role", set).as_u128() >> 64
        ),
        created: model.days_ago(800),
        used: Some(model.days_ago(if model.idle.contains(&set) { 120 } else { 2 })),
    });
    let own = Role {
        path: "/".to_owned(),
        name: "sync-job".to_owned(),
        created: model.days_ago(900),
        used: Some(model.days_ago(1)),
    };
    reserved.chain(std::iter::once(own)).collect()
}

/// A management event.
struct Called {
    at: DateTime<Utc>,
    source: &'static str,
    name: &'static str,
    resource: String,
    actor: &'static str,
    parameters: Value,
}

/// Management events, newest first: writes of the sync and of whoever rotates.
pub(crate) fn trail(model: &Model) -> impl Iterator<Item = Value> {
    let recent = model.days_ago(90);
    let own = |s: &&Secret| s.current > recent && !s.replica;
    let written = model.secrets.iter().filter(own).map(|secret| Called {
        at: secret.current,
        source: "secretsmanager.amazonaws.com",
        name: "PutSecretValue",
        resource: secret.name.clone(),
        actor: "platform-engineer",
        parameters: json!({"secretId": secret.name}),
    });
    let young = model.memberships.iter();
    let young = young.filter(|m| m.created > model.days_ago(2));
    let joined = young.take(120).map(|m| {
        let group = model.ic_groups[m.group].id.to_string();
        let user = model.ic_users[m.user].id.to_string();
        Called {
            at: m.created,
            source: "identitystore.amazonaws.com",
            name: "CreateGroupMembership",
            parameters: json!({"groupId": group, "memberId": {"userId": user}}),
            resource: group,
            actor: "sync-job",
        }
    });
    let others = model.trail.iter().map(|event| Called {
        at: event.at,
        source: event.source,
        name: event.name,
        resource: event.resource.clone(),
        actor: event.actor.unwrap_or("platform-engineer"),
        parameters: if event.parameters.is_empty() {
            json!({"secretId": event.resource})
        } else {
            let named = event.parameters.iter();
            named.map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
        },
    });
    let mut events: Vec<Called> = written.chain(joined).chain(others).collect();
    events.sort_by(|a, b| {
        let key = |e: &Called| (e.at, e.source, e.name, e.resource.clone(), e.actor);
        key(b).cmp(&key(a))
    });
    let described: Vec<Value> = events.iter().enumerate().map(event).collect();
    described.into_iter()
}

fn event((n, called): (usize, &Called)) -> Value {
    let Called {
        at,
        source,
        name,
        resource,
        actor,
        parameters,
    } = called;
    let arn = format!("arn:aws:sts::{HUB}:assumed-role/{actor}/session");
    let detail = json!({
        "eventVersion": "1.11",
        "eventTime": stamp(*at),
        "eventSource": source,
        "eventName": name,
        "userIdentity": {"type": "AssumedRole", "arn": arn},
        "recipientAccountId": HUB,
        "awsRegion": REGION,
        "requestParameters": parameters,
    });
    json!({
        "EventId": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{n}/{at}/{name}/{resource}").as_bytes()).to_string(),
        "EventName": name,
        "EventTime": stamp(*at),
        "EventSource": source,
        "Username": actor,
        "Resources": [{"ResourceName": resource, "ResourceType": "simulated"}],
        "CloudTrailEvent": detail.to_string(),
    })
}

fn directory(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let users = model.ic_users.iter().map(user);
    pages(
        &dir.join("identitystore-users.json"),
        &list("{\"Users\":["),
        users,
    )?;
    let groups = model.ic_groups.iter().map(group);
    pages(
        &dir.join("identitystore-groups.json"),
        &list("{\"Groups\":["),
        groups,
    )?;
    let of_group = memberships(model);
    let lists = of_group
        .into_iter()
        .map(|list| json!({"GroupMemberships": list}));
    documents(&dir.join("identitystore-group-memberships.json"), lists)
}

pub(crate) fn described(model: &Model, name: &str) -> Value {
    json!({
        "Name": name,
        "PermissionSetArn": permission_set_arn(name),
        "CreatedDate": stamp(model.days_ago(1200)),
        "SessionDuration": match name {
            LONG => "PT12H",
            _ if LEVELS.iter().any(|l| l.1 == name && l.2) => "PT1H",
            _ => "PT8H",
        },
    })
}

/// Kind and id of a principal.
fn principal(model: &Model, principal: &Principal) -> (&'static str, uuid::Uuid) {
    match principal {
        Principal::Group(g) => ("GROUP", model.ic_groups[*g].id),
        Principal::User(u) => ("USER", model.ic_users[*u].id),
        Principal::Gone(id) => ("GROUP", *id),
    }
}

pub(crate) fn application_arn(model: &Model, a: &IcApplication) -> String {
    let id = model.id("application of identity center", a.name).as_u128() >> 64;
    format!("arn:aws:sso::{HUB}:application/ssoins-0000000000000000/apl-{id:016x}")
}

pub(crate) fn application(model: &Model, a: &IcApplication) -> Value {
    json!({
        "ApplicationArn": application_arn(model, a),
        "ApplicationProviderArn": "arn:aws:sso::aws:applicationProvider/custom-saml",
        "Name": a.name,
        "ApplicationAccount": a.account,
        "InstanceArn": "arn:aws:sso:::instance/ssoins-0000000000000000",
        "Status": if a.enabled { "ENABLED" } else { "DISABLED" },
        "PortalOptions": {"Visibility": "ENABLED"},
        "CreatedDate": stamp(model.days_ago(600)),
    })
}

pub(crate) fn application_assignment(
    model: &Model,
    a: &IcApplication,
    assigned: &Principal,
) -> Value {
    let (kind, id) = principal(model, assigned);
    json!({
        "ApplicationArn": application_arn(model, a),
        "PrincipalId": id.to_string(),
        "PrincipalType": kind,
    })
}

pub(crate) fn assignment(model: &Model, a: &Assignment) -> Value {
    let (kind, id) = principal(model, &a.principal);
    json!({
        "AccountId": model.accounts[a.account].id,
        "PermissionSetArn": permission_set_arn(a.permission_set),
        "PrincipalType": kind,
        "PrincipalId": id.to_string(),
    })
}

pub(crate) fn account(model: &Model, a: &Account) -> Value {
    let state = if model.closed.contains(&a.id) {
        "SUSPENDED"
    } else {
        "ACTIVE"
    };
    json!({
        "Id": a.id,
        "Arn": format!("arn:aws:organizations::{HUB}:account/o-example/{}", a.id),
        "Email": format!("{}@aws.example.gov.uk", a.name),
        "Name": a.name,
        "State": state,
        "Status": state,
        "Paths": [format!("o-example/r-exam/ou-exam-{}/{}/", a.environment, a.id)],
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": stamp(model.days_ago(1100)),
    })
}

pub(crate) fn user(u: &IcUser) -> Value {
    json!({
        "UserId": u.id.to_string(),
        "UserName": u.name,
        "DisplayName": u.name,
        "Name": {"GivenName": u.name, "FamilyName": u.name},
        "Emails": [{"Value": u.name, "Type": u.kind, "Primary": true}],
        "UserStatus": if u.enabled { "ENABLED" } else { "DISABLED" },
        "CreatedAt": stamp(u.created),
        "UpdatedAt": stamp(u.created),
    })
}

pub(crate) fn group(g: &IcGroup) -> Value {
    json!({
        "GroupId": g.id.to_string(),
        "DisplayName": g.name,
        "CreatedAt": stamp(g.created),
        "UpdatedAt": stamp(g.created),
    })
}

/// Memberships by group, in the order of the groups.
pub(crate) fn memberships(model: &Model) -> Vec<Vec<Value>> {
    let mut of_group: Vec<Vec<Value>> = vec![Vec::new(); model.ic_groups.len()];
    for m in &model.memberships {
        let (group, user) = (model.ic_groups[m.group].id, model.ic_users[m.user].id);
        of_group[m.group].push(membership(group, user, &stamp(m.created)));
    }
    for (group, user) in &model.dangling {
        let at = stamp(model.days_ago(45));
        of_group[*group].push(membership(model.ic_groups[*group].id, *user, &at));
    }
    of_group
}

pub(crate) fn policy(name: &str) -> Value {
    let name = if name == DISGUISED { LEVELS[0].1 } else { name };
    json!({"Name": name, "Arn": format!("arn:aws:iam::aws:policy/{name}")})
}

pub(crate) fn membership(group: uuid::Uuid, user: uuid::Uuid, created: &str) -> Value {
    json!({
        "MembershipId": uuid::Uuid::new_v5(&group, user.as_bytes()).to_string(),
        "GroupId": group.to_string(),
        "MemberId": {"UserId": user.to_string()},
        "CreatedAt": created,
    })
}

pub(crate) fn arn(secret: &Secret) -> String {
    format!(
        "arn:aws:secretsmanager:{REGION}:{HUB}:secret:{}-Ab1Cd2",
        secret.name
    )
}

pub(crate) fn secret(model: &Model, secret: &Secret) -> Value {
    let mut record = json!({
        "ARN": arn(secret),
        "Name": secret.name,
        "CreatedDate": stamp(secret.created),
        "LastChangedDate": stamp(secret.changed),
        "RotationEnabled": secret.rotation == Some(true),
    });
    if secret.rotation.is_some() {
        record["RotationRules"] = json!({"AutomaticallyAfterDays": 30});
    }
    if let Some(read) = secret.read {
        record["LastAccessedDate"] = json!(format!("{}T00:00:00Z", day(read)));
    }
    if let Some(description) = &secret.description {
        record["Description"] = json!(description);
    }
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

/// Whether its age matters: what is copied, owned by a service or going is no
/// credential.
fn dated(secret: &Secret) -> bool {
    secret.owning_service.is_none() && !secret.replica && !secret.deleted
}

pub(crate) fn versions(model: &Model, secret: &Secret) -> Value {
    json!({
        "ARN": arn(secret),
        "Name": secret.name,
        "Versions": [
            {
                "VersionId": model.id("version", &format!("{}/{}", secret.name, stamp(secret.current))).to_string(),
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
