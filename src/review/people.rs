//! Who may decide: the people of the snapshot that a review was opened on, kept
//! with the review, and whether a name in a returned workbook is exactly one of
//! them. What was not read decides neither for nor against a name.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::ReviewError;
use crate::dataset::coverage::State;
use crate::dataset::session::Session;
use crate::detect::evaluate::json_at;
use crate::fold::fold;

/// Deleted people are there: they must not be taken for those who were never read.
const ENTRA: &str = "
SELECT
  user_id,
  user_principal_name_folded AS name,
  mail_folded AS mail,
  address_folded AS address,
  CASE WHEN deleted_at IS NOT NULL THEN FALSE ELSE account_enabled END AS enabled
FROM entra_user
ORDER BY user_id, name, mail, address
";
const IDENTITY_CENTER: &str = "
SELECT
  user_id,
  user_name_folded AS name,
  email_folded AS mail,
  CASE WHEN status = 'ENABLED' THEN TRUE WHEN status = 'DISABLED' THEN FALSE ELSE NULL END AS enabled
FROM identity_center_user
ORDER BY user_id, name, mail
";

/// An account of a person.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Person {
    /// Names that it is known by, folded.
    pub names: BTreeSet<String>,
    /// Whether it may sign in; `None` when that was not readable.
    pub enabled: Option<bool>,
}

/// The people of one directory.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Listing {
    /// Why they are not all known; `None` when they are.
    pub unread: Option<String>,
    /// Those that are known and have a name.
    pub people: Vec<Person>,
}

/// Everybody whom a snapshot shows.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct People {
    /// Of Entra, deleted ones included.
    pub entra: Listing,
    /// Of IAM Identity Center: who is there alone comes from somewhere else.
    pub identity_center: Listing,
}

/// The people of a snapshot.
///
/// # Errors
/// When the engine fails.
pub fn people(session: &Session) -> Result<People, ReviewError> {
    let listing = |table: &str, query: &str, names: &[&str]| -> Result<Listing, ReviewError> {
        Ok(Listing {
            unread: unread(session, table),
            people: listed(&session.collect(query)?, names),
        })
    };
    Ok(People {
        entra: listing("entra_user", ENTRA, &["name", "mail", "address"])?,
        identity_center: listing("identity_center_user", IDENTITY_CENTER, &["name", "mail"])?,
    })
}

fn unread(session: &Session, table: &str) -> Option<String> {
    let state = session.state(table);
    if state == Some(State::Complete) {
        return None;
    }
    let reason = session.reason(table);
    let why = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    let state = state.map_or("not there", State::name);
    Some(format!("{table} is {state}{why}"))
}

fn listed(frame: &DataFrame, columns: &[&str]) -> Vec<Person> {
    let cell = |name: &str, row: usize| frame.column(name).map(|c| json_at(c, row));
    let mut all: Vec<Person> = (0..frame.height())
        .map(|row| Person {
            names: columns
                .iter()
                .filter_map(|name| match cell(name, row) {
                    Ok(Value::String(text)) if !text.is_empty() => Some(text),
                    _ => None,
                })
                .collect(),
            enabled: match cell("enabled", row) {
                Ok(Value::Bool(enabled)) => Some(enabled),
                _ => None,
            },
        })
        .filter(|person| !person.names.is_empty())
        .collect();
    all.sort();
    all
}

/// What is known of somebody who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Exactly one enabled person.
    Person,
    /// That cannot be known, and why.
    NotKnown(String),
    /// No such person, and why.
    Nobody(&'static str),
}

/// People by what is left of their names when nothing is left that can be added
/// to a name without being seen.
pub struct Roll<'a> {
    people: Option<&'a People>,
    entra: BTreeMap<String, Vec<&'a Person>>,
    identity_center: BTreeMap<String, Vec<&'a Person>>,
}

impl<'a> Roll<'a> {
    /// Of the people of a review; `None` where it was opened without keeping them.
    #[must_use]
    pub fn of(people: Option<&'a People>) -> Self {
        let by_name = |listing: Option<&'a Listing>| {
            let mut all: BTreeMap<String, Vec<&'a Person>> = BTreeMap::new();
            for person in listing.into_iter().flat_map(|l| &l.people) {
                let names: BTreeSet<String> = person.names.iter().map(|n| skeleton(n)).collect();
                for name in names {
                    all.entry(name).or_default().push(person);
                }
            }
            all
        };
        Self {
            people,
            entra: by_name(people.map(|p| &p.entra)),
            identity_center: by_name(people.map(|p| &p.identity_center)),
        }
    }

    /// What is known of whoever bears a name. Entra speaks first: a copy of
    /// somebody in Identity Center may outlive the person.
    #[must_use]
    pub fn standing(&self, name: &str) -> Standing {
        let Some(people) = self.people else {
            return Standing::NotKnown(
                "an earlier version opened the review and kept no list of people".to_owned(),
            );
        };
        let found = named(&self.entra, name);
        if !found.is_empty() {
            return judged(&found, people.entra.unread.as_ref());
        }
        if let Some(why) = &people.entra.unread {
            return Standing::NotKnown(why.clone());
        }
        let found = named(&self.identity_center, name);
        judged(&found, people.identity_center.unread.as_ref())
    }
}

/// Those who bear a name; who bears exactly this one goes before who bears one that
/// only looks like it.
fn named<'a>(all: &BTreeMap<String, Vec<&'a Person>>, name: &str) -> Vec<&'a Person> {
    let alike = all.get(&skeleton(name)).cloned().unwrap_or_default();
    let folded = fold(name);
    let exact: Vec<&Person> = alike
        .iter()
        .copied()
        .filter(|p| p.names.contains(&folded))
        .collect();
    if exact.is_empty() { alike } else { exact }
}

fn judged(found: &[&Person], unread: Option<&String>) -> Standing {
    let of = |enabled| found.iter().filter(|p| p.enabled == enabled).count();
    let (on, open) = (of(Some(true)), of(None));
    if on > 1 {
        return Standing::Nobody("more than one enabled person of the snapshot has this name");
    }
    if open > 0 {
        return Standing::NotKnown(
            "the snapshot does not say whether who has this name is enabled".to_owned(),
        );
    }
    if let Some(why) = unread {
        return Standing::NotKnown(why.clone());
    }
    match (on, found.is_empty()) {
        (1, _) => Standing::Person,
        (_, true) => Standing::Nobody("no person of the snapshot has this name"),
        (_, false) => Standing::Nobody("who has this name is disabled or deleted in the snapshot"),
    }
}

/// A name without what can be added to it and leaves it the same to an eye or to a
/// mail server: accents and other marks, case, compatibility forms, dots at an end,
/// a tag.
pub(super) fn skeleton(name: &str) -> String {
    let plain: String = fold(name)
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !unseen(*c))
        .collect::<String>()
        .to_lowercase();
    let (local, domain) = plain.split_once('@').unwrap_or((&plain, ""));
    let local = local.split_once('+').map_or(local, |(before, _)| before);
    format!("{}@{}", local.trim_matches('.'), domain.trim_matches('.'))
}

/// Characters that are drawn as nothing.
fn unseen(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{Listing, People, Person, Roll, Standing, skeleton};

    #[test]
    fn one_name_has_one_skeleton() {
        for other in [
            "Ana.Vale@Example.org",
            "ana\u{300}.vale@example.org",
            "a\u{34f}na.vale@example.org",
            "ana.vale@example.org.",
            "ana.vale.@example.org",
            "ana.vale+x@example.org",
            "\u{ff41}na.vale@example.org",
            "ana.vale\u{20dd}@example.org",
        ] {
            assert_eq!(skeleton(other), skeleton("ana.vale@example.org"), "{other}");
        }
        assert_ne!(
            skeleton("ana.vale@example.com"),
            skeleton("ana.vale@example.org")
        );
    }

    fn listing(unread: bool, people: &[(&[&str], Option<bool>)]) -> Listing {
        Listing {
            unread: unread.then(|| "it is partial".to_owned()),
            people: people
                .iter()
                .map(|(names, enabled)| Person {
                    names: names.iter().map(|n| (*n).to_owned()).collect(),
                    enabled: *enabled,
                })
                .collect(),
        }
    }

    #[derive(Debug, PartialEq)]
    enum Is {
        Person,
        NotKnown,
        Nobody,
    }

    fn is(people: &People, name: &str) -> Is {
        match Roll::of(Some(people)).standing(name) {
            Standing::Person => Is::Person,
            Standing::NotKnown(_) => Is::NotKnown,
            Standing::Nobody(_) => Is::Nobody,
        }
    }

    #[test]
    fn only_exactly_one_enabled_person_is_one() {
        let people = People {
            entra: listing(
                false,
                &[
                    (&["ana@x.org", "ana.vale@x.org"], Some(true)),
                    (&["ben@x.org"], Some(false)),
                    (&["cat@x.org"], None),
                    (&["dan@x.org"], Some(true)),
                    (&["dan@x.org"], Some(false)),
                    (&["eve@x.org"], Some(true)),
                    (&["eve2@x.org", "eve@x.org"], Some(true)),
                    (&["fay@x.org"], Some(true)),
                    (&["fay+test@x.org"], Some(true)),
                ],
            ),
            identity_center: listing(
                false,
                &[
                    (&["ben@x.org"], Some(true)),
                    (&["gus@x.org"], Some(true)),
                    (&["hal@x.org"], None),
                    (&["ida@x.org"], Some(false)),
                ],
            ),
        };
        for (name, expected) in [
            ("ana@x.org", Is::Person),
            ("ANA.Vale@x.org", Is::Person),
            ("an\u{301}a@x.org", Is::Person),
            ("ana@x.org.", Is::Person),
            // Gone in Entra: a copy of him that is left elsewhere is nobody.
            ("ben@x.org", Is::Nobody),
            ("cat@x.org", Is::NotKnown),
            // One was deleted, and one bears the name now.
            ("dan@x.org", Is::Person),
            ("eve@x.org", Is::Nobody),
            ("fay@x.org", Is::Person),
            ("fay+test@x.org", Is::Person),
            ("fay+other@x.org", Is::Nobody),
            ("gus@x.org", Is::Person),
            ("hal@x.org", Is::NotKnown),
            ("ida@x.org", Is::Nobody),
            ("nobody.at.all@nowhere.invalid", Is::Nobody),
            ("x@x", Is::Nobody),
        ] {
            assert_eq!(is(&people, name), expected, "{name}");
        }
    }

    #[test]
    fn what_was_not_read_decides_neither_way() {
        let entra = [(&["ana@x.org"][..], Some(true)), (&["ben@x.org"], Some(false))];
        let directory = [(&["gus@x.org"][..], Some(true))];
        let partial = People {
            entra: listing(true, &entra),
            identity_center: listing(false, &directory),
        };
        for name in ["ana@x.org", "ben@x.org", "gus@x.org", "x@x"] {
            assert_eq!(is(&partial, name), Is::NotKnown, "{name}");
        }
        let directory_unread = People {
            entra: listing(false, &entra),
            identity_center: listing(true, &directory),
        };
        for (name, expected) in [
            ("ana@x.org", Is::Person),
            ("ben@x.org", Is::Nobody),
            ("gus@x.org", Is::NotKnown),
            ("x@x", Is::NotKnown),
        ] {
            assert_eq!(is(&directory_unread, name), expected, "{name}");
        }
        let kept_none = Roll::of(None).standing("ana@x.org");
        assert!(matches!(kept_none, Standing::NotKnown(_)));
    }
}
