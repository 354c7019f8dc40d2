//! `query`: rows of a snapshot for whoever asks in SQL.

use polars::error::PolarsError;
use polars::prelude::DataFrame;

use super::look::{future, older};
use super::terminal;
use super::verdict::Grounds;
use super::{AppError, Place, World};
use crate::cli::{CheckFormat, Query};
use crate::dataset::DatasetError;
use crate::dataset::session::Session;
use crate::detect::rule::RuleSet;
use crate::detect::state;
use crate::sqlfile::{nearest, one_row, reads};

pub(crate) fn query(options: &Query, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let set = RuleSet::load(None)?;
    let id = if let Some(id) = &options.snapshot {
        place.store.require(id)?;
        id.clone()
    } else {
        future(&place.store, world)?;
        place.store.latest()?
    };
    let baseline = match options.baseline.as_deref() {
        Some("none") => None,
        Some(other) => {
            place.store.require(other)?;
            Some(other.to_owned())
        }
        None => place.store.before(&id)?,
    };
    super::check::verified(&place.store, &id)?;
    if let Some(baseline) = &baseline {
        super::check::verified(&place.store, baseline)?;
    }
    let settings = place.config.settings();
    let session = Session::open(
        &place.store,
        &id,
        baseline.as_deref(),
        &settings,
        &set.views(),
    )?;
    if !place.quiet {
        older(&session, world)?;
    }
    let refused = |message: String| AppError::Usage(format!("no rows were read: {message}"));
    let sql = one_row::kept(&options.sql).map_err(refused)?;
    let query = reads::parse(&sql).map_err(refused)?;
    let frame = session
        .collect(&sql)
        .map_err(|e| refused(explained(&e, &session, &reads::names(&query))))?;
    let read = reads::reads(&query);
    for gap in state::gaps(&read, &session) {
        writeln!(world.err, "warning: {}", terminal::safe(&gap))?;
    }
    print(&frame, options.format, world)?;
    let grounds = Grounds {
        incomplete: state::unread(&read, &session),
        ..Grounds::default()
    };
    Ok(grounds.code())
}

/// Prints rows.
pub(crate) fn print(
    frame: &DataFrame,
    format: CheckFormat,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    match format {
        CheckFormat::Table => {
            let names: Vec<&str> = frame.columns().iter().map(|c| c.name().as_str()).collect();
            let rows = terminal::cells(frame);
            let text = terminal::columns(&names, &rows, world.width.unwrap_or(usize::MAX));
            world.out.write_all(text.as_bytes())?;
        }
        CheckFormat::Json => {
            serde_json::to_writer_pretty(&mut *world.out, &terminal::Objects(frame))?;
            writeln!(world.out)?;
        }
        CheckFormat::Csv => terminal::frame_csv(frame, &mut *world.out)?,
    }
    Ok(())
}

/// Why the engine gave no rows, without its plan: that is about frames that
/// nobody here has seen.
fn explained(
    error: &DatasetError,
    session: &Session,
    names: &std::collections::BTreeSet<String>,
) -> String {
    let DatasetError::Engine { what, source } = error else {
        return error.to_string();
    };
    let mut cause = source;
    while let PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } = cause {
        cause = error;
    }
    let text = cause.to_string();
    let first = text.lines().next().unwrap_or_default();
    let missing = match cause {
        PolarsError::ColumnNotFound(message) | PolarsError::SchemaFieldNotFound(message) => {
            Some(named(message))
        }
        PolarsError::SQLInterface(message) if message.starts_with("no column named") => {
            Some(named(message))
        }
        _ => None,
    };
    let Some(missing) = missing else {
        return format!("{what}: {first}");
    };
    let known = |name: &String| {
        let mut plan = session.sql(&format!("SELECT * FROM {name}")).ok()?;
        let schema = plan.collect_schema().ok()?;
        let columns = schema.iter_names().map(ToString::to_string);
        Some((name.clone(), columns.collect::<Vec<String>>()))
    };
    let tables: Vec<(String, Vec<String>)> = names.iter().filter_map(known).collect();
    let all = tables.iter().flat_map(|(_, columns)| columns);
    let hint = nearest(&missing, all.map(String::as_str));
    let shows: Vec<String> = tables
        .iter()
        .map(|(name, _)| format!("`countersign tables show {name}`"))
        .collect();
    let shows = if shows.is_empty() {
        String::new()
    } else {
        format!("; the columns: {}", shows.join(", "))
    };
    format!("no column is called {missing}{hint}{shows}")
}

/// The name that a message of the engine quotes, or the message when it is one.
fn named(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let quoted = line.split(['"', '\'', '`']).nth(1).unwrap_or(line);
    quoted.chars().take(80).collect()
}
