//! Waivers judged by what they do to the findings of a check.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Map;

use super::{Effect, Waiver, apply, effects};
use crate::config::Config;
use crate::dataset::session::Session;
use crate::dataset::settings::{Setting, Settings};
use crate::detect::finding::{Finding, Lifecycle, Status, finding_id};
use crate::detect::rule::RuleSet;
use crate::sqlfile::Severity;

const RULE: &str = "secret/overdue";

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

fn found(resource: &str, severity: Severity) -> Finding {
    Finding {
        finding_id: finding_id(RULE, resource),
        rule: RULE.to_owned(),
        title: String::new(),
        severity,
        status: Status::Fail,
        state: Lifecycle::New,
        resource: resource.to_owned(),
        reason: "it is overdue".to_owned(),
        cause: None,
        pack: None,
        account: None,
        person: None,
        first_seen: at("2026-11-01T06:00:00Z"),
        waiver: None,
        waived_until: None,
        controls: BTreeMap::new(),
        evidence: Map::new(),
        kept: None,
    }
}

/// So many findings, `s/00`, `s/01` and so on.
fn many(count: usize) -> Vec<Finding> {
    (0..count)
        .map(|n| found(&format!("s/{n:02}"), Severity::High))
        .collect()
}

fn waiver(id: &str, resource: &str) -> Waiver {
    Waiver {
        id: id.to_owned(),
        rule: RULE.to_owned(),
        resource: resource.to_owned(),
        reason: "accepted".to_owned(),
        owner: Some("platform@example.org".to_owned()),
        approver: Some("security@example.org".to_owned()),
        ticket: None,
        expires: Some(at("2027-03-31T23:59:59Z")),
        line: 1,
    }
}

fn judge(findings: &mut [Finding], waivers: &[Waiver], settings: &Settings) -> Vec<Effect> {
    let rules = RuleSet::load(None).expect("rules");
    let session =
        Session::empty(at("2026-11-01T06:00:00Z"), settings, &rules.views()).expect("opens");
    let judged = effects(findings, waivers, &rules, &session).expect("judged");
    apply(findings, waivers, &judged);
    judged
}

/// How many findings are waived, and what is held against the first waiver.
fn outcome(count: usize, waivers: &[Waiver]) -> (usize, String) {
    let mut findings = many(count);
    let judged = judge(&mut findings, waivers, &Config::defaults().settings());
    let waived = findings.iter().filter(|f| f.waiver.is_some()).count();
    (waived, judged[0].excess.join(", and "))
}

#[test]
fn a_pattern_that_takes_in_the_whole_rule_covers_nothing_however_it_is_written() {
    for pattern in [
        "*",
        "**",
        "?*",
        "*?",
        "{*,a}",
        "{a,*}",
        "[!x]*",
        "s/*",
        "s/??",
        "s/[0-9]*",
        "{s/*,t/*}",
        "s/0[0-4]",
        "{s/00,s/01,s/02,s/03,s/04}",
    ] {
        let (waived, excess) = outcome(5, &[waiver("w", pattern)]);
        assert_eq!(waived, 0, "{pattern}");
        assert_eq!(
            excess, "covers every finding of its rule (5) by a pattern",
            "{pattern}"
        );
    }
}

#[test]
fn ten_findings_may_be_covered_and_eleven_may_not() {
    let (waived, excess) = outcome(12, &[waiver("w", "s/0?")]);
    assert_eq!((waived, excess.as_str()), (10, ""));
    let (waived, excess) = outcome(12, &[waiver("w", "{s/0?,s/10}")]);
    assert_eq!(waived, 0);
    assert!(excess.contains("11 of the 12 findings"), "{excess}");
}

#[test]
fn patterns_that_share_a_rule_out_among_them_are_one_pattern() {
    let halves = [waiver("a", "s/0?"), waiver("b", "s/1?")];
    let (waived, excess) = outcome(14, &halves);
    assert_eq!(waived, 0);
    assert!(excess.contains("together with other patterns"), "{excess}");
    // One finding is left: each pattern is a decision on some of them.
    let (waived, _) = outcome(21, &halves);
    assert_eq!(waived, 20);
}

#[test]
fn a_name_in_full_is_a_decision_on_one_thing() {
    let (waived, excess) = outcome(1, &[waiver("w", "s/00")]);
    assert_eq!((waived, excess.as_str()), (1, ""));
    let names: Vec<Waiver> = (0..12)
        .map(|n| waiver(&format!("w{n}"), &format!("s/{n:02}")))
        .collect();
    assert_eq!(outcome(12, &names).0, 12);
    // A pattern that happens to meet one finding will meet the next one too.
    assert_eq!(outcome(1, &[waiver("w", "s/*")]).0, 0);
}

#[test]
fn nobody_approves_his_own_waiver_under_any_spelling() {
    for approver in [
        "platform@example.org",
        " Platform@Example.ORG",
        "Platform Team <platform@example.org>",
        "pla\u{34f}tform@example.org",
        "platform+approver@example.org",
        "platform",
    ] {
        let mut own = waiver("w", "s/00");
        own.approver = Some(approver.to_owned());
        let (waived, excess) = outcome(3, &[own]);
        assert_eq!(waived, 0, "{approver}");
        assert_eq!(excess, "is approved by its own owner", "{approver}");
    }
}

#[test]
fn a_waiver_runs_no_longer_than_its_term() {
    // The snapshot is of 2026-11-01T06:00:00Z: 365 days end on 2027-11-01T06:00:00Z.
    for (end, waived) in [
        ("2027-11-01T06:00:00Z", 1),
        ("2027-11-01T06:00:01Z", 0),
        ("9999-12-31T23:59:59Z", 0),
    ] {
        let mut long = waiver("w", "s/00");
        long.expires = Some(at(end));
        assert_eq!(outcome(3, &[long]).0, waived, "{end}");
    }
    let mut settings = Config::defaults().settings();
    settings
        .scalars
        .insert("waiver_longest_days".to_owned(), Setting::Int(30));
    let mut findings = many(3);
    let judged = judge(&mut findings, &[waiver("w", "s/00")], &settings);
    assert!(findings.iter().all(|f| f.waiver.is_none()));
    assert!(judged[0].excess[0].contains("30 days"), "{judged:?}");
}

#[test]
fn it_weighs_as_much_as_the_worst_that_it_would_have_hidden() {
    let mut findings = vec![
        found("a", Severity::Low),
        found("b", Severity::Critical),
        found("c", Severity::High),
    ];
    findings[1].state = Lifecycle::Resolved;
    let judged = judge(
        &mut findings,
        &[waiver("w", "?")],
        &Config::defaults().settings(),
    );
    // What is resolved is not hidden.
    assert_eq!(judged[0].worst, Some(Severity::High));
    assert_eq!(judged[0].names, [0, 2]);
}

#[test]
fn patterns_beyond_any_name_are_refused_and_do_not_stop_the_check() {
    for pattern in [
        "?".repeat(200_000),
        format!("{}a{}", "{".repeat(300), "}".repeat(300)),
        "x".repeat(5 << 20),
        "[".to_owned(),
    ] {
        let mut findings = many(2);
        let judged = judge(
            &mut findings,
            &[waiver("w", &pattern)],
            &Config::defaults().settings(),
        );
        let defect = judged[0].defect.clone().unwrap_or_default();
        assert!(defect.contains("by a pattern that is none"), "{defect}");
        assert!(defect.len() < 200, "{}", defect.len());
    }
}
