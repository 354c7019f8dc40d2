//! Files of an export: records in pages as an interface prints them, documents
//! one after the other, texts.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::Value;

use crate::error::EstateError;

/// How an interface prints a page.
pub(super) struct Form {
    pub open: &'static str,
    /// After the records of a page that has a successor.
    pub more: &'static str,
    /// After the records of the last page.
    pub last: &'static str,
    pub per_page: usize,
}

/// Writes records in pages, one document per page, one after the other.
pub(super) fn pages(
    path: &Path,
    form: &Form,
    records: impl Iterator<Item = Value>,
) -> Result<(), EstateError> {
    let mut out = create(path)?;
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    let mut on_page = 0;
    out.write_all(form.open.as_bytes()).map_err(wrong)?;
    for record in records {
        if on_page == form.per_page {
            writeln!(out, "{}", form.more).map_err(wrong)?;
            out.write_all(form.open.as_bytes()).map_err(wrong)?;
            on_page = 0;
        }
        if on_page > 0 {
            out.write_all(b",\n").map_err(wrong)?;
        }
        serde_json::to_writer(&mut out, &record)
            .map_err(std::io::Error::from)
            .map_err(wrong)?;
        on_page += 1;
    }
    writeln!(out, "{}", form.last).map_err(wrong)?;
    out.flush().map_err(wrong)
}

/// Writes documents one after the other.
pub(super) fn documents(
    path: &Path,
    documents: impl Iterator<Item = Value>,
) -> Result<(), EstateError> {
    let mut out = create(path)?;
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    for document in documents {
        serde_json::to_writer(&mut out, &document)
            .map_err(std::io::Error::from)
            .map_err(wrong)?;
        out.write_all(b"\n").map_err(wrong)?;
    }
    out.flush().map_err(wrong)
}

pub(super) fn text(path: &Path, text: &str) -> Result<(), EstateError> {
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    let mut out = create(path)?;
    out.write_all(text.as_bytes()).map_err(wrong)?;
    out.flush().map_err(wrong)
}

fn create(path: &Path) -> Result<BufWriter<File>, EstateError> {
    let wrong = |source| EstateError {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(wrong)?;
    }
    Ok(BufWriter::new(File::create(path).map_err(wrong)?))
}
