//! Lists a folder that others filled: links to folders are not followed, so that
//! nothing loops or leads out, and what is passed by is named.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use super::file::no_file;
use super::{DEPTH, ENTRIES, count};

/// What lies below a folder.
#[derive(Debug, Default)]
pub struct Folder {
    /// Plain files and links to such, relative to the folder, sorted.
    pub files: Vec<PathBuf>,
    /// What is neither a file nor a folder that was entered, relative to the
    /// folder, and why it was passed by, as a clause about it. Sorted.
    pub refused: Vec<(PathBuf, String)>,
}

impl Folder {
    /// Lists a folder and all folders below. Nothing is an error: what could not
    /// be listed is named among `refused`, the folder itself with an empty path.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        Self::listed(root, DEPTH, ENTRIES)
    }

    /// Lists a folder without those below.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self::listed(root, 0, ENTRIES)
    }

    fn listed(root: &Path, depth: usize, most: usize) -> Self {
        let mut found = Self::default();
        let mut seen = 0;
        let mut stack = vec![(PathBuf::new(), 0)];
        while let Some((dir, level)) = stack.pop() {
            let entries = match fs::read_dir(root.join(&dir)) {
                Ok(entries) => entries,
                Err(e) => {
                    found
                        .refused
                        .push((dir, format!("could not be listed: {e}")));
                    continue;
                }
            };
            for entry in entries {
                seen += 1;
                if seen > most {
                    let why = format!(
                        "holds more than {} files and folders, and the rest was not read; export into a folder of its own",
                        count(most as u64)
                    );
                    found.refused.push((dir, why));
                    found.settle();
                    return found;
                }
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(e) => {
                        let why = format!("could not be listed to its end: {e}");
                        found.refused.push((dir.clone(), why));
                        break;
                    }
                };
                let path = dir.join(entry.file_name());
                match kind(&entry) {
                    Kind::File => found.files.push(path),
                    Kind::Folder if level < depth => stack.push((path, level + 1)),
                    Kind::Folder if depth == 0 => {}
                    Kind::Folder => found.refused.push((
                        path,
                        format!("lies deeper than {depth} folders and was not read"),
                    )),
                    Kind::Other(why) => found.refused.push((path, why)),
                }
            }
        }
        found.settle();
        found
    }

    fn settle(&mut self) {
        self.files.sort();
        self.refused.sort();
    }
}

enum Kind {
    File,
    Folder,
    Other(String),
}

fn kind(entry: &DirEntry) -> Kind {
    let unknown = |e: &std::io::Error| Kind::Other(format!("could not be looked at: {e}"));
    let itself = match entry.file_type() {
        Ok(kind) => kind,
        Err(e) => return unknown(&e),
    };
    if itself.is_dir() {
        return Kind::Folder;
    }
    let link = itself.is_symlink();
    let meant = if link {
        match fs::metadata(entry.path()) {
            Ok(about) => about.file_type(),
            Err(e) => return Kind::Other(format!("is a link that leads to no file: {e}")),
        }
    } else {
        itself
    };
    match no_file(meant) {
        None => Kind::File,
        Some(_) if link && meant.is_dir() => Kind::Other(LINK.to_owned()),
        Some(what) if link => Kind::Other(format!("is a link to {what}, which is not read")),
        Some(what) => Kind::Other(format!("is {what}, which is not read")),
    }
}

const LINK: &str =
    "is a link to a folder, and such links are not followed; put the folder itself there";

/// Why a path below a folder is not to be opened: a link to a folder leads to it,
/// or something that is no file stands there. `None` for a file, and for nothing.
#[must_use]
pub fn refusal(root: &Path, relative: &Path) -> Option<(PathBuf, String)> {
    let mut at = PathBuf::new();
    let parts: Vec<_> = relative.components().collect();
    for (n, part) in parts.iter().enumerate() {
        at.push(part);
        let path = root.join(&at);
        let itself = fs::symlink_metadata(&path).ok()?.file_type();
        let last = n + 1 == parts.len();
        if itself.is_symlink() {
            match fs::metadata(&path) {
                Err(e) => return Some((at, format!("is a link that leads to no file: {e}"))),
                Ok(about) if about.is_dir() => return Some((at, LINK.to_owned())),
                Ok(about) => {
                    if let Some(what) = no_file(about.file_type()) {
                        return Some((at, format!("is a link to {what}, which is not read")));
                    }
                }
            }
        } else if last && let Some(what) = no_file(itself) {
            return Some((at, format!("is {what}, which is not read")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{Folder, refusal};

    #[test]
    fn links_to_folders_are_named_and_not_followed() {
        let dir = tempfile::tempdir().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("a/b")).expect("made");
        fs::write(at("a/b/x.json"), "").expect("written");
        symlink(".", at("a/loop")).expect("linked");
        symlink(".", at("a/loop2")).expect("linked");
        symlink("/", at("root")).expect("linked");
        symlink(at("a/b/x.json"), at("y.json")).expect("linked");
        symlink("/dev/zero", at("zero.json")).expect("linked");
        let found = Folder::below(dir.path());
        assert_eq!(
            found.files,
            [PathBuf::from("a/b/x.json"), PathBuf::from("y.json")]
        );
        let named: Vec<_> = found.refused.iter().map(|(p, _)| p.as_path()).collect();
        let expected = ["a/loop", "a/loop2", "root", "zero.json"].map(Path::new);
        assert_eq!(named, expected);
        let (at_link, why) = refusal(dir.path(), Path::new("a/loop/b/x.json")).expect("refused");
        assert_eq!(at_link, Path::new("a/loop"));
        assert!(why.contains("link to a folder"), "{why}");
        assert_eq!(refusal(dir.path(), Path::new("y.json")), None);
        assert_eq!(refusal(dir.path(), Path::new("nothing/there")), None);
        assert!(refusal(dir.path(), Path::new("zero.json")).is_some());
        assert!(refusal(dir.path(), Path::new("a/b")).is_some());
    }

    #[test]
    fn depth_and_number_are_bounded_and_what_is_left_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("1/2/3")).expect("made");
        let found = Folder::listed(dir.path(), 2, 100);
        assert_eq!(found.refused.len(), 1);
        assert_eq!(found.refused[0].0, Path::new("1/2/3"));
        for n in 0..20 {
            fs::write(dir.path().join(format!("{n}.json")), "").expect("written");
        }
        let found = Folder::listed(dir.path(), 5, 10);
        assert!(found.files.len() <= 10);
        assert!(found.refused[0].1.contains("more than 10"), "{found:?}");
        let found = Folder::below(&dir.path().join("nothing"));
        assert_eq!(found.refused.len(), 1);
    }
}
