//! What came of one link of the chain.

use chrono::{DateTime, Utc};

use super::card::{Link, LinkKind, LinkState};
use super::facts::{Gap, Moment};

/// A link, and what a reason needs to say of it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) link: Link,
    /// Whether it only follows from a link before it.
    pub(super) follows: bool,
    /// How to find out, or to fix it.
    pub(super) remedy: Option<String>,
}

impl Judged {
    pub(super) fn new(
        kind: LinkKind,
        state: LinkState,
        evidence: &str,
        note: impl Into<String>,
    ) -> Self {
        Self {
            link: Link {
                kind,
                state,
                at: None,
                evidence: evidence.to_owned(),
                note: note.into(),
            },
            follows: false,
            remedy: None,
        }
    }

    pub(super) fn at(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.link.at = at;
        self
    }

    pub(super) fn following(mut self) -> Self {
        self.follows = true;
        self
    }

    pub(super) fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = Some(text.into());
        self
    }

    pub(super) fn gap(kind: LinkKind, gap: &Gap) -> Self {
        Self::new(
            kind,
            LinkState::Unknown,
            &format!("table {}: {}", gap.table, gap.state),
            format!("table {} is {}: {}", gap.table, gap.state, gap.reason),
        )
        .remedy(how_to_read(gap))
    }

    pub(super) fn is(&self, state: LinkState) -> bool {
        self.link.state == state
    }
}

/// Table and event, as evidence is named.
pub(super) fn shown(moment: &Moment) -> String {
    if moment.event.is_empty() {
        moment.table.clone()
    } else {
        format!("{} {}", moment.table, moment.event)
    }
}

pub(super) fn newest<'a>(moments: &[&'a Moment]) -> Option<&'a Moment> {
    moments
        .iter()
        .copied()
        .max_by_key(|m| (m.at, m.what.as_str()))
}

/// What makes a table readable.
pub(super) fn how_to_read(gap: &Gap) -> String {
    match &gap.permission {
        Some(permission) => format!("grant {permission}, and take a new snapshot"),
        None if gap.table == "registered_secret" => {
            "name the secrets register under [registers] secrets, and take a new snapshot"
                .to_owned()
        }
        None if gap.table == "sync_run" => {
            "name the log of sync runs under [registers] sync_runs, and take a new snapshot"
                .to_owned()
        }
        None => format!(
            "make {} readable (countersign preflight says what is missing), and take a new snapshot",
            gap.table
        ),
    }
}
