//! GitHub: members and teams from GraphQL answers, the rest from REST pages.

mod rest;
mod teams;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::context::Import;
use super::record::Record;
use super::sink::{Entities, Sink, contradicted, coverage, settle};
use super::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::writer::Cell;
use crate::fold::fold;

const MEMBERS: Shape = Shape {
    paths: &[&["data", "organization", "membersWithRole", "edges"]],
    bare: |_| false,
    known: &["node"],
};
const IDENTITIES: Shape = Shape {
    paths: &[
        &[
            "data",
            "organization",
            "samlIdentityProvider",
            "externalIdentities",
            "nodes",
        ],
        &[
            "data",
            "organization",
            "samlIdentityProvider",
            "externalIdentities",
            "edges",
        ],
    ],
    bare: no_provider,
    known: &["user", "samlIdentity", "node", "data"],
};

/// An organisation without single sign-on answers with a null provider.
fn no_provider(map: &Map<String, Value>) -> bool {
    map.get("data")
        .and_then(|d| d.get("organization"))
        .and_then(Value::as_object)
        .is_some_and(|o| o.get("samlIdentityProvider").is_some_and(Value::is_null))
}

#[derive(Clone, Debug, PartialEq)]
struct Member {
    login: String,
    role: Option<String>,
    two_factor: Option<bool>,
}

/// Reads every table of the source.
pub(in crate::collect) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DatasetError> {
    let file = "github/members.json";
    let mut members: Entities<Member> = Entities::default();
    let mut lost = 0_u64;
    let reading = import.exports.read(
        file,
        "github_member",
        &MEMBERS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, "github_member", problems);
            let login = r.object("node", |node| node.id("login")).flatten();
            let Some(login) = login else {
                lost += 1;
                return;
            };
            let member = Member {
                role: r.text("role"),
                two_factor: r.flag("hasTwoFactorEnabled"),
                login: login.clone(),
            };
            members.add(fold(&login), member, shown, "github_member", problems);
        },
    );
    let mut covered = coverage("github_member")?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no login."),
        );
    }
    super::sink::counted(&mut covered, &reading, members.len(), file);
    let keys = members.keys();
    let names = identities(import, sink, &keys)?;
    let referred = teams::import(import, sink, &keys)?;
    let absent = referred.iter().filter(|l| keys.get(l).is_none()).count();
    contradicted(&mut covered, members.len(), referred.len(), absent);
    sink.write(
        covered,
        members.iter().zip(0..).map(|((folded, m), key)| {
            let name = names
                .get(folded)
                .filter(|n| n.len() == 1)
                .and_then(|n| n.first());
            vec![
                Cell::Key(key),
                Cell::Text(m.login.clone()),
                Cell::Text(folded.clone()),
                Cell::text(m.role.clone()),
                Cell::flag(m.two_factor),
                Cell::text(name.cloned()),
            ]
        }),
    )?;
    rest::import(import, sink)
}

/// Login and name id of an identity; nobody is linked to it where `user` is null.
fn identity(r: &mut Record<'_>) -> (Option<String>, Option<String>) {
    r.must("user");
    r.must("samlIdentity");
    let login = r.object("user", |user| user.id("login")).flatten();
    let name = r
        .object("samlIdentity", |saml| {
            saml.must("nameId");
            saml.text("nameId")
        })
        .flatten();
    (login, name)
}

/// SAML identities; gives the name ids of each login.
fn identities(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    members: &super::sink::Keys,
) -> Result<BTreeMap<String, BTreeSet<String>>, DatasetError> {
    const TABLE: &str = "github_saml_identity";
    let file = "github/saml-identities.json";
    let mut rows: BTreeSet<(Option<i32>, Option<String>, Option<String>)> = BTreeSet::new();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let reading = import.exports.read(
        file,
        TABLE,
        &IDENTITIES,
        &mut |spot, map, shown, problems| {
            if map.contains_key("data") {
                return;
            }
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let (login, name) = if r.has("node") {
                r.object("node", identity).unwrap_or_default()
            } else {
                identity(&mut r)
            };
            if let (Some(login), Some(name)) = (&login, &name) {
                names.entry(fold(login)).or_default().insert(name.clone());
            }
            let key = login.as_deref().and_then(|l| members.get(&fold(l)));
            rows.insert((key, login, name));
        },
    );
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    sink.write(
        covered,
        rows.into_iter().map(|(key, login, name)| {
            vec![
                Cell::key(key),
                Cell::text(login.clone()),
                Cell::folded(login.as_deref()),
                Cell::text(name.clone()),
                Cell::folded(name.as_deref()),
            ]
        }),
    )?;
    Ok(names)
}
