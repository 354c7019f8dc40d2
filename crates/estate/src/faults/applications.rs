//! Applications that people may use without an approval, and permission sets
//! that stayed in an account after the last assignment.

use super::plan::{Plan, Worth};
use crate::expected::State;
use crate::model::{IcApplication, Principal};
use crate::names::{HUB, PREFIX, UNUSED};

const DASHBOARDS: &str = "Dashboards";
const DESK: &str = "Service Desk";
const BOOKS: &str = "Run books";
const WIKI: &str = "Old wiki";

pub(super) fn sources(plan: &mut Plan<'_>) {
    plan.team("chart-squad", &["cal-dev", "cem-dev"], Worth::Low);
}

fn prefixed(name: &str) -> String {
    format!("{PREFIX}-{name}")
}

/// An application, and what it takes to find who may use it without an approval.
fn add(plan: &mut Plan<'_>, name: &'static str, account: String, enabled: bool) {
    plan.model.ic_applications.push(IcApplication {
        name,
        account,
        enabled,
        assigned: Vec::new(),
    });
}

fn assign(plan: &mut Plan<'_>, application: &str, principal: Principal) {
    let mut all = plan.model.ic_applications.iter_mut();
    if let Some(found) = all.find(|a| a.name == application) {
        found.assigned.push(principal);
    }
}

/// Assigns a group; gives a finding of that worth, if any.
fn group(plan: &mut Plan<'_>, application: &str, name: &str, found: Option<(State, &'static str)>) {
    let Some(place) = plan.model.ic_group(name) else {
        return;
    };
    assign(plan, application, Principal::Group(place));
    if let Some((state, severity)) = found {
        let resource = format!("{application}/{name}");
        plan.expect(state, "access/application-assignment", resource, severity);
    }
}

pub(super) fn targets(plan: &mut Plan<'_>) {
    let development = plan.model.account(false);
    let workshop = plan.model.accounts[development].id.clone();
    add(plan, DESK, HUB.to_owned(), true);
    add(plan, BOOKS, workshop, true);
    add(plan, WIKI, HUB.to_owned(), false);

    // A team that no record names, on what belongs to a production account, on
    // what is switched off, and since this month on one more.
    let open = |severity| Some((State::Open, severity));
    group(plan, DASHBOARDS, "chart-squad", open("high"));
    group(plan, WIKI, "chart-squad", open("low"));
    if plan.now {
        group(plan, DESK, "chart-squad", Some((State::New, "medium")));
    }
    // An approval that ended a year ago, one whose last day it is.
    group(plan, DESK, &prefixed("lapsed"), open("medium"));
    group(plan, DESK, &prefixed("last-day"), None);
    // Approved for something else, and for this in other words.
    group(plan, BOOKS, &prefixed("beyond-scope"), open("medium"));
    group(plan, BOOKS, &prefixed("within-scope"), None);
    // In person, and for somebody who is gone.
    let name = "owner.one.personal@example.gov.uk";
    if let Some(user) = plan.model.ic_user(name) {
        assign(plan, DESK, Principal::User(user));
        let resource = format!("{DESK}/{name}");
        plan.expect(
            State::Open,
            "access/application-assignment",
            resource,
            "medium",
        );
    }
    let gone = plan.model.id("identity center group", "deleted");
    assign(plan, DESK, Principal::Gone(gone));
    plan.expect(
        State::Open,
        "access/application-assignment",
        format!("{DESK}/{gone}"),
        "low",
    );
    left_over(plan, development);
}

/// The last assignment went, the role in the account did not.
fn left_over(plan: &mut Plan<'_>, development: usize) {
    let mut left = vec![(development, UNUSED, State::Open)];
    let stray = plan.model.accounts.iter().position(|a| a.name == "stray");
    if plan.now {
        left.extend(stray.map(|stray| (stray, "SecurityAudit", State::New)));
    }
    for (account, set, state) in left {
        plan.model.left_over.push((account, set));
        let resource = format!("{}/{set}", plan.model.accounts[account].name);
        plan.expect(
            state,
            "access/provisioned-without-assignment",
            resource,
            "low",
        );
    }
}
