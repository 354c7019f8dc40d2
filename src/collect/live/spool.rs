//! Pages as they arrive, in the form of an export below the staging directory:
//! what is collected live is read by the same importers as exported files, and
//! a page never stays in memory.
//!
//! Only the fields that the tables need are written, and nothing that looks
//! like a secret. The folder goes when the run ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use crate::collect::http::{CallError, Kind};
use crate::collect::operations::Operation;
use crate::dataset::coverage::State;
use crate::dataset::manifest::UnreadColumn;
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::create_file;
use crate::secret::scrub;

/// Something that could not be read, and what it costs.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub state: State,
    pub reason: String,
    pub permission: Option<String>,
}

/// What was recorded beside the pages.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub faults: BTreeMap<&'static str, Vec<Fault>>,
    pub unread: Vec<Unread>,
    pub problems: Vec<Problem>,
}

/// A column that was not read, of a table that was.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    pub table: &'static str,
    pub column: UnreadColumn,
    pub permission: Option<&'static str>,
}

/// The folder of pages, and what went wrong on the way.
#[derive(Debug)]
pub(crate) struct Spool {
    root: PathBuf,
    noted: Mutex<Noted>,
}

impl Spool {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root,
            noted: Mutex::new(Noted::default()),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Noted) -> T) -> T {
        let mut noted = self
            .noted
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut noted)
    }

    /// Records that tables are not what they should be.
    pub(crate) fn fault(
        &self,
        tables: &[&'static str],
        state: State,
        reason: &str,
        permission: Option<&str>,
    ) {
        let fault = Fault {
            state,
            reason: reason.to_owned(),
            permission: permission.filter(|p| !p.is_empty()).map(str::to_owned),
        };
        self.with(|n| {
            for table in tables {
                n.faults.entry(table).or_default().push(fault.clone());
            }
        });
    }

    /// Records that a call failed: as a whole, or after pages had come.
    pub(crate) fn failed(&self, operation: &'static Operation, error: &CallError, pages: u64) {
        let state = if pages == 0 {
            error.state()
        } else {
            State::Partial
        };
        let permission = (error.kind == Kind::Denied).then_some(operation.permission);
        self.fault(operation.tables, state, &error.message, permission);
    }

    /// Records that the values of a column were not read; of two reasons the first
    /// is enough.
    pub(crate) fn unread(&self, unread: Unread) {
        self.with(|n| {
            let known =
                |u: &Unread| u.table == unread.table && u.column.column == unread.column.column;
            if !n.unread.iter().any(known) {
                n.unread.push(unread);
            }
        });
    }

    /// What was recorded.
    pub(crate) fn noted(&self) -> Noted {
        self.with(std::mem::take)
    }

    /// Starts a file of an export. `relative` is made of our own words and of
    /// ids that were checked.
    pub(crate) fn file(
        self: &Arc<Self>,
        relative: &str,
        table: &'static str,
    ) -> Result<Pages, CallError> {
        let path = self.root.join(relative);
        let wrong = |e: &dyn std::fmt::Display| {
            CallError::failed(format!(
                "a page of {table} could not be kept on this machine: {e}"
            ))
        };
        if let Some(parent) = path.parent() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(parent)
                .map_err(|e| wrong(&e))?;
        }
        let file = create_file(&path).map_err(|e| wrong(&e))?;
        Ok(Pages {
            spool: Arc::clone(self),
            relative: relative.to_owned(),
            table,
            out: BufWriter::new(file),
        })
    }

    /// A file with one document, or several.
    pub(crate) fn write(
        self: &Arc<Self>,
        relative: &str,
        table: &'static str,
        documents: Vec<Value>,
    ) -> Result<(), CallError> {
        let mut pages = self.file(relative, table)?;
        for document in documents {
            pages.put(document)?;
        }
        pages.finish()
    }
}

/// A file of pages that is being written.
#[derive(Debug)]
pub(crate) struct Pages {
    spool: Arc<Spool>,
    relative: String,
    table: &'static str,
    out: BufWriter<File>,
}

impl Pages {
    /// Adds a document.
    pub(crate) fn put(&mut self, mut document: Value) -> Result<(), CallError> {
        let mut found = Vec::new();
        match &mut document {
            Value::Object(map) => scrub(map, "$", &mut found),
            Value::Array(items) => {
                for (n, item) in items.iter_mut().enumerate() {
                    if let Value::Object(map) = item {
                        scrub(map, &format!("$[{n}]"), &mut found);
                    }
                }
            }
            _ => {}
        }
        for position in found {
            let problem = Problem {
                file: self.relative.clone(),
                position,
                kind: ProblemKind::Secret,
                table: Some(self.table.to_owned()),
                expected: "metadata without a secret value".to_owned(),
                message: "What looks like the value of a secret was dropped and not stored; treat it as exposed and rotate it.".to_owned(),
            };
            self.spool.with(|n| n.problems.push(problem));
        }
        serde_json::to_writer(&mut self.out, &document)
            .map_err(std::io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"))
            .map_err(|e| self.wrong(&e))
    }

    /// Adds text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), CallError> {
        self.out
            .write_all(text.as_bytes())
            .map_err(|e| self.wrong(&e))
    }

    pub(crate) fn finish(mut self) -> Result<(), CallError> {
        self.out.flush().map_err(|e| self.wrong(&e))
    }

    fn wrong(&self, e: &std::io::Error) -> CallError {
        CallError::failed(format!(
            "a page of {} could not be kept on this machine: {e}",
            self.table
        ))
    }
}

/// Keeps the named fields of the records of a list, and nothing else of them.
pub(crate) fn keep(list: &mut Value, fields: &[&str]) {
    for item in list.as_array_mut().into_iter().flatten() {
        if let Value::Object(map) = item {
            map.retain(|key, _| fields.contains(&key.as_str()));
        }
    }
}

/// The list of records of a page, or why it is no page.
pub(crate) fn records<'a>(
    page: &'a mut Map<String, Value>,
    key: &str,
) -> Result<&'a mut Value, CallError> {
    match page.get_mut(key) {
        Some(list @ Value::Array(_)) => Ok(list),
        _ => Err(CallError::failed(format!(
            "an answer has no list `{key}` where one belongs"
        ))),
    }
}

/// Whether an id may become the name of a file.
pub(crate) fn plain_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 128
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{keep, plain_id, records};

    #[test]
    fn only_named_fields_are_kept() {
        let mut list = json!([{"id": 1, "hint": "abc", "x": {"y": 1}}, null, 7]);
        keep(&mut list, &["id"]);
        assert_eq!(list, json!([{"id": 1}, null, 7]));
        let mut page = json!({"value": {}})
            .as_object()
            .cloned()
            .unwrap_or_default();
        assert!(records(&mut page, "value").is_err());
        assert!(records(&mut page, "other").is_err());
    }

    #[test]
    fn ids_that_lead_elsewhere_name_no_file() {
        assert!(plain_id("0f0e-11_A"));
        for bad in ["", "..", "../x", "a/b", "a\0b", "a b", "é"] {
            assert!(!plain_id(bad), "{bad}");
        }
    }
}
