//! SQL over a snapshot: its tables, the baseline's, the settings and the views.
//!
//! Everything is lazy and read by the streaming engine; opening a session reads
//! manifests only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use globset::{Glob, GlobSet, GlobSetBuilder};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Engine, Expr, Field, HiveOptions, IntoColumn as _,
    IntoLazy as _, LazyFrame, PolarsResult, ScanArgsParquet, col,
};
use polars::sql::SQLContext;

use super::DatasetError;
use super::coverage::State;
use super::manifest::Manifest;
use super::schema::{Table, table, tables};
use super::settings::{self, Settings, column, times};
use super::store::Store;
use super::writer::frame;
use crate::fold::{fold, has_prefix};
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
}

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
            self.put(
                &format!("{prefix}{}", entry.table),
                derive.apply(known, scanned),
            );
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
        let frame = self.collect(&format!("SELECT COUNT(*) AS n FROM {name}"))?;
        let value = frame
            .columns()
            .first()
            .and_then(|c| c.get(0).ok())
            .and_then(|v| v.extract::<u64>());
        Ok(value.unwrap_or(0))
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
        if let Some(frame) = self.frames.get(name).or_else(|| planned.get(name)) {
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
        Ok(frame)
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

/// Columns that depend on the configuration of the check, not of the snapshot.
struct Derive {
    prefix: Arc<str>,
    watch: Arc<GlobSet>,
    privileged: Arc<BTreeSet<String>>,
    production: Arc<Vec<String>>,
}

impl Derive {
    fn new(settings: &Settings) -> Result<Self, DatasetError> {
        let mut globs = GlobSetBuilder::new();
        for pattern in settings.texts("secret_watch") {
            globs.add(Glob::new(pattern).map_err(|e| DatasetError::NotFound {
                message: format!("secret.watch: `{pattern}` is no glob: {}", e.kind()),
            })?);
        }
        let watch = globs.build().map_err(|e| DatasetError::NotFound {
            message: format!("secret.watch: {}", e.kind()),
        })?;
        let folded = |name: &str| settings.texts(name).iter().map(|v| fold(v));
        Ok(Self {
            prefix: settings.text("entra_group_prefix").into(),
            watch: Arc::new(watch),
            privileged: Arc::new(folded("access_privileged_permission_sets").collect()),
            production: Arc::new(folded("access_production_suffixes").collect()),
        })
    }

    /// Recomputes the derived columns that the table has.
    fn apply(&self, known: &Table, frame: LazyFrame) -> LazyFrame {
        let mut columns = Vec::new();
        for column in known.columns {
            let derived = match (known.name, column.name) {
                (_, "prefixed") => {
                    let prefix = Arc::clone(&self.prefix);
                    flag("display_name", move |name| {
                        name.map(|n| has_prefix(n, &prefix))
                    })
                }
                (_, "watched") => {
                    let watch = Arc::clone(&self.watch);
                    flag("registered_secret", move |name| {
                        name.map(|n| watch.is_match(n))
                    })
                }
                ("permission_set", "privileged") => {
                    let list = Arc::clone(&self.privileged);
                    flag("name_folded", move |name| name.map(|n| list.contains(n)))
                }
                ("aws_account", "production") => {
                    let list = Arc::clone(&self.production);
                    flag("name_folded", move |name| {
                        name.map(|n| list.iter().any(|s| n.ends_with(s.as_str())))
                    })
                }
                _ => continue,
            };
            columns.push(derived.alias(column.name));
        }
        if columns.is_empty() {
            frame
        } else {
            frame.with_columns(columns)
        }
    }
}

/// A truth value computed from a text column.
fn flag(from: &str, test: impl Fn(Option<&str>) -> Option<bool> + Send + Sync + 'static) -> Expr {
    let act = move |c: Column| -> PolarsResult<Column> {
        let mut values: BooleanChunked = c.str()?.iter().map(&test).collect();
        values.rename(c.name().clone());
        Ok(values.into_column())
    };
    col(from).map(act, |_, field| {
        Ok(Field::new(field.name().clone(), DataType::Boolean))
    })
}

fn coverage_frame(manifest: Option<&Manifest>) -> Result<LazyFrame, DatasetError> {
    let entries = manifest.map_or(&[][..], |m| m.tables.as_slice());
    let count = |f: fn(&super::manifest::TableEntry) -> Option<u64>| {
        entries
            .iter()
            .map(|e| f(e).and_then(|n| i64::try_from(n).ok()))
            .collect::<Vec<Option<i64>>>()
    };
    settings::table(vec![
        column(
            "table_name",
            entries.iter().map(|e| e.table.clone()).collect::<Vec<_>>(),
        ),
        column(
            "source",
            entries.iter().map(|e| e.source.clone()).collect::<Vec<_>>(),
        ),
        column("core", entries.iter().map(|e| e.core).collect::<Vec<_>>()),
        column(
            "state",
            entries
                .iter()
                .map(|e| e.state.name().to_owned())
                .collect::<Vec<_>>(),
        ),
        column(
            "reason",
            entries
                .iter()
                .map(|e| e.reasons.join(" "))
                .collect::<Vec<_>>(),
        ),
        column("pages", count(|e| Some(e.pages))),
        column("source_count", count(|e| e.source_count)),
        column("read_count", count(|e| Some(e.read))),
        column("row_count", count(|e| Some(e.rows))),
        column("excluded_count", count(|e| Some(e.excluded.values().sum()))),
        column(
            "excluded",
            entries
                .iter()
                .map(|e| {
                    e.excluded
                        .iter()
                        .map(|(why, n)| format!("{n} {why}"))
                        .collect::<Vec<_>>()
                        .join("; ")
                })
                .collect::<Vec<_>>(),
        ),
        column(
            "sha256",
            entries.iter().map(|e| e.sha256.clone()).collect::<Vec<_>>(),
        ),
    ])
}

fn source_frame(manifest: Option<&Manifest>) -> Result<LazyFrame, DatasetError> {
    let entries = manifest.map_or(&[][..], |m| m.sources.as_slice());
    let parse = |t: &Option<String>| {
        t.as_deref()
            .and_then(|t| DateTime::parse_from_rfc3339(t).ok())
            .map(|t| t.with_timezone(&Utc))
    };
    let read_at: Vec<Option<DateTime<Utc>>> = entries.iter().map(|e| parse(&e.read_at)).collect();
    let micros: Vec<Option<i64>> = read_at
        .iter()
        .map(|t| t.map(|t| t.timestamp_micros()))
        .collect();
    settings::table(vec![
        column(
            "source",
            entries.iter().map(|e| e.source.clone()).collect::<Vec<_>>(),
        ),
        column(
            "stated",
            read_at.iter().map(Option::is_some).collect::<Vec<_>>(),
        ),
        column(
            "identity",
            entries
                .iter()
                .map(|e| e.identity.clone())
                .collect::<Vec<_>>(),
        ),
        column("read_epoch_us", micros),
        times("read_at", read_at)?,
        times(
            "read_end",
            entries.iter().map(|e| parse(&e.read_end)).collect(),
        )?,
    ])
}

fn baseline_frame(manifest: Option<&Manifest>) -> Result<LazyFrame, DatasetError> {
    let ids: Vec<String> = manifest.iter().map(|m| m.snapshot.clone()).collect();
    let as_of = manifest.iter().map(|m| m.as_of()).collect();
    settings::table(vec![column("snapshot", ids), times("as_of", as_of)?])
}
