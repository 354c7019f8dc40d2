//! An organisation with one rotation in it, and the program asked about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};
use countersign::estate::{Estate, Rotation};
use serde_json::Value;

pub(crate) const SYNC: &str = "entra/aws-sync-provisioning";
pub(crate) const BROKER: &str = "entra/aws-broker-sign-in";
pub(crate) const STORED: &str = "secretsmanager/000000000042/identity/sync-provisioning";
pub(crate) const NOW: &str = "2026-11-01T06:00:00Z";

/// A folder with configuration, registers and exports.
pub(crate) struct Place(tempfile::TempDir);

/// What the program said of a secret.
pub(crate) struct Card {
    pub(crate) code: Option<i32>,
    pub(crate) value: Value,
    pub(crate) said: String,
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

impl Place {
    pub(crate) fn new(rotation: Rotation) -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        place.write(rotation, 0);
        place
    }

    /// The same organisation some days earlier: exports and registers anew.
    pub(crate) fn write(&self, rotation: Rotation, days: i64) {
        let before = TimeDelta::days(days);
        let estate = Estate::rotating(rotation, 1, moment(NOW), before);
        let exports = self.path().join("exports");
        if exports.exists() {
            fs::remove_dir_all(&exports).expect("removed");
        }
        estate.write_exports(&exports).expect("exports");
        estate.write_registers(self.path()).expect("registers");
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Changes a file, and sees that there was something to change.
    pub(crate) fn edit(&self, name: &str, change: impl Fn(&str) -> String) {
        let path = self.file(name);
        let text = fs::read_to_string(&path).expect("a file");
        let changed = change(&text);
        assert_ne!(text, changed, "{name} has nothing of that kind");
        fs::write(path, changed).expect("written");
    }

    /// Leaves out the lines that hold a text.
    pub(crate) fn without(&self, name: &str, part: &str) {
        self.edit(name, |text| {
            let kept: Vec<&str> = text.lines().filter(|l| !l.contains(part)).collect();
            kept.join("\n") + "\n"
        });
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_countersign"))
            .current_dir(self.path())
            .env_clear()
            .args(args)
            .output()
            .expect("the program runs")
    }

    /// Seals what is there; gives the id of the snapshot.
    pub(crate) fn seal(&self) -> String {
        let sealed = self.run(&["snapshot", "--from", "exports"]);
        let said = String::from_utf8_lossy(&sealed.stderr).into_owned();
        assert!(matches!(sealed.status.code(), Some(0 | 2)), "{said}");
        String::from_utf8_lossy(&sealed.stdout)
            .lines()
            .last()
            .expect("an id")
            .trim()
            .to_owned()
    }

    pub(crate) fn report(&self, secret: &str, snapshot: &str, baseline: &str) -> Card {
        let output = self.run(&[
            "report",
            "pre-rotation",
            "--secret",
            secret,
            "--snapshot",
            snapshot,
            "--baseline",
            baseline,
            "--format",
            "json",
            "--out",
            "out",
        ]);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let text = fs::read_to_string(self.file("out/pre-rotation.json"))
            .unwrap_or_else(|_| panic!("{said}"));
        let document: Value = serde_json::from_str(&text).expect("JSON");
        Card {
            code: output.status.code(),
            value: document["card"].clone(),
            said,
        }
    }

    /// Asks again of the snapshot that is there.
    pub(crate) fn ask_again(&self, secret: &str) -> Card {
        self.report(secret, &NOW.replace(':', "-"), "none")
    }

    /// Seals and asks, without a baseline.
    pub(crate) fn ask(&self, secret: &str) -> Card {
        let snapshot = self.seal();
        self.report(secret, &snapshot, "none")
    }
}

impl Card {
    pub(crate) fn text(&self, key: &str) -> &str {
        self.value[key].as_str().unwrap_or_default()
    }

    /// The answer, and the exit code that goes with it.
    pub(crate) fn answer(&self) -> &str {
        let answer = self.text("answer");
        let code = match answer {
            "GO" => 0,
            "NO-GO" => 1,
            "UNKNOWN" => 2,
            other => panic!("{other} is no answer: {}", self.said),
        };
        assert_eq!(self.code, Some(code), "{}", self.said);
        assert!(self.said.contains(answer), "{}", self.said);
        answer
    }

    pub(crate) fn list(&self, key: &str) -> &[Value] {
        self.value[key].as_array().map_or(&[], Vec::as_slice)
    }

    /// Issued, stored, deployed, synced, old one removed.
    pub(crate) fn chain(&self) -> Vec<&str> {
        self.list("chain")
            .iter()
            .map(|l| l["state"].as_str().unwrap_or_default())
            .collect()
    }

    pub(crate) fn link(&self, name: &str) -> &Value {
        self.list("chain")
            .iter()
            .find(|l| l["link"] == name)
            .unwrap_or_else(|| panic!("no link {name}: {}", self.value))
    }

    /// Questions of a verdict, in order.
    pub(crate) fn questions(&self, verdict: &str) -> Vec<&str> {
        self.list("checks")
            .iter()
            .filter(|c| c["answer"] == verdict)
            .map(|c| c["question"].as_str().unwrap_or_default())
            .collect()
    }

    pub(crate) fn reason(&self, question: &str) -> &str {
        self.list("checks")
            .iter()
            .find(|c| c["question"] == question)
            .and_then(|c| c["reason"].as_str())
            .unwrap_or_else(|| panic!("no question {question}: {}", self.said))
    }

    pub(crate) fn commands(&self) -> Vec<&str> {
        self.list("steps")
            .iter()
            .filter_map(|s| s["commands"].as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// What became of something since the baseline.
    pub(crate) fn after(&self, what: &str) -> &str {
        self.list("after")
            .iter()
            .find(|a| a["what"] == what)
            .and_then(|a| a["state"].as_str())
            .unwrap_or_else(|| panic!("nothing on {what}: {}", self.value["after"]))
    }
}
