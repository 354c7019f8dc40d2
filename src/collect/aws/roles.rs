//! Roles and their last use, as `aws iam get-account-authorization-details`
//! prints them: which of the roles that permission sets made are still used.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::Accounts;
use super::place::places;
use crate::collect::Import;
use crate::collect::form::has;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Sink, coverage, missing, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::problem::ProblemKind;
use crate::dataset::writer::Cell;
use crate::time::from_json;

const TABLE: &str = "aws_role_last_used";
const FOLDER: &str = "aws/iam-roles";
const ROLES: Shape = Shape {
    paths: &[&["RoleDetailList"], &["Roles"]],
    bare: |m| has(m, "RoleName"),
    known: &["RoleName"],
};
/// What the roles of permission sets are called: the set, then sixteen digits.
const RESERVED: &str = "AWSReservedSSO_";
const DIGITS: usize = 16;

/// The permission set that made a role.
fn permission_set(role: &str) -> Option<&str> {
    let (set, digits) = role.strip_prefix(RESERVED)?.rsplit_once('_')?;
    let hex = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit());
    (hex && !set.is_empty()).then_some(set)
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Accounts,
) -> Result<(), DatasetError> {
    let mut covered = coverage(TABLE)?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let found = import.exports.list(FOLDER, ".json");
    let none = found.is_empty();
    for mut place in places(found, (FOLDER, ".json"), false, &mut covered) {
        let file = format!("{FOLDER}/{}.json", place.account);
        let account = place.account.clone();
        let (mut lost, mut untold) = (0_u64, 0_u64);
        let mut here: Entities<Vec<Cell>> = Entities::default();
        let reading =
            import
                .exports
                .read(&file, TABLE, &ROLES, &mut |spot, map, shown, problems| {
                    let arn = map.get("Arn").and_then(Value::as_str).unwrap_or_default();
                    if !place.holds(arn, (shown, spot, TABLE), problems) {
                        return;
                    }
                    let used = last_used(map);
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let Some(name) = r.id("RoleName") else {
                        lost += 1;
                        return;
                    };
                    let set = permission_set(&name);
                    let used = match used {
                        Used::Never => None,
                        Used::At(at) => Some(at),
                        Used::Untold => {
                            untold += 1;
                            r.report(
                                ProblemKind::Malformed,
                                ".RoleLastUsed",
                                "an object, with LastUsedDate where the role was used",
                                "When the role was last used is not said; it was left out."
                                    .to_owned(),
                            );
                            return;
                        }
                    };
                    let cells = vec![
                        Cell::key(accounts.keys.get(&account)),
                        Cell::Text(account.clone()),
                        Cell::Text(name.clone()),
                        Cell::text(r.text("Arn")),
                        Cell::text(set.map(str::to_owned)),
                        Cell::folded(set),
                        Cell::time(r.time("CreateDate")),
                        Cell::time(used),
                    ];
                    here.add(name, cells, shown, TABLE, problems);
                });
        rows.extend(here.into_values());
        settle(&mut covered, &reading, &file);
        place.settle(&file, &mut covered);
        for (count, what) in [
            (lost, "have no name"),
            (
                untold,
                "do not say when they were last used; get-account-authorization-details does, list-roles does not",
            ),
        ] {
            if count > 0 {
                covered.worsen(State::Partial, format!("{count} records of {file} {what}."));
            }
        }
    }
    if none {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    sink.write(covered, rows)
}

/// When a role was last used.
enum Used {
    /// It was not.
    Never,
    At(DateTime<Utc>),
    /// The answer is of a call that does not say, or says it in another form.
    Untold,
}

/// When a role was last used: an empty object where it was not.
fn last_used(map: &Map<String, Value>) -> Used {
    let Some(used) = map.get("RoleLastUsed").and_then(Value::as_object) else {
        return Used::Untold;
    };
    match used.get("LastUsedDate") {
        None | Some(Value::Null) => Used::Never,
        Some(at) => from_json(at).map_or(Used::Untold, Used::At),
    }
}

#[cfg(test)]
mod tests {
    use super::permission_set;

    #[test]
    fn a_role_names_its_permission_set() {
        assert_eq!(
            permission_set("AWSReservedSSO_Read_Only_0123456789abcdef"),
            Some("Read_Only")
        );
        assert_eq!(permission_set("AWSReservedSSO_ReadOnly"), None);
        assert_eq!(permission_set("AWSReservedSSO__0123456789abcdef"), None);
        assert_eq!(permission_set("sync-job"), None);
    }
}
