//! What the mutation pass says: shares per rule, and what no test noticed.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Done, Outcome};

#[derive(Default)]
struct Tally {
    mutants: usize,
    killed: usize,
    equivalent: usize,
    did_not_run: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.mutants += other.mutants;
        self.killed += other.killed;
        self.equivalent += other.equivalent;
        self.did_not_run += other.did_not_run;
    }

    fn line(&self, name: &str) -> String {
        // In tenths of a percent, rounded down.
        let share = |of: usize| {
            let tenths = (1000 * self.killed).checked_div(of).unwrap_or(1000);
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        format!(
            "{name:<44} {:>7} {:>6} {:>8} {:>10} {:>7} {:>6} {:>9}",
            self.mutants,
            self.killed,
            self.mutants - self.killed - self.equivalent,
            self.equivalent,
            self.did_not_run,
            share(self.mutants),
            share(self.mutants - self.equivalent)
        )
    }
}

pub(super) fn report(root: &Path, filter: &str, done: Vec<Done>) {
    let listed =
        std::fs::read_to_string(root.join("tests/mutants-equivalent.txt")).unwrap_or_default();
    let mut listed: BTreeMap<(String, String, String), bool> = listed
        .lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'))
        .filter_map(|l| {
            let mut parts = l.splitn(3, " | ");
            let (name, operator) = (parts.next()?, parts.next()?);
            let (snippet, _) = parts.next()?.rsplit_once(" | ")?;
            let key = |s: &str| s.trim().to_owned();
            Some(((key(name), key(operator), key(snippet)), false))
        })
        .collect();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut times: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut survivors = Vec::new();
    for one in done {
        let key = (
            one.name.clone(),
            one.operator.to_owned(),
            one.snippet.clone(),
        );
        let count = times.entry(key).or_default();
        *count += 1;
        // The second of two equal ones is told apart by its number.
        let snippet = if *count > 1 {
            format!("{} #{count}", one.snippet)
        } else {
            one.snippet
        };
        let tally = tallies.entry(one.name.clone()).or_default();
        match one.outcome {
            Outcome::DidNotRun => {
                tally.did_not_run += 1;
                if std::env::var_os("COUNTERSIGN_MUTANTS_ALL").is_some() {
                    println!(
                        "did not run: {}:{} | {} | {snippet}",
                        one.name, one.line, one.operator
                    );
                }
                continue;
            }
            Outcome::Killed => tally.killed += 1,
            Outcome::Survived => {
                let key = (one.name.clone(), one.operator.to_owned(), snippet.clone());
                let plain = snippet.split(" #").next().unwrap_or_default().to_owned();
                let anywhere = ("*".to_owned(), one.operator.to_owned(), plain);
                let known = if listed.contains_key(&key) {
                    key
                } else {
                    anywhere
                };
                if let Some(used) = listed.get_mut(&known) {
                    *used = true;
                    tally.equivalent += 1;
                } else {
                    survivors.push((one.name, one.line, one.operator, snippet));
                }
            }
        }
        tally.mutants += 1;
    }
    println!(
        "{:<44} {:>7} {:>6} {:>8} {:>10} {:>7} {:>6} {:>9}",
        "rule", "mutants", "killed", "survived", "equivalent", "not run", "share", "effective"
    );
    let mut families: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut all = Tally::default();
    let mut all_rules = Tally::default();
    for (name, tally) in &tallies {
        println!("{}", tally.line(name));
        let family = name.split('/').next().unwrap_or_default();
        families.entry(family).or_default().add(tally);
        all.add(tally);
        if family != "views" {
            all_rules.add(tally);
        }
    }
    println!();
    for (family, tally) in &families {
        println!("{}", tally.line(family));
    }
    println!("{}", all_rules.line("all rules"));
    println!("{}", all.line("rules and views"));
    println!();
    for (name, line, operator, snippet) in &survivors {
        println!("survived: {name}:{line} | {operator} | {snippet}");
    }
    for ((name, operator, snippet), used) in &listed {
        if !used && (filter == "all" || name.starts_with(filter)) && name != "*" {
            println!("listed as equivalent, and is none: {name} | {operator} | {snippet}");
        }
    }
}
