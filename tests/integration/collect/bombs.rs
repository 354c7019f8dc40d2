//! Small files that would become large, long or endless: each is refused by
//! name, in little memory and time, and what is beside it is read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use countersign::dataset::coverage::State;
use countersign::dataset::manifest::TableEntry;
use countersign::dataset::store::Store;

use super::place::Place;

const MIB: u64 = 1 << 20;
/// Processor time that a bomb may cost: five seconds alone, more beside other tests.
const WORK: Duration = Duration::from_secs(10);

/// What a run of the program took, and what it said.
struct Took {
    code: Option<i32>,
    peak: u64,
    processor: Duration,
    said: String,
}

/// Runs the program on a place and watches its memory and processor time.
#[expect(
    clippy::zombie_processes,
    reason = "it is waited for, unless the test fails"
)]
fn watched(place: &Place, args: &[&str]) -> Took {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .current_dir(place.dir.path())
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(place.dir.path().join("said")).expect("a file"))
        .spawn()
        .expect("the program runs");
    let id = child.id();
    let about = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}"));
    let (mut peak, mut ticks) = (0, 0);
    let began = Instant::now();
    let mut ended = None;
    while ended.is_none() {
        if let (Ok(status), Ok(stat)) = (about("status"), about("stat")) {
            let most = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
            let most = most.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            peak = peak.max(most.unwrap_or_default() << 10);
            let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let spent = fields.split_whitespace().skip(11).take(2);
            ticks = spent
                .filter_map(|t| t.parse::<u64>().ok())
                .sum::<u64>()
                .max(ticks);
        }
        std::thread::sleep(Duration::from_millis(3));
        if began.elapsed() > Duration::from_mins(2) {
            child.kill().expect("ended");
            child.wait().expect("its end");
            panic!("{args:?} hangs");
        }
        ended = child.try_wait().expect("its end");
    }
    Took {
        code: ended.and_then(|e| e.code()),
        peak,
        // A tick is a hundredth of a second on Linux.
        processor: Duration::from_millis(ticks * 10),
        said: fs::read_to_string(place.dir.path().join("said")).expect("what it said"),
    }
}

/// Takes a snapshot of a place with a bomb in it, within the memory and time that
/// a bomb may cost; gives the tables.
#[expect(clippy::print_stdout, reason = "figures, with --nocapture")]
fn survives(what: &str, place: &Place) -> Vec<TableEntry> {
    let took = watched(place, &["--data", "bomb", "snapshot", "--from", "exports"]);
    let (peak, processor) = (took.peak / MIB, took.processor);
    println!("{what}: {peak} MiB, {processor:?}");
    assert_eq!(took.code, Some(2), "{what}: {}", took.said);
    assert!(peak < 256, "{what}: {peak} MiB");
    assert!(processor < WORK, "{what}: {processor:?}");
    assert!(took.said.len() < 40_000, "{what}: {}", took.said.len());
    let store = Store::new(place.dir.path().join("bomb"));
    let id = store.latest().expect("sealed");
    let (manifest, _) = store.manifest(&id).expect("read");
    manifest.tables
}

fn reason(tables: &[TableEntry], table: &str, states: &[State], words: &[&str]) {
    let entry = tables.iter().find(|t| t.table == table).expect("a table");
    assert!(states.contains(&entry.state), "{table}: {:?}", entry.state);
    let reasons = entry.reasons.join(" ");
    for word in words {
        assert!(reasons.contains(word), "{table}: no {word} in: {reasons}");
    }
}

const UNREAD: &[State] = &[State::Failed];
const CUT: &[State] = &[State::Failed, State::Partial];

/// Text that is so many times as long as a part of it, packed part by part.
fn packed(parts: &[(&[u8], usize)]) -> Vec<u8> {
    let mut all = Vec::new();
    for (part, times) in parts {
        let once = zstd::encode_all(*part, 3).expect("packed");
        for _ in 0..*times {
            all.write_all(&once).expect("written");
        }
    }
    all
}

#[test]
fn empty_objects_by_the_million_are_refused() {
    let text = "{}\n".repeat(20_000_000);
    let place = Place::new();
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    let bomb = packed(&[(text.as_bytes(), 1)]);
    assert!(bomb.len() < 10_000, "{}", bomb.len());
    place.write("entra/users.json.zst", bomb);
    let tables = survives("20 million objects, packed", &place);
    let words = ["users.json.zst", "100,000 documents", "README"];
    reason(&tables, "entra_user", UNREAD, &words);

    let place = Place::new();
    place.write("entra/users.json", text);
    let tables = survives("20 million objects", &place);
    reason(&tables, "entra_user", UNREAD, &["users.json", "100,000"]);

    let place = Place::new();
    let list = format!("{{\"value\":[{}{{}}]}}", "{},".repeat(4_000_000));
    place.write("entra/users.json", list);
    let tables = survives("4 million records without an id", &place);
    reason(&tables, "entra_user", CUT, &["users.json"]);
}

#[test]
fn a_report_and_a_text_of_gigabytes_are_refused() {
    let mib = vec![b'a'; 128 << 20];
    let place = Place::new();
    let folder = "aws/iam-credential-report";
    place.write(
        &format!("{folder}/999999999999.csv.zst"),
        packed(&[(b"user,arn\n", 1), (&mib, 64)]),
    );
    let tables = survives("8 GiB of report", &place);
    let words = ["999999999999.csv", "16 MiB"];
    reason(&tables, "aws_access_key", UNREAD, &words);

    let place = Place::new();
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    place.write(
        "entra/users.json.zst",
        packed(&[(b"{\"value\":[{\"id\":\"", 1), (&mib, 32)]),
    );
    let tables = survives("a text of 4 GiB", &place);
    reason(&tables, "entra_user", UNREAD, &["users.json.zst", "1 MiB"]);

    let place = Place::new();
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    let spaces = vec![b' '; 128 << 20];
    place.write(
        "entra/users.json.zst",
        packed(&[(b"{\"value\":[", 1), (&spaces, 256)]),
    );
    let tables = survives("32 GiB of spaces", &place);
    reason(&tables, "entra_user", UNREAD, &["1,000 times"]);
}

#[test]
fn what_is_nested_or_grows_in_memory_is_refused() {
    for (what, text, word) in [
        ("nested lists", "[".repeat(1_000_000), "recursion"),
        (
            "nested objects",
            "{\"value\":".repeat(1_000_000),
            "recursion",
        ),
        (
            "a list beside the records",
            format!(
                "{{\"beside\":[{}0],\"value\":[]}}",
                "{\"\":0},".repeat(3_000_000)
            ),
            "64 MiB",
        ),
        (
            "a record of many members",
            format!("{{\"value\":[{{{}\"\":0}}]}}", "\"x\":0,".repeat(3_000_000)),
            "64 MiB",
        ),
        (
            "numbers in place of records",
            format!("{{\"value\":[{}0]}}", "0,".repeat(10_000_000)),
            "100,000",
        ),
    ] {
        let place = Place::new();
        place.write("entra/users.json", text);
        let tables = survives(what, &place);
        reason(&tables, "entra_user", CUT, &["users.json", word]);
    }
}

#[test]
fn a_million_problems_are_counted_and_the_first_are_kept() {
    let place = Place::new();
    let mut text = "{\"value\":[".to_owned();
    for n in 0..1_000_000 {
        use std::fmt::Write as _;
        let _ = write!(text, "{{\"id\":\"{}\",\"accountEnabled\":7}},", n % 100);
    }
    text.push_str("{\"id\":\"last\",\"accountEnabled\":true}]}");
    place.write("entra/users.json", text);
    survives("a million problems", &place);
    let sealed = place.import();
    let of = sealed.problems.iter();
    let of: Vec<_> = of.filter(|p| p.file == "entra/users.json").collect();
    assert!(of.len() < 3_000, "{}", of.len());
    let more: Vec<_> = of.iter().filter(|p| p.message.contains(" more ")).collect();
    assert!(
        more.iter().any(|p| p.message.contains("999,000 more")),
        "{more:?}"
    );
}

#[test]
fn links_to_folders_are_neither_followed_nor_passed_over() {
    let place = Place::new();
    symlink(".", place.file("one")).expect("linked");
    symlink(".", place.file("two")).expect("linked");
    symlink("/", place.file("entra/group-members/root")).expect("linked");
    let elsewhere = place.dir.path().join("elsewhere");
    fs::rename(place.file("aws/secrets"), &elsewhere).expect("moved");
    symlink(&elsewhere, place.file("aws/secrets")).expect("linked");
    let tables = survives("links", &place);
    let words = ["link to a folder"];
    reason(&tables, "aws_secret", UNREAD, &words);
    let sealed = place.import();
    for name in ["one", "two", "entra/group-members/root", "aws/secrets"] {
        assert!(sealed.unread.iter().any(|u| u == name), "{name}");
    }
    // A link to a file is that file.
    let place = Place::new();
    let users = place.dir.path().join("users.json");
    fs::rename(place.file("entra/users.json"), &users).expect("moved");
    symlink(&users, place.file("entra/users.json")).expect("linked");
    let sealed = place.import();
    assert_eq!(
        super::place::countersign_state(&sealed, "entra_user"),
        State::Complete
    );
}

#[test]
fn what_is_no_file_is_refused_and_nothing_hangs() {
    let pipe = |path: &std::path::Path| {
        let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
        assert!(made.success());
    };
    let place = Place::new();
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    pipe(&place.file("entra/users.json"));
    fs::remove_file(place.file("entra/groups.json")).expect("removed");
    symlink("/dev/zero", place.file("entra/groups.json")).expect("linked");
    let tables = survives("a pipe and a device", &place);
    reason(&tables, "entra_user", UNREAD, &["users.json", "named pipe"]);
    reason(&tables, "entra_group", UNREAD, &["groups.json", "device"]);
    for file in [
        "registers/approvals.csv",
        "registers/waivers.toml",
        "registers/environments/x.json",
        "countersign.toml",
        "exports/exported-at.toml",
    ] {
        let place = Place::new();
        let path = place.dir.path().join(file);
        let _ = fs::remove_file(&path);
        pipe(&path);
        let took = watched(&place, &["--data", "bomb", "snapshot", "--from", "exports"]);
        assert_ne!(took.code, Some(0), "{file}");
        assert!(took.said.contains("named pipe"), "{file}: {}", took.said);
    }
}

#[test]
fn a_pipe_in_place_of_what_was_sealed_does_not_hang() {
    let place = Place::new();
    let sealed = place.import();
    let table = sealed.manifest.tables.iter().find(|t| t.rows > 0);
    let table = table.expect("a table with rows").file.clone();
    let dir = place
        .dir
        .path()
        .join(format!("data/snapshot={}", sealed.id));
    for file in ["manifest.json", "SHA256SUMS", table.as_str()] {
        let (path, kept) = (dir.join(file), dir.join("kept"));
        fs::rename(&path, &kept).expect("moved");
        let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success());
        for command in [&["verify"][..], &["check", "--baseline", "none"]] {
            let arguments = [&["--data", "data"], command].concat();
            let took = watched(&place, &arguments);
            assert_eq!(took.code, Some(3), "{file}: {command:?}: {}", took.said);
        }
        fs::rename(&kept, &path).expect("moved back");
    }
}

#[test]
fn registers_that_are_too_large_are_refused() {
    let header = "group,group_id,requester,approver,ticket,approved_at,expires_at,accounts,permission_sets\n";
    for (what, file, text, word) in [
        (
            "rows",
            "approvals.csv",
            format!("{header}{}", "a,,,,,,,,\n".repeat(2_000_000)),
            "250000 rows",
        ),
        (
            "mistakes",
            "approvals.csv",
            format!("{header}{}", "a\n".repeat(2_000_000)),
            "1000 mistakes",
        ),
        (
            "columns",
            "approvals.csv",
            "a,".repeat(500_000),
            "200 columns",
        ),
        (
            "a cell",
            "approvals.csv",
            format!("{header}{}", "a".repeat(1 << 20)),
            "approvals.csv:2",
        ),
        ("a file", "approvals.csv", "a".repeat(40 << 20), "32 MiB"),
        (
            "nested waivers",
            "waivers.toml",
            format!("waiver = {}", "[".repeat(1_000_000)),
            "waivers.toml",
        ),
        (
            "an environment",
            "environments/x.json",
            "[".repeat(1_000_000),
            "x.json",
        ),
        (
            "what grows",
            "environments/x.json",
            format!("{{\"environments\":[{}0]}}", "{\"\":0},".repeat(400_000)),
            "64 MiB",
        ),
    ] {
        let place = Place::new();
        fs::write(place.dir.path().join("registers").join(file), text).expect("written");
        let took = watched(&place, &["--data", "bomb", "snapshot", "--from", "exports"]);
        let (peak, processor) = (took.peak / MIB, took.processor);
        println!("{what}: {peak} MiB, {processor:?}");
        assert_eq!(took.code, Some(64), "{what}: {}", took.said);
        assert!(took.said.contains(word), "{what}: {}", took.said);
        assert!(took.said.len() < 60_000, "{what}: {}", took.said.len());
        assert!(peak < 256, "{what}: {peak} MiB");
        assert!(processor < WORK, "{what}: {processor:?}");
    }
}
