//! How a returned workbook shows what it holds: rows, columns and sheets that are
//! hidden, cells that lie under others, and formats that show another value than the
//! cell holds. Whoever signs answers for what can be seen.

mod area;
mod format;
mod part;
mod styles;

use std::collections::BTreeMap;
use std::io::Cursor;

pub use calamine::SheetVisible;
use quick_xml::events::BytesStart;
use zip::ZipArchive;

use area::{Area, corner};
use format::Disguise;
use part::{Parts, Seen, attributes, relations, relations_of, there, unclear, walk};
use styles::Styles;

/// Cells with a format that shows something else; a workbook with more is not read.
const MOST_DISGUISED: usize = 100_000;
/// Areas of a sheet: of columns, filters, merged cells and conditions.
const MOST_AREAS: usize = 100_000;
/// Points of a row, and characters of a column, that nobody sees anything in.
const FLAT: f64 = 1.0;
const NARROW: f64 = 0.3;

/// How one sheet is shown.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Hidden rows, in order.
    rows: Vec<(u32, u32)>,
    /// Hidden columns.
    columns: Vec<(u32, u32)>,
    /// Areas with a filter that filters.
    filters: Vec<Area>,
    merged: Vec<Area>,
    /// Areas whose format is another one under a condition.
    conditions: Vec<(Area, String)>,
    /// Cells whose format shows something else, with its number.
    disguised: BTreeMap<(u32, u32), usize>,
    formats: BTreeMap<usize, (Disguise, String)>,
}

/// Why a row is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// A filter leaves it out.
    Filtered,
    /// It was hidden by hand, or is too low to be seen.
    Hidden,
}

impl Look {
    /// Whether a row, counted from one, is not seen.
    #[must_use]
    pub fn row(&self, row: u32) -> Option<Unseen> {
        let at = self.rows.partition_point(|(_, last)| *last < row);
        let hidden = self.rows.get(at).is_some_and(|(first, _)| *first <= row);
        let filtered = || {
            let mut all = self.filters.iter();
            // The heading of a filter is never left out by it.
            all.any(|a| a.rows.0 < row && row <= a.rows.1)
        };
        match hidden {
            false => None,
            true if filtered() => Some(Unseen::Filtered),
            true => Some(Unseen::Hidden),
        }
    }

    /// Whether a column, counted from zero, is not seen.
    #[must_use]
    pub fn column(&self, column: u32) -> bool {
        let of = |(first, last): &(u32, u32)| (*first..=*last).contains(&(column + 1));
        self.columns.iter().any(of)
    }

    /// Whether a cell, its column counted from zero, lies under a merged one.
    #[must_use]
    pub fn covered(&self, row: u32, column: u32) -> bool {
        self.merged.iter().any(|area| {
            area.holds(row, column + 1) && (area.rows.0, area.columns.0) != (row, column + 1)
        })
    }

    /// The format that makes a cell show something else than it holds.
    #[must_use]
    pub fn disguise(&self, row: u32, column: u32, text: bool) -> Option<&str> {
        let own = self
            .disguised
            .get(&(row, column + 1))
            .and_then(|style| self.formats.get(style))
            .filter(|(disguise, _)| if text { disguise.text } else { disguise.number })
            .map(|(_, code)| code.as_str());
        own.or_else(|| {
            let mut all = self.conditions.iter();
            all.find(|(area, _)| area.holds(row, column + 1))
                .map(|(_, code)| code.as_str())
        })
    }
}

/// How all sheets of a workbook are shown, by name.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    sheets: BTreeMap<String, Look>,
    /// Sheets that are not seen, and whether a person can show them.
    unseen: BTreeMap<String, SheetVisible>,
}

impl Looks {
    /// Of a sheet with cells.
    #[must_use]
    pub fn of(&self, sheet: &str) -> Option<&Look> {
        self.sheets.get(sheet)
    }

    /// The same with other names of sheets.
    #[must_use]
    pub fn called(self, name: impl Fn(&str) -> String) -> Self {
        let sheets = self.sheets.into_iter();
        let unseen = self.unseen.into_iter();
        Self {
            sheets: sheets.map(|(sheet, look)| (name(&sheet), look)).collect(),
            unseen: unseen.map(|(sheet, state)| (name(&sheet), state)).collect(),
        }
    }

    /// Whether a sheet is hidden, and so that people cannot show it.
    #[must_use]
    pub fn hidden(&self, sheet: &str) -> Option<SheetVisible> {
        self.unseen.get(sheet).copied()
    }
}

/// Looks at a workbook that was vetted.
///
/// # Errors
/// Why that cannot be told; nothing of it may count then.
pub fn look(bytes: &[u8]) -> Result<Looks, String> {
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|e| unclear(&e.to_string()))?;
    let book = relations(&mut parts, "_rels/.rels", "")?
        .into_iter()
        .find(|r| r.kind == "officeDocument")
        .map_or_else(|| "xl/workbook.xml".to_owned(), |r| r.target);
    let folder = book.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let related = relations(&mut parts, &relations_of(&book), &folder)?;
    let mut styles = Styles::default();
    if let Some(part) = related.iter().find(|r| r.kind == "styles") {
        styles = Styles::read(&mut parts, &part.target)?;
    }
    let mut all = Looks::default();
    for sheet in sheets(&mut parts, &book)? {
        let target = related.iter().find(|r| r.id == sheet.relation);
        let Some(target) = target else {
            return Err(unclear(&format!("its sheet {} has no part", sheet.name)));
        };
        if sheet.state != SheetVisible::Visible {
            all.unseen.insert(sheet.name.clone(), sheet.state);
        }
        if target.kind == "worksheet" {
            let look = Sheet::read(&mut parts, &target.target, &styles)?;
            all.sheets.insert(sheet.name, look);
        }
    }
    Ok(all)
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    relation: String,
    state: SheetVisible,
}

fn sheets(parts: &mut Parts<'_>, book: &str) -> Result<Vec<Listed>, String> {
    let mut all = Vec::new();
    walk(parts, book, &mut |event| {
        if let Seen::Element(e, _) = event
            && e.local_name().as_ref() == "sheet"
        {
            let [name, state] = attributes(e, ["name", "state"])?;
            let relation = e.attributes().flatten().find(|a| {
                let key: &str = a.key.as_ref();
                key.rsplit(':').next() == Some("id")
            });
            all.push(Listed {
                name: name.unwrap_or_default(),
                relation: relation.map_or_else(String::new, |a| a.value.to_string()),
                state: match state.as_deref() {
                    Some("hidden") => SheetVisible::Hidden,
                    Some("veryHidden") => SheetVisible::VeryHidden,
                    _ => SheetVisible::Visible,
                },
            });
        }
        Ok(())
    })?;
    Ok(all)
}

/// A sheet while it is read.
#[derive(Default)]
struct Sheet {
    look: Look,
    /// Row and column that were read last, counted from one.
    row: u32,
    column: u32,
    /// Within what other views of the sheet say of themselves.
    aside: bool,
    filter: Option<Area>,
    condition: Vec<Area>,
}

impl Sheet {
    fn read(parts: &mut Parts<'_>, part: &str, styles: &Styles) -> Result<Look, String> {
        let mut sheet = Self::default();
        walk(parts, part, &mut |event| match event {
            Seen::Element(e, empty) => sheet.element(e, empty, styles),
            Seen::End("customSheetViews") => {
                sheet.aside = false;
                Ok(())
            }
            Seen::End(_) => Ok(()),
        })?;
        let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder);
        let own = relations_of(part);
        if there(parts, &own).is_some() {
            for table in relations(parts, &own, folder)? {
                if table.kind == "table" && there(parts, &table.target).is_some() {
                    sheet.filter = None;
                    walk(parts, &table.target, &mut |event| match event {
                        Seen::Element(e, _) => sheet.filters(e),
                        Seen::End(_) => Ok(()),
                    })?;
                }
            }
        }
        for (number, style) in styles.cells.iter().enumerate() {
            if let Some(found) = style {
                sheet.look.formats.insert(number, found.clone());
            }
        }
        Ok(sheet.look)
    }

    fn element(&mut self, e: &BytesStart<'_>, empty: bool, styles: &Styles) -> Result<(), String> {
        match e.local_name().as_ref() {
            "customSheetViews" if !empty => self.aside = true,
            _ if self.aside => {}
            "row" => self.row(e)?,
            "c" => self.cell(e, styles)?,
            "col" => {
                let [first, last, hidden, width] =
                    attributes(e, ["min", "max", "hidden", "width"])?;
                let number = |text: Option<String>| text.and_then(|t| t.parse::<u32>().ok());
                if is_true(hidden.as_deref()) || below(width.as_deref(), NARROW) {
                    let ends = (number(first).unwrap_or(1), number(last).unwrap_or(u32::MAX));
                    push(&mut self.look.columns, ends)?;
                }
            }
            "mergeCell" => {
                let [area] = attributes(e, ["ref"])?;
                if let Some(area) = area.as_deref().and_then(Area::of) {
                    push(&mut self.look.merged, area)?;
                }
            }
            "conditionalFormatting" => {
                let [areas] = attributes(e, ["sqref"])?;
                let areas = areas.unwrap_or_default();
                self.condition = areas.split_whitespace().filter_map(Area::of).collect();
            }
            "cfRule" => {
                let [id] = attributes(e, ["dxfId"])?;
                let id = id.and_then(|i| i.parse::<usize>().ok());
                if let Some(Some(code)) = id.and_then(|i| styles.conditions.get(i)) {
                    for area in self.condition.clone() {
                        push(&mut self.look.conditions, (area, code.clone()))?;
                    }
                }
            }
            // Only a condition of a newer kind has a format of its own here.
            "numFmt" => {
                let [code] = attributes(e, ["formatCode"])?;
                if let Some(code) = code.filter(|c| Disguise::of(c).any()) {
                    push(&mut self.look.conditions, (Area::ALL, code))?;
                }
            }
            _ => self.filters(e)?,
        }
        Ok(())
    }

    fn filters(&mut self, e: &BytesStart<'_>) -> Result<(), String> {
        match e.local_name().as_ref() {
            "autoFilter" => {
                let [area] = attributes(e, ["ref"])?;
                self.filter = area.as_deref().and_then(Area::of);
            }
            "filterColumn" => {
                if let Some(area) = self.filter.take() {
                    push(&mut self.look.filters, area)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn row(&mut self, e: &BytesStart<'_>) -> Result<(), String> {
        let [number, hidden, height] = attributes(e, ["r", "hidden", "ht"])?;
        let next = self.row.saturating_add(1);
        self.row = number.and_then(|n| n.parse().ok()).unwrap_or(next);
        self.column = 0;
        if is_true(hidden.as_deref()) || below(height.as_deref(), FLAT) {
            match self.look.rows.last_mut() {
                Some((_, last)) if last.saturating_add(1) == self.row => *last = self.row,
                _ => self.look.rows.push((self.row, self.row)),
            }
        }
        Ok(())
    }

    fn cell(&mut self, e: &BytesStart<'_>, styles: &Styles) -> Result<(), String> {
        let (mut place, mut style) = ((None, None), 0_usize);
        for attribute in e.attributes() {
            let attribute = attribute.map_err(|e| unclear(&e.to_string()))?;
            match attribute.key.as_ref() {
                "r" => place = corner(&attribute.value).unwrap_or_default(),
                "s" => style = attribute.value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        let (row, column) = place;
        self.column = column.unwrap_or(self.column.saturating_add(1));
        if let Some(Some(_)) = styles.cells.get(style) {
            if self.look.disguised.len() >= MOST_DISGUISED {
                return Err(unclear(&format!(
                    "more than {MOST_DISGUISED} cells have a format that shows another value"
                )));
            }
            let row = row.unwrap_or(self.row);
            self.look.disguised.insert((row, self.column), style);
        }
        Ok(())
    }
}

fn push<T>(all: &mut Vec<T>, one: T) -> Result<(), String> {
    if all.len() >= MOST_AREAS {
        return Err(unclear(&format!(
            "a sheet has more than {MOST_AREAS} areas of one kind"
        )));
    }
    all.push(one);
    Ok(())
}

fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "on"))
}

fn below(value: Option<&str>, least: f64) -> bool {
    let number = value.and_then(|v| v.trim().parse::<f64>().ok());
    number.is_some_and(|n| n < least)
}

#[cfg(test)]
mod tests {
    use super::{Area, Look, Unseen};

    #[test]
    fn a_filter_hides_below_its_heading_only() {
        let look = Look {
            rows: vec![(1, 1), (3, 4), (9, 9)],
            filters: vec![Area::of("A1:C5").expect("an area")],
            ..Look::default()
        };
        for (row, expected) in [
            (1, Some(Unseen::Hidden)),
            (2, None),
            (3, Some(Unseen::Filtered)),
            (4, Some(Unseen::Filtered)),
            (9, Some(Unseen::Hidden)),
            (10, None),
        ] {
            assert_eq!(look.row(row), expected, "{row}");
        }
    }
}
