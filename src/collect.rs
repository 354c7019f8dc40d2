//! Reads a folder of exports and the registers into a sealed snapshot.
//!
//! One module per source, in the order of the data flow; `input`, `walk` and
//! `answer` turn files into records and tell how complete they are, `sink`
//! gives rows their keys and hands them to the dataset.

mod answer;
mod auth0;
mod aws;
mod entra;
mod github;
mod input;
mod record;
pub mod register;
mod sink;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::config::{Config, ConfigError};
use crate::dataset::DatasetError;
use crate::dataset::commit::{Lock, Step};
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::manifest::{
    FORMAT, Manifest, Previous, SourceEntry, TableEntry, Tool, rfc3339,
};
use crate::dataset::problem::Problem;
use crate::dataset::schema::Source;
use crate::dataset::store::{Store, snapshot_id};
use crate::dataset::writer::{Cell, SnapshotWriter};
use input::Exports;
use sink::Sink;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The user's to mend: options, folders, times.
    #[error("no snapshot was taken: {0}")]
    Usage(String),
    /// Registers.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// What to import.
pub struct Request<'a> {
    /// Folder of exported files.
    pub from: &'a Path,
    /// The moment that ages are relative to; otherwise the latest time of `exported-at.toml`.
    pub as_of: Option<DateTime<Utc>>,
    /// Only these sources; empty means all.
    pub sources: &'a [Source],
    /// Configuration.
    pub config: &'a Config,
    /// Where the snapshot goes.
    pub store: &'a Store,
    /// Told before each file.
    pub progress: Box<dyn FnMut(&str)>,
    /// Told after each step of the commit.
    pub observe: &'a mut dyn FnMut(Step),
}

/// A snapshot that was sealed.
#[derive(Debug)]
pub struct Sealed {
    /// Its id.
    pub id: String,
    /// Its manifest.
    pub manifest: Manifest,
    /// Files of the folder that nothing read.
    pub unread: Vec<String>,
    /// What inputs held that was refused, dropped or could not be read.
    pub problems: Vec<Problem>,
}

/// An import under way.
pub(crate) struct Import<'a> {
    pub exports: Exports,
    pub config: &'a Config,
}

/// Reads the exports and registers and seals a snapshot.
///
/// # Errors
/// When there is nothing to read or no time, a register is malformed, the lock
/// is held, or a file operation fails. What could not be read of a source is
/// no error: it is data of the snapshot.
pub fn import(request: Request<'_>) -> Result<Sealed, CollectError> {
    let Request {
        from,
        as_of,
        sources,
        config,
        store,
        progress,
        observe,
    } = request;
    if !from.is_dir() {
        return Err(CollectError::Usage(format!(
            "{} is not a folder; name the folder of exports with --from",
            from.display()
        )));
    }
    let stated = stated_times(&from.join("exported-at.toml"))?;
    let as_of = as_of.or_else(|| stated.values().max().copied()).ok_or_else(|| {
        CollectError::Usage(format!("when the files were exported is not known; write {}/exported-at.toml or pass --as-of", from.display()))
    })?;
    let registers = register::read(config)?;
    let mut import = Import {
        exports: Exports::new(from, progress),
        config,
    };
    let there: BTreeSet<Source> = Source::COLLECTED
        .into_iter()
        .filter(|s| present(&import.exports, *s))
        .collect();
    if there.is_empty() {
        return Err(CollectError::Usage(format!(
            "{} holds no export of any source; see the README for the files that are read",
            from.display()
        )));
    }
    let id = snapshot_id(as_of);
    let lock = Lock::take(store)?;
    observe(Step::Locked);
    let staging = lock.stage(&format!("snapshot={id}"), &id)?;
    observe(Step::Staged);
    let mut writer = SnapshotWriter::new(staging.dir().to_owned());
    let mut sink = Sink::new(&mut writer);
    let mut read = Vec::new();
    let mut accounts = aws::Accounts::default();
    for source in Source::COLLECTED {
        if let Err(reason) = wanted(config, sources, &there, source) {
            sink.skip(source, &reason)?;
        } else {
            read.push(source);
            match source {
                Source::Entra => entra::import(&mut import, &mut sink)?,
                Source::GitHub => github::import(&mut import, &mut sink)?,
                Source::IdentityCenter => {
                    accounts = aws::identity_center(&mut import, &mut sink)?;
                }
                Source::SecretsManager => {
                    aws::secrets_manager(&mut import, &mut sink, &accounts)?;
                }
                Source::Iam => aws::iam(&mut import, &mut sink)?,
                Source::CloudTrail => aws::cloudtrail(&mut import, &mut sink)?,
                Source::Auth0 => auth0::import(&mut import, &mut sink)?,
                Source::Register | Source::Evidence => {}
            }
        }
    }
    let (entries, mut problems) = registers.write(config, &mut sink, &accounts, as_of)?;
    let exports_problems = std::mem::take(&mut import.exports.problems);
    problems.extend(exports_problems);
    problems.sort();
    problems.dedup();
    write_incidents(&mut sink, &problems)?;
    let unread = import
        .exports
        .unread()
        .into_iter()
        .filter(|f| f != "exported-at.toml")
        .collect();
    write_coverage(&mut writer, &stated)?;
    let previous = store.head()?.map(|(manifest, sha)| {
        (
            manifest.sequence,
            Previous {
                snapshot: manifest.snapshot,
                manifest_sha256: sha,
            },
        )
    });
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        snapshot: id.clone(),
        as_of: rfc3339(as_of),
        sequence: previous.as_ref().map_or(1, |(n, _)| n + 1),
        tool: Tool::this(),
        config_sha256: config.sha256.clone(),
        settings: config.canonical(),
        registers: entries,
        sources: read
            .iter()
            .map(|s| SourceEntry {
                source: s.name().to_owned(),
                read_at: stated.get(s.name()).copied().map(rfc3339),
                read_end: stated.get(s.name()).copied().map(rfc3339),
                identity: "imported from files".to_owned(),
            })
            .collect(),
        tables: writer.into_entries(),
        previous: previous.map(|(_, p)| p),
    };
    staging.seal(&manifest, observe)?;
    Ok(Sealed {
        id,
        manifest,
        unread,
        problems,
    })
}

/// Times at which sources were exported, by name.
fn stated_times(path: &Path) -> Result<BTreeMap<String, DateTime<Utc>>, CollectError> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let wrong = |message: String| CollectError::Usage(format!("{}: {message}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let table: toml::Table = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let mut times = BTreeMap::new();
    for (name, value) in table {
        if !Source::COLLECTED.iter().any(|s| s.name() == name) {
            let names = Source::COLLECTED.map(Source::name);
            return Err(wrong(format!(
                "unknown source `{name}`{}",
                crate::sqlfile::nearest(&name, names.into_iter())
            )));
        }
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(at) => at.to_string(),
            _ => String::new(),
        };
        let at = crate::time::parse_time(&text)
            .ok_or_else(|| wrong(format!("`{name}` is no RFC 3339 time")))?;
        times.insert(name, at);
    }
    Ok(times)
}

/// Whether a source is read, and why not.
fn wanted(
    config: &Config,
    only: &[Source],
    there: &BTreeSet<Source>,
    source: Source,
) -> Result<(), String> {
    if !only.is_empty() && !only.contains(&source) {
        return Err(format!("--source does not name {}.", source.name()));
    }
    let enabled = config.sources.get(source.name()).and_then(|s| s.enabled);
    match enabled {
        Some(false) => Err(format!("sources.{}.enabled is false.", source.name())),
        Some(true) => Ok(()),
        None if source.required() || there.contains(&source) => Ok(()),
        None => Err(format!("{} was not exported.", source.name())),
    }
}

/// Whether any file of the source is in the folder.
fn present(exports: &Exports, source: Source) -> bool {
    let names: &[&str] = match source {
        Source::Entra => &[
            "entra/users.json",
            "entra/groups.json",
            "entra/applications.json",
            "entra/service-principals.json",
            "entra/directory-audits.json",
            "entra/deleted-users.json",
            "entra/group-members",
            "entra/group-owners",
        ],
        Source::GitHub => &[
            "github/teams.json",
            "github/members.json",
            "github/saml-identities.json",
            "github/org-secrets.json",
            "github/repo-secrets",
            "github/personal-access-tokens.json",
            "github/installations.json",
            "github/outside-collaborators.json",
            "github/audit-log.json",
        ],
        Source::IdentityCenter => &[
            "aws/identitystore-users.json",
            "aws/identitystore-groups.json",
            "aws/identitystore-group-memberships.json",
            "aws/identitystore-group-memberships",
            "aws/sso-permission-sets.json",
            "aws/sso-account-assignments.json",
            "aws/sso-permission-set-policies",
            "aws/organizations-accounts.json",
        ],
        Source::SecretsManager => &["aws/secrets", "aws/secret-versions"],
        Source::Iam => &["aws/iam-credential-report"],
        Source::CloudTrail => &["aws/cloudtrail-events.json"],
        Source::Auth0 => &[
            "auth0/clients.json",
            "auth0/connections.json",
            "auth0/logs.json",
        ],
        Source::Register | Source::Evidence => &[],
    };
    names.iter().any(|n| exports.has(n))
}

fn write_incidents(sink: &mut Sink<'_>, problems: &[Problem]) -> Result<(), DatasetError> {
    sink.write(
        sink::coverage("input_incident")?,
        problems.iter().map(|p| {
            vec![
                Cell::Text(p.file.clone()),
                Cell::Text(p.position.clone()),
                Cell::Text(p.kind.name().to_owned()),
                Cell::text(p.table.clone()),
                Cell::Text(p.expected.clone()),
                Cell::Text(p.message.clone()),
            ]
        }),
    )
}

/// The coverage of every table, as a table.
fn write_coverage(
    writer: &mut SnapshotWriter,
    stated: &BTreeMap<String, DateTime<Utc>>,
) -> Result<(), DatasetError> {
    let entries: Vec<TableEntry> = writer.entries().values().cloned().collect();
    let number = |n: u64| Cell::int(i64::try_from(n).ok());
    let joined = |list: &[String], by: &str| (!list.is_empty()).then(|| list.join(by));
    Sink::new(writer).write(
        coverage_of("coverage")?,
        entries.into_iter().map(|e| {
            let at = Cell::time(stated.get(&e.source).copied());
            vec![
                Cell::Text(e.source),
                Cell::Text(e.table),
                Cell::text(joined(&e.scope, ";")),
                Cell::Text(e.state.name().to_owned()),
                number(e.rows),
                number(e.pages),
                number(e.requests),
                number(e.retries),
                Cell::int(e.source_count.and_then(|n| i64::try_from(n).ok())),
                Cell::text(joined(&e.reasons, " ")),
                Cell::Null,
                at.clone(),
                at,
            ]
        }),
    )
}

fn coverage_of(name: &str) -> Result<Coverage, DatasetError> {
    sink::coverage(name)
}

/// Compares what was read with what the source counted.
pub(crate) fn counted(
    covered: &mut Coverage,
    reading: &input::Reading,
    distinct: usize,
    file: &str,
) {
    if let Some(count) = reading.count
        && count > distinct as u64
    {
        covered.worsen(
            State::Partial,
            format!("The source counted {count} objects and {file} holds {distinct}."),
        );
    }
}

/// The first few of a set, for a message.
pub(crate) fn some_of(set: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let mut text = set
        .iter()
        .take(SHOWN)
        .map(|s| shown(s))
        .collect::<Vec<_>>()
        .join(", ");
    if set.len() > SHOWN {
        let _ = write!(text, " and {} more", set.len() - SHOWN);
    }
    text
}

/// Text of an input as it may be shown: short, in one line, never a secret.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 100;
    if crate::secret::looks_secret(text) {
        return "[redacted]".to_owned();
    }
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() > LONGEST {
        format!("{}…", clean.chars().take(LONGEST).collect::<String>())
    } else {
        clean
    }
}

/// A source by its name.
#[must_use]
pub fn source(name: &str) -> Option<Source> {
    Source::COLLECTED.into_iter().find(|s| s.name() == name)
}

/// The files of a request, for a bar.
#[must_use]
pub fn files_below(dir: &Path) -> u64 {
    let mut count = 0;
    let mut stack: Vec<PathBuf> = vec![dir.to_owned()];
    while let Some(dir) = stack.pop() {
        for path in std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
        {
            if path.is_dir() {
                stack.push(path);
            } else {
                count += 1;
            }
        }
    }
    count
}
