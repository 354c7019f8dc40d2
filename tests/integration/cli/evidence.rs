//! The auditor's pack: whole, hashed, signed, never replaced.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Output;

use minisign::{KeyPair, PublicKeyBox, SignatureBox};
use sha2::{Digest as _, Sha256};

use super::place::{DEMO, NOW, code, command, copy, nowhere, on, on_demo, said};

/// Asks for evidence of the demo in a folder, with variables.
fn evidence(out: &Path, options: &[&str], env: &[(&str, &str)]) -> Output {
    let mut asked = command(DEMO.path());
    asked.args(["--config", "demo/countersign.toml", "--data", "demo/data"]);
    asked.args(["report", "auditor-evidence", "--snapshot", NOW]);
    asked.arg("--out").arg(out).args(options);
    asked.envs(env.iter().copied());
    asked.output().expect("the program runs")
}

fn pack(out: &Path, options: &[&str], env: &[(&str, &str)]) -> PathBuf {
    let mut all = vec!["--format", "pack"];
    all.extend(options);
    let made = evidence(out, &all, env);
    assert_eq!(code(&made), Some(0), "{}", said(&made));
    PathBuf::from(String::from_utf8_lossy(&made.stdout).trim())
}

/// Every file of a pack, by its path.
fn files(pack: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut stack = vec![pack.to_owned()];
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            stack.extend(entries.map(|e| e.expect("an entry").path()));
        } else {
            let name = path.strip_prefix(pack).expect("below");
            all.insert(name.display().to_string());
        }
    }
    all
}

#[test]
fn every_file_is_hashed_and_the_same_pack_is_made_once() {
    let out = nowhere();
    let made = pack(out.path(), &[], &[]);
    let sums = fs::read_to_string(made.join("SHA256SUMS")).expect("sums");
    let mut listed = BTreeSet::new();
    for line in sums.lines() {
        let (hash, name) = line.split_once("  ").expect("a hash and a name");
        let bytes = fs::read(made.join(name)).expect("a listed file");
        let mut is = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(is, "{byte:02x}").expect("digits");
        }
        assert_eq!(is, hash, "{name}");
        listed.insert(name.to_owned());
    }
    listed.extend(["SHA256SUMS".to_owned(), "SHA256SUMS.tsq".to_owned()]);
    assert_eq!(listed, files(&made));
    assert_eq!(pack(out.path(), &[], &[]), made, "the same again");
    fs::write(made.join("cover.html"), "altered").expect("written");
    let refused = evidence(out.path(), &["--format", "pack"], &[]);
    assert_eq!(code(&refused), Some(64));
    assert!(said(&refused).contains("cover.html is another one there"));
    let kept = fs::read_to_string(made.join("cover.html")).expect("the page");
    assert_eq!(kept, "altered");
}

#[test]
fn a_key_signs_and_no_output_repeats_it() {
    let out = nowhere();
    let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().expect("a key");
    let text = sk.to_box(None).expect("a box").to_string();
    let file = out.path().join("evidence.key");
    fs::write(&file, &text).expect("written");
    let path = file.to_str().expect("a name");
    let made = pack(&out.path().join("a"), &["--sign-key", path], &[]);
    let key = [("COUNTERSIGN_SIGN_KEY", text.as_str())];
    let by_text = pack(&out.path().join("b"), &[], &key);
    let read = |pack: &Path, name| fs::read_to_string(pack.join(name)).expect("a file");
    let signature = read(&made, "SHA256SUMS.minisig");
    assert_eq!(signature, read(&by_text, "SHA256SUMS.minisig"));
    let public = PublicKeyBox::from_string(&pk.to_box().expect("a box").to_string())
        .and_then(PublicKeyBox::into_public_key)
        .expect("the public key");
    let signature = SignatureBox::from_string(&signature).expect("the form of minisign");
    let sums = File::open(made.join("SHA256SUMS")).expect("sums");
    minisign::verify(&public, &signature, sums, true, false, false).expect("signed");
    let comment = signature.trusted_comment().expect("a comment");
    assert!(comment.contains(NOW), "{comment}");
    let secret = text.lines().nth(1).expect("the key");
    for name in files(&made) {
        let bytes = fs::read(made.join(&name)).expect("a file");
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{name} holds the key");
    }
    let no_key = [("COUNTERSIGN_SIGN_KEY", "not a key")];
    let refused = evidence(&out.path().join("c"), &["--format", "pack"], &no_key);
    assert_eq!(code(&refused), Some(64), "{}", said(&refused));
    assert!(!out.path().join("c").exists(), "nothing was written");
    let missing = evidence(out.path(), &["--sign-key", "no-such-file"], &[]);
    assert_eq!(code(&missing), Some(64), "{}", said(&missing));
}

#[test]
fn formats_of_the_evidence_belong_to_it_alone() {
    for format in ["pack", "ocsf", "oscal"] {
        let refused = on_demo(&["report", "drift", "--format", format]);
        assert_eq!(code(&refused), Some(64), "{}", said(&refused));
        assert!(said(&refused).contains("auditor-evidence"));
    }
    let out = nowhere();
    let made = evidence(out.path(), &["--format", "ocsf,oscal,csv"], &[]);
    assert_eq!(code(&made), Some(0), "{}", said(&made));
    assert!(out.path().join("auditor-evidence.ocsf.jsonl").is_file());
    assert!(out.path().join("auditor-evidence.oscal.json").is_file());
    assert!(out.path().join("auditor-evidence-findings.csv").is_file());
    let every = evidence(&out.path().join("every"), &[], &[]);
    let said = String::from_utf8_lossy(&every.stdout).into_owned();
    assert!(said.contains("auditor-evidence.xlsx") && said.contains("/auditor-evidence-2"));
}

#[test]
fn a_source_that_refused_is_unknown_in_the_pack() {
    let dir = copy();
    fs::write(
        dir.path().join("demo/exports/entra/groups.json"),
        r#"{"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}"#,
    )
    .expect("written");
    let at = "2026-11-02T06:00:00Z";
    let sealed = on(&dir, &["snapshot", "--from", "demo/exports", "--as-of", at]);
    assert_eq!(code(&sealed), Some(2), "{}", said(&sealed));
    let id = at.replace(':', "-");
    let asked = ["report", "auditor-evidence", "--format", "pack"];
    let made = on(
        &dir,
        &[&asked[..], &["--snapshot", &id, "--out", "out"]].concat(),
    );
    assert_eq!(code(&made), Some(2), "{}", said(&made));
    let pack = dir
        .path()
        .join(String::from_utf8_lossy(&made.stdout).trim());
    let cover = fs::read(pack.join("cover.json")).expect("a cover");
    let cover: serde_json::Value = serde_json::from_slice(&cover).expect("JSON");
    assert_eq!(cover["complete"], false);
    let population = files(&pack);
    let mut groups = population.iter().filter(|f| f.contains("/entra_group."));
    assert_eq!(groups.next(), None, "no file says that there are no groups");
    let mut matrix = csv::Reader::from_path(pack.join("lists/control-matrix.csv")).expect("a list");
    let headers = matrix.headers().expect("names").clone();
    let place = |name| headers.iter().position(|h| h == name).expect("a column");
    let (state, unknown) = (place("state"), place("rules_unknown"));
    let mut undecided = 0;
    for row in matrix.records() {
        let row = row.expect("a row");
        if &row[unknown] != "0" {
            assert!(["unknown", "fail"].contains(&&row[state]), "{row:?}");
            undecided += u32::from(&row[state] == "unknown");
        }
    }
    assert!(undecided > 0);
}
