//! The data directory: which sealed snapshots it holds, and in what order.
//!
//! Two orders matter. *Time* is that of the moments that snapshots show: what
//! came before something is asked in it. *Number* is that of sealing: the latest
//! snapshot is the one that was sealed last, whatever moment it claims to show.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::DatasetError;
use super::heads::{FILE as HEADS, Kind, Log};
use super::id::{numbered, parse_id, snapshot_id};
use super::manifest::{Manifest, Previous, newer};
use crate::hash::sha256;

const PREFIX: &str = "snapshot=";
/// How far a clock may be wrong before a moment lies in the future.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// The place of a snapshot in the chain, without the rest of its manifest:
/// manifests are long, and there may be many.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Link {
    /// Id that the manifest names.
    pub snapshot: String,
    /// Position in the chain, from 1.
    pub sequence: u64,
    /// The snapshot before it.
    #[serde(default)]
    pub previous: Option<Previous>,
    /// Line of the log of heads that it says to be written as.
    #[serde(default)]
    pub logged_as: Option<u64>,
}

/// A log as it was read, with the length and time of the file that it was read from.
type Read = (u64, (i64, i64), Arc<Log>);

/// A data directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    now: Option<DateTime<Utc>>,
    log: Arc<Mutex<Option<Read>>>,
}

impl Store {
    /// The data directory at that path, whether it exists yet or not.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            now: None,
            log: Arc::default(),
        }
    }

    /// The same directory, used at that time: what lies after it is the future,
    /// and the log of heads says it of what is written.
    #[must_use]
    pub fn at(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }

    /// The time at which it is used, where somebody said it.
    #[must_use]
    pub fn now(&self) -> Option<DateTime<Utc>> {
        self.now
    }

    /// Whether a moment lies in the future, beyond what clocks differ by.
    #[must_use]
    pub fn ahead(&self, moment: DateTime<Utc>) -> bool {
        self.now.is_some_and(|now| moment > now + AHEAD)
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

    /// Ids of all snapshots, oldest as-of first, those of one moment as they were sealed.
    ///
    /// # Errors
    /// When the directory exists and cannot be read.
    pub fn snapshots(&self) -> Result<Vec<String>, DatasetError> {
        let mut ids = self.names(PREFIX)?;
        ids.retain(|id| parse_id(id).is_some());
        ids.sort_by_key(|id| parse_id(id));
        Ok(ids)
    }

    /// An id for a snapshot of a moment that no snapshot has yet, and the ids of
    /// the same moment that are there.
    ///
    /// # Errors
    /// When the directory exists and cannot be read.
    pub fn free_id(&self, as_of: DateTime<Utc>) -> Result<(String, Vec<String>), DatasetError> {
        let moment = parse_id(&snapshot_id(as_of)).map(|(time, _)| time);
        let mut there = self.snapshots()?;
        there.retain(|id| parse_id(id).map(|(time, _)| time) == moment);
        let last = there.last().and_then(|id| parse_id(id));
        let which = last.map_or(1, |(_, which)| which + 1);
        Ok((numbered(as_of, which), there))
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

    /// The log of heads; `None` when the directory has none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn log(&self) -> Result<Option<Arc<Log>>, DatasetError> {
        let path = self.root.join(HEADS);
        let meta = match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| DatasetError::io(&path, "could not be read", e))?,
        };
        let (length, time) = (meta.len(), (meta.mtime(), meta.mtime_nsec()));
        let mut kept = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, at, log)) = kept.as_ref()
            && (*of, *at) == (length, time)
        {
            return Ok(Some(Arc::clone(log)));
        }
        let log = Arc::new(Log::read(&path)?);
        *kept = Some((length, time, Arc::clone(&log)));
        Ok(Some(log))
    }

    /// Compares a record with what the log of heads says of it.
    ///
    /// # Errors
    /// When there is a log and it does not say that this was written.
    pub fn testified(&self, kind: Kind, id: &str, sha256: &str) -> Result<(), DatasetError> {
        let Some(log) = self.log()? else {
            return Ok(());
        };
        log.testifies(kind, id, sha256)
            .or_else(|message| {
                // Between the moment that something gets its name and the line in the
                // log, the intention stands beside them.
                if super::heads::pending(&self.root).is_some_and(|p| p.is(kind, id, sha256)) {
                    return Ok(());
                }
                // It may have been written while the log was being read.
                let again = Log::read(&self.root.join(HEADS)).map_err(|e| e.to_string())?;
                again.testifies(kind, id, sha256).map_err(|_| message)
            })
            .map_err(|message| DatasetError::Integrity {
                id: match kind {
                    Kind::Snapshot => id.to_owned(),
                    _ => format!("{} {id}", kind.name()),
                },
                message,
            })
    }

    /// The latest snapshot: the one that was sealed last of those whose moment does not
    /// lie in the future.
    ///
    /// # Errors
    /// When there is none, the directory cannot be read, or the log of heads names a
    /// later one that is gone.
    pub fn latest(&self) -> Result<String, DatasetError> {
        let ids = self.snapshots()?;
        self.none_is_gone(&ids)?;
        let mut latest: Option<(u64, String)> = None;
        let mut damaged = None;
        for id in ids {
            if parse_id(&id).is_some_and(|(time, _)| self.ahead(time)) {
                continue;
            }
            match self.number(&id) {
                Ok(number) if latest.as_ref().is_none_or(|(n, _)| *n < number) => {
                    latest = Some((number, id));
                }
                Ok(_) => {}
                Err(error) => damaged = Some(error),
            }
        }
        match (latest, damaged) {
            // A snapshot whose place is not known may be the latest.
            (_, Some(error)) => Err(error),
            (Some((_, id)), None) => Ok(id),
            (None, None) => Err(DatasetError::NotFound {
                message: format!(
                    "no snapshot in {}: seal one with `countersign snapshot --from DIR`, or try `countersign demo`",
                    self.root.display()
                ),
            }),
        }
    }

    /// Snapshots whose moment lies in the future: they are never the latest.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn from_the_future(&self) -> Result<Vec<String>, DatasetError> {
        let mut ids = self.snapshots()?;
        ids.retain(|id| parse_id(id).is_some_and(|(time, _)| self.ahead(time)));
        Ok(ids)
    }

    /// Refuses to look for a snapshot among others when one of them was taken away.
    fn none_is_gone(&self, ids: &[String]) -> Result<(), DatasetError> {
        let Some(log) = self.log()? else {
            return Ok(());
        };
        let gone = log
            .living(Kind::Snapshot)
            .find(|id| !ids.iter().any(|i| i == id));
        match gone {
            None => Ok(()),
            Some(id) => Err(DatasetError::Integrity {
                id: id.to_owned(),
                message: format!(
                    "the log of heads says that it was sealed, and it is gone; name another with --snapshot, and see `countersign verify` for {}",
                    self.root.display()
                ),
            }),
        }
    }

    /// The place of a snapshot in the chain: as the log says it, else its manifest.
    fn number(&self, id: &str) -> Result<u64, DatasetError> {
        if let Some(log) = self.log()?
            && let Some(number) = log.number(id)
        {
            return Ok(number);
        }
        Ok(self.link(id)?.0.sequence)
    }

    /// The place of a snapshot in the chain, and the SHA-256 of its manifest.
    ///
    /// # Errors
    /// When its manifest is missing or says none.
    pub fn link(&self, id: &str) -> Result<(Link, String), DatasetError> {
        let bytes = self.manifest_bytes(id)?;
        let link = serde_json::from_slice(&bytes).map_err(|e| DatasetError::Integrity {
            id: id.to_owned(),
            message: format!("manifest.json: {e}"),
        })?;
        Ok((link, sha256(&bytes)))
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

    /// The snapshot before that one: of an earlier moment, the last of it when it was
    /// sealed several times. What was sealed again of the same moment replaces the
    /// first; compared with it, nothing would be new or in flight.
    ///
    /// # Errors
    /// When the directory cannot be read, or the log of heads names one that is gone.
    pub fn before(&self, id: &str) -> Result<Option<String>, DatasetError> {
        let ids = self.snapshots()?;
        self.none_is_gone(&ids)?;
        let moment = parse_id(id).map(|(time, _)| time);
        Ok(ids
            .into_iter()
            .rfind(|other| parse_id(other).map(|(time, _)| time) < moment))
    }

    /// The manifest of a snapshot and the SHA-256 of its bytes.
    ///
    /// # Errors
    /// When it is missing, unreadable, not a manifest, not the one that the log of heads
    /// names, or of a newer program.
    pub fn manifest(&self, id: &str) -> Result<(Manifest, String), DatasetError> {
        let bytes = self.manifest_bytes(id)?;
        let hash = sha256(&bytes);
        self.testified(Kind::Snapshot, id, &hash)?;
        if let Some(by) = newer(&bytes) {
            return Err(DatasetError::Newer {
                what: format!("snapshot {id}"),
                by: Box::new(by),
            });
        }
        let manifest = serde_json::from_slice(&bytes).map_err(|e| DatasetError::Integrity {
            id: id.to_owned(),
            message: format!("manifest.json: {e}"),
        })?;
        Ok((manifest, hash))
    }

    fn manifest_bytes(&self, id: &str) -> Result<Vec<u8>, DatasetError> {
        let path = self.snapshot_dir(id).join("manifest.json");
        crate::bounds::file::read(&path, crate::bounds::SEALED).map_err(|e| {
            DatasetError::Integrity {
                id: id.to_owned(),
                message: format!("manifest.json: {e}"),
            }
        })
    }

    /// The newest link of the chain: the highest number, with the snapshot and manifest
    /// that hold it. What the log of heads says stands for snapshots that cannot be
    /// read any more: a damaged one is no reason not to seal the next.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn head(&self) -> Result<Option<(u64, Previous)>, DatasetError> {
        let mut head: Option<(u64, Previous)> = None;
        let mut hold = |number: u64, snapshot: &str, sha256: &str| {
            if head.as_ref().is_none_or(|(highest, _)| *highest < number) {
                head = Some((
                    number,
                    Previous {
                        snapshot: snapshot.to_owned(),
                        manifest_sha256: sha256.to_owned(),
                    },
                ));
            }
        };
        let log = self.log()?;
        if let Some(log) = &log {
            for line in log.lines().filter(|l| l.kind == Kind::Snapshot) {
                if let Some(number) = line.number {
                    hold(number, &line.id, &line.sha256);
                }
            }
        }
        for id in self.snapshots()? {
            let known = log.as_ref().is_some_and(|log| log.number(&id).is_some());
            // One that cannot be read is `verify`'s to tell.
            if !known && let Ok((link, hash)) = self.link(&id) {
                hold(link.sequence, &id, &hash);
            }
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::Store;
    use crate::dataset::id::parse_id;

    #[test]
    fn ids_of_one_moment_are_in_the_order_of_their_numbers() {
        let dir = tempfile::tempdir().expect("a folder");
        let moment = "2026-11-23T07-14-00Z";
        for id in ["-10", "-9", "", "-2"].map(|n| format!("{moment}{n}")) {
            std::fs::create_dir(dir.path().join(format!("snapshot={id}"))).expect("made");
        }
        std::fs::create_dir(dir.path().join("snapshot=2026-12-01T00-00-00Z")).expect("made");
        let store = Store::new(dir.path());
        let ids = store.snapshots().expect("a list");
        let expected = ["", "-2", "-9", "-10"].map(|n| format!("{moment}{n}"));
        assert_eq!(ids[..4], expected);
        let as_of = parse_id(moment).expect("an id").0;
        let (free, there) = store.free_id(as_of).expect("a list");
        assert_eq!(free, format!("{moment}-11"));
        assert_eq!(there, expected);
        // The last one of the moment before, never one of the same moment.
        assert_eq!(
            store.before("2026-12-01T00-00-00Z").expect("read"),
            Some(format!("{moment}-10"))
        );
        assert_eq!(store.before(&expected[1]).expect("read"), None);
    }
}
