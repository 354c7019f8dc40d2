//! Accounts, and the assignments of permission sets on them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::accounts::{Accounts, BY_PRINCIPAL};
use super::arn::{Arn, instance_of, is_account};
use super::directory::Principals;
use super::permission_sets;
use super::permission_sets::last_of;
use crate::collect::form::has;
use crate::collect::import::context::Import;
use crate::collect::import::record::Record;
use crate::collect::import::single::Single;
use crate::collect::import::sink::{Entities, Keys, Sink, contradicted, coverage, settle};
use crate::collect::import::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::ProblemKind;
use crate::dataset::writer::Cell;
use crate::fold::fold;

const ACCOUNTS: Shape = Shape {
    paths: &[&["Accounts"]],
    bare: |m| has(m, "Id"),
    known: &["Id"],
};
const ASSIGNMENTS: Shape = Shape {
    paths: &[&["AccountAssignments"]],
    bare: |m| has(m, "PrincipalId"),
    known: &["PrincipalId"],
};

#[derive(Clone, Debug, PartialEq)]
struct Account {
    name: Option<String>,
    email: Option<String>,
    state: Option<String>,
    joined: Option<DateTime<Utc>>,
    path: Option<String>,
}

/// Permission sets as what is provisioned of them needs to know them.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// Key and ARN by the last part of the ARN.
    pub by_id: BTreeMap<String, (i32, String)>,
    /// Whether these are all that there are.
    pub whole: bool,
    /// Account and permission set of assignments, where both are known.
    pub assigned: BTreeSet<(i32, i32)>,
}

/// Accounts and permission sets that assignments refer to.
#[derive(Debug, Default)]
struct Used {
    accounts: BTreeSet<String>,
    sets: BTreeSet<String>,
    pairs: BTreeSet<(i32, i32)>,
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    principals: &Principals,
) -> Result<(Accounts, Sets), DatasetError> {
    let (accounts, mut account_coverage) = accounts(import)?;
    let mut instances = Single::new("instances of Identity Center");
    let (sets, mut set_coverage) = permission_sets::import(import, &mut instances)?;
    let keys = accounts.keys();
    let set_keys = sets.keys();
    let used = assignments(
        import,
        sink,
        (&keys, &set_keys),
        principals,
        (instances, &mut set_coverage),
    )?;
    let absent = |keys: &Keys, ids: &BTreeSet<String>| {
        ids.iter().filter(|id| keys.get(id).is_none()).count()
    };
    contradicted(
        &mut account_coverage,
        accounts.len(),
        used.accounts.len(),
        absent(&keys, &used.accounts),
    );
    contradicted(
        &mut set_coverage,
        sets.len(),
        used.sets.len(),
        absent(&set_keys, &used.sets),
    );
    let known = Sets {
        by_id: sets
            .iter()
            .zip(0..)
            .map(|((arn, _), key)| (last_of(arn).to_owned(), (key, arn.clone())))
            .collect(),
        whole: set_coverage.state == State::Complete,
        assigned: used.pairs,
    };
    let policies = permission_sets::policies(import, sink, &sets, &set_keys, known.whole)?;
    permission_sets::write(sink, set_coverage, &sets, &policies)?;
    let accounts = write_accounts(sink, account_coverage, &accounts, keys)?;
    Ok((accounts, known))
}

fn write_accounts(
    sink: &mut Sink<'_>,
    covered: Coverage,
    accounts: &Entities<Account>,
    keys: Keys,
) -> Result<Accounts, DatasetError> {
    let mut by_name: BTreeMap<String, Option<i32>> = BTreeMap::new();
    for ((_, a), key) in accounts.iter().zip(0..) {
        if let Some(name) = &a.name {
            by_name
                .entry(fold(name))
                .and_modify(|k| *k = None)
                .or_insert(Some(key));
        }
    }
    sink.write(
        covered,
        accounts.iter().zip(0..).map(|((id, a), key)| {
            let unique = a
                .name
                .as_deref()
                .filter(|n| matches!(by_name.get(&fold(n)), Some(Some(_))));
            vec![
                Cell::Key(key),
                Cell::Text(id.clone()),
                Cell::text(a.name.clone()),
                Cell::folded(a.name.as_deref()),
                Cell::Text(unique.unwrap_or(id).to_owned()),
                Cell::text(a.email.clone()),
                Cell::text(a.state.clone()),
                Cell::time(a.joined),
                Cell::text(a.path.clone()),
                Cell::Null,
            ]
        }),
    )?;
    Ok(Accounts { keys, by_name })
}

fn accounts(import: &mut Import<'_>) -> Result<(Entities<Account>, Coverage), DatasetError> {
    const TABLE: &str = "aws_account";
    let file = "aws/organizations-accounts.json";
    let mut all = Entities::default();
    let mut organisations = Single::new("organisations");
    let mut lost = 0_u64;
    let reading = import
        .exports
        .read(file, TABLE, &ACCOUNTS, &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(id) = r.id("Id") else {
                lost += 1;
                return;
            };
            if !is_account(&id) {
                not_an_account(&mut r, ".Id");
                lost += 1;
                return;
            }
            // arn:aws:organizations::MANAGEMENT:account/o-id/ACCOUNT
            let arn = r.text("Arn");
            if let Some(resource) = arn.as_deref().and_then(Arn::parse).map(|a| a.resource) {
                if last_of(resource) != id {
                    r.report(
                        ProblemKind::Malformed,
                        ".Arn",
                        "the ARN of the account of that id",
                        "The ARN is that of another account; the record was left out.".to_owned(),
                    );
                    lost += 1;
                    return;
                }
                if let Some(organisation) = resource.split('/').nth(1) {
                    organisations.met(organisation, shown, spot);
                }
            }
            let account = Account {
                name: r.text("Name"),
                email: r.text("Email"),
                // State replaced Status; older clients print only the latter.
                state: r.text("State").or_else(|| r.text("Status")),
                joined: r.time("JoinedTimestamp"),
                path: r.texts("Paths").and_then(|l| l.into_iter().next()),
            };
            all.add(id, account, shown, TABLE, problems);
        });
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} are no accounts."),
        );
    }
    organisations.settle(&mut [&mut covered]);
    Ok((all, covered))
}

fn not_an_account(r: &mut Record<'_>, below: &str) {
    r.report(
        ProblemKind::Malformed,
        below,
        "twelve digits, with the zeros in front",
        "The id of an account has twelve digits; the record was left out. A program that took it for a number dropped its zeros.".to_owned(),
    );
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Assignment {
    account: Option<i32>,
    set: Option<i32>,
    kind: Option<String>,
    principal: Option<String>,
    account_id: Option<String>,
    arn: Option<String>,
}

fn assignments(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    (accounts, sets): (&Keys, &Keys),
    principals: &Principals,
    (mut instances, set_coverage): (Single, &mut Coverage),
) -> Result<Used, DatasetError> {
    const TABLE: &str = "account_assignment";
    let file = "aws/sso-account-assignments.json";
    let mut rows = BTreeSet::new();
    let mut used = Used::default();
    let mut lost = 0_u64;
    // The pair of account and permission set of a page, when it has one alone.
    let mut pairs: BTreeMap<u64, Option<(String, String)>> = BTreeMap::new();
    let reading = import.exports.read(
        file,
        TABLE,
        &ASSIGNMENTS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let (account, arn, principal) = (
                r.id("AccountId"),
                r.id("PermissionSetArn"),
                r.id("PrincipalId"),
            );
            let (Some(account_id), Some(arn), Some(principal)) = (account, arn, principal) else {
                lost += 1;
                return;
            };
            if !is_account(&account_id) {
                not_an_account(&mut r, ".AccountId");
                lost += 1;
                return;
            }
            if let Some(instance) = instance_of(&arn) {
                instances.met(instance, shown, spot);
            }
            let pair = Some((account_id.clone(), arn.clone()));
            pairs
                .entry(spot.document)
                .and_modify(|p| {
                    if *p != pair {
                        *p = None;
                    }
                })
                .or_insert(pair);
            let (account, set) = (accounts.get(&account_id), sets.get(&arn));
            used.pairs.extend(account.zip(set));
            used.accounts.insert(account_id.clone());
            used.sets.insert(arn.clone());
            rows.insert(Assignment {
                account,
                set,
                kind: r.text("PrincipalType"),
                principal: Some(principal),
                account_id: account.is_none().then_some(account_id),
                arn: set.is_none().then_some(arn),
            });
        },
    );
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} are no assignments."),
        );
    }
    instances.settle(&mut [set_coverage, &mut covered]);
    if import.exports.has(BY_PRINCIPAL) {
        import.places.insert((TABLE, "by principal".to_owned()));
    }
    // Listed pair by pair, a page that names a further one goes on with its pair.
    let left_over = reading.more.iter().filter(|page| {
        let one = |page: u64| pairs.get(&page).cloned().flatten();
        one(**page).is_some_and(|pair| one(*page + 1).is_some_and(|next| next != pair))
    });
    let left_over = left_over.count();
    if left_over > 0 {
        covered.worsen(
            State::Partial,
            format!(
                "{file} lists pairs of account and permission set, and for {left_over} of them a further page is missing."
            ),
        );
    }
    sink.write(
        covered,
        rows.into_iter().map(|a| {
            let id = a.principal.as_deref().unwrap_or_default();
            let (group, user) = principals.find(a.kind.as_deref(), id);
            vec![
                Cell::key(a.account),
                Cell::key(a.set),
                Cell::text(a.kind.clone()),
                Cell::text(a.principal.clone()),
                Cell::key(group),
                Cell::key(user),
                Cell::text(a.account_id.clone()),
                Cell::text(a.arn.clone()),
            ]
        }),
    )?;
    Ok(used)
}
