//! Damages inputs at random and looks what becomes of them: no panic, no more
//! than 512 MB, no more than five seconds, the same answer twice, and nothing
//! that cannot be read taken for complete.
//!
//!     cargo test --release --test fuzz                        # a moment of each target
//!     fuzz/run 600                                            # ten minutes of each
//!     fuzz/run 60 entra sql                                   # a minute of some
//!     cargo test --release --test fuzz -- --again FOLDER      # a failing input once more
//!
//! It runs on the stable toolchain and shares the dependencies of the program:
//! inputs are random changes to a corpus that know the form of what they change,
//! not guided by coverage. A child process does the work within limits of the
//! system; whatever ends it, its input stays, and is copied to fuzz/failures/.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::exit,
    clippy::unnecessary_wraps,
    reason = "names are ours, a child ends when it likes, all targets have one form"
)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops where it fails, and tells"
)]

#[path = "corpus.rs"]
mod corpus;
#[path = "import.rs"]
mod import;
#[path = "json.rs"]
mod json;
#[path = "mutate.rs"]
mod mutate;
#[path = "targets.rs"]
mod targets;
#[path = "watch.rs"]
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use targets::TARGETS;
use watch::Outcome;

struct Options {
    targets: Vec<String>,
    seconds: f64,
    seed: u64,
    child: Option<PathBuf>,
    again: Option<PathBuf>,
}

/// What cargo passes to tests is taken without a word: a filter names targets.
fn options() -> Options {
    let mut options = Options {
        targets: Vec::new(),
        seconds: 2.0,
        seed: 1,
        child: None,
        again: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().expect("a value");
        match word.as_str() {
            "--seconds" => options.seconds = next().parse().expect("seconds"),
            "--seed" => options.seed = next().parse().expect("a seed"),
            "--child" => options.child = Some(next().into()),
            "--again" => options.again = Some(next().into()),
            "--test-threads" | "--color" | "--format" | "--skip" => drop(next()),
            flag if flag.starts_with('-') => {}
            target => options.targets.push(target.to_owned()),
        }
    }
    options
}

fn main() -> ExitCode {
    let options = options();
    if let Some(dir) = &options.child {
        let target = options.targets.first().expect("a target");
        return watch::child(target, options.seconds, options.seed, dir);
    }
    if let Some(dir) = &options.again {
        return again(dir);
    }
    let known: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
    let wanted = |name: &str| {
        options.targets.is_empty() || options.targets.iter().any(|t| name.contains(t.as_str()))
    };
    let mut failed = false;
    println!("| target | seconds | cases | read | peak MB | slowest ms | failures |");
    println!("|---|---|---|---|---|---|---|");
    for name in known.into_iter().filter(|n| wanted(n)) {
        let Outcome { row, failures } = watch::run(name, options.seconds, options.seed);
        println!("{row}");
        for failure in &failures {
            eprintln!("{name}: {failure}");
        }
        failed |= !failures.is_empty();
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Runs a kept input once more.
fn again(dir: &Path) -> ExitCode {
    let name = dir.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let target = TARGETS
        .iter()
        .find(|t| name.starts_with(t.name))
        .expect("a folder named after its target");
    let work = tempfile::tempdir().expect("a folder");
    let input = corpus::Case::load(dir);
    input.write(&work.path().join("input"));
    match (target.run)(&input, work.path()) {
        Ok(read) => {
            println!("read: {read}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
