//! Identity Center: users, groups and memberships of its identity store, and
//! the order in which all of it is asked for.

use std::collections::{BTreeSet, HashSet};

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::cursor::{Cursor, PAGE, SIDE_BY_SIDE, append, page, walk};
use super::instance::{self, Instance};
use super::{
    Clients, Context, Lost, applications, assignments, moment, organization, permission_sets,
    provisioning,
};
use crate::collect::fetch::spool::{Pages, plain_id};
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::{IC_GROUPS, IC_MEMBERSHIPS, IC_USERS};
use crate::dataset::coverage::State;

/// What the assignment plan needs to know of the directory.
#[derive(Debug, Default)]
pub(super) struct Principals {
    pub users: Vec<String>,
    pub groups: Vec<String>,
    /// Groups that one of the users is in, once that is known.
    pub peopled: Option<BTreeSet<String>>,
    /// Whether users and groups were all listed.
    pub whole: bool,
}

pub(super) async fn collect(context: &Context<'_>, clients: &Clients) {
    let organisation = organization::accounts(context, clients);
    let rest = async {
        match instance::find(clients).await {
            Ok(found) => {
                let directory = Box::pin(below(context, clients, &found.instance));
                let applications = applications::collect(context, clients, &found.instance);
                tokio::join!(directory, applications);
            }
            Err(lost) => {
                let tables = [
                    "identity_center_user",
                    "identity_center_group",
                    "identity_center_membership",
                    "permission_set",
                    "permission_set_policy",
                    "account_assignment",
                    "permission_set_provisioning",
                    "identity_center_application",
                    "application_assignment",
                ];
                lost.costs(context, &tables, 0);
            }
        }
    };
    tokio::join!(organisation, rest);
}

/// The directory and the permission sets draw on two quotas, and neither waits
/// for the other longer than the choice of the walk needs.
async fn below(context: &Context<'_>, clients: &Clients, instance: &Instance) {
    let ((users, groups), sets) = tokio::join!(
        async {
            tokio::join!(
                users(context, clients, instance),
                groups(context, clients, instance)
            )
        },
        permission_sets::list(context, clients, instance),
    );
    let mut principals = Principals {
        whole: users.1 && groups.1,
        users: users.0,
        groups: groups.0,
        peopled: None,
    };
    let Some(sets) = sets else {
        let reason =
            "The permission sets could not be listed, so their assignments could not be asked for.";
        context
            .spool
            .fault(&["account_assignment"], State::Failed, reason, None);
        memberships(context, clients, instance, &principals, groups.1).await;
        return;
    };
    let pairs = provisioning::collect(context, clients, instance, &sets).await;
    let early = pairs
        .as_ref()
        .is_some_and(|p| assignments::decided(p, &principals));
    let (peopled, (), ()) = tokio::join!(
        memberships(context, clients, instance, &principals, groups.1),
        permission_sets::describe_all(context, clients, instance, &sets),
        async {
            if early {
                assignments::collect(context, clients, instance, pairs.as_ref(), &principals).await;
            }
        },
    );
    if !early {
        principals.whole &= peopled.is_some();
        principals.peopled = peopled;
        assignments::collect(context, clients, instance, pairs.as_ref(), &principals).await;
    }
}

/// The members of every group; gives the groups that a listed user is in, when
/// all of them were read. A member who was not listed is not asked for
/// assignments, so nothing of the group would come by him.
async fn memberships(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    principals: &Principals,
    listed: bool,
) -> Option<BTreeSet<String>> {
    if !listed {
        let reason = "Not all groups could be listed, so their members could not be asked for.";
        let state = if principals.groups.is_empty() {
            State::Failed
        } else {
            State::Partial
        };
        context
            .spool
            .fault(IC_MEMBERSHIPS.tables, state, reason, None);
    }
    let users: HashSet<&str> = principals.users.iter().map(String::as_str).collect();
    let users = &users;
    let mut answers = stream::iter(&principals.groups)
        .map(|group| async move {
            let read = members(context, clients, instance, group, users).await;
            (group, read)
        })
        .buffer_unordered(SIDE_BY_SIDE);
    let (mut peopled, mut lost) = (BTreeSet::new(), Vec::new());
    while let Some((group, answer)) = answers.next().await {
        match answer {
            Ok(true) => {
                peopled.insert(group.clone());
            }
            Ok(false) => {}
            Err(error) => lost.push(error),
        }
    }
    if let Some(first) = lost.first() {
        first.costs_some(
            context,
            IC_MEMBERSHIPS.tables,
            (lost.len(), principals.groups.len()),
            "groups",
        );
        return None;
    }
    listed.then_some(peopled)
}

async fn users(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
) -> (Vec<String>, bool) {
    let mut ids = Vec::new();
    let mut cursor = Cursor::default();
    let walked = async {
        let mut out = None;
        let request = clients
            .identitystore()
            .list_users()
            .identity_store_id(&instance.store)
            .max_results(PAGE);
        walk!(clients, IC_USERS, cursor, request, |answer, further| {
            let items = answer.users().iter().map(user).collect();
            ids.extend(answer.users().iter().map(|u| u.user_id().to_owned()));
            append(
                context,
                &mut out,
                "aws/identitystore-users.json",
                "identity_center_user",
                page("Users", items, further),
            )?;
        });
        out.map_or(Ok(()), Pages::finish)
    };
    let done: Result<(), CallError> = walked.await;
    if let Err(error) = &done {
        context.spool.failed(IC_USERS, error, cursor.pages);
    }
    (ids, done.is_ok())
}

fn user(u: &aws_sdk_identitystore::types::User) -> Value {
    let emails: Vec<Value> = u
        .emails()
        .iter()
        .map(|e| json!({"Value": e.value(), "Type": e.r#type(), "Primary": e.primary()}))
        .collect();
    let external: Vec<Value> = u
        .external_ids()
        .iter()
        .map(|x| json!({"Issuer": x.issuer(), "Id": x.id()}))
        .collect();
    json!({
        "UserId": u.user_id(),
        "UserName": u.user_name(),
        "DisplayName": u.display_name(),
        "Emails": emails,
        "ExternalIds": external,
        "UserStatus": u.user_status().map(aws_sdk_identitystore::types::UserStatus::as_str),
        "CreatedAt": moment(u.created_at()),
        "UpdatedAt": moment(u.updated_at()),
    })
}

async fn groups(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
) -> (Vec<String>, bool) {
    let mut ids = Vec::new();
    let mut cursor = Cursor::default();
    let walked = async {
        let mut out = None;
        let request = clients
            .identitystore()
            .list_groups()
            .identity_store_id(&instance.store)
            .max_results(PAGE);
        walk!(clients, IC_GROUPS, cursor, request, |answer, further| {
            let mut items = Vec::new();
            for g in answer.groups() {
                let external: Vec<Value> = g
                    .external_ids()
                    .iter()
                    .map(|x| json!({"Issuer": x.issuer(), "Id": x.id()}))
                    .collect();
                ids.push(g.group_id().to_owned());
                items.push(json!({
                    "GroupId": g.group_id(),
                    "DisplayName": g.display_name(),
                    "ExternalIds": external,
                    "CreatedAt": moment(g.created_at()),
                    "UpdatedAt": moment(g.updated_at()),
                }));
            }
            append(
                context,
                &mut out,
                "aws/identitystore-groups.json",
                "identity_center_group",
                page("Groups", items, further),
            )?;
        });
        out.map_or(Ok(()), Pages::finish)
    };
    let done: Result<(), CallError> = walked.await;
    if let Err(error) = &done {
        context.spool.failed(IC_GROUPS, error, cursor.pages);
    }
    (ids, done.is_ok())
}

/// The members of one group, in a file of its own; gives whether one of the
/// users is among them.
async fn members(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    group: &str,
    users: &HashSet<&str>,
) -> Result<bool, Lost> {
    let kept = |e: CallError| Lost::at(IC_MEMBERSHIPS, e);
    if !plain_id(group) {
        let message = format!(
            "{} is no id of a group",
            crate::collect::words::shown(group)
        );
        return Err(Lost::odd(IC_MEMBERSHIPS, message));
    }
    let file = format!("aws/identitystore-group-memberships/{group}.json");
    let mut out = None;
    let mut cursor = Cursor::default();
    let mut peopled = false;
    let request = clients
        .identitystore()
        .list_group_memberships()
        .identity_store_id(&instance.store)
        .group_id(group)
        .max_results(PAGE);
    walk!(
        clients,
        IC_MEMBERSHIPS,
        cursor,
        request,
        |answer, further| {
            let mut items = Vec::new();
            for m in answer.group_memberships() {
                let user = m.member_id().and_then(|id| id.as_user_id().ok());
                peopled |= user.is_some_and(|u| users.contains(u.as_str()));
                items.push(json!({
                    "MembershipId": m.membership_id(),
                    "GroupId": m.group_id().unwrap_or(group),
                    "MemberId": {"UserId": user},
                    "CreatedAt": moment(m.created_at()),
                }));
            }
            append(
                context,
                &mut out,
                &file,
                "identity_center_membership",
                page("GroupMemberships", items, further),
            )
            .map_err(kept)?;
        }
    );
    out.map_or(Ok(()), Pages::finish).map_err(kept)?;
    Ok(peopled)
}
