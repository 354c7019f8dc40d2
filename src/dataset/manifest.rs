//! The manifest of a snapshot: what was read, from where, how completely.
//!
//! Canonical JSON (RFC 8785), so that its hash is the same for the same facts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use crate::time::rfc3339;

use super::coverage::{Coverage, InputFile, State};
use super::error::Newer;
use super::schema::Table;
use super::schema::tables;
use super::schema::versions::SCHEMA;

/// Format tag of the manifest.
pub const FORMAT: &str = "countersign.snapshot/v1";
/// The schema of manifests that say none: it was the first.
const FIRST_SCHEMA: u32 = 1;

fn first_schema() -> u32 {
    FIRST_SCHEMA
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that serde calls it in"
)]
fn is_first(schema: &u32) -> bool {
    *schema == FIRST_SCHEMA
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
    /// Those of the reasons that only say that there is nothing to read.
    #[serde(skip)]
    pub(crate) absent: Vec<String>,
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
    /// Columns whose values were not read: null in them is no null of the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_columns: Vec<UnreadColumn>,
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
            absent: coverage.absent,
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
            unread_columns: Vec::new(),
            inputs: coverage.inputs,
            file,
            bytes,
            sha256,
            schema_sha256: table.schema_hash(),
        }
    }

    /// The entry of a table that the program which sealed a snapshot did not know.
    fn unknown_then(table: &Table, manifest: &Manifest) -> Self {
        Self {
            table: table.name.to_owned(),
            source: table.source.name().to_owned(),
            core: false,
            state: State::Skipped,
            reasons: vec![format!(
                "The snapshot was sealed by version {} of countersign, with schema {}, which did not know the table.",
                manifest.tool.version, manifest.schema
            )],
            absent: Vec::new(),
            scope: Vec::new(),
            pages: 0,
            requests: 0,
            retries: 0,
            source_count: None,
            read: 0,
            rows: 0,
            excluded: BTreeMap::new(),
            as_of: None,
            read_end: None,
            permission_needed: None,
            unread_columns: Vec::new(),
            inputs: Vec::new(),
            file: String::new(),
            bytes: 0,
            sha256: String::new(),
            schema_sha256: table.schema_hash_at(manifest.schema),
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

/// A column of a table that was otherwise read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadColumn {
    /// Name of the column.
    pub column: String,
    /// Why it was not read, as a full sentence.
    pub reason: String,
    /// Whether the configuration asks for it by a key of its own: then the snapshot
    /// is incomplete without it.
    pub wanted: bool,
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
    /// Where a live collection asked; absent for exports, and for the public addresses of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
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
    /// Version of the tables' schema; the first one is not written out.
    #[serde(default = "first_schema", skip_serializing_if = "is_first")]
    pub schema: u32,
    /// Snapshot id.
    pub snapshot: String,
    /// The moment that every age is relative to.
    pub as_of: String,
    /// Position in the chain, from 1.
    pub sequence: u64,
    /// Line of the log of heads that it was written as; null before there was a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged_as: Option<u64>,
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

/// What a manifest says of its own form: read before anything else of it.
#[derive(Clone, Debug, Deserialize)]
struct Form {
    format: String,
    #[serde(default = "first_schema")]
    schema: u32,
    #[serde(default)]
    tool: Option<FormTool>,
}

#[derive(Clone, Debug, Deserialize)]
struct FormTool {
    version: String,
}

/// Whether a manifest is of a program after this one; `None` when it is not, or
/// is no manifest at all.
#[must_use]
pub fn newer(bytes: &[u8]) -> Option<Newer> {
    let form: Form = serde_json::from_slice(bytes).ok()?;
    if later_form(&form.format, FORMAT) || (form.format == FORMAT && form.schema > SCHEMA) {
        return Some(Newer {
            version: form
                .tool
                .map_or_else(|| "unknown".to_owned(), |t| t.version),
            form: format!("{}, schema {}", form.format, form.schema),
            known: format!("{FORMAT} up to schema {SCHEMA}"),
        });
    }
    None
}

/// The same for records that have a format and no schema.
#[must_use]
pub fn newer_record(bytes: &[u8], known: &str) -> Option<Newer> {
    let form: Form = serde_json::from_slice(bytes).ok()?;
    later_form(&form.format, known).then(|| Newer {
        version: form
            .tool
            .map_or_else(|| "unknown".to_owned(), |t| t.version),
        form: form.format,
        known: known.to_owned(),
    })
}

/// Whether a format is a later version of one that is known: `name/v2` of `name/v1`.
fn later_form(found: &str, known: &str) -> bool {
    let parts = |text: &str| -> Option<(String, u64)> {
        let (name, version) = text.rsplit_once("/v")?;
        Some((name.to_owned(), version.parse().ok()?))
    };
    match (parts(found), parts(known)) {
        (Some((name, found)), Some((same, known))) => name == same && found > known,
        _ => false,
    }
}

impl Manifest {
    /// The manifest with an entry for every table of this version: what came after
    /// it was sealed is skipped, and says so.
    #[must_use]
    pub fn as_known_now(&self) -> Self {
        let mut all = self.clone();
        for table in tables().iter().filter(|t| t.since() > self.schema) {
            if self.table(table.name).is_none() {
                all.tables.push(TableEntry::unknown_then(table, self));
            }
        }
        all.tables.sort_by(|a, b| a.table.cmp(&b.table));
        all
    }

    /// Whether another manifest says the same of the same moment: every table, register,
    /// source and setting, whatever its name and place are.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.as_of == other.as_of
            && self.schema == other.schema
            && self.config_sha256 == other.config_sha256
            && self.settings == other.settings
            && self.registers == other.registers
            && self.sources == other.sources
            && self.tables == other.tables
    }

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
