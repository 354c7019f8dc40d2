//! What a check prints, at several widths, of names that try to do harm.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::Map;

use super::{SHOWN, findings_table};
use crate::app::terminal::len;
use crate::detect::Assessment;
use crate::detect::finding::{Finding, Lifecycle, RuleResult, RuleState, Status, finding_id};
use crate::sqlfile::Severity;

fn finding(rule: &str, resource: &str, severity: Severity, reason: &str) -> Finding {
    Finding {
        finding_id: finding_id(rule, resource),
        rule: rule.to_owned(),
        title: String::new(),
        severity,
        status: Status::Fail,
        state: Lifecycle::Open,
        resource: resource.to_owned(),
        reason: reason.to_owned(),
        cause: None,
        pack: None,
        account: None,
        person: None,
        first_seen: DateTime::UNIX_EPOCH,
        waiver: None,
        waived_until: None,
        controls: BTreeMap::new(),
        evidence: Map::new(),
        kept: None,
    }
}

fn rule(id: &str, state: RuleState, findings: u64, undecided: u64) -> RuleResult {
    RuleResult {
        id: id.to_owned(),
        title: String::new(),
        severity: Severity::High,
        state,
        why: (state == RuleState::Unknown)
            .then(|| "Table entra_group was denied: Group.Read.All is not granted.".to_owned()),
        population: 412,
        population_of: "identity_center_user".to_owned(),
        findings,
        undecided,
        controls: BTreeMap::new(),
        parameters: BTreeMap::new(),
        without: Vec::new(),
        rests_on: BTreeMap::new(),
        nothing: false,
        kept: 0,
        sql: String::new(),
        rationale: String::new(),
        remediation: String::new(),
    }
}

/// Two severities of one rule, a cause, a pack, a waiver, something resolved,
/// something undecided, a table that was denied, and hostile names.
fn assessment() -> Assessment {
    let orphan = "identity/orphaned-user";
    let mut worst = finding(
        orphan,
        "a",
        Severity::Critical,
        "eve\u{1b}]0;owned\u{7}\u{202e}moc.live is in Identity Center and in no source",
    );
    worst.cause = Some("disabled upstream".to_owned());
    worst.state = Lifecycle::New;
    let mut wide = finding(
        orphan,
        "b",
        Severity::Low,
        &format!(
            "東京チーム{} is in Identity Center and in no source",
            "部".repeat(30)
        ),
    );
    wide.waiver = Some("W-\u{200b}7".to_owned());
    let mut overdue = finding(
        "secret/overdue",
        "c",
        Severity::Low,
        "app is older than 90 days",
    );
    overdue.pack = Some("moj".to_owned());
    let mut undecided = finding(
        "secret/overdue",
        "d",
        Severity::High,
        "when d was issued is not known",
    );
    undecided.status = Status::Unknown;
    let mut gone = finding(orphan, "e", Severity::High, "gone");
    gone.state = Lifecycle::Resolved;
    Assessment {
        snapshot: "2026-11-01T06-00-00Z".to_owned(),
        as_of: DateTime::UNIX_EPOCH,
        baseline: Some("2026-10-02T06-00-00Z".to_owned()),
        complete: false,
        incomplete: vec![(
            "entra_group".to_owned(),
            "denied: Group.Read.All is not granted".to_owned(),
        )],
        rules: vec![
            rule(orphan, RuleState::Fail, 2, 0),
            rule("secret/overdue", RuleState::Fail, 1, 1),
            rule("entra/too-few-owners", RuleState::Unknown, 0, 0),
        ],
        findings: vec![worst, gone, undecided, wide, overdue],
        waivers: Vec::new(),
        departures: Vec::new(),
    }
}

#[test]
fn eighty_columns() {
    insta::assert_snapshot!(findings_table(&assessment(), 80, false), @r"
    Snapshot 2026-11-01T06-00-00Z as of 1970-01-01T00:00:00Z, compared with
      2026-10-02T06-00-00Z

    CRITICAL: 1 finding
      identity/orphaned-user: 1 of 412 identity_center_user; 2 in all
      - eve␛]0;owned␇[U+202E]moc.live is in Identity Center and in no source (cause:
        disabled upstream) [new]

    LOW: 2 findings
      identity/orphaned-user: 1 of 412 identity_center_user; 2 in all
      - 東京チーム部部部部部部部部部部部部部部部部部部部部部部部部部部部部部部 is in
        Identity Center and in no source [waived by W-[U+200B]7]
      secret/overdue: 1 of 412 identity_center_user; 2 in all, policy pack moj
      - app is older than 90 days

    UNKNOWN: 1 finding not decided
      secret/overdue: 1 of 412 identity_center_user; 2 in all
      - when d was issued is not known

    Could not be decided
      entra/too-few-owners: Table entra_group was denied: Group.Read.All is not
        granted.

    3 rules: 0 pass, 2 fail, 1 unknown, 0 skipped
    findings: 1 critical, 2 low; 1 could not be decided; 1 waived; 1 resolved
    INCOMPLETE: what could not be read may hide more
      entra_group: denied: Group.Read.All is not granted
    next: countersign rules show RULE says what to do; countersign report writes
      it down
    ");
}

#[test]
fn every_line_fits_and_nothing_acts() {
    let mut checked = assessment();
    for n in 0..SHOWN + 3 {
        let name = format!("{n}-{}", "x".repeat(n * 20));
        checked
            .findings
            .push(finding("secret/overdue", &name, Severity::Info, &name));
    }
    for width in [40, 60, 80, 100, 120] {
        let plain = findings_table(&checked, width, false);
        for line in plain.lines() {
            assert!(len(line) <= width, "{width}: {line}");
            assert!(!line.chars().any(char::is_control), "{line}");
        }
        // The text is the same with colours, and they end on every line that they begin on
        // or on a later one.
        let painted = findings_table(&checked, width, true);
        assert_eq!(console::strip_ansi_codes(&painted), plain);
        assert_eq!(
            painted.matches("\u{1b}[0m").count() * 2,
            painted.matches("\u{1b}[").count()
        );
    }
    let narrow = findings_table(&checked, 60, false);
    assert!(narrow.contains("… and 3 more"), "{narrow}");
    assert!(narrow.contains("INFO: 13 findings"), "{narrow}");
}

#[test]
fn nothing_found_is_not_said_of_what_could_not_be_read() {
    let mut checked = assessment();
    checked.findings.clear();
    assert!(findings_table(&checked, 80, false).contains("findings: none in what could be read\n"));
    checked.complete = true;
    checked.incomplete.clear();
    assert!(findings_table(&checked, 80, false).contains("findings: none\n"));
}
