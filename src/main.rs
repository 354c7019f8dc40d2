//! Parses, runs, prints the error, gives the exit code. The only place that
//! knows the clock, the terminal and the environment.

#![expect(clippy::print_stderr, reason = "this is where messages go")]

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use countersign::app::{self, World, code};
use countersign::cli::{Cli, Color};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        // A file that makes its reader give up is refused by whoever waits for it.
        if std::thread::current().name() == Some(countersign::app::READER) {
            return;
        }
        // The payload may hold data; the place is what a maintainer needs.
        let place = info
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        eprintln!(
            "fatal: countersign stopped at {place}; nothing more was written. This is a defect, please report it."
        );
        std::process::exit(i32::from(code::INTERNAL));
    }));
    let handler = ctrlc::set_handler(|| {
        eprintln!("interrupted: nothing more was written");
        std::process::exit(i32::from(code::INTERRUPTED));
    });
    if let Err(e) = handler {
        eprintln!("warning: an interrupt will not be noticed: {e}");
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let failed = e.use_stderr();
            let printed = e.print();
            return ExitCode::from(match (failed, printed) {
                (true, _) => code::USAGE,
                (false, Ok(())) => code::OK,
                (false, Err(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => code::OK,
                (false, Err(_)) => code::INTERNAL,
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
    let mut out = BufWriter::new(stdout.lock());
    let mut err = std::io::stderr();
    let bars = err.is_terminal();
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
    ExitCode::from(match (result, flushed) {
        (Ok(code), Ok(())) => code,
        (Ok(_), Err(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => code::OK,
        (Ok(_), Err(e)) => {
            eprintln!("fatal: output could not be written: {e}");
            code::INTERNAL
        }
        (Err(e), _) if e.code() == code::OK => code::OK,
        (Err(e), _) => {
            let code = e.code();
            eprintln!("fatal: {:#}", anyhow::Error::from(e));
            code
        }
    })
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
