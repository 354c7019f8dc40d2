//! Accounts that permission sets are provisioned to: a table of its own, and
//! the pairs that the choice of a walk over assignments rests on.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;
use std::collections::BTreeSet;

use super::assignments::Pair;
use super::cursor::{Cursor, PAGE, Patience, SIDE_BY_SIDE, append, page, walk};
use super::instance::Instance;
use super::{Clients, Context, Lost};
use crate::collect::fetch::spool::{Pages, plain_id};
use crate::collect::wire::operations::PROVISIONED_ACCOUNTS;

pub(super) const TABLE: &str = "permission_set_provisioning";

/// Pairs of account and permission set that are provisioned; `None` when that
/// may not be asked, or could not all be read: what is missing then, the
/// principals say as well.
pub(super) async fn collect(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    sets: &[String],
) -> Option<BTreeSet<Pair>> {
    let patience = Patience::default();
    let patience = &patience;
    let mut answers = stream::iter(sets)
        .map(|set| async move {
            if !patience.lasts() {
                return None;
            }
            let read = accounts(context, clients, instance, set).await;
            patience.note(&read);
            Some(read)
        })
        .buffer_unordered(SIDE_BY_SIDE);
    let (mut pairs, mut lost) = (BTreeSet::new(), Vec::new());
    let mut read = 0;
    while let Some(answer) = answers.next().await {
        match answer {
            Some(Ok(of_set)) => {
                read += 1;
                pairs.extend(of_set);
            }
            Some(Err(error)) => lost.push(error),
            None => {}
        }
    }
    let Some(first) = lost.first() else {
        return Some(pairs);
    };
    first.costs_some(
        context,
        &[TABLE],
        (sets.len() - read, sets.len()),
        "permission sets",
    );
    None
}

/// The accounts of one permission set, in a file of its own.
async fn accounts(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    set: &str,
) -> Result<Vec<Pair>, Lost> {
    let kept = |e| Lost::at(PROVISIONED_ACCOUNTS, e);
    let id = set.rsplit('/').next().filter(|id| plain_id(id));
    let id = id.ok_or_else(|| {
        Lost::odd(
            PROVISIONED_ACCOUNTS,
            "the ARN of a permission set has no id",
        )
    })?;
    let file = format!("aws/sso-permission-set-accounts/{id}.json");
    let mut pairs = Vec::new();
    let mut out = None;
    let mut cursor = Cursor::default();
    let request = clients
        .sso()
        .list_accounts_for_provisioned_permission_set()
        .instance_arn(&instance.arn)
        .permission_set_arn(set)
        .max_results(PAGE);
    walk!(
        clients,
        PROVISIONED_ACCOUNTS,
        cursor,
        request,
        |answer, further| {
            let accounts = answer.account_ids();
            pairs.extend(accounts.iter().map(|a| (a.clone(), set.to_owned())));
            let items = accounts.iter().cloned().map(Value::String).collect();
            let page = page("AccountIds", items, further);
            append(context, &mut out, &file, TABLE, page).map_err(kept)?;
        }
    );
    out.map_or(Ok(()), Pages::finish).map_err(kept)?;
    Ok(pairs)
}
