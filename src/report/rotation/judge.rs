//! The answer: every check with its weight, and what they come down to.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Chain, Judged, how_to_read};
use super::facts::{Facts, Holder};
use crate::report::card::{Answer, Dependent, LinkState, Person, Reach, Reason, Verdict, minute};

/// Tables behind the counts of who is concerned.
const REACH: [&str; 5] = [
    "identity_center_user",
    "identity_center_group",
    "identity_center_membership",
    "account_assignment",
    "permission_set",
];

/// Tables behind the question who else gets in.
const WAYS_IN: [&str; 8] = [
    "registered_secret",
    "identity_center_user",
    "identity_center_group",
    "identity_center_membership",
    "account_assignment",
    "permission_set",
    "aws_account",
    "aws_access_key",
];

/// How decisive a check is among those of its verdict.
mod weight {
    pub(super) const LIVE: i64 = 1;
    pub(super) const ORDER: i64 = 2;
    pub(super) const LINK: i64 = 3;
    pub(super) const FALLBACK: i64 = 8;
    pub(super) const CONCERNED: i64 = 9;
    pub(super) const AGE: i64 = 20;
}

/// Names of people before the rest is only counted.
const NAMED: usize = 3;

fn reason(weight: i64, verdict: Verdict, question: &str, reason: impl Into<String>) -> Reason {
    Reason {
        weight,
        verdict,
        question: question.to_owned(),
        reason: reason.into(),
        remedy: None,
    }
}

/// Every check, the most decisive first.
pub(super) fn reasons(facts: &Facts, chain: &Chain, fallback: &(Verdict, String)) -> Vec<Reason> {
    let mut all = links(chain);
    if facts.checks.is_empty() {
        let text = "the sheet of checks has no rows";
        all.push(reason(weight::LIVE, Verdict::Unknown, "Checks", text));
    }
    all.extend(facts.checks.iter().map(|check| {
        let verdict = match check.answer.as_str() {
            "yes" => Verdict::Yes,
            "info" => Verdict::Info,
            "no" => Verdict::No,
            _ => Verdict::Unknown,
        };
        let mut found = reason(
            check.weight,
            verdict,
            &check.question,
            check.reason.as_str(),
        );
        found.remedy = remedy(facts, &check.question, verdict);
        found
    }));
    let mut way = reason(
        weight::FALLBACK,
        fallback.0,
        "Fallback sign-in",
        fallback.1.clone(),
    );
    way.remedy = match fallback.0 {
        Verdict::No => Some(
            "give somebody of another source a privileged permission set on that account first"
                .to_owned(),
        ),
        Verdict::Unknown => Some(facts.gap(&WAYS_IN).map_or_else(
            || "name what uses the secret in the secrets register".to_owned(),
            how_to_read,
        )),
        Verdict::Yes | Verdict::Info => None,
    };
    all.push(way);
    all.push(concerned(facts));
    all.push(age(facts));
    all.sort_by_key(|r| (r.verdict, r.weight));
    all
}

/// What the links of the chain say. A link that only follows from one before it
/// is no reason of its own.
fn links(chain: &Chain) -> Vec<Reason> {
    let mut all = Vec::new();
    for (place, judged) in (0_i64..).zip(chain.links()) {
        let first = place == 0;
        let (mut weight, question) = match (first, judged.link.name) {
            (true, _) => (weight::LIVE, "A live credential"),
            (_, "stored") => (weight::LINK + place, "Stored"),
            (_, "deployed") => (weight::LINK + place, "Deployed"),
            (_, "synced") => (weight::LINK + place, "Synced"),
            _ => (weight::LINK + place, "Old one removed"),
        };
        let verdict = match judged.link.state {
            LinkState::Done | LinkState::NotNeeded => Verdict::Yes,
            LinkState::NotYet => Verdict::No,
            LinkState::OutOfOrder => {
                // What was removed too early is an outage; the rest is to be repeated.
                weight = weight::ORDER + i64::from(place < 4);
                Verdict::No
            }
            LinkState::Unknown => Verdict::Unknown,
        };
        if judged.follows && verdict != Verdict::Yes {
            continue;
        }
        all.push(of_link(weight, verdict, question, judged));
    }
    // A link may follow from one that is no reason: then nothing would say it.
    let open = chain
        .links()
        .into_iter()
        .any(|j| !matches!(j.link.state, LinkState::Done | LinkState::NotNeeded));
    if open && all.iter().all(|r| r.verdict == Verdict::Yes) {
        for judged in chain.links().into_iter().filter(|j| j.follows) {
            all.push(of_link(weight::LINK, Verdict::Unknown, "Chain", judged));
        }
    }
    all
}

fn of_link(weight: i64, verdict: Verdict, question: &str, judged: &Judged) -> Reason {
    Reason {
        weight,
        verdict,
        question: question.to_owned(),
        reason: judged.link.note.clone(),
        remedy: judged.remedy.clone(),
    }
}

/// What to do about a check of the sheet.
fn remedy(facts: &Facts, question: &str, verdict: Verdict) -> Option<String> {
    let tables: &[&str] = match question {
        "An owner who can rotate" => &[
            "entra_application",
            "entra_application_owner",
            "entra_user",
            "registered_secret",
        ],
        "Syncs healthy" => &["sync_run"],
        _ => &[],
    };
    match (verdict, question) {
        (Verdict::Unknown, _) if facts.gap(tables).is_some() => facts.gap(tables).map(how_to_read),
        (Verdict::Unknown, "Syncs healthy") => {
            Some("name every sync under [sync.NAME] and its runs in the register of sync runs".to_owned())
        }
        (Verdict::Unknown, "No serious drift today") => Some(
            "countersign check says which tables these rules lack; make them readable and take a new snapshot"
                .to_owned(),
        ),
        (Verdict::No, "An owner who can rotate") => {
            Some("add an owner who can sign in, and name one in the secrets register".to_owned())
        }
        (Verdict::No, "Syncs healthy") => {
            Some("mend the sync first: read its log for the last line that says it completed".to_owned())
        }
        (Verdict::No, "No serious drift today") => Some(
            "mend or waive them first, or accept that drift after the rotation says nothing of it"
                .to_owned(),
        ),
        _ => None,
    }
}

/// Whether it is known who depends on the secret, and how many they are.
fn concerned(facts: &Facts) -> Reason {
    const QUESTION: &str = "Who is concerned";
    let unknown = |text: String, remedy: String| Reason {
        remedy: Some(remedy),
        ..reason(weight::CONCERNED, Verdict::Unknown, QUESTION, text)
    };
    if let Some(gap) = facts.gap(&["registered_secret"]) {
        return unknown(
            format!(
                "table {} is {}: what uses the secret is not known",
                gap.table, gap.state
            ),
            how_to_read(gap),
        );
    }
    if facts
        .consumers
        .iter()
        .all(|c| c.role.starts_with("sync whose"))
    {
        return unknown(
            "no row of the secrets register names what uses it".to_owned(),
            "name its consumers in the secrets register".to_owned(),
        );
    }
    let touches = sources(facts);
    if touches.is_empty() {
        return reason(
            weight::CONCERNED,
            Verdict::Yes,
            QUESTION,
            "nobody loses access: no sync and no sign-in rests on it",
        );
    }
    if let Some(gap) = facts.gap(&REACH) {
        return unknown(
            format!(
                "table {} is {}: how many people are concerned is not known",
                gap.table, gap.state
            ),
            how_to_read(gap),
        );
    }
    if touches.iter().any(|source| source == UNTOLD) {
        return unknown(
            "whom the connection or sync brings in is not known, so neither is how many people are concerned".to_owned(),
            "say in the configuration or the register which source it serves, or ask whoever runs it".to_owned(),
        );
    }
    let people: i64 = facts
        .reach
        .iter()
        .filter(|r| touches.contains(&r.source))
        .map(|r| r.people)
        .sum();
    reason(
        weight::CONCERNED,
        Verdict::Yes,
        QUESTION,
        format!("{people} people of {}", touches.join(" and ")),
    )
}

/// The source of a consumer of which none is told.
const UNTOLD: &str = "not known";

/// Sources whose people depend on the secret.
pub(super) fn sources(facts: &Facts) -> Vec<String> {
    let mut all: Vec<String> = ["sync", "broker connection"]
        .iter()
        .flat_map(|role| facts.in_role(role))
        .map(|c| c.source.clone().unwrap_or_else(|| UNTOLD.to_owned()))
        .collect();
    if facts.store == "auth0" {
        // A client of the broker: whoever signs in may pass through it.
        all.extend(facts.reach.iter().map(|r| r.source.clone()));
    }
    all.sort();
    all.dedup();
    all
}

/// What depends on the secret and how it fails.
pub(super) fn dependents(facts: &Facts) -> Vec<Dependent> {
    let people = |source: Option<&str>| {
        let reach = facts
            .reach
            .iter()
            .find(|r| Some(r.source.as_str()) == source);
        match (facts.gap(&REACH), reach) {
            (Some(gap), _) => format!(
                "how many is not known: table {} is {}",
                gap.table, gap.state
            ),
            (None, Some(r)) => format!("{} people", r.people),
            (None, None) if source.is_none() => "how many is not known: people".to_owned(),
            (None, None) => "nobody".to_owned(),
        }
    };
    let mut all = Vec::new();
    for c in &facts.consumers {
        let source = c.source.as_deref();
        let consequence = match c.role.as_str() {
            "sync" => format!(
                "fails open: {} brought in from {} keep what they have, and leavers are not removed",
                people(source),
                source.unwrap_or("a source that is not known")
            ),
            "broker connection" => format!(
                "fails closed: {} who sign in through {} cannot",
                people(source),
                source.unwrap_or("it")
            ),
            "sync whose secret is not registered" => continue,
            "function" => "stops working until it is deployed with the new value".to_owned(),
            other => format!("the register names it; it is a {other}"),
        };
        all.push(Dependent {
            role: c.role.clone(),
            name: c.name.clone(),
            consequence,
        });
    }
    if facts.store == "auth0" {
        all.push(Dependent {
            role: "client of the broker".to_owned(),
            name: facts.secret.clone(),
            consequence: "whoever signs in through it may not get in any more".to_owned(),
        });
    }
    all
}

/// Whom the sources bring in that the secret concerns; all of them while it is
/// not known which.
pub(super) fn reach(facts: &Facts) -> Vec<Reach> {
    let of = sources(facts);
    let known = !of.is_empty() && !of.contains(&"not known".to_owned());
    let unlinked = facts
        .in_role("sync whose secret is not registered")
        .next()
        .is_some();
    facts
        .reach
        .iter()
        .filter(|r| of.contains(&r.source) || (!known && (unlinked || !of.is_empty())))
        .cloned()
        .collect()
}

/// Who can take part: owners by name, holders of the account by number.
pub(super) fn rotators(facts: &Facts) -> Vec<Person> {
    let mut all = facts.rotators.clone();
    // Those who are known to be able come first.
    all.sort_by_key(|p| p.can_sign_in != "yes");
    let mut by_account: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for h in facts.holders.iter().filter(|h| h.source != "iam") {
        by_account.entry(&h.account).or_default().insert(&h.person);
    }
    for (account, names) in by_account {
        let names: Vec<&str> = names.into_iter().collect();
        let sets: BTreeSet<&str> = facts
            .holders
            .iter()
            .filter(|h| h.account == account && h.source != "iam")
            .map(|h| h.permission_set.as_str())
            .collect();
        all.push(Person {
            who: format!("{}: {}", people(names.len()), named(&names)),
            why: format!(
                "{} on the account {account} of the store",
                sets.into_iter().collect::<Vec<_>>().join(", ")
            ),
            can_sign_in: "unknown".to_owned(),
        });
    }
    all
}

/// A way in that does not pass through the secret.
pub(super) fn fallback(facts: &Facts) -> (Verdict, String) {
    let register = facts.gap(&["registered_secret"]);
    if let Some(gap) = register {
        return (
            Verdict::Unknown,
            format!(
                "table {} is {}: whether sign-in passes through the secret is not known",
                gap.table, gap.state
            ),
        );
    }
    let closed = facts.in_role("broker connection").next().is_some() || facts.store == "auth0";
    if !closed {
        let named = facts
            .consumers
            .iter()
            .any(|c| matches!(c.role.as_str(), "sync" | "function"));
        return if named
            && facts
                .in_role("broker connection that was not found")
                .next()
                .is_none()
        {
            (
                Verdict::Yes,
                "not needed: no sign-in passes through this secret".to_owned(),
            )
        } else {
            (
                Verdict::Unknown,
                "whether sign-in passes through the secret is not known: the register names no consumer of it (table registered_secret)".to_owned(),
            )
        };
    }
    let affected = sources(facts);
    let accounts: BTreeSet<&str> = facts.members.iter().filter_map(|m| m.account()).collect();
    let mut others: Vec<&Holder> = Vec::new();
    let (mut without, mut unsure) = (None, None);
    // Each account that holds the secret needs somebody.
    for account in &accounts {
        let there: Vec<&Holder> = facts
            .holders
            .iter()
            .filter(|h| h.account_id == *account)
            .filter(|h| {
                !affected.contains(&h.source) && !matches!(h.source.as_str(), "iam" | "not known")
            })
            .collect();
        if there.is_empty() {
            without.get_or_insert(*account);
        } else if !there.iter().any(|h| h.enabled) {
            unsure.get_or_insert(*account);
        }
        others.extend(there.into_iter().filter(|h| h.enabled));
    }
    let mut names: Vec<&str> = others.iter().map(|h| h.person.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if let (Some(first), None, None, false) = (
        others.first(),
        without,
        unsure,
        affected.contains(&"not known".to_owned()),
    ) {
        return (
            Verdict::Yes,
            format!(
                "{} with privilege on {} sign in through {}: {}",
                people(names.len()),
                first.account,
                first.source,
                named(&names)
            ),
        );
    }
    if let Some(gap) = facts.gap(&WAYS_IN[1..7]) {
        return (
            Verdict::Unknown,
            format!(
                "table {} is {}: who else could get in is not known",
                gap.table, gap.state
            ),
        );
    }
    if let (Some(account), None) = (unsure, without) {
        return (
            Verdict::Unknown,
            format!(
                "whether those of another source with privilege on account {account} are enabled was not read (table identity_center_user)"
            ),
        );
    }
    let account = without.or_else(|| accounts.first().copied());
    let keys = facts
        .holders
        .iter()
        .filter(|h| h.source == "iam" && Some(h.account_id.as_str()) == account)
        .count();
    match account {
        None => (
            Verdict::Unknown,
            "which account holds the secret is not known, so who could still get in there is not".to_owned(),
        ),
        Some(account) if keys > 0 => (
            Verdict::Unknown,
            format!("{} of account {account} have an access key; what they may do there is not read", match keys {
                1 => "one IAM user".to_owned(),
                n => format!("{n} IAM users"),
            }),
        ),
        Some(_) if facts.gap(&["aws_access_key"]).is_some() => (
            Verdict::Unknown,
            "nobody of another source has privilege on that account, and its IAM users were not read (table aws_access_key)".to_owned(),
        ),
        Some(account) => (
            Verdict::No,
            format!("everybody with privilege on account {account} signs in through this secret"),
        ),
    }
}

pub(super) fn people(count: usize) -> String {
    if count == 1 {
        "one person".to_owned()
    } else {
        format!("{count} people")
    }
}

/// The first names, and how many more there are.
pub(super) fn named(names: &[&str]) -> String {
    let shown = names
        .iter()
        .take(NAMED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn age(facts: &Facts) -> Reason {
    const QUESTION: &str = "Age known";
    let role = if facts.aged.iter().any(|a| a.role == "issuer") {
        "issuer"
    } else {
        "store"
    };
    // Expired ones are no news here.
    let live = |a: &&super::facts::Aged| {
        a.role == role && (role == "store" || facts.live().iter().any(|m| m.what == a.credential))
    };
    let youngest = facts.aged.iter().filter(live).min_by_key(|a| a.age_days);
    let Some(aged) = youngest else {
        return reason(
            weight::AGE,
            Verdict::Info,
            QUESTION,
            "no live credential has an age",
        );
    };
    let Some(days) = aged.age_days else {
        return reason(
            weight::AGE,
            Verdict::Info,
            QUESTION,
            format!("when {} was issued is not known", aged.credential),
        );
    };
    let period = aged
        .rotation_days
        .map_or_else(String::new, |p| match p - days {
            left if left < 0 => format!(", {} days over its period of {p}", -left),
            left => format!(", {left} left of its period of {p}"),
        });
    let end = aged
        .days_until_end
        .map_or_else(String::new, |d| format!("; it ends in {d} days"));
    reason(
        weight::AGE,
        Verdict::Info,
        QUESTION,
        format!("{days} days old{period}{end}"),
    )
}

/// What the checks come down to.
pub(super) fn answer(reasons: &[Reason]) -> Answer {
    let any = |verdict| reasons.iter().any(|r| r.verdict == verdict);
    if any(Verdict::No) {
        Answer::NoGo
    } else if any(Verdict::Unknown) || !any(Verdict::Yes) {
        Answer::Unknown
    } else {
        Answer::Go
    }
}

/// The answer in a sentence.
pub(super) fn headline(answer: Answer, reasons: &[Reason], facts: &Facts) -> String {
    let first = reasons.first();
    match (answer, first) {
        (Answer::Go, _) => format!(
            "Nothing speaks against rotating it, as of {} UTC.",
            minute(facts.as_of)
        ),
        (Answer::NoGo, Some(r)) => format!("Do not begin: {}.", r.reason),
        (_, Some(r)) => format!("It cannot be told: {}.", r.reason),
        _ => "It cannot be told.".to_owned(),
    }
}
