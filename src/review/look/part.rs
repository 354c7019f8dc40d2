//! Walking through the parts of a workbook, none of which is kept.

use std::io::{BufReader, Cursor};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

pub(super) type Parts<'a> = ZipArchive<Cursor<&'a [u8]>>;

pub(super) fn unclear(why: &str) -> String {
    format!("it cannot be told how it looks: {why}")
}

/// A relation of a part.
pub(super) struct Relation {
    pub(super) id: String,
    /// The last part of its type.
    pub(super) kind: String,
    pub(super) target: String,
}

/// Where a part keeps its relations.
pub(super) fn relations_of(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

pub(super) fn relations(parts: &mut Parts<'_>, part: &str, folder: &str) -> Result<Vec<Relation>, String> {
    let mut all = Vec::new();
    walk(parts, part, &mut |event| {
        if let Seen::Element(e, _) = event
            && e.local_name().as_ref() == "Relationship"
        {
            let [id, kind, target] = attributes(e, ["Id", "Type", "Target"])?;
            let kind = kind.unwrap_or_default();
            all.push(Relation {
                id: id.unwrap_or_default(),
                kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                target: resolved(folder, &target.unwrap_or_default()),
            });
        }
        Ok(())
    })?;
    Ok(all)
}

/// The name of a part that a relation of a folder leads to.
pub(super) fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut all: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                all.pop();
            }
            step => all.push(step),
        }
    }
    all.join("/")
}

/// What a walk through a part comes by.
pub(super) enum Seen<'a> {
    /// A tag that begins an element, and whether nothing is in it.
    Element(&'a BytesStart<'a>, bool),
    /// The local name of an element that ends.
    End(&'a str),
}

/// The place of a part, whatever its case.
pub(super) fn there(parts: &Parts<'_>, part: &str) -> Option<usize> {
    parts.index_for_name(part).or_else(|| {
        let wanted = part.to_lowercase();
        (0..parts.len()).find(|at| {
            let name = parts.name_for_index(*at);
            name.is_some_and(|n| n.to_lowercase() == wanted)
        })
    })
}

/// Walks through the elements of a part; nothing of it is kept.
pub(super) fn walk(
    parts: &mut Parts<'_>,
    part: &str,
    see: &mut dyn FnMut(Seen<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let at = there(parts, part).ok_or_else(|| unclear(&format!("its part {part} is missing")))?;
    let file = parts
        .by_index(at)
        .map_err(|e| unclear(&format!("its part {part}: {e}")))?;
    let mut reader = Reader::from_reader(BufReader::new(file));
    // However deep it goes, only the reader of cells needs to know.
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        let event = reader.read_event_into(&mut buffer);
        match event.map_err(|e| unclear(&format!("its part {part}: {e}")))? {
            Event::Eof => return Ok(()),
            Event::Start(e) => see(Seen::Element(&e, false))?,
            Event::Empty(e) => see(Seen::Element(&e, true))?,
            Event::End(e) => see(Seen::End(e.local_name().as_ref()))?,
            _ => {}
        }
        buffer.clear();
    }
}

/// The values of some attributes, none of them in a namespace.
pub(super) fn attributes<const N: usize>(
    e: &BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<String>; N], String> {
    let mut found = [const { None }; N];
    for attribute in e.attributes() {
        let attribute = attribute.map_err(|e| unclear(&e.to_string()))?;
        let key: &str = attribute.key.as_ref();
        for (name, slot) in names.iter().zip(&mut found) {
            if key == *name {
                let value = quick_xml::escape::unescape(&attribute.value)
                    .map_err(|e| unclear(&e.to_string()))?;
                *slot = Some(value.into_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn targets_are_resolved_like_paths() {
        for (folder, target, part) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/styles.xml", "xl/styles.xml"),
            ("xl/worksheets", "../tables/table1.xml", "xl/tables/table1.xml"),
            ("", "xl/workbook.xml", "xl/workbook.xml"),
        ] {
            assert_eq!(resolved(folder, target), part);
        }
    }
}
