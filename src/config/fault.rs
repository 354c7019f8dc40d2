//! How a mistake in a file of the organisation is told: where, what, and what to do.

use std::fmt;
use std::path::PathBuf;

use crate::bounds::MISTAKES;

/// Where a mistake is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file; line and column count from 1, columns in characters.
    File {
        /// The file as it was named.
        file: String,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// In a variable of the environment.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// What is wrong with a setting, a waiver or a register; never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A section that does not exist.
    #[error("unknown section `{0}`")]
    UnknownSection(String),
    /// A key that does not exist.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A key that must be there and is not.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A value of another type.
    #[error("`{key}` takes {expected}, not {found}")]
    Type {
        /// Key that was set.
        key: String,
        /// What it takes.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// A value of the right type that cannot be meant.
    #[error("`{key}` is {found}, which is not {expected}")]
    Value {
        /// Key that was set.
        key: String,
        /// What it takes.
        expected: String,
        /// What was found, safe to show.
        found: String,
    },
    /// Something that is there already.
    #[error("{0}")]
    Duplicate(String),
    /// Something that looks like the value of a secret.
    #[error("`{0}` holds what looks like the value of a secret")]
    Secret(String),
    /// A malformed row or document of a register.
    #[error("{0}")]
    Malformed(String),
}

/// One mistake: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub fault: Fault,
    /// What to do, as a clause.
    pub hint: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}; {}", self.fault, self.place, self.hint)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The user named a file that cannot be read.
    #[error(
        "nothing was done: name another file with --config, or write one with countersign init; {path} could not be read"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The user wrote something that cannot be meant.
    #[error("{}", listed(.0))]
    Invalid(Vec<Issue>),
}

impl ConfigError {
    /// The mistakes, in the order of the file.
    #[must_use]
    pub fn issues(&self) -> &[Issue] {
        match self {
            Self::Unreadable { .. } => &[],
            Self::Invalid(issues) => issues,
        }
    }
}

fn listed(issues: &[Issue]) -> String {
    /// More than these nobody reads at once.
    const SHOWN: usize = 100;
    let shown = issues.iter().take(SHOWN);
    let mut lines: Vec<String> = shown.map(ToString::to_string).collect();
    if issues.len() > SHOWN {
        lines.push(format!("and {} more", issues.len() - SHOWN));
    }
    let count = match issues.len() {
        1 => "1 mistake".to_owned(),
        n if n >= MISTAKES => format!("{n} mistakes or more: reading stopped there"),
        n => format!("{n} mistakes"),
    };
    format!(
        "{}\nthe configuration has {count}; nothing was done",
        lines.join("\n")
    )
}

/// The value, or the mistakes in the order in which a reader meets them.
pub(crate) fn settle<T>(mut issues: Vec<Issue>, value: T) -> Result<T, ConfigError> {
    if issues.is_empty() {
        return Ok(value);
    }
    issues.sort_by(|a, b| a.place.cmp(&b.place));
    Err(ConfigError::Invalid(issues))
}

/// A text whose places are named by line and column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The file as it was named.
    pub name: &'a str,
    /// What it holds.
    pub text: &'a str,
}

impl Source<'_> {
    /// Line and column of a byte offset.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(..end).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The place of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let (line, column) = self.position(offset);
        self.at(line, column)
    }

    /// The place of a line and column.
    pub(crate) fn at(&self, line: usize, column: usize) -> Place {
        Place::File {
            file: self.name.to_owned(),
            line,
            column,
        }
    }
}

/// The candidate that is closest to what was written.
pub(crate) fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    candidates
        .into_iter()
        .min_by_key(|c| strsim::damerau_levenshtein(&written, &c.to_lowercase()))
}

/// "did you mean" for a likely slip, else what there is to choose from.
pub(crate) fn suggest(written: &str, candidates: &[&str], what: &str) -> String {
    let all = || candidates.join(", ");
    match nearest(written, candidates.iter().copied()) {
        None => format!("there are no {what}"),
        Some(near) => {
            let distance =
                strsim::damerau_levenshtein(&written.to_lowercase(), &near.to_lowercase());
            if distance <= (near.chars().count() / 3).max(2) {
                format!("did you mean `{near}`?")
            } else {
                format!("the nearest is `{near}`; {what}: {}", all())
            }
        }
    }
}

/// A value as it may be shown: never a secret, never long.
pub(crate) fn show(value: &str) -> String {
    const LONGEST: usize = 60;
    if crate::secret::looks_secret(value) {
        return "[redacted]".to_owned();
    }
    let value = value.escape_debug().to_string();
    if value.chars().count() > LONGEST {
        let head: String = value.chars().take(LONGEST).collect();
        return format!("`{head}…`");
    }
    format!("`{value}`")
}

#[cfg(test)]
mod tests {
    use super::{Source, suggest};

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source {
            name: "x",
            text: "é = 1\r\nab\n",
        };
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(3), (1, 3));
        assert_eq!(source.position(8), (2, 1));
        assert_eq!(source.position(9), (2, 2));
        assert_eq!(source.position(99), (3, 1));
    }

    #[test]
    fn a_slip_is_guessed_and_a_guess_is_not_forced() {
        let keys = ["group_prefix", "stale_days"];
        assert_eq!(
            suggest("grop_prefix", &keys, "keys"),
            "did you mean `group_prefix`?"
        );
        assert!(suggest("tenant", &keys, "keys").contains("keys: group_prefix, stale_days"));
    }
}
