//! Versions of secrets: which one is current, and since when. Never a value.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::place::{Place, places};
use super::secrets::{Secret, watch};
use crate::collect::Import;
use crate::collect::answer::next_of;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Sink, coverage, missing, twice};
use crate::collect::walk::{Shape, Spot};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;

const TABLE: &str = "aws_secret_version";
const FOLDER: &str = "aws/secret-versions";
const DOCUMENTS: Shape = Shape {
    paths: &[],
    bare: |_| true,
    known: &[],
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    id: Option<String>,
    stages: String,
    /// `None` where the labels could not be read, or contradict each other.
    current: Option<bool>,
    created: Option<DateTime<Utc>>,
    accessed: Option<DateTime<Utc>>,
}

impl Version {
    /// The first of a list that has the id of this one.
    fn first_of_id<'l>(&self, list: &'l BTreeSet<Self>) -> Option<&'l Self> {
        let least = Self {
            id: self.id.clone(),
            stages: String::new(),
            current: None,
            created: None,
            accessed: None,
        };
        list.range(least..).next().filter(|v| v.id == self.id)
    }
}

/// What was found of every file.
#[derive(Default)]
struct Found {
    all: BTreeMap<String, BTreeSet<Version>>,
    /// Secrets whose list names a further page that has not come.
    pending: BTreeSet<String>,
    lost: u64,
}

/// Reads the versions; gives when the current one of each secret was made.
pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    secrets: &Entities<Secret>,
    nowhere: bool,
) -> Result<BTreeMap<String, DateTime<Utc>>, DatasetError> {
    let mut covered = coverage(TABLE)?;
    let mut found = Found::default();
    let files = import.exports.list(FOLDER, ".json");
    let none = files.is_empty();
    for mut place in places(files, (FOLDER, ".json"), true, &mut covered) {
        let file = format!("{FOLDER}/{}.json", place.name());
        let mut reading = import.exports.read(
            &file,
            TABLE,
            &DOCUMENTS,
            &mut |spot, map, shown, problems| {
                found.document(map, &mut place, secrets, (spot, shown), problems);
            },
        );
        // A list goes on in the next document of its secret, which is followed here.
        reading
            .defects
            .retain(|(_, reason)| !reason.contains("names a further one"));
        reading.settle(&mut covered);
        place.settle(&file, &mut covered);
    }
    if none && nowhere {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    if found.lost > 0 {
        covered.worsen(
            State::Partial,
            format!(
                "{} documents or versions in {FOLDER}/ are no answers of list-secret-version-ids.",
                found.lost
            ),
        );
    }
    found.absent(import, secrets, none, &mut covered);
    found.contradictions(&mut covered);
    let keys = secrets.keys();
    let mut rows = BTreeSet::new();
    let mut current = BTreeMap::new();
    for (arn, list) in &found.all {
        let key = keys.get(arn);
        for v in list {
            rows.insert((key, key.is_none().then(|| arn.clone()), v.clone()));
            if let (Some(true), Some(at)) = (v.current, v.created) {
                current.insert(arn.clone(), at);
            }
        }
    }
    sink.write(
        covered,
        rows.into_iter().map(|(key, arn, v)| {
            vec![
                Cell::key(key),
                Cell::text(v.id),
                Cell::Text(v.stages),
                Cell::flag(v.current),
                Cell::time(v.created),
                Cell::time(v.accessed),
                Cell::text(arn),
            ]
        }),
    )?;
    Ok(current)
}

impl Found {
    fn document(
        &mut self,
        map: &Map<String, Value>,
        place: &mut Place,
        secrets: &Entities<Secret>,
        (spot, shown): (&Spot, &str),
        problems: &mut Vec<Problem>,
    ) {
        let text = |key: &str| map.get(key).and_then(Value::as_str);
        let named = |name: &str| {
            secrets
                .iter()
                .find(|(_, s)| s.is(place, name))
                .map(|(arn, _)| arn.clone())
        };
        let arn = text("ARN")
            .map(str::to_owned)
            .or_else(|| named(text("Name")?));
        // One version alone stands for a list of one where a client prints it so.
        let list = match map.get("Versions") {
            Some(Value::Array(items)) => Some(items.as_slice()),
            Some(one @ Value::Object(_)) => Some(std::slice::from_ref(one)),
            _ => None,
        };
        let (Some(arn), Some(list)) = (arn, list) else {
            self.lose(
                spot,
                shown,
                "",
                "a secret with its ARN and the list of its versions",
                problems,
            );
            return;
        };
        if !place.holds(&arn, (shown, spot, TABLE), problems) {
            return;
        }
        if next_of(map) {
            self.pending.insert(arn.clone());
        } else {
            self.pending.remove(&arn);
        }
        for (n, item) in list.iter().enumerate() {
            if let Some(map) = item.as_object() {
                let version = version(map, (spot, shown, n), problems);
                let list = self.all.entry(arn.clone()).or_default();
                if let Some(id) = &version.id
                    && version.first_of_id(list).is_some_and(|v| *v != version)
                {
                    problems.push(twice(id, shown, TABLE));
                }
                list.insert(version);
            } else {
                let below = format!(".Versions[{n}]");
                self.lose(spot, shown, &below, "a version", problems);
            }
        }
        self.all.entry(arn).or_default();
    }

    fn lose(
        &mut self,
        spot: &Spot,
        file: &str,
        below: &str,
        expected: &str,
        problems: &mut Vec<Problem>,
    ) {
        self.lost += 1;
        problems.push(Problem {
            file: file.to_owned(),
            position: format!("{spot}{below}"),
            kind: ProblemKind::Malformed,
            table: Some(TABLE.to_owned()),
            expected: expected.to_owned(),
            message: "What is there could not be read and was left out.".to_owned(),
        });
    }

    /// Secrets that are watched and whose versions nobody asked for.
    fn absent(
        &self,
        import: &Import<'_>,
        secrets: &Entities<Secret>,
        none: bool,
        covered: &mut Coverage,
    ) {
        let watch = watch(&import.config.secret.watch);
        let unread: BTreeSet<String> = secrets
            .iter()
            .filter(|(arn, s)| s.counts() && s.watched(&watch) && !self.all.contains_key(*arn))
            .map(|(arn, _)| arn.clone())
            .chain(self.pending.iter().cloned())
            .collect();
        if unread.is_empty() {
            return;
        }
        let state = if none { State::Failed } else { State::Partial };
        covered.worsen(
            state,
            format!(
                "The versions of {} secrets are missing or cut off: {}.",
                unread.len(),
                crate::collect::some_of(&unread)
            ),
        );
        covered.scope.extend(unread);
    }

    /// One version of a secret is current: none, or two, is not what the service says.
    fn contradictions(&mut self, covered: &mut Coverage) {
        let (mut without, mut several) = (BTreeSet::new(), BTreeSet::new());
        for (arn, list) in &mut self.all {
            let current: BTreeSet<&Option<String>> = list
                .iter()
                .filter(|v| v.current == Some(true))
                .map(|v| &v.id)
                .collect();
            let same_date = list
                .iter()
                .filter(|v| v.current == Some(true))
                .map(|v| v.created)
                .collect::<BTreeSet<_>>()
                .len()
                < 2;
            if list.is_empty() || (current.len() == 1 && same_date) {
                continue;
            }
            if current.is_empty() {
                without.insert(arn.clone());
            } else {
                several.insert(arn.clone());
            }
            let unsure = current.is_empty();
            *list = std::mem::take(list)
                .into_iter()
                .map(|mut v| {
                    if unsure || v.current == Some(true) {
                        v.current = None;
                    }
                    v
                })
                .collect();
        }
        for (which, what) in [
            (&without, "have no version that is labelled AWSCURRENT"),
            (
                &several,
                "have several versions that are labelled AWSCURRENT, as of exports of two days",
            ),
        ] {
            if !which.is_empty() {
                covered.worsen(
                    State::Partial,
                    format!(
                        "{} secrets {what}, so which value counts is not known: {}.",
                        which.len(),
                        crate::collect::some_of(which)
                    ),
                );
                covered.scope.extend(which.iter().cloned());
            }
        }
    }
}

fn version(
    map: &Map<String, Value>,
    (spot, shown, n): (&Spot, &str, usize),
    problems: &mut Vec<Problem>,
) -> Version {
    const CURRENT: &str = "AWSCURRENT";
    let mut r = Record::new(map, spot, shown, TABLE, problems);
    // A version without labels has no list of them.
    let labels: Option<Vec<&str>> = match map.get("VersionStages") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one.as_str()]),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    if labels.is_none() {
        r.report(
            ProblemKind::Malformed,
            &format!(".Versions[{n}].VersionStages"),
            "a list of labels",
            "Which labels the version has could not be read; it was taken as not known.".to_owned(),
        );
    }
    let current = labels.as_ref().map(|l| l.contains(&CURRENT));
    let mut stages = labels.unwrap_or_default();
    stages.sort_unstable();
    Version {
        id: r.text("VersionId"),
        stages: stages.join(";"),
        current,
        created: r.time("CreatedDate"),
        accessed: r.time("LastAccessedDate"),
    }
}
