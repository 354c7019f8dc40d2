//! Credentials that are old, expired, unregistered or gone.

use super::plan::Plan;
use crate::expected::State;
use crate::model::Credential;
use crate::names::{HUB, REGION};
use crate::secrets::{RUNBOOK, STANDARD, application, register, secret};

pub(super) fn sources(plan: &mut Plan<'_>) {
    let shift = if plan.now { 0 } else { 30 };
    // Ages as of today; a month before they were thirty days less.
    let mut aged = |name: &str, age: i64, days: i64| {
        secret(plan.model, name, age - shift);
        register(plan.model, "secretsmanager", name, Some(days), RUNBOOK);
    };
    aged("identity/long-overdue", 200, 90);
    // One day past its period; a month before it was due within 30 days.
    aged("identity/just-overdue", 91, 90);
    // On the very day.
    aged("identity/last-day", 90, 90);
    aged("identity/within-week", 84, 90);
    aged("identity/within-fortnight", 76, 90);
    aged("identity/within-month", 61, 90);
    aged("identity/not-yet", 59, 90);
    // Two documents: the stricter one counts.
    aged("identity/two-documents", 100, 180);
    register(
        plan.model,
        "secretsmanager",
        "identity/two-documents",
        Some(90),
        STANDARD,
    );

    let at = |name: &str| format!("secretsmanager/{HUB}/{REGION}/{name}");
    for (rule, name, severity, state) in [
        (
            "secret/overdue",
            "identity/long-overdue",
            "high",
            State::Open,
        ),
        (
            "secret/overdue",
            "identity/just-overdue",
            "high",
            State::New,
        ),
        (
            "secret/due-soon",
            "identity/just-overdue",
            "low",
            State::Resolved,
        ),
        ("secret/due-soon", "identity/last-day", "high", State::Open),
        (
            "secret/due-soon",
            "identity/within-week",
            "high",
            State::New,
        ),
        (
            "secret/due-soon",
            "identity/within-fortnight",
            "medium",
            State::New,
        ),
        (
            "secret/due-soon",
            "identity/within-month",
            "low",
            State::New,
        ),
        (
            "secret/overdue",
            "identity/two-documents",
            "high",
            State::New,
        ),
        (
            "secret/due-soon",
            "identity/two-documents",
            "low",
            State::Resolved,
        ),
    ] {
        plan.expect(state, rule, at(name), severity);
    }

    // The credential of a sync ran out last week; its successor works. A month
    // before, both its age and its end were near.
    let name = "aws-sync-legacy";
    application(plan.model, name, &[(85 - shift, shift - 5), (20, 60)]);
    register(plan.model, "entra", name, Some(90), RUNBOOK);
    let key = plan.model.id("key", &format!("{name}/0"));
    plan.expect(
        State::New,
        "secret/expired",
        format!("entra/{name}/{key}"),
        "high",
    );
    plan.expect(
        State::Resolved,
        "secret/due-soon",
        format!("entra/{name}/{key}"),
        "low",
    );

    // Watched, and in no register.
    secret(plan.model, "identity/nobody-knows", 20);
    plan.expect(
        State::Open,
        "secret/not-registered",
        format!("secretsmanager/{HUB}/identity/nobody-knows"),
        "medium",
    );
    // In the register, and nowhere else; one whose only credential expired.
    register(
        plan.model,
        "secretsmanager",
        "identity/removed",
        Some(90),
        RUNBOOK,
    );
    plan.expect(
        State::Open,
        "secret/registered-not-found",
        format!("secretsmanager/{HUB}/identity/removed"),
        "low",
    );
    let name = "aws-broker-former";
    application(plan.model, name, &[(400, -100)]);
    register(plan.model, "entra", name, Some(90), RUNBOOK);
    let key = plan.model.id("key", &format!("{name}/0"));
    plan.expect(
        State::Open,
        "secret/expired",
        format!("entra/{name}/{key}"),
        "high",
    );
    plan.expect(
        State::Open,
        "secret/registered-not-found",
        format!("entra/{name}"),
        "low",
    );

    // Somebody exported the value of a client secret along with its dates.
    if plan.now && plan.exported {
        let (key, start, end) = (
            plan.model.id("key", "leaked"),
            plan.model.days_ago(40),
            plan.model.days_ago(-100),
        );
        if let Some(app) = plan
            .model
            .applications
            .iter_mut()
            .find(|a| a.name == "internal-tool-3")
        {
            app.credentials.push(Credential {
                key,
                certificate: false,
                start,
                end,
                leaked: true,
            });
        }
        plan.expect(
            State::New,
            "evidence/secret-in-input",
            "entra/applications.json",
            "high",
        );
    }
}
