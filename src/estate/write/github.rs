//! Answers of GitHub: GraphQL for people and teams, REST for the rest.

use std::path::Path;

use serde_json::{Value, json};

use super::{Form, documents, pages};
use crate::estate::EstateError;
use crate::estate::build::stamp;
use crate::estate::model::{GitHubEvent, Model};

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
    let teams = model.teams.iter().map(|team| {
        let edges: Vec<Value> = team
            .members
            .iter()
            .map(|m| json!({"role": "MEMBER", "node": {"login": model.logins[*m].login}}))
            .collect();
        let parent = team.parent.map(|p| json!({"slug": model.teams[p].slug}));
        json!({
            "slug": team.slug,
            "name": team.slug.replace('-', " "),
            "privacy": "VISIBLE",
            "createdAt": stamp(team.created),
            "parentTeam": parent,
            "members": {
                "totalCount": edges.len(),
                "edges": edges,
                "pageInfo": {"hasNextPage": false, "endCursor": null},
            },
        })
    });
    pages(&dir.join("teams.json"), &TEAMS, teams)?;
    let members = model.logins.iter().map(|l| {
        json!({"role": "MEMBER", "hasTwoFactorEnabled": l.two_factor, "node": {"login": l.login}})
    });
    pages(&dir.join("members.json"), &MEMBERS, members)?;
    let identities = model
        .logins
        .iter()
        .enumerate()
        .take(model.size.people)
        .map(|(n, l)| {
            json!({
                "user": {"login": l.login},
                "samlIdentity": {"nameId": model.users[n].principal},
            })
        });
    pages(&dir.join("saml-identities.json"), &IDENTITIES, identities)?;
    let secrets: Vec<Value> = model
        .github_secrets
        .iter()
        .map(|(name, updated)| {
            json!({
                "name": name,
                "created_at": stamp(model.days_ago(700)),
                "updated_at": stamp(*updated),
                "visibility": "private",
            })
        })
        .collect();
    let answer = json!({"total_count": secrets.len(), "secrets": secrets});
    documents(&dir.join("org-secrets.json"), std::iter::once(answer))?;
    let events = model.github_events.iter().enumerate().map(event);
    pages(&dir.join("audit-log.json"), &EVENTS, events)
}

fn event((n, event): (usize, &GitHubEvent)) -> Value {
    json!({
        "action": event.action,
        "_document_id": format!("document-{n}"),
        "@timestamp": event.at.timestamp_millis(),
        "actor": "an-owner",
        "user": event.login,
        "team": format!("example-org/{}", event.team),
    })
}
