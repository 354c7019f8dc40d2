//! Management events: `lookup-events`, or the records of a trail's own files.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Sink, coverage, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::writer::Cell;

const TABLE: &str = "cloudtrail_event";
const EVENTS: Shape = Shape {
    paths: &[&["Events"], &["Records"]],
    bare: |m| m.contains_key("EventId") || m.contains_key("eventID"),
};

pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    let file = "aws/cloudtrail-events.json";
    let mut rows: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    let mut lost = 0_u64;
    let reading = import
        .exports
        .read(file, TABLE, &EVENTS, &mut |spot, map, shown, problems| {
            let raw = map.contains_key("eventID");
            // The event itself travels as text within the answer of lookup-events.
            let detail: Map<String, Value> = if raw {
                map.clone()
            } else {
                map.get("CloudTrailEvent")
                    .and_then(Value::as_str)
                    .and_then(|t| serde_json::from_str(t).ok())
                    .unwrap_or_default()
            };
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(id) = r.id(if raw { "eventID" } else { "EventId" }) else {
                lost += 1;
                return;
            };
            let name = |lower: &'static str, upper: &'static str| if raw { lower } else { upper };
            let text = |key: &str| detail.get(key).and_then(Value::as_str).map(str::to_owned);
            let identity = detail.get("userIdentity").and_then(Value::as_object);
            let actor = identity
                .and_then(|i| i.get("arn").and_then(Value::as_str))
                .map(str::to_owned)
                .or_else(|| r.text("Username").filter(|name| !name.is_empty()))
                // What somebody does through Identity Center names an id alone.
                .or_else(|| {
                    let user = identity?.get("onBehalfOf")?.get("userId")?;
                    user.as_str().map(str::to_owned)
                });
            let resource = r
                .list("Resources")
                .and_then(|l| l.first())
                .and_then(|f| f.get("ResourceName"))
                .and_then(Value::as_str)
                .map(str::to_owned)
                .or_else(|| secret_of(&detail));
            let row = vec![
                Cell::text(r.text(name("eventSource", "EventSource"))),
                Cell::text(r.text(name("eventName", "EventName"))),
                Cell::time(r.time(name("eventTime", "EventTime"))),
                Cell::text(actor),
                Cell::text(text("recipientAccountId")),
                Cell::text(text("awsRegion")),
                Cell::text(resource),
                Cell::text(text("errorCode")),
                Cell::text(named(&detail, &["targetId"])),
                Cell::text(named(&detail, &["permissionSetArn"])),
                Cell::text(named(&detail, &["principalId"])),
                Cell::text(named(&detail, &["groupId"])),
                Cell::text(named(&detail, &["userId", "memberId"])),
                Cell::text(named(&detail, &["membershipId"])),
            ];
            rows.entry(id).or_insert(row);
        });
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        );
    }
    sink.write(
        covered,
        rows.into_iter().map(|(id, cells)| {
            let mut row = vec![Cell::Text(id)];
            row.extend(cells);
            row
        }),
    )
}

/// An id that a call names, or that its answer gives to what it made. A member is
/// a user id, on its own or within an object.
fn named(detail: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    ["requestParameters", "responseElements"]
        .iter()
        .filter_map(|part| detail.get(*part)?.as_object())
        .flat_map(|part| keys.iter().filter_map(|key| part.get(*key)))
        .find_map(|value| value.as_str().or_else(|| value.get("userId")?.as_str()))
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// The secret that a call names.
fn secret_of(detail: &Map<String, Value>) -> Option<String> {
    let parameters = detail.get("requestParameters")?;
    ["secretId", "name", "functionName"]
        .iter()
        .find_map(|k| parameters.get(*k).and_then(Value::as_str))
        .map(str::to_owned)
}
