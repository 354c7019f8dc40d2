//! Writes the rows of Parquet files in the formats of reports, as the sheets of
//! one report: for judges of what formats make of any value, and for measuring.
//!
//! `book OUT FORMAT,… [split=COLUMN] [TITLE=]FILE.parquet …` prints the paths,
//! then the seconds and the peak of resident memory in KiB.

#![allow(
    clippy::print_stdout,
    reason = "what it says is read by whoever runs it"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail};
use chrono::DateTime;
use countersign::dataset::session::Session;
use countersign::dataset::settings::Settings;
use countersign::report::{Book, Page, csv, html, json, xlsx};
use polars::prelude::{LazyFrame, ScanArgsParquet};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut given = std::env::args().skip(1);
    let out = PathBuf::from(given.next().context("no folder to write into")?);
    let formats: BTreeSet<String> = given
        .next()
        .context("no formats")?
        .split(',')
        .map(str::to_owned)
        .collect();
    let as_of = DateTime::from_timestamp(1_793_512_800, 0).context("a time")?;
    let mut book = Book {
        name: "book".to_owned(),
        title: "Book".to_owned(),
        doc: "Rows of files.".to_owned(),
        about: Vec::new(),
        split_by: None,
        sheets: Vec::new(),
        as_of,
        card: None,
        front: None,
    };
    for argument in given {
        if let Some(column) = argument.strip_prefix("split=") {
            book.split_by = Some(column.to_owned());
            continue;
        }
        let (title, file) = argument.rsplit_once('=').unwrap_or(("Rows", &argument));
        let mut session = Session::empty(as_of, &Settings::default(), &[])?;
        let rows = LazyFrame::scan_parquet(file.into(), ScanArgsParquet::default())?;
        session.put("given", rows);
        book.sheets.push(Page {
            title: title.to_owned(),
            notes: String::new(),
            rows: session.streaming().stream("SELECT * FROM given")?,
            gaps: Vec::new(),
            in_every_part: false,
        });
    }
    for format in &formats {
        let paths = match format.as_str() {
            "xlsx" => xlsx::write(&book, &out)?,
            "csv" => csv::write(&book, csv::Form::Safe, &out)?,
            "csv-raw" => csv::write(&book, csv::Form::Raw, &out)?,
            "csv-excel" => csv::write(&book, csv::Form::Excel, &out)?,
            "html" => html::write(&book, &out)?,
            "json" => json::write(&book, &out)?,
            other => bail!("no format is called {other}"),
        };
        for path in paths {
            println!("{}", path.display());
        }
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|text| text.split_whitespace().next())
        .context("no peak of memory")?;
    println!("{:.2} {peak}", begun.elapsed().as_secs_f64());
    Ok(())
}
