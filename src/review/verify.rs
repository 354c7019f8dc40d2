//! Whether what was kept of a review agrees with itself and with its snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::campaign::{self, Opened};
use super::{ReviewError, decisions, gather, people};
use crate::dataset::DatasetError;
use crate::dataset::heads::Kind;
use crate::dataset::session::Session;
use crate::dataset::store::Store;

/// Compares a review with itself: its folder, its record, its workbooks, its imports.
///
/// # Errors
/// When its folder cannot be listed.
pub fn differences(store: &Store, id: &str) -> Result<Vec<String>, ReviewError> {
    let mut all = folder(store, id)?;
    let opened = match campaign::load(store, id) {
        Ok(opened) => opened,
        Err(error) => {
            all.push(format!("{error}."));
            return Ok(all);
        }
    };
    let campaign = &opened.campaign;
    if campaign.campaign != id {
        all.push(format!(
            "campaign.json is of the review {}.",
            campaign.campaign
        ));
    }
    if campaign.items != opened.items.len() as u64 {
        all.push(format!(
            "It was opened with {} items and holds {}.",
            campaign.items,
            opened.items.len()
        ));
    }
    for scope in &campaign.workbooks {
        let held = opened.items_of(scope).count() as u64;
        if held != scope.items {
            all.push(format!(
                "The workbook {} was written with {} items, and {held} are of it now.",
                scope.file, scope.items
            ));
        }
    }
    let known = opened.index();
    if known.len() != opened.items.len() {
        all.push("An item is there twice.".to_owned());
    }
    match decisions::load(store, id) {
        Err(error) => all.push(format!("{error}.")),
        Ok(imports) => {
            for import in &imports.all {
                let strange = import
                    .decisions
                    .iter()
                    .find(|d| !known.contains_key(d.item_id.as_str()));
                if let Some(decision) = strange {
                    all.push(format!(
                        "Import {} decides about {}, which is no item of the review.",
                        import.number, decision.item_id
                    ));
                }
                if import.imported_at < campaign.opened_at {
                    all.push(format!(
                        "Import {} was read before the review was opened.",
                        import.number
                    ));
                }
            }
        }
    }
    Ok(all)
}

/// Everything in the folder of a review is part of it or in the log.
fn folder(store: &Store, id: &str) -> Result<Vec<String>, ReviewError> {
    let dir = campaign::dir(store, id);
    let list = |e| DatasetError::io(&dir, "could not be listed", e);
    let log = store.log()?;
    let mut all = Vec::new();
    for entry in fs::read_dir(&dir).map_err(list)? {
        let entry = entry.map_err(list)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let regular = entry.file_type().map_err(list)?.is_file();
        let known = match (&log, Kind::of_review_file(&name)) {
            (_, None) => true,
            (Some(log), Some(kind)) => log.line(kind, &format!("{id}/{name}")).is_some(),
            (None, Some(kind)) => kind != Kind::ReviewRecord,
        };
        // What an interrupted import wrote beside its place; the next one replaces it.
        let beside = name.starts_with(".import-");
        if !regular || !(known || beside) {
            all.push(format!(
                "{name} was put into the folder of the review by something else than this program."
            ));
        }
    }
    all.sort();
    Ok(all)
}

/// Derives the items of a review again out of its snapshot, and compares them.
///
/// # Errors
/// When the engine fails.
pub fn derived(opened: &Opened, session: &Session) -> Result<Vec<String>, ReviewError> {
    let mut all = Vec::new();
    if opened.campaign.as_of != session.as_of() {
        all.push("It says to be of another moment than its snapshot.".to_owned());
    }
    if let Some(kept) = &opened.campaign.people {
        let there = people::people(session)?;
        let of = |p: &people::People| (p.entra.people.clone(), p.identity_center.people.clone());
        if of(kept) != of(&there) {
            all.push(
                "Those who may decide in it are not the people that its snapshot shows.".to_owned(),
            );
        }
    }
    let held = gather::held(session)?;
    let items: BTreeMap<&str, _> = opened
        .items
        .iter()
        .map(|i| (i.item_id.as_str(), i))
        .collect();
    let there: BTreeSet<&str> = held.keys().map(String::as_str).collect();
    let kept: BTreeSet<&str> = items.keys().copied().collect();
    let lacking = there.difference(&kept).count();
    if lacking > 0 {
        all.push(format!(
            "{lacking} of the {} access rights that its snapshot shows are no items of it: they were cut out, or its rules or views were not those of this version.",
            there.len()
        ));
    }
    let surplus = kept.difference(&there).count();
    if surplus > 0 {
        all.push(format!(
            "{surplus} of its items are access that its snapshot does not show."
        ));
    }
    let renamed = items.iter().filter(|(id, item)| {
        held.get(**id).is_some_and(|h| {
            h.shown
                != (
                    item.person.clone(),
                    item.account.clone(),
                    item.permission_set.clone(),
                )
        })
    });
    let renamed = renamed.count();
    if renamed > 0 {
        all.push(format!(
            "{renamed} of its items name another person, account or permission set than its snapshot."
        ));
    }
    Ok(all)
}
