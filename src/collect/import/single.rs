//! Tells whether what should be of one directory, instance or organisation is of
//! several: names of two stores say nothing about each other.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::dataset::coverage::{Coverage, State};

/// What there should be one of, and all that were met.
#[derive(Debug)]
pub(crate) struct Single {
    what: &'static str,
    /// Where each was met first.
    met: BTreeMap<String, String>,
}

impl Single {
    /// There should be one of `what`, in the plural: identity stores.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            met: BTreeMap::new(),
        }
    }

    /// Notes that a record belongs to one of them.
    pub(crate) fn met(&mut self, id: &str, file: &str, position: impl Display) {
        if !self.met.contains_key(id) {
            self.met.insert(id.to_owned(), format!("{file} {position}"));
        }
    }

    /// Says once that there are several, and with which ids: in the first table.
    /// None of the tables is complete then, because each mixes them.
    pub(crate) fn settle(&self, tables: &mut [&mut Coverage]) {
        if self.met.len() < 2 {
            return;
        }
        let mut named: Option<String> = None;
        for covered in tables {
            let reason = match &named {
                None => self.to_string(),
                Some(first) => format!("The rows are of several {}: see table {first}.", self.what),
            };
            named.get_or_insert_with(|| covered.table.clone());
            covered.worsen(State::Partial, reason);
        }
    }
}

impl Display for Single {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        let shown: Vec<String> = self
            .met
            .iter()
            .take(SHOWN)
            .map(|(id, place)| {
                format!(
                    "{} (first at {})",
                    crate::collect::words::shown(id),
                    crate::collect::words::shown(place)
                )
            })
            .collect();
        let more = match self.met.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        write!(
            f,
            "The export is of {} {}, whose names say nothing about each other: {}{more}. Export each into a folder of its own.",
            match self.met.len() {
                2 => "two".to_owned(),
                n => n.to_string(),
            },
            self.what,
            shown.join(", "),
        )
    }
}
