//! What administrators do after a review: people leave the groups that gave
//! them what was to be removed, at the source as well as in Identity Center.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::{Model, Principal};
use crate::names::permission_set_arn;
use crate::organisation::Estate;

/// Access that is to be taken away.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Id of the user in Identity Center.
    pub user_id: String,
    /// Id of the account.
    pub account_id: String,
    /// ARN of the permission set.
    pub permission_set_arn: String,
}

/// What was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// Memberships of Identity Center.
    pub memberships: usize,
    /// Direct assignments.
    pub assignments: usize,
}

impl Estate {
    /// The organisation at a later moment, otherwise unchanged.
    pub fn later(&mut self, as_of: DateTime<Utc>) {
        self.model.as_of = as_of;
    }

    /// Takes access away. A person who leaves a group loses everything that the
    /// group gives.
    pub fn revoke(&mut self, all: &[Revocation]) -> Revoked {
        let mut revoked = Revoked::default();
        for one in all {
            let some = revoke(&mut self.model, one);
            revoked.memberships += some.memberships;
            revoked.assignments += some.assignments;
        }
        revoked
    }
}

fn revoke(model: &mut Model, one: &Revocation) -> Revoked {
    let mut revoked = Revoked::default();
    let user = |id: &str| model.ic_users.iter().position(|u| u.id.to_string() == id);
    let of = |a: &crate::model::Assignment| {
        model.accounts[a.account].id == one.account_id
            && permission_set_arn(a.permission_set) == one.permission_set_arn
    };
    let Some(user) = user(&one.user_id) else {
        // Identity Center no longer lists the user: only the membership is left.
        let groups: BTreeSet<usize> = groups(model, &of);
        let before = model.dangling.len();
        model
            .dangling
            .retain(|(g, id)| !groups.contains(g) || id.to_string() != one.user_id);
        revoked.memberships = before - model.dangling.len();
        return revoked;
    };
    let groups: BTreeSet<usize> = groups(model, &of);
    let direct: Vec<bool> = model
        .assignments
        .iter()
        .map(|a| of(a) && a.principal == Principal::User(user))
        .collect();
    let before = model.assignments.len();
    let mut direct = direct.into_iter();
    model
        .assignments
        .retain(|_| !direct.next().unwrap_or(false));
    revoked.assignments = before - model.assignments.len();
    let before = model.memberships.len();
    model
        .memberships
        .retain(|m| m.user != user || !groups.contains(&m.group));
    revoked.memberships = before - model.memberships.len();
    at_the_source(model, user, &groups);
    revoked
}

fn groups(model: &Model, of: &dyn Fn(&crate::model::Assignment) -> bool) -> BTreeSet<usize> {
    let assignments = model.assignments.iter().filter(|a| of(a));
    assignments
        .filter_map(|a| match a.principal {
            Principal::Group(group) => Some(group),
            Principal::User(_) | Principal::Gone(_) => None,
        })
        .collect()
}

/// Or else the next run of the sync would bring the membership back.
fn at_the_source(model: &mut Model, user: usize, groups: &BTreeSet<usize>) {
    let name = model.ic_users[user].name.to_lowercase();
    let names: BTreeSet<String> = groups
        .iter()
        .map(|g| model.ic_groups[*g].name.to_lowercase())
        .collect();
    let people: BTreeSet<usize> = (0..model.users.len())
        .filter(|u| model.users[*u].address.to_lowercase() == name)
        .collect();
    for group in &mut model.groups {
        if names.contains(&group.name.to_lowercase()) {
            group.members.retain(|u| !people.contains(u));
            group.owners.retain(|u| !people.contains(u));
        }
    }
    let logins: BTreeSet<usize> = (0..model.logins.len())
        .filter(|l| name.split('@').next() == Some(model.logins[*l].login.to_lowercase().as_str()))
        .collect();
    for team in &mut model.teams {
        if names.contains(&team.slug.to_lowercase()) {
            team.members.retain(|l| !logins.contains(l));
        }
    }
}
