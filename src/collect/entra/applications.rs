//! Applications with their owners and credentials, and service principals.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::edges::kind_of;
use super::{Referred, no_id, pages};
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Keys, Sink, coverage, settle};
use crate::collect::walk::Shape;
use crate::collect::{Import, counted};
use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::writer::Cell;

/// An expanded list of Graph stops here without saying so.
const EXPANDED_AT_MOST: usize = 20;

const APPLICATIONS: Shape = pages(&[
    "appId",
    "displayName",
    "passwordCredentials",
    "keyCredentials",
    "owners",
]);
const PRINCIPALS: Shape = pages(&["appId", "displayName", "accountEnabled"]);

/// Id and kind of an owner.
type Owner = (String, Option<String>);

#[derive(Clone, Debug, PartialEq)]
struct Application {
    app_id: Option<String>,
    name: Option<String>,
    created: Option<DateTime<Utc>>,
    owners: Vec<Owner>,
    credentials: Vec<Credential>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Credential {
    key_id: Option<String>,
    kind: &'static str,
    name: Option<String>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
}

/// Owners with their kind; `None` in place of one that could not be read.
fn owners_of(r: &mut Record<'_>) -> Option<Vec<Option<Owner>>> {
    // Some exports keep the ids alone.
    let ids = r.list("owners")?;
    if !ids.is_empty() && ids.iter().all(|owner| owner.is_string()) {
        let ids = r.texts("owners")?;
        return Some(ids.into_iter().map(|id| Some((id, None))).collect());
    }
    r.each("owners", |owner| {
        let id = owner.id("id")?;
        Some((id, owner.text("@odata.type").map(|kind| kind_of(&kind))))
    })
}

/// A credential: every one has a beginning and an end, so one without is of
/// another form, and never one that does not end.
fn credential(r: &mut Record<'_>, kind: &'static str) -> Credential {
    Credential {
        key_id: r.text("keyId"),
        kind,
        name: r.text("displayName"),
        start: r.must_time("startDateTime"),
        end: r.must_time("endDateTime"),
    }
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    users: &Keys,
    referred: &mut Referred,
) -> Result<(), DatasetError> {
    let file = "entra/applications.json";
    let mut all: Entities<Application> = Entities::default();
    let (mut unexpanded, mut cut, mut bare) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut lost = 0;
    let mut reading = import.exports.read(
        file,
        "entra_application",
        &APPLICATIONS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, "entra_application", problems);
            // Some exports select the client id alone.
            let id = if r.has("id") {
                r.id("id")
            } else {
                r.id("appId")
            };
            let Some(id) = id else {
                lost += 1;
                return;
            };
            let mut owners = Vec::new();
            // The live collector says when it asked for the whole list.
            let whole = r.flag("owners@read.whole") == Some(true);
            let further = r.has("owners@odata.nextLink");
            match owners_of(&mut r.of("entra_application_owner")) {
                None => unexpanded.push(id.clone()),
                Some(list) => {
                    if !whole && list.len() == EXPANDED_AT_MOST
                        || further
                        || list.iter().any(Option::is_none)
                    {
                        cut.push(id.clone());
                    }
                    owners.extend(list.into_iter().flatten());
                }
            }
            owners.sort();
            owners.dedup();
            owners.dedup_by(|next, first| {
                let again = next.0 == first.0;
                if again {
                    r.of("entra_application_owner").twice(&next.0);
                }
                again
            });
            let mut credentials = Vec::new();
            for (key, kind) in [
                ("passwordCredentials", "password"),
                ("keyCredentials", "certificate"),
            ] {
                let mut r = r.of("entra_credential");
                match r.each(key, |c| credential(c, kind)) {
                    Some(list) => credentials.extend(list),
                    None => {
                        bare.insert(id.clone());
                    }
                }
            }
            credentials.sort();
            credentials.dedup();
            credentials.dedup_by(|next, first| {
                let again = next.key_id.is_some()
                    && (&next.key_id, next.kind) == (&first.key_id, first.kind);
                if let Some(id) = next.key_id.as_deref().filter(|_| again) {
                    r.of("entra_credential").twice(id);
                }
                again
            });
            let application = Application {
                app_id: r.text("appId"),
                name: r.text("displayName"),
                created: r.time("createdDateTime"),
                owners,
                credentials,
            };
            all.add(id, application, shown, "entra_application", problems);
        },
    );
    no_id(&mut reading, lost, file);
    if reading.found {
        import.places.insert(("entra_credential", String::new()));
    }

    let mut covered = coverage("entra_application")?;
    settle(&mut covered, &reading, file);
    counted(&mut covered, &reading, all.len(), file);
    sink.write(
        covered,
        all.iter().zip(0..).map(|((id, a), key)| {
            // Without a name the id of the client stands for it: no credential goes unseen.
            let registered = a
                .name
                .as_ref()
                .or(a.app_id.as_ref())
                .map(|n| format!("entra/{n}"));
            vec![
                Cell::Key(key),
                Cell::Text(id.clone()),
                Cell::text(a.app_id.clone()),
                Cell::text(a.name.clone()),
                Cell::folded(a.name.as_deref()),
                Cell::time(a.created),
                Cell::text(registered.clone()),
                Cell::folded(registered.as_deref()),
                Cell::Null,
            ]
        }),
    )?;

    let mut covered = coverage("entra_application_owner")?;
    settle(&mut covered, &reading, file);
    if !unexpanded.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "{} applications were exported without their owners; expand `owners`.",
                unexpanded.len()
            ),
        );
    }
    if !cut.is_empty() {
        covered.worsen(State::Partial, format!("{} applications list exactly {EXPANDED_AT_MOST} owners or name a further page: an expanded list stops there, so some may be missing.", cut.len()));
    }
    covered.scope = unexpanded.into_iter().chain(cut).collect();
    let mut edges = BTreeSet::new();
    for ((_, a), key) in all.iter().zip(0..) {
        for (id, kind) in &a.owners {
            let user = users.get(id);
            let kind = kind.clone().or_else(|| user.map(|_| "user".to_owned()));
            if kind.as_deref() == Some("user") {
                referred.users.insert(id.clone());
            }
            edges.insert((key, user, user.is_none().then(|| id.clone()), kind));
        }
    }
    sink.write(
        covered,
        edges.into_iter().map(|(application, user, id, kind)| {
            vec![
                Cell::Key(application),
                Cell::key(user),
                Cell::text(id),
                Cell::text(kind),
            ]
        }),
    )?;

    let mut covered = coverage("entra_credential")?;
    settle(&mut covered, &reading, file);
    if !bare.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "{} applications were exported without their credentials.",
                bare.len()
            ),
        );
    }
    covered.scope = bare.into_iter().collect();
    sink.write(
        covered,
        all.iter().zip(0..).flat_map(|((_, a), key)| {
            a.credentials.iter().map(move |c| {
                vec![
                    Cell::Key(key),
                    Cell::text(c.key_id.clone()),
                    Cell::Text(c.kind.to_owned()),
                    Cell::text(c.name.clone()),
                    Cell::time(c.start),
                    Cell::time(c.end),
                    Cell::int(
                        c.start
                            .zip(c.end)
                            .map(|(start, end)| (end - start).num_seconds()),
                    ),
                ]
            })
        }),
    )?;
    principals(import, sink)
}

fn principals(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    const TABLE: &str = "entra_service_principal";
    let file = "entra/service-principals.json";
    let mut all: Entities<(Option<String>, Option<String>, Option<bool>)> = Entities::default();
    let mut lost = 0;
    let mut reading = import.exports.read(
        file,
        TABLE,
        &PRINCIPALS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(id) = r.id("id") else {
                lost += 1;
                return;
            };
            let row = (
                r.text("appId"),
                r.text("displayName"),
                r.flag("accountEnabled"),
            );
            all.add(id, row, shown, TABLE, problems);
        },
    );
    no_id(&mut reading, lost, file);
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    counted(&mut covered, &reading, all.len(), file);
    sink.write(
        covered,
        all.iter()
            .zip(0..)
            .map(|((id, (app, name, enabled)), key)| {
                vec![
                    Cell::Key(key),
                    Cell::Text(id.clone()),
                    Cell::text(app.clone()),
                    Cell::text(name.clone()),
                    Cell::flag(*enabled),
                ]
            }),
    )
}
