//! Prints an estate as the files that people export, page by page.

pub(super) mod aws;
pub(super) mod entra;
pub(super) mod github;
pub(super) mod registers;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::EstateError;
use super::build::stamp;
use super::model::Model;

pub(super) fn exports(model: &Model, dir: &Path) -> Result<(), EstateError> {
    entra::write(model, &dir.join("entra"))?;
    github::write(model, &dir.join("github"))?;
    aws::write(model, &dir.join("aws"))?;
    pages(&dir.join("auth0/clients.json"), &AUTH0, clients(model))?;
    pages(
        &dir.join("auth0/connections.json"),
        &AUTH0,
        connections(model),
    )?;
    pages(&dir.join("auth0/logs.json"), &AUTH0, logs(model))?;
    let (now, entra) = (stamp(model.as_of), stamp(model.as_of - model.entra_lag));
    let times = format!(
        "entra = {entra}\ngithub = {now}\nidentity_center = {now}\nsecrets_manager = {now}\nauth0 = {now}\n"
    );
    text(&dir.join("exported-at.toml"), &times)
}

pub(super) fn clients(model: &Model) -> impl Iterator<Item = Value> + '_ {
    model.auth0_clients.iter().enumerate().map(|(n, name)| {
        json!({"client_id": format!("client{n:04}"), "name": name, "app_type": "regular_web"})
    })
}

/// The broker signs people in through Entra.
pub(super) fn connections(model: &Model) -> impl Iterator<Item = Value> + '_ {
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
pub(super) fn logs(model: &Model) -> impl Iterator<Item = Value> + '_ {
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

/// How an interface prints a page.
pub(super) struct Form {
    pub open: &'static str,
    /// After the records of a page that has a successor.
    pub more: &'static str,
    /// After the records of the last page.
    pub last: &'static str,
    pub per_page: usize,
}

const AUTH0: Form = Form {
    open: "[",
    more: "]",
    last: "]",
    per_page: usize::MAX,
};

/// Writes records in pages, one document per page, one after the other.
pub(super) fn pages(
    path: &Path,
    form: &Form,
    records: impl Iterator<Item = Value>,
) -> Result<(), EstateError> {
    let mut out = create(path)?;
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    let mut on_page = 0;
    out.write_all(form.open.as_bytes()).map_err(wrong)?;
    for record in records {
        if on_page == form.per_page {
            writeln!(out, "{}", form.more).map_err(wrong)?;
            out.write_all(form.open.as_bytes()).map_err(wrong)?;
            on_page = 0;
        }
        if on_page > 0 {
            out.write_all(b",\n").map_err(wrong)?;
        }
        serde_json::to_writer(&mut out, &record)
            .map_err(std::io::Error::from)
            .map_err(wrong)?;
        on_page += 1;
    }
    writeln!(out, "{}", form.last).map_err(wrong)?;
    out.flush().map_err(wrong)
}

/// Writes documents one after the other.
pub(super) fn documents(
    path: &Path,
    documents: impl Iterator<Item = Value>,
) -> Result<(), EstateError> {
    let mut out = create(path)?;
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    for document in documents {
        serde_json::to_writer(&mut out, &document)
            .map_err(std::io::Error::from)
            .map_err(wrong)?;
        out.write_all(b"\n").map_err(wrong)?;
    }
    out.flush().map_err(wrong)
}

pub(super) fn text(path: &Path, text: &str) -> Result<(), EstateError> {
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    let mut out = create(path)?;
    out.write_all(text.as_bytes()).map_err(wrong)?;
    out.flush().map_err(wrong)
}

fn create(path: &Path) -> Result<BufWriter<File>, EstateError> {
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(wrong)?;
    }
    Ok(BufWriter::new(File::create(path).map_err(wrong)?))
}
