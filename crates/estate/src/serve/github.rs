//! GitHub: GraphQL connections with cursors, REST lists with `Link` headers,
//! the exchange of an app's key for a token, and the headers of its limits.

use serde_json::{Value, json};

use super::desk::Desk;
use super::wire::{Answer, Asked};
use crate::model::Model;
use crate::write::github as shape;

/// Requests of an hour, as the headers announce them.
const HOURLY: u64 = 15_000;
/// Objects of a page at most.
const MOST: usize = 100;
const ORGANISATION: &str = "example-org";

fn message(status: u16, text: &str) -> Answer {
    Answer::json(
        status,
        &json!({"message": text, "documentation_url": "https://docs.github.com/rest", "status": status.to_string()}),
    )
}

/// Answers a request to GitHub.
pub(super) fn answer(desk: &Desk, asked: &Asked) -> (String, Answer) {
    let path = asked.path().trim_start_matches('/');
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let operation = operation(asked, path, &body);
    if let Some(answer) = installation(desk, asked, path) {
        return (operation, answer);
    }
    let expected = format!("Bearer {}", desk.behaviour.keys.github);
    if asked.header("authorization") != Some(expected.as_str()) {
        return (operation, message(401, "Bad credentials"));
    }
    let resource = if path == "graphql" { "graphql" } else { "core" };
    if let Err(seconds) = desk.take("github", 1.0) {
        let refused = message(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        );
        return (
            operation,
            refused.with("retry-after", seconds.ceil().max(1.0)),
        );
    }
    let answer = match (asked.method.as_str(), path) {
        ("POST", "graphql") => graphql(&desk.model, desk, &body),
        ("GET", _) => rest(desk, asked, path),
        _ => message(404, "Not Found"),
    };
    let used = desk.count("github");
    let reset = desk.time().timestamp() + 3600;
    let answer = answer
        .with("x-ratelimit-limit", HOURLY)
        .with("x-ratelimit-used", used)
        .with("x-ratelimit-remaining", HOURLY.saturating_sub(used))
        .with("x-ratelimit-reset", reset)
        .with("x-ratelimit-resource", resource);
    (operation, answer)
}

/// The operation without names, so that faults and counts can name it.
fn operation(asked: &Asked, path: &str, body: &Value) -> String {
    if path == "graphql" {
        let document = body
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return document
            .split(['(', '{'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
    }
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["orgs", _, rest @ ..] => format!("{} /orgs/{{org}}/{}", asked.method, rest.join("/")),
        ["repos", _, _, rest @ ..] => {
            format!("{} /repos/{{repo}}/{}", asked.method, rest.join("/"))
        }
        ["app", "installations", _] => format!("{} /app/installations/{{id}}", asked.method),
        ["app", "installations", _, rest @ ..] => format!(
            "{} /app/installations/{{id}}/{}",
            asked.method,
            rest.join("/")
        ),
        _ => format!("{} /{path}", asked.method),
    }
}

/// What the installation of an app was granted.
const GRANTED: [(&str, &str); 5] = [
    ("members", "read"),
    ("organization_administration", "read"),
    ("organization_secrets", "write"),
    ("administration", "read"),
    ("metadata", "read"),
];

/// An installation, or a token of it, for whoever shows a statement that is signed.
fn installation(desk: &Desk, asked: &Asked, path: &str) -> Option<Answer> {
    let rest = path.strip_prefix("app/installations/")?;
    let signed = asked
        .header("authorization")
        .and_then(|a| a.strip_prefix("Bearer "))
        .is_some_and(|t| t.split('.').count() == 3);
    if !signed {
        return Some(message(401, "A JSON web token could not be decoded"));
    }
    let granted: Value = GRANTED
        .iter()
        .map(|(name, level)| ((*name).to_owned(), json!(level)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    match (asked.method.as_str(), rest.ends_with("/access_tokens")) {
        ("GET", false) => {
            let installation = json!({"id": 1, "app_slug": "auditor", "permissions": granted});
            return Some(Answer::json(200, &installation));
        }
        ("POST", true) => {}
        _ => return Some(message(404, "Not Found")),
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let asked_for = body.get("permissions").and_then(Value::as_object);
    let beyond = asked_for.is_some_and(|a| a.keys().any(|k| granted.get(k).is_none()));
    if beyond {
        return Some(message(
            422,
            "The permissions requested are not granted to this installation.",
        ));
    }
    let ends = desk.time() + chrono::TimeDelta::hours(1);
    Some(Answer::json(
        201,
        &json!({
            "token": desk.behaviour.keys.github,
            "expires_at": crate::build::stamp(ends),
            "permissions": asked_for,
            "repository_selection": "all",
        }),
    ))
}

/// Part of a list and where it goes on.
fn part(count: usize, variables: &Value) -> Result<(usize, usize), String> {
    let first = variables
        .get("first")
        .and_then(Value::as_u64)
        .unwrap_or(MOST as u64);
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    if first == 0 || first > MOST {
        return Err(format!(
            "Requesting {first} records on the connection exceeds the limit of 100 records."
        ));
    }
    let after = match variables.get("after") {
        None | Some(Value::Null) => 0,
        Some(v) => v
            .as_str()
            .and_then(|t| t.parse().ok())
            .ok_or("`after` is no cursor of this connection")?,
    };
    Ok((after, (after + first).min(count)))
}

fn connection(count: usize, end: usize, key: &str, items: Vec<Value>) -> Value {
    let further = end < count;
    let mut connection = json!({
        "totalCount": count,
        "pageInfo": {"hasNextPage": further, "endCursor": further.then(|| end.to_string())},
    });
    connection[key] = Value::Array(items);
    connection
}

fn graphql(model: &Model, desk: &Desk, body: &Value) -> Answer {
    let document = body
        .get("query")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let empty = Value::Null;
    let variables = body.get("variables").unwrap_or(&empty);
    if variables.get("organisation").and_then(Value::as_str) != Some(ORGANISATION) {
        return refused(
            "NOT_FOUND",
            "Could not resolve to an Organization with that login.",
        );
    }
    let name = document.split(['(', '{']).next().unwrap_or_default().trim();
    let organization = match name {
        "query Teams" => part(model.teams.len(), variables).map(|(from, end)| {
            let teams = model.teams[from.min(end)..end]
                .iter()
                .map(|t| shape::team(model, t, MOST))
                .collect();
            json!({"teams": connection(model.teams.len(), end, "nodes", teams)})
        }),
        "query Members" => part(model.logins.len(), variables).map(|(from, end)| {
            let members = model.logins[from.min(end)..end]
                .iter()
                .map(shape::member)
                .collect();
            json!({"membersWithRole": connection(model.logins.len(), end, "edges", members)})
        }),
        "query Identities" => {
            let count = shape::identity_count(model);
            part(count, variables).map(|(from, end)| {
                let nodes = (from.min(end)..end).map(|n| shape::identity(model, n)).collect();
                json!({"samlIdentityProvider": {"externalIdentities": connection(count, end, "nodes", nodes)}})
            })
        }
        "query TeamMembers" => Ok(further_members(model, desk, variables)),
        _ => Err("the document is not one that is simulated".to_owned()),
    };
    let organization = organization.map(|mut o| {
        if name != "query TeamMembers" {
            o["viewerCanAdminister"] = json!(true);
            o["viewerIsAMember"] = json!(true);
        }
        o
    });
    match organization {
        Ok(organization) => Answer::json(200, &json!({"data": {"organization": organization}})),
        Err(why) => refused("ARGUMENT_LIMIT", &why),
    }
}

fn refused(kind: &str, text: &str) -> Answer {
    Answer::json(
        200,
        &json!({"data": {"organization": null}, "errors": [{"type": kind, "path": ["organization"], "message": text}]}),
    )
}

/// Members beyond the first hundred, of several teams at once.
fn further_members(model: &Model, desk: &Desk, variables: &Value) -> Value {
    let mut answer = json!({});
    for n in 0.. {
        let Some(slug) = variables.get(format!("s{n}")).and_then(Value::as_str) else {
            break;
        };
        let from = variables
            .get(format!("a{n}"))
            .and_then(Value::as_str)
            .and_then(|t| t.parse().ok());
        answer[format!("t{n}")] = match desk.index.teams.get(slug) {
            None => Value::Null,
            Some(team) => {
                let members =
                    shape::team_members(model, &model.teams[*team], from.unwrap_or(0), MOST);
                json!({"slug": slug, "members": members})
            }
        };
    }
    answer
}

fn rest(desk: &Desk, asked: &Asked, path: &str) -> Answer {
    let model = &desk.model;
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["orgs", ORGANISATION, "actions", "secrets"] => {
            let all: Vec<Value> = shape::secrets(model).collect();
            page(desk, asked, all.len(), Some("secrets"), |n| all[n].clone())
        }
        ["orgs", ORGANISATION, "personal-access-tokens"] => {
            page(desk, asked, model.tokens.len(), None, |n| {
                shape::token(&model.tokens[n])
            })
        }
        ["orgs", ORGANISATION, "outside_collaborators"] => {
            page(desk, asked, 0, None, |_| Value::Null)
        }
        ["orgs", ORGANISATION, "installations"] => {
            page(desk, asked, 0, Some("installations"), |_| Value::Null)
        }
        ["orgs", ORGANISATION, "audit-log"] => {
            let all: Vec<Value> = model
                .github_events
                .iter()
                .enumerate()
                .map(shape::event)
                .collect();
            page(desk, asked, all.len(), None, |n| all[n].clone())
        }
        ["repos", ORGANISATION, _, "actions", "secrets"] => {
            page(desk, asked, 0, Some("secrets"), |_| Value::Null)
        }
        ["repos", ORGANISATION, _, "keys"] => page(desk, asked, 0, None, |_| Value::Null),
        _ => message(404, "Not Found"),
    }
}

/// A page of a list, with links to the one after it.
fn page(
    desk: &Desk,
    asked: &Asked,
    count: usize,
    key: Option<&str>,
    item: impl Fn(usize) -> Value,
) -> Answer {
    let number = |name: &str| asked.query(name).and_then(|t| t.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(30).clamp(1, MOST);
    let at = number("page").unwrap_or(1).max(1);
    let from = ((at - 1) * per_page).min(count);
    let end = (from + per_page).min(count);
    let items: Vec<Value> = (from..end).map(item).collect();
    let body = match key {
        None => Value::Array(items),
        Some(key) => {
            let mut body = json!({"total_count": count});
            body[key] = Value::Array(items);
            body
        }
    };
    let answer = Answer::json(200, &body);
    if end >= count {
        return answer;
    }
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("page="))
        .collect();
    let link = |n: usize| {
        format!(
            "<{}{path}?{}&page={n}>",
            desk.base("github"),
            kept.join("&")
        )
    };
    let last = count.div_ceil(per_page);
    answer.with(
        "link",
        format!(
            "{}; rel=\"next\", {}; rel=\"last\"",
            link(at + 1),
            link(last)
        ),
    )
}
