//! Who answers for teams, members, approvals and the evidence itself.

use super::{Plan, Worth};
use crate::estate::expected::State;
use crate::estate::model::{Assignment, Principal, Token};
use crate::estate::names::PREFIX;
use crate::estate::secrets::{RUNBOOK, register};
use crate::estate::sync;

pub(super) fn sources(plan: &mut Plan<'_>) {
    members(plan);
    teams(plan);
    tokens(plan);
}

/// Members of the organisation: second factor, identity, reviewers.
fn members(plan: &mut Plan<'_>) {
    let bare = plan.login("bare-dev");
    plan.model.logins[bare].two_factor = false;
    plan.expect(State::Open, "github/member-without-2fa", "bare-dev", "low");
    let squad = plan.team("factor-squad", &["fay-dev", "flo-dev"], Worth::High);
    if plan.now {
        let fay = plan.model.teams[squad].members[0];
        plan.model.logins[fay].two_factor = false;
        plan.expect(State::New, "github/member-without-2fa", "fay-dev", "high");
    }

    // The first login has a confirmed link in place of an identity.
    let mystery = plan.login("mystery-dev");
    plan.model.unlinked = vec![0, mystery];
    plan.expect(
        State::Open,
        "github/member-without-identity",
        "mystery-dev",
        "low",
    );

    // A reviewer from outside, and one who is a member in another spelling.
    let production = plan.model.account(true);
    plan.model
        .reviewers
        .push((production, "FLO-Dev".to_owned()));
    if plan.now {
        plan.model
            .reviewers
            .push((production, "Freelance-Dev".to_owned()));
        plan.expect(
            State::New,
            "github/outside-collaborator-in-review",
            "Freelance-Dev",
            "high",
        );
    }
}

fn teams(plan: &mut Plan<'_>) {
    // The name of a group of Entra, taken by a team.
    plan.group("contested", Worth::Medium);
    let contested = format!("{PREFIX}-contested");
    let team = plan.team(&contested, &["col-dev", "cor-dev"], Worth::Low);
    plan.model.teams[team].synced = false;
    plan.expect(
        State::Open,
        "github/team-slug-collides-with-prefix",
        contested,
        "medium",
    );

    // Renamed this month: the declaration and the group keep the old name.
    if plan.now {
        plan.team("moved-squad-new", &["moe-dev", "may-dev"], Worth::Low);
        plan.grant("moved-squad", Worth::Medium);
        plan.expect(
            State::New,
            "github/renamed-team-still-declared",
            "moved-squad",
            "medium",
        );
    } else {
        plan.team("moved-squad", &["moe-dev", "may-dev"], Worth::Medium);
    }

    // One person with access, and one without.
    plan.team("lonely-squad", &["lon-dev"], Worth::High);
    plan.team("quiet-squad", &["qui-dev"], Worth::Low);
    plan.expect(
        State::Open,
        "github/team-empty-or-single",
        "lonely-squad",
        "high",
    );

    // The members of a child team of one that has access.
    for login in ["cat-dev", "con-dev"] {
        plan.expect(
            State::Open,
            "github/access-through-child-team",
            format!("parent-squad/{login}"),
            "medium",
        );
    }

    // Seven slugs of 36 characters and six colons make 258; without the last, 221.
    let (busy, idle) = (plan.login("busy-dev"), plan.login("idle-dev"));
    for n in 1..=7 {
        let slug = format!("programme-of-long-names-and-teams-{n:02}");
        let team = plan.team(&slug, &[], Worth::Low);
        plan.model.teams[team].members = if n < 7 { vec![busy, idle] } else { vec![busy] };
    }
    plan.expect(State::Open, "github/attribute-truncated", "busy-dev", "low");
}

/// Tokens, where there is a list of them; all are registered and young enough.
fn tokens(plan: &mut Plan<'_>) {
    if !plan.exported {
        return;
    }
    // Ages as of today; a month before they were thirty days less.
    let shift = if plan.now { 0 } else { 30 };
    for (id, name, used) in [(4001, "nightly", 91), (4002, "weekly", 90)] {
        plan.model.tokens.push(Token {
            id,
            login: "flo-dev",
            name,
            created: plan.model.days_ago(200 - shift),
            used: plan.model.days_ago(used - shift),
            expires: plan.model.days_ago(-120 - shift),
        });
        let registered = format!("flo-dev/{name}");
        register(plan.model, "github", &registered, Some(365), RUNBOOK);
    }
    plan.expect(State::New, "github/stale-token", "4001", "medium");
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    if plan.now {
        let group = sync::add_group(plan.model, "moved-squad");
        let account = plan.model.account(false);
        plan.model.assignments.push(Assignment {
            account,
            permission_set: "Developer",
            principal: Principal::Group(group),
        });
    }
}
