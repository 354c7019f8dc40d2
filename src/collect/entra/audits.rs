//! Directory audit events: one row per target.

use std::collections::BTreeSet;

use super::{has_id, no_id};
use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Sink, coverage, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::writer::Cell;
use chrono::{DateTime, Utc};

const TABLE: &str = "entra_audit_event";
/// Pages of Graph, or what a diagnostic setting exports.
const EVENTS: Shape = Shape {
    paths: &[&["value"], &["records"]],
    bare: has_id,
    known: &["activityDisplayName", "activityDateTime", "targetResources"],
};

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
    let mut events: Entities<BTreeSet<Row>> = Entities::default();
    let mut lost = 0;
    let mut reading =
        import
            .exports
            .read(file, TABLE, &EVENTS, &mut |spot, map, shown, problems| {
                let mut r = Record::new(map, spot, shown, TABLE, problems);
                let Some(id) = r.id("id") else {
                    lost += 1;
                    return;
                };
                let activity = r.text("activityDisplayName");
                let at = r.must_time("activityDateTime");
                let succeeded =
                    r.text("result")
                        .and_then(|word| match word.to_ascii_lowercase().as_str() {
                            "success" => Some(true),
                            "failure" | "timeout" => Some(false),
                            _ => None,
                        });
                let by = initiator(&mut r);
                let targets = r.each("targetResources", target).unwrap_or_else(|| {
                    // Without its targets an event says nothing of anybody.
                    r.must("targetResources");
                    r.must_not_be_null("targetResources");
                    Vec::new()
                });
                let group = group_of(&targets);
                let user = targets
                    .iter()
                    .find(|t| t.kind.as_deref() == Some("User"))
                    .and_then(|t| t.id.clone());
                let row = |target: Option<&Target>| Row {
                    id: id.clone(),
                    target: target.and_then(|t| t.id.clone()),
                    activity: activity.clone(),
                    at,
                    by: by.clone(),
                    name: target.and_then(|t| t.name.clone()),
                    kind: target.and_then(|t| t.kind.clone()),
                    group: group.clone(),
                    user: user.clone(),
                    succeeded,
                };
                let mut rows: BTreeSet<Row> = targets.iter().map(|t| row(Some(t))).collect();
                if targets.is_empty() {
                    rows.insert(row(None));
                }
                events.add(id.clone(), rows, shown, TABLE, problems);
            });
    no_id(&mut reading, lost, file);
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    sink.write(
        covered,
        events.into_values().flatten().map(|r| {
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

/// What an event was done to.
struct Target {
    id: Option<String>,
    name: Option<String>,
    kind: Option<String>,
    /// The group that a property of it names.
    group: Option<String>,
}

fn target(r: &mut Record<'_>) -> Target {
    let group = r.each("modifiedProperties", |property| {
        let named = property.text("displayName").as_deref() == Some("Group.ObjectID");
        ["newValue", "oldValue"]
            .into_iter()
            .filter(|_| named)
            .find_map(|key| {
                let value = property.text(key)?.trim_matches('"').to_owned();
                (!value.is_empty() && value != "null").then_some(value)
            })
    });
    Target {
        id: r.text("id"),
        name: r
            .text("displayName")
            .or_else(|| r.text("userPrincipalName")),
        kind: r.text("type"),
        group: group.into_iter().flatten().flatten().next(),
    }
}

fn initiator(r: &mut Record<'_>) -> Option<String> {
    r.object("initiatedBy", |by| {
        let user = by.object("user", |user| {
            user.text("userPrincipalName").or_else(|| user.text("id"))
        });
        user.flatten().or_else(|| {
            let app = by.object("app", |app| {
                app.text("displayName").or_else(|| app.text("appId"))
            });
            app.flatten()
        })
    })
    .flatten()
}

/// The group of an event: its target, or for a membership the property that names it.
fn group_of(targets: &[Target]) -> Option<String> {
    targets
        .iter()
        .find(|t| t.kind.as_deref() == Some("Group"))
        .map_or_else(
            || targets.iter().find_map(|t| t.group.clone()),
            |group| group.id.clone(),
        )
}
