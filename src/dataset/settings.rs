//! The one-row and one-column views that carry settings into SQL.
//!
//! Never a template: a rule joins `param`, `setting`, `setting_…` and `period`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn as _, LazyFrame, NamedFrom as _, Series, TimeUnit,
    TimeZone,
};

use super::DatasetError;
use crate::fold::fold;

/// Longest period that `period` and the `_days` columns reach.
const LONGEST_DAYS: i64 = 3660;

/// A scalar setting or parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Truth value.
    Flag(bool),
}

/// A list setting.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingList {
    /// Texts.
    Text(Vec<String>),
    /// Whole numbers.
    Int(Vec<i64>),
}

/// A configured sync job.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncSetting {
    /// Name under `[sync.<name>]`.
    pub name: String,
    /// Source that it copies from.
    pub source: String,
    /// Hours between runs.
    pub interval_hours: i64,
    /// Hours for which a difference is in flight.
    pub grace_hours: i64,
}

/// What the configuration gives to SQL.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// `<section>_<key>` to value.
    pub scalars: BTreeMap<String, Setting>,
    /// `<section>_<key>` to values.
    pub lists: BTreeMap<String, SettingList>,
    /// Sync jobs, by name.
    pub syncs: Vec<SyncSetting>,
}

impl Settings {
    /// The text of a scalar; empty when it is not a text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.scalars.get(name) {
            Some(Setting::Text(value)) => value,
            _ => "",
        }
    }

    /// The texts of a list; empty when it is not a list of texts.
    #[must_use]
    pub fn texts(&self, name: &str) -> &[String] {
        match self.lists.get(name) {
            Some(SettingList::Text(values)) => values,
            _ => &[],
        }
    }
}

/// The frames `setting`, `setting_…`, `setting_sync` and `period`.
///
/// # Errors
/// When the engine refuses a frame; never for settings that were parsed.
pub(crate) fn frames(
    settings: &Settings,
    as_of: DateTime<Utc>,
) -> Result<Vec<(String, LazyFrame)>, DatasetError> {
    let mut frames = vec![
        ("setting".to_owned(), one_row(&settings.scalars, as_of)?),
        ("period".to_owned(), period(as_of)?),
        ("setting_sync".to_owned(), syncs(&settings.syncs, as_of)?),
    ];
    for (name, list) in &settings.lists {
        let columns = match list {
            SettingList::Text(values) => vec![
                column("value", values.clone()),
                column(
                    "value_folded",
                    values.iter().map(|v| fold(v)).collect::<Vec<_>>(),
                ),
            ],
            SettingList::Int(values) => vec![column("value", values.clone())],
        };
        frames.push((format!("setting_{name}"), table(columns)?));
    }
    Ok(frames)
}

/// The frame `param`: `as_of` and a rule's parameters.
///
/// # Errors
/// When the engine refuses the frame.
pub fn param(
    params: &BTreeMap<String, Setting>,
    as_of: DateTime<Utc>,
) -> Result<LazyFrame, DatasetError> {
    let mut columns = vec![
        times("as_of", vec![Some(as_of)])?,
        column("as_of_epoch_us", vec![as_of.timestamp_micros()]),
    ];
    columns.extend(scalars(params, as_of)?);
    table(columns)
}

fn one_row(
    values: &BTreeMap<String, Setting>,
    as_of: DateTime<Utc>,
) -> Result<LazyFrame, DatasetError> {
    let mut columns = vec![times("setting_as_of", vec![Some(as_of)])?];
    columns.extend(scalars(values, as_of)?);
    table(columns)
}

fn scalars(
    values: &BTreeMap<String, Setting>,
    as_of: DateTime<Utc>,
) -> Result<Vec<Column>, DatasetError> {
    let mut columns = Vec::new();
    for (name, value) in values {
        match value {
            Setting::Int(v) => {
                columns.push(column(name, vec![*v]));
                let span = if name.ends_with("_days") {
                    Some(days(*v))
                } else if name.ends_with("_hours") {
                    Some(TimeDelta::hours((*v).clamp(0, LONGEST_DAYS * 24)))
                } else {
                    None
                };
                if let Some(span) = span {
                    columns.push(times(&format!("{name}_cutoff"), vec![Some(as_of - span)])?);
                    columns.push(times(&format!("{name}_horizon"), vec![Some(as_of + span)])?);
                }
            }
            Setting::Text(v) => {
                columns.push(column(name, vec![v.clone()]));
                columns.push(column(&format!("{name}_folded"), vec![fold(v)]));
            }
            Setting::Flag(v) => columns.push(column(name, vec![*v])),
        }
    }
    Ok(columns)
}

fn days(n: i64) -> TimeDelta {
    TimeDelta::days(n.clamp(0, LONGEST_DAYS))
}

fn period(as_of: DateTime<Utc>) -> Result<LazyFrame, DatasetError> {
    let all: Vec<i64> = (0..=LONGEST_DAYS).collect();
    table(vec![
        column("days", all.clone()),
        times(
            "cutoff",
            all.iter().map(|n| Some(as_of - days(*n))).collect(),
        )?,
        times(
            "horizon",
            all.iter().map(|n| Some(as_of + days(*n))).collect(),
        )?,
    ])
}

fn syncs(syncs: &[SyncSetting], as_of: DateTime<Utc>) -> Result<LazyFrame, DatasetError> {
    let text = |f: fn(&SyncSetting) -> String| syncs.iter().map(f).collect::<Vec<String>>();
    let before = |f: fn(&SyncSetting) -> i64| {
        syncs
            .iter()
            .map(|s| Some(as_of - TimeDelta::hours(f(s).clamp(0, LONGEST_DAYS * 24))))
            .collect::<Vec<_>>()
    };
    table(vec![
        column("name", text(|s| s.name.clone())),
        column("name_folded", text(|s| fold(&s.name))),
        column("source", text(|s| s.source.clone())),
        column(
            "interval_hours",
            syncs.iter().map(|s| s.interval_hours).collect::<Vec<_>>(),
        ),
        column(
            "grace_hours",
            syncs.iter().map(|s| s.grace_hours).collect::<Vec<_>>(),
        ),
        times("interval_cutoff", before(|s| s.interval_hours))?,
        times(
            "double_interval_cutoff",
            before(|s| s.interval_hours.saturating_mul(2)),
        )?,
        times("grace_cutoff", before(|s| s.grace_hours))?,
    ])
}

/// A column of plain values.
pub(crate) fn column<T, P: ?Sized>(name: &str, values: T) -> Column
where
    Series: polars::prelude::NamedFrom<T, P>,
{
    Series::new(name.into(), values).into_column()
}

/// A column of times.
pub(crate) fn times(
    name: &str,
    values: Vec<Option<DateTime<Utc>>>,
) -> Result<Column, DatasetError> {
    let micros: Vec<Option<i64>> = values
        .into_iter()
        .map(|t| t.map(|t| t.timestamp_micros()))
        .collect();
    Series::new(name.into(), micros)
        .cast(&DataType::Datetime(
            TimeUnit::Microseconds,
            Some(TimeZone::UTC),
        ))
        .map(polars::prelude::IntoColumn::into_column)
        .map_err(DatasetError::engine(format!("the column {name}")))
}

pub(crate) fn table(columns: Vec<Column>) -> Result<LazyFrame, DatasetError> {
    DataFrame::new_infer_height(columns)
        .map(polars::prelude::IntoLazy::lazy)
        .map_err(DatasetError::engine("a frame of settings"))
}
