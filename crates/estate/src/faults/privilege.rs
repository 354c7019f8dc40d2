//! Access that is too much, lasts too long or is used by nobody, and the
//! governance of the credentials that hold the chain together.

use std::collections::BTreeSet;

use super::plan::{Plan, Worth};
use crate::build::day;
use crate::expected::{Expected, State};
use crate::model::{AccessKey, Account, Assignment, Grant, Model, Principal, TrailEvent};
use crate::names::{DISGUISED, HUB, LEVELS, LONG, PREFIX, TEMPORARY, UNUSED};
use crate::secrets::{RUNBOOK, application, consumed_by, deployed, register, secret};

/// Accounts on which somebody may be privileged.
const LIMIT: usize = 10;

pub(super) fn sources(plan: &mut Plan<'_>) {
    declarations(plan);
    groups(plan);
    applications(plan);
    stored(plan);
    elsewhere(plan);
}

fn grant(plan: &mut Plan<'_>, account: usize, level: &'static str, group: &str) {
    plan.model.grants.push(Grant {
        account,
        level,
        group: group.to_owned(),
    });
}

fn name(plan: &Plan<'_>, account: usize) -> String {
    plan.model.accounts[account].name.clone()
}

fn declarations(plan: &mut Plan<'_>) {
    let (production, development) = (plan.model.account(true), plan.model.account(false));
    let (live, workshop) = (name(plan, production), name(plan, development));

    // Misspelt, so that no source has it.
    grant(plan, development, "read-only", "squad-that-never-was");
    plan.expect(
        State::Open,
        "access/declared-group-missing",
        "squad-that-never-was",
        "low",
    );
    plan.expect(
        State::Open,
        "access/declared-not-assigned",
        format!("{workshop}/ReadOnlyAccess/squad-that-never-was"),
        "low",
    );
    // Declared beside the other faults of declarations.
    plan.expect(
        State::Open,
        "access/declared-group-empty",
        format!("{workshop}/developer"),
        "low",
    );
    plan.expect(
        State::Open,
        "access/unknown-level",
        format!("{workshop}/superuser"),
        "low",
    );
    // Its accounts were closed, its file was not deleted.
    plan.model.retired.push("retired-app");
    plan.expect(
        State::Open,
        "access/account-undeclared",
        "retired-app-development",
        "low",
    );

    plan.group("sand-castle", Worth::Low);
    let castle = format!("{PREFIX}-sand-castle");
    grant(plan, production, "sandbox", &castle);
    plan.expect(
        State::Open,
        "access/sandbox-outside-development",
        format!("{live}/{castle}"),
        "high",
    );

    // For a migration that was over long ago.
    plan.group("movers", Worth::Low);
    let movers = format!("{PREFIX}-movers");
    grant(plan, development, TEMPORARY.0, &movers);
    plan.expect(
        State::Open,
        "access/temporary-level-overdue",
        format!("{workshop}/{movers}"),
        "medium",
    );
}

fn groups(plan: &mut Plan<'_>) {
    let development = plan.model.account(false);
    let workshop = name(plan, development);
    let production = plan.model.account(true);
    let live = name(plan, production);

    // The group gets the level that is declared; later somebody raises it.
    plan.group("levelled", Worth::High);

    plan.group("unlisted", Worth::Critical);
    let unlisted = format!("{PREFIX}-unlisted");
    plan.expect(
        State::Open,
        "access/administrator-outside-allow-list",
        format!("{live}/{unlisted}"),
        "critical",
    );
    plan.model.unlisted.push(unlisted);
    if plan.now {
        // Made in the console this month, beside other faults of assignments.
        plan.expect(
            State::New,
            "access/administrator-outside-allow-list",
            format!("{live}/{PREFIX}-undeclared"),
            "critical",
        );
    }

    // Moved to Entra, and the old way left open.
    plan.team("twin-squad", &["tia-dev", "tom-dev"], Worth::Medium);
    plan.group("twin-squad", Worth::Medium);
    plan.expect(
        State::Open,
        "access/twin-groups",
        format!("{workshop}/Developer/twin-squad"),
        "medium",
    );

    // One permission set allows everything, so that the other adds nothing.
    plan.group("layered", Worth::Low);
    let layered = format!("{PREFIX}-layered");
    grant(plan, development, "read-only", &layered);
    grant(plan, development, "service-28", &layered);
    plan.expect(
        State::Open,
        "access/overlapping-levels",
        format!("{workshop}/{layered}"),
        "low",
    );
    plan.expect(State::Open, "access/wildcard-policy", DISGUISED, "high");
    plan.expect(State::Open, "access/session-too-long", LONG, "medium");
    plan.expect(State::Open, "access/permission-set-unused", UNUSED, "info");

    // Privileged on one account more than anybody should be; one account less is fine.
    plan.group("roamers", Worth::Low);
    plan.group("neighbours", Worth::Low);
    let accounts: Vec<usize> = (0..plan.model.accounts.len())
        .filter(|a| !plan.model.accounts[*a].production())
        .take(LIMIT + 1)
        .collect();
    for (n, account) in accounts.into_iter().enumerate() {
        grant(
            plan,
            account,
            "platform-admin",
            &format!("{PREFIX}-roamers"),
        );
        if n < LIMIT {
            grant(
                plan,
                account,
                "platform-admin",
                &format!("{PREFIX}-neighbours"),
            );
        }
    }
    for owner in ["one", "two"] {
        plan.expect(
            State::Open,
            "access/too-many-privileged-accounts",
            format!("owner.{owner}.roamers@example.gov.uk"),
            "high",
        );
    }

    // Assigned, and used by nobody.
    plan.group("sleepers", Worth::Low);
    if let Some(hub) = hub(plan.model) {
        grant(plan, hub, "service-26", &format!("{PREFIX}-sleepers"));
        plan.model.idle.push("Service26Operator");
        let hub = name(plan, hub);
        plan.expect(
            State::Open,
            "access/unused-permission-set-role",
            format!("{hub}/Service26Operator"),
            "medium",
        );
    }
}

/// The account of the syncs.
fn hub(model: &Model) -> Option<usize> {
    model.accounts.iter().position(|a| a.id == HUB)
}

fn applications(plan: &mut Plan<'_>) {
    let key = |plan: &Plan<'_>, name: &str| plan.model.id("key", &format!("{name}/0"));
    for (name, credentials) in [
        ("aws-two-keys", &[(40, 45), (20, 60)][..]),
        // Two as well, but the newer one is of this week.
        ("aws-changing-over", &[(40, 45), (7, 80)]),
        ("aws-evergreen", &[(10, 300)]),
        ("aws-lone-owner", &[(10, 70)]),
        ("aws-half-rotated", &[(10, 70)]),
    ] {
        application(plan.model, name, credentials);
        register(plan.model, "entra", name, Some(90), RUNBOOK);
    }
    plan.expect(
        State::Open,
        "secret/old-credential-not-removed",
        "aws-two-keys",
        "medium",
    );
    // A month ago the expired credential of the legacy sync was still alive.
    plan.expect(
        State::Resolved,
        "secret/old-credential-not-removed",
        "aws-sync-legacy",
        "medium",
    );
    let evergreen = key(plan, "aws-evergreen");
    plan.expect(
        State::Open,
        "secret/lifetime-too-long",
        format!("entra/aws-evergreen/{evergreen}"),
        "medium",
    );
    if let Some(lone) = plan
        .model
        .applications
        .iter_mut()
        .find(|a| a.name == "aws-lone-owner")
    {
        lone.owners.truncate(1);
    }
    plan.expect(
        State::Open,
        "secret/too-few-owners",
        "aws-lone-owner",
        "medium",
    );
    // Issued, and not stored: its secret is older.
    consumed_by(
        plan.model,
        "aws-half-rotated",
        &format!("secretsmanager/{HUB}/identity/half-rotated"),
    );
}

fn stored(plan: &mut Plan<'_>) {
    let passed = day(plan.model.days_ago(10));
    let to_come = day(plan.model.as_of);
    for (name, age) in [
        ("identity/half-rotated", 40),
        ("identity/not-deployed", 20),
        ("identity/deployed", 20),
        ("identity/rotation-off", 20),
        ("identity/never-read", 20),
        ("identity/past-description", 20),
        ("identity/last-day-description", 20),
    ] {
        secret(plan.model, name, age);
        register(plan.model, "secretsmanager", name, Some(90), RUNBOOK);
    }
    for s in &mut plan.model.secrets {
        match s.name.as_str() {
            "identity/rotation-off" => s.rotation = Some(false),
            "identity/never-read" => s.read = None,
            "identity/past-description" => {
                s.description = Some(format!("client secret, ends {passed}"));
            }
            "identity/last-day-description" => {
                s.description = Some(format!("client secret, ends {to_come}"));
            }
            _ => {}
        }
    }
    for (secret, function, ago) in [
        ("identity/not-deployed", "sync-function", 40),
        ("identity/deployed", "mail-function", 19),
    ] {
        consumed_by(plan.model, secret, function);
        let at = plan.model.days_ago(ago);
        deployed(plan.model, function, at);
    }
    for (rule, name, severity) in [
        (
            "secret/stored-older-than-issued",
            "identity/half-rotated",
            "high",
        ),
        (
            "secret/consumer-not-redeployed",
            "identity/not-deployed",
            "high",
        ),
        (
            "secret/rotation-disabled",
            "identity/rotation-off",
            "medium",
        ),
        ("secret/never-accessed", "identity/never-read", "low"),
        (
            "secret/expiry-in-description",
            "identity/past-description",
            "low",
        ),
        // Old enough to be overdue as well.
        (
            "secret/conflicting-policies",
            "identity/two-documents",
            "low",
        ),
    ] {
        plan.expect(
            State::Open,
            rule,
            format!("secretsmanager/{HUB}/{name}"),
            severity,
        );
    }
    if plan.exported {
        // An account of a team holds a copy that nobody changed.
        let at = plan.model.days_ago(50);
        plan.model.copied.push(("identity/job-2".to_owned(), at));
        let account = plan.model.accounts[0].id.clone();
        plan.expect(
            State::Open,
            "secret/copies-diverge",
            "identity/job-2",
            "medium",
        );
        plan.expect(
            State::Open,
            "secret/not-registered",
            format!("secretsmanager/{account}/identity/job-2"),
            "medium",
        );
    }
}

fn elsewhere(plan: &mut Plan<'_>) {
    plan.model
        .auth0_clients
        .push("aws-former-broker".to_owned());
    register(plan.model, "auth0", "aws-former-broker", None, RUNBOOK);
    plan.expect(
        State::Open,
        "secret/no-expiry",
        "auth0/aws-former-broker",
        "low",
    );

    // A token of last month, and one of last year: a trail looks back ninety
    // days, and only an export of it reaches further.
    let old = plan.exported.then_some(("tenant-1", 400));
    for (tenant, ago) in old.into_iter().chain([("tenant-2", 40)]) {
        let event = TrailEvent {
            at: plan.model.days_ago(ago),
            source: "sso-directory.amazonaws.com",
            name: "CreateBearerToken",
            resource: tenant.to_owned(),
            actor: None,
            parameters: Vec::new(),
        };
        plan.model.trail.push(event);
    }
    if plan.exported {
        plan.expect(State::Open, "secret/scim-token-old", "tenant-1", "medium");
    }

    let key = AccessKey {
        user: "deploy",
        made: plan.model.days_ago(200),
        used: Some(plan.model.days_ago(5)),
    };
    plan.model.access_keys.push(key);
    register(plan.model, "iam", "deploy", Some(90), RUNBOOK);
    plan.expect(
        State::Open,
        "secret/overdue",
        format!("iam/{HUB}/deploy/1"),
        "high",
    );
    let hub = hub(plan.model).map_or_else(|| HUB.to_owned(), |a| name(plan, a));
    plan.expect(
        State::Open,
        "secret/access-key-old",
        format!("{hub}/deploy/1"),
        "high",
    );
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let production = plan.model.account(true);
    let live = name(plan, production);
    let assign = |plan: &mut Plan<'_>, account, permission_set, group| {
        plan.model.assignments.push(Assignment {
            account,
            permission_set,
            principal: Principal::Group(group),
        });
    };

    // Raised in the console: the declared level is gone, another one is there.
    let levelled = format!("{PREFIX}-levelled");
    if let Some(group) = plan.model.ic_group(&levelled) {
        plan.model
            .assignments
            .retain(|a| a.principal != Principal::Group(group));
        assign(plan, production, "PlatformAdmin", group);
        for (rule, resource, severity) in [
            (
                "access/level-differs",
                format!("{live}/{levelled}"),
                "critical",
            ),
            (
                "access/declared-not-assigned",
                format!("{live}/Developer/{levelled}"),
                "low",
            ),
            (
                "access/assigned-not-declared",
                format!("{live}/PlatformAdmin/{levelled}"),
                "critical",
            ),
        ] {
            plan.expect(State::Open, rule, resource, severity);
        }
    }

    // Nobody declared the one account; the other was closed with access on it.
    for (id, name) in [("099999999901", "stray"), ("099999999902", "closed-down")] {
        plan.model.accounts.push(Account {
            id: id.to_owned(),
            environment: "development",
            name: name.to_owned(),
        });
    }
    let closed = plan.model.accounts.len() - 1;
    plan.model
        .closed
        .push(plan.model.accounts[closed].id.clone());
    plan.expect(State::Open, "access/account-undeclared", "stray", "low");
    let movers = format!("{PREFIX}-movers");
    if let Some(group) = plan.model.ic_group(&movers) {
        assign(plan, closed, "ReadOnlyAccess", group);
        for (rule, resource, severity) in [
            (
                "access/closed-account",
                format!("closed-down/ReadOnlyAccess/{movers}"),
                "low",
            ),
            (
                "access/assigned-not-declared",
                format!("closed-down/ReadOnlyAccess/{movers}"),
                "medium",
            ),
            (
                "access/account-undeclared",
                "closed-down".to_owned(),
                "medium",
            ),
        ] {
            plan.expect(State::Open, rule, resource, severity);
        }
    }
}

/// Whoever is privileged now and was not a month before: what any fault of this
/// month costs that gives access.
pub(crate) fn escalations(before: &Model, now: &Model) -> Vec<Expected> {
    let had = privileged(before);
    let has = privileged(now);
    has.difference(&had)
        .map(|(person, account, set)| {
            let account = &now.accounts[*account];
            let spelt = now
                .ic_users
                .iter()
                .find(|u| u.name.to_lowercase() == *person);
            let person = spelt.map_or(person.as_str(), |u| u.name.as_str());
            Expected {
                rule: "access/new-privileged-person",
                resource: format!("{person}/{}/{set}", account.name),
                severity: if account.production() {
                    "critical"
                } else {
                    "high"
                },
                state: State::New,
                cause: None,
            }
        })
        .collect()
}

/// Person in small letters, account and permission set of all privileged access.
fn privileged(model: &Model) -> BTreeSet<(String, usize, &'static str)> {
    let sets: BTreeSet<&str> = LEVELS.iter().filter(|l| l.2).map(|l| l.1).collect();
    let mut of_group: std::collections::BTreeMap<usize, Vec<usize>> =
        std::collections::BTreeMap::new();
    let given = || {
        model
            .assignments
            .iter()
            .filter(|a| sets.contains(a.permission_set))
    };
    for a in given() {
        if let Principal::Group(group) = a.principal {
            of_group.entry(group).or_default();
        }
    }
    for m in &model.memberships {
        if let Some(users) = of_group.get_mut(&m.group) {
            users.push(m.user);
        }
    }
    let mut held = BTreeSet::new();
    for a in given() {
        let users = match &a.principal {
            Principal::Group(group) => of_group.get(group).cloned().unwrap_or_default(),
            Principal::User(user) => vec![*user],
            Principal::Gone(_) => Vec::new(),
        };
        for user in users {
            let person = model.ic_users[user].name.to_lowercase();
            held.insert((person, a.account, a.permission_set));
        }
    }
    held
}
