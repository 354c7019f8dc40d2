//! Permission sets: their descriptions, policies and boundaries.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::cursor::{Cursor, PAGE, SIDE_BY_SIDE, walk};
use super::instance::Instance;
use super::{Clients, Context, Lost};
use crate::collect::fetch::spool::plain_id;
use crate::collect::wire::operations::{
    BOUNDARY, CUSTOMER_POLICIES, DESCRIBE_PERMISSION_SET, INLINE_POLICY, LIST_PERMISSION_SETS,
    MANAGED_POLICIES,
};

const SETS: &str = "permission_set";
const POLICIES: &str = "permission_set_policy";
const WHAT: &str = "permission sets";

/// The permission sets that there are, by ARN.
pub(super) async fn list(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
) -> Option<Vec<String>> {
    let mut arns = Vec::new();
    let mut cursor = Cursor::default();
    let listed = async {
        let request = clients
            .sso()
            .list_permission_sets()
            .instance_arn(&instance.arn)
            .max_results(PAGE);
        walk!(
            clients,
            LIST_PERMISSION_SETS,
            cursor,
            request,
            |answer, _| {
                arns.extend(answer.permission_sets().iter().cloned());
            }
        );
        Ok(())
    };
    let listed: Result<(), Lost> = listed.await;
    if let Err(lost) = listed {
        lost.costs(context, &[SETS, POLICIES, super::provisioning::TABLE], 0);
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
    let described: Vec<Result<Value, Lost>> = stream::iter(arns.to_vec())
        .map(|arn| async move { describe(context, clients, instance, &arn).await })
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    // The list goes first: what it names and nobody described is missing.
    let mut documents = vec![json!({"PermissionSets": arns})];
    let mut lost = Vec::new();
    for answer in described {
        match answer {
            Ok(document) => documents.push(document),
            Err(error) => lost.push(error),
        }
    }
    if let Some(first) = lost.first() {
        first.costs_some(context, &[SETS], (lost.len(), arns.len()), WHAT);
    }
    if let Err(error) = context
        .spool
        .write("aws/sso-permission-sets.json", SETS, documents)
    {
        context.spool.failed(LIST_PERMISSION_SETS, &error, 0);
    }
    let no_boundaries = AtomicBool::new(false);
    let no_boundaries = &no_boundaries;
    let answers: Vec<Result<Option<Lost>, Lost>> = stream::iter(arns.to_vec())
        .map(|arn| async move { policies(context, clients, instance, &arn, no_boundaries).await })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let (mut lost, mut boundaries) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Ok(boundary) => boundaries.extend(boundary),
            Err(error) => lost.push(error),
        }
    }
    if let Some(first) = lost.first() {
        first.costs_some(context, &[POLICIES], (lost.len(), arns.len()), WHAT);
        // Inline policies and boundaries are columns of the permission set.
        first.costs(context, &[SETS], 1);
    }
    if let Some(first) = boundaries.first() {
        first.costs(context, BOUNDARY.tables, 1);
    }
}

async fn describe(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arn: &str,
) -> Result<Value, Lost> {
    clients.plan(DESCRIBE_PERMISSION_SET);
    let request = clients
        .sso()
        .describe_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn);
    let answer = clients
        .call(DESCRIBE_PERMISSION_SET, request.send())
        .await?;
    let set = answer.permission_set().ok_or_else(|| {
        Lost::odd(
            DESCRIBE_PERMISSION_SET,
            "a permission set was described by nothing",
        )
    })?;
    context.page(SETS);
    Ok(json!({"PermissionSet": {
        "PermissionSetArn": set.permission_set_arn().unwrap_or(arn),
        "Name": set.name(),
        "SessionDuration": set.session_duration(),
    }}))
}

/// The policies of one permission set, in a file of its own; gives why its
/// boundary is not known, if so.
async fn policies(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    arn: &str,
    no_boundaries: &AtomicBool,
) -> Result<Option<Lost>, Lost> {
    let (mut attached, mut references) = (Vec::new(), Vec::new());
    let mut cursor = Cursor::default();
    let request = clients
        .sso()
        .list_managed_policies_in_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn)
        .max_results(PAGE);
    walk!(clients, MANAGED_POLICIES, cursor, request, |answer, _| {
        attached.extend(
            answer
                .attached_managed_policies()
                .iter()
                .map(|p| json!({"Name": p.name(), "Arn": p.arn()})),
        );
    });
    let mut cursor = Cursor::default();
    let request = clients
        .sso()
        .list_customer_managed_policy_references_in_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn)
        .max_results(PAGE);
    walk!(clients, CUSTOMER_POLICIES, cursor, request, |answer, _| {
        references.extend(
            answer
                .customer_managed_policy_references()
                .iter()
                .map(|p| json!({"Name": p.name(), "Path": p.path()})),
        );
    });
    clients.plan(INLINE_POLICY);
    let request = clients
        .sso()
        .get_inline_policy_for_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn);
    let inline = clients.call(INLINE_POLICY, request.send()).await?;
    let (boundary, unknown) = match boundary(clients, instance, arn, no_boundaries).await {
        Ok(boundary) => (boundary, None),
        Err(lost) => (None, Some(lost)),
    };
    let id = arn.rsplit('/').next().filter(|id| plain_id(id));
    let id =
        id.ok_or_else(|| Lost::odd(MANAGED_POLICIES, "the ARN of a permission set has no id"))?;
    let mut documents = vec![json!({
        "AttachedManagedPolicies": attached,
        "CustomerManagedPolicyReferences": references,
        "InlinePolicy": inline.inline_policy().unwrap_or_default(),
    })];
    documents.extend(boundary);
    context
        .spool
        .write(
            &format!("aws/sso-permission-set-policies/{id}.json"),
            POLICIES,
            documents,
        )
        .map_err(|e| Lost::at(MANAGED_POLICIES, e))?;
    context.page(POLICIES);
    Ok(unknown)
}

/// The boundary of a permission set; most have none, which is an error of its own.
async fn boundary(
    clients: &Clients,
    instance: &Instance,
    arn: &str,
    not_there: &AtomicBool,
) -> Result<Option<Value>, Lost> {
    if not_there.load(Ordering::Relaxed) {
        return Ok(None);
    }
    clients.plan(BOUNDARY);
    let request = clients
        .sso()
        .get_permissions_boundary_for_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(arn);
    match clients.call(BOUNDARY, request.send()).await {
        Ok(answer) => Ok(answer.permissions_boundary().map(|boundary| {
            let reference = boundary.customer_managed_policy_reference();
            json!({"PermissionsBoundary": {
                "ManagedPolicyArn": boundary.managed_policy_arn(),
                "CustomerManagedPolicyReference": reference.map(|r| json!({"Name": r.name(), "Path": r.path()})),
            }})
        })),
        Err(lost) if lost.nothing_there() => Ok(None),
        Err(lost) => {
            // Where it may not be asked, or is not there, one answer is enough to
            // know the others; what came late once may come in time for the next.
            if lost.denied() || lost.absent {
                not_there.store(true, Ordering::Relaxed);
            }
            Err(lost)
        }
    }
}
