//! Controls of the frameworks that rules map to: ids, and titles in our own words.
//!
//! One file per framework in `reports/frameworks/`; they ship in the binary.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// One control.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Framework, as the header of a rule writes it.
    pub framework: String,
    /// Id within the framework.
    pub control: String,
    /// What it asks for.
    pub title: String,
    /// Version of the framework.
    pub version: String,
    /// Document that it comes from.
    pub source: String,
}

static CONTROLS: LazyLock<Vec<Control>> = LazyLock::new(|| {
    let rows = |text: &'static str| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        // A test holds every row; one that cannot be read is a title less.
        reader.deserialize().flatten().collect::<Vec<Control>>()
    };
    crate::embedded::FRAMEWORKS
        .iter()
        .flat_map(|(_, text)| rows(text))
        .collect()
});

static TITLES: LazyLock<BTreeMap<(&str, &str), &str>> = LazyLock::new(|| {
    CONTROLS
        .iter()
        .map(|c| ((c.framework.as_str(), c.control.as_str()), c.title.as_str()))
        .collect()
});

/// Every control, framework by framework.
#[must_use]
pub fn controls() -> &'static [Control] {
    &CONTROLS
}

/// The title of a control; `None` when the framework or the id is not known.
#[must_use]
pub fn title(framework: &str, control: &str) -> Option<&'static str> {
    TITLES.get(&(framework, control)).copied()
}

/// What is wrong with the controls of a rule, as sentences. Frameworks that do
/// not ship are the organisation's own, and so are their ids.
#[must_use]
pub fn problems(controls: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (framework, ids) in controls {
        let known = || CONTROLS.iter().filter(|c| c.framework == *framework);
        if known().next().is_none() {
            continue;
        }
        for id in ids.iter().filter(|id| title(framework, id).is_none()) {
            let hint = crate::sqlfile::nearest(id, known().map(|c| c.control.as_str()));
            found.push(format!("{framework} has no control {id}{hint}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Control, controls, problems};

    /// Runs of digits compare as numbers, everything else by its bytes.
    fn natural(id: &str) -> Vec<(bool, u64, String)> {
        let mut parts: Vec<(bool, String)> = Vec::new();
        for letter in id.chars() {
            let digit = letter.is_ascii_digit();
            match parts.last_mut() {
                Some((is_digit, part)) if *is_digit == digit => part.push(letter),
                _ => parts.push((digit, letter.to_string())),
            }
        }
        parts
            .into_iter()
            .map(|(digit, part)| {
                let number = if digit {
                    part.parse().expect("digits")
                } else {
                    0
                };
                (!digit, number, if digit { String::new() } else { part })
            })
            .collect()
    }

    #[test]
    fn files_are_sorted_unique_and_written_plainly() {
        let mut rows = 0;
        for (path, text) in crate::embedded::FRAMEWORKS {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let all: Vec<Control> = reader
                .deserialize()
                .collect::<Result<_, _>>()
                .unwrap_or_else(|e| panic!("{path}: {e}"));
            rows += all.len();
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer
                .write_record(["framework", "control", "title", "version", "source"])
                .expect("a header");
            for c in &all {
                writer
                    .write_record([&c.framework, &c.control, &c.title, &c.version, &c.source])
                    .expect("a row");
            }
            let written = String::from_utf8(writer.into_inner().expect("bytes")).expect("UTF-8");
            assert_eq!(&written, text, "{path}");
            let name = format!(
                "reports/frameworks/{}.csv",
                all[0].framework.replace(':', "-")
            );
            assert_eq!(*path, name);
            for c in &all {
                let (first, len) = (&all[0], c.title.chars().count());
                assert_eq!(
                    (&c.framework, &c.version, &c.source),
                    (&first.framework, &first.version, &first.source)
                );
                assert!((1..=100).contains(&len), "{path} {}: {len}", c.control);
                assert_eq!(c.title.trim(), c.title);
                assert!(!c.title.ends_with('.') && !c.title.contains('\n'));
            }
            for pair in all.windows(2) {
                let (a, b) = (natural(&pair[0].control), natural(&pair[1].control));
                assert!(a < b, "{path}: {} {}", pair[0].control, pair[1].control);
            }
            let titles: BTreeSet<&str> = all.iter().map(|c| c.title.as_str()).collect();
            assert_eq!(titles.len(), all.len(), "{path}: a title stands twice");
        }
        assert_eq!(rows, controls().len());
    }

    #[test]
    fn an_id_that_is_none_is_told_with_the_nearest() {
        let own = |framework: &str, id: &str| {
            problems(&[(framework.to_owned(), vec![id.to_owned()])].into())
        };
        let found = own("nist-800-53r5", "AC-2(33)");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("AC-2(33)"), "{found:?}");
        assert_eq!(own("acme-policy", "7"), Vec::<String>::new());
    }
}
