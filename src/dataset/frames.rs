//! What manifests say, as tables for SQL: coverage, sources, baseline.

use chrono::{DateTime, Utc};
use polars::prelude::LazyFrame;

use super::DatasetError;
use super::manifest::{Manifest, TableEntry};
use super::settings::{self, column, times};

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
