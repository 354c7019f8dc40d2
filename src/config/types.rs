//! The configuration as the program reads it, section by section.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What a run is told: every setting with its default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file that was read; `None` for the built-in defaults.
    pub path: Option<PathBuf>,
    /// Directory that relative paths start from.
    pub base: PathBuf,
    /// Hash of the resolved settings, whatever file and order they were written in.
    pub sha256: String,
    /// `[policy]`
    pub policy: Policy,
    /// `[entra]`
    pub entra: Entra,
    /// `[identity_center]`
    pub identity_center: IdentityCenter,
    /// `[github]`
    pub github: GitHub,
    /// `[access]`
    pub access: Access,
    /// `[approval]`
    pub approval: Approval,
    /// `[waiver]`
    pub waiver: WaiverTerm,
    /// `[secret]`
    pub secret: Secret,
    /// `[registers]`
    pub registers: Registers,
    /// `[rules."<id>"]`
    pub rules: BTreeMap<String, RuleConfig>,
    /// `[sync.<name>]`
    pub sync: BTreeMap<String, Sync>,
    /// `[sources.<name>]`
    pub sources: BTreeMap<String, SourceConfig>,
}

/// `[policy]`: the thresholds that frameworks differ on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Name of the pack in force.
    pub pack: String,
    /// Rules of which the pack decides a threshold.
    pub decides: BTreeSet<&'static str>,
}

/// `[entra]`: groups and people of Entra ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entra {
    /// Prefix of the groups that are synced.
    pub group_prefix: String,
    /// Days without a sign-in after which a member is stale.
    pub stale_days: i64,
    /// Enabled owners that a group needs.
    pub minimum_owners: i64,
    /// Glob that group names follow.
    pub name_pattern: Option<String>,
}

/// `[identity_center]`: what the syncs write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityCenter {
    /// Groups that every synced user is also put in.
    pub holding_groups: Vec<String>,
    /// Groups with the prefix that no sync owns.
    pub ignored_groups: Vec<String>,
    /// Domains whose addresses are synced; empty means all.
    pub allowed_domains: Vec<String>,
    /// Whether owners are synced like members.
    pub sync_owners: bool,
    /// Email type that the Entra sync writes.
    pub entra_email_type: String,
    /// Email type that the GitHub sync writes.
    pub github_email_type: String,
    /// What the GitHub sync appends to a login, with its `@`.
    pub github_suffix: String,
}

/// `[github]`: the organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitHub {
    /// Name of the organisation.
    pub organisation: Option<String>,
    /// Slugs of teams that are not synced.
    pub ignored_teams: Vec<String>,
}

/// `[access]`: what counts as privileged, production and declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Names of privileged permission sets.
    pub privileged_permission_sets: Vec<String>,
    /// Endings of the names of production accounts.
    pub production_suffixes: Vec<String>,
    /// Groups that may hold `AdministratorAccess`.
    pub administrator_allow_list: Vec<String>,
    /// Levels that are meant to be temporary.
    pub temporary_levels: Vec<String>,
    /// Grants on every account that an environment file declares.
    pub implicit: Vec<Implicit>,
}

/// A grant that every declared account has without saying so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Implicit {
    /// Group that holds it.
    pub group: String,
    /// Permission set that it gives.
    pub permission_set: String,
}

/// `[approval]`: how long an approval lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Days for which a record without an expiry counts.
    pub valid_days: i64,
}

/// `[waiver]`: how long a waiver may last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaiverTerm {
    /// Days beyond the snapshot for which a waiver may run.
    pub longest_days: i64,
}

/// `[secret]`: rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secret {
    /// Rotation period of a watched secret that the register does not name.
    pub default_rotation_days: i64,
    /// The same for credentials of Entra applications.
    pub entra_rotation_days: i64,
    /// Days before the due date at which a warning rises, largest first.
    pub warn_days: Vec<i64>,
    /// Days for which an old credential may live beside its successor.
    pub overlap_days: i64,
    /// Globs over registered-secret names.
    pub watch: Vec<String>,
}

/// `[registers]`: files of the organisation, as absolute paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// CSV of approvals.
    pub approvals: Option<PathBuf>,
    /// CSV of secrets.
    pub secrets: Option<PathBuf>,
    /// CSV of confirmed identity links.
    pub identities: Option<PathBuf>,
    /// TOML of waivers.
    pub waivers: Option<PathBuf>,
    /// Directory of environment files.
    pub environments: Option<PathBuf>,
    /// CSV of further declared access.
    pub declared: Option<PathBuf>,
    /// CSV of levels, in place of the shipped map.
    pub levels: Option<PathBuf>,
    /// CSV of sync runs.
    pub sync_runs: Option<PathBuf>,
}

/// `[rules."<id>"]`: changes to one rule. Ids and parameters are checked by
/// whoever knows the rules; the places are kept for their messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleConfig {
    /// Severity in place of the rule's own.
    pub severity: Option<String>,
    /// Whether the rule runs.
    pub enabled: Option<bool>,
    /// Parameters in place of the rule's defaults.
    pub params: BTreeMap<String, toml::Value>,
    /// Line and column of the section.
    pub position: (usize, usize),
    /// Line and column of each parameter.
    pub param_positions: BTreeMap<String, (usize, usize)>,
}

/// `[sync.<name>]`: a sync job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// Source that it copies from.
    pub source: String,
    /// Hours between runs.
    pub interval_hours: i64,
    /// Hours for which a difference is in flight; twice the interval if not set.
    pub grace_hours: i64,
}

/// `[sources.<name>]`: one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceConfig {
    /// Whether it is read; `None` leaves it to the source's own default.
    pub enabled: Option<bool>,
    /// Base address in place of the public one, on a host that the environment names.
    pub endpoint: Option<String>,
    /// Accounts that are read; empty means whatever is there.
    pub accounts: Vec<String>,
    /// Regions that are read; empty means whatever is there.
    pub regions: Vec<String>,
    /// Role to assume in other accounts.
    pub role: Option<String>,
    /// What the role asks for beside the identity.
    pub external_id: Option<String>,
    /// Tables that are left out.
    pub skip: Vec<String>,
    /// GitHub: repositories whose secrets and deploy keys are read.
    pub repositories: Vec<String>,
    /// Entra: whether sign-ins are read, ten pages a minute.
    pub sign_ins: bool,
    /// Entra: whether only prefixed groups are listed.
    pub only_prefixed: bool,
}
