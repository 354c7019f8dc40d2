//! GitHub against Identity Center.

use super::plan::{Plan, Worth};
use crate::expected::State;
use crate::model::{GitHubEvent, Grant};
use crate::names::{GITHUB_TYPE, IGNORED_TEAM, SUFFIX};
use crate::sync;

pub(super) fn sources(plan: &mut Plan<'_>) {
    let forgotten = plan.team("unsynced-squad", &["una-dev"], Worth::Low);
    plan.model.teams[forgotten].synced = false;
    plan.expect(
        State::Open,
        "github/team-not-synced",
        "unsynced-squad",
        "low",
    );
    // Ignored, and made this morning: no drift.
    let ignored = plan.team(IGNORED_TEAM, &["una-dev-2"], Worth::Low);
    plan.model.teams[ignored].synced = false;
    let fresh = plan.team("squad-of-today", &["una-dev-3"], Worth::Low);
    plan.model.teams[fresh].synced = false;
    plan.model.teams[fresh].created = plan.model.hours_ago(2);

    let parent = plan.team("parent-squad", &["pat-dev", "Peg-Dev"], Worth::Medium);
    let child = plan.team("child-squad", &["cat-dev", "con-dev"], Worth::Low);
    plan.model.teams[child].parent = Some(parent);
    plan.team("left-squad", &["lou-dev", "lex-dev"], Worth::High);
    plan.login("ned-dev");
    plan.login("nan-dev");
    if !plan.now {
        plan.team("short-lived-squad", &["sue-dev"], Worth::Low);
    }
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let long_ago = plan.model.days_ago(45);

    // A member, and the member of a child team, whom the sync left out.
    plan.leave("parent-squad", &format!("peg-dev{SUFFIX}"));
    plan.leave("parent-squad", &format!("cat-dev{SUFFIX}"));
    let home = sync::add_group(plan.model, "named-elsewhere");
    let account = plan.model.account(false);
    plan.model.grants.push(Grant {
        account,
        level: "read-only",
        group: "Named-Elsewhere".to_owned(),
    });
    plan.model.assignments.push(crate::model::Assignment {
        account,
        permission_set: "ReadOnlyAccess",
        principal: crate::model::Principal::Group(home),
    });
    if let Some(peg) = plan.model.ic_user(&format!("peg-dev{SUFFIX}")) {
        sync::join(plan.model, home, peg, long_ago);
    }
    plan.expect(
        State::Open,
        "github/member-not-synced",
        "parent-squad/Peg-Dev",
        "low",
    );
    plan.expect_because(
        State::Open,
        "github/member-not-synced",
        "parent-squad/cat-dev",
        "low",
        "nested group",
    );

    // Left the team and keeps its access; one left two hours ago.
    if let Some(group) = plan.model.ic_group("left-squad") {
        for login in ["ned-dev", "nan-dev"] {
            let user = sync::add_user(plan.model, format!("{login}{SUFFIX}"), GITHUB_TYPE);
            sync::join(plan.model, group, user, long_ago);
        }
        let at = plan.model.hours_ago(2);
        plan.model.github_events.push(GitHubEvent {
            action: "team.remove_member",
            at,
            team: "left-squad".to_owned(),
            login: Some("nan-dev".to_owned()),
        });
        plan.expect(
            State::Open,
            "github/membership-without-source",
            format!("left-squad/ned-dev{SUFFIX}"),
            "high",
        );
        // Left the organisation altogether.
        let user = sync::add_user(plan.model, format!("ola-dev{SUFFIX}"), GITHUB_TYPE);
        sync::join(plan.model, group, user, long_ago);
        for rule in ["github/membership-without-source", "identity/orphaned-user"] {
            let resource = match rule {
                "identity/orphaned-user" => format!("ola-dev{SUFFIX}"),
                _ => format!("left-squad/ola-dev{SUFFIX}"),
            };
            plan.expect(State::Open, rule, resource, "high");
        }
    }

    // The team was renamed; the group of the old name stays.
    if plan.now {
        sync::add_group(plan.model, "renamed-squad");
        plan.expect(
            State::New,
            "github/synced-group-without-team",
            "renamed-squad",
            "low",
        );
    } else {
        sync::add_group(plan.model, "tidied-squad");
    }
    if plan.now {
        plan.expect(
            State::Resolved,
            "github/synced-group-without-team",
            "tidied-squad",
            "low",
        );
    }
}
