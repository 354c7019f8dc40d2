//! Options of the commands on a simulated organisation.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Size of the organisation
    #[arg(long, default_value = "small")]
    pub size: DemoSize,
    /// Seed of the organisation: the same seed gives the same one
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for exports, configuration, data and reports; must not exist
    #[arg(long, value_name = "DIR", default_value = "countersign-demo")]
    pub out: PathBuf,
    /// The moment that the organisation is seen at [default: this hour]
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<String>,
    /// Replace the folder of an earlier demo
    #[arg(long)]
    pub force: bool,
    /// Read the exported files instead of asking the simulated services
    #[arg(long)]
    pub from_files: bool,
    /// How much faster than real the quotas of the simulated services are
    #[arg(long, value_name = "FACTOR", default_value_t = 120.0, value_parser = pace)]
    pub pace: f64,
    /// Take away, in an earlier demo, what its latest review decided to remove, and seal a snapshot of it as it is then
    #[arg(long, conflicts_with_all = ["size", "seed", "as_of", "force", "from_files", "pace"])]
    pub act_on_review: bool,
}

/// Options of `simulate`.
#[derive(Args, Debug)]
pub struct Simulate {
    /// Size of the organisation
    #[arg(long, default_value = "tiny")]
    pub size: DemoSize,
    /// Seed of the organisation
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for configuration, registers and exports
    #[arg(long, value_name = "DIR", default_value = "countersign-simulation")]
    pub out: PathBuf,
    /// The moment that the organisation is seen at [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<String>,
    /// How much faster than real the quotas of the services are
    #[arg(long, default_value_t = 50.0, value_parser = pace)]
    pub pace: f64,
}

/// Sizes of the simulated organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DemoSize {
    /// 36 accounts, 450 people.
    Tiny,
    /// 300 accounts, 25,000 memberships, 100,000 Entra users.
    Small,
    /// 1,000 accounts, 200,000 memberships, 300,000 Entra users.
    Medium,
    /// 4,000 accounts, 4.6 million memberships, a million Entra users.
    Large,
}

fn pace(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(pace) if (1.0..=1000.0).contains(&pace) => Ok(pace),
        _ => Err("expected a number from 1 to 1000".to_owned()),
    }
}
