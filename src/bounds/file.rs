//! Opens files that others wrote: plain ones alone, no larger than they may be.
//!
//! A link to a file is followed; a named pipe, a device, a socket or a folder in
//! place of a file is refused before it is opened, so that nothing hangs.

use std::fs::{File, FileType};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use super::size;

/// Opens a plain file of at most so many bytes.
///
/// # Errors
/// When there is none, it is something else than a file, or too large.
pub fn open(path: impl AsRef<Path>, most: u64) -> io::Result<File> {
    let path = path.as_ref();
    // Opening a named pipe waits for a writer: look first, and at what was opened again.
    plain(std::fs::metadata(path)?.file_type())?;
    let file = File::open(path)?;
    let about = file.metadata()?;
    plain(about.file_type())?;
    if about.len() > most {
        return Err(too_large(most));
    }
    Ok(file)
}

/// Reads a plain file of at most so many bytes.
///
/// # Errors
/// As for `open`, and when reading fails.
pub fn read(path: impl AsRef<Path>, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path, most)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    // It may have grown, or be of a kind that tells no size.
    if bytes.len() as u64 > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// Reads a plain file of at most so many bytes as UTF-8.
///
/// # Errors
/// As for `read`, and when it is no UTF-8.
pub fn text(path: impl AsRef<Path>, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// What stands in place of a file; `None` for a file.
pub(crate) fn no_file(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    Some(if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "no plain file"
    })
}

fn plain(kind: FileType) -> io::Result<()> {
    match no_file(kind) {
        None => Ok(()),
        Some(what) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("it is {what} and only files are read; put a file in its place"),
        )),
    }
}

fn too_large(most: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!(
            "it is larger than {}, which nothing of its kind is; look at what it holds, and write it again",
            size(most)
        ),
    )
}

/// A path as it may be shown: characters that act on a terminal are written out.
#[must_use]
pub fn named(path: &Path) -> String {
    let text = path.to_string_lossy();
    if !text.chars().any(acts) {
        return text.into_owned();
    }
    let mut shown = String::new();
    for c in text.chars() {
        if acts(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character moves, hides or reorders what stands around it.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{named, open, read, text};

    #[test]
    fn only_files_are_opened_and_links_to_files_are_followed() {
        let dir = tempfile::tempdir().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "abc").expect("written");
        symlink(at("file"), at("link")).expect("linked");
        symlink("/dev/zero", at("zero")).expect("linked");
        symlink(dir.path(), at("folder")).expect("linked");
        symlink(at("nothing"), at("dangling")).expect("linked");
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.is_ok_and(|s| s.success()), "mkfifo");
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        assert_eq!(read(at("link"), 3).expect("read"), b"abc");
        assert!(read(at("link"), 2).is_err());
        assert_eq!(text(at("file"), 9).expect("read"), "abc");
        for (name, what) in [
            ("zero", "a device"),
            ("folder", "a folder"),
            ("pipe", "a named pipe"),
            ("socket", "a socket"),
        ] {
            let said = open(at(name), 9).expect_err(name).to_string();
            assert!(said.contains(what), "{name}: {said}");
        }
        assert!(open(at("dangling"), 9).is_err());
    }

    #[test]
    fn a_file_that_tells_no_size_is_bounded_all_the_same() {
        assert!(read("/proc/self/status", 10).is_err());
    }

    #[test]
    fn names_cannot_act_on_a_terminal() {
        assert_eq!(named(Path::new("entra/üsers.json")), "entra/üsers.json");
        let shown = named(Path::new("a\u{1b}[2Jb\u{202e}c\nd"));
        assert_eq!(shown, "a\\u{1b}[2Jb\\u{202e}c\\u{a}d");
    }
}
