//! Tables read from the Auth0 broker.

use super::vocabulary::{Source, Table, flag, text, time};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "auth0_client",
        source: Source::Auth0,
        core: false,
        doc: "An application of the tenant; never its secret.",
        columns: &[
            text("client_id", "Client id."),
            text("name", "Name of the client."),
            text("app_type", "Kind of client."),
            text(
                "registered_secret",
                "Name under which a register row covers its secret: auth0/<name>.",
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
        nameless: None,
        ends: &[],
    },
    Table {
        name: "auth0_connection",
        source: Source::Auth0,
        core: false,
        doc: "A connection to an identity provider; never its options.",
        columns: &[
            text("connection_id", "Id of the connection."),
            text("name", "Name of the connection."),
            text("strategy", "Kind of identity provider."),
        ],
        nameless: None,
        ends: &[],
    },
    Table {
        name: "auth0_log_event",
        source: Source::Auth0,
        core: false,
        doc: "An event of the tenant's log.",
        columns: &[
            text("log_id", "Id of the event."),
            text("event_type", "Type code of the event."),
            time("occurred_at", "When it happened."),
            text("description", "What happened, in Auth0's words."),
            text("client_name", "Client that it concerns."),
            text("user_name", "User that it concerns."),
            text("connection", "Connection that it concerns."),
        ],
        nameless: None,
        ends: &[],
    },
];
