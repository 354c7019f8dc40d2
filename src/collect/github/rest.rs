//! Secrets, tokens, installations, collaborators and the audit log: REST pages.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::form::has;
use crate::collect::input::Reading;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Sink, Whose, coverage, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::fold::fold;

const SECRETS: Shape = Shape {
    paths: &[&["secrets"]],
    bare: |m| has(m, "name"),
    known: &["name"],
};
const INSTALLATIONS: Shape = Shape {
    paths: &[&["installations"]],
    bare: |m| has(m, "app_slug"),
    known: &["app_slug", "app_id"],
};
const COLLABORATORS: Shape = list(&["login"]);
const EVENTS: Shape = list(&["action", "@timestamp"]);
const KEYS: Shape = list(&["title", "key", "read_only"]);
const TOKENS: Shape = list(&["token_name", "token_id", "owner"]);

/// An array of records.
const fn list(known: &'static [&'static str]) -> Shape {
    Shape {
        paths: &[],
        bare: |_| true,
        known,
    }
}

type Row = Vec<Cell>;

pub(super) fn import(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    secrets(import, sink)?;
    tokens(import, sink)?;
    simple(
        import,
        sink,
        "github_app_installation",
        "github/installations.json",
        &INSTALLATIONS,
        |r| {
            Some((
                r.id("id")?,
                vec![
                    Cell::text(r.text("app_slug")),
                    Cell::text(r.text("repository_selection")),
                    Cell::time(r.time("created_at")),
                    Cell::time(r.time("suspended_at")),
                ],
            ))
        },
    )?;
    simple(
        import,
        sink,
        "github_outside_collaborator",
        "github/outside-collaborators.json",
        &COLLABORATORS,
        |r| {
            let login = r.id("login")?;
            let folded = fold(&login);
            Some((login, vec![Cell::Text(folded)]))
        },
    )?;
    simple(
        import,
        sink,
        "github_audit_event",
        "github/audit-log.json",
        &EVENTS,
        |r| {
            let at = if r.has("@timestamp") {
                r.time("@timestamp")
            } else {
                r.must_time("created_at")
            };
            r.must("action");
            let team = r
                .text("team")
                .map(|t| t.rsplit('/').next().unwrap_or_default().to_owned());
            let user = r.text("user");
            Some((
                r.id("_document_id")?,
                vec![
                    Cell::text(r.text("action")),
                    Cell::time(at),
                    Cell::text(r.text("actor")),
                    Cell::text(user.clone()),
                    Cell::folded(user.as_deref()),
                    Cell::text(team.clone()),
                    Cell::folded(team.as_deref()),
                ],
            ))
        },
    )?;
    deploy_keys(import, sink)
}

/// Deploy keys: one file per repository.
fn deploy_keys(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    const TABLE: &str = "github_deploy_key";
    const FOLDER: &str = "github/deploy-keys";
    let mut covered = coverage(TABLE)?;
    let mut rows: Vec<Row> = Vec::new();
    let repositories = repositories(import, FOLDER);
    for repository in &repositories {
        let file = format!("{FOLDER}/{repository}.json");
        let mut lost = 0_u64;
        let mut here: Entities<Row> = Entities::default();
        let reading =
            import
                .exports
                .read(&file, TABLE, &KEYS, &mut |spot, map, shown, problems| {
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let Some(id) = r.id("id") else {
                        lost += 1;
                        return;
                    };
                    let cells = vec![
                        Cell::Text(id.clone()),
                        Cell::Text(repository.clone()),
                        Cell::text(r.text("title")),
                        Cell::flag(r.flag("read_only")),
                        Cell::time(r.time("created_at")),
                        Cell::time(r.time("last_used")),
                    ];
                    here.add(id, cells, shown, TABLE, problems);
                });
        settle(&mut covered, &reading, &file);
        incomplete(&mut covered, &reading, here.len(), lost, &file);
        rows.extend(here.into_values());
    }
    if repositories.is_empty() {
        covered.worsen(
            State::Skipped,
            "Deploy keys are read of the repositories that sources.github.repositories names.",
        );
    }
    sink.write(covered, rows)
}

/// A table whose rows are an id and what follows it, from one file.
fn simple(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    table: &'static str,
    file: &str,
    shape: &Shape,
    row: impl Fn(&mut Record<'_>) -> Option<(String, Row)>,
) -> Result<(), DatasetError> {
    let mut rows: Entities<Row> = Entities::default();
    let mut lost = 0_u64;
    let mut organisations = organisations(import);
    let reading = import
        .exports
        .read(file, table, shape, &mut |spot, map, shown, problems| {
            if let Some(name) = organisation_of(map) {
                organisations.note(&fold(name), shown);
            }
            match row(&mut Record::new(map, spot, shown, table, problems)) {
                Some((id, cells)) => rows.add(id, cells, shown, table, problems),
                None => lost += 1,
            }
        });
    let mut covered = coverage(table)?;
    settle(&mut covered, &reading, file);
    organisations.judge(&mut covered);
    incomplete(&mut covered, &reading, rows.len(), lost, file);
    sink.write(
        covered,
        rows.iter().map(|(id, cells)| {
            let mut row = vec![Cell::Text(id.clone())];
            row.extend(cells.iter().cloned());
            row
        }),
    )
}

/// The organisation of the configuration, beside which no other belongs.
fn organisations(import: &Import<'_>) -> Whose {
    let mut organisations = Whose::new("organisations");
    if let Some(name) = &import.config.github.organisation {
        organisations.note(&fold(name), "the configuration");
    }
    organisations
}

/// The organisation that a record says it is of, where it says so.
fn organisation_of(map: &Map<String, Value>) -> Option<&str> {
    let login = |key: &str| map.get(key)?.get("login")?.as_str();
    let event = map.get("org").and_then(Value::as_str);
    event.or_else(|| login("organization"))
}

/// Files of repositories, which lie in OWNER/REPO.json; others stay unread.
fn repositories(import: &Import<'_>, folder: &str) -> Vec<String> {
    let mut names = import.exports.list(folder, ".json");
    names.retain(|name| {
        name.split_once('/')
            .is_some_and(|(owner, repository)| !owner.is_empty() && !repository.contains('/'))
    });
    names
}

fn incomplete(covered: &mut Coverage, reading: &Reading, distinct: usize, lost: u64, file: &str) {
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no id."),
        );
    }
    crate::collect::counted(covered, reading, distinct, file);
}

/// Scope, owner, name, visibility, and when it was made and changed.
type Secret = (
    &'static str,
    String,
    String,
    Option<String>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

/// Organisation secrets and those of repositories.
fn secrets(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    const TABLE: &str = "github_secret";
    let organisation = import.config.github.organisation.clone();
    let owner = organisation.unwrap_or_else(|| "organisation".to_owned());
    let mut files = vec![("github/org-secrets.json".to_owned(), "organisation", owner)];
    let mut organisations = organisations(import);
    for name in repositories(import, "github/repo-secrets") {
        if let Some((owner, _)) = name.split_once('/') {
            organisations.note(&fold(owner), "github/repo-secrets");
        }
        files.push((
            format!("github/repo-secrets/{name}.json"),
            "repository",
            name,
        ));
    }
    let mut covered = coverage(TABLE)?;
    let mut rows = BTreeSet::new();
    let mut any = false;
    for (file, scope, owner) in files {
        let mut here: Entities<Secret> = Entities::default();
        let mut lost = 0_u64;
        let reading =
            import
                .exports
                .read(&file, TABLE, &SECRETS, &mut |spot, map, shown, problems| {
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let Some(name) = r.id("name") else {
                        lost += 1;
                        return;
                    };
                    let (visibility, created, updated) = (
                        r.text("visibility"),
                        r.time("created_at"),
                        r.time("updated_at"),
                    );
                    let secret = (
                        scope,
                        owner.clone(),
                        name.clone(),
                        visibility,
                        created,
                        updated,
                    );
                    here.add(name, secret, shown, TABLE, problems);
                });
        if reading.found {
            import.places.insert((TABLE, owner));
            any = true;
            reading.settle(&mut covered);
            incomplete(&mut covered, &reading, here.len(), lost, &file);
            rows.extend(here.into_values());
        }
    }
    organisations.judge(&mut covered);
    if !any {
        crate::collect::sink::missing(&mut covered, "github/org-secrets.json");
    }
    sink.write(
        covered,
        rows.into_iter()
            .map(|(scope, owner, name, visibility, created, updated)| {
                let registered = format!("github/{owner}/{name}");
                vec![
                    Cell::Text(scope.to_owned()),
                    Cell::Text(owner),
                    Cell::Text(name),
                    Cell::text(visibility),
                    Cell::time(created),
                    Cell::time(updated),
                    Cell::Text(registered.clone()),
                    Cell::folded(Some(&registered)),
                    Cell::Null,
                ]
            }),
    )
}

fn tokens(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    simple(
        import,
        sink,
        "github_token",
        "github/personal-access-tokens.json",
        &TOKENS,
        |r| {
            let id = if r.has("token_id") {
                r.id("token_id")
            } else {
                r.id("id")
            }?;
            let name = r.text("token_name");
            let login = r.object("owner", |owner| owner.text("login")).flatten();
            // A token may last for ever: null says so, and nothing else does.
            let expires = r.must_time("token_expires_at");
            let ends = match expires {
                Some(_) => Some(true),
                None => r.null("token_expires_at").then_some(false),
            };
            let registered = match (&login, &name) {
                (Some(login), Some(name)) => Some(format!("github/{login}/{name}")),
                _ => None,
            };
            Some((
                id,
                vec![
                    Cell::text(name),
                    Cell::text(login.clone()),
                    Cell::folded(login.as_deref()),
                    Cell::time(r.time("access_granted_at")),
                    Cell::time(expires),
                    Cell::time(r.time("token_last_used_at")),
                    Cell::flag(r.flag("token_expired")),
                    Cell::text(registered.clone()),
                    Cell::folded(registered.as_deref()),
                    Cell::Null,
                    Cell::flag(ends),
                ],
            ))
        },
    )
}
