//! Folders of rules that replace, add, hide and pretend.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::DateTime;

use super::summary;
use crate::config::Config;
use crate::dataset::session::Session;
use crate::detect::Override;
use crate::detect::rule::RuleSet;
use crate::sqlfile::Severity;

fn rule(id: &str, more: &str) -> String {
    format!(
        "-- ---\n-- id = \"{id}\"\n-- title = \"T\"\n-- severity = \"low\"\n-- population = \"entra_user\"\n{more}-- ---\n-- # Rationale\n-- Why.\n-- # Remediation\n-- How.\nSELECT user_id AS resource, 'r' AS reason FROM entra_user WHERE 1 = 0 ORDER BY resource\n"
    )
}

fn view(name: &str, more: &str) -> String {
    format!(
        "-- ---\n-- id = \"views/{name}\"\n-- doc = \"D\"\n{more}-- ---\nSELECT user_id FROM entra_user\n"
    )
}

fn load(files: &[(&str, String)]) -> Result<RuleSet, String> {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    let set = RuleSet::load(Some(dir.path())).map_err(|e| e.to_string())?;
    let session = Session::empty(
        DateTime::UNIX_EPOCH,
        &Config::defaults().settings(),
        &set.views(),
    )
    .map_err(|e| e.to_string())?;
    set.check_names(&session).map_err(|e| e.to_string())?;
    Ok(set)
}

fn ours(id: &str) -> String {
    let set = RuleSet::load(None).expect("rules");
    set.hash(id).expect(id)
}

#[test]
fn what_replaces_ours_names_it_and_is_listed() {
    let id = "secret/overdue";
    let silent = load(&[("secret/overdue.sql", rule(id, ""))]).expect_err("silent");
    let hash = ours(id);
    assert!(
        silent.contains(&format!("overrides = \"{hash}\"")),
        "{silent}"
    );
    let wrong = format!("-- overrides = \"{}\"\n", "0".repeat(64));
    let wrong = load(&[("secret/overdue.sql", rule(id, &wrong))]).expect_err("another");
    assert!(wrong.contains("another version"), "{wrong}");
    let said = format!("-- overrides = \"{hash}\"\n");
    let set = load(&[
        ("secret/overdue.sql", rule(id, &said)),
        ("own/mine.sql", rule("own/mine", "")),
        ("views/mine.sql", view("mine", "")),
    ])
    .expect("loads");
    let all = set.departures(&BTreeMap::new());
    let listed: Vec<_> = all
        .iter()
        .map(|d| {
            (
                d.kind.as_str(),
                d.id.as_str(),
                d.change.as_str(),
                d.replaces.clone(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("rule", "own/mine", "added", None),
            ("rule", id, "replaced", Some(hash)),
            ("view", "views/mine", "added", None),
        ]
    );
    assert!(
        summary(&all).starts_with("2 rules and 1 view not of"),
        "{}",
        summary(&all)
    );
}

#[test]
fn views_follow_the_same_rule() {
    let silent = load(&[("views/held_access.sql", view("held_access", ""))]).expect_err("silent");
    assert!(silent.contains(&ours("views/held_access")), "{silent}");
    let nothing = load(&[("views/new.sql", view("new", "-- overrides = \"ab\"\n"))]);
    assert!(nothing.expect_err("nothing").contains("ships no views/new"));
}

#[test]
fn names_and_powers_that_are_ours_alone() {
    for name in [
        "entra_user",
        "github_team",
        "param",
        "setting",
        "setting_secret_watch",
        "period",
        "coverage",
        "first_seen",
        "baseline_entra_user",
        "baseline_person",
        "baseline_mine",
        "finding",
        "finding_about",
        "cause",
        "cause_mine",
        "cause_case_twin",
        "read_parquet",
    ] {
        let path = format!("views/{name}.sql");
        for more in ["", "-- overrides = \"ab\"\n"] {
            let refused = load(&[(&path, view(name, more))]).expect_err(name);
            assert!(
                refused.contains("a view may not be called"),
                "{name}: {refused}"
            );
        }
    }
    let engine = load(&[("own/mine.sql", rule("own/mine", "-- engine = true\n"))]);
    assert!(engine.expect_err("engine").contains("engine = true"));
    let id = "evidence/waiver-expired";
    let said = format!("-- overrides = \"{}\"\n", ours(id));
    let computed = load(&[("evidence/waiver-expired.sql", rule(id, &said))]);
    assert!(
        computed
            .expect_err("computed")
            .contains("cannot be replaced")
    );
    let alias = rule("own/mine", "-- aliases = [\"secret/overdue\"]\n");
    let alias = load(&[("own/mine.sql", alias)]).expect_err("alias");
    assert!(alias.contains("former id of another rule"), "{alias}");
}

#[test]
fn a_copy_of_ours_is_ours() {
    let set = load(
        &crate::embedded::QUERIES
            .iter()
            .map(|(path, text)| (path.trim_start_matches("queries/"), (*text).to_owned()))
            .collect::<Vec<_>>(),
    )
    .expect("loads");
    assert_eq!(set.foreign(), []);
    assert_eq!(set.sha256(), RuleSet::load(None).expect("rules").sha256());
}

#[test]
fn what_the_configuration_changes_is_listed_too() {
    let set = RuleSet::load(None).expect("rules");
    let off = Override {
        enabled: Some(false),
        ..Override::default()
    };
    let low = Override {
        severity: Some(Severity::Info),
        ..Override::default()
    };
    let same = Override {
        severity: set.find("secret/expired").map(|r| r.severity),
        enabled: Some(true),
        ..Override::default()
    };
    let overrides = BTreeMap::from([
        ("secret/overdue".to_owned(), off),
        ("identity/orphaned-user".to_owned(), low),
        ("secret/expired".to_owned(), same),
    ]);
    let all = set.departures(&overrides);
    let said: Vec<String> = all.iter().map(super::Departure::said).collect();
    let shipped = set
        .find("identity/orphaned-user")
        .expect("a rule")
        .severity
        .name();
    assert_eq!(
        said,
        [
            format!(
                "rule identity/orphaned-user counts as info by the configuration, {shipped} as shipped"
            ),
            "rule secret/overdue is switched off by the configuration".to_owned(),
        ]
    );
    assert!(summary(&all).contains("0 rules and 0 views not of"));
    assert!(summary(&all).ends_with("2 rules changed by the configuration"));
}

#[cfg(unix)]
#[test]
fn folders_of_rules_are_read_within_bounds() {
    let dir = tempfile::tempdir().expect("a folder");
    let views = dir.path().join("views");
    fs::create_dir(&views).expect("a folder");
    std::os::unix::fs::symlink(".", dir.path().join("loop")).expect("a link");
    let refused = |dir: &Path| RuleSet::load(Some(dir)).expect_err("refused").to_string();
    assert!(refused(dir.path()).contains("a link to a folder"));
    fs::remove_file(dir.path().join("loop")).expect("removed");
    let made = std::process::Command::new("mkfifo")
        .arg(views.join("mine.sql"))
        .status()
        .expect("mkfifo");
    assert!(made.success());
    assert!(refused(dir.path()).contains("a named pipe"));
    fs::remove_file(views.join("mine.sql")).expect("removed");
    fs::write(views.join("mine.sql"), vec![b'-'; 5 << 20]).expect("written");
    assert!(refused(dir.path()).contains("larger than"));
}

#[test]
fn sql_of_others_stays_in_the_dataset_and_says_in_which_file_it_does_not() {
    for sql in [
        "SELECT user_id FROM main.entra_user",
        "SELECT a AS user_id FROM read_parquet('/x')",
        "SELECT u.user_id AS user_id FROM entra_user AS u CROSS JOIN (SELECT 1 AS a) AS entra_group",
    ] {
        let text = view("mine", "").replace("SELECT user_id FROM entra_user", sql);
        let refused = load(&[("views/mine.sql", text)]).expect_err(sql);
        assert!(refused.contains("views/mine.sql: "), "{refused}");
    }
}
