//! Applications of Identity Center, and who is assigned to them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::directory::Principals;
use super::permission_sets::last_of;
use crate::collect::form::has;
use crate::collect::import::context::Import;
use crate::collect::import::record::Record;
use crate::collect::import::sink::{
    Entities, Keys, Sink, contradicted, coverage, missing, settle, without_file,
};
use crate::collect::import::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::fold::fold;

const APPLICATIONS: Shape = Shape {
    paths: &[&["Applications"]],
    bare: |m| has(m, "ApplicationArn"),
    known: &["ApplicationArn"],
};
const ASSIGNMENTS: Shape = Shape {
    paths: &[&["ApplicationAssignments"]],
    bare: |m| has(m, "PrincipalId"),
    known: &["PrincipalId"],
};

#[derive(Clone, Debug, PartialEq)]
struct Application {
    name: Option<String>,
    provider: Option<String>,
    account: Option<String>,
    status: Option<String>,
    created: Option<DateTime<Utc>>,
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Keys,
    principals: &Principals,
) -> Result<(), DatasetError> {
    let (applications, mut covered) = applications(import)?;
    let keys = applications.keys();
    let whole = covered.state == State::Complete;
    let used = assignments(import, sink, &keys, whole, principals)?;
    let absent = used.iter().filter(|arn| keys.get(arn).is_none()).count();
    contradicted(&mut covered, applications.len(), used.len(), absent);
    let mut named: BTreeMap<String, u32> = BTreeMap::new();
    for name in applications.iter().filter_map(|(_, a)| a.name.as_deref()) {
        *named.entry(fold(name)).or_default() += 1;
    }
    sink.write(
        covered,
        applications.iter().zip(0..).map(|((arn, a), key)| {
            let unique = a
                .name
                .as_deref()
                .filter(|n| named.get(&fold(n)) == Some(&1));
            vec![
                Cell::Key(key),
                Cell::Text(arn.clone()),
                Cell::text(a.name.clone()),
                Cell::folded(a.name.as_deref()),
                Cell::Text(unique.unwrap_or(arn).to_owned()),
                Cell::text(a.provider.clone()),
                Cell::key(a.account.as_deref().and_then(|id| accounts.get(id))),
                Cell::text(a.account.clone()),
                Cell::text(a.status.clone()),
                Cell::time(a.created),
            ]
        }),
    )
}

fn applications(
    import: &mut Import<'_>,
) -> Result<(Entities<Application>, Coverage), DatasetError> {
    const TABLE: &str = "identity_center_application";
    let file = "aws/sso-applications.json";
    let mut all = Entities::default();
    let mut lost = 0_u64;
    let reading = import.exports.read(
        file,
        TABLE,
        &APPLICATIONS,
        &mut |spot, map, shown, problems| {
            let mut r = Record::new(map, spot, shown, TABLE, problems);
            let Some(arn) = r.id("ApplicationArn") else {
                lost += 1;
                return;
            };
            let application = Application {
                name: r.text("Name"),
                provider: r.text("ApplicationProviderArn"),
                account: r.text("ApplicationAccount"),
                status: r.text("Status"),
                created: r.time("CreatedDate"),
            };
            all.add(arn, application, shown, TABLE, problems);
        },
    );
    let mut covered = coverage(TABLE)?;
    settle(&mut covered, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} are no applications."),
        );
    }
    Ok((all, covered))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Assignment {
    application: Option<i32>,
    kind: Option<String>,
    principal: String,
    arn: Option<String>,
}

/// Assignments of the applications that are known, which may not be all; gives
/// the applications that they refer to.
fn assignments(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    applications: &Keys,
    whole: bool,
    principals: &Principals,
) -> Result<BTreeSet<String>, DatasetError> {
    const TABLE: &str = "application_assignment";
    const FOLDER: &str = "aws/sso-application-assignments";
    let mut covered = coverage(TABLE)?;
    let names = import.exports.list(FOLDER, ".json");
    let (mut rows, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut lost = 0_u64;
    for name in &names {
        let reading = import.exports.read(
            &format!("{FOLDER}/{name}.json"),
            TABLE,
            &ASSIGNMENTS,
            &mut |spot, map, shown, problems| {
                let mut r = Record::new(map, spot, shown, TABLE, problems);
                let (arn, principal) = (r.id("ApplicationArn"), r.id("PrincipalId"));
                let (Some(arn), Some(principal)) = (arn, principal) else {
                    lost += 1;
                    return;
                };
                let application = applications.get(&arn);
                used.insert(arn.clone());
                rows.insert(Assignment {
                    application,
                    kind: r.text("PrincipalType"),
                    principal,
                    arn: application.is_none().then_some(arn),
                });
            },
        );
        reading.settle(&mut covered);
    }
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {FOLDER}/ are no assignments."),
        );
    }
    let there: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let unread: BTreeSet<String> = applications
        .ids()
        .filter(|arn| !there.contains(last_of(arn)))
        .cloned()
        .collect();
    if names.is_empty() && !(whole && unread.is_empty()) {
        missing(&mut covered, &format!("{FOLDER}/"));
    } else {
        without_file(&mut covered, FOLDER, "applications", unread, whole);
    }
    sink.write(
        covered,
        rows.into_iter().map(|a| {
            let (group, user) = principals.find(a.kind.as_deref(), &a.principal);
            vec![
                Cell::key(a.application),
                Cell::text(a.kind),
                Cell::Text(a.principal),
                Cell::key(group),
                Cell::key(user),
                Cell::text(a.arn),
            ]
        }),
    )?;
    Ok(used)
}
