//! Answers of GitHub: GraphQL for people and teams, REST for the rest.

use std::path::Path;

use serde_json::{Value, json};

use super::page::{Form, documents, pages};
use crate::build::stamp;
use crate::error::EstateError;
use crate::model::{GitHubEvent, Login, Model, Team, Token};

const TEAMS: Form = Form {
    open: "{\"data\":{\"organization\":{\"teams\":{\"nodes\":[",
    more: "],\"pageInfo\":{\"hasNextPage\":true,\"endCursor\":\"next\"}}}}}",
    last: "],\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}}}}}",
    per_page: 50,
};
const MEMBERS: Form = Form {
    open: "{\"data\":{\"organization\":{\"membersWithRole\":{\"edges\":[",
    per_page: 100,
    ..TEAMS
};
const IDENTITIES: Form = Form {
    open: "{\"data\":{\"organization\":{\"samlIdentityProvider\":{\"externalIdentities\":{\"nodes\":[",
    more: "],\"pageInfo\":{\"hasNextPage\":true,\"endCursor\":\"next\"}}}}}}",
    last: "],\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}}}}}}",
    per_page: 100,
};
/// One page of REST; a further page is a further document.
const EVENTS: Form = Form {
    open: "[",
    more: "]",
    last: "]",
    per_page: 100,
};

pub(super) fn write(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let teams = model.teams.iter().map(|t| team(model, t, usize::MAX));
    pages(&dir.join("teams.json"), &TEAMS, teams)?;
    let members = model.logins.iter().map(member);
    pages(&dir.join("members.json"), &MEMBERS, members)?;
    let identities = (0..identity_count(model)).map(|n| identity(model, n));
    pages(&dir.join("saml-identities.json"), &IDENTITIES, identities)?;
    let secrets: Vec<Value> = secrets(model).collect();
    let answer = json!({"total_count": secrets.len(), "secrets": secrets});
    documents(&dir.join("org-secrets.json"), std::iter::once(answer))?;
    let none = json!({"total_count": 0, "installations": []});
    documents(&dir.join("installations.json"), std::iter::once(none))?;
    let file = dir.join("personal-access-tokens.json");
    pages(&file, &EVENTS, model.tokens.iter().map(token))?;
    let file = dir.join("outside-collaborators.json");
    pages(&file, &EVENTS, std::iter::empty())?;
    let events = model.github_events.iter().enumerate().map(event);
    pages(&dir.join("audit-log.json"), &EVENTS, events)
}

/// A team with the first of its members.
pub(crate) fn team(model: &Model, team: &Team, first: usize) -> Value {
    let parent = team.parent.map(|p| json!({"slug": model.teams[p].slug}));
    json!({
        "slug": team.slug,
        "name": team.slug.replace('-', " "),
        "privacy": "VISIBLE",
        "createdAt": stamp(team.created),
        "parentTeam": parent,
        "members": team_members(model, team, 0, first),
    })
}

/// A page of the members of a team.
pub(crate) fn team_members(model: &Model, team: &Team, from: usize, first: usize) -> Value {
    let edges: Vec<Value> = team
        .members
        .iter()
        .skip(from)
        .take(first)
        .map(|m| json!({"role": "MEMBER", "node": {"login": model.logins[*m].login}}))
        .collect();
    let end = from + edges.len();
    let further = end < team.members.len();
    json!({
        "totalCount": team.members.len(),
        "edges": edges,
        "pageInfo": {"hasNextPage": further, "endCursor": further.then(|| end.to_string())},
    })
}

pub(crate) fn member(l: &Login) -> Value {
    json!({"role": "MEMBER", "hasTwoFactorEnabled": l.two_factor, "node": {"login": l.login}})
}

pub(crate) fn identity_count(model: &Model) -> usize {
    model.logins.len()
}

pub(crate) fn identity(model: &Model, n: usize) -> Value {
    let linked = !model.unlinked.contains(&n);
    json!({
        "user": linked.then(|| json!({"login": model.logins[n].login})),
        "samlIdentity": {"nameId": model.person(n).principal},
    })
}

pub(crate) fn secrets(model: &Model) -> impl Iterator<Item = Value> + '_ {
    model.github_secrets.iter().map(|(name, updated)| {
        json!({
            "name": name,
            "created_at": stamp(model.days_ago(700)),
            "updated_at": stamp(*updated),
            "visibility": "private",
        })
    })
}

/// A token as its list shows it: never a value.
pub(crate) fn token(token: &Token) -> Value {
    json!({
        "id": token.id,
        "owner": {"login": token.login},
        "repository_selection": "all",
        "access_granted_at": stamp(token.created),
        "token_id": token.id,
        "token_name": token.name,
        "token_expired": false,
        "token_expires_at": stamp(token.expires),
        "token_last_used_at": stamp(token.used),
    })
}

pub(crate) fn event((n, event): (usize, &GitHubEvent)) -> Value {
    json!({
        "action": event.action,
        "_document_id": format!("document-{n}"),
        "@timestamp": event.at.timestamp_millis(),
        "actor": "an-owner",
        "user": event.login,
        "team": format!("example-org/{}", event.team),
    })
}
