//! Every exit code, and what goes with it.

use std::fs;
use std::process::{Command, Stdio};

use countersign::dataset::commit::Lock;
use countersign::dataset::store::Store;

use super::place::{
    BEFORE, DEMO, NOW, code, command, copy, copy_dir, nowhere, on, on_demo, run, said,
};

#[test]
fn exit_0_when_nothing_is_found_at_the_severity() {
    let output = on_demo(&[
        "check",
        "--no-store",
        "--snapshot",
        NOW,
        "--rule",
        "identity/*",
        "--fail-on",
        "critical",
    ]);
    assert_eq!(code(&output), Some(0), "{}", said(&output));
}

#[test]
fn exit_1_when_something_is_found() {
    let output = on_demo(&["check", "--no-store", "--snapshot", NOW]);
    assert_eq!(code(&output), Some(1), "{}", said(&output));
    let output = on_demo(&[
        "check",
        "--no-store",
        "--snapshot",
        NOW,
        "--rule",
        "identity/*",
        "--fail-on",
        "low",
    ]);
    assert_eq!(code(&output), Some(1));
}

#[test]
fn exit_2_when_something_could_not_be_read_and_no_all_clear() {
    let dir = copy();
    let users = dir.path().join("demo/exports/entra/users.json");
    let text = fs::read_to_string(&users).expect("users");
    fs::write(&users, &text[..text.len() / 3]).expect("cut");
    let sealed = on(
        &dir,
        &[
            "snapshot",
            "--from",
            "demo/exports",
            "--as-of",
            "2026-11-02T06:00:00Z",
        ],
    );
    assert_eq!(code(&sealed), Some(2), "{}", said(&sealed));
    let err = String::from_utf8_lossy(&sealed.stderr).into_owned();
    assert!(
        err.contains("entra_user is partial") && err.contains("identity/orphaned-user"),
        "{err}"
    );
    let checked = on(
        &dir,
        &[
            "check",
            "--snapshot",
            "2026-11-02T06-00-00Z",
            "--format",
            "json",
        ],
    );
    assert_eq!(code(&checked), Some(2));
    let document: serde_json::Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    assert_eq!(document["complete"], false);
    for finding in document["findings"].as_array().expect("findings") {
        if finding["rule"] == "identity/orphaned-user" {
            assert_eq!(finding["status"], "unknown", "{finding}");
        }
        let people = ["entra/", "identity/"];
        let rule = finding["rule"].as_str().unwrap_or_default();
        // Who was made again since the baseline is a matter of Identity Center alone.
        let elsewhere = rule == "identity/recreated-user";
        if !elsewhere && people.iter().any(|family| rule.starts_with(family)) {
            assert_ne!(finding["state"], "resolved", "{finding}");
        }
    }
    // Rows of a table, or of what is made of it, come with a warning and the code for it.
    for (sql, warned) in [
        ("SELECT user_id FROM entra_user ORDER BY user_id", true),
        ("SELECT address FROM missing_member ORDER BY address", true),
        ("SELECT login FROM github_member ORDER BY login", false),
    ] {
        let asked = on(&dir, &["query", sql]);
        let expected = if warned { 2 } else { 0 };
        assert_eq!(code(&asked), Some(expected), "{}", said(&asked));
        let err = String::from_utf8_lossy(&asked.stderr).into_owned();
        assert_eq!(
            err.contains("warning: Table entra_user is partial"),
            warned,
            "{err}"
        );
    }
}

#[test]
fn exit_2_when_the_latest_snapshot_is_old() {
    let dir = copy();
    let checked = on(&dir, &["check", "--no-store", "--max-age", "0"]);
    assert_eq!(code(&checked), Some(2));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("older than 0 days"));
    let named = on(
        &dir,
        &["check", "--no-store", "--max-age", "0", "--snapshot", NOW],
    );
    assert_eq!(
        code(&named),
        Some(1),
        "a snapshot that was named is not too old"
    );
}

#[test]
fn exit_3_when_a_stored_assessment_changed_after_it_was_read() {
    let dir = copy();
    let first = on(&dir, &["check", "--no-store"]);
    assert_eq!(code(&first), Some(1), "{}", said(&first));
    let stored = fs::read_dir(dir.path().join("demo/data")).expect("the data");
    let stored = stored
        .map(|e| e.expect("an entry").path())
        .find(|p| p.to_string_lossy().contains("assessment="))
        .expect("an assessment");
    let file = stored.join("findings.json");
    let text = fs::read_to_string(&file).expect("findings");
    fs::write(&file, text.replacen("2026-", "2025-", 1)).expect("changed");
    let output = on(&dir, &["check"]);
    assert_eq!(code(&output), Some(3), "{}", said(&output));
}

#[test]
fn exit_3_when_a_sealed_file_changed() {
    let dir = copy();
    let file = dir.path().join(format!(
        "demo/data/snapshot={NOW}/entra_user/part-0.parquet"
    ));
    let mut bytes = fs::read(&file).expect("a table");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("changed");
    for args in [
        &["check"][..],
        &["snapshots", "verify"],
        &["query", "SELECT 1 AS one"],
        &["report", "drift"],
    ] {
        let output = on(&dir, args);
        assert_eq!(code(&output), Some(3), "{}", said(&output));
    }
}

#[test]
fn exit_4_while_another_run_holds_the_lock() {
    let dir = copy();
    let store = Store::new(dir.path().join("demo/data"));
    let lock = Lock::take(&store).expect("the lock");
    let output = on(
        &dir,
        &[
            "snapshot",
            "--from",
            "demo/exports",
            "--as-of",
            "2026-11-02T06:00:00Z",
        ],
    );
    assert_eq!(code(&output), Some(4), "{}", said(&output));
    drop(lock);
}

#[test]
fn exit_64_for_what_the_user_can_mend() {
    let dir = copy();
    for args in [
        &["check", "--fail-on", "severe"][..],
        &["check", "--baseline", NOW, "--snapshot", NOW],
        &["snapshot", "--from", "demo/exports", "--as-of", "yesterday"],
        &["snapshot", "--from", "demo/exports", "--source", "entraid"],
        &["snapshot", "--from", "demo/nowhere"],
        &["snapshot", "--from", "demo/exports"],
        &["demo", "--out", "demo"],
        &["report", "drift", "--secret", "x"],
        &["report", "drift", "--format", "pdf"],
        &["completions", "sh"],
    ] {
        let output = on(&dir, args);
        assert_eq!(code(&output), Some(64), "{args:?}: {}", said(&output));
        assert!(!output.stderr.is_empty());
    }
    fs::write(dir.path().join("demo/registers/approvals.csv"), "nothing\n").expect("written");
    let output = on(
        &dir,
        &[
            "snapshot",
            "--from",
            "demo/exports",
            "--as-of",
            "2026-11-02T06:00:00Z",
        ],
    );
    assert_eq!(code(&output), Some(64), "{}", said(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn exit_70_when_output_cannot_be_written() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let status = command(DEMO.path())
        .args(["rules", "list"])
        .stdout(Stdio::from(full))
        .stderr(Stdio::null())
        .status()
        .expect("runs");
    assert_eq!(status.code(), Some(70));
}

#[cfg(unix)]
#[test]
fn exit_130_when_interrupted_and_nothing_is_half_written() {
    let dir = nowhere();
    let mut child = command(dir.path())
        .args(["demo", "--from-files", "--size", "small", "--out", "demo"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    while !dir.path().join("demo/data").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill");
    assert!(sent.success());
    assert_eq!(child.wait().expect("ended").code(), Some(130));
    let store = Store::new(dir.path().join("demo/data"));
    assert!(store.snapshots().expect("a list").len() <= 1);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = command(DEMO.path())
        .args(["docs", "rules"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn init_writes_what_check_and_snapshot_accept() {
    for preset in [
        &["init"][..],
        &["init", "--preset", "modernisation-platform"],
    ] {
        let dir = nowhere();
        assert_eq!(code(&run(dir.path(), preset)), Some(0));
        copy_dir(
            &DEMO.path().join("demo/exports"),
            &dir.path().join("exports"),
        );
        let sealed = run(dir.path(), &["snapshot", "--from", "exports"]);
        assert_eq!(code(&sealed), Some(0), "{}", said(&sealed));
        let again = run(dir.path(), preset);
        assert_eq!(code(&again), Some(64), "nothing is overwritten");
    }
}

#[test]
fn run_seals_checks_and_reports() {
    let dir = copy();
    let output = on(
        &dir,
        &[
            "run",
            "--from",
            "demo/exports",
            "--as-of",
            "2026-11-02T06:00:00Z",
            "--out",
            "out",
        ],
    );
    assert_eq!(code(&output), Some(1), "{}", said(&output));
    for name in [
        "access-review.xlsx",
        "auditor-evidence.html",
        "drift.json",
        "drift-about.csv",
    ] {
        assert!(dir.path().join("out").join(name).is_file(), "{name}");
    }
    assert!(
        dir.path()
            .join("demo/data/snapshot=2026-11-02T06-00-00Z")
            .is_dir()
    );
}

#[test]
fn pre_rotation_answers_with_its_exit_code() {
    let dir = copy();
    let ask = |secret: &str| {
        let output = on(
            &dir,
            &[
                "report",
                "pre-rotation",
                "--secret",
                secret,
                "--snapshot",
                NOW,
                "--out",
                "out",
                "--format",
                "json",
            ],
        );
        (
            code(&output),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, said) = ask("entra/aws-sync-provisioning");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("NO-GO"), "{said}");
    let (code, said) = ask("SecretsManager/000000000042/identity/job-1");
    assert_eq!(code, Some(1), "{said}");
    // The month before: no stale sync, but serious drift.
    let output = on(
        &dir,
        &[
            "report",
            "pre-rotation",
            "--secret",
            "entra/aws-sync-provisioning",
            "--snapshot",
            BEFORE,
            "--out",
            "out",
            "--format",
            "csv",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn snapshots_are_listed_oldest_first() {
    let output = on_demo(&["snapshots", "list"]);
    assert_eq!(code(&output), Some(0));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(2)
        .map(|l| l.split_whitespace().take(2).collect())
        .collect();
    assert_eq!(rows, [[BEFORE, "complete"], [NOW, "complete"]]);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(nowhere().path(), &["completions", shell]);
        assert_eq!(code(&output), Some(0));
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("access-review")
                || !output.stdout.is_empty()
        );
    }
}

#[test]
fn colour_is_used_when_asked_for_and_never_otherwise() {
    let escape = |args: &[&str], no_color: bool| {
        let mut command = command(DEMO.path());
        command
            .args(["--config", "demo/countersign.toml", "--data", "demo/data"])
            .args(args);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        command.output().expect("runs").stdout.contains(&0x1b)
    };
    let check = ["check", "--no-store", "--snapshot", NOW];
    assert!(!escape(&check, false), "no terminal, no colour");
    let always = [&["--color", "always"][..], &check].concat();
    assert!(escape(&always, false));
    let never = [&["--color", "never"][..], &check].concat();
    assert!(!escape(&never, false));
    assert!(!escape(&check, true));
}

#[test]
fn json_has_exactly_the_members_of_its_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/schema/findings-v1.schema.json"))
            .expect("a schema");
    let output = on_demo(&["check", "--no-store", "--snapshot", NOW, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let names = |value: &serde_json::Value| -> Vec<String> {
        let mut names: Vec<String> = value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&document), names(&schema["properties"]));
    for (list, kind) in [("rules", "rule"), ("findings", "finding")] {
        let all = document[list].as_array().expect("a list");
        assert!(!all.is_empty());
        for one in all {
            let mut known = names(&schema["$defs"][kind]["properties"]);
            // Only of faults that could not be looked for again.
            known.retain(|name| name != "kept" || one.get(name).is_some());
            assert_eq!(names(one), known);
        }
    }
}

#[test]
fn a_folder_of_rules_adds_and_overrides() {
    let dir = copy();
    let rules = dir.path().join("rules");
    fs::create_dir_all(rules.join("github")).expect("a folder");
    fs::create_dir_all(rules.join("access")).expect("a folder");
    let known = countersign::detect::rule::RuleSet::load(None).expect("rules");
    let rule = |id: &str, severity: &str| {
        let overrides = known
            .hash(id)
            .map_or_else(String::new, |hash| format!("-- overrides  = \"{hash}\"\n"));
        format!(
            "-- ---\n-- id         = \"{id}\"\n-- title      = \"No team is called booking\"\n{overrides}-- severity   = \"{severity}\"\n-- population = \"github_team\"\n-- ---\n-- # Rationale\n-- Ours.\n-- # Remediation\n-- Rename it.\nSELECT slug AS resource, CONCAT(slug, ' is called booking') AS reason FROM github_team WHERE slug = 'booking-squad-10' ORDER BY resource\n"
        )
    };
    fs::write(
        rules.join("github/team-called-booking.sql"),
        rule("github/team-called-booking", "info"),
    )
    .expect("written");
    fs::write(
        rules.join("access/assigned-to-user.sql"),
        rule("access/assigned-to-user", "critical"),
    )
    .expect("written");
    let output = on(
        &dir,
        &[
            "check",
            "--no-store",
            "--snapshot",
            NOW,
            "--rules",
            "rules",
            "--format",
            "json",
        ],
    );
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found: Vec<(&str, &str)> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|f| f["resource"] == "booking-squad-10")
        .map(|f| {
            (
                f["rule"].as_str().unwrap_or(""),
                f["severity"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("access/assigned-to-user", "critical"),
            ("github/team-called-booking", "info")
        ]
    );
    assert_eq!(
        document["rules"].as_array().expect("rules").len(),
        known.rules().count() + 1
    );
    // A rule that is no rule stops the check and says where.
    fs::write(rules.join("github/broken.sql"), "SELECT 1\n").expect("written");
    let output = on(
        &dir,
        &["check", "--no-store", "--snapshot", NOW, "--rules", "rules"],
    );
    assert_eq!(code(&output), Some(64), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("github/broken.sql:1"));
}
