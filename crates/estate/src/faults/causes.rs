//! Differences whose cause the data shows, one of each kind; beside them the
//! other faults, most of which show none.

use serde_json::json;

use super::plan::{Plan, Worth};
use crate::expected::State;
use crate::model::{EntraEvent, Principal, TrailEvent};
use crate::names::{ENTRA_TYPE, HOLDING, PREFIX, SUFFIX};
use crate::sync;

const MISSING: &str = "entra/member-not-synced";
const EXTRA: &str = "entra/membership-without-source";
/// The address type of a program that is no sync.
const PANEL: &str = "ControlPanel";
/// How many of the crowd the sync leaves out, which reads one page.
const BEYOND: usize = 3;

fn prefixed(name: &str) -> String {
    format!("{PREFIX}-{name}")
}

fn crowded(n: usize) -> String {
    format!("one.of-{n:03}")
}

/// The place of a group of Entra.
fn place(plan: &Plan<'_>, name: &str) -> usize {
    let name = prefixed(name);
    let place = plan.model.groups.iter().position(|g| g.name == name);
    place.unwrap_or(0)
}

pub(super) fn sources(plan: &mut Plan<'_>) {
    let mixed = place(plan, "mixed");
    // A group of 103, of whom a sync that reads one page sees a hundred.
    let crowd = plan.group("crowd", Worth::Low);
    for n in 3..=100 + BEYOND {
        let person = plan.person(&crowded(n));
        plan.model.groups[crowd].members.push(person);
        if n > 100 {
            plan.model.groups[mixed].members.push(person);
        }
    }

    // The same name in capitals: the sync knows one of the two.
    let first = plan.group("echo", Worth::Low);
    let second = plan.group("other-echo", Worth::Low);
    let only = plan.person("echo.only");
    let (mut members, owners) = (
        plan.model.groups[first].members.clone(),
        plan.model.groups[first].owners.clone(),
    );
    members.push(only);
    let group = &mut plan.model.groups[second];
    (group.members, group.owners) = (members, owners);
    group.name = prefixed("ECHO");
    group.synced = false;
    let (small, large) = (prefixed("echo"), prefixed("ECHO"));
    let twin = "case twin";
    plan.expect_because(
        State::Open,
        "entra/duplicate-group-name",
        small,
        "low",
        twin,
    );
    let left_out = format!("{large}/echo.only@example.gov.uk");
    plan.expect_because(State::Open, MISSING, left_out, "low", twin);
    plan.expect(State::Open, "entra/group-name-convention", large, "info");

    plan.group("mirror", Worth::Low);
    plan.group("paused", Worth::Low);
    let anew = plan.group("rebuilt-people", Worth::Low);
    let person = plan.person("made.anew");
    plan.model.groups[anew].members.push(person);
    plan.model.groups[mixed].members.push(person);
    plan.group("rebuilt", Worth::Medium);
    if plan.now {
        joiner(plan, anew);
    }

    // Of a domain that the sync neither adds nor removes.
    let partner = plan.person("former.partner");
    let user = &mut plan.model.users[partner];
    "former.partner@partner.example".clone_into(&mut user.principal);
    user.address.clone_from(&user.principal);
    user.mail = Some(user.principal.clone());
    user.allowed = false;
}

/// Added to a group this month, taken out by mistake, and added again.
fn joiner(plan: &mut Plan<'_>, group: usize) {
    let person = plan.person("new.joiner");
    plan.model.groups[group].members.push(person);
    for (ago, activity) in [
        (22, "Add member to group"),
        (21, "Remove member from group"),
        (20, "Add member to group"),
    ] {
        let at = plan.model.days_ago(ago);
        plan.model.entra_events.push(EntraEvent {
            activity,
            at,
            group,
            user: Some(person),
        });
    }
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let mixed = prefixed("mixed");
    for n in 101..=100 + BEYOND {
        let person = format!("{}@example.gov.uk", crowded(n));
        plan.leave(&prefixed("crowd"), &person);
        let resource = format!("{}/{person}", prefixed("crowd"));
        let cause = "beyond the first page of 100";
        plan.expect_because(State::Open, MISSING, resource, "low", cause);
    }

    // Of a group inside the group, and of a domain that is not copied.
    let inner = "owner.one.owned@example.gov.uk";
    join(plan, &mixed, inner);
    let resource = format!("{mixed}/{inner}");
    plan.expect_because(State::Open, EXTRA, resource, "medium", "nested group");
    let partner = "former.partner@partner.example";
    add(plan, partner, ENTRA_TYPE, &[&mixed, HOLDING]);
    let (resource, cause) = (format!("{mixed}/{partner}"), "outside the allowed domains");
    plan.expect_because(State::Open, EXTRA, resource, "medium", cause);

    // A group of Identity Center in two spellings; the sync looks at one.
    let spelt = "Azure-AWS-SSO-Mirror";
    let group = sync::add_group(plan.model, spelt);
    let leaver = "owner.one.echo@example.gov.uk";
    if let Some(user) = plan.model.ic_user(leaver) {
        let long_ago = plan.model.days_ago(45);
        sync::join(plan.model, group, user, long_ago);
    }
    let resource = format!("{spelt}/{leaver}");
    plan.expect_because(State::Open, EXTRA, resource, "low", "case twin");

    disabled(plan);
    foreign(plan);

    // Nobody knows the person any more; the holding group keeps the user.
    let trace = "last.trace@example.gov.uk";
    add(plan, trace, ENTRA_TYPE, &[HOLDING]);
    let orphan = "identity/orphaned-user";
    plan.expect_because(State::Open, orphan, trace, "low", "holding group");
    plan.expect(State::Open, "identity/holding-group-only", trace, "low");

    if plan.now {
        recreated(plan);
    }
}

/// People whose accounts are disabled: one is missing, one is still there.
fn disabled(plan: &mut Plan<'_>) {
    let (group, cause) = (prefixed("paused"), "disabled upstream");
    let paused = place(plan, "paused");
    let away = plan.person("on.leave");
    let gone = plan.person("let.go");
    plan.model.groups[paused].members.push(away);
    for person in [away, gone] {
        plan.model.users[person].enabled = false;
        let address = plan.model.users[person].address.clone();
        plan.expect(
            State::Open,
            "entra/disabled-user-with-access",
            address,
            "low",
        );
    }
    // Both a member and an owner: why that one is missing nothing shows.
    let twice = plan.person("listed.twice");
    plan.model.groups[paused].members.push(twice);
    plan.model.groups[paused].owners.push(twice);
    let resource = format!("{group}/listed.twice@example.gov.uk");
    plan.expect(State::Open, MISSING, resource, "low");
    let resource = format!("{group}/on.leave@example.gov.uk");
    plan.expect_because(State::Open, MISSING, resource, "low", cause);
    let name = "let.go@example.gov.uk";
    let user = add(plan, name, ENTRA_TYPE, &[&group, HOLDING]);
    plan.model.ic_users[user].enabled = false;
    let resource = format!("{group}/{name}");
    plan.expect_because(State::Open, EXTRA, resource, "low", cause);
    let suspended = "identity/suspended-with-membership";
    plan.expect_because(State::Open, suspended, name, "low", cause);
}

/// What another program writes into groups of the syncs, and into its own.
fn foreign(plan: &mut Plan<'_>) {
    let (group, team, cause) = (prefixed("paused"), "child-squad", "other writer");
    let own = [prefixed("panel"), "panel-authors".to_owned()];
    for name in &own {
        sync::add_group(plan.model, name);
    }
    let writer = "panel.writer@example.gov.uk";
    add(plan, writer, PANEL, &[&group, &own[0], &own[1]]);
    let coder = format!("panel-coder{SUFFIX}");
    add(plan, &coder, PANEL, &[team]);
    for (rule, resource) in [
        (EXTRA, format!("{group}/{writer}")),
        (
            "github/membership-without-source",
            format!("{team}/{coder}"),
        ),
        ("entra/synced-group-without-source", own[0].clone()),
        ("github/synced-group-without-team", own[1].clone()),
    ] {
        plan.expect_because(State::Open, rule, resource, "low", cause);
    }
    for name in [writer, &coder] {
        plan.expect(State::Open, "identity/foreign-writer", name, "low");
    }
}

/// A user and a group that were deleted and made anew this month.
fn recreated(plan: &mut Plan<'_>) {
    let cause = "recreated under a new id";
    let name = "made.anew@example.gov.uk";
    plan.leave(&prefixed("rebuilt-people"), name);
    let id = plan
        .model
        .id("identity center user", "made.anew, the second");
    if let Some(user) = plan.model.ic_user(name) {
        let former = std::mem::replace(&mut plan.model.ic_users[user].id, id);
        for (call, hours, id) in [("DeleteUser", 150, former), ("CreateUser", 148, id)] {
            plan.model.trail.push(TrailEvent {
                at: plan.model.hours_ago(hours),
                source: "identitystore.amazonaws.com",
                name: call,
                resource: id.to_string(),
                actor: Some("sync-job"),
                parameters: vec![("userId", json!(id.to_string()))],
            });
        }
    }
    plan.expect(State::New, "identity/recreated-user", name, "medium");
    let resource = format!("{}/{name}", prefixed("rebuilt-people"));
    plan.expect_because(State::New, MISSING, resource, "low", cause);

    let name = prefixed("rebuilt");
    let id = plan
        .model
        .id("identity center group", "rebuilt, the second");
    let Some(group) = plan.model.ic_group(&name) else {
        return;
    };
    let former = std::mem::replace(&mut plan.model.ic_groups[group].id, id);
    let mut place = String::new();
    for assignment in &mut plan.model.assignments {
        if assignment.principal == Principal::Group(group) {
            assignment.principal = Principal::Gone(former);
            let account = &plan.model.accounts[assignment.account].name;
            place = format!("{account}/{}", assignment.permission_set);
        }
    }
    for (rule, principal) in [
        ("access/principal-missing", former.to_string()),
        ("access/declared-not-assigned", name),
    ] {
        let resource = format!("{place}/{principal}");
        plan.expect_because(State::New, rule, resource, "low", cause);
    }
}

/// A user of Identity Center in some groups.
fn add(plan: &mut Plan<'_>, name: &str, kind: &'static str, groups: &[&str]) -> usize {
    let user = sync::add_user(plan.model, name.to_owned(), kind);
    for group in groups {
        join(plan, group, name);
    }
    user
}

fn join(plan: &mut Plan<'_>, group: &str, user: &str) {
    let long_ago = plan.model.days_ago(45);
    if let (Some(group), Some(user)) = (plan.model.ic_group(group), plan.model.ic_user(user)) {
        sync::join(plan.model, group, user, long_ago);
    }
}
