//! Data directories to do things to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use countersign::dataset::store::Store;
use countersign::review::campaign;
use countersign::review::decisions::{self, Decision, Import};

/// A folder in which the program runs, with its data below `data`.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
}

pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Copies a folder. Files are linked: whoever changes one must replace it. The log
/// is written at its end, so it is a copy.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.ends_with("heads.jsonl") {
            fs::copy(&path, &target).expect("copied");
        } else {
            fs::hard_link(&path, &target).expect("linked");
        }
    }
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(crate) fn copy_of(other: &Path) -> Self {
        let place = Self::empty();
        copy(other, place.dir.path());
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_countersign"))
            .env_clear()
            .env("USER", "operator")
            .current_dir(self.dir.path())
            .args(["--config", "countersign.toml", "--data", "data"])
            .args(arguments)
            .output()
            .expect("the program runs")
    }

    /// Runs a command and makes sure of its exit code; gives what it said.
    pub(crate) fn ends(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    }

    /// Replaces a file by what a change makes of it.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let path = self.path(name);
        let bytes = change(fs::read(&path).expect("a file"));
        put(&path, &bytes);
    }
}

/// Puts a file in the place of another one, so that copies of that stay as they are.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).expect("written");
}

/// The smallest organisation of two months, checked and reviewed, with two imports.
pub(crate) static WHOLE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let demo = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .args([
            "demo",
            "--size",
            "tiny",
            "--seed",
            "1",
            "--from-files",
            "--quiet",
        ])
        .args(["--as-of", "2026-11-01T06:00:00Z", "--out"])
        .arg(dir.path().join("demo"))
        .output()
        .expect("the program runs");
    assert_eq!(demo.status.code(), Some(0), "{}", said(&demo));
    let place = Place::empty();
    for part in ["countersign.toml", "registers", "data", "exports"] {
        fs::rename(dir.path().join("demo").join(part), place.path(part)).expect("moved");
    }
    place.ends(
        &["review", "open", "--max-age", "36500", "--out", "review"],
        0,
    );
    import(&place, &[("Remove", 0), ("Keep", 1)]);
    import(&place, &[("Keep", 2)]);
    import(&place, &[("Keep", 3), ("Remove", 4)]);
    fs::remove_dir_all(place.path("review")).expect("removed");
    place.dir
});

/// Records an import with decisions about some items.
fn import(place: &Place, decisions: &[(&str, usize)]) {
    let store = Store::new(place.data()).at(chrono::Utc::now());
    let id = campaign::list(&store).expect("reviews").remove(0);
    let opened = campaign::load(&store, &id).expect("a review");
    let mut imports = decisions::load(&store, &id).expect("imports");
    let decisions = decisions.iter().map(|(word, at)| Decision {
        item_id: opened.items[*at].item_id.clone(),
        decision: (*word).to_owned(),
        justification: Some("a reason".to_owned()),
        reviewer: "head.of.hosting@example.gov.uk".to_owned(),
        decided_on: None,
    });
    let import = Import {
        format: String::new(),
        campaign: id.clone(),
        number: 0,
        imported_at: chrono::Utc::now(),
        imported_by: "operator".to_owned(),
        file: "returned.xlsx".to_owned(),
        file_sha256: format!("{:064x}", imports.all.len()),
        saved_by: None,
        previous_sha256: None,
        decisions: decisions.collect(),
        problems: Vec::new(),
        notes: Vec::new(),
    };
    decisions::keep(&store, &mut imports, import).expect("kept");
}
