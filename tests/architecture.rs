//! Stages depend on each other in one direction, files stay short, and every
//! file says what it is for.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A stage and what it may use: review -> report -> detect -> dataset <- collect, on a
/// base of configuration, grammar, folding and times.
const MAY_USE: [(&str, &[&str]); 16] = [
    ("secret", &[]),
    ("fold", &[]),
    ("time", &[]),
    ("embedded", &[]),
    ("sqlfile", &[]),
    ("frameworks", &["embedded", "sqlfile"]),
    ("dataset", &["fold", "sqlfile", "time"]),
    (
        "config",
        &["dataset", "frameworks", "secret", "sqlfile", "time"],
    ),
    (
        "collect",
        &["config", "dataset", "fold", "secret", "sqlfile", "time"],
    ),
    (
        "detect",
        &["config", "dataset", "embedded", "frameworks", "sqlfile"],
    ),
    (
        "report",
        &[
            "dataset",
            "detect",
            "embedded",
            "fold",
            "frameworks",
            "sqlfile",
        ],
    ),
    ("review", &["dataset", "detect", "fold", "report", "time"]),
    ("estate", &["time"]),
    ("cli", &["sqlfile"]),
    (
        "docs",
        &["cli", "collect", "config", "dataset", "detect", "sqlfile"],
    ),
    (
        "app",
        &[
            "cli", "collect", "config", "dataset", "detect", "docs", "estate", "report", "review",
            "sqlfile", "time",
        ],
    ),
];

fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    let mut stack = vec![dir.to_owned()];
    while let Some(path) = stack.pop() {
        for entry in fs::read_dir(&path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                stack.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                all.push((path, text));
            }
        }
    }
    all.sort();
    all
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn stages_point_one_way() {
    let src = root().join("src");
    let mut seen = BTreeSet::new();
    for (path, text) in sources(&src) {
        let below = path.strip_prefix(&src).expect("below src");
        let stage = below
            .components()
            .next()
            .expect("a part")
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        if ["lib", "main"].contains(&stage.as_str()) {
            continue;
        }
        let (_, may) = MAY_USE
            .iter()
            .find(|(s, _)| *s == stage)
            .unwrap_or_else(|| panic!("stage {stage} has no place in the data flow"));
        seen.insert(stage.clone());
        for (number, line) in text.lines().enumerate() {
            for part in line.split("crate::").skip(1) {
                let used: String = part
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                let known = MAY_USE.iter().any(|(s, _)| *s == used);
                assert!(
                    !known || used == stage || may.contains(&used.as_str()),
                    "{}:{}: {stage} must not use {used}",
                    path.display(),
                    number + 1
                );
            }
        }
    }
    assert_eq!(seen.len(), MAY_USE.len());
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (path, text) in ["src", "tests"]
        .iter()
        .flat_map(|d| sources(&root().join(d)))
    {
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
        let generated = path.starts_with(root().join("src")) && text.starts_with("include!");
        assert!(
            generated || text.starts_with("//!"),
            "{} does not say what it is for",
            path.display()
        );
    }
}

#[test]
fn the_clock_and_the_process_are_known_to_main_alone() {
    for (path, text) in sources(&root().join("src")) {
        if path.ends_with("src/main.rs") {
            continue;
        }
        // The steady clock of limits and retries tells no time of day.
        let text = if path.ends_with("src/time.rs") {
            text.replace("Instant::now", "")
        } else {
            text
        };
        for word in [
            "Utc::now",
            "Local::now",
            "SystemTime",
            "Instant::now",
            "println!",
            "eprintln!",
            "process::exit",
        ] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_generated_pages_are_those_of_this_version() {
    for page in countersign::docs::PAGES {
        let file = root().join(format!("docs/{page}.md"));
        let there = fs::read_to_string(&file).unwrap_or_default();
        let made = countersign::docs::page(page)
            .expect("a page")
            .expect("a known page");
        assert!(
            there == made,
            "docs/{page}.md is stale: run `cargo run --release -- docs {page} > docs/{page}.md`"
        );
    }
}
