//! JSON: one document, typed values, keys in a fixed order.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::ser::{Error as _, Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::{Map, Value, json};

use super::{Book, Page, ReportError, replace};
use crate::dataset::manifest::rfc3339;

/// Writes the document; gives its path. Rows are printed as they are read.
///
/// # Errors
/// When the file cannot be written.
pub fn write(book: &Book, out: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let path = out.join(format!("{}.json", book.name));
    replace(&path, |file| {
        let mut out = std::io::BufWriter::new(file);
        serde_json::to_writer_pretty(&mut out, &Document(book)).map_err(|e| e.to_string())?;
        writeln!(out)
            .and_then(|()| out.flush())
            .map_err(|e| e.to_string())
    })?;
    Ok(vec![path])
}

struct Document<'a>(&'a Book);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let book = self.0;
        let about: Vec<Value> = book
            .about
            .iter()
            .map(|(k, v)| json!({ "name": k, "value": v }))
            .collect();
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("about", &about)?;
        map.serialize_entry("as_of", &rfc3339(book.as_of))?;
        if let Some(card) = &book.card {
            map.serialize_entry("card", card)?;
        }
        map.serialize_entry("report", &book.name)?;
        map.serialize_entry("schema", "countersign.report/v1")?;
        map.serialize_entry("sheets", &Sheets(book))?;
        map.serialize_entry("title", &book.title)?;
        map.end()
    }
}

struct Sheets<'a>(&'a Book);

impl Serialize for Sheets<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.sheets.iter().map(|page| (page.slug(), Sheet(page))))
    }
}

struct Sheet<'a>(&'a Page);

impl Serialize for Sheet<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let page = self.0;
        let names: Vec<&str> = page.rows.names().collect();
        let mut map = to.serialize_map(Some(4))?;
        map.serialize_entry("columns", &names)?;
        map.serialize_entry("notes", &page.notes)?;
        map.serialize_entry("rows", &Rows(page))?;
        map.serialize_entry("title", &page.title)?;
        map.end()
    }
}

struct Rows<'a>(&'a Page);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.rows.count()))?;
        for batch in self.0.rows.batches() {
            let (_, frame) = batch.map_err(S::Error::custom)?;
            for row in 0..frame.height() {
                let cells = frame.columns().iter().map(|c| {
                    (
                        c.name().to_string(),
                        Value::from(crate::dataset::value::Value::at(c, row)),
                    )
                });
                list.serialize_element(&cells.collect::<Map<String, Value>>())?;
            }
        }
        list.end()
    }
}
