//! Roles and their last use, as `aws iam get-account-authorization-details`
//! prints them: which of the roles that permission sets made are still used.

use std::collections::BTreeMap;

use super::Accounts;
use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Sink, coverage, missing, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::writer::Cell;
use crate::time::from_json;

const TABLE: &str = "aws_role_last_used";
const FOLDER: &str = "aws/iam-roles";
const ROLES: Shape = Shape {
    paths: &[&["RoleDetailList"]],
    bare: |m| m.contains_key("RoleName"),
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
    let mut rows: BTreeMap<(String, String), Vec<Cell>> = BTreeMap::new();
    let found = import.exports.list(FOLDER, ".json");
    for account in &found {
        let file = format!("{FOLDER}/{account}.json");
        let mut lost = 0_u64;
        let reading =
            import
                .exports
                .read(&file, TABLE, &ROLES, &mut |spot, map, shown, problems| {
                    let used = map
                        .get("RoleLastUsed")
                        .and_then(|u| u.get("LastUsedDate"))
                        .and_then(from_json);
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let Some(name) = r.id("RoleName") else {
                        lost += 1;
                        return;
                    };
                    let set = permission_set(&name);
                    let cells = vec![
                        Cell::key(accounts.keys.get(account)),
                        Cell::Text(account.clone()),
                        Cell::Text(name.clone()),
                        Cell::text(r.text("Arn")),
                        Cell::text(set.map(str::to_owned)),
                        Cell::folded(set),
                        Cell::time(r.time("CreateDate")),
                        Cell::time(used),
                    ];
                    rows.insert((account.clone(), name), cells);
                });
        settle(&mut covered, &reading, &file);
        if lost > 0 {
            covered.worsen(
                State::Partial,
                format!("{lost} records of {file} have no name."),
            );
        }
    }
    if found.is_empty() {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    sink.write(covered, rows.into_values())
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
