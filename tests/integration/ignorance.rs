//! Ignorance is monotonic: whatever is removed, switched off, emptied, cut or
//! refused after a complete snapshot, no rule passes that did not, nothing is
//! resolved, the exit code does not fall and nothing is called complete that
//! lacks a table.
//!
//! 500 cases in the suite; `benches/ignorance.sh` runs 10,000 from a seed of its
//! own. Each case seals a damaged copy of the exports behind the same complete
//! snapshot, in process. First everything is damaged once, alone; then random
//! sets of two to four.
//!
//! Not here, because nobody can tell it from a real change: some rows taken out
//! of a list that is whole by its own word, and a list of one group, of one
//! repository or of one Region of several that is empty. What can be told of
//! rows is: ids that other tables refer to, counts that a source states, and a
//! table that is empty all at once.

mod damage;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use countersign::collect::{self, CollectError};
use countersign::config::Config;
use countersign::dataset::coverage::State;
use countersign::dataset::manifest::Manifest;
use countersign::dataset::schema::Source;
use countersign::dataset::session::Session;
use countersign::dataset::store::Store;
use countersign::detect::finding::{Lifecycle, RuleState, Status};
use countersign::detect::rule::RuleSet;
use countersign::detect::{self, Assessment, Override, Previous, Request};
use countersign::estate::{Estate, Size};
use countersign::sqlfile::Severity;
use damage::Damage;

/// What the cases start from.
struct World {
    dir: tempfile::TempDir,
    baseline: String,
    rules: RuleSet,
    overrides: BTreeMap<String, Override>,
    before: Previous,
    /// A second snapshot of the same exports, a second later.
    full: Assessment,
    tables: BTreeMap<String, State>,
    every: Vec<Damage>,
}

static WORLD: LazyLock<World> = LazyLock::new(world);

fn world() -> World {
    let dir = tempfile::tempdir().expect("a folder");
    let as_of: DateTime<Utc> = "2026-11-01T06:00:00Z".parse().expect("a time");
    let (_, estate) = Estate::generate(Size::TINY, 5, as_of);
    let case = dir.path().join("whole");
    fs::create_dir(&case).expect("a folder");
    estate
        .write_exports(&case.join("exports"))
        .expect("exports");
    estate.write_registers(&case).expect("registers");
    let rules = RuleSet::load(None).expect("rules");
    // A second earlier, so that what reaches its limit at the moment of the estate
    // reaches it neither here nor a second later.
    later(&case.join("exports"), as_of - TimeDelta::seconds(1));
    let (config, sealed) = seal(&case, &[]).expect("a snapshot");
    assert_eq!(
        broken(&sealed),
        Vec::<&str>::new(),
        "the baseline is complete"
    );
    let baseline = sealed.snapshot.clone();
    let session = open(&case, &config, &rules, &baseline, None);
    let overrides = BTreeMap::new();
    let before = Previous::of(check(&session, &rules, &overrides, None));
    later(&case.join("exports"), as_of);
    let world = World {
        every: damage::every(&case),
        tables: sealed
            .tables
            .iter()
            .filter(|t| t.source != Source::Evidence.name())
            .map(|t| (t.table.clone(), t.state))
            .collect(),
        full: before_full(),
        dir,
        baseline,
        rules,
        overrides,
        before,
    };
    let full = judged(&world, &[], "full").expect("a snapshot").0;
    World { full, ..world }
}

/// Stands in until there is one.
fn before_full() -> Assessment {
    Assessment {
        snapshot: String::new(),
        as_of: DateTime::UNIX_EPOCH,
        baseline: None,
        complete: true,
        incomplete: Vec::new(),
        rules: Vec::new(),
        findings: Vec::new(),
        waivers: Vec::new(),
        departures: Vec::new(),
    }
}

/// States one time for every source, so that nothing ages and nothing is skewed.
fn later(exports: &Path, at: DateTime<Utc>) {
    let lines: Vec<String> = Source::COLLECTED
        .iter()
        .map(|s| format!("{} = \"{}\"", s.name(), at.to_rfc3339()))
        .collect();
    fs::write(exports.join("exported-at.toml"), lines.join("\n")).expect("times");
}

fn seal(case: &Path, sources: &[Source]) -> Result<(Config, Manifest), CollectError> {
    let config = Config::load(&case.join("countersign.toml"), std::iter::empty())?;
    let sealed = collect::snapshot(collect::Request {
        origin: collect::Origin::Files(&case.join("exports")),
        as_of: None,
        sources,
        config: &config,
        store: &Store::new(case.join("data")),
        progress: &|_| {},
        observe: &mut |_| {},
    })?;
    Ok((config, sealed.manifest))
}

fn open(
    case: &Path,
    config: &Config,
    rules: &RuleSet,
    id: &str,
    baseline: Option<&str>,
) -> Session {
    let store = Store::new(case.join("data"));
    Session::open(&store, id, baseline, &config.settings(), &rules.views()).expect("opens")
}

fn check(
    session: &Session,
    rules: &RuleSet,
    overrides: &BTreeMap<String, Override>,
    before: Option<&Previous>,
) -> Assessment {
    detect::check(&Request {
        session,
        snapshot: "now",
        baseline: before.map(|_| "before"),
        rules,
        overrides,
        filter: &[],
        waivers: Some(&[]),
        before,
        first_seen: &[],
        progress: &|_| {},
    })
    .expect("the rules run")
}

/// Tables that were not read in full although they were to be.
fn broken(manifest: &Manifest) -> Vec<&str> {
    let bad = |s| matches!(s, State::Partial | State::Denied | State::Failed);
    let tables = manifest.tables.iter().filter(|t| bad(t.state));
    tables.map(|t| t.table.as_str()).collect()
}

/// The exit code that `check` gives.
fn code(assessment: &Assessment) -> u8 {
    let least = Severity::High;
    if assessment.undecided(least) {
        2
    } else if assessment.found(least) {
        1
    } else if assessment.untold(least) {
        2
    } else {
        0
    }
}

/// Seals a damaged copy behind the complete snapshot and checks it; none when
/// the input was refused.
fn judged(world: &World, all: &[Damage], name: &str) -> Option<(Assessment, Manifest)> {
    let case = world.dir.path().join(name);
    copy(&world.dir.path().join("whole"), &case);
    let mut sources = Vec::new();
    for one in all {
        one.apply(&case, &mut sources);
    }
    let sealed = seal(&case, &sources);
    let judged = match sealed {
        Ok((config, manifest)) => {
            let (rules, id) = (&world.rules, &manifest.snapshot);
            let session = open(&case, &config, rules, id, Some(&world.baseline));
            let assessment = check(&session, rules, &world.overrides, Some(&world.before));
            Some((assessment, manifest))
        }
        // Refused as a whole: exit 64, and no snapshot that could mislead.
        Err(CollectError::Usage(_) | CollectError::Config(_)) => None,
        Err(other) => panic!("{all:?}: {other}"),
    };
    fs::remove_dir_all(&case).expect("removed");
    judged
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else if path.extension().is_some_and(|e| e == "parquet") {
            // Sealed: never written to again.
            fs::hard_link(&path, &to).expect("a link");
        } else {
            fs::copy(&path, &to).expect("a copy");
        }
    }
}

/// What is wrong with the answer to a damaged input.
fn wrong(world: &World, all: &[Damage], name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some((assessment, manifest)) = judged(world, all, name) else {
        return wrong;
    };
    let passed: BTreeSet<&str> = world
        .full
        .rules
        .iter()
        .filter(|r| r.state == RuleState::Pass)
        .map(|r| r.id.as_str())
        .collect();
    for rule in &assessment.rules {
        if rule.state == RuleState::Pass && !passed.contains(rule.id.as_str()) {
            wrong.push(format!("{} passes", rule.id));
        }
    }
    let there: BTreeMap<&str, &detect::finding::Finding> = assessment
        .findings
        .iter()
        .map(|f| (f.finding_id.as_str(), f))
        .collect();
    let gone: BTreeSet<&str> = world
        .full
        .findings
        .iter()
        .filter(|f| f.state == Lifecycle::Resolved)
        .map(|f| f.finding_id.as_str())
        .collect();
    for f in &assessment.findings {
        if f.state == Lifecycle::Resolved && !gone.contains(f.finding_id.as_str()) {
            wrong.push(format!("{} {} is resolved", f.rule, f.resource));
        }
    }
    for f in world
        .full
        .findings
        .iter()
        .filter(|f| f.status == Status::Fail)
    {
        if !there.contains_key(f.finding_id.as_str()) {
            wrong.push(format!("{} {} is not there any more", f.rule, f.resource));
        }
    }
    if code(&assessment) < code(&world.full) {
        wrong.push(format!("exit code {}", code(&assessment)));
    }
    for (table, before) in &world.tables {
        let now = manifest.tables.iter().find(|t| t.table == *table);
        let now = now.map(|t| t.state);
        if *before == State::Complete && now != Some(State::Complete) && assessment.complete {
            wrong.push(format!("complete, although {table} is {now:?}"));
        }
    }
    if all.iter().any(Damage::takes_a_file) && assessment.complete {
        wrong.push("complete, although a file is missing".to_owned());
    }
    wrong
}

#[test]
fn the_same_exports_again_change_nothing() {
    let world = &*WORLD;
    assert!(world.every.len() > 100, "{} damages", world.every.len());
    let key = |f: &detect::finding::Finding| (f.finding_id.clone(), f.status);
    let now: BTreeSet<_> = world.full.findings.iter().map(key).collect();
    let then: BTreeSet<_> = world.before.findings.iter().map(key).collect();
    assert_eq!(now, then);
    assert!(
        world
            .full
            .findings
            .iter()
            .all(|f| f.state == Lifecycle::Open)
    );
    assert_eq!(code(&world.full), 1);
}

#[test]
fn what_is_taken_away_proves_nothing() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |v| v.parse().expect("a number"))
    };
    let cases = usize::try_from(number("COUNTERSIGN_IGNORANCE_CASES", 500)).expect("fewer");
    let seed = number("COUNTERSIGN_IGNORANCE_SEED", 1);
    let world = &*WORLD;
    let set = |case: usize| -> Vec<Damage> {
        if let Some(alone) = world.every.get(case) {
            return vec![alone.clone()];
        }
        let mut rng = fastrand::Rng::with_seed(seed.wrapping_add(case as u64));
        let many = rng.usize(2..5);
        let mut pick = || world.every[rng.usize(..world.every.len())].clone();
        (0..many).map(|_| pick()).collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (set, next, failed) = (&set, &next, &failed);
            scope.spawn(move || {
                loop {
                    let case = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if case >= cases {
                        return;
                    }
                    let all = set(case);
                    let wrong = wrong(world, &all, &format!("case-{thread}"));
                    if !wrong.is_empty() {
                        let shown = wrong.iter().take(6).cloned().collect::<Vec<_>>();
                        let text = format!("{case} {all:?}: {}", shown.join(" | "));
                        failed.lock().expect("no panic").push(text);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    let singles = world.every.len().min(cases);
    println!(
        "{cases} cases, {singles} alone, seed {seed}, {} wrong",
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The path of a file below a folder, in parts that tests can name.
fn below(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).expect("below").to_owned()
}
