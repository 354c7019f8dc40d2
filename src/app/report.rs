//! `report`: from a checked snapshot to files.

use std::path::{Path, PathBuf};

use super::check;
use super::checked::Checked;
use super::evidence;
use super::making::{Maker, Making, only};
use super::verdict::Grounds;
use super::{AppError, Place, World, card, code, head, progress, review};
use crate::cli::{Report, ReportFormat};
use crate::detect::trend;
use crate::report::charts::{self, Trend};
use crate::report::front::Front;
use crate::report::{self, Book, ReportError, csv, html, json, xlsx};
use crate::rotation::{
    self,
    card::{Answer, Card},
};
use crate::sqlfile::Severity;

/// Formats that are written when none is named.
pub(crate) const EVERY: &[ReportFormat] = &[
    ReportFormat::Xlsx,
    ReportFormat::Csv,
    ReportFormat::Html,
    ReportFormat::Json,
    ReportFormat::Pack,
];

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
        .partition(|n| n == rotation::REPORT);
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
    evidence::fits(options, &world.env)?;
    super::folder(&options.out, "--out", "no report was written")?;
    let maker = Maker::of(options.sign_key.as_deref(), &world.env)?;
    let making = Making {
        formats: if options.format.is_empty() {
            EVERY
        } else {
            &options.format
        },
        out: &options.out,
        maker: &maker,
    };
    let mut checked = check::assess(&options.which, &[], place, world)?;
    // A report lists what was found; that something is missing from it is its verdict.
    let grounds = Grounds::read(&checked, Severity::High);
    let mut verdict = if names.is_empty() {
        code::OK
    } else {
        grounds.code()
    };
    let mut files = write(&mut checked, &names, &making, place, world)?;
    if let Some(secret) = &options.secret {
        let made = rotation(&mut checked, secret, &making, place, world)?;
        files.extend(made.files);
        // The card has weighed what its own answer rests on.
        let card = Grounds {
            found: made.card.answer == Answer::NoGo,
            incomplete: made.card.answer == Answer::Unknown,
            ..Grounds::default()
        };
        verdict = verdict.max(card.code());
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
        verdict = verdict.max(grounds.code());
    }
    Ok(verdict)
}

/// Writes reports in formats; gives the paths.
pub(crate) fn write(
    checked: &mut Checked,
    names: &[String],
    making: &Making<'_>,
    place: &Place,
    world: &World<'_>,
) -> Result<Vec<PathBuf>, AppError> {
    if names.iter().any(|n| n == crate::report::evidence::NAME) {
        let snapshot = checked.manifest.snapshot.clone();
        checked.reviews = review::reviews(place, &snapshot, checked.assessment.as_of)?;
    }
    prepare(checked)?;
    let steps: usize = names.iter().map(|n| making.formats_of(n).len()).sum();
    let bar = progress::bar(world.bars && !place.quiet, steps as u64, "reporting");
    let mut files = Vec::new();
    for name in names {
        let book = book(checked, name, place)?;
        for format in making.formats_of(name) {
            bar.set_message(name.clone());
            if only(format) {
                files.push(evidence::write(format, &book, checked, making, place)?);
            } else {
                files.extend(one(&book, format, making.out)?);
            }
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
    making: &Making<'_>,
    place: &Place,
    world: &World<'_>,
) -> Result<Rotation, AppError> {
    prepare(checked)?;
    let chosen = rotation::choose(&mut checked.session, secret)?;
    let mut book = book(checked, rotation::REPORT, place)?;
    let card = rotation::judge(
        &checked.session,
        &chosen,
        &checked.assessment.snapshot,
        checked.assessment.baseline.as_deref(),
    )?;
    report::card::open(&mut book, card.clone())?;
    let formats = making.formats_of(rotation::REPORT);
    let bar = progress::bar(
        world.bars && !place.quiet,
        formats.len() as u64,
        "reporting",
    );
    let mut files = Vec::new();
    for format in formats {
        files.extend(one(&book, format, making.out)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Rotation { files, card })
}

fn prepare(checked: &mut Checked) -> Result<(), ReportError> {
    report::prepare(
        &mut checked.session,
        &checked.assessment,
        &checked.manifest,
        checked.reviews.as_ref(),
    )
}

fn book(checked: &Checked, name: &str, place: &Place) -> Result<Book, AppError> {
    let file = report::find(name)?;
    let (assessment, manifest) = (&checked.assessment, &checked.manifest);
    let mut about = report::about(assessment, manifest);
    about.push(head::row(&place.store, checked)?);
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
        ReportFormat::Csv => csv::write(book, csv::Form::Safe, out),
        ReportFormat::CsvRaw => csv::write(book, csv::Form::Raw, out),
        ReportFormat::CsvExcel => csv::write(book, csv::Form::Excel, out),
        ReportFormat::Html => html::write(book, out),
        ReportFormat::Json => json::write(book, out),
        // Of one report alone: see `evidence`.
        ReportFormat::Pack | ReportFormat::Ocsf | ReportFormat::Oscal => Ok(Vec::new()),
    }
}
