//! Directory audit events: one row per target.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{PAGES, no_id};
use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Sink, coverage, settle};
use crate::dataset::DatasetError;
use crate::dataset::writer::Cell;

const TABLE: &str = "entra_audit_event";

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    id: String,
    target: Option<String>,
    activity: Option<String>,
    at: Option<DateTime<Utc>>,
    by: Option<String>,
    name: Option<String>,
    kind: Option<String>,
    group: Option<String>,
    user: Option<String>,
    succeeded: Option<bool>,
}

pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    let file = "entra/directory-audits.json";
    let mut rows = BTreeSet::new();
    let mut lost = 0;
    let mut reading =
        import
            .exports
            .read(file, TABLE, &PAGES, &mut |spot, map, shown, problems| {
                let mut r = Record::new(map, spot, shown, TABLE, problems);
                let Some(id) = r.id("id") else {
                    lost += 1;
                    return;
                };
                let activity = r.text("activityDisplayName");
                let at = r.time("activityDateTime");
                let succeeded = r.text("result").and_then(|word| match word.as_str() {
                    "success" => Some(true),
                    "failure" | "timeout" => Some(false),
                    _ => None,
                });
                let by = map.get("initiatedBy").and_then(initiator);
                let targets: Vec<&Map<String, Value>> = map
                    .get("targetResources")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_object)
                    .collect();
                let group = group_of(&targets);
                let user = targets
                    .iter()
                    .find(|t| kind(t) == Some("User"))
                    .and_then(|t| text(t, "id"));
                if targets.is_empty() {
                    rows.insert(Row {
                        id,
                        target: None,
                        activity,
                        at,
                        by,
                        name: None,
                        kind: None,
                        group,
                        user,
                        succeeded,
                    });
                    return;
                }
                for target in &targets {
                    rows.insert(Row {
                        id: id.clone(),
                        target: text(target, "id"),
                        activity: activity.clone(),
                        at,
                        by: by.clone(),
                        name: text(target, "displayName")
                            .or_else(|| text(target, "userPrincipalName")),
                        kind: text(target, "type"),
                        group: group.clone(),
                        user: user.clone(),
                        succeeded,
                    });
                }
            });
    no_id(&mut reading, lost, file);
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    sink.write(
        covered,
        rows.into_iter().map(|r| {
            let folded = Cell::folded(r.name.as_deref());
            let by_folded = Cell::folded(r.by.as_deref());
            vec![
                Cell::Text(r.id),
                Cell::text(r.activity),
                Cell::time(r.at),
                Cell::text(r.by),
                Cell::text(r.target),
                Cell::text(r.name),
                Cell::text(r.kind),
                Cell::text(r.group),
                Cell::text(r.user),
                folded,
                Cell::flag(r.succeeded),
                by_folded,
            ]
        }),
    )
}

fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    map.get(key)
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
}

fn kind(map: &Map<String, Value>) -> Option<&str> {
    map.get("type").and_then(Value::as_str)
}

fn initiator(by: &Value) -> Option<String> {
    let user = by.get("user").and_then(Value::as_object);
    let app = by.get("app").and_then(Value::as_object);
    user.and_then(|u| text(u, "userPrincipalName").or_else(|| text(u, "id")))
        .or_else(|| app.and_then(|a| text(a, "displayName").or_else(|| text(a, "appId"))))
}

/// The group of an event: its target, or for a membership the property that names it.
fn group_of(targets: &[&Map<String, Value>]) -> Option<String> {
    if let Some(group) = targets.iter().find(|t| kind(t) == Some("Group")) {
        return text(group, "id");
    }
    targets
        .iter()
        .filter_map(|t| t.get("modifiedProperties").and_then(Value::as_array))
        .flatten()
        .filter(|p| p.get("displayName").and_then(Value::as_str) == Some("Group.ObjectID"))
        .find_map(|p| {
            ["newValue", "oldValue"].iter().find_map(|k| {
                p.get(*k)
                    .and_then(Value::as_str)
                    .map(|v| v.trim_matches('"').to_owned())
                    .filter(|v| !v.is_empty() && v != "null")
            })
        })
}
