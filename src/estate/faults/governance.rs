//! Who answers for teams, members, approvals and the evidence itself.

use super::{Plan, Worth};
use crate::estate::build::day;
use crate::estate::expected::State;
use crate::estate::model::{Approval, Assignment, GitHubEvent, Grant, Principal, Token};
use crate::estate::names::PREFIX;
use crate::estate::secrets::{RUNBOOK, register};
use crate::estate::sync;

pub(super) fn sources(plan: &mut Plan<'_>) {
    members(plan);
    teams(plan);
    tokens(plan);
    approvals(plan);
    scopes(plan);
    groups(plan);
    // Of twelve connections of the broker one is left.
    if plan.now {
        plan.expect(
            State::New,
            "evidence/row-cliff",
            "auth0_connection",
            "medium",
        );
    } else {
        plan.model.auth0_connections = 12;
    }
}

fn prefixed(name: &str) -> String {
    format!("{PREFIX}-{name}")
}

/// Approvals that were given fifty days ago.
fn of_late(plan: &Plan<'_>) -> impl Fn(&str) -> Approval + use<> {
    let approved = day(plan.model.days_ago(50));
    move |name| Approval {
        group: prefixed(name),
        approved: approved.clone(),
        ..Approval::default()
    }
}

/// Approvals by the wrong people.
fn approvals(plan: &mut Plan<'_>) {
    let approval = of_late(plan);

    // Asked and approved by one person; made and approved by one person.
    plan.person("asks.and-approves");
    plan.group_without_approval("self-approved", Worth::High);
    plan.model.approvals.push(Approval {
        requester: Some("Asks.And-Approves@example.gov.uk".to_owned()),
        approver: Some("asks.and-approves@example.gov.uk".to_owned()),
        ..approval("self-approved")
    });
    plan.expect(
        State::Open,
        "approval/self-approved",
        prefixed("self-approved"),
        "high",
    );
    let made = plan.group_without_approval("made-and-approved", Worth::Medium);
    let creator = "ASKS.AND-APPROVES@example.gov.uk".to_owned();
    plan.model.creators.insert(made, creator);
    plan.model.approvals.push(Approval {
        approver: Some("asks.and-approves@example.gov.uk".to_owned()),
        ..approval("made-and-approved")
    });
    plan.expect(
        State::Open,
        "approval/self-approved",
        prefixed("made-and-approved"),
        "medium",
    );

    // The approver left this month; another was never there.
    let former = plan.person("former.head");
    plan.group_without_approval("by-former-head", Worth::Medium);
    plan.model.approvals.push(Approval {
        approver: Some("Former.Head@example.gov.uk".to_owned()),
        ..approval("by-former-head")
    });
    if plan.now {
        plan.model.users[former].enabled = false;
        plan.expect(
            State::New,
            "approval/approver-gone",
            prefixed("by-former-head"),
            "medium",
        );
    }
    plan.group_without_approval("by-nobody", Worth::Low);
    plan.model.approvals.push(Approval {
        approver: Some("no.such-person@example.gov.uk".to_owned()),
        ..approval("by-nobody")
    });
    plan.expect(
        State::Open,
        "approval/approver-gone",
        prefixed("by-nobody"),
        "low",
    );
}

/// Approvals of too little, and of nothing.
fn scopes(plan: &mut Plan<'_>) {
    let approval = of_late(plan);
    // Approved for reading, holds more; approved for what it holds, in other words.
    let account = plan.model.account(false);
    let (id, account) = {
        let account = &plan.model.accounts[account];
        (account.id.clone(), account.name.clone())
    };
    plan.group_without_approval("beyond-scope", Worth::Medium);
    plan.model.approvals.push(Approval {
        accounts: account.to_uppercase(),
        permission_sets: "ReadOnlyAccess".to_owned(),
        ..approval("beyond-scope")
    });
    plan.expect(
        State::Open,
        "approval/scope-exceeded",
        format!("{PREFIX}-beyond-scope/{account}/Developer"),
        "medium",
    );
    plan.group_without_approval("within-scope", Worth::Medium);
    plan.model.approvals.push(Approval {
        accounts: format!("another-account; {id}"),
        permission_sets: "ReadOnlyAccess ; DEVELOPER;Run Books".to_owned(),
        ..approval("within-scope")
    });

    // Approved and never made; approved this week and still to be made.
    plan.model.approvals.push(approval("never-made"));
    plan.expect(
        State::Open,
        "approval/register-entry-without-group",
        prefixed("never-made"),
        "low",
    );
    let this_week = day(plan.model.days_ago(3));
    plan.model.approvals.push(Approval {
        approved: this_week,
        ..approval("to-be-made")
    });
}

/// Groups that are young, or whose making nobody remembers.
fn groups(plan: &mut Plan<'_>) {
    // Made ten days ago and an administrator of production already.
    if plan.now {
        let hurried = plan.group("hurried", Worth::Critical);
        plan.model.groups[hurried].created = plan.model.days_ago(10);
        plan.expect(
            State::New,
            "approval/fast-privilege",
            prefixed("hurried"),
            "critical",
        );
    }

    // Older than what the audit log still tells.
    let old = plan.group("of-unknown-maker", Worth::Low);
    plan.model.forgotten_creations.push(old);
    plan.expect(
        State::Open,
        "approval/creator-unknown",
        prefixed("of-unknown-maker"),
        "info",
    );
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
        let at = plan.model.days_ago(12);
        plan.model.github_events.push(GitHubEvent {
            action: "team.add_member",
            at,
            team: "moved-squad-new".to_owned(),
            login: Some("moe-dev".to_owned()),
        });
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

/// Tokens; all are registered and young enough.
fn tokens(plan: &mut Plan<'_>) {
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

/// No list ends with a full page by chance: that would look like a list cut off.
pub(super) fn settle(plan: &mut Plan<'_>) {
    const PAGE: usize = 100;
    if plan.model.logins.len().is_multiple_of(PAGE) {
        plan.login("spare-dev");
    }
    if plan.model.ic_groups.len().is_multiple_of(PAGE) {
        let spare = plan.team("spare-squad", &[], Worth::Low);
        let slug = plan.model.teams[spare].slug.clone();
        sync::add_group(plan.model, &slug);
    }
    let group = format!("{PREFIX}-contested");
    if plan.model.assignments.len().is_multiple_of(PAGE)
        && let Some(place) = plan.model.ic_group(&group)
    {
        // The account after the first holds no production either.
        let account = plan.model.account(false) + 1;
        plan.model.grants.push(Grant {
            account,
            level: "read-only",
            group,
        });
        plan.model.assignments.push(Assignment {
            account,
            permission_set: "ReadOnlyAccess",
            principal: Principal::Group(place),
        });
    }
}
