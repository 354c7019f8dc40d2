//! The commit protocol: lock, stage, write and sync every file, manifest last,
//! sync directories, rename once, sync the parent.
//!
//! A crash at any step leaves the old state or the new one. What a crashed run
//! staged is never matched by a reader and is removed by the next run.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::DatasetError;
use super::heads::{self, Entry, Kind};
use super::manifest::Manifest;
use super::store::Store;
use super::writer::{create_file, make_dir};
use crate::hash::sha256;

/// The steps of a commit, in order; tests interrupt it after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The lock is held.
    Locked,
    /// The staging directory exists.
    Staged,
    /// Every table is written and synced.
    TablesWritten,
    /// `SHA256SUMS` is written and synced.
    SumsWritten,
    /// The manifest is written and synced.
    ManifestWritten,
    /// The directories are synced.
    DirectoriesSynced,
    /// What is about to get its name is named in the pending file of the log.
    Intended,
    /// The staging directory has its final name.
    Renamed,
    /// The data directory is synced.
    ParentSynced,
    /// The log of heads has a line for it.
    Logged,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 10] = [
        Self::Locked,
        Self::Staged,
        Self::TablesWritten,
        Self::SumsWritten,
        Self::ManifestWritten,
        Self::DirectoriesSynced,
        Self::Intended,
        Self::Renamed,
        Self::ParentSynced,
        Self::Logged,
    ];
}

/// The right to write into a data directory, held until dropped.
#[derive(Debug)]
pub struct Lock {
    store: Store,
    _file: File,
}

impl Lock {
    /// Creates the data directory where it is missing and locks it.
    ///
    /// The system releases the lock when the process ends, however it ends, so
    /// there is no stale lock to clean up.
    ///
    /// # Errors
    /// When another run holds the lock, or the directory cannot be made.
    pub fn take(store: &Store) -> Result<Self, DatasetError> {
        let root = store.root();
        if !root.is_dir() {
            if let Some(parent) = root.parent().filter(|p| !p.as_os_str().is_empty()) {
                fs::create_dir_all(parent)
                    .map_err(|e| DatasetError::io(parent, "could not be created", e))?;
            }
            make_dir(root)?;
        }
        let path = root.join(".lock");
        let file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| DatasetError::io(&path, "could not be opened", e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(DatasetError::Locked { path }),
            Err(fs::TryLockError::Error(e)) => {
                return Err(DatasetError::io(&path, "could not be locked", e));
            }
        }
        let lock = Self {
            store: store.clone(),
            _file: file,
        };
        lock.clear_staging()?;
        heads::recover(store)?;
        Ok(lock)
    }

    /// Removes what crashed runs left behind; safe because the lock is held.
    fn clear_staging(&self) -> Result<(), DatasetError> {
        let staging = self.store.staging_dir();
        match fs::remove_dir_all(&staging) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(DatasetError::io(&staging, "could not be cleared", e))
            }
            _ => Ok(()),
        }
    }

    /// The data directory that is locked.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The number that the next line of the log of heads will have.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn next_line(&self) -> Result<u64, DatasetError> {
        heads::next(&self.store)
    }

    /// Writes a line of the log of heads for something that needs no name, such as a purge.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn log(&self, entry: Entry) -> Result<(), DatasetError> {
        heads::append(&self.store, entry)
    }

    /// Gives a record that was written beside its place its name, and logs it.
    ///
    /// # Errors
    /// When the name is taken, or a file operation fails.
    pub fn place(&self, beside: &Path, path: &Path, entry: Entry) -> Result<(), DatasetError> {
        if path.exists() {
            return Err(DatasetError::Exists { id: entry.id });
        }
        heads::intend(&self.store, &entry)?;
        fs::rename(beside, path)
            .map_err(|e| DatasetError::io(path, "could not be put in place", e))?;
        if let Some(parent) = path.parent() {
            sync_dir(parent)?;
        }
        heads::append(&self.store, entry)
    }

    /// A new, empty staging directory for something that will get that name.
    ///
    /// # Errors
    /// When the name is taken or the directory cannot be made.
    pub fn stage(&self, name: &str, id: &str) -> Result<Staging<'_>, DatasetError> {
        let target = self.store.root().join(name);
        if target.exists() {
            return Err(DatasetError::Exists { id: id.to_owned() });
        }
        let parent = self.store.staging_dir();
        make_dir(&parent)?;
        let dir = parent.join(name);
        make_dir(&dir)?;
        Ok(Staging {
            lock: self,
            dir,
            target,
        })
    }
}

/// A directory that is being prepared.
pub struct Staging<'a> {
    lock: &'a Lock,
    dir: PathBuf,
    target: PathBuf,
}

impl Staging<'_> {
    /// Its path.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes what was prepared.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn discard(self) -> Result<(), DatasetError> {
        fs::remove_dir_all(&self.dir)
            .map_err(|e| DatasetError::io(&self.dir, "could not be removed", e))
    }

    /// A new folder beside what is staged, which goes when the lock is next taken.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn beside(&self, name: &str) -> Result<PathBuf, DatasetError> {
        let dir = self.lock.store.staging_dir().join(name);
        make_dir(&dir)?;
        Ok(dir)
    }

    /// Seals a snapshot: writes `SHA256SUMS` and the manifest, then gives the
    /// directory its final name.
    ///
    /// # Errors
    /// When a file operation fails; nothing is visible to readers then.
    pub fn seal(
        self,
        manifest: &Manifest,
        mut observe: impl FnMut(Step),
    ) -> Result<String, DatasetError> {
        observe(Step::TablesWritten);
        let bytes = manifest.to_bytes().map_err(|e| DatasetError::Row {
            table: "manifest".to_owned(),
            message: e.to_string(),
        })?;
        let sums = sums(
            manifest
                .tables
                .iter()
                .map(|t| (t.file.as_str(), t.sha256.as_str())),
            &sha256(&bytes),
        );
        write_synced(&self.dir.join("SHA256SUMS"), sums.as_bytes())?;
        observe(Step::SumsWritten);
        write_synced(&self.dir.join("manifest.json"), &bytes)?;
        observe(Step::ManifestWritten);
        let mut entry = Entry::new(Kind::Snapshot, manifest.snapshot.clone(), sha256(&bytes));
        entry.number = Some(manifest.sequence);
        self.publish(entry, &mut observe)?;
        Ok(sha256(&bytes))
    }

    /// Syncs the directories, renames, which is the one step that readers see, and
    /// writes the line of the log of heads.
    pub(crate) fn publish(
        self,
        entry: Entry,
        observe: &mut dyn FnMut(Step),
    ) -> Result<(), DatasetError> {
        for entry in fs::read_dir(&self.dir)
            .map_err(|e| DatasetError::io(&self.dir, "could not be listed", e))?
        {
            let entry = entry.map_err(|e| DatasetError::io(&self.dir, "could not be listed", e))?;
            if entry.path().is_dir() {
                sync_dir(&entry.path())?;
            }
        }
        sync_dir(&self.dir)?;
        observe(Step::DirectoriesSynced);
        heads::intend(&self.lock.store, &entry)?;
        observe(Step::Intended);
        fs::rename(&self.dir, &self.target)
            .map_err(|e| DatasetError::io(&self.target, "could not be put in place", e))?;
        observe(Step::Renamed);
        sync_dir(self.lock.store.root())?;
        observe(Step::ParentSynced);
        heads::append(&self.lock.store, entry)?;
        observe(Step::Logged);
        Ok(())
    }
}

/// The text of `SHA256SUMS`: one line per file in the order of their names, as
/// `sha256sum -c` reads it.
pub(crate) fn sums<'a>(
    files: impl Iterator<Item = (&'a str, &'a str)>,
    manifest_sha256: &str,
) -> String {
    let mut lines: Vec<(String, String)> = files
        .map(|(file, hash)| (file.to_owned(), hash.to_owned()))
        .collect();
    lines.push(("manifest.json".to_owned(), manifest_sha256.to_owned()));
    lines.sort();
    let mut text = String::new();
    for (file, hash) in lines {
        text.push_str(&hash);
        text.push_str("  ");
        text.push_str(&file);
        text.push('\n');
    }
    text
}

pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
    let mut file = create_file(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| DatasetError::io(path, "could not be written", e))
}

fn sync_dir(path: &Path) -> Result<(), DatasetError> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .map_err(|e| DatasetError::io(path, "could not be synced", e))
}
