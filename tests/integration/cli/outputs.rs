//! Whole outputs.

use std::fs;

use super::place::{BEFORE, NOW, command, nowhere, on_demo, run, said};

macro_rules! prints {
    ($name:ident, $output:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), said(&$output));
        }
    };
}

prints!(help, run(nowhere().path(), &["--help"]));
prints!(help_demo, run(nowhere().path(), &["demo", "--help"]));
prints!(help_init, run(nowhere().path(), &["init", "--help"]));
prints!(
    help_snapshot,
    run(nowhere().path(), &["snapshot", "--help"])
);
prints!(
    help_snapshots,
    run(nowhere().path(), &["snapshots", "--help"])
);
prints!(help_check, run(nowhere().path(), &["check", "--help"]));
prints!(help_report, run(nowhere().path(), &["report", "--help"]));
prints!(help_run, run(nowhere().path(), &["run", "--help"]));
prints!(help_diff, run(nowhere().path(), &["diff", "--help"]));
prints!(help_query, run(nowhere().path(), &["query", "--help"]));
prints!(help_rules, run(nowhere().path(), &["rules", "--help"]));
prints!(help_tables, run(nowhere().path(), &["tables", "--help"]));
prints!(version, run(nowhere().path(), &["--version"]));
prints!(init, run(nowhere().path(), &["init"]));
prints!(rules_list, run(nowhere().path(), &["rules", "list"]));
prints!(
    rules_show,
    run(nowhere().path(), &["rules", "show", "secret/overdue"])
);
prints!(
    rules_show_unknown,
    run(nowhere().path(), &["rules", "show", "secret/overdeu"])
);
prints!(
    tables_show,
    run(nowhere().path(), &["tables", "show", "aws_secret"])
);
prints!(
    tables_show_unknown,
    run(nowhere().path(), &["tables", "show", "aws_secrets"])
);
prints!(no_command, run(nowhere().path(), &[]));
prints!(no_such_command, run(nowhere().path(), &["chekc"]));
prints!(no_snapshot, run(nowhere().path(), &["check"]));
prints!(snapshot_from_nothing, run(nowhere().path(), &["snapshot"]));
prints!(
    snapshots_list_empty,
    run(nowhere().path(), &["snapshots", "list"])
);
prints!(
    no_such_config,
    run(nowhere().path(), &["--config", "nowhere.toml", "check"])
);
prints!(snapshots_show, on_demo(&["snapshots", "show"]));
prints!(snapshots_verify, on_demo(&["snapshots", "verify"]));
prints!(
    check_table,
    on_demo(&["check", "--no-store", "--snapshot", NOW])
);
prints!(
    check_csv,
    on_demo(&["check", "--no-store", "--snapshot", NOW, "--format", "csv"])
);
prints!(
    check_json,
    on_demo(&[
        "check",
        "--no-store",
        "--snapshot",
        NOW,
        "--format",
        "json",
        "--rule",
        "secret/*"
    ])
);
prints!(
    check_unknown_rule,
    on_demo(&["check", "--rule", "secret/overdeu"])
);
prints!(
    check_unknown_snapshot,
    on_demo(&["check", "--snapshot", "2026-11-02T06-00-00Z"])
);
prints!(
    query_table,
    on_demo(&[
        "query",
        "SELECT slug, name FROM github_team ORDER BY slug LIMIT 3"
    ])
);
prints!(
    query_json,
    on_demo(&[
        "query",
        "--format",
        "json",
        "SELECT slug, created_at FROM github_team ORDER BY slug LIMIT 2"
    ])
);
prints!(
    query_unknown_table,
    on_demo(&["query", "SELECT * FROM github_teams"])
);
prints!(query_not_sql, on_demo(&["query", "SELEKT 1"]));
prints!(
    query_not_a_question,
    on_demo(&["query", "DROP TABLE github_team"])
);
prints!(diff, on_demo(&["diff", BEFORE, NOW]));
prints!(diff_with_itself, on_demo(&["diff", NOW, NOW]));
prints!(report_unknown, on_demo(&["report", "acces-review"]));
prints!(
    report_rotation_without_secret,
    on_demo(&["report", "pre-rotation"])
);
prints!(
    report_rotation_unknown_secret,
    on_demo(&[
        "report",
        "pre-rotation",
        "--secret",
        "entra/aws-sync-provisionin"
    ])
);

#[test]
fn mistakes_of_the_configuration_come_with_a_position() {
    let dir = nowhere();
    let wrong = "[entra]\ngroup_prefx = \"a\"\nstale_days = \"many\"\n\n[secret]\nwatch = [\"[\"]\nwarn_days = [0]\n\n[rules.\"secret/overdeu\"]\nenabled = false\n";
    fs::write(dir.path().join("countersign.toml"), wrong).expect("written");
    insta::assert_snapshot!("mistakes", said(&run(dir.path(), &["check"])));
    fs::write(dir.path().join("countersign.toml"), "[entra\n").expect("written");
    insta::assert_snapshot!("no_toml", said(&run(dir.path(), &["check"])));
    fs::write(dir.path().join("countersign.toml"), "").expect("written");
    let mut command = command(dir.path());
    command
        .args(["check"])
        .env("COUNTERSIGN_ENTRA_GROUP_PREFX", "a");
    insta::assert_snapshot!("wrong_variable", said(&command.output().expect("runs")));
}
