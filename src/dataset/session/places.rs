//! Which places of stores a sealed snapshot covers.

use std::collections::BTreeSet;

use polars::prelude::{LazyFrame, ScanArgsParquet, col};

use super::engine::run;
use crate::dataset::DatasetError;
use crate::dataset::loss::Place;
use crate::dataset::manifest::Manifest;
use crate::dataset::store::Store;

/// Table and place of every row of `collected_place`.
///
/// # Errors
/// When its file cannot be read.
pub fn places(store: &Store, manifest: &Manifest) -> Result<BTreeSet<Place>, DatasetError> {
    let mut tables = manifest.tables.iter();
    let Some(entry) = tables.find(|t| t.table == "collected_place" && t.rows > 0) else {
        return Ok(BTreeSet::new());
    };
    let path = store.snapshot_dir(&manifest.snapshot).join(&entry.file);
    let what = || DatasetError::engine(format!("{} could not be read", path.display()));
    let scanned = LazyFrame::scan_parquet(
        path.to_string_lossy().as_ref().into(),
        ScanArgsParquet {
            glob: false,
            hive_options: polars::prelude::HiveOptions::new_disabled(),
            ..ScanArgsParquet::default()
        },
    )
    .map_err(what())?;
    let rows = run(
        scanned.select([col("table_name"), col("place")]),
        polars::prelude::Engine::InMemory,
    )?;
    let text = |name: &str| rows.column(name).and_then(|c| c.str().cloned());
    let (tables, places) = (
        text("table_name").map_err(what())?,
        text("place").map_err(what())?,
    );
    let pairs = tables.iter().zip(places.iter());
    Ok(pairs
        .filter_map(|(table, place)| Some((table?.to_owned(), place?.to_owned())))
        .collect())
}
