//! The demo's findings are exactly those that were planted, whatever the seed
//! and the day, on a program that a user would run.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use countersign::estate::{Estate, Size, State};
use std::process::Command;

fn countersign() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear();
    command
}

/// How many causes were planted, named, and named rightly.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    planted: usize,
    named: usize,
    right: usize,
}

fn planted_and_found(size: Size, name: &str, seed: u64, as_of: &str, files: bool) -> Tally {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("demo");
    let seed_text = seed.to_string();
    let demo = countersign()
        .args([
            "demo", "--size", name, "--seed", &seed_text, "--as-of", as_of, "--out",
        ])
        .arg(&out)
        .args(files.then_some("--from-files"))
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&demo.stdout).into_owned();
    assert_eq!(demo.status.code(), Some(0), "{said}");
    let said = said.replace('\n', " ");
    assert!(said.contains("and 0 that were not planted"), "{said}");

    let check = countersign()
        .args([
            "check",
            "--no-store",
            "--format",
            "json",
            "--max-age",
            "100000",
            "--config",
        ])
        .arg(out.join("countersign.toml"))
        .arg("--data")
        .arg(out.join("data"))
        .output()
        .expect("the program runs");
    assert_eq!(check.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_slice(&check.stdout).expect("JSON");
    let text = |finding: &serde_json::Value, key: &str| {
        finding[key].as_str().unwrap_or_default().to_owned()
    };
    let found: BTreeSet<_> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| {
            if text(f, "state") != "resolved" {
                assert_eq!(text(f, "status"), "fail", "{f}");
            }
            (
                text(f, "rule"),
                text(f, "resource"),
                text(f, "severity"),
                text(f, "state"),
            )
        })
        .collect();
    let as_of: DateTime<Utc> = as_of.parse().expect("a time");
    let (before, now) = if files {
        Estate::generate(size, seed, as_of)
    } else {
        Estate::generate_served(size, seed, as_of)
    };
    let planted: BTreeSet<_> = now
        .expected()
        .iter()
        .map(|e| {
            (
                e.rule.to_owned(),
                e.resource.clone(),
                e.severity.to_owned(),
                e.state.name().to_owned(),
            )
        })
        .collect();
    assert_eq!(found, planted);

    // Every core rule has at least one planted finding. What is collected at
    // once is of one time, and services give no values of secrets.
    // A second account with secrets is only exported.
    let only_files = [
        "evidence/sources-skewed",
        "evidence/secret-in-input",
        "secret/copies-diverge",
        "secret/scim-token-old",
    ];
    // An id that is there twice leaves its table incomplete, and the demo's are not.
    let never = "evidence/duplicate-key";
    let rules = document["rules"].as_array().expect("rules").iter();
    let rules = rules.filter(|r| text(r, "id") != never);
    let rules = rules.filter(|r| files || !only_files.contains(&text(r, "id").as_str()));
    for rule in rules {
        let id = text(rule, "id");
        assert!(
            now.expected()
                .iter()
                .any(|e| e.rule == id && e.state != State::Resolved),
            "nothing was planted for {id}"
        );
        assert_eq!(text(rule, "state"), "fail");
    }
    assert!(before.expected().len() < now.expected().len());

    // The cause of a gap in the evidence is told in the words of whoever read it.
    let named: BTreeSet<_> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|f| !f["cause"].is_null() && !text(f, "rule").starts_with("evidence/"))
        .map(|f| (text(f, "rule"), text(f, "resource"), text(f, "cause")))
        .collect();
    let causes: BTreeSet<_> = now
        .expected()
        .iter()
        .filter_map(|e| Some((e.rule.to_owned(), e.resource.clone(), e.cause?.to_owned())))
        .collect();
    let kinds: BTreeSet<_> = causes.iter().map(|(_, _, cause)| cause).collect();
    // All but what is in flight, which is no finding.
    assert_eq!(kinds.len(), 9, "{kinds:?}");
    let tally = Tally {
        planted: causes.len(),
        named: named.len(),
        right: named.intersection(&causes).count(),
    };
    let wrong: Vec<_> = named.symmetric_difference(&causes).collect();
    assert_eq!(
        (tally.planted, tally.named),
        (tally.right, tally.right),
        "causes that were planted or named, not both: {wrong:#?}"
    );
    tally
}

/// Says how precisely and how completely causes were named.
#[expect(clippy::print_stdout, reason = "whoever measures reads it")]
fn measure(tallies: impl Iterator<Item = Tally>) {
    let all = tallies.fold(Tally::default(), |a, b| Tally {
        planted: a.planted + b.planted,
        named: a.named + b.named,
        right: a.right + b.right,
    });
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let share = |of: usize| all.right as f64 / of as f64;
    println!(
        "causes: {} planted, {} named, {} right: precision {:.4}, recall {:.4}",
        all.planted,
        all.named,
        all.right,
        share(all.named),
        share(all.planted)
    );
}

const DAYS: [(u64, &str); 4] = [
    (1, "2026-11-01T06:00:00Z"),
    (2, "2024-02-29T00:00:00Z"),
    (3, "2026-03-28T23:00:00Z"),
    (77, "2025-12-31T12:00:00Z"),
];

#[test]
fn tiny_estates_out_of_files() {
    let one = |(seed, as_of)| planted_and_found(Size::TINY, "tiny", seed, as_of, true);
    measure(DAYS.into_iter().map(one));
}

#[test]
fn tiny_estates_from_their_services() {
    let one = |(seed, as_of)| planted_and_found(Size::TINY, "tiny", seed, as_of, false);
    measure(DAYS.into_iter().map(one));
}

#[test]
fn the_small_estate_from_its_services() {
    let one = planted_and_found(Size::SMALL, "small", 1, "2026-11-01T06:00:00Z", false);
    measure(std::iter::once(one));
}
