//! Which sources are read: by what the configuration and the options say, and by
//! which files are there.

use std::collections::BTreeSet;

use super::import::input::Exports;
use crate::config::Config;
use crate::dataset::schema::Source;

/// Whether a source is read, and why not.
pub(super) fn wanted(
    config: &Config,
    only: &[Source],
    there: Option<&BTreeSet<Source>>,
    source: Source,
) -> Result<(), String> {
    if !only.is_empty() && !only.contains(&source) {
        return Err(format!("--source does not name {}.", source.name()));
    }
    let enabled = config.sources.get(source.name()).and_then(|s| s.enabled);
    match enabled {
        Some(false) => Err(format!("sources.{}.enabled is false.", source.name())),
        Some(true) => Ok(()),
        None if source.required() || there.is_some_and(|t| t.contains(&source)) => Ok(()),
        None if there.is_some() => Err(format!("{} was not exported.", source.name())),
        None => Err(format!("sources.{}.enabled is not true.", source.name())),
    }
}

/// Sources that are not read because somebody said so.
pub(super) fn off(config: &Config, only: &[Source]) -> BTreeSet<Source> {
    let off = |s: &Source| {
        let enabled = config.sources.get(s.name()).and_then(|s| s.enabled);
        enabled == Some(false) || (!only.is_empty() && !only.contains(s))
    };
    Source::COLLECTED.into_iter().filter(off).collect()
}

/// The sources that a collection reads.
#[must_use]
pub fn wanted_sources(config: &Config, only: &[Source]) -> Vec<Source> {
    Source::COLLECTED
        .into_iter()
        .filter(|s| wanted(config, only, None, *s).is_ok())
        .collect()
}

/// Whether any file of the source is in the folder.
pub(super) fn present(exports: &Exports<'_>, source: Source) -> bool {
    let names: &[&str] = match source {
        Source::Entra => &[
            "entra/users.json",
            "entra/groups.json",
            "entra/applications.json",
            "entra/service-principals.json",
            "entra/directory-audits.json",
            "entra/deleted-users.json",
            "entra/group-members",
            "entra/group-owners",
        ],
        Source::GitHub => &[
            "github/teams.json",
            "github/members.json",
            "github/saml-identities.json",
            "github/org-secrets.json",
            "github/repo-secrets",
            "github/deploy-keys",
            "github/personal-access-tokens.json",
            "github/installations.json",
            "github/outside-collaborators.json",
            "github/audit-log.json",
        ],
        Source::IdentityCenter => &[
            "aws/identitystore-users.json",
            "aws/identitystore-groups.json",
            "aws/identitystore-group-memberships.json",
            "aws/identitystore-group-memberships",
            "aws/sso-permission-sets.json",
            "aws/sso-account-assignments.json",
            "aws/sso-permission-set-policies",
            "aws/sso-permission-set-accounts",
            "aws/sso-applications.json",
            "aws/sso-application-assignments",
            "aws/organizations-accounts.json",
        ],
        Source::SecretsManager => &["aws/secrets", "aws/secret-versions"],
        Source::Iam => &["aws/iam-credential-report", "aws/iam-roles"],
        Source::CloudTrail => &["aws/cloudtrail-events.json", "aws/cloudtrail"],
        Source::Auth0 => &[
            "auth0/clients.json",
            "auth0/connections.json",
            "auth0/logs.json",
        ],
        Source::Register | Source::Evidence => &[],
    };
    names.iter().any(|n| exports.has(n))
}
