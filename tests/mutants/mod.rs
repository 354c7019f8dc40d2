//! The mutation pass: every rule and view with one change at a time, run against
//! the tests of the rules. Rules, views and tests are read from the working tree
//! at run time.
//!
//! `COUNTERSIGN_MUTANTS` holds the beginning of the names to mutate (`access/`,
//! `views/person`, or `all`); `benches/mutants.sh` runs it. Not counted: changes
//! of columns that no test can see, mutants that the engine does not run, and, in
//! the second share, those that `tests/mutants-equivalent.txt` says are no change.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign::dataset::session::Session;
use countersign::detect::DetectError;
use countersign::detect::rule::RuleSet;
use countersign::sqlfile::reads::{self, Read};
use countersign::sqlfile::{Rule, View};
use polars::prelude::{IntoLazy as _, LazyFrame};
use sqllogictest::{DefaultColumnType, QueryExpect, Record};
use sqlparser::ast::Query;

use super::fixture::{Asked, Fixture, Form, Found};

mod matter;
mod sql;

use sql::Mutant;

/// One query of a test, with what it rests on.
struct Case {
    fixture: Fixture,
    asked: Asked,
    session: Session,
    /// Rows of the views that the rule reads.
    kept: BTreeMap<String, LazyFrame>,
    expected: Vec<Found>,
    form: Form,
}

/// A rule with its test.
struct Tested {
    rule: Rule,
    views: BTreeSet<String>,
    cases: Vec<Case>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Killed,
    Survived,
    DidNotRun,
}

struct Done {
    name: String,
    operator: &'static str,
    snippet: String,
    line: u64,
    outcome: Outcome,
}

/// Runs the pass over names that begin so.
pub(crate) fn pass(root: &Path, filter: &str) -> ExitCode {
    match run(root, filter) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            println!("{problems}");
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path, filter: &str) -> Result<(), String> {
    let rules = RuleSet::load(Some(&root.join("queries"))).map_err(|e| e.to_string())?;
    let views: BTreeMap<String, View> = rules
        .views()
        .into_iter()
        .map(|v| (v.name.clone(), v))
        .collect();
    let wanted = |name: &str| match filter {
        "all" => true,
        "rules" => !name.starts_with("views/"),
        start => name.starts_with(start),
    };
    let wanted_views: Vec<&View> = views
        .values()
        .filter(|v| wanted(&format!("views/{}", v.name)))
        .collect();
    let chosen: Vec<Rule> = rules
        .rules()
        .filter(|r| !r.engine)
        .filter(|r| {
            let behind = views_behind(&r.reads, &views);
            wanted(&r.id) || wanted_views.iter().any(|v| behind.contains(&v.name))
        })
        .cloned()
        .collect();
    let shared = Arc::new(rules.clone());
    std::panic::set_hook(Box::new(|_| {}));
    let tested = in_parallel(&chosen, |rule| prepare(root, rule, &shared, &views));
    let tested: Vec<Tested> = {
        let (good, bad): (Vec<_>, Vec<_>) = tested.into_iter().partition(Result::is_ok);
        let bad: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
        if !bad.is_empty() {
            return Err(bad.join("\n"));
        }
        good.into_iter().filter_map(Result::ok).collect()
    };
    let mut jobs: Vec<(String, Target<'_>, Mutant)> = Vec::new();
    for one in tested.iter().filter(|t| wanted(&t.rule.id)) {
        let query = reads::parse(&one.rule.sql)?;
        let seen = matter::matter(&[(&query, true)]);
        let offset = offset(&root.join("queries"), &one.rule.id, &one.rule.sql);
        for mut mutant in sql::mutants(&query, false, &seen) {
            mutant.line += offset;
            jobs.push((one.rule.id.clone(), Target::Rule(one), mutant));
        }
    }
    for view in wanted_views {
        let mut readers: Vec<&Tested> = tested
            .iter()
            .filter(|t| t.views.contains(&view.name))
            .collect();
        // Those that read it themselves come first: they are likely to notice.
        readers.sort_by_key(|t| !reads::names_of(&t.rule.reads).contains(&view.name));
        // What only reports read is for the tests of reports.
        if readers.is_empty() {
            continue;
        }
        let name = format!("views/{}", view.name);
        let query = reads::parse(&view.sql)?;
        let seen = matter_of(&readers, &views)?;
        let offset = offset(&root.join("queries"), &name, &view.sql);
        for mut mutant in sql::mutants(&query, true, &seen) {
            mutant.line += offset;
            jobs.push((name.clone(), Target::View(view, readers.clone()), mutant));
        }
    }
    let done = in_parallel(&jobs, |(name, target, mutant)| Done {
        name: name.clone(),
        operator: mutant.operator,
        snippet: mutant.snippet.clone(),
        line: mutant.line,
        outcome: target.outcome(&mutant.query, &rules),
    });
    report(root, filter, done);
    Ok(())
}

/// Lines of a file that stand before its SQL.
fn offset(queries: &Path, name: &str, sql: &str) -> u64 {
    let text = std::fs::read_to_string(queries.join(format!("{name}.sql"))).unwrap_or_default();
    (text
        .trim_end()
        .lines()
        .count()
        .saturating_sub(sql.lines().count())) as u64
}

/// Two at a time, in the order of the jobs.
fn in_parallel<T: Sync, R: Send>(jobs: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else {
                        return;
                    };
                    let result = work(job);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn views_behind(read: &[Read], views: &BTreeMap<String, View>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut left = reads::names_of(read);
    while let Some(name) = left.pop_first() {
        if let Some(view) = views.get(&name)
            && all.insert(name)
        {
            left.extend(reads::names_of(&view.reads));
        }
    }
    all
}

/// The columns on which something that one of the tests sees rests.
fn matter_of(
    readers: &[&Tested],
    views: &BTreeMap<String, View>,
) -> Result<BTreeSet<String>, String> {
    let mut queries: Vec<(Query, bool)> = Vec::new();
    let mut names = BTreeSet::new();
    for reader in readers {
        queries.push((reads::parse(&reader.rule.sql)?, true));
        names.extend(reader.views.iter().cloned());
    }
    for name in &names {
        queries.push((reads::parse(&views[name].sql)?, false));
    }
    let all: Vec<(&Query, bool)> = queries.iter().map(|(q, rule)| (q, *rule)).collect();
    Ok(matter::matter(&all))
}

/// Runs a test once as it is, and keeps what its queries rest on.
fn prepare(
    root: &Path,
    rule: &Rule,
    rules: &Arc<RuleSet>,
    views: &BTreeMap<String, View>,
) -> Result<Tested, String> {
    let path: PathBuf = root.join(format!("tests/rules/{}.slt", rule.id));
    let script = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let script = script.replace("query TTTT\nRULE ", "query TTTT\nRULE4 ");
    let records =
        sqllogictest::parse_with_name::<DefaultColumnType>(&script, path.display().to_string())
            .map_err(|e| format!("{}: {e}", path.display()))?;
    let mut fixture = Fixture::with(rules.clone());
    let behind = views_behind(
        &[
            rule.reads.clone(),
            vec![Read::Table {
                name: rule.population.clone(),
                negative: false,
            }],
        ]
        .concat(),
        views,
    );
    // The printed form is what mutants are made of.
    let printed = reads::parse(&rule.sql)?;
    let as_printed = with_sql(rule, &printed);
    let mut cases = Vec::new();
    let mut failed = Vec::new();
    for record in records {
        match record {
            Record::Statement { sql, loc, .. } => {
                fixture.execute(&sql).map_err(|e| format!("{loc}: {e}"))?;
            }
            Record::Query {
                sql, expected, loc, ..
            } => {
                let at = |e: &dyn std::fmt::Display| format!("{loc}: {e}");
                let Some((form, line)) = Form::of(&sql) else {
                    continue;
                };
                let asked = fixture.asked(line).map_err(|e| at(&e))?;
                // Some tests also show that a neighbour leaves a row alone.
                if rules.find(&asked.id).is_none_or(|r| r.id != rule.id) {
                    continue;
                }
                let mut session = fixture.session(asked.as_of).map_err(|e| at(&e))?;
                let mut kept = BTreeMap::new();
                if !fixture.baseline_is_partial() {
                    for name in in_order(&behind, views) {
                        let rows = session
                            .collect(&format!("SELECT * FROM {name}"))
                            .map_err(|e| at(&e))?
                            .lazy();
                        session.put(&name, rows.clone());
                        kept.insert(name, rows);
                    }
                }
                let found = ask(&session, &as_printed, &asked).map_err(|e| at(&e))?;
                if let QueryExpect::Results { results, .. } = expected {
                    let shown: Vec<String> =
                        form.rows(&found).iter().map(|r| r.join(" ")).collect();
                    let results: Vec<String> = results.iter().map(|r| words(r)).collect();
                    let shown: Vec<String> = shown.iter().map(|r| words(r)).collect();
                    if shown != results {
                        failed.push(format!(
                            "{loc}: the test fails without any change\nexpected\n  {}\nfound\n  {}",
                            results.join("\n  "),
                            shown.join("\n  ")
                        ));
                    }
                }
                cases.push(Case {
                    fixture: fixture.clone(),
                    asked,
                    session,
                    kept,
                    expected: found,
                    form,
                });
            }
            _ => {}
        }
    }
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    Ok(Tested {
        rule: rule.clone(),
        views: behind,
        cases,
    })
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The views, each behind those that it reads.
fn in_order(names: &BTreeSet<String>, views: &BTreeMap<String, View>) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    while done.len() < names.len() {
        for name in names {
            if !done.contains(name)
                && reads::names_of(&views[name].reads)
                    .iter()
                    .all(|n| !names.contains(n) || done.contains(n))
            {
                done.push(name.clone());
            }
        }
    }
    done
}

fn with_sql(rule: &Rule, query: &Query) -> Rule {
    Rule {
        sql: query.to_string(),
        reads: reads::reads(query),
        ..rule.clone()
    }
}

fn ask(session: &Session, rule: &Rule, asked: &Asked) -> Result<Vec<Found>, DetectError> {
    let mut alone = RuleSet::default();
    alone.put_rule(rule.clone());
    Fixture::check(session, &alone, asked)
}

enum Target<'a> {
    Rule(&'a Tested),
    View(&'a View, Vec<&'a Tested>),
}

impl Target<'_> {
    fn outcome(&self, query: &Query, rules: &RuleSet) -> Outcome {
        match self {
            Self::Rule(tested) => {
                let rule = with_sql(&tested.rule, query);
                judge(tested, |case| ask(&case.session, &rule, &case.asked))
            }
            Self::View(view, readers) => {
                let mut changed = rules.clone();
                changed.put_view(View {
                    sql: query.to_string(),
                    reads: reads::reads(query),
                    ..(*view).clone()
                });
                let above = above(&view.name, rules);
                let changed = Arc::new(changed);
                let mut ran = false;
                for tested in readers {
                    let outcome = judge(tested, |case| {
                        let fixture = case.fixture.clone().over(changed.clone());
                        let mut session =
                            fixture
                                .session(case.asked.as_of)
                                .map_err(|e| DetectError::Rules {
                                    message: e.to_string(),
                                })?;
                        for (name, rows) in &case.kept {
                            if !above.contains(name) {
                                session.put(name, rows.clone());
                            }
                        }
                        ask(&session, &tested.rule, &case.asked)
                    });
                    match outcome {
                        Outcome::Killed => return Outcome::Killed,
                        Outcome::Survived => ran = true,
                        Outcome::DidNotRun => return Outcome::DidNotRun,
                    }
                }
                if ran {
                    Outcome::Survived
                } else {
                    Outcome::DidNotRun
                }
            }
        }
    }
}

/// The view and all that read it.
fn above(name: &str, rules: &RuleSet) -> BTreeSet<String> {
    let views: BTreeMap<String, View> = rules
        .views()
        .into_iter()
        .map(|v| (v.name.clone(), v))
        .collect();
    views
        .values()
        .filter(|v| v.name == name || views_behind(&v.reads, &views).contains(name))
        .map(|v| v.name.clone())
        .collect()
}

/// Whether one of the queries of a test answers otherwise.
fn judge(tested: &Tested, run: impl Fn(&Case) -> Result<Vec<Found>, DetectError>) -> Outcome {
    for case in &tested.cases {
        match catch_unwind(AssertUnwindSafe(|| run(case))) {
            Ok(Ok(found)) => {
                if case.form.rows(&found) != case.form.rows(&case.expected) {
                    return Outcome::Killed;
                }
            }
            // Rows that are no findings: the test fails.
            Ok(Err(DetectError::Rows { .. })) => return Outcome::Killed,
            Ok(Err(_)) | Err(_) => return Outcome::DidNotRun,
        }
    }
    Outcome::Survived
}

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

fn report(root: &Path, filter: &str, done: Vec<Done>) {
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
