//! Account assignments by the cheaper of two walks, chosen once both costs are
//! known: over the pairs of account and permission set that are provisioned, or
//! over the principals.
//!
//! The answer for a user also holds what comes by groups, with the group as its
//! principal: such rows belong to the group.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use aws_sdk_ssoadmin::types::PrincipalType;

use super::cursor::{Cursor, PAGE, SIDE_BY_SIDE, walk};
use super::directory::Principals;
use super::instance::Instance;
use super::{Clients, Context, Lost};
use crate::collect::import::aws::accounts::BY_PRINCIPAL;
use crate::collect::wire::http::{CallError, Kind};
use crate::collect::wire::operations::{ASSIGNMENTS, Operation, PRINCIPAL_ASSIGNMENTS};
use crate::dataset::coverage::State;

const FILE: &str = "aws/sso-account-assignments.json";
const TABLE: &str = "account_assignment";
/// Its presence tells the importer how the assignments were asked for.
/// Principals that a walk over pairs is compared with.
pub(crate) const SAMPLE: usize = 6;
/// Rows of a page as it is written.
const WRITTEN: usize = 1000;
const PAIRS: &str = "pairs of account and permission set";

/// Account, permission set, kind of principal, principal.
type Row = (String, String, String, String);
/// Account and permission set.
pub(super) type Pair = (String, String);

/// Which walk costs less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    Pairs,
    Principals,
}

/// `pairs` calls, or one per user and one per group that nobody is in.
fn cheaper(pairs: usize, users: usize, empty_groups: usize) -> Walk {
    // Without any pair there would be nothing to ask: believe it only when the
    // principals say so too.
    if pairs > 0 && pairs <= users + empty_groups {
        Walk::Pairs
    } else {
        Walk::Principals
    }
}

/// Whether the walk over pairs is the cheaper one however many groups are empty.
pub(super) fn decided(pairs: &BTreeSet<Pair>, principals: &Principals) -> bool {
    !pairs.is_empty() && (!principals.whole || pairs.len() <= principals.users.len())
}

pub(super) async fn collect(
    context: &Context<'_>,
    clients: &Clients,
    instance: &Instance,
    pairs: Option<&BTreeSet<Pair>>,
    principals: &Principals,
) {
    let walker = Walker {
        context,
        clients,
        instance,
        principals,
    };
    let empty = principals.peopled.as_ref().map_or(0, |peopled| {
        principals
            .groups
            .iter()
            .filter(|g| !peopled.contains(*g))
            .count()
    });
    let walk = match pairs {
        Some(pairs) if principals.whole => cheaper(pairs.len(), principals.users.len(), empty),
        Some(pairs) if !pairs.is_empty() => Walk::Pairs,
        _ => Walk::Principals,
    };
    let pairs = pairs.filter(|p| !p.is_empty());
    let rows = match (walk, pairs) {
        (Walk::Pairs, Some(pairs)) => walker.by_pairs(pairs).await,
        (_, pairs) => match (walker.by_principals().await, pairs) {
            // Only the management account may ask so.
            (Err(lost), Some(pairs)) if lost.error.kind == Kind::Denied => {
                walker.by_pairs(pairs).await
            }
            (Err(lost), _) => Err(lost),
            (Ok(rows), pairs) => {
                if !principals.whole {
                    let reason = "Not every user and group could be listed, so not all were asked for their assignments.";
                    context.spool.fault(&[TABLE], State::Partial, reason, None);
                }
                // Whoever is gone cannot be asked for.
                if let Err(error) = context
                    .spool
                    .file(BY_PRINCIPAL, TABLE)
                    .and_then(crate::collect::fetch::spool::Pages::finish)
                {
                    context
                        .spool
                        .fault(&[TABLE], State::Partial, &error.message, None);
                }
                Ok(walker.without_rows(rows, pairs).await)
            }
        },
    };
    let kept = rows.and_then(|rows| write(context, rows).map_err(|e| Lost::at(ASSIGNMENTS, e)));
    if let Err(lost) = kept {
        lost.costs(context, &[TABLE], 0);
    }
}

fn write(context: &Context<'_>, rows: BTreeSet<Row>) -> Result<(), CallError> {
    let mut out = context.spool.file(FILE, TABLE)?;
    let rows: Vec<Row> = rows.into_iter().collect();
    let pages = rows.chunks(WRITTEN).map(<[Row]>::to_vec);
    for page in pages.chain(rows.is_empty().then(Vec::new)) {
        let items: Vec<Value> = page
            .into_iter()
            .map(|(account, set, kind, principal)| {
                json!({
                    "AccountId": account,
                    "PermissionSetArn": set,
                    "PrincipalType": kind,
                    "PrincipalId": principal,
                })
            })
            .collect();
        out.put(json!({"AccountAssignments": items}))?;
    }
    out.finish()
}

struct Walker<'a> {
    context: &'a Context<'a>,
    clients: &'a Clients,
    instance: &'a Instance,
    principals: &'a Principals,
}

impl Walker<'_> {
    /// Every pair; then some principals, to see that the pairs are all of them.
    async fn by_pairs(&self, pairs: &BTreeSet<Pair>) -> Result<BTreeSet<Row>, Lost> {
        let mut all = BTreeSet::new();
        let lost = self.ask_pairs(pairs.iter(), &mut all).await;
        if let Some(first) = lost.first() {
            if lost.len() == pairs.len() {
                return Err(first.clone());
            }
            self.some(&lost, pairs.len(), PAIRS);
        }
        match self.sample().await {
            Ok(rows) if rows.iter().all(|r| all.contains(r)) => Ok(all),
            // A service that does not know all of its pairs: ask everybody.
            Ok(rows) if lost.is_empty() => {
                all.extend(rows);
                match self.by_principals().await {
                    Ok(rows) => all.extend(rows),
                    Err(lost) => lost.costs(self.context, &[TABLE], 1),
                }
                Ok(all)
            }
            // A delegated administrator may not ask so; the pairs are what there is.
            _ => Ok(all),
        }
    }

    /// A pair is only provisioned where somebody is assigned. One that no
    /// principal named was assigned to somebody who was not asked.
    async fn without_rows(
        &self,
        mut rows: BTreeSet<Row>,
        pairs: Option<&BTreeSet<Pair>>,
    ) -> BTreeSet<Row> {
        let named: BTreeSet<(&str, &str)> =
            rows.iter().map(|r| (r.0.as_str(), r.1.as_str())).collect();
        let open: Vec<Pair> = pairs
            .into_iter()
            .flatten()
            .filter(|(account, set)| !named.contains(&(account.as_str(), set.as_str())))
            .cloned()
            .collect();
        let lost = self.ask_pairs(open.iter(), &mut rows).await;
        if let Some(first) = lost.first() {
            // What the principals said was read, so that this is a part.
            first.costs(self.context, &[TABLE], 1);
        }
        rows
    }

    /// Adds the rows of pairs as they arrive; gives what was not read.
    async fn ask_pairs(
        &self,
        pairs: impl Iterator<Item = &Pair>,
        into: &mut BTreeSet<Row>,
    ) -> Vec<Lost> {
        let mut lost = Vec::new();
        let mut answers = stream::iter(pairs)
            .map(|pair| self.pair(pair))
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(rows) => into.extend(rows),
                Err(error) => lost.push(error),
            }
        }
        lost
    }

    /// Records that some of so many were not read.
    fn some(&self, lost: &[Lost], all: usize, what: &str) {
        if let Some(first) = lost.first() {
            first.costs_some(self.context, &[TABLE], (lost.len(), all), what);
        }
    }

    async fn pair(&self, (account, set): &Pair) -> Result<Vec<Row>, Lost> {
        let mut rows = Vec::new();
        let mut cursor = Cursor::default();
        let request = self
            .clients
            .sso()
            .list_account_assignments()
            .instance_arn(&self.instance.arn)
            .account_id(account)
            .permission_set_arn(set)
            .max_results(PAGE);
        walk!(self.clients, ASSIGNMENTS, cursor, request, |answer, _| {
            for a in answer.account_assignments() {
                rows.push(row(
                    ASSIGNMENTS,
                    a.account_id(),
                    a.permission_set_arn(),
                    a.principal_type(),
                    a.principal_id(),
                )?);
            }
            self.context.page(TABLE);
        });
        Ok(rows)
    }

    /// Some principals, spread over both kinds.
    async fn sample(&self) -> Result<Vec<Row>, Lost> {
        let step = |n: usize| (n / (SAMPLE / 2)).max(1);
        let groups = self
            .principals
            .groups
            .iter()
            .step_by(step(self.principals.groups.len()));
        let users = self
            .principals
            .users
            .iter()
            .step_by(step(self.principals.users.len()));
        let chosen: Vec<(PrincipalType, &String)> = groups
            .take(SAMPLE / 2)
            .map(|g| (PrincipalType::Group, g))
            .chain(users.take(SAMPLE / 2).map(|u| (PrincipalType::User, u)))
            .collect();
        let mut rows = Vec::new();
        for (kind, id) in chosen {
            rows.extend(self.principal(kind, id).await?);
        }
        Ok(rows)
    }

    /// Every user, then the groups that no user's answer covers.
    async fn by_principals(&self) -> Result<BTreeSet<Row>, Lost> {
        let users = self
            .principals
            .users
            .iter()
            .map(|u| (PrincipalType::User, u.clone()));
        let mut all = self.ask(users.collect()).await?;
        let by_group = all.iter().any(|r| r.2 == "GROUP");
        // Where no answer for a user names a group, the service may leave them out.
        let groups = self.principals.groups.iter().filter(|g| {
            !by_group
                || self
                    .principals
                    .peopled
                    .as_ref()
                    .is_none_or(|p| !p.contains(*g))
        });
        let groups: Vec<_> = groups.map(|g| (PrincipalType::Group, g.clone())).collect();
        match self.ask(groups).await {
            Ok(rows) => all.extend(rows),
            Err(lost) if all.is_empty() => return Err(lost),
            Err(lost) => lost.costs(self.context, &[TABLE], 1),
        }
        Ok(all)
    }

    /// What principals are assigned to, merged as it arrives: users of one group
    /// all name what comes by it.
    async fn ask(&self, principals: Vec<(PrincipalType, String)>) -> Result<BTreeSet<Row>, Lost> {
        let count = principals.len();
        let mut answers = stream::iter(principals)
            .map(|(kind, id)| async move { self.principal(kind, &id).await })
            .buffer_unordered(SIDE_BY_SIDE);
        let mut all = BTreeSet::new();
        let mut failed: Vec<Lost> = Vec::new();
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(rows) => all.extend(rows),
                // The others would be refused as well.
                Err(lost) if lost.denied() => return Err(lost),
                Err(lost) => failed.push(lost),
            }
        }
        if let Some(first) = failed.first()
            && failed.len() == count
        {
            return Err(first.clone());
        }
        self.some(&failed, count, "principals");
        Ok(all)
    }

    async fn principal(&self, kind: PrincipalType, id: &str) -> Result<Vec<Row>, Lost> {
        let mut rows = Vec::new();
        let mut cursor = Cursor::default();
        let request = self
            .clients
            .sso()
            .list_account_assignments_for_principal()
            .instance_arn(&self.instance.arn)
            .principal_id(id)
            .principal_type(kind)
            .max_results(PAGE);
        walk!(
            self.clients,
            PRINCIPAL_ASSIGNMENTS,
            cursor,
            request,
            |answer, _| {
                for a in answer.account_assignments() {
                    rows.push(row(
                        PRINCIPAL_ASSIGNMENTS,
                        a.account_id(),
                        a.permission_set_arn(),
                        a.principal_type(),
                        a.principal_id(),
                    )?);
                }
                self.context.page(TABLE);
            }
        );
        Ok(rows)
    }
}

fn row(
    operation: &'static Operation,
    account: Option<&str>,
    set: Option<&str>,
    kind: Option<&PrincipalType>,
    principal: Option<&str>,
) -> Result<Row, Lost> {
    match (account, set, kind, principal) {
        (Some(account), Some(set), Some(kind), Some(principal)) => Ok((
            account.to_owned(),
            set.to_owned(),
            kind.as_str().to_owned(),
            principal.to_owned(),
        )),
        _ => Err(Lost::odd(
            operation,
            "an assignment names no account, permission set or principal",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Walk, cheaper};

    #[test]
    fn the_cheaper_walk_is_taken() {
        assert_eq!(cheaper(1500, 3000, 20), Walk::Pairs);
        assert_eq!(cheaper(3020, 3000, 20), Walk::Pairs);
        assert_eq!(cheaper(3021, 3000, 20), Walk::Principals);
        assert_eq!(cheaper(0, 3000, 20), Walk::Principals);
    }
}
