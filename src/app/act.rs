//! Commands that write: `init`, `snapshot` and `run`.

use std::path::Path;

use super::{AppError, Place, World, check, code, findings, progress, report};
use crate::cli::{self, Init, Preset, Run, Snapshot};
use crate::collect::{self, Sealed};
use crate::config::{self, FILE_NAME};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// Registers that `init` makes: file, first line.
const REGISTERS: [(&str, &str); 6] = [
    (
        "approvals.csv",
        "group,group_id,requester,approver,ticket,approved_at,expires_at,accounts,permission_sets\n",
    ),
    (
        "secrets.csv",
        "store,account_id,name,owner,consumer,rotation_days,document\n",
    ),
    (
        "identities.csv",
        "github_login,user_principal_name,confirmed_by,expires_at\n",
    ),
    ("declared.csv", "account,permission_set,group,source\n"),
    ("sync_runs.csv", "sync,finished_at,result\n"),
    (
        "waivers.toml",
        "# [[waiver]]\n# id = \"W-1\"\n# rule = \"secret/overdue\"\n# resource = \"secretsmanager/111122223333/*/example\"\n# reason = \"why this is accepted\"\n# owner = \"who answers for it\"\n# approver = \"who agreed\"\n# ticket = \"reference\"\n# expires = 2027-03-31\n",
    ),
];

pub(crate) fn init(options: &Init, world: &mut World<'_>) -> Result<u8, AppError> {
    let preset = match options.preset {
        None => config::Preset::Neutral,
        Some(Preset::ModernisationPlatform) => config::Preset::ModernisationPlatform,
    };
    let registers = options.dir.join("registers");
    let mut files = vec![(options.dir.join(FILE_NAME), config::template(preset))];
    files.extend(REGISTERS.map(|(name, text)| (registers.join(name), text.to_owned())));
    if let Some((taken, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(AppError::Usage(format!(
            "nothing was written: {} is there already; choose another folder, or move it away",
            taken.display()
        )));
    }
    std::fs::create_dir_all(&registers)?;
    for (path, text) in &files {
        std::fs::write(path, text)?;
        writeln!(world.out, "{}", path.display())?;
    }
    writeln!(
        world.err,
        "Next: set what differs in {FILE_NAME}, fill the registers, export into a folder, then run `countersign snapshot --from FOLDER`."
    )?;
    Ok(code::OK)
}

/// Seals a snapshot of a folder.
pub(crate) fn seal(
    options: &Snapshot,
    place: &Place,
    world: &mut World<'_>,
) -> Result<Sealed, AppError> {
    let Some(from) = &options.from else {
        return Err(AppError::Usage(
            "no snapshot was taken: name the folder of exports with --from; this version reads exported files".to_owned(),
        ));
    };
    let mut sources = Vec::new();
    for name in &options.sources {
        let Some(source) = collect::source(name) else {
            let names = Source::COLLECTED.map(Source::name);
            return Err(AppError::Usage(format!(
                "no snapshot was taken: there is no source {name}{}",
                crate::sqlfile::nearest(name, names.into_iter())
            )));
        };
        sources.push(source);
    }
    let as_of = match &options.as_of {
        None => None,
        Some(text) => Some(crate::time::parse_time(text).ok_or_else(|| {
            AppError::Usage(format!("no snapshot was taken: --as-of {text} is no RFC 3339 time such as 2026-11-23T07:14:00Z"))
        })?),
    };
    import(from, as_of, &sources, place, world)
}

/// Imports a folder, with a bar over its files.
pub(crate) fn import(
    from: &Path,
    as_of: Option<chrono::DateTime<chrono::Utc>>,
    sources: &[Source],
    place: &Place,
    world: &mut World<'_>,
) -> Result<Sealed, AppError> {
    let bar = progress::bar(
        world.bars && !place.quiet,
        collect::files_below(from),
        "importing",
    );
    let shown = bar.clone();
    let sealed = collect::import(collect::Request {
        from,
        as_of,
        sources,
        config: &place.config,
        store: &place.store,
        progress: Box::new(move |file| {
            shown.set_message(file.to_owned());
            shown.inc(1);
        }),
        observe: &mut |_| {},
    });
    bar.finish_and_clear();
    let sealed = sealed?;
    tell(&sealed, place, world)?;
    Ok(sealed)
}

/// Says on stderr what is not complete, and what was noticed.
fn tell(sealed: &Sealed, place: &Place, world: &mut World<'_>) -> Result<(), AppError> {
    const SHOWN: usize = 20;
    let rules = crate::detect::rule::RuleSet::load(None)?;
    let empty = super::look::session(&rules)?;
    for table in &sealed.manifest.tables {
        match table.state {
            State::Partial | State::Denied | State::Failed => {
                writeln!(
                    world.err,
                    "warning: {} is {}: {}",
                    table.table,
                    table.state.name(),
                    table.reasons.join(" ")
                )?;
                let mut blind = Vec::new();
                for rule in rules.rules().filter(|r| !r.engine) {
                    if crate::detect::state::tables_read(rule, &empty)?.contains(&table.table) {
                        blind.push(rule.id.as_str());
                    }
                }
                if !blind.is_empty() {
                    writeln!(
                        world.err,
                        "         rules that answer unknown because of it: {}",
                        blind.join(", ")
                    )?;
                }
            }
            State::Skipped if place.verbose => {
                writeln!(
                    world.err,
                    "note: {} was skipped: {}",
                    table.table,
                    table.reasons.join(" ")
                )?;
            }
            _ => {}
        }
    }
    if place.quiet {
        return Ok(());
    }
    for problem in sealed.problems.iter().take(SHOWN) {
        let expected = if problem.expected.is_empty() {
            String::new()
        } else {
            format!(" (expected {})", problem.expected)
        };
        writeln!(
            world.err,
            "warning: {} at {}: {}{expected}",
            problem.file, problem.position, problem.message
        )?;
    }
    if sealed.problems.len() > SHOWN {
        writeln!(
            world.err,
            "warning: {} more of the kind; see table input_incident",
            sealed.problems.len() - SHOWN
        )?;
    }
    for file in sealed.unread.iter().take(SHOWN) {
        writeln!(
            world.err,
            "note: {file} was not read: it is no file that an export holds"
        )?;
    }
    let rows: u64 = sealed.manifest.tables.iter().map(|t| t.rows).sum();
    writeln!(
        world.err,
        "sealed snapshot {} with {rows} rows in {} tables",
        sealed.id,
        sealed.manifest.tables.len()
    )?;
    Ok(())
}

/// The exit code of a snapshot: 2 when a required or enabled source is not complete.
pub(crate) fn completeness(sealed: &Sealed, place: &Place) -> u8 {
    let incomplete = sealed.manifest.tables.iter().any(|t| {
        let broken = matches!(t.state, State::Partial | State::Denied | State::Failed);
        let required = Source::COLLECTED.iter().any(|s| {
            s.name() == t.source
                && (s.required()
                    || sealed.manifest.sources.iter().any(|r| r.source == t.source)
                    || place.config.sources.get(s.name()).and_then(|c| c.enabled) == Some(true))
        });
        broken && required
    });
    if incomplete {
        code::INCOMPLETE
    } else {
        code::OK
    }
}

pub(crate) fn snapshot(
    options: &Snapshot,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let sealed = seal(options, place, world)?;
    writeln!(world.out, "{}", sealed.id)?;
    Ok(completeness(&sealed, place))
}

/// The scheduled job: snapshot, check, reports.
pub(crate) fn run(options: &Run, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
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
    let formats = [
        cli::ReportFormat::Xlsx,
        cli::ReportFormat::Csv,
        cli::ReportFormat::Html,
        cli::ReportFormat::Json,
    ];
    let written = report::write(&mut checked, &names, &formats, &options.out, place, world)?;
    let width = world.width.unwrap_or(100);
    let text = findings::findings_table(&checked.assessment, width, world.colour);
    world.out.write_all(text.as_bytes())?;
    writeln!(world.out, "\nsnapshot {}", sealed.id)?;
    for path in &written {
        writeln!(world.out, "{}", path.display())?;
    }
    Ok(check::verdict(&checked, options.fail_on).max(completeness(&sealed, place)))
}
