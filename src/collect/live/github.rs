//! GitHub: teams, members and identities by GraphQL, the rest by REST.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::Context;
use super::spool::{keep, plain_id};
use crate::collect::http::{Answer, CallError, Kind, Transport};
use crate::collect::operations::{
    AUDIT_LOG, COLLABORATORS, DEPLOY_KEYS, IDENTITIES, INSTALLATIONS, MEMBERS,
    ORGANISATION_SECRETS, Operation, REPOSITORY_SECRETS, TEAM_MEMBERS, TEAMS, TOKENS,
};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// Objects of a page, and how few are asked for before giving up.
const PAGE: u64 = 100;
const FEWEST: u64 = 5;
/// Teams whose further members are asked for in one query.
const TOGETHER: usize = 20;
/// How far back the audit log is read.
const KEPT: TimeDelta = TimeDelta::days(90);

pub(super) const TEAMS_QUERY: &str =
    "query Teams($organisation: String!, $first: Int!, $after: String) {
  organization(login: $organisation) {
    teams(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        slug name privacy createdAt
        parentTeam { slug }
        members(first: 100, membership: IMMEDIATE) {
          totalCount
          pageInfo { hasNextPage endCursor }
          edges { role node { login } }
        }
      }
    }
  }
}";
pub(super) const MEMBERS_QUERY: &str =
    "query Members($organisation: String!, $first: Int!, $after: String) {
  organization(login: $organisation) {
    membersWithRole(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { role hasTwoFactorEnabled node { login } }
    }
  }
}";
pub(super) const IDENTITIES_QUERY: &str =
    "query Identities($organisation: String!, $first: Int!, $after: String) {
  organization(login: $organisation) {
    samlIdentityProvider {
      externalIdentities(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { user { login } samlIdentity { nameId } }
      }
    }
  }
}";

/// Every GraphQL document that can be sent, with its longest form of the last.
#[must_use]
pub fn documents() -> Vec<String> {
    vec![
        TEAMS_QUERY.to_owned(),
        MEMBERS_QUERY.to_owned(),
        IDENTITIES_QUERY.to_owned(),
        further_members(TOGETHER),
    ]
}

/// Collects every table of the source.
pub(crate) async fn collect(
    context: &Context<'_>,
    transport: &Transport,
    graphql: &Transport,
    organisation: &str,
) {
    let collector = Collector {
        context,
        transport,
        graphql,
        organisation,
    };
    tokio::join!(collector.by_query(), collector.by_rest());
}

struct Collector<'a> {
    context: &'a Context<'a>,
    transport: &'a Transport,
    graphql: &'a Transport,
    organisation: &'a str,
}

/// A GraphQL connection: what is asked, and where its pages go.
struct Connection<'a> {
    operation: &'static Operation,
    document: &'a str,
    /// Keys below the organisation.
    path: &'a [&'a str],
    file: &'a str,
    table: &'static str,
}

/// A REST list: what is asked, and where its pages go.
struct Listed<'a> {
    operation: &'static Operation,
    path: String,
    query: Vec<(&'a str, &'a str)>,
    file: String,
    table: &'static str,
    /// Key of the list in a page; none when the page is the list.
    key: Option<&'static str>,
    fields: &'static [&'static str],
}

impl Collector<'_> {
    async fn by_query(&self) {
        self.teams().await;
        self.connection(&Connection {
            operation: MEMBERS,
            document: MEMBERS_QUERY,
            path: &["membersWithRole"],
            file: "github/members.json",
            table: "github_member",
        })
        .await;
        self.connection(&Connection {
            operation: IDENTITIES,
            document: IDENTITIES_QUERY,
            path: &["samlIdentityProvider", "externalIdentities"],
            file: "github/saml-identities.json",
            table: "github_saml_identity",
        })
        .await;
    }

    /// Follows a connection to its end.
    async fn connection(&self, connection: &Connection<'_>) {
        let mut pages = 0;
        let mut out = None;
        let ended = self
            .walk(connection, &mut |_| {}, &mut out, &mut pages)
            .await;
        let closed = out.map_or(Ok(()), super::spool::Pages::finish);
        if let Err(error) = ended.and(closed) {
            self.context
                .spool
                .failed(connection.operation, &error, pages);
        }
    }

    /// A page that is too heavy is asked for in parts.
    async fn walk(
        &self,
        connection: &Connection<'_>,
        each: &mut (dyn FnMut(&Map<String, Value>) + Send),
        out: &mut Option<super::spool::Pages>,
        pages: &mut u64,
    ) -> Result<(), CallError> {
        let &Connection {
            operation,
            document,
            path,
            file,
            table,
        } = connection;
        let mut first = PAGE;
        let mut after = Value::Null;
        let mut seen = BTreeSet::new();
        loop {
            self.context.plan(Source::GitHub, 1);
            let variables =
                json!({"organisation": self.organisation, "first": first, "after": after});
            let answer = match self.graphql.graphql(operation, document, variables).await {
                Err(error) if error.kind == Kind::Heavy && first > FEWEST => {
                    first = (first / 2).max(FEWEST);
                    continue;
                }
                other => other?,
            };
            let page = answer.json;
            let end = connection_of(&page, path)?
                .map(page_end)
                .transpose()?
                .flatten();
            if let Some(connection) = connection_of(&page, path)? {
                each(connection);
            }
            if out.is_none() {
                *out = Some(self.context.spool.file(file, table)?);
            }
            if let Some(out) = out {
                out.put(page)?;
            }
            *pages += 1;
            self.context.page(table);
            match end {
                None => break,
                Some(cursor) => {
                    if !seen.insert(cursor.clone()) {
                        return Err(CallError::failed(format!(
                            "{} goes in a circle: a cursor came twice",
                            operation.name
                        )));
                    }
                    after = Value::String(cursor);
                }
            }
        }
        Ok(())
    }

    /// Teams with up to a hundred members each, then the members beyond.
    async fn teams(&self) {
        let mut pages = 0;
        let mut out = None;
        let mut further = Vec::new();
        let mut each = |teams: &Map<String, Value>| {
            for team in teams
                .get("nodes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let members = team.get("members").and_then(Value::as_object);
                let end = members.and_then(|m| page_end(m).ok().flatten());
                let slug = team.get("slug").and_then(Value::as_str);
                if let (Some(cursor), Some(slug)) = (end, slug) {
                    further.push((slug.to_owned(), cursor));
                }
            }
        };
        let connection = Connection {
            operation: TEAMS,
            document: TEAMS_QUERY,
            path: &["teams"],
            file: "github/teams.json",
            table: "github_team",
        };
        if let Err(error) = self
            .walk(&connection, &mut each, &mut out, &mut pages)
            .await
        {
            self.context.spool.failed(TEAMS, &error, pages);
        }
        let Some(file) = out else { return };
        if let Err(error) = self.further(further, file).await {
            self.context.spool.failed(TEAM_MEMBERS, &error, 1);
        }
    }

    async fn further(
        &self,
        mut left: Vec<(String, String)>,
        mut file: super::spool::Pages,
    ) -> Result<(), CallError> {
        let mut seen = BTreeSet::new();
        while !left.is_empty() {
            let now: Vec<(String, String)> = left.drain(..left.len().min(TOGETHER)).collect();
            let mut variables = json!({"organisation": self.organisation});
            for (n, (slug, cursor)) in now.iter().enumerate() {
                if !seen.insert((slug.clone(), cursor.clone())) {
                    return Err(CallError::failed(format!(
                        "the members of the team {} go in a circle",
                        crate::collect::shown(slug)
                    )));
                }
                variables[format!("s{n}")] = json!(slug);
                variables[format!("a{n}")] = json!(cursor);
            }
            self.context.plan(Source::GitHub, 1);
            let document = further_members(now.len());
            let answer = self
                .graphql
                .graphql(TEAM_MEMBERS, &document, variables)
                .await?;
            let organisation = answer.json.pointer("/data/organization");
            for (n, (slug, _)) in now.iter().enumerate() {
                let team = organisation
                    .and_then(|o| o.get(format!("t{n}")))
                    .filter(|t| t.is_object());
                let Some(team) = team else {
                    return Err(CallError::failed(format!(
                        "the team {} is no longer there",
                        crate::collect::shown(slug)
                    )));
                };
                let members = team.get("members").and_then(Value::as_object);
                let members =
                    members.ok_or_else(|| CallError::failed("a team came without its members"))?;
                if let Some(cursor) = page_end(members)? {
                    left.push((slug.clone(), cursor));
                }
                file.put(json!({"data": {"organization": {"team": team}}}))?;
            }
            self.context.page("github_team_member");
        }
        file.finish()
    }

    async fn by_rest(&self) {
        let org = self.organisation;
        let since = (self.context.as_of - KEPT).format("%Y-%m-%d");
        let phrase = format!("action:team created:>={since}");
        let hundred = vec![("per_page", "100")];
        let mut lists = vec![
            Listed {
                operation: ORGANISATION_SECRETS,
                path: format!("orgs/{org}/actions/secrets"),
                query: hundred.clone(),
                file: "github/org-secrets.json".to_owned(),
                table: "github_secret",
                key: Some("secrets"),
                fields: &["name", "visibility", "created_at", "updated_at"],
            },
            Listed {
                operation: TOKENS,
                path: format!("orgs/{org}/personal-access-tokens"),
                query: hundred.clone(),
                file: "github/personal-access-tokens.json".to_owned(),
                table: "github_token",
                key: None,
                fields: &[
                    "id",
                    "token_id",
                    "token_name",
                    "owner",
                    "access_granted_at",
                    "token_expires_at",
                    "token_last_used_at",
                    "token_expired",
                ],
            },
            Listed {
                operation: INSTALLATIONS,
                path: format!("orgs/{org}/installations"),
                query: hundred.clone(),
                file: "github/installations.json".to_owned(),
                table: "github_app_installation",
                key: Some("installations"),
                fields: &[
                    "id",
                    "app_slug",
                    "repository_selection",
                    "created_at",
                    "suspended_at",
                ],
            },
            Listed {
                operation: COLLABORATORS,
                path: format!("orgs/{org}/outside_collaborators"),
                query: hundred.clone(),
                file: "github/outside-collaborators.json".to_owned(),
                table: "github_outside_collaborator",
                key: None,
                fields: &["login"],
            },
            Listed {
                operation: AUDIT_LOG,
                path: format!("orgs/{org}/audit-log"),
                query: vec![("phrase", &phrase), ("include", "web"), ("per_page", "100")],
                file: "github/audit-log.json".to_owned(),
                table: "github_audit_event",
                key: None,
                fields: &[
                    "_document_id",
                    "action",
                    "@timestamp",
                    "created_at",
                    "actor",
                    "user",
                    "team",
                ],
            },
        ];
        let repositories = self
            .context
            .config
            .sources
            .get("github")
            .map(|s| s.repositories.clone());
        for name in repositories.unwrap_or_default() {
            let (owner, repository) = name.split_once('/').unwrap_or((org, &name));
            if !plain_id(owner)
                || !plain_id(&repository.replace('.', "_"))
                || repository.starts_with('.')
            {
                let reason = format!(
                    "{} is no name of a repository.",
                    crate::collect::shown(&name)
                );
                self.context
                    .spool
                    .fault(&["github_secret"], State::Partial, &reason, None);
                continue;
            }
            lists.push(Listed {
                operation: REPOSITORY_SECRETS,
                path: format!("repos/{owner}/{repository}/actions/secrets"),
                query: hundred.clone(),
                file: format!("github/repo-secrets/{owner}/{repository}.json"),
                table: "github_secret",
                key: Some("secrets"),
                fields: &["name", "created_at", "updated_at"],
            });
            lists.push(Listed {
                operation: DEPLOY_KEYS,
                path: format!("repos/{owner}/{repository}/keys"),
                query: hundred.clone(),
                file: format!("github/deploy-keys/{owner}/{repository}.json"),
                table: "github_deploy_key",
                key: None,
                fields: &["id", "title", "created_at", "read_only", "last_used"],
            });
        }
        // GitHub asks for one call after the other.
        for list in lists {
            if self.context.skips(list.operation) {
                continue;
            }
            let mut pages = 0;
            if let Err(error) = self.list(&list, &mut pages).await {
                self.context.spool.failed(list.operation, &error, pages);
            }
        }
    }

    async fn list(&self, list: &Listed<'_>, pages: &mut u64) -> Result<(), CallError> {
        let mut link: Option<String> = None;
        let mut seen = BTreeSet::new();
        let mut out = None;
        loop {
            self.context.plan(Source::GitHub, 1);
            let Answer { mut json, next } = match &link {
                None => {
                    self.transport
                        .get(list.operation, &list.path, &list.query, 1.0)
                        .await?
                }
                Some(link) => self.transport.follow(list.operation, link, 1.0).await?,
            };
            let records = match list.key {
                None => Some(&mut json),
                Some(key) => json.get_mut(key),
            };
            let Some(records) = records.filter(|r| r.is_array()) else {
                return Err(CallError::failed(format!(
                    "{} holds no list",
                    list.operation.name
                )));
            };
            keep(records, list.fields);
            let out = match &mut out {
                Some(out) => out,
                none => none.insert(self.context.spool.file(&list.file, list.table)?),
            };
            out.put(json)?;
            *pages += 1;
            self.context.page(list.table);
            match next {
                None => break,
                Some(next) if seen.insert(next.clone()) => link = Some(next),
                Some(_) => {
                    return Err(CallError::failed(format!(
                        "{} goes in a circle: a further page was named before",
                        list.operation.name
                    )));
                }
            }
        }
        out.map_or(Ok(()), super::spool::Pages::finish)
    }
}

/// The query for the further members of several teams.
fn further_members(teams: usize) -> String {
    let mut parameters = String::from("$organisation: String!");
    let mut fields = String::new();
    for n in 0..teams {
        let _ = write!(parameters, ", $s{n}: String!, $a{n}: String");
        let _ = write!(
            fields,
            "\n    t{n}: team(slug: $s{n}) {{ slug members(first: 100, after: $a{n}, membership: IMMEDIATE) {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ role node {{ login }} }} }} }}"
        );
    }
    format!(
        "query TeamMembers({parameters}) {{\n  organization(login: $organisation) {{{fields}\n  }}\n}}"
    )
}

/// The connection of a page; none when the provider of identities is null.
fn connection_of<'a>(
    page: &'a Value,
    path: &[&str],
) -> Result<Option<&'a Map<String, Value>>, CallError> {
    let mut here = page.pointer("/data/organization");
    for (n, key) in path.iter().enumerate() {
        here = here.and_then(|h| h.get(key));
        if here.is_some_and(Value::is_null) && n + 1 < path.len() {
            return Ok(None);
        }
    }
    match here {
        Some(Value::Object(map)) if lists(map) => Ok(Some(map)),
        _ => Err(CallError::failed(format!(
            "an answer has no list `{}`",
            path.join(".")
        ))),
    }
}

fn lists(map: &Map<String, Value>) -> bool {
    ["nodes", "edges"]
        .iter()
        .any(|k| map.get(*k).is_some_and(Value::is_array))
}

/// The cursor of the next page, if there is one.
fn page_end(connection: &Map<String, Value>) -> Result<Option<String>, CallError> {
    let odd = || CallError::failed("an answer does not say whether there is a further page");
    let info = connection
        .get("pageInfo")
        .and_then(Value::as_object)
        .ok_or_else(odd)?;
    match info.get("hasNextPage").and_then(Value::as_bool) {
        Some(false) => Ok(None),
        Some(true) => info
            .get("endCursor")
            .and_then(Value::as_str)
            .map(|c| Some(c.to_owned()))
            .ok_or_else(odd),
        None => Err(odd()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{connection_of, documents, page_end};

    #[test]
    fn a_missing_list_is_no_empty_one() {
        let page = json!({"data": {"organization": {"samlIdentityProvider": null}}});
        let path = ["samlIdentityProvider", "externalIdentities"];
        assert!(connection_of(&page, &path).is_ok_and(|c| c.is_none()));
        let page = json!({"data": {"organization": null}});
        assert!(connection_of(&page, &path).is_err());
        let page = json!({"data": {"organization": {"teams": null}}});
        assert!(connection_of(&page, &["teams"]).is_err());
        let further = json!({"pageInfo": {"hasNextPage": true, "endCursor": null}});
        assert!(page_end(further.as_object().expect("an object")).is_err());
        assert_eq!(documents().len(), 4);
    }
}
