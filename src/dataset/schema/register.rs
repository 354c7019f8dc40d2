//! Tables read from the organisation's own registers.

use super::vocabulary::{Column, Source, Table, flag, int, key, text, time};

const fn register(name: &'static str, doc: &'static str, columns: &'static [Column]) -> Table {
    Table {
        name,
        source: Source::Register,
        core: false,
        doc,
        columns,
        nameless: None,
        ends: &[],
    }
}

pub(super) const TABLES: &[Table] = &[
    register(
        "approved_group",
        "A row of the approvals register.",
        &[
            int(
                "line",
                "Line of the register, counted from 1: later lines win ties.",
            ),
            text(
                "group_name",
                "Group that was approved; null when only its id is given.",
            ),
            text("group_name_folded", "Group name folded for comparison."),
            text(
                "group_id",
                "Object id of the approved group; null when only its name is given.",
            ),
            text("group_id_folded", "Object id folded for comparison."),
            text("requester", "Who asked."),
            text("requester_folded", "Requester folded for comparison."),
            text("approver", "Who approved."),
            text("approver_folded", "Approver folded for comparison."),
            text("ticket", "Ticket of the approval."),
            time(
                "approved_at",
                "When it was approved; a date runs to the end of its UTC day.",
            ),
            time(
                "approved_from",
                "The same, but a date counts from the start of its UTC day: tells whether it lies after the snapshot.",
            ),
            time(
                "expires_at",
                "When the approval ends; a date runs to the end of its UTC day; null when no end is given.",
            ),
            text(
                "accounts",
                "Accounts that it covers, joined by a semicolon; null means any.",
            ),
            text(
                "permission_sets",
                "Permission sets that it covers, joined by a semicolon; null means any.",
            ),
            text(
                "accounts_folded",
                "Accounts that it covers, each folded for comparison, joined by a semicolon.",
            ),
            text(
                "permission_sets_folded",
                "Permission sets that it covers, each folded for comparison, joined by a semicolon.",
            ),
        ],
    ),
    register(
        "registered_secret",
        "A row of the secrets register: one per document that states a rotation period.",
        &[
            int("line", "Line of the register, counted from 1."),
            text("store", "secretsmanager, entra, github, auth0 or iam."),
            text(
                "account_id",
                "Account that holds the secret; null outside AWS.",
            ),
            text("name", "Name of the secret in its store."),
            text(
                "registered_secret",
                "Registered-secret name: store, account where there is one, and name.",
            ),
            text(
                "registered_secret_folded",
                "Registered-secret name folded for comparison.",
            ),
            text("owner", "Who answers for it."),
            text(
                "consumer",
                "What uses it: the registered-secret name of the secret that stores it, `sync/<name>`, `connection/<name>` of the broker, or the name of a function.",
            ),
            text("consumer_folded", "Consumer folded for comparison."),
            int(
                "rotation_days",
                "Rotation period in days that the document states; null when it states none.",
            ),
            text("document", "Document that states the period."),
            text(
                "place",
                "Where its store would hold it: the account, the organisation or the repository; empty where there is one place alone.",
            ),
            text("place_folded", "The place folded for comparison."),
        ],
    ),
    register(
        "identity_link",
        "A confirmed link between a GitHub login and an Entra user.",
        &[
            int("line", "Line of the register, counted from 1."),
            text("github_login", "GitHub login."),
            text("github_login_folded", "GitHub login folded for comparison."),
            text("user_principal_name", "Entra user principal name."),
            text(
                "user_principal_name_folded",
                "User principal name folded for comparison.",
            ),
            text("confirmed_by", "Who confirmed the link."),
            time(
                "expires_at",
                "When the link must be confirmed again; null when never.",
            ),
        ],
    ),
    register(
        "sync_run",
        "A run of a sync job, from its own log.",
        &[
            int("line", "Line of the register, counted from 1."),
            text("sync", "Name of the sync, as in [sync.<name>]."),
            text("sync_folded", "Sync name folded for comparison."),
            time("finished_at", "When the run finished."),
            text("result", "What the log says of the run."),
            flag(
                "succeeded",
                "Whether that means success; null when the word is not known.",
            ),
        ],
    ),
    register(
        "declared_assignment",
        "Access that a declaration grants: environment files, the declared register and implicit grants.",
        &[
            text("kind", "environment, declared or implicit."),
            text("account", "Account name or id as declared."),
            text("account_folded", "Account name folded for comparison."),
            key(
                "account_key",
                "The account that it names; null when the organisation has none of that name or id, or more than one.",
            ),
            text(
                "level",
                "Access level of an environment file; null for the other kinds.",
            ),
            text("level_folded", "Level folded for comparison."),
            text(
                "environment",
                "Environment of the file that declares it; null for the declared register.",
            ),
            text("environment_folded", "Environment folded for comparison."),
            text(
                "permission_set",
                "Permission set that is meant; null when the level map does not know the level.",
            ),
            text(
                "permission_set_folded",
                "Permission set name folded for comparison.",
            ),
            text(
                "group_name",
                "Group that is meant; null when the declaration names none.",
            ),
            text("group_name_folded", "Group name folded for comparison."),
            text("source", "File or register that declares it."),
            int("line", "Line in that file; null when it has none."),
        ],
    ),
    register(
        "declared_account",
        "An account that an environment file declares.",
        &[
            text("name", "Account name: file stem, hyphen, environment name."),
            text("name_folded", "Account name folded for comparison."),
            key(
                "account_key",
                "The account of that name; null when the organisation has none or more than one.",
            ),
            text(
                "application",
                "Application, from the file's tags or its stem.",
            ),
            text("environment", "Name of the environment."),
            text("owner", "Owner tag of the application."),
            text("business_unit", "Business unit tag of the application."),
            flag(
                "critical",
                "Whether the file tags it as critical national infrastructure; null when it does not say.",
            ),
            text("account_type", "Account type of the file."),
            text("source", "File that declares it."),
        ],
    ),
    register(
        "declared_reviewer",
        "Somebody whom an environment file names as a further reviewer of deployments.",
        &[
            text(
                "account",
                "Account whose deployments the login may approve.",
            ),
            text("account_folded", "Account name folded for comparison."),
            key(
                "account_key",
                "The account of that name; null when the organisation has none or more than one.",
            ),
            text("login", "GitHub login of the reviewer."),
            text("login_folded", "Login folded for comparison."),
            text("source", "File that names the reviewer."),
        ],
    ),
    register(
        "level",
        "A row of the level map.",
        &[
            text("level", "Access level of the environment files."),
            text("level_folded", "Level folded for comparison."),
            text("permission_set", "Permission set that it stands for."),
            text(
                "permission_set_folded",
                "Permission set name folded for comparison.",
            ),
        ],
    ),
];
