//! Opens the files of an export, hashes what lies on disk, and tells pages,
//! records, error answers and pages left over apart.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::answer;
use super::encoding::{self, Text};
use super::form::unwrapped;
use super::kept::{Kept, Seen};
use super::walk::{Cut, Event, Shape, Spot, walk};
use crate::bounds;
use crate::bounds::file::named;
use crate::bounds::folder::{self, Folder};
use crate::bounds::stream::{Brake, Inflated, Texts};
use crate::dataset::coverage::{Coverage, InputFile, State};
use crate::dataset::manifest::hex;
use crate::dataset::problem::{Problem, ProblemKind};
use crate::secret::scrub;

/// Endings under which a file may lie, beside its own.
const PACKED: [&str; 2] = [".gz", ".zst"];

/// A folder of exported files.
pub(crate) struct Exports<'p> {
    root: PathBuf,
    /// What was refused, dropped or could not be read.
    pub problems: Vec<Problem>,
    /// Files that were opened.
    opened: BTreeSet<PathBuf>,
    progress: &'p (dyn Fn(&str) + Sync),
    /// Files that a listing named and that are not to be opened, and why not.
    refused: RefCell<BTreeMap<String, String>>,
    kept: Kept,
}

/// Gets a record: where it is, its members, the file as shown, where to report.
type OnRecord<'a> = dyn FnMut(&Spot, &mut Map<String, Value>, &str, &mut Vec<Problem>) + 'a;

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Whether it is there.
    pub found: bool,
    /// The files that were read.
    pub inputs: Vec<InputFile>,
    /// Pages or documents.
    pub pages: u64,
    /// Records handed out.
    pub records: u64,
    /// Count that the source itself reported.
    pub count: Option<u64>,
    /// Documents that name a further page, counted from 0.
    pub more: Vec<u64>,
    /// What keeps it from being complete.
    pub defects: Vec<(State, String)>,
    /// Table that its records are of.
    pub table: String,
    /// Objects whose id was there before, with something else to say, by their table.
    twice: BTreeMap<String, Twice>,
    /// Values that could not be read, by the table that lacks them: how many, and
    /// what the first was.
    unread: BTreeMap<String, (u64, String)>,
}

/// Objects that have the id of another and say something else.
#[derive(Debug, Default)]
struct Twice {
    file: String,
    count: u64,
    ids: BTreeSet<String>,
}

impl Twice {
    fn count(&mut self, problem: &Problem) {
        /// Ids that are named at most.
        const NAMED: usize = 5;
        self.count += 1;
        if self.ids.len() < NAMED {
            self.file.clone_from(&problem.file);
            self.ids.insert(problem.position.clone());
        }
    }

    fn reason(&self) -> String {
        let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        let (objects, have) = match self.count {
            1 => ("object", "has"),
            _ => ("objects", "have"),
        };
        format!(
            "{} {objects} of {} {have} the id of another and {} something else, so which of them holds is not known: {}.",
            self.count,
            self.file,
            if self.count == 1 { "says" } else { "say" },
            ids.join(", ")
        )
    }
}

impl Reading {
    /// Carries the reading into the coverage of a table.
    pub(crate) fn settle(&self, coverage: &mut Coverage) {
        coverage.pages += self.pages;
        for input in &self.inputs {
            if !coverage.inputs.contains(input) {
                coverage.inputs.push(input.clone());
            }
        }
        for (state, reason) in &self.defects {
            coverage.worsen(*state, reason.clone());
        }
        if let Some((count, first)) = self.unread.get(&coverage.table) {
            let reason = match count {
                1 => format!("A value could not be read: {first}"),
                _ => format!("{count} values could not be read; the first: {first}"),
            };
            coverage.worsen(State::Partial, reason);
        }
        // Whatever else comes out of the records is in doubt with them.
        let own = self.twice.get(&self.table);
        let other = self
            .twice
            .get(&coverage.table)
            .filter(|_| coverage.table != self.table);
        for twice in own.into_iter().chain(other) {
            coverage.worsen(State::Partial, twice.reason());
        }
        if let Some(twice) = own.filter(|_| coverage.table == self.table) {
            coverage.exclude("the id was there before", twice.count);
        }
    }

    /// The worst state of the defects.
    pub(crate) fn state(&self) -> State {
        let unread = self.unread.contains_key(&self.table) || self.twice.contains_key(&self.table);
        self.defects
            .iter()
            .map(|(s, _)| *s)
            .chain(unread.then_some(State::Partial))
            .max_by_key(|s| s.rank())
            .unwrap_or(State::Complete)
    }

    /// Counts what a record was reported for: nothing that was not read is lost
    /// on the way to the coverage, whatever the importer does.
    fn count(&mut self, problem: &Problem) {
        let Some(table) = &problem.table else { return };
        match problem.kind {
            ProblemKind::Duplicate => {
                self.twice.entry(table.clone()).or_default().count(problem);
            }
            ProblemKind::Malformed => {
                let first = || {
                    format!(
                        "{} at {}: {}",
                        problem.file, problem.position, problem.message
                    )
                };
                self.unread
                    .entry(table.clone())
                    .or_insert_with(|| (0, first()))
                    .0 += 1;
            }
            _ => {}
        }
    }
}

impl<'p> Exports<'p> {
    pub(crate) fn new(root: &Path, progress: &'p (dyn Fn(&str) + Sync)) -> Self {
        Self {
            root: root.to_owned(),
            problems: Vec::new(),
            opened: BTreeSet::new(),
            progress,
            refused: RefCell::default(),
            kept: Kept::default(),
        }
    }

    /// Whether the file or folder is there, packed or not.
    pub(crate) fn has(&self, relative: &str) -> bool {
        self.root.join(relative).exists() || !self.variants(relative).is_empty()
    }

    fn variants(&self, relative: &str) -> Vec<PathBuf> {
        std::iter::once("")
            .chain(PACKED)
            .map(|ending| self.root.join(format!("{relative}{ending}")))
            .filter(|p| p.is_file())
            .collect()
    }

    /// Files below a folder whose name ends so, packed or not: paths relative
    /// to the folder without that ending, sorted.
    pub(crate) fn list(&self, folder: &str, ending: &str) -> Vec<String> {
        let base = self.root.join(folder);
        if let Some((path, why)) = folder::refusal(&self.root, Path::new(folder))
            && path != Path::new(folder)
        {
            return vec![self.refuse(folder, &named(&path), ending, &path, &why)];
        }
        if std::fs::symlink_metadata(&base).is_err() {
            return Vec::new();
        }
        let listed = Folder::below(&base);
        let mut found = BTreeSet::new();
        for path in &listed.files {
            let name = path.to_string_lossy();
            let bare = PACKED
                .iter()
                .find_map(|packed| name.strip_suffix(packed))
                .unwrap_or(&name);
            let Some(stem) = bare.strip_suffix(ending) else {
                continue;
            };
            if path.iter().any(|part| is_litter(Path::new(part))) {
                continue;
            }
            // A name becomes part of messages, and an account or a group of it.
            if path.to_str() == Some(named(path).as_str()) {
                found.insert(stem.to_owned());
            } else {
                let (stem, whole) = (named(Path::new(stem)), Path::new(folder).join(path));
                let why = "has a name that is not UTF-8, or holds characters that act; rename it";
                found.insert(self.refuse(folder, &stem, ending, &whole, why));
            }
        }
        for (path, why) in &listed.refused {
            if path.iter().any(|part| is_litter(Path::new(part))) {
                continue;
            }
            let name = path.to_string_lossy();
            let stem = named(Path::new(name.strip_suffix(ending).unwrap_or(&name)));
            found.insert(self.refuse(folder, &stem, ending, &Path::new(folder).join(path), why));
        }
        found.into_iter().collect()
    }

    /// Looks into every folder: what cannot be listed would read as not there.
    ///
    /// # Errors
    /// When a folder cannot be read, with its name.
    pub(crate) fn listable(&self) -> Result<(), String> {
        let mut stack = vec![self.root.clone()];
        while let Some(dir) = stack.pop() {
            let told = |e: io::Error| format!("{} could not be listed: {e}", dir.display());
            for entry in std::fs::read_dir(&dir).map_err(told)? {
                let entry = entry.map_err(told)?;
                if entry.file_type().map_err(told)?.is_dir() {
                    stack.push(entry.path());
                }
            }
        }
        Ok(())
    }

    /// Keeps why what was listed is not opened, under the name that stands for it:
    /// whoever opens it learns it, so that no table goes without.
    fn refuse(&self, folder: &str, stem: &str, ending: &str, path: &Path, why: &str) -> String {
        let reason = format!("{} {why}.", named(path));
        let key = format!("{folder}/{stem}{ending}");
        self.refused.borrow_mut().insert(key, reason);
        stem.to_owned()
    }

    /// Files of the folder that nothing read: a misspelt name reads as missing.
    pub(crate) fn unread(&self) -> Vec<String> {
        let listed = Folder::below(&self.root);
        let mut all: Vec<String> = listed
            .files
            .iter()
            .filter(|path| !self.opened.contains(&self.root.join(path)))
            .chain(listed.refused.iter().map(|(path, _)| path))
            .filter(|path| !path.iter().any(|part| is_left_by_a_system(Path::new(part))))
            .map(|path| named(path))
            .collect();
        all.sort();
        all
    }

    /// Opens a file: the bytes as they are meant, and what lies on disk counted.
    pub(crate) fn open(&mut self, relative: &str) -> Option<Result<Opened, String>> {
        self.kept.begin(&mut self.problems);
        if let Some(reason) = self.refusal(relative) {
            return Some(Err(reason));
        }
        let variants = self.variants(relative);
        let path = variants.first()?.clone();
        self.opened.extend(variants.iter().cloned());
        (self.progress)(&named(Path::new(relative)));
        if variants.len() > 1 {
            return Some(Err(format!(
                "{relative} is there more than once, packed and unpacked: which one is meant cannot be told."
            )));
        }
        let shown = named(path.strip_prefix(&self.root).unwrap_or(&path));
        let file = match bounds::file::open(&path, bounds::ON_DISK) {
            Ok(file) => file,
            Err(e) => return Some(Err(format!("{shown} could not be opened: {e}."))),
        };
        let counted = Counted(Rc::new(RefCell::new(Counter {
            file,
            hash: Sha256::new(),
            bytes: 0,
        })));
        let rest = counted.clone();
        let packed = counted.clone();
        let reader: Box<dyn Read> = match path.extension().and_then(|e| e.to_str()) {
            Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(counted))),
            Some("zst") => match zstd::stream::read::Decoder::new(counted) {
                Ok(decoder) => Box::new(decoder),
                Err(e) => return Some(Err(format!("{shown} could not be unpacked: {e}."))),
            },
            _ => Box::new(counted),
        };
        Some(Ok(Opened {
            shown,
            reader: Box::new(Text::new(Box::new(Inflated::new(reader, move || {
                packed.so_far()
            })))),
            rest,
        }))
    }

    /// Why a file that would be opened is not.
    fn refusal(&self, relative: &str) -> Option<String> {
        if let Some(reason) = self.refused.borrow().get(relative) {
            return Some(reason.clone());
        }
        std::iter::once("").chain(PACKED).find_map(|ending| {
            let path = format!("{relative}{ending}");
            let (path, why) = folder::refusal(&self.root, Path::new(&path))?;
            Some(format!("{} {why}.", named(&path)))
        })
    }

    /// Reads the records of a paged answer. `on` gets each record that is an
    /// object, with secrets removed; `page` gets what a page holds beside them.
    pub(crate) fn read(
        &mut self,
        relative: &str,
        table: &str,
        shape: &Shape,
        on: &mut OnRecord<'_>,
    ) -> Reading {
        let mut reading = Reading {
            table: table.to_owned(),
            ..Reading::default()
        };
        let opened = match self.open(relative) {
            None => return reading,
            Some(Err(reason)) => {
                reading.found = true;
                reading.defects.push((State::Failed, reason));
                return reading;
            }
            Some(Ok(opened)) => opened,
        };
        reading.found = true;
        let shown = opened.shown.clone();
        let mut pages = answer::Pages::new(&shown, table);
        let problems = &mut self.problems;
        let brake = Brake::default();
        let texts = encoding::Marks::new(Texts::new(opened.reader, brake.clone()));
        let mut reader = BufReader::with_capacity(1 << 16, texts);
        let kept = &mut self.kept;
        let mut seen = Seen::default();
        let ended = walk(&mut reader, shape, &mut |event| {
            seen.count(&event);
            'event: {
                match event {
                    Event::Record(spot, Value::Object(mut map)) => {
                        note_secrets(&mut map, &shown, table, &spot, problems);
                        if spot.record.is_none() && pages.is_error(&spot, &map, problems) {
                            break 'event;
                        }
                        if spot.record.is_none() {
                            pages.bare(&spot, &map, problems);
                        }
                        let mut map = match unwrapped(map, shape.known) {
                            Ok(map) => map,
                            Err(map) => {
                                pages.foreign(&spot, &map, shape.known, problems);
                                break 'event;
                            }
                        };
                        reading.records += 1;
                        let known = problems.len();
                        on(&spot, &mut map, &shown, problems);
                        for problem in problems.iter().skip(known) {
                            reading.count(problem);
                        }
                    }
                    Event::Record(spot, found) => pages.odd(&spot, &found, problems),
                    Event::Odd(spot) => pages.odd(&spot, &Value::Null, problems),
                    Event::Page {
                        spot,
                        mut envelope,
                        listed,
                    } => {
                        note_secrets(&mut envelope, &shown, table, &spot, problems);
                        pages.page(&spot, &envelope, listed, problems);
                    }
                }
            }
            seen.bound(kept.look(problems), pages.wrong(), &brake);
        });
        if let Err(cut) = &ended {
            pages.cut(cut, problems);
        }
        // Whatever is left still counts for the hash of the file.
        let drained = io::copy(&mut reader, &mut io::sink());
        drop(reader);
        let (bytes, sha256) = opened.rest.finish();
        if ended.is_ok()
            && let Err(e) = drained
        {
            pages.cut(
                &Cut {
                    line: 0,
                    column: 0,
                    message: e.to_string(),
                    end: true,
                },
                problems,
            );
        }
        reading.inputs.push(InputFile {
            path: shown,
            bytes,
            sha256,
        });
        pages.settle(&mut reading);
        reading
    }
}

fn name_of(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

/// What a desktop or an archive leaves in folders: no export, nor a copy of one.
fn is_left_by_a_system(path: &Path) -> bool {
    const NAMES: [&str; 6] = [
        "__MACOSX",
        ".DS_Store",
        "Thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "Icon\r",
    ];
    let name = name_of(path);
    name.starts_with("._") || NAMES.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// That, and what editors and copies leave beside a file: it is never read for an
/// account, a Region or a group of such a name.
fn is_litter(path: &Path) -> bool {
    let name = name_of(path);
    is_left_by_a_system(path) || name.starts_with(['.', '~', '#']) || name.ends_with('~')
}

fn note_secrets(
    map: &mut Map<String, Value>,
    file: &str,
    table: &str,
    spot: &Spot,
    problems: &mut Vec<Problem>,
) {
    let mut found = Vec::new();
    scrub(map, &spot.to_string(), &mut found);
    for position in found {
        problems.push(Problem {
            file: file.to_owned(),
            position,
            kind: ProblemKind::Secret,
            table: Some(table.to_owned()),
            expected: "metadata without a secret value".to_owned(),
            message: "What looks like the value of a secret was dropped and not stored; treat it as exposed and rotate it.".to_owned(),
        });
    }
}

/// A file that is being read.
pub(crate) struct Opened {
    /// Path relative to the exports.
    pub shown: String,
    /// The unpacked bytes.
    pub reader: Box<dyn Read>,
    /// The bytes on disk.
    pub rest: Counted,
}

impl Opened {
    /// Reads all of it as text, as far as a report may be long.
    pub(crate) fn text(self) -> (io::Result<String>, InputFile) {
        let (read, bytes) = bounds::stream::whole(self.reader, bounds::REPORT);
        let (size, sha256) = self.rest.finish();
        let input = InputFile {
            path: self.shown,
            bytes: size,
            sha256,
        };
        let text = read.and_then(|()| {
            String::from_utf8(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
        });
        (text, input)
    }
}

struct Counter {
    file: File,
    hash: Sha256,
    bytes: u64,
}

/// A file whose bytes are hashed as they are read.
#[derive(Clone)]
pub(crate) struct Counted(Rc<RefCell<Counter>>);

impl Counted {
    /// Reads what is left and gives size and hash of the file.
    pub(crate) fn finish(mut self) -> (u64, String) {
        // A file that cannot be read to its end has been reported already.
        let _ = io::copy(&mut self, &mut io::sink());
        let counter = self.0.borrow();
        (counter.bytes, hex(&counter.hash.clone().finalize()))
    }
}

impl Counted {
    /// Bytes that were read of it so far.
    fn so_far(&self) -> u64 {
        self.0.borrow().bytes
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut counter = self.0.borrow_mut();
        let n = counter.file.read(buffer)?;
        let counter = &mut *counter;
        counter.hash.update(buffer.get(..n).unwrap_or_default());
        counter.bytes += n as u64;
        Ok(n)
    }
}
