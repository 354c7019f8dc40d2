//! What the sync jobs and Terraform make of the sources in Identity Center.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Assignment, IcApplication, IcGroup, IcUser, Membership, Model, Principal};
use crate::names::{
    ENTRA_TYPE, GITHUB_TYPE, HOLDING, IGNORED_GROUP, PLATFORM_GROUP, PLATFORM_TEAM, SUFFIX,
    permission_set,
};

/// Copies groups and teams, then assigns what is declared.
pub(super) fn run(model: &mut Model) {
    let written = model.days_ago(45);
    let holding = add_group(model, HOLDING);
    add_group(model, IGNORED_GROUP);
    let mut entra: BTreeMap<usize, usize> = BTreeMap::new();
    for g in 0..model.groups.len() {
        if !model.groups[g].synced {
            continue;
        }
        let name = model.groups[g].name.to_lowercase();
        let group = add_group(model, &name);
        let source = &model.groups[g];
        let people: BTreeSet<usize> = source
            .members
            .iter()
            .chain(&source.owners)
            .copied()
            .filter(|u| model.users[*u].allowed && !model.users[*u].deleted)
            .collect();
        for person in people {
            let user = if let Some(user) = entra.get(&person) {
                *user
            } else {
                let address = model.users[person].address.clone();
                let user = add_user(model, address, ENTRA_TYPE);
                entra.insert(person, user);
                join(model, holding, user, written);
                user
            };
            join(model, group, user, written);
        }
    }
    let mut github: BTreeMap<usize, usize> = BTreeMap::new();
    for t in 0..model.teams.len() {
        if !model.teams[t].synced {
            continue;
        }
        let slug = model.teams[t].slug.to_lowercase();
        let group = add_group(model, &slug);
        for login in below(model, t) {
            let user = if let Some(user) = github.get(&login) {
                *user
            } else {
                let name = format!("{}{SUFFIX}", model.logins[login].login.to_lowercase());
                let user = add_user(model, name, GITHUB_TYPE);
                github.insert(login, user);
                user
            };
            join(model, group, user, written);
        }
    }
    assign(model);
    applications(model);
}

/// An application that the first approved groups may use.
fn applications(model: &mut Model) {
    let groups = model.groups.iter().take(6);
    let assigned = groups.filter_map(|g| model.ic_group(&g.name));
    let assigned = assigned.map(Principal::Group).collect();
    let production = model.account(true);
    model.ic_applications.push(IcApplication {
        name: "Dashboards",
        account: model.accounts[production].id.clone(),
        enabled: true,
        assigned,
    });
}

/// Members of a team and of the teams below it.
fn below(model: &Model, team: usize) -> BTreeSet<usize> {
    let mut all: BTreeSet<usize> = model.teams[team].members.iter().copied().collect();
    // A child follows its parent in the list.
    let mut inside = BTreeSet::from([team]);
    for (t, child) in model.teams.iter().enumerate().skip(team + 1) {
        if child.parent.is_some_and(|p| inside.contains(&p)) {
            inside.insert(t);
            all.extend(&child.members);
        }
    }
    all
}

pub(super) fn add_group(model: &mut Model, name: &str) -> usize {
    let group = IcGroup {
        id: model.id("identity center group", name),
        name: name.to_owned(),
        created: model.days_ago(45),
    };
    model.ic_groups.push(group);
    model.ic_groups.len() - 1
}

pub(super) fn add_user(model: &mut Model, name: String, kind: &'static str) -> usize {
    let user = IcUser {
        id: model.id("identity center user", &name),
        name,
        kind,
        enabled: true,
        created: model.days_ago(45),
    };
    model.ic_users.push(user);
    model.ic_users.len() - 1
}

pub(super) fn join(
    model: &mut Model,
    group: usize,
    user: usize,
    created: chrono::DateTime<chrono::Utc>,
) {
    model.memberships.push(Membership {
        group,
        user,
        created,
    });
}

/// Assigns what is declared, once each, and the implicit grants.
fn assign(model: &mut Model) {
    let groups: BTreeMap<String, usize> = model
        .ic_groups
        .iter()
        .enumerate()
        .map(|(n, g)| (g.name.to_lowercase(), n))
        .collect();
    let mut made = BTreeSet::new();
    for grant in &model.grants {
        if let Some(group) = groups.get(&grant.group.to_lowercase()) {
            made.insert((grant.account, permission_set(grant.level), *group));
        }
    }
    for name in [PLATFORM_GROUP, PLATFORM_TEAM] {
        if let Some(group) = groups.get(name) {
            for account in 0..model.accounts.len() {
                made.insert((account, permission_set("administrator"), *group));
            }
        }
    }
    model.assignments = made
        .into_iter()
        .map(|(account, permission_set, group)| Assignment {
            account,
            permission_set,
            principal: Principal::Group(group),
        })
        .collect();
}
