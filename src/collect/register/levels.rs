//! The level map that ships with the program: a level of an environment file
//! and the permission set that it stands for.

use std::collections::BTreeMap;

use crate::fold::fold;

const SHIPPED: &[(&str, &str)] = &[
    ("view-only", "ViewOnlyAccess"),
    ("read-only", "ReadOnlyAccess"),
    ("security-audit", "SecurityAudit"),
    ("administrator", "AdministratorAccess"),
    ("developer", "modernisation-platform-developer"),
    ("sandbox", "modernisation-platform-sandbox"),
    ("migration", "modernisation-platform-migration"),
    ("data-engineer", "modernisation-platform-data-eng"),
    ("analytics-engineer", "mp-analytics-engineering"),
    ("platform-engineer-admin", "platform-engineer-admin"),
    ("instance-access", "mp-instance-access"),
    ("instance-management", "mp-instance-management"),
    ("reporting-operations", "mp-reporting-operations"),
    ("mwaa-user", "modernisation-platform-mwaa-user"),
    ("powerbi-user", "modernisation-platform-powerbi"),
    ("quicksight-admin", "modernisation-platform-qs-admin"),
    ("fleet-manager", "mp-fleet-manager"),
    ("ssm-session-access", "mp-ssm-session-access"),
    ("data-scientist", "mp-data-scientist"),
    ("workspace-user-admin", "mp-workspace-user-admin"),
    ("workspace-admin", "mp-workspace-admin"),
];

/// The shipped map: folded level to level and permission set.
pub(super) fn shipped() -> BTreeMap<String, (String, String)> {
    of(SHIPPED
        .iter()
        .map(|(l, s)| ((*l).to_owned(), (*s).to_owned())))
}

/// A map out of rows.
pub(super) fn of(
    rows: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, (String, String)> {
    rows.into_iter()
        .map(|(level, set)| (fold(&level), (level, set)))
        .collect()
}
