//! The XML of a part as its bytes go by, without building anything: how long
//! its tags and texts are, what it announces, and what it must not hold.

use super::Bounds;

/// Bytes of a tag that are kept to look at.
const KEPT: usize = 4 << 10;
/// Bytes of a tag.
const MOST_TAG: usize = 64 << 10;
/// Bytes of the name of a font, or of a format of numbers.
const MOST_NAME: usize = 1 << 10;
/// Bytes of a text, and of all runs of the text of a cell.
const MOST_RUN: usize = 2 << 20;
/// Formats of cells.
const MOST_FORMATS: u64 = 10_000;
/// Sheets of a workbook.
const MOST_SHEETS: u64 = 300;
/// Elements of a part that is neither a sheet nor the texts.
const MOST_ELEMENTS: u64 = 1_000_000;
/// Rows and columns of a sheet.
const MOST_ROW: u64 = 1_048_576;
const MOST_COLUMN: u64 = 16_384;

/// What was seen of a part so far.
#[derive(Default)]
pub(super) struct Scan {
    /// Whether it is a sheet.
    pub(super) sheet: bool,
    /// Whether it has a formula.
    pub(super) formula: bool,
    /// Whether it is a part that only keeps what another program wants to remember.
    aside: bool,
    texts: u64,
    formats: u64,
    sheets: u64,
    elements: u64,
    /// How many texts the part says it has.
    announced: u64,
    /// Bytes since the last tag ended.
    run: usize,
    /// Bytes since the last cell or shared text began.
    cell: usize,
    /// The tag that is being read.
    tag: Option<Tag>,
    /// What it must not hold.
    bad: Option<String>,
}

/// A tag, as far as it was kept.
#[derive(Default)]
struct Tag {
    kept: Vec<u8>,
    length: usize,
    quote: Option<u8>,
}

impl Scan {
    /// Of a part; `aside` when it only keeps what another program wants to remember.
    pub(super) fn of(aside: bool) -> Self {
        Self {
            aside,
            ..Self::default()
        }
    }

    /// Looks at the next bytes.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
        if bytes.iter().any(control) {
            self.bad = Some("holds characters that XML has not".to_owned());
        }
        let mut rest = bytes;
        while !rest.is_empty() && self.bad.is_none() {
            if let Some(mut tag) = self.tag.take() {
                let (used, ended) = tag.take(rest);
                self.cell = self.cell.saturating_add(used);
                rest = rest.get(used..).unwrap_or_default();
                if tag.length > MOST_TAG {
                    self.bad = Some("holds a tag that is too long".to_owned());
                } else if ended {
                    self.element(&tag);
                    self.run = 0;
                } else {
                    self.tag = Some(tag);
                }
                continue;
            }
            let at = rest.iter().position(|b| *b == b'<');
            let length = at.unwrap_or(rest.len());
            self.run = self.run.saturating_add(length);
            self.cell = self.cell.saturating_add(length);
            if at.is_some() {
                self.tag = Some(Tag::default());
            }
            rest = rest.get(length + 1..).unwrap_or_default();
        }
    }

    fn element(&mut self, tag: &Tag) {
        let bytes = tag.kept.as_slice();
        match bytes.first() {
            None | Some(b'/') => return,
            Some(b'!') => {
                let comment = bytes.starts_with(b"!--");
                if !(self.aside && comment) {
                    let what = "declares a document type or entities, or holds a comment";
                    self.bad = Some(what.to_owned());
                }
                return;
            }
            Some(b'?') => {
                // Document libraries put one of their own into the parts that they add;
                // nothing reads it, and a sheet has none.
                let aside = self.aside && bytes.starts_with(b"?mso-");
                if !bytes.starts_with(b"?xml ") && !aside {
                    self.bad = Some("holds instructions to a program".to_owned());
                }
                return;
            }
            Some(_) => {}
        }
        self.elements += 1;
        match local_name(bytes) {
            b"sheetData" => self.sheet = true,
            b"f" => self.formula = true,
            b"xf" => self.formats += 1,
            b"sheet" => self.sheets += 1,
            b"name" | b"rFont" | b"numFmt" if tag.length > MOST_NAME => {
                self.bad = Some("holds a font or a format whose name is too long".to_owned());
            }
            b"c" | b"row" => {
                self.cell = 0;
                if !attribute(bytes, b"r").is_none_or(within) {
                    self.bad = Some("has cells outside of what a sheet can be".to_owned());
                }
            }
            b"si" => {
                self.cell = 0;
                self.texts += 1;
            }
            b"sst" => {
                for name in [&b"uniqueCount"[..], b"count"] {
                    let announced = attribute(bytes, name).map_or(0, number);
                    self.announced = self.announced.max(announced);
                }
                if tag.length > KEPT {
                    self.bad = Some("announces its texts in a tag that is too long".to_owned());
                }
            }
            _ => {}
        }
    }

    /// Whether it is within what a reader can bear.
    ///
    /// # Errors
    /// What is too much, or must not be.
    pub(super) fn bounds(&self, bounds: Bounds) -> Result<(), String> {
        if let Some(bad) = &self.bad {
            return Err(bad.clone());
        }
        // Texts may be counted as often as they are used.
        if self.texts > bounds.texts || self.announced > bounds.texts.saturating_mul(64) {
            return Err(format!(
                "holds or announces more than {} texts",
                bounds.texts
            ));
        }
        if self.formats > MOST_FORMATS {
            return Err(format!("holds more than {MOST_FORMATS} formats of cells"));
        }
        if self.sheets > MOST_SHEETS {
            return Err(format!("names more than {MOST_SHEETS} sheets"));
        }
        if !self.sheet && self.texts == 0 && self.elements > MOST_ELEMENTS {
            return Err(format!("holds more than {MOST_ELEMENTS} elements"));
        }
        let cell = if self.sheet || self.texts > 0 {
            self.cell
        } else {
            0
        };
        if self.run.max(cell) > MOST_RUN {
            return Err("holds a text that is longer than a cell can be".to_owned());
        }
        Ok(())
    }
}

impl Tag {
    /// Takes bytes up to the end of the tag: how many, and whether it ended.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            match (self.quote, byte) {
                (Some(quote), b) if *b == quote => self.quote = None,
                (None, b'"' | b'\'') => self.quote = Some(*byte),
                (None, b'>') => {
                    self.keep(bytes.get(..at).unwrap_or_default());
                    return (at + 1, true);
                }
                _ => {}
            }
            if self.length + at > MOST_TAG {
                self.keep(bytes.get(..=at).unwrap_or_default());
                return (at + 1, false);
            }
        }
        self.keep(bytes);
        (bytes.len(), false)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend(bytes.iter().take(room));
        self.length += bytes.len();
    }
}

fn local_name(tag: &[u8]) -> &[u8] {
    let end = |b: &u8| b.is_ascii_whitespace() || *b == b'/';
    let name = tag.split(end).next().unwrap_or_default();
    name.rsplit(|b| *b == b':').next().unwrap_or(name)
}

/// The value of an attribute without a namespace; none in a tag that is cut off within it.
fn attribute<'a>(tag: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut rest = tag;
    while let Some(equals) = rest.iter().position(|b| *b == b'=') {
        let (before, after) = rest.split_at(equals);
        let name = before.trim_ascii_end();
        let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or(name);
        let value = after.get(1..).unwrap_or_default().trim_ascii_start();
        let (quote, value) = value.split_first()?;
        let end = value.iter().position(|b| b == quote)?;
        if name == wanted {
            return value.get(..end);
        }
        rest = value.get(end + 1..).unwrap_or_default();
    }
    None
}

fn number(digits: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(digits);
    text.trim().parse().unwrap_or(u64::MAX)
}

/// Whether the name of a cell or the number of a row is on a sheet.
fn within(place: &[u8]) -> bool {
    let letters = place.iter().take_while(|b| b.is_ascii_alphabetic());
    let column = letters.clone().take(4).fold(0_u64, |sum, b| {
        sum * 26 + u64::from(b.to_ascii_uppercase() - b'A') + 1
    });
    let digits = place.get(letters.count()..).unwrap_or_default();
    let row = number(digits);
    digits.iter().all(u8::is_ascii_digit) && (1..=MOST_ROW).contains(&row) && column <= MOST_COLUMN
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Scan};

    #[test]
    fn formulas_are_seen_whatever_the_chunks() {
        for (xml, formula) in [
            ("<sheetData><c><f>A1</f></c>", true),
            ("<c><x:f t=\"shared\"/></c>", true),
            ("<c><f/></c>", true),
            ("<c t='>'><f>", true),
            ("<c t='<f>'>", false),
            ("<c><is><t>&lt;f&gt;</t></is></c>", false),
            ("<font/><fills/>", false),
        ] {
            for size in 1..xml.len() {
                let mut scan = Scan::default();
                xml.as_bytes().chunks(size).for_each(|c| scan.see(c));
                assert_eq!(scan.formula, formula, "{xml} by {size}");
            }
        }
    }

    #[test]
    fn what_a_reader_cannot_bear_is_bounded() {
        let blanks = " ".repeat(70_000);
        let long = "x".repeat(3 << 20);
        for (xml, fine) in [
            ("<sst count=\"4\" uniqueCount=\"4\"><si/>".to_owned(), true),
            (
                "<sst uniqueCount='99999999999999999999999'>".to_owned(),
                false,
            ),
            (
                "<x:sst xmlns:x='y' uniqueCount = \"4000000000\">".to_owned(),
                false,
            ),
            (
                "<sst uniqueCounter=\"1\" uniqueCount=\"40000000000\">".to_owned(),
                false,
            ),
            (
                format!("<sst{} uniqueCount=\"40000000000\">", &blanks[..600]),
                false,
            ),
            (
                format!("<sst{} uniqueCount=\"40000000000\">", &blanks[..5_000]),
                false,
            ),
            (format!("<a{blanks}>"), false),
            (format!("<a b='{}'>", "<x>".repeat(30_000)), false),
            ("<!DOCTYPE x>".to_owned(), false),
            ("<!-- x -->".to_owned(), false),
            ("<?xml version='1.0'?>".to_owned(), true),
            ("<?php x ?>".to_owned(), false),
            (long.clone(), false),
            (format!("<worksheet>{long}<sheetData>"), false),
            (format!("<name val='{}'/>", &blanks[..2_000]), false),
            ("<c r='XFD1048576'/>".to_owned(), true),
            ("<c r='XFE1'/>".to_owned(), false),
            ("<c r='A1048577'/>".to_owned(), false),
            ("<c r = 'D4294967298'/>".to_owned(), false),
            ("<c s='1' r='D0'/>".to_owned(), false),
            ("<row\nr='18446744073709551618'/>".to_owned(), false),
            ("<row r='7' spans='1:2'/>".to_owned(), true),
            ("<sheet/>".repeat(301), false),
            ("<xf/>".repeat(10_001), false),
            ("<t>a\u{0}b</t>".to_owned(), false),
            ("<t>a\tb\r\n</t>".to_owned(), true),
        ] {
            for size in [7, 4_096] {
                let mut scan = Scan::default();
                let mut all = Ok(());
                for chunk in xml.as_bytes().chunks(size) {
                    scan.see(chunk);
                    all = all.and(scan.bounds(Bounds::of(10)));
                }
                let shown: String = xml.chars().take(60).collect();
                assert_eq!(all.is_ok(), fine, "{shown}: {all:?}");
            }
        }
    }
}
