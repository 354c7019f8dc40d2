//! Applications of Identity Center, and who is assigned to each.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::cursor::{Cursor, PAGE, Patience, SIDE_BY_SIDE, append, page, walk};
use super::instance::Instance;
use super::{Clients, Context, Lost, moment};
use crate::collect::fetch::spool::{Pages, plain_id};
use crate::collect::wire::operations::{APPLICATION_ASSIGNMENTS, IC_APPLICATIONS};

const APPLICATIONS: &str = "identity_center_application";
const ASSIGNED: &str = "application_assignment";

pub(super) async fn collect(context: &Context<'_>, clients: &Clients, instance: &Instance) {
    let mut arns = Vec::new();
    let mut cursor = Cursor::default();
    let listed = list(context, clients, instance, &mut arns, &mut cursor).await;
    if let Err(lost) = listed {
        lost.costs(context, &[APPLICATIONS, ASSIGNED], cursor.pages);
    }
    arns.sort();
    arns.dedup();
    let patience = Patience::default();
    let patience = &patience;
    let answers: Vec<Option<Result<(), Lost>>> = stream::iter(&arns)
        .map(|arn| async move {
            if !patience.lasts() {
                return None;
            }
            let read = assignments(context, clients, arn).await;
            patience.note(&read);
            Some(read)
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let read = answers.iter().filter(|a| matches!(a, Some(Ok(())))).count();
    let mut lost = answers.iter().flatten().filter_map(|a| a.as_ref().err());
    if let Some(first) = lost.next() {
        let missing = (arns.len() - read, arns.len());
        first.costs_some(context, &[ASSIGNED], missing, "applications");
    }
}

async fn list(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arns: &mut Vec<String>,
    cursor: &mut Cursor,
) -> Result<(), Lost> {
    let kept = |e| Lost::at(IC_APPLICATIONS, e);
    let mut out = None;
    let request = clients
        .sso()
        .list_applications()
        .instance_arn(&instance.arn)
        .max_results(PAGE);
    walk!(
        clients,
        IC_APPLICATIONS,
        cursor,
        request,
        |answer, further| {
            let found = answer.applications();
            arns.extend(found.iter().filter_map(|a| a.application_arn.clone()));
            let items = found.iter().map(application).collect();
            append(
                context,
                &mut out,
                "aws/sso-applications.json",
                APPLICATIONS,
                page("Applications", items, further),
            )
            .map_err(kept)?;
        }
    );
    out.map_or(Ok(()), Pages::finish).map_err(kept)
}

fn application(a: &aws_sdk_ssoadmin::types::Application) -> Value {
    json!({
        "ApplicationArn": a.application_arn(),
        "ApplicationProviderArn": a.application_provider_arn(),
        "Name": a.name(),
        "ApplicationAccount": a.application_account(),
        "Status": a.status().map(aws_sdk_ssoadmin::types::ApplicationStatus::as_str),
        "CreatedDate": moment(a.created_date()),
    })
}

/// Who is assigned to one application, in a file of its own.
async fn assignments(context: &Context<'_>, clients: &Clients, arn: &str) -> Result<(), Lost> {
    let kept = |e| Lost::at(APPLICATION_ASSIGNMENTS, e);
    let id = arn.rsplit('/').next().filter(|id| plain_id(id));
    let id = id.ok_or_else(|| {
        Lost::odd(
            APPLICATION_ASSIGNMENTS,
            "the ARN of an application has no id",
        )
    })?;
    let file = format!("aws/sso-application-assignments/{id}.json");
    let mut out = None;
    let mut cursor = Cursor::default();
    let request = clients
        .sso()
        .list_application_assignments()
        .application_arn(arn)
        .max_results(PAGE);
    walk!(
        clients,
        APPLICATION_ASSIGNMENTS,
        cursor,
        request,
        |answer, further| {
            let items = answer
                .application_assignments()
                .iter()
                .map(|a| {
                    json!({
                        "ApplicationArn": a.application_arn(),
                        "PrincipalId": a.principal_id(),
                        "PrincipalType": a.principal_type().as_str(),
                    })
                })
                .collect();
            let page = page("ApplicationAssignments", items, further);
            append(context, &mut out, &file, ASSIGNED, page).map_err(kept)?;
        }
    );
    out.map_or(Ok(()), Pages::finish).map_err(kept)
}
