//! Permission sets: their descriptions, policies and boundaries.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::directory::{Cursor, Instance, PAGE, SIDE_BY_SIDE};
use super::{Clients, Context};
use crate::collect::http::{CallError, Kind};
use crate::collect::live::spool::plain_id;
use crate::collect::operations::{
    BOUNDARY, CUSTOMER_POLICIES, DESCRIBE_PERMISSION_SET, INLINE_POLICY, LIST_PERMISSION_SETS,
    MANAGED_POLICIES,
};
use crate::dataset::schema::Source;

/// The permission sets that there are, by ARN.
pub(super) async fn list(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
) -> Option<Vec<String>> {
    let mut arns = Vec::new();
    let mut cursor = Cursor::default();
    let listed = async {
        loop {
            context.plan(Source::IdentityCenter, 1);
            let request = clients
                .sso()
                .list_permission_sets()
                .instance_arn(&instance.arn)
                .max_results(PAGE)
                .set_next_token(cursor.token());
            let answer = clients.call(LIST_PERMISSION_SETS, request.send()).await?;
            arns.extend(answer.permission_sets().iter().cloned());
            if !cursor.further(LIST_PERMISSION_SETS, answer.next_token())? {
                return Ok(());
            }
        }
    };
    let listed: Result<(), CallError> = listed.await;
    if let Err(error) = &listed {
        context.spool.failed(LIST_PERMISSION_SETS, error, 0);
        context.spool.failed(MANAGED_POLICIES, error, 0);
        return None;
    }
    arns.sort();
    arns.dedup();
    Some(arns)
}

/// Describes each permission set, and reads its policies.
pub(super) async fn describe_all(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arns: &[String],
) {
    let described: Vec<Option<Value>> = stream::iter(arns.to_vec())
        .map(|arn| async move { describe(context, clients, instance, &arn).await })
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    // The list goes first: what it names and nobody described is missing.
    let mut documents = vec![json!({"PermissionSets": arns})];
    documents.extend(described.into_iter().flatten());
    if let Err(error) =
        context
            .spool
            .write("aws/sso-permission-sets.json", "permission_set", documents)
    {
        context.spool.failed(LIST_PERMISSION_SETS, &error, 0);
    }
    let missing = std::sync::atomic::AtomicBool::new(false);
    stream::iter(arns.to_vec())
        .for_each_concurrent(SIDE_BY_SIDE, |arn| {
            let missing = &missing;
            async move { policies(context, clients, instance, &arn, missing).await }
        })
        .await;
}

async fn describe(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arn: &str,
) -> Option<Value> {
    context.plan(Source::IdentityCenter, 1);
    let request = clients
        .sso()
        .describe_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn);
    match clients.call(DESCRIBE_PERMISSION_SET, request.send()).await {
        Ok(answer) => {
            let set = answer.permission_set()?;
            context.page("permission_set");
            Some(json!({"PermissionSet": {
                "PermissionSetArn": set.permission_set_arn().unwrap_or(arn),
                "Name": set.name(),
                "SessionDuration": set.session_duration(),
            }}))
        }
        Err(error) => {
            context.spool.failed(DESCRIBE_PERMISSION_SET, &error, 1);
            None
        }
    }
}

/// The policies of one permission set, in a file of its own.
async fn policies(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arn: &str,
    no_boundaries: &std::sync::atomic::AtomicBool,
) {
    let read = async {
        let (mut attached, mut references) = (Vec::new(), Vec::new());
        let mut cursor = Cursor::default();
        loop {
            context.plan(Source::IdentityCenter, 1);
            let request = clients
                .sso()
                .list_managed_policies_in_permission_set()
                .instance_arn(&instance.arn)
                .permission_set_arn(arn)
                .max_results(PAGE)
                .set_next_token(cursor.token());
            let answer = clients.call(MANAGED_POLICIES, request.send()).await?;
            attached.extend(
                answer
                    .attached_managed_policies()
                    .iter()
                    .map(|p| json!({"Name": p.name(), "Arn": p.arn()})),
            );
            if !cursor.further(MANAGED_POLICIES, answer.next_token())? {
                break;
            }
        }
        let mut cursor = Cursor::default();
        loop {
            context.plan(Source::IdentityCenter, 1);
            let request = clients
                .sso()
                .list_customer_managed_policy_references_in_permission_set()
                .instance_arn(&instance.arn)
                .permission_set_arn(arn)
                .max_results(PAGE)
                .set_next_token(cursor.token());
            let answer = clients.call(CUSTOMER_POLICIES, request.send()).await?;
            references.extend(
                answer
                    .customer_managed_policy_references()
                    .iter()
                    .map(|p| json!({"Name": p.name(), "Path": p.path()})),
            );
            if !cursor.further(CUSTOMER_POLICIES, answer.next_token())? {
                break;
            }
        }
        context.plan(Source::IdentityCenter, 1);
        let request = clients
            .sso()
            .get_inline_policy_for_permission_set()
            .instance_arn(&instance.arn)
            .permission_set_arn(arn);
        let inline = clients.call(INLINE_POLICY, request.send()).await?;
        let boundary = boundary(context, clients, instance, arn, no_boundaries).await;
        let id = arn.rsplit('/').next().filter(|id| plain_id(id));
        let id = id.ok_or_else(|| CallError::failed("the ARN of a permission set has no id"))?;
        let mut documents = vec![json!({
            "AttachedManagedPolicies": attached,
            "CustomerManagedPolicyReferences": references,
            "InlinePolicy": inline.inline_policy().unwrap_or_default(),
        })];
        documents.extend(boundary);
        context.spool.write(
            &format!("aws/sso-permission-set-policies/{id}.json"),
            "permission_set_policy",
            documents,
        )
    };
    let read: Result<(), CallError> = read.await;
    match read {
        Ok(()) => context.page("permission_set_policy"),
        Err(error) => context.spool.failed(
            MANAGED_POLICIES,
            &error,
            u64::from(error.kind != Kind::Denied),
        ),
    }
}

/// The boundary of a permission set; most have none, which is an error of its own.
async fn boundary(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arn: &str,
    not_there: &std::sync::atomic::AtomicBool,
) -> Option<Value> {
    use std::sync::atomic::Ordering;
    if not_there.load(Ordering::Relaxed) {
        return None;
    }
    context.plan(Source::IdentityCenter, 1);
    let request = clients
        .sso()
        .get_permissions_boundary_for_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn);
    match clients.call(BOUNDARY, request.send()).await {
        Ok(answer) => {
            let boundary = answer.permissions_boundary()?;
            let reference = boundary.customer_managed_policy_reference();
            Some(json!({"PermissionsBoundary": {
                "ManagedPolicyArn": boundary.managed_policy_arn(),
                "CustomerManagedPolicyReference": reference.map(|r| json!({"Name": r.name(), "Path": r.path()})),
            }}))
        }
        Err(error) if error.message.contains("ResourceNotFound") => None,
        Err(error) => {
            // One answer is enough to know that the others will be the same.
            if !not_there.swap(true, Ordering::Relaxed) {
                context.spool.failed(BOUNDARY, &error, 1);
            }
            None
        }
    }
}
