//! JSON: one document, typed values, keys in a fixed order.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::{Book, ReportError, replace};
use crate::dataset::manifest::rfc3339;
use crate::detect::evaluate::json_at;

/// Writes the document; gives its path.
///
/// # Errors
/// When the file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let path = out.join(format!("{}.json", book.name));
    let mut sheets = Map::new();
    for page in &book.sheets {
        let columns = page.frame.columns();
        let rows: Vec<Value> = (0..page.frame.height())
            .map(|row| {
                Value::Object(
                    columns
                        .iter()
                        .map(|c| (c.name().to_string(), json_at(c, row)))
                        .collect(),
                )
            })
            .collect();
        let names: Vec<&str> = columns.iter().map(|c| c.name().as_str()).collect();
        sheets.insert(
            page.slug(),
            json!({ "title": page.title, "notes": page.notes, "columns": names, "rows": rows }),
        );
    }
    let about: Vec<Value> = book
        .about
        .iter()
        .map(|(k, v)| json!({ "name": k, "value": v }))
        .collect();
    let document = json!({
        "schema": "countersign.report/v1",
        "report": book.name,
        "title": book.title,
        "as_of": rfc3339(book.as_of),
        "about": about,
        "sheets": sheets,
    });
    replace(&path, |file| {
        let mut out = std::io::BufWriter::new(file);
        serde_json::to_writer_pretty(&mut out, &document).map_err(|e| e.to_string())?;
        writeln!(out)
            .and_then(|()| out.flush())
            .map_err(|e| e.to_string())
    })?;
    Ok(vec![path])
}
