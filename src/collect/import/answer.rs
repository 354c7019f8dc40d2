//! Tells from the pages of an answer how complete it is: error answers, pages
//! left over, counts of the source, documents that are something else.

use serde_json::{Map, Value};

use super::reading::{Defect, DefectKind, Reading};
use super::walk::{Cut, Spot};
use crate::collect::error_answer::{error_of, graphql_errors, says};
use crate::collect::form::{self, same_name};
use crate::dataset::coverage::State;
use crate::dataset::problem::{Problem, ProblemKind};

/// Follows the pages of one file.
pub(crate) struct Pages {
    file: String,
    table: String,
    pages: u64,
    listed: bool,
    left_over: bool,
    /// Documents that name a further page.
    more: Vec<u64>,
    count: Option<u64>,
    defects: Vec<Defect>,
    /// Documents that are records of another form than the table's.
    foreign: u64,
    wrong: u64,
}

impl Pages {
    pub(in crate::collect) fn new(file: &str, table: &str) -> Self {
        Self {
            file: file.to_owned(),
            table: table.to_owned(),
            pages: 0,
            listed: false,
            left_over: false,
            more: Vec::new(),
            count: None,
            defects: Vec::new(),
            foreign: 0,
            wrong: 0,
        }
    }

    /// Notes what keeps the file from being complete: the first few of each form
    /// as they are, further ones as a number.
    fn defect(&mut self, state: State, reason: String) {
        const KEPT: usize = 20;
        self.wrong += 1;
        if self
            .defects
            .iter()
            .any(|d| d.state == state && d.reason == reason)
        {
            return;
        }
        let of = |s: State| self.defects.iter().filter(|d| d.state == s).count();
        if of(state) < KEPT {
            self.defects.push(Defect::new(state, reason));
        }
    }

    /// How many defects there were so far.
    pub(in crate::collect) fn wrong(&self) -> u64 {
        self.wrong.max(self.foreign)
    }

    fn note(
        &mut self,
        position: String,
        kind: ProblemKind,
        expected: &str,
        message: String,
        problems: &mut Vec<Problem>,
    ) {
        problems.push(Problem {
            file: self.file.clone(),
            position,
            kind,
            table: Some(self.table.clone()),
            expected: expected.to_owned(),
            message,
        });
    }

    /// Whether an object is an answer that says that the call failed.
    pub(in crate::collect) fn is_error(
        &mut self,
        spot: &Spot,
        map: &Map<String, Value>,
        problems: &mut Vec<Problem>,
    ) -> bool {
        let Some(what) = error_of(map) else {
            return false;
        };
        self.pages += 1;
        self.failed(spot, &what, problems);
        true
    }

    fn failed(&mut self, spot: &Spot, what: &str, problems: &mut Vec<Problem>) {
        let reason = format!(
            "{} holds an error answer in place of data: {what}.",
            self.file
        );
        self.note(
            spot.to_string(),
            ProblemKind::ErrorAnswer,
            "a page of records",
            reason.clone(),
            problems,
        );
        self.defect(State::Failed, reason);
    }

    /// A document that is a record itself.
    pub(in crate::collect) fn bare(
        &mut self,
        spot: &Spot,
        map: &Map<String, Value>,
        problems: &mut Vec<Problem>,
    ) {
        self.pages += 1;
        self.listed = true;
        self.left_over = next_of(map);
        if let Some(what) = graphql_errors(map) {
            self.beside(spot, &what, State::Partial, problems);
        }
    }

    fn beside(&mut self, spot: &Spot, what: &str, state: State, problems: &mut Vec<Problem>) {
        let reason = format!("{} carries errors beside its data: {what}.", self.file);
        self.note(
            spot.to_string(),
            ProblemKind::ErrorAnswer,
            "an answer without errors",
            reason.clone(),
            problems,
        );
        self.defect(state, reason);
    }

    /// A record that has none of the members that records of the table have.
    pub(in crate::collect) fn foreign(
        &mut self,
        spot: &Spot,
        map: &Map<String, Value>,
        known: &[&str],
        problems: &mut Vec<Problem>,
    ) {
        // A list that was there was an answer, whatever is in it.
        self.foreign += u64::from(spot.record.is_none());
        let reason = format!(
            "{} holds records of another form: their members are {}, and none of {}.",
            self.file,
            keys_of(map),
            known.join(", ")
        );
        // One says what all of them are.
        if !self.defects.iter().any(|known| known.reason == reason) {
            self.note(
                spot.to_string(),
                ProblemKind::Malformed,
                "records as the README lists them",
                reason.clone(),
                problems,
            );
            self.defect(State::Partial, reason);
        }
    }

    /// A page: its envelope, and whether it had its list of records.
    pub(in crate::collect) fn page(
        &mut self,
        spot: &Spot,
        envelope: &Map<String, Value>,
        listed: bool,
        problems: &mut Vec<Problem>,
    ) {
        self.pages += 1;
        if let Some(what) = error_of(envelope) {
            self.failed(spot, &what, problems);
            return;
        }
        if let Some(what) = graphql_errors(envelope) {
            let state = if listed {
                State::Partial
            } else {
                State::Failed
            };
            self.beside(spot, &what, state, problems);
            self.listed |= listed;
            self.left_over = next_of(envelope);
            return;
        }
        if !listed {
            let reason = format!(
                "{} holds a document without the list of records that belongs there (its keys: {}).",
                self.file,
                keys_of(envelope)
            );
            self.note(
                spot.to_string(),
                ProblemKind::Malformed,
                "a page with its list of records",
                reason.clone(),
                problems,
            );
            self.defect(State::Failed, reason);
            return;
        }
        self.listed = true;
        self.left_over = next_of(envelope);
        if self.left_over {
            self.more.push(spot.document);
        }
        if let Some(count) = count_of(envelope) {
            self.count = Some(self.count.map_or(count, |c| c.max(count)));
        }
    }

    /// Something that is no record.
    pub(in crate::collect) fn odd(
        &mut self,
        spot: &Spot,
        found: &Value,
        problems: &mut Vec<Problem>,
    ) {
        let found = match found {
            // What a document is that was not kept.
            Value::Null => "something that is no object",
            other => form::of(other),
        };
        let reason = format!("{} holds {found} where a record belongs.", self.file);
        self.note(
            spot.to_string(),
            ProblemKind::Malformed,
            "an object",
            reason.clone(),
            problems,
        );
        self.defect(State::Partial, reason);
    }

    /// The file stops parsing.
    pub(in crate::collect) fn cut(&mut self, cut: &Cut, problems: &mut Vec<Problem>) {
        let place = format!("{}:{}", cut.line, cut.column);
        let reason = if cut.line == 0 {
            format!("{} was not read to its end: {}.", self.file, cut.message)
        } else {
            format!(
                "{} could not be read beyond line {}, column {}: {}.",
                self.file, cut.line, cut.column, cut.message
            )
        };
        let kind = if cut.end {
            ProblemKind::Truncated
        } else {
            ProblemKind::Malformed
        };
        self.note(
            place,
            kind,
            "the rest of the document",
            reason.clone(),
            problems,
        );
        self.defect(State::Partial, reason);
    }

    /// Carries everything into the reading of the file.
    pub(in crate::collect) fn settle(mut self, reading: &mut Reading) {
        if self.left_over {
            self.defects.push(Defect {
                state: State::Partial,
                kind: DefectKind::FurtherPage,
                reason: format!(
                    "{} ends with a page that names a further one, which is missing.",
                    self.file
                ),
            });
        }
        if self.pages == 0 && self.defects.is_empty() {
            let reason = format!("{} holds no document.", self.file);
            self.defects.push(Defect::new(State::Failed, reason));
        }
        if reading.records == 0
            && (!self.listed || self.foreign > 0)
            && let Some(worst) = self.defects.iter_mut().max_by_key(|d| d.state.rank())
        {
            // Nothing was readable: that is no part of an answer.
            worst.state = State::Failed;
        }
        reading.pages = self.pages;
        reading.count = self.count;
        reading.more = std::mem::take(&mut self.more);
        reading.defects.append(&mut self.defects);
    }
}

/// The first few keys of an object, for a message.
fn keys_of(map: &Map<String, Value>) -> String {
    const SHOWN: usize = 5;
    let keys: Vec<&str> = map.keys().take(SHOWN).map(String::as_str).collect();
    crate::collect::words::shown(&keys.join(", "))
}

/// Where a GraphQL answer keeps its page information and count: beside its list.
const CONNECTIONS: [&str; 6] = [
    "data",
    "organization",
    "teams",
    "membersWithRole",
    "samlIdentityProvider",
    "externalIdentities",
];

/// Whether a page says that there is a further one. A link that is no text is
/// one that could not be read, not the end.
pub(crate) fn next_of(map: &Map<String, Value>) -> bool {
    const TOKENS: [&str; 7] = [
        "@odata.nextLink",
        "odata.nextLink",
        "nextLink",
        "NextToken",
        "NextMarker",
        "Marker",
        "next",
    ];
    const SIGNS: [&str; 2] = ["IsTruncated", "hasNextPage"];
    map.iter().any(|(key, value)| {
        let named = TOKENS.iter().chain(&SIGNS).any(|k| same_name(k, key));
        if named {
            return says(value);
        }
        let page = same_name("pageInfo", key) || CONNECTIONS.contains(&key.as_str());
        page && value.as_object().is_some_and(next_of)
    })
}

/// The count that a source reports.
pub(crate) fn count_of(map: &Map<String, Value>) -> Option<u64> {
    for key in ["@odata.count", "totalCount", "total_count", "total"] {
        if let Some(count) = map.get(key).and_then(Value::as_u64) {
            return Some(count);
        }
    }
    CONNECTIONS
        .iter()
        .find_map(|k| map.get(*k).and_then(Value::as_object).and_then(count_of))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::next_of;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn a_further_page_is_one_in_every_form() {
        for page in [
            json!({"@odata.nextLink": "https://graph.example/next"}),
            json!({"@odata.nextLink": {"href": "x"}}),
            json!({"@odata.nextLink": 1}),
            json!({"odata.nextLink": "directoryObjects/$next"}),
            json!({"nextToken": ["x"]}),
            json!({"IsTruncated": "true"}),
            json!({"pageInfo": {"hasNextPage": 1}}),
            json!({"data": {"organization": {"teams": {"pageInfo": {"hasNextPage": true}}}}}),
        ] {
            assert!(next_of(&map(&page)), "{page}");
        }
        for page in [
            json!({"@odata.nextLink": null, "NextToken": "", "IsTruncated": false}),
            json!({"pageInfo": {"hasNextPage": "false"}, "next": null}),
            json!({"@odata.deltaLink": "https://graph.example/delta"}),
        ] {
            assert!(!next_of(&map(&page)), "{page}");
        }
    }
}
