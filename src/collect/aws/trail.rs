//! Management events: `lookup-events`, the records of a trail's own files, rows
//! of CloudTrail Lake or Athena, or events that `EventBridge` handed on.

mod event;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::input::Reading;
use crate::collect::sink::{Sink, coverage, missing, twice};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use event::{Event, Fault};

const TABLE: &str = "cloudtrail_event";
const FILE: &str = "aws/cloudtrail-events.json";
/// Files of a trail, however deep they lie.
const FOLDER: &str = "aws/cloudtrail";
const EVENTS: Shape = Shape {
    paths: &[&["Events"], &["Records"]],
    bare: event::is_event,
    known: &[],
};
/// Faults of a kind that are named one by one; the rest is counted.
const NAMED: u64 = 20;

/// What was found of every file.
#[derive(Default)]
struct Found {
    events: BTreeMap<String, Event>,
    /// Records without an id, and those whose outcome or content is not known.
    lost: u64,
    unproven: u64,
    unclear: u64,
    /// Calls that only read, out of a trail's files.
    reads: u64,
}

impl Found {
    fn take(
        &mut self,
        map: &Map<String, Value>,
        whole: bool,
        (file, position): (&str, String),
        problems: &mut Vec<Problem>,
    ) {
        let (event, faults) = event::read(map);
        for fault in faults {
            let known = match fault {
                Fault::NoId => &mut self.lost,
                Fault::NoDetail | Fault::Cut | Fault::Projected | Fault::Contradiction => {
                    &mut self.unproven
                }
                Fault::Unreadable(_) => &mut self.unclear,
            };
            *known += 1;
            if *known <= NAMED {
                problems.push(problem(&fault, file, &position));
            }
        }
        let Some(event) = event else { return };
        if !whole && event.reads {
            self.reads += 1;
            return;
        }
        match self.events.entry(event.id.clone()) {
            Entry::Vacant(free) => {
                free.insert(event);
            }
            // The same event with more of it read says more.
            Entry::Occupied(mut held) if held.get().succeeded.is_none() => {
                held.insert(event);
            }
            Entry::Occupied(mut held) => {
                let other_end = event
                    .succeeded
                    .is_some_and(|s| held.get().succeeded != Some(s));
                if other_end {
                    held.get_mut().succeeded = None;
                    self.unproven += 1;
                    problems.push(problem(&Fault::Contradiction, file, &position));
                }
                if other_end || held.get().contradicts(&event) {
                    problems.push(twice(&event.id, file, TABLE));
                }
            }
        }
    }

    fn settle(&self, covered: &mut Coverage) {
        let mut say = |count: u64, what: &str| {
            if count > 0 {
                covered.worsen(State::Partial, format!("{count} {what}"));
            }
        };
        say(
            self.lost,
            "records of CloudTrail have no id and were left out.",
        );
        say(
            self.unproven,
            "events of CloudTrail do not tell whether the call succeeded, so they prove nothing: their detail is missing, cut or in parts. Export them whole: `aws cloudtrail lookup-events` without --query prints it as the text CloudTrailEvent.",
        );
        say(
            self.unclear,
            "events of CloudTrail hold a value that could not be read.",
        );
        covered.exclude("the call changes nothing", self.reads);
    }
}

fn problem(fault: &Fault, file: &str, position: &str) -> Problem {
    let (kind, expected) = match fault {
        Fault::NoId => (ProblemKind::Malformed, "an event with its id"),
        Fault::Cut => (ProblemKind::Truncated, "the whole text of the event"),
        Fault::NoDetail | Fault::Projected => {
            (ProblemKind::Malformed, "the event with all that it holds")
        }
        Fault::Contradiction => (ProblemKind::Malformed, "one account of one event"),
        Fault::Unreadable(_) => (ProblemKind::Malformed, "a value as CloudTrail prints it"),
    };
    Problem {
        file: file.to_owned(),
        position: format!("{position}{}", fault.below()),
        kind,
        table: Some(TABLE.to_owned()),
        expected: expected.to_owned(),
        message: fault.to_string(),
    }
}

pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    let mut covered = coverage(TABLE)?;
    let mut found = Found::default();
    let mut any = false;
    let mut files: Vec<(String, bool)> = vec![(FILE.to_owned(), true)];
    // What a trail says of its own files lies beside them and holds no events.
    files.extend(
        import
            .exports
            .list(FOLDER, ".json")
            .into_iter()
            .filter(|name| {
                !name.contains("CloudTrail-Digest") && !name.contains("CloudTrail-Insight")
            })
            .map(|name| (format!("{FOLDER}/{name}.json"), false)),
    );
    for (file, whole) in files {
        let reading = read(import, &file, whole, &mut found);
        any |= reading.found;
        if reading.found {
            reading.settle(&mut covered);
        }
    }
    if !any {
        missing(&mut covered, FILE);
    }
    found.settle(&mut covered);
    sink.write(covered, found.events.into_values().map(Event::cells))
}

fn read(import: &mut Import<'_>, file: &str, whole: bool, found: &mut Found) -> Reading {
    import
        .exports
        .read(file, TABLE, &EVENTS, &mut |spot, map, shown, problems| {
            found.take(map, whole, (shown, spot.to_string()), problems);
        })
}
