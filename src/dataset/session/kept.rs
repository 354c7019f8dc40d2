//! What a session works out once: the rows of small tables, the plans of views,
//! and the rows of views that many queries share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{Engine, IntoLazy as _, LazyFrame};

use super::engine::run;
use crate::dataset::DatasetError;
use crate::sqlfile::View;
use crate::sqlfile::reads::{self, Read};

/// A frame that whoever asks first works out, while the others wait for it.
#[derive(Clone, Default)]
struct Once(Arc<Mutex<Option<LazyFrame>>>);

impl Once {
    fn get(
        &self,
        work: impl FnOnce() -> Result<LazyFrame, DatasetError>,
    ) -> Result<LazyFrame, DatasetError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = known.as_ref() {
            return Ok(frame.clone());
        }
        let frame = work()?;
        *known = Some(frame.clone());
        Ok(frame)
    }
}

/// Bytes in memory up to which the rows of a view are kept.
const MOST_KEPT: usize = 8 << 20;

/// How the rows of a table come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    InMemory,
    SmallFile,
    LargeFile,
}

/// A table.
#[derive(Clone)]
pub(super) struct Kept {
    frame: LazyFrame,
    rows: Rows,
    decoded: Once,
}

impl Kept {
    /// Rows that are in memory already.
    pub(super) fn in_memory(frame: LazyFrame) -> Self {
        Self {
            frame,
            rows: Rows::InMemory,
            decoded: Once::default(),
        }
    }

    /// Rows of a file, which are kept once they are read when the file is small.
    pub(super) fn scanned(frame: LazyFrame, small: bool) -> Self {
        Self {
            frame,
            rows: if small {
                Rows::SmallFile
            } else {
                Rows::LargeFile
            },
            decoded: Once::default(),
        }
    }

    pub(super) fn stream(&mut self) {
        self.rows = Rows::LargeFile;
    }

    pub(super) fn is_large(&self) -> bool {
        self.rows == Rows::LargeFile
    }

    pub(super) fn frame(&self) -> Result<LazyFrame, DatasetError> {
        if self.rows != Rows::SmallFile {
            return Ok(self.frame.clone());
        }
        self.decoded
            .get(|| Ok(run(self.frame.clone(), Engine::Streaming)?.lazy()))
    }
}

/// A view.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) sql: Arc<str>,
    /// What its SQL reads.
    pub(super) reads: Arc<[Read]>,
    /// The names of that.
    pub(super) names: Arc<BTreeSet<String>>,
    /// Tables behind it, through other views.
    pub(super) tables: Arc<BTreeSet<String>>,
    keep: bool,
    worked: Once,
}

impl Known {
    /// Keeps the rows from now on, not only the plan.
    pub(super) fn keep(&mut self) {
        if !self.keep {
            self.keep = true;
            self.forget();
        }
    }

    /// Keeps the plan alone from now on.
    pub(super) fn plan_only(&mut self) {
        self.keep = false;
        self.forget();
    }

    /// Works it out anew when it is next asked for.
    pub(super) fn forget(&mut self) {
        self.worked = Once::default();
    }

    pub(super) fn frame(
        &self,
        engine: Engine,
        plan: impl FnOnce() -> Result<LazyFrame, DatasetError>,
    ) -> Result<LazyFrame, DatasetError> {
        self.worked.get(|| {
            let planned = plan()?;
            if !self.keep {
                return Ok(planned);
            }
            let rows = run(planned.clone(), engine)?;
            // What turns out to be long is planned into each query after all.
            if rows.estimated_size() > MOST_KEPT {
                return Ok(planned);
            }
            Ok(rows.lazy())
        })
    }
}

/// Adds views to those that there are, in place of those of the same name.
///
/// # Errors
/// When a view reads itself.
pub(super) fn add(
    known: &mut BTreeMap<String, Known>,
    views: &[View],
    keep: bool,
) -> Result<(), DatasetError> {
    for view in views {
        let view_known = Known {
            sql: view.sql.as_str().into(),
            reads: view.reads.as_slice().into(),
            names: Arc::new(reads::names_of(&view.reads)),
            tables: Arc::default(),
            keep,
            worked: Once::default(),
        };
        known.insert(view.name.clone(), view_known);
    }
    for view in views {
        let mut tables = BTreeSet::new();
        behind(&view.name, known, &mut Vec::new(), &mut tables).map_err(|circle| {
            DatasetError::NotFound {
                message: format!("{}: the view reads itself: {circle}", view.path),
            }
        })?;
        if let Some(entry) = known.get_mut(&view.name) {
            entry.tables = Arc::new(tables);
        }
    }
    Ok(())
}

/// Collects what is no view below a name; the error is a circle of views.
fn behind<'a>(
    name: &'a str,
    views: &'a BTreeMap<String, Known>,
    above: &mut Vec<&'a str>,
    tables: &mut BTreeSet<String>,
) -> Result<(), String> {
    let Some(view) = views.get(name) else {
        tables.insert(name.to_owned());
        return Ok(());
    };
    if above.contains(&name) {
        above.push(name);
        return Err(above.join(" reads "));
    }
    above.push(name);
    for read in view.names.iter() {
        behind(read, views, above, tables)?;
    }
    above.pop();
    Ok(())
}
