//! Group hygiene, and identities that are doubtful, doubled or left over.

use super::plan::{Plan, Worth};
use crate::expected::State;
use crate::names::{ENTRA_TYPE, GITHUB_TYPE, IGNORED_GROUP, PREFIX, SUFFIX};
use crate::sync;

pub(super) fn sources(plan: &mut Plan<'_>) {
    leavers(plan);
    members(plan);
    nested(plan);
    names(plan);
    owners(plan);
    people(plan);
    links(plan);
}

/// Who has left by the calendar, and who has been away.
fn leavers(plan: &mut Plan<'_>) {
    let group = plan.group("farewell", Worth::High);
    let person = join(plan, group, "moved.on");
    plan.model.users[person].leaves = Some(plan.model.days_ago(if plan.now { 3 } else { -27 }));
    plan.expect(
        State::New,
        "entra/leaver-with-access",
        "moved.on@example.gov.uk",
        "high",
    );
    // Tomorrow is not yet.
    let person = join(plan, group, "leaves.tomorrow");
    plan.model.users[person].leaves = Some(plan.model.days_ago(-1));
    if plan.now {
        // Deleted in Entra, and still in Identity Center.
        plan.expect(
            State::New,
            "entra/leaver-with-access",
            "gone.for-good@example.gov.uk",
            "medium",
        );
    }

    let group = plan.group("quiet", Worth::Medium);
    let person = join(plan, group, "long.silent");
    plan.model.users[person].seen = Some(plan.model.days_ago(120));
    plan.expect(
        State::Open,
        "entra/stale-member",
        format!("{PREFIX}-quiet/long.silent@example.gov.uk"),
        "medium",
    );
    // Ninety days to the second are not more than ninety.
    let person = join(plan, group, "nearly.silent");
    plan.model.users[person].seen = Some(plan.model.days_ago(90));
}

/// Members whom the sync drops, one of them a guest.
fn members(plan: &mut Plan<'_>) {
    let group = plan.group("visited", Worth::Medium);
    let guest = join(plan, group, "visitor");
    let user = &mut plan.model.users[guest];
    "visitor_elsewhere.example#EXT#@example.onmicrosoft.com".clone_into(&mut user.principal);
    "visitor@elsewhere.example".clone_into(&mut user.address);
    user.mail = Some(user.address.clone());
    (user.guest, user.allowed) = (true, false);
    let dropped = join(plan, group, "dropped.silently");
    let user = &mut plan.model.users[dropped];
    "dropped.silently@elsewhere.example".clone_into(&mut user.principal);
    user.address.clone_from(&user.principal);
    user.mail = Some(user.address.clone());
    user.allowed = false;
    for (rule, local) in [
        ("entra/guest-in-group", "visitor"),
        ("entra/member-outside-allowed-domains", "visitor"),
        ("entra/member-outside-allowed-domains", "dropped.silently"),
    ] {
        let resource = format!("{PREFIX}-visited/{local}@elsewhere.example");
        plan.expect(State::Open, rule, resource, "low");
    }
}

/// Groups inside groups, two of which lead back to themselves.
fn nested(plan: &mut Plan<'_>) {
    let owned = plan.model.id("group", &format!("{PREFIX}-owned"));
    let device = plan.model.id("device", "mixed");
    let inner = plan.group("inner-ring", Worth::Low);
    let outer = plan.group("ring", Worth::Medium);
    let (inner_id, outer_id) = (plan.model.groups[inner].id, plan.model.groups[outer].id);
    plan.model.groups[outer].others = vec![("#microsoft.graph.group", inner_id)];
    plan.model.groups[inner].others = vec![("#microsoft.graph.group", outer_id)];
    for (group, member) in [
        ("mixed", owned),
        ("mixed", device),
        ("ring", inner_id),
        ("inner-ring", outer_id),
    ] {
        plan.expect_because(
            State::Open,
            "entra/unresolvable-member",
            format!("{PREFIX}-{group}/{member}"),
            "low",
            (member != device).then_some("nested group"),
        );
    }
}

/// Names that are taken twice, or for others.
fn names(plan: &mut Plan<'_>) {
    let first = plan.group("twins", Worth::High);
    let second = plan.group("other-twin", Worth::Low);
    let name = plan.model.groups[first].name.clone();
    let (members, owners) = (
        plan.model.groups[first].members.clone(),
        plan.model.groups[first].owners.clone(),
    );
    let group = &mut plan.model.groups[second];
    (group.members, group.owners) = (members, owners);
    group.name.clone_from(&name);
    group.synced = false;
    plan.expect(State::Open, "entra/duplicate-group-name", name, "high");

    let padded = plan.model.id("group", &format!("{PREFIX}-padded"));
    let mut near = vec![padded];
    for (word, name, synced) in [
        ("shouted", "Azure-AWS-SSO-SHOUTED".to_owned(), true),
        ("glued", format!("{PREFIX}glued"), true),
        ("underscored", "azure_aws_sso_underscored".to_owned(), false),
        (
            "homoglyph",
            "azure-\u{430}ws-sso-homoglyph".to_owned(),
            false,
        ),
        (
            "former",
            "entraid-aws-identitycenter-former".to_owned(),
            false,
        ),
    ] {
        let group = if synced {
            plan.group(word, Worth::Low)
        } else {
            plan.group_without_approval(word, Worth::Low)
        };
        let group = &mut plan.model.groups[group];
        (group.name, group.synced) = (name, synced);
        near.push(group.id);
    }
    for id in near {
        plan.expect(
            State::Open,
            "entra/group-name-near-miss",
            id.to_string(),
            "info",
        );
    }
    plan.expect(
        State::Open,
        "entra/group-name-convention",
        "Azure-AWS-SSO-SHOUTED",
        "info",
    );
}

/// Groups that nobody answers for, and one whose members a rule chooses.
fn owners(plan: &mut Plan<'_>) {
    let none = plan.group("ownerless", Worth::High);
    plan.model.groups[none].owners.clear();
    let one = plan.group("one-owner", Worth::High);
    plan.model.groups[one].owners.truncate(1);
    // A third owner is welcome, even one who does not count.
    let more = plan.group("guest-owner", Worth::Low);
    let guest = plan.model.users.iter().position(|u| u.guest && u.allowed);
    plan.model.groups[more].owners.extend(guest);
    plan.model.groups[more].members.extend(guest);
    for (group, severity) in [("ownerless", "high"), ("one-owner", "low")] {
        let resource = format!("{PREFIX}-{group}");
        plan.expect(State::Open, "entra/too-few-owners", resource, severity);
    }
    let ruled = plan.group("ruled", Worth::Critical);
    if plan.now {
        plan.model.groups[ruled].rule = Some("user.department -eq \"Courts\"");
        plan.expect(
            State::New,
            "entra/dynamic-membership",
            format!("{PREFIX}-ruled"),
            "critical",
        );
    }
}

/// People whose users are spoilt after the sync, and one whose mail is another.
fn people(plan: &mut Plan<'_>) {
    let group = plan.group("names-changed", Worth::Medium);
    let person = join(plan, group, "maiden.name");
    plan.model.users[person].mail = Some("married.name@example.gov.uk".to_owned());
    plan.expect(
        State::Open,
        "entra/mail-differs-from-upn",
        "maiden.name@example.gov.uk",
        "low",
    );
    for (group, local, worth) in [
        ("doubles", "double.entry", Worth::Medium),
        ("reborn", "born.again", Worth::Medium),
        ("suspended", "suspended.user", Worth::High),
    ] {
        let group = plan.group(group, worth);
        join(plan, group, local);
    }
    plan.team(
        "mislabelled-squad",
        &["mislabelled-dev", "labelled-dev"],
        Worth::Medium,
    );
}

/// Logins that are linked to the wrong people, or give access twice.
fn links(plan: &mut Plan<'_>) {
    plan.team("clash-squad", &["clash-dev", "no-clash-dev"], Worth::Medium);
    let person = plan.person("clash-dev");
    let user = &mut plan.model.users[person];
    user.principal = format!("Clash-Dev{SUFFIX}");
    user.address.clone_from(&user.principal);
    user.mail = Some(user.principal.clone());
    user.allowed = false;
    plan.expect(
        State::Open,
        "identity/colliding-login",
        "clash-dev",
        "medium",
    );

    let group = plan.group("two-doors", Worth::Medium);
    let person = join(plan, group, "two.doors");
    let team = plan.team(
        "doors-squad",
        &["two-doors-dev", "one-door-dev"],
        Worth::Medium,
    );
    link(plan, team, 0, person);
    let account = plan.model.account(false);
    let account = plan.model.accounts[account].name.clone();
    plan.expect(
        State::Open,
        "identity/two-paths-to-same-access",
        format!("two.doors@example.gov.uk/{account}/Developer"),
        "medium",
    );

    // Two logins of one person, and one login of two people.
    let team = plan.team(
        "selves-squad",
        &["first-self-dev", "second-self-dev", "shared-dev"],
        Worth::Low,
    );
    let (many, one, other) = (
        plan.person("many.selves"),
        plan.person("shares.a-login"),
        plan.person("shares.it-too"),
    );
    link(plan, team, 0, many);
    link(plan, team, 1, many);
    let shared = link(plan, team, 2, one);
    plan.model.links.push((shared, other));
    for login in ["first-self-dev", "second-self-dev", "shared-dev"] {
        plan.expect(State::Open, "identity/ambiguous-link", login, "low");
    }
}

/// A person who is a member of a group.
fn join(plan: &mut Plan<'_>, group: usize, local: &str) -> usize {
    let person = plan.person(local);
    plan.model.groups[group].members.push(person);
    person
}

/// Says who is behind a member of a team.
fn link(plan: &mut Plan<'_>, team: usize, place: usize, person: usize) -> usize {
    let login = plan.model.teams[team].members[place];
    plan.model.logins[login].person = Some(person);
    login
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let long_ago = plan.model.days_ago(45);

    // Another program writes users of its own, into a group of its own.
    let user = sync::add_user(
        plan.model,
        "panel.reader@example.gov.uk".to_owned(),
        "ControlPanel",
    );
    if let Some(group) = plan.model.ic_group(IGNORED_GROUP) {
        sync::join(plan.model, group, user, long_ago);
    }
    plan.expect(
        State::Open,
        "identity/foreign-writer",
        "panel.reader@example.gov.uk",
        "low",
    );

    // A GitHub user that the GitHub sync takes for one of Entra: so does the
    // rule for orphans.
    let name = format!("mislabelled-dev{SUFFIX}");
    if let Some(user) = plan.model.ic_user(&name) {
        debug_assert_eq!(plan.model.ic_users[user].kind, GITHUB_TYPE);
        plan.model.ic_users[user].kind = ENTRA_TYPE;
        let rule = "identity/type-contradicts-name";
        plan.expect(State::Open, rule, name.clone(), "medium");
        let (rule, cause) = ("identity/orphaned-user", "other writer");
        plan.expect_because(State::Open, rule, name, "medium", cause);
    }

    // The same name twice, in another case.
    let user = sync::add_user(
        plan.model,
        "Double.Entry@example.gov.uk".to_owned(),
        ENTRA_TYPE,
    );
    if let Some(group) = plan.model.ic_group(&format!("{PREFIX}-doubles")) {
        sync::join(plan.model, group, user, long_ago);
    }
    plan.expect_because(
        State::Open,
        "identity/ambiguous-user",
        "double.entry@example.gov.uk",
        "medium",
        "case twin",
    );

    if plan.now {
        // Deleted and made anew since: the id is another.
        let name = "born.again@example.gov.uk";
        let anew = plan.model.id("identity center user", "made anew");
        if let Some(user) = plan.model.ic_user(name) {
            plan.model.ic_users[user].id = anew;
            plan.expect(State::New, "identity/recreated-user", name, "medium");
        }
        let name = "suspended.user@example.gov.uk";
        if let Some(user) = plan.model.ic_user(name) {
            plan.model.ic_users[user].enabled = false;
            let rule = "identity/suspended-with-membership";
            plan.expect(State::New, rule, name, "high");
        }
    }
}
