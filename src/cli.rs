//! The command line: types of clap and nothing else.

pub mod review;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::sqlfile::Severity;

/// Exit codes, shown under `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0    complete, and nothing at or above --fail-on was found
  1    findings
  2    incomplete: something could not be read, or a rule could not be decided
  3    a sealed snapshot is not what was sealed
  4    another run holds the lock
  64   usage or configuration
  70   internal error
  130  interrupted

Examples:
  countersign demo                               try it on a simulated organisation
  countersign init                               write a configuration to fill in
  countersign snapshot --from exports            seal what was exported
  countersign check                              run the rules on the latest snapshot
  countersign report access-review --out review  write the workbook for reviewers";

/// Who can get into AWS, who approved it, and are the secrets rotated?
///
/// Countersign reads Entra ID groups, GitHub teams, IAM Identity Center
/// assignments and secret ages, seals them in a snapshot, and says what is
/// wrong with them. It never changes anything and never reads a secret.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Configuration file [default: countersign.toml, when it is there]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "COUNTERSIGN_CONFIG",
        hide_env_values = true
    )]
    pub config: Option<PathBuf>,
    /// Directory of sealed snapshots
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "COUNTERSIGN_DATA",
        hide_env_values = true,
        default_value = "countersign-data"
    )]
    pub data: PathBuf,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour; `NO_COLOR` is honoured
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "COUNTERSIGN_COLOR",
        hide_env_values = true,
        default_value = "auto"
    )]
    pub color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate an organisation, then snapshot, check and report it
    #[command(
        after_help = "Examples:\n  countersign demo\n  countersign demo --size medium --seed 7 --out /tmp/demo\n  countersign demo --act-on-review"
    )]
    Demo(Demo),
    /// Write a commented countersign.toml and empty registers
    #[command(
        after_help = "Examples:\n  countersign init\n  countersign init --preset modernisation-platform audit"
    )]
    Init(Init),
    /// Say what a snapshot would send, and how long it takes at least
    #[command(
        after_help = "Examples:\n  countersign plan\n  countersign plan --source identity_center --format json\n\nNothing is sent. Counts come from the latest snapshot, or are those of a small organisation."
    )]
    Plan(Plan),
    /// Try the cheapest call of every table: granted, or what is missing
    #[command(
        after_help = "Examples:\n  countersign preflight\n  countersign preflight --source entra --format json\n\nExit code 2 when something is denied or fails."
    )]
    Preflight(Preflight),
    /// Print the least-privilege policy of a system
    #[command(
        after_help = "Examples:\n  countersign permissions aws\n  countersign permissions entra"
    )]
    Permissions(Permissions),
    /// Seal a snapshot of the services, or of exported files, and print its id
    #[command(
        after_help = "Examples:\n  countersign snapshot\n  countersign snapshot --from exports\n  countersign snapshot --from exports --as-of 2026-11-23T07:14:00Z --source entra --source github"
    )]
    Snapshot(Snapshot),
    /// List, show or verify sealed snapshots
    Snapshots {
        /// What to do with them.
        #[command(subcommand)]
        action: Snapshots,
    },
    /// Print the head of the log of everything that was sealed
    #[command(
        after_help = "Example:\n  countersign head > checkpoint-of-november\n\nA checkpoint of three lines, as transparency logs have them; a signed note when COUNTERSIGN_SIGN_KEY or COUNTERSIGN_SIGN_KEY_FILE holds a key. Keep it where nobody who can write into the data directory can: `verify --checkpoint` then finds every later change of what was sealed before."
    )]
    Head,
    /// Compare everything in the data directory with what was sealed
    #[command(
        after_help = "Examples:\n  countersign verify\n  countersign verify --checkpoint checkpoint-of-november\n\nExit code 3 when something differs."
    )]
    Verify(Verify),
    /// Run the rules on a snapshot
    #[command(
        after_help = "Examples:\n  countersign check\n  countersign check --format json --fail-on medium\n  countersign check --rule 'secret/*' --baseline none"
    )]
    Check(Check),
    /// Write reports
    #[command(
        after_help = "Examples:\n  countersign report access-review auditor-evidence drift\n  countersign report pre-rotation --secret secretsmanager/111122223333/aws_saml\n  countersign report drift --format csv,json --out out\n  countersign report auditor-evidence --format pack --sign-key evidence.key"
    )]
    Report(Report),
    /// Snapshot, check and report: the scheduled job
    Run(Run),
    /// What changed between two snapshots
    #[command(
        after_help = "Examples:\n  countersign diff 2026-10-01T06-00-00Z 2026-11-01T06-00-00Z\n  countersign diff 2026-10-01T06-00-00Z 2026-11-01T06-00-00Z --format csv\n\nA kind of object that was not read completely in both snapshots is not compared; the exit code is then 2."
    )]
    Diff(Diff),
    /// Review who has access: open, import, status
    Review {
        /// What to do with reviews.
        #[command(subcommand)]
        action: review::Review,
    },
    /// Run SQL over a snapshot
    #[command(
        after_help = "Examples:\n  countersign query \"SELECT display_name FROM entra_group WHERE prefixed ORDER BY display_name\""
    )]
    Query(Query),
    /// List or show rules
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        action: Rules,
    },
    /// List or show tables
    Tables {
        /// What to do with them.
        #[command(subcommand)]
        action: Tables,
    },
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  countersign completions bash > /etc/bash_completion.d/countersign"
    )]
    Completions {
        /// Shell to complete for.
        shell: clap_complete::Shell,
    },
    /// Serve the simulated organisation on loopback until the input ends
    #[command(hide = true)]
    Simulate(Simulate),
    /// Print a page of the generated documentation
    #[command(hide = true)]
    Docs {
        /// rules, tables, permissions, cli, config, or man for manual pages
        page: String,
        /// Folder to write manual pages into
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Options of `verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// A head that somebody kept: the log must have only grown since
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

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

/// Options of `init`.
#[derive(Args, Debug)]
pub struct Init {
    /// Folder to write into
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Values to start from
    #[arg(long)]
    pub preset: Option<Preset>,
}

/// Values that `init` can start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// The Modernisation Platform of the Ministry of Justice.
    ModernisationPlatform,
}

/// Options of `snapshot`.
#[derive(Args, Clone, Debug)]
pub struct Snapshot {
    /// Folder of exported files
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// The moment that ages are relative to [default: the latest time in exported-at.toml]
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<String>,
    /// Only this source; repeat for several
    #[arg(long = "source", value_name = "NAME")]
    pub sources: Vec<String>,
    /// Ask for nothing more once so many requests were sent, of all sources together
    #[arg(long, value_name = "N", conflicts_with = "from")]
    pub most_requests: Option<u64>,
    /// Had lifted a limit that is no longer there
    #[arg(long, hide = true)]
    pub unplanned: bool,
}

/// Options of `plan`.
#[derive(Args, Debug)]
pub struct Plan {
    /// Only this source; repeat for several
    #[arg(long = "source", value_name = "NAME")]
    pub sources: Vec<String>,
    /// How to print
    #[arg(long, default_value = "table")]
    pub format: PlanFormat,
}

/// Options of `preflight`.
#[derive(Args, Debug)]
pub struct Preflight {
    /// Only this source; repeat for several
    #[arg(long = "source", value_name = "NAME")]
    pub sources: Vec<String>,
    /// How to print
    #[arg(long, default_value = "table")]
    pub format: PlanFormat,
}

/// How plans are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Table,
    /// One document.
    Json,
}

/// Options of `permissions`.
#[derive(Args, Debug)]
pub struct Permissions {
    /// aws, entra, github or auth0
    #[arg(value_name = "SYSTEM")]
    pub system: String,
}

/// What to do with snapshots.
#[derive(Debug, Subcommand)]
pub enum Snapshots {
    /// List sealed snapshots, newest last
    List,
    /// Show what a snapshot holds and how complete it is
    Show {
        /// Snapshot id [default: the latest]
        id: Option<String>,
    },
    /// Compare every byte with what was sealed, and the chain
    Verify {
        /// Snapshot id [default: all of them, with the chain]
        id: Option<String>,
    },
}

/// Which snapshot, which baseline.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Snapshot id [default: the latest]
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
    /// Snapshot to compare with, or `none` [default: the one before]
    #[arg(long, value_name = "ID")]
    pub baseline: Option<String>,
    /// Without --snapshot: how old the latest one may be, in days
    #[arg(long, value_name = "DAYS", default_value_t = 35)]
    pub max_age: u32,
    /// Folder of rules that add to or override those of this version
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// Options of `check`.
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// Which snapshot.
    #[command(flatten)]
    pub which: Which,
    /// Only rules that match; repeat for several
    #[arg(long = "rule", value_name = "GLOB")]
    pub filter: Vec<String>,
    /// Lowest severity that gives exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "high", value_parser = severity)]
    pub fail_on: Severity,
    /// Do not store the assessment
    #[arg(long)]
    pub no_store: bool,
    /// How to print
    #[arg(long, default_value = "table")]
    pub format: CheckFormat,
}

fn pace(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(pace) if (1.0..=1000.0).contains(&pace) => Ok(pace),
        _ => Err("expected a number from 1 to 1000".to_owned()),
    }
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| {
        format!(
            "expected one of {}",
            Severity::ALL.map(Severity::name).join(", ")
        )
    })
}

/// How `check` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Table,
    /// countersign.findings/v1.
    Json,
    /// One line per finding.
    Csv,
}

/// Options of `report`.
#[derive(Args, Clone, Debug)]
pub struct Report {
    /// Reports to write: access-review, auditor-evidence, pre-rotation, drift
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Which snapshot.
    #[command(flatten)]
    pub which: Which,
    /// Registered secret or credential of the pre-rotation report
    #[arg(long, value_name = "NAME")]
    pub secret: Option<String>,
    /// Formats to write [default: xlsx,csv,html,json, and pack for auditor-evidence]
    #[arg(long, value_delimiter = ',')]
    pub format: Vec<ReportFormat>,
    /// Secret key of minisign that signs the pack; `COUNTERSIGN_SIGN_KEY` may hold
    /// its text instead, and `COUNTERSIGN_SIGN_PASSWORD` its password
    #[arg(
        long,
        value_name = "FILE",
        env = "COUNTERSIGN_SIGN_KEY_FILE",
        hide_env_values = true
    )]
    pub sign_key: Option<PathBuf>,
    /// Folder to write into
    #[arg(long, value_name = "DIR", default_value = "reports-out")]
    pub out: PathBuf,
}

/// Formats of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Workbook.
    Xlsx,
    /// One file per sheet; what a spreadsheet would run as a formula has an apostrophe before it.
    Csv,
    /// The same with all text as it is: for programs, not for spreadsheets.
    CsvRaw,
    /// The same for double-clicking: what a spreadsheet would take for a number or a date has an apostrophe too.
    CsvExcel,
    /// One self-contained page.
    Html,
    /// One document.
    Json,
    /// auditor-evidence: a directory that stands alone, with hashes.
    Pack,
    /// auditor-evidence: compliance findings of OCSF 1.8.0, one a line.
    Ocsf,
    /// auditor-evidence: assessment results of OSCAL.
    Oscal,
}

/// Options of `run`.
#[derive(Args, Debug)]
pub struct Run {
    /// What to seal.
    #[command(flatten)]
    pub snapshot: Snapshot,
    /// Lowest severity that gives exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "high", value_parser = severity)]
    pub fail_on: Severity,
    /// Folder to write reports into
    #[arg(long, value_name = "DIR", default_value = "reports-out")]
    pub out: PathBuf,
}

/// Options of `diff`.
#[derive(Args, Debug)]
pub struct Diff {
    /// Earlier snapshot
    pub a: String,
    /// Later snapshot
    pub b: String,
    /// How to print
    #[arg(long, default_value = "table")]
    pub format: CheckFormat,
}

/// Options of `query`.
#[derive(Args, Debug)]
pub struct Query {
    /// One SELECT statement
    pub sql: String,
    /// Snapshot id [default: the latest]
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
    /// Snapshot behind the `baseline_` tables, or `none` [default: the one before]
    #[arg(long, value_name = "ID")]
    pub baseline: Option<String>,
    /// How to print
    #[arg(long, default_value = "table")]
    pub format: CheckFormat,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List rules with severity and title
    List {
        /// Folder of rules that add to or override those of this version
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// Show a rule: why, what to do, what it reads, its SQL
    Show {
        /// Rule id
        id: String,
        /// Folder of rules that add to or override those of this version
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
}

/// What to do with tables.
#[derive(Debug, Subcommand)]
pub enum Tables {
    /// List tables and views
    List,
    /// Show the columns of a table
    Show {
        /// Table name
        name: String,
    },
}
