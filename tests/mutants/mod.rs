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

use chrono::{DateTime, Utc};
use countersign::dataset::session::Session;
use countersign::detect::DetectError;
use countersign::detect::rule::RuleSet;
use countersign::sqlfile::reads::{self, Read};
use countersign::sqlfile::{Rule, View};
use polars::prelude::{IntoLazy as _, LazyFrame};
use sqllogictest::{DefaultColumnType, QueryExpect, Record};
use sqlparser::ast::Query;

use super::fixture::{Asked, Fixture, Form, Look, Problem};

mod matter;
mod report;
mod sql;

use sql::Mutant;

/// What a query of a test asks.
enum Question {
    Rule(Box<Rule>, Asked, Form),
    View(Look),
}

/// One query of a test, with what it rests on.
struct Case {
    fixture: Fixture,
    question: Question,
    session: Session,
    /// Rows of the views that are read.
    kept: BTreeMap<String, LazyFrame>,
    expected: Vec<Vec<String>>,
}

impl Question {
    fn as_of(&self) -> DateTime<Utc> {
        match self {
            Self::Rule(_, asked, _) => asked.as_of,
            Self::View(look) => look.as_of,
        }
    }
}

impl Case {
    /// The answer out of this session; of this rule, where one is asked.
    fn ask(&self, session: &Session, rule: Option<&Rule>) -> Result<Vec<Vec<String>>, DetectError> {
        match &self.question {
            Question::Rule(own, asked, form) => {
                let mut alone = RuleSet::default();
                alone.put_rule(rule.unwrap_or(own).clone());
                Ok(form.rows(&Fixture::check(session, &alone, asked)?))
            }
            Question::View(look) => look.rows(session).map_err(|e| DetectError::Rules {
                message: e.to_string(),
            }),
        }
    }
}

/// A rule with its test, or the test of a view.
struct Tested {
    id: String,
    sql: String,
    reads: Vec<Read>,
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
    let looks: Vec<String> = views
        .keys()
        .filter(|name| test_of(root, &format!("views/{name}")).exists())
        .cloned()
        .collect();
    let sources: Vec<Source> = chosen
        .into_iter()
        .map(|rule| Source::Rule(Box::new(rule)))
        .chain(looks.into_iter().map(Source::View))
        .collect();
    let shared = Arc::new(rules.clone());
    std::panic::set_hook(Box::new(|_| {}));
    let tested = in_parallel(&sources, |one| prepare(root, one, &shared, &views));
    let tested: Vec<Tested> = {
        let (good, bad): (Vec<_>, Vec<_>) = tested.into_iter().partition(Result::is_ok);
        let bad: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
        if !bad.is_empty() {
            return Err(bad.join("\n"));
        }
        good.into_iter().filter_map(Result::ok).collect()
    };
    let mut jobs: Vec<(String, Target<'_>, Mutant)> = Vec::new();
    for one in tested.iter().filter(|t| wanted(&t.id)) {
        let Some(rule) = rules.find(&one.id) else {
            continue;
        };
        let query = reads::parse(&rule.sql)?;
        let seen = matter::matter(&[(&query, true)]);
        let offset = offset(&root.join("queries"), &one.id, &rule.sql);
        for mut mutant in sql::mutants(&query, false, &seen) {
            mutant.line += offset;
            jobs.push((one.id.clone(), Target::Rule(one, rule), mutant));
        }
    }
    for view in wanted_views {
        let mut readers: Vec<&Tested> = tested
            .iter()
            .filter(|t| t.views.contains(&view.name))
            .collect();
        // Its own test and those that read it themselves come first: they are
        // likely to notice.
        readers.sort_by_key(|t| !reads::names_of(&t.reads).contains(&view.name));
        // What neither a rule reads nor a test is for the tests of reports.
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
    report::report(root, filter, done);
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
        queries.push((reads::parse(&reader.sql)?, true));
        names.extend(reader.views.iter().cloned());
    }
    for name in &names {
        queries.push((reads::parse(&views[name].sql)?, false));
    }
    let all: Vec<(&Query, bool)> = queries.iter().map(|(q, rule)| (q, *rule)).collect();
    Ok(matter::matter(&all))
}

/// What a test is for.
enum Source {
    Rule(Box<Rule>),
    View(String),
}

fn test_of(root: &Path, name: &str) -> PathBuf {
    root.join(format!("tests/rules/{name}.slt"))
}

/// Runs a test once as it is, and keeps what its queries rest on.
fn prepare(
    root: &Path,
    source: &Source,
    rules: &Arc<RuleSet>,
    views: &BTreeMap<String, View>,
) -> Result<Tested, String> {
    let read = |name: &str| Read::Table {
        name: name.to_owned(),
        negative: false,
    };
    let (id, needed) = match source {
        Source::Rule(rule) => (
            rule.id.clone(),
            [rule.reads.clone(), vec![read(&rule.population)]].concat(),
        ),
        Source::View(name) => (format!("views/{name}"), vec![read(name)]),
    };
    let behind = views_behind(&needed, views);
    let path = test_of(root, &id);
    let script = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let script = script.replace("query TTTT\nRULE ", "query TTTT\nRULE4 ");
    let records =
        sqllogictest::parse_with_name::<DefaultColumnType>(&script, path.display().to_string())
            .map_err(|e| format!("{}: {e}", path.display()))?;
    let mut fixture = Fixture::with(rules.clone());
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    let mut failed = Vec::new();
    for record in records {
        match record {
            Record::Statement { sql, loc, .. } => {
                fixture.execute(&sql).map_err(|e| format!("{loc}: {e}"))?;
            }
            Record::Query {
                sql: asked,
                expected,
                loc,
                ..
            } => {
                let at = |e: &dyn std::fmt::Display| format!("{loc}: {e}");
                let Some(question) = question(&fixture, source, &asked).map_err(|e| at(&e))? else {
                    continue;
                };
                if let Question::View(look) = &question {
                    seen.extend(look.columns.iter().cloned());
                }
                let mut case = Case {
                    fixture: fixture.clone(),
                    session: fixture.session(question.as_of()).map_err(|e| at(&e))?,
                    question,
                    kept: BTreeMap::new(),
                    expected: Vec::new(),
                };
                if !fixture.baseline_is_partial() {
                    for name in in_order(&behind, views) {
                        let rows = case
                            .session
                            .collect(&format!("SELECT * FROM {name}"))
                            .map_err(|e| at(&e))?
                            .lazy();
                        case.session.put(&name, rows.clone());
                        case.kept.insert(name, rows);
                    }
                }
                case.expected = case.ask(&case.session, None).map_err(|e| at(&e))?;
                if let QueryExpect::Results { results, .. } = expected {
                    let shown: Vec<String> =
                        case.expected.iter().map(|r| words(&r.join(" "))).collect();
                    let results: Vec<String> = results.iter().map(|r| words(r)).collect();
                    if shown != results {
                        failed.push(format!(
                            "{loc}: the test fails without any change\nexpected\n  {}\nfound\n  {}",
                            results.join("\n  "),
                            shown.join("\n  ")
                        ));
                    }
                }
                cases.push(case);
            }
            _ => {}
        }
    }
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    let sql = match source {
        Source::Rule(rule) => rule.sql.clone(),
        // A query whose reasons are what the test sees of the view.
        Source::View(name) => {
            let seen = seen.into_iter().collect::<Vec<_>>().join(", ");
            format!("SELECT CONCAT({seen}) AS reason FROM {name}")
        }
    };
    Ok(Tested {
        id,
        sql,
        reads: needed,
        views: behind,
        cases,
    })
}

/// What a query asks of the rule or the view; some tests also show that a
/// neighbour leaves a row alone, which asks neither.
fn question(fixture: &Fixture, source: &Source, sql: &str) -> Result<Option<Question>, Problem> {
    match (source, Form::of(sql), Look::of(sql)) {
        (Source::Rule(rule), Some((form, line)), _) => {
            let asked = fixture.asked(line)?;
            let own = asked.id == rule.id || rule.aliases.contains(&asked.id);
            // The printed form is what mutants are made of.
            let printed = reads::parse(&rule.sql).map_err(Problem::from)?;
            let rule = Box::new(with_sql(rule, &printed));
            Ok(own.then_some(Question::Rule(rule, asked, form)))
        }
        (Source::View(_), _, Some(look)) => Ok(Some(Question::View(look?))),
        _ => Ok(None),
    }
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

enum Target<'a> {
    Rule(&'a Tested, &'a Rule),
    View(&'a View, Vec<&'a Tested>),
}

impl Target<'_> {
    fn outcome(&self, query: &Query, rules: &RuleSet) -> Outcome {
        match self {
            Self::Rule(tested, rule) => {
                let rule = with_sql(rule, query);
                judge(tested, |case| case.ask(&case.session, Some(&rule)))
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
                        let mut session = fixture.session(case.question.as_of()).map_err(|e| {
                            DetectError::Rules {
                                message: e.to_string(),
                            }
                        })?;
                        for (name, rows) in &case.kept {
                            if !above.contains(name) {
                                session.put(name, rows.clone());
                            }
                        }
                        case.ask(&session, None)
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
fn judge(tested: &Tested, run: impl Fn(&Case) -> Result<Vec<Vec<String>>, DetectError>) -> Outcome {
    for case in &tested.cases {
        match catch_unwind(AssertUnwindSafe(|| run(case))) {
            Ok(Ok(found)) => {
                if found != case.expected {
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
