//! The population: every table of the snapshot as typed CSV, and the counts
//! that must agree from the source to the file.

use polars::prelude::{DataFrame, Engine, HiveOptions, LazyFrame, ScanArgsParquet};

use super::super::ReportError;
use super::material::Material;
use super::package::Resource;
use super::stage::Stage;
use super::typed::{self, Field};
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::manifest::TableEntry;
use crate::dataset::schema::{Table, table};
use crate::dataset::settings::{self, column};

/// Rows that are held at a time.
const CHUNK: u64 = 1 << 17;

/// A table of the snapshot and what came of it here.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) table: String,
    pub(super) source: String,
    pub(super) state: State,
    pub(super) why: String,
    pub(super) source_count: Option<u64>,
    pub(super) read: u64,
    pub(super) excluded: u64,
    pub(super) reasons: String,
    pub(super) stored: u64,
    /// Rows in the file; `None` where there is no file, because nothing was read.
    pub(super) exported: Option<u64>,
    pub(super) file: Option<String>,
}

impl Counted {
    /// Whether every count agrees; `None` where not everything was read.
    pub(super) fn reconciles(&self) -> Option<bool> {
        let agree = self.read == self.stored + self.excluded
            && self.source_count.is_none_or(|n| n == self.read)
            && self.exported == Some(self.stored);
        (self.state == State::Complete).then_some(agree)
    }
}

/// Writes the tables and their counts.
pub(super) fn write(
    stage: &mut Stage,
    material: &Material<'_>,
) -> Result<(Vec<Counted>, Vec<Resource>), ReportError> {
    let mut counts = Vec::new();
    let mut resources = Vec::new();
    for entry in &material.manifest.tables {
        let Some(known) = table(&entry.table) else {
            continue;
        };
        // A table that nothing was read of gets no file: an empty one would say
        // that there is nothing.
        let none = entry.state != State::Complete && entry.rows == 0;
        let resource = if none {
            None
        } else {
            Some(one(stage, material, entry, known)?)
        };
        counts.push(Counted {
            table: entry.table.clone(),
            source: entry.source.clone(),
            state: entry.state,
            why: entry.reasons.join(" "),
            source_count: entry.source_count,
            read: entry.read,
            excluded: entry.excluded.values().sum(),
            reasons: entry
                .excluded
                .iter()
                .map(|(why, n)| format!("{n} {why}"))
                .collect::<Vec<_>>()
                .join("; "),
            stored: entry.rows,
            exported: resource.as_ref().map(|r| r.rows),
            file: resource.as_ref().map(|r| r.path.clone()),
        });
        resources.extend(resource);
    }
    point(&mut resources);
    resources.insert(0, index(stage, &counts)?);
    Ok((counts, resources))
}

fn one(
    stage: &mut Stage,
    material: &Material<'_>,
    entry: &TableEntry,
    known: &Table,
) -> Result<Resource, ReportError> {
    let complete = entry.state == State::Complete;
    let path = if complete {
        format!("population/{}.csv", known.name)
    } else {
        format!("population/{}.incomplete.csv", known.name)
    };
    let fields: Vec<Field> = known
        .columns_at(material.manifest.schema)
        .map(|c| Field {
            name: c.name.to_owned(),
            kind: typed::declared(c.ty),
            doc: c.doc.to_owned(),
        })
        .collect();
    let rows = sealed(material, entry)?;
    let full = stage.target_of(&path);
    let mut count = 0;
    let written = stage.write(&path, |sink| {
        typed::header(sink, &fields).map_err(|e| ReportError::write(&full, &e))?;
        while count < entry.rows {
            let frame = chunk(&rows, count, known.name)?;
            if frame.height() == 0 {
                break;
            }
            count += frame.height() as u64;
            typed::rows(sink, &frame).map_err(|e| ReportError::write(&full, &e))?;
        }
        Ok(())
    })?;
    let dense = known.columns.iter().find(|c| c.unique);
    Ok(Resource {
        path,
        name: format!("population-{}", known.name),
        title: known.name.to_owned(),
        doc: known.doc.to_owned(),
        fields,
        rows: count,
        primary_key: dense.map(|c| c.name.to_owned()).into_iter().collect(),
        foreign_keys: Vec::new(),
        gaps: if complete {
            Vec::new()
        } else {
            vec![format!(
                "Table {} is {}: {}",
                known.name,
                entry.state.name(),
                entry.reasons.join(" ")
            )]
        },
        written,
    })
}

/// The rows as they were sealed, not as this check derives them.
fn sealed(material: &Material<'_>, entry: &TableEntry) -> Result<LazyFrame, DatasetError> {
    let path = material.sealed.join(&entry.file);
    LazyFrame::scan_parquet(
        path.to_string_lossy().as_ref().into(),
        ScanArgsParquet {
            glob: false,
            // The folder is called snapshot=…; its value is no column.
            hive_options: HiveOptions::new_disabled(),
            ..ScanArgsParquet::default()
        },
    )
    .map_err(DatasetError::engine(format!(
        "{} could not be read",
        path.display()
    )))
}

/// A stretch of rows in stored order.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type is not exported by name"
)]
fn chunk(rows: &LazyFrame, from: u64, name: &str) -> Result<DataFrame, DatasetError> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    rows.clone()
        .slice(from, CHUNK.try_into().unwrap_or(u32::MAX))
        .collect_with_engine(Engine::Streaming)
        .map(|result| result.unwrap_single())
        .map_err(DatasetError::engine(format!("table {name}")))
}

/// Says of the keys of edges which table they point into.
fn point(resources: &mut [Resource]) {
    let owners: Vec<(String, String)> = resources
        .iter()
        .filter_map(|r| Some((r.primary_key.first()?.clone(), r.name.clone())))
        .collect();
    for resource in resources {
        for field in &resource.fields {
            let owner = owners.iter().find(|(key, _)| *key == field.name);
            if let Some((key, owner)) = owner.filter(|(_, name)| *name != resource.name) {
                resource
                    .foreign_keys
                    .push((key.clone(), owner.clone(), key.clone()));
            }
        }
    }
}

/// The counts of every table, those without a file included.
fn index(stage: &mut Stage, all: &[Counted]) -> Result<Resource, ReportError> {
    let text = |get: fn(&Counted) -> Option<String>| all.iter().map(get).collect::<Vec<_>>();
    let number = |get: fn(&Counted) -> Option<u64>| {
        let whole = |n: u64| i64::try_from(n).ok();
        all.iter()
            .map(|c| get(c).and_then(whole))
            .collect::<Vec<Option<i64>>>()
    };
    let frame = settings::table(vec![
        column("table_name", text(|c| Some(c.table.clone()))),
        column("source", text(|c| Some(c.source.clone()))),
        column("state", text(|c| Some(c.state.name().to_owned()))),
        column("why", text(|c| (!c.why.is_empty()).then(|| c.why.clone()))),
        column("source_count", number(|c| c.source_count)),
        column("read_count", number(|c| Some(c.read))),
        column("excluded_count", number(|c| Some(c.excluded))),
        column(
            "excluded",
            text(|c| (!c.reasons.is_empty()).then(|| c.reasons.clone())),
        ),
        column("stored_count", number(|c| Some(c.stored))),
        column("exported_count", number(|c| c.exported)),
        column(
            "reconciles",
            all.iter().map(Counted::reconciles).collect::<Vec<_>>(),
        ),
        column("file", text(|c| c.file.clone())),
    ])?
    .collect()
    .map_err(DatasetError::engine("the counts of the population"))?;
    let mut fields = typed::fields(&frame);
    for (field, doc) in fields.iter_mut().zip(DOCS) {
        doc.clone_into(&mut field.doc);
    }
    let path = "lists/population.csv";
    let written = typed::file(stage, path, &fields, &frame.clone().into())?;
    Ok(Resource {
        path: path.to_owned(),
        name: "population".to_owned(),
        title: "Population".to_owned(),
        doc: "Every table of the snapshot: read = stored + excluded, stored = exported.".to_owned(),
        fields,
        rows: frame.height() as u64,
        primary_key: vec!["table_name".to_owned()],
        foreign_keys: Vec::new(),
        gaps: Vec::new(),
        written,
    })
}

const DOCS: [&str; 12] = [
    "Table of the snapshot.",
    "Source that it was read from.",
    "complete, partial, denied, failed or skipped.",
    "Why it is not complete.",
    "Objects that the source itself reported; missing when it did not.",
    "Objects that were seen.",
    "Objects that were seen and not stored.",
    "Why they were not, with numbers.",
    "Rows in the snapshot.",
    "Rows in the file; missing when there is no file.",
    "Whether all counts agree; missing when not everything was read.",
    "File of this pack; missing when nothing was read.",
];
