//! `review open`: from a checked snapshot to a campaign and its workbooks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{SubsecRound as _, TimeDelta};

use super::operator;
use crate::app::check::{self, Checked};
use crate::app::terminal::safe;
use crate::app::{AppError, Place, World, code, progress};
use crate::cli::review::Open;
use crate::dataset::manifest::{Tool, rfc3339, sha256};
use crate::dataset::session::Session;
use crate::detect::origin;
use crate::detect::rule::RuleSet;
use crate::report;
use crate::review::campaign::{self, Campaign, Change, Changes, FORMAT, Opened, Scope, owner_of};
use crate::review::gather::{self, Held};
use crate::review::item::Item;
use crate::review::{decisions, people, workbook};

pub(super) fn open(options: &Open, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let (opened, stale) = if let Some(id) = &options.again {
        let id = campaign::choose(&place.store, Some(id))?;
        (campaign::load(&place.store, &id)?, None)
    } else {
        let mut checked = check::assess(&options.which, &[], place, world)?;
        report::prepare(
            &mut checked.session,
            &checked.assessment,
            &checked.manifest,
            checked.reviews.as_ref(),
        )?;
        let opened = make(options, &checked, place, world)?;
        (opened, checked.stale)
    };
    let id = opened.campaign.campaign.clone();
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("review-{id}")));
    free(&opened, &out)?;
    let written = write(&opened, &out, place, world).and_then(|()| {
        if options.again.is_some() {
            return Ok(());
        }
        let lines = campaign::lines(&opened.items)?;
        Ok(campaign::keep(&place.store, &opened.campaign, &lines)?)
    });
    if let Err(error) = written {
        // A review without all of its workbooks, or the other way round, is none.
        for scope in &opened.campaign.workbooks {
            let _ = std::fs::remove_file(out.join(&scope.file));
        }
        return Err(error);
    }
    for scope in &opened.campaign.workbooks {
        writeln!(world.out, "{}", out.join(&scope.file).display())?;
    }
    if !place.quiet {
        say(&opened, &out, world)?;
    }
    if let Some(stale) = &stale {
        writeln!(world.err, "warning: {stale}")?;
    }
    let departures = &opened.campaign.departures;
    if !departures.is_empty() {
        writeln!(world.err, "warning: {}:", origin::summary(departures))?;
        for departure in departures {
            writeln!(world.err, "         {}", safe(&departure.said()))?;
        }
    }
    for why in &opened.campaign.incomplete {
        writeln!(
            world.err,
            "warning: people may have access that no row shows: {}",
            safe(why)
        )?;
    }
    Ok(
        if opened.campaign.incomplete.is_empty() && stale.is_none() {
            code::OK
        } else {
            code::INCOMPLETE
        },
    )
}

fn write(opened: &Opened, out: &Path, place: &Place, world: &World<'_>) -> Result<(), AppError> {
    let bar = progress::bar(
        world.bars && !place.quiet,
        opened.campaign.workbooks.len() as u64,
        "writing",
    );
    for scope in &opened.campaign.workbooks {
        bar.set_message(scope.file.clone());
        workbook::write(opened, scope, out)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn say(opened: &Opened, out: &Path, world: &mut World<'_>) -> Result<(), AppError> {
    let campaign = &opened.campaign;
    let privileged = opened.items.iter().filter(|i| i.is_privileged()).count();
    writeln!(
        world.err,
        "Review {} is open: {} rows, {privileged} of them privileged, {} workbooks, due {}.",
        campaign.campaign,
        campaign.items,
        campaign.workbooks.len(),
        rfc3339(campaign.due_at),
    )?;
    writeln!(
        world.err,
        "Send the workbooks of {} to the owners of the applications, or everything.xlsx to one reviewer. When they come back:",
        out.display()
    )?;
    writeln!(world.err, "  {} review import FILE…", world.program)?;
    writeln!(world.err, "  {} review status", world.program)?;
    Ok(())
}

/// A workbook that is there may hold somebody's decisions.
fn free(opened: &Opened, out: &Path) -> Result<(), AppError> {
    for scope in &opened.campaign.workbooks {
        let path = out.join(&scope.file);
        if path.exists() {
            return Err(AppError::Usage(format!(
                "no review was opened: {} is there already and may hold decisions; name another folder with --out",
                path.display()
            )));
        }
    }
    Ok(())
}

fn make(
    options: &Open,
    checked: &Checked,
    place: &Place,
    world: &World<'_>,
) -> Result<Opened, AppError> {
    let snapshot = checked.manifest.snapshot.clone();
    let mut items = gather::items(&checked.session)?;
    let incomplete = gather::incomplete(&checked.session);
    let before = before(checked, place)?;
    let changes = compare(&mut items, &incomplete, before.as_ref());
    let workbooks = scopes(&items);
    let lines = campaign::lines(&items)?;
    let day = checked.session.as_of().format("%Y-%m-%d");
    let now = world.now.trunc_subsecs(0);
    let campaign = Campaign {
        format: FORMAT.to_owned(),
        campaign: campaign::free_id(&place.store, &snapshot)?,
        name: options
            .name
            .clone()
            .unwrap_or_else(|| format!("Access review as of {day}")),
        snapshot,
        manifest_sha256: checked.basis.snapshot_sha256.clone(),
        as_of: checked.session.as_of(),
        opened_at: now,
        opened_by: operator(world),
        due_at: now + TimeDelta::days(i64::from(options.days)),
        previous: before.as_ref().and_then(|b| b.campaign.clone()),
        compared_with: before.as_ref().map(|b| b.name.clone()),
        changes,
        incomplete,
        unknown: gather::unknown(&checked.session),
        items: items.len() as u64,
        items_sha256: sha256(&lines),
        workbooks,
        tool: Tool::this(),
        rule_set: origin::summary(&checked.assessment.departures),
        departures: checked.assessment.departures.clone(),
        people: Some(people::people(&checked.session)?),
    };
    Ok(Opened { campaign, items })
}

/// What was held at the last review, or in the baseline when there was none.
struct Before {
    campaign: Option<String>,
    name: String,
    incomplete: Vec<String>,
    held: BTreeMap<String, Change>,
    decided: BTreeMap<String, String>,
}

fn before(checked: &Checked, place: &Place) -> Result<Option<Before>, AppError> {
    let earlier = campaign::list(&place.store)?;
    if let Some(id) = earlier.last() {
        let last = campaign::load(&place.store, id)?;
        // A review of a later snapshot is no last review of this one.
        if last.campaign.as_of <= checked.session.as_of() {
            return Ok(Some(of_review(id, last, place)?));
        }
    }
    let Some(baseline) = checked.assessment.baseline.as_deref() else {
        return Ok(None);
    };
    let views = RuleSet::load(None)?.views();
    let settings = place.config.settings();
    let session = Session::open(&place.store, baseline, None, &settings, &views)?;
    let held = gather::held(&session)?;
    Ok(Some(Before {
        campaign: None,
        name: format!("snapshot {baseline}, since there was no review before"),
        incomplete: gather::incomplete(&session),
        held: held
            .into_values()
            .map(|Held { item_id, shown, .. }| {
                let (person, account, permission_set) = shown;
                let change = Change {
                    account,
                    permission_set,
                    person,
                    owner: None,
                };
                (item_id, change)
            })
            .collect(),
        decided: BTreeMap::new(),
    }))
}

fn of_review(id: &str, last: Opened, place: &Place) -> Result<Before, AppError> {
    let imports = decisions::load(&place.store, id)?;
    let decided = imports
        .current()
        .into_iter()
        .map(|(item, (decision, import))| {
            let day = decision.decided_on.map_or_else(
                || import.imported_at.format("%Y-%m-%d").to_string(),
                |d| d.to_string(),
            );
            let text = format!("{} by {} on {day}", decision.decision, decision.reviewer);
            (item.to_owned(), text)
        })
        .collect();
    Ok(Before {
        campaign: Some(id.to_owned()),
        name: format!("review {id} of {}", rfc3339(last.campaign.as_of)),
        incomplete: last.campaign.incomplete,
        held: last
            .items
            .into_iter()
            .map(|i| (i.item_id.clone(), Change::of(&i)))
            .collect(),
        decided,
    })
}

/// Marks what is new, and lists what was added and removed.
fn compare(items: &mut [Item], incomplete: &[String], before: Option<&Before>) -> Changes {
    let mut changes = Changes::default();
    let Some(before) = before else {
        for item in items {
            "nothing earlier".clone_into(&mut item.since_last_review);
        }
        return changes;
    };
    for why in &before.incomplete {
        changes
            .not_known
            .push(format!("what was added is not fully known: then, {why}"));
    }
    for why in incomplete {
        changes
            .not_known
            .push(format!("what was removed is not fully known: now, {why}"));
    }
    let mut there = BTreeSet::new();
    let mut owners: BTreeMap<String, Option<String>> = BTreeMap::new();
    for item in items {
        owners.insert(item.account.clone(), item.owner.clone());
        there.insert(item.item_id.clone());
        let word = if before.held.contains_key(&item.item_id) {
            "as before"
        } else if before.incomplete.is_empty() {
            changes.added.push(Change::of(item));
            "new"
        } else {
            "not known"
        };
        word.clone_into(&mut item.since_last_review);
        item.last_decision = before.decided.get(&item.item_id).cloned();
    }
    // What a snapshot that was not read completely does not show may be there.
    if incomplete.is_empty() {
        let gone = before.held.iter().filter(|(id, _)| !there.contains(*id));
        let now_of = |change: &Change| owners.get(&change.account).cloned().flatten();
        changes.removed = gone
            .map(|(_, change)| Change {
                owner: now_of(change).or_else(|| change.owner.clone()),
                ..change.clone()
            })
            .collect();
    }
    changes.added.sort();
    changes.removed.sort();
    changes
}

/// One workbook for everything, and one for each owner.
fn scopes(items: &[Item]) -> Vec<Scope> {
    let mut by_owner: BTreeMap<&str, u64> = BTreeMap::new();
    for item in items {
        *by_owner.entry(owner_of(item)).or_default() += 1;
    }
    let mut all = vec![Scope {
        file: "everything.xlsx".to_owned(),
        owner: None,
        items: items.len() as u64,
    }];
    let mut names = BTreeSet::new();
    for (owner, items) in by_owner {
        let stem = match report::slug(owner) {
            stem if stem.is_empty() => "owner".to_owned(),
            stem => stem.chars().take(80).collect(),
        };
        // Two owners may differ in what a file name cannot hold.
        let stem = (1..=names.len() + 1)
            .map(|n| match n {
                1 => stem.clone(),
                n => format!("{stem}-{n}"),
            })
            .find(|name| names.insert(name.clone()))
            .unwrap_or(stem);
        all.push(Scope {
            file: format!("by-application-owner/{stem}.xlsx"),
            owner: Some(owner.to_owned()),
            items,
        });
    }
    all
}
