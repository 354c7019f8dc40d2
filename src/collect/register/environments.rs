//! Environment files of the modernisation platform: one JSON file per
//! application, one account per environment in it.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::bounds::folder::Folder;
use crate::bounds::{BY_HAND, ENVIRONMENTS, file};
use crate::collect::import::budget;
use crate::config::fault::Source;
use crate::config::{Fault, Issue};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;
use crate::hash::sha256;
use crate::secret::scrub;

/// An account that a file declares.
#[derive(Debug)]
pub(super) struct Account {
    pub file: String,
    pub name: String,
    pub environment: String,
    pub access: Vec<Access>,
    /// Logins that may approve deployments beside the groups of `access`.
    reviewers: Vec<String>,
    application: String,
    owner: Option<String>,
    business_unit: Option<String>,
    critical: Option<bool>,
    kind: Option<String>,
}

/// A grant of a file.
#[derive(Debug)]
pub(super) struct Access {
    pub group: Option<String>,
    pub level: Option<String>,
    pub line: i64,
}

impl Account {
    pub(super) fn cells(&self, key: Option<i32>) -> Vec<Cell> {
        vec![
            Cell::Text(self.name.clone()),
            Cell::folded(Some(&self.name)),
            Cell::key(key),
            Cell::Text(self.application.clone()),
            Cell::Text(self.environment.clone()),
            Cell::text(self.owner.clone()),
            Cell::text(self.business_unit.clone()),
            Cell::flag(self.critical),
            Cell::text(self.kind.clone()),
            Cell::Text(self.file.clone()),
        ]
    }

    /// One row per further reviewer.
    pub(super) fn reviewers(&self, key: Option<i32>) -> impl Iterator<Item = Vec<Cell>> + '_ {
        self.reviewers.iter().map(move |login| {
            vec![
                Cell::Text(self.name.clone()),
                Cell::folded(Some(&self.name)),
                Cell::key(key),
                Cell::Text(login.clone()),
                Cell::folded(Some(login)),
                Cell::Text(self.file.clone()),
            ]
        })
    }
}

/// The files of a directory, sorted.
pub(super) fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = Folder::of(dir);
    let declares = |path: &Path| path.extension().is_some_and(|e| e == "json");
    for (path, why) in &folder.refused {
        // What would declare accounts and cannot be read must not be left out.
        if declares(path) || path.as_os_str().is_empty() {
            let path = file::named(&dir.join(path));
            return Err(io::Error::other(format!("{path} {why}")));
        }
    }
    let mut files = folder.files;
    files.retain(|path| declares(path));
    if files.len() > ENVIRONMENTS {
        return Err(io::Error::other(format!(
            "it holds more than {ENVIRONMENTS} environment files; name the folder that holds those of accounts alone"
        )));
    }
    Ok(files.into_iter().map(|path| dir.join(path)).collect())
}

/// Hash over the names and hashes of the files.
pub(super) fn hash(files: &[PathBuf]) -> io::Result<String> {
    let mut list = String::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(list, "{}  {name}", sha256(&file::read(path, BY_HAND)?));
    }
    Ok(sha256(list.as_bytes()))
}

/// Reads one file; mistakes have line and column.
pub(super) fn read(
    shown: &str,
    path: &Path,
    bytes: &[u8],
    issues: &mut Vec<Issue>,
    problems: &mut Vec<Problem>,
) -> Vec<Account> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let source = Source { name: shown, text };
    let mut fault = |line: usize, column: usize, message: String| {
        issues.push(Issue {
            place: source.at(line, column),
            fault: Fault::Malformed(message),
            hint: "mend the environment file".to_owned(),
        });
    };
    let mut document: Map<String, Value> = match budget::value_of(text) {
        Ok(map) => map,
        Err(e) => {
            let message = e.to_string();
            let message = message
                .rsplit_once(" at line ")
                .map_or(message.as_str(), |(m, _)| m);
            fault(
                e.line(),
                e.column(),
                format!("the environment file cannot be read: {message}"),
            );
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    scrub(&mut document, "$", &mut found);
    problems.extend(found.into_iter().map(|position| Problem {
        file: shown.to_owned(),
        position,
        kind: ProblemKind::Secret,
        table: None,
        expected: "an environment file without secret values".to_owned(),
        message: "What looks like the value of a secret was dropped and not stored; treat it as exposed and rotate it.".to_owned(),
    }));
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let tags = document.get("tags").and_then(Value::as_object);
    let tag = |name: &str| {
        tags.and_then(|t| t.get(name))
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    let critical = tags
        .and_then(|t| t.get("critical-national-infrastructure"))
        .and_then(|v| match v {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) => word.trim().to_lowercase().parse().ok(),
            _ => None,
        });
    let Some(environments) = document.get("environments").and_then(Value::as_array) else {
        fault(
            1,
            1,
            "the environment file has no list `environments`".to_owned(),
        );
        return Vec::new();
    };
    let lines = access_lines(text);
    let mut accounts = Vec::new();
    for (i, environment) in environments.iter().enumerate() {
        let here = lines.get(i);
        let first = here.map_or(1, |l| l.0);
        let Some(name) = environment
            .get("name")
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|n| !n.is_empty())
        else {
            fault(first, 1, "an environment has no `name`".to_owned());
            continue;
        };
        let mut access = Vec::new();
        let list = match environment.get("access") {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(list)) => list.as_slice(),
            Some(_) => {
                fault(first, 1, format!("`access` of {name} is no list"));
                continue;
            }
        };
        for (j, item) in list.iter().enumerate() {
            let line = here.and_then(|l| l.1.get(j).copied()).unwrap_or(first);
            let Some(item) = item.as_object() else {
                fault(
                    line,
                    1,
                    format!("an entry of `access` of {name} is no object"),
                );
                continue;
            };
            let mut text = |key: &str| match item.get(key) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
                Some(_) => {
                    fault(line, 1, format!("`{key}` of {name} is no text"));
                    None
                }
            };
            // `github_slug` is what `sso_group_name` was called before.
            let group = text("sso_group_name").or_else(|| text("github_slug"));
            access.push(Access {
                group,
                level: text("level"),
                line: i64::try_from(line).unwrap_or(0),
            });
        }
        let mut reviewers = Vec::new();
        match environment.get("additional_reviewers") {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                let logins = list.iter().filter_map(Value::as_str).map(str::trim);
                reviewers.extend(logins.filter(|l| !l.is_empty()).map(str::to_owned));
            }
            Some(_) => fault(
                first,
                1,
                format!("`additional_reviewers` of {name} is no list of texts"),
            ),
        }
        reviewers.sort();
        reviewers.dedup();
        accounts.push(Account {
            reviewers,
            file: shown.to_owned(),
            name: format!("{stem}-{name}"),
            environment: name.to_owned(),
            access,
            application: tag("application").unwrap_or_else(|| stem.clone()),
            owner: tag("owner"),
            business_unit: tag("business-unit"),
            critical,
            kind: document
                .get("account-type")
                .and_then(Value::as_str)
                .map(str::to_owned),
        });
    }
    accounts
}

/// Line of every environment, and of every entry of its `access`.
fn access_lines(text: &str) -> Vec<(usize, Vec<usize>)> {
    enum Level {
        Object { key: Option<String> },
        Array,
    }
    let mut stack: Vec<Level> = Vec::new();
    let mut all: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut line = 1;
    let mut chars = text.chars();
    let mut pending: Option<String> = None;
    let keys = |stack: &[Level]| -> Vec<String> {
        stack
            .iter()
            .filter_map(|l| match l {
                Level::Object { key } => key.clone(),
                Level::Array => None,
            })
            .collect()
    };
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '"' => {
                let mut word = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => {
                            word.extend(chars.next());
                        }
                        '"' => break,
                        c => word.push(c),
                    }
                }
                pending = Some(word);
            }
            ':' => {
                if let Some(Level::Object { key }) = stack.last_mut() {
                    *key = pending.take();
                }
            }
            '{' => {
                let path = keys(&stack);
                let in_list = matches!(stack.last(), Some(Level::Array));
                if in_list && path == ["environments"] {
                    all.push((line, Vec::new()));
                } else if in_list
                    && path == ["environments", "access"]
                    && let Some(last) = all.last_mut()
                {
                    last.1.push(line);
                }
                stack.push(Level::Object { key: None });
            }
            '[' => stack.push(Level::Array),
            '}' | ']' => {
                stack.pop();
            }
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::access_lines;

    #[test]
    fn lines_of_access_are_those_of_their_braces() {
        let text = "{\n \"environments\": [\n  {\"name\": \"a\", \"access\": [\n   {\"level\": \"x\"},\n\n   {\"level\": \"{[\\\"\"}]},\n  {\"name\": \"b\",\n   \"access\": [{}]}\n ]\n}";
        assert_eq!(access_lines(text), [(3, vec![4, 6]), (7, vec![8])]);
    }
}
