//! What a workbook is bound from: its tabs, the names they have taken, and what
//! did not fit into a cell.

use std::collections::BTreeSet;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::refused::{MOST_ROWS, Refused};
use super::style::Style;
use super::text::{cell_text, cut, cut_to, fits, plain, sheet_name, write_text};
use crate::report::Book;

/// A workbook that is being made. Every tab but the first goes to disk row by
/// row; the tabs are put in order when it is bound.
pub(super) struct Binder<'a> {
    pub(super) style: &'a Style,
    all: Workbook,
    names: BTreeSet<String>,
    tabs: Vec<Worksheet>,
    long: Long,
    /// Cells whose text is not shown as it is.
    shown: usize,
    /// Numbers that are text, as a workbook would round them.
    pub(super) numbers: usize,
    /// Times that are text, as a workbook has no such dates.
    pub(super) times: usize,
}

/// Where a text belongs.
pub(super) struct Place<'a> {
    pub(super) tab: &'a str,
    pub(super) row: u32,
    pub(super) at: u16,
    pub(super) heading: &'a str,
}

/// The tab of values that are longer than a cell.
#[derive(Default)]
struct Long {
    open: Option<(Worksheet, String)>,
    /// Rows of the open tab, its heading included.
    row: u32,
    full: Vec<Worksheet>,
    names: Vec<String>,
    cells: usize,
    parts: usize,
}

/// A workbook of many rows is a sixth larger than at the usual level 6, and done
/// in two thirds of the time.
const LEVEL: u8 = 3;

const LONG: &str = "Long values";
const LONG_HEADINGS: [&str; 6] = ["Sheet", "Row", "Column", "Part", "Of", "Value"];

impl<'a> Binder<'a> {
    /// A workbook without tabs. Rows wait beside the file that they are for: a
    /// folder for temporary files may be memory.
    pub(super) fn new(book: &Book, folder: &Path, style: &'a Style) -> Result<Self, Refused> {
        let mut all = Workbook::new();
        all.set_tempdir(folder)?;
        all.set_zip_compression_level(LEVEL);
        let created = ExcelDateTime::from_timestamp(book.as_of.timestamp())?;
        let title: String = cell_text(&book.title).chars().take(255).collect();
        all.set_properties(
            &DocProperties::new()
                .set_title(title)
                .set_author("countersign")
                .set_creation_datetime(&created),
        );
        Ok(Self {
            style,
            all,
            names: BTreeSet::new(),
            tabs: Vec::new(),
            long: Long::default(),
            shown: 0,
            numbers: 0,
            times: 0,
        })
    }

    /// A name that no tab has yet.
    pub(super) fn name(&mut self, title: &str) -> String {
        sheet_name(title, &mut self.names)
    }

    /// A tab that goes to disk row by row, and its name.
    pub(super) fn open(&mut self, title: &str) -> Result<(Worksheet, String), Refused> {
        let name = self.name(title);
        let mut sheet = self.all.new_worksheet_with_constant_memory()?;
        sheet.set_name(&name)?;
        Ok((sheet, name))
    }

    /// Keeps a tab whose rows are written.
    pub(super) fn keep(&mut self, sheet: Worksheet) {
        self.tabs.push(sheet);
    }

    /// Writes text as text. One that is too long for a cell says so there, and
    /// stands whole on a tab of its own.
    pub(super) fn text(
        &mut self,
        sheet: &mut Worksheet,
        place: &Place<'_>,
        text: &str,
        format: Option<&Format>,
    ) -> Result<(), Refused> {
        if plain(text) {
            match format {
                Some(format) => {
                    sheet.write_string_with_format(place.row, place.at, text, format)?
                }
                None => sheet.write_string(place.row, place.at, text)?,
            };
            return Ok(());
        }
        let shown = cell_text(text);
        self.shown += usize::from(shown != text);
        if fits(&shown) {
            write_text(sheet, place.row, place.at, &shown, format)?;
            return Ok(());
        }
        let (tab, line) = self.long(place, &shown)?;
        let mark = format!(
            "… [cut here: {} characters in all, on the sheet {tab} from row {line}]",
            shown.chars().count()
        );
        let (head, _) = cut_to(&shown, mark.encode_utf16().count());
        write_text(sheet, place.row, place.at, &format!("{head}{mark}"), format)?;
        Ok(())
    }

    /// Writes a value in parts; gives the tab and the row of the first.
    fn long(&mut self, place: &Place<'_>, text: &str) -> Result<(String, u32), Refused> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (head, tail) = cut(rest);
            parts.push(head);
            rest = tail;
        }
        self.long.cells += 1;
        self.long.parts += parts.len();
        let mut first = None;
        for (part, value) in (1_u32..).zip(&parts) {
            let (sheet, name) = self.long_tab()?;
            let row = self.long.row;
            first.get_or_insert((name.clone(), row + 1));
            let style = self.style;
            let mut sheet = sheet;
            write_text(&mut sheet, row, 0, place.tab, None)?;
            sheet.write_number(row, 1, place.row + 1)?;
            write_text(&mut sheet, row, 2, cut(&cell_text(place.heading)).0, None)?;
            sheet.write_number(row, 3, part)?;
            sheet.write_number(row, 4, u32::try_from(parts.len()).unwrap_or(u32::MAX))?;
            write_text(&mut sheet, row, 5, value, Some(&style.text))?;
            self.long.row += 1;
            self.long.open = Some((sheet, name));
        }
        Ok(first.unwrap_or_default())
    }

    /// The tab of long values that has room.
    fn long_tab(&mut self) -> Result<(Worksheet, String), Refused> {
        match self.long.open.take() {
            Some(open) if self.long.row <= MOST_ROWS => return Ok(open),
            Some((full, _)) => self.long.full.push(full),
            None => {}
        }
        let (mut sheet, name) = self.open(LONG)?;
        for (at, title) in (0_u16..).zip(LONG_HEADINGS) {
            sheet.write_string_with_format(0, at, title, &self.style.head)?;
        }
        for (at, width) in (0_u16..).zip([31, 10, 24, 6, 6, 80]) {
            sheet.set_column_width(at, width)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        self.long.row = 1;
        self.long.names.push(name.clone());
        Ok((sheet, name))
    }

    /// What the first tab has to say of how values are shown.
    pub(super) fn remarks(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        if self.long.cells > 0 {
            all.push((
                self.long.names.join(", "),
                format!(
                    "{} rows. {} cells hold more than a cell of a workbook can: each says where it is cut, and stands here whole, in parts to be read one after the other.",
                    self.long.parts, self.long.cells
                ),
            ));
        }
        if self.shown > 0 {
            all.push((
                "Control characters".to_owned(),
                format!(
                    "{} cells hold characters that a workbook cannot: they are shown as ␀ to ␟, and a line break of two characters as one of one. The CSV and JSON files of this report have them as they are.",
                    self.shown
                ),
            ));
        }
        if self.numbers > 0 {
            all.push((
                "Numbers as text".to_owned(),
                format!(
                    "{} numbers have more digits than the 15 that a workbook keeps: they are text.",
                    self.numbers
                ),
            ));
        }
        if self.times > 0 {
            all.push((
                "Times as text".to_owned(),
                format!(
                    "{} times are before 1900-03-01 or after 9999-12-31, which no workbook has as dates: they are text.",
                    self.times
                ),
            ));
        }
        all
    }

    /// The workbook with its tabs in order.
    pub(super) fn bind(mut self, first: Vec<Worksheet>) -> Workbook {
        let long = self
            .long
            .full
            .into_iter()
            .chain(self.long.open.map(|(s, _)| s));
        for sheet in first.into_iter().chain(self.tabs).chain(long) {
            self.all.push_worksheet(sheet);
        }
        self.all
    }
}
