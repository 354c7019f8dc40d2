//! Credential reports of IAM, and the events of CloudTrail that tell who
//! changed what.

use std::time::Duration;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_iam::types::{EntityType, ReportStateType};
use serde_json::{Map, Value, json};

use super::directory::{Cursor, append, page};
use super::{Clients, Context, moment, places};
use crate::collect::clock::sleep;
use crate::collect::http::CallError;
use crate::collect::live::spool::{Pages, plain_id};
use crate::collect::operations::{CREDENTIAL_REPORT, GENERATE_REPORT, LOOKUP_EVENTS, ROLE_DETAILS};
use crate::dataset::schema::Source;

const EVENT_PAGE: i32 = 50;
const ROLE_PAGE: i32 = 1000;
/// How often an unfinished report is asked for.
const TRIES: u32 = 20;

/// Changes of assignments, of the directory, of secrets and of the functions
/// that sync: one query each, since a query by source drowns in reads.
pub(crate) const EVENTS: [&str; 24] = [
    "CreateAccountAssignment",
    "DeleteAccountAssignment",
    "CreatePermissionSet",
    "UpdatePermissionSet",
    "DeletePermissionSet",
    "PutInlinePolicyToPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "DetachManagedPolicyFromPermissionSet",
    "CreateUser",
    "DeleteUser",
    "CreateGroup",
    "DeleteGroup",
    "CreateGroupMembership",
    "DeleteGroupMembership",
    "CreateBearerToken",
    "DeleteBearerToken",
    "PutSecretValue",
    "UpdateSecret",
    "RotateSecret",
    "RotationSucceeded",
    "RotationFailed",
    "DeleteSecret",
    "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration20150331v2",
];

pub(super) async fn credential_reports(context: &Context<'_>, home: &Clients) {
    let mut seen = std::collections::BTreeSet::new();
    for (account, _, clients) in places(context, home, Source::Iam).await {
        // The report is the same in every Region.
        if !seen.insert(account.clone()) || !plain_id(&account) {
            continue;
        }
        let before = seen.len() as u64 - 1;
        if let Err(error) = report(context, &clients, &account).await {
            context.spool.failed(CREDENTIAL_REPORT, &error, before);
        }
        let mut pages = 0;
        if let Err(error) = roles(context, &clients, &account, &mut pages).await {
            context.spool.failed(ROLE_DETAILS, &error, before + pages);
        }
    }
}

async fn report(context: &Context<'_>, clients: &Clients, account: &str) -> Result<(), CallError> {
    for attempt in 0.. {
        context.plan(Source::Iam, 1);
        let answer = clients
            .call(
                GENERATE_REPORT,
                clients.iam().generate_credential_report().send(),
            )
            .await?;
        if answer.state() == Some(&ReportStateType::Complete) {
            break;
        }
        if attempt >= TRIES {
            return Err(CallError::failed(format!(
                "the credential report of {account} was not finished in time"
            )));
        }
        sleep(Duration::from_secs_f64(2.0 / context.pace())).await;
    }
    context.plan(Source::Iam, 1);
    let answer = clients
        .call(
            CREDENTIAL_REPORT,
            clients.iam().get_credential_report().send(),
        )
        .await?;
    let content = answer
        .content()
        .map(|b| b.as_ref().to_vec())
        .unwrap_or_default();
    let text = String::from_utf8(content)
        .map_err(|_| CallError::failed(format!("the credential report of {account} is no text")))?;
    let mut out = context.spool.file(
        &format!("aws/iam-credential-report/{account}.csv"),
        "aws_access_key",
    )?;
    out.text(&text)?;
    context.page("aws_access_key");
    out.finish()
}

/// Roles with their last use; nothing of their policies is kept.
async fn roles(
    context: &Context<'_>,
    clients: &Clients,
    account: &str,
    pages: &mut u64,
) -> Result<(), CallError> {
    let file = format!("aws/iam-roles/{account}.json");
    let mut out = None;
    let mut cursor = Cursor::default();
    loop {
        context.plan(Source::Iam, 1);
        let request = clients
            .iam()
            .get_account_authorization_details()
            .filter(EntityType::Role)
            .max_items(ROLE_PAGE)
            .set_marker(cursor.token());
        let answer = clients.call(ROLE_DETAILS, request.send()).await?;
        let marker = answer.marker().filter(|_| answer.is_truncated());
        if answer.is_truncated() && marker.is_none() {
            return Err(CallError::failed(format!(
                "the roles of {account} go on and do not say where"
            )));
        }
        let further = cursor.further(ROLE_DETAILS, marker)?;
        let items = answer
            .role_detail_list()
            .iter()
            .map(|r| {
                json!({
                    "RoleName": r.role_name(),
                    "Arn": r.arn(),
                    "CreateDate": moment(r.create_date()),
                    "RoleLastUsed": {"LastUsedDate": moment(r.role_last_used().and_then(|u| u.last_used_date()))},
                })
            })
            .collect();
        append(
            context,
            &mut out,
            &file,
            "aws_role_last_used",
            page("RoleDetailList", items, false),
        )?;
        *pages += 1;
        if !further {
            return out.map_or(Ok(()), Pages::finish);
        }
    }
}

pub(super) async fn events(context: &Context<'_>, clients: &Clients) {
    let mut out: Option<Pages> = None;
    let mut pages = 0;
    for name in EVENTS {
        let mut cursor = Cursor::default();
        let walked = async {
            loop {
                context.plan(Source::CloudTrail, 1);
                let attribute = LookupAttribute::builder()
                    .attribute_key(LookupAttributeKey::EventName)
                    .attribute_value(name)
                    .build()
                    .map_err(|e| CallError::failed(e.to_string()))?;
                let request = clients
                    .cloudtrail()
                    .lookup_events()
                    .lookup_attributes(attribute)
                    .max_results(EVENT_PAGE)
                    .set_next_token(cursor.token());
                let answer = clients.call(LOOKUP_EVENTS, request.send()).await?;
                let further = cursor.further(LOOKUP_EVENTS, answer.next_token())?;
                let items = answer.events().iter().map(event).collect();
                append(
                    context,
                    &mut out,
                    "aws/cloudtrail-events.json",
                    "cloudtrail_event",
                    page("Events", items, false),
                )?;
                if !further {
                    return Ok(());
                }
            }
        };
        let done: Result<(), CallError> = walked.await;
        pages += cursor.pages;
        if let Err(error) = done {
            context.spool.failed(LOOKUP_EVENTS, &error, pages);
            if error.state() == crate::dataset::coverage::State::Denied {
                break;
            }
        }
    }
    if let Some(Err(error)) = out.map(Pages::finish) {
        context.spool.failed(LOOKUP_EVENTS, &error, pages);
    }
}

/// An event without what it carried: parameters may hold anything.
fn event(e: &aws_sdk_cloudtrail::types::Event) -> Value {
    let detail: Map<String, Value> = e
        .cloud_trail_event()
        .and_then(|t| serde_json::from_str(t).ok())
        .unwrap_or_default();
    let mut kept = Map::new();
    for key in ["recipientAccountId", "awsRegion", "errorCode"] {
        if let Some(value) = detail.get(key) {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(arn) = detail.get("userIdentity").and_then(|i| i.get("arn")) {
        kept.insert("userIdentity".to_owned(), json!({"arn": arn}));
    }
    if let Some(parameters) = detail.get("requestParameters") {
        let names: Map<String, Value> = ["secretId", "name", "functionName"]
            .iter()
            .filter_map(|k| Some(((*k).to_owned(), parameters.get(*k)?.clone())))
            .collect();
        kept.insert("requestParameters".to_owned(), Value::Object(names));
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
