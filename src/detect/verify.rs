//! Whether stored assessments are what was stored, and agree with the snapshots
//! that they speak of.

use std::collections::BTreeSet;
use std::fs;

use super::DetectError;
use super::assessment::{Header, dates, name as name_of, sealed};
use super::first_seen::{self, PREFIX, time};
use super::json::Document;
use crate::dataset::DatasetError;
use crate::dataset::heads::{Kind, Log};
use crate::dataset::id::{parse_id, snapshot_id};
use crate::dataset::store::Store;

/// What was found about one assessment.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its name: snapshot and hash.
    pub name: String,
    /// What differs, as sentences.
    pub differences: Vec<String>,
    /// Set when a newer program stored it: its contents were not compared.
    pub newer: Option<String>,
}

/// Compares every stored assessment with itself, its snapshot and its baseline.
///
/// # Errors
/// When the data directory cannot be read.
pub fn verify(at: &Store) -> Result<Vec<Verdict>, DetectError> {
    let log = at.log()?;
    let mut all = Vec::new();
    for name in at.names(PREFIX)? {
        let mut verdict = Verdict {
            name: name.clone(),
            differences: files(at, &name)?,
            newer: None,
        };
        match sealed(at, &name) {
            Ok((header, document)) => {
                let found = compared(at, log.as_deref(), &name, &header, &document);
                verdict.differences.extend(found);
            }
            Err(DetectError::Dataset(DatasetError::Newer { by, .. })) => {
                verdict.newer = Some(by.version);
            }
            Err(error) => verdict.differences.push(format!("{error}.")),
        }
        all.push(verdict);
    }
    Ok(all)
}

/// Whether the index of first-seen dates says what the assessments say.
///
/// # Errors
/// When the data directory cannot be read.
pub fn index(at: &Store) -> Result<Vec<String>, DetectError> {
    first_seen::differences(at, &|name| dates(at, name))
}

fn files(at: &Store, name: &str) -> Result<Vec<String>, DetectError> {
    let dir = at.root().join(format!("{PREFIX}{name}"));
    let list = |e| DatasetError::io(&dir, "could not be listed", e);
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&dir).map_err(list)? {
        let entry = entry.map_err(list)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().map_err(list)?.is_file() {
            found.insert(file);
        } else {
            found.insert(format!("{file} (no file)"));
        }
    }
    let known = ["manifest.json", "findings.json", "SHA256SUMS"];
    Ok(found
        .iter()
        .filter(|f| !known.contains(&f.as_str()))
        .map(|f| format!("{f} was not there when the assessment was stored."))
        .collect())
}

fn compared(
    at: &Store,
    log: Option<&Log>,
    name: &str,
    header: &Header,
    document: &Document,
) -> Vec<String> {
    let mut all = Vec::new();
    if name_of(&header.snapshot, &header.basis) != format!("{PREFIX}{name}") {
        all.push("Its name is not the one that follows from what it rests on.".to_owned());
    }
    let same = header.snapshot == document.snapshot
        && header.as_of == document.as_of
        && header.baseline == document.baseline
        && header.complete == document.complete
        && header.findings == document.findings.len() as u64;
    if !same {
        all.push("manifest.json and findings.json do not speak of the same check.".to_owned());
    }
    let basis = &header.basis;
    all.extend(rests_on(
        at,
        log,
        &header.snapshot,
        Some(&basis.snapshot_sha256),
    ));
    match (&header.baseline, &basis.baseline_sha256) {
        (None, None) => {}
        (Some(baseline), sha) => all.extend(rests_on(at, log, baseline, sha.as_deref())),
        (None, Some(_)) => all.push("It has the hash of a baseline and names none.".to_owned()),
    }
    let as_of = time(&header.as_of);
    let of_id = parse_id(&header.snapshot).map(|(at, _)| snapshot_id(at));
    if as_of.map(snapshot_id) != of_id {
        all.push(format!(
            "It is as of {}, and its snapshot is of another moment.",
            header.as_of
        ));
    }
    let mut moments = BTreeSet::new();
    let logged = log.into_iter().flat_map(Log::lines);
    let logged = logged
        .filter(|l| l.kind == Kind::Snapshot)
        .map(|l| l.id.clone());
    for id in at.snapshots().unwrap_or_default().into_iter().chain(logged) {
        moments.extend(parse_id(&id).map(|(at, _)| at.timestamp()));
    }
    for finding in &document.findings {
        let seen = time(&finding.first_seen);
        let known = seen.is_some_and(|t| moments.contains(&t.timestamp()));
        if !known || seen > as_of {
            all.push(format!(
                "It says that {} {} was first seen at {}, and no snapshot is of that moment, or a later one.",
                finding.rule, finding.resource, finding.first_seen
            ));
            break;
        }
    }
    all
}

/// Whether a snapshot that an assessment rests on is the one that is there.
fn rests_on(at: &Store, log: Option<&Log>, id: &str, sha256: Option<&str>) -> Option<String> {
    let there = match at.link(id) {
        Ok((_, hash)) => hash,
        // What was removed on purpose is known from the log.
        Err(_) if log.is_some_and(|log| log.purged(Kind::Snapshot, id)) => {
            log?.line(Kind::Snapshot, id)?.sha256.clone()
        }
        Err(_) => {
            return Some(format!(
                "It rests on snapshot {id}, which is not there or cannot be read."
            ));
        }
    };
    (sha256 != Some(there.as_str())).then(|| {
        format!(
            "It rests on snapshot {id} with manifest {}, and {there} stands there now.",
            sha256.unwrap_or("none")
        )
    })
}
