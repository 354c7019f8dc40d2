//! Tables about the reading itself: what inputs held, which places were read,
//! how complete each table is.

use std::collections::BTreeSet;

use super::sink::{self, Sink};
use crate::dataset::DatasetError;
use crate::dataset::manifest::TableEntry;
use crate::dataset::problem::Problem;
use crate::dataset::writer::{Cell, SnapshotWriter};

pub(in crate::collect) fn incidents(
    sink: &mut Sink<'_>,
    problems: &[Problem],
) -> Result<(), DatasetError> {
    sink.write(
        sink::coverage("input_incident")?,
        problems.iter().map(|p| {
            vec![
                Cell::Text(p.file.clone()),
                Cell::Text(p.position.clone()),
                Cell::Text(p.kind.name().to_owned()),
                Cell::text(p.table.clone()),
                Cell::Text(p.expected.clone()),
                Cell::Text(p.message.clone()),
            ]
        }),
    )
}

pub(in crate::collect) fn places(
    sink: &mut Sink<'_>,
    places: &BTreeSet<(&'static str, String)>,
) -> Result<(), DatasetError> {
    sink.write(
        sink::coverage("collected_place")?,
        places.iter().map(|(table, place)| {
            vec![
                Cell::Text((*table).to_owned()),
                Cell::Text(place.clone()),
                Cell::Text(crate::fold::fold(place)),
            ]
        }),
    )
}

/// The coverage of every table, as a table.
pub(in crate::collect) fn coverage(writer: &mut SnapshotWriter) -> Result<(), DatasetError> {
    let entries: Vec<TableEntry> = writer.entries().values().cloned().collect();
    let number = |n: u64| Cell::int(i64::try_from(n).ok());
    let joined = |list: &[String], by: &str| (!list.is_empty()).then(|| list.join(by));
    let time = |text: Option<&str>| Cell::time(text.and_then(crate::time::parse_time));
    Sink::new(writer).write(
        sink::coverage("coverage")?,
        entries.into_iter().map(|e| {
            let (from, to) = (time(e.as_of.as_deref()), time(e.read_end.as_deref()));
            vec![
                Cell::Text(e.source),
                Cell::Text(e.table),
                Cell::text(joined(&e.scope, ";")),
                Cell::Text(e.state.name().to_owned()),
                number(e.rows),
                number(e.pages),
                number(e.requests),
                number(e.retries),
                Cell::int(e.source_count.and_then(|n| i64::try_from(n).ok())),
                Cell::text(joined(&e.reasons, " ")),
                Cell::text(e.permission_needed),
                from,
                to,
            ]
        }),
    )
}
