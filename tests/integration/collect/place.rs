//! An export and registers in a folder of their own, to be damaged and read.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use countersign::collect::{self, CollectError, Origin, Request, Sealed};
use countersign::config::Config;
use countersign::dataset::coverage::State;
use countersign::dataset::manifest::TableEntry;
use countersign::dataset::session::Session;
use countersign::dataset::store::Store;
use countersign::detect::rule::RuleSet;
use countersign::estate::{Estate, Size};
use serde_json::Value;

pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let as_of: DateTime<Utc> = "2026-11-01T06:00:00Z".parse().expect("a time");
        // The month before: healthy enough that every defect is the test's own.
        let (estate, _) = Estate::generate(Size::TINY, 1, as_of);
        estate
            .write_exports(&dir.path().join("exports"))
            .expect("exports");
        estate.write_registers(dir.path()).expect("registers");
        Self { dir }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join("exports").join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("a file of the export")
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.file(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn try_import(&self) -> Result<Sealed, CollectError> {
        let config = Config::load(
            &self.dir.path().join("countersign.toml"),
            std::iter::empty(),
        )?;
        collect::snapshot(Request {
            origin: Origin::Files(&self.dir.path().join("exports")),
            as_of: None,
            sources: &[],
            config: &config,
            store: &self.store(),
            progress: &|_| {},
            observe: &mut |_| {},
        })
    }

    pub(crate) fn import(&self) -> Sealed {
        self.try_import().expect("sealed all the same")
    }

    pub(crate) fn store(&self) -> Store {
        Store::new(self.dir.path().join("data"))
    }

    pub(crate) fn session(&self, sealed: &Sealed) -> Session {
        let rules = RuleSet::load(None).expect("rules");
        let settings = Config::defaults().settings();
        Session::open(&self.store(), &sealed.id, None, &settings, &rules.views()).expect("opens")
    }

    pub(crate) fn rows(&self, sealed: &Sealed, sql: &str) -> Vec<Vec<String>> {
        rows_of(&self.session(sealed), sql)
    }
}

pub(crate) fn rows_of(session: &Session, sql: &str) -> Vec<Vec<String>> {
    let frame = session.collect(sql).expect("rows");
    (0..frame.height())
        .map(|row| {
            frame
                .columns()
                .iter()
                .map(|c| c.get(row).expect("a cell").to_string().replace('"', ""))
                .collect()
        })
        .collect()
}

pub(crate) fn table<'s>(sealed: &'s Sealed, name: &str) -> &'s TableEntry {
    sealed
        .manifest
        .tables
        .iter()
        .find(|t| t.table == name)
        .expect("a table")
}

/// Damage to the export, and the states that it gives.
pub(crate) fn gives(what: &str, damage: impl FnOnce(&Place), expected: &[(&str, State)]) -> Sealed {
    let place = Place::new();
    damage(&place);
    let sealed = place.import();
    for (name, state) in expected {
        let entry = table(&sealed, name);
        assert_eq!(entry.state, *state, "{what}: {name}: {:?}", entry.reasons);
        assert!(
            *state == State::Complete || !entry.reasons.is_empty(),
            "{what}: {name} gives no reason"
        );
    }
    for entry in &sealed.manifest.tables {
        let excluded: u64 = entry.excluded.values().sum();
        assert_eq!(entry.read, entry.rows + excluded, "{what}: {}", entry.table);
    }
    sealed
}

pub(crate) fn countersign_state(sealed: &Sealed, name: &str) -> State {
    table(sealed, name).state
}

/// The records of every page of a file.
pub(crate) fn records(text: &str, list: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .flat_map(|page| {
            page.expect("a page")[list]
                .as_array()
                .expect("a list")
                .clone()
        })
        .collect()
}
