//! The Management API of Auth0 and its tokens.

use serde_json::{Value, json};

use super::desk::Desk;
use super::wire::{Answer, Asked, form_value};
use crate::write;

const SCOPE: &str = "read:clients read:connections read:logs";

fn error(status: u16, kind: &str, text: &str) -> Answer {
    Answer::json(
        status,
        &json!({"statusCode": status, "error": kind, "message": text, "errorCode": "simulated"}),
    )
}

fn token(desk: &Desk) -> String {
    format!("management-{}", desk.behaviour.keys.auth0)
}

/// Answers a request to the tenant.
pub(super) fn answer(desk: &Desk, asked: &Asked) -> (String, Answer) {
    let operation = format!("{} {}", asked.method, asked.path());
    if asked.method == "POST" && asked.path() == "/oauth/token" {
        return (operation, exchange(desk, asked));
    }
    let operation = operation.replace("/api/v2", "");
    // A token may be signed: what it says of itself is then of its own making.
    let shown = asked
        .header("authorization")
        .and_then(|a| a.strip_prefix("Bearer "))
        .and_then(|t| t.rsplit('.').next());
    if shown != Some(token(desk).as_str()) {
        return (operation, error(401, "Unauthorized", "Invalid token"));
    }
    if let Err(seconds) = desk.take("auth0", 1.0) {
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a bucket")]
        let reset = desk.time().timestamp() + (seconds.ceil() as i64).max(1);
        let refused = error(429, "Too Many Requests", "Global limit has been reached");
        return (
            operation,
            limits(refused, 0).with("x-ratelimit-reset", reset),
        );
    }
    let model = &desk.model;
    let answer = match (asked.method.as_str(), asked.path()) {
        ("GET", "/api/v2/clients") => {
            clients(asked, &write::auth0::clients(model).collect::<Vec<_>>())
        }
        ("GET", "/api/v2/connections") => {
            let all: Vec<Value> = write::auth0::connections(model).collect();
            checkpoint(asked, &all, "id", "connections")
        }
        ("GET", "/api/v2/logs") => {
            let all: Vec<Value> = write::auth0::logs(model).collect();
            logs(desk, asked, &all)
        }
        _ => error(404, "Not Found", "Not Found"),
    };
    (operation, limits(answer, 1))
}

fn limits(answer: Answer, left: u64) -> Answer {
    answer
        .with("x-ratelimit-limit", 50)
        .with("x-ratelimit-remaining", left)
}

fn exchange(desk: &Desk, asked: &Asked) -> Answer {
    let body = String::from_utf8_lossy(&asked.body).into_owned();
    let json: Value = serde_json::from_str(&body).unwrap_or_default();
    let field = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .or_else(|| form_value(&body, name))
    };
    let vouched = field("client_assertion").is_some_and(|a| a.split('.').count() == 3);
    if field("client_secret").as_deref() != Some(desk.behaviour.keys.auth0.as_str()) && !vouched {
        return Answer::json(
            401,
            &json!({"error": "access_denied", "error_description": "Unauthorized"}),
        );
    }
    Answer::json(
        200,
        &json!({"access_token": token(desk), "token_type": "Bearer", "expires_in": 86400, "scope": SCOPE}),
    )
}

/// Pages by number; what is not asked for by name is left out.
fn clients(asked: &Asked, all: &[Value]) -> Answer {
    let number = |name: &str| asked.query(name).and_then(|t| t.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(50).clamp(1, 100);
    let from = (number("page").unwrap_or(0) * per_page).min(all.len());
    let end = (from + per_page).min(all.len());
    let list: Vec<Value> = all[from..end].iter().map(|c| named(asked, c)).collect();
    if asked.query("include_totals").as_deref() == Some("true") {
        let page = json!({"start": from, "limit": per_page, "length": list.len(), "total": all.len(), "clients": list});
        return Answer::json(200, &page);
    }
    Answer::json(200, &Value::Array(list))
}

/// Pages by the id after which they begin.
fn checkpoint(asked: &Asked, all: &[Value], id: &str, key: &str) -> Answer {
    let (from, end) = match span(asked, all, id) {
        Ok(span) => span,
        Err(refused) => return refused,
    };
    let list: Vec<Value> = all[from..end].iter().map(|r| named(asked, r)).collect();
    let mut page = json!({});
    if end < all.len() {
        page["next"] = all[end - 1][id].clone();
    }
    page[key] = Value::Array(list);
    Answer::json(200, &page)
}

/// Begin and end of the page after the record that the query names.
fn span(asked: &Asked, all: &[Value], id: &str) -> Result<(usize, usize), Answer> {
    let take = asked
        .query("take")
        .and_then(|t| t.parse::<usize>().ok())
        .unwrap_or(50)
        .clamp(1, 100);
    let from = match asked.query("from") {
        None => 0,
        Some(after) => match all
            .iter()
            .position(|r| r[id].as_str() == Some(after.as_str()))
        {
            Some(at) => at + 1,
            None => {
                return Err(error(
                    400,
                    "Bad Request",
                    "Query validation error: 'from' is not known",
                ));
            }
        },
    };
    let end = (from + take).min(all.len());
    Ok((from.min(end), end))
}

/// The log, which lies oldest first. With `from` it goes on after that record, and
/// on, until a page is empty; without it this is a search, newest first, whose
/// `take` means nothing and which ends at a thousand.
fn logs(desk: &Desk, asked: &Asked, all: &[Value]) -> Answer {
    const MOST: usize = 1_000;
    if asked.query("from").is_some() {
        let (from, end) = match span(asked, all, "log_id") {
            Ok(span) => span,
            Err(refused) => return refused,
        };
        let list: Vec<Value> = all[from..end].iter().map(|r| named(asked, r)).collect();
        let answer = Answer::json(200, &Value::Array(list));
        if from == end {
            return answer;
        }
        let after = all[end - 1]["log_id"].as_str().unwrap_or_default();
        let take = asked.query("take").unwrap_or_else(|| "50".to_owned());
        let link = format!(
            "<{}/api/v2/logs?from={after}&take={take}>; rel=\"next\"",
            desk.base("auth0")
        );
        return answer.with("link", link);
    }
    let number = |name: &str| asked.query(name).and_then(|t| t.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(50).clamp(1, 100);
    let from = number("page").unwrap_or(0).saturating_mul(per_page);
    if from >= MOST {
        return error(
            400,
            "Bad Request",
            "You can only page through the first 1000 records",
        );
    }
    let oldest_first = asked.query("sort").as_deref() == Some("date:1");
    let found: Vec<&Value> = if oldest_first {
        all.iter().take(MOST).collect()
    } else {
        all.iter().rev().take(MOST).collect()
    };
    let page = found.into_iter().skip(from).take(per_page);
    Answer::json(200, &Value::Array(page.map(|r| named(asked, r)).collect()))
}

/// The fields that the query names.
fn named(asked: &Asked, record: &Value) -> Value {
    let Some(fields) = asked.query("fields") else {
        return record.clone();
    };
    let mut record = record.clone();
    if let Some(map) = record.as_object_mut() {
        map.retain(|key, _| fields.split(',').any(|f| f == key));
    }
    record
}
