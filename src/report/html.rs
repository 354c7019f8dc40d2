//! HTML: one plain page that needs nothing else.
//!
//! The answer of the check stands first, then what is unknown and why, then
//! charts, then tables. A policy in the page allows the one style and the one
//! script that it holds, by their hashes, and nothing else: what a name in a
//! directory says is text.

mod cell;
mod words;

use std::borrow::Cow;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::charts::Chart;
use super::shown::shown;
use super::{Book, Page, ReportError, heading, replace};
use crate::dataset::DatasetError;
use cell::{Cell, Head};
use words::{Opening, rows_of};

/// Rows of a table: a browser has to lay them all out. A page says what it leaves out.
const MOST_ROWS: usize = 1_000;
/// Cells of a table, for those with many columns.
const MOST_CELLS: usize = 20_000;
/// Bytes of a table's text.
const MOST_BYTES: usize = 2_000_000;

const STYLE: &str = concat!(include_str!("html/page.css"), include_str!("html/card.css"));
const SCRIPT: &str = include_str!("html/table.js");

struct Section {
    id: String,
    title: String,
    notes: String,
    gaps: Vec<String>,
    /// Rows that there are.
    height: usize,
    /// That many, in words.
    count: String,
    shown_count: String,
    csv: String,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    scripted: bool,
    name: &'a str,
    title: &'a str,
    doc: &'a str,
    as_of: String,
    snapshot: &'a str,
    /// How everything is written that is not on the page.
    command: String,
    /// The word that the report comes down to, if it does and no card says it.
    answer: &'a str,
    answer_class: &'static str,
    front: Option<Opening>,
    /// Whether everything could be read and decided.
    complete: bool,
    /// A block of HTML that is escaped already.
    card: Option<String>,
    charts: &'a [Chart],
    sections: Vec<Section>,
    about: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Writes the page; gives its path.
///
/// # Errors
/// When the file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let path = out.join(format!("{}.html", book.name));
    let about = |name: &str| {
        let row = book.about.iter().find(|(n, _)| n == name);
        row.map_or("", |(_, value)| value.as_str())
    };
    let front = book.front.as_ref();
    let snapshot = about("Snapshot");
    let card = book
        .card
        .as_ref()
        .map(super::card::page::block)
        .transpose()?;
    let sections: Vec<Section> = book
        .sheets
        .iter()
        .map(|page| section(page, book))
        .collect::<Result<_, _>>()?;
    let answer = if card.is_none() { about("Answer") } else { "" };
    let page = PageTemplate {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        scripted: sections.iter().any(|s| !s.rows.is_empty()),
        name: &book.name,
        title: &book.title,
        doc: &book.doc,
        as_of: words::day(book.as_of),
        snapshot,
        command: command(book, snapshot, about("Secret")),
        answer,
        answer_class: match answer {
            "GO" => "good",
            "NO-GO" => "critical",
            _ => "unknown",
        },
        front: front.map(Opening::new),
        complete: front.is_none_or(|f| f.complete),
        card,
        charts: front.map_or(&[], |f| f.charts.as_slice()),
        sections,
        about: book
            .about
            .iter()
            .map(|(k, v)| (shown(k), shown(v)))
            .collect(),
    };
    replace(&path, |file| {
        let mut out = std::io::BufWriter::new(file);
        page.write_into(&mut out)
            .and_then(|()| out.flush())
            .map_err(|e| e.to_string())
    })?;
    Ok(vec![path])
}

/// What a browser may do with the page: show its style and run its script.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn command(book: &Book, snapshot: &str, secret: &str) -> String {
    let secret = if secret.is_empty() {
        ""
    } else {
        " --secret NAME"
    };
    format!(
        "countersign report {}{secret} --snapshot {snapshot} --format csv,xlsx,json",
        book.name
    )
}

fn section(page: &Page, book: &Book) -> Result<Section, DatasetError> {
    let height = page.rows.count();
    let most = MOST_ROWS.min(MOST_CELLS / page.rows.schema().len().max(1));
    let frame = page.rows.head(most)?;
    let columns = frame.columns();
    let mut rows = Vec::new();
    let mut bytes = 0;
    for row in 0..height.min(most) {
        let cells: Vec<Cell> = columns.iter().map(|c| Cell::at(c, row)).collect();
        bytes += cells.iter().map(Cell::len).sum::<usize>();
        // One row is always shown, however long.
        if bytes > MOST_BYTES && row > 0 {
            break;
        }
        rows.push(cells);
    }
    Ok(Section {
        id: format!("table-{}", page.slug()),
        title: shown(&page.title).into_owned(),
        notes: page.notes.clone(),
        gaps: page.gaps.iter().map(|g| shown(g).into_owned()).collect(),
        height,
        count: rows_of(height),
        shown_count: words::thousands(rows.len()),
        csv: format!("{}-{}.csv", book.name, page.slug()),
        heads: columns
            .iter()
            .map(|c| Head::new(c, shown(&heading(c.name())).into_owned()))
            .collect(),
        rows,
    })
}

#[cfg(test)]
mod tests;
