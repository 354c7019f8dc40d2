//! The manifest of a snapshot: what was read, from where, how completely.
//!
//! Canonical JSON (RFC 8785), so that its hash is the same for the same facts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use crate::time::rfc3339;

use super::coverage::{Coverage, InputFile, State};
use super::schema::Table;

/// Format tag of the manifest.
pub const FORMAT: &str = "countersign.snapshot/v1";

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, b| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A table of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// Table name.
    pub table: String,
    /// Source name.
    pub source: String,
    /// Whether a required source is incomplete without it.
    pub core: bool,
    /// How completely it was read.
    pub state: State,
    /// Why it is not complete.
    pub reasons: Vec<String>,
    /// What exactly is missing, where that is known.
    pub scope: Vec<String>,
    /// Pages or documents read.
    pub pages: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests repeated.
    pub retries: u64,
    /// Objects that the source reported.
    pub source_count: Option<u64>,
    /// Objects seen.
    pub read: u64,
    /// Rows written.
    pub rows: u64,
    /// Objects seen and not written, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// When reading began.
    pub as_of: Option<String>,
    /// When reading ended.
    pub read_end: Option<String>,
    /// The permission that the source refused for lack of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_needed: Option<String>,
    /// Files that the rows came from.
    pub inputs: Vec<InputFile>,
    /// Parquet file, relative to the snapshot.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// SHA-256 over its column names and types.
    pub schema_sha256: String,
}

impl TableEntry {
    pub(crate) fn new(
        table: &Table,
        coverage: Coverage,
        file: String,
        bytes: u64,
        sha256: String,
    ) -> Self {
        Self {
            table: coverage.table,
            source: coverage.source.name().to_owned(),
            core: table.core,
            state: coverage.state,
            reasons: coverage.reasons,
            scope: coverage.scope,
            pages: coverage.pages,
            requests: coverage.requests,
            retries: coverage.retries,
            source_count: coverage.source_count,
            read: coverage.read,
            rows: coverage.rows,
            excluded: coverage.excluded,
            as_of: coverage.as_of.map(rfc3339),
            read_end: coverage.read_end.map(rfc3339),
            permission_needed: None,
            inputs: coverage.inputs,
            file,
            bytes,
            sha256,
            schema_sha256: table.schema_hash(),
        }
    }

    pub(crate) fn worsen(&mut self, state: State, reason: &str) {
        if state.rank() > self.state.rank() {
            self.state = state;
        }
        if !self.reasons.iter().any(|r| r == reason) {
            self.reasons.push(reason.to_owned());
        }
    }
}

/// A register that was sealed into the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterEntry {
    /// Key under `[registers]`.
    pub name: String,
    /// Path relative to the configuration.
    pub path: String,
    /// SHA-256 of the file, or of the sorted list of files of a directory with their hashes.
    pub sha256: String,
    /// Rows that were read from it.
    pub rows: u64,
}

/// When a source was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceEntry {
    /// Source name.
    pub source: String,
    /// When reading began; null when nobody stated it.
    pub read_at: Option<String>,
    /// When reading ended; null when nobody stated it.
    pub read_end: Option<String>,
    /// Who read it, as the interface reports it; "imported from files" for exports.
    pub identity: String,
}

/// Requests of one operation: what an auditor reconciles with the log of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestEntry {
    /// Source whose tables were read.
    pub source: String,
    /// Service that was asked.
    pub service: String,
    /// Operation, or method and path.
    pub operation: String,
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// Requests that repeated one that failed.
    pub retries: u64,
    /// Answers that said to slow down.
    pub throttled: u64,
    /// Bytes of the answers, unpacked.
    pub bytes: u64,
    /// When the first was sent.
    pub first: Option<String>,
    /// When the last was sent.
    pub last: Option<String>,
}

/// The program that sealed the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Commit that it was built from; "unknown" outside a checkout.
    pub commit: String,
}

impl Tool {
    /// This program.
    #[must_use]
    pub fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("COUNTERSIGN_COMMIT")
                .unwrap_or("unknown")
                .to_owned(),
        }
    }
}

/// The link to the snapshot sealed before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its id.
    pub snapshot: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
}

/// What a snapshot holds and what it stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: String,
    /// Snapshot id.
    pub snapshot: String,
    /// The moment that every age is relative to.
    pub as_of: String,
    /// Position in the chain, from 1.
    pub sequence: u64,
    /// Program that sealed it.
    pub tool: Tool,
    /// SHA-256 of the resolved configuration.
    pub config_sha256: String,
    /// The resolved settings, so that a reader sees what was compared with what.
    pub settings: serde_json::Value,
    /// Registers sealed into it.
    pub registers: Vec<RegisterEntry>,
    /// When each source was read, and by whom.
    pub sources: Vec<SourceEntry>,
    /// Its tables, by name.
    pub tables: Vec<TableEntry>,
    /// Requests that were sent; none for an import.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestEntry>,
    /// The snapshot before it; null for the first one.
    pub previous: Option<Previous>,
}

impl Manifest {
    /// The canonical bytes.
    ///
    /// # Errors
    /// Never in practice: every field is a string, a number or a list of them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }

    /// The as-of time.
    #[must_use]
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(&self.as_of)
            .ok()
            .map(|t| t.with_timezone(&Utc))
    }

    /// The entry of a table.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableEntry> {
        self.tables.iter().find(|t| t.table == name)
    }
}
