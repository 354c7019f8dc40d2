//! Seals a data directory again after it was edited: every hash, every link of the
//! chain, every name that is a hash, the index of first-seen dates and, when asked,
//! the log of heads, as somebody would who knows how it works and may write
//! everything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use countersign::hash::sha256;
use serde_json::{Map, Value, json};

use super::place::put;

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write(path: &Path, value: &Value) -> String {
    let bytes = serde_json_canonicalizer::to_vec(value).expect("bytes");
    put(path, &bytes);
    sha256(&bytes)
}

fn hash(path: &Path) -> Option<String> {
    Some(sha256(&fs::read(path).ok()?))
}

fn folders(data: &Path, prefix: &str) -> Vec<String> {
    let mut all: Vec<String> = fs::read_dir(data)
        .expect("a folder")
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter_map(|n| Some(n.strip_prefix(prefix)?.to_owned()))
        .collect();
    all.sort();
    all
}

/// Lines of the log of heads.
pub(crate) fn lines(data: &Path) -> Vec<Value> {
    let text = fs::read_to_string(data.join("heads.jsonl")).unwrap_or_default();
    text.lines()
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect()
}

/// What is in the directory: kind, id, file of the record.
fn objects(data: &Path) -> Vec<(&'static str, String, PathBuf)> {
    let mut all = Vec::new();
    for id in folders(data, "snapshot=") {
        let path = data.join(format!("snapshot={id}/manifest.json"));
        all.push(("snapshot", id, path));
    }
    for id in folders(data, "assessment=") {
        let path = data.join(format!("assessment={id}/manifest.json"));
        all.push(("assessment", id, path));
    }
    for id in folders(data, "review=") {
        let dir = data.join(format!("review={id}"));
        all.push(("review", id.clone(), dir.join("campaign.json")));
        for import in folders(&dir, "import-") {
            let name = format!("import-{import}");
            all.push(("review-import", format!("{id}/{name}"), dir.join(name)));
        }
    }
    all.retain(|(_, _, path)| path.is_file());
    all
}

/// The order in which what is there stands in the log, with what the log does not
/// know at its end.
fn order(data: &Path) -> Vec<(String, String)> {
    let there = objects(data);
    let is_there = |kind: &str, id: &str| there.iter().any(|(k, i, _)| *k == kind && i == id);
    let mut all: Vec<(String, String)> = lines(data)
        .iter()
        .filter_map(|l| Some((l["kind"].as_str()?.to_owned(), l["id"].as_str()?.to_owned())))
        .filter(|(kind, id)| is_there(kind, id))
        .collect();
    for (kind, id, _) in &there {
        if !all.iter().any(|(k, i)| k == kind && i == id) {
            all.push(((*kind).to_owned(), id.clone()));
        }
    }
    all
}

fn snapshots(data: &Path, logged: &[(String, String)]) -> BTreeMap<String, (u64, String)> {
    let mut all: Vec<(u64, String, Value)> = folders(data, "snapshot=")
        .into_iter()
        .filter_map(|id| {
            let manifest = read(&data.join(format!("snapshot={id}/manifest.json")))?;
            Some((manifest["sequence"].as_u64()?, id, manifest))
        })
        .collect();
    all.sort_by_key(|(number, id, _)| (*number, id.clone()));
    let mut previous = Value::Null;
    let mut hashes = BTreeMap::new();
    for (place, (_, id, mut manifest)) in all.into_iter().enumerate() {
        let dir = data.join(format!("snapshot={id}"));
        let number = place as u64 + 1;
        manifest["snapshot"] = json!(id);
        manifest["sequence"] = json!(number);
        manifest["previous"] = previous;
        let line = logged.iter().position(|(k, i)| k == "snapshot" && *i == id);
        manifest["logged_as"] = json!(line.map(|l| l + 1));
        let mut sums = Vec::new();
        for table in manifest["tables"].as_array_mut().expect("tables") {
            let file = table["file"].as_str().expect("a file").to_owned();
            if let Ok(bytes) = fs::read(dir.join(&file)) {
                table["bytes"] = json!(bytes.len());
                table["sha256"] = json!(sha256(&bytes));
            }
            sums.push((file, table["sha256"].as_str().expect("a hash").to_owned()));
        }
        let own = write(&dir.join("manifest.json"), &manifest);
        sums.push(("manifest.json".to_owned(), own.clone()));
        sums.sort();
        let text: String = sums.iter().map(|(f, h)| format!("{h}  {f}\n")).collect();
        put(&dir.join("SHA256SUMS"), text.as_bytes());
        previous = json!({"snapshot": id, "manifest_sha256": own});
        hashes.insert(id, (number, own));
    }
    hashes
}

/// Gives the old and the new names of what was renamed.
fn assessments(
    data: &Path,
    snapshots: &BTreeMap<String, (u64, String)>,
) -> BTreeMap<String, String> {
    let mut renamed = BTreeMap::new();
    for id in folders(data, "assessment=") {
        let dir = data.join(format!("assessment={id}"));
        let Some(mut manifest) = read(&dir.join("manifest.json")) else {
            continue;
        };
        let Some(document) = read(&dir.join("findings.json")) else {
            continue;
        };
        let findings = write(&dir.join("findings.json"), &document);
        let of = |id: &Value| {
            let found = id.as_str().and_then(|id| snapshots.get(id));
            found.map(|(_, hash)| json!(hash))
        };
        if let Some(hash) = of(&manifest["snapshot"].clone()) {
            manifest["basis"]["snapshot_sha256"] = hash;
        }
        if let Some(hash) = of(&manifest["baseline"].clone()) {
            manifest["basis"]["baseline_sha256"] = hash;
        }
        manifest["findings_sha256"] = json!(findings);
        manifest["findings"] = json!(document["findings"].as_array().map_or(0, Vec::len));
        let own = write(&dir.join("manifest.json"), &manifest);
        let sums = format!("{findings}  findings.json\n{own}  manifest.json\n");
        put(&dir.join("SHA256SUMS"), sums.as_bytes());
        let basis = serde_json_canonicalizer::to_vec(&manifest["basis"]).expect("bytes");
        let snapshot = manifest["snapshot"].as_str().unwrap_or_default();
        let name = format!("{snapshot}~{}", &sha256(&basis)[..12]);
        if name != id && !data.join(format!("assessment={name}")).exists() {
            fs::rename(&dir, data.join(format!("assessment={name}"))).expect("renamed");
            renamed.insert(id, name);
        }
    }
    renamed
}

fn reviews(data: &Path, snapshots: &BTreeMap<String, (u64, String)>) {
    for id in folders(data, "review=") {
        let dir = data.join(format!("review={id}"));
        let Some(mut record) = read(&dir.join("campaign.json")) else {
            continue;
        };
        let items = fs::read_to_string(dir.join("items.jsonl")).unwrap_or_default();
        let all: Vec<Value> = items
            .lines()
            .filter_map(|l| serde_json::from_str(l).ok())
            .collect();
        record["items"] = json!(all.len());
        record["items_sha256"] = json!(sha256(items.as_bytes()));
        for scope in record["workbooks"].as_array_mut().expect("workbooks") {
            let owner = scope["owner"].as_str().map(str::to_owned);
            let held = all.iter().filter(|i| {
                let of = i["owner"].as_str().unwrap_or("no application owner");
                owner.as_deref().is_none_or(|o| o == of)
            });
            scope["items"] = json!(held.count());
        }
        if let Some((_, hash)) = record["snapshot"].as_str().and_then(|s| snapshots.get(s)) {
            record["manifest_sha256"] = json!(hash);
        }
        let own = write(&dir.join("campaign.json"), &record);
        let sums = format!(
            "{own}  campaign.json\n{}  items.jsonl\n",
            sha256(items.as_bytes())
        );
        put(&dir.join("SHA256SUMS"), sums.as_bytes());
        let mut previous = Value::Null;
        for (place, import) in folders(&dir, "import-").into_iter().enumerate() {
            let path = dir.join(format!("import-{import}"));
            let Some(mut record) = read(&path) else {
                continue;
            };
            record["number"] = json!(place + 1);
            record["previous_sha256"] = previous;
            let target = dir.join(format!("import-{:04}.json", place + 1));
            if target != path {
                fs::rename(&path, &target).expect("renamed");
            }
            previous = json!(write(&target, &record));
        }
    }
}

/// Works the index of first-seen dates out again, keeping the dates that it has for
/// the findings that it knows.
fn index(data: &Path, renamed: &BTreeMap<String, String>) -> Option<String> {
    let path = data.join(".first-seen");
    let text = fs::read_to_string(&path).ok()?;
    let mut index: Value = serde_json::from_str(text.split_once('\n')?.1).ok()?;
    let mut read = Map::new();
    for (name, _) in index["read"].as_object()? {
        let name = renamed.get(name).unwrap_or(name);
        let dir = data.join(format!("assessment={name}"));
        let hashes = ["manifest.json", "findings.json", "SHA256SUMS"].map(|f| hash(&dir.join(f)));
        let [Some(manifest), Some(findings), Some(sums)] = hashes else {
            continue;
        };
        let all = sha256(format!("{manifest}{findings}{sums}").as_bytes());
        read.insert(name.clone(), json!([manifest, all]));
    }
    index["read"] = Value::Object(read);
    let body = serde_json::to_string(&index).expect("text");
    let text = format!("{}\n{body}", sha256(body.as_bytes()));
    put(&path, text.as_bytes());
    Some(sha256(text.as_bytes()))
}

/// Does everything again; with the log of heads, too, or without.
pub(crate) fn redo(data: &Path, with_log: bool) {
    let before = lines(data);
    let mut logged = order(data);
    let snapshots = snapshots(data, &logged);
    let renamed = assessments(data, &snapshots);
    reviews(data, &snapshots);
    let index = index(data, &renamed);
    if !with_log {
        return;
    }
    for (kind, id) in &mut logged {
        if let (true, Some(name)) = (kind == "assessment", renamed.get(id)) {
            id.clone_from(name);
        }
    }
    let there = objects(data);
    logged.retain(|(kind, id)| there.iter().any(|(k, i, _)| k == kind && i == id));
    for (kind, id, _) in &there {
        if !logged.iter().any(|(k, i)| k == kind && i == id) {
            logged.push(((*kind).to_owned(), id.clone()));
        }
    }
    let last = logged.iter().rposition(|(kind, _)| kind == "assessment");
    let mut text = Vec::new();
    for (place, (kind, id)) in logged.iter().enumerate() {
        let (_, _, path) = there
            .iter()
            .find(|(k, i, _)| k == kind && i == id)
            .expect("what is there");
        let old = before.iter().find(|l| l["kind"] == *kind && l["id"] == *id);
        let mut line = json!({
            "sequence": place + 1, "kind": kind, "id": id,
            "sha256": hash(path).expect("a record"),
            "time": old.or(before.last()).map_or(json!("2026-11-01T06:00:00Z"), |l| l["time"].clone()),
        });
        if let Some((number, _)) = snapshots.get(id).filter(|_| kind == "snapshot") {
            line["number"] = json!(number);
        }
        if let (true, Some(index)) = (Some(place) == last, &index) {
            line["index_sha256"] = json!(index);
        }
        text.extend(serde_json_canonicalizer::to_vec(&line).expect("bytes"));
        text.push(b'\n');
    }
    put(&data.join("heads.jsonl"), &text);
}
