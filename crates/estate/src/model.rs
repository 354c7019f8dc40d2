//! The organisation: plain lists, referred to by index.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::size::Size;

/// Everything that the estate holds at one moment.
#[derive(Debug)]
pub(super) struct Model {
    pub size: Size,
    pub as_of: DateTime<Utc>,
    pub rng: fastrand::Rng,
    /// Ids are made below it.
    pub namespace: Uuid,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub logins: Vec<Login>,
    pub teams: Vec<Team>,
    pub accounts: Vec<Account>,
    /// Declared in environment files.
    pub grants: Vec<Grant>,
    pub approvals: Vec<Approval>,
    pub applications: Vec<Application>,
    pub secrets: Vec<Secret>,
    pub registered: Vec<Registered>,
    pub github_secrets: Vec<(String, DateTime<Utc>)>,
    pub tokens: Vec<Token>,
    /// Logins that may approve deployments to an account.
    pub reviewers: Vec<(usize, String)>,
    /// Logins whose single sign-on identity was never linked to them.
    pub unlinked: Vec<usize>,
    /// Who made a group, where it was not the usual administrator.
    pub creators: BTreeMap<usize, String>,
    /// Groups whose making is older than the audit log reaches.
    pub forgotten_creations: Vec<usize>,
    pub auth0_clients: Vec<String>,
    pub auth0_connections: usize,
    pub runs: Vec<(&'static str, DateTime<Utc>, &'static str)>,
    pub entra_events: Vec<EntraEvent>,
    pub github_events: Vec<GitHubEvent>,
    pub waivers: Vec<Waiver>,
    /// Further confirmed links: login and user.
    pub links: Vec<(usize, usize)>,
    /// Groups that administer an account and are on no list for it.
    pub unlisted: Vec<String>,
    /// Ids of accounts that were closed.
    pub closed: Vec<String>,
    /// Applications that are declared and have no accounts any more.
    pub retired: Vec<&'static str>,
    /// Permission sets that nobody uses on the account of the syncs.
    pub idle: Vec<&'static str>,
    pub access_keys: Vec<AccessKey>,
    /// Events beside those that writing secrets and memberships leaves.
    pub trail: Vec<TrailEvent>,
    /// Secrets that another account holds as well, and when they changed there.
    pub copied: Vec<(String, DateTime<Utc>)>,
    /// How much earlier than `as_of` Entra was read.
    pub entra_lag: TimeDelta,
    pub ic_users: Vec<IcUser>,
    pub ic_groups: Vec<IcGroup>,
    pub memberships: Vec<Membership>,
    /// Memberships whose user Identity Center no longer lists.
    pub dangling: Vec<(usize, Uuid)>,
    pub assignments: Vec<Assignment>,
    /// Account and permission set that are provisioned though nobody is assigned.
    pub left_over: Vec<(usize, &'static str)>,
    pub ic_applications: Vec<IcApplication>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts of a person"
)]
#[derive(Debug)]
pub(super) struct User {
    pub id: Uuid,
    pub principal: String,
    pub mail: Option<String>,
    /// What the sync makes of it.
    pub address: String,
    /// Whether its domain is synced.
    pub allowed: bool,
    pub guest: bool,
    pub enabled: bool,
    pub created: DateTime<Utc>,
    /// Deleted users are in another file.
    pub deleted: bool,
    /// The day on which the person leaves.
    pub leaves: Option<DateTime<Utc>>,
    /// The last sign-in; yesterday when it is not told.
    pub seen: Option<DateTime<Utc>>,
}

#[derive(Debug)]
pub(super) struct Group {
    pub id: Uuid,
    pub name: String,
    pub created: DateTime<Utc>,
    pub members: Vec<usize>,
    pub owners: Vec<usize>,
    /// The rule that chooses its members.
    pub rule: Option<&'static str>,
    /// Members that are no users: type of Graph and id.
    pub others: Vec<(&'static str, Uuid)>,
    /// Whether the sync copies it.
    pub synced: bool,
}

#[derive(Debug)]
pub(super) struct Login {
    pub login: String,
    pub two_factor: bool,
    /// Who signs in with it; the user of the same place when it is not told.
    pub person: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Team {
    pub slug: String,
    pub parent: Option<usize>,
    pub members: Vec<usize>,
    pub created: DateTime<Utc>,
    /// Whether the sync copies it.
    pub synced: bool,
}

#[derive(Debug)]
pub(super) struct Account {
    pub id: String,
    pub environment: &'static str,
    pub name: String,
}

impl Account {
    pub(super) fn production(&self) -> bool {
        self.environment == "production"
    }
}

/// A declared row.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub account: usize,
    pub level: &'static str,
    pub group: String,
}

#[derive(Debug, Default)]
pub(super) struct Approval {
    pub group: String,
    pub group_id: Option<String>,
    /// Somebody else than who usually asks.
    pub requester: Option<String>,
    /// Somebody else than who usually approves.
    pub approver: Option<String>,
    pub approved: String,
    pub expires: String,
    /// What it is limited to; empty means anything.
    pub accounts: String,
    pub permission_sets: String,
}

/// A personal access token.
#[derive(Debug)]
pub(super) struct Token {
    pub id: u32,
    pub login: &'static str,
    pub name: &'static str,
    pub created: DateTime<Utc>,
    pub used: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Application {
    pub id: Uuid,
    pub name: String,
    pub owners: Vec<usize>,
    pub credentials: Vec<Credential>,
}

#[derive(Debug)]
pub(super) struct Credential {
    pub key: Uuid,
    pub certificate: bool,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    /// Somebody exported the value with it.
    pub leaked: bool,
}

#[derive(Debug)]
pub(super) struct Secret {
    pub name: String,
    pub created: DateTime<Utc>,
    pub changed: DateTime<Utc>,
    pub rotated: Option<DateTime<Utc>>,
    /// When AWSCURRENT was made.
    pub current: DateTime<Utc>,
    pub deleted: bool,
    pub owning_service: Option<&'static str>,
    pub replica: bool,
    /// When its value was last read; never, if that is null.
    pub read: Option<DateTime<Utc>>,
    pub description: Option<String>,
    /// Whether AWS rotates it by rules that it has; null when it has none.
    pub rotation: Option<bool>,
}

#[derive(Debug)]
pub(super) struct Registered {
    pub store: &'static str,
    pub name: String,
    pub days: Option<i64>,
    pub document: &'static str,
    pub consumer: String,
}

#[derive(Debug)]
pub(super) struct EntraEvent {
    pub activity: &'static str,
    pub at: DateTime<Utc>,
    pub group: usize,
    pub user: Option<usize>,
}

#[derive(Debug)]
pub(super) struct GitHubEvent {
    pub action: &'static str,
    pub at: DateTime<Utc>,
    pub team: String,
    pub login: Option<String>,
}

/// The key of an IAM user in the account of the syncs.
#[derive(Debug)]
pub(super) struct AccessKey {
    pub user: &'static str,
    pub made: DateTime<Utc>,
    pub used: Option<DateTime<Utc>>,
}

#[derive(Debug)]
pub(super) struct TrailEvent {
    pub at: DateTime<Utc>,
    pub source: &'static str,
    pub name: &'static str,
    pub resource: String,
    /// Who called; the engineers of the platform when it is not told.
    pub actor: Option<&'static str>,
    /// Further parameters of the call.
    pub parameters: Vec<(&'static str, serde_json::Value)>,
}

#[derive(Debug)]
pub(super) struct Waiver {
    pub id: &'static str,
    pub rule: &'static str,
    pub resource: String,
    pub expires: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct IcUser {
    pub id: Uuid,
    pub name: String,
    pub kind: &'static str,
    pub enabled: bool,
    pub created: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct IcGroup {
    pub id: Uuid,
    pub name: String,
    pub created: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    pub group: usize,
    pub user: usize,
    pub created: DateTime<Utc>,
}

#[derive(Debug)]
pub(super) struct Assignment {
    pub account: usize,
    pub permission_set: &'static str,
    pub principal: Principal,
}

/// An application that people sign in to through Identity Center.
#[derive(Debug)]
pub(super) struct IcApplication {
    pub name: &'static str,
    /// Id of the account that it belongs to.
    pub account: String,
    pub enabled: bool,
    pub assigned: Vec<Principal>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Principal {
    Group(usize),
    User(usize),
    /// Deleted since.
    Gone(Uuid),
}

impl Model {
    /// The id of an object: the same in every month of the same estate.
    pub(super) fn id(&self, kind: &str, name: &str) -> Uuid {
        Uuid::new_v5(&self.namespace, format!("{kind}/{name}").as_bytes())
    }

    pub(super) fn days_ago(&self, days: i64) -> DateTime<Utc> {
        self.as_of - TimeDelta::days(days)
    }

    pub(super) fn hours_ago(&self, hours: i64) -> DateTime<Utc> {
        self.as_of - TimeDelta::hours(hours)
    }

    /// The user behind a login.
    pub(super) fn person(&self, login: usize) -> &User {
        &self.users[self.logins[login].person.unwrap_or(login)]
    }

    /// Accounts by id that each permission set is provisioned to: those on which
    /// somebody is assigned, and those where it was left.
    pub(super) fn provisioned(&self) -> BTreeMap<&'static str, BTreeSet<&str>> {
        let assigned = self.assignments.iter();
        let pairs = assigned.map(|a| (a.account, a.permission_set));
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (account, set) in pairs.chain(self.left_over.iter().copied()) {
            let account = self.accounts[account].id.as_str();
            all.entry(set).or_default().insert(account);
        }
        all
    }

    pub(super) fn account(&self, production: bool) -> usize {
        self.accounts
            .iter()
            .position(|a| a.production() == production)
            .unwrap_or(0)
    }

    pub(super) fn ic_group(&self, name: &str) -> Option<usize> {
        let wanted = name.to_lowercase();
        self.ic_groups
            .iter()
            .position(|g| g.name.to_lowercase() == wanted)
    }

    pub(super) fn ic_user(&self, name: &str) -> Option<usize> {
        let wanted = name.to_lowercase();
        self.ic_users
            .iter()
            .position(|u| u.name.to_lowercase() == wanted)
    }
}
