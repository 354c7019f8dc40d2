//! The card of a rotation in a report: its sheets, and how each format shows it.

pub(crate) mod page;
pub(crate) mod sheet;

use polars::prelude::DataFrame;

use super::{Book, Page, ReportError};
use crate::dataset::DatasetError;
use crate::dataset::settings::{column, table, times};
use crate::rotation::card::{After, Card, Link, Reason};

/// Puts the card before the sheets of a report, which then opens with its answer.
///
/// # Errors
/// When the engine refuses a frame.
pub fn open(book: &mut Book, card: Card) -> Result<(), ReportError> {
    let mut sheets = pages(&card)?;
    sheets.append(&mut book.sheets);
    book.sheets = sheets;
    let mut about = vec![
        ("Answer".to_owned(), card.answer.name().to_owned()),
        ("Secret".to_owned(), card.secret.clone()),
    ];
    about.extend(card.decisive().map(|r| {
        (
            "Because".to_owned(),
            format!("{}: {}", r.question, r.reason),
        )
    }));
    about.append(&mut book.about);
    book.about = about;
    book.card = Some(card);
    Ok(())
}

/// The sheets of the card, for the formats that have sheets.
fn pages(card: &Card) -> Result<Vec<Page>, ReportError> {
    Ok(vec![
        checks(card)?,
        chain_page(card)?,
        steps_page(card)?,
        after_page(card)?,
    ])
}

fn checks(card: &Card) -> Result<Page, ReportError> {
    let all = &card.reasons;
    let step = (1_i64..).take(all.len()).collect::<Vec<_>>();
    let text = |get: fn(&Reason) -> Option<&str>| owned(all.iter().map(get));
    page(
        "Checks",
        "One row per question, the most decisive first. A no makes NO-GO, an unknown makes UNKNOWN, info decides nothing.",
        vec![
            column("step", step),
            column("question", text(|r| Some(&r.question))),
            column("answer", text(|r| Some(r.verdict.name()))),
            column("reason", text(|r| Some(&r.reason))),
            column("remedy", text(|r| r.remedy.as_deref())),
        ],
    )
}

fn chain_page(card: &Card) -> Result<Page, ReportError> {
    let all = &card.chain;
    let text = |get: fn(&Link) -> Option<&str>| owned(all.iter().map(get));
    page(
        "Chain",
        "Issued, stored, deployed, synced, old one removed: how far each is, since when, and what shows it. Five minutes between two clocks count as none.",
        vec![
            column("place", (1_i64..).take(all.len()).collect::<Vec<_>>()),
            column("link", text(|l| Some(l.kind.name()))),
            column("state", text(|l| Some(l.state.name()))),
            times("happened_at", all.iter().map(|l| l.at).collect())?,
            column("evidence", text(|l| Some(&l.evidence))),
            column("note", text(|l| Some(&l.note))),
        ],
    )
}

fn steps_page(card: &Card) -> Result<Page, ReportError> {
    let all = &card.steps;
    page(
        "Steps",
        "What is still to be done, in order. No command carries a value.",
        vec![
            column("place", (1_i64..).take(all.len()).collect::<Vec<_>>()),
            column("step", owned(all.iter().map(|s| Some(s.text.as_str())))),
            column(
                "commands",
                all.iter()
                    .map(|s| (!s.commands.is_empty()).then(|| s.commands.join("\n")))
                    .collect::<Vec<_>>(),
            ),
        ],
    )
}

fn after_page(card: &Card) -> Result<Page, ReportError> {
    let all = &card.after;
    let text = |get: fn(&After) -> Option<&str>| owned(all.iter().map(get));
    page(
        "After",
        "What became of each link since the baseline, and what moved in Identity Center; no rows without a baseline.",
        vec![
            column("what", text(|a| Some(&a.what))),
            column("state", text(|a| Some(a.state.name()))),
            column("note", text(|a| Some(&a.note))),
        ],
    )
}

fn owned<'a>(all: impl Iterator<Item = Option<&'a str>>) -> Vec<Option<String>> {
    all.map(|t| t.map(str::to_owned)).collect()
}

fn page(
    title: &str,
    notes: &str,
    columns: Vec<polars::prelude::Column>,
) -> Result<Page, ReportError> {
    let frame: DataFrame = table(columns)?
        .collect()
        .map_err(DatasetError::engine("a sheet of the card"))?;
    Ok(Page {
        title: title.to_owned(),
        notes: notes.to_owned(),
        rows: frame.into(),
        gaps: Vec::new(),
        in_every_part: false,
    })
}
