//! The organisation's own registers: read strictly, sealed into the snapshot.

mod cells;
mod environments;
mod levels;
mod rows;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::import::aws::accounts::Accounts;
use super::import::sink::{Sink, coverage};
use crate::bounds::{BY_HAND, MISTAKES, REGISTER, file};
use crate::config::fault::settle;
use crate::config::{Config, ConfigError, Issue};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{InputFile, State};
use crate::dataset::manifest::RegisterEntry;
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;
use crate::fold::fold;
use crate::hash::sha256;

/// The registers as they were read.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    approvals: Option<Vec<rows::Approval>>,
    secrets: Option<Vec<rows::Secret>>,
    identities: Option<Vec<rows::Identity>>,
    sync_runs: Option<Vec<rows::SyncRun>>,
    declared: Option<Vec<rows::Declared>>,
    environments: Option<Vec<environments::Account>>,
    levels: BTreeMap<String, (String, String)>,
    entries: Vec<RegisterEntry>,
    inputs: BTreeMap<&'static str, Vec<InputFile>>,
    problems: Vec<Problem>,
}

/// A register and its path, when it is set.
fn paths(config: &Config) -> [(&'static str, Option<&PathBuf>); 8] {
    let r = &config.registers;
    [
        ("approvals", r.approvals.as_ref()),
        ("declared", r.declared.as_ref()),
        ("environments", r.environments.as_ref()),
        ("identities", r.identities.as_ref()),
        ("levels", r.levels.as_ref()),
        ("secrets", r.secrets.as_ref()),
        ("sync_runs", r.sync_runs.as_ref()),
        ("waivers", r.waivers.as_ref()),
    ]
}

/// Name and SHA-256 of every register that is sealed into a snapshot, as the
/// files are now; one that cannot be read has the hash of nothing.
#[must_use]
pub fn hashes(config: &Config) -> Vec<(String, String)> {
    paths(config)
        .into_iter()
        .filter(|(name, _)| *name != "waivers")
        .filter_map(|(name, path)| {
            let path = path?;
            let hash = if path.is_dir() {
                environments::files(path)
                    .and_then(|files| environments::hash(&files))
                    .unwrap_or_default()
            } else {
                file::read(path, REGISTER).map_or_else(|_| String::new(), |b| sha256(&b))
            };
            Some((name.to_owned(), hash))
        })
        .collect()
}

/// Reads every register that is set.
///
/// # Errors
/// With every mistake of every register at once.
pub(crate) fn read(config: &Config) -> Result<Registers, ConfigError> {
    let mut all = Registers::default();
    let mut issues: Vec<Issue> = Vec::new();
    all.levels = levels::shipped();
    for (name, path) in paths(config) {
        let Some(path) = path else { continue };
        if name == "waivers" {
            crate::config::waivers::read_waivers(path)?;
            continue;
        }
        let shown = config.shown(path);
        if name == "environments" {
            read_environments(&mut all, path, &shown, &mut issues)?;
            continue;
        }
        let bytes = file::read(path, REGISTER).map_err(|source| unreadable(path, source))?;
        let mut table = table::Table::read(&shown, &bytes, &mut issues, &mut all.problems);
        let rows = match name {
            "approvals" => put(&mut all.approvals, rows::approvals(&mut table)),
            "secrets" => put(&mut all.secrets, rows::secrets(&mut table)),
            "identities" => put(&mut all.identities, rows::identities(&mut table)),
            "sync_runs" => put(&mut all.sync_runs, rows::sync_runs(&mut table)),
            "declared" => put(&mut all.declared, rows::declared(&mut table)),
            _ => {
                all.levels = levels::of(rows::levels(&mut table));
                all.levels.len()
            }
        };
        let hash = sha256(&bytes);
        all.inputs.insert(
            name,
            vec![InputFile {
                path: shown.clone(),
                bytes: bytes.len() as u64,
                sha256: hash.clone(),
            }],
        );
        all.entries.push(RegisterEntry {
            name: name.to_owned(),
            path: shown,
            sha256: hash,
            rows: rows as u64,
        });
    }
    let syncs: std::collections::BTreeSet<String> = config.sync.keys().map(|s| fold(s)).collect();
    for run in all.sync_runs.iter().flatten() {
        if !syncs.contains(&fold(&run.sync)) {
            all.problems.push(Problem {
                file: run.file.clone(),
                position: format!("{}:1", run.line),
                kind: ProblemKind::Malformed,
                table: Some("sync_run".to_owned()),
                expected: "the name of a [sync.<name>] section".to_owned(),
                message: format!(
                    "The run is of `{}`, which the configuration does not know.",
                    run.sync
                ),
            });
        }
    }
    settle(issues, all)
}

fn put<T>(slot: &mut Option<Vec<T>>, rows: Vec<T>) -> usize {
    let count = rows.len();
    *slot = Some(rows);
    count
}

fn unreadable(path: &Path, source: std::io::Error) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

fn read_environments(
    all: &mut Registers,
    path: &Path,
    shown: &str,
    issues: &mut Vec<Issue>,
) -> Result<(), ConfigError> {
    let files = environments::files(path).map_err(|e| unreadable(path, e))?;
    let mut accounts = Vec::new();
    let mut inputs = Vec::new();
    for path in &files {
        if issues.len() >= MISTAKES {
            break;
        }
        let bytes = file::read(path, BY_HAND).map_err(|e| unreadable(path, e))?;
        let name = path
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let shown = format!("{shown}/{name}");
        inputs.push(InputFile {
            path: shown.clone(),
            bytes: bytes.len() as u64,
            sha256: sha256(&bytes),
        });
        accounts.extend(environments::read(
            &shown,
            path,
            &bytes,
            issues,
            &mut all.problems,
        ));
    }
    all.entries.push(RegisterEntry {
        name: "environments".to_owned(),
        path: shown.to_owned(),
        sha256: environments::hash(&files).map_err(|e| unreadable(path, e))?,
        rows: accounts
            .iter()
            .map(|a: &environments::Account| a.access.len() as u64)
            .sum(),
    });
    all.inputs.insert("environments", inputs);
    all.environments = Some(accounts);
    Ok(())
}

impl Registers {
    fn coverage(
        &self,
        table: &str,
        registers: &[&'static str],
    ) -> Result<crate::dataset::coverage::Coverage, DatasetError> {
        let mut covered = coverage(table)?;
        let set: Vec<&&'static str> = registers
            .iter()
            .filter(|r| self.inputs.contains_key(**r))
            .collect();
        if set.is_empty() {
            let keys: Vec<String> = registers.iter().map(|r| format!("registers.{r}")).collect();
            covered.worsen(State::Skipped, format!("{} is not set.", keys.join(" or ")));
        }
        for name in set {
            let inputs = self.inputs.get(*name).cloned().unwrap_or_default();
            covered.pages += inputs.len() as u64;
            covered.inputs.extend(inputs);
        }
        Ok(covered)
    }

    /// Writes the tables; gives what was noticed.
    pub(super) fn write(
        mut self,
        config: &Config,
        sink: &mut Sink<'_>,
        accounts: &Accounts,
        as_of: DateTime<Utc>,
    ) -> Result<(Vec<RegisterEntry>, Vec<Problem>), DatasetError> {
        for approval in self.approvals.iter().flatten() {
            if approval.from.is_some_and(|at| at > as_of) {
                let group = approval
                    .group
                    .as_deref()
                    .or(approval.group_id.as_deref())
                    .unwrap_or_default();
                self.problems.push(Problem {
                    file: approval.file.clone(),
                    position: format!("{}:1", approval.line),
                    kind: ProblemKind::FutureRecord,
                    table: Some("approved_group".to_owned()),
                    expected: "an approval that was given before the snapshot".to_owned(),
                    message: format!(
                        "The approval of {group} is dated after the snapshot and does not count."
                    ),
                });
            }
        }
        sink.write(
            self.coverage("approved_group", &["approvals"])?,
            self.approvals.iter().flatten().map(rows::Approval::cells),
        )?;
        sink.write(
            self.coverage("registered_secret", &["secrets"])?,
            self.secrets.iter().flatten().map(rows::Secret::cells),
        )?;
        sink.write(
            self.coverage("identity_link", &["identities"])?,
            self.identities.iter().flatten().map(rows::Identity::cells),
        )?;
        sink.write(
            self.coverage("sync_run", &["sync_runs"])?,
            self.sync_runs.iter().flatten().map(rows::SyncRun::cells),
        )?;
        self.write_declared(config, sink, accounts)?;
        let mut covered = coverage("level")?;
        covered
            .inputs
            .extend(self.inputs.get("levels").into_iter().flatten().cloned());
        sink.write(
            covered,
            self.levels.values().map(|(level, set)| {
                vec![
                    Cell::Text(level.clone()),
                    Cell::folded(Some(level)),
                    Cell::Text(set.clone()),
                    Cell::folded(Some(set)),
                ]
            }),
        )?;
        Ok((self.entries, self.problems))
    }

    fn write_declared(
        &mut self,
        config: &Config,
        sink: &mut Sink<'_>,
        accounts: &Accounts,
    ) -> Result<(), DatasetError> {
        let mut declared = Vec::new();
        let mut reviewers = Vec::new();
        let mut grants = Vec::new();
        for account in self.environments.iter().flatten() {
            let key = accounts.find(&account.name);
            declared.push(account.cells(key));
            reviewers.extend(account.reviewers(key));
            for access in &account.access {
                let set = access
                    .level
                    .as_deref()
                    .and_then(|l| self.levels.get(&fold(l)));
                if let Some(level) = &access.level
                    && set.is_none()
                {
                    self.problems.push(Problem {
                        file: account.file.clone(),
                        position: format!("{}:1", access.line),
                        kind: ProblemKind::UnknownLevel,
                        table: Some("declared_assignment".to_owned()),
                        expected: "a level of the level map".to_owned(),
                        message: format!("The level map does not know `{level}`, so the declaration gives no assignment."),
                    });
                }
                grants.push(grant(
                    "environment",
                    account,
                    key,
                    access.level.as_deref(),
                    set.map(|(_, s)| s.as_str()),
                    access.group.as_deref(),
                    &account.file,
                    Some(access.line),
                ));
            }
            for implicit in &config.access.implicit {
                grants.push(grant(
                    "implicit",
                    account,
                    key,
                    None,
                    Some(&implicit.permission_set),
                    Some(&implicit.group),
                    "access.implicit",
                    None,
                ));
            }
        }
        for row in self.declared.iter().flatten() {
            grants.push(vec![
                Cell::Text("declared".to_owned()),
                Cell::Text(row.account.clone()),
                Cell::folded(Some(&row.account)),
                Cell::key(accounts.find(&row.account)),
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Text(row.permission_set.clone()),
                Cell::folded(Some(&row.permission_set)),
                Cell::text(row.group.clone()),
                Cell::folded(row.group.as_deref()),
                Cell::Text(row.source.clone().unwrap_or_else(|| row.file.clone())),
                Cell::Int(row.line),
            ]);
        }
        sink.write(
            self.coverage("declared_assignment", &["environments", "declared"])?,
            grants,
        )?;
        sink.write(
            self.coverage("declared_account", &["environments"])?,
            declared,
        )?;
        sink.write(
            self.coverage("declared_reviewer", &["environments"])?,
            reviewers,
        )
    }
}

#[expect(clippy::too_many_arguments, reason = "one cell each")]
fn grant(
    kind: &str,
    account: &environments::Account,
    key: Option<i32>,
    level: Option<&str>,
    permission_set: Option<&str>,
    group: Option<&str>,
    source: &str,
    line: Option<i64>,
) -> Vec<Cell> {
    vec![
        Cell::Text(kind.to_owned()),
        Cell::Text(account.name.clone()),
        Cell::folded(Some(&account.name)),
        Cell::key(key),
        Cell::text(level),
        Cell::folded(level),
        Cell::Text(account.environment.clone()),
        Cell::folded(Some(&account.environment)),
        Cell::text(permission_set),
        Cell::folded(permission_set),
        Cell::text(group),
        Cell::folded(group),
        Cell::Text(source.to_owned()),
        Cell::int(line),
    ]
}
