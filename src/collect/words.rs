//! Text of inputs as messages may show it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The first few of a set, for a message.
pub(super) fn some_of(set: &BTreeSet<String>) -> String {
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
pub(super) fn shown(text: &str) -> String {
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
