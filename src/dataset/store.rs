//! The data directory: which sealed snapshots it holds, and in what order.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::de::DeserializeOwned;

use super::DatasetError;
use super::manifest::{Manifest, sha256};

const PREFIX: &str = "snapshot=";

/// The id of a snapshot taken as of that moment: `2026-11-23T07-14-00Z`.
#[must_use]
pub fn snapshot_id(as_of: DateTime<Utc>) -> String {
    as_of.format("%Y-%m-%dT%H-%M-%SZ").to_string()
}

fn parse_id(id: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(id, "%Y-%m-%dT%H-%M-%SZ")
        .ok()
        .map(|t| t.and_utc())
        .filter(|t| snapshot_id(*t) == id)
}

/// A data directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The data directory at that path, whether it exists yet or not.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Its path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Directory of a snapshot.
    #[must_use]
    pub fn snapshot_dir(&self, id: &str) -> PathBuf {
        self.root.join(format!("{PREFIX}{id}"))
    }

    /// Directory in which sealed things are prepared.
    pub(crate) fn staging_dir(&self) -> PathBuf {
        self.root.join(".staging")
    }

    /// Ids of all snapshots, oldest as-of first.
    ///
    /// # Errors
    /// When the directory exists and cannot be read.
    pub fn snapshots(&self) -> Result<Vec<String>, DatasetError> {
        let mut ids = self.names(PREFIX)?;
        ids.retain(|id| parse_id(id).is_some());
        ids.sort();
        Ok(ids)
    }

    /// Names behind a prefix in the data directory.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>, DatasetError> {
        let entries = match fs::read_dir(&self.root) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| DatasetError::io(&self.root, "could not be listed", e))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry =
                entry.map_err(|e| DatasetError::io(&self.root, "could not be listed", e))?;
            if let Some(name) = entry.file_name().to_str()
                && let Some(rest) = name.strip_prefix(prefix)
            {
                names.push(rest.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The latest snapshot by as-of.
    ///
    /// # Errors
    /// When there is none, or the directory cannot be read.
    pub fn latest(&self) -> Result<String, DatasetError> {
        self.snapshots()?.pop().ok_or_else(|| DatasetError::NotFound {
            message: format!(
                "no snapshot in {}: seal one with `countersign snapshot --from DIR`, or try `countersign demo`",
                self.root.display()
            ),
        })
    }

    /// Makes sure that a snapshot of that id exists.
    ///
    /// # Errors
    /// When it does not; the message names the ones that do.
    pub fn require(&self, id: &str) -> Result<(), DatasetError> {
        if parse_id(id).is_some() && self.snapshot_dir(id).is_dir() {
            return Ok(());
        }
        let known = self.snapshots()?;
        let shown: Vec<&str> = known.iter().rev().take(5).map(String::as_str).collect();
        Err(DatasetError::NotFound {
            message: if shown.is_empty() {
                format!("no snapshot {id}: {} holds none", self.root.display())
            } else {
                format!(
                    "no snapshot {id} in {}: the newest are {}",
                    self.root.display(),
                    shown.join(", ")
                )
            },
        })
    }

    /// The snapshot before that one, by as-of.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn before(&self, id: &str) -> Result<Option<String>, DatasetError> {
        Ok(self
            .snapshots()?
            .into_iter()
            .rfind(|other| other.as_str() < id))
    }

    /// The manifest of a snapshot and the SHA-256 of its bytes.
    ///
    /// # Errors
    /// When it is missing, unreadable or not a manifest.
    pub fn manifest(&self, id: &str) -> Result<(Manifest, String), DatasetError> {
        let (manifest, bytes) = self.read_manifest(id)?;
        Ok((manifest, sha256(&bytes)))
    }

    fn read_manifest<T: DeserializeOwned>(&self, id: &str) -> Result<(T, Vec<u8>), DatasetError> {
        let path = self.snapshot_dir(id).join("manifest.json");
        let bytes = fs::read(&path).map_err(|e| DatasetError::Integrity {
            id: id.to_owned(),
            message: format!("manifest.json: {e}"),
        })?;
        let manifest = serde_json::from_slice(&bytes).map_err(|e| DatasetError::Integrity {
            id: id.to_owned(),
            message: format!("manifest.json: {e}"),
        })?;
        Ok((manifest, bytes))
    }

    /// The newest link of the chain: the sealed snapshot with the highest sequence number.
    ///
    /// # Errors
    /// When a manifest cannot be read.
    pub fn head(&self) -> Result<Option<(Manifest, String)>, DatasetError> {
        /// The number alone: manifests are long, and there may be many.
        #[derive(serde::Deserialize)]
        struct Numbered {
            sequence: u64,
        }
        let mut head: Option<(u64, String)> = None;
        for id in self.snapshots()? {
            let Numbered { sequence } = self.read_manifest(&id)?.0;
            if head.as_ref().is_none_or(|(highest, _)| *highest < sequence) {
                head = Some((sequence, id));
            }
        }
        head.map(|(_, id)| self.manifest(&id)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_id, snapshot_id};

    #[test]
    fn ids_are_times_and_nothing_else_is_an_id() {
        let t = parse_id("2026-11-23T07-14-00Z").expect("valid");
        assert_eq!(snapshot_id(t), "2026-11-23T07-14-00Z");
        for bad in [
            "",
            "..",
            "2026-11-23",
            "2026-11-23T07-14-00",
            "2026-1-23T07-14-00Z",
            "x/../y",
        ] {
            assert!(parse_id(bad).is_none(), "{bad}");
        }
    }
}
