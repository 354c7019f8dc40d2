//! Places that files are named after: an account, or an account and a Region.
//! What a file holds decides; its name must agree.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::arn::{Arn, is_account, is_region};
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};

/// Faults of a file that are named one by one; the rest is counted.
const NAMED: u64 = 5;

/// A place, and what was found of others in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: Option<String>,
    /// Places that the file holds beside its own.
    others: BTreeSet<String>,
    foreign: u64,
    odd: u64,
}

/// Files that are named after a place, and those that are not: these are not
/// read, because whose they are cannot be told.
pub(super) fn places(
    names: Vec<String>,
    (folder, ending): (&str, &str),
    regional: bool,
    covered: &mut Coverage,
) -> Vec<Place> {
    let (mut all, mut odd) = (Vec::new(), BTreeSet::new());
    for name in names {
        let (account, region) = match name.split_once('/') {
            Some((account, region)) => (account, Some(region)),
            None => (name.as_str(), None),
        };
        if is_account(account) && region.is_some() == regional && region.is_none_or(is_region) {
            all.push(Place {
                account: account.to_owned(),
                region: region.map(str::to_owned),
                others: BTreeSet::new(),
                foreign: 0,
                odd: 0,
            });
        } else if !name.split('/').any(|part| part.starts_with('.')) {
            odd.insert(format!("{folder}/{name}{ending}"));
        }
    }
    if !odd.is_empty() {
        let wanted = if regional {
            "ACCOUNT_ID/REGION"
        } else {
            "ACCOUNT_ID"
        };
        covered.worsen(
            State::Partial,
            format!(
                "Files in {folder}/ are called {wanted}{ending}, with twelve digits; these are not, and were not read: {}.",
                crate::collect::words::some_of(&odd)
            ),
        );
    }
    all
}

impl Place {
    /// As the name of its file, without the ending.
    pub(super) fn name(&self) -> String {
        match &self.region {
            Some(region) => format!("{}/{region}", self.account),
            None => self.account.clone(),
        }
    }

    /// Whether something belongs here, by its ARN. What does not is named, and
    /// is not to be taken as belonging here.
    pub(super) fn holds(
        &mut self,
        arn: &str,
        (file, position, table): (&str, &dyn Display, &str),
        problems: &mut Vec<Problem>,
    ) -> bool {
        let mut say = |count: u64, message: String| {
            if count <= NAMED {
                problems.push(Problem {
                    file: file.to_owned(),
                    position: position.to_string(),
                    kind: ProblemKind::Malformed,
                    table: Some(table.to_owned()),
                    expected: "an ARN of the place that the file is named after".to_owned(),
                    message,
                });
            }
        };
        let Some(parsed) = Arn::parse(arn).filter(|a| is_account(a.account)) else {
            self.odd += 1;
            say(
                self.odd,
                "The ARN could not be read, so whose row it is cannot be told; it was left out."
                    .to_owned(),
            );
            return false;
        };
        let here = parsed.account == self.account
            && self.region.as_ref().is_none_or(|r| r == parsed.region);
        if here {
            return true;
        }
        let other = match &self.region {
            Some(_) => format!("{}/{}", parsed.account, parsed.region),
            None => parsed.account.to_owned(),
        };
        self.foreign += 1;
        say(
            self.foreign,
            format!(
                "The file is named after {} and holds rows of {}; they were left out.",
                self.name(),
                crate::collect::words::shown(&other)
            ),
        );
        self.others.insert(other);
        false
    }

    /// Whether the file is of its place alone.
    pub(super) fn sound(&self) -> bool {
        self.foreign == 0 && self.odd == 0
    }

    /// Says what the file contradicts; what its place holds is then not known.
    pub(super) fn settle(&self, file: &str, covered: &mut Coverage) {
        if self.foreign > 0 {
            covered.worsen(
                State::Partial,
                format!(
                    "{file} holds {} rows of {}, so {} was not read: a loop that goes on when it may not change its account prints that of before.",
                    self.foreign,
                    crate::collect::words::some_of(&self.others),
                    self.name()
                ),
            );
        }
        if self.odd > 0 {
            covered.worsen(
                State::Partial,
                format!("{file} holds {} rows without a readable ARN.", self.odd),
            );
        }
        if !self.sound() {
            covered.scope.push(self.name());
        }
    }
}
