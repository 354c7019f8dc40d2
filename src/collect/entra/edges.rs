//! Members and owners of groups: one file per group.

use std::collections::{BTreeMap, BTreeSet};

use super::{Referred, pages};
use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Keys, Sink, coverage};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;

/// Members are printed with their id alone, unless more is asked for.
const PRINCIPALS: Shape = pages(&["id"]);

/// What is known before edges are read.
pub(super) struct Place<'a> {
    pub users: &'a Keys,
    pub groups: &'a Keys,
    /// Groups whose files must be there.
    pub required: &'a BTreeSet<String>,
    /// Whether the list of groups is complete.
    pub groups_known: bool,
}

/// The kind of a directory object: `#microsoft.graph.user`, or `User` elsewhere.
pub(super) fn kind_of(kind: &str) -> String {
    let kind = kind.trim_start_matches("#microsoft.graph.");
    let mut letters = kind.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

/// Group, then what it holds: user key, other id, kind.
type Edges = BTreeSet<(i32, Option<i32>, Option<String>, Option<String>)>;

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    place: &Place<'_>,
    referred: &mut Referred,
) -> Result<(), DatasetError> {
    let (covered, edges, nested) = read(
        import,
        place,
        "entra_group_member",
        "entra/group-members",
        place.required,
        true,
        referred,
    )?;
    write(sink, covered, edges)?;
    let mut required = place.required.clone();
    required.extend(nested);
    let (covered, edges, _) = read(
        import,
        place,
        "entra_group_owner",
        "entra/group-owners",
        &required,
        false,
        referred,
    )?;
    write(sink, covered, edges)
}

fn write(sink: &mut Sink<'_>, covered: Coverage, edges: Edges) -> Result<(), DatasetError> {
    sink.write(
        covered,
        edges.into_iter().map(|(group, user, id, kind)| {
            vec![
                Cell::Key(group),
                Cell::key(user),
                Cell::text(id),
                Cell::text(kind),
            ]
        }),
    )
}

fn read(
    import: &mut Import<'_>,
    place: &Place<'_>,
    table: &'static str,
    folder: &str,
    required: &BTreeSet<String>,
    follow: bool,
    referred: &mut Referred,
) -> Result<(Coverage, Edges, BTreeSet<String>), DatasetError> {
    let mut covered = coverage(table)?;
    let mut edges = Edges::new();
    let mut nested = BTreeSet::new();
    let files = import.exports.list(folder, ".json");
    // What is called neither like a group that is known nor like an id is no list of
    // anybody's members: it stays among the files that were not read.
    let files: Vec<String> = files
        .into_iter()
        .filter(|name| place.groups.get(name).is_some() || is_object_id(name))
        .collect();
    let mut by_id: BTreeMap<String, String> = BTreeMap::new();
    for name in &files {
        if by_id.insert(name.to_lowercase(), name.clone()).is_some() {
            covered.worsen(
                State::Partial,
                format!("{folder}/ holds two files for the group {name}: which one is meant cannot be told."),
            );
        }
    }
    if !place.groups_known {
        let state = if files.is_empty() {
            State::Failed
        } else {
            State::Partial
        };
        covered.worsen(
            state,
            "The list of groups is not complete, so which groups had to be read is not known.",
        );
    }
    let mut waiting: Vec<String> = required.iter().cloned().collect();
    waiting.extend(files.iter().filter(|f| !required.contains(*f)).cloned());
    waiting.reverse();
    let mut done = BTreeSet::new();
    let mut missing = BTreeSet::new();
    let mut others = 0;
    let mut cut = Vec::new();
    while let Some(id) = waiting.pop() {
        if !done.insert(id.to_lowercase()) {
            continue;
        }
        let Some(name) = by_id.get(&id.to_lowercase()) else {
            missing.insert(id);
            continue;
        };
        let file = format!("{folder}/{name}.json");
        let group = place.groups.get(&id);
        if group.is_none() {
            referred.groups.insert(id.clone());
        }
        let mut held = 0_usize;
        let mut inner = Vec::new();
        let mut nameless = 0;
        let mut here: Entities<Option<String>> = Entities::default();
        let reading = import.exports.read(
            &file,
            table,
            &PRINCIPALS,
            &mut |spot, map, shown, problems| {
                let mut r = Record::new(map, spot, shown, table, problems);
                let Some(member) = r.id("id") else {
                    nameless += 1;
                    return;
                };
                held += 1;
                let user = place.users.get(&member);
                let kind = r
                    .text("@odata.type")
                    .map(|t| kind_of(&t))
                    .or_else(|| user.map(|_| "user".to_owned()))
                    // Printed with its id alone, it is what has that id.
                    .or_else(|| place.groups.get(&member).map(|_| "group".to_owned()));
                here.add(member, kind, shown, table, problems);
            },
        );
        for (member, kind) in here.iter() {
            match kind.as_deref() {
                Some("group") => {
                    inner.push(member.clone());
                    referred.groups.insert(member.clone());
                }
                Some("user") => {
                    referred.users.insert(member.clone());
                }
                _ => {}
            }
            let user = place.users.get(member);
            match group {
                Some(group) => {
                    let other = user.is_none().then(|| member.clone());
                    edges.insert((group, user, other, kind.clone()));
                }
                None => others += 1,
            }
        }
        reading.settle(&mut covered);
        if nameless > 0 {
            covered.worsen(
                State::Partial,
                format!("{nameless} records of {file} have no id."),
            );
        }
        if let Some(count) = reading.count
            && count > held as u64
        {
            covered.worsen(
                State::Partial,
                format!("The source counted {count} objects and {file} holds {held}."),
            );
            cut.push(id.clone());
        }
        if reading.state() != State::Complete {
            cut.push(id.clone());
        }
        if follow && (required.contains(&id) || nested.contains(&id)) {
            for id in inner {
                nested.insert(id.clone());
                if !required.contains(&id) {
                    waiting.push(id);
                }
            }
        }
    }
    covered.exclude("the group is not in entra/groups.json", others);
    if !missing.is_empty() {
        let state = if files.is_empty() {
            State::Failed
        } else {
            State::Partial
        };
        covered.worsen(
            state,
            format!(
                "{} of the groups that must be read have no file in {folder}/: {}.",
                missing.len(),
                crate::collect::some_of(&missing)
            ),
        );
    }
    covered.scope = missing.into_iter().chain(cut).collect();
    covered.scope.sort();
    covered.scope.dedup();
    Ok((covered, edges, nested))
}

/// Whether a name has the form of an object id.
fn is_object_id(name: &str) -> bool {
    uuid::Uuid::try_parse(name).is_ok() && name.len() == uuid::fmt::Hyphenated::LENGTH
}
