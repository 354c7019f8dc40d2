//! SQL over a snapshot: its tables, the baseline's, the settings and the views.
//!
//! Everything is lazy and read by the streaming engine; opening a session reads
//! manifests only.

mod count;
mod engine;
mod kept;
mod missing;
mod places;
mod unread;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use polars::prelude::{
    DataFrame, Engine, HiveOptions, IntoLazy as _, LazyFrame, PolarsResult, ScanArgsParquet,
};
use polars::sql::SQLContext;

use super::DatasetError;
use super::coverage::State;
use super::derive::Derive;
use super::frames::{baseline_frame, coverage_frame, source_frame, upgraded};
use super::loss::{self, Holding};
use super::manifest::{Manifest, UnreadColumn};
use super::rows::{Rows, Spool};
use super::schema::versions::{Older, lacking};
use super::schema::{Table, table, tables};
use super::settings::{self, Settings, column, times};
use super::store::Store;
use super::writer::frame;
use crate::sqlfile::View;
use crate::sqlfile::gate::{self, Names};
use crate::sqlfile::nearest;
use crate::sqlfile::reads::{self, Read};
use engine::{in_memory, run, spooled};
use kept::{Kept, Known};

pub use places::places;

/// Tables that the engine itself provides; they are always complete.
pub const ENGINE_TABLES: [&str; 12] = [
    "baseline_coverage",
    "baseline_snapshot",
    "coverage",
    "first_seen",
    "param",
    "period",
    "report_param",
    "setting",
    "setting_sync",
    "snapshot_source",
    "input_incident",
    "baseline_input_incident",
];

/// The engine's table of sources: incomplete when the baseline has one more.
const SOURCES: &str = "snapshot_source";
/// What the importers met, file by file: as incomplete as what they read.
pub(crate) const INCIDENTS: &str = "input_incident";

/// Tables and views that SQL can be run over.
#[derive(Clone)]
pub struct Session {
    as_of: DateTime<Utc>,
    frames: BTreeMap<String, Kept>,
    views: BTreeMap<String, Known>,
    states: BTreeMap<String, State>,
    reasons: BTreeMap<String, String>,
    /// Columns that were not read, by table.
    unread: BTreeMap<String, Vec<UnreadColumn>>,
    /// Tables that were complete in the baseline; none without a baseline.
    baseline: BTreeMap<String, State>,
    /// Snapshots in it that an older version sealed.
    older: BTreeMap<String, Older>,
    /// What the snapshot has: tables, places, files and registers, as `loss` names them.
    held: BTreeSet<String>,
    /// What the baseline had and it has not, by table.
    lost: BTreeMap<String, BTreeSet<String>>,
    /// Rows that were counted, since the last change of what they are read from.
    counts: Arc<Mutex<Counts>>,
}

/// Numbers of rows by table and condition.
type Counts = BTreeMap<(String, String), u64>;

/// Bytes of a file up to which its rows are kept in memory once they are read:
/// a check reads most tables several times.
const SMALL: u64 = 16 << 20;

/// One row of `first_seen`.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstSeen {
    /// Rule id.
    pub rule: String,
    /// Resource of the finding.
    pub resource: String,
    /// As-of of the first snapshot that had it.
    pub at: DateTime<Utc>,
}

impl Session {
    /// A session without rows: every table is there, empty and complete.
    ///
    /// # Errors
    /// When the engine refuses a frame, or a glob of `secret.watch` is none.
    pub fn empty(
        as_of: DateTime<Utc>,
        settings: &Settings,
        views: &[View],
    ) -> Result<Self, DatasetError> {
        let mut session = Self {
            as_of,
            frames: BTreeMap::new(),
            views: BTreeMap::new(),
            states: BTreeMap::new(),
            reasons: BTreeMap::new(),
            unread: BTreeMap::new(),
            baseline: BTreeMap::new(),
            older: BTreeMap::new(),
            held: BTreeSet::new(),
            lost: BTreeMap::new(),
            counts: Arc::default(),
        };
        for t in tables() {
            let empty = frame(t, Vec::new())?.lazy();
            session.put(t.name, empty.clone());
            session.put(&format!("baseline_{}", t.name), empty);
            session.states.insert(t.name.to_owned(), State::Complete);
        }
        for (name, frame) in settings::frames(settings, as_of)? {
            session.put(&name, frame);
        }
        session.put("param", settings::param(&BTreeMap::new(), as_of)?);
        session.put("coverage", coverage_frame(None)?);
        session.put("baseline_coverage", coverage_frame(None)?);
        session.put("snapshot_source", source_frame(None)?);
        session.put("baseline_snapshot", baseline_frame(None)?);
        session.first_seen(&[])?;
        kept::add(&mut session.views, views, false)?;
        Ok(session)
    }

    /// Opens a sealed snapshot, with a baseline to compare it with.
    ///
    /// # Errors
    /// When a manifest cannot be read or a file is missing.
    pub fn open(
        store: &Store,
        id: &str,
        baseline: Option<&str>,
        settings: &Settings,
        views: &[View],
    ) -> Result<Self, DatasetError> {
        let mut manifest = store.manifest(id)?.0.as_known_now();
        let as_of = manifest.as_of().ok_or_else(|| DatasetError::Integrity {
            id: id.to_owned(),
            message: format!("as_of `{}` is no time", manifest.as_of),
        })?;
        let mut session = Self::empty(as_of, settings, views)?;
        let derive = Derive::new(settings)?;
        session.scan(store, &manifest, "", &derive)?;
        let here = places(store, &manifest)?;
        session.held = loss::keys(&Holding::of(&manifest, &here));
        let before = baseline
            .map(|id| store.manifest(id))
            .transpose()?
            .map(|(manifest, _)| manifest.as_known_now());
        if let Some(before) = &before {
            let there = places(store, before)?;
            session.compare(before, &there, &mut manifest, &here);
        }
        session.put("coverage", coverage_frame(Some(&manifest))?);
        session.put("snapshot_source", source_frame(Some(&manifest))?);
        for entry in &manifest.tables {
            session.states.insert(entry.table.clone(), entry.state);
            session
                .reasons
                .insert(entry.table.clone(), entry.reasons.join(" "));
            session
                .unread
                .insert(entry.table.clone(), entry.unread_columns.clone());
        }
        session.incidents_of(&manifest);
        if let Some(manifest) = before {
            session.scan(store, &manifest, "baseline_", &derive)?;
            session.put("baseline_coverage", coverage_frame(Some(&manifest))?);
            session.put("baseline_snapshot", baseline_frame(Some(&manifest))?);
            for entry in &manifest.tables {
                session.baseline.insert(entry.table.clone(), entry.state);
            }
        }
        Ok(session)
    }

    fn scan(
        &mut self,
        store: &Store,
        manifest: &Manifest,
        prefix: &str,
        derive: &Derive,
    ) -> Result<(), DatasetError> {
        if lacking(manifest.schema).is_some() {
            let by = Older {
                version: manifest.tool.version.clone(),
                schema: manifest.schema,
            };
            self.older.insert(manifest.snapshot.clone(), by);
        }
        for entry in &manifest.tables {
            let broken = |message: String| DatasetError::Integrity {
                id: manifest.snapshot.clone(),
                message,
            };
            let Some(known) = table(&entry.table) else {
                return Err(broken(format!(
                    "its schema, {}, has no table {}",
                    manifest.schema, entry.table
                )));
            };
            if entry.schema_sha256 != known.schema_hash_at(manifest.schema) {
                return Err(broken(format!(
                    "table {} has other columns than schema {} of the version that sealed it ({})",
                    entry.table, manifest.schema, manifest.tool.version
                )));
            }
            if entry.rows == 0 {
                continue;
            }
            let path = store.snapshot_dir(&manifest.snapshot).join(&entry.file);
            // A named pipe in place of it would wait for ever.
            crate::bounds::file::open(&path, u64::MAX)
                .map_err(|e| DatasetError::io(&path, "could not be opened", e))?;
            let scanned = LazyFrame::scan_parquet(
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
            )))?;
            let name = format!("{prefix}{}", entry.table);
            let rows = derive.apply(known, upgraded(known, manifest.schema, scanned));
            let small = path.metadata().is_ok_and(|m| m.len() <= SMALL);
            self.replace(&name, Kept::scanned(rows, small));
        }
        Ok(())
    }

    /// Snapshots that an older version sealed, without all tables and columns of this one.
    #[must_use]
    pub fn older(&self) -> &BTreeMap<String, Older> {
        &self.older
    }

    /// The moment that ages are relative to.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// Puts a frame in place of a table, or adds one.
    pub fn put(&mut self, name: &str, frame: LazyFrame) {
        self.replace(name, Kept::in_memory(frame));
    }

    /// What was worked out from the table before is forgotten here; other
    /// sessions keep it.
    fn replace(&mut self, name: &str, rows: Kept) {
        self.frames.insert(name.to_owned(), rows);
        let behind = |counted: &str| {
            counted == name
                || self
                    .views
                    .get(counted)
                    .is_some_and(|v| v.tables.contains(name))
        };
        let mut counts = self.counted().clone();
        counts.retain(|(counted, _), _| !behind(counted));
        self.counts = Arc::new(Mutex::new(counts));
        for view in self.views.values_mut().filter(|v| v.tables.contains(name)) {
            view.forget();
        }
    }

    /// Adds views whose rows are kept once they are worked out: those of a stage
    /// that asks several times.
    ///
    /// # Errors
    /// When a view reads itself.
    pub fn add_views(&mut self, views: &[View]) -> Result<(), DatasetError> {
        kept::add(&mut self.views, views, true)
    }

    /// The same session, in which the rows of these views are kept once they
    /// are worked out: for many queries that share them. Views over a table
    /// whose file is large are planned into each query as before.
    #[must_use]
    pub fn keeping(&self, views: &BTreeSet<String>) -> Self {
        let mut session = self.clone();
        let large: BTreeSet<&String> = self
            .frames
            .iter()
            .filter(|(_, f)| f.is_large())
            .map(|(name, _)| name)
            .collect();
        for (name, view) in &mut session.views {
            let small = !view.tables.iter().any(|t| large.contains(t));
            if small && views.contains(name) {
                view.keep();
            }
        }
        session
    }

    /// Puts rows of a declared table in place, with what is derived on load.
    ///
    /// # Errors
    /// When a glob of `secret.watch` is none.
    pub fn put_rows(
        &mut self,
        name: &str,
        known: &Table,
        rows: DataFrame,
        settings: &Settings,
    ) -> Result<(), DatasetError> {
        let derived = Derive::new(settings)?.apply(known, rows.lazy());
        self.put(name, derived);
        Ok(())
    }

    /// Sets how completely a table was read; used where there is no manifest.
    pub fn set_state(&mut self, name: &str, state: State) {
        self.states.insert(name.to_owned(), state);
    }

    /// Sets how completely a table of the baseline was read.
    pub fn set_baseline_state(&mut self, name: &str, state: State) {
        self.baseline.insert(name.to_owned(), state);
    }

    /// The rows of `first_seen`.
    ///
    /// # Errors
    /// When the engine refuses the frame.
    pub fn first_seen(&mut self, rows: &[FirstSeen]) -> Result<(), DatasetError> {
        let frame = settings::table(vec![
            column(
                "rule",
                rows.iter().map(|r| r.rule.clone()).collect::<Vec<_>>(),
            ),
            column(
                "resource",
                rows.iter().map(|r| r.resource.clone()).collect::<Vec<_>>(),
            ),
            times("first_seen_at", rows.iter().map(|r| Some(r.at)).collect())?,
        ])?;
        self.put("first_seen", frame);
        Ok(())
    }

    /// How completely a table was read; `None` for what the engine provides.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<State> {
        if ![SOURCES, INCIDENTS].contains(&name) && ENGINE_TABLES.contains(&name) {
            return None;
        }
        self.states.get(name).copied()
    }

    /// Whether the snapshot has what `loss` names so.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        self.held.contains(key)
    }

    /// What the baseline had of a table and the snapshot has not.
    #[must_use]
    pub fn lost(&self, table: &str) -> Option<&BTreeSet<String>> {
        self.lost.get(table)
    }

    /// Why a table is not complete.
    #[must_use]
    pub fn reason(&self, name: &str) -> &str {
        self.reasons.get(name).map_or("", String::as_str)
    }

    /// State of a table in the baseline; `None` without a baseline.
    #[must_use]
    pub fn baseline_state(&self, name: &str) -> Option<State> {
        self.baseline.get(name).copied()
    }

    /// Whether there is a baseline.
    #[must_use]
    pub fn has_baseline(&self) -> bool {
        !self.baseline.is_empty()
    }

    /// Whether every table of the baseline can be compared with.
    #[must_use]
    pub fn baseline_is_whole(&self) -> bool {
        let mut states = self.baseline.values();
        states.all(|s| matches!(s, State::Complete | State::Skipped))
    }

    /// The same session as it looks without a baseline.
    ///
    /// # Errors
    /// When the engine refuses a frame.
    pub fn without_baseline(&self) -> Result<Self, DatasetError> {
        let mut session = self.clone();
        session.baseline.clear();
        session.lost.clear();
        for t in tables() {
            let empty = frame(t, Vec::new())?.lazy();
            session.put(&format!("baseline_{}", t.name), empty);
        }
        session.put("baseline_coverage", coverage_frame(None)?);
        session.put("baseline_snapshot", baseline_frame(None)?);
        Ok(session)
    }

    /// The same session as if every file were too large to be kept in memory.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        for rows in self.frames.values_mut() {
            rows.stream();
        }
        for view in self.views.values_mut() {
            view.plan_only();
        }
        self
    }

    /// Whether a table or view of that name exists.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.frames.contains_key(name) || self.views.contains_key(name)
    }

    /// Whether a table of that name exists: a view may not bear its name.
    #[must_use]
    pub fn is_table(&self, name: &str) -> bool {
        self.frames.contains_key(name)
    }

    /// What a view reads itself.
    #[must_use]
    pub fn view_reads(&self, name: &str) -> Option<&[Read]> {
        self.views.get(name).map(|v| v.reads.as_ref())
    }

    /// Every name that SQL can read, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self
            .frames
            .keys()
            .chain(self.views.keys())
            .map(String::as_str)
            .collect();
        all.sort_unstable();
        all
    }

    /// Plans a query.
    ///
    /// # Errors
    /// When it does not parse, names something unknown, or the engine refuses it.
    pub fn sql(&self, sql: &str) -> Result<LazyFrame, DatasetError> {
        let query = reads::parse(sql).map_err(|message| DatasetError::NotFound { message })?;
        self.plan(sql, &reads::names(&query))?
            .map_err(DatasetError::engine("the query could not be planned"))
    }

    /// Runs a query: on the streaming engine when a table behind it is too large
    /// to be kept in memory.
    ///
    /// # Errors
    /// As [`Self::sql`], and when the engine fails while running it.
    pub fn collect(&self, sql: &str) -> Result<DataFrame, DatasetError> {
        let query = reads::parse(sql).map_err(|message| DatasetError::NotFound { message })?;
        self.rows(sql, &reads::reads(&query))
    }

    /// Runs a query of which it is known already what it reads.
    ///
    /// # Errors
    /// As [`Self::collect`].
    pub fn rows(&self, sql: &str, reads: &[Read]) -> Result<DataFrame, DatasetError> {
        let names = reads::names_of(reads);
        let planned = self
            .plan(sql, &names)?
            .map_err(DatasetError::engine("the query could not be planned"))?;
        run(planned, self.engine(names.iter()))
    }

    /// Runs a query whose rows may be too many to be held in memory.
    ///
    /// # Errors
    /// As [`Self::collect`], and when rows cannot be set aside.
    pub fn stream(&self, sql: &str) -> Result<Rows, DatasetError> {
        let query = reads::parse(sql).map_err(|message| DatasetError::NotFound { message })?;
        let names = reads::names(&query);
        let mut planned = self
            .plan(sql, &names)?
            .map_err(DatasetError::engine("the query could not be planned"))?;
        let schema = planned
            .collect_schema()
            .map_err(DatasetError::engine("the query could not be planned"))?;
        let spool = Spool::new(schema);
        match self.engine(names.iter()) {
            Engine::Streaming => spooled(planned, spool),
            engine => in_memory(planned, engine, spool),
        }
        .map_err(DatasetError::engine("the query failed"))
    }

    /// The engine for a query over these names: rows that are in memory anyway
    /// gain nothing from being streamed, and a small query pays for it.
    fn engine<'a>(&self, mut names: impl Iterator<Item = &'a String>) -> Engine {
        let streams = |name: &String| {
            let large = |table: &String| self.frames.get(table).is_some_and(Kept::is_large);
            large(name)
                || self
                    .views
                    .get(name)
                    .is_some_and(|v| v.tables.iter().any(large))
        };
        if names.any(streams) {
            Engine::Streaming
        } else {
            Engine::InMemory
        }
    }

    /// Plans SQL in a context of its own: the engine keeps the aliases of one
    /// query and takes them for tables of the next.
    fn plan(
        &self,
        sql: &str,
        names: &BTreeSet<String>,
    ) -> Result<PolarsResult<LazyFrame>, DatasetError> {
        // The one way to the engine: rules, views, sheets and queries alike.
        let refused = |message| DatasetError::NotFound { message };
        let query = reads::parse(sql).map_err(refused)?;
        gate::check(&query, self).map_err(refused)?;
        let mut context = SQLContext::new();
        for name in names {
            context.register(name, self.frame_of(name)?);
        }
        Ok(context.execute(sql))
    }

    fn frame_of(&self, name: &str) -> Result<LazyFrame, DatasetError> {
        if let Some(rows) = self.frames.get(name) {
            return rows.frame();
        }
        let Some(view) = self.views.get(name) else {
            return Err(DatasetError::NotFound {
                message: format!(
                    "no table or view is called {name}{}",
                    nearest(name, self.names().into_iter())
                ),
            });
        };
        let engine = self.engine(std::iter::once(&name.to_owned()));
        view.frame(engine, || {
            self.plan(&view.sql, &view.names)?
                .map_err(DatasetError::engine(format!(
                    "the view {name} could not be planned"
                )))
        })
    }
}

impl Names for Session {
    fn knows(&self, name: &str) -> bool {
        Session::knows(self, name)
    }

    fn near(&self, name: &str) -> String {
        nearest(name, self.names().into_iter())
    }
}

#[cfg(test)]
mod escapes;
