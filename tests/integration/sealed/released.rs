//! Every released version's data directory is read by this one: listed, verified,
//! checked, compared, queried, reported, reviewed, and sealed after.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _};

use serde_json::Value;

use super::place::{Place, put};

const RELEASED: [(u32, &[u8]); 1] = [(1, include_bytes!("../../released/v1.zip"))];

fn unpacked(archive: &[u8]) -> Place {
    let place = Place::empty();
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).expect("a file");
        let path = place.path(&entry.name().expect("a name"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        put(&path, &bytes);
    }
    place
}

fn ids(place: &Place) -> Vec<String> {
    let all = fs::read_dir(place.data()).expect("a folder");
    let mut ids: Vec<String> = all
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter_map(|n| Some(n.strip_prefix("snapshot=")?.to_owned()))
        .collect();
    ids.sort();
    ids
}

fn json(text: &str) -> Value {
    let end = text.rfind(['}', ']']).expect("JSON");
    serde_json::from_str(&text[..=end]).expect("JSON")
}

fn manifest(place: &Place, id: &str) -> Value {
    let path = place.path(&format!("data/snapshot={id}/manifest.json"));
    serde_json::from_slice(&fs::read(path).expect("a manifest")).expect("JSON")
}

#[test]
fn every_released_version_is_read_by_this_one() {
    for (version, archive) in RELEASED {
        let place = unpacked(archive);
        let ids = ids(&place);
        assert_eq!(ids.len(), 2, "version {version}");
        let (a, b) = (ids[0].as_str(), ids[1].as_str());

        let list = place.ends(&["snapshots", "list"], 0);
        assert!(list.contains(a) && list.contains(b), "{list}");
        place.ends(&["snapshots", "show", a], 0);
        place.ends(&["snapshots", "verify"], 0);
        let verified = place.ends(&["verify"], 0);
        for word in ["snapshot", "assessment", "review", "nothing testifies"] {
            assert!(verified.contains(word), "{word}: {verified}");
        }

        // What was sealed then is what is read now: the rows that the manifest counts.
        let sealed = manifest(&place, b);
        let tables = sealed["tables"].as_array().expect("tables");
        let core: BTreeMap<&str, u64> = tables
            .iter()
            .filter(|t| t["core"] == true)
            .map(|t| {
                (
                    t["table"].as_str().expect("a name"),
                    t["rows"].as_u64().expect("rows"),
                )
            })
            .collect();
        assert!(core.len() > 10 && core["entra_user"] > 100);
        for (table, rows) in core {
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            let said = place.run(&["query", &sql, "--format", "json", "--snapshot", b]);
            let counted = json(&String::from_utf8_lossy(&said.stdout));
            assert_eq!(counted[0]["n"], rows, "{table} of version {version}");
        }

        let checked = place.run(&["check", "--snapshot", b, "--no-store", "--format", "json"]);
        assert!(matches!(checked.status.code(), Some(1 | 2)), "{checked:?}");
        let found = json(&String::from_utf8_lossy(&checked.stdout));
        let expired = |f: &&Value| f["rule"] == "secret/expired";
        assert!(
            found["findings"]
                .as_array()
                .expect("findings")
                .iter()
                .any(|f| expired(&f))
        );
        assert!(
            !place.path("data/heads.jsonl").exists(),
            "only looking writes nothing"
        );

        let diff = place.run(&["diff", a, b]);
        assert!(matches!(diff.status.code(), Some(0 | 2)), "{diff:?}");
        assert!(!diff.stdout.is_empty());
        let status = place.run(&["review", "status", "--format", "json"]);
        assert!(matches!(status.status.code(), Some(0..=2)), "{status:?}");
        let status = json(&String::from_utf8_lossy(&status.stdout));
        assert_eq!(status["decisions"]["Remove"], 1, "{status}");
        assert_eq!(status["decisions"]["Keep"], 1);
        let reported = place.run(&[
            "report",
            "access-review",
            "auditor-evidence",
            "drift",
            "--snapshot",
            b,
            "--out",
            "out",
        ]);
        assert!(
            matches!(reported.status.code(), Some(0..=2)),
            "{reported:?}"
        );
        assert!(place.path("out/access-review.html").is_file());

        // The next command that writes begins the log, and says from when it testifies.
        let checked = place.run(&["check", "--snapshot", b]);
        let said = super::place::said(&checked);
        assert!(said.contains("The log of heads testifies from"), "{said}");
        place.ends(&["verify"], 0);
    }
}

/// The same directory with the manifest of a snapshot as a later program may write it.
fn of_a_newer_program(place: &Place, id: &str) {
    let mut manifest = manifest(place, id);
    manifest["schema"] = 99.into();
    manifest["tool"]["version"] = "9.9.9".into();
    manifest["a_field_of_then"] = "x".into();
    put_manifest(place, &format!("snapshot={id}"), &manifest);
}

fn put_manifest(place: &Place, folder: &str, manifest: &Value) {
    let bytes = serde_json_canonicalizer::to_vec(manifest).expect("bytes");
    let hash = countersign::hash::sha256(&bytes);
    put(&place.path(&format!("data/{folder}/manifest.json")), &bytes);
    place.change(&format!("data/{folder}/SHA256SUMS"), |sums| {
        let text = String::from_utf8(sums).expect("text");
        let lines = text.lines().map(|line| match line.split_once("  ") {
            Some((_, "manifest.json")) => format!("{hash}  manifest.json\n"),
            _ => format!("{line}\n"),
        });
        lines.collect::<String>().into_bytes()
    });
}

#[test]
fn a_snapshot_of_a_newer_program_is_refused_by_name_and_breaks_nothing_else() {
    let place = unpacked(RELEASED[0].1);
    let ids = ids(&place);
    let (a, b) = (ids[0].as_str(), ids[1].as_str());
    of_a_newer_program(&place, b);
    let said = place.ends(&["check", "--snapshot", b, "--no-store"], 64);
    assert!(said.contains(b) && said.contains("9.9.9"), "{said}");
    place.ends(&["query", "SELECT 1 AS n", "--snapshot", b], 64);
    let list = place.ends(&["snapshots", "list"], 0);
    assert!(list.contains("sealed by a newer version"), "{list}");
    // The other one is checked as ever.
    let checked = place.run(&["check", "--snapshot", a, "--baseline", "none", "--no-store"]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    // Its bytes are compared, and it is said that nothing more was.
    let said = place.ends(&["snapshots", "verify", b], 2);
    assert!(said.contains("9.9.9"), "{said}");
    place.change(
        &format!("data/snapshot={b}/entra_user/part-0.parquet"),
        |mut bytes| {
            bytes[100] ^= 1;
            bytes
        },
    );
    place.ends(&["snapshots", "verify", b], 3);
}

#[test]
fn an_assessment_of_a_newer_program_gives_its_dates_and_breaks_nothing() {
    let place = unpacked(RELEASED[0].1);
    let ids = ids(&place);
    let all = fs::read_dir(place.data()).expect("a folder");
    let name = all
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .find(|n| n.starts_with(&format!("assessment={}", ids[0])))
        .expect("an assessment");
    let checked = |place: &Place| {
        let arguments = [
            "check",
            "--no-store",
            "--snapshot",
            &ids[1],
            "--format",
            "json",
        ];
        json(&String::from_utf8(place.run(&arguments).stdout).expect("text"))
    };
    let first_seen = |found: &Value| -> std::collections::BTreeMap<String, String> {
        let all = found["findings"].as_array().expect("findings").iter();
        // What was there before is worked out again where its record is of a newer program.
        all.filter(|f| f["status"] == "fail" && f["state"] != "resolved")
            .map(|f| (f["finding_id"].to_string(), f["first_seen"].to_string()))
            .collect()
    };
    let before = first_seen(&checked(&place));
    assert!(before.values().any(|d| d.contains("2026-10-02")));
    let path = place.path(&format!("data/{name}/manifest.json"));
    let mut manifest: Value =
        serde_json::from_slice(&fs::read(path).expect("a manifest")).expect("JSON");
    manifest["format"] = "countersign.assessment/v2".into();
    manifest["a_field_of_then"] = "x".into();
    put_manifest(&place, &name, &manifest);
    assert_eq!(first_seen(&checked(&place)), before);
    let text = place.ends(&["verify"], 2);
    assert!(text.contains("not compared"), "{text}");
}
