//! Streams rows into the Parquet files of a staged snapshot.
//!
//! Memory is bounded by one row group per open table. Nothing here knows what
//! the rows mean; columns come from the schema, order from the caller.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, Field, IntoColumn as _, NamedFrom as _,
    ParquetCompression, ParquetWriter, Schema, Series, TimeUnit, TimeZone,
};
use sha2::{Digest as _, Sha256};

use super::DatasetError;
use super::coverage::{Coverage, State};
use super::manifest::TableEntry;
use super::schema::{Table, Type};
use crate::hash::hex;

/// Rows held back before a row group is written.
const GROUP_ROWS: usize = 1 << 17;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not known or not there; the column's description says which.
    Null,
    /// Surrogate key.
    Key(i32),
    /// Whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Truth value.
    Flag(bool),
    /// Microseconds since the epoch, UTC.
    Time(i64),
}

impl Cell {
    /// Text, or null.
    #[must_use]
    pub fn text(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Null, |v| Self::Text(v.into()))
    }

    /// Folded text, or null.
    #[must_use]
    pub fn folded(value: Option<&str>) -> Self {
        value.map_or(Self::Null, |v| Self::Text(crate::fold::fold(v)))
    }

    /// A time, or null.
    #[must_use]
    pub fn time(value: Option<DateTime<Utc>>) -> Self {
        value.map_or(Self::Null, |v| Self::Time(v.timestamp_micros()))
    }

    /// A truth value, or null.
    #[must_use]
    pub fn flag(value: Option<bool>) -> Self {
        value.map_or(Self::Null, Self::Flag)
    }

    /// A whole number, or null.
    #[must_use]
    pub fn int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }

    /// A key, or null.
    #[must_use]
    pub fn key(value: Option<i32>) -> Self {
        value.map_or(Self::Null, Self::Key)
    }
}

/// Values of one column that are not written yet.
enum Buffer {
    Key(Vec<Option<i32>>),
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Flag(Vec<Option<bool>>),
    Time(Vec<Option<i64>>),
}

impl Buffer {
    fn new(ty: Type) -> Self {
        match ty {
            Type::Key => Self::Key(Vec::new()),
            Type::Int => Self::Int(Vec::new()),
            Type::Text => Self::Text(Vec::new()),
            Type::Flag => Self::Flag(Vec::new()),
            Type::Time => Self::Time(Vec::new()),
        }
    }

    /// Adds a value; false when it is of another type.
    fn push(&mut self, cell: Cell) -> bool {
        match (self, cell) {
            (Self::Key(v), Cell::Key(x)) => v.push(Some(x)),
            (Self::Int(v), Cell::Int(x)) | (Self::Time(v), Cell::Time(x)) => v.push(Some(x)),
            (Self::Text(v), Cell::Text(x)) => v.push(Some(x)),
            (Self::Flag(v), Cell::Flag(x)) => v.push(Some(x)),
            (Self::Key(v), Cell::Null) => v.push(None),
            (Self::Int(v) | Self::Time(v), Cell::Null) => v.push(None),
            (Self::Text(v), Cell::Null) => v.push(None),
            (Self::Flag(v), Cell::Null) => v.push(None),
            _ => return false,
        }
        true
    }

    fn take(&mut self, name: &str) -> Result<PolarsColumn, DatasetError> {
        let series = match self {
            Self::Key(v) => Series::new(name.into(), std::mem::take(v)),
            Self::Int(v) => Series::new(name.into(), std::mem::take(v)),
            Self::Text(v) => Series::new(name.into(), std::mem::take(v)),
            Self::Flag(v) => Series::new(name.into(), std::mem::take(v)),
            Self::Time(v) => Series::new(name.into(), std::mem::take(v))
                .cast(&polars_type(Type::Time))
                .map_err(DatasetError::engine("timestamps could not be stored"))?,
        };
        Ok(series.into_column())
    }
}

/// The engine's type for a stored type.
#[must_use]
pub fn polars_type(ty: Type) -> DataType {
    match ty {
        Type::Key => DataType::Int32,
        Type::Int => DataType::Int64,
        Type::Text => DataType::String,
        Type::Flag => DataType::Boolean,
        Type::Time => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}

/// Collects rows of any declared table into one frame, for tables that are
/// made in memory: empty ones, settings, and the fixtures of rule tests.
///
/// # Errors
/// When a row does not fit the table.
pub fn frame(table: &Table, rows: Vec<Vec<Cell>>) -> Result<DataFrame, DatasetError> {
    let mut buffers: Vec<Buffer> = table.columns.iter().map(|c| Buffer::new(c.ty)).collect();
    let height = rows.len();
    for row in rows {
        fill(table, &mut buffers, row)?;
    }
    to_frame(table, &mut buffers, height)
}

fn fill(table: &Table, buffers: &mut [Buffer], row: Vec<Cell>) -> Result<(), DatasetError> {
    if row.len() != table.columns.len() {
        return Err(DatasetError::Row {
            table: table.name.to_owned(),
            message: format!("{} cells for {} columns", row.len(), table.columns.len()),
        });
    }
    for ((buffer, cell), column) in buffers.iter_mut().zip(row).zip(table.columns) {
        if !buffer.push(cell) {
            return Err(DatasetError::Row {
                table: table.name.to_owned(),
                message: format!("column {} takes {}", column.name, column.ty.name()),
            });
        }
    }
    Ok(())
}

fn to_frame(
    table: &Table,
    buffers: &mut [Buffer],
    height: usize,
) -> Result<DataFrame, DatasetError> {
    let columns = buffers
        .iter_mut()
        .zip(table.columns)
        .map(|(buffer, column)| buffer.take(column.name))
        .collect::<Result<Vec<_>, _>>()?;
    DataFrame::new(height, columns).map_err(DatasetError::engine(format!("rows of {}", table.name)))
}

/// A file that hashes what is written to it.
struct HashingFile {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for HashingFile {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        let n = self.file.write(data)?;
        self.hash.update(data.get(..n).unwrap_or(data));
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes the rows of one table.
pub struct TableWriter {
    table: &'static Table,
    path: PathBuf,
    buffers: Vec<Buffer>,
    held: usize,
    rows: u64,
    sink: Option<BatchedWriter<SharedFile>>,
    shared: SharedFile,
}

/// The file behind the engine's writer, reachable again after it is done.
#[derive(Clone)]
struct SharedFile(std::sync::Arc<std::sync::Mutex<HashingFile>>);

impl SharedFile {
    fn with<T>(&self, act: impl FnOnce(&mut HashingFile) -> T) -> T {
        // A poisoned lock only means that another writer panicked; the file is
        // still the one to finish or to drop.
        let mut guard = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        act(&mut guard)
    }
}

impl Write for SharedFile {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.with(|f| f.write(data))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.with(Write::flush)
    }
}

impl TableWriter {
    fn create(dir: &Path, table: &'static Table) -> Result<Self, DatasetError> {
        let folder = dir.join(table.name);
        make_dir(&folder)?;
        let path = folder.join("part-0.parquet");
        let file = create_file(&path)?;
        let shared = SharedFile(std::sync::Arc::new(std::sync::Mutex::new(HashingFile {
            file: BufWriter::new(file),
            hash: Sha256::new(),
            bytes: 0,
        })));
        let schema: Schema = table
            .columns
            .iter()
            .map(|c| Field::new(c.name.into(), polars_type(c.ty)))
            .collect();

        let sink = ParquetWriter::new(shared.clone())
            .with_compression(ParquetCompression::Zstd(None))
            .with_row_group_size(Some(GROUP_ROWS))
            .set_parallel(false)
            .batched(&schema)
            .map_err(DatasetError::engine(format!(
                "{} could not be begun",
                table.name
            )))?;
        Ok(Self {
            table,
            path,
            buffers: table.columns.iter().map(|c| Buffer::new(c.ty)).collect(),
            held: 0,
            rows: 0,
            sink: Some(sink),
            shared,
        })
    }

    /// Adds a row: one cell per column of the schema, in its order.
    ///
    /// # Errors
    /// When the row does not fit the table or the file cannot be written.
    pub fn push(&mut self, row: Vec<Cell>) -> Result<(), DatasetError> {
        fill(self.table, &mut self.buffers, row)?;
        self.held += 1;
        self.rows += 1;
        if self.held >= GROUP_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn flush(&mut self) -> Result<(), DatasetError> {
        if self.held == 0 {
            return Ok(());
        }
        let frame = to_frame(self.table, &mut self.buffers, self.held)?;
        self.held = 0;
        if let Some(sink) = &mut self.sink {
            sink.write_batch(&frame)
                .map_err(DatasetError::engine(format!(
                    "rows of {} could not be written",
                    self.table.name
                )))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(u64, u64, String), DatasetError> {
        self.flush()?;
        if let Some(sink) = self.sink.take() {
            sink.finish().map_err(DatasetError::engine(format!(
                "{} could not be finished",
                self.table.name
            )))?;
        }
        let path = self.path.clone();
        self.shared.with(|f| {
            f.flush()
                .and_then(|()| f.file.get_ref().sync_all())
                .map_err(|e| DatasetError::io(&path, "could not be written to disk", e))?;
            Ok((self.rows, f.bytes, hex(&f.hash.clone().finalize())))
        })
    }
}

/// The tables of a snapshot that is being written.
pub struct SnapshotWriter {
    dir: PathBuf,
    entries: BTreeMap<String, TableEntry>,
}

impl SnapshotWriter {
    /// Writes into an existing, empty staging directory.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            entries: BTreeMap::new(),
        }
    }

    /// Opens the file of a table.
    ///
    /// # Errors
    /// When the file cannot be created, for instance because the table is open or written already.
    pub fn table(&self, table: &'static Table) -> Result<TableWriter, DatasetError> {
        TableWriter::create(&self.dir, table)
    }

    /// Closes a table and records how much of the source it holds.
    ///
    /// # Errors
    /// When the rest of the file cannot be written.
    pub fn finish(
        &mut self,
        writer: TableWriter,
        mut coverage: Coverage,
    ) -> Result<(), DatasetError> {
        let table = writer.table;
        let (rows, bytes, sha256) = writer.finish()?;
        coverage.rows = rows;
        coverage.reconcile();
        let file = format!("{}/part-0.parquet", table.name);
        let entry = TableEntry::new(table, coverage, file, bytes, sha256);
        self.entries.insert(table.name.to_owned(), entry);
        Ok(())
    }

    /// Records a table without rows: skipped, denied or failed as a whole.
    ///
    /// # Errors
    /// When the empty file cannot be written.
    pub fn absent(
        &mut self,
        table: &'static Table,
        coverage: Coverage,
    ) -> Result<(), DatasetError> {
        let writer = self.table(table)?;
        self.finish(writer, coverage)
    }

    /// Records a defect of a table that is written already.
    pub fn amend(&mut self, table: &str, state: State, reason: &str) {
        if let Some(entry) = self.entries.get_mut(table) {
            entry.worsen(state, reason);
        }
    }

    /// The written tables so far, to be amended.
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut TableEntry> {
        self.entries.values_mut()
    }

    /// Whether the table is written.
    #[must_use]
    pub fn has(&self, table: &str) -> bool {
        self.entries.contains_key(table)
    }

    /// The written tables, by name.
    #[must_use]
    pub fn into_entries(self) -> Vec<TableEntry> {
        self.entries.into_values().collect()
    }

    /// The written tables so far.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<String, TableEntry> {
        &self.entries
    }
}

/// Makes a directory that only its owner may enter.
pub(crate) fn make_dir(path: &Path) -> Result<(), DatasetError> {
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|e| DatasetError::io(path, "could not be created", e)),
    }
}

/// Creates a new file that only its owner may read.
pub(crate) fn create_file(path: &Path) -> Result<File, DatasetError> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| DatasetError::io(path, "could not be created", e))
}
