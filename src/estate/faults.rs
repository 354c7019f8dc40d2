//! What is broken, and which finding each break must give.
//!
//! A fault has people and groups of its own, so that what it costs is known.
//! Beside most faults stands something that looks like it and is none.

mod access;
mod applications;
mod approval;
mod causes;
mod entra;
mod evidence;
mod github;
mod governance;
mod hygiene;
mod privilege;
mod secret;

pub(super) use privilege::escalations;

use super::build::day;
use super::expected::{Expected, State};
use super::model::{Approval, Grant, Group, Model, User};
use super::names::PREFIX;

/// What the access of a planted group is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Critical,
    High,
    Medium,
    Low,
}

/// The cause that is the fault itself.
fn inherent(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "entra/access-through-ownership" => "owner not member",
        "entra/disabled-user-with-access" => "disabled upstream",
        "entra/member-outside-allowed-domains" => "outside the allowed domains",
        "identity/foreign-writer" => "other writer",
        "identity/holding-group-only" => "holding group",
        "identity/recreated-user" => "recreated under a new id",
        _ => return None,
    })
}

/// Plants faults into a model.
pub(super) struct Plan<'m> {
    model: &'m mut Model,
    /// Whether this is the estate of today; otherwise of the month before.
    now: bool,
    /// Whether the estate is exported into files: only then can sources be of
    /// different times, and somebody have exported a value.
    exported: bool,
    expected: Vec<Expected>,
}

impl<'m> Plan<'m> {
    pub(super) fn new(model: &'m mut Model, now: bool, exported: bool) -> Self {
        Self {
            model,
            now,
            exported,
            expected: Vec::new(),
        }
    }

    pub(super) fn model(&mut self) -> &mut Model {
        self.model
    }

    /// Faults of the sources, which the sync then copies.
    pub(super) fn sources(&mut self) {
        entra::sources(self);
        github::sources(self);
        approval::sources(self);
        access::sources(self);
        applications::sources(self);
        secret::sources(self);
        privilege::sources(self);
        evidence::sources(self);
        governance::sources(self);
        hygiene::sources(self);
        causes::sources(self);
    }

    /// Faults of Identity Center, after the sync.
    pub(super) fn targets(&mut self) {
        entra::targets(self);
        github::targets(self);
        access::targets(self);
        privilege::targets(self);
        evidence::targets(self);
        hygiene::targets(self);
        governance::targets(self);
        applications::targets(self);
        causes::targets(self);
        // After everything else: it looks at how much there is.
        governance::settle(self);
    }

    pub(super) fn into_expected(mut self) -> Vec<Expected> {
        self.expected.sort();
        self.expected
    }

    fn expect(
        &mut self,
        state: State,
        rule: &'static str,
        resource: impl Into<String>,
        severity: &'static str,
    ) {
        self.expect_because(state, rule, resource, severity, inherent(rule));
    }

    /// The same, where the estate shows why.
    fn expect_because(
        &mut self,
        state: State,
        rule: &'static str,
        resource: impl Into<String>,
        severity: &'static str,
        cause: impl Into<Option<&'static str>>,
    ) {
        self.expected.push(Expected {
            rule,
            resource: resource.into(),
            severity,
            state,
            cause: cause.into(),
        });
    }

    /// A person of the allowed domain, in no group yet.
    fn person(&mut self, local: &str) -> usize {
        let principal = format!("{local}@example.gov.uk");
        let user = User {
            id: self.model.id("user", local),
            mail: Some(principal.clone()),
            address: principal.clone(),
            principal,
            allowed: true,
            guest: false,
            enabled: true,
            created: self.model.days_ago(400),
            deleted: false,
            leaves: None,
            seen: None,
        };
        self.model.users.push(user);
        self.model.users.len() - 1
    }

    /// An approved prefixed group with two people who own it, worth something.
    fn group(&mut self, name: &str, worth: Worth) -> usize {
        let group = self.group_without_approval(name, worth);
        let id = self.model.groups[group].id.to_string();
        let approved = day(self.model.days_ago(100));
        self.approve(name, Some(id), approved, String::new());
        group
    }

    fn group_without_approval(&mut self, name: &str, worth: Worth) -> usize {
        let owners = vec![
            self.person(&format!("owner.one.{name}")),
            self.person(&format!("owner.two.{name}")),
        ];
        let name = format!("{PREFIX}-{name}");
        let group = Group {
            id: self.model.id("group", &name),
            created: self.model.days_ago(300),
            members: owners.clone(),
            owners,
            rule: None,
            others: Vec::new(),
            synced: true,
            name: name.clone(),
        };
        self.model.groups.push(group);
        self.grant(&name, worth);
        self.model.groups.len() - 1
    }

    /// Declares access of a worth for a group.
    fn grant(&mut self, group: &str, worth: Worth) {
        let (production, level) = match worth {
            Worth::Critical => (true, "administrator"),
            Worth::High => (true, "developer"),
            Worth::Medium => (false, "developer"),
            Worth::Low => return,
        };
        let account = self.model.account(production);
        self.model.grants.push(Grant {
            account,
            level,
            group: group.to_owned(),
        });
    }

    fn approve(&mut self, name: &str, id: Option<String>, approved: String, expires: String) {
        self.model.approvals.push(Approval {
            group: format!("{PREFIX}-{name}"),
            group_id: id,
            approved,
            expires,
            ..Approval::default()
        });
    }

    /// A team with members of its own.
    fn team(&mut self, slug: &str, members: &[&str], worth: Worth) -> usize {
        let members = members.iter().map(|login| self.login(login)).collect();
        let team = super::model::Team {
            slug: slug.to_owned(),
            parent: None,
            members,
            created: self.model.days_ago(300),
            synced: true,
        };
        self.model.teams.push(team);
        self.grant(slug, worth);
        self.model.teams.len() - 1
    }

    fn login(&mut self, login: &str) -> usize {
        self.model.logins.push(super::model::Login {
            login: login.to_owned(),
            two_factor: true,
            person: None,
        });
        self.model.logins.len() - 1
    }

    /// Takes a membership of Identity Center away.
    fn leave(&mut self, group: &str, user: &str) {
        if let (Some(group), Some(user)) = (self.model.ic_group(group), self.model.ic_user(user)) {
            self.model
                .memberships
                .retain(|m| m.group != group || m.user != user);
        }
    }
}
