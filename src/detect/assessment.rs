//! Stored assessments: the findings of one check, sealed beside the snapshots.
//!
//! They carry first-seen dates from one check to the next. The name is the
//! snapshot and twelve digits of a hash over rules, configuration, waivers and
//! baseline, so that the same check is stored once.

use serde::{Deserialize, Serialize};

use super::finding::{Finding, Lifecycle, Status};
use super::first_seen::{self, Dates, PREFIX, time};
use super::json::{self, FindingEntry};
use super::{Assessment, DetectError};
use crate::dataset::DatasetError;
use crate::dataset::commit::{Lock, sums, write_synced};
use crate::dataset::heads::{Entry, Kind};
use crate::dataset::manifest::{Tool, newer_record};
use crate::dataset::store::Store;
use crate::hash::sha256;
use crate::sqlfile::Severity;

const FORMAT: &str = "countersign.assessment/v1";

/// What an assessment depends on besides the snapshot.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Basis {
    /// SHA-256 of the rule set.
    pub rules_sha256: String,
    /// SHA-256 of the resolved configuration.
    pub config_sha256: String,
    /// SHA-256 of the waivers; null without a register of them.
    pub waivers_sha256: Option<String>,
    /// SHA-256 of the baseline's manifest; null without one.
    pub baseline_sha256: Option<String>,
    /// SHA-256 of the snapshot's manifest.
    pub snapshot_sha256: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    format: String,
    pub(super) snapshot: String,
    pub(super) as_of: String,
    pub(super) baseline: Option<String>,
    pub(super) basis: Basis,
    pub(super) complete: bool,
    pub(super) findings: u64,
    findings_sha256: String,
    tool: Tool,
}

/// The directory name of an assessment.
#[must_use]
pub fn name(snapshot: &str, basis: &Basis) -> String {
    let text = serde_json_canonicalizer::to_vec(basis).unwrap_or_default();
    let hash = sha256(&text);
    format!("{PREFIX}{snapshot}~{}", hash.get(..12).unwrap_or(&hash))
}

/// Stores an assessment, unless the same one is stored already.
///
/// # Errors
/// When another run holds the lock or a file cannot be written.
pub fn store(at: &Store, assessment: &Assessment, basis: &Basis) -> Result<String, DetectError> {
    let name = name(&assessment.snapshot, basis);
    // A directory from before the log of heads gets one all the same.
    if at.root().join(&name).is_dir() && at.log()?.is_some() {
        return Ok(name);
    }
    let lock = Lock::take(at)?;
    if at.root().join(&name).is_dir() {
        return Ok(name);
    }
    let staging = lock.stage(&name, &name)?;
    let document = json::document(assessment);
    let encode = |e: serde_json::Error| DatasetError::Row {
        table: "assessment".to_owned(),
        message: e.to_string(),
    };
    let findings = serde_json_canonicalizer::to_vec(&document).map_err(encode)?;
    let header = Header {
        format: FORMAT.to_owned(),
        snapshot: document.snapshot.clone(),
        as_of: document.as_of.clone(),
        baseline: document.baseline.clone(),
        basis: basis.clone(),
        complete: document.complete,
        findings: document.findings.len() as u64,
        findings_sha256: sha256(&findings),
        tool: Tool::this(),
    };
    let manifest = serde_json_canonicalizer::to_vec(&header).map_err(encode)?;
    let sums = sums(
        [("findings.json", header.findings_sha256.as_str())].into_iter(),
        &sha256(&manifest),
    );
    write_synced(&staging.dir().join("findings.json"), &findings)?;
    write_synced(&staging.dir().join("SHA256SUMS"), sums.as_bytes())?;
    write_synced(&staging.dir().join("manifest.json"), &manifest)?;
    let id = name.strip_prefix(PREFIX).unwrap_or(&name);
    let mut entry = Entry::new(Kind::Assessment, id, sha256(&manifest));
    // The log names the index of first-seen dates too: one that was changed is not used.
    let print = first_seen::print([&manifest, &findings, sums.as_bytes()]);
    let index = first_seen::with(at, id, document.into(), print, &|name| dates(at, name))?;
    entry.index_sha256 = Some(sha256(index.as_bytes()));
    staging.publish(entry, &mut |_| {})?;
    // Without it the next check reads everything again; nothing is lost.
    let _ = first_seen::keep(at, &index);
    Ok(name)
}

/// Reads a stored assessment.
///
/// # Errors
/// When its files are not the ones that were sealed.
pub(super) fn load(at: &Store, name: &str) -> Result<json::Document, DetectError> {
    Ok(load_with_basis(at, name)?.1)
}

/// Reads a stored assessment and what it depended on.
///
/// # Errors
/// When its files are not the ones that were sealed.
pub(super) fn load_with_basis(
    at: &Store,
    name: &str,
) -> Result<(Basis, json::Document), DetectError> {
    let bytes = crate::bounds::file::read(
        at.root().join(format!("{PREFIX}{name}/manifest.json")),
        crate::bounds::SEALED,
    )
    .map_err(|e| DatasetError::Integrity {
        id: format!("{PREFIX}{name}"),
        message: format!("manifest.json: {e}"),
    })?;
    at.testified(Kind::Assessment, name, &sha256(&bytes))?;
    let (header, document) = sealed(at, name)?;
    Ok((header.basis, document))
}

/// Whether an assessment was not read because a newer program stored it.
pub(super) fn is_newer(error: &DetectError) -> bool {
    matches!(error, DetectError::Dataset(DatasetError::Newer { .. }))
}

/// Reads what an assessment says of dates, one of a newer program too.
pub(super) fn dates(at: &Store, name: &str) -> Result<Dates, DetectError> {
    /// What every version's manifest has.
    #[derive(Deserialize)]
    struct Sealed {
        findings_sha256: String,
    }
    let dir = at.root().join(format!("{PREFIX}{name}"));
    let broken = |message: String| DatasetError::Integrity {
        id: format!("{PREFIX}{name}"),
        message,
    };
    let read = |file: &str| {
        crate::bounds::file::read(dir.join(file), crate::bounds::SEALED)
            .map_err(|e| broken(format!("{file}: {e}")))
    };
    let manifest = read("manifest.json")?;
    at.testified(Kind::Assessment, name, &sha256(&manifest))?;
    let sealed: Sealed =
        serde_json::from_slice(&manifest).map_err(|e| broken(format!("manifest.json: {e}")))?;
    let findings = read("findings.json")?;
    let sums = sums(
        [("findings.json", sealed.findings_sha256.as_str())].into_iter(),
        &sha256(&manifest),
    );
    if sha256(&findings) != sealed.findings_sha256 || read("SHA256SUMS")? != sums.as_bytes() {
        return Err(broken("its files are not the ones that were sealed".to_owned()).into());
    }
    Ok(serde_json::from_slice(&findings).map_err(|e| broken(format!("findings.json: {e}")))?)
}

/// Reads a stored assessment whatever the log says of it.
pub(super) fn sealed(at: &Store, name: &str) -> Result<(Header, json::Document), DetectError> {
    let dir = at.root().join(format!("{PREFIX}{name}"));
    let broken = |message: String| DatasetError::Integrity {
        id: format!("{PREFIX}{name}"),
        message,
    };
    let read = |file: &str| {
        crate::bounds::file::read(dir.join(file), crate::bounds::SEALED)
            .map_err(|e| broken(format!("{file}: {e}")))
    };
    let manifest = read("manifest.json")?;
    if let Some(by) = newer_record(&manifest, FORMAT) {
        let what = format!("assessment {name}");
        return Err(DatasetError::Newer {
            what,
            by: Box::new(by),
        }
        .into());
    }
    let header: Header =
        serde_json::from_slice(&manifest).map_err(|e| broken(format!("manifest.json: {e}")))?;
    let findings = read("findings.json")?;
    let expected = sums(
        [("findings.json", header.findings_sha256.as_str())].into_iter(),
        &sha256(&manifest),
    );
    if sha256(&findings) != header.findings_sha256 || read("SHA256SUMS")? != expected.as_bytes() {
        return Err(broken("its files are not the ones that were sealed".to_owned()).into());
    }
    let document =
        serde_json::from_slice(&findings).map_err(|e| broken(format!("findings.json: {e}")))?;
    Ok((header, document))
}

pub(super) fn restore(entry: FindingEntry) -> Option<Finding> {
    Some(Finding {
        severity: Severity::parse(&entry.severity)?,
        status: match entry.status.as_str() {
            "fail" => Status::Fail,
            _ => Status::Unknown,
        },
        state: match entry.state.as_str() {
            "new" => Lifecycle::New,
            "open" => Lifecycle::Open,
            "reopened" => Lifecycle::Reopened,
            _ => Lifecycle::Resolved,
        },
        first_seen: time(&entry.first_seen)?,
        waived_until: entry.waived_until.as_deref().and_then(time),
        finding_id: entry.finding_id,
        rule: entry.rule,
        title: entry.title,
        resource: entry.resource,
        reason: entry.reason,
        cause: entry.cause,
        pack: entry.pack,
        account: entry.account,
        person: entry.person,
        waiver: entry.waiver,
        controls: entry.controls,
        evidence: entry.evidence,
        kept: entry.kept,
    })
}
