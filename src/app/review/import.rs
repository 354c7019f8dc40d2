//! `review import`: workbooks back in, each on its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{READER, operator};
use crate::app::terminal::{columns, safe, wrap};
use crate::app::{AppError, Place, World, code, progress};
use crate::cli::review::{Import as Options, ImportFormat};
use crate::dataset::manifest::sha256;
use crate::review::campaign::{self, Opened, Scope};
use crate::review::decisions::{self, Import, Imports};
use crate::review::judge::{NOT_KNOWN, Problem, Verdict, judge};
use crate::review::look::look;
use crate::review::read::Workbook;
use crate::review::vet::{Bounds, MOST_BYTES, Vetted, vet};
use crate::review::workbook::{WORKBOOK_FORMAT, identity};

/// Problems of a file that people are shown; all are kept and printed as JSON.
const SHOWN: usize = 40;

/// Why a file was not read.
struct Refusal {
    kind: &'static str,
    message: String,
}

fn refusal(kind: &'static str, message: impl Into<String>) -> Refusal {
    Refusal {
        kind,
        message: message.into(),
    }
}

/// What came of one file.
enum Came {
    Refused(Refusal),
    Before {
        number: u64,
    },
    Read {
        scope: Scope,
        verdict: Verdict,
        changed: Vec<Problem>,
    },
}

pub(super) fn import(
    options: &Options,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let id = campaign::choose(&place.store, options.campaign.as_deref())?;
    let opened = campaign::load(&place.store, &id)?;
    let known: BTreeMap<String, String> = campaign::list(&place.store)?
        .into_iter()
        .filter_map(|id| {
            let record = campaign::record(&place.store, &id).ok()?;
            Some((id, record.items_sha256))
        })
        .collect();
    let mut imports = decisions::load(&place.store, &id)?;
    let bar = progress::bar(
        world.bars && !place.quiet,
        options.files.len() as u64,
        "reading",
    );
    let mut all = Vec::new();
    let mut verdict = code::OK;
    for file in &options.files {
        bar.set_message(file.display().to_string());
        let (hash, came) = one(file, &opened, &known, &mut imports, place, world)?;
        bar.inc(1);
        verdict = verdict.max(match &came {
            Came::Refused(_) => code::INCOMPLETE,
            // What is not known weighs more than what was found.
            Came::Read { verdict, .. } if verdict.problems.iter().any(|p| p.kind == NOT_KNOWN) => {
                code::INCOMPLETE
            }
            Came::Read { verdict, .. } if !verdict.problems.is_empty() => code::FINDINGS,
            _ => code::OK,
        });
        all.push((file.display().to_string(), hash, came));
    }
    bar.finish_and_clear();
    match options.format {
        ImportFormat::Json => {
            let files: Vec<Value> = all
                .iter()
                .map(|(f, h, c)| document(f, h.as_ref(), c))
                .collect();
            let document = json!({
                "schema": "countersign.review-import-result/v1",
                "campaign": id,
                "files": files,
            });
            serde_json::to_writer_pretty(&mut *world.out, &document)?;
            writeln!(world.out)?;
        }
        ImportFormat::Table => {
            let width = world.width.unwrap_or(100).clamp(40, 120);
            for (file, _, came) in &all {
                let text = table(file, came, width);
                world.out.write_all(text.as_bytes())?;
            }
            let decided = imports.current().len();
            writeln!(
                world.out,
                "review {id}: {decided} of {} rows are decided",
                opened.campaign.items
            )?;
        }
    }
    Ok(verdict)
}

fn one(
    file: &Path,
    opened: &Opened,
    known: &BTreeMap<String, String>,
    imports: &mut Imports,
    place: &Place,
    world: &World<'_>,
) -> Result<(Option<String>, Came), AppError> {
    let bytes = match load(file) {
        Ok(bytes) => bytes,
        Err(refusal) => return Ok((None, Came::Refused(refusal))),
    };
    let hash = sha256(&bytes);
    if let Some(before) = imports.of(&hash) {
        let number = before.number;
        return Ok((Some(hash), Came::Before { number }));
    }
    let now = world.now;
    // The reader is not ours: what makes it panic must not end the program.
    let read = std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .name(READER.to_owned())
            .spawn_scoped(scope, || examine(&bytes, opened, known, now));
        match reader {
            Ok(handle) => handle.join().unwrap_or_else(|_| {
                Err(refusal(
                    "unreadable",
                    "it made the reader of workbooks give up",
                ))
            }),
            Err(e) => Err(refusal(
                "unreadable",
                format!("no thread could be started to read it: {e}"),
            )),
        }
    });
    let (scope, vetted, mut verdict) = match read {
        Ok(read) => read,
        Err(refusal) => return Ok((Some(hash), Came::Refused(refusal))),
    };
    let changed = changed(opened, &scope, imports, &verdict);
    verdict
        .problems
        .extend(vetted.links.iter().map(|link| Problem {
            kind: "link".to_owned(),
            is: Some(link.clone()),
            message: format!("a cell links to {link}: nothing was asked there"),
            ..Problem::default()
        }));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    decisions::keep(
        &place.store,
        imports,
        Import {
            format: String::new(),
            campaign: opened.campaign.campaign.clone(),
            number: 0,
            imported_at: world.now,
            imported_by: operator(world),
            file: name.into_owned(),
            file_sha256: hash.clone(),
            saved_by: vetted.saved_by,
            previous_sha256: None,
            decisions: verdict.decisions.clone(),
            problems: verdict.problems.clone(),
            notes: verdict.notes.clone(),
        },
    )?;
    Ok((
        Some(hash),
        Came::Read {
            scope,
            verdict,
            changed,
        },
    ))
}

fn load(file: &Path) -> Result<Vec<u8>, Refusal> {
    let unreadable =
        |e: std::io::Error| refusal("unreadable", format!("it could not be read: {e}"));
    let about = fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() {
        return Err(refusal("unreadable", "it is no file"));
    }
    if about.len() > MOST_BYTES {
        return Err(refusal(
            "unreadable",
            format!("it is larger than {} MiB", MOST_BYTES >> 20),
        ));
    }
    fs::read(file).map_err(unreadable)
}

fn examine(
    bytes: &[u8],
    opened: &Opened,
    known: &BTreeMap<String, String>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(Scope, Vetted, Verdict), Refusal> {
    let bounds = Bounds::of(opened.campaign.items);
    let vetted = vet(bytes, bounds).map_err(|why| refusal("unreadable", why))?;
    let mut workbook =
        Workbook::open(bytes, bounds.cells).map_err(|why| refusal("unreadable", why))?;
    let unreadable = |why: String| refusal("unreadable", why);
    let scope = belongs(&mut workbook, opened, known)?;
    if vetted.formulas {
        let cells = workbook.formulas(20).map_err(unreadable)?;
        return Err(refusal(
            "formula",
            format!(
                "it holds formulas, which no workbook of a review does ({}): put the values in their place",
                cells.join(", ")
            ),
        ));
    }
    let looks = look(bytes)
        .map(|looks| looks.called(|sheet| workbook.name_in_review(sheet)))
        .map_err(unreadable)?;
    let verdict = judge(&mut workbook, &looks, opened, &scope, now).map_err(unreadable)?;
    Ok((scope, vetted, verdict))
}

/// Which workbook of the campaign it is.
fn belongs(
    workbook: &mut Workbook<'_>,
    opened: &Opened,
    known: &BTreeMap<String, String>,
) -> Result<Scope, Refusal> {
    let unreadable = |why: String| refusal("unreadable", why);
    let Some(said) = workbook.identity().map_err(unreadable)? else {
        if workbook.of_numbers() {
            return Err(refusal(
                "foreign",
                "it is an export of Apple Numbers without the sheet Campaign, so it does not say which review it belongs to: fill in the workbook of `review open` with Excel or LibreOffice and save it as .xlsx",
            ));
        }
        return Err(refusal(
            "foreign",
            "it does not say which review it belongs to: it is no workbook of `review open`, or its sheet Campaign was removed",
        ));
    };
    let get = |name: &str| said.get(name).map_or("", String::as_str);
    if get("format") != WORKBOOK_FORMAT {
        return Err(refusal(
            "foreign",
            "it does not say which review it belongs to: it is no workbook of `review open`",
        ));
    }
    let campaign = &opened.campaign;
    if get("campaign") != campaign.campaign {
        let other = get("campaign");
        return Err(
            if known
                .get(other)
                .is_some_and(|items| items == get("items_sha256"))
            {
                refusal(
                    "stale",
                    format!(
                        "it belongs to the review {other}, not to {}; `--campaign {other}` reads it there",
                        campaign.campaign
                    ),
                )
            } else {
                refusal(
                    "foreign",
                    format!("it belongs to a review {other} that is not in this data directory"),
                )
            },
        );
    }
    let scope = campaign
        .workbooks
        .iter()
        .find(|s| s.file == get("workbook"));
    let Some(scope) = scope else {
        return Err(refusal(
            "altered-record",
            format!(
                "its sheet Campaign was changed: the review has no workbook {}",
                get("workbook")
            ),
        ));
    };
    for (name, value) in identity(campaign, scope) {
        if get(name) != value {
            return Err(refusal(
                "altered-record",
                format!(
                    "its sheet Campaign was changed: {name} is `{}` there and `{value}` in the review",
                    get(name)
                ),
            ));
        }
    }
    Ok(scope.clone())
}

/// Decisions that replace others: both stay in the records.
fn changed(opened: &Opened, scope: &Scope, imports: &Imports, verdict: &Verdict) -> Vec<Problem> {
    let current = imports.current();
    let index = opened.index();
    let mut all = Vec::new();
    for decision in &verdict.decisions {
        let Some((before, import)) = current.get(decision.item_id.as_str()) else {
            continue;
        };
        if (&before.decision, &before.justification, &before.reviewer)
            == (
                &decision.decision,
                &decision.justification,
                &decision.reviewer,
            )
        {
            continue;
        }
        let item = index
            .get(decision.item_id.as_str())
            .and_then(|i| opened.items.get(*i));
        let about = item.map_or_else(String::new, |i| format!("{} on {}", i.person, i.account));
        all.push(Problem {
            kind: "changed-decision".to_owned(),
            item_id: Some(decision.item_id.clone()),
            was: Some(before.decision.clone()),
            is: Some(decision.decision.clone()),
            message: format!(
                "{about}: {} by {} (import {}) is now {} by {}; both are kept",
                before.decision,
                before.reviewer,
                import.number,
                decision.decision,
                decision.reviewer
            ),
            ..Problem::default()
        });
    }
    let here: BTreeSet<&str> = verdict
        .decisions
        .iter()
        .map(|d| d.item_id.as_str())
        .collect();
    let kept = opened
        .items_of(scope)
        .filter(|i| current.contains_key(i.item_id.as_str()) && !here.contains(i.item_id.as_str()))
        .count();
    if kept > 0 {
        all.push(Problem {
            kind: "kept-decision".to_owned(),
            message: format!(
                "{kept} rows have a decision from an earlier workbook and none that counts here: the earlier ones stay"
            ),
            ..Problem::default()
        });
    }
    all
}

fn document(file: &str, hash: Option<&String>, came: &Came) -> Value {
    let mut document = match came {
        Came::Refused(why) => json!({
            "outcome": "refused", "kind": why.kind, "message": why.message,
        }),
        Came::Before { number } => json!({ "outcome": "read before", "import": number }),
        Came::Read {
            scope,
            verdict,
            changed,
        } => json!({
            "outcome": "read",
            "workbook": scope.file,
            "rows": scope.items,
            "taken": verdict.decisions.len(),
            "held": verdict.held,
            "blank": verdict.blank,
            "problems": verdict.problems,
            "notes": verdict.notes,
            "changed": changed,
        }),
    };
    if let Some(map) = document.as_object_mut() {
        map.insert("file".to_owned(), json!(file));
        map.insert("sha256".to_owned(), json!(hash));
    }
    document
}

fn table(file: &str, came: &Came, width: usize) -> String {
    let mut text = format!("{}\n", safe(file));
    let mut say = |line: &str| {
        for (n, part) in wrap(&safe(line), width.saturating_sub(4))
            .iter()
            .enumerate()
        {
            text.push_str(if n == 0 { "  " } else { "    " });
            text.push_str(part);
            text.push('\n');
        }
    };
    match came {
        Came::Refused(why) => say(&format!(
            "REFUSED ({}): {}. Nothing in it was taken.",
            why.kind, why.message
        )),
        Came::Before { number } => {
            say(&format!("read before, as import {number}: nothing changed"));
        }
        Came::Read {
            scope,
            verdict,
            changed,
        } => {
            let held = match verdict.held {
                0 => String::new(),
                n => format!(", {n} NOT taken"),
            };
            say(&format!(
                "{} decisions taken{held}, {} of {} rows not reviewed",
                verdict.decisions.len(),
                verdict.blank,
                scope.items
            ));
            let told = verdict.problems.iter().chain(changed).chain(&verdict.notes);
            for problem in told.take(SHOWN) {
                say(&format!("{}: {}", problem.kind, problem.message));
            }
            let all = verdict.problems.len() + changed.len() + verdict.notes.len();
            if all > SHOWN {
                say(&format!(
                    "and {} more: --format json lists them all",
                    all - SHOWN
                ));
            }
            if !verdict.problems.is_empty() {
                text.push_str(&kinds(&verdict.problems, width));
            }
        }
    }
    text
}

/// How many problems there are of each kind.
fn kinds(problems: &[Problem], width: usize) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for problem in problems {
        *counts.entry(&problem.kind).or_default() += 1;
    }
    let rows: Vec<Vec<String>> = counts
        .iter()
        .map(|(kind, count)| vec![count.to_string(), (*kind).to_owned()])
        .collect();
    columns(&["problems", "kind"], &rows, width)
}
