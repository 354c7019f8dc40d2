//! Facts that may be null, and the rules whose findings are only named after them.

/// Columns whose null means that a fact is not known, with those that follow from them.
pub(crate) const FACTS: [(&str, &[&str]); 13] = [
    ("entra_user", &["account_enabled"]),
    (
        "entra_user",
        &[
            "address",
            "address_folded",
            "mail",
            "mail_folded",
            "user_principal_name",
            "user_principal_name_folded",
        ],
    ),
    (
        "entra_group",
        &["display_name", "display_name_folded", "prefixed"],
    ),
    ("entra_group_member", &["member_type"]),
    (
        "github_team_member",
        &["login", "login_folded", "member_key"],
    ),
    ("identity_center_user", &["user_name", "user_name_folded"]),
    ("identity_center_user", &["email_type", "email_type_folded"]),
    (
        "identity_center_group",
        &["display_name", "display_name_folded", "prefixed"],
    ),
    ("permission_set", &["name", "name_folded", "privileged"]),
    (
        "account_assignment",
        &["principal_id", "ic_group_key", "ic_user_key"],
    ),
    (
        "application_assignment",
        &["principal_id", "ic_group_key", "ic_user_key"],
    ),
    ("aws_secret_version", &["created_at"]),
    ("entra_credential", &["start_at"]),
];

/// Rules whose findings rest on keys and are only named after these tables: a
/// name that is null gives the same finding under the object's id.
pub(crate) const NAMED_AFTER: [(&str, &str, &str); 18] = [
    ("entra_user", "address", "entra/disabled-user-with-access"),
    (
        "identity_center_user",
        "user_name",
        "identity/holding-group-only",
    ),
    (
        "identity_center_user",
        "user_name",
        "identity/user-without-groups",
    ),
    (
        "identity_center_user",
        "user_name",
        "access/assigned-to-user",
    ),
    ("permission_set", "name", "access/assigned-to-user"),
    ("permission_set", "name", "access/principal-missing"),
    (
        "identity_center_user",
        "user_name",
        "identity/suspended-with-membership",
    ),
    (
        "identity_center_user",
        "user_name",
        "identity/foreign-writer",
    ),
    (
        "identity_center_user",
        "user_name",
        "access/too-many-privileged-accounts",
    ),
    ("permission_set", "name", "access/closed-account"),
    (
        "identity_center_group",
        "display_name",
        "access/closed-account",
    ),
    (
        "account_assignment",
        "principal_id",
        "access/closed-account",
    ),
    ("permission_set", "name", "access/session-too-long"),
    ("permission_set", "name", "access/permission-set-unused"),
    ("permission_set", "name", "access/twin-groups"),
    (
        "permission_set",
        "name",
        "access/provisioned-without-assignment",
    ),
    (
        "identity_center_user",
        "user_name",
        "access/application-assignment",
    ),
    (
        "identity_center_group",
        "display_name",
        "access/overlapping-levels",
    ),
];
