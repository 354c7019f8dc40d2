//! Accounts that permission sets are provisioned to: where AWS keeps a role for
//! a permission set, whoever is assigned.

use std::collections::BTreeSet;

use serde_json::Value;

use super::arn::is_account;
use super::assignments::Sets;
use crate::collect::import::context::Import;
use crate::collect::import::sink::{Keys, Sink, contradicted, coverage, missing, without_file};
use crate::collect::import::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;

const TABLE: &str = "permission_set_provisioning";
const FOLDER: &str = "aws/sso-permission-set-accounts";
/// A page holds bare ids of accounts, so each is read as a whole.
const PAGES: Shape = Shape {
    paths: &[],
    bare: |_| true,
    known: &[],
};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Provisioned {
    account: Option<i32>,
    set: Option<i32>,
    account_id: Option<String>,
    set_id: Option<String>,
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Keys,
    sets: &Sets,
) -> Result<(), DatasetError> {
    let mut covered = coverage(TABLE)?;
    let names = import.exports.list(FOLDER, ".json");
    let mut rows = BTreeSet::new();
    let (mut lists, mut odd) = (0_u64, 0_u64);
    for name in &names {
        let set = sets.by_id.get(name).map(|(key, _)| *key);
        let reading = import.exports.read(
            &format!("{FOLDER}/{name}.json"),
            TABLE,
            &PAGES,
            &mut |spot, map, shown, problems| {
                // One id alone stands for a list of one where a client prints it so.
                let list = match map.get("AccountIds") {
                    Some(Value::Array(items)) => items.as_slice(),
                    Some(one @ Value::String(_)) => std::slice::from_ref(one),
                    _ => {
                        odd += 1;
                        return;
                    }
                };
                lists += 1;
                for (n, item) in list.iter().enumerate() {
                    let Some(id) = item.as_str().filter(|id| is_account(id)) else {
                        odd += 1;
                        problems.push(Problem {
                            file: shown.to_owned(),
                            position: format!("{spot}.AccountIds[{n}]"),
                            kind: ProblemKind::Malformed,
                            table: Some(TABLE.to_owned()),
                            expected: "twelve digits, with the zeros in front".to_owned(),
                            message: "The entry is no id of an account and was left out."
                                .to_owned(),
                        });
                        continue;
                    };
                    let account = accounts.get(id);
                    rows.insert(Provisioned {
                        account,
                        set,
                        account_id: account.is_none().then(|| id.to_owned()),
                        set_id: set.is_none().then(|| name.clone()),
                    });
                }
            },
        );
        reading.settle(&mut covered);
    }
    if odd > 0 {
        let state = if lists == 0 {
            State::Failed
        } else {
            State::Partial
        };
        covered.worsen(
            state,
            format!("{odd} documents or entries of {FOLDER}/ are no ids of accounts."),
        );
    }
    if !names.is_empty() {
        let there: BTreeSet<&String> = names.iter().collect();
        let unread = sets.by_id.iter().filter(|(id, _)| !there.contains(id));
        let unread = unread.map(|(_, (_, arn))| arn.clone()).collect();
        without_file(&mut covered, FOLDER, "permission sets", unread, sets.whole);
    } else if !sets.by_id.is_empty() || !sets.whole {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    // Whoever is assigned is assigned where the permission set is provisioned.
    let found: BTreeSet<(i32, i32)> = rows.iter().filter_map(|r| r.account.zip(r.set)).collect();
    let absent = sets.assigned.difference(&found).count();
    contradicted(&mut covered, rows.len(), sets.assigned.len(), absent);
    sink.write(
        covered,
        rows.into_iter().map(|r| {
            vec![
                Cell::key(r.account),
                Cell::key(r.set),
                Cell::text(r.account_id),
                Cell::text(r.set_id),
            ]
        }),
    )
}
