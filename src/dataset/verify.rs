//! Proves that sealed snapshots are what was sealed: every byte of every file,
//! no file more or less, and an unbroken chain.

pub mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::DatasetError;
use super::commit::sums;
use super::heads::Kind;
use super::id::parse_id;
use super::manifest::{FORMAT, Manifest, newer};
use super::schema::table;
use super::store::{Link, Store};
use crate::hash::{hex, sha256};

/// Differences found in one snapshot; none means that it verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Snapshot id.
    pub snapshot: String,
    /// Files that were compared.
    pub files: usize,
    /// Bytes that were compared.
    pub bytes: u64,
    /// What differs, as sentences.
    pub differences: Vec<String>,
    /// Set when a newer program sealed it, to its version: the files are those of its
    /// `SHA256SUMS`, and what its manifest says was not compared.
    pub newer: Option<String>,
}

/// Compares every file of a snapshot with what was sealed.
///
/// # Errors
/// When the data directory cannot be read; differences are not errors.
pub fn verify(store: &Store, id: &str) -> Result<Verdict, DatasetError> {
    store.require(id)?;
    let dir = store.snapshot_dir(id);
    let mut verdict = Verdict {
        snapshot: id.to_owned(),
        files: 0,
        bytes: 0,
        differences: Vec::new(),
        newer: None,
    };
    let Some(sealed) = sealed(&dir, id, &mut verdict) else {
        return Ok(verdict);
    };
    let mut expected: BTreeSet<String> = ["manifest.json", "SHA256SUMS"]
        .map(str::to_owned)
        .into_iter()
        .collect();
    for file in &sealed {
        expected.insert(file.path.clone());
        match hash_file(&dir.join(&file.path)) {
            Err(e) => verdict.differences.push(format!("{}: {e}.", file.path)),
            Ok((bytes, hash)) => {
                verdict.files += 1;
                verdict.bytes += bytes;
                if hash != file.sha256 || file.bytes.is_some_and(|b| b != bytes) {
                    verdict.differences.push(format!(
                        "{} is not the file that was sealed: its SHA-256 is {hash}, sealed was {}.",
                        file.path, file.sha256
                    ));
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    list(&dir, "", &mut found)?;
    for extra in found.difference(&expected) {
        verdict.differences.push(format!(
            "{extra} was not there when the snapshot was sealed."
        ));
    }
    for missing in expected.difference(&found) {
        if !verdict.differences.iter().any(|d| d.starts_with(missing)) {
            verdict.differences.push(format!("{missing} is missing."));
        }
    }
    Ok(verdict)
}

/// Verifies every snapshot and the chain that links them.
///
/// # Errors
/// When the data directory cannot be read.
pub fn verify_all(store: &Store) -> Result<Vec<Verdict>, DatasetError> {
    let mut verdicts = Vec::new();
    for id in store.snapshots()? {
        verdicts.push(verify(store, &id)?);
    }
    chain(store, &mut verdicts);
    Ok(verdicts)
}

/// Checks that every snapshot names the one sealed before it, by hash.
fn chain(store: &Store, verdicts: &mut [Verdict]) {
    let mut by_sequence: BTreeMap<u64, (String, String)> = BTreeMap::new();
    let mut links: Vec<(String, Link)> = Vec::new();
    for verdict in verdicts.iter_mut() {
        let Ok((link, hash)) = store.link(&verdict.snapshot) else {
            continue;
        };
        let here = (verdict.snapshot.clone(), hash);
        if let Some((other, _)) = by_sequence.insert(link.sequence, here) {
            verdict.differences.push(format!(
                "Its place {} in the chain is also held by snapshot {other}.",
                link.sequence
            ));
        }
        links.push((verdict.snapshot.clone(), link));
    }
    // What was removed on purpose, and what is damaged, still has its link.
    if let Ok(Some(log)) = store.log() {
        for line in log.lines().filter(|l| l.kind == Kind::Snapshot) {
            let kept =
                log.purged(Kind::Snapshot, &line.id) || store.snapshot_dir(&line.id).is_dir();
            if let (true, Some(number)) = (kept, line.number) {
                let known = (line.id.clone(), line.sha256.clone());
                by_sequence.entry(number).or_insert(known);
            }
        }
    }
    for (id, link) in links {
        let problem = link_problem(&link, &by_sequence);
        if let (Some(problem), Some(verdict)) =
            (problem, verdicts.iter_mut().find(|v| v.snapshot == id))
        {
            verdict.differences.push(problem);
        }
    }
}

fn link_problem(link: &Link, by_sequence: &BTreeMap<u64, (String, String)>) -> Option<String> {
    match (&link.previous, link.sequence) {
        (None, 1) => None,
        (None, n) => Some(format!(
            "It is number {n} of the chain but names no snapshot before it."
        )),
        (Some(previous), n) => match n.checked_sub(1).and_then(|before| by_sequence.get(&before)) {
            None => Some(format!(
                "The snapshot before it, {}, is missing: the chain is broken.",
                previous.snapshot
            )),
            Some((id, hash)) if *id != previous.snapshot || *hash != previous.manifest_sha256 => {
                Some(format!(
                    "It was sealed after snapshot {} with manifest {}, and {id} with manifest {hash} stands there now: the chain is broken.",
                    previous.snapshot, previous.manifest_sha256
                ))
            }
            Some(_) => None,
        },
    }
}

/// A file that was sealed.
struct SealedFile {
    path: String,
    sha256: String,
    /// Its size, where that was sealed.
    bytes: Option<u64>,
}

/// Reads a manifest, checks it against itself and `SHA256SUMS`, and gives the files
/// that were sealed.
fn sealed(dir: &Path, id: &str, verdict: &mut Verdict) -> Option<Vec<SealedFile>> {
    let bytes = match crate::bounds::file::read(dir.join("manifest.json"), crate::bounds::SEALED) {
        Ok(bytes) => bytes,
        Err(e) => {
            verdict.differences.push(format!("manifest.json: {e}."));
            return None;
        }
    };
    verdict.files += 2;
    verdict.bytes += bytes.len() as u64;
    let written = match crate::bounds::file::text(dir.join("SHA256SUMS"), crate::bounds::SEALED) {
        Ok(written) => written,
        Err(e) => {
            verdict.differences.push(format!("SHA256SUMS: {e}."));
            String::new()
        }
    };
    // By its value: fields that later versions added are in the canonical form too.
    let value: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let canonical = value.and_then(|v| serde_json_canonicalizer::to_vec(&v).ok());
    if canonical.as_deref() != Some(bytes.as_slice()) {
        verdict
            .differences
            .push("manifest.json is not in the canonical form that was sealed.".to_owned());
    }
    if let Some(by) = newer(&bytes) {
        verdict.newer = Some(by.version);
        return Some(listed(&written, &sha256(&bytes), verdict));
    }
    let manifest: Manifest = match serde_json::from_slice(&bytes) {
        Ok(manifest) => manifest,
        Err(e) => {
            verdict
                .differences
                .push(format!("manifest.json is not a manifest: {e}."));
            return None;
        }
    };
    said(&manifest, id, verdict);
    let expected = sums(
        manifest
            .tables
            .iter()
            .map(|t| (t.file.as_str(), t.sha256.as_str())),
        &sha256(&bytes),
    );
    if !written.is_empty() && written != expected {
        verdict.differences.push(
            "SHA256SUMS and manifest.json do not agree: one of them is not what was sealed."
                .to_owned(),
        );
    }
    let files = manifest.tables.into_iter().map(|t| SealedFile {
        path: t.file,
        sha256: t.sha256,
        bytes: Some(t.bytes),
    });
    Some(files.collect())
}

/// What a manifest says about itself that cannot be.
fn said(manifest: &Manifest, id: &str, verdict: &mut Verdict) {
    if manifest.format != FORMAT {
        verdict.differences.push(format!(
            "manifest.json is of format {}, which this version does not know.",
            manifest.format
        ));
    }
    if manifest.snapshot != id {
        verdict.differences.push(format!(
            "manifest.json belongs to snapshot {}.",
            manifest.snapshot
        ));
    }
    let moment = parse_id(id).map(|(at, _)| super::id::snapshot_id(at));
    if manifest.as_of().map(super::id::snapshot_id) != moment {
        verdict.differences.push(format!(
            "manifest.json says that it is as of {}, which is not the moment of its name.",
            manifest.as_of
        ));
    }
    let mut names = BTreeSet::new();
    for entry in &manifest.tables {
        let known = table(&entry.table).filter(|t| t.since() <= manifest.schema);
        let sealed_as = known.map(|t| t.schema_hash_at(manifest.schema));
        if sealed_as.as_deref() != Some(entry.schema_sha256.as_str()) {
            verdict.differences.push(format!(
                "Table {} does not have the columns of schema {}, which it says to be sealed with.",
                entry.table, manifest.schema
            ));
        }
        if !names.insert(entry.table.as_str()) {
            verdict
                .differences
                .push(format!("Table {} is there twice.", entry.table));
        }
    }
    for table in super::schema::tables() {
        if table.since() <= manifest.schema && !names.contains(table.name) {
            verdict.differences.push(format!(
                "Table {} is missing from manifest.json; schema {} has it.",
                table.name, manifest.schema
            ));
        }
    }
}

/// The files that `SHA256SUMS` lists.
fn listed(written: &str, manifest_sha256: &str, verdict: &mut Verdict) -> Vec<SealedFile> {
    let mut files = Vec::new();
    let mut whole = false;
    for line in written.lines() {
        match line.split_once("  ") {
            Some((hash, "manifest.json")) => whole = hash == manifest_sha256,
            Some((hash, path)) if !path.starts_with('/') && !path.split('/').any(|p| p == "..") => {
                files.push(SealedFile {
                    path: path.to_owned(),
                    sha256: hash.to_owned(),
                    bytes: None,
                });
            }
            _ => verdict
                .differences
                .push("SHA256SUMS has a line that names no file of it.".to_owned()),
        }
    }
    if !whole {
        verdict.differences.push(
            "SHA256SUMS and manifest.json do not agree: one of them is not what was sealed."
                .to_owned(),
        );
    }
    files
}

fn hash_file(path: &Path) -> std::io::Result<(u64, String)> {
    if fs::symlink_metadata(path)?.file_type().is_symlink() {
        return Err(std::io::Error::other("is a symbolic link"));
    }
    let mut file = crate::bounds::file::open(path, u64::MAX)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..n).filter(|c| !c.is_empty()) else {
            return Ok((bytes, hex(&hash.finalize())));
        };
        hash.update(chunk);
        bytes += n as u64;
    }
}

fn list(dir: &Path, prefix: &str, found: &mut BTreeSet<String>) -> Result<(), DatasetError> {
    for entry in fs::read_dir(dir).map_err(|e| DatasetError::io(dir, "could not be listed", e))? {
        let entry = entry.map_err(|e| DatasetError::io(dir, "could not be listed", e))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_dir = entry
            .file_type()
            .map_err(|e| DatasetError::io(entry.path(), "could not be read", e))?
            .is_dir();
        if is_dir {
            let before = found.len();
            list(&entry.path(), &format!("{name}/"), found)?;
            if found.len() == before {
                found.insert(format!("{name}/"));
            }
        } else {
            found.insert(name);
        }
    }
    Ok(())
}
