//! Whether what was to be removed is gone: looked for in later snapshots.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::gather::Held;
use super::item::Item;

/// What became of a decision to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No path is left.
    Gone,
    /// It was gone in a snapshot and is there again.
    CameBack,
    /// It is there.
    StillThere,
    /// The snapshot was not read completely, so what it does not show may be there.
    Unknown,
    /// No snapshot is later than the decision.
    NoLaterSnapshot,
}

impl Outcome {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::CameBack => "came back",
            Self::StillThere => "still there",
            Self::Unknown => "unknown",
            Self::NoLaterSnapshot => "no later snapshot",
        }
    }
}

/// What is held in one later snapshot.
pub struct Later {
    /// Snapshot.
    pub snapshot: String,
    /// Its moment.
    pub as_of: DateTime<Utc>,
    /// Whether every table that access rests on was read completely.
    pub complete: bool,
    ids: BTreeSet<String>,
    names: BTreeSet<(String, String, String)>,
}

impl Later {
    /// Out of what is held.
    #[must_use]
    pub fn new(
        snapshot: String,
        as_of: DateTime<Utc>,
        complete: bool,
        held: BTreeMap<String, Held>,
    ) -> Self {
        let names = held.values().filter_map(|h| h.name_key.clone()).collect();
        Self {
            snapshot,
            as_of,
            complete,
            ids: held.into_keys().collect(),
            names,
        }
    }

    /// Whether the access is there, under the same user id or under the same
    /// name with another one.
    fn has(&self, item: &Item) -> bool {
        let by_name = item.person_folded.as_ref().is_some_and(|person| {
            self.names.contains(&(
                person.clone(),
                item.account_id.clone(),
                item.permission_set_arn.clone(),
            ))
        });
        self.ids.contains(&item.item_id) || by_name
    }
}

/// What became of one decision, seen in the snapshots after the review's, oldest
/// first: the outcome, and the snapshot that shows it.
#[must_use]
pub fn outcome<'a>(
    item: &Item,
    decided_at: DateTime<Utc>,
    later: &'a [Later],
) -> (Outcome, Option<&'a str>) {
    // What a snapshot from before the decision shows says nothing about it,
    // except that the access was gone already.
    let Some(last) = later.last() else {
        return (Outcome::NoLaterSnapshot, None);
    };
    let shown_by = Some(last.snapshot.as_str());
    if last.has(item) {
        let was_gone = later.iter().any(|l| l.complete && !l.has(item));
        return match (was_gone, last.as_of < decided_at) {
            (_, true) => (Outcome::NoLaterSnapshot, None),
            (true, _) => (Outcome::CameBack, shown_by),
            (false, _) => (Outcome::StillThere, shown_by),
        };
    }
    if !last.complete {
        return (Outcome::Unknown, shown_by);
    }
    if last.as_of < decided_at {
        return (Outcome::NoLaterSnapshot, None);
    }
    (Outcome::Gone, shown_by)
}

#[cfg(test)]
mod tests {
    use super::{Item, Later, Outcome, outcome};
    use crate::review::gather::Held;
    use crate::review::item::When;
    use chrono::{DateTime, TimeDelta, Utc};
    use std::collections::{BTreeMap, BTreeSet};

    fn item() -> Item {
        Item {
            item_id: Item::id("u-1", "000000000001", "arn:x"),
            person_id: "u-1".into(),
            person: "Ana".into(),
            person_folded: Some("ana".into()),
            display_name: None,
            user_status: None,
            source: "Entra".into(),
            guest: "no".into(),
            account_id: "000000000001".into(),
            account: "shop".into(),
            permission_set_arn: "arn:x".into(),
            permission_set: "X".into(),
            severity: "medium".into(),
            privileged: Some(false),
            production: Some(false),
            paths: BTreeSet::new(),
            since: When::Why("not stated".into()),
            last_used: When::Why("not read".into()),
            last_sign_in: When::Why("not read".into()),
            since_last_review: "new".into(),
            last_decision: None,
            owner: None,
            findings: BTreeSet::new(),
            aliases: BTreeSet::new(),
        }
    }

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    /// A snapshot in which the user of that id, called ana, has the access.
    fn later(number: i64, complete: bool, user: Option<&str>) -> Later {
        let held = user.map(|user| {
            let key = |p: &str| (p.to_owned(), "000000000001".to_owned(), "arn:x".to_owned());
            let item_id = Item::id(user, "000000000001", "arn:x");
            let held = Held {
                item_id: item_id.clone(),
                name_key: Some(key("ana")),
                shown: key("Ana"),
            };
            (item_id, held)
        });
        let held: BTreeMap<String, Held> = held.into_iter().collect();
        Later::new(number.to_string(), day(number), complete, held)
    }

    #[test]
    fn removals_are_proved_by_complete_later_snapshots_alone() {
        let decided = day(10);
        for (snapshots, expected) in [
            (vec![], Outcome::NoLaterSnapshot),
            (vec![later(9, true, Some("u-1"))], Outcome::NoLaterSnapshot),
            (vec![later(9, true, None)], Outcome::NoLaterSnapshot),
            (vec![later(11, true, None)], Outcome::Gone),
            (vec![later(11, false, None)], Outcome::Unknown),
            (vec![later(11, true, Some("u-1"))], Outcome::StillThere),
            (vec![later(11, false, Some("u-1"))], Outcome::StillThere),
            // Made anew under another id: the access was not taken away.
            (vec![later(11, true, Some("u-2"))], Outcome::StillThere),
            (
                vec![later(11, true, None), later(12, true, Some("u-1"))],
                Outcome::CameBack,
            ),
            (
                vec![later(11, true, None), later(12, true, Some("u-2"))],
                Outcome::CameBack,
            ),
            // That it was gone in between is not known.
            (
                vec![later(11, false, None), later(12, true, Some("u-1"))],
                Outcome::StillThere,
            ),
            (
                vec![later(11, true, Some("u-1")), later(12, true, None)],
                Outcome::Gone,
            ),
        ] {
            assert_eq!(outcome(&item(), decided, &snapshots).0, expected);
        }
    }
}
