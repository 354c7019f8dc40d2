//! A run that is killed at any step leaves the old state or the new one, and
//! the next run works.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use countersign::collect::{self, Origin, Request, Sealed};
use countersign::config::Config;
use countersign::dataset::DatasetError;
use countersign::dataset::commit::{Lock, Step};
use countersign::dataset::store::Store;
use countersign::dataset::verify::{log, verify, verify_all};
use countersign::estate::{Estate, Size};

/// What `abort` ends a process with.
const ABORTED: i32 = 6;
const KILL: &str = "COUNTERSIGN_TEST_KILL_AT";
const PLACE: &str = "COUNTERSIGN_TEST_PLACE";

/// A process that another test is just starting holds a copy of every open
/// file for a moment, and with it the lock: asked again, it is free.
fn seal(
    place: &Path,
    as_of: DateTime<Utc>,
    at_step: &mut dyn FnMut(Step),
    at_file: &(dyn Fn(&str) + Sync),
) -> Result<Sealed, collect::CollectError> {
    for _ in 0..100 {
        match seal_once(place, as_of, at_step, at_file) {
            Err(collect::CollectError::Dataset(DatasetError::Locked { .. })) => {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            other => return other,
        }
    }
    panic!("the lock is held for good");
}

fn seal_once(
    place: &Path,
    as_of: DateTime<Utc>,
    at_step: &mut dyn FnMut(Step),
    at_file: &(dyn Fn(&str) + Sync),
) -> Result<Sealed, collect::CollectError> {
    let config =
        Config::load(&place.join("countersign.toml"), std::iter::empty()).expect("a configuration");
    collect::snapshot(Request {
        origin: Origin::Files(&place.join("exports")),
        as_of: Some(as_of),
        sources: &[],
        config: &config,
        store: &Store::new(place.join("data")),
        progress: at_file,
        observe: at_step,
    })
}

/// Whether every snapshot and the chain verify.
fn sound(store: &Store) -> bool {
    verify_all(store)
        .expect("verified")
        .iter()
        .all(|v| v.differences.is_empty())
}

fn prepared() -> (tempfile::TempDir, DateTime<Utc>) {
    let dir = tempfile::tempdir().expect("a folder");
    let as_of: DateTime<Utc> = "2026-11-01T06:00:00Z".parse().expect("a time");
    let (estate, _) = Estate::generate(Size::TINY, 1, as_of);
    estate
        .write_exports(&dir.path().join("exports"))
        .expect("exports");
    estate.write_registers(dir.path()).expect("registers");
    seal(dir.path(), as_of, &mut |_| {}, &|_| {}).expect("a first snapshot");
    (dir, as_of)
}

/// Not a test of its own: what the tests below start and kill.
#[test]
#[ignore = "the tests below start it and kill it"]
fn child() {
    let kill = std::env::var(KILL).expect("started by a test below");
    let place = std::env::var(PLACE).expect("started by a test below");
    let as_of: DateTime<Utc> = "2026-11-02T06:00:00Z".parse().expect("a time");
    let (kind, number) = kill.split_once(':').expect("kind:number");
    let number: usize = number.parse().expect("a number");
    let (steps, files) = match kind {
        "step" => (number, usize::MAX),
        _ => (usize::MAX, number),
    };
    let file = std::sync::atomic::AtomicUsize::new(0);
    let result = seal(
        Path::new(&place),
        as_of,
        &mut |step| {
            if Step::ALL.iter().position(|s| *s == step) == Some(steps) {
                std::process::abort();
            }
        },
        &|_| {
            if file.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == files {
                std::process::abort();
            }
        },
    );
    result.expect("sealed");
}

fn killed(place: &Path, at: &str) {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "commit::child", "--ignored"])
        .env(KILL, at)
        .env(PLACE, place)
        .output()
        .expect("the child runs")
        .status;
    assert_eq!(
        status.signal(),
        Some(ABORTED),
        "the child was not killed at {at}"
    );
}

/// Every file of the data directory that a reader may take for data.
fn visible(data: &Path) -> BTreeSet<String> {
    fs::read_dir(data)
        .expect("the data directory")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|n| !n.starts_with('.'))
        .collect()
}

fn old_or_new(at: &str, renamed: bool) {
    let (dir, _) = prepared();
    let data = dir.path().join("data");
    let store = Store::new(data.clone());
    killed(dir.path(), at);
    let new = "snapshot=2026-11-02T06-00-00Z".to_owned();
    let after = visible(&data);
    assert_eq!(after.contains(&new), renamed, "{at}: {after:?}");
    let ids: Vec<String> = store.snapshots().expect("a list");
    assert_eq!(ids.len(), if renamed { 2 } else { 1 }, "{at}");
    for id in &ids {
        let verdict = verify(&store, id).expect("verified");
        assert!(
            verdict.differences.is_empty(),
            "{at}: {:?}",
            verdict.differences
        );
    }
    assert!(sound(&store), "{at}");

    // The next run is not in the way of what was left behind, and clears it.
    let next: DateTime<Utc> = "2026-11-03T06:00:00Z".parse().expect("a time");
    let sealed = seal(dir.path(), next, &mut |_| {}, &|_| {}).expect("the next run");
    assert!(sound(&store), "{at}");
    assert_eq!(sealed.manifest.sequence, if renamed { 3 } else { 2 });
    // The log of heads has the line that the killed run did not get to.
    let log = log::verify(&store).expect("verified");
    assert!(log.differences.is_empty(), "{at}: {:?}", log.differences);
    let lines = store.log().expect("read").expect("a log").size();
    assert_eq!(lines, sealed.manifest.sequence, "{at}");
    let staged = data.join(".staging");
    let left = fs::read_dir(&staged).map_or(0, Iterator::count);
    assert_eq!(left, 0, "{at}: the staging directory holds {left} entries");
}

#[test]
fn a_kill_at_each_step_leaves_the_old_state_or_the_new_one() {
    let renamed = Step::ALL
        .iter()
        .position(|s| *s == Step::Renamed)
        .expect("a step");
    for step in 0..Step::ALL.len() {
        old_or_new(&format!("step:{step}"), step >= renamed);
    }
}

#[test]
fn a_kill_while_tables_are_written_leaves_the_old_state() {
    for file in [0, 1, 7, 40] {
        old_or_new(&format!("file:{file}"), false);
    }
}

#[test]
fn two_runs_do_not_write_at_the_same_time() {
    let (dir, as_of) = prepared();
    let store = Store::new(dir.path().join("data"));
    let lock = Lock::take(&store).expect("the lock");
    let later = as_of + TimeDelta::days(1);
    let refused = seal_once(dir.path(), later, &mut |_| {}, &|_| {});
    assert!(matches!(
        refused,
        Err(collect::CollectError::Dataset(DatasetError::Locked { .. }))
    ));
    drop(lock);
    seal(dir.path(), later, &mut |_| {}, &|_| {}).expect("after the lock");
}

#[test]
fn a_snapshot_is_never_overwritten() {
    let (dir, as_of) = prepared();
    let again = seal(dir.path(), as_of, &mut |_| {}, &|_| {});
    assert!(matches!(
        again,
        Err(collect::CollectError::Dataset(DatasetError::Exists { .. }))
    ));
}

#[cfg(unix)]
#[test]
fn files_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, _) = prepared();
    let mut stack = vec![dir.path().join("data")];
    while let Some(path) = stack.pop() {
        let mode = fs::metadata(&path).expect("metadata").permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            stack.extend(
                fs::read_dir(&path)
                    .expect("a folder")
                    .map(|e| e.expect("an entry").path()),
            );
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}

#[test]
fn verify_finds_every_kind_of_change() {
    type Change = (&'static str, fn(&Path));
    let changes: [Change; 6] = [
        ("a flipped bit", |s| {
            let file = s.join("entra_user/part-0.parquet");
            let mut bytes = fs::read(&file).expect("a table");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&file, bytes).expect("written");
        }),
        ("a file that is missing", |s| {
            fs::remove_file(s.join("github_team/part-0.parquet")).expect("removed");
        }),
        ("a file that was added", |s| {
            fs::write(s.join("entra_user/part-1.parquet"), "x").expect("written");
        }),
        ("a file with another name", |s| {
            fs::rename(
                s.join("github_team/part-0.parquet"),
                s.join("github_team/part-2.parquet"),
            )
            .expect("renamed");
        }),
        ("a manifest that says something else", |s| {
            let file = s.join("manifest.json");
            let text = fs::read_to_string(&file).expect("a manifest");
            fs::write(&file, text.replacen("\"complete\"", "\"partial\"", 1)).expect("written");
        }),
        ("sums that were changed", |s| {
            let file = s.join("SHA256SUMS");
            let text = fs::read_to_string(&file).expect("sums");
            let first = text.chars().next().expect("a digit");
            let other = if first == '0' { "1" } else { "0" };
            fs::write(&file, format!("{other}{}", &text[1..])).expect("written");
        }),
    ];
    for (what, change) in changes {
        let (dir, _) = prepared();
        let store = Store::new(dir.path().join("data"));
        let id = store.latest().expect("a snapshot");
        change(&store.snapshot_dir(&id));
        let found = verify(&store, &id).map_or(true, |v| !v.differences.is_empty());
        assert!(found, "{what} was not found");
    }
}

#[test]
fn verify_finds_every_single_flipped_byte_of_a_table() {
    let (dir, _) = prepared();
    let store = Store::new(dir.path().join("data"));
    let id = store.latest().expect("a snapshot");
    let file = store
        .snapshot_dir(&id)
        .join("permission_set/part-0.parquet");
    let bytes = fs::read(&file).expect("a table");
    for at in (0..bytes.len()).step_by(97) {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        fs::write(&file, &other).expect("written");
        assert!(
            !verify(&store, &id)
                .expect("verified")
                .differences
                .is_empty(),
            "byte {at}"
        );
    }
    fs::write(&file, &bytes).expect("written");
    assert!(
        verify(&store, &id)
            .expect("verified")
            .differences
            .is_empty()
    );
}

#[test]
fn a_broken_chain_is_found() {
    let (dir, as_of) = prepared();
    let store = Store::new(dir.path().join("data"));
    for days in 1..4 {
        seal(
            dir.path(),
            as_of + TimeDelta::days(days),
            &mut |_| {},
            &|_| {},
        )
        .expect("a snapshot");
    }
    assert!(sound(&store));
    fs::remove_dir_all(store.snapshot_dir("2026-11-02T06-00-00Z")).expect("removed");
    assert!(!sound(&store));
}
