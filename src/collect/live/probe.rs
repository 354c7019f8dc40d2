//! The cheapest call of every operation, to see what is granted before a
//! snapshot relies on it. What is found is neither kept nor shown.

use serde_json::{Value, json};

use super::entra::may_read_leave_dates;
use super::github::{IDENTITIES_QUERY, MEMBERS_QUERY, TEAMS_QUERY, Viewer, repository_of};
use super::{Access, aws};
use crate::collect::http::{CallError, Kind, Transport};
use crate::collect::operations::{
    APPLICATIONS, AUDIT_LOG, AUDITS, CLIENTS, COLLABORATORS, CONNECTIONS, DELETED_USERS,
    DEPLOY_KEYS, GROUP_DELTA, GROUPS, IDENTITIES, INSTALLATIONS, LEAVE_DATES, LOGS, MEMBERS,
    ORGANISATION_SECRETS, Operation, REPOSITORY_SECRETS, SERVICE_PRINCIPALS, SIGN_INS, TEAMS,
    TOKENS, USERS, of_source,
};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// What came of a probe.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What was called.
    pub operation: &'static Operation,
    /// Source that it was tried for.
    pub source: Source,
    /// Tables that come by it.
    pub tables: Vec<&'static str>,
    /// Granted is complete; otherwise what would become of the tables.
    pub state: State,
    /// What the service said.
    pub message: String,
}

impl Probe {
    fn new(operation: &'static Operation, state: State, message: String) -> Self {
        Self {
            operation,
            source: operation.source,
            tables: operation.tables.to_vec(),
            state,
            message,
        }
    }

    pub(super) fn of<T>(operation: &'static Operation, result: Result<T, CallError>) -> Self {
        match result {
            Ok(_) => Self::new(operation, State::Complete, String::new()),
            Err(error) => Self::new(operation, error.state(), error.message),
        }
    }

    /// Something that could not be tried, for want of an object to try it on.
    pub(super) fn untried(operation: &'static Operation, why: &str) -> Self {
        Self::new(operation, State::Skipped, why.to_owned())
    }
}

/// Every operation of a source has the same answer: it could not be reached.
fn all(source: Source, error: &CallError) -> Vec<Probe> {
    of_source(source)
        .filter(|o| !o.tables.is_empty())
        .map(|o| Probe::of::<()>(o, Err(error.clone())))
        .collect()
}

/// Tries every operation of the wanted sources.
pub(super) async fn run(access: &Access<'_>, wanted: &[Source]) -> Vec<Probe> {
    let entra = async {
        match access.entra() {
            _ if !wanted.contains(&Source::Entra) => Vec::new(),
            Ok(graph) => entra(access, &graph).await,
            Err(error) => all(Source::Entra, &error),
        }
    };
    let github = async {
        match access.github() {
            _ if !wanted.contains(&Source::GitHub) => Vec::new(),
            Ok((rest, graphql, organisation)) => {
                github(access, &rest, &graphql, &organisation).await
            }
            Err(error) => all(Source::GitHub, &error),
        }
    };
    let auth0 = async {
        match access.auth0() {
            _ if !wanted.contains(&Source::Auth0) => Vec::new(),
            Ok(tenant) => auth0(access, &tenant).await,
            Err(error) => all(Source::Auth0, &error),
        }
    };
    let of_aws: Vec<Source> = [
        Source::IdentityCenter,
        Source::SecretsManager,
        Source::Iam,
        Source::CloudTrail,
    ]
    .into_iter()
    .filter(|s| wanted.contains(s))
    .collect();
    let aws = async {
        if of_aws.is_empty() {
            return Vec::new();
        }
        match access.aws().await {
            Ok(clients) => aws::probe::run(access, &clients, &of_aws).await,
            Err(error) => of_aws.iter().flat_map(|s| all(*s, &error)).collect(),
        }
    };
    let (entra, github, aws, auth0) = tokio::join!(entra, github, aws, auth0);
    entra
        .into_iter()
        .chain(github)
        .chain(aws)
        .chain(auth0)
        .collect()
}

/// What is called, where, and with which query.
type Call<'a> = (&'static Operation, &'a str, Vec<(&'a str, &'a str)>);

async fn entra(access: &Access<'_>, graph: &Transport) -> Vec<Probe> {
    let sign_ins = access
        .config
        .sources
        .get("entra")
        .is_some_and(|s| s.sign_ins);
    let one = ("$top", "1");
    let mut calls: Vec<Call<'_>> = vec![
        (
            USERS,
            "users",
            vec![("$select", "id,userPrincipalName"), one],
        ),
        (
            LEAVE_DATES,
            "users",
            vec![("$select", "id,employeeLeaveDateTime"), one],
        ),
        (
            DELETED_USERS,
            "directory/deletedItems/microsoft.graph.user",
            vec![("$select", "id"), one],
        ),
        (GROUPS, "groups", vec![("$select", "id,displayName"), one]),
        (APPLICATIONS, "applications", vec![("$select", "id"), one]),
        (
            SERVICE_PRINCIPALS,
            "servicePrincipals",
            vec![("$select", "id"), one],
        ),
        (AUDITS, "auditLogs/directoryAudits", vec![one]),
    ];
    if sign_ins {
        calls.push((
            SIGN_INS,
            "users",
            vec![("$select", "id,signInActivity"), one],
        ));
    }
    let mut probes = Vec::new();
    let mut group = None;
    for (operation, path, query) in calls {
        access.shared.ledger.plan(Source::Entra, 1);
        let read = graph
            .get(operation, path, &query, 1.0)
            .await
            .and_then(|answer| {
                let first = answer.json.pointer("/value/0").cloned().unwrap_or_default();
                // Objects that the caller may not see in full come without their names.
                let blank =
                    |key: &str| first.is_object() && first.get(key).is_none_or(Value::is_null);
                if (operation == USERS && blank("userPrincipalName"))
                    || (operation == GROUPS && blank("displayName"))
                {
                    return Err(CallError {
                        kind: Kind::Denied,
                        message: format!(
                            "{} gives objects without names; it needs {}.",
                            operation.name, operation.permission
                        ),
                    });
                }
                if operation == GROUPS {
                    group = first.get("id").and_then(Value::as_str).map(str::to_owned);
                }
                let omitted = first.is_object() && first.get("employeeLeaveDateTime").is_none();
                Ok((!blank("employeeLeaveDateTime"), omitted))
            });
        probes.push(match &read {
            Ok((_, true)) if operation == LEAVE_DATES => Probe::new(
                LEAVE_DATES,
                State::Failed,
                format!(
                    "{} answers without leave dates, although they are asked for: they would not be read.",
                    LEAVE_DATES.name
                ),
            ),
            Ok((false, _)) if operation == LEAVE_DATES => leave_dates(graph).await,
            _ => Probe::of(operation, read),
        });
    }
    probes.push(match group.filter(|id| super::spool::plain_id(id)) {
        None => Probe::untried(GROUP_DELTA, "There is no group to try it on."),
        Some(id) => {
            access.shared.ledger.plan(Source::Entra, 1);
            let filter = format!("id eq '{id}'");
            let query = [
                ("$select", "displayName,members,owners"),
                ("$filter", filter.as_str()),
            ];
            Probe::of(
                GROUP_DELTA,
                graph.get(GROUP_DELTA, "groups/delta", &query, 1.0).await,
            )
        }
    });
    probes
}

/// Leave dates, of which a null says nothing: what the token says does.
async fn leave_dates(graph: &Transport) -> Probe {
    let needed = LEAVE_DATES.permission;
    match may_read_leave_dates(graph).await {
        Some(true) => Probe::of(LEAVE_DATES, Ok(())),
        Some(false) => Probe::new(
            LEAVE_DATES,
            State::Denied,
            format!("The token lacks {needed}, without which leave dates come as null."),
        ),
        None => Probe::untried(
            LEAVE_DATES,
            "The first user has no leave date, and the token does not say what it may read.",
        ),
    }
}

async fn github(
    access: &Access<'_>,
    rest: &Transport,
    graphql: &Transport,
    organisation: &str,
) -> Vec<Probe> {
    let mut probes = Vec::new();
    let settings = access
        .config
        .sources
        .get("github")
        .cloned()
        .unwrap_or_default();
    let skipped = |operation: &Operation| {
        let mut tables = operation.tables.iter();
        tables.all(|t| settings.skip.iter().any(|s| s == t))
    };
    for (operation, document) in [
        (TEAMS, TEAMS_QUERY),
        (MEMBERS, MEMBERS_QUERY),
        (IDENTITIES, IDENTITIES_QUERY),
    ] {
        if skipped(operation) {
            continue;
        }
        access.shared.ledger.plan(Source::GitHub, 1);
        let variables = json!({"organisation": organisation, "first": 1, "after": null});
        let read = graphql.graphql(operation, document, variables).await;
        let short = match &read {
            Ok(answer) => Viewer::of(&answer.json, graphql)
                .await
                .short_of(operation, &answer.json),
            Err(_) => None,
        };
        probes.push(match short {
            None => Probe::of(operation, read),
            Some(short) => Probe::new(operation, short.state, short.reason.to_owned()),
        });
    }
    let org = |what: &str| format!("orgs/{organisation}/{what}");
    let mut lists = vec![
        (ORGANISATION_SECRETS, org("actions/secrets")),
        (TOKENS, org("personal-access-tokens")),
        (INSTALLATIONS, org("installations")),
        (COLLABORATORS, org("outside_collaborators")),
        (AUDIT_LOG, org("audit-log")),
    ];
    let mut repositories = settings.repositories.iter();
    if let Some((owner, name)) = repositories.find_map(|r| repository_of(organisation, r)) {
        lists.push((
            REPOSITORY_SECRETS,
            format!("repos/{owner}/{name}/actions/secrets"),
        ));
        lists.push((DEPLOY_KEYS, format!("repos/{owner}/{name}/keys")));
    }
    for (operation, path) in lists {
        if skipped(operation) {
            continue;
        }
        access.shared.ledger.plan(Source::GitHub, 1);
        probes.push(Probe::of(
            operation,
            rest.get(operation, &path, &[("per_page", "1")], 1.0).await,
        ));
    }
    probes
}

async fn auth0(access: &Access<'_>, tenant: &Transport) -> Vec<Probe> {
    let skip = access
        .config
        .sources
        .get("auth0")
        .map(|s| s.skip.clone())
        .unwrap_or_default();
    let mut probes = Vec::new();
    for (operation, path, query) in [
        (
            CLIENTS,
            "clients",
            vec![
                ("fields", "client_id"),
                ("include_fields", "true"),
                ("per_page", "1"),
            ],
        ),
        (
            CONNECTIONS,
            "connections",
            vec![("fields", "id"), ("include_fields", "true"), ("take", "1")],
        ),
        (LOGS, "logs", vec![("per_page", "1")]),
    ] {
        if operation.tables.iter().all(|t| skip.iter().any(|s| s == t)) {
            continue;
        }
        access.shared.ledger.plan(Source::Auth0, 1);
        probes.push(Probe::of(
            operation,
            tenant.get(operation, path, &query, 1.0).await,
        ));
    }
    probes
}
