//! `diff`: what was added and removed between two snapshots.

use super::{AppError, Place, World, check, code, look, query, terminal};
use crate::cli::Diff;
use crate::dataset::session::Session;
use crate::detect::rule::RuleSet;

pub(crate) fn diff(options: &Diff, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let (a, b) = (&options.a, &options.b);
    if a == b {
        return Err(AppError::Usage(format!(
            "nothing was compared: {a} was given twice; `countersign snapshots list` shows what there is"
        )));
    }
    for id in [a, b] {
        place.store.require(id)?;
        check::verified(&place.store, id)?;
    }
    let set = RuleSet::load(None)?;
    let settings = place.config.settings();
    let session = Session::open(&place.store, b, Some(a), &settings, &set.views())?;
    if !place.quiet {
        look::older(&session, world)?;
    }
    let changes =
        session.collect("SELECT kind, change, name FROM change ORDER BY kind, change, name")?;
    query::print(&changes, options.format, world)?;
    let blind =
        session.collect("SELECT kind, table_name FROM not_compared ORDER BY kind, table_name")?;
    if !place.quiet {
        let count = changes.height();
        let rows = if count == 1 { "change" } else { "changes" };
        writeln!(world.err, "{count} {rows} from {a} to {b}")?;
    }
    for row in terminal::cells(&blind) {
        writeln!(
            world.err,
            "warning: {} was not compared: table {} was not read completely in both snapshots",
            row.first().map_or("", String::as_str),
            row.get(1).map_or("", String::as_str),
        )?;
    }
    Ok(if blind.height() == 0 {
        code::OK
    } else {
        code::INCOMPLETE
    })
}
