//! Stages depend on each other in one direction, no two files in a circle, files
//! stay short, and every file says what it is for.
//!
//! ```text
//!  review ──▶ report ──▶ detect ──▶ dataset ◀── collect ──▶ config
//!               └──────▶ rotation ────▲                        │
//!  app uses every stage; all stand on bounds, fold, glob, hash, secret,
//!  shown, sqlfile, time, embedded, frameworks
//!
//!  within collect:  seal ──▶ fetch ──▶ wire
//!                    ├─────▶ import ◀── register
//!                    └─────▶ plan ──▶ wire
//! ```

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

#[path = "architecture/graph.rs"]
mod graph;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use graph::Graph;

/// A stage and what it may use: review -> report -> detect -> dataset <- collect, and
/// report -> rotation -> dataset, on a base of configuration, grammar, folding and times.
const MAY_USE: [(&str, &[&str]); 20] = [
    ("bounds", &[]),
    ("secret", &[]),
    ("glob", &[]),
    ("hash", &[]),
    ("shown", &[]),
    ("fold", &[]),
    ("time", &[]),
    ("embedded", &[]),
    ("sqlfile", &[]),
    ("frameworks", &["embedded", "sqlfile"]),
    (
        "dataset",
        &["bounds", "fold", "glob", "shown", "sqlfile", "time", "hash"],
    ),
    (
        "config",
        &[
            "bounds",
            "dataset",
            "frameworks",
            "glob",
            "secret",
            "shown",
            "sqlfile",
            "time",
            "hash",
        ],
    ),
    (
        "collect",
        &[
            "bounds", "config", "dataset", "fold", "glob", "secret", "shown", "sqlfile", "time",
            "hash",
        ],
    ),
    (
        "detect",
        &[
            "bounds",
            "config",
            "dataset",
            "embedded",
            "frameworks",
            "glob",
            "shown",
            "sqlfile",
            "hash",
        ],
    ),
    (
        "rotation",
        &["dataset", "embedded", "fold", "shown", "sqlfile"],
    ),
    (
        "report",
        &[
            "bounds",
            "dataset",
            "detect",
            "embedded",
            "fold",
            "frameworks",
            "glob",
            "rotation",
            "shown",
            "sqlfile",
            "hash",
        ],
    ),
    (
        "review",
        &[
            "bounds", "dataset", "detect", "fold", "report", "shown", "time", "hash",
        ],
    ),
    ("cli", &["sqlfile"]),
    (
        "docs",
        &["cli", "collect", "config", "dataset", "detect", "sqlfile"],
    ),
    (
        "app",
        &[
            "bounds", "cli", "collect", "config", "dataset", "detect", "docs", "hash", "report",
            "review", "rotation", "shown", "sqlfile", "time",
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

/// Folders whose files still use each other in a circle; nothing is added here.
const CIRCLES: [&str; 2] = ["collect/fetch", "review"];

#[test]
fn no_files_use_each_other_in_a_circle() {
    for src in ["src", "crates/estate/src"] {
        let graph = Graph::of(&root().join(src));
        let used: usize = graph.uses.values().map(BTreeSet::len).sum();
        assert!(
            used > graph.uses.len(),
            "{src}: {used} uses are too few to be true"
        );
        let circles: Vec<String> = graph
            .circles()
            .iter()
            .filter(|circle| {
                let known = |folder: &&str| circle.iter().all(|m| m.join("/").starts_with(*folder));
                !CIRCLES.iter().any(|folder| known(&folder))
            })
            .map(|circle| {
                let within = circle.iter().flat_map(|from| {
                    let used = graph.uses[*from].iter().filter(|to| circle.contains(to));
                    used.map(|to| format!("  {} uses {}", from.join("/"), to.join("/")))
                });
                within.collect::<Vec<_>>().join("\n")
            })
            .collect();
        assert!(
            circles.is_empty(),
            "circles in {src}:\n{}",
            circles.join("\n\n")
        );
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (path, text) in ["src", "tests", "crates"]
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

/// Ways in which outside data gets lost without a word.
const SWALLOWS: [&str; 8] = [
    ".ok()",
    "unwrap_or_default()",
    "as_object",
    "as_array",
    "Value::as_str",
    ".as_str()?",
    "continue;",
    "continue }",
];
/// Files that read outside data, with the lines that do so all the same, and why
/// nothing is lost. A new one needs a reason of its own: a comment that begins with
/// `// Not lost:` on the line before. What is unreadable is reported, by `Record`.
const SWALLOWED: [(&str, usize, &str); 30] = [
    (
        "error_answer.rs",
        1,
        "a member that is no text is no message",
    ),
    (
        "missed.rs",
        3,
        "tables of registers and evidence have no source; a snapshot before that cannot be read is a problem of its own",
    ),
    (
        "import/answer.rs",
        2,
        "pages are looked at for signs that are there or not; what is no sign of an end is one of more",
    ),
    ("import/aws/assignments.rs", 1, "a row of our own"),
    (
        "import/aws/directory.rs",
        3,
        "which group a page goes on with; an element that is no object is counted as lost",
    ),
    (
        "import/aws/iam.rs",
        5,
        "a report without a first line has no columns and is failed; a row without ARN or user is named and left out",
    ),
    (
        "import/aws/permission_sets.rs",
        3,
        "a policy without a name, a list that is null and an answer that was not given are counted and named",
    ),
    (
        "import/aws/policy.rs",
        3,
        "a duration that is none is null; a text that is no policy in any form is unreadable",
    ),
    (
        "import/aws/policy/reach.rs",
        1,
        "a document without statements is not understood",
    ),
    (
        "import/aws/policy/statement.rs",
        5,
        "a statement of another form is not understood; a value of a condition that is no text is none that allows all",
    ),
    ("import/aws/provisioning.rs", 1, "the entry was reported"),
    (
        "import/aws/roles.rs",
        2,
        "a role without an ARN, or that does not say when it was used, is named and left out",
    ),
    ("import/aws/secret.rs", 1, "a name of our own"),
    (
        "import/aws/secrets.rs",
        4,
        "names, globs and places of our own; a word of a description that is no date",
    ),
    (
        "import/aws/trail/event.rs",
        5,
        "members of an event that may be absent; what its outcome rests on is asked for by itself",
    ),
    (
        "import/aws/versions.rs",
        5,
        "a document or version of another form is counted and named; a version without labels is not current",
    ),
    (
        "import/encoding.rs",
        5,
        "slices of a buffer that are within it",
    ),
    (
        "import/entra/edges.rs",
        3,
        "a file is done, or missing and told; an empty kind",
    ),
    ("import/evidence.rs", 2, "numbers of our own"),
    (
        "form.rs",
        1,
        "a list that is not wrapped up is told by the caller",
    ),
    (
        "import/github.rs",
        2,
        "an organisation without single sign-on; a node that was reported",
    ),
    (
        "import/github/rest.rs",
        2,
        "an organisation is named where it is; the last part of a team",
    ),
    (
        "import/github/teams.rs",
        5,
        "a further page of one team; teams that lack nothing, or are counted as excluded; a count that is negative is none",
    ),
    (
        "import/input.rs",
        9,
        "folders were listed before; what systems leave; names that are not text stay among the unread; slices within a buffer",
    ),
    (
        "import/record.rs",
        4,
        "what does not parse is reported as unreadable",
    ),
    ("register.rs", 6, "register: judged where it is written"),
    (
        "register/environments.rs",
        13,
        "register: judged where it is written",
    ),
    (
        "register/rows.rs",
        1,
        "register: judged where it is written",
    ),
    (
        "register/table.rs",
        1,
        "register: judged where it is written",
    ),
    ("import/walk.rs", 2, "a list that was handed on"),
];
/// Rooms that read no exports: they call, fetch and plan.
const CALLING: [&str; 3] = ["wire", "fetch", "plan"];

#[test]
fn nothing_of_outside_data_is_lost_without_a_word() {
    let folder = root().join("src/collect");
    for (path, text) in sources(&folder) {
        let name = path.strip_prefix(&folder).expect("within");
        let name = name.to_string_lossy().into_owned();
        if CALLING.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut before = "";
        let mut found = Vec::new();
        for (number, line) in code.lines().enumerate() {
            let bare = line.split("//").next().unwrap_or_default();
            let told = before.trim_start().starts_with("// Not lost:");
            if !told && SWALLOWS.iter().any(|word| bare.contains(word)) {
                found.push(format!("{}: {}", number + 1, line.trim()));
            }
            before = line;
        }
        let (allowed, why) = SWALLOWED
            .iter()
            .find(|(file, ..)| *file == name)
            .map_or((0, ""), |(_, n, why)| (*n, *why));
        assert!(
            found.len() <= allowed,
            "{name} has {} lines in which outside data may be lost without a word, and {allowed} are allowed ({why}):\n{}",
            found.len(),
            found.join("\n")
        );
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

/// Lines that compare with words for people all the same, and whose words they are.
/// Those of ours are codes: an enum, or a column of a view beside the words.
const WORDED: [(&str, usize, &str); 11] = [
    ("app/query.rs", 1, "an error of the engine"),
    ("collect/import/entra.rs", 2, "words of Graph"),
    ("collect/form.rs", 1, "what JavaScript prints for an object"),
    ("collect/wire/http/verdict.rs", 2, "a message of GitHub"),
    ("collect/import/walk.rs", 1, "an error of the JSON reader"),
    ("detect/people.rs", 2, "kinds of the view same_person"),
    (
        "report/xlsx/style.rs",
        1,
        "the colour of a cell, by its word",
    ),
    (
        "review/gather.rs",
        2,
        "sources and paths of the view of access",
    ),
    ("review/names.rs", 2, "kinds of the view same_person"),
    ("secret.rs", 2, "beginnings of secrets, a member of Lambda"),
    ("review/workbook.rs", 1, "the colour of a cell, by its word"),
];

/// Whether text is written for people: several words, or one with a capital.
fn is_worded(literal: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphabetic();
    let words: Vec<&str> = literal.split(' ').collect();
    let several = words
        .windows(2)
        .any(|pair| pair[0].ends_with(letters) && pair[1].starts_with(|c| letters(c) || c == '-'));
    let capital = literal.len() > 1
        && literal.starts_with(|c: char| c.is_ascii_uppercase())
        && literal[1..].chars().all(|c| c.is_ascii_lowercase());
    several || capital
}

/// Whether a line compares with such text, or matches on it.
fn compares_words(line: &str) -> bool {
    const BEFORE: [&str; 8] = [
        "== ",
        "!= ",
        "starts_with(",
        "ends_with(",
        "contains(",
        "strip_prefix(",
        "strip_suffix(",
        "eq_ignore_ascii_case(",
    ];
    let parts: Vec<&str> = line.split('"').collect();
    (1..parts.len()).step_by(2).any(|at| {
        let before = parts[at - 1];
        let after = parts.get(at + 1).unwrap_or(&"").trim_start_matches(')');
        let opens = before.trim().is_empty() || before.trim() == "Some(" || before.ends_with("| ");
        let arm = opens && (after.starts_with(" =>") || after.starts_with(" |"));
        let compared = BEFORE.iter().any(|word| before.ends_with(word));
        (arm || compared) && is_worded(parts[at])
    })
}

/// What is decided by a sentence, a title or a word for people changes when somebody
/// writes it better.
#[test]
fn nothing_is_decided_by_words_for_people() {
    assert!(compares_words(
        "if reason.ends_with(\"table is missing.\") {"
    ));
    assert!(compares_words("d.decision == \"Remove\""));
    assert!(compares_words(
        "(page.title == \"Not read\").then_some(all)"
    ));
    assert!(compares_words("    \"not done\" => BAD,"));
    assert!(!compares_words("m.table == \"entra_credential\""));
    let src = root().join("src");
    for (path, text) in sources(&src) {
        let name = path.strip_prefix(&src).expect("within");
        let name = name.to_string_lossy().into_owned();
        // The simulated organisation writes what others write; tests compare what is said.
        if name.starts_with("estate") || name.ends_with("tests.rs") || name.ends_with("escapes.rs")
        {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let found: Vec<String> = (1..)
            .zip(code.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//") && compares_words(line))
            .map(|(number, line)| format!("{number}: {}", line.trim()))
            .collect();
        let allowed = WORDED.iter().find(|(file, ..)| *file == name);
        let allowed = allowed.map_or(0, |(_, n, _)| *n);
        assert!(found.len() <= allowed, "src/{name}: {found:#?}");
    }
}

/// A rotation is judged from its views: it knows no report and no sheet.
#[test]
fn a_rotation_reads_no_sheet() {
    let src = root().join("src");
    for (path, text) in sources(&src) {
        let name = path.strip_prefix(&src).expect("within");
        if name.starts_with("rotation") || name == Path::new("rotation.rs") {
            for word in ["Book", "sheet(", ".title"] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
        }
    }
}
