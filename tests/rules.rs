//! Every rule, and the views of reports, against a fixture: one `.slt` each, run on the real engine.
//!
//! A fixture names only the columns that it needs. What collectors derive
//! (folded names, decoded addresses, labels) is derived here by the same
//! functions; what is derived on load is derived by the session.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may stop where the fixture is wrong; the mutation pass prints a table"
)]

mod fixture;
mod mutants;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use countersign::detect::rule::RuleSet;
use libtest_mimic::{Arguments, Failed, Trial};

use fixture::Fixture;

fn main() -> ExitCode {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if let Ok(filter) = std::env::var("COUNTERSIGN_MUTANTS") {
        return mutants::pass(&package, &filter);
    }
    let root = package.join("tests/rules");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let mut trials = vec![Trial::test("catalogue", {
        let (root, files) = (root.clone(), files.clone());
        move || catalogue(&root, &files)
    })];
    trials.push(Trial::test("people", fixture::people::nobody_is_merged));
    for file in files {
        let name = name(&root, &file);
        trials.push(Trial::test(name, move || run(&file)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run(file: &Path) -> Result<(), Failed> {
    let mut runner = sqllogictest::Runner::new(|| async { Fixture::new() });
    // The database sees only the query: the number of columns asked for goes with it.
    let script = std::fs::read_to_string(file)?.replace("query TTTT\nRULE ", "query TTTT\nRULE4 ");
    runner
        .run_script_with_name(&script, file.display().to_string())
        .map_err(|e| Failed::from(e.display(false).to_string()))
}

/// A rule without a test, a test without a rule, SQL that reads unknown names:
/// all fail here, and so does a test that never names a situation.
fn catalogue(root: &Path, files: &[PathBuf]) -> Result<(), Failed> {
    let rules = RuleSet::load(None).map_err(|e| Failed::from(e.to_string()))?;
    let session = fixture::empty_session(&rules).map_err(|e| Failed::from(e.to_string()))?;
    rules
        .check_names(&session)
        .map_err(|e| Failed::from(e.to_string()))?;
    let mut tests: BTreeMap<String, PathBuf> =
        files.iter().map(|f| (name(root, f), f.clone())).collect();
    let mut problems = Vec::new();
    for rule in rules.rules() {
        match (tests.remove(&rule.id), rule.engine) {
            (None, false) => problems.push(format!("rule {} has no test", rule.id)),
            (Some(file), _) => {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                if !text.contains(&format!("RULE {}", rule.id)) {
                    problems.push(format!("{} never runs its rule", file.display()));
                }
            }
            (None, true) => {}
        }
    }
    // A view that a report shows may have a test of its own.
    for view in rules.views() {
        if let Some(file) = tests.remove(&format!("views/{}", view.name)) {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if !text.contains(&format!("VIEW {} ", view.name)) {
                problems.push(format!("{} never reads its view", file.display()));
            }
        }
    }
    problems.extend(
        tests
            .keys()
            .map(|t| format!("test {t} has no rule or view")),
    );
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

fn name(root: &Path, file: &Path) -> String {
    file.strip_prefix(root)
        .unwrap_or(file)
        .with_extension("")
        .display()
        .to_string()
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "slt") {
            files.push(path);
        }
    }
}
