//! Whether the evidence can be believed: syncs, times, references, waivers.

use chrono::TimeDelta;

use super::plan::Plan;
use crate::expected::State;
use crate::model::Waiver;
use crate::names::{HUB, PREFIX, REGION};

/// Tables for which the estate has no export.
const NOT_EXPORTED: [&str; 1] = ["github_deploy_key"];

pub(super) fn sources(plan: &mut Plan<'_>) {
    for table in NOT_EXPORTED {
        plan.expect(State::Open, "evidence/table-incomplete", table, "info");
    }
    if plan.now {
        // The GitHub job has failed since yesterday; the Entra job is exactly in time.
        let (stale, edge) = (plan.model.hours_ago(13), plan.model.hours_ago(4));
        plan.model.runs = vec![
            ("entra", edge, "success"),
            ("github", stale, "success"),
            ("github", plan.model.hours_ago(7), "failure"),
            ("github", plan.model.hours_ago(1), "failure"),
        ];
        plan.expect(State::New, "evidence/sync-stale", "github", "high");
    }
    if plan.now && plan.exported {
        // Entra was exported five hours before the rest; its sync runs every two.
        plan.model.entra_lag = TimeDelta::hours(5);
        for pair in [
            "auth0/entra",
            "entra/identity_center",
            "entra/secrets_manager",
        ] {
            plan.expect(State::New, "evidence/sources-skewed", pair, "medium");
        }
    }
    let past = plan.model.days_ago(if plan.now { 3 } else { -27 });
    let future = plan.model.days_ago(-60);
    plan.model.waivers = vec![
        Waiver {
            id: "W-1",
            rule: "secret/overdue",
            resource: format!("secretsmanager/{HUB}/{REGION}/identity/long-overdue"),
            expires: future,
        },
        Waiver {
            id: "W-2",
            rule: "approval/expired",
            resource: format!("{PREFIX}-lapsed"),
            expires: past,
        },
        Waiver {
            id: "W-3",
            rule: "entra/group-not-synced",
            resource: format!("{PREFIX}-long-gone"),
            expires: future,
        },
    ];
    // One has run out; one matches nothing.
    plan.expect(State::New, "evidence/waiver-expired", "W-2", "medium");
    plan.expect(State::Open, "evidence/waiver-expired", "W-3", "medium");
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    // Identity Center lists a membership of a user whom it does not list.
    let user = plan.model.id("identity center user", "not listed");
    if let Some(group) = plan.model.ic_group(&format!("{PREFIX}-personal")) {
        plan.model.dangling.push((group, user));
        plan.expect(
            State::Open,
            "evidence/broken-reference",
            format!("identity_center_membership/{user}"),
            "low",
        );
    }
}
