//! The card as the first tab of a workbook: one page of A4.

use std::borrow::Cow;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use crate::report::shown::line as plain;
use crate::report::xlsx::text::{cut_to, fits, write_text};
use crate::rotation::card::{
    AfterState, Answer, Card, LinkState, Reason, Verdict, minute, reached,
};

/// Widths of the columns, in characters.
const WIDTHS: [u16; 5] = [17, 13, 17, 50, 32];
const LAST: u16 = 4;
const LINE: f64 = 14.5;
/// A4 as the format numbers papers.
const A4: u8 = 9;

const GOOD: u32 = 0x0014_602B;
const BAD: u32 = 0x009B_1C1C;
const OPEN: u32 = 0x005F_35A8;
const SOFT: u32 = 0x004D_5763;

struct Sheet<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
}

/// A cell over some columns.
struct Span<'a> {
    from: u16,
    to: u16,
    text: &'a str,
    format: Format,
}

fn base() -> Format {
    Format::new()
        .set_align(FormatAlign::Top)
        .set_text_wrap()
        .set_num_format("@")
        .set_font_size(10)
}

fn coloured(colour: u32) -> Format {
    base().set_bold().set_font_color(Color::RGB(colour))
}

fn span(from: u16, to: u16, text: &str, format: Format) -> Span<'_> {
    Span {
        from,
        to,
        text,
        format,
    }
}

/// What a cell holds of a text; what does not fit is in the JSON of the card.
fn within(text: &str) -> Cow<'_, str> {
    const CUT: &str = " … cut here: the JSON of this report has it whole";
    if fits(text) {
        return Cow::Borrowed(text);
    }
    let (start, _) = cut_to(text, CUT.len());
    Cow::Owned(format!("{start}{CUT}"))
}

impl Sheet<'_> {
    /// Writes a row whose height is that of its tallest cell.
    fn row(&mut self, cells: &[Span<'_>], line: f64) -> Result<(), XlsxError> {
        let mut tall = 1;
        for cell in cells {
            if cell.from < cell.to {
                self.sheet
                    .merge_range(self.row, cell.from, self.row, cell.to, "", &cell.format)?;
            }
            let text = within(cell.text);
            write_text(self.sheet, self.row, cell.from, &text, Some(&cell.format))?;
            let width: u16 = WIDTHS
                .iter()
                .skip(usize::from(cell.from))
                .take(usize::from(cell.to - cell.from) + 1)
                .sum();
            tall = tall.max(lines(cell.text, usize::from(width)));
        }
        let tall = u32::try_from(tall).unwrap_or(1);
        self.sheet
            .set_row_height(self.row, (f64::from(tall) * line).min(400.0))?;
        self.row += 1;
        Ok(())
    }

    fn head(&mut self, text: &str) -> Result<(), XlsxError> {
        let format = base()
            .set_bold()
            .set_font_size(11)
            .set_align(FormatAlign::Bottom)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x00CF_D6DD));
        self.row(&[span(0, LAST, text, format)], 24.0)
    }
}

/// Lines of a text that breaks at blanks. A column is measured in digits of the
/// font that a workbook begins with; this one is smaller, and letters are narrower.
fn lines(text: &str, width: usize) -> usize {
    let room = (width + width / 6).max(1);
    let one = |line: &str| line.chars().count().div_ceil(room).max(1);
    text.lines().map(one).sum::<usize>().max(1)
}

/// Writes the card.
///
/// # Errors
/// When the workbook refuses something.
pub(crate) fn write(card: &Card, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    for (at, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(at, f64::from(width))?;
    }
    sheet.set_paper_size(A4);
    sheet.set_print_fit_to_pages(1, 1);
    sheet.set_margins(0.4, 0.4, 0.4, 0.4, 0.2, 0.2);
    sheet.set_screen_gridlines(false);
    let mut s = Sheet { sheet, row: 0 };
    top(card, &mut s)?;
    if card.decisive().next().is_some() {
        s.head("Why")?;
        for r in card.decisive() {
            reason(r, &mut s)?;
        }
    }
    chain(card, &mut s)?;
    concerned(card, &mut s)?;
    s.head("Who can rotate")?;
    if card.rotators.is_empty() {
        s.row(&[span(0, LAST, "Nobody is known.", base())], LINE)?;
    }
    for p in &card.rotators {
        let able = p.can_sign_in.note();
        let (who, why) = (plain(&p.who), format!("{}{able}", plain(&p.why)));
        s.row(
            &[span(0, 2, &who, base()), span(3, LAST, &why, base())],
            LINE,
        )?;
    }
    s.head("Fallback sign-in")?;
    let (colour, word) = match card.fallback.0 {
        Verdict::Yes | Verdict::Info => (GOOD, "yes"),
        Verdict::No => (BAD, "none"),
        Verdict::Unknown => (OPEN, "unknown"),
    };
    let text = plain(&card.fallback.1);
    s.row(
        &[
            span(0, 0, word, coloured(colour)),
            span(1, LAST, &text, base()),
        ],
        LINE,
    )?;
    s.head("Steps still open")?;
    for (n, step) in (1..).zip(&card.steps) {
        let number = format!("{n}.");
        let text = plain(&step.text);
        s.row(
            &[
                span(0, 0, &number, base().set_align(FormatAlign::Right)),
                span(1, LAST, &text, base()),
            ],
            LINE,
        )?;
        for command in &step.commands {
            let code = base()
                .set_font_name("DejaVu Sans Mono")
                .set_font_size(8)
                .set_background_color(Color::RGB(0x00F2_F4F6));
            s.row(&[span(1, LAST, &plain(command), code)], 12.5)?;
        }
    }
    if !card.after.is_empty() {
        s.head("Since the baseline")?;
        for a in &card.after {
            let colour = match a.state {
                AfterState::Done | AfterState::Unchanged => GOOD,
                AfterState::NotDone => BAD,
                AfterState::Unknown => OPEN,
                AfterState::NotNeeded | AfterState::NotBegun | AfterState::Moved => SOFT,
            };
            let (what, note) = (plain(&a.what), plain(&a.note));
            s.row(
                &[
                    span(0, 1, &what, base()),
                    span(2, 2, a.state.name(), coloured(colour)),
                    span(3, LAST, &note, base()),
                ],
                LINE,
            )?;
        }
    }
    if card.other().next().is_some() {
        s.head("Also checked")?;
        for r in card.other() {
            reason(r, &mut s)?;
        }
    }
    let last = s.row.saturating_sub(1);
    sheet.set_print_area(0, 0, last, LAST)?;
    Ok(())
}

fn top(card: &Card, s: &mut Sheet<'_>) -> Result<(), XlsxError> {
    let (colour, wash) = match card.answer {
        Answer::Go => (GOOD, 0x00E5_F4E9),
        Answer::NoGo => (BAD, 0x00FD_EBEA),
        Answer::Unknown => (OPEN, 0x00F1_EBFB),
    };
    let filled = |format: Format| format.set_background_color(Color::RGB(wash));
    let answer = filled(coloured(colour).set_font_size(24));
    let secret = filled(
        base()
            .set_bold()
            .set_font_size(13)
            .set_align(FormatAlign::VerticalCenter),
    );
    s.row(
        &[
            span(0, 1, card.answer.name(), answer),
            span(2, LAST, &plain(&card.secret), secret),
        ],
        32.0,
    )?;
    s.row(
        &[span(
            0,
            LAST,
            &plain(&card.headline),
            filled(base().set_font_size(11)),
        )],
        15.5,
    )?;
    let rests = format!(
        "As of {} UTC, snapshot {}, {}",
        minute(card.as_of),
        card.snapshot,
        card.baseline.as_ref().map_or_else(
            || "without a baseline".to_owned(),
            |b| format!("compared with {b}")
        )
    );
    let soft = filled(base().set_font_size(9).set_font_color(Color::RGB(SOFT)));
    s.row(&[span(0, LAST, &rests, soft)], 13.0)
}

fn reason(r: &Reason, s: &mut Sheet<'_>) -> Result<(), XlsxError> {
    let colour = match r.verdict {
        Verdict::No => BAD,
        Verdict::Unknown => OPEN,
        Verdict::Info => SOFT,
        Verdict::Yes => GOOD,
    };
    let remedy = r
        .remedy
        .as_deref()
        .map_or_else(String::new, |r| format!(" → {}.", plain(r)));
    let text = format!("{}.{remedy}", plain(&r.reason));
    let question = plain(&r.question);
    s.row(
        &[
            span(0, 0, &question, base()),
            span(1, 1, r.verdict.name(), coloured(colour)),
            span(2, LAST, &text, base()),
        ],
        LINE,
    )
}

fn chain(card: &Card, s: &mut Sheet<'_>) -> Result<(), XlsxError> {
    s.head("The chain")?;
    s.row(
        &[span(0, LAST, &card.chain_line(), base().set_bold())],
        LINE,
    )?;
    for l in &card.chain {
        let colour = match l.state {
            LinkState::Done => GOOD,
            LinkState::NotYet | LinkState::OutOfOrder => BAD,
            LinkState::Unknown => OPEN,
            LinkState::NotNeeded => SOFT,
        };
        let state = format!("{} {}", l.state.mark(), l.state.name());
        let at = l.at.map(minute).unwrap_or_default();
        let (note, evidence) = (plain(&l.note), plain(&l.evidence));
        s.row(
            &[
                span(0, 0, l.kind.name(), base().set_bold()),
                span(1, 1, &state, coloured(colour)),
                span(2, 2, &at, base()),
                span(3, 3, &note, base()),
                span(
                    4,
                    4,
                    &evidence,
                    base().set_font_size(8).set_font_color(Color::RGB(SOFT)),
                ),
            ],
            LINE,
        )?;
    }
    Ok(())
}

fn concerned(card: &Card, s: &mut Sheet<'_>) -> Result<(), XlsxError> {
    s.head("If it goes wrong")?;
    if card.dependents.is_empty() {
        s.row(
            &[span(0, LAST, "What depends on it is not known.", base())],
            LINE,
        )?;
    }
    for d in &card.dependents {
        let name = format!("{} {}", plain(&d.role), plain(&d.name));
        let text = plain(&d.consequence);
        s.row(
            &[
                span(0, 1, &name, base().set_bold()),
                span(2, LAST, &text, base()),
            ],
            LINE,
        )?;
    }
    for r in &card.reach {
        let from = format!("From {}", plain(&r.source));
        s.row(
            &[
                span(0, 1, &from, base()),
                span(2, LAST, &reached(r), base()),
            ],
            LINE,
        )?;
    }
    Ok(())
}
