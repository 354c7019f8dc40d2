//! What manifests say, as tables for SQL: coverage, sources, baseline.

use chrono::{DateTime, Utc};
use polars::prelude::{
    Column, DataType, Expr, Field, IntoColumn as _, LazyFrame, PolarsResult, StringChunked, col,
    lit,
};

use super::DatasetError;
use super::manifest::{Manifest, TableEntry};
use super::schema::Table;
use super::settings::{self, column, times};
use super::writer::polars_type;

/// Rows that an older version stored, with the columns that came since: folded
/// out of the name beside them where that was stored, otherwise null, which is unknown.
pub(super) fn upgraded(table: &Table, schema: u32, stored: LazyFrame) -> LazyFrame {
    let mut added = Vec::new();
    for later in table.columns_after(schema) {
        let raw = later.name.strip_suffix("_folded").filter(|raw| {
            let mut there = table.columns_at(schema);
            there.any(|c| c.name == *raw)
        });
        let value = match raw {
            Some(raw) => folded(raw),
            None => lit(polars::prelude::Null {}).cast(polars_type(later.ty)),
        };
        added.push(value.alias(later.name));
    }
    if added.is_empty() {
        return stored;
    }
    let order: Vec<Expr> = table.columns.iter().map(|c| col(c.name)).collect();
    stored.with_columns(added).select(order)
}

/// A text column folded as the collectors fold it.
fn folded(raw: &str) -> Expr {
    let act = |c: Column| -> PolarsResult<Column> {
        let texts = c.str()?;
        let mut values: StringChunked = texts.iter().map(|v| v.map(crate::fold::fold)).collect();
        values.rename(c.name().clone());
        Ok(values.into_column())
    };
    col(raw).map(act, |_, field| {
        Ok(Field::new(field.name().clone(), DataType::String))
    })
}

pub(super) fn coverage_frame(manifest: Option<&Manifest>) -> Result<LazyFrame, DatasetError> {
    let entries = manifest.map_or(&[][..], |m| m.tables.as_slice());
    let count = |f: fn(&TableEntry) -> Option<u64>| {
        entries
            .iter()
            .map(|e| f(e).and_then(|n| i64::try_from(n).ok()))
            .collect::<Vec<Option<i64>>>()
    };
    let text = |f: fn(&TableEntry) -> Option<String>| {
        entries.iter().map(f).collect::<Vec<Option<String>>>()
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
        column("scope", text(|e| join(&e.scope, ";"))),
        column("error_kind", text(|e| join(&e.reasons, " "))),
        column("permission_needed", text(|e| e.permission_needed.clone())),
        column("pages", count(|e| Some(e.pages))),
        column("requests", count(|e| Some(e.requests))),
        column("retries", count(|e| Some(e.retries))),
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
        times(
            "started_at",
            entries.iter().map(|e| parse(e.as_of.as_ref())).collect(),
        )?,
        times(
            "finished_at",
            entries.iter().map(|e| parse(e.read_end.as_ref())).collect(),
        )?,
    ])
}

fn join(list: &[String], by: &str) -> Option<String> {
    (!list.is_empty()).then(|| list.join(by))
}

fn parse(time: Option<&String>) -> Option<DateTime<Utc>> {
    time.and_then(|t| DateTime::parse_from_rfc3339(t).ok())
        .map(|t| t.with_timezone(&Utc))
}

pub(super) fn source_frame(manifest: Option<&Manifest>) -> Result<LazyFrame, DatasetError> {
    let entries = manifest.map_or(&[][..], |m| m.sources.as_slice());
    let read_at: Vec<Option<DateTime<Utc>>> =
        entries.iter().map(|e| parse(e.read_at.as_ref())).collect();
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
            entries.iter().map(|e| parse(e.read_end.as_ref())).collect(),
        )?,
    ])
}

pub(super) fn baseline_frame(manifest: Option<&Manifest>) -> Result<LazyFrame, DatasetError> {
    let ids: Vec<String> = manifest.iter().map(|m| m.snapshot.clone()).collect();
    let as_of = manifest.iter().map(|m| m.as_of()).collect();
    settings::table(vec![column("snapshot", ids), times("as_of", as_of)?])
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DataType, IntoLazy as _};

    use super::upgraded;
    use crate::dataset::schema::{Column, Source, Table, Type};
    use crate::dataset::settings::{column, table};

    const fn made(name: &'static str, ty: Type) -> Column {
        Column {
            name,
            ty,
            doc: "",
            unique: false,
        }
    }

    /// A table of which the first version knew two columns.
    const GROWN: Table = Table {
        name: "entra_group",
        source: Source::Entra,
        core: true,
        doc: "",
        columns: &[
            made("group_id", Type::Text),
            made("description", Type::Text),
            made("description_folded", Type::Text),
            made("of_later", Type::Time),
        ],
        nameless: None,
        ends: &[],
    };

    #[test]
    fn what_came_later_is_worked_out_or_unknown() {
        let stored = table(vec![
            column("group_id", vec!["a", "b"]),
            column("description", vec![Some("  Éx "), None]),
        ])
        .expect("rows");
        let rows = upgraded(&GROWN, 1, stored).collect().expect("rows");
        let names: Vec<&str> = rows.columns().iter().map(|c| c.name().as_str()).collect();
        assert_eq!(
            names,
            ["group_id", "description", "description_folded", "of_later"]
        );
        let folded = rows.column("description_folded").expect("a column");
        let folded: Vec<Option<&str>> = folded.str().expect("text").iter().collect();
        assert_eq!(folded, [Some("éx"), None]);
        let later = rows.column("of_later").expect("a column");
        assert!(matches!(later.dtype(), DataType::Datetime(..)));
        assert_eq!(later.null_count(), 2);
        // Of this version, nothing is added.
        let same = upgraded(&GROWN, 2, rows.clone().lazy())
            .collect()
            .expect("rows");
        assert!(same.equals_missing(&rows));
    }
}
