//! The corpus: folders of files below fuzz/corpus/<target>, each a whole input.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// An input: its files by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Case(pub(crate) BTreeMap<String, Vec<u8>>);

impl Case {
    /// All files of a folder.
    pub(crate) fn load(dir: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut stack = vec![dir.to_owned()];
        while let Some(at) = stack.pop() {
            for entry in fs::read_dir(&at).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    stack.push(path);
                } else {
                    let name = path.strip_prefix(dir).expect("below").to_string_lossy();
                    files.insert(name.into_owned(), fs::read(&path).expect("a file"));
                }
            }
        }
        Self(files)
    }

    /// Writes the files into a folder.
    pub(crate) fn write(&self, dir: &Path) {
        for (name, bytes) in &self.0 {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, bytes).expect("written");
        }
    }
}

/// The inputs of a target, and the words that occur in them.
pub(crate) struct Corpus {
    pub(crate) cases: Vec<Case>,
    pub(crate) words: Vec<String>,
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

pub(crate) fn load(target: &str) -> Corpus {
    let dir = root().join("corpus").join(target);
    let mut folders: Vec<PathBuf> = fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|e| e.expect("an entry").path())
        .collect();
    folders.sort();
    let cases: Vec<Case> = folders.iter().map(|f| Case::load(f)).collect();
    assert!(!cases.is_empty(), "{} is empty", dir.display());
    let mut words = BTreeSet::new();
    for bytes in cases.iter().flat_map(|c| c.0.values()) {
        let text = String::from_utf8_lossy(bytes);
        let parts = text.split(|c: char| !(c.is_alphanumeric() || "_-.@#:/$".contains(c)));
        words.extend(
            parts
                .filter(|w| (2..60).contains(&w.len()))
                .map(str::to_owned),
        );
    }
    Corpus {
        cases,
        words: words.into_iter().collect(),
    }
}
