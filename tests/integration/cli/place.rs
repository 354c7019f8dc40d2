//! The program, and a demo that tests read or copy.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

pub(crate) const NOW: &str = "2026-11-01T06-00-00Z";
pub(crate) const BEFORE: &str = "2026-10-02T06-00-00Z";

/// A demo that every test reads and none writes to.
pub(crate) static DEMO: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let made = run(
        dir.path(),
        &[
            "demo",
            "--from-files",
            "--size",
            "tiny",
            "--out",
            "demo",
            "--as-of",
            "2026-11-01T06:00:00Z",
        ],
    );
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    dir
});

pub(crate) fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.current_dir(dir).env_clear();
    command
}

pub(crate) fn run(dir: &Path, args: &[&str]) -> Output {
    command(dir).args(args).output().expect("the program runs")
}

/// Runs on the demo's configuration and data.
pub(crate) fn on_demo(args: &[&str]) -> Output {
    let mut all = vec!["--config", "demo/countersign.toml", "--data", "demo/data"];
    all.extend(args);
    run(DEMO.path(), &all)
}

pub(crate) fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Everything that was printed, without what differs from build to build.
pub(crate) fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let mut text = format!("exit code {:?}\n", output.status.code().unwrap_or(-1));
    for (name, part) in [("stdout", out), ("stderr", err)] {
        if !part.is_empty() {
            text = format!("{text}--- {name}\n{part}");
        }
    }
    neutral(&text)
}

/// Hashes, and how many bytes name it, depend on the commit that the program was built from.
pub(crate) fn neutral(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() {
            word.push(c);
            continue;
        }
        match word.len() {
            64 => out.push_str("[sha256]"),
            40 => out.push_str("[commit]"),
            _ => out.push_str(&word),
        }
        word.clear();
        out.push(c);
    }
    out.pop();
    let out = out.replace("(unknown)", "([commit])");
    let Some((first, rest)) = out.split_once(" bytes are what was sealed") else {
        return out;
    };
    let counted = first.trim_end_matches(|c: char| c.is_ascii_digit());
    format!("{counted}[n] bytes are what was sealed{}", neutral(rest))
}

/// A folder without anything.
pub(crate) fn nowhere() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A copy of the demo that a test may change.
pub(crate) fn copy() -> tempfile::TempDir {
    let dir = nowhere();
    copy_dir(&DEMO.path().join("demo"), &dir.path().join("demo"));
    dir
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

pub(crate) fn on(dir: &tempfile::TempDir, args: &[&str]) -> Output {
    let mut all = vec!["--config", "demo/countersign.toml", "--data", "demo/data"];
    all.extend(args);
    run(dir.path(), &all)
}
