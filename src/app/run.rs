//! `run`: the scheduled job.

use super::making::{Maker, Making};
use super::snapshot::{completeness, seal};
use super::{AppError, Place, World, check, findings, report};
use crate::cli::{self, Run};

/// The scheduled job: snapshot, check, reports.
pub(crate) fn run(options: &Run, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let maker = Maker::of(None, &world.env)?;
    let sealed = seal(&options.snapshot, place, world)?;
    let which = cli::Which {
        snapshot: Some(sealed.id.clone()),
        baseline: None,
        max_age: 35,
        rules: None,
    };
    let mut checked = check::assess(&which, &[], place, world)?;
    check::store(&checked, place)?;
    let names: Vec<String> = ["access-review", "auditor-evidence", "drift"]
        .map(str::to_owned)
        .to_vec();
    let making = Making {
        formats: report::EVERY,
        out: &options.out,
        maker: &maker,
    };
    let written = report::write(&mut checked, &names, &making, place, world)?;
    let width = world.width.unwrap_or(100);
    let text = findings::findings_table(&checked.assessment, width, world.colour);
    world.out.write_all(text.as_bytes())?;
    writeln!(world.out, "\nsnapshot {}", sealed.id)?;
    for path in &written {
        writeln!(world.out, "{}", path.display())?;
    }
    Ok(check::verdict(&checked, options.fail_on).max(completeness(&sealed)))
}
