//! What a fault is made of: people, groups and teams of its own, and the finding
//! that it must give.

use crate::build::day;
use crate::expected::{Expected, State};
use crate::model::{Approval, Grant, Group, Model, User};
use crate::names::PREFIX;

/// What the access of a planted group is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
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
pub(crate) struct Plan<'m> {
    pub(super) model: &'m mut Model,
    /// Whether this is the estate of today; otherwise of the month before.
    pub(super) now: bool,
    /// Whether the estate is exported into files: only then can sources be of
    /// different times, and somebody have exported a value.
    pub(super) exported: bool,
    pub(super) expected: Vec<Expected>,
}

impl<'m> Plan<'m> {
    pub(crate) fn new(model: &'m mut Model, now: bool, exported: bool) -> Self {
        Self {
            model,
            now,
            exported,
            expected: Vec::new(),
        }
    }

    pub(crate) fn model(&mut self) -> &mut Model {
        self.model
    }

    pub(crate) fn into_expected(mut self) -> Vec<Expected> {
        self.expected.sort();
        self.expected
    }

    pub(super) fn expect(
        &mut self,
        state: State,
        rule: &'static str,
        resource: impl Into<String>,
        severity: &'static str,
    ) {
        self.expect_because(state, rule, resource, severity, inherent(rule));
    }

    /// The same, where the estate shows why.
    pub(super) fn expect_because(
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
    pub(super) fn person(&mut self, local: &str) -> usize {
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
    pub(super) fn group(&mut self, name: &str, worth: Worth) -> usize {
        let group = self.group_without_approval(name, worth);
        let id = self.model.groups[group].id.to_string();
        let approved = day(self.model.days_ago(100));
        self.approve(name, Some(id), approved, String::new());
        group
    }

    pub(super) fn group_without_approval(&mut self, name: &str, worth: Worth) -> usize {
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
    pub(super) fn grant(&mut self, group: &str, worth: Worth) {
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

    pub(super) fn approve(
        &mut self,
        name: &str,
        id: Option<String>,
        approved: String,
        expires: String,
    ) {
        self.model.approvals.push(Approval {
            group: format!("{PREFIX}-{name}"),
            group_id: id,
            approved,
            expires,
            ..Approval::default()
        });
    }

    /// A team with members of its own.
    pub(super) fn team(&mut self, slug: &str, members: &[&str], worth: Worth) -> usize {
        let members = members.iter().map(|login| self.login(login)).collect();
        let team = crate::model::Team {
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

    pub(super) fn login(&mut self, login: &str) -> usize {
        self.model.logins.push(crate::model::Login {
            login: login.to_owned(),
            two_factor: true,
            person: None,
        });
        self.model.logins.len() - 1
    }

    /// Takes a membership of Identity Center away.
    pub(super) fn leave(&mut self, group: &str, user: &str) {
        if let (Some(group), Some(user)) = (self.model.ic_group(group), self.model.ic_user(user)) {
            self.model
                .memberships
                .retain(|m| m.group != group || m.user != user);
        }
    }
}
