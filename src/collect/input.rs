//! Opens the files of an export, hashes what lies on disk, and tells pages,
//! records, error answers and pages left over apart.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::answer;
use super::walk::{Cut, Event, Shape, Spot, walk};
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
    /// Records whose id was there before, with something else to say.
    pub repeated: u64,
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
        if coverage.table == self.table {
            coverage.exclude("the id was there before", self.repeated);
        }
    }

    /// The worst state of the defects.
    pub(crate) fn state(&self) -> State {
        self.defects
            .iter()
            .map(|(s, _)| *s)
            .max_by_key(|s| s.rank())
            .unwrap_or(State::Complete)
    }
}

impl<'p> Exports<'p> {
    pub(crate) fn new(root: &Path, progress: &'p (dyn Fn(&str) + Sync)) -> Self {
        Self {
            root: root.to_owned(),
            problems: Vec::new(),
            opened: BTreeSet::new(),
            progress,
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
        let mut found = BTreeSet::new();
        let base = self.root.join(folder);
        let mut stack = vec![base.clone()];
        while let Some(dir) = stack.pop() {
            let Ok(entries) = std::fs::read_dir(&dir) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = entry.path();
                if path.is_dir() {
                    stack.push(path);
                    continue;
                }
                let Some(name) = path.strip_prefix(&base).ok().and_then(Path::to_str) else {
                    continue;
                };
                let bare = PACKED
                    .iter()
                    .find_map(|packed| name.strip_suffix(packed))
                    .unwrap_or(name);
                if let Some(stem) = bare.strip_suffix(ending) {
                    found.insert(stem.to_owned());
                }
            }
        }
        found.into_iter().collect()
    }

    /// Files of the folder that nothing read: a misspelt name reads as missing.
    pub(crate) fn unread(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut stack = vec![self.root.clone()];
        while let Some(dir) = stack.pop() {
            let Ok(entries) = std::fs::read_dir(&dir) else {
                continue;
            };
            for path in entries.flatten().map(|e| e.path()) {
                if path.is_dir() {
                    stack.push(path);
                } else if !self.opened.contains(&path)
                    && let Ok(relative) = path.strip_prefix(&self.root)
                {
                    all.push(relative.display().to_string());
                }
            }
        }
        all.sort();
        all
    }

    /// Opens a file: the bytes as they are meant, and what lies on disk counted.
    pub(crate) fn open(&mut self, relative: &str) -> Option<Result<Opened, String>> {
        let variants = self.variants(relative);
        let path = variants.first()?.clone();
        self.opened.extend(variants.iter().cloned());
        (self.progress)(relative);
        if variants.len() > 1 {
            return Some(Err(format!(
                "{relative} is there more than once, packed and unpacked: which one is meant cannot be told."
            )));
        }
        let shown = path
            .strip_prefix(&self.root)
            .unwrap_or(&path)
            .display()
            .to_string();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) => return Some(Err(format!("{shown} could not be opened: {e}."))),
        };
        let counted = Counted(Rc::new(RefCell::new(Counter {
            file,
            hash: Sha256::new(),
            bytes: 0,
        })));
        let rest = counted.clone();
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
            reader: BufReader::with_capacity(1 << 16, without_mark(reader)),
            rest,
        }))
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
        let mut reader = opened.reader;
        let ended = walk(&mut reader, shape, &mut |event| match event {
            Event::Record(spot, Value::Object(mut map)) => {
                note_secrets(&mut map, &shown, table, &spot, problems);
                if spot.record.is_none() && pages.is_error(&spot, &map, problems) {
                    return;
                }
                reading.records += 1;
                if spot.record.is_none() {
                    pages.bare(&map);
                }
                let known = problems.len();
                on(&spot, &mut map, &shown, problems);
                let new = problems.iter().skip(known);
                reading.repeated += new
                    .filter(|p| p.kind == ProblemKind::Duplicate)
                    .filter(|p| p.table.as_deref() == Some(table))
                    .count() as u64;
            }
            Event::Record(spot, _) | Event::Odd(spot) => pages.odd(&spot, problems),
            Event::Page {
                spot,
                mut envelope,
                listed,
            } => {
                note_secrets(&mut envelope, &shown, table, &spot, problems);
                pages.page(&spot, &envelope, listed, problems);
            }
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
    pub reader: BufReader<Box<dyn Read>>,
    /// The bytes on disk.
    pub rest: Counted,
}

impl Opened {
    /// Reads all of it as text.
    pub(crate) fn text(mut self) -> (io::Result<String>, InputFile) {
        let mut bytes = Vec::new();
        let read = self.reader.read_to_end(&mut bytes);
        drop(self.reader);
        let (size, sha256) = self.rest.finish();
        let input = InputFile {
            path: self.shown,
            bytes: size,
            sha256,
        };
        let text = read.and_then(|_| {
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

/// Leaves out a byte order mark.
fn without_mark(mut reader: Box<dyn Read>) -> Box<dyn Read> {
    let mut head = Vec::new();
    let mut first = reader.by_ref().take(3);
    match first.read_to_end(&mut head) {
        Ok(_) if head == [0xEF, 0xBB, 0xBF] => reader,
        Ok(_) => Box::new(io::Cursor::new(head).chain(reader)),
        Err(e) => Box::new(io::Cursor::new(head).chain(Broken(Some(e)))),
    }
}

/// Hands on an error that came too early.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
