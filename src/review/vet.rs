//! What a returned workbook may be, before anything of it is read: how large
//! it becomes, what parts it has, and that nothing in it acts.

mod scan;

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

use quick_xml::events::Event;
use zip::ZipArchive;

use scan::Scan;

/// Bytes of a file.
pub const MOST_BYTES: u64 = 64 << 20;
/// Parts of a workbook.
const MOST_PARTS: usize = 512;
/// Bytes of the name of a part.
const MOST_NAME: usize = 255;
/// How many times smaller than its content a part may be, beyond the first bytes.
const MOST_RATIO: u64 = 200;
const FREE_OF_RATIO: u64 = 4 << 20;
/// Bytes of a part of relations, content types or properties.
const MOST_SHORT: u64 = 4 << 20;

/// How large a workbook of so many rows can be when nothing is wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of a sheet, inflated.
    sheet: u64,
    /// Bytes of any other part, inflated.
    part: u64,
    /// Bytes of all parts, inflated.
    inflated: u64,
    /// Texts that cells share.
    texts: u64,
    /// Cells of all sheets that are read.
    pub cells: u64,
}

impl Bounds {
    /// Of a workbook with so many items.
    #[must_use]
    pub fn of(items: u64) -> Self {
        let some = |free: u64, each: u64, most: u64| {
            free.saturating_add(items.saturating_mul(each)).min(most)
        };
        Self {
            sheet: some(16 << 20, 24 << 10, 512 << 20),
            part: some(8 << 20, 8 << 10, 64 << 20),
            inflated: some(24 << 20, 48 << 10, 768 << 20),
            texts: some(50_000, 64, 1_500_000),
            cells: some(200_000, 256, 120_000_000),
        }
    }
}

/// Folders of parts that no cell comes from: what document libraries, labels of
/// sensitivity, signatures and add-ins keep with a file.
const ASIDE: [&str; 5] = [
    "customxml/",
    "docmetadata/",
    "_xmlsignatures/",
    "xl/webextensions/",
    "[trash]/",
];

const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";

/// What was seen of a workbook that may be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vetted {
    /// Who saved it last, as its properties claim.
    pub saved_by: Option<String>,
    /// Whether any sheet has a formula.
    pub formulas: bool,
    /// Where links in its cells lead, mail addresses left out.
    pub links: BTreeSet<String>,
}

/// Looks at the parts of a workbook.
///
/// # Errors
/// Why it is not read, in words.
pub fn vet(bytes: &[u8], bounds: Bounds) -> Result<Vetted, String> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is larger than {} MiB", MOST_BYTES >> 20));
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return Err(
            "it is no .xlsx workbook (protected by a password, another format, or cut off)"
                .to_owned(),
        );
    }
    let listed = listed(bytes)
        .ok_or("it is no whole .xlsx workbook: the list of its parts is missing or cut off")?;
    if listed > MOST_PARTS {
        return Err(format!("it has more than {MOST_PARTS} parts"));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|e| format!("it is no whole .xlsx workbook: {e}"))?;
    if archive.len() != listed {
        return Err("it has parts of one name, or another number of them than it says".to_owned());
    }
    let mut names = BTreeSet::new();
    let mut vetted = Vetted::default();
    let mut inflated = 0;
    let mut main = false;
    let mut buffer = vec![0_u8; 64 << 10];
    for at in 0..archive.len() {
        let part = archive
            .by_index(at)
            .map_err(|e| format!("one of its parts cannot be read: {e}"))?;
        if part.encrypted() {
            return Err("a part of it is encrypted".to_owned());
        }
        let name = part
            .name()
            .map_err(|e| format!("one of its parts has no name: {e}"))?
            .into_owned();
        if name.len() > MOST_NAME {
            return Err("a part of it has a longer name than any has".to_owned());
        }
        forbidden(&name)?;
        if !names.insert(name.to_lowercase()) {
            return Err(format!("it has the part {name} twice"));
        }
        let lower = name.to_lowercase();
        let ends = |with: &[&str]| with.iter().any(|end| lower.strip_suffix(end).is_some());
        let sheet = lower.starts_with("xl/worksheets/") && ends(&[".xml"]);
        let most = if sheet { bounds.sheet } else { bounds.part };
        let packed = part.compressed_size().max(1);
        let xml = ends(&[".xml", ".rels", ".vml"]);
        let short = ends(&[".rels"])
            || matches!(lower.as_str(), "[content_types].xml" | "docprops/core.xml");
        let mut scan = Scan::of(ASIDE.iter().any(|folder| lower.starts_with(folder)));
        let mut kept = Vec::new();
        let mut size = 0_u64;
        let mut part = part;
        loop {
            let read = part
                .read(&mut buffer)
                .map_err(|e| format!("its part {name} cannot be inflated: {e}"))?;
            if read == 0 {
                break;
            }
            let chunk = buffer.get(..read).unwrap_or_default();
            size += read as u64;
            inflated += read as u64;
            if size > most || inflated > bounds.inflated || (short && size > MOST_SHORT) {
                return Err(format!(
                    "its part {name} becomes too large when it is inflated"
                ));
            }
            if size > FREE_OF_RATIO && size / packed > MOST_RATIO {
                return Err(format!(
                    "its part {name} becomes more than {MOST_RATIO} times larger when it is inflated"
                ));
            }
            if xml {
                scan.see(chunk);
                scan.bounds(bounds)
                    .map_err(|why| format!("its part {name} {why}"))?;
            }
            if short {
                kept.extend_from_slice(chunk);
            }
        }
        vetted.formulas |= scan.sheet && scan.formula;
        match lower.as_str() {
            "[content_types].xml" => main = content_types(&kept)?,
            "docprops/core.xml" => vetted.saved_by = saved_by(&kept),
            _ if ends(&[".rels"]) => relations(&name, &kept, &mut vetted.links)?,
            _ => {}
        }
    }
    if !main {
        return Err("it is no .xlsx workbook: its content types name no such".to_owned());
    }
    Ok(vetted)
}

/// How many parts the last list of parts says there are; lists of more than
/// 65,534 have no room for the number here.
fn listed(bytes: &[u8]) -> Option<usize> {
    const RECORD: usize = 22;
    let from = bytes.len().saturating_sub(RECORD + usize::from(u16::MAX));
    let tail = bytes.get(from..)?;
    let at = tail
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")?;
    let record = tail.get(at..)?;
    let number = |from: usize, bytes: usize| {
        let of = record.get(from..from + bytes)?;
        Some(of.iter().rev().fold(0_u64, |n, b| (n << 8) | u64::from(*b)))
    };
    // A record that does not stand behind its list is a false one: a reader would
    // go on looking for another.
    let end = number(16, 4)? + number(12, 4)?;
    if usize::try_from(end).ok()? != from + at {
        return None;
    }
    usize::try_from(number(10, 2)?).ok()
}

/// Refuses parts that act, or reach elsewhere.
fn forbidden(name: &str) -> Result<(), String> {
    let lower = name.to_lowercase();
    if name.contains("..") || name.starts_with('/') || name.contains('\\') || name.contains('\0') {
        return Err(format!("its part {name} has a name that leads elsewhere"));
    }
    for (word, what) in [
        ("vbaproject", "macros"),
        ("vbadata", "macros"),
        ("macrosheets/", "macros"),
        ("externallinks/", "links to other workbooks"),
        ("connections.xml", "connections to data elsewhere"),
        ("querytables/", "connections to data elsewhere"),
        ("embeddings/", "embedded files"),
        ("activex/", "controls that act"),
        ("ctrlprops/", "controls that act"),
        ("customui", "controls that act"),
        ("dialogsheets/", "dialogs"),
        ("model/", "a data model"),
    ] {
        if lower.contains(word) {
            return Err(format!("it holds {what} ({name})"));
        }
    }
    Ok(())
}

/// Whether the content types name a plain workbook.
fn content_types(xml: &[u8]) -> Result<bool, String> {
    let mut main = false;
    for (_, attributes) in elements(xml)? {
        for (key, value) in attributes {
            if key == "ContentType" {
                let lower = value.to_lowercase();
                if lower.contains("macroenabled") || lower.contains("vba") {
                    return Err("it is a workbook with macros".to_owned());
                }
                main |= value == MAIN;
            }
        }
    }
    Ok(main)
}

/// Refuses what reaches outside, except the links that a spreadsheet makes of
/// addresses by itself: nothing is ever asked of those.
fn relations(name: &str, xml: &[u8], links: &mut BTreeSet<String>) -> Result<(), String> {
    for (_, attributes) in elements(xml)? {
        let get = |key: &str| {
            let found = attributes.iter().find(|(k, _)| k == key);
            found.map_or("", |(_, v)| v.as_str())
        };
        let outside = get("TargetMode").eq_ignore_ascii_case("external");
        let link = get("Type").ends_with("/hyperlink");
        let target = get("Target").to_lowercase();
        // What is read must be what was looked at.
        let aside = [
            "/image",
            "/printerSettings",
            "/thumbnail",
            "/digital-signature/origin",
            "/digital-signature/certificate",
        ];
        let looked_at = [".xml", ".vml"].iter().any(|e| target.ends_with(e))
            || aside.iter().any(|kind| get("Type").ends_with(kind))
            || (link && target.starts_with('#'));
        if !looked_at && !outside && !get("Type").is_empty() {
            return Err(format!(
                "its part {name} leads to {target}, which is no XML"
            ));
        }
        if outside && !link {
            return Err(format!("it reaches outside: {name} has {}", get("Type")));
        }
        if outside && !get("Target").to_lowercase().starts_with("mailto:") && links.len() < 100 {
            links.insert(get("Target").chars().take(200).collect());
        }
    }
    Ok(())
}

/// An element: its name and attributes.
type Element = (String, Vec<(String, String)>);

/// Name and attributes of the elements of a short document.
fn elements(xml: &[u8]) -> Result<Vec<Element>, String> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let mut all = Vec::new();
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => return Ok(all),
            Ok(Event::Start(e) | Event::Empty(e)) => {
                let name = e.local_name().as_ref().to_owned();
                let mut attributes = Vec::new();
                for attribute in e.attributes() {
                    let attribute = attribute.map_err(|e| format!("it is no XML: {e}"))?;
                    let value = quick_xml::escape::unescape(&attribute.value)
                        .map_err(|e| format!("it is no XML: {e}"))?;
                    // One of another namespace is another attribute.
                    let key = attribute.key.as_ref().to_owned();
                    attributes.push((key, value.into_owned()));
                }
                all.push((name, attributes));
            }
            Ok(_) => {}
            Err(e) => return Err(format!("one of its parts is no XML: {e}")),
        }
        buffer.clear();
    }
}

/// Who saved it last, as the properties say: a claim, no proof.
fn saved_by(xml: &[u8]) -> Option<String> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut inside = false;
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Eof => return None,
            Event::Start(e) => inside = e.local_name().as_ref() == "lastModifiedBy",
            Event::Text(text) if inside => {
                let text = text.trim().to_owned();
                return (!text.is_empty()).then(|| text.chars().take(200).collect());
            }
            _ => {}
        }
        buffer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounds, vet};

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [&b""[..], b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"hello"] {
            assert!(vet(bytes, Bounds::of(10)).is_err());
        }
    }
}
