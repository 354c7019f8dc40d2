//! Tells from the pages of an answer how complete it is: error answers, pages
//! left over, counts of the source, documents that are something else.

use serde_json::{Map, Value};

use super::input::Reading;
use super::walk::{Cut, Spot};
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
    defects: Vec<(State, String)>,
}

impl Pages {
    pub(super) fn new(file: &str, table: &str) -> Self {
        Self {
            file: file.to_owned(),
            table: table.to_owned(),
            pages: 0,
            listed: false,
            left_over: false,
            more: Vec::new(),
            count: None,
            defects: Vec::new(),
        }
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
    pub(super) fn is_error(
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
        self.defects.push((State::Failed, reason));
    }

    /// A document that is a record itself.
    pub(super) fn bare(&mut self, map: &Map<String, Value>) {
        self.pages += 1;
        self.listed = true;
        self.left_over = next_of(map);
    }

    /// A page: its envelope, and whether it had its list of records.
    pub(super) fn page(
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
            let reason = format!("{} carries errors beside its data: {what}.", self.file);
            self.note(
                spot.to_string(),
                ProblemKind::ErrorAnswer,
                "an answer without errors",
                reason.clone(),
                problems,
            );
            let state = if listed {
                State::Partial
            } else {
                State::Failed
            };
            self.defects.push((state, reason));
            self.listed |= listed;
            self.left_over = next_of(envelope);
            return;
        }
        if !listed {
            let keys: Vec<&str> = envelope.keys().take(5).map(String::as_str).collect();
            let reason = format!(
                "{} holds a document without the list of records that belongs there (its keys: {}).",
                self.file,
                super::shown(&keys.join(", "))
            );
            self.note(
                spot.to_string(),
                ProblemKind::Malformed,
                "a page with its list of records",
                reason.clone(),
                problems,
            );
            self.defects.push((State::Failed, reason));
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
    pub(super) fn odd(&mut self, spot: &Spot, problems: &mut Vec<Problem>) {
        let reason = format!(
            "{} holds something that is no object where a record belongs.",
            self.file
        );
        self.note(
            spot.to_string(),
            ProblemKind::Malformed,
            "an object",
            reason.clone(),
            problems,
        );
        self.defects.push((State::Partial, reason));
    }

    /// The file stops parsing.
    pub(super) fn cut(&mut self, cut: &Cut, problems: &mut Vec<Problem>) {
        let place = format!("{}:{}", cut.line, cut.column);
        let reason = format!(
            "{} could not be read beyond line {}, column {}: {}.",
            self.file, cut.line, cut.column, cut.message
        );
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
        self.defects.push((State::Partial, reason));
    }

    /// Carries everything into the reading of the file.
    pub(super) fn settle(mut self, reading: &mut Reading) {
        if self.left_over {
            self.defects.push((
                State::Partial,
                format!(
                    "{} ends with a page that names a further one, which is missing.",
                    self.file
                ),
            ));
        }
        if self.pages == 0 && self.defects.is_empty() {
            self.defects
                .push((State::Failed, format!("{} holds no document.", self.file)));
        }
        if reading.records == 0
            && !self.listed
            && let Some(worst) = self.defects.iter_mut().max_by_key(|(s, _)| s.rank())
        {
            // Nothing was readable: that is no part of an answer.
            worst.0 = State::Failed;
        }
        reading.pages = self.pages;
        reading.count = self.count;
        reading.more = std::mem::take(&mut self.more);
        reading.defects.append(&mut self.defects);
    }
}

fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key)
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty())
}

/// What an error answer says; `None` for anything else. The forms are those of
/// Graph, the AWS protocols and their clients, GitHub and Auth0.
pub(crate) fn error_of(map: &Map<String, Value>) -> Option<String> {
    for key in ["error", "Error"] {
        match map.get(key) {
            Some(Value::Object(error)) => {
                let code = text(error, "code").or_else(|| text(error, "Code"));
                return Some(super::shown(code.unwrap_or("no code")));
            }
            Some(Value::String(error)) if !error.is_empty() => return Some(super::shown(error)),
            _ => {}
        }
    }
    if let Some(kind) = text(map, "__type") {
        return Some(super::shown(kind));
    }
    let data = ["data", "value"].iter().any(|k| map.contains_key(*k));
    if !data
        && let Some(message) = text(map, "message")
        && (map.contains_key("documentation_url")
            || map.contains_key("status")
            || map.contains_key("statusCode")
            || map.len() == 1)
    {
        return Some(super::shown(message));
    }
    None
}

fn graphql_errors(map: &Map<String, Value>) -> Option<String> {
    let errors = map.get("errors")?.as_array().filter(|e| !e.is_empty())?;
    let mut kinds: Vec<&str> = errors
        .iter()
        .filter_map(|e| {
            e.get("type")
                .or_else(|| e.get("message"))
                .and_then(Value::as_str)
        })
        .collect();
    kinds.dedup();
    Some(super::shown(&if kinds.is_empty() {
        "no type".to_owned()
    } else {
        kinds.join(", ")
    }))
}

/// Whether a page says that there is a further one.
pub(crate) fn next_of(map: &Map<String, Value>) -> bool {
    const TOKENS: [&str; 6] = [
        "@odata.nextLink",
        "NextToken",
        "nextToken",
        "NextMarker",
        "Marker",
        "next",
    ];
    if TOKENS.iter().any(|k| text(map, k).is_some()) {
        return true;
    }
    if map.get("IsTruncated").and_then(Value::as_bool) == Some(true) {
        return true;
    }
    if map
        .get("pageInfo")
        .and_then(|p| p.get("hasNextPage"))
        .and_then(Value::as_bool)
        == Some(true)
    {
        return true;
    }
    // A GraphQL answer keeps its page information beside its list.
    [
        "data",
        "organization",
        "teams",
        "membersWithRole",
        "samlIdentityProvider",
        "externalIdentities",
    ]
    .iter()
    .any(|k| map.get(*k).and_then(Value::as_object).is_some_and(next_of))
}

/// The count that a source reports.
pub(crate) fn count_of(map: &Map<String, Value>) -> Option<u64> {
    for key in ["@odata.count", "totalCount", "total_count", "total"] {
        if let Some(count) = map.get(key).and_then(Value::as_u64) {
            return Some(count);
        }
    }
    [
        "data",
        "organization",
        "teams",
        "membersWithRole",
        "samlIdentityProvider",
        "externalIdentities",
    ]
    .iter()
    .find_map(|k| map.get(*k).and_then(Value::as_object).and_then(count_of))
}
