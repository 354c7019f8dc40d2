//! `head`: the head of the log of heads, and what reports say of it.

use std::fmt::Write as _;

use super::checked::Checked;
use super::making::Maker;
use super::{AppError, World, code};
use crate::dataset::DatasetError;
use crate::dataset::heads::checkpoint::Checkpoint;
use crate::dataset::heads::{Kind, Late, Log};
use crate::dataset::store::Store;

/// Prints the head as a checkpoint, signed when there is a key.
pub(crate) fn head(store: &Store, world: &mut World<'_>) -> Result<u8, AppError> {
    let maker = Maker::of(None, &world.env)?;
    let log = store.log()?;
    let head = log.as_ref().and_then(|log| Checkpoint::of(log, log.size()));
    let (Some(log), Some(head)) = (log, head) else {
        return Err(AppError::Usage(format!(
            "{} has no log of heads yet: the next command that seals something begins one",
            store.root().display()
        )));
    };
    if let Some(problem) = log.problems().first() {
        return Err(DatasetError::Integrity {
            id: "the log of heads".to_owned(),
            message: problem.clone(),
        }
        .into());
    }
    match maker.signer() {
        None => world.out.write_all(head.text().as_bytes())?,
        Some(signer) => {
            let (note, key) = signer.note(&head.origin, &head.text());
            world.out.write_all(note.as_bytes())?;
            writeln!(world.err, "signed; verified with the key {key}")?;
        }
    }
    writeln!(world.err, "{}", since(&log))?;
    Ok(code::OK)
}

/// From when a log testifies, in a sentence.
pub(crate) fn since(log: &Log) -> String {
    let time = log.since().unwrap_or("a time that was not stated");
    let mut text = format!("The log of heads testifies from {time}");
    let found = log.found();
    if found > 0 {
        let _ = write!(
            text,
            "; {found} of its {} lines are of what was there when it began, as it was then",
            log.size()
        );
    }
    text.push('.');
    text
}

/// The head over everything that a report rests on: its snapshot, its baseline and,
/// where it tells of reviews, what was recorded of them. Not the newest one: the same
/// report is the same bytes, however much was sealed since.
pub(crate) fn behind(store: &Store, checked: &Checked) -> Result<Option<Checkpoint>, DatasetError> {
    let Some(log) = store.log()? else {
        return Ok(None);
    };
    let mut size = 0;
    for id in [
        Some(&checked.manifest.snapshot),
        checked.assessment.baseline.as_ref(),
    ] {
        let line = id.and_then(|id| log.line(Kind::Snapshot, id));
        size = size.max(line.map_or(0, |l| l.sequence));
    }
    if checked.reviews.is_some() {
        let of_review = |k: Kind| {
            matches!(
                k,
                Kind::Review | Kind::ReviewImport | Kind::ReviewRecord | Kind::ReviewClosure
            )
        };
        let last = log.lines().rfind(|l| of_review(l.kind));
        size = size.max(last.map_or(0, |l| l.sequence));
    }
    Ok(if size == 0 {
        None
    } else {
        Checkpoint::of(&log, size)
    })
}

/// The same, as a row of what a report stands on.
pub(crate) fn row(store: &Store, checked: &Checked) -> Result<(String, String), DatasetError> {
    let said = behind(store, checked)?.map_or_else(
        || "none: nothing testifies that this is what was sealed".to_owned(),
        |head| head.line(),
    );
    Ok(("Head of the log".to_owned(), said))
}

/// What the log was before a command ran.
pub(crate) struct Before(Option<u64>);

impl Before {
    pub(crate) fn of(store: &Store) -> Self {
        Self(store.log().ok().flatten().map(|log| log.size()))
    }

    /// Says what became of the log while a command ran: that it began, that a line of an
    /// interrupted run was written, or that there is none.
    pub(crate) fn tell(
        &self,
        store: &Store,
        reads: bool,
        world: &mut World<'_>,
    ) -> Result<(), AppError> {
        let now = store.log()?;
        let place = store.root().display();
        match (self.0, &now) {
            (None, None) if reads && store.snapshots().is_ok_and(|s| !s.is_empty()) => writeln!(
                world.err,
                "note: {place} has no log of heads: nothing testifies that what it holds is what was sealed"
            )?,
            (None, Some(log)) if log.found() > 0 => {
                writeln!(world.err, "note: {}", since(log))?;
            }
            _ => {}
        }
        if let Some(log) = now {
            let new = log.lines().filter(|l| l.sequence > self.0.unwrap_or(0));
            for line in new.filter(|l| l.late == Some(Late::Repaired)) {
                writeln!(
                    world.err,
                    "note: the run that wrote {} {} was interrupted before the log of heads had its line; it has it now",
                    line.kind.name(),
                    line.id
                )?;
            }
        }
        Ok(())
    }
}
