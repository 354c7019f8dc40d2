//! CloudTrail: the events that tell who changed what.

use std::sync::{Mutex, PoisonError};

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::cursor::{Cursor, append, page, walk};
use super::places::{Place, visit};
use super::{Clients, Context, Lost, moment};
use crate::collect::http::CallError;
use crate::collect::live::spool::Pages;
use crate::collect::operations::LOOKUP_EVENTS;
use crate::dataset::schema::Source;

const FILE: &str = "aws/cloudtrail-events.json";
const EVENT_PAGE: i32 = 50;
/// What can be looked up; asked for by name, so that two runs ask for the same.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Changes of assignments, of the directory and its provisioning, of secrets and
/// of the functions that sync: one query each, since a query by source drowns
/// in reads. Lambda writes its names with the date of an interface behind them,
/// or without: a lookup finds none but the very name.
pub(crate) const EVENTS: [&str; 42] = [
    "CreateAccountAssignment",
    "DeleteAccountAssignment",
    "CreatePermissionSet",
    "UpdatePermissionSet",
    "DeletePermissionSet",
    "ProvisionPermissionSet",
    "PutInlinePolicyToPermissionSet",
    "DeleteInlinePolicyFromPermissionSet",
    "PutPermissionsBoundaryToPermissionSet",
    "DeletePermissionsBoundaryFromPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "DetachManagedPolicyFromPermissionSet",
    "AttachCustomerManagedPolicyReferenceToPermissionSet",
    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
    "CreateUser",
    "PatchUser",
    "DeleteUser",
    "CreateGroup",
    "PatchGroup",
    "DeleteGroup",
    "CreateGroupMembership",
    "DeleteGroupMembership",
    "CreateProvisioningTenant",
    "CreateBearerToken",
    "DeleteBearerToken",
    "PutSecretValue",
    "UpdateSecret",
    "RotateSecret",
    "CancelRotateSecret",
    "RotationStarted",
    "RotationSucceeded",
    "RotationFailed",
    "RotationAbandoned",
    "DeleteSecret",
    "CreateFunction",
    "CreateFunction20150331",
    "UpdateFunctionCode",
    "UpdateFunctionCode20150331",
    "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration",
    "UpdateFunctionConfiguration20150331",
    "UpdateFunctionConfiguration20150331v2",
];

/// What was read so far, of every account and Region.
#[derive(Default)]
struct Kept {
    out: Option<Pages>,
    pages: u64,
    lost: Vec<Lost>,
}

/// The events of every account and Region that is configured, one account after
/// the other: their quota is so small that side by side each would take longer
/// than its session lasts.
pub(super) async fn collect(context: &Context<'_>, home: &Clients) {
    let kept = Mutex::new(Kept::default());
    let all = &kept;
    visit(
        context,
        home,
        Source::CloudTrail,
        1,
        |place: Place| async move {
            for region in &place.regions {
                read(context, &place.clients.within(region), all).await;
            }
        },
    )
    .await;
    let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let finished = kept.out.map_or(Ok(()), Pages::finish);
    let mut lost = kept.lost;
    lost.extend(finished.err().map(|e| Lost::at(LOOKUP_EVENTS, e)));
    for one in lost {
        one.costs(context, LOOKUP_EVENTS.tables, kept.pages);
    }
}

async fn read(context: &Context<'_>, clients: &Clients, kept: &Mutex<Kept>) {
    for name in EVENTS {
        if let Err(lost) = events(context, clients, name, kept).await {
            let denied = lost.denied();
            with(kept, |k| k.lost.push(lost));
            if denied {
                return;
            }
        }
    }
}

fn with<T>(kept: &Mutex<Kept>, change: impl FnOnce(&mut Kept) -> T) -> T {
    change(&mut kept.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Events of one name.
async fn events(
    context: &Context<'_>,
    clients: &Clients,
    name: &str,
    kept: &Mutex<Kept>,
) -> Result<(), Lost> {
    let since = aws_smithy_types::DateTime::from_secs((context.as_of - KEPT).timestamp());
    let attribute = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventName)
        .attribute_value(name)
        .build()
        .map_err(|e| Lost::odd(LOOKUP_EVENTS, e.to_string()))?;
    let request = clients
        .cloudtrail()
        .lookup_events()
        .lookup_attributes(attribute)
        .start_time(since)
        .max_results(EVENT_PAGE);
    let mut cursor = Cursor::default();
    walk!(clients, LOOKUP_EVENTS, cursor, request, |answer, _| {
        let items = answer.events().iter().map(event).collect();
        let page = page("Events", items, false);
        let put: Result<(), CallError> = with(kept, |k| {
            k.pages += 1;
            append(context, &mut k.out, FILE, "cloudtrail_event", page)
        });
        put.map_err(|e| Lost::at(LOOKUP_EVENTS, e))?;
    });
    Ok(())
}

/// What a call may say that it is about.
const NAMES: [&str; 10] = [
    "secretId",
    "name",
    "functionName",
    "targetId",
    "permissionSetArn",
    "principalId",
    "groupId",
    "userId",
    "memberId",
    "membershipId",
];

/// Ids that an answer gives to what was made.
const IDS: [&str; 3] = ["groupId", "userId", "membershipId"];

/// A name, or the user id within a member.
fn name_of(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Object(member) => Some(json!({"userId": member.get("userId")?.as_str()?})),
        _ => None,
    }
}

/// An event without what it carried: parameters may hold anything.
fn event(e: &aws_sdk_cloudtrail::types::Event) -> Value {
    let detail: Map<String, Value> = e
        .cloud_trail_event()
        .and_then(|t| serde_json::from_str(t).ok())
        .unwrap_or_default();
    let mut kept = Map::new();
    // Without these an event does not tell whether the call succeeded.
    for key in [
        "recipientAccountId",
        "awsRegion",
        "eventTime",
        "eventName",
        "eventSource",
        "errorCode",
    ] {
        if let Some(value) = detail.get(key) {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(message) = detail.get("errorMessage") {
        // That there is one says that the call failed; what it says may hold anything.
        let kept_of_it = match message {
            Value::String(text) if !text.is_empty() => json!("not kept"),
            Value::Null | Value::String(_) => Value::Null,
            _ => Value::Bool(true),
        };
        kept.insert("errorMessage".to_owned(), kept_of_it);
    }
    if let Some(identity) = detail.get("userIdentity") {
        // Users of Identity Center are named by their id alone.
        let user = identity.pointer("/onBehalfOf/userId");
        kept.insert(
            "userIdentity".to_owned(),
            json!({"arn": identity.get("arn"), "onBehalfOf": {"userId": user}}),
        );
    }
    for (part, names) in [
        ("requestParameters", &NAMES[..]),
        ("responseElements", &IDS[..]),
    ] {
        if let Some(all) = detail.get(part) {
            let mut names: Map<String, Value> = names
                .iter()
                .filter_map(|k| Some(((*k).to_owned(), name_of(all.get(*k)?)?)))
                .collect();
            // A dry run deploys nothing.
            if all.get("dryRun").and_then(Value::as_bool) == Some(true) {
                names.insert("dryRun".to_owned(), Value::Bool(true));
            }
            kept.insert(part.to_owned(), Value::Object(names));
        }
    }
    let resources: Vec<Value> = e
        .resources()
        .iter()
        .map(|r| json!({"ResourceName": r.resource_name(), "ResourceType": r.resource_type()}))
        .collect();
    json!({
        "EventId": e.event_id(),
        "EventName": e.event_name(),
        "EventTime": moment(e.event_time()),
        "EventSource": e.event_source(),
        "Username": e.username(),
        "Resources": resources,
        "CloudTrailEvent": Value::Object(kept).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::Event;
    use serde_json::Value;

    use super::{EVENTS, event};

    /// The view that rules and the rotation card read deployments by.
    const DEPLOYMENTS: &str = include_str!("../../../../queries/views/deployment.sql");

    #[test]
    fn every_name_of_a_deployment_is_looked_up_with_its_date_and_without() {
        let (_, list) = DEPLOYMENTS.split_once(" IN (").expect("a list of names");
        let (list, _) = list.split_once(')').expect("its end");
        let names: Vec<&str> = list.split(", ").map(|n| n.trim_matches('\'')).collect();
        assert!(names.contains(&"UpdateFunctionConfiguration"), "{names:?}");
        for name in names {
            let dated = EVENTS.iter().filter(|e| {
                e.strip_prefix(name)
                    .is_some_and(|date| date.starts_with("2015"))
            });
            assert!(EVENTS.contains(&name), "{name}");
            assert!(dated.count() > 0, "{name} with a date");
        }
        let distinct: std::collections::BTreeSet<_> = EVENTS.iter().collect();
        assert_eq!(distinct.len(), EVENTS.len());
    }

    #[test]
    fn that_a_call_failed_is_kept_and_what_it_said_is_not() {
        for (message, kept) in [
            (
                "\"User: somebody is not authorized\"",
                Value::from("not kept"),
            ),
            ("null", Value::Null),
            ("\"\"", Value::Null),
            ("{\"a\": 1}", Value::Bool(true)),
        ] {
            let detail = format!("{{\"eventName\":\"UpdateSecret\",\"errorMessage\":{message}}}");
            let found = event(&Event::builder().cloud_trail_event(detail).build());
            let text = found["CloudTrailEvent"].as_str().expect("a text");
            let found: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(found["errorMessage"], kept, "{message}");
        }
    }
}
