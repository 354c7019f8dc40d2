//! Microsoft Graph v1.0 and the service that gives its tokens: collections with
//! `$select`, `$top` and skip tokens, delta queries, batches, resource units.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Desk;
use super::wire::{Answer, Asked, form_value};
use crate::estate::model::User;
use crate::estate::write::entra;

/// Pages by default and at most.
const DEFAULT: usize = 100;
const MOST: usize = 999;
/// With sign-ins a page is smaller.
const MOST_SIGN_INS: usize = 500;
/// Members and owners on one page of a delta query.
const DELTA_EDGES: usize = 5_000;
/// Objects on one page of a list that is expanded.
const MOST_EXPANDED: usize = 100;
/// An expanded list is cut off here, without a word.
const EXPANDED: usize = 20;
/// Parts of a batch.
const PARTS: usize = 20;

/// Properties that can be selected, by resource.
const PROPERTIES: [(&str, &[&str]); 5] = [
    (
        "users",
        &[
            "id",
            "userPrincipalName",
            "mail",
            "displayName",
            "givenName",
            "surname",
            "accountEnabled",
            "userType",
            "creationType",
            "externalUserState",
            "createdDateTime",
            "employeeLeaveDateTime",
            "deletedDateTime",
            "onPremisesImmutableId",
            "signInActivity",
        ],
    ),
    (
        "groups",
        &[
            "id",
            "displayName",
            "description",
            "createdDateTime",
            "securityEnabled",
            "mailEnabled",
            "groupTypes",
            "membershipRule",
            "onPremisesSyncEnabled",
            "isAssignableToRole",
            "visibility",
            "members",
            "owners",
        ],
    ),
    (
        "applications",
        &[
            "id",
            "appId",
            "displayName",
            "createdDateTime",
            "signInAudience",
            "passwordCredentials",
            "keyCredentials",
            "owners",
        ],
    ),
    (
        "servicePrincipals",
        &[
            "id",
            "appId",
            "displayName",
            "accountEnabled",
            "passwordCredentials",
            "keyCredentials",
        ],
    ),
    ("members", &["id"]),
];

fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({"error": {"code": code, "message": message, "innerError": {"request-id": "00000000-0000-0000-0000-000000000000"}}}),
    )
}

/// The token that the login service gives: nobody signs it, only Graph takes it.
fn token(desk: &Desk) -> String {
    let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let head = part(&json!({"typ": "JWT", "alg": "none"}));
    let body = part(&json!({
        "appid": desk.model.id("client", "countersign"),
        "tid": desk.model.id("tenant", "tenant"),
        "roles": ["GroupMember.Read.All", "User.Read.All", "Application.Read.All", "AuditLog.Read.All", "Directory.Read.All", "User-LifeCycleInfo.Read.All"],
    }));
    format!(
        "{head}.{body}.{}",
        URL_SAFE_NO_PAD.encode(&desk.behaviour.keys.entra)
    )
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(super) fn login(desk: &Desk, asked: &Asked) -> (String, Answer) {
    let operation = "POST /oauth2/v2.0/token".to_owned();
    if asked.method != "POST" || !asked.path().ends_with("/oauth2/v2.0/token") {
        return (operation, error(404, "NotFound", "no such place"));
    }
    let form = String::from_utf8_lossy(&asked.body);
    let secret = form_value(&form, "client_secret");
    let vouched = form_value(&form, "client_assertion").is_some_and(|a| a.split('.').count() == 3);
    let answer = if secret.as_deref() == Some(desk.behaviour.keys.entra.as_str()) || vouched {
        Answer::json(
            200,
            &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token(desk)}),
        )
    } else {
        Answer::json(
            401,
            &json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}),
        )
    };
    (operation, answer)
}

/// What a request costs, and the bucket it is taken from.
fn cost(path: &str, asked: &Asked) -> (&'static str, f64) {
    if path.starts_with("auditLogs/") {
        return ("graph-reports", 1.0);
    }
    let select = asked.query("$select");
    if select
        .as_deref()
        .is_some_and(|s| s.contains("signInActivity"))
    {
        return ("graph-sign-ins", 1.0);
    }
    let base: f64 = match path {
        "users" | "applications" => 2.0,
        p if p.ends_with("/members") => 3.0,
        "directoryObjects/getByIds" => 3.0,
        _ => 1.0,
    };
    let expand = f64::from(u8::from(asked.query("$expand").is_some()));
    let select = f64::from(u8::from(select.is_some()));
    ("graph", (base + expand - select).max(1.0))
}

/// Answers a request to Graph.
pub(super) fn answer(desk: &Desk, asked: &Asked) -> (String, Answer) {
    let Some(path) = asked.path().strip_prefix("/v1.0/") else {
        return (
            format!("{} {}", asked.method, asked.path()),
            error(404, "ResourceNotFound", "no such version"),
        );
    };
    let operation = format!("{} /{}", asked.method, general(path));
    // Its last part is what Graph knows it by, whatever else it says of itself.
    let given = asked.header("authorization");
    let key = URL_SAFE_NO_PAD.encode(&desk.behaviour.keys.entra);
    let known = given
        .and_then(|a| a.strip_prefix("Bearer "))
        .and_then(|token| token.rsplit('.').next())
        .is_some_and(|last| last == key);
    if !known {
        return (
            operation,
            error(
                401,
                "InvalidAuthenticationToken",
                "Access token is missing or invalid.",
            ),
        );
    }
    let (bucket, units) = cost(path, asked);
    if path != "$batch"
        && let Err(seconds) = desk.take(bucket, units)
    {
        return (operation, throttled(seconds));
    }
    let answer = match (asked.method.as_str(), path) {
        ("POST", "$batch") => batch(desk, asked),
        ("GET", _) => get(desk, asked, path),
        _ => error(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        ),
    };
    (operation, answer.with("x-ms-resource-unit", units))
}

fn throttled(seconds: f64) -> Answer {
    error(429, "TooManyRequests", "Too Many Requests")
        .with("retry-after", seconds.ceil().max(1.0))
        .with("x-ms-throttle-scope", "Tenant_Application/Read")
        .with("x-ms-throttle-information", "ResourceUnitLimitExceeded")
}

/// The path without ids, so that faults and counts can name an operation.
fn general(path: &str) -> String {
    let id = |s: &str| s.len() == 36 && s.split('-').count() == 5;
    let parts: Vec<&str> = path
        .split('/')
        .map(|s| if id(s) { "{id}" } else { s })
        .collect();
    parts.join("/")
}

fn get(desk: &Desk, asked: &Asked, path: &str) -> Answer {
    let (model, index) = (&desk.model, &desk.index);
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["users"] => list(desk, asked, "users", index.live.len(), |n| {
            whole(desk, index.live[n])
        }),
        ["directory", "deletedItems", "microsoft.graph.user"] => {
            list(desk, asked, "users", index.deleted.len(), |n| {
                let user = &model.users[index.deleted[n]];
                invited(user, entra::deleted_user(model, user))
            })
        }
        ["groups"] => groups(desk, asked),
        ["groups", "delta"] => delta(desk, asked),
        ["groups", id, which @ ("members" | "owners")] => {
            let Some(group) = index.groups.get(*id).map(|g| &model.groups[*g]) else {
                return error(404, "Request_ResourceNotFound", "Resource does not exist.");
            };
            let all: Vec<Value> = if *which == "members" {
                entra::members(model, group).collect()
            } else {
                entra::owners(model, group).collect()
            };
            list(desk, asked, "members", all.len(), |n| all[n].clone())
        }
        ["groups", id] => match index.groups.get(*id) {
            None => error(404, "Request_ResourceNotFound", "Resource does not exist."),
            Some(group) => Answer::json(200, &entra::group(model, *group)),
        },
        ["applications"] => list(desk, asked, "applications", model.applications.len(), |n| {
            let mut record = entra::application(model, &model.applications[n]);
            match record.get_mut("owners").and_then(Value::as_array_mut) {
                Some(owners)
                    if asked
                        .query("$expand")
                        .is_some_and(|e| e.starts_with("owners")) =>
                {
                    owners.truncate(EXPANDED);
                }
                _ => drop(record.as_object_mut().and_then(|r| r.remove("owners"))),
            }
            record
        }),
        ["applications", id, "owners"] => {
            let Some(application) = index.applications.get(*id).map(|a| &model.applications[*a])
            else {
                return error(404, "Request_ResourceNotFound", "Resource does not exist.");
            };
            let owners = &application.owners;
            list(desk, asked, "members", owners.len(), |n| {
                entra::principal(&model.users[owners[n]])
            })
        }
        ["servicePrincipals"] => list(
            desk,
            asked,
            "servicePrincipals",
            model.applications.len(),
            |n| entra::service_principal(model, &model.applications[n]),
        ),
        ["auditLogs", "directoryAudits"] => {
            let all: Vec<Value> = entra::events(model).collect();
            list(desk, asked, "directoryAudits", all.len(), |n| {
                all[n].clone()
            })
        }
        _ => error(400, "BadRequest", "Resource not found for the segment."),
    }
}

/// A user with what is told of it only where it is selected.
fn whole(desk: &Desk, user: usize) -> Value {
    let user = &desk.model.users[user];
    let mut record = invited(user, entra::user(user));
    record["signInActivity"] = entra::sign_in(&desk.model, user);
    record
}

/// How a guest came in; nobody else was invited.
fn invited(user: &User, mut record: Value) -> Value {
    if user.guest {
        record["creationType"] = json!("Invitation");
        record["externalUserState"] = json!("Accepted");
    }
    record
}

/// Groups, all of them or those whose name starts with a text, in any case.
fn groups(desk: &Desk, asked: &Asked) -> Answer {
    let model = &desk.model;
    let Some(filter) = asked.query("$filter") else {
        return list(desk, asked, "groups", entra::group_count(model), |n| {
            entra::group(model, n)
        });
    };
    let Some(start) = filter
        .strip_prefix("startswith(displayName,'")
        .and_then(|f| f.strip_suffix("')"))
    else {
        return error(400, "Request_UnsupportedQuery", "Unsupported Query.");
    };
    let start = start.replace("''", "'").to_lowercase();
    let found: Vec<usize> = (0..model.groups.len())
        .filter(|n| model.groups[*n].name.to_lowercase().starts_with(&start))
        .collect();
    list(desk, asked, "groups", found.len(), |n| {
        entra::group(model, found[n])
    })
}

/// One page of a collection.
fn list(
    desk: &Desk,
    asked: &Asked,
    kind: &str,
    count: usize,
    item: impl Fn(usize) -> Value,
) -> Answer {
    let select: Option<Vec<String>> = asked
        .query("$select")
        .map(|s| s.split(',').map(|p| p.trim().to_owned()).collect());
    let known = PROPERTIES.iter().find(|p| p.0 == kind).map(|p| p.1);
    if let (Some(select), Some(known)) = (&select, known)
        && let Some(odd) = select.iter().find(|s| !known.contains(&s.as_str()))
    {
        let message =
            format!("Could not find a property named '{odd}' on type 'microsoft.graph.{kind}'.");
        return error(400, "BadRequest", &message);
    }
    let signs = select
        .as_ref()
        .is_some_and(|s| s.iter().any(|p| p == "signInActivity"));
    let most = if signs { MOST_SIGN_INS } else { MOST };
    let top = match asked.query("$top").map(|t| t.parse::<usize>()) {
        None => DEFAULT,
        Some(Ok(top)) if (1..=most).contains(&top) => top,
        Some(_) => return error(400, "Request_BadRequest", "Invalid page size specified."),
    };
    // Whatever is asked for, expanded objects come a hundred a page.
    let top = match asked.query("$expand") {
        Some(_) => top.min(MOST_EXPANDED),
        None => top,
    };
    let from = match asked.query("$skiptoken").map(|t| t.parse::<usize>()) {
        None => 0,
        Some(Ok(from)) => from,
        Some(Err(_)) => {
            return error(
                400,
                "Directory_ExpiredPageToken",
                "The specified page token is invalid.",
            );
        }
    };
    let end = (from + top).min(count);
    let items: Vec<Value> = (from..end)
        .map(|n| selected(item(n), select.as_deref()))
        .collect();
    let base = desk.base("graph");
    let mut page = Map::new();
    page.insert(
        "@odata.context".to_owned(),
        json!(format!("{base}/v1.0/$metadata#{kind}")),
    );
    if end < count {
        page.insert(
            "@odata.nextLink".to_owned(),
            json!(further(&base, asked, end)),
        );
    }
    page.insert("value".to_owned(), Value::Array(items));
    Answer::json(200, &Value::Object(page))
}

/// The same request with another skip token.
fn further(base: &str, asked: &Asked, from: usize) -> String {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|p| {
            !p.is_empty() && !p.starts_with("%24skiptoken=") && !p.starts_with("$skiptoken=")
        })
        .collect();
    format!(
        "{base}{path}?{}{}$skiptoken={from}",
        kept.join("&"),
        if kept.is_empty() { "" } else { "&" }
    )
}

fn selected(item: Value, select: Option<&[String]>) -> Value {
    let (Some(select), Value::Object(mut map)) = (select, item.clone()) else {
        return item;
    };
    map.retain(|key, _| key.starts_with('@') || key == "owners" || select.iter().any(|s| s == key));
    for name in select {
        if !map.contains_key(name) && name != "members" && name != "owners" {
            map.insert(name.clone(), Value::Null);
        }
    }
    Value::Object(map)
}

/// Members and owners of up to fifty groups, in pages, with a token at the end.
fn delta(desk: &Desk, asked: &Asked) -> Answer {
    if !desk.behaviour.delta {
        return error(
            400,
            "Request_UnsupportedQuery",
            "Delta queries are not supported here.",
        );
    }
    let filter = asked.query("$filter").unwrap_or_default();
    let ids: Vec<&str> = filter
        .split(" or ")
        .filter_map(|p| p.strip_prefix("id eq '")?.strip_suffix('\''))
        .collect();
    if ids.is_empty() || ids.len() > 50 {
        return error(
            400,
            "Request_UnsupportedQuery",
            "A filter names one to fifty ids.",
        );
    }
    let model = &desk.model;
    let (mut group_at, mut edge_at) = match asked.query("$skiptoken") {
        None => (0, 0),
        Some(token) => match token
            .split_once('.')
            .map(|(g, e)| (g.parse::<usize>(), e.parse::<usize>()))
        {
            Some((Ok(g), Ok(e))) => (g, e),
            _ => {
                return error(
                    410,
                    "syncStateNotFound",
                    "The sync state generation is not found.",
                );
            }
        },
    };
    let mut room = DELTA_EDGES;
    let mut value = Vec::new();
    while let Some(id) = ids.get(group_at) {
        let Some(group) = desk.index.groups.get(*id).map(|g| &model.groups[*g]) else {
            (group_at, edge_at) = (group_at + 1, 0);
            continue;
        };
        if room == 0 {
            break;
        }
        let members = entra::members(model, group).map(|m| ("members@delta", m));
        let owners = entra::owners(model, group).map(|o| ("owners@delta", o));
        let all: Vec<(&str, Value)> = members.chain(owners).collect();
        let end = (edge_at + room).min(all.len());
        let mut record = json!({
            "id": id,
            "displayName": group.name,
            "createdDateTime": crate::estate::build::stamp(group.created),
        });
        for (key, edge) in &all[edge_at.min(end)..end] {
            if record.get(*key).is_none() {
                record[*key] = json!([]);
            }
            if let Some(list) = record[*key].as_array_mut() {
                list.push(edge.clone());
            }
        }
        value.push(record);
        room = room
            .saturating_sub(end - edge_at.min(end))
            .min(room - usize::from(all.is_empty()).min(room));
        if end < all.len() {
            edge_at = end;
            break;
        }
        (group_at, edge_at) = (group_at + 1, 0);
    }
    let base = desk.base("graph");
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|p| !p.starts_with("$skiptoken="))
        .collect();
    let link = format!("{base}{path}?{}", kept.join("&"));
    let mut page =
        json!({"@odata.context": format!("{base}/v1.0/$metadata#groups"), "value": value});
    if group_at < ids.len() {
        page["@odata.nextLink"] = json!(format!("{link}&$skiptoken={group_at}.{edge_at}"));
    } else {
        page["@odata.deltaLink"] = json!(format!("{link}&$deltatoken=latest"));
    }
    Answer::json(200, &page)
}

/// Up to twenty requests in one: each has its own status and its own cost.
fn batch(desk: &Desk, asked: &Asked) -> Answer {
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let requests = body
        .get("requests")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if requests.is_empty() || requests.len() > PARTS {
        return error(400, "BadRequest", "A batch holds one to twenty requests.");
    }
    let mut responses = Vec::new();
    for request in &requests {
        let text = |key: &str| request.get(key).and_then(Value::as_str).unwrap_or_default();
        let part = Asked {
            method: text("method").to_owned(),
            target: format!("/v1.0/{}", text("url").trim_start_matches('/')),
            headers: asked.headers.clone(),
            body: Vec::new(),
        };
        let (_, answer) = self::answer(desk, &part);
        let headers: Map<String, Value> = answer
            .headers
            .iter()
            .map(|(name, value)| {
                let name = if name == "retry-after" {
                    "Retry-After"
                } else {
                    name
                };
                (name.to_owned(), json!(value))
            })
            .collect();
        responses.push(json!({
            "id": text("id"),
            "status": answer.status,
            "headers": headers,
            "body": serde_json::from_slice::<Value>(&answer.body).unwrap_or_default(),
        }));
    }
    Answer::json(200, &json!({"responses": responses}))
}
