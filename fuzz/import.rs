//! An import of a folder that holds the files of one source, or of registers
//! beside an export of nothing, and what must hold of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use countersign::collect::{self, Origin, Request, Sealed};
use countersign::config::Config;
use countersign::dataset::coverage::State;
use countersign::dataset::schema::Source;
use countersign::dataset::store::Store;
use serde_json::Value;

use crate::corpus::Case;

/// Imports the case as an export of a source.
pub(crate) fn source(case: &Case, work: &Path, source: Source) -> Result<String, String> {
    let mut text = String::new();
    for other in Source::COLLECTED {
        let (name, enabled) = (other.name(), other == source);
        let _ = writeln!(text, "[sources.{name}]\nenabled = {enabled}");
    }
    let path = work.join("countersign.toml");
    fs::write(&path, text).expect("written");
    let config = Config::load(&path, std::iter::empty()).map_err(|e| e.to_string())?;
    let input = work.join("input");
    let sealed = match seal(&config, &input, work, &[source]) {
        Ok(sealed) => sealed,
        Err(why) => return Ok(why),
    };
    judge(case, &sealed, source)
}

/// Reads the case as a configuration and the registers beside it.
pub(crate) fn registers(_: &Case, work: &Path) -> Result<String, String> {
    let exports = work.join("exports");
    fs::create_dir_all(exports.join("auth0")).expect("a folder");
    fs::write(exports.join("auth0/clients.json"), "[]").expect("written");
    let path = work.join("input/countersign.toml");
    let config = match Config::load(&path, std::iter::empty()) {
        Ok(config) => config,
        // What is said on a terminal is made harmless where it is said.
        Err(e) => return Ok(format!("refused: {e}")),
    };
    match seal(&config, &exports, work, &[]) {
        Ok(sealed) => shown(answer(&sealed, Source::Register)),
        Err(why) => Ok(why),
    }
}

fn seal(
    config: &Config,
    exports: &Path,
    work: &Path,
    sources: &[Source],
) -> Result<Sealed, String> {
    let data = work.join("data");
    let _ = fs::remove_dir_all(&data);
    collect::snapshot(Request {
        origin: Origin::Files(exports),
        as_of: Some("2026-11-30T06:00:00Z".parse().expect("a time")),
        sources,
        config,
        store: &Store::new(data),
        progress: &|_| {},
        observe: &mut |_| {},
    })
    .map_err(|e| format!("refused: {e}"))
}

fn answer(sealed: &Sealed, source: Source) -> String {
    let mut text = String::new();
    for table in &sealed.manifest.tables {
        if table.source == source.name() || table.table == "input_incident" {
            let _ = writeln!(
                text,
                "{} {} {} {} {}",
                table.table,
                table.state.name(),
                table.rows,
                table.sha256,
                table.reasons.join(" ")
            );
        }
    }
    for unread in &sealed.unread {
        let _ = writeln!(text, "unread: {unread}");
    }
    text
}

/// Nothing that is sealed acts on a terminal.
fn shown(answer: String) -> Result<String, String> {
    let acts = |c: char| c.is_control() && c != '\n';
    match answer.lines().find(|l| l.chars().any(acts)) {
        Some(line) => Err(format!("acts on a terminal: {line:?}")),
        None => Ok(answer),
    }
}

fn judge(case: &Case, sealed: &Sealed, source: Source) -> Result<String, String> {
    for problem in &sealed.problems {
        let line = format!("{} {} {}", problem.file, problem.position, problem.message);
        shown(line)?;
    }
    for table in &sealed.manifest.tables {
        let excluded: u64 = table.excluded.values().sum();
        if table.read != table.rows + excluded {
            return Err(format!("{}: counts do not add up", table.table));
        }
        if table.state != State::Complete && table.reasons.is_empty() {
            return Err(format!("{}: incomplete without a reason", table.table));
        }
        let broken = |input: &&countersign::dataset::coverage::InputFile| {
            case.0
                .get(&input.path)
                .is_some_and(|bytes| input.path.ends_with(".json") && !is_json(bytes))
        };
        if table.state == State::Complete
            && let Some(input) = table.inputs.iter().find(broken)
        {
            return Err(format!(
                "{} is complete with {} rows and {} is no JSON",
                table.table, table.rows, input.path
            ));
        }
    }
    shown(answer(sealed, source))
}

/// Whether a file is JSON documents; of one in another encoding nothing is said.
fn is_json(bytes: &[u8]) -> bool {
    let wide = bytes.iter().take(4).any(|b| matches!(b, 0 | 0xFE | 0xFF));
    if wide {
        return true;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let text = text.replace('\u{feff}', " ");
    serde_json::Deserializer::from_str(&text)
        .into_iter::<Value>()
        .all(|document| document.is_ok())
}
