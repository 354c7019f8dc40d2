//! The stages on the small estate: import and seal, all rules, a report.
//!
//! `cargo bench` compares with the last run; `benches/run.sh` times whole runs.

#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a bench stops where it fails; the macros of criterion document nothing"
)]

use std::collections::BTreeMap;
use std::hint::black_box;

use chrono::{DateTime, Utc};
use countersign::collect::{self, Origin, Request};
use countersign::config::Config;
use countersign::dataset::session::Session;
use countersign::dataset::store::Store;
use countersign::detect::rule::RuleSet;
use countersign::detect::{self, Assessment};
use countersign::estate::{Estate, Size};
use countersign::report::{self, xlsx};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn check(session: &Session, rules: &RuleSet) -> Assessment {
    detect::check(&detect::Request {
        session,
        snapshot: "now",
        baseline: None,
        rules,
        overrides: &BTreeMap::new(),
        filter: &[],
        waivers: None,
        before: None,
        first_seen: &[],
        progress: &|_| {},
    })
    .expect("the rules run")
}

fn stages(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let as_of: DateTime<Utc> = "2026-11-01T06:00:00Z".parse().expect("a time");
    let (_, estate) = Estate::generate(Size::SMALL, 1, as_of);
    let exports = dir.path().join("exports");
    estate.write_exports(&exports).expect("exports");
    estate.write_registers(dir.path()).expect("registers");
    let config = Config::load(&dir.path().join("countersign.toml"), std::iter::empty())
        .expect("a configuration");
    let import = |store: &Store| {
        collect::snapshot(Request {
            origin: Origin::Files(&exports),
            as_of: None,
            sources: &[],
            config: &config,
            store,
            progress: &|_| {},
            observe: &mut |_| {},
        })
        .expect("a snapshot")
    };
    let mut group = criterion.benchmark_group("small");
    group.sample_size(10);
    group.bench_function("import and seal", |b| {
        b.iter_batched(
            || tempfile::tempdir().expect("a folder"),
            |place| {
                let sealed = import(&Store::new(place.path()));
                black_box(sealed);
                place
            },
            BatchSize::PerIteration,
        );
    });
    let store = Store::new(dir.path().join("data"));
    let sealed = import(&store);
    let rules = RuleSet::load(None).expect("rules");
    let open = || {
        Session::open(&store, &sealed.id, None, &config.settings(), &rules.views()).expect("opens")
    };
    group.bench_function("open and check", |b| {
        b.iter(|| black_box(check(&open(), &rules)));
    });
    let mut session = open();
    let assessment = check(&session, &rules);
    report::prepare(&mut session, &assessment, &sealed.manifest, None).expect("tables");
    let file = report::find("access-review").expect("a report");
    group.bench_function("access review as a workbook", |b| {
        b.iter_batched(
            || tempfile::tempdir().expect("a folder"),
            |place| {
                let about = report::about(&assessment, &sealed.manifest);
                let book = report::build(&session, &file, about).expect("rows");
                black_box(xlsx::write(&book, place.path()).expect("a workbook"));
                place
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
