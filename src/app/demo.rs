//! `demo`: a simulated organisation of two months, taken through the whole
//! run, and compared with what was planted in it.

mod later;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::checked::Checked;
use super::making::{Maker, Making};
use super::{AppError, Place, World, check, code, findings, report, simulate, snapshot, terminal};
use crate::cli::simulated::Demo;
use crate::cli::{Global, Which};
use crate::collect::Sealed;
use crate::config::{Config, FILE_NAME};
use crate::detect::finding::Lifecycle;
use crate::estate::{Estate, Expected};

/// The credential whose rotation the demo asks about.
const SECRET: &str = "entra/aws-sync-provisioning";

pub(crate) fn demo(options: &Demo, global: &Global, world: &mut World<'_>) -> Result<u8, AppError> {
    if options.act_on_review {
        return later::act_on_review(&options.out, global, world);
    }
    let as_of = simulate::moment(options.as_of.as_deref(), world.now)?;
    let out = &options.out;
    clear(out, options.force)?;
    later::remember(options, as_of)?;
    let size = simulate::size(options.size);
    talk(
        world,
        global,
        "simulating an organisation, today and a month ago",
    )?;
    let (before, now) = if options.from_files {
        Estate::generate(size, options.seed, as_of)
    } else {
        Estate::generate_served(size, options.seed, as_of)
    };
    if !global.quiet {
        writeln!(world.err, "{}", now.summary())?;
    }
    let expected = now.expected().to_vec();
    let pace = (!options.from_files).then_some(options.pace);
    if let Some(pace) = pace
        && !global.quiet
    {
        writeln!(
            world.err,
            "collecting from its services on this machine, with their quotas {pace} times as fast as real ones"
        )?;
    }
    let earlier = Month {
        exports: out.join("exports-a-month-ago"),
        today: false,
        pace,
    };
    month(before, &earlier, out, global, world)?;
    let today = Month {
        exports: out.join("exports"),
        today: true,
        pace,
    };
    let (sealed, mut checked, place) = month(now, &today, out, global, world)?;

    let reports = out.join("reports");
    let names = ["access-review", "auditor-evidence", "drift"].map(str::to_owned);
    let making = Making {
        formats: report::EVERY,
        out: &reports,
        // The environment of whoever tries the demo is not part of it.
        maker: &Maker::default(),
    };
    let mut files = report::write(&mut checked, &names, &making, &place, world)?;
    let rotation = report::rotation(&mut checked, SECRET, &making, &place, world)?;
    files.extend(rotation.files);

    let width = world.width.unwrap_or(100);
    let text = findings::findings_table(&checked.assessment, width, world.colour);
    world.out.write_all(text.as_bytes())?;
    let (missed, surplus) = compare(&checked.assessment.findings, &expected);
    let planted = expected.len();
    let sentence = format!(
        "The organisation was broken on purpose: {} of its {planted} planted findings were made, and {} that were not planted.",
        planted - missed.len(),
        surplus.len()
    );
    writeln!(
        world.out,
        "\n{}",
        terminal::wrap(&sentence, width.clamp(40, 120)).join("\n")
    )?;
    for line in missed
        .iter()
        .map(|m| format!("missed: {m}"))
        .chain(surplus.iter().map(|s| format!("not planted: {s}")))
    {
        writeln!(world.out, "  {line}")?;
    }
    writeln!(
        world.out,
        "Before {SECRET} is rotated: {}.",
        rotation.card.answer.name()
    )?;
    epilogue(out, &sealed, &files, world)?;
    if missed.is_empty() && surplus.is_empty() {
        Ok(code::OK)
    } else {
        Ok(code::INTERNAL)
    }
}

/// Makes the folder; an earlier demo is only replaced when asked to, and only
/// when the folder is one.
fn clear(out: &Path, force: bool) -> Result<(), AppError> {
    if out.exists() {
        let ours = out.join(FILE_NAME).is_file() && out.join("exports").is_dir();
        if !force || !ours {
            let what = if ours {
                "it holds an earlier demo; pass --force to replace it, or another folder with --out"
            } else {
                "it is there already and holds no demo; name another folder with --out"
            };
            return Err(AppError::Usage(format!(
                "nothing was simulated into {}: {what}",
                out.display()
            )));
        }
        std::fs::remove_dir_all(out)?;
    }
    std::fs::create_dir_all(out)?;
    Ok(())
}

fn talk(world: &mut World<'_>, global: &Global, text: &str) -> Result<(), AppError> {
    if !global.quiet {
        writeln!(world.err, "{text}")?;
    }
    Ok(())
}

/// How a month is taken.
struct Month {
    /// Where its exports go.
    exports: PathBuf,
    today: bool,
    /// How fast its services are; `None` to read the exports.
    pace: Option<f64>,
}

/// Writes one month, seals it, checks it, and stores what was found.
fn month(
    estate: Estate,
    month: &Month,
    out: &Path,
    global: &Global,
    world: &mut World<'_>,
) -> Result<(Sealed, Checked, Place), AppError> {
    estate.write_exports(&month.exports)?;
    estate.write_registers(out)?;
    // The environment of whoever tries the demo is not part of it.
    let config = Config::load(&out.join(FILE_NAME), std::iter::empty())?;
    // The clock of the simulated organisation, so that the same demo is the same bytes.
    let mut place = Place::with(config, global, &out.join("data"), estate.as_of());
    // What is said of a month ago is of no interest.
    place.quiet = global.quiet || !month.today;
    let sealed = match month.pace {
        None => snapshot::import(&month.exports, None, &[], &place, world)?,
        Some(pace) => {
            let simulation = simulate::start(estate, pace)?;
            simulate::point(&mut place.config, &simulation.servers);
            snapshot::collect_live(&simulation.live, &[], &place, world)?
        }
    };
    let which = Which {
        snapshot: Some(sealed.id.clone()),
        baseline: None,
        max_age: 35,
        rules: None,
    };
    let checked = check::assess(&which, &[], &place, world)?;
    check::store(&checked, &place)?;
    Ok((sealed, checked, place))
}

/// What was planted and not found, and found and not planted.
fn compare(
    findings: &[crate::detect::finding::Finding],
    expected: &[Expected],
) -> (Vec<String>, Vec<String>) {
    let line = |rule: &str, resource: &str, severity: &str, state: &str, cause: Option<&str>| {
        // The cause of a gap in the evidence is told in the words of whoever read it.
        let cause = cause.filter(|_| !rule.starts_with("evidence/"));
        let why = cause.map_or_else(String::new, |c| format!(", {c}"));
        format!("{rule} {resource} {severity} {state}{why}")
    };
    let wanted: BTreeSet<String> = expected
        .iter()
        .map(|e| line(e.rule, &e.resource, e.severity, e.state.name(), e.cause))
        .collect();
    let made: BTreeSet<String> = findings
        .iter()
        .map(|f| {
            let status = match f.state {
                Lifecycle::Resolved => "resolved",
                state if f.status == crate::detect::finding::Status::Fail => state.name(),
                _ => "undecided",
            };
            line(
                &f.rule,
                &f.resource,
                f.severity.name(),
                status,
                f.cause.as_deref(),
            )
        })
        .collect();
    (
        wanted.difference(&made).cloned().collect(),
        made.difference(&wanted).cloned().collect(),
    )
}

/// Where everything is and what to do next.
fn epilogue(
    out: &Path,
    sealed: &Sealed,
    files: &[PathBuf],
    world: &mut World<'_>,
) -> Result<(), AppError> {
    let at = out.display();
    writeln!(world.out, "\nLook at:")?;
    let shown = files
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "xlsx" || e == "html"))
        .filter(|f| f.parent().is_some_and(|p| p == out.join("reports")));
    for file in shown {
        writeln!(world.out, "  {}", file.display())?;
    }
    writeln!(
        world.out,
        "  {at}/reports/access-review-by-application-owner      a workbook per owner\n  {at}/exports      what a real organisation would export\n  {at}/registers    approvals, secrets, waivers, environments\n  {at}/data         the sealed snapshots, the latest is {}",
        sealed.id
    )?;
    let program = world.program.clone();
    writeln!(
        world.out,
        "\nTry:\n  {program} --config {at}/{FILE_NAME} --data {at}/data check\n  {program} --config {at}/{FILE_NAME} --data {at}/data query \"SELECT account, permission_set, principal FROM named_assignment WHERE severity = 'critical' ORDER BY account LIMIT 5\"\n  {program} rules show secret/overdue\n  {program} --config {at}/{FILE_NAME} --data {at}/data review open --out {at}/review\n  {program} --config {at}/{FILE_NAME} --data {at}/data report pre-rotation --secret entra/aws-half-rotated --out {at}/rotation\n\nFor your own organisation:\n  {program} init"
    )?;
    Ok(())
}
