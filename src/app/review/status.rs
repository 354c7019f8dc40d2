//! `review status`: how far a review is, and whether what was to go is gone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Value, json};

use crate::app::check::verified;
use crate::app::terminal::{columns, safe, writer};
use crate::app::verdict::Grounds;
use crate::app::{AppError, Place, World, progress};
use crate::cli::CheckFormat;
use crate::cli::review::Status as Options;
use crate::dataset::manifest::rfc3339;
use crate::dataset::session::Session;
use crate::detect::rule::RuleSet;
use crate::report::csv::neutral;
use crate::review::campaign::{self, Opened, owner_of};
use crate::review::closure::{Later, Outcome, outcome};
use crate::review::columns::{Answer, COLUMNS, Cell, Role, facts};
use crate::review::decisions::{self, Decision, Import, Imports};
use crate::review::gather;
use crate::review::item::Item;
use crate::review::{Choice, DECISIONS, NOT_REVIEWED};

/// A decision to remove and what became of it.
struct Removal<'a> {
    item: &'a Item,
    decision: &'a Decision,
    outcome: Outcome,
    /// Snapshot that shows it.
    shown_by: Option<&'a str>,
}

/// Everything that is said about a review.
struct Status<'a> {
    opened: &'a Opened,
    imports: &'a Imports,
    current: BTreeMap<&'a str, (&'a Decision, &'a Import)>,
    removals: Vec<Removal<'a>>,
    now: DateTime<Utc>,
}

pub(super) fn status(
    options: &Options,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let id = campaign::choose(&place.store, options.campaign.as_deref())?;
    let opened = campaign::load(&place.store, &id)?;
    let imports = decisions::load(&place.store, &id)?;
    let current = imports.current();
    let wanted = current
        .values()
        .any(|(d, _)| d.choice() == Some(Choice::Remove));
    let last = match &options.snapshot {
        Some(id) if id == "none" => None,
        Some(id) => {
            place.store.require(id)?;
            Some(id.clone())
        }
        None => Some(place.store.latest()?),
    };
    let later = match last {
        Some(last) if wanted => later(&opened, &last, place, world.bars && !place.quiet)?,
        _ => Vec::new(),
    };
    let mut removals: Vec<Removal<'_>> = opened
        .items
        .iter()
        .filter_map(|item| {
            let (decision, import) = current.get(item.item_id.as_str())?;
            if decision.choice() != Some(Choice::Remove) {
                return None;
            }
            let (outcome, shown_by) = outcome(item, decided_at(decision, import), &later);
            Some(Removal {
                item,
                decision,
                outcome,
                shown_by,
            })
        })
        .collect();
    removals.sort_by_key(|r| rank(r.outcome));
    let status = Status {
        opened: &opened,
        imports: &imports,
        current,
        removals,
        now: world.now,
    };
    match options.format {
        CheckFormat::Table => {
            let text = status.table(world.width.unwrap_or(100).clamp(40, 120));
            world.out.write_all(text.as_bytes())?;
        }
        CheckFormat::Json => {
            serde_json::to_writer_pretty(&mut *world.out, &status.document())?;
            writeln!(world.out)?;
        }
        CheckFormat::Csv => status.csv(world.out)?,
    }
    Ok(status.code())
}

/// When a decision was made: on its day, or when it was read where no day is given.
pub(super) fn decided_at(decision: &Decision, import: &Import) -> DateTime<Utc> {
    decision.decided_on.map_or(import.imported_at, |day| {
        day.and_time(NaiveTime::MIN)
            .and_utc()
            .min(import.imported_at)
    })
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::CameBack => 0,
        Outcome::StillThere => 1,
        Outcome::Unknown => 2,
        Outcome::NoLaterSnapshot => 3,
        Outcome::Gone => 4,
    }
}

/// What is held in every snapshot after the review's and up to one, oldest first.
pub(super) fn later(
    opened: &Opened,
    last: &str,
    place: &Place,
    bars: bool,
) -> Result<Vec<Later>, AppError> {
    let mut ids = place.store.snapshots()?;
    ids.retain(|id| *id > opened.campaign.snapshot && id.as_str() <= last);
    let views = RuleSet::load(None)?.views();
    let settings = place.config.settings();
    let bar = progress::bar(bars, ids.len() as u64, "comparing");
    let mut all = Vec::new();
    for id in ids {
        bar.set_message(id.clone());
        verified(&place.store, &id)?;
        let session = Session::open(&place.store, &id, None, &settings, &views)?;
        let complete = gather::incomplete(&session).is_empty();
        let as_of = session.as_of();
        all.push(Later::new(id, as_of, complete, gather::held(&session)?));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(all)
}

impl Status<'_> {
    fn decision(&self, item: &Item) -> &str {
        self.current
            .get(item.item_id.as_str())
            .map_or(NOT_REVIEWED, |(d, _)| d.decision.as_str())
    }

    fn counts(&self) -> Vec<(&'static str, usize)> {
        DECISIONS
            .into_iter()
            .chain([NOT_REVIEWED])
            .map(|word| {
                let items = self.opened.items.iter();
                (word, items.filter(|i| self.decision(i) == word).count())
            })
            .collect()
    }

    fn open(&self) -> usize {
        let items = self.opened.items.iter();
        items.filter(|i| self.decision(i) == NOT_REVIEWED).count()
    }

    fn overdue(&self) -> bool {
        self.open() > 0 && self.now > self.opened.campaign.due_at
    }

    fn code(&self) -> u8 {
        let any = |of: &[Outcome]| self.removals.iter().any(|r| of.contains(&r.outcome));
        let grounds = Grounds {
            found: self.overdue() || any(&[Outcome::StillThere, Outcome::CameBack]),
            incomplete: !self.opened.campaign.incomplete.is_empty(),
            // What nobody has decided yet, or no snapshot has shown yet.
            untold: self.open() > 0 || any(&[Outcome::Unknown, Outcome::NoLaterSnapshot]),
            ..Grounds::default()
        };
        grounds.code()
    }

    /// Owner, items, decided, and what is privileged and still open.
    fn owners(&self) -> Vec<(&str, usize, usize, usize)> {
        let mut all: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        for item in &self.opened.items {
            let (items, decided, open) = all.entry(owner_of(item)).or_default();
            *items += 1;
            if self.decision(item) != NOT_REVIEWED {
                *decided += 1;
            } else if item.is_privileged() {
                *open += 1;
            }
        }
        all.into_iter()
            .map(|(owner, (items, decided, open))| (owner, items, decided, open))
            .collect()
    }

    fn held(&self) -> usize {
        let problems = self.imports.all.iter().flat_map(|i| &i.problems);
        problems
            .filter(|p| p.held)
            .filter_map(|p| p.item_id.as_deref())
            .filter(|id| !self.current.contains_key(id))
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    }

    fn table(&self, width: usize) -> String {
        const MOST: usize = 30;
        let c = &self.opened.campaign;
        let mut text = format!("{}\n", safe(&c.name));
        // A day that has begun counts.
        let days = ((c.due_at - self.now).num_seconds() + 86_399).div_euclid(86_400);
        let due = match (self.overdue(), days) {
            (true, days) => format!("OVERDUE by {} days", -days),
            (false, days) if days < 0 => "finished".to_owned(),
            (false, days) => format!("{days} days left"),
        };
        let _ = writeln!(
            text,
            "review {}, due {}, {due}; {} imports",
            c.campaign,
            c.due_at.format("%Y-%m-%d"),
            self.imports.all.len()
        );
        for why in &c.incomplete {
            let _ = writeln!(text, "NOT COMPLETE: {}", safe(why));
        }
        if !c.departures.is_empty() {
            let _ = writeln!(text, "NOT AS SHIPPED: {}", safe(&c.rule_set));
            for departure in &c.departures {
                let _ = writeln!(text, "  {}", safe(&departure.said()));
            }
        }
        text.push('\n');
        let all = self.opened.items.len().max(1);
        let rows: Vec<Vec<String>> = self
            .counts()
            .into_iter()
            .map(|(word, count)| {
                let tenths = count * 1000 / all;
                vec![
                    word.to_owned(),
                    count.to_string(),
                    format!("{}.{} %", tenths / 10, tenths % 10),
                    "#".repeat(count * 30 / all),
                ]
            })
            .collect();
        text.push_str(&columns(&["decision", "rows", "share", ""], &rows, width));
        let held = self.held();
        if held > 0 {
            let _ = writeln!(
                text,
                "{held} rows have a decision that was not taken: see what the import said"
            );
        }
        text.push('\n');
        let mut owners = self.owners();
        owners.retain(|(_, items, decided, _)| decided < items);
        owners.sort_by_key(|(owner, items, decided, open)| {
            (
                std::cmp::Reverse(*open),
                std::cmp::Reverse(items - decided),
                *owner,
            )
        });
        let more = owners.len().saturating_sub(MOST);
        let rows: Vec<Vec<String>> = owners
            .iter()
            .take(MOST)
            .map(|(owner, items, decided, open)| {
                vec![
                    format!("{decided}/{items}"),
                    open.to_string(),
                    (*owner).to_owned(),
                ]
            })
            .collect();
        if !rows.is_empty() {
            let heads = [
                "decided",
                "privileged left",
                "application owner, not finished",
            ];
            text.push_str(&columns(&heads, &rows, width));
            if more > 0 {
                let _ = writeln!(text, "and {more} more");
            }
        }
        self.removed(&mut text, width, MOST);
        text
    }

    fn removed(&self, text: &mut String, width: usize, most: usize) {
        if self.removals.is_empty() {
            return;
        }
        text.push('\n');
        let mut counts: BTreeMap<u8, (Outcome, usize)> = BTreeMap::new();
        for removal in &self.removals {
            counts
                .entry(rank(removal.outcome))
                .or_insert((removal.outcome, 0))
                .1 += 1;
        }
        let parts: Vec<String> = counts
            .values()
            .map(|(outcome, count)| format!("{count} {}", outcome.name()))
            .collect();
        let _ = writeln!(text, "Removals: {}", parts.join(", "));
        let rows: Vec<Vec<String>> = self
            .removals
            .iter()
            .take(most)
            .map(|r| {
                vec![
                    r.outcome.name().to_owned(),
                    format!(
                        "{} on {} with {}{}",
                        r.item.person,
                        r.item.account,
                        r.item.permission_set,
                        r.shown_by
                            .map_or_else(String::new, |s| format!(", shown by snapshot {s}"))
                    ),
                ]
            })
            .collect();
        text.push_str(&columns(&["removal", "access"], &rows, width));
        if self.removals.len() > most {
            let _ = writeln!(
                text,
                "and {} more: --format json lists them all",
                self.removals.len() - most
            );
        }
    }

    fn document(&self) -> Value {
        let c = &self.opened.campaign;
        let counts: serde_json::Map<String, Value> = self
            .counts()
            .into_iter()
            .map(|(word, count)| (word.to_owned(), json!(count)))
            .collect();
        let owners: Vec<Value> = self
            .owners()
            .into_iter()
            .map(|(owner, items, decided, open)| {
                json!({ "owner": owner, "items": items, "decided": decided, "privileged_open": open })
            })
            .collect();
        let removals: Vec<Value> = self
            .removals
            .iter()
            .map(|r| {
                json!({
                    "item_id": r.item.item_id, "person": r.item.person, "account": r.item.account,
                    "permission_set": r.item.permission_set, "reviewer": r.decision.reviewer,
                    "outcome": r.outcome.name(), "shown_by": r.shown_by,
                })
            })
            .collect();
        json!({
            "schema": "countersign.review-status/v1",
            "campaign": c.campaign, "name": c.name, "snapshot": c.snapshot,
            "opened_at": rfc3339(c.opened_at), "due_at": rfc3339(c.due_at),
            "overdue": self.overdue(), "complete": c.incomplete.is_empty(),
            "incomplete": c.incomplete, "items": c.items, "imports": self.imports.all.len(),
            "decisions": counts, "not_taken": self.held(), "owners": owners, "removals": removals,
        })
    }

    /// One row for each item, with the columns of the workbooks as they stand now.
    fn csv(&self, out: &mut dyn std::io::Write) -> Result<(), AppError> {
        let became: BTreeMap<&str, &Removal<'_>> = self
            .removals
            .iter()
            .map(|r| (r.item.item_id.as_str(), r))
            .collect();
        let mut csv = writer(out);
        csv.write_record(COLUMNS.iter().map(|c| c.name))
            .map_err(std::io::Error::from)?;
        for item in &self.opened.items {
            let decided = self.current.get(item.item_id.as_str());
            let removal = became.get(item.item_id.as_str());
            let cells = facts(item, &self.opened.campaign);
            let row = COLUMNS.iter().zip(cells).map(|(column, fact)| {
                let now = match column.role {
                    Role::Answer(answer) => decided.map(|(d, i)| given(answer, d, i)),
                    _ => as_it_stands(column.name, decided, removal),
                };
                match (now, fact) {
                    (Some(text), _) => neutral(&text),
                    (None, Some(Cell::Time(at))) => rfc3339(at),
                    (None, Some(cell)) => neutral(&cell.text()),
                    (None, None) => String::new(),
                }
            });
            csv.write_record(row).map_err(std::io::Error::from)?;
        }
        csv.flush()?;
        Ok(())
    }
}

fn given(answer: Answer, decision: &Decision, import: &Import) -> String {
    match answer {
        Answer::Decision => decision.decision.clone(),
        Answer::Justification => decision.justification.clone().unwrap_or_default(),
        Answer::Reviewer => decision.reviewer.clone(),
        Answer::Date => decision
            .decided_on
            .unwrap_or_else(|| import.imported_at.date_naive())
            .to_string(),
    }
}

/// The columns of Entra's export that change while a review goes on.
fn as_it_stands(
    column: &str,
    decided: Option<&(&Decision, &Import)>,
    removal: Option<&&Removal<'_>>,
) -> Option<String> {
    let (decision, _) = decided?;
    match column {
        "ReviewResult" => Some(
            match decision.choice() {
                Some(Choice::Keep) => "Approve",
                Some(Choice::Remove) => "Deny",
                Some(Choice::Change | Choice::DontKnow) | None => decision.decision.as_str(),
            }
            .to_owned(),
        ),
        "SubmissionResult" => removal.map(|r| r.outcome.name().to_owned()),
        _ => None,
    }
}
