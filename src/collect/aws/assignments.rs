//! Accounts, permission sets with their policies, and assignments.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::directory::Principals;
use super::{Accounts, policy};
use crate::collect::Import;
use crate::collect::answer::next_of;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Keys, Sink, contradicted, coverage, settle, without_file};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::fold::fold;

const ACCOUNTS: Shape = Shape {
    paths: &[&["Accounts"]],
    bare: |m| m.contains_key("Id"),
};
const DOCUMENTS: Shape = Shape {
    paths: &[],
    bare: |_| true,
};
const ASSIGNMENTS: Shape = Shape {
    paths: &[&["AccountAssignments"]],
    bare: |m| m.contains_key("PrincipalId"),
};

#[derive(Clone, Debug, PartialEq)]
struct Account {
    name: Option<String>,
    email: Option<String>,
    state: Option<String>,
    joined: Option<DateTime<Utc>>,
    path: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct PermissionSet {
    name: Option<String>,
    session: Option<String>,
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

/// The last part of an ARN.
pub(super) fn last_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[derive(Clone, Debug, Default)]
struct Policies {
    inline: Option<String>,
    boundary: Option<String>,
    attached: BTreeSet<(&'static str, String)>,
    /// Attached policies of which neither id nor name could be read.
    nameless: u64,
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    principals: &Principals,
) -> Result<(Accounts, Sets), DatasetError> {
    let (accounts, mut account_coverage) = accounts(import)?;
    let (sets, mut set_coverage) = permission_sets(import)?;
    let keys = accounts.keys();
    let set_keys = sets.keys();
    let used = assignments(import, sink, &keys, &set_keys, principals)?;
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
    let policies = policies(import, sink, &sets, &set_keys, known.whole)?;
    sink.write(
        set_coverage,
        sets.iter().zip(0..).map(|((arn, s), key)| {
            let of_set = policies.get(arn);
            vec![
                Cell::Key(key),
                Cell::Text(arn.clone()),
                Cell::text(s.name.clone()),
                Cell::folded(s.name.as_deref()),
                Cell::text(s.session.clone()),
                Cell::int(s.session.as_deref().and_then(policy::minutes)),
                Cell::text(of_set.and_then(|p| p.inline.clone())),
                Cell::flag(
                    of_set
                        .and_then(|p| p.inline.as_deref())
                        .and_then(policy::allows_everything),
                ),
                Cell::text(of_set.and_then(|p| p.boundary.clone())),
                Cell::Null,
            ]
        }),
    )?;
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
    let mut lost = 0_u64;
    let reading = import
        .exports
        .read(file, TABLE, &ACCOUNTS, &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(id) = r.id("Id") else {
                lost += 1;
                return;
            };
            let account = Account {
                name: r.text("Name"),
                email: r.text("Email"),
                // State replaced Status; older clients print only the latter.
                state: r.text("State").or_else(|| r.text("Status")),
                joined: r.time("JoinedTimestamp"),
                path: r
                    .list("Paths")
                    .and_then(|l| l.first())
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            };
            all.add(id, account, shown, TABLE, problems);
        });
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        );
    }
    Ok((all, covered))
}

fn permission_sets(
    import: &mut Import<'_>,
) -> Result<(Entities<PermissionSet>, Coverage), DatasetError> {
    const TABLE: &str = "permission_set";
    let file = "aws/sso-permission-sets.json";
    let mut all = Entities::default();
    let mut listed = BTreeSet::new();
    let (mut odd, mut further) = (0_u64, false);
    let reading = import.exports.read(
        file,
        TABLE,
        &DOCUMENTS,
        &mut |spot, map, shown, problems| {
            if let Some(list) = map.get("PermissionSets").and_then(Value::as_array) {
                // The list that the descriptions follow from.
                listed.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                further = next_of(map);
                let described: Vec<_> = list.iter().filter_map(Value::as_object).collect();
                for map in described {
                    odd += u64::from(!describe(map, spot, shown, problems, &mut all));
                }
                return;
            }
            let inner = map
                .get("PermissionSet")
                .and_then(Value::as_object)
                .unwrap_or(map);
            odd += u64::from(!describe(inner, spot, shown, problems, &mut all));
        },
    );
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    if odd > 0 {
        covered.worsen(
            State::Partial,
            format!("{odd} documents of {file} describe no permission set."),
        );
    }
    if further {
        covered.worsen(
            State::Partial,
            format!("{file} lists permission sets with a further page that is missing."),
        );
    }
    let undescribed: BTreeSet<String> = listed
        .into_iter()
        .filter(|arn| all.get(arn).is_none())
        .collect();
    if !undescribed.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "{} permission sets are listed and not described: {}.",
                undescribed.len(),
                crate::collect::some_of(&undescribed)
            ),
        );
        covered.scope.extend(undescribed);
    }
    Ok((all, covered))
}

fn describe(
    map: &Map<String, Value>,
    spot: &crate::collect::walk::Spot,
    shown: &str,
    problems: &mut Vec<crate::dataset::problem::Problem>,
    all: &mut Entities<PermissionSet>,
) -> bool {
    let mut r = Record::new(map, spot, shown, "permission_set", problems);
    let Some(arn) = r.id("PermissionSetArn") else {
        return false;
    };
    let set = PermissionSet {
        name: r.text("Name"),
        session: r.text("SessionDuration"),
    };
    all.add(arn, set, shown, "permission_set", problems);
    true
}

fn policies(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    sets: &Entities<PermissionSet>,
    keys: &Keys,
    whole: bool,
) -> Result<BTreeMap<String, Policies>, DatasetError> {
    const TABLE: &str = "permission_set_policy";
    const FOLDER: &str = "aws/sso-permission-set-policies";
    let by_id: BTreeMap<&str, &String> = sets.iter().map(|(arn, _)| (last_of(arn), arn)).collect();
    let mut covered = coverage(TABLE)?;
    let mut all: BTreeMap<String, Policies> = BTreeMap::new();
    let names = import.exports.list(FOLDER, ".json");
    let mut foreign = 0;
    for name in &names {
        let mut found = Policies::default();
        let reading = import.exports.read(
            &format!("{FOLDER}/{name}.json"),
            TABLE,
            &DOCUMENTS,
            &mut |_, map, _, _| {
                read_policies(map, &mut found);
            },
        );
        reading.settle(&mut covered);
        if found.nameless > 0 {
            covered.worsen(
                State::Partial,
                format!(
                    "{} policies of {FOLDER}/{name}.json have no name and were left out.",
                    found.nameless
                ),
            );
        }
        match by_id.get(name.as_str()) {
            Some(arn) => {
                all.insert((*arn).clone(), found);
            }
            None => foreign += found.attached.len() as u64,
        }
    }
    covered.exclude("the permission set is not described", foreign);
    // Without permission sets there are no policies, and nothing to export.
    if names.is_empty() && !(sets.len() == 0 && whole) {
        crate::collect::sink::missing(&mut covered, &format!("{FOLDER}/"));
    } else {
        let unread: BTreeSet<String> = sets
            .iter()
            .map(|(a, _)| a.clone())
            .filter(|a| !all.contains_key(a))
            .collect();
        without_file(&mut covered, FOLDER, "permission sets", unread, whole);
    }
    let mut rows = BTreeSet::new();
    for (arn, found) in &all {
        if let Some(key) = keys.get(arn) {
            rows.extend(
                found
                    .attached
                    .iter()
                    .map(|(kind, policy)| (key, *kind, policy.clone())),
            );
        }
    }
    sink.write(
        covered,
        rows.into_iter().map(|(key, kind, policy)| {
            vec![
                Cell::Key(key),
                Cell::Text(kind.to_owned()),
                Cell::Text(policy),
            ]
        }),
    )?;
    Ok(all)
}

fn read_policies(map: &Map<String, Value>, into: &mut Policies) {
    let text = |v: &Value, k: &str| v.get(k).and_then(Value::as_str).map(str::to_owned);
    for item in map
        .get("AttachedManagedPolicies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match text(item, "Arn").or_else(|| text(item, "Name")) {
            Some(arn) => {
                into.attached.insert(("aws-managed", arn));
            }
            None => into.nameless += 1,
        }
    }
    for item in map
        .get("CustomerManagedPolicyReferences")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match text(item, "Name") {
            Some(name) => {
                let path = text(item, "Path").unwrap_or_else(|| "/".to_owned());
                into.attached
                    .insert(("customer-managed", format!("{path}{name}")));
            }
            None => into.nameless += 1,
        }
    }
    if let Some(policy) = map
        .get("InlinePolicy")
        .and_then(Value::as_str)
        .filter(|p| !p.is_empty())
    {
        into.inline = Some(policy.to_owned());
    }
    if let Some(boundary) = map.get("PermissionsBoundary") {
        into.boundary = text(boundary, "ManagedPolicyArn").or_else(|| {
            boundary
                .get("CustomerManagedPolicyReference")
                .and_then(|c| text(c, "Name"))
        });
    }
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
    accounts: &Keys,
    sets: &Keys,
    principals: &Principals,
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
    if import.exports.has(super::BY_PRINCIPAL) {
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
