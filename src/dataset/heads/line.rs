//! A line of the log: what was sealed, and what is about to be.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file of the log in the data directory.
pub const FILE: &str = "heads.jsonl";
/// What is about to be logged: it stands there from before something gets its
/// name until the line is written.
pub const PENDING: &str = ".heads-pending";

/// What a line speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A sealed snapshot: its manifest.
    Snapshot,
    /// A stored assessment: its manifest.
    Assessment,
    /// An access review that was opened: its record.
    Review,
    /// A workbook that came back: its record.
    ReviewImport,
    /// Anything else that was recorded about a review.
    ReviewRecord,
    /// A review that was closed: its record.
    ReviewClosure,
    /// Something that was removed on purpose: `snapshot/ID`, with the hash of what it was.
    Purge,
}

impl Kind {
    /// The word in the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Assessment => "assessment",
            Self::Review => "review",
            Self::ReviewImport => "review-import",
            Self::ReviewRecord => "review-record",
            Self::ReviewClosure => "review-closure",
            Self::Purge => "purge",
        }
    }

    /// What a file in the folder of a review is, by its name; `None` for what is
    /// part of the review itself.
    #[must_use]
    pub fn of_review_file(name: &str) -> Option<Self> {
        match name {
            "campaign.json" | "items.jsonl" | "SHA256SUMS" => None,
            name if name.starts_with("import-") => Some(Self::ReviewImport),
            name if name.starts_with("clos") => Some(Self::ReviewClosure),
            _ => Some(Self::ReviewRecord),
        }
    }
}

/// Why a line was not written by what it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// It was there when the log began: nothing testifies what it was before.
    Found,
    /// The run that wrote it ended before the line was there; what it meant to write
    /// stood in the pending file.
    Repaired,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number, from 1.
    pub sequence: u64,
    /// What it speaks of.
    pub kind: Kind,
    /// Id of that.
    pub id: String,
    /// SHA-256 of its manifest or record.
    pub sha256: String,
    /// When it was written, by the clock of whoever wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Place in the chain, of a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// SHA-256 of the index of first-seen dates after an assessment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_sha256: Option<String>,
    /// Set when it was written by something else than what it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
}

/// What is to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// SHA-256 of its manifest or record.
    pub sha256: String,
    /// Place in the chain, of a snapshot.
    pub number: Option<u64>,
    /// SHA-256 of the index of first-seen dates after an assessment.
    pub index_sha256: Option<String>,
}

impl Entry {
    /// Of something that has an id and a hash.
    #[must_use]
    pub fn new(kind: Kind, id: impl Into<String>, sha256: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
            sha256: sha256.into(),
            number: None,
            index_sha256: None,
        }
    }
}

impl Line {
    /// Whether it says that this was written.
    #[must_use]
    pub fn is(&self, kind: Kind, id: &str, sha256: &str) -> bool {
        self.kind == kind && self.id == id && self.sha256 == sha256
    }

    /// Whether these bytes are a part of the line that an interrupted run wrote.
    pub(in crate::dataset) fn begins_with(&self, torn: &[u8]) -> bool {
        [self.late, Some(Late::Repaired)].into_iter().any(|late| {
            let line = Self {
                late,
                ..self.clone()
            };
            line.to_bytes().is_ok_and(|bytes| bytes.starts_with(torn))
        })
    }

    /// The bytes of the line, without its end.
    ///
    /// # Errors
    /// Never in practice: every field is a string or a number.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }
}

/// The line that a run meant to write and has not, or not yet.
pub(in crate::dataset) fn pending(root: &Path) -> Option<Line> {
    serde_json::from_slice(
        &crate::bounds::file::read(root.join(PENDING), crate::bounds::SEALED).ok()?,
    )
    .ok()
}
