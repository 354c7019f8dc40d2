//! Columns that depend on the configuration of the check: whether a name is
//! prefixed, watched, privileged or production. They are computed on load.

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, Column, DataType, Expr, Field, IntoColumn as _, LazyFrame, PolarsResult, col,
};

use super::DatasetError;
use super::schema::Table;
use super::settings::Settings;
use crate::fold::{fold, has_prefix, looks_prefixed};
use crate::glob::Glob;

/// Columns that depend on the configuration of the check, not of the snapshot.
pub(super) struct Derive {
    prefix: Arc<str>,
    pattern: Option<Arc<Glob>>,
    watch: Arc<Glob>,
    privileged: Arc<BTreeSet<String>>,
    production: Arc<Vec<String>>,
}

impl Derive {
    pub(super) fn new(settings: &Settings) -> Result<Self, DatasetError> {
        let watch = globs("secret.watch", settings.texts("secret_watch"))?;
        let pattern = settings.text("entra_name_pattern");
        let pattern = if pattern.is_empty() {
            None
        } else {
            let set = globs("entra.name_pattern", &[pattern.to_owned()])?;
            Some(Arc::new(set))
        };
        let folded = |name: &str| settings.texts(name).iter().map(|v| fold(v));
        Ok(Self {
            prefix: settings.text("entra_group_prefix").into(),
            pattern,
            watch: Arc::new(watch),
            privileged: Arc::new(folded("access_privileged_permission_sets").collect()),
            production: Arc::new(folded("access_production_suffixes").collect()),
        })
    }

    /// Recomputes the derived columns that the table has.
    pub(super) fn apply(&self, known: &Table, frame: LazyFrame) -> LazyFrame {
        let mut columns = Vec::new();
        for column in known.columns {
            let derived = match (known.name, column.name) {
                (_, "prefixed") => {
                    let prefix = Arc::clone(&self.prefix);
                    flag("display_name", move |name| {
                        name.map(|n| has_prefix(n, &prefix))
                    })
                }
                ("entra_group", "looks_prefixed") => {
                    let prefix = Arc::clone(&self.prefix);
                    flag("display_name", move |name| {
                        name.map(|n| looks_prefixed(n, &prefix))
                    })
                }
                ("entra_group", "follows_pattern") => {
                    let pattern = self.pattern.clone();
                    flag("display_name", move |name| {
                        Some(pattern.as_ref()?.is_match(name?))
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

/// The globs of a key.
fn globs(key: &str, patterns: &[String]) -> Result<Glob, DatasetError> {
    Glob::any(patterns).map_err(|e| DatasetError::NotFound {
        message: format!("{key}: {e}"),
    })
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
