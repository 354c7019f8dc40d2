//! Pages of Graph: which records they hold, which of them have no id, and which
//! users and groups they refer to.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::collect::form::has;
use crate::collect::import::reading::{Defect, Reading};
use crate::collect::import::walk::Shape;
use crate::dataset::coverage::State;

/// A Graph collection whose records have one of these members.
pub(super) const fn pages(known: &'static [&'static str]) -> Shape {
    Shape {
        paths: &[&["value"]],
        bare: has_id,
        known,
    }
}

pub(super) fn has_id(map: &Map<String, Value>) -> bool {
    has(map, "id") && !map.contains_key("error")
}

/// What the tables of the directory refer to.
#[derive(Debug, Default)]
pub(super) struct Referred {
    pub users: BTreeSet<String>,
    pub groups: BTreeSet<String>,
}

/// Records without an id are lost: what they are is not known.
pub(super) fn no_id(reading: &mut Reading, lost: u64, file: &str) {
    if lost > 0 {
        reading.defects.push(Defect::new(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        ));
    }
}
