//! The log as it was read: what it testifies of, and what is wrong with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::line::{FILE, Kind, Late, Line, pending};
use super::tree::{self, Hash};
use crate::dataset::DatasetError;
use crate::hash::hex;

/// The lines of a log as they were read.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Vec<Line>,
    leaves: Vec<Hash>,
    /// What is wrong with the file itself, as sentences.
    problems: Vec<String>,
    /// By kind and id, the place of the line that speaks of it last.
    last: BTreeMap<Kind, BTreeMap<String, usize>>,
}

impl Log {
    /// Reads a log.
    ///
    /// # Errors
    /// When the file cannot be read; what is wrong in it is no error.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let regular = fs::symlink_metadata(path)
            .map_err(|e| DatasetError::io(path, "could not be read", e))?
            .is_file();
        if !regular {
            return Ok(Self {
                problems: vec![format!("{FILE} is not a file.")],
                ..Self::default()
            });
        }
        let bytes = crate::bounds::file::read(path, crate::bounds::SEALED)
            .map_err(|e| DatasetError::io(path, "could not be read", e))?;
        let meant = path.parent().and_then(pending);
        Ok(Self::parse(&bytes, meant.as_ref()))
    }

    /// Reads lines; of the one that is meant to be written next, a part may be there.
    pub(super) fn parse(bytes: &[u8], meant: Option<&Line>) -> Self {
        let mut log = Self::default();
        let whole = match bytes.iter().rposition(|b| *b == b'\n') {
            Some(end) if end + 1 == bytes.len() => bytes,
            end => {
                let torn = bytes.get(end.map_or(0, |e| e + 1)..).unwrap_or_default();
                if !torn.is_empty() && !meant.is_some_and(|m| m.begins_with(torn)) {
                    log.problems.push(format!(
                        "The last line of {FILE} is not whole: the run that wrote it was interrupted, or it was cut."
                    ));
                }
                bytes.get(..end.map_or(0, |e| e + 1)).unwrap_or_default()
            }
        };
        for (place, text) in whole.split_inclusive(|b| *b == b'\n').enumerate() {
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            let number = place as u64 + 1;
            log.leaves.push(tree::leaf(text));
            let Ok(line) = serde_json::from_slice::<Line>(text) else {
                log.problems
                    .push(format!("Line {number} of {FILE} is none that was written."));
                continue;
            };
            if line.sequence != number || line.to_bytes().ok().as_deref() != Some(text) {
                log.problems.push(format!(
                    "Line {number} of {FILE} is not as it was written: it says to be number {}.",
                    line.sequence
                ));
            }
            let by_id = log.last.entry(line.kind).or_default();
            let before = by_id.insert(line.id.clone(), log.lines.len());
            if before.is_some() {
                log.problems.push(format!(
                    "Line {number} of {FILE} speaks of {} {} again.",
                    line.kind.name(),
                    line.id
                ));
            }
            log.lines.push(line);
        }
        log
    }

    /// Its lines, oldest first; those that cannot be read are left out.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// What is wrong with the file itself.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Number of lines.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The Merkle root over the first lines; `None` when there are fewer.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        let size = usize::try_from(size).ok()?;
        self.leaves.get(..size).map(tree::root)
    }

    /// The name of the log: it is that of its first line.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let first = self.leaves.first()?;
        let short = hex(first.get(..8)?);
        Some(format!("countersign.heads/{short}"))
    }

    /// The line that speaks last of something.
    #[must_use]
    pub fn line(&self, kind: Kind, id: &str) -> Option<&Line> {
        self.lines.get(*self.last.get(&kind)?.get(id)?)
    }

    /// Whether something was removed on purpose.
    #[must_use]
    pub fn purged(&self, kind: Kind, id: &str) -> bool {
        let key = format!("{}/{id}", kind.name());
        self.line(Kind::Purge, &key).is_some()
    }

    /// Place in the chain of a snapshot that was logged.
    #[must_use]
    pub fn number(&self, snapshot: &str) -> Option<u64> {
        self.line(Kind::Snapshot, snapshot)?.number
    }

    /// Ids of what was logged and not removed on purpose.
    pub fn living(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let all = self.last.get(&kind).into_iter().flat_map(BTreeMap::keys);
        all.map(String::as_str)
            .filter(move |id| !self.purged(kind, id))
    }

    /// The first moment from which it testifies: that of its first line.
    #[must_use]
    pub fn since(&self) -> Option<&str> {
        self.lines.first()?.time.as_deref()
    }

    /// Number of things that were there when it began.
    #[must_use]
    pub fn found(&self) -> usize {
        let all = self.lines.iter();
        all.filter(|l| l.late == Some(Late::Found)).count()
    }

    /// Compares something with what the log says of it.
    ///
    /// # Errors
    /// When the log does not say that it was written, in words.
    pub fn testifies(&self, kind: Kind, id: &str, sha256: &str) -> Result<(), String> {
        if let Some(problem) = self.problems.first() {
            return Err(format!("the log of heads cannot be relied on: {problem}"));
        }
        match self.line(kind, id) {
            None => Err(format!(
                "the log of heads knows no {} {id}: it was put there by something else than this program, or lines were taken out of {FILE}",
                kind.name()
            )),
            Some(line) if line.sha256 != sha256 => Err(format!(
                "the log of heads says that {} {id} was written with SHA-256 {}, and {sha256} stands there now",
                kind.name(),
                line.sha256
            )),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Line, Log};

    fn line(sequence: u64, kind: Kind, id: &str, sha256: &str) -> String {
        let line = Line {
            sequence,
            kind,
            id: id.to_owned(),
            sha256: sha256.to_owned(),
            time: None,
            number: None,
            index_sha256: None,
            late: None,
        };
        String::from_utf8(line.to_bytes().expect("bytes")).expect("text") + "\n"
    }

    #[test]
    fn a_log_testifies_of_what_it_says_and_of_nothing_else() {
        let text = line(1, Kind::Snapshot, "a", "aa") + &line(2, Kind::Assessment, "a", "bb");
        let log = Log::parse(text.as_bytes(), None);
        assert_eq!(log.problems(), &[] as &[String]);
        assert!(log.testifies(Kind::Snapshot, "a", "aa").is_ok());
        assert!(log.testifies(Kind::Snapshot, "a", "bb").is_err());
        assert!(log.testifies(Kind::Assessment, "a", "bb").is_ok());
        assert!(log.testifies(Kind::Review, "a", "aa").is_err());
        assert_eq!(log.living(Kind::Snapshot).collect::<Vec<_>>(), ["a"]);
        let purged = text + &line(3, Kind::Purge, "snapshot/a", "aa");
        let log = Log::parse(purged.as_bytes(), None);
        assert_eq!(log.living(Kind::Snapshot).count(), 0);
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said_and_nothing_is_believed() {
        let (one, two) = (
            line(1, Kind::Snapshot, "a", "aa"),
            line(2, Kind::Snapshot, "b", "bb"),
        );
        for bad in [
            format!("{two}{one}"),
            format!("{one}{one}"),
            format!("{one}{}", two.trim_end()),
            format!("{one}\n{two}"),
            format!("{one}{}", two.replace('{', "{ ")),
            format!("{one}{}", two.replace("\"kind\"", "\"x\":1,\"kind\"")),
            format!("{one}x\n"),
        ] {
            let log = Log::parse(bad.as_bytes(), None);
            assert!(!log.problems().is_empty(), "{bad}");
            assert!(log.testifies(Kind::Snapshot, "a", "aa").is_err(), "{bad}");
        }
        assert!(Log::parse(b"", None).problems().is_empty());
    }

    #[test]
    fn the_root_over_the_first_lines_does_not_change_as_the_log_grows() {
        let mut text = String::new();
        let mut roots = Vec::new();
        for n in 1..=9 {
            text += &line(n, Kind::Snapshot, &n.to_string(), "aa");
            let log = Log::parse(text.as_bytes(), None);
            roots.push(log.root(n).expect("a root"));
            for (size, root) in roots.iter().enumerate() {
                assert_eq!(log.root(size as u64 + 1).as_ref(), Some(root));
            }
            assert_eq!(log.root(n + 1), None);
        }
        let unique: std::collections::BTreeSet<_> = roots.iter().collect();
        assert_eq!(unique.len(), 9);
    }
}
