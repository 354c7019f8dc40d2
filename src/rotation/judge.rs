//! The answer: every check with its weight, and what they come down to.

use std::collections::{BTreeMap, BTreeSet};

use super::card::{
    Answer, Dependent, LinkKind, LinkState, Person, Reach, Reason, SignIn, Verdict, minute,
};
use super::chain::Chain;
use super::codes::{Question, Use};
use super::facts::{Check, Facts, Holder};
use super::judged::{Judged, how_to_read};
use super::walk::Role;

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
    // A question that no row answers must not pass for one that was not asked.
    for lost in Question::ALL {
        if !facts.checks.iter().any(|check| check.asked == *lost) {
            let text = format!("the question {} has no answer", lost.code());
            all.push(reason(weight::LIVE, Verdict::Unknown, "Checks", text));
        }
    }
    all.extend(facts.checks.iter().map(|check| Reason {
        remedy: remedy(facts, check),
        ..reason(
            check.weight,
            check.answer,
            &check.question,
            check.reason.as_str(),
        )
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
        let kind = judged.link.kind;
        let mut weight = match kind {
            LinkKind::Issued => weight::LIVE,
            _ => weight::LINK + place,
        };
        let verdict = match judged.link.state {
            LinkState::Done | LinkState::NotNeeded => Verdict::Yes,
            LinkState::NotYet => Verdict::No,
            LinkState::OutOfOrder => {
                // What was removed too early is an outage; the rest is to be repeated.
                weight = weight::ORDER + i64::from(kind != LinkKind::Removed);
                Verdict::No
            }
            LinkState::Unknown => Verdict::Unknown,
        };
        if judged.follows && verdict != Verdict::Yes {
            continue;
        }
        all.push(of_link(weight, verdict, kind.question(), judged));
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

/// What to do about the answer to a question: what makes a table readable that it
/// rests on, else what its query says.
fn remedy(facts: &Facts, check: &Check) -> Option<String> {
    let gap = facts.gap(&check.rests_on);
    match (check.answer, gap) {
        (Verdict::Unknown, Some(gap)) => Some(how_to_read(gap)),
        _ => check.remedy.clone(),
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
        .all(|c| c.kind == Use::UnregisteredSync)
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
    let Some(named) = touches.iter().cloned().collect::<Option<Vec<_>>>() else {
        return unknown(
            "whom the connection or sync brings in is not known, so neither is how many people are concerned".to_owned(),
            "say in the configuration or the register which source it serves, or ask whoever runs it".to_owned(),
        );
    };
    let people: i64 = facts
        .reach
        .iter()
        .filter(|b| touches.contains(&b.origin))
        .map(|b| b.reach.people)
        .sum();
    reason(
        weight::CONCERNED,
        Verdict::Yes,
        QUESTION,
        format!("{people} people of {}", named.join(" and ")),
    )
}

/// Sources whose people depend on the secret; `None` among them is one that is not
/// known.
fn sources(facts: &Facts) -> Vec<Option<String>> {
    let mut all: Vec<Option<String>> = [Use::Sync, Use::Connection]
        .into_iter()
        .flat_map(|kind| facts.used_by(kind))
        .map(|c| c.source.clone())
        .collect();
    if facts.store == "auth0" {
        // A client of the broker: whoever signs in may pass through it.
        all.extend(facts.reach.iter().map(|b| b.origin.clone()));
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
            .find(|b| source.is_some() && b.origin.as_deref() == source);
        match (facts.gap(&REACH), reach) {
            (Some(gap), _) => format!(
                "how many is not known: table {} is {}",
                gap.table, gap.state
            ),
            (None, Some(b)) => format!("{} people", b.reach.people),
            (None, None) if source.is_none() => "how many is not known: people".to_owned(),
            (None, None) => "nobody".to_owned(),
        }
    };
    let mut all = Vec::new();
    for c in &facts.consumers {
        let source = c.source.as_deref();
        let consequence = match c.kind {
            Use::Sync => format!(
                "fails open: {} brought in from {} keep what they have, and leavers are not removed",
                people(source),
                source.unwrap_or("a source that is not known")
            ),
            Use::Connection => format!(
                "fails closed: {} who sign in through {} cannot",
                people(source),
                source.unwrap_or("it")
            ),
            Use::UnregisteredSync => continue,
            Use::Function => "stops working until it is deployed with the new value".to_owned(),
            Use::UnconfiguredSync | Use::MissingConnection => {
                format!("the register names it; it is a {}", c.role)
            }
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
    let known = !of.is_empty() && !of.contains(&None);
    let unlinked = facts.used_by(Use::UnregisteredSync).next().is_some();
    facts
        .reach
        .iter()
        .filter(|b| of.contains(&b.origin) || (!known && (unlinked || !of.is_empty())))
        .map(|b| b.reach.clone())
        .collect()
}

/// Who can take part: owners by name, holders of the account by number.
pub(super) fn rotators(facts: &Facts) -> Vec<Person> {
    let mut all = facts.rotators.clone();
    // Those who are known to be able come first.
    all.sort_by_key(|p| p.can_sign_in != SignIn::Yes);
    let mut by_account: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for h in facts.holders.iter().filter(|h| !h.by_key()) {
        by_account.entry(&h.account).or_default().insert(&h.person);
    }
    for (account, names) in by_account {
        let names: Vec<&str> = names.into_iter().collect();
        let sets: BTreeSet<&str> = facts
            .holders
            .iter()
            .filter(|h| h.account == account && !h.by_key())
            .map(|h| h.permission_set.as_str())
            .collect();
        all.push(Person {
            who: format!("{}: {}", people(names.len()), named(&names)),
            why: format!(
                "{} on the account {account} of the store",
                sets.into_iter().collect::<Vec<_>>().join(", ")
            ),
            can_sign_in: SignIn::Unknown,
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
    let closed = facts.used_by(Use::Connection).next().is_some() || facts.store == "auth0";
    if !closed {
        let named = facts
            .consumers
            .iter()
            .any(|c| matches!(c.kind, Use::Sync | Use::Function));
        return if named && facts.used_by(Use::MissingConnection).next().is_none() {
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
            .filter(|h| h.origin.is_some() && !affected.contains(&h.origin) && !h.by_key())
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
    let first = others.first().and_then(|h| Some((h, h.origin.as_ref()?)));
    if let (Some((first, origin)), None, None, false) =
        (first, without, unsure, affected.contains(&None))
    {
        return (
            Verdict::Yes,
            format!(
                "{} with privilege on {} sign in through {}: {}",
                people(names.len()),
                first.account,
                origin,
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
        .filter(|h| h.by_key() && Some(h.account_id.as_str()) == account)
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
    let role = if facts.aged.iter().any(|a| a.role == Some(Role::Issuer)) {
        Role::Issuer
    } else {
        Role::Store
    };
    // Expired ones are no news here.
    let live = |a: &&super::facts::Aged| {
        a.role == Some(role)
            && (role == Role::Store || facts.live().iter().any(|m| m.what == a.credential))
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
