//! The same snapshot gives the same bytes: in two folders, two time zones, two
//! locales and on two numbers of threads. So does the same import.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut stack = vec![dir.to_owned()];
    while let Some(path) = stack.pop() {
        for entry in fs::read_dir(&path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                stack.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").display().to_string();
                all.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

struct Surroundings {
    zone: &'static str,
    locale: &'static str,
    threads: &'static str,
    from: &'static str,
}

const TWO: [Surroundings; 2] = [
    Surroundings {
        zone: "UTC",
        locale: "C",
        threads: "1",
        from: "one",
    },
    Surroundings {
        zone: "Pacific/Auckland",
        locale: "tr_TR.UTF-8",
        threads: "4",
        from: "another folder/with a longer name",
    },
];

fn countersign(dir: &Path, around: &Surroundings, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .current_dir(dir)
        .env_clear()
        .env("TZ", around.zone)
        .env("LANG", around.locale)
        .env("LC_ALL", around.locale)
        .env("POLARS_MAX_THREADS", around.threads)
        .args(args)
        .output()
        .expect("the program runs");
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes_all_the_way() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut all = Vec::new();
    for around in &TWO {
        let place = dir.path().join(around.from);
        fs::create_dir_all(&place).expect("a folder");
        countersign(
            &place,
            around,
            &[
                "demo",
                "--from-files",
                "--size",
                "tiny",
                "--seed",
                "9",
                "--as-of",
                "2026-11-01T06:00:00Z",
            ],
        );
        let demo = place.join("countersign-demo");
        countersign(
            &demo,
            around,
            &[
                "--data",
                "data",
                "report",
                "access-review",
                "auditor-evidence",
                "drift",
                "--snapshot",
                "2026-11-01T06-00-00Z",
                "--out",
                "again",
            ],
        );
        countersign(
            &demo,
            around,
            &[
                "--data",
                "data",
                "report",
                "pre-rotation",
                "--secret",
                "entra/aws-sync-provisioning",
                "--snapshot",
                "2026-11-01T06-00-00Z",
                "--out",
                "again",
            ],
        );
        all.push(files(&demo));
    }
    let names: Vec<_> = all[0].keys().collect();
    assert_eq!(names, all[1].keys().collect::<Vec<_>>());
    assert!(names.iter().any(|n| n.contains(".xlsx")));
    for (name, bytes) in &all[0] {
        assert!(bytes == &all[1][name], "{name} differs");
    }
    // Reports made again from the sealed snapshot are those of the first time.
    for (name, bytes) in &all[0] {
        if let Some(rest) = name.strip_prefix("again/") {
            let first = &all[0][&format!("reports/{rest}")];
            assert!(bytes == first, "{rest} differs when it is made again");
        }
    }
}
