//! Approvals that are missing, old, or of another group.

use super::plan::{Plan, Worth};
use crate::build::{day, stamp};
use crate::expected::State;
use crate::names::PREFIX;

pub(super) fn sources(plan: &mut Plan<'_>) {
    let model = &plan.model;
    let (recent, old) = (day(model.days_ago(50)), day(model.days_ago(420)));
    let (today, last_week, next_week) = (
        day(model.as_of),
        day(model.days_ago(if plan.now { 8 } else { -22 })),
        day(model.days_ago(-7)),
    );
    let future = stamp(model.as_of + chrono::TimeDelta::days(3));

    // Nobody asked; the worst access there is.
    if plan.now {
        plan.group_without_approval("unapproved", Worth::Critical);
        plan.expect(
            State::New,
            "approval/unapproved-group",
            format!("{PREFIX}-unapproved"),
            "critical",
        );
    }
    // An approval dated after the snapshot does not count yet.
    plan.group_without_approval("approved-later", Worth::Low);
    plan.approve("approved-later", None, future, String::new());
    plan.expect(
        State::Open,
        "approval/unapproved-group",
        format!("{PREFIX}-approved-later"),
        "low",
    );

    // Older than a year, with no end of its own.
    plan.group_without_approval("lapsed", Worth::Medium);
    plan.approve("LAPSED", None, old.clone(), String::new());
    plan.expect(
        State::Open,
        "approval/expired",
        format!("{PREFIX}-lapsed"),
        "medium",
    );
    // Past its end, though recent; a date runs to the end of its day.
    plan.group_without_approval("run-out", Worth::High);
    plan.approve("run-out", None, recent.clone(), last_week);
    plan.expect(
        State::New,
        "approval/expired",
        format!("{PREFIX}-run-out"),
        "high",
    );
    plan.group_without_approval("last-day", Worth::High);
    plan.approve("last-day", None, recent.clone(), today);
    // Old, but with an end that is still to come.
    plan.group_without_approval("long-term", Worth::High);
    plan.approve("long-term", None, old.clone(), next_week);

    // Approved under the id of a group that was deleted since.
    plan.group_without_approval("recreated", Worth::Medium);
    let former = plan.model.id("group", "recreated, the former").to_string();
    plan.approve(
        "recreated",
        Some(former.clone()),
        recent.clone(),
        String::new(),
    );
    plan.expect(
        State::Open,
        "approval/group-recreated",
        format!("{PREFIX}-recreated"),
        "medium",
    );
    // Both ids are approved: the record of today's group counts.
    let again = plan.group_without_approval("approved-again", Worth::Medium);
    let id = plan.model.groups[again].id.to_string();
    plan.approve("approved-again", Some(former), old, String::new());
    plan.approve("approved-again", Some(id), recent, String::new());
}
