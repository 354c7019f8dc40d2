//! A child process that works within limits, and a parent that watches it and
//! keeps what it was doing when it ended.

use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::corpus::{self, Case};
use crate::mutate::mutate;
use crate::targets::TARGETS;

/// Kilobytes of data, and of memory in use.
const MOST_KB: u64 = 512 << 10;
/// Processor time of one case, and time on the clock: other work may run beside it.
const MOST_WORK: Duration = Duration::from_secs(5);
const MOST_TIME: Duration = Duration::from_secs(90);
/// A child starts again now and then: the engine keeps a little of every query.
const A_WHILE: f64 = 20.0;
/// Every so many cases are run twice.
const TWICE: u64 = 8;
/// Ways of a child to end.
const SLOW: u8 = 3;
const LARGE: u8 = 4;

/// What became of a target.
pub(crate) struct Outcome {
    /// A line of the summary.
    pub(crate) row: String,
    /// What failed, and where its input lies.
    pub(crate) failures: Vec<String>,
}

#[derive(Default)]
struct Figures {
    cases: u64,
    read: u64,
    peak: u64,
    slowest: u64,
}

/// Runs a target for a time, child after child.
pub(crate) fn run(target: &str, seconds: f64, seed: u64) -> Outcome {
    let shm = Path::new("/dev/shm");
    let work = if shm.is_dir() {
        tempfile::tempdir_in(shm)
    } else {
        tempfile::tempdir()
    }
    .expect("a folder");
    let began = Instant::now();
    let mut all = Figures::default();
    let mut failures: Vec<String> = Vec::new();
    let mut at = seed;
    while began.elapsed().as_secs_f64() < seconds && failures.len() < 5 {
        let left = seconds - began.elapsed().as_secs_f64();
        let dir = work.path().join(at.to_string());
        fs::create_dir(&dir).expect("a folder");
        let said = Command::new("sh")
            .args(["-c", &format!("ulimit -d {MOST_KB}; exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().expect("this program"))
            .args([target, "--child"])
            .arg(&dir)
            .args(["--seconds", &left.min(A_WHILE).to_string()])
            .args(["--seed", &at.to_string()])
            .env("TMPDIR", &dir)
            .env("RUST_BACKTRACE", "0")
            .env("POLARS_MAX_THREADS", "2")
            .stdin(Stdio::null())
            .output()
            .expect("a child");
        let figures = fs::read_to_string(dir.join("figures")).unwrap_or_default();
        let mut numbers = figures.split_whitespace().filter_map(|n| n.parse().ok());
        let mut number = || numbers.next().unwrap_or(0);
        all.cases += number();
        all.read += number();
        all.peak = all.peak.max(number());
        all.slowest = all.slowest.max(number());
        if !said.status.success() {
            let err = String::from_utf8_lossy(&said.stderr);
            let short = |line: &str| line.chars().take(300).collect::<String>();
            let last: Vec<String> = err.lines().rev().take(6).map(short).collect();
            let kept = corpus::root()
                .join("failures")
                .join(format!("{target}-{at}"));
            let why = match said.status.code() {
                Some(3) => "too slow".to_owned(),
                Some(4) => "too much memory".to_owned(),
                code => format!("ended with {code:?}"),
            };
            let input = dir.join("input");
            if input.is_dir() {
                Case::load(&input).write(&kept);
            }
            failures.push(format!("{why}, {}: {last:?}", kept.display()));
        }
        fs::remove_dir_all(&dir).expect("removed");
        at += 1;
    }
    let row = format!(
        "| {target} | {:.0} | {} | {} | {} | {} | {} |",
        began.elapsed().as_secs_f64(),
        all.cases,
        all.read,
        all.peak >> 10,
        all.slowest,
        failures.len()
    );
    Outcome { row, failures }
}

/// A number of this process, from the system.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name));
    line.and_then(|l| {
        l.trim()
            .trim_start_matches(':')
            .trim()
            .split(' ')
            .next()?
            .parse()
            .ok()
    })
    .unwrap_or(0)
}

/// Milliseconds of processor time of this process.
fn worked() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let spent = fields.split_whitespace().skip(11).take(2);
    spent.filter_map(|t| t.parse::<u64>().ok()).sum::<u64>() * 10
}

/// Works on one target for a time.
pub(crate) fn child(target: &str, seconds: f64, seed: u64, dir: &Path) -> ExitCode {
    // When the case began: milliseconds of work and of the clock.
    static WORK: AtomicU64 = AtomicU64::new(0);
    static CLOCK: AtomicU64 = AtomicU64::new(0);
    let target = TARGETS.iter().find(|t| t.name == target).expect("a target");
    let began = Instant::now();
    let clock = move || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let work = Duration::from_millis(worked().saturating_sub(WORK.load(Ordering::Relaxed)));
            let time = Duration::from_millis(clock().saturating_sub(CLOCK.load(Ordering::Relaxed)));
            if work > MOST_WORK || time > MOST_TIME {
                std::process::exit(i32::from(SLOW));
            }
            if status("VmRSS") > MOST_KB {
                std::process::exit(i32::from(LARGE));
            }
        }
    });
    let corpus = corpus::load(target.name);
    let mut rng = Rng::with_seed(seed);
    let mut figures = Figures::default();
    let mut result = ExitCode::SUCCESS;
    while began.elapsed().as_secs_f64() < seconds {
        let case = mutate(&corpus, &mut rng);
        let input = dir.join("input");
        let _ = fs::remove_dir_all(&input);
        fs::create_dir(&input).expect("a folder");
        case.write(&input);
        WORK.store(worked(), Ordering::Relaxed);
        CLOCK.store(clock(), Ordering::Relaxed);
        let start = Instant::now();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            let first = (target.run)(&case, dir)?;
            if figures.cases % TWICE == 0 {
                let second = (target.run)(&case, dir)?;
                if first != second {
                    return Err(format!("twice, two answers:\n{first}\n{second}"));
                }
            }
            Ok(first)
        }));
        let took = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        figures.slowest = figures.slowest.max(took);
        figures.cases += 1;
        match ran {
            Ok(Ok(answer)) => figures.read += u64::from(!answer.starts_with("refused")),
            Ok(Err(why)) => {
                let _ = writeln!(std::io::stderr(), "{why}");
                result = ExitCode::FAILURE;
            }
            Err(_) => result = ExitCode::FAILURE,
        }
        note(&dir.join("figures"), &figures);
        if result != ExitCode::SUCCESS {
            break;
        }
    }
    result
}

fn note(path: &PathBuf, figures: &Figures) {
    let Figures {
        cases,
        read,
        slowest,
        ..
    } = figures;
    let peak = status("VmHWM");
    fs::write(path, format!("{cases} {read} {peak} {slowest}")).expect("written");
}
