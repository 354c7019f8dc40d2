//! A demo organisation to review, and a reviewer's hands: cells of a workbook
//! read by calamine and filled in as a spreadsheet program saves them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use calamine::{Reader as _, Xlsx, open_workbook};
use chrono::{SubsecRound as _, TimeDelta, Utc};

/// Sheets of a review's workbook, in their order.
pub(crate) const SHEETS: [&str; 5] = [
    "Start here",
    "Changes",
    "Privileged",
    "Everything",
    "Campaign",
];

/// A demo in a folder of its own.
pub(crate) struct Demo {
    dir: tempfile::TempDir,
}

impl Demo {
    /// The smallest organisation, as it was three days ago.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let as_of = Utc::now().trunc_subsecs(0) - TimeDelta::days(3);
        let at = as_of.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let demo = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .env_clear()
            .args([
                "demo",
                "--size",
                "tiny",
                "--from-files",
                "--as-of",
                &at,
                "--out",
            ])
            .arg(dir.path().join("demo"))
            .output()
            .expect("the program runs");
        assert_eq!(demo.status.code(), Some(0), "{demo:?}");
        Self { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("demo").join(name)
    }

    /// Runs a command on it, in its folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_countersign"))
            .env_clear()
            .env("USER", "operator")
            .current_dir(self.path(""))
            .args(["--data", "data"])
            .args(arguments)
            .output()
            .expect("the program runs")
    }

    /// Runs a command that must end with a code, and gives what it printed.
    pub(crate) fn ends(&self, arguments: &[&str], code: i32) -> String {
        let ran = self.run(arguments);
        let out = String::from_utf8_lossy(&ran.stdout).into_owned();
        let err = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        assert!(!err.contains("panicked"), "{err}");
        out
    }

    /// What `review import` says of one workbook.
    pub(crate) fn import(&self, file: &str, code: i32) -> serde_json::Value {
        let text = self.ends(&["review", "import", file, "--format", "json"], code);
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        document["files"][0].clone()
    }

    /// What `review status` says.
    pub(crate) fn status(&self, code: i32) -> serde_json::Value {
        let text = self.ends(&["review", "status", "--format", "json"], code);
        serde_json::from_str(&text).expect("JSON")
    }
}

/// A table of a workbook: rows by heading, as the spreadsheet numbers them.
pub(crate) struct Table {
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<(u32, BTreeMap<String, String>)>,
}

impl Table {
    pub(crate) fn read(path: &Path, sheet: &str) -> Self {
        let mut book: Xlsx<_> = open_workbook(path).expect("a workbook");
        let range = book.worksheet_range(sheet).expect("a sheet");
        let mut all = range.rows();
        let headings: Vec<String> = all
            .next()
            .expect("a heading")
            .iter()
            .map(ToString::to_string)
            .collect();
        let rows = (2..)
            .zip(all)
            .map(|(number, cells)| {
                let cells = cells.iter().map(ToString::to_string);
                (number, headings.iter().cloned().zip(cells).collect())
            })
            .collect();
        Self { headings, rows }
    }
}

/// The kinds of problem that an import named, each once.
pub(crate) fn kinds(file: &serde_json::Value) -> Vec<String> {
    let mut all: Vec<String> = file["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|p| p["kind"].as_str().unwrap_or_default().to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}

fn letters(mut column: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(
            0,
            char::from(b'A' + u8::try_from(column % 26).expect("a letter")),
        );
        if column < 26 {
            return text;
        }
        column = column / 26 - 1;
    }
}

/// Fills cells in, as a spreadsheet program would: sheet, row, heading (or the
/// second column of a sheet without), text. The result is another file.
pub(crate) fn fill(from: &Path, to: &Path, cells: &[(&str, u32, &str, &str)]) {
    let mut book: Xlsx<_> = open_workbook(from).expect("a workbook");
    let mut places: Vec<(usize, String, String)> = Vec::new();
    for (sheet, row, heading, text) in cells {
        let at = SHEETS.iter().position(|s| s == sheet).expect("a sheet");
        let column = if *heading == "B" {
            1
        } else {
            let range = book.worksheet_range(sheet).expect("a sheet");
            let mut headings = range.rows().next().expect("a heading").iter();
            headings.position(|h| h == heading).expect("a column")
        };
        places.push((
            at + 1,
            format!("{}{row}", letters(column)),
            (*text).to_owned(),
        ));
    }
    rewrite(from, to, |name, content| {
        let mut text = String::from_utf8(content).expect("UTF-8");
        for (sheet, cell, value) in &places {
            if name == format!("xl/worksheets/sheet{sheet}.xml") {
                text = set(&text, cell, value);
            }
        }
        text.into_bytes()
    });
}

/// One cell of a sheet's XML with another text.
fn set(xml: &str, cell: &str, value: &str) -> String {
    let start = xml
        .find(&format!("<c r=\"{cell}\""))
        .unwrap_or_else(|| panic!("no cell {cell}"));
    let (before, rest) = xml.split_at(start);
    let tag_end = rest.find('>').expect("a tag");
    let end = if rest[..tag_end].ends_with('/') {
        tag_end + 1
    } else {
        rest.find("</c>").expect("an end") + 4
    };
    let style = rest[..tag_end]
        .split_once(" s=\"")
        .and_then(|(_, s)| s.split_once('"'))
        .map_or("0", |(s, _)| s);
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "{before}<c r=\"{cell}\" s=\"{style}\" t=\"inlineStr\"><is><t>{value}</t></is></c>{}",
        &rest[end..]
    )
}

/// Another file with the parts of a workbook that a change makes of them.
pub(crate) fn rewrite(from: &Path, to: &Path, change: impl Fn(&str, Vec<u8>) -> Vec<u8>) {
    let mut archive =
        zip::ZipArchive::new(fs::File::open(from).expect("a file")).expect("a workbook");
    let mut made = zip::ZipWriter::new(fs::File::create(to).expect("a file"));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("its bytes");
        made.start_file(&name, zip::write::SimpleFileOptions::default())
            .expect("a part");
        made.write_all(&change(&name, content)).expect("its bytes");
    }
    made.finish().expect("a workbook");
}
