//! Tables read from Microsoft Entra ID.

use super::vocabulary::{Column, Source, Table, dense, flag, int, key, text, time};

const fn entra(
    name: &'static str,
    core: bool,
    doc: &'static str,
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        source: Source::Entra,
        core,
        doc,
        columns,
        nameless: None,
        ends: &[],
    }
}

pub(super) const TABLES: &[Table] = &[
    entra(
        "entra_user",
        true,
        "A person or guest of the tenant, deleted ones included while Entra keeps them.",
        &[
            dense("user_key", "Dense key of the user in this snapshot."),
            text("user_id", "Object id of the user."),
            text(
                "user_principal_name",
                "Sign-in name as Entra spells it; null when it could not be read.",
            ),
            text(
                "user_principal_name_folded",
                "Sign-in name folded for comparison.",
            ),
            text("mail", "Primary mail address; null when there is none."),
            text("mail_folded", "Primary mail address folded for comparison."),
            text(
                "address",
                "Sign-in name with a guest's home address decoded; null when it cannot be decoded.",
            ),
            text("address_folded", "Decoded address folded for comparison."),
            text("display_name", "Name shown to people."),
            flag(
                "account_enabled",
                "Whether the account may sign in; null when it was not readable.",
            ),
            text(
                "user_type",
                "Member or Guest; null when it was not readable.",
            ),
            time("created_at", "When the account was created."),
            time(
                "leave_at",
                "Date on which the person leaves or left the organisation.",
            ),
            time(
                "deleted_at",
                "When the account was deleted; null while it is live.",
            ),
            time(
                "last_successful_sign_in_at",
                "Last successful sign-in; null when never or not collected.",
            ),
            flag(
                "external",
                "Whether anything marks the account as one of another organisation: its type, its sign-in name, how it was invited; null when the type was not readable and nothing does.",
            ),
        ],
    )
    .nameless_when(
        "deleted_at IS NULL AND address IS NULL AND mail IS NULL AND user_principal_name IS NULL",
    ),
    entra(
        "entra_group",
        true,
        "A group of the tenant.",
        &[
            dense("group_key", "Dense key of the group in this snapshot."),
            text("group_id", "Object id of the group."),
            text("display_name", "Name as Entra spells it."),
            text("display_name_folded", "Name folded for comparison."),
            flag(
                "prefixed",
                "Whether the raw name starts with entra.group_prefix, ASCII case ignored.",
            ),
            flag(
                "looks_prefixed",
                "Whether a reader would take the name for one with the prefix: blanks, case, separators and look-alike letters ignored.",
            ),
            flag(
                "follows_pattern",
                "Whether the raw name matches entra.name_pattern; null without one.",
            ),
            text("description", "Free text of the group's owner."),
            time("created_at", "When the group was created."),
            flag(
                "security_enabled",
                "Whether the group can carry permissions.",
            ),
            text(
                "membership_rule",
                "Rule of a dynamic group; null when members are added by hand.",
            ),
            flag(
                "on_premises_synced",
                "Whether the group is copied from an on-premises directory.",
            ),
            flag(
                "role_assignable",
                "Whether directory roles may be assigned to the group.",
            ),
        ],
    )
    .nameless_when("display_name IS NULL"),
    entra(
        "entra_group_member",
        true,
        "A direct membership of a group.",
        &[
            key("group_key", "Group that has the member."),
            key(
                "user_key",
                "The member, when it is a known user; null otherwise.",
            ),
            text(
                "member_id",
                "Object id of a member that is no known user; null otherwise.",
            ),
            text(
                "member_type",
                "user, group, servicePrincipal, device, orgContact; null when the answer did not say.",
            ),
        ],
    )
    .between(&["entra_group", "entra_user"]),
    entra(
        "entra_group_owner",
        true,
        "An ownership of a group.",
        &[
            key("group_key", "Group that has the owner."),
            key(
                "user_key",
                "The owner, when it is a known user; null otherwise.",
            ),
            text(
                "member_id",
                "Object id of an owner that is no known user; null otherwise.",
            ),
            text(
                "member_type",
                "user, servicePrincipal; null when the answer did not say.",
            ),
        ],
    )
    .between(&["entra_group", "entra_user"]),
    entra(
        "entra_application",
        true,
        "An application registration.",
        &[
            dense(
                "application_key",
                "Dense key of the application in this snapshot.",
            ),
            text("application_id", "Object id of the registration."),
            text("app_id", "Client id of the application."),
            text("display_name", "Name of the application."),
            text("display_name_folded", "Name folded for comparison."),
            time("created_at", "When the application was registered."),
            text(
                "registered_secret",
                "Name under which a register row covers its credentials: entra/<name>.",
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
    entra(
        "entra_application_owner",
        true,
        "An ownership of an application registration.",
        &[
            key("application_key", "Application that has the owner."),
            key(
                "user_key",
                "The owner, when it is a known user; null otherwise.",
            ),
            text(
                "owner_id",
                "Object id of an owner that is no known user; null otherwise.",
            ),
            text(
                "owner_type",
                "user, servicePrincipal; null when the answer did not say.",
            ),
        ],
    ),
    entra(
        "entra_credential",
        true,
        "A client secret or certificate of an application; never its value or hint.",
        &[
            key(
                "application_key",
                "Application that the credential belongs to.",
            ),
            text("key_id", "Id of the credential."),
            text("kind", "password or certificate."),
            text("display_name", "Name that its creator gave it."),
            time("start_at", "When it was issued."),
            time(
                "end_at",
                "When it expires; null when that was not read, since every one has an end.",
            ),
            int(
                "lifetime_seconds",
                "Seconds from issue to expiry; null when either is not known.",
            ),
        ],
    ),
    entra(
        "entra_service_principal",
        false,
        "An enterprise application of the tenant.",
        &[
            dense(
                "service_principal_key",
                "Dense key of the service principal in this snapshot.",
            ),
            text(
                "service_principal_id",
                "Object id of the service principal.",
            ),
            text("app_id", "Client id of the application behind it."),
            text("display_name", "Name of the enterprise application."),
            flag("account_enabled", "Whether sign-in through it is allowed."),
        ],
    ),
    entra(
        "entra_audit_event",
        false,
        "A directory audit event, one row per target.",
        &[
            text("event_id", "Id of the event."),
            text("activity", "What was done, in Entra's words."),
            time("occurred_at", "When it was done."),
            text(
                "initiated_by",
                "Who did it: a user principal name or an application's name.",
            ),
            text("target_id", "Object id of what it was done to."),
            text("target_name", "Name of what it was done to."),
            text("target_type", "User, Group and so on."),
            text(
                "group_id",
                "Object id of the group that the event is about, where there is one.",
            ),
            text(
                "user_id",
                "Object id of the user that the event is about, where there is one.",
            ),
            text(
                "target_name_folded",
                "Name of what it was done to, folded for comparison.",
            ),
            flag(
                "succeeded",
                "Whether it took effect; null when the event does not say.",
            ),
            text("initiated_by_folded", "Who did it, folded for comparison."),
        ],
    ),
];
