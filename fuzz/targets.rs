//! What is fuzzed, and how: every reader of something from outside.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::LazyLock;

use chrono::DateTime;
use countersign::dataset::schema::Source;
use countersign::dataset::session::Session;
use countersign::dataset::settings::Settings;
use countersign::detect::rule::RuleSet;
use countersign::review::read::Workbook;
use countersign::review::vet::{Bounds, vet};
use countersign::sqlfile::{one_row, reads};
use fastrand::Rng;
use zip::write::SimpleFileOptions;

use crate::corpus::Case;
use crate::import;

/// A reader, and what it makes of an input: an answer that is the same every time,
/// or what it must not do.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Case, &Path) -> Result<String, String>,
}

pub(crate) const TARGETS: [Target; 11] = [
    Target {
        name: "auth0",
        run: |case, work| import::source(case, work, Source::Auth0),
    },
    Target {
        name: "cloudtrail",
        run: |case, work| import::source(case, work, Source::CloudTrail),
    },
    Target {
        name: "entra",
        run: |case, work| import::source(case, work, Source::Entra),
    },
    Target {
        name: "github",
        run: |case, work| import::source(case, work, Source::GitHub),
    },
    Target {
        name: "globs",
        run: globs,
    },
    Target {
        name: "iam",
        run: |case, work| import::source(case, work, Source::Iam),
    },
    Target {
        name: "identity_center",
        run: |case, work| import::source(case, work, Source::IdentityCenter),
    },
    Target {
        name: "registers",
        run: import::registers,
    },
    Target {
        name: "secrets_manager",
        run: |case, work| import::source(case, work, Source::SecretsManager),
    },
    Target {
        name: "sql",
        run: sql,
    },
    Target {
        name: "workbook",
        run: workbook,
    },
];

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::load(None).expect("rules"));

fn text(case: &Case) -> String {
    let bytes = case.0.values().next().cloned().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn globs(case: &Case, _: &Path) -> Result<String, String> {
    let globs: Vec<String> = text(case).lines().map(str::to_owned).collect();
    Ok(match RULES.select(&globs) {
        Ok(rules) => format!("{} rules", rules.len()),
        Err(e) => format!("refused: {e}"),
    })
}

/// What `query` does, on a session without rows.
fn sql(case: &Case, _: &Path) -> Result<String, String> {
    thread_local! {
        static SESSION: Session = Session::empty(
            DateTime::UNIX_EPOCH,
            &Settings::default(),
            &RULES.views(),
        )
        .expect("a session");
    }
    let asked = text(case);
    let answer = || -> Result<usize, String> {
        let kept = one_row::kept(&asked)?;
        let query = reads::parse(&kept)?;
        let _ = reads::reads(&query);
        let frame = SESSION
            .with(|session| session.collect(&kept))
            .map_err(|e| {
                // What follows is the engine's plan or its own names, which nobody is shown.
                let text = e.to_string();
                let first = text.lines().next().unwrap_or_default();
                first
                    .split("; valid columns")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })?;
        Ok(frame.height())
    };
    Ok(match answer() {
        Ok(rows) => format!("{rows} rows"),
        Err(e) => format!("refused: {e}"),
    })
}

/// What `review import` does with a returned file, up to its cells.
fn workbook(case: &Case, _: &Path) -> Result<String, String> {
    let bytes = zipped(case);
    let bounds = Bounds::of(20);
    let read = || -> Result<String, String> {
        vet(&bytes, bounds)?;
        let mut book = Workbook::open(&bytes, bounds.cells)?;
        let mut answer = format!("{:?} {:?}", book.identity()?, book.sign_off()?);
        for sheet in book.sheets() {
            let mut rows = 0;
            book.rows(&sheet, &mut |_| {
                rows += 1;
                true
            })?;
            answer = format!("{answer} {rows}");
        }
        let formulas = book.formulas(10)?;
        Ok(format!("{answer} {formulas:?}"))
    };
    Ok(match read() {
        Ok(answer) => answer,
        Err(why) => format!("refused: {why}"),
    })
}

/// The parts as an archive, now and then with a few bytes changed.
fn zipped(case: &Case) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    let mut seed = 0_u64;
    for (name, part) in &case.0 {
        for byte in part {
            seed = seed.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
        // A name that the format does not have makes no archive.
        if zip.start_file(name.as_str(), options).is_ok() {
            zip.write_all(part).expect("written");
        }
    }
    let mut bytes = zip.finish().expect("an archive").into_inner();
    let mut rng = Rng::with_seed(seed);
    if rng.u8(..4) == 0 {
        for _ in 0..=rng.usize(..4) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..3) {
                0 => bytes[at] ^= 1 << rng.u8(..8),
                1 => bytes[at] = 0xFF,
                _ => bytes.truncate(at.max(1)),
            }
        }
    }
    bytes
}
