//! Files of rules: one rule or view each, found below a folder and read within
//! bounds.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bounds::{BY_HAND, file};
use crate::sqlfile::{Rule, View, parse_rule, parse_view};

/// Folders within folders of rules.
const DEEPEST: usize = 16;

/// A file of rules.
pub(super) enum Parsed {
    Rule(Box<Rule>),
    View(Box<View>),
}

impl Parsed {
    pub(super) fn of(path: &str, text: &str) -> Result<Self, String> {
        let is_view = Path::new(path)
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|folder| folder == "views");
        if is_view {
            let view = parse_view(path, text).map_err(|e| e.to_string())?;
            return Ok(Self::View(Box::new(view)));
        }
        let rule = parse_rule(path, text).map_err(|e| e.to_string())?;
        let wrong = crate::frameworks::problems(&rule.controls);
        if wrong.is_empty() {
            Ok(Self::Rule(Box::new(rule)))
        } else {
            let wrong: Vec<String> = wrong.iter().map(|w| format!("{path}: {w}")).collect();
            Err(wrong.join("\n"))
        }
    }

    pub(super) fn id(&self) -> String {
        match self {
            Self::Rule(rule) => rule.id.clone(),
            Self::View(view) => format!("views/{}", view.name),
        }
    }

    /// The command that shows the one that ships.
    pub(super) fn shown_by(&self) -> String {
        match self {
            Self::Rule(rule) => format!("rules show {}", rule.id),
            Self::View(view) => format!("tables show {}", view.name),
        }
    }

    pub(super) fn sql(&self) -> &str {
        match self {
            Self::Rule(rule) => &rule.sql,
            Self::View(view) => &view.sql,
        }
    }

    pub(super) fn overrides(&self) -> Option<&String> {
        match self {
            Self::Rule(rule) => rule.overrides.as_ref(),
            Self::View(view) => view.overrides.as_ref(),
        }
    }
}

/// The text of a file.
pub(super) fn read(path: &Path) -> std::io::Result<String> {
    file::text(path, BY_HAND).map(|text| text.trim_start_matches('\u{feff}').to_owned())
}

/// The `.sql` files below a folder. Links to folders are not followed: they may
/// lead anywhere, and back again.
pub(super) fn below(dir: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if depth > DEEPEST {
        return Err(std::io::Error::other(format!(
            "folders are nested deeper than {DEEPEST}"
        )));
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            below(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|e| e == "sql") {
            files.push(path);
        } else if path.is_dir() {
            return Err(std::io::Error::other(format!(
                "{} is a link to a folder, which is not followed: name the folder itself, or copy it",
                path.display()
            )));
        }
    }
    Ok(())
}
