//! Proves that sealed snapshots are what was sealed: every byte of every file,
//! no file more or less, and an unbroken chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::DatasetError;
use super::commit::sums;
use super::manifest::{FORMAT, Manifest, hex, sha256};
use super::store::Store;

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
    };
    let Some(manifest) = read_manifest(&dir, id, &mut verdict) else {
        return Ok(verdict);
    };
    let mut expected: BTreeSet<String> = ["manifest.json", "SHA256SUMS"]
        .map(str::to_owned)
        .into_iter()
        .collect();
    for table in &manifest.tables {
        expected.insert(table.file.clone());
        match hash_file(&dir.join(&table.file)) {
            Err(e) => verdict.differences.push(format!("{}: {e}.", table.file)),
            Ok((bytes, hash)) => {
                verdict.files += 1;
                verdict.bytes += bytes;
                if hash != table.sha256 || bytes != table.bytes {
                    verdict.differences.push(format!(
                        "{} is not the file that was sealed: its SHA-256 is {hash}, sealed was {}.",
                        table.file, table.sha256
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
    let mut manifests: Vec<Manifest> = Vec::new();
    for verdict in verdicts.iter_mut() {
        let Ok((manifest, hash)) = store.manifest(&verdict.snapshot) else {
            continue;
        };
        let here = (verdict.snapshot.clone(), hash);
        if let Some((other, _)) = by_sequence.insert(manifest.sequence, here) {
            verdict.differences.push(format!(
                "Its place {} in the chain is also held by snapshot {other}.",
                manifest.sequence
            ));
        }
        manifests.push(manifest);
    }
    for manifest in manifests {
        let problem = link_problem(&manifest, &by_sequence);
        if let (Some(problem), Some(verdict)) = (
            problem,
            verdicts
                .iter_mut()
                .find(|v| v.snapshot == manifest.snapshot),
        ) {
            verdict.differences.push(problem);
        }
    }
}

fn link_problem(
    manifest: &Manifest,
    by_sequence: &BTreeMap<u64, (String, String)>,
) -> Option<String> {
    match (&manifest.previous, manifest.sequence) {
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

/// Reads a manifest and checks it against itself and `SHA256SUMS`.
fn read_manifest(dir: &Path, id: &str, verdict: &mut Verdict) -> Option<Manifest> {
    let bytes = match fs::read(dir.join("manifest.json")) {
        Ok(bytes) => bytes,
        Err(e) => {
            verdict.differences.push(format!("manifest.json: {e}."));
            return None;
        }
    };
    verdict.files += 2;
    verdict.bytes += bytes.len() as u64;
    let manifest: Manifest = match serde_json::from_slice(&bytes) {
        Ok(manifest) => manifest,
        Err(e) => {
            verdict
                .differences
                .push(format!("manifest.json is not a manifest: {e}."));
            return None;
        }
    };
    if manifest.to_bytes().ok().as_deref() != Some(bytes.as_slice()) {
        verdict
            .differences
            .push("manifest.json is not in the canonical form that was sealed.".to_owned());
    }
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
    let expected = sums(
        manifest
            .tables
            .iter()
            .map(|t| (t.file.as_str(), t.sha256.as_str())),
        &sha256(&bytes),
    );
    match fs::read(dir.join("SHA256SUMS")) {
        Err(e) => verdict.differences.push(format!("SHA256SUMS: {e}.")),
        Ok(found) if found != expected.as_bytes() => verdict.differences.push(
            "SHA256SUMS and manifest.json do not agree: one of them is not what was sealed."
                .to_owned(),
        ),
        Ok(_) => {}
    }
    Some(manifest)
}

fn hash_file(path: &Path) -> std::io::Result<(u64, String)> {
    if fs::symlink_metadata(path)?.file_type().is_symlink() {
        return Err(std::io::Error::other("is a symbolic link"));
    }
    let mut file = File::open(path)?;
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
