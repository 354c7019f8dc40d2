//! `report`: from a checked snapshot to files.

use std::path::{Path, PathBuf};

use super::check::{self, Checked};
use super::{AppError, Place, World, card, code, progress};
use crate::cli::{Report, ReportFormat};
use crate::detect::trend;
use crate::report::card::{Answer, Card};
use crate::report::charts::{self, Trend};
use crate::report::front::Front;
use crate::report::rotation;
use crate::report::{self, Book, ReportError, csv, html, json, xlsx};

/// Earlier checks that a page shows.
const EARLIER_CHECKS: usize = 12;

/// Files of a pre-rotation report and its card.
pub(crate) struct Rotation {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) card: Card,
}

pub(crate) fn report(
    options: &Report,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    for name in &options.names {
        report::find(name)?;
    }
    let (rotations, names): (Vec<String>, Vec<String>) = options
        .names
        .iter()
        .cloned()
        .partition(|n| n == rotation::NAME);
    match (&options.secret, rotations.is_empty()) {
        (None, false) => {
            return Err(AppError::Usage(
                "no report was written: pre-rotation needs --secret NAME, such as secretsmanager/111122223333/aws_saml or entra/application".to_owned(),
            ));
        }
        (Some(_), true) => {
            return Err(AppError::Usage(
                "no report was written: --secret belongs to the report pre-rotation, which is not among those named".to_owned(),
            ));
        }
        _ => {}
    }
    let mut checked = check::assess(&options.which, &[], place, world)?;
    let mut verdict = code::OK;
    let mut files = write(
        &mut checked,
        &names,
        &options.format,
        &options.out,
        place,
        world,
    )?;
    if let Some(secret) = &options.secret {
        let made = rotation(
            &mut checked,
            secret,
            &options.format,
            &options.out,
            place,
            world,
        )?;
        files.extend(made.files);
        verdict = match made.card.answer {
            Answer::Go => code::OK,
            Answer::NoGo => code::FINDINGS,
            Answer::Unknown => code::INCOMPLETE,
        };
        writeln!(world.err, "{}: {secret}", made.card.answer.name())?;
        let text = card::text(&made.card, world.width.unwrap_or(80), world.colour);
        world.out.write_all(text.as_bytes())?;
        writeln!(world.out)?;
    }
    for path in files {
        writeln!(world.out, "{}", path.display())?;
    }
    if let Some(stale) = &checked.stale {
        writeln!(world.err, "warning: {stale}")?;
        return Ok(code::INCOMPLETE);
    }
    Ok(verdict)
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
        let book = book(checked, name, place)?;
        for format in formats {
            bar.set_message(name.clone());
            files.extend(one(&book, *format, out)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(files)
}

/// Writes the pre-rotation report of one secret.
pub(crate) fn rotation(
    checked: &mut Checked,
    secret: &str,
    formats: &[ReportFormat],
    out: &Path,
    place: &Place,
    world: &World<'_>,
) -> Result<Rotation, AppError> {
    report::prepare(&mut checked.session, &checked.assessment, &checked.manifest)?;
    let chosen = rotation::choose(&mut checked.session, secret)?;
    let mut book = book(checked, rotation::NAME, place)?;
    let card = rotation::judge(
        &checked.session,
        &mut book,
        &chosen,
        &checked.assessment.snapshot,
        checked.assessment.baseline.as_deref(),
    )?;
    let bar = progress::bar(
        world.bars && !place.quiet,
        formats.len() as u64,
        "reporting",
    );
    let mut files = Vec::new();
    for format in formats {
        files.extend(one(&book, *format, out)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Rotation { files, card })
}

fn book(checked: &Checked, name: &str, place: &Place) -> Result<Book, AppError> {
    let file = report::find(name)?;
    let (assessment, manifest) = (&checked.assessment, &checked.manifest);
    let about = report::about(assessment, manifest);
    let mut book = report::build(&checked.session, &file, about)?;
    let (earlier, before) = trend::kept(
        &place.store,
        assessment.as_of,
        &checked.basis,
        EARLIER_CHECKS,
    )?;
    let findings = Trend {
        earlier: &earlier,
        before,
        now: trend::now(assessment),
    };
    let charts = charts::draw(&file.charts, &checked.session, &findings)?;
    book.front = Some(Front::new(assessment, manifest, charts));
    Ok(book)
}

fn one(book: &Book, format: ReportFormat, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    match format {
        ReportFormat::Xlsx => xlsx::write(book, out),
        ReportFormat::Csv => csv::write(book, out),
        ReportFormat::Html => html::write(book, out),
        ReportFormat::Json => json::write(book, out),
    }
}
