//! What is not ours says so; waivers are judged by their effect; queries explain
//! themselves; nobody who stops reading is told of a failure.

use std::fs;
use std::process::Stdio;

use super::place::{BEFORE, DEMO, NOW, code, command, copy, nowhere, on, on_demo, run, said};

/// A rule that finds nothing, in place of ours.
fn nothing(id: &str) -> String {
    let known = countersign::detect::rule::RuleSet::load(None).expect("rules");
    format!(
        "-- ---\n-- id = \"{id}\"\n-- title = \"T\"\n-- severity = \"low\"\n-- population = \"entra_user\"\n-- overrides = \"{}\"\n-- ---\n-- # Rationale\n-- Why.\n-- # Remediation\n-- How.\nSELECT user_id AS resource, 'r' AS reason FROM entra_user WHERE 1 = 0 ORDER BY resource\n",
        known.hash(id).expect(id)
    )
}

#[test]
fn every_output_names_the_rules_that_are_not_ours() {
    let dir = copy();
    let rules = dir.path().join("rules/secret");
    fs::create_dir_all(&rules).expect("a folder");
    fs::write(rules.join("expired.sql"), nothing("secret/expired")).expect("written");
    let config = dir.path().join("demo/countersign.toml");
    let mut text = fs::read_to_string(&config).expect("a file");
    text.push_str("\n[rules.\"secret/overdue\"]\nseverity = \"info\"\n\n[rules.\"identity/orphaned-user\"]\nenabled = false\n");
    fs::write(&config, text).expect("written");
    let words = [
        "1 rule and 0 views not of countersign",
        "2 rules changed by the configuration",
        "secret/expired replaces ours",
        "secret/overdue counts as info by the configuration",
        "identity/orphaned-user is switched off",
    ];
    let common = ["--snapshot", NOW, "--rules", "rules"];
    for format in ["table", "json", "csv"] {
        let args = [&["check", "--no-store", "--format", format][..], &common].concat();
        let output = on(&dir, &args);
        let text = String::from_utf8_lossy(&output.stdout);
        let words_only: Vec<&str> = text.split_whitespace().collect();
        let flat = words_only.join(" ");
        match format {
            "json" => {
                let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                assert!(
                    value["rule_set"]
                        .as_str()
                        .expect("a text")
                        .contains(words[0])
                );
                assert_eq!(value["departures"].as_array().expect("a list").len(), 3);
            }
            "csv" => {
                for word in words.iter().skip(2) {
                    assert!(text.contains(word), "{format}: {word}: {text}");
                }
            }
            _ => {
                for word in words {
                    assert!(flat.contains(word), "{format}: {word}: {text}");
                }
            }
        }
    }
    let args = [
        &[
            "report",
            "auditor-evidence",
            "--out",
            "reports",
            "--format",
            "json,html,csv,pack,ocsf,oscal",
        ][..],
        &common,
    ]
    .concat();
    let output = on(&dir, &args);
    let mut seen = 0;
    for path in String::from_utf8_lossy(&output.stdout).lines() {
        let path = dir.path().join(path);
        let files = if path.is_dir() {
            vec![path.join("cover.html"), path.join("cover.json")]
        } else {
            vec![path]
        };
        for file in files {
            let name = file.display().to_string();
            let about = name.ends_with("-about.csv");
            if !about && file.extension().is_some_and(|e| e == "csv") {
                continue;
            }
            let text = fs::read_to_string(&file).expect(&name);
            assert!(text.contains(words[0]), "{name}");
            assert!(text.contains(words[2]), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen}: {}", said(&output));
    let args = [&["review", "open", "--out", "reviewing"][..], &common].concat();
    let output = on(&dir, &args);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains(words[2]), "{told}");
    let mut campaigns: Vec<std::path::PathBuf> = fs::read_dir(dir.path().join("demo/data"))
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.to_string_lossy().contains("/review="))
        .collect();
    campaigns.sort();
    let record = campaigns.last().expect("a campaign").join("campaign.json");
    let record = fs::read_to_string(record).expect("a record");
    assert!(
        record.contains(words[0]) && record.contains("secret/expired"),
        "{record}"
    );
    let status = on(&dir, &["review", "status"]);
    assert!(
        said(&status).contains("NOT AS SHIPPED"),
        "{}",
        said(&status)
    );
}

#[test]
fn a_rule_that_replaces_ours_in_silence_is_refused() {
    let dir = copy();
    let rules = dir.path().join("rules/secret");
    fs::create_dir_all(&rules).expect("a folder");
    let silent: String = nothing("secret/expired")
        .lines()
        .filter(|l| !l.contains("overrides"))
        .flat_map(|l| [l, "\n"])
        .collect();
    fs::write(rules.join("expired.sql"), silent).expect("written");
    let output = on(
        &dir,
        &["check", "--no-store", "--rules", "rules", "--snapshot", NOW],
    );
    assert_eq!(code(&output), Some(64), "{}", said(&output));
    let shown = on_demo(&["rules", "show", "secret/expired"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let hash = shown
        .lines()
        .find_map(|l| l.strip_prefix("sha256"))
        .expect("a hash")
        .trim();
    assert!(
        String::from_utf8_lossy(&output.stderr).contains(&format!("overrides = \"{hash}\"")),
        "{}",
        said(&output)
    );
}

/// The demo fails a rule at high: nothing that a waiver says may change that, unless
/// it is a decision on single findings.
#[test]
fn a_waiver_over_everything_changes_no_exit_code() {
    let dir = copy();
    let register = dir.path().join("demo/registers/waivers.toml");
    let check = ["check", "--no-store", "--snapshot", NOW, "--format", "json"];
    let plain = on(&dir, &check);
    assert_eq!(code(&plain), Some(1), "{}", said(&plain));
    let before: serde_json::Value = serde_json::from_slice(&plain.stdout).expect("JSON");
    let mut failing: Vec<&str> = before["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|f| f["status"] == "fail" && f["state"] != "resolved")
        .filter(|f| f["rule"] != "evidence/waiver-expired")
        .filter_map(|f| f["rule"].as_str())
        .collect();
    failing.dedup();
    failing.sort_unstable();
    failing.dedup();
    for (pattern, approver, expires) in [
        ("*", "b@example.org", "2027-03-31"),
        ("{*,a}", "b@example.org", "2027-03-31"),
        ("[!~]*", "b@example.org", "2027-03-31"),
        ("?*", "A@example.org ", "9999-12-31"),
    ] {
        let mut text = String::new();
        for (n, rule) in failing.iter().enumerate() {
            text += &format!(
                "[[waiver]]\nid = \"W-{n}\"\nrule = \"{rule}\"\nresource = \"{pattern}\"\nreason = \"r\"\nowner = \"a@example.org\"\napprover = \"{approver}\"\nexpires = {expires}\n\n"
            );
        }
        fs::write(&register, text).expect("written");
        let output = on(&dir, &check);
        assert_eq!(code(&output), Some(1), "{pattern}");
        let after: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = after["findings"].as_array().expect("findings");
        assert!(findings.iter().all(|f| f["waiver"].is_null()), "{pattern}");
        let found: Vec<&serde_json::Value> = findings
            .iter()
            .filter(|f| f["rule"] == "evidence/waiver-expired")
            .collect();
        assert_eq!(found.len(), failing.len(), "{pattern}");
        let worst = |rule: &str| {
            let rank = |s: &str| {
                ["critical", "high", "medium", "low", "info"]
                    .iter()
                    .position(|x| *x == s)
            };
            let of_rule = findings
                .iter()
                .filter(|f| f["rule"] == rule && f["state"] != "resolved");
            of_rule.filter_map(|f| rank(f["severity"].as_str()?)).min()
        };
        for finding in found {
            let rank = ["critical", "high", "medium", "low", "info"]
                .iter()
                .position(|x| finding["severity"] == *x);
            let rule = finding["evidence"]["rule"].as_str().expect("a rule");
            assert_eq!(rank, worst(rule), "{pattern} {finding}");
        }
    }
}

#[test]
fn registers_and_patterns_without_bounds_are_refused() {
    let dir = copy();
    let register = dir.path().join("demo/registers/waivers.toml");
    let check = ["check", "--no-store", "--snapshot", NOW];
    fs::write(&register, "#".repeat(5 << 20)).expect("written");
    let output = on(&dir, &check);
    assert_eq!(code(&output), Some(64), "{}", said(&output));
    fs::remove_file(&register).expect("removed");
    let made = std::process::Command::new("mkfifo")
        .arg(&register)
        .status()
        .expect("mkfifo");
    assert!(made.success());
    let output = on(&dir, &check);
    assert_eq!(code(&output), Some(64), "{}", said(&output));
    assert!(said(&output).contains("a named pipe"), "{}", said(&output));
    let long = "?".repeat(100_000);
    for pattern in [long.as_str(), "{{{{{{a}}}}}}", "["] {
        let output = on_demo(&["check", "--no-store", "--snapshot", NOW, "--rule", pattern]);
        assert_eq!(code(&output), Some(64), "{}", said(&output));
        assert!(output.stderr.len() < 400, "{}", said(&output));
    }
}

#[test]
fn a_slip_in_a_query_is_named_and_guessed() {
    let output = on_demo(&["query", "SELECT nmae FROM aws_account"]);
    assert_eq!(code(&output), Some(64), "{}", said(&output));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        told,
        "fatal: no rows were read: no column is called nmae; did you mean name?; the columns: `countersign tables show aws_account`\n"
    );
    let output = on_demo(&["query", "SELECT a.nmae FROM aws_account AS a"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("did you mean name?"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let output = on_demo(&["query", "SELECT * FROM aws_acount"]);
    assert!(
        said(&output).contains("did you mean aws_account?"),
        "{}",
        said(&output)
    );
}

#[test]
fn json_of_a_query_keeps_the_order_of_columns() {
    let output = on_demo(&[
        "query",
        "SELECT name AS z, account_id AS b, state AS a FROM aws_account ORDER BY z LIMIT 1",
        "--format",
        "json",
    ]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let places: Vec<Option<usize>> = ["\"z\"", "\"b\"", "\"a\""].map(|k| text.find(k)).to_vec();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{text}"
    );
}

#[test]
fn a_reader_who_goes_away_is_no_failure_of_any_command() {
    let dir = copy();
    for args in [
        &["--help"][..],
        &["docs", "tables"],
        &["rules", "list"],
        &["rules", "show", "secret/overdue"],
        &["tables", "list"],
        &["tables", "show", "entra_user"],
        &["completions", "bash"],
        &["snapshots", "list"],
        &["snapshots", "show"],
        &["snapshots", "verify"],
        &["query", "SELECT * FROM entra_user"],
        &["query", "SELECT * FROM entra_user", "--format", "json"],
        &["query", "SELECT * FROM entra_user", "--format", "csv"],
        &["check", "--no-store", "--snapshot", NOW],
        &["check", "--no-store", "--snapshot", NOW, "--format", "json"],
        &["check", "--no-store", "--snapshot", NOW, "--format", "csv"],
        &["diff", BEFORE, NOW],
        &["diff", BEFORE, NOW, "--format", "json"],
        &["permissions", "entra"],
        &[
            "report",
            "drift",
            "--snapshot",
            NOW,
            "--out",
            "reports",
            "--format",
            "json",
        ],
    ] {
        let mut child = command(dir.path())
            .args(["--config", "demo/countersign.toml", "--data", "demo/data"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ended");
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!told.contains("roken pipe"), "{args:?}: {told}");
        assert!(!told.contains("fatal"), "{args:?}: {told}");
    }
}

/// Whoever stops listening to messages does not stop the work.
#[test]
fn nobody_need_listen_to_messages() {
    let dir = copy();
    let mut child = command(dir.path())
        .args(["--config", "demo/countersign.toml", "--data", "demo/data"])
        .args([
            "snapshot",
            "--from",
            "demo/exports",
            "--as-of",
            "2026-11-02T06:00:00Z",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stderr.take());
    let output = child.wait_with_output().expect("ended");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("2026-11-02T06-00-00Z"),
        "{}",
        said(&output)
    );
}

#[test]
fn nothing_that_is_typed_or_named_acts_on_a_terminal() {
    const ACTS: &str = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}";
    let dir = nowhere();
    let rules = dir.path().join("rules/views");
    fs::create_dir_all(&rules).expect("a folder");
    fs::write(rules.join(format!("{ACTS}.sql")), "SELECT 1").expect("written");
    fs::write(
        dir.path().join("odd.toml"),
        "[\"\\u001b]0;owned\\u0007\\u009b2J\\u202e\"]\na = 1\n\n[entra]\n\"\\u001b[2J\" = 1\n\n[rules.\"\\u001b[2J\"]\nenabled = false\n",
    )
    .expect("written");
    let args = |extra: &[&str]| -> Vec<String> {
        let mut all = vec![
            "--config".to_owned(),
            DEMO.path()
                .join("demo/countersign.toml")
                .display()
                .to_string(),
            "--data".to_owned(),
            DEMO.path().join("demo/data").display().to_string(),
        ];
        all.extend(extra.iter().map(|a| (*a).to_owned()));
        all
    };
    let sql = format!("SELECT '{ACTS}' AS \"{ACTS}\" FROM param");
    let wrong = format!("SELECT \"{ACTS}\" FROM param");
    let nowhere = format!("SELECT * FROM \"{ACTS}\"");
    for args in [
        args(&["check", "--no-store", "--rule", ACTS]),
        args(&["check", "--no-store", "--rules", "rules"]),
        args(&["check", "--no-store", "--snapshot", ACTS]),
        args(&["rules", "show", ACTS]),
        args(&["tables", "show", ACTS]),
        args(&["report", ACTS]),
        args(&["query", &sql]),
        args(&["query", &wrong]),
        args(&["query", &nowhere]),
        args(&[ACTS]),
        vec![
            "--config".to_owned(),
            "odd.toml".to_owned(),
            "check".to_owned(),
        ],
        vec!["--config".to_owned(), ACTS.to_owned(), "check".to_owned()],
        vec!["--data".to_owned(), ACTS.to_owned(), "check".to_owned()],
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(dir.path(), &args);
        for part in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(part);
            let acting: Vec<char> = text
                .chars()
                .filter(|c| !matches!(c, '\n' | '\t') && countersign::shown::acts(*c))
                .collect();
            assert!(acting.is_empty(), "{args:?}: {}", text.escape_debug());
        }
    }
}
