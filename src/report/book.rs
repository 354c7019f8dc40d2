//! A report with its rows, whatever format it is written in.

use chrono::{DateTime, Utc};

use super::front::Front;
use crate::dataset::rows::Rows;
use crate::rotation::card::Card;

/// A report with its rows.
#[derive(Debug)]
pub struct Book {
    /// Name of the report, and of its files.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// What it is for.
    pub doc: String,
    /// What it stands on: label and value.
    pub about: Vec<(String, String)>,
    /// Column whose values get a workbook each.
    pub split_by: Option<String>,
    /// Its sheets.
    pub sheets: Vec<Page>,
    /// The moment that everything is relative to.
    pub as_of: DateTime<Utc>,
    /// The card that stands before the sheets, if the report has one.
    pub card: Option<Card>,
    /// What a page opens with; nothing when the book is not about a check.
    pub front: Option<Front>,
}

/// One sheet with its rows.
#[derive(Debug)]
pub struct Page {
    /// Title.
    pub title: String,
    /// Prose.
    pub notes: String,
    /// Rows, in memory or not: formats read them in batches.
    pub rows: Rows,
    /// What its rows rest on that was not read completely, as sentences.
    pub gaps: Vec<String>,
    /// Whether it stands whole in every workbook that the book is split into.
    pub in_every_part: bool,
}

impl Page {
    /// The title as a file name or key.
    #[must_use]
    pub fn slug(&self) -> String {
        slug(&self.title)
    }
}

/// Text as a file name: lower-case letters, digits and hyphens.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
