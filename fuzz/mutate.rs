//! Random changes to an input: of its bytes, of its lines and cells, and of its
//! JSON as tools, people and faults change it.

use std::io::Write as _;

use fastrand::Rng;

use crate::corpus::{Case, Corpus};
use crate::json;

/// Bytes that mean something to some reader.
const TELLING: [&[u8]; 22] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"-0",
    b"null",
    b";",
    b"'",
    b"\x1b[2J",
];

/// One or a few changes to a case.
pub(crate) fn mutate(corpus: &Corpus, rng: &mut Rng) -> Case {
    let mut case = pick(&corpus.cases, rng).clone();
    for _ in 0..=rng.usize(..3) {
        let names: Vec<String> = case.0.keys().cloned().collect();
        if names.is_empty() {
            return case;
        }
        let name = pick(&names, rng).clone();
        let old = case.0.get(&name).cloned().unwrap_or_default();
        let other = pick(&corpus.cases, rng);
        let others: Vec<&Vec<u8>> = other.0.values().collect();
        let donor: Vec<u8> = (*pick(&others, rng)).clone();
        match rng.u8(..40) {
            0 => {
                case.0.remove(&name);
            }
            1 => {
                // The content of another file.
                case.0.insert(name, donor);
            }
            2 => {
                let again = misnamed(&name, &corpus.words, rng);
                case.0.insert(again, old);
            }
            3 if !name.ends_with(".gz") && !name.ends_with(".zst") => {
                case.0.remove(&name);
                let (ending, bytes) = packed(&old, rng);
                case.0.insert(format!("{name}{ending}"), bytes);
            }
            4 => {
                case.0.insert(name, wide(&old, rng));
            }
            n => {
                let structured = n < 28;
                let new = match (structured, kind(&name)) {
                    (true, Kind::Json) => json::mutate(&old, &corpus.words, rng),
                    (true, Kind::Lines) => Some(lines(&old, &donor, corpus, rng)),
                    _ => None,
                };
                let new = new.unwrap_or_else(|| bytes(&old, &donor, corpus, rng));
                case.0.insert(name, new);
            }
        }
    }
    // Nothing here is about large inputs: bombs have a test of their own.
    for bytes in case.0.values_mut() {
        bytes.truncate(1 << 20);
    }
    case
}

enum Kind {
    Json,
    Lines,
    Other,
}

fn kind(name: &str) -> Kind {
    let ends = |ending: &str| name.ends_with(ending);
    if ends(".json") {
        Kind::Json
    } else if ends(".csv") || ends(".toml") || ends(".sql") || ends(".txt") {
        Kind::Lines
    } else {
        Kind::Other
    }
}

pub(crate) fn pick<'a, T>(all: &'a [T], rng: &mut Rng) -> &'a T {
    &all[rng.usize(..all.len())]
}

fn misnamed(name: &str, words: &[String], rng: &mut Rng) -> String {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let file = match rng.u8(..5) {
        0 => format!("._{file}"),
        1 => format!("{file}.gz"),
        2 => format!("copy of {file}"),
        3 => format!("\u{1b}[31m{file}"),
        _ => {
            let word = pick(words, rng).replace(['/', '\0'], "");
            let ending = file.rsplit_once('.').map_or("", |(_, e)| e);
            format!("x{word}.{ending}")
        }
    };
    format!("{folder}/{file}")
        .trim_start_matches('/')
        .to_owned()
}

fn packed(bytes: &[u8], rng: &mut Rng) -> (&'static str, Vec<u8>) {
    let (ending, mut all) = if rng.bool() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).expect("packed");
        (".gz", gz.finish().expect("packed"))
    } else {
        (".zst", zstd::encode_all(bytes, 1).expect("packed"))
    };
    if rng.u8(..3) == 0 && !all.is_empty() {
        let at = rng.usize(..all.len());
        if rng.bool() {
            all.truncate(at);
        } else {
            all[at] ^= 1 << rng.u8(..8);
        }
    }
    (ending, all)
}

/// The text in another encoding.
fn wide(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let little = rng.bool();
    let mut all = Vec::new();
    let mark = rng.bool().then_some(0xFEFF_u16);
    for unit in mark.into_iter().chain(text.encode_utf16()) {
        all.extend(if little {
            unit.to_le_bytes()
        } else {
            unit.to_be_bytes()
        });
    }
    if rng.u8(..4) == 0 {
        all.pop();
    }
    all
}

/// Changes that know nothing of the form.
pub(crate) fn bytes(old: &[u8], other: &[u8], corpus: &Corpus, rng: &mut Rng) -> Vec<u8> {
    let mut new = old.to_vec();
    for _ in 0..=rng.usize(..4) {
        let len = new.len();
        let at = rng.usize(..=len);
        let span = at..(at + 1 + rng.usize(..40)).min(len).max(at);
        match rng.u8(..9) {
            0 if len > 0 => {
                let at = rng.usize(..len);
                new[at] ^= 1 << rng.u8(..8);
            }
            1 => {
                new.splice(at..at, pick(&TELLING, rng).iter().copied());
            }
            2 => {
                new.drain(span);
            }
            3 => new.truncate(at),
            4 => {
                let part = new[span].repeat(1 + rng.usize(..60));
                new.splice(at..at, part);
            }
            5 => {
                let from = rng.usize(..=other.len());
                let to = (from + rng.usize(..400)).min(other.len());
                new.splice(span, other[from..to].iter().copied());
            }
            6 => {
                let word = pick(&corpus.words, rng);
                new.splice(span, word.bytes());
            }
            7 => number(&mut new, rng),
            _ => {
                let part = pick(&TELLING, rng).repeat(1 + rng.usize(..3000));
                new.splice(at..at, part);
            }
        }
    }
    new
}

/// Makes one of the numbers another one.
fn number(new: &mut Vec<u8>, rng: &mut Rng) {
    const NUMBERS: [&str; 10] = [
        "0",
        "-1",
        "99999999999999999999",
        "1e308",
        "0.1",
        "2147483648",
        "9223372036854775807",
        "00",
        "1.11122E+11",
        "253402300800000",
    ];
    let starts: Vec<usize> = (0..new.len())
        .filter(|i| new[*i].is_ascii_digit() && (*i == 0 || !new[*i - 1].is_ascii_digit()))
        .collect();
    if starts.is_empty() {
        return;
    }
    let from = *pick(&starts, rng);
    let digits = new[from..].iter().take_while(|b| b.is_ascii_digit());
    let to = from + digits.count();
    new.splice(from..to, pick(&NUMBERS, rng).bytes());
}

/// Changes of lines and cells.
fn lines(old: &[u8], other: &[u8], corpus: &Corpus, rng: &mut Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(old);
    let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
    if all.is_empty() {
        return bytes(old, other, corpus, rng);
    }
    let at = rng.usize(..all.len());
    match rng.u8(..12) {
        0 => {
            all.remove(at);
        }
        1 => {
            let line = all[at].clone();
            all.extend(std::iter::repeat_n(line, 1 + rng.usize(..20)));
        }
        2 => {
            let to = rng.usize(..all.len());
            all.swap(at, to);
        }
        3 => all = all.iter().map(|l| l.replace(',', ";")).collect(),
        4 => all = all.iter().map(|l| format!("{l},,")).collect(),
        5 => {
            let other = String::from_utf8_lossy(other);
            let lines: Vec<&str> = other.lines().collect();
            if !lines.is_empty() {
                all.insert(at, (*pick(&lines, rng)).to_owned());
            }
        }
        n => {
            let separators = if n < 9 {
                &[',', '='][..]
            } else {
                &[' ', '(', ')', ',']
            };
            let mut cells: Vec<String> = all[at].split(separators).map(str::to_owned).collect();
            let cell = rng.usize(..cells.len());
            cells[cell] = match rng.u8(..7) {
                0 => String::new(),
                1 => pick(&corpus.words, rng).clone(),
                2 => format!("\"{}\"", cells[cell]),
                3 => cells[cell].repeat(1 + rng.usize(..200)),
                4 => format!("{}\u{301}\u{202e}’", cells[cell]),
                5 => pick(&cells, rng).clone(),
                _ => "31/12/2026 00:00".to_owned(),
            };
            let joint = if n < 9 { "," } else { " " };
            all[at] = cells.join(joint);
        }
    }
    let mut text = all.join(if rng.u8(..8) == 0 { "\r\n" } else { "\n" });
    text.push('\n');
    text.into_bytes()
}
