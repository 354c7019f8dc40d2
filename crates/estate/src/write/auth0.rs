//! What people export of Auth0: clients, connections, the log.

use std::path::Path;

use serde_json::{Value, json};

use super::page::{Form, pages};
use crate::build::stamp;
use crate::error::EstateError;
use crate::model::Model;

const AUTH0: Form = Form {
    open: "[",
    more: "]",
    last: "]",
    per_page: usize::MAX,
};

pub(super) fn write(model: &Model, dir: &Path) -> Result<(), EstateError> {
    pages(&dir.join("clients.json"), &AUTH0, clients(model))?;
    pages(&dir.join("connections.json"), &AUTH0, connections(model))?;
    pages(&dir.join("logs.json"), &AUTH0, logs(model))
}

pub(crate) fn clients(model: &Model) -> impl Iterator<Item = Value> + '_ {
    model.auth0_clients.iter().enumerate().map(|(n, name)| {
        json!({"client_id": format!("client{n:04}"), "name": name, "app_type": "regular_web"})
    })
}

/// The broker signs people in through Entra.
pub(crate) fn connections(model: &Model) -> impl Iterator<Item = Value> + '_ {
    (1..=model.auth0_connections).map(|n| {
        let name = match n {
            1 => "entra".to_owned(),
            n => format!("former-{n}"),
        };
        json!({"id": format!("con_{n:016}"), "name": name, "strategy": "waad"})
    })
}

/// Sign-ins of the thirty days that the log is kept, oldest first: more than a
/// search gives.
pub(crate) fn logs(model: &Model) -> impl Iterator<Item = Value> + '_ {
    const EVENTS: i32 = 1_200;
    let first = model.auth0_clients.first();
    first.into_iter().flat_map(|_| 0..EVENTS).map(move |n| {
        json!({
            "log_id": format!("90020{n:012}"),
            "date": stamp(model.as_of - chrono::TimeDelta::minutes(i64::from(36 * (EVENTS - n)))),
            "type": "s",
            "description": null,
            "client_name": first,
            "connection": "entra",
        })
    })
}
