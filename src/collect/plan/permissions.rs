//! The least that a collection needs at each source, out of the list of
//! operations: what is not asked for is not in a policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::collect::wire::operations::{ALL, DENIED, Operation};
use crate::collect::wire::token::{READS, REPOSITORY_READS};
use crate::dataset::schema::{Source, table};

/// Sources that have a policy of their own, as the command names them.
pub const SYSTEMS: [&str; 4] = ["aws", "entra", "github", "auth0"];

/// The role that is assumed in other accounts, where no other is configured.
const ROLE: &str = "countersign-read";

/// What a system must allow, as a document; `None` for a system that is not known.
#[must_use]
pub fn document(system: &str, role: Option<&str>) -> Option<Value> {
    match system {
        "aws" => Some(aws(role.unwrap_or(ROLE))),
        "entra" => Some(entra()),
        "github" => Some(github()),
        "auth0" => Some(auth0()),
        _ => None,
    }
}

/// Whether an operation serves a table that every snapshot must hold.
fn core(operation: &Operation) -> bool {
    operation
        .tables
        .iter()
        .any(|t| table(t).is_some_and(|t| t.core))
}

fn of(sources: &[Source]) -> impl Iterator<Item = &'static Operation> {
    ALL.iter().copied().filter(|o| sources.contains(&o.source))
}

fn actions(operations: impl Iterator<Item = &'static Operation>) -> BTreeSet<&'static str> {
    operations
        .map(|o| o.permission)
        .filter(|p| !p.is_empty())
        .collect()
}

fn statement(sid: &str, effect: &str, actions: &BTreeSet<&str>) -> Value {
    json!({"Sid": sid, "Effect": effect, "Action": actions, "Resource": "*"})
}

/// The policy of the account that Identity Center is managed from, and of the
/// role in every account whose secrets or keys are read.
fn aws(role: &str) -> Value {
    let needed = |o: &&Operation| o.service != "STS";
    let home: BTreeSet<&str> = actions(
        of(&[Source::IdentityCenter])
            .filter(needed)
            .filter(|o| core(o) || o.tables.is_empty()),
    );
    let beside: BTreeSet<&str> =
        actions(of(&[Source::IdentityCenter, Source::CloudTrail]).filter(needed))
            .difference(&home)
            .copied()
            .collect();
    let secrets = actions(of(&[Source::SecretsManager]).filter(needed));
    let keys = actions(of(&[Source::Iam]).filter(needed));
    let events = actions(of(&[Source::CloudTrail]).filter(needed));
    let denied: BTreeSet<&str> = DENIED.into_iter().collect();
    let assume = json!({
        "Sid": "OnlyThisRole",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": format!("arn:aws:iam::*:role/{}", role.rsplit('/').next().unwrap_or(role)),
    });
    let policy = |statements: Vec<Value>| json!({"Version": "2012-10-17", "Statement": statements});
    json!({
        "home": policy(vec![
            statement("TablesOfEverySnapshot", "Allow", &home),
            statement("SecretsOfThisAccount", "Allow", &secrets),
            statement("FurtherTables", "Allow", &beside),
            statement("KeysAndRolesOfThisAccount", "Allow", &keys),
            assume,
            statement("NeverValues", "Deny", &denied),
        ]),
        "member": policy(vec![
            statement("Secrets", "Allow", &secrets),
            statement("KeysAndRoles", "Allow", &keys),
            statement("Events", "Allow", &events),
            statement("NeverValues", "Deny", &denied),
        ]),
    })
}

/// Tables by the permission that they need.
fn by_permission(source: Source) -> Vec<Value> {
    let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for o in of(&[source]).filter(|o| !o.permission.is_empty()) {
        // A call may need two at once.
        for permission in o.permission.split(" and ") {
            tables.entry(permission).or_default().extend(o.tables);
        }
    }
    tables
        .into_iter()
        .map(|(permission, tables)| json!({"permission": permission, "tables": tables}))
        .collect()
}

fn entra() -> Value {
    json!({
        "kind": "application permissions of Microsoft Graph",
        "permissions": by_permission(Source::Entra),
        "notes": [
            "Member.Read.Hidden as well where groups hide their members.",
            "Directory audits need AuditLog.Read.All and Directory.Read.All together; nothing else needs the latter.",
            "Without User-LifeCycleInfo.Read.All leave dates come as null; the column leave_at then counts as not read.",
            "Sign-ins need a licence of Entra ID P1 or P2 beside AuditLog.Read.All.",
        ],
    })
}

fn github() -> Value {
    let app: BTreeMap<&str, &str> = READS.into_iter().chain(REPOSITORY_READS).collect();
    json!({
        "kind": "permissions of a GitHub App",
        "permissions": by_permission(Source::GitHub),
        "app": app,
        "classic_token_scopes": ["read:org", "admin:org for secrets, installations and the audit log"],
        "notes": ["Two-factor states are shown to owners alone; without them the column is null."],
    })
}

fn auth0() -> Value {
    json!({
        "kind": "scopes of a machine-to-machine application",
        "permissions": by_permission(Source::Auth0),
        "refused": crate::collect::wire::token::SECRET_SCOPES,
        "notes": ["A token with a refused scope is not used: its answers would hold secrets."],
    })
}

/// The page of the documentation.
#[must_use]
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut text = "# Permissions\n\nGenerated by `countersign docs permissions`. `countersign permissions SYSTEM` prints the policy.\n\n| source | call | permission | bucket | tables |\n|---|---|---|---|---|\n".to_owned();
    for o in ALL {
        let tables = if o.tables.is_empty() {
            "what others need first".to_owned()
        } else {
            o.tables.join(", ")
        };
        let permission = if o.permission.is_empty() {
            "the credential itself"
        } else {
            o.permission
        };
        let _ = writeln!(
            text,
            "| {} | {} {} | {permission} | {} | {tables} |",
            o.source.name(),
            o.service,
            o.name,
            o.bucket
        );
    }
    text.push_str("\nNever asked for, and denied by the published policies: ");
    text.push_str(&DENIED.map(|d| format!("`{d}`")).join(", "));
    text.push_str(
        ".\n\n## Buckets\n\n| bucket | units a second | at once | why |\n|---|---|---|---|\n",
    );
    for q in crate::collect::wire::limit::QUOTAS {
        let _ = writeln!(
            text,
            "| {} | {:.2} | {:.0} | {} |",
            q.name, q.rate, q.burst, q.basis
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::document;

    #[test]
    fn the_core_tables_need_few_actions_and_no_wildcard() {
        let policies = document("aws", None).expect("a policy");
        let mut core = BTreeSet::new();
        for policy in ["home", "member"] {
            for statement in policies[policy]["Statement"]
                .as_array()
                .expect("statements")
            {
                let actions = statement["Action"].as_array().expect("actions");
                let sid = statement["Sid"].as_str().expect("a name");
                for action in actions.iter().filter_map(Value::as_str) {
                    assert!(!action.contains('*'), "{action}");
                    if matches!(
                        sid,
                        "TablesOfEverySnapshot" | "SecretsOfThisAccount" | "OnlyThisRole"
                    ) {
                        core.insert(action.to_owned());
                    }
                }
            }
        }
        assert!(core.len() <= 20, "{} actions", core.len());
        assert!(core.contains("sso:ListAccountAssignments"));
        assert!(document("gcp", None).is_none());
    }
}
