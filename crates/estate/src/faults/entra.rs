//! Entra against Identity Center, and people without a source.

use chrono::TimeDelta;

use super::plan::{Plan, Worth};
use crate::expected::State;
use crate::model::EntraEvent;
use crate::names::{ENTRA_TYPE, HOLDING, PREFIX};
use crate::sync;

pub(super) fn sources(plan: &mut Plan<'_>) {
    // The sync skips a group.
    let forgotten = plan.group("forgotten", Worth::Low);
    plan.model.groups[forgotten].synced = false;
    plan.expect(
        State::Open,
        "entra/group-not-synced",
        format!("{PREFIX}-forgotten"),
        "low",
    );
    // Made an hour ago: the next run will copy it.
    let fresh = plan.group("made-this-morning", Worth::Low);
    plan.model.groups[fresh].synced = false;
    plan.model.groups[fresh].created = plan.model.hours_ago(1);
    // The prefix must begin the name: a blank before it, or a word.
    let padded = plan.group_without_approval("padded", Worth::Low);
    plan.model.groups[padded].name = format!(" {PREFIX}-padded");
    plan.model.groups[padded].synced = false;
    let infix = plan.group_without_approval("infix", Worth::Low);
    plan.model.groups[infix].name = format!("old-{PREFIX}-infix");
    plan.model.groups[infix].synced = false;

    // Somebody owns the group, is no member, and has its access.
    let owned = plan.group("owned", Worth::High);
    let keeper = plan.person("keeper.of-keys");
    plan.model.groups[owned].owners.push(keeper);
    plan.expect(
        State::Open,
        "entra/access-through-ownership",
        format!("{PREFIX}-owned/keeper.of-keys@example.gov.uk"),
        "high",
    );

    // Disabled in Entra, still a member of a group with administrator access.
    let powerful = plan.group("powerful", Worth::Critical);
    let disabled = plan.person("left.last-week");
    plan.model.groups[powerful].members.push(disabled);
    if plan.now {
        plan.model.users[disabled].enabled = false;
        plan.expect(
            State::New,
            "entra/disabled-user-with-access",
            "left.last-week@example.gov.uk",
            "critical",
        );
    }

    // Nested groups, devices and service principals are no people.
    let mixed = plan.group("mixed", Worth::Medium);
    let nested = plan.model.groups[owned].id;
    let device = plan.model.id("device", "mixed");
    plan.model.groups[mixed].others = vec![
        ("#microsoft.graph.group", nested),
        ("#microsoft.graph.device", device),
    ];
    // Of a domain that the sync drops: no access, and none expected.
    let outsider = plan.person("outsider");
    let user = &mut plan.model.users[outsider];
    "outsider@partner.example".clone_into(&mut user.principal);
    user.address.clone_from(&user.principal);
    user.allowed = false;
    plan.model.groups[mixed].members.push(outsider);

    plan.group("missing", Worth::Medium);
    plan.group("leavers", Worth::High);
    plan.group("other-leavers", Worth::Medium);
    // Deleted in Entra; the sync has not noticed.
    let gone = plan.person("gone.for-good");
    plan.model.users[gone].deleted = plan.now;
    let others = plan.model.groups.len() - 1;
    if !plan.now {
        plan.model.groups[others].members.push(gone);
    }
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let long_ago = plan.model.days_ago(45);

    // The Entra group was deleted; its access remains.
    let removed = format!("{PREFIX}-removed");
    let group = sync::add_group(plan.model, &removed);
    let member = plan
        .model
        .ic_user("owner.one.leavers@example.gov.uk")
        .unwrap_or(0);
    sync::join(plan.model, group, member, long_ago);
    plan.expect(
        State::Open,
        "entra/synced-group-without-source",
        removed,
        "low",
    );

    // A member and an owner whom the sync left out, and one added an hour ago.
    let missing = format!("{PREFIX}-missing");
    let group = plan
        .model
        .groups
        .iter()
        .position(|g| g.name == missing)
        .unwrap_or(0);
    for (local, owner) in [
        ("not.copied", false),
        ("owner.not-copied", true),
        ("just.added", false),
    ] {
        let person = plan.person(local);
        let home = plan
            .model
            .groups
            .iter()
            .position(|g| g.name.ends_with("-mixed"))
            .unwrap_or(0);
        plan.model.groups[home].members.push(person);
        let user = sync::add_user(plan.model, format!("{local}@example.gov.uk"), ENTRA_TYPE);
        if let (Some(home), Some(holding)) = (
            plan.model.ic_group(&format!("{PREFIX}-mixed")),
            plan.model.ic_group(HOLDING),
        ) {
            sync::join(plan.model, home, user, long_ago);
            sync::join(plan.model, holding, user, long_ago);
        }
        if owner {
            plan.model.groups[group].owners.push(person);
        } else {
            plan.model.groups[group].members.push(person);
        }
        if local == "just.added" {
            let at = plan.model.as_of - TimeDelta::minutes(50);
            plan.model.entra_events.push(EntraEvent {
                activity: "Add member to group",
                at,
                group,
                user: Some(person),
            });
        } else {
            plan.expect_because(
                State::Open,
                "entra/member-not-synced",
                format!("{missing}/{local}@example.gov.uk"),
                "low",
                owner.then_some("owner not member"),
            );
        }
    }

    // Left the group in Entra and keeps its access; one left an hour ago.
    let leavers = format!("{PREFIX}-leavers");
    if let (Some(group), Some(stays), Some(leaves)) = (
        plan.model.ic_group(&leavers),
        plan.model.ic_user("owner.one.missing@example.gov.uk"),
        plan.model.ic_user("owner.two.missing@example.gov.uk"),
    ) {
        sync::join(plan.model, group, stays, long_ago);
        plan.expect(
            State::Open,
            "entra/membership-without-source",
            format!("{leavers}/owner.one.missing@example.gov.uk"),
            "high",
        );
        sync::join(plan.model, group, leaves, long_ago);
        let source = plan
            .model
            .groups
            .iter()
            .position(|g| g.name == leavers)
            .unwrap_or(0);
        let person = plan
            .model
            .users
            .iter()
            .position(|u| u.address == "owner.two.missing@example.gov.uk");
        let at = plan.model.hours_ago(1);
        plan.model.entra_events.push(EntraEvent {
            activity: "Remove member from group",
            at,
            group: source,
            user: person,
        });
    }

    // Deleted in Entra, and still in a group of Identity Center.
    if plan.now {
        let others = format!("{PREFIX}-other-leavers");
        let user = sync::add_user(
            plan.model,
            "gone.for-good@example.gov.uk".to_owned(),
            ENTRA_TYPE,
        );
        if let (Some(group), Some(holding)) =
            (plan.model.ic_group(&others), plan.model.ic_group(HOLDING))
        {
            sync::join(plan.model, group, user, long_ago);
            sync::join(plan.model, holding, user, long_ago);
        }
        plan.expect(
            State::New,
            "identity/orphaned-user",
            "gone.for-good@example.gov.uk",
            "medium",
        );
        plan.expect(
            State::New,
            "entra/membership-without-source",
            format!("{others}/gone.for-good@example.gov.uk"),
            "medium",
        );
    }

    // In no group: no sync ever removes it.
    plan.person("nowhere.at-all");
    sync::add_user(
        plan.model,
        "Nowhere.At-All@example.gov.uk".to_owned(),
        ENTRA_TYPE,
    );
    plan.expect(
        State::Open,
        "identity/user-without-groups",
        "Nowhere.At-All@example.gov.uk",
        "low",
    );

    // Residue of a deleted group.
    if plan.now {
        plan.person("left.behind");
        let user = sync::add_user(
            plan.model,
            "left.behind@example.gov.uk".to_owned(),
            ENTRA_TYPE,
        );
        if let Some(holding) = plan.model.ic_group(HOLDING) {
            sync::join(plan.model, holding, user, long_ago);
        }
        plan.expect(
            State::New,
            "identity/holding-group-only",
            "left.behind@example.gov.uk",
            "low",
        );
    }
}
