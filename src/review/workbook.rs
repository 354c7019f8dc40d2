//! The workbook that a reviewer gets: what it is about, what changed, what is
//! privileged, everything; facts locked, decisions open.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, ProtectionOptions,
    Workbook, Worksheet, XlsxError,
};

use super::campaign::{Campaign, Change, Opened, Scope};
use super::columns::{Answer, COLUMNS, Cell, FROZEN, Role, facts};
use super::item::Item;
use super::{DECISIONS, NO_OWNER, ReviewError};
use crate::report::xlsx::text::{cell_text, cut_to, fits};
use crate::time::rfc3339;

/// The sheet that a reader opens first.
pub const START: &str = "Start here";
/// What changed since the last review.
pub const CHANGES: &str = "Changes";
/// Rows of privileged access.
pub const PRIVILEGED: &str = "Privileged";
/// Every row.
pub const EVERYTHING: &str = "Everything";
/// The sheet that says which campaign the workbook belongs to; people do not see it.
pub const RECORD: &str = "Campaign";
/// Label of the cell that says who reviewed.
pub const REVIEWED_BY: &str = "Reviewed by (user principal name)";
/// Label of the cell that says when.
pub const REVIEWED_ON: &str = "Reviewed on";
/// The form of [`RECORD`].
pub const WORKBOOK_FORMAT: &str = "countersign.review-workbook/v1";

/// Row of the first sheet where what it is about begins, counted from zero.
pub(super) const FIRST_ABOUT: u32 = 2;
/// Rows of a sheet beside its heading.
const MOST_ROWS: usize = 1_048_575;
/// Lines of a cell that a row is high enough for.
const MOST_LINES: usize = 6;

/// Writes the workbook of a scope.
///
/// # Errors
/// When the file cannot be written.
pub fn write(opened: &Opened, scope: &Scope, out: &Path) -> Result<(), ReviewError> {
    let path = out.join(&scope.file);
    let folder = path.parent().unwrap_or(out);
    fs::create_dir_all(folder).map_err(|e| ReviewError::write(folder, &e))?;
    let mut workbook = workbook(opened, scope).map_err(|e| ReviewError::write(&path, &e))?;
    let file =
        tempfile::NamedTempFile::new_in(folder).map_err(|e| ReviewError::write(&path, &e))?;
    workbook
        .save_to_writer(file.as_file())
        .map_err(|e| ReviewError::write(&path, &e))?;
    file.as_file()
        .sync_all()
        .map_err(|e| ReviewError::write(&path, &e))?;
    file.persist(&path)
        .map_err(|e| ReviewError::write(&path, &e))?;
    Ok(())
}

struct Style {
    title: Format,
    head: Format,
    label: Format,
    text: Format,
    wrap: Format,
    time: Format,
    bad: Format,
    input: Format,
    day: Format,
}

impl Style {
    fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        let yellow = Color::RGB(0x00FF_F6CC);
        Self {
            title: Format::new().set_bold().set_font_size(16),
            head: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(Color::RGB(0x0024_476B))
                .set_align(FormatAlign::VerticalCenter),
            label: top().set_num_format("@").set_bold(),
            text: top().set_num_format("@"),
            wrap: top().set_num_format("@").set_text_wrap(),
            time: top()
                .set_num_format("yyyy-mm-dd hh:mm")
                .set_align(FormatAlign::Left),
            bad: top()
                .set_num_format("@")
                .set_bold()
                .set_font_color(Color::RGB(0x009B_1C1C))
                .set_text_wrap(),
            input: top()
                .set_background_color(yellow)
                .set_num_format("@")
                .set_text_wrap()
                .set_unlocked(),
            day: top()
                .set_background_color(yellow)
                .set_num_format("yyyy-mm-dd")
                .set_unlocked(),
        }
    }
}

fn workbook(opened: &Opened, scope: &Scope) -> Result<Workbook, XlsxError> {
    let campaign = &opened.campaign;
    let style = Style::new();
    let mut all = Workbook::new();
    let created = ExcelDateTime::from_timestamp(campaign.opened_at.timestamp())?;
    all.set_properties(
        &DocProperties::new()
            .set_title(&campaign.name)
            .set_author("countersign")
            .set_comment(format!("Review {}", campaign.campaign))
            .set_custom_property("Campaign", campaign.campaign.as_str())
            .set_creation_datetime(&created),
    );
    let items: Vec<&Item> = opened.items_of(scope).collect();
    let privileged: Vec<&Item> = items
        .iter()
        .copied()
        .filter(|i| i.is_privileged())
        .collect();
    start(all.add_worksheet(), campaign, scope, &items, &style)?;
    changes(all.add_worksheet(), campaign, scope, &style)?;
    for (name, rows) in [(PRIVILEGED, &privileged), (EVERYTHING, &items)] {
        let mut parts: Vec<&[&Item]> = rows.chunks(MOST_ROWS).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (part, rows) in parts.into_iter().enumerate() {
            let sheet = all.add_worksheet_with_low_memory()?;
            match part {
                0 => sheet.set_name(name)?,
                n => sheet.set_name(format!("{name} ({})", n + 1))?,
            };
            table(sheet, rows, campaign, &style)?;
        }
    }
    record(all.add_worksheet(), campaign, scope, &style)?;
    Ok(all)
}

/// Keeps people from changing facts by accident; it is no security, and says so.
fn protect(sheet: &mut Worksheet) {
    let options = ProtectionOptions {
        format_columns: true,
        format_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::default()
    };
    sheet.protect_with_options(&options);
}

fn start(
    sheet: &mut Worksheet,
    campaign: &Campaign,
    scope: &Scope,
    items: &[&Item],
    style: &Style,
) -> Result<(), XlsxError> {
    const WIDTH: usize = 96;
    sheet.set_name(START)?;
    sheet.write_string_with_format(0, 0, shown(&campaign.name).as_str(), &style.title)?;
    let mut row = FIRST_ABOUT;
    for (label, value, bad) in about(campaign, scope, items) {
        let value = shown(&value);
        sheet.write_string_with_format(row, 0, label, &style.label)?;
        let format = if bad { &style.bad } else { &style.wrap };
        sheet.write_string_with_format(row, 1, value.as_str(), format)?;
        sheet.set_row_height(row, height(lines(&value, WIDTH)))?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, "Sign-off", &style.head)?;
    sheet.write_string_with_format(row, 1, "Fill in the yellow cells", &style.head)?;
    for (label, day) in [
        (REVIEWED_BY, false),
        ("Reviewed by (name)", false),
        (REVIEWED_ON, true),
        ("Acknowledged by management (name)", false),
        ("Acknowledged on", true),
    ] {
        row += 1;
        sheet.write_string_with_format(row, 0, label, &style.text)?;
        let format = if day { &style.day } else { &style.input };
        sheet.write_blank(row, 1, format)?;
        if day {
            sheet.add_data_validation(row, 1, row, 1, &days()?)?;
        }
    }
    sheet.set_column_width(0, 36)?;
    sheet.set_column_width(1, 100)?;
    sheet.set_landscape();
    sheet.set_paper_size(A4);
    sheet.set_print_fit_to_pages(1, 0);
    protect(sheet);
    Ok(())
}

/// Label, value, and whether it needs attention.
pub(super) fn about(
    campaign: &Campaign,
    scope: &Scope,
    items: &[&Item],
) -> Vec<(&'static str, String, bool)> {
    let privileged = items.iter().filter(|i| i.is_privileged()).count();
    let people: BTreeSet<&str> = items.iter().map(|i| i.person_id.as_str()).collect();
    let accounts: BTreeSet<&str> = items.iter().map(|i| i.account_id.as_str()).collect();
    let scoped = match scope.owner.as_deref() {
        None => "Every account of the organisation".to_owned(),
        Some(NO_OWNER) => "Accounts that no declaration gives an owner: whoever runs the review decides about them, or passes them on".to_owned(),
        Some(owner) => format!("Accounts of the application owner {owner}"),
    };
    let mut all = vec![
        ("What this is", "Who can reach which AWS account, with which permission set, and by what path. Each row is one person's access to one account with one permission set. Say for each whether it should stay.".to_owned(), false),
        ("Scope", scoped, false),
        ("Rows", format!("{}, of them {privileged} privileged; {} people, {} accounts", items.len(), people.len(), accounts.len()), false),
        ("As of", format!("{} (everything is shown as it was then)", rfc3339(campaign.as_of)), false),
        ("Due", rfc3339(campaign.due_at), false),
        ("Review", campaign.campaign.clone(), false),
        ("Snapshot", campaign.snapshot.clone(), false),
        ("Manifest SHA-256", campaign.manifest_sha256.clone(), false),
        ("Opened", format!("{} by {}", rfc3339(campaign.opened_at), campaign.opened_by), false),
    ];
    if campaign.incomplete.is_empty() {
        all.push((
            "Coverage",
            "Complete: every table that access rests on was read to its end.".to_owned(),
            false,
        ));
    }
    for why in &campaign.incomplete {
        all.push((
            "NOT COMPLETE",
            format!("People may have access that no row shows: {why}"),
            true,
        ));
    }
    for why in &campaign.unknown {
        all.push(("Not known", why.clone(), true));
    }
    all.push((
        "Changes since",
        campaign.compared_with.clone().unwrap_or_else(|| {
            "nothing earlier: this is the first review of the first snapshot".to_owned()
        }),
        false,
    ));
    for why in &campaign.changes.not_known {
        all.push(("Not known", why.clone(), true));
    }
    for (label, step) in [
        "How to fill it in: 1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
    ]
    .into_iter()
    .zip([
        "Begin with the sheet Privileged. Its rows are in Everything too: one decision, in either sheet, is enough.",
        "Choose Keep, Remove, Change or Don't know in the yellow cells. A blank cell means Not reviewed, never Keep.",
        "Give a justification for every Change (say what to), and to Keep what is privileged, a guest's, or not known to be neither.",
        "Do not decide about your own access, under whatever name: leave those rows to somebody else.",
        "Sign below. ReviewerUPN in a row names somebody else for that row; ReviewDate another day.",
        "Filter and widen as you like, and hide nothing that you fill in; to sort, take the protection off first (Review, Unprotect Sheet; there is no password), and sort whole rows. The other cells are facts: they are locked against accidents only, and whatever is changed in them is found when the workbook comes back, and that row does not count.",
        "Save as .xlsx and send it back to whoever opened the review, who runs: countersign review import FILE",
    ]) {
        all.push((label, step.to_owned(), false));
    }
    all
}

/// Whether a line of the first sheet is what an earlier version wrote there: workbooks
/// are out for weeks.
pub(super) fn as_before(label: &str, value: &str) -> bool {
    const HIDE: &str = "Filter, hide and widen as you like; to sort, take the protection off first (Review, Unprotect Sheet; there is no password), and sort whole rows. The other cells are facts: they are locked against accidents only, and whatever is changed in them is found when the workbook comes back, and that row does not count.";
    label == "6" && value == HIDE
}

/// The rows of the sheet of changes, as many as it holds.
pub(super) fn changed(campaign: &Campaign, scope: &Scope) -> Vec<[String; 4]> {
    let ours = |change: &Change| {
        let owner = change.owner.as_deref().unwrap_or(NO_OWNER);
        scope.owner.as_deref().is_none_or(|o| o == owner)
    };
    let added = campaign.changes.added.iter().map(|c| ("added", c));
    let removed = campaign.changes.removed.iter().map(|c| ("removed", c));
    added
        .chain(removed)
        .filter(|(_, change)| ours(change))
        .take(MOST_ROWS)
        .map(|(word, c)| {
            [
                word.to_owned(),
                shown(&c.person),
                shown(&c.account),
                shown(&c.permission_set),
            ]
        })
        .collect()
}

/// What stands in place of rows where there are none.
pub(super) fn nothing_changed(campaign: &Campaign) -> &'static str {
    match (
        &campaign.compared_with,
        campaign.changes.not_known.is_empty(),
    ) {
        (None, _) => "Nothing earlier to compare with.",
        (_, true) => "Nothing was added or removed.",
        (_, false) => "Not known: see Start here.",
    }
}

fn changes(
    sheet: &mut Worksheet,
    campaign: &Campaign,
    scope: &Scope,
    style: &Style,
) -> Result<(), XlsxError> {
    sheet.set_name(CHANGES)?;
    for (at, (name, width)) in (0_u16..).zip([
        ("Change", 12.0),
        ("Person", 40.0),
        ("Account", 32.0),
        ("Permission set", 30.0),
    ]) {
        sheet.write_string_with_format(0, at, name, &style.head)?;
        sheet.set_column_width(at, width)?;
    }
    let mut row = 0;
    for cells in changed(campaign, scope) {
        row += 1;
        for (at, text) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(row, at, text, &style.text)?;
        }
    }
    if row == 0 {
        let text = nothing_changed(campaign);
        sheet.write_string_with_format(1, 0, text, &style.text)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, row.max(1), 3)?;
    sheet.set_landscape();
    sheet.set_paper_size(A4);
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    protect(sheet);
    Ok(())
}

fn table(
    sheet: &mut Worksheet,
    rows: &[&Item],
    campaign: &Campaign,
    style: &Style,
) -> Result<(), XlsxError> {
    for (at, column) in (0_u16..).zip(&COLUMNS) {
        match column.width {
            Some(width) => sheet.set_column_width(at, f64::from(width))?,
            None => sheet.set_column_hidden(at)?,
        };
        sheet.write_string_with_format(0, at, column.name, &style.head)?;
    }
    for (row, item) in (1_u32..).zip(rows) {
        let cells = facts(item, campaign);
        // The writer repeats the last row as an empty one when it has a height.
        if usize::try_from(row).is_ok_and(|row| row < rows.len()) {
            sheet.set_row_height(row, height(tallest(&cells)))?;
        }
        for ((at, column), cell) in (0_u16..).zip(&COLUMNS).zip(&cells) {
            write_cell(sheet, row, at, column.role, cell.as_ref(), style)?;
        }
    }
    let last_row = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
    for (at, column) in (0_u16..).zip(&COLUMNS) {
        let validation = match column.role {
            Role::Answer(Answer::Decision) => DataValidation::new()
                .allow_list_strings(&DECISIONS)?
                .set_error_title("Not a decision")?
                .set_error_message(
                    "Choose Keep, Remove, Change or Don't know; blank means not reviewed.",
                )?,
            Role::Answer(Answer::Date) => days()?,
            _ => continue,
        };
        sheet.add_data_validation(1, at, last_row, at, &validation)?;
    }
    let last = u16::try_from(COLUMNS.len() - 1).unwrap_or(u16::MAX);
    sheet.set_freeze_panes(1, FROZEN)?;
    sheet.autofilter(0, 0, last_row, last)?;
    sheet.set_landscape();
    sheet.set_paper_size(A3);
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    protect(sheet);
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    role: Role,
    cell: Option<&Cell>,
    style: &Style,
) -> Result<(), XlsxError> {
    match (role, cell) {
        (Role::Answer(Answer::Date), _) => {
            sheet.write_blank(row, at, &style.day)?;
        }
        (Role::Answer(_), _) => {
            sheet.write_blank(row, at, &style.input)?;
        }
        (_, Some(Cell::Time(time))) => {
            let time = ExcelDateTime::from_timestamp(time.timestamp())?;
            sheet.write_datetime_with_format(row, at, &time, &style.time)?;
        }
        (_, Some(Cell::Text(text))) => {
            let wide = COLUMNS
                .get(usize::from(at))
                .and_then(|c| c.width)
                .map_or(usize::MAX, usize::from);
            let text = shown(text);
            let format = match text.as_str() {
                "critical" | "Deny" | "DISABLED" => &style.bad,
                _ if text.chars().count() + 2 > wide => &style.wrap,
                _ => &style.text,
            };
            sheet.write_string_with_format(row, at, text, format)?;
        }
        _ => {}
    }
    Ok(())
}

/// Which workbook this is, for when it comes back.
fn record(
    sheet: &mut Worksheet,
    campaign: &Campaign,
    scope: &Scope,
    style: &Style,
) -> Result<(), XlsxError> {
    sheet.set_name(RECORD)?;
    for (row, (name, value)) in (0_u32..).zip(identity(campaign, scope)) {
        sheet.write_string_with_format(row, 0, name, &style.text)?;
        sheet.write_string_with_format(row, 1, shown(&value).as_str(), &style.text)?;
    }
    sheet.set_column_width(0, 20)?;
    sheet.set_column_width(1, 70)?;
    sheet.set_very_hidden(true);
    sheet.protect();
    Ok(())
}

/// What says which workbook it is: name and value.
#[must_use]
pub fn identity(campaign: &Campaign, scope: &Scope) -> Vec<(&'static str, String)> {
    vec![
        ("format", WORKBOOK_FORMAT.to_owned()),
        ("campaign", campaign.campaign.clone()),
        ("snapshot", campaign.snapshot.clone()),
        ("manifest_sha256", campaign.manifest_sha256.clone()),
        ("items_sha256", campaign.items_sha256.clone()),
        ("workbook", scope.file.clone()),
        ("items", scope.items.to_string()),
    ]
}

/// Text as a cell shows it: what is longer than a cell is cut, and says so.
#[must_use]
pub fn shown(text: &str) -> String {
    const CUT: &str = " … cut here: `review status --format csv` has it whole";
    let text = cell_text(text);
    if fits(&text) {
        return text.into_owned();
    }
    let (start, _) = cut_to(&text, CUT.len());
    format!("{start}{CUT}")
}

fn days() -> Result<DataValidation, XlsxError> {
    let first = ExcelDateTime::from_ymd(2020, 1, 1)?;
    DataValidation::new()
        .allow_date(rust_xlsxwriter::DataValidationRule::GreaterThanOrEqualTo(
            first,
        ))
        .set_error_title("Not a date")?
        .set_error_message("Enter a day, such as 2026-11-23.")
}

fn tallest(cells: &[Option<Cell>]) -> usize {
    let shown = COLUMNS.iter().zip(cells);
    shown
        .filter_map(|(column, cell)| match (column.width, cell) {
            (Some(width), Some(Cell::Text(text))) => Some(lines(text, usize::from(width))),
            _ => None,
        })
        .max()
        .unwrap_or(1)
}

/// Lines that a text takes; words break early, so a little more than its length.
fn lines(text: &str, width: usize) -> usize {
    let one = |line: &str| match line.chars().count() {
        n if n + 2 <= width => 1,
        n => (n + n / 8).div_ceil(width.saturating_sub(2).max(1)),
    };
    text.lines().map(one).sum::<usize>().clamp(1, MOST_LINES)
}

fn height(lines: usize) -> f64 {
    f64::from(u32::try_from(lines).unwrap_or(1)) * 15.0
}

/// Paper sizes as the format numbers them.
const A3: u8 = 8;
const A4: u8 = 9;
