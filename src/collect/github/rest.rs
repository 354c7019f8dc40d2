//! Secrets, tokens, installations, collaborators and the audit log: REST pages.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::input::Reading;
use crate::collect::record::Record;
use crate::collect::sink::{Sink, coverage, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::fold::fold;

const SECRETS: Shape = Shape {
    paths: &[&["secrets"]],
    bare: |m| m.contains_key("name"),
};
const INSTALLATIONS: Shape = Shape {
    paths: &[&["installations"]],
    bare: |m| m.contains_key("app_slug"),
};
const LIST: Shape = Shape {
    paths: &[],
    bare: |_| true,
};

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
        &LIST,
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
        &LIST,
        |r| {
            let at = if r.has("@timestamp") {
                r.time("@timestamp")
            } else {
                r.time("created_at")
            };
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
    let mut rows: std::collections::BTreeMap<(String, String), Row> =
        std::collections::BTreeMap::new();
    let repositories = import.exports.list(FOLDER, ".json");
    for repository in &repositories {
        let file = format!("{FOLDER}/{repository}.json");
        let mut lost = 0_u64;
        let mut here = 0;
        let reading =
            import
                .exports
                .read(&file, TABLE, &LIST, &mut |spot, map, shown, problems| {
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let Some(id) = r.id("id") else {
                        lost += 1;
                        return;
                    };
                    here += 1;
                    let cells = vec![
                        Cell::Text(id.clone()),
                        Cell::Text(repository.clone()),
                        Cell::text(r.text("title")),
                        Cell::flag(r.flag("read_only")),
                        Cell::time(r.time("created_at")),
                        Cell::time(r.time("last_used")),
                    ];
                    rows.insert((repository.clone(), id), cells);
                });
        settle(&mut covered, &reading, &file);
        incomplete(&mut covered, &reading, here, lost, &file);
    }
    if repositories.is_empty() {
        covered.worsen(
            State::Skipped,
            "Deploy keys are read of the repositories that sources.github.repositories names.",
        );
    }
    sink.write(covered, rows.into_values())
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
    let mut rows: std::collections::BTreeMap<String, Row> = std::collections::BTreeMap::new();
    let mut lost = 0_u64;
    let reading =
        import.exports.read(
            file,
            table,
            shape,
            &mut |spot, map, shown, problems| match row(&mut Record::new(
                map, spot, shown, table, problems,
            )) {
                Some((id, cells)) => {
                    rows.entry(id).or_insert(cells);
                }
                None => lost += 1,
            },
        );
    let mut covered = coverage(table)?;
    settle(&mut covered, &reading, file);
    incomplete(&mut covered, &reading, rows.len(), lost, file);
    sink.write(
        covered,
        rows.into_iter().map(|(id, cells)| {
            let mut row = vec![Cell::Text(id)];
            row.extend(cells);
            row
        }),
    )
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

/// Organisation secrets and those of repositories.
fn secrets(import: &mut Import<'_>, sink: &mut Sink<'_>) -> Result<(), DatasetError> {
    const TABLE: &str = "github_secret";
    let organisation = import.config.github.organisation.clone();
    let owner = organisation.unwrap_or_else(|| "organisation".to_owned());
    let mut files = vec![("github/org-secrets.json".to_owned(), "organisation", owner)];
    for name in import.exports.list("github/repo-secrets", ".json") {
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
        let mut here = BTreeSet::new();
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
                    here.insert((scope, owner.clone(), name, visibility, created, updated));
                });
        if reading.found {
            import.places.insert((TABLE, owner));
            any = true;
            reading.settle(&mut covered);
            incomplete(&mut covered, &reading, here.len(), lost, &file);
            rows.extend(here);
        }
    }
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
        &LIST,
        |r| {
            let id = if r.has("token_id") {
                r.id("token_id")
            } else {
                r.id("id")
            }?;
            let name = r.text("token_name");
            let login = r
                .inner("owner")
                .and_then(|o: &Map<String, Value>| r.within(o).text("login"));
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
                    Cell::time(r.time("token_expires_at")),
                    Cell::time(r.time("token_last_used_at")),
                    Cell::flag(r.flag("token_expired")),
                    Cell::text(registered.clone()),
                    Cell::folded(registered.as_deref()),
                    Cell::Null,
                ],
            ))
        },
    )
}
