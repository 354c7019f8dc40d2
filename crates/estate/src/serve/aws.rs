//! AWS: the JSON protocols of Identity Center, Organizations, Secrets Manager
//! and CloudTrail, and the query protocol with XML of STS and IAM. One address
//! for all, told apart by the target and the action.

mod query;

use serde_json::{Value, json};

use super::desk::Desk;
use super::wire::{Answer, Asked};
use crate::build::stamp;
use crate::model::Principal;
use crate::names::{HUB, permission_set_arn, permission_sets};
use crate::write::aws as shape;

const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-0000000000000000";
const STORE: &str = "d-0000000000";

/// Services by the first part of a target: name, and bucket.
const TARGETS: [(&str, &str, &str); 5] = [
    ("AWSIdentityStore", "identitystore", "identitystore"),
    ("SWBExternalService", "SSO Admin", "sso-admin"),
    (
        "AWSOrganizationsV20161128",
        "Organizations",
        "organizations",
    ),
    ("secretsmanager", "Secrets Manager", "secretsmanager"),
    ("CloudTrail_20131101", "CloudTrail", "cloudtrail"),
];
/// Times, which these protocols print as seconds.
const TIMES: [&str; 11] = [
    "CreatedDate",
    "LastChangedDate",
    "LastRotatedDate",
    "LastAccessedDate",
    "NextRotationDate",
    "DeletedDate",
    "JoinedTimestamp",
    "CreatedAt",
    "UpdatedAt",
    "EventTime",
    "CreateDate",
];

fn error(status: u16, kind: &str, text: &str) -> Answer {
    Answer::json(
        status,
        &json!({"__type": kind, "message": text, "Message": text}),
    )
    .with("x-amzn-errortype", kind)
}

/// Whose key signed a request: the account that it belongs to.
fn caller(desk: &Desk, asked: &Asked) -> Option<String> {
    let signed = asked.header("authorization")?;
    let key = signed.split_once("Credential=")?.1.split('/').next()?;
    if key == desk.behaviour.keys.aws.0 {
        return Some(HUB.to_owned());
    }
    // Keys of assumed roles carry the account.
    let account = key.strip_prefix("ASIA")?;
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then(|| account.to_owned())
}

/// The Region that a request is signed for.
fn region(asked: &Asked) -> Option<&str> {
    asked
        .header("authorization")?
        .split_once("Credential=")?
        .1
        .split('/')
        .nth(2)
}

/// Answers a request to AWS.
pub(super) fn answer(desk: &Desk, asked: &Asked) -> (String, Answer) {
    let Some(target) = asked.header("x-amz-target") else {
        return query::answer(desk, asked, caller(desk, asked).as_deref());
    };
    let (service, name) = target.rsplit_once('.').unwrap_or(("", target));
    let Some((_, service, bucket)) = TARGETS.iter().find(|t| service.ends_with(t.0)) else {
        return (
            target.to_owned(),
            error(400, "UnknownOperationException", "no such service"),
        );
    };
    let operation = format!("{service}.{name}");
    let Some(account) = caller(desk, asked) else {
        return (
            operation,
            error(
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
        );
    };
    if desk.take(bucket, 1.0).is_err() {
        return (
            operation,
            error(400, "ThrottlingException", "Rate exceeded"),
        );
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let answered = match *service {
        "identitystore" => directory(desk, name, &body),
        "SSO Admin" => sso(desk, name, &body),
        "Organizations" => organizations(desk, name, &body),
        "Secrets Manager" => secrets(
            desk,
            name,
            &body,
            &account,
            region(asked).unwrap_or_default(),
        ),
        _ => trail(desk, name, &body),
    };
    let answer = match answered {
        Ok(mut value) => {
            seconds(&mut value);
            Answer::json(200, &value).with("content-type", "application/x-amz-json-1.1")
        }
        Err(answer) => answer,
    };
    (operation, answer)
}

type Answered = Result<Value, Answer>;

fn refuse(kind: &str, text: &str) -> Answer {
    error(400, kind, text)
}

/// Turns times into seconds since 1970.
fn seconds(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                let time = item.as_str().filter(|_| TIMES.contains(&key.as_str()));
                if let Some(at) = time.and_then(|t| chrono::DateTime::parse_from_rfc3339(t).ok()) {
                    *item = json!(at.timestamp());
                } else {
                    seconds(item);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(seconds),
        _ => {}
    }
}

/// A page of a list: at most so many, by default so many.
fn list(
    body: &Value,
    key: &str,
    most: usize,
    count: usize,
    item: impl Fn(usize) -> Value,
) -> Answered {
    let asked = body
        .get("MaxResults")
        .and_then(Value::as_u64)
        .map(usize::try_from);
    let size = match asked {
        None => most,
        Some(Ok(n)) if (1..=most).contains(&n) => n,
        Some(_) => {
            return Err(refuse(
                "ValidationException",
                "maxResults is not within its bounds",
            ));
        }
    };
    let from = match body.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => match token
            .strip_prefix("token-")
            .and_then(|t| t.parse::<usize>().ok())
        {
            Some(from) => from.min(count),
            None => return Err(refuse("ValidationException", "The token is invalid")),
        },
    };
    let end = (from + size).min(count);
    let mut page = json!({});
    page[key] = (from..end).map(item).collect();
    if end < count {
        page["NextToken"] = json!(format!("token-{end}"));
    }
    Ok(page)
}

fn text<'a>(body: &'a Value, key: &str) -> &'a str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn directory(desk: &Desk, name: &str, body: &Value) -> Answered {
    let model = &desk.model;
    if text(body, "IdentityStoreId") != STORE {
        return Err(refuse(
            "ResourceNotFoundException",
            "IDENTITY_STORE not found",
        ));
    }
    match name {
        "ListUsers" => list(body, "Users", 100, model.ic_users.len(), |n| {
            let mut user = shape::user(&model.ic_users[n]);
            user["IdentityStoreId"] = json!(STORE);
            user
        }),
        "ListGroups" => list(body, "Groups", 100, model.ic_groups.len(), |n| {
            let mut group = shape::group(&model.ic_groups[n]);
            group["IdentityStoreId"] = json!(STORE);
            group
        }),
        "ListGroupMemberships" => {
            let Some(group) = desk.index.ic_groups.get(text(body, "GroupId")).copied() else {
                return Err(refuse("ResourceNotFoundException", "GROUP not found"));
            };
            let id = model.ic_groups[group].id;
            let places = &desk.index.memberships[group];
            let gone: Vec<uuid::Uuid> = model
                .dangling
                .iter()
                .filter(|d| d.0 == group)
                .map(|d| d.1)
                .collect();
            list(
                body,
                "GroupMemberships",
                100,
                places.len() + gone.len(),
                |n| {
                    let mut record = match places.get(n) {
                        Some(m) => {
                            let m = &model.memberships[*m];
                            shape::membership(id, model.ic_users[m.user].id, &stamp(m.created))
                        }
                        None => shape::membership(
                            id,
                            gone[n - places.len()],
                            &stamp(model.days_ago(45)),
                        ),
                    };
                    record["IdentityStoreId"] = json!(STORE);
                    record
                },
            )
        }
        _ => Err(refuse("UnknownOperationException", "not simulated")),
    }
}

fn sso(desk: &Desk, name: &str, body: &Value) -> Answered {
    let model = &desk.model;
    if name == "ListInstances" {
        let instance = json!({
            "InstanceArn": INSTANCE,
            "IdentityStoreId": STORE,
            "OwnerAccountId": HUB,
            "Status": "ACTIVE",
            "CreatedDate": stamp(model.days_ago(1200)),
        });
        return Ok(json!({"Instances": [instance]}));
    }
    if name == "ListApplicationAssignments" {
        let arn = text(body, "ApplicationArn");
        let mut all = model.ic_applications.iter();
        let Some(found) = all.find(|a| shape::application_arn(model, a) == arn) else {
            return Err(refuse("ResourceNotFoundException", "application not found"));
        };
        let key = "ApplicationAssignments";
        return list(body, key, 100, found.assigned.len(), |n| {
            shape::application_assignment(model, found, &found.assigned[n])
        });
    }
    if text(body, "InstanceArn") != INSTANCE {
        return Err(refuse("ResourceNotFoundException", "instance not found"));
    }
    let sets = permission_sets();
    let arn = text(body, "PermissionSetArn");
    let set = sets.iter().find(|s| permission_set_arn(s) == arn);
    if !arn.is_empty() && set.is_none() {
        return Err(refuse(
            "ResourceNotFoundException",
            "permission set not found",
        ));
    }
    let set = set.map_or("", String::as_str);
    let record = |n: &usize| shape::assignment(model, &model.assignments[*n]);
    match name {
        "ListApplications" => {
            let all = &model.ic_applications;
            list(body, "Applications", 100, all.len(), |n| {
                shape::application(model, &all[n])
            })
        }
        "ListPermissionSets" => list(body, "PermissionSets", 100, sets.len(), |n| {
            json!(permission_set_arn(&sets[n]))
        }),
        "DescribePermissionSet" => Ok(json!({"PermissionSet": shape::described(model, set)})),
        "ListManagedPoliciesInPermissionSet" => {
            list(body, "AttachedManagedPolicies", 100, 1, |_| {
                shape::policy(set)
            })
        }
        "ListCustomerManagedPolicyReferencesInPermissionSet" => {
            list(body, "CustomerManagedPolicyReferences", 100, 0, |_| {
                Value::Null
            })
        }
        "GetInlinePolicyForPermissionSet" => Ok(json!({"InlinePolicy": ""})),
        "GetPermissionsBoundaryForPermissionSet" => Err(refuse(
            "ResourceNotFoundException",
            "PermissionsBoundary not present",
        )),
        "ListAccountsForProvisionedPermissionSet" => {
            let of_set = desk.index.pairs.keys().filter(|(_, s)| s == arn);
            let accounts: Vec<&String> = of_set.map(|(account, _)| account).collect();
            list(body, "AccountIds", 100, accounts.len(), |n| {
                json!(accounts[n])
            })
        }
        "ListAccountAssignments" => {
            let pair = (text(body, "AccountId").to_owned(), arn.to_owned());
            let rows = desk.index.pairs.get(&pair).map_or(&[][..], Vec::as_slice);
            list(body, "AccountAssignments", 100, rows.len(), |n| {
                record(&rows[n])
            })
        }
        "ListAccountAssignmentsForPrincipal" => {
            let id = text(body, "PrincipalId");
            let mut rows = desk.index.principals.get(id).cloned().unwrap_or_default();
            if text(body, "PrincipalType") == "USER" {
                // What comes by groups as well, with the group as its principal.
                for group in desk.index.groups_of_user.get(id).into_iter().flatten() {
                    rows.extend(desk.index.principals.get(group).into_iter().flatten());
                }
            } else {
                rows.retain(|r| !matches!(model.assignments[*r].principal, Principal::User(_)));
            }
            list(body, "AccountAssignments", 100, rows.len(), |n| {
                record(&rows[n])
            })
        }
        _ => Err(refuse("UnknownOperationException", "not simulated")),
    }
}

fn organizations(desk: &Desk, name: &str, body: &Value) -> Answered {
    let model = &desk.model;
    match name {
        "ListAccounts" => list(body, "Accounts", 20, model.accounts.len(), |n| {
            shape::account(model, &model.accounts[n])
        }),
        "DescribeOrganization" => Ok(json!({"Organization": {
            "Id": "o-example",
            "FeatureSet": "ALL",
            "MasterAccountId": HUB,
        }})),
        _ => Err(refuse("UnknownOperationException", "not simulated")),
    }
}

fn secrets(desk: &Desk, name: &str, body: &Value, account: &str, region: &str) -> Answered {
    let model = &desk.model;
    let here: Vec<usize> = if account == HUB && region == crate::names::REGION {
        (0..model.secrets.len())
            .filter(|n| {
                !model.secrets[*n].deleted
                    || body.get("IncludePlannedDeletion") == Some(&json!(true))
            })
            .collect()
    } else {
        Vec::new()
    };
    match name {
        "ListSecrets" => list(body, "SecretList", 100, here.len(), |n| {
            shape::secret(model, &model.secrets[here[n]])
        }),
        "ListSecretVersionIds" => {
            let id = text(body, "SecretId");
            let found = model
                .secrets
                .iter()
                .find(|s| shape::arn(s) == id || s.name == id);
            let Some(secret) = found.filter(|_| account == HUB) else {
                return Err(refuse(
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret.",
                ));
            };
            Ok(shape::versions(model, secret))
        }
        _ => Err(refuse("UnknownOperationException", "not simulated")),
    }
}

fn trail(desk: &Desk, name: &str, body: &Value) -> Answered {
    if name != "LookupEvents" {
        return Err(refuse("UnknownOperationException", "not simulated"));
    }
    let attributes = body
        .get("LookupAttributes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let [attribute] = attributes.as_slice() else {
        return Err(refuse(
            "InvalidLookupAttributesException",
            "one attribute is looked up at a time",
        ));
    };
    let (key, wanted) = (
        text(attribute, "AttributeKey"),
        text(attribute, "AttributeValue"),
    );
    if key != "EventName" {
        return Err(refuse(
            "InvalidLookupAttributesException",
            "only names of events are simulated",
        ));
    }
    let since = body.get("StartTime").and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let late = |e: &Value| {
        let at = chrono::DateTime::parse_from_rfc3339(text(e, "EventTime"));
        since.is_none_or(|since| at.is_ok_and(|at| at.timestamp() as f64 >= since))
    };
    let all: Vec<Value> = shape::trail(&desk.model)
        .filter(|e| e["EventName"] == wanted && late(e))
        .collect();
    list(body, "Events", 50, all.len(), |n| all[n].clone())
}
