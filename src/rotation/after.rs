//! After the rotation: what became of each link since the baseline, and what
//! moved in Identity Center meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use super::card::{After, AfterState, Link, LinkState, minute};
use super::chain::Chain;
use super::codes::{Happening, Outcome};
use super::facts::{Counted, Facts, Moment};
use super::judge::named;
use super::walk::Role;

fn after(what: &str, state: AfterState, note: impl Into<String>) -> After {
    After {
        what: what.to_owned(),
        state,
        note: note.into(),
    }
}

/// Compares with the baseline; nothing without one.
pub(super) fn compare(facts: &Facts, chain: &Chain) -> Vec<After> {
    let Some(since) = facts.baseline else {
        return Vec::new();
    };
    let issued = issued(facts);
    let stored = stored(facts);
    let begun = issued.state == AfterState::Done || stored.state == AfterState::Done;
    let settled = issued.state == AfterState::NotDone && stored.state == AfterState::NotDone;
    let mut all = Vec::new();
    if settled {
        // Before a rotation there is nothing to compare yet.
        all.push(after(
            "rotation",
            AfterState::NotBegun,
            format!(
                "no new credential and no new value since the baseline of {}",
                minute(since)
            ),
        ));
    } else {
        let old = old(facts, issued.state);
        all.push(issued);
        all.push(stored);
        all.push(link("deployed after", &chain.deployed.link, begun));
        all.push(link("used successfully after", &chain.synced.link, begun));
        all.push(old);
    }
    all.extend(moved(facts));
    all
}

const UNREAD: &str = "a table was not read completely, now or at the baseline";

fn keys(moments: &[Moment]) -> BTreeMap<&str, &Moment> {
    moments.iter().map(|m| (m.event.as_str(), m)).collect()
}

fn whole(facts: &Facts, tables: &[&str]) -> bool {
    facts.gap(tables).is_none() && facts.compared(tables)
}

/// Why a part of the chain cannot be compared with the baseline: only the
/// credentials of Entra and the versions of Secrets Manager have ids that tell an
/// old one from a new one.
fn not_compared(facts: &Facts, role: Role, store: &str) -> Option<String> {
    let mut of_role = facts.members.iter().filter(|m| m.role == role).peekable();
    if of_role.peek().is_none() {
        return Some(match role {
            Role::Issuer => "the secrets register does not say what issues it".to_owned(),
            Role::Store => "the secrets register does not say where it is stored".to_owned(),
        });
    }
    let other = of_role.find(|m| m.store != store)?;
    Some(format!(
        "{} has no ids that tell an old one from a new one",
        other.secret
    ))
}

const CREDENTIALS: [&str; 2] = ["entra_application", "entra_credential"];

fn issued(facts: &Facts) -> After {
    const WHAT: &str = "new credential issued";
    if let Some(why) = not_compared(facts, Role::Issuer, "entra") {
        return after(WHAT, AfterState::Unknown, why);
    }
    if !whole(facts, &CREDENTIALS) {
        return after(WHAT, AfterState::Unknown, UNREAD);
    }
    let then = keys(facts.of(Happening::IssuedBefore));
    let new: Vec<String> = facts
        .of(Happening::Issued)
        .iter()
        .filter(|m| m.table == "entra_credential" && !then.contains_key(m.event.as_str()))
        .map(|m| format!("{} {}", m.what, m.at.map(minute).unwrap_or_default()))
        .collect();
    if new.is_empty() {
        after(
            WHAT,
            AfterState::NotDone,
            "the credentials are those of the baseline",
        )
    } else {
        after(WHAT, AfterState::Done, new.join(", "))
    }
}

fn stored(facts: &Facts) -> After {
    const WHAT: &str = "new version current";
    if let Some(why) = not_compared(facts, Role::Store, "secretsmanager") {
        return after(WHAT, AfterState::Unknown, why);
    }
    if !whole(facts, &["aws_secret", "aws_secret_version"]) {
        return after(WHAT, AfterState::Unknown, UNREAD);
    }
    let (then, now) = (
        versions(facts.of(Happening::StoredBefore)),
        versions(facts.of(Happening::Stored)),
    );
    if now.values().any(|v| v.event.is_empty() || v.at.is_none()) {
        return after(
            WHAT,
            AfterState::Unknown,
            "which version is current was not read",
        );
    }
    let (mut new, mut same) = (Vec::new(), Vec::new());
    for (what, version) in &now {
        let before = then.get(what);
        if before.is_some_and(|b| b.event == version.event) {
            same.push(*what);
        } else if version
            .at
            .is_some_and(|at| facts.baseline.is_some_and(|b| at > b))
        {
            new.push(*what);
        } else {
            return after(
                WHAT,
                AfterState::NotDone,
                format!(
                    "the current version of {what} is older than the baseline: one that was there before was made current again"
                ),
            );
        }
    }
    match (new.is_empty(), same.is_empty()) {
        (false, true) => after(WHAT, AfterState::Done, new.join(", ")),
        (false, false) => after(
            WHAT,
            AfterState::NotDone,
            format!(
                "{} has a new version, {} has not",
                new.join(", "),
                same.join(", ")
            ),
        ),
        (true, false) => after(
            WHAT,
            AfterState::NotDone,
            "the version is that of the baseline",
        ),
        (true, true) => after(WHAT, AfterState::NotDone, "the store holds no such secret"),
    }
}

/// The current version of each secret.
fn versions(moments: &[Moment]) -> BTreeMap<&str, &Moment> {
    moments
        .iter()
        .filter(|m| m.table == "aws_secret_version" && m.outcome == Outcome::Current)
        .map(|m| (m.what.as_str(), m))
        .collect()
}

fn link(what: &str, link: &Link, begun: bool) -> After {
    let state = match link.state {
        LinkState::Done if begun => AfterState::Done,
        LinkState::NotNeeded => AfterState::NotNeeded,
        LinkState::NotYet | LinkState::OutOfOrder => AfterState::NotDone,
        _ => AfterState::Unknown,
    };
    let wrong = if link.state == LinkState::OutOfOrder {
        "wrong order: "
    } else {
        ""
    };
    after(what, state, format!("{wrong}{}", link.note))
}

fn old(facts: &Facts, issued: AfterState) -> After {
    const WHAT: &str = "old credential removed";
    if let Some(why) = not_compared(facts, Role::Issuer, "entra") {
        return after(WHAT, AfterState::Unknown, why);
    }
    if !whole(facts, &CREDENTIALS) {
        return after(WHAT, AfterState::Unknown, UNREAD);
    }
    let live: BTreeSet<&str> = facts.live().iter().map(|m| m.event.as_str()).collect();
    let (mut gone, mut left) = (Vec::new(), Vec::new());
    for m in facts.of(Happening::IssuedBefore) {
        if live.contains(m.event.as_str()) {
            left.push(m.what.as_str());
        } else {
            gone.push(m.what.as_str());
        }
    }
    match (left.is_empty(), gone.is_empty()) {
        // Without a successor the credential of the baseline is no old one.
        _ if issued != AfterState::Done => after(
            WHAT,
            AfterState::NotDone,
            "no new credential has taken its place",
        ),
        (false, _) => after(
            WHAT,
            AfterState::NotDone,
            format!("{} still works", named(&left)),
        ),
        (true, false) => after(WHAT, AfterState::Done, named(&gone)),
        (true, true) => after(
            WHAT,
            AfterState::Unknown,
            "the baseline shows no credential",
        ),
    }
}

/// What came and went in Identity Center: counts that stay the same may still hide changes.
fn moved(facts: &Facts) -> Vec<After> {
    facts.counts.iter().map(|c| moved_of(facts, c)).collect()
}

fn moved_of(facts: &Facts, counted: &Counted) -> After {
    let what = &counted.what;
    if !whole(facts, counted.object.tables()) {
        return after(what, AfterState::Unknown, UNREAD);
    }
    let of = |change: &str| -> Vec<&str> {
        facts
            .moved
            .iter()
            .filter(|(object, c, _)| *object == counted.object && c == change)
            .map(|(_, _, name)| name.as_str())
            .collect()
    };
    let (added, removed) = (of("added"), of("removed"));
    let counts = format!("{} then, {} now", counted.then, counted.now);
    if added.is_empty() && removed.is_empty() {
        let state = if counted.now == counted.then {
            AfterState::Unchanged
        } else {
            AfterState::Unknown
        };
        return after(what, state, counts);
    }
    let mut parts = vec![counts];
    for (word, names) in [("added", &added), ("removed", &removed)] {
        if !names.is_empty() {
            parts.push(format!("{} {word}: {}", names.len(), named(names)));
        }
    }
    after(what, AfterState::Moved, parts.join("; "))
}
