//! `report`: from a checked snapshot to files.

use std::path::{Path, PathBuf};

use super::check::{self, Checked};
use super::{AppError, Place, World, code, progress};
use crate::cli::{Report, ReportFormat};
use crate::report::{self, csv, html, json, xlsx};

pub(crate) fn report(
    options: &Report,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    for name in &options.names {
        report::find(name)?;
    }
    let mut checked = check::assess(&options.which, &[], place, world)?;
    let files = write(
        &mut checked,
        &options.names,
        &options.format,
        &options.out,
        place,
        world,
    )?;
    for path in files {
        writeln!(world.out, "{}", path.display())?;
    }
    if let Some(stale) = &checked.stale {
        writeln!(world.err, "warning: {stale}")?;
        return Ok(code::INCOMPLETE);
    }
    Ok(code::OK)
}

/// Writes reports in formats; gives the paths.
pub(crate) fn write(
    checked: &mut Checked,
    names: &[String],
    formats: &[ReportFormat],
    out: &Path,
    place: &Place,
    world: &World<'_>,
) -> Result<Vec<PathBuf>, AppError> {
    report::prepare(&mut checked.session, &checked.assessment, &checked.manifest)?;
    let bar = progress::bar(
        world.bars && !place.quiet,
        (names.len() * formats.len()) as u64,
        "reporting",
    );
    let mut files = Vec::new();
    for name in names {
        let file = report::find(name)?;
        let about = report::about(&checked.assessment, &checked.manifest);
        let book = report::build(&checked.session, &file, about)?;
        for format in formats {
            bar.set_message(name.clone());
            files.extend(match format {
                ReportFormat::Xlsx => xlsx::write(&book, out)?,
                ReportFormat::Csv => csv::write(&book, out)?,
                ReportFormat::Html => html::write(&book, out)?,
                ReportFormat::Json => json::write(&book, out)?,
            });
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(files)
}
