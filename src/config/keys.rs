//! Every key of the configuration: section, type, default, meaning. The file,
//! the environment, the documentation and the template are read off this table.

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Whole number within bounds.
    Int(i64, i64),
    Flag,
    Texts,
    Ints(i64, i64),
    Path,
    /// List of `{ group, permission_set }`.
    Grants,
    /// Table of rule parameters.
    Params,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Int(..) => "a whole number",
            Self::Flag => "true or false",
            Self::Texts => "a list of texts",
            Self::Ints(..) => "a list of whole numbers",
            Self::Path => "a path",
            Self::Grants => "a list of { group, permission_set }",
            Self::Params => "a table of parameters",
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Section; `sync`, `sources` and `rules` hold one table per name.
    pub section: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    /// Default as TOML; empty when there is none.
    pub default: &'static str,
    /// What it means, as a clause.
    pub doc: &'static str,
    /// Value of the preset `modernisation-platform` as TOML; empty when it keeps the default.
    pub preset: &'static str,
}

const fn key(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    default: &'static str,
    preset: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        section,
        name,
        kind,
        default,
        doc,
        preset,
    }
}

/// Sections that hold one table per name.
pub(super) const NAMED: [&str; 3] = ["rules", "sources", "sync"];

const DAYS: Kind = Kind::Int(1, 3660);
const HOURS: Kind = Kind::Int(0, 87_840);

pub(super) const KEYS: &[Key] = &[
    key(
        "policy",
        "pack",
        Kind::Text,
        "\"moj\"",
        "",
        "policy pack: the thresholds that frameworks differ on, as listed below; a key or parameter that is set wins over it",
    ),
    key(
        "entra",
        "group_prefix",
        Kind::Text,
        "\"azure-aws-sso\"",
        "",
        "prefix of the Entra groups that the sync copies; ASCII case is ignored, nothing is trimmed",
    ),
    key(
        "entra",
        "stale_days",
        DAYS,
        "90",
        "",
        "days without a sign-in after which a member is stale",
    ),
    key(
        "entra",
        "minimum_owners",
        Kind::Int(0, 100),
        "2",
        "",
        "enabled owners that a group needs",
    ),
    key(
        "entra",
        "name_pattern",
        Kind::Text,
        "",
        "",
        "glob that the names of prefixed groups follow",
    ),
    key(
        "identity_center",
        "holding_groups",
        Kind::Texts,
        "[]",
        "[\"azure-aws-sso-all-members\"]",
        "groups that the sync itself makes and puts every synced user in",
    ),
    key(
        "identity_center",
        "ignored_groups",
        Kind::Texts,
        "[]",
        "[\"azure-aws-sso-analytical-platform-qs-readers\", \"azure-aws-sso-analytical-platform-qs-authors\", \"azure-aws-sso-analytical-platform-qs-admins\"]",
        "groups that another system owns; no drift is reported for them",
    ),
    key(
        "identity_center",
        "allowed_domains",
        Kind::Texts,
        "[]",
        "[\"justice.gov.uk\", \"yjb.gov.uk\", \"cica.gov.uk\"]",
        "domains whose addresses the sync copies; empty means all",
    ),
    key(
        "identity_center",
        "sync_owners",
        Kind::Flag,
        "true",
        "",
        "whether the sync copies owners of a group like members",
    ),
    key(
        "identity_center",
        "entra_email_type",
        Kind::Text,
        "\"EntraId\"",
        "",
        "email type that marks users of the Entra sync",
    ),
    key(
        "identity_center",
        "github_email_type",
        Kind::Text,
        "\"work\"",
        "",
        "email type that marks users of the GitHub sync",
    ),
    key(
        "identity_center",
        "github_suffix",
        Kind::Text,
        "\"\"",
        "\"@digital.justice.gov.uk\"",
        "what the GitHub sync appends to a login to make a user name, with its @",
    ),
    key(
        "github",
        "organisation",
        Kind::Text,
        "",
        "\"ministryofjustice\"",
        "login of the organisation",
    ),
    key(
        "github",
        "ignored_teams",
        Kind::Texts,
        "[]",
        "[\"all-org-members\", \"business-units\"]",
        "slugs of teams that are not synced",
    ),
    key(
        "access",
        "privileged_permission_sets",
        Kind::Texts,
        "[\"AdministratorAccess\"]",
        "[\"AdministratorAccess\", \"ModernisationPlatformEngineer\", \"platform-engineer-admin\", \"modernisation-platform-sandbox\", \"modernisation-platform-migration\", \"mp-instance-management\", \"modernisation-platform-qs-admin\", \"mp-workspace-admin\", \"mp-workspace-user-admin\", \"AWSSSOAdmin\", \"opg-breakglass\"]",
        "permission sets whose holders are reviewed first",
    ),
    key(
        "access",
        "production_suffixes",
        Kind::Texts,
        "[\"-production\", \"-prod\"]",
        "[\"-production\", \"-live\"]",
        "endings of the names of production accounts",
    ),
    key(
        "access",
        "administrator_allow_list",
        Kind::Texts,
        "[]",
        "[\"modernisation-platform-engineers\", \"azure-aws-sso-modernisation-platform\"]",
        "groups that may hold AdministratorAccess",
    ),
    key(
        "access",
        "temporary_levels",
        Kind::Texts,
        "[]",
        "[\"migration\"]",
        "access levels that are meant to be temporary",
    ),
    key(
        "access",
        "implicit",
        Kind::Grants,
        "[]",
        "[\n    { group = \"modernisation-platform-engineers\", permission_set = \"AdministratorAccess\" },\n    { group = \"modernisation-platform-engineers\", permission_set = \"ModernisationPlatformEngineer\" },\n    { group = \"azure-aws-sso-modernisation-platform\", permission_set = \"AdministratorAccess\" },\n    { group = \"azure-aws-sso-modernisation-platform\", permission_set = \"ModernisationPlatformEngineer\" },\n]",
        "grants on every account that an environment file declares",
    ),
    key(
        "approval",
        "valid_days",
        DAYS,
        "365",
        "",
        "days for which an approval without an expiry counts",
    ),
    key(
        "waiver",
        "longest_days",
        DAYS,
        "365",
        "",
        "days beyond the snapshot for which a waiver may run; one that ends later is a finding and covers nothing",
    ),
    key(
        "secret",
        "default_rotation_days",
        DAYS,
        "90",
        "",
        "rotation period of a watched secret that no register row gives one",
    ),
    key(
        "secret",
        "entra_rotation_days",
        DAYS,
        "",
        "",
        "the same for the credentials of Entra applications; default_rotation_days unless set",
    ),
    key(
        "secret",
        "warn_days",
        Kind::Ints(0, 3660),
        "[30, 15, 7]",
        "",
        "days before the due date at which a warning rises",
    ),
    key(
        "secret",
        "overlap_days",
        Kind::Int(0, 3660),
        "14",
        "",
        "days for which an old credential may live beside its successor",
    ),
    key(
        "secret",
        "watch",
        Kind::Texts,
        "[\"*\"]",
        "",
        "globs over registered-secret names; other unregistered secrets are counted, not judged",
    ),
    key(
        "registers",
        "approvals",
        Kind::Path,
        "",
        "\"registers/approvals.csv\"",
        "CSV of approved groups: group, group_id, requester, approver, ticket, approved_at, expires_at, accounts, permission_sets",
    ),
    key(
        "registers",
        "secrets",
        Kind::Path,
        "",
        "\"registers/secrets.csv\"",
        "CSV of secrets: store, account_id, name, owner, consumer, rotation_days, document",
    ),
    key(
        "registers",
        "identities",
        Kind::Path,
        "",
        "\"registers/identities.csv\"",
        "CSV of confirmed links: github_login, user_principal_name, confirmed_by, expires_at",
    ),
    key(
        "registers",
        "waivers",
        Kind::Path,
        "",
        "\"registers/waivers.toml\"",
        "TOML of waivers: [[waiver]] id, rule, resource, reason, owner, approver, ticket, expires",
    ),
    key(
        "registers",
        "environments",
        Kind::Path,
        "",
        "\"environments\"",
        "directory of environment files; account = file stem, hyphen, environment name",
    ),
    key(
        "registers",
        "declared",
        Kind::Path,
        "",
        "\"registers/declared.csv\"",
        "CSV of further declared access: account, permission_set, group, source",
    ),
    key(
        "registers",
        "levels",
        Kind::Path,
        "",
        "",
        "CSV of levels: level, permission_set; unset, the shipped map is used",
    ),
    key(
        "registers",
        "sync_runs",
        Kind::Path,
        "",
        "\"registers/sync_runs.csv\"",
        "CSV of sync runs: sync, finished_at, result",
    ),
    key(
        "rules",
        "severity",
        Kind::Text,
        "",
        "",
        "severity in place of the rule's own: critical, high, medium, low or info",
    ),
    key(
        "rules",
        "enabled",
        Kind::Flag,
        "true",
        "",
        "whether the rule runs",
    ),
    key(
        "rules",
        "params",
        Kind::Params,
        "",
        "",
        "parameters in place of the rule's defaults",
    ),
    key(
        "sync",
        "source",
        Kind::Text,
        "",
        "",
        "source that the job copies from: entra or github",
    ),
    key(
        "sync",
        "interval_hours",
        Kind::Int(1, 8784),
        "",
        "",
        "hours between runs",
    ),
    key(
        "sync",
        "grace_hours",
        HOURS,
        "",
        "",
        "hours for which a difference is in flight; twice the interval if not set",
    ),
    key(
        "sources",
        "enabled",
        Kind::Flag,
        "",
        "",
        "whether the source is read; unset, the required four are, the others when their files are there",
    ),
    key(
        "sources",
        "endpoint",
        Kind::Text,
        "",
        "",
        "base address in place of the public one; its host must be the one that the credentials are for, or be named by the environment (see below)",
    ),
    key(
        "sources",
        "accounts",
        Kind::Texts,
        "[]",
        "",
        "secrets_manager, iam: accounts that must be read; unset, those whose files are there, or the caller's own",
    ),
    key(
        "sources",
        "regions",
        Kind::Texts,
        "[]",
        "",
        "secrets_manager: regions that must be read; unset, those whose files are there, or the home Region",
    ),
    key(
        "sources",
        "role",
        Kind::Text,
        "",
        "",
        "secrets_manager, iam: name of the role to assume in other accounts, or its ARN with {account}",
    ),
    key(
        "sources",
        "external_id",
        Kind::Text,
        "",
        "",
        "external id that the role asks for",
    ),
    key(
        "sources",
        "skip",
        Kind::Texts,
        "[]",
        "",
        "github, auth0: tables that are left out of a live collection, such as github_audit_event without Enterprise Cloud",
    ),
    key(
        "sources",
        "repositories",
        Kind::Texts,
        "[]",
        "",
        "github: repositories whose secrets and deploy keys are read, two calls each",
    ),
    key(
        "sources",
        "sign_ins",
        Kind::Flag,
        "",
        "",
        "entra: whether the last sign-ins are read; 10 pages of 500 users a minute",
    ),
    key(
        "sources",
        "only_prefixed",
        Kind::Flag,
        "",
        "",
        "entra: whether only groups with the prefix are listed; names that nearly have it are then not seen",
    ),
];

/// Names of the sections, in the order of the table.
pub(super) fn sections() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for key in KEYS {
        if !names.contains(&key.section) {
            names.push(key.section);
        }
    }
    names
}

/// The keys of a section.
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> + '_ {
    KEYS.iter().filter(move |k| k.section == section)
}
