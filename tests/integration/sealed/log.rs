//! The log of heads: what readers refuse, what `verify` finds, what a kept head adds.

use std::fs;

use serde_json::{Value, json};

use super::place::{Place, WHOLE, put, said};
use super::redo::{lines, redo};

const BEFORE: &str = "2026-10-02T06-00-00Z";
const NOW: &str = "2026-11-01T06-00-00Z";

fn whole() -> Place {
    Place::copy_of(WHOLE.path())
}

fn json_at(place: &Place, name: &str, change: impl FnOnce(&mut Value)) {
    place.change(name, |bytes| {
        let mut value: Value = serde_json::from_slice(&bytes).expect("JSON");
        change(&mut value);
        serde_json_canonicalizer::to_vec(&value).expect("bytes")
    });
}

#[test]
fn every_sealing_step_has_its_line() {
    let place = whole();
    let kinds: Vec<String> = lines(&place.data())
        .iter()
        .map(|l| l["kind"].as_str().expect("a kind").to_owned())
        .collect();
    let expected = [
        "snapshot",
        "assessment",
        "snapshot",
        "assessment",
        "review",
        "review-import",
        "review-import",
        "review-import",
    ];
    assert_eq!(kinds, expected);
    for (at, line) in lines(&place.data()).iter().enumerate() {
        assert_eq!(line["sequence"], at + 1);
        assert!(
            line["time"].as_str().is_some_and(|t| t.ends_with('Z')),
            "{line}"
        );
        assert!(line.get("late").is_none(), "{line}");
    }
    let head = place.ends(&["head"], 0);
    let body: Vec<&str> = head.lines().take(3).collect();
    assert!(
        body[0].starts_with("countersign.heads/") && body[1] == "8",
        "{head}"
    );
    // A later line changes the head; a check that is stored already adds none.
    place.run(&["check", "--max-age", "36500"]);
    assert_eq!(lines(&place.data()).len(), 8);
    place.run(&["check", "--max-age", "36500", "--baseline", "none"]);
    assert_eq!(lines(&place.data()).len(), 9);
    place.ends(&["verify"], 0);
}

#[test]
fn reports_carry_the_head_over_what_they_rest_on() {
    let place = whole();
    let about = |out: &str| {
        let report = [
            "report",
            "drift",
            "--snapshot",
            NOW,
            "--format",
            "csv",
            "--out",
            out,
        ];
        let made = place.run(&report);
        assert!(matches!(made.status.code(), Some(0..=2)), "{}", said(&made));
        fs::read_to_string(place.path(&format!("{out}/drift-about.csv"))).expect("a file")
    };
    let first = about("one");
    let row = first
        .lines()
        .find(|l| l.contains("Head of the log"))
        .expect("a row");
    assert!(row.contains("of 3 lines in countersign.heads/"), "{row}");
    // What is sealed later does not change it.
    place.run(&["check", "--max-age", "36500", "--baseline", "none"]);
    assert_eq!(about("two"), first);
}

#[test]
fn a_baseline_that_was_edited_and_sealed_again_is_refused_by_every_reader() {
    let place = whole();
    json_at(
        &place,
        &format!("data/snapshot={BEFORE}/manifest.json"),
        |m| {
            m["config_sha256"] = json!("0".repeat(64));
        },
    );
    redo(&place.data(), false);
    for reader in [
        &["check", "--no-store", "--max-age", "36500"][..],
        &["query", "SELECT 1 AS n"],
        &["diff", BEFORE, NOW],
        &["report", "drift", "--max-age", "36500", "--out", "out"],
        &["review", "status"],
    ] {
        let output = place.run(reader);
        assert_eq!(
            output.status.code(),
            Some(3),
            "{reader:?}: {}",
            said(&output)
        );
    }
    assert!(!place.path("out").exists());
    place.ends(&["verify"], 3);
}

#[test]
fn what_is_gone_is_missed() {
    // The newest snapshot: the one before is never taken for the latest in silence.
    let place = whole();
    fs::remove_dir_all(place.path(&format!("data/snapshot={NOW}"))).expect("removed");
    let text = place.ends(&["check", "--no-store", "--max-age", "36500"], 3);
    assert!(text.contains(NOW), "{text}");
    place.ends(&["verify"], 3);

    // An assessment: dates of first sight would be later.
    let place = whole();
    let name = lines(&place.data())[1]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    fs::remove_dir_all(place.path(&format!("data/assessment={name}"))).expect("removed");
    let text = place.ends(&["check", "--no-store", "--max-age", "36500"], 3);
    assert!(text.contains(&name), "{text}");

    // The last import.
    let place = whole();
    let review = format!("data/review={NOW}");
    fs::remove_file(place.path(&format!("{review}/import-0003.json"))).expect("removed");
    place.ends(&["review", "status"], 3);
    place.ends(&["verify"], 3);
}

#[test]
fn dates_of_first_sight_that_were_changed_are_not_believed() {
    let place = whole();
    let checked = |place: &Place| {
        let arguments = [
            "check",
            "--no-store",
            "--max-age",
            "36500",
            "--format",
            "json",
        ];
        String::from_utf8(place.run(&arguments).stdout).expect("text")
    };
    let honest = checked(&place);
    assert!(honest.contains("2026-10-02T06:00:00Z") && !honest.contains("2020-"));
    place.change("data/.first-seen", |bytes| {
        let text = String::from_utf8(bytes).expect("text");
        let body = text.split_once('\n').expect("two lines").1;
        // 2 October 2026 becomes 1 January 2020.
        let body = body.replace("1790920800", "1577836800");
        assert_ne!(body, text);
        format!("{}\n{body}", countersign::hash::sha256(body.as_bytes())).into_bytes()
    });
    assert_eq!(checked(&place), honest);
    place.ends(&["verify"], 3);
}

#[test]
fn all_of_it_written_again_is_found_with_a_kept_head_alone() {
    /// What was done, and how it is done.
    type Change = (&'static str, fn(&Place));
    let changes: [Change; 7] = [
        ("items cut", |p| {
            p.change(&format!("data/review={NOW}/items.jsonl"), |b| {
                let text = String::from_utf8(b).expect("text");
                let lines = text.lines().take(text.lines().count() - 5);
                lines
                    .map(|l| format!("{l}\n"))
                    .collect::<String>()
                    .into_bytes()
            });
        }),
        ("due date", |p| {
            json_at(p, &format!("data/review={NOW}/campaign.json"), |r| {
                r["due_at"] = json!("2030-01-01T00:00:00Z");
            });
        }),
        ("imports in the middle", |p| {
            let path = p.path(&format!("data/review={NOW}/import-0002.json"));
            fs::remove_file(path).expect("removed");
        }),
        ("last decision", |p| {
            json_at(p, &format!("data/review={NOW}/import-0003.json"), |r| {
                r["decisions"][1]["decision"] = json!("Keep");
            });
        }),
        ("review removed", |p| {
            fs::remove_dir_all(p.path(&format!("data/review={NOW}"))).expect("removed");
        }),
        ("snapshot under it", |p| {
            json_at(p, &format!("data/snapshot={NOW}/manifest.json"), |m| {
                m["config_sha256"] = json!("1".repeat(64));
            });
        }),
        ("assessment", |p| {
            let name = lines(&p.data())[3]["id"]
                .as_str()
                .expect("an id")
                .to_owned();
            json_at(p, &format!("data/assessment={name}/findings.json"), |d| {
                d["findings"].as_array_mut().expect("findings").pop();
            });
        }),
    ];
    for (what, change) in changes {
        let place = whole();
        let head = place.run(&["head"]).stdout;
        put(&place.path("kept"), &head);
        change(&place);
        redo(&place.data(), false);
        place.ends(&["verify"], 3);
        redo(&place.data(), true);
        let with = place.ends(&["verify", "--checkpoint", "kept"], 3);
        assert!(with.contains("log of heads  NOT"), "{what}: {with}");
    }
}

#[test]
fn a_log_that_was_cut_or_taken_away_is_found() {
    let place = whole();
    let head = place.run(&["head"]).stdout;
    put(&place.path("kept"), &head);
    place.change("data/heads.jsonl", |bytes| {
        let text = String::from_utf8(bytes).expect("text");
        text.lines()
            .take(5)
            .map(|l| format!("{l}\n"))
            .collect::<String>()
            .into_bytes()
    });
    place.ends(&["verify"], 3);
    place.ends(&["review", "status"], 3);
    fs::remove_file(place.path("data/heads.jsonl")).expect("removed");
    // A copy without the log is read, and it is said that nothing testifies.
    let text = place.ends(&["diff", BEFORE, NOW], 0);
    assert!(text.contains("nothing testifies"), "{text}");
    let text = place.ends(&["verify"], 3);
    assert!(text.contains("heads.jsonl is gone"), "{text}");
    place.ends(&["verify", "--checkpoint", "kept"], 3);
    place.ends(&["head"], 64);
    // A new log that begins over it does not hide it.
    place.run(&["check", "--max-age", "36500", "--baseline", "none"]);
    place.ends(&["verify"], 3);
}

#[test]
fn what_is_put_beside_the_program_is_never_taken_in() {
    let place = whole();
    let forged = place.path("data/snapshot=2026-11-20T06-00-00Z");
    super::place::copy(&place.path(&format!("data/snapshot={NOW}")), &forged);
    json_at(
        &place,
        "data/snapshot=2026-11-20T06-00-00Z/manifest.json",
        |m| {
            m["as_of"] = json!("2026-11-20T06:00:00Z");
        },
    );
    redo(&place.data(), false);
    let text = place.ends(&["check", "--no-store", "--max-age", "36500"], 3);
    assert!(text.contains("2026-11-20"), "{text}");
    // A command that writes does not give it a line.
    place.run(&["check", "--snapshot", BEFORE, "--baseline", "none"]);
    let all = lines(&place.data());
    assert!(
        all.iter().all(|l| l["id"] != "2026-11-20T06-00-00Z"),
        "{all:?}"
    );
    place.ends(&["verify"], 3);
    put(&place.path("data/notes.txt"), b"x");
    let text = place.ends(&["verify"], 3);
    assert!(text.contains("notes.txt"), "{text}");
}

#[test]
fn a_damaged_snapshot_does_not_stop_the_next() {
    let place = whole();
    put(
        &place.path(&format!("data/snapshot={NOW}/manifest.json")),
        b"{",
    );
    put(
        &place.path("exports/exported-at.toml"),
        b"entra = 2026-11-09T06:00:00Z\ngithub = 2026-11-09T06:00:00Z\n",
    );
    let sealed = place.ends(&["snapshot", "--from", "exports", "--quiet"], 0);
    assert_eq!(sealed.trim(), "2026-11-09T06-00-00Z");
    let manifest = fs::read(place.path("data/snapshot=2026-11-09T06-00-00Z/manifest.json"));
    let manifest: Value = serde_json::from_slice(&manifest.expect("a manifest")).expect("JSON");
    // It follows what was sealed, as the log knows it.
    assert_eq!(manifest["sequence"], 3);
    assert_eq!(manifest["previous"]["snapshot"], NOW);
    let list = place.ends(&["snapshots", "list"], 3);
    assert!(list.contains("2026-11-09T06-00-00Z"), "{list}");
}
