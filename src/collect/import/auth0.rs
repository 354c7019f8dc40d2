//! Auth0: clients, connections and the log, from Management API pages.

use super::context::Import;
use super::record::Record;
use super::sink::{Entities, Sink, coverage, settle};
use super::walk::Shape;
use crate::collect::form::{has, has_any};
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::writer::Cell;

const CLIENTS: Shape = Shape {
    paths: &[&["clients"]],
    bare: |m| has(m, "client_id"),
    known: &["client_id"],
};
const CONNECTIONS: Shape = Shape {
    paths: &[&["connections"]],
    bare: |m| has(m, "strategy"),
    known: &["strategy", "name"],
};
const LOGS: Shape = Shape {
    paths: &[&["logs"]],
    bare: |m| has_any(m, &["log_id", "_id"]),
    // Within the envelope of a log stream: beside it stands the id alone.
    known: &["type", "date"],
};

/// Reads every table of the source.
pub(in crate::collect) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DatasetError> {
    table(
        import,
        sink,
        "auth0_client",
        "auth0/clients.json",
        &CLIENTS,
        |r| {
            let id = r.id("client_id")?;
            let name = r.text("name");
            let registered = name.as_ref().map(|n| format!("auth0/{n}"));
            Some((
                id,
                vec![
                    Cell::text(name),
                    Cell::text(r.text("app_type")),
                    Cell::text(registered.clone()),
                    Cell::folded(registered.as_deref()),
                    Cell::Null,
                ],
            ))
        },
    )?;
    table(
        import,
        sink,
        "auth0_connection",
        "auth0/connections.json",
        &CONNECTIONS,
        |r| {
            Some((
                r.id("id")?,
                vec![Cell::text(r.text("name")), Cell::text(r.text("strategy"))],
            ))
        },
    )?;
    table(
        import,
        sink,
        "auth0_log_event",
        "auth0/logs.json",
        &LOGS,
        |r| {
            let id = if r.has("log_id") {
                r.id("log_id")
            } else {
                r.id("_id")
            }?;
            Some((
                id,
                vec![
                    Cell::text(r.text("type")),
                    Cell::time(r.must_time("date")),
                    Cell::text(r.text("description")),
                    Cell::text(r.text("client_name")),
                    Cell::text(r.text("user_name")),
                    Cell::text(r.text("connection")),
                ],
            ))
        },
    )
}

fn table(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    name: &'static str,
    file: &str,
    shape: &Shape,
    row: impl Fn(&mut Record<'_>) -> Option<(String, Vec<Cell>)>,
) -> Result<(), DatasetError> {
    let mut rows: Entities<Vec<Cell>> = Entities::default();
    let mut lost = 0_u64;
    let reading = import.exports.read(
        file,
        name,
        shape,
        &mut |spot, map, shown, problems| match row(&mut Record::new(
            map, spot, shown, name, problems,
        )) {
            Some((id, cells)) => rows.add(id, cells, shown, name, problems),
            None => lost += 1,
        },
    );
    if reading.found {
        import.places.insert((name, String::new()));
    }
    let mut covered = coverage(name)?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        );
    }
    super::sink::counted(&mut covered, &reading, rows.len(), file);
    sink.write(
        covered,
        rows.iter().map(|(id, cells)| {
            let mut row = vec![Cell::Text(id.clone())];
            row.extend(cells.iter().cloned());
            row
        }),
    )
}
