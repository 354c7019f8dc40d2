//! Declared against actual assignments.

use serde_json::json;

use super::plan::{Plan, Worth};
use crate::expected::State;
use crate::model::{Assignment, Grant, Principal, TrailEvent};
use crate::names::{PREFIX, permission_set_arn};

pub(super) fn sources(plan: &mut Plan<'_>) {
    plan.group("undeclared", Worth::Low);
    plan.group("unassigned", Worth::Low);
    plan.group("personal", Worth::Low);
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let production = plan.model.account(true);
    let development = plan.model.account(false);
    let (live, sandbox) = (
        plan.model.accounts[production].name.clone(),
        plan.model.accounts[development].name.clone(),
    );
    let assign = |plan: &mut Plan<'_>, account, permission_set, principal| {
        plan.model.assignments.push(Assignment {
            account,
            permission_set,
            principal,
        });
    };

    // Declared and not made; the group is spelt in another case.
    plan.model.grants.push(Grant {
        account: development,
        level: "read-only",
        group: format!("{PREFIX}-Unassigned"),
    });
    plan.expect(
        State::Open,
        "access/declared-not-assigned",
        format!("{sandbox}/ReadOnlyAccess/{PREFIX}-Unassigned"),
        "low",
    );
    // No level of that name, no group at all: other rules speak of them.
    for (level, group) in [
        ("superuser", format!("{PREFIX}-unassigned")),
        ("developer", String::new()),
    ] {
        plan.model.grants.push(Grant {
            account: development,
            level,
            group,
        });
    }

    // Made in the console this month.
    if plan.now
        && let Some(group) = plan.model.ic_group(&format!("{PREFIX}-undeclared"))
    {
        let set = "AdministratorAccess";
        assign(plan, production, set, Principal::Group(group));
        // The trail shows who made it.
        plan.model.trail.push(TrailEvent {
            at: plan.model.days_ago(9),
            source: "sso.amazonaws.com",
            name: "CreateAccountAssignment",
            resource: permission_set_arn(set),
            actor: Some("hurried-engineer"),
            parameters: vec![
                ("targetId", json!(plan.model.accounts[production].id)),
                ("permissionSetArn", json!(permission_set_arn(set))),
                ("principalType", json!("GROUP")),
                (
                    "principalId",
                    json!(plan.model.ic_groups[group].id.to_string()),
                ),
            ],
        });
        plan.expect(
            State::New,
            "access/assigned-not-declared",
            format!("{live}/AdministratorAccess/{PREFIX}-undeclared"),
            "critical",
        );
    }

    // The group was deleted and made anew; the assignment names the old one.
    let gone = plan.model.id("identity center group", "deleted");
    assign(plan, production, "ReadOnlyAccess", Principal::Gone(gone));
    plan.expect(
        State::Open,
        "access/principal-missing",
        format!("{live}/ReadOnlyAccess/{gone}"),
        "low",
    );

    // Somebody was given access in person.
    let name = "owner.one.personal@example.gov.uk";
    if let Some(user) = plan.model.ic_user(name) {
        assign(plan, development, "PlatformAdmin", Principal::User(user));
        plan.expect(
            State::Open,
            "access/assigned-to-user",
            format!("{sandbox}/PlatformAdmin/{name}"),
            "high",
        );
    }
}
