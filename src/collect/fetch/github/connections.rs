//! What GraphQL lists: connections, followed by their cursors. An answer that is
//! too heavy is asked for in parts.

use serde_json::{Map, Value, json};

use super::Collector;
use super::queries::{IDENTITIES_QUERY, MEMBERS_QUERY, TEAMS_QUERY, TOGETHER, further_members};
use super::sight::Viewer;
use crate::collect::fetch::spool::Pages;
use crate::collect::wire::http::{CallError, Kind, Walked};
use crate::collect::wire::operations::{IDENTITIES, MEMBERS, Operation, TEAM_MEMBERS, TEAMS};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// Objects of a page, and how few are asked for before giving up.
const PAGE: u64 = 100;
const FEWEST: u64 = 5;

/// A GraphQL connection: what is asked, and where its pages go.
struct Connection<'a> {
    operation: &'static Operation,
    document: &'a str,
    /// Keys below the organisation.
    path: &'a [&'a str],
    file: &'a str,
    table: &'static str,
}

/// Told of each page of a connection.
type Each<'a> = &'a mut (dyn FnMut(&Map<String, Value>) + Send);

impl Collector<'_> {
    pub(super) async fn by_query(&self) {
        if !self.context.skips(TEAMS) {
            self.teams().await;
        }
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
        if self.context.skips(connection.operation) {
            return;
        }
        let mut pages = 0;
        let mut out = None;
        let ended = self
            .walk(connection, &mut |_| {}, &mut out, &mut pages)
            .await;
        let closed = out.map_or(Ok(()), Pages::finish);
        if let Err(error) = ended.and(closed) {
            self.context
                .spool
                .failed(connection.operation, &error, pages);
        }
    }

    async fn walk(
        &self,
        connection: &Connection<'_>,
        each: Each<'_>,
        out: &mut Option<Pages>,
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
        let mut walked = Walked::default();
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
            let list = connection_of(&page, path)?;
            let end = list.map(page_end).transpose()?.flatten();
            if let Some(list) = list {
                each(list);
            }
            if *pages == 0 {
                self.sees(operation, &page).await;
            }
            let out = match &mut *out {
                Some(out) => out,
                none => none.insert(self.context.spool.file(file, table)?),
            };
            out.put(page)?;
            *pages += 1;
            self.context.page(table);
            let Some(cursor) = end else { break };
            walked.on(operation.name, &cursor)?;
            after = Value::String(cursor);
        }
        Ok(())
    }

    /// Notes what the answer lacks because of who asked.
    async fn sees(&self, operation: &'static Operation, page: &Value) {
        let viewer = Viewer::of(page, self.graphql).await;
        if let Some(short) = viewer.short_of(operation, page) {
            let permission = (short.state == State::Denied).then_some(operation.permission);
            self.context
                .spool
                .fault(short.tables, short.state, short.reason, permission);
        }
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
        mut file: Pages,
    ) -> Result<(), CallError> {
        let mut walked = Walked::default();
        let mut together = TOGETHER;
        while !left.is_empty() {
            let now: Vec<(String, String)> = left.drain(..left.len().min(together)).collect();
            let mut variables = json!({"organisation": self.organisation});
            for (n, (slug, cursor)) in now.iter().enumerate() {
                variables[format!("s{n}")] = json!(slug);
                variables[format!("a{n}")] = json!(cursor);
            }
            self.context.plan(Source::GitHub, 1);
            let document = further_members(now.len());
            let answer = match self
                .graphql
                .graphql(TEAM_MEMBERS, &document, variables)
                .await
            {
                Err(error) if error.kind == Kind::Heavy && now.len() > 1 => {
                    together = now.len() / 2;
                    left.splice(0..0, now);
                    continue;
                }
                other => other?,
            };
            let organisation = answer.json.pointer("/data/organization");
            for (n, (slug, _)) in now.iter().enumerate() {
                let team = organisation
                    .and_then(|o| o.get(format!("t{n}")))
                    .filter(|t| t.is_object());
                let Some(team) = team else {
                    return Err(CallError::failed(format!(
                        "the team {} is no longer there",
                        crate::collect::words::shown(slug)
                    )));
                };
                let members = team.get("members").and_then(Value::as_object);
                let members =
                    members.ok_or_else(|| CallError::failed("a team came without its members"))?;
                if let Some(cursor) = page_end(members)? {
                    walked.on(TEAM_MEMBERS.name, &format!("{slug}/{cursor}"))?;
                    left.push((slug.clone(), cursor));
                }
                file.put(json!({"data": {"organization": {"team": team}}}))?;
            }
            self.context.page("github_team_member");
        }
        file.finish()
    }
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

    use super::{connection_of, page_end};

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
    }
}
