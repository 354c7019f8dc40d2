//! The commands, each a function from options to output and exit code.
//!
//! Nothing here knows the clock, the terminal or the environment but through
//! [`World`]; `main` fills it in.

mod card;
mod check;
mod checked;
pub mod code;
#[cfg(feature = "demo")]
mod demo;
mod diff;
mod error;
mod evidence;
mod figures;
mod findings;
mod folder;
mod head;
mod init;
mod look;
mod making;
mod plan;
mod preflight;
mod progress;
mod query;
mod report;
mod review;
mod run;
#[cfg(feature = "demo")]
mod simulate;
mod snapshot;
mod sources;
mod terminal;
mod verdict;
mod verify;
mod world;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::dataset::store::Store;
pub use error::AppError;
pub(crate) use folder::folder;
pub use review::READER;
pub(crate) use world::Place;
pub use world::{World, environment};

/// Runs a command and gives its exit code.
///
/// # Errors
/// When it could not do what it was asked to; [`AppError::code`] tells the exit code.
pub fn execute(cli: Cli, world: &mut World<'_>) -> Result<u8, AppError> {
    let store = Store::new(&cli.global.data).at(world.now);
    let reads = matches!(
        cli.command,
        Command::Check(_)
            | Command::Report(_)
            | Command::Query(_)
            | Command::Diff(_)
            | Command::Review { .. }
    );
    let quiet = cli.global.quiet;
    let before = head::Before::of(&store);
    let result = one(cli, world);
    if !quiet {
        before.tell(&store, reads, world)?;
    }
    result
}

fn one(cli: Cli, world: &mut World<'_>) -> Result<u8, AppError> {
    let global = &cli.global;
    match cli.command {
        Command::Completions { shell } => {
            // It cannot fail to write into memory, and would panic elsewhere.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut script);
            world.out.write_all(&script)?;
            Ok(code::OK)
        }
        Command::Rules { action } => look::rules(&action, world),
        Command::Tables { action } => look::tables(&action, world),
        Command::Docs { page } => look::docs(&page, world),
        Command::Snapshots { action } => {
            look::snapshots(&action, &Store::new(&global.data).at(world.now), world)
        }
        Command::Head => head::head(&Store::new(&global.data).at(world.now), world),
        Command::Verify(options) => verify::verify(&options, &Place::new(global, world)?, world),
        Command::Query(options) => query::query(&options, &Place::new(global, world)?, world),
        Command::Check(options) => check::check(&options, &Place::new(global, world)?, world),
        #[cfg(feature = "demo")]
        Command::Demo(options) => demo::demo(&options, global, world),
        #[cfg(feature = "demo")]
        Command::Simulate(options) => simulate::simulate(&options, world),
        Command::Plan(options) => plan::plan(&options, &Place::new(global, world)?, world),
        Command::Preflight(options) => {
            preflight::preflight(&options, &Place::new(global, world)?, world)
        }
        Command::Permissions(options) => {
            plan::permissions(&options, &Place::new(global, world)?, world)
        }
        Command::Init(options) => init::init(&options, world),
        Command::Report(options) => report::report(&options, &Place::new(global, world)?, world),
        Command::Review { action } => review::review(&action, &Place::new(global, world)?, world),
        Command::Run(options) => run::run(&options, &Place::new(global, world)?, world),
        Command::Snapshot(options) => {
            snapshot::snapshot(&options, &Place::new(global, world)?, world)
        }
        Command::Diff(options) => diff::diff(&options, &Place::new(global, world)?, world),
    }
}
