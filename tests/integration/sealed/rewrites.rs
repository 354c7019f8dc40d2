//! Random rewrites of a data directory: without an old head everything that
//! contradicts something else is found; with one, everything.
//!
//! `COUNTERSIGN_REWRITES` says how many, `COUNTERSIGN_REWRITES_SEED` which.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::{Value, json};

use super::place::{Place, WHOLE, put};
use super::redo::redo;

/// How much is done again after an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Redone {
    /// Nothing.
    Nothing,
    /// Every hash and name but the log of heads.
    AllButLog,
    /// The log of heads too: nothing contradicts anything.
    All,
}

fn below(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut stack = vec![dir.to_owned()];
    while let Some(dir) = stack.pop() {
        for entry in fs::read_dir(&dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                stack.push(path);
            } else if path.file_name().is_some_and(|n| n != ".lock") {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = below(dir).into_iter();
    files
        .map(|path| {
            let name = path.strip_prefix(dir).expect("below").to_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect()
}

fn folders(data: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(data)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .filter(|p| {
            let name = p.file_name().and_then(|n| n.to_str());
            name.is_some_and(|n| n.starts_with(prefix))
        })
        .collect();
    all.sort();
    all
}

fn any<T: Clone>(rng: &mut Rng, all: &[T]) -> Option<T> {
    rng.choice(all).cloned()
}

fn json_at(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON");
    change(&mut value);
    put(
        path,
        &serde_json_canonicalizer::to_vec(&value).expect("bytes"),
    );
}

fn text_at(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).expect("text");
    put(path, change(text).as_bytes());
}

/// Changes something; says what.
fn edit(data: &Path, rng: &mut Rng) -> String {
    let snapshots = folders(data, "snapshot=");
    let assessments = folders(data, "assessment=");
    let review = folders(data, "review=").remove(0);
    let imports = folders(&review, "import-");
    let snapshot = any(rng, &snapshots).expect("a snapshot");
    let assessment = any(rng, &assessments).expect("an assessment");
    let import = any(rng, &imports).expect("an import");
    let items = review.join("items.jsonl");
    let log = data.join("heads.jsonl");
    match rng.u8(..24) {
        0 => {
            let file = any(rng, &below(data)).expect("a file");
            let mut bytes = fs::read(&file).expect("a file");
            if !bytes.is_empty() {
                let at = rng.usize(..bytes.len());
                bytes[at] ^= 1 << rng.u8(..8);
            }
            put(&file, &bytes);
            format!("a bit of {}", file.display())
        }
        1 => {
            let file = any(rng, &below(data)).expect("a file");
            fs::remove_file(&file).expect("removed");
            format!("{} removed", file.display())
        }
        2 => {
            let file = any(rng, &below(&snapshot)).expect("a file");
            let other = any(rng, &below(&snapshot)).expect("a file");
            put(&file, &fs::read(other).expect("a file"));
            format!("{} is another file", file.display())
        }
        3 => {
            fs::remove_dir_all(&snapshot).expect("removed");
            format!("{} removed", snapshot.display())
        }
        4 => {
            let (a, b) = (snapshots[0].clone(), snapshots[1].clone());
            let aside = data.join("aside");
            fs::rename(&a, &aside).expect("moved");
            fs::rename(&b, &a).expect("moved");
            fs::rename(&aside, &b).expect("moved");
            "two snapshots in each other's place".to_owned()
        }
        5 => {
            let id = [
                "2026-10-31T06-00-00Z",
                "2026-11-01T06-00-00Z-2",
                "2026-11-20T06-00-00Z",
            ];
            let to = data.join(format!("snapshot={}", any(rng, &id).expect("an id")));
            super::place::copy(&snapshot, &to);
            let table = to.join("entra_user/part-0.parquet");
            let bytes = fs::read(&table).expect("a table");
            put(&table, &bytes);
            json_at(&to.join("manifest.json"), |m| m["sequence"] = json!(3));
            "a snapshot that nobody sealed".to_owned()
        }
        6 => {
            json_at(&snapshot.join("manifest.json"), |m| {
                let tables = m["tables"].as_array_mut().expect("tables");
                let at = rng.usize(..tables.len());
                let skipped = tables[at]["state"] == "skipped";
                tables[at]["state"] = json!(if skipped { "complete" } else { "skipped" });
            });
            "a table's coverage".to_owned()
        }
        7 => {
            json_at(&snapshot.join("manifest.json"), |m| {
                m["settings"]["entra"]["stale_days"] = json!(rng.u32(100..100_000));
            });
            "a setting in a manifest".to_owned()
        }
        8 | 9 => {
            json_at(&assessment.join("findings.json"), |m| {
                let findings = m["findings"].as_array_mut().expect("findings");
                let at = rng.usize(..findings.len());
                match rng.u8(..3) {
                    0 => findings[at]["first_seen"] = json!("2020-01-01T00:00:00Z"),
                    1 => findings[at]["severity"] = json!("info-of-old"),
                    _ => drop(findings.remove(at)),
                }
            });
            "a finding of an assessment".to_owned()
        }
        10 => {
            fs::remove_dir_all(&assessment).expect("removed");
            "an assessment removed".to_owned()
        }
        11 | 12 => {
            let path = data.join(".first-seen");
            let text = fs::read_to_string(&path).expect("an index");
            let (_, body) = text.split_once('\n').expect("two lines");
            let body = body.replacen("17", "15", 1 + rng.usize(..3));
            let sum = countersign::hash::sha256(body.as_bytes());
            put(&path, format!("{sum}\n{body}").as_bytes());
            "dates of first sight".to_owned()
        }
        13 | 14 => {
            text_at(&items, |text| {
                let lines: Vec<&str> = text.lines().collect();
                let keep = rng.usize(1..lines.len());
                lines[..keep].iter().map(|l| format!("{l}\n")).collect()
            });
            "items of a review cut out".to_owned()
        }
        15 => {
            text_at(&items, |text| {
                text.replacen(
                    "\"privileged\":true",
                    "\"privileged\":false",
                    1 + rng.usize(..9),
                )
            });
            "privileged items called plain".to_owned()
        }
        16 => {
            json_at(&review.join("campaign.json"), |r| {
                r["due_at"] = json!("2027-11-01T06:00:00Z");
            });
            "the day when a review is due".to_owned()
        }
        17 => {
            fs::remove_file(imports.last().expect("an import")).expect("removed");
            "the last import removed".to_owned()
        }
        18 => {
            fs::remove_file(&import).expect("removed");
            "an import removed".to_owned()
        }
        19 => {
            json_at(&import, |r| {
                let decisions = r["decisions"].as_array_mut().expect("decisions");
                let at = rng.usize(..decisions.len());
                let keep = decisions[at]["decision"] == "Keep";
                decisions[at]["decision"] = json!(if keep { "Remove" } else { "Keep" });
            });
            "a decision".to_owned()
        }
        20 => {
            let next = review.join(format!("import-{:04}.json", imports.len() + 1));
            put(&next, &fs::read(&import).expect("an import"));
            "an import that nobody read".to_owned()
        }
        21 => {
            fs::remove_dir_all(&review).expect("removed");
            "a review removed".to_owned()
        }
        22 => {
            let places = [data.to_owned(), snapshot.clone(), assessment, review];
            let place = any(rng, &places).expect("a place");
            let name = ["notes.txt", ".hidden", "part-1.parquet"];
            put(&place.join(any(rng, &name).expect("a name")), b"x");
            format!("a file put into {}", place.display())
        }
        _ => {
            let kind = rng.u8(..4);
            if kind == 0 {
                fs::remove_file(&log).expect("removed");
                return "the log removed".to_owned();
            }
            text_at(&log, |text| {
                let mut lines: Vec<&str> = text.lines().collect();
                let at = rng.usize(..lines.len());
                match kind {
                    1 => drop(lines.remove(at)),
                    2 => lines.swap(at, (at + 1) % text.lines().count()),
                    _ => lines.truncate(at),
                }
                lines.iter().map(|l| format!("{l}\n")).collect()
            });
            "lines of the log".to_owned()
        }
    }
}

#[test]
fn rewrites_are_found() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let wanted = number("COUNTERSIGN_REWRITES").unwrap_or(60);
    let mut rng = Rng::with_seed(number("COUNTERSIGN_REWRITES_SEED").unwrap_or(11));
    let whole = WHOLE.path();
    let untouched = Place::copy_of(whole);
    let head = untouched.run(&["head"]);
    assert_eq!(head.status.code(), Some(0), "{head:?}");
    let kept = untouched.path("checkpoint");
    put(&kept, &head.stdout);
    let kept = kept.to_str().expect("a path");
    untouched.ends(&["verify", "--checkpoint", kept], 0);
    let before = tree(&untouched.data());

    let mut tried: BTreeMap<(Redone, &str), u64> = BTreeMap::new();
    let mut missed = Vec::new();
    let mut done = 0;
    while done < wanted {
        let place = Place::copy_of(whole);
        let data = place.data();
        let mut what = edit(&data, &mut rng);
        for _ in 1..rng.u8(1..3) {
            // More than one, where what is left allows it.
            if !folders(&data, "review=").is_empty()
                && folders(&data, "snapshot=").len() > 1
                && folders(&data, "assessment=").len() > 1
                && data.join("heads.jsonl").exists()
                && data.join(".first-seen").exists()
                && below(&data).len() == before.len()
                && rng.bool()
            {
                let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    edit(&data, &mut rng)
                }));
                what = format!("{what}; {}", again.unwrap_or_default());
            }
        }
        let redone = [Redone::Nothing, Redone::AllButLog, Redone::All][rng.usize(..3)];
        let sealed = std::panic::catch_unwind(|| match redone {
            Redone::Nothing => {}
            Redone::AllButLog => redo(&data, false),
            Redone::All => redo(&data, true),
        });
        // What cannot be sealed again is tried as it lies there.
        let redone = if sealed.is_ok() {
            redone
        } else {
            Redone::Nothing
        };
        let now = tree(&data);
        if now == before {
            continue;
        }
        done += 1;
        let alone = place.run(&["verify"]).status.code();
        let with = place.run(&["verify", "--checkpoint", kept]).status.code();
        let result = match (alone, with) {
            (Some(3), Some(3)) => "found without a head",
            (Some(0), Some(3)) if redone == Redone::All => "found with a head alone",
            // The log is derived from nothing: what it does not speak of is derived too.
            _ => {
                missed.push(format!("{redone:?}: {what}: {alone:?} {with:?}"));
                "missed"
            }
        };
        *tried.entry((redone, result)).or_default() += 1;
    }
    let table: Vec<String> = tried
        .iter()
        .map(|((redone, result), n)| format!("{n:5} {redone:?}: {result}"))
        .collect();
    let text = table.join("\n");
    if let Ok(path) = std::env::var("COUNTERSIGN_REWRITES_RESULT") {
        fs::write(path, format!("{text}\n")).expect("written");
    }
    assert!(missed.is_empty(), "{text}\n{}", missed.join("\n"));
}
