//! The written guide: every command on its pages is run, ends with the exit code
//! that the page states, and prints the lines that the page shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use crate::place::{copy_dir, nowhere};

/// The command of the first page, whose folder the other pages go on with.
const MAKES_THE_DEMO: &str = "countersign demo --size tiny --from-files";
/// What a page does that works in that folder.
const ENTERS_THE_DEMO: [&str; 2] = ["cd countersign-demo", "cd ../countersign-demo"];
const FOLDER: &str = "countersign-demo";
/// Before the exit code of each command, in what the shell prints.
const MARK: &str = "@@ended ";

/// What a page has its reader do.
enum Step {
    /// Save a file that the page shows.
    File { path: String, text: String },
    /// Type a command.
    Command {
        line: String,
        code: i32,
        shown: Vec<String>,
    },
}

/// The demo, made once for all pages.
static MADE: LazyLock<(tempfile::TempDir, String)> = LazyLock::new(|| {
    let dir = nowhere();
    let said = shell(dir.path(), &format!("{MAKES_THE_DEMO}\nexit $?\n"));
    (dir, said)
});

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/src")
}

/// Names of the pages, in the order of the summary.
fn pages() -> Vec<String> {
    let summary = fs::read_to_string(source().join("SUMMARY.md")).expect("a summary");
    links(&summary).collect()
}

/// What the links of a page lead to.
fn links(text: &str) -> impl Iterator<Item = String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
}

/// What a page has its reader do, in order.
fn steps(page: &str, text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(path) = line
            .strip_prefix("<!-- file: ")
            .and_then(|l| l.strip_suffix(" -->"))
        {
            file = Some(path.to_owned());
            continue;
        }
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
        if let Some(path) = file.take() {
            let text = block.join("\n") + "\n";
            steps.push(Step::File { path, text });
        } else if language == "console" {
            commands(page, &block, &mut steps);
        } else {
            let typed = |l: &&&str| l.starts_with("$ ") || l.starts_with("countersign ");
            if let Some(line) = block.iter().find(typed) {
                panic!("{page}: a command outside a console block is never run: {line}");
            }
        }
    }
    steps
}

fn commands(page: &str, block: &[&str], steps: &mut Vec<Step>) {
    for line in block {
        if let Some(line) = line.strip_prefix("$ ") {
            let (line, code) = match line.split_once(" # exit ") {
                None => (line, 0),
                Some((line, code)) => (line, code.parse().expect("an exit code")),
            };
            let line = line.trim_end().to_owned();
            assert!(
                !(line.starts_with("countersign ") && line.contains(" | ")),
                "{page}: a pipe hides the exit code: {line}"
            );
            steps.push(Step::Command {
                line,
                code,
                shown: Vec::new(),
            });
        } else if let Some(Step::Command { shown, .. }) = steps.last_mut() {
            if !["", "…"].contains(line) {
                shown.push((*line).to_owned());
            }
        } else {
            panic!("{page}: a console block begins with a command: {line}");
        }
    }
}

/// Runs a script as somebody at a shell does, with the program on the path.
fn shell(dir: &Path, script: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_countersign"));
    let place = program.parent().expect("a folder").display();
    let output = Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("exec 2>&1\n{script}"))
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{place}:/usr/bin:/bin"))
        .env("HOME", dir)
        // A machine of a cloud has credentials of its own, which no reader of the guide is to need.
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

/// Whether a line of the page stands for a line that was printed; `…` is anything.
fn stands_for(shown: &str, printed: &str) -> bool {
    let parts: Vec<&str> = shown.trim_end().split('…').collect();
    let Some((first, rest)) = parts.split_first() else {
        return false;
    };
    let Some(mut left) = printed.trim_end().strip_prefix(first) else {
        return false;
    };
    let Some((last, between)) = rest.split_last() else {
        return left.is_empty();
    };
    for part in between {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// Every shown line was printed, in the order of the page.
fn check_shown(page: &str, line: &str, shown: &[String], printed: &str) {
    let mut left = printed.lines();
    for wanted in shown {
        assert!(
            left.any(|l| stands_for(wanted, l)),
            "{page}: `{line}` does not print, at its place, `{wanted}`, but\n{printed}"
        );
    }
}

/// Follows a page in a folder of its own; says how many commands it has.
fn follow(page: &str) -> usize {
    let text = fs::read_to_string(source().join(page)).expect("a page");
    let steps = steps(page, &text);
    let dir = nowhere();
    let made = |s: &Step| matches!(s, Step::Command { line, .. } if line == MAKES_THE_DEMO);
    let enters = |s: &Step| matches!(s, Step::Command { line, .. } if ENTERS_THE_DEMO.contains(&line.as_str()));
    let makes = steps.iter().any(made);
    if makes || steps.iter().any(enters) {
        copy_dir(&MADE.0.path().join(FOLDER), &dir.path().join(FOLDER));
    }
    let mut script = String::new();
    for step in &steps {
        match step {
            Step::File { path, text } => script.push_str(&format!(
                "mkdir -p \"$(dirname '{path}')\"\ncat > '{path}' <<'@@END'\n{text}@@END\n"
            )),
            // Made already, which is all that it would do.
            Step::Command { line, .. } if line == MAKES_THE_DEMO => {
                script.push_str(&format!("printf '\\n{MARK}0\\n'\n"));
            }
            Step::Command { line, .. } => {
                script.push_str(&format!("{line}\nprintf '\\n{MARK}%s\\n' $?\n"));
            }
        }
    }
    let said = shell(dir.path(), &script);
    let mut left = said.as_str();
    let mut count = 0;
    for step in &steps {
        let Step::Command { line, code, shown } = step else {
            continue;
        };
        count += 1;
        let (printed, rest) = left
            .split_once(&format!("\n{MARK}"))
            .unwrap_or_else(|| panic!("{page}: the shell ended before `{line}` did:\n{left}"));
        let (ended, rest) = rest.split_once('\n').expect("an exit code");
        left = rest;
        let printed = if line == MAKES_THE_DEMO {
            &MADE.1
        } else {
            printed
        };
        assert_eq!(
            ended,
            code.to_string(),
            "{page}: `{line}` ends with exit code {ended}, not {code}:\n{printed}"
        );
        check_shown(page, line, shown, printed);
    }
    count
}

#[test]
fn commands_of_the_guide_do_what_its_pages_say() {
    // Two at a time, as many as there are processors where this runs; the last pages take longest.
    let left = Mutex::new(pages());
    let next = || left.lock().expect("no page failed").pop();
    let walk = || {
        let pages = std::iter::from_fn(next);
        pages.map(|page| (follow(&page), page)).collect::<Vec<_>>()
    };
    let counts: Vec<(usize, String)> = std::thread::scope(|scope| {
        let other = scope.spawn(walk);
        let mut counts = walk();
        match other.join() {
            Ok(more) => counts.extend(more),
            Err(why) => std::panic::resume_unwind(why),
        }
        counts
    });
    for job in ["access-review.md", "auditor.md", "rotation.md"] {
        let done = counts.iter().find(|(_, page)| page == job);
        assert!(done.is_some_and(|(n, _)| *n >= 3), "{job} is a job");
    }
}

#[test]
fn every_page_of_the_guide_is_in_its_summary_and_every_link_leads_somewhere() {
    let mut there: Vec<String> = fs::read_dir(source())
        .expect("a folder")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .filter(|name| name != "SUMMARY.md")
        .collect();
    there.sort();
    let mut listed = pages();
    listed.sort();
    assert_eq!(there, listed);
    assert!(there.len() <= 15, "the guide stays short");
    for page in &there {
        let text = fs::read_to_string(source().join(page)).expect("a page");
        assert!(text.starts_with("# "), "{page} begins with its title");
        for target in links(&text) {
            assert!(!target.contains("://"), "{page} leads outside: {target}");
            let file = target.split('#').next().unwrap_or_default();
            assert!(source().join(file).exists(), "{page} leads to {target}");
        }
    }
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(stands_for("99 rules", "99 rules  "));
    assert!(!stands_for("99 rules", "99 rules: 0 pass"));
    assert!(stands_for(
        "… rules: 0 pass, … fail",
        "99 rules: 0 pass, 99 fail"
    ));
    assert!(!stands_for(
        "… rules: 0 pass, … fail",
        "99 rules: 1 pass, 98 fail"
    ));
    assert!(stands_for(
        "log of heads  ok: …",
        "log of heads  ok: 4 lines"
    ));
}
