//! Writing the log, under the lock.
//!
//! Before something gets its name, the line for it is written into the pending
//! file; then comes the rename, then the line, then the pending file goes. A run
//! that ends in between leaves the pending file, and the next one finishes the
//! line. Only what the pending file names, with its hash, is ever logged after
//! the fact: what somebody puts into the directory beside the program gets no
//! line, is refused by every reader and found by `verify`. Whoever forges the
//! pending file could as well have written the line: a kept head tells.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chrono::SubsecRound as _;

use super::line::{Entry, FILE, Kind, Late, Line, PENDING, pending};
use crate::dataset::DatasetError;
use crate::dataset::manifest::rfc3339;
use crate::dataset::store::Store;
use crate::hash::sha256;

/// The file whose hash stands in the log, below the data directory.
fn record(root: &Path, kind: Kind, id: &str) -> Option<PathBuf> {
    let safe = !id.starts_with('/') && !id.split('/').any(|part| part.is_empty() || part == "..");
    if !safe {
        return None;
    }
    Some(match kind {
        Kind::Snapshot => root.join(format!("snapshot={id}")).join("manifest.json"),
        Kind::Assessment => root.join(format!("assessment={id}")).join("manifest.json"),
        Kind::Review => root.join(format!("review={id}")).join("campaign.json"),
        Kind::ReviewImport | Kind::ReviewRecord | Kind::ReviewClosure => {
            root.join(format!("review={id}"))
        }
        Kind::Purge => return None,
    })
}

/// Everything in the data directory that a log speaks of, as it is now.
///
/// # Errors
/// When a directory cannot be read.
pub fn there(store: &Store) -> Result<Vec<Entry>, DatasetError> {
    let mut all = Vec::new();
    let root = store.root();
    let hash = |kind, id: &str| {
        let bytes = record(root, kind, id)
            .and_then(|path| crate::bounds::file::read(path, crate::bounds::SEALED).ok());
        bytes.map(|bytes| sha256(&bytes))
    };
    for id in store.snapshots()? {
        if let Some(sha) = hash(Kind::Snapshot, &id) {
            let mut entry = Entry::new(Kind::Snapshot, id.clone(), sha);
            entry.number = store.link(&id).ok().map(|(link, _)| link.sequence);
            all.push(entry);
        }
    }
    all.sort_by_key(|e| e.number);
    for id in store.names("assessment=")? {
        if let Some(sha) = hash(Kind::Assessment, &id) {
            all.push(Entry::new(Kind::Assessment, id, sha));
        }
    }
    for id in store.names("review=")? {
        let Some(sha) = hash(Kind::Review, &id) else {
            continue;
        };
        let dir = root.join(format!("review={id}"));
        all.push(Entry::new(Kind::Review, id.clone(), sha));
        let list = |e| DatasetError::io(&dir, "could not be listed", e);
        let mut names = Vec::new();
        for entry in fs::read_dir(&dir).map_err(list)? {
            names.extend(entry.map_err(list)?.file_name().into_string().ok());
        }
        names.sort();
        for name in names.into_iter().filter(|n| !n.starts_with('.')) {
            let below = format!("{id}/{name}");
            if let Some(kind) = Kind::of_review_file(&name)
                && let Some(sha) = hash(kind, &below)
            {
                all.push(Entry::new(kind, below, sha));
            }
        }
    }
    Ok(all)
}

/// Finishes what an interrupted run left, and begins the log of a directory that
/// holds something and has none.
pub(in crate::dataset) fn recover(store: &Store) -> Result<(), DatasetError> {
    let root = store.root();
    let path = root.join(FILE);
    let left = pending(root);
    if !path.exists() {
        let mut all = there(store)?;
        if let Some(left) = &left {
            all.retain(|e| !left.is(e.kind, &e.id, &e.sha256));
        }
        // In one write: a log that began and does not name everything is none.
        let mut text = Vec::new();
        for (place, entry) in all.into_iter().enumerate() {
            let line = line(store, place as u64 + 1, entry, Some(Late::Found));
            text.extend(encoded(&line)?);
        }
        if !text.is_empty() {
            let beside = root.join(format!("{PENDING}-log"));
            let _ = fs::remove_file(&beside);
            add(&beside, &text)?;
            fs::rename(&beside, &path)
                .map_err(|e| DatasetError::io(&path, "could not be put in place", e))?;
            sync(root)?;
        }
    }
    if let Some(left) = left {
        whole_lines(&path, &left)?;
        let bytes = record(root, left.kind, &left.id)
            .and_then(|p| crate::bounds::file::read(p, crate::bounds::SEALED).ok());
        let is_there =
            left.kind == Kind::Purge || bytes.is_some_and(|bytes| sha256(&bytes) == left.sha256);
        let logged = match store.log()? {
            Some(log) => log.line(left.kind, &left.id).is_some(),
            None => false,
        };
        if is_there && !logged {
            let entry = Entry {
                kind: left.kind,
                id: left.id,
                sha256: left.sha256,
                number: left.number,
                index_sha256: left.index_sha256,
            };
            let line = line(store, next(store)?, entry, Some(Late::Repaired));
            add(&path, &encoded(&line)?)?;
            sync(root)?;
        }
    }
    clear(root)
}

/// Cuts off a line that an interrupted run wrote a part of.
fn whole_lines(path: &Path, left: &Line) -> Result<(), DatasetError> {
    let Ok(bytes) = crate::bounds::file::read(path, crate::bounds::SEALED) else {
        return Ok(());
    };
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |e| e + 1);
    let torn = bytes.get(end..).unwrap_or_default();
    if torn.is_empty() || !left.begins_with(torn) {
        return Ok(());
    }
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.set_len(end as u64).and_then(|()| file.sync_all()))
        .map_err(|e| DatasetError::io(path, "could not be put right", e))
}

/// Says what is about to get its name; gives the line of the log that it will be.
pub(in crate::dataset) fn intend(store: &Store, entry: &Entry) -> Result<u64, DatasetError> {
    let number = next(store)?;
    let line = line(store, number, entry.clone(), None);
    let path = store.root().join(PENDING);
    clear(store.root())?;
    add(&path, &encoded(&line)?)?;
    sync(store.root())?;
    Ok(number)
}

/// Writes the line that was intended.
pub(in crate::dataset) fn append(store: &Store, entry: Entry) -> Result<(), DatasetError> {
    let path = store.root().join(FILE);
    let began = path.exists();
    let number = next(store)?;
    let mut bytes = encoded(&line(store, number, entry, None))?;
    if torn(&path) {
        // What was cut stays where it is: `verify` tells, and nothing more is lost.
        bytes.insert(0, b'\n');
    }
    add(&path, &bytes)?;
    if !began {
        sync(store.root())?;
    }
    clear(store.root())
}

fn torn(path: &Path) -> bool {
    crate::bounds::file::read(path, crate::bounds::SEALED)
        .is_ok_and(|bytes| bytes.last().is_some_and(|b| *b != b'\n'))
}

/// The number of the next line.
pub(in crate::dataset) fn next(store: &Store) -> Result<u64, DatasetError> {
    let path = store.root().join(FILE);
    let size = match store.log()? {
        Some(log) => log.size(),
        None => return Ok(1),
    };
    Ok(size + 1 + u64::from(torn(&path)))
}

fn line(store: &Store, sequence: u64, entry: Entry, late: Option<Late>) -> Line {
    Line {
        sequence,
        kind: entry.kind,
        id: entry.id,
        sha256: entry.sha256,
        time: store.now().map(|now| rfc3339(now.trunc_subsecs(0))),
        number: entry.number,
        index_sha256: entry.index_sha256,
        late,
    }
}

fn encoded(line: &Line) -> Result<Vec<u8>, DatasetError> {
    let mut bytes = line.to_bytes().map_err(|e| DatasetError::Row {
        table: "heads".to_owned(),
        message: e.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn add(path: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|e| DatasetError::io(path, "could not be written", e))
}

fn clear(root: &Path) -> Result<(), DatasetError> {
    let path = root.join(PENDING);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(DatasetError::io(&path, "could not be removed", e))
        }
        _ => Ok(()),
    }
}

fn sync(root: &Path) -> Result<(), DatasetError> {
    File::open(root)
        .and_then(|dir| dir.sync_all())
        .map_err(|e| DatasetError::io(root, "could not be synced", e))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{append, intend, recover};
    use crate::dataset::heads::Log;
    use crate::dataset::heads::{Entry, FILE, Kind, Late, PENDING};
    use crate::dataset::store::Store;
    use crate::hash::sha256;

    const ID: &str = "2026-11-23T07-14-00Z";

    fn put(store: &Store, id: &str, text: &str) -> Entry {
        let dir = store.snapshot_dir(id);
        fs::create_dir_all(&dir).expect("a folder");
        fs::write(dir.join("manifest.json"), text).expect("written");
        Entry::new(Kind::Snapshot, id, sha256(text.as_bytes()))
    }

    fn late(store: &Store) -> Vec<(String, Option<Late>)> {
        let log = Log::read(&store.root().join(FILE)).expect("a log");
        assert_eq!(log.problems(), &[] as &[String]);
        log.lines().map(|l| (l.id.clone(), l.late)).collect()
    }

    fn place() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::new(dir.path());
        (dir, store)
    }

    #[test]
    fn a_directory_from_before_gets_a_log_that_says_what_it_found() {
        let (_dir, store) = place();
        recover(&store).expect("nothing to do");
        assert!(store.log().expect("read").is_none());
        put(&store, ID, "{\"snapshot\":\"x\",\"sequence\":4}");
        recover(&store).expect("begun");
        assert_eq!(late(&store), [(ID.to_owned(), Some(Late::Found))]);
        let log = store.log().expect("read").expect("a log");
        assert_eq!(log.number(ID), Some(4));
        assert_eq!(log.found(), 1);
        // Only once: what comes beside the program later gets no line.
        put(&store, "2026-11-24T07-14-00Z", "{}");
        recover(&store).expect("nothing to do");
        assert_eq!(late(&store).len(), 1);
    }

    #[test]
    fn an_interrupted_run_is_finished_as_it_was_meant_and_not_otherwise() {
        for (there, cut, expected) in [
            // Ended before the rename: nothing happened.
            (None, "", vec![]),
            // Ended after it, or in the middle of the line.
            (
                Some("{\"a\":1}"),
                "",
                vec![(ID.to_owned(), Some(Late::Repaired))],
            ),
            (
                Some("{\"a\":1}"),
                "{\"id\":\"2026",
                vec![(ID.to_owned(), Some(Late::Repaired))],
            ),
            // Something else stands there than what was meant.
            (Some("{\"a\":2}"), "", vec![]),
        ] {
            let (_dir, store) = place();
            let first = put(&store, "2026-11-01T00-00-00Z", "{}");
            intend(&store, &first).expect("pending");
            append(&store, first).expect("a line");
            let meant = Entry::new(Kind::Snapshot, ID, sha256(b"{\"a\":1}"));
            assert_eq!(intend(&store, &meant).expect("pending"), 2);
            if let Some(text) = there {
                put(&store, ID, text);
            }
            let path = store.root().join(FILE);
            let text = fs::read_to_string(&path).expect("a log") + cut;
            fs::write(&path, text).expect("written");
            let store = Store::new(store.root());
            recover(&store).expect("finished");
            assert_eq!(late(&store)[1..], expected[..], "{there:?} {cut}");
            assert!(!store.root().join(PENDING).exists());
        }
    }

    #[test]
    fn a_line_that_was_written_is_not_written_again() {
        let (_dir, store) = place();
        let entry = put(&store, ID, "{}");
        intend(&store, &entry).expect("pending");
        let pending = fs::read(store.root().join(PENDING)).expect("pending");
        append(&store, entry).expect("a line");
        // Ended between the line and the end of the pending file.
        fs::write(store.root().join(PENDING), pending).expect("written");
        recover(&Store::new(store.root())).expect("finished");
        assert_eq!(late(&store), [(ID.to_owned(), None)]);
    }

    #[test]
    fn a_log_that_was_cut_stays_as_it_is_and_grows_behind() {
        let (_dir, store) = place();
        let entry = put(&store, ID, "{}");
        append(&store, entry).expect("a line");
        let path = store.root().join(FILE);
        let text = fs::read_to_string(&path).expect("a log");
        fs::write(&path, format!("{text}{{\"cut")).expect("written");
        let store = Store::new(store.root());
        append(&store, put(&store, "2026-11-24T07-14-00Z", "{}")).expect("a line");
        let log = Log::read(&path).expect("a log");
        assert_eq!(log.size(), 3);
        assert_eq!(log.problems().len(), 1);
        assert_eq!(log.lines().last().map(|l| l.sequence), Some(3));
    }
}
