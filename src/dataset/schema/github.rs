//! Tables read from a GitHub organisation.

use super::vocabulary::{Column, Source, Table, dense, flag, int, key, text, time};

const fn github(
    name: &'static str,
    core: bool,
    doc: &'static str,
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        source: Source::GitHub,
        core,
        doc,
        columns,
        nameless: None,
        ends: &[],
    }
}

pub(super) const TABLES: &[Table] = &[
    github(
        "github_member",
        true,
        "A member of the organisation.",
        &[
            dense("member_key", "Dense key of the member in this snapshot."),
            text("login", "Login as GitHub spells it."),
            text("login_folded", "Login folded for comparison."),
            text("role", "ADMIN or MEMBER."),
            flag(
                "two_factor",
                "Whether a second factor is on; null when the token may not see it.",
            ),
            text(
                "saml_name_id",
                "Name id of the linked SAML identity; null when there is none or it was not collected.",
            ),
        ],
    ),
    github(
        "github_saml_identity",
        false,
        "A SAML identity linked to a login. An organisation without an identity provider of its own is read as skipped: none may be configured, or the enterprise may have one.",
        &[
            key(
                "member_key",
                "The member; null when the login is no member.",
            ),
            text(
                "login",
                "Login that the identity is linked to; null when it is linked to none.",
            ),
            text("login_folded", "Login folded for comparison."),
            text("name_id", "Name id in the SAML assertion."),
            text("name_id_folded", "Name id folded for comparison."),
        ],
    ),
    github(
        "github_team",
        true,
        "A team of the organisation. Secret teams are seen by their members, by owners and by apps alone; read by others, the table is partial.",
        &[
            dense("team_key", "Dense key of the team in this snapshot."),
            text("slug", "Slug of the team."),
            text("slug_folded", "Slug folded for comparison."),
            text("name", "Name shown to people."),
            text("parent_slug", "Slug of the parent team; null at the top."),
            text("parent_slug_folded", "Parent slug folded for comparison."),
            text("privacy", "VISIBLE or SECRET."),
            time("created_at", "When the team was created."),
            flag(
                "expanded",
                "Whether its member list already holds every member of its child teams; false without child teams, and where these have no members.",
            ),
        ],
    ),
    github(
        "github_team_ancestor",
        true,
        "The closure of parent teams: every team paired with itself (depth 0) and with each of its ancestors.",
        &[
            key("team_key", "The team."),
            key("ancestor_key", "The team itself or one of its ancestors."),
            int("depth", "Steps from the team to the ancestor."),
        ],
    ),
    github(
        "github_team_member",
        true,
        "A membership in a team as its list states it: immediate members where the export asked for them.",
        &[
            key("team_key", "Team that has the member."),
            key(
                "member_key",
                "The member, when the login is a member of the organisation; null otherwise.",
            ),
            text(
                "login",
                "Login as the list of the team spells it, of a member of the organisation or not.",
            ),
            text("login_folded", "That login folded for comparison."),
            text("role", "MAINTAINER or MEMBER."),
        ],
    )
    .between(&["github_member", "github_team"]),
    github(
        "github_outside_collaborator",
        false,
        "Somebody outside the organisation with access to a repository of it.",
        &[
            text("login", "Login of the collaborator."),
            text("login_folded", "Login folded for comparison."),
        ],
    ),
    github(
        "github_token",
        false,
        "A fine-grained personal access token with access to the organisation.",
        &[
            text("token_id", "Id of the token; never its value."),
            text("name", "Name that its owner gave it."),
            text("login", "Login of its owner."),
            text("login_folded", "Login folded for comparison."),
            time("created_at", "When access was granted."),
            time(
                "expires_at",
                "When it expires; null when it never does, or when that was not read: see ends.",
            ),
            time("last_used_at", "When it was last used; null when never."),
            flag("expired", "Whether GitHub says that it has expired."),
            text(
                "registered_secret",
                "Name under which a register row covers it: github/<owner login>/<name>.",
            ),
            text(
                "registered_secret_folded",
                "Registered-secret name folded for comparison.",
            ),
            flag(
                "watched",
                "Whether a glob of secret.watch matches the registered-secret name.",
            ),
            flag(
                "ends",
                "Whether it expires; false when GitHub says that it never does, null when that was not read.",
            ),
        ],
    ),
    github(
        "github_deploy_key",
        false,
        "A deploy key of a repository.",
        &[
            text("key_id", "Id of the key."),
            text("repository", "Repository in owner/name form."),
            text("title", "Title of the key."),
            flag("read_only", "Whether it can only read."),
            time("created_at", "When it was added."),
            time("last_used_at", "When it was last used; null when never."),
        ],
    ),
    github(
        "github_app_installation",
        false,
        "An app that is installed on the organisation.",
        &[
            text("installation_id", "Id of the installation."),
            text("app_slug", "Slug of the app."),
            text("repository_selection", "all or selected."),
            time("created_at", "When it was installed."),
            time(
                "suspended_at",
                "When it was suspended; null while it is active.",
            ),
        ],
    ),
    github(
        "github_secret",
        false,
        "A secret for Actions of the organisation, or of a repository that is read: its name and dates, never its value. Secrets of Dependabot, of Codespaces and of environments are not read.",
        &[
            text("scope", "organisation or repository."),
            text("owner", "Organisation, or repository in owner/name form."),
            text("name", "Name of the secret."),
            text(
                "visibility",
                "Which repositories may use it; null for a repository's own.",
            ),
            time("created_at", "When it was first set."),
            time("updated_at", "When its value was last set."),
            text(
                "registered_secret",
                "Name under which a register row covers it: github/<owner>/<name>.",
            ),
            text(
                "registered_secret_folded",
                "Registered-secret name folded for comparison.",
            ),
            flag(
                "watched",
                "Whether a glob of secret.watch matches the registered-secret name.",
            ),
        ],
    ),
    github(
        "github_audit_event",
        false,
        "An event of the organisation's audit log.",
        &[
            text("event_id", "Document id of the event."),
            text("action", "What was done, such as team.add_member."),
            time("occurred_at", "When it was done."),
            text("actor", "Login that did it."),
            text("user", "Login that it was done to."),
            text("user_folded", "That login folded for comparison."),
            text(
                "team",
                "Slug of the team that it is about, without the organisation.",
            ),
            text("team_folded", "Team slug folded for comparison."),
        ],
    ),
];
