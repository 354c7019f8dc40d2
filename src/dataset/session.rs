//! SQL over a snapshot: its tables, the baseline's, the settings and the views.
//!
//! Everything is lazy and read by the streaming engine; opening a session reads
//! manifests only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use polars::prelude::{
    DataFrame, Engine, HiveOptions, IntoLazy as _, LazyFrame, PolarsResult, ScanArgsParquet,
};
use polars::sql::SQLContext;

use super::DatasetError;
use super::coverage::State;
use super::derive::Derive;
use super::frames::{baseline_frame, coverage_frame, source_frame};
use super::manifest::Manifest;
use super::schema::{Table, table, tables};
use super::settings::{self, Settings, column, times};
use super::store::Store;
use super::writer::frame;
use crate::sqlfile::{View, reads};

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

/// A view and the names that it reads.
#[derive(Clone, Debug)]
struct Known {
    sql: String,
    names: BTreeSet<String>,
}

/// Tables and views that SQL can be run over.
#[derive(Clone)]
pub struct Session {
    as_of: DateTime<Utc>,
    frames: BTreeMap<String, LazyFrame>,
    views: BTreeMap<String, Known>,
    states: BTreeMap<String, State>,
    reasons: BTreeMap<String, String>,
    /// Tables that were complete in the baseline; none without a baseline.
    baseline: BTreeMap<String, State>,
    /// Tables whose files are small enough to be decoded once.
    small: BTreeSet<String>,
    decoded: Arc<Mutex<BTreeMap<String, LazyFrame>>>,
    /// Views as they were planned, and rows that were counted, since the last
    /// change of a table.
    known: Arc<Mutex<Worked>>,
}

/// What need not be worked out again while no table changes.
#[derive(Default)]
struct Worked {
    plans: BTreeMap<String, LazyFrame>,
    counts: BTreeMap<String, u64>,
}

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
            baseline: BTreeMap::new(),
            small: BTreeSet::new(),
            decoded: Arc::default(),
            known: Arc::default(),
        };
        for t in tables() {
            let empty = frame(t, Vec::new())?.lazy();
            session.frames.insert(t.name.to_owned(), empty.clone());
            session.frames.insert(format!("baseline_{}", t.name), empty);
            session.states.insert(t.name.to_owned(), State::Complete);
        }
        for (name, frame) in settings::frames(settings, as_of)? {
            session.frames.insert(name, frame);
        }
        session.put("param", settings::param(&BTreeMap::new(), as_of)?);
        session.put("coverage", coverage_frame(None)?);
        session.put("baseline_coverage", coverage_frame(None)?);
        session.put("snapshot_source", source_frame(None)?);
        session.put("baseline_snapshot", baseline_frame(None)?);
        session.first_seen(&[])?;
        for view in views {
            let query = reads::parse(&view.sql).map_err(|message| DatasetError::NotFound {
                message: format!("{}: {message}", view.path),
            })?;
            session.views.insert(
                view.name.clone(),
                Known {
                    sql: view.sql.clone(),
                    names: reads::names(&query),
                },
            );
        }
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
        let (manifest, _) = store.manifest(id)?;
        let as_of = manifest.as_of().ok_or_else(|| DatasetError::Integrity {
            id: id.to_owned(),
            message: format!("as_of `{}` is no time", manifest.as_of),
        })?;
        let mut session = Self::empty(as_of, settings, views)?;
        let derive = Derive::new(settings)?;
        session.scan(store, &manifest, "", &derive)?;
        session.put("coverage", coverage_frame(Some(&manifest))?);
        session.put("snapshot_source", source_frame(Some(&manifest))?);
        for entry in &manifest.tables {
            session.states.insert(entry.table.clone(), entry.state);
            session
                .reasons
                .insert(entry.table.clone(), entry.reasons.join(" "));
        }
        if let Some(baseline) = baseline {
            let (manifest, _) = store.manifest(baseline)?;
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
        for entry in &manifest.tables {
            let Some(known) = table(&entry.table) else {
                continue;
            };
            if entry.schema_sha256 != known.schema_hash() {
                return Err(DatasetError::Integrity {
                    id: manifest.snapshot.clone(),
                    message: format!(
                        "table {} has other columns than this version of countersign reads; check it with the version that sealed it ({})",
                        entry.table, manifest.tool.version
                    ),
                });
            }
            if entry.rows == 0 {
                continue;
            }
            let path = store.snapshot_dir(&manifest.snapshot).join(&entry.file);
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
            self.put(&name, derive.apply(known, scanned));
            if path.metadata().is_ok_and(|m| m.len() <= SMALL) {
                self.small.insert(name);
            }
        }
        Ok(())
    }

    /// The moment that ages are relative to.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// Puts a frame in place of a table, or adds one.
    pub fn put(&mut self, name: &str, frame: LazyFrame) {
        self.small.remove(name);
        self.known = Arc::default();
        self.frames.insert(name.to_owned(), frame);
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
        if ENGINE_TABLES.contains(&name) {
            return None;
        }
        self.states.get(name).copied()
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

    /// The same session as it looks without a baseline.
    ///
    /// # Errors
    /// When the engine refuses a frame.
    pub fn without_baseline(&self) -> Result<Self, DatasetError> {
        let mut session = self.clone();
        session.baseline.clear();
        for t in tables() {
            let empty = frame(t, Vec::new())?.lazy();
            session.put(&format!("baseline_{}", t.name), empty);
        }
        session.put("baseline_coverage", coverage_frame(None)?);
        session.put("baseline_snapshot", baseline_frame(None)?);
        Ok(session)
    }

    /// Whether a table or view of that name exists.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.frames.contains_key(name) || self.views.contains_key(name)
    }

    /// The SQL of a view.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<&str> {
        self.views.get(name).map(|v| v.sql.as_str())
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
        let mut planned = BTreeMap::new();
        self.plan(sql, &reads::names(&query), &mut planned, 0)?
            .map_err(DatasetError::engine("the query could not be planned"))
    }

    /// Runs a query on the streaming engine.
    ///
    /// # Errors
    /// As [`Self::sql`], and when the engine fails while running it.
    pub fn collect(&self, sql: &str) -> Result<DataFrame, DatasetError> {
        run(self.sql(sql)?)
    }

    /// Number of rows of a table or view.
    ///
    /// # Errors
    /// As [`Self::collect`].
    pub fn count(&self, name: &str) -> Result<u64, DatasetError> {
        if let Some(count) = self.worked().counts.get(name) {
            return Ok(*count);
        }
        let frame = self.collect(&format!("SELECT COUNT(*) AS n FROM {name}"))?;
        let value = frame
            .columns()
            .first()
            .and_then(|c| c.get(0).ok())
            .and_then(|v| v.extract::<u64>());
        let value = value.unwrap_or(0);
        self.worked().counts.insert(name.to_owned(), value);
        Ok(value)
    }

    fn worked(&self) -> MutexGuard<'_, Worked> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans SQL in a context of its own: the engine keeps the aliases of one
    /// query and takes them for tables of the next.
    fn plan(
        &self,
        sql: &str,
        names: &BTreeSet<String>,
        planned: &mut BTreeMap<String, LazyFrame>,
        depth: usize,
    ) -> Result<PolarsResult<LazyFrame>, DatasetError> {
        let mut context = SQLContext::new();
        for name in names {
            let frame = self.frame_of(name, planned, depth)?;
            context.register(name, frame);
        }
        Ok(context.execute(sql))
    }

    fn frame_of(
        &self,
        name: &str,
        planned: &mut BTreeMap<String, LazyFrame>,
        depth: usize,
    ) -> Result<LazyFrame, DatasetError> {
        if let Some(frame) = self.frames.get(name) {
            return self.decoded(name, frame);
        }
        if let Some(frame) = planned.get(name) {
            return Ok(frame.clone());
        }
        if let Some(frame) = self.worked().plans.get(name) {
            return Ok(frame.clone());
        }
        let Some(view) = self.views.get(name).filter(|_| depth < 32) else {
            return Err(DatasetError::NotFound {
                message: format!(
                    "no table or view is called {name}{}",
                    crate::sqlfile::nearest(name, self.names().into_iter())
                ),
            });
        };
        let frame = self
            .plan(&view.sql, &view.names, planned, depth + 1)?
            .map_err(DatasetError::engine(format!(
                "the view {name} could not be planned"
            )))?;
        planned.insert(name.to_owned(), frame.clone());
        self.worked().plans.insert(name.to_owned(), frame.clone());
        Ok(frame)
    }
}

impl Session {
    /// The rows of a small table from memory, decoded on first use; the frame itself of a large one.
    fn decoded(&self, name: &str, frame: &LazyFrame) -> Result<LazyFrame, DatasetError> {
        if !self.small.contains(name) {
            return Ok(frame.clone());
        }
        let mut all = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = all.get(name) {
            return Ok(kept.clone());
        }
        let kept = run(frame.clone())?.lazy();
        all.insert(name.to_owned(), kept.clone());
        Ok(kept)
    }
}

/// Runs a planned query on the streaming engine.
///
/// # Errors
/// When the engine fails.
pub fn run(frame: LazyFrame) -> Result<DataFrame, DatasetError> {
    single(frame).map_err(DatasetError::engine("the query failed"))
}

/// The one frame of a query's result.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type is not exported by name"
)]
fn single(frame: LazyFrame) -> polars::prelude::PolarsResult<DataFrame> {
    frame
        .collect_with_engine(Engine::Streaming)
        .map(|result| result.unwrap_single())
}
