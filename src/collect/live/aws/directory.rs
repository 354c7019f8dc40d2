//! Identity Center: the instance, and users, groups and memberships of its
//! identity store.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::{Clients, Context, assignments, moment, organization, permission_sets};
use crate::collect::http::{CallError, Kind};
use crate::collect::live::spool::{Pages, plain_id};
use crate::collect::operations::{IC_GROUPS, IC_MEMBERSHIPS, IC_USERS, LIST_INSTANCES, Operation};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// Calls of one bucket side by side.
pub(super) const SIDE_BY_SIDE: usize = 8;
/// Objects of a page.
pub(super) const PAGE: i32 = 100;

/// Pages of one list: a further page must have a token that was not seen.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    token: Option<String>,
    seen: BTreeSet<String>,
    pub pages: u64,
}

impl Cursor {
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Whether there is a further page.
    pub(super) fn further(
        &mut self,
        operation: &Operation,
        next: Option<&str>,
    ) -> Result<bool, CallError> {
        self.pages += 1;
        match next.filter(|t| !t.is_empty()) {
            None => Ok(false),
            Some(next) if self.seen.insert(next.to_owned()) => {
                self.token = Some(next.to_owned());
                Ok(true)
            }
            Some(_) => Err(CallError::failed(format!(
                "{}.{} goes in a circle: a token came twice",
                operation.service, operation.name
            ))),
        }
    }
}

/// What a page says of a further one, as an export does.
pub(super) fn page(key: &str, items: Vec<Value>, further: bool) -> Value {
    let mut page = json!({});
    page[key] = Value::Array(items);
    if further {
        page["NextToken"] = json!("further");
    }
    page
}

/// The instance of Identity Center.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub arn: String,
    pub store: String,
}

/// What the assignment plan needs to know of the directory.
#[derive(Debug, Default)]
pub(super) struct Principals {
    pub users: Vec<String>,
    pub groups: Vec<String>,
    /// Groups that somebody is in, once that is known.
    pub peopled: Option<BTreeSet<String>>,
    /// Whether users and groups were all listed.
    pub whole: bool,
}

pub(super) async fn collect(context: &Context<'_>, clients: &Clients) {
    let organisation = organization::accounts(context, clients);
    let rest = async {
        match instance(context, clients).await {
            Ok(instance) => Box::pin(below(context, clients, &instance)).await,
            Err(error) => {
                let tables = [
                    "identity_center_user",
                    "identity_center_group",
                    "identity_center_membership",
                    "permission_set",
                    "permission_set_policy",
                    "account_assignment",
                ];
                let permission = (error.kind == Kind::Denied).then_some(LIST_INSTANCES.permission);
                context
                    .spool
                    .fault(&tables, error.state(), &error.message, permission);
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
    let pairs = assignments::provisioned(context, clients, instance, &sets).await;
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

async fn instance(context: &Context<'_>, clients: &Clients) -> Result<Instance, CallError> {
    context.plan(Source::IdentityCenter, 1);
    let found = clients
        .call(
            LIST_INSTANCES,
            clients.sso().list_instances().max_results(PAGE).send(),
        )
        .await?;
    let one = |i: &aws_sdk_ssoadmin::types::InstanceMetadata| {
        Some(Instance {
            arn: i.instance_arn()?.to_owned(),
            store: i.identity_store_id()?.to_owned(),
        })
    };
    match found.instances() {
        [] => Err(CallError::failed(format!(
            "Identity Center has no instance in {}: set AWS_REGION to its home Region.",
            clients.region
        ))),
        [first] => one(first).ok_or_else(|| {
            CallError::failed("the instance of Identity Center has no identity store")
        }),
        // An account may have one of its own beside that of the organisation.
        several => {
            let mut foreign = several
                .iter()
                .filter(|i| i.owner_account_id() != Some(clients.account.as_str()));
            let chosen = foreign.next().or_else(|| several.first());
            chosen.and_then(one).ok_or_else(|| {
                CallError::failed("no instance of Identity Center has an identity store")
            })
        }
    }
}

/// Appends a page, opening the file with the first one.
pub(super) fn append(
    context: &Context<'_>,
    out: &mut Option<Pages>,
    file: &str,
    table: &'static str,
    page: Value,
) -> Result<(), CallError> {
    if out.is_none() {
        *out = Some(context.spool.file(file, table)?);
    }
    if let Some(out) = out {
        out.put(page)?;
    }
    context.page(table);
    Ok(())
}

/// The members of every group; gives the groups that somebody is in, when all
/// of them were read.
async fn memberships(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    principals: &Principals,
    listed: bool,
) -> Option<BTreeSet<String>> {
    if !listed && principals.groups.is_empty() {
        let reason = "The groups could not be listed, so their members could not be asked for.";
        context
            .spool
            .fault(IC_MEMBERSHIPS.tables, State::Failed, reason, None);
        return None;
    }
    let answers: Vec<(String, Result<u64, CallError>)> = stream::iter(principals.groups.clone())
        .map(|group| async {
            let read = members(context, clients, instance, &group).await;
            (group, read)
        })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let read = answers.iter().filter(|(_, a)| a.is_ok()).count() as u64;
    let mut peopled = Some(BTreeSet::new());
    for (group, answer) in answers {
        match (answer, &mut peopled) {
            (Ok(count), Some(peopled)) if count > 0 => {
                peopled.insert(group);
            }
            (Ok(_), _) => {}
            (Err(error), _) => {
                peopled = None;
                context.spool.failed(IC_MEMBERSHIPS, &error, read);
            }
        }
    }
    peopled
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
        loop {
            context.plan(Source::IdentityCenter, 1);
            let request = clients
                .identitystore()
                .list_users()
                .identity_store_id(&instance.store)
                .max_results(PAGE)
                .set_next_token(cursor.token());
            let answer = clients.call(IC_USERS, request.send()).await?;
            let further = cursor.further(IC_USERS, answer.next_token())?;
            let items = answer.users().iter().map(user).collect();
            ids.extend(answer.users().iter().map(|u| u.user_id().to_owned()));
            append(
                context,
                &mut out,
                "aws/identitystore-users.json",
                "identity_center_user",
                page("Users", items, further),
            )?;
            if !further {
                return out.map_or(Ok(()), Pages::finish);
            }
        }
    };
    let done = walked.await;
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
        loop {
            context.plan(Source::IdentityCenter, 1);
            let request = clients
                .identitystore()
                .list_groups()
                .identity_store_id(&instance.store)
                .max_results(PAGE)
                .set_next_token(cursor.token());
            let answer = clients.call(IC_GROUPS, request.send()).await?;
            let further = cursor.further(IC_GROUPS, answer.next_token())?;
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
            if !further {
                return out.map_or(Ok(()), Pages::finish);
            }
        }
    };
    let done = walked.await;
    if let Err(error) = &done {
        context.spool.failed(IC_GROUPS, error, cursor.pages);
    }
    (ids, done.is_ok())
}

/// The members of one group, in a file of its own; gives how many there are.
async fn members(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    group: &str,
) -> Result<u64, CallError> {
    if !plain_id(group) {
        return Err(CallError::failed(format!(
            "{} is no id of a group",
            crate::collect::shown(group)
        )));
    }
    let file = format!("aws/identitystore-group-memberships/{group}.json");
    let mut out = None;
    let mut cursor = Cursor::default();
    let mut count = 0;
    loop {
        context.plan(Source::IdentityCenter, 1);
        let request = clients
            .identitystore()
            .list_group_memberships()
            .identity_store_id(&instance.store)
            .group_id(group)
            .max_results(PAGE)
            .set_next_token(cursor.token());
        let answer = clients.call(IC_MEMBERSHIPS, request.send()).await?;
        let further = cursor.further(IC_MEMBERSHIPS, answer.next_token())?;
        let mut items = Vec::new();
        for m in answer.group_memberships() {
            let user = m.member_id().and_then(|id| id.as_user_id().ok());
            count += 1;
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
        )?;
        if !further {
            out.map_or(Ok(()), Pages::finish)?;
            return Ok(count);
        }
    }
}
