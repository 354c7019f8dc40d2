//! Whether two names of a register mean one human: however they are spelled, and
//! whatever else that person is called in the snapshot.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::dataset::DatasetError;
use crate::dataset::session::Session;
use crate::dataset::value::text_at;
use crate::shown::acts;

/// Names by identity. A display name may be that of several people: whoever has
/// it may be meant.
const NAMES: &str = "
SELECT n.name_folded AS name, CONCAT('entra ', u.user_id) AS identity
FROM entra_user_name AS n
JOIN entra_user AS u ON u.user_key = n.user_key
UNION ALL
SELECT display_name AS name, CONCAT('entra ', user_id) AS identity
FROM entra_user
UNION ALL
SELECT login_folded AS name, CONCAT('github ', login_folded) AS identity
FROM github_member
UNION ALL
SELECT user_name_folded AS name, CONCAT('directory ', user_name_folded) AS identity
FROM identity_center_user
UNION ALL
SELECT email_folded AS name, CONCAT('directory ', user_name_folded) AS identity
FROM identity_center_user
UNION ALL
SELECT display_name AS name, CONCAT('directory ', user_name_folded) AS identity
FROM identity_center_user
ORDER BY name, identity
";
const PAIRS: &str = "SELECT DISTINCT kinds, one, other FROM same_person ORDER BY kinds, one, other";

/// The people of a snapshot by every name that they go by.
#[derive(Debug, Default)]
pub(super) struct People {
    names: BTreeMap<String, BTreeSet<String>>,
    links: BTreeMap<String, BTreeSet<String>>,
}

impl People {
    /// Reads them.
    ///
    /// # Errors
    /// When the engine fails.
    pub(super) fn of(session: &Session) -> Result<Self, DatasetError> {
        let mut people = Self::default();
        let rows = session.collect(NAMES)?;
        if let (Ok(names), Ok(identities)) = (rows.column("name"), rows.column("identity")) {
            for row in 0..rows.height() {
                if let (Some(name), Some(identity)) =
                    (text_at(names, row), text_at(identities, row))
                {
                    people.name(&name, identity);
                }
            }
        }
        let rows = session.collect(PAIRS)?;
        if let (Ok(kinds), Ok(one), Ok(other)) = (
            rows.column("kinds"),
            rows.column("one"),
            rows.column("other"),
        ) {
            for row in 0..rows.height() {
                let (Some(kinds), Some(one), Some(other)) =
                    (text_at(kinds, row), text_at(one, row), text_at(other, row))
                else {
                    continue;
                };
                let (left, right) = match kinds.as_str() {
                    "entra and github" => ("entra", "github"),
                    "entra and identity center" => ("entra", "directory"),
                    _ => ("github", "directory"),
                };
                people.link(format!("{left} {one}"), format!("{right} {other}"));
            }
        }
        Ok(people)
    }

    fn name(&mut self, name: &str, identity: String) {
        self.names
            .entry(skeleton(name))
            .or_default()
            .insert(identity);
    }

    fn link(&mut self, one: String, other: String) {
        self.links
            .entry(one.clone())
            .or_default()
            .insert(other.clone());
        self.links.entry(other).or_default().insert(one);
    }

    /// Whether a name of the one list may mean a person of the other.
    pub(super) fn share(&self, ours: &str, theirs: &str) -> bool {
        let (ours, theirs) = (spellings(ours), spellings(theirs));
        let same = |a: &String, b: &String| {
            let local = |name: &str| name.split_once('@').map(|(local, _)| local.to_owned());
            a == b
                // A bare name is the beginning of an address.
                || (!a.contains('@') && local(b).as_ref() == Some(a))
                || (!b.contains('@') && local(a).as_ref() == Some(b))
        };
        if ours.iter().any(|a| theirs.iter().any(|b| same(a, b))) {
            return true;
        }
        let (ours, theirs) = (self.identities(&ours), self.identities(&theirs));
        !ours.is_disjoint(&theirs)
    }

    /// Every identity of whoever may be called so.
    fn identities(&self, names: &[String]) -> BTreeSet<&str> {
        let named = names.iter().filter_map(|n| self.names.get(n)).flatten();
        let mut open: Vec<&str> = named.map(String::as_str).collect();
        let mut seen = BTreeSet::new();
        while let Some(identity) = open.pop() {
            if seen.insert(identity) {
                let linked = self.links.get(identity).into_iter().flatten();
                open.extend(linked.map(String::as_str));
            }
        }
        seen
    }
}

/// The names that a cell holds: `Name <address>` is both, `;` separates people, a
/// `+tag` of an address is left out, and so is the `@` of a login.
fn spellings(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for person in text.split(';') {
        let parts = match person.split_once('<') {
            Some((name, rest)) => vec![name, rest.split('>').next().unwrap_or(rest)],
            None => vec![person],
        };
        for part in parts {
            let name = skeleton(part);
            let name = name.strip_prefix('@').unwrap_or(&name);
            let name = match name.split_once('@') {
                Some((local, domain)) => {
                    let local = local.split('+').next().unwrap_or(local);
                    format!("{}@{domain}", local.trim_end_matches('.'))
                }
                None => name.to_owned(),
            };
            if !name.is_empty() {
                all.push(name);
            }
        }
    }
    all
}

/// A name as it is compared: without marks, without what cannot be seen, without
/// case, dots and blanks around it.
fn skeleton(name: &str) -> String {
    let plain: String = name
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !acts(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words
        .join(" ")
        .trim_matches(|c: char| c == '.' || c == '"' || c == '\'' || c.is_whitespace())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::People;

    /// Ana is known by address, mail and login; two people are called Bo Li.
    fn people() -> People {
        let mut people = People::default();
        people.name("ana.vale@example.org", "entra 1".to_owned());
        people.name("Ana Vale", "entra 1".to_owned());
        people.name("avale-gh", "github avale-gh".to_owned());
        people.name("ana@old.example", "directory ana@old.example".to_owned());
        people.link("entra 1".to_owned(), "github avale-gh".to_owned());
        people.link("entra 1".to_owned(), "directory ana@old.example".to_owned());
        people.name("Bo Li", "entra 2".to_owned());
        people.name("Bo Li", "entra 3".to_owned());
        people.name("bo.li@example.org", "entra 2".to_owned());
        people
    }

    #[test]
    fn one_human_has_many_spellings_and_names() {
        let people = people();
        for (owner, approver) in [
            ("ana.vale@example.org", "ANA.Vale@example.org "),
            ("ana.vale@example.org", "ana.vale@example.org."),
            ("ana.vale@example.org", "a\u{34f}na.vale@example.org"),
            ("ana.vale@example.org", "\u{e1}na.vale@example.org"),
            ("ana.vale@example.org", "ana.vale+ok@example.org"),
            ("ana.vale@example.org", "Ana Vale <ana.vale@example.org>"),
            ("ana.vale@example.org", "Ana  Vale"),
            ("ana.vale", "ana.vale@example.org"),
            ("ana.vale@example.org", "@avale-gh"),
            ("AVALE-GH", "ana@old.example"),
            (
                "bo.li@example.org; ana.vale@example.org",
                "ana.vale@example.org",
            ),
            ("bo.li@example.org", "Bo Li"),
            ("security-team", "Security-Team"),
        ] {
            assert!(people.share(owner, approver), "{owner} {approver}");
        }
    }

    #[test]
    fn different_people_stay_different() {
        let people = people();
        for (owner, approver) in [
            ("ana.vale@example.org", "bo.li@example.org"),
            ("ana.vale@example.org", "ana.vale@other.example"),
            ("avale-gh", "Bo Li"),
            ("security-team", "platform-team"),
            ("", ""),
        ] {
            assert!(!people.share(owner, approver), "{owner} {approver}");
        }
    }
}
