//! Parses, runs, prints the error, gives the exit code. The only place that
//! knows the clock, the terminal and the environment.

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use countersign::app::{self, World, code};
use countersign::cli::{Cli, Color};
use countersign::shown::{Data, Talk};
use nix::sys::stat::{Mode, umask};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // What is written says who can get in: it is for its owner alone, whatever the shell's mask.
    umask(Mode::from_bits_truncate(0o077));
    std::panic::set_hook(Box::new(|info| {
        // A file that makes its reader give up is refused by whoever waits for it.
        if std::thread::current().name() == Some(countersign::app::READER) {
            return;
        }
        // The writer of workbooks gives up where a temporary file takes no more.
        if info
            .location()
            .is_some_and(|at| at.file().contains("rust_xlsxwriter"))
        {
            say(
                "fatal: a workbook could not be written, most likely because the disk or the folder for temporary files is full; free space, or set TMPDIR to a folder that has some, then run it again",
            );
            std::process::exit(i32::from(code::INTERNAL));
        }
        // The payload may hold data; the place is what a maintainer needs.
        let place = info
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        say(&format!(
            "fatal: countersign stopped at {place}; nothing more was written. This is a defect, please report it."
        ));
        std::process::exit(i32::from(code::INTERNAL));
    }));
    let handler = ctrlc::set_handler(|| {
        say("interrupted: nothing more was written");
        std::process::exit(i32::from(code::INTERRUPTED));
    });
    if let Err(e) = handler {
        say(&format!("warning: an interrupt will not be noticed: {e}"));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            if e.use_stderr() {
                // It repeats what was typed, which may act on a terminal.
                say(e.render().to_string().trim_end());
                return ExitCode::from(code::USAGE);
            }
            return ExitCode::from(match e.print() {
                Ok(()) => code::OK,
                Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => code::OK,
                Err(_) => code::INTERNAL,
            });
        }
    };
    if cli.global.verbose {
        talkative();
    }
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let colour = match cli.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    let width = terminal.then(|| usize::from(console::Term::stdout().size().1));
    let mut out = BufWriter::new(Data::new(stdout.lock()));
    let bars = std::io::stderr().is_terminal();
    let mut err = Talk::new(std::io::stderr());
    let result = app::execute(
        cli,
        &mut World {
            out: &mut out,
            err: &mut err,
            now: chrono::Utc::now(),
            env: app::environment(variables()),
            width,
            colour,
            bars,
            program: std::env::args_os()
                .next()
                .and_then(|name| name.into_string().ok())
                .unwrap_or_else(|| "countersign".to_owned()),
        },
    );
    let flushed = out.flush();
    let closed = out.get_ref().closed();
    ExitCode::from(match (result, flushed) {
        (Ok(code), Ok(())) => code,
        // Whoever read the output had seen enough.
        (Ok(_), Err(_)) if closed => code::OK,
        (Err(e), _) if closed && e.code() == code::INTERNAL => code::OK,
        (Ok(_), Err(e)) => {
            say(&format!("fatal: output could not be written: {e}"));
            code::INTERNAL
        }
        (Err(e), _) => {
            let code = e.code();
            say(&format!("fatal: {}", chain(&anyhow::Error::from(e))));
            code
        }
    })
}

/// A message on stderr, of which nothing acts; nobody need listen to it.
fn say(message: &str) {
    let mut err = Talk::new(std::io::stderr());
    let _ = writeln!(err, "{message}");
}

/// An error and its causes, each said once.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Variables of the environment. What is no text names nothing that is read here,
/// and is no reason to stop.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What our own code says of its calls: libraries would say more than may be told.
fn talkative() {
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::filter::{LevelFilter, filter_fn};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let ours = filter_fn(|m| m.target().starts_with("countersign"));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_filter(LevelFilter::DEBUG)
        .with_filter(ours);
    // A second subscriber is no reason to stop.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}
