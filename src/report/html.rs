//! HTML: one plain page that needs nothing else.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use askama::Template;
use serde_json::Value;

use super::{Book, ReportError, heading, replace};
use crate::detect::evaluate::json_at;

/// Rows of a section: a browser has to lay them all out. A page says what it leaves out.
const MOST_ROWS: usize = 5_000;

struct Section {
    id: String,
    title: String,
    notes: String,
    rows: usize,
    hidden: usize,
    headings: Vec<String>,
    cells: Vec<Vec<(String, String)>>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
{{ card_style|safe }}
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #1b1f24; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
p { max-width: 60rem; } nav ul { padding-left: 1.2rem; }
.answer { font-size: 2rem; font-weight: 700; margin: .5rem 0; } .answer.GO { color: #14602b; } .answer.NO-GO { color: #9b1c1c; } .answer.UNKNOWN { color: #7a4d00; }
.plain th { width: 18rem; } .scroll { overflow: auto; max-height: 80vh; border: 1px solid #c9d1d9; }
table { border-collapse: collapse; min-width: 100%; } caption { text-align: left; }
th, td { border-bottom: 1px solid #d8dee4; padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: break-word; min-width: 5rem; max-width: 28rem; }
thead th { position: sticky; top: 0; background: #24476b; color: #fff; white-space: nowrap; }
tbody tr:nth-child(even) { background: #f6f8fa; }
p.cut { color: #7a4d00; font-weight: 600; }
td.no, td.critical, td.high, td.failed, td.denied { color: #9b1c1c; font-weight: 600; }
td.medium, td.unknown, td.partial { color: #7a4d00; font-weight: 600; } td.yes, td.pass, td.complete { color: #14602b; }
@media print { .scroll { max-height: none; overflow: visible; border: 0; } thead th { position: static; color: #000; background: #fff; } body { margin: 0; font-size: 10px; } }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p>{{ doc }}</p>
{% if card != "" %}<div class="card">{{ card|safe }}</div>
{% else if answer != "" %}<p class="answer {{ answer }}">{{ answer }}</p>
{% endif %}<h2 id="about">What this stands on</h2>
<div class="plain"><table><tbody>
{% for row in about %}<tr><th scope="row">{{ row.0 }}</th><td>{{ row.1 }}</td></tr>
{% endfor %}</tbody></table></div>
<nav aria-label="Sheets"><ul>
{% for s in sections %}<li><a href="&#35;{{ s.id }}">{{ s.title }}</a>: {{ s.rows }} rows</li>
{% endfor %}</ul></nav>
{% for s in sections %}<section aria-labelledby="{{ s.id }}">
<h2 id="{{ s.id }}">{{ s.title }}</h2>
<p>{{ s.notes }}</p>
{% if s.rows == 0 %}<p>No rows.</p>
{% else %}{% if s.hidden > 0 %}<p class="cut">The first {{ s.cells.len() }} of {{ s.rows }} rows; the other {{ s.hidden }} are in the CSV file, the workbook and the JSON document of this report.</p>
{% endif %}<div class="scroll"><table>
<thead><tr>{% for h in s.headings %}<th scope="col">{{ h }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in s.cells %}<tr>{% for c in row %}<td class="{{ c.0 }}">{{ c.1 }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
</table></div>
{% endif %}</section>
{% endfor %}</body>
</html>
"#
)]
struct PageTemplate {
    title: String,
    doc: String,
    /// The word that the report comes down to, if it does.
    answer: String,
    /// The card: HTML that is escaped already, and its look.
    card: String,
    card_style: &'static str,
    about: Vec<(String, String)>,
    sections: Vec<Section>,
}

/// Writes the page; gives its path.
///
/// # Errors
/// When the file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let path = out.join(format!("{}.html", book.name));
    let page = PageTemplate {
        title: book.title.clone(),
        doc: book.doc.clone(),
        answer: book
            .about
            .iter()
            .find(|(name, _)| name == "Answer")
            .map(|(_, value)| value.clone())
            .unwrap_or_default(),
        card: match &book.card {
            Some(card) => super::card::page::block(card)?,
            None => String::new(),
        },
        card_style: include_str!("html/card.css"),
        about: book.about.clone(),
        sections: book
            .sheets
            .iter()
            .map(|page| {
                let columns = page.frame.columns();
                Section {
                    id: page.slug(),
                    title: page.title.clone(),
                    notes: page.notes.clone(),
                    rows: page.frame.height(),
                    hidden: page.frame.height().saturating_sub(MOST_ROWS),
                    headings: columns.iter().map(|c| heading(c.name())).collect(),
                    cells: (0..page.frame.height().min(MOST_ROWS))
                        .map(|row| {
                            columns
                                .iter()
                                .map(|c| {
                                    let text = match json_at(c, row) {
                                        Value::Null => String::new(),
                                        Value::String(text) => text,
                                        Value::Bool(flag) => {
                                            if flag { "yes" } else { "no" }.to_owned()
                                        }
                                        other => other.to_string(),
                                    };
                                    let class = if matches!(
                                        c.name().as_str(),
                                        "severity" | "state" | "status" | "answer"
                                    ) {
                                        text.clone()
                                    } else {
                                        String::new()
                                    };
                                    (class, text)
                                })
                                .collect()
                        })
                        .collect(),
                }
            })
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
