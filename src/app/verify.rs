//! `verify`: everything in the data directory, compared with what was sealed.

use super::{AppError, Place, World, code, head, terminal};
use crate::cli::Verify;
use crate::dataset::heads::checkpoint::{Checkpoint, Grown};
use crate::dataset::session::Session;
use crate::dataset::verify;
use crate::detect::rule::RuleSet;
use crate::review::campaign;

/// What was compared, and what was found.
struct Walk<'a, 'b> {
    world: &'a mut World<'b>,
    bad: bool,
    newer: bool,
    quiet: bool,
}

impl Walk<'_, '_> {
    fn say(&mut self, what: &str, ok: &str, differences: &[String]) -> Result<(), AppError> {
        let what = terminal::safe(what);
        if differences.is_empty() {
            writeln!(self.world.out, "{what}  ok: {}", terminal::safe(ok))?;
            return Ok(());
        }
        self.bad = true;
        writeln!(self.world.out, "{what}  NOT what was sealed:")?;
        for difference in differences {
            writeln!(self.world.out, "    {}", terminal::safe(difference))?;
        }
        Ok(())
    }

    fn newer(&mut self, what: &str, version: &str) -> Result<(), AppError> {
        self.newer = true;
        writeln!(
            self.world.out,
            "{}  not compared: version {} of countersign wrote it, and this is {}",
            terminal::safe(what),
            terminal::safe(version),
            env!("CARGO_PKG_VERSION")
        )?;
        Ok(())
    }
}

pub(crate) fn verify(
    options: &Verify,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let store = &place.store;
    let kept = match &options.checkpoint {
        None => None,
        Some(path) => {
            let wrong = |why: String| {
                AppError::Usage(format!(
                    "nothing was compared: {} is no checkpoint as `countersign head` prints it: {why}",
                    path.display()
                ))
            };
            let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
            Some(Checkpoint::parse(&text).map_err(wrong)?)
        }
    };
    if !store.root().is_dir() {
        return Err(AppError::Usage(format!(
            "nothing was compared: there is no data directory {}",
            store.root().display()
        )));
    }
    let mut walk = Walk {
        world,
        bad: false,
        newer: false,
        quiet: place.quiet,
    };
    snapshots(place, &mut walk)?;
    assessments(place, &mut walk)?;
    reviews(place, &mut walk)?;
    log(place, kept.as_ref(), &mut walk)?;
    Ok(if walk.bad {
        code::INTEGRITY
    } else if walk.newer {
        code::INCOMPLETE
    } else {
        code::OK
    })
}

fn snapshots(place: &Place, walk: &mut Walk<'_, '_>) -> Result<(), AppError> {
    for verdict in verify::verify_all(&place.store)? {
        let what = format!("snapshot {}", verdict.snapshot);
        match &verdict.newer {
            Some(version) if verdict.differences.is_empty() => walk.newer(&what, version)?,
            _ => {
                let ok = format!(
                    "{} files, {} bytes are what was sealed",
                    verdict.files, verdict.bytes
                );
                walk.say(&what, &ok, &verdict.differences)?;
            }
        }
    }
    Ok(())
}

fn assessments(place: &Place, walk: &mut Walk<'_, '_>) -> Result<(), AppError> {
    for verdict in crate::detect::verify::verify(&place.store)? {
        let what = format!("assessment {}", verdict.name);
        match &verdict.newer {
            Some(version) if verdict.differences.is_empty() => walk.newer(&what, version)?,
            _ => walk.say(
                &what,
                "it is what was stored, of the snapshots that are there",
                &verdict.differences,
            )?,
        }
    }
    let index = crate::detect::verify::index(&place.store)?;
    walk.say(
        "dates of first sight",
        "they are those of the assessments",
        &index,
    )
}

fn reviews(place: &Place, walk: &mut Walk<'_, '_>) -> Result<(), AppError> {
    let views = RuleSet::load(None)?.views();
    let settings = place.config.settings();
    for id in campaign::list(&place.store)? {
        let mut differences = crate::review::verify::differences(&place.store, &id)?;
        if let Ok(opened) = campaign::load(&place.store, &id) {
            let snapshot = &opened.campaign.snapshot;
            match place.store.link(snapshot) {
                Ok((_, hash)) if hash == opened.campaign.manifest_sha256 => {}
                Ok((_, hash)) => differences.push(format!(
                    "It is of snapshot {snapshot} with manifest {}, and {hash} stands there now.",
                    opened.campaign.manifest_sha256
                )),
                Err(error) => differences.push(format!("Its snapshot: {error}.")),
            }
            match Session::open(&place.store, snapshot, None, &settings, &views) {
                Ok(session) => match crate::review::verify::derived(&opened, &session) {
                    Ok(found) => differences.extend(found),
                    Err(error) => differences.push(format!("{error}.")),
                },
                Err(error) => differences.push(format!("{error}.")),
            }
        }
        walk.say(
            &format!("review {id}"),
            "its items are those of its snapshot, and its imports follow each other",
            &differences,
        )?;
    }
    Ok(())
}

fn log(place: &Place, kept: Option<&Checkpoint>, walk: &mut Walk<'_, '_>) -> Result<(), AppError> {
    let found = verify::log::verify(&place.store)?;
    let log = place.store.log()?;
    let mut differences = found.differences;
    let mut grown = String::new();
    match (kept, &log) {
        (None, _) => {}
        (Some(_), None) => differences
            .push("There is a checkpoint and no log of heads: the log was taken away.".to_owned()),
        (Some(kept), Some(log)) => match kept.grown(log) {
            Grown::By(lines) => {
                grown = format!(
                    "; nothing of the {} lines of the checkpoint changed, {lines} came since",
                    kept.size
                );
            }
            Grown::No(why) => differences.push(why),
        },
    }
    let ok = match &log {
        None => "there is none: nothing testifies that this is what was sealed".to_owned(),
        Some(log) => format!("{} lines{grown}", log.size()),
    };
    walk.say("log of heads", &ok, &differences)?;
    if walk.quiet {
        return Ok(());
    }
    for note in found.notes {
        writeln!(walk.world.err, "note: {}", terminal::safe(&note))?;
    }
    if let Some(log) = &log {
        writeln!(
            walk.world.err,
            "note: {}",
            terminal::safe(&head::since(log))
        )?;
        if kept.is_none() {
            writeln!(
                walk.world.err,
                "note: whoever may write here may have written all of it again, log included; a head that was kept elsewhere tells, with --checkpoint"
            )?;
        }
    }
    Ok(())
}
