//! The directory of a pack: prepared under a hidden name, then renamed once.
//!
//! A run that is cut off leaves the old state or the new one; what it staged
//! is removed by the next run. The lock is on the folder itself, so that the
//! system releases it however a run ends and nothing is left beside the packs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::super::ReportError;
use crate::dataset::writer::{create_file, make_dir};
use crate::hash::hex;

/// Name of what is being prepared; readers of `auditor-evidence-*` do not see it.
const STAGING: &str = ".auditor-evidence.staging";

/// A file of the pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Size in bytes.
    pub(super) bytes: u64,
    /// SHA-256 in hexadecimal.
    pub(super) sha256: String,
}

/// A pack that is being prepared.
pub(super) struct Stage {
    out: PathBuf,
    dir: PathBuf,
    lock: File,
    /// Files by their path in the pack, separated by `/`.
    pub(super) files: BTreeMap<String, Written>,
}

impl Stage {
    /// Locks the folder, clears what a run that was cut off left there, and begins.
    pub(super) fn begin(out: &Path) -> Result<Self, ReportError> {
        fs::create_dir_all(out).map_err(|e| ReportError::write(out, &e))?;
        let lock = File::open(out).map_err(|e| ReportError::write(out, &e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(ReportError::write(
                    out,
                    &"another run is writing evidence there: wait for it, or name another folder with --out",
                ));
            }
            Err(fs::TryLockError::Error(e)) => return Err(ReportError::write(out, &e)),
        }
        let dir = out.join(STAGING);
        clear(&dir)?;
        make_dir(&dir)?;
        Ok(Self {
            out: out.to_owned(),
            dir,
            lock,
            files: BTreeMap::new(),
        })
    }

    /// Writes a file through a sink that hashes what passes.
    pub(super) fn write(
        &mut self,
        path: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>,
    ) -> Result<Written, ReportError> {
        let full = self.dir.join(path);
        if let Some(folder) = full.parent() {
            make_dir(folder)?;
        }
        let mut sink = Hashing {
            file: BufWriter::new(create_file(&full)?),
            hash: Sha256::new(),
            bytes: 0,
        };
        fill(&mut sink)?;
        let failed = |e: &dyn ToString| ReportError::write(&self.target_of(path), e);
        sink.file.flush().map_err(|e| failed(&e))?;
        sink.file.get_ref().sync_all().map_err(|e| failed(&e))?;
        let written = Written {
            bytes: sink.bytes,
            sha256: hex(&sink.hash.finalize()),
        };
        self.files.insert(path.to_owned(), written.clone());
        Ok(written)
    }

    /// Writes a file of these bytes.
    pub(super) fn bytes(&mut self, path: &str, bytes: &[u8]) -> Result<Written, ReportError> {
        let full = self.target_of(path);
        self.write(path, |sink| {
            sink.write_all(bytes)
                .map_err(|e| ReportError::write(&full, &e))
        })
    }

    /// Path of a file for messages.
    pub(super) fn target_of(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// `SHA256SUMS` over everything that was written so far, as `sha256sum -c`
    /// reads it.
    pub(super) fn sums(&self) -> String {
        let lines = self.files.iter();
        lines.fold(String::new(), |mut text, (path, file)| {
            text.push_str(&file.sha256);
            text.push_str("  ");
            text.push_str(path);
            text.push('\n');
            text
        })
    }

    /// Gives the pack its name. A pack of that name that holds the same bytes is
    /// left as it is; one that does not is never touched.
    pub(super) fn commit(self, name: &str) -> Result<PathBuf, ReportError> {
        let target = self.out.join(name);
        if fs::symlink_metadata(&target).is_ok() {
            let same = self.difference_from(&target);
            clear(&self.dir)?;
            return match same {
                None => Ok(target),
                Some(difference) => Err(ReportError::Exists {
                    path: target,
                    difference,
                }),
            };
        }
        sync_tree(&self.dir)?;
        fs::rename(&self.dir, &target).map_err(|e| ReportError::write(&target, &e))?;
        self.lock
            .sync_all()
            .map_err(|e| ReportError::write(&self.out, &e))?;
        Ok(target)
    }

    /// What keeps the directory from being this pack; `None` when nothing does.
    fn difference_from(&self, target: &Path) -> Option<String> {
        for (path, file) in &self.files {
            match File::open(target.join(path)).and_then(|mut f| hash_of(&mut f)) {
                Ok(hash) if hash == file.sha256 => {}
                Ok(_) => return Some(format!("{path} is another one there")),
                Err(e) => return Some(format!("{path} cannot be read there: {e}")),
            }
        }
        self.beside(target, target)
    }

    /// What lies in a directory of the pack and is no part of it.
    fn beside(&self, target: &Path, dir: &Path) -> Option<String> {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) => return Some(format!("{} cannot be listed: {e}", dir.display())),
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(e) => return Some(format!("{} cannot be listed: {e}", dir.display())),
            }
        }
        paths.sort();
        for path in paths {
            let relative = path.strip_prefix(target).unwrap_or(&path);
            let link = fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink());
            let known = relative
                .to_str()
                .is_some_and(|r| self.files.contains_key(r));
            if !link && path.is_dir() {
                if let Some(found) = self.beside(target, &path) {
                    return Some(found);
                }
            } else if link || !known {
                return Some(format!("{} is no part of it", relative.display()));
            }
        }
        None
    }
}

/// SHA-256 of a file from where it stands to its end, in hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn hash_of(file: &mut File) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

fn clear(dir: &Path) -> Result<(), ReportError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(ReportError::write(dir, &e)),
        _ => Ok(()),
    }
}

/// Syncs a directory and those below it.
fn sync_tree(dir: &Path) -> Result<(), ReportError> {
    let failed = |e: std::io::Error| ReportError::write(dir, &e);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    File::open(dir)
        .and_then(|d| d.sync_all())
        .map_err(|e| ReportError::write(dir, &e))
}

struct Hashing {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hash.update(bytes.get(..n).unwrap_or_default());
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::{STAGING, Stage};

    #[test]
    fn a_pack_appears_whole_and_is_never_replaced() {
        let out = tempfile::tempdir().expect("a folder");
        // What a run that was cut off left behind.
        fs::create_dir(out.path().join(STAGING)).expect("a folder");
        fs::write(out.path().join(STAGING).join("half"), "x").expect("a file");
        let make = |text: &str| {
            let mut stage = Stage::begin(out.path()).expect("a stage");
            stage.bytes("lists/a.csv", text.as_bytes()).expect("a file");
            stage.commit("pack")
        };
        let at = make("one").expect("a pack");
        assert!(!out.path().join(STAGING).exists());
        assert_eq!(fs::read(at.join("lists/a.csv")).expect("a file"), b"one");
        let mode = |path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(at.join("lists/a.csv")), 0o600);
        assert_eq!(mode(at.join("lists")), 0o700);
        assert_eq!(make("one").expect("the same again"), at);
        let refused = make("two").expect_err("another one").to_string();
        assert!(
            refused.contains("lists/a.csv is another one there"),
            "{refused}"
        );
        assert_eq!(fs::read(at.join("lists/a.csv")).expect("a file"), b"one");
        assert!(!out.path().join(STAGING).exists());
        // A file that somebody laid beside the others is not taken for a part of the pack.
        fs::write(at.join("lists/more.csv"), "x").expect("a file");
        let refused = make("one").expect_err("not this pack").to_string();
        assert!(
            refused.contains("lists/more.csv is no part of it"),
            "{refused}"
        );
    }

    #[test]
    fn two_runs_do_not_write_into_one_folder() {
        let out = tempfile::tempdir().expect("a folder");
        let first = Stage::begin(out.path()).expect("a stage");
        let refused = Stage::begin(out.path()).map(|_| ()).expect_err("locked");
        assert!(refused.to_string().contains("another run"), "{refused}");
        drop(first);
        assert!(Stage::begin(out.path()).is_ok());
    }
}
