//! The chain: issued, stored, deployed, synced, old one removed. Each link is
//! judged on the one before it, and what cannot be told stays unknown.

use super::card::{LinkKind, LinkState, minute};
use super::codes::{Happening, Outcome};
use super::deployed::deployed;
use super::facts::{Facts, Moment, issuer_of, later};
use super::judged::{Judged, newest, shown};
use super::synced::{reference, synced};
use super::walk::{Member, Role};
use crate::fold::fold;

/// The five links, in order.
pub(super) struct Chain {
    pub(super) issued: Judged,
    pub(super) stored: Judged,
    pub(super) deployed: Judged,
    pub(super) synced: Judged,
    pub(super) removed: Judged,
}

impl Chain {
    pub(super) fn judge(facts: &Facts) -> Self {
        let issued = issued(facts);
        let stored = stored(facts, &issued);
        let deployed = deployed(facts, &issued, &stored);
        let synced = synced(facts, &stored, &deployed);
        let removed = removed(facts, &issued, [&stored, &deployed, &synced]);
        Self {
            issued,
            stored,
            deployed,
            synced,
            removed,
        }
    }

    pub(super) fn links(&self) -> [&Judged; 5] {
        [
            &self.issued,
            &self.stored,
            &self.deployed,
            &self.synced,
            &self.removed,
        ]
    }
}

/// Tables behind the credentials of an issuing store.
pub(super) fn issuing_tables(store: &str) -> &'static [&'static str] {
    match store {
        "entra" => &["entra_application", "entra_credential"],
        "auth0" => &["auth0_client"],
        "iam" => &["aws_access_key"],
        _ => &["github_token"],
    }
}

/// Tables behind the values of a store; none for a store that is not read.
fn storing_tables(store: &str) -> &'static [&'static str] {
    match store {
        "github" => &["github_secret"],
        "secretsmanager" => &["aws_secret", "aws_secret_version"],
        _ => &[],
    }
}

fn issued(facts: &Facts) -> Judged {
    let issuers = || facts.members.iter().filter(|m| m.role == Role::Issuer);
    if issuers().next().is_none() {
        if let Some(gap) = facts.gap(&["registered_secret"]) {
            return Judged::gap(LinkKind::Issued, gap);
        }
        return Judged::new(
            LinkKind::Issued,
            LinkState::Unknown,
            "registered_secret",
            format!(
                "no row of the secrets register (table registered_secret) has {} as its consumer, so what issues its value is not known",
                facts.secret
            ),
        )
        .remedy(format!(
            "add a row to the secrets register for the application, token or key that issues it, with the consumer {}",
            facts.secret
        ));
    }
    if let Some(gap) = issuers().find_map(|m| facts.gap(issuing_tables(&m.store))) {
        return Judged::gap(LinkKind::Issued, gap);
    }
    let live = facts.live();
    let none_of = |issuer: &&Member| {
        let name = fold(&issuer.secret);
        !live.iter().any(|m| issuer_of(m) == name)
    };
    let dead = if live.is_empty() {
        issuers().next()
    } else {
        None
    };
    // Where several issue for one store, each has to.
    let dead = dead.or_else(|| issuers().filter(|_| issuers().count() > 1).find(none_of));
    if let Some(dead) = dead {
        return lapsed(facts, dead);
    }
    if let Some(undated) = live.iter().find(|m| m.at.is_none()) {
        return Judged::new(
            LinkKind::Issued,
            LinkState::Unknown,
            &undated.table,
            format!(
                "when {} was issued is not known: table {} has no date for it",
                undated.what, undated.table
            ),
        )
        .remedy(if undated.table == "auth0_client" {
            "Auth0 keeps no date of it: know the day of the last rotation from elsewhere"
        } else {
            "look the date up at the issuer; an export that leaves dates out is to be made again"
        });
    }
    let Some(last) = newest(&live) else {
        return Judged::new(
            LinkKind::Issued,
            LinkState::Unknown,
            "",
            "no credential is known",
        );
    };
    let ends = last.ends_at.map_or_else(
        || "never ends".to_owned(),
        |e| format!("ends {}", e.format("%Y-%m-%d")),
    );
    let of = issuer_of(last);
    let count = match live.iter().filter(|m| issuer_of(m) == of).count() {
        1 => "the only live credential".to_owned(),
        n => format!("the newest of {n} live credentials"),
    };
    Judged::new(
        LinkKind::Issued,
        LinkState::Done,
        &shown(last),
        format!("{count}, {ends}"),
    )
    .at(last.at)
}

/// A stored value as people name it: its name and its account, not its Region.
fn named(moment: &Moment) -> String {
    let mut parts = moment.what.splitn(4, '/');
    match (parts.next(), parts.next(), parts.nth(1)) {
        (Some("secretsmanager"), Some(account), Some(name)) => format!("{name} in {account}"),
        _ => moment.what.clone(),
    }
}

/// An issuer of which no credential works.
fn lapsed(facts: &Facts, issuer: &Member) -> Judged {
    let name = fold(&issuer.secret);
    let all: Vec<&Moment> = facts
        .of(Happening::Issued)
        .iter()
        .filter(|m| issuer_of(m) == name)
        .collect();
    let judged = |note: String| {
        let table = issuing_tables(&issuer.store).last().copied();
        Judged::new(
            LinkKind::Issued,
            LinkState::NotYet,
            table.unwrap_or_default(),
            note,
        )
    };
    if all.is_empty()
        && let Some(place) = facts.unread_place(issuer)
    {
        return Judged::new(
            LinkKind::Issued,
            LinkState::Unknown,
            issuing_tables(&issuer.store)
                .last()
                .copied()
                .unwrap_or_default(),
            format!("the account {place} is not among those whose keys were read"),
        )
        .remedy("read the credential report of that account too, and take a new snapshot");
    }
    if all.is_empty() {
        let note = "the store was read and holds no credential of that name";
        return judged(format!("{note}: {}", issuer.secret))
            .remedy("correct the name in the register, or take the row out");
    }
    let begins = all
        .iter()
        .filter_map(|m| m.at)
        .filter(|at| later(*at, facts.as_of))
        .min();
    let ended = all
        .iter()
        .filter_map(|m| m.ends_at)
        .filter(|end| *end < facts.as_of)
        .max();
    let how = match (ended, begins) {
        (Some(end), _) if all.len() == 1 => format!("the only credential ended {}", minute(end)),
        (Some(end), _) => format!(
            "{} credentials are there, the last ended {}",
            all.len(),
            minute(end)
        ),
        (None, Some(at)) => format!("the first credential begins {}", minute(at)),
        (None, None) => format!("{} credentials have expired", all.len()),
    };
    judged(format!(
        "{how}, and none is live: what uses the secret has stopped working"
    ))
    .remedy("treat it as an outage: issue a new credential now, then store, deploy and sync")
}

/// Whether a credential of a store is that of a registered secret, whose name
/// lacks the Region.
pub(super) fn holds(moment: &Moment, member: &Member) -> bool {
    let parts = |name: &str, at: usize| -> Option<(String, String)> {
        let mut parts = name.splitn(at + 1, '/');
        let account = parts.nth(1)?.to_owned();
        Some((account, fold(parts.last()?)))
    };
    match member.store.as_str() {
        "secretsmanager" => parts(&moment.what, 3) == parts(&member.secret, 2),
        _ => fold(&moment.what) == fold(&member.secret),
    }
}

fn stored(facts: &Facts, issued: &Judged) -> Judged {
    let stores: Vec<_> = facts
        .members
        .iter()
        .filter(|m| m.role == Role::Store)
        .collect();
    let Some(first) = stores.first() else {
        if let Some(gap) = facts.gap(&["registered_secret"]) {
            return Judged::gap(LinkKind::Stored, gap);
        }
        return Judged::new(
            LinkKind::Stored,
            LinkState::Unknown,
            "registered_secret",
            format!(
                "no row of the secrets register (table registered_secret) says where {} is stored",
                facts.secret
            ),
        )
        .remedy(format!(
            "add a row for {} to the secrets register whose consumer is the secret that stores it, such as secretsmanager/ACCOUNT/NAME",
            facts.secret
        ));
    };
    if let Some(gap) = stores
        .iter()
        .find_map(|m| facts.gap(storing_tables(&m.store)))
    {
        return Judged::gap(LinkKind::Stored, gap);
    }
    if let Some(other) = stores.iter().find(|m| storing_tables(&m.store).is_empty()) {
        return Judged::new(
            LinkKind::Stored,
            LinkState::Unknown,
            "registered_secret",
            format!("{} is in a store that is not read", other.secret),
        )
        .remedy("look there when the value was stored, or correct the name in the register");
    }
    let tables = storing_tables(&first.store);
    if let Some(place) = stores.iter().find_map(|m| facts.unread_place(m)) {
        return Judged::new(
            LinkKind::Stored,
            LinkState::Unknown,
            tables[0],
            format!("the account {place} is not among those whose secrets were read"),
        )
        .remedy("read that account too, and take a new snapshot");
    }
    let all = facts.of(Happening::Stored);
    let current: Vec<&Moment> = all
        .iter()
        .filter(|m| m.outcome == Outcome::Current)
        .collect();
    // A store that was read and lacks one of its secrets lacks the value.
    let missing = stores.iter().find(|s| !current.iter().any(|m| holds(m, s)));
    if let Some(missing) = missing {
        let deleted = all.iter().find(|m| m.outcome == Outcome::Deleted);
        let note = match deleted {
            Some(m) => format!("{} is scheduled for deletion", named(m)),
            None => format!("the store was read and holds no secret {}", missing.secret),
        };
        return Judged::new(LinkKind::Stored, LinkState::NotYet, tables[0], note)
            .remedy("correct the name in the register, or restore the secret");
    }
    if let Some(undated) = current.iter().find(|m| m.at.is_none()) {
        return Judged::new(
            LinkKind::Stored,
            LinkState::Unknown,
            &undated.table,
            format!(
                "when the current version of {} was made is not known: table {} has no date for it",
                undated.what, undated.table
            ),
        )
        .remedy("read the versions of the secret (secretsmanager:ListSecretVersionIds), and take a new snapshot");
    }
    // With several copies the oldest decides.
    let Some(oldest) = current.iter().copied().min_by_key(|m| (m.at, &m.what)) else {
        return Judged::new(
            LinkKind::Stored,
            LinkState::Unknown,
            tables[0],
            "no version is known",
        );
    };
    let touched = facts
        .of(Happening::Touched)
        .iter()
        .filter(|m| m.what == oldest.what)
        .find_map(|m| m.at.filter(|t| oldest.at.is_some_and(|s| later(*t, s))))
        .map_or_else(String::new, |t| {
            format!(
                "; it was changed {} without a new version, which does not count",
                minute(t)
            )
        });
    let judged = |state, note: String| {
        Judged::new(LinkKind::Stored, state, &shown(oldest), note + &touched).at(oldest.at)
    };
    match (issued.link.state, issued.link.at, oldest.at) {
        (LinkState::Done, Some(i), Some(s)) if later(i, s) => judged(
            LinkState::NotYet,
            format!(
                "the value in {} is of {}, and the newest credential was issued {}",
                named(oldest),
                minute(s),
                minute(i)
            ),
        )
        .remedy("store the newest credential as a new version"),
        (LinkState::Done, _, Some(_)) => judged(
            LinkState::Done,
            format!("{} holds a version made since", named(oldest)),
        ),
        (LinkState::NotYet, _, Some(_)) => judged(
            LinkState::NotYet,
            format!("{} holds a value of before", named(oldest)),
        )
        .following(),
        _ => judged(
            LinkState::Unknown,
            format!(
                "{} has a current version; whether it is the newest credential cannot be told",
                named(oldest)
            ),
        )
        .following(),
    }
}

fn removed(facts: &Facts, issued: &Judged, before: [&Judged; 3]) -> Judged {
    let live = facts.live();
    if !issued.is(LinkState::Done) {
        let (state, note) = if issued.is(LinkState::NotYet) {
            (LinkState::NotNeeded, "no credential is live")
        } else {
            (
                LinkState::Unknown,
                "which credentials are live is not known",
            )
        };
        return Judged::new(LinkKind::Removed, state, &issued.link.evidence, note).following();
    }
    let table = live.first().map_or("", |m| m.table.as_str());
    let old = facts.superseded();
    let open = |j: &Judged| j.is(LinkState::NotYet) || j.is(LinkState::OutOfOrder);
    let [stored, deployed, synced] = before;
    let unused = open(stored) || open(deployed);
    // A sync that failed since says nothing of the order.
    let unproven = open(synced)
        && reference(stored, deployed)
            .is_some_and(|r| synced.link.at.is_none_or(|ran| later(r, ran)));
    if old.is_empty() {
        if unused {
            return Judged::new(
                LinkKind::Removed,
                LinkState::OutOfOrder,
                table,
                "no older credential is left, and the new one is not known to be in use: whatever has the old value fails now",
            )
            .remedy("finish the links before it at once: nothing else restores the service");
        }
        if unproven {
            return Judged::new(
                LinkKind::Removed,
                LinkState::OutOfOrder,
                table,
                "no older credential is left, and nothing has succeeded with the new one yet: the old one was removed too early",
            )
            .remedy("start the sync now, and issue a new credential if it fails");
        }
        return Judged::new(
            LinkKind::Removed,
            LinkState::Done,
            table,
            "one credential is live, and no older one",
        );
    }
    let names: Vec<String> = old
        .iter()
        .map(|m| format!("{} of {}", m.what, m.at.map(minute).unwrap_or_default()))
        .collect();
    let judged = Judged::new(
        LinkKind::Removed,
        LinkState::NotYet,
        &old.first().map(|m| shown(m)).unwrap_or_default(),
        format!("still live beside the newest: {}", names.join(", ")),
    );
    if unused || open(synced) {
        judged.following()
    } else {
        judged.remedy("make sure in the sign-in log that nothing uses it, then delete it")
    }
}
