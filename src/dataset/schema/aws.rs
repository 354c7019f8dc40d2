//! Tables read from AWS: Identity Center, Organizations, Secrets Manager, IAM, CloudTrail.

use super::vocabulary::{Column, Source, Table, dense, flag, int, key, text, time};

const fn aws(
    name: &'static str,
    source: Source,
    core: bool,
    doc: &'static str,
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        source,
        core,
        doc,
        columns,
        nameless: None,
        ends: &[],
    }
}

pub(super) const TABLES: &[Table] = &[
    aws(
        "aws_account",
        Source::IdentityCenter,
        true,
        "An account of the organisation.",
        &[
            dense("account_key", "Dense key of the account in this snapshot."),
            text("account_id", "Twelve-digit id, leading zeros kept."),
            text("name", "Name in Organizations."),
            text("name_folded", "Name folded for comparison."),
            text(
                "label",
                "How findings name the account: its name, or its id where the name is missing or not unique.",
            ),
            text("email", "Root mail address."),
            text("state", "ACTIVE, SUSPENDED, PENDING_CLOSURE and so on."),
            time("joined_at", "When it joined the organisation."),
            text(
                "ou_path",
                "Path of organisational units; null when not collected.",
            ),
            flag(
                "production",
                "Whether the name ends in one of access.production_suffixes; null when it has no name.",
            ),
        ],
    )
    .nameless_when("name IS NULL"),
    aws(
        "identity_center_user",
        Source::IdentityCenter,
        true,
        "A user of Identity Center.",
        &[
            dense("ic_user_key", "Dense key of the user in this snapshot."),
            text("user_id", "Id of the user in the identity store."),
            text("user_name", "User name as stored."),
            text("user_name_folded", "User name folded for comparison."),
            text("display_name", "Name shown to people."),
            text("email", "Primary mail address, or the first one."),
            text("email_folded", "Mail address folded for comparison."),
            text(
                "email_type",
                "Type of that address: the only mark of the job that created the user.",
            ),
            text("email_type_folded", "Address type folded for comparison."),
            text(
                "external_id",
                "Id that a provisioning job left; null when none did.",
            ),
            text(
                "status",
                "ENABLED or DISABLED; null when the interface did not say.",
            ),
            time(
                "created_at",
                "When the user was created; null when the interface did not say.",
            ),
            time(
                "updated_at",
                "When the user was last changed; null when the interface did not say.",
            ),
        ],
    )
    .nameless_when("user_name IS NULL"),
    aws(
        "identity_center_group",
        Source::IdentityCenter,
        true,
        "A group of Identity Center.",
        &[
            dense("ic_group_key", "Dense key of the group in this snapshot."),
            text("group_id", "Id of the group in the identity store."),
            text("display_name", "Name as stored."),
            text("display_name_folded", "Name folded for comparison."),
            flag(
                "prefixed",
                "Whether the raw name starts with entra.group_prefix, ASCII case ignored.",
            ),
            text(
                "external_id",
                "Id that a provisioning job left; null when none did.",
            ),
            time(
                "created_at",
                "When the group was created; null when the interface did not say.",
            ),
            time(
                "updated_at",
                "When the group was last changed; null when the interface did not say.",
            ),
        ],
    )
    .nameless_when("display_name IS NULL"),
    aws(
        "identity_center_membership",
        Source::IdentityCenter,
        true,
        "A membership of a user in a group of Identity Center.",
        &[
            key(
                "ic_group_key",
                "The group; null when it is missing from the snapshot.",
            ),
            key(
                "ic_user_key",
                "The user; null when it is missing from the snapshot.",
            ),
            text("membership_id", "Id of the membership."),
            time(
                "created_at",
                "When the membership was created; null when the interface did not say.",
            ),
            text(
                "group_id",
                "Id of a group that is missing from the snapshot; null otherwise.",
            ),
            text(
                "user_id",
                "Id of a user that is missing from the snapshot; null otherwise.",
            ),
        ],
    )
    .between(&["identity_center_group", "identity_center_user"]),
    aws(
        "permission_set",
        Source::IdentityCenter,
        true,
        "A permission set.",
        &[
            dense(
                "permission_set_key",
                "Dense key of the permission set in this snapshot.",
            ),
            text("arn", "ARN of the permission set."),
            text("name", "Name of the permission set."),
            text("name_folded", "Name folded for comparison."),
            text(
                "session_duration",
                "Longest session in ISO 8601, such as PT8H.",
            ),
            int(
                "session_minutes",
                "The same in minutes, rounded up; null when it could not be read.",
            ),
            text(
                "inline_policy",
                "Inline policy document; null when there is none or it was not collected.",
            ),
            flag(
                "inline_allows_everything",
                "Whether the inline policy allows every action on everything; null when there is no policy, it was not read, or that cannot be told.",
            ),
            text(
                "boundary",
                "Name or ARN of the permissions boundary; null when there is none or it was not collected.",
            ),
            flag(
                "privileged",
                "Whether access.privileged_permission_sets lists it.",
            ),
            text(
                "inline_reach",
                "How far the inline policy reaches: none where there is none, less, everything, everything but, everything through iam, everything under a condition, not understood, or not read where nobody asked for it.",
            ),
        ],
    )
    .nameless_when("name IS NULL"),
    aws(
        "permission_set_policy",
        Source::IdentityCenter,
        false,
        "A policy attached to a permission set.",
        &[
            key(
                "permission_set_key",
                "The permission set; null when it is missing from the snapshot.",
            ),
            text("kind", "aws-managed or customer-managed."),
            text(
                "policy",
                "ARN, or path and name of a customer-managed policy.",
            ),
        ],
    ),
    aws(
        "account_assignment",
        Source::IdentityCenter,
        true,
        "A permission set assigned to a group or user on an account.",
        &[
            key(
                "account_key",
                "The account; null when it is missing from the snapshot.",
            ),
            key(
                "permission_set_key",
                "The permission set; null when it is missing from the snapshot.",
            ),
            text("principal_type", "GROUP or USER."),
            text("principal_id", "Id of the principal in the identity store."),
            key(
                "ic_group_key",
                "The group, when the principal is one that exists; null otherwise.",
            ),
            key(
                "ic_user_key",
                "The user, when the principal is one that exists; null otherwise.",
            ),
            text(
                "account_id",
                "Id of an account that is missing from the snapshot; null otherwise.",
            ),
            text(
                "permission_set_arn",
                "ARN of a permission set that is missing from the snapshot; null otherwise.",
            ),
        ],
    )
    .nameless_when("principal_id IS NULL AND ic_group_key IS NULL AND ic_user_key IS NULL")
    .between(&["aws_account", "identity_center_group", "identity_center_user", "permission_set"]),
    aws(
        "permission_set_provisioning",
        Source::IdentityCenter,
        false,
        "A permission set that AWS has put into an account as a role, whoever is assigned.",
        &[
            key(
                "account_key",
                "The account; null when it is missing from the snapshot.",
            ),
            key(
                "permission_set_key",
                "The permission set; null when it is missing from the snapshot.",
            ),
            text(
                "account_id",
                "Id of an account that is missing from the snapshot; null otherwise.",
            ),
            text(
                "permission_set_id",
                "Last part of the ARN of a permission set that is missing from the snapshot; null otherwise.",
            ),
        ],
    ),
    aws(
        "identity_center_application",
        Source::IdentityCenter,
        false,
        "An application that people sign in to through Identity Center.",
        &[
            dense(
                "ic_application_key",
                "Dense key of the application in this snapshot.",
            ),
            text("arn", "ARN of the application."),
            text("name", "Name of the application."),
            text("name_folded", "Name folded for comparison."),
            text(
                "label",
                "How findings name the application: its name, or its ARN where the name is missing or not unique.",
            ),
            text(
                "provider",
                "ARN of the kind of application: a service of AWS, or one of the customer's own.",
            ),
            key(
                "account_key",
                "Account that the application belongs to; null when the account is not in the organisation's list.",
            ),
            text("account_id", "Id of the account that it belongs to."),
            text(
                "status",
                "ENABLED or DISABLED; null when the interface did not say.",
            ),
            time(
                "created_at",
                "When the application was made; null when the interface did not say.",
            ),
        ],
    ),
    aws(
        "application_assignment",
        Source::IdentityCenter,
        false,
        "An application of Identity Center that a group or user is assigned to.",
        &[
            key(
                "ic_application_key",
                "The application; null when it is missing from the snapshot.",
            ),
            text("principal_type", "GROUP or USER."),
            text("principal_id", "Id of the principal in the identity store."),
            key(
                "ic_group_key",
                "The group, when the principal is one that exists; null otherwise.",
            ),
            key(
                "ic_user_key",
                "The user, when the principal is one that exists; null otherwise.",
            ),
            text(
                "application_arn",
                "ARN of an application that is missing from the snapshot; null otherwise.",
            ),
        ],
    ),
    aws(
        "aws_secret",
        Source::SecretsManager,
        true,
        "A secret of Secrets Manager: metadata, never a value.",
        &[
            dense("secret_key", "Dense key of the secret in this snapshot."),
            key(
                "account_key",
                "Account that holds it; null when the account is not in the organisation's list.",
            ),
            text("account_id", "Id of the account that holds it."),
            text("region", "Region that holds it."),
            text("arn", "ARN of the secret."),
            text("name", "Name of the secret."),
            time("created_at", "When it was created."),
            time(
                "last_changed_at",
                "When anything of it was changed, tags included: not its age.",
            ),
            time(
                "last_rotated_at",
                "When Secrets Manager itself last rotated it; null when rotated by hand.",
            ),
            time("last_accessed_at", "Day on which its value was last read."),
            time(
                "current_version_created_at",
                "When the version staged AWSCURRENT was created: its age.",
            ),
            int(
                "current_version_epoch_us",
                "The same in microseconds since 1970, for differences.",
            ),
            flag("rotation_enabled", "Whether automatic rotation is on."),
            int("rotation_days", "Days between automatic rotations."),
            time("next_rotation_at", "When it will be rotated next."),
            time(
                "deleted_at",
                "When its deletion was scheduled; null while it is live.",
            ),
            text(
                "owning_service",
                "AWS service that owns and rotates it; null for a secret of our own.",
            ),
            text("description", "Description as written at the store."),
            time(
                "described_end_at",
                "Latest date that the description carries, at the end of its UTC day; null when it carries none.",
            ),
            text(
                "primary_region",
                "Region of the primary when this is a replica or has replicas.",
            ),
            flag(
                "replica",
                "Whether this is a copy of a secret whose primary is in another Region.",
            ),
            text(
                "registered_secret",
                "Name under which a register row covers it: secretsmanager/<account id>/<name>.",
            ),
            text(
                "registered_secret_folded",
                "Registered-secret name folded for comparison.",
            ),
            text(
                "credential",
                "Stable name of the credential: secretsmanager/<account id>/<region>/<name>.",
            ),
            flag(
                "watched",
                "Whether a glob of secret.watch matches the registered-secret name.",
            ),
        ],
    ),
    aws(
        "aws_secret_version",
        Source::SecretsManager,
        true,
        "A version of a secret: its stages and dates, never its value.",
        &[
            key(
                "secret_key",
                "The secret; null when it is missing from the snapshot.",
            ),
            text("version_id", "Id of the version."),
            text("stages", "Staging labels joined by a semicolon."),
            flag("current", "Whether it is staged AWSCURRENT."),
            time("created_at", "When the version was created."),
            time(
                "last_accessed_at",
                "Day on which the version was last read.",
            ),
            text(
                "arn",
                "ARN of a secret that is missing from the snapshot; null otherwise.",
            ),
        ],
    ),
    aws(
        "aws_access_key",
        Source::Iam,
        false,
        "An access key of an IAM user, from the credential report.",
        &[
            text("account_id", "Account of the user."),
            text("user_name", "Name of the IAM user."),
            int("slot", "Which of the two keys of the user: 1 or 2."),
            flag("active", "Whether the key works."),
            time("last_rotated_at", "When the key was made."),
            time("last_used_at", "When it was last used; null when never."),
            text(
                "registered_secret",
                "Name under which a register row covers it: iam/<account id>/<user>.",
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
                "use_read",
                "Whether when it was last used could be read; false where the report holds something else in its place.",
            ),
        ],
    ),
    aws(
        "aws_role_last_used",
        Source::Iam,
        false,
        "A role of an account and when it was last used, within 400 days.",
        &[
            key(
                "account_key",
                "Account that holds it; null when the account is not in the organisation's list.",
            ),
            text("account_id", "Account of the role."),
            text("role_name", "Name of the role."),
            text("arn", "ARN of the role."),
            text(
                "permission_set",
                "Name of the permission set that made the role; null for any other role.",
            ),
            text(
                "permission_set_folded",
                "Name of the permission set folded for comparison.",
            ),
            time("created_at", "When the role was made."),
            time(
                "last_used_at",
                "When it was last used; null when not within 400 days.",
            ),
        ],
    ),
    aws(
        "cloudtrail_event",
        Source::CloudTrail,
        false,
        "A management event.",
        &[
            text("event_id", "Id of the event."),
            text(
                "event_source",
                "Service that was called, such as sso.amazonaws.com.",
            ),
            text("event_name", "Operation that was called."),
            time("occurred_at", "When it was called."),
            text("actor", "ARN or name of the caller."),
            text("account_id", "Account that received the call."),
            text("region", "Region that received the call."),
            text(
                "resource",
                "Name of the first resource that the event names.",
            ),
            text(
                "error_code",
                "Error code of a refused call; null when it succeeded.",
            ),
            text(
                "target_account_id",
                "Account that an assignment is made on; null for any other call.",
            ),
            text(
                "permission_set_arn",
                "Permission set that the call is about, where it names one.",
            ),
            text(
                "principal_id",
                "Group or user of Identity Center that is assigned; null for any other call.",
            ),
            text(
                "group_id",
                "Group of Identity Center that the call is about, where it names one.",
            ),
            text(
                "user_id",
                "User of Identity Center that the call is about, where it names one.",
            ),
            text(
                "membership_id",
                "Membership of Identity Center that the call is about, where it names one.",
            ),
            flag(
                "succeeded",
                "Whether the call did what it says; null when the detail of the event was not read, so that it proves nothing.",
            ),
            text(
                "function_name",
                "Function that a call to Lambda changes, as the call names it: a name, an ARN or a part of one, with or without a version; null for any other call, and for a dry run.",
            ),
            text(
                "function_name_folded",
                "Name of the function folded for comparison.",
            ),
        ],
    ),
];
