//! Secrets: metadata, never a value.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::accounts::Accounts;
use super::place::{Place, places};
use super::secret::Secret;
use super::versions;
use crate::collect::form::has;
use crate::collect::import::context::Import;
use crate::collect::import::record::Record;
use crate::collect::import::sink::{Entities, Sink, coverage, missing};
use crate::collect::import::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::time::{Bound, parse_date_or_time};

const SECRETS: Shape = Shape {
    paths: &[&["SecretList"]],
    bare: |m| has(m, "ARN") && !has(m, "Versions"),
    known: &["ARN"],
};
const FOLDER: &str = "aws/secrets";

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Accounts,
) -> Result<(), DatasetError> {
    const TABLE: &str = "aws_secret";
    let mut covered = coverage(TABLE)?;
    let mut all: Entities<Secret> = Entities::default();
    let mut there = places(
        import.exports.list(FOLDER, ".json"),
        (FOLDER, ".json"),
        true,
        &mut covered,
    );
    demanded(import, &there, &mut covered);
    for place in &mut there {
        let (account, region) = (
            place.account.clone(),
            place.region.clone().unwrap_or_default(),
        );
        let file = format!("{FOLDER}/{account}/{region}.json");
        let mut lost = 0_u64;
        let reading =
            import
                .exports
                .read(&file, TABLE, &SECRETS, &mut |spot, map, shown, problems| {
                    let Some(arn) = Record::new(map, spot, shown, TABLE, problems).id("ARN") else {
                        lost += 1;
                        return;
                    };
                    if !place.holds(&arn, (shown, spot, TABLE), problems) {
                        return;
                    }
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let secret = Secret {
                        account: account.clone(),
                        region: region.clone(),
                        name: r.text("Name"),
                        created: r.time("CreatedDate"),
                        changed: r.time("LastChangedDate"),
                        rotated: r.time("LastRotatedDate"),
                        accessed: r.time("LastAccessedDate"),
                        rotation: r.flag("RotationEnabled"),
                        rotation_days: r
                            .object("RotationRules", |m| m.int("AutomaticallyAfterDays"))
                            .flatten(),
                        next: r.time("NextRotationDate"),
                        deleted: r.time("DeletedDate"),
                        service: r.text("OwningService"),
                        description: r.text("Description"),
                        primary: r.text("PrimaryRegion"),
                    };
                    all.add(arn, secret, shown, TABLE, problems);
                });
        if reading.found {
            reading.settle(&mut covered);
        }
        place.settle(&file, &mut covered);
        if lost > 0 {
            covered.worsen(
                State::Partial,
                format!("{lost} records of {file} have no ARN."),
            );
        }
    }
    // An account counts as read where every file of it is of itself.
    let unsound: BTreeSet<&String> = there
        .iter()
        .filter(|p| !p.sound())
        .map(|p| &p.account)
        .collect();
    for place in there.iter().filter(|p| !unsound.contains(&p.account)) {
        import.places.insert((TABLE, place.account.clone()));
    }
    if there.is_empty() {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    let current = versions::import(import, sink, &all, there.is_empty())?;
    sink.write(
        covered,
        all.iter().zip(0..).map(|((arn, s), key)| {
            let current = current.get(arn).copied();
            let registered = s
                .name
                .as_ref()
                .map(|n| format!("secretsmanager/{}/{n}", s.account));
            let credential = s
                .name
                .as_ref()
                .map(|n| format!("secretsmanager/{}/{}/{n}", s.account, s.region));
            vec![
                Cell::Key(key),
                Cell::key(accounts.keys.get(&s.account)),
                Cell::Text(s.account.clone()),
                Cell::Text(s.region.clone()),
                Cell::Text(arn.clone()),
                Cell::text(s.name.clone()),
                Cell::time(s.created),
                Cell::time(s.changed),
                Cell::time(s.rotated),
                Cell::time(s.accessed),
                Cell::time(current),
                Cell::int(current.map(|at| at.timestamp_micros())),
                Cell::flag(s.rotation),
                Cell::int(s.rotation_days),
                Cell::time(s.next),
                Cell::time(s.deleted),
                Cell::text(s.service.clone()),
                Cell::text(s.description.clone()),
                Cell::time(s.description.as_deref().and_then(last_date)),
                Cell::text(s.primary.clone()),
                Cell::Flag(s.replica()),
                Cell::text(registered.clone()),
                Cell::folded(registered.as_deref()),
                Cell::text(credential),
                Cell::Null,
            ]
        }),
    )
}

/// The latest date that a text carries, as 2026-06-14 or 14/06/2026, at the end of its day.
fn last_date(text: &str) -> Option<DateTime<Utc>> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '-' || c == '/'))
        .filter_map(|word| {
            let word = word.trim_matches(['-', '/']);
            let day = chrono::NaiveDate::parse_from_str(word, "%d/%m/%Y").ok();
            let iso = day.map_or_else(|| word.to_owned(), |d| d.to_string());
            // Ten characters: what is longer is a number, and no date.
            (iso.len() == 10).then(|| parse_date_or_time(&iso, Bound::End))?
        })
        .max()
}

/// Accounts and Regions that the configuration demands are missed when they have
/// no file.
fn demanded(import: &Import<'_>, there: &[Place], covered: &mut Coverage) {
    let Some(source) = import.config.sources.get("secrets_manager") else {
        return;
    };
    if source.accounts.is_empty() && source.regions.is_empty() {
        return;
    }
    let or_found = |named: &[String], found: BTreeSet<String>| -> BTreeSet<String> {
        if named.is_empty() {
            found
        } else {
            named.iter().cloned().collect()
        }
    };
    let accounts = or_found(
        &source.accounts,
        there.iter().map(|p| p.account.clone()).collect(),
    );
    let regions = or_found(
        &source.regions,
        there.iter().filter_map(|p| p.region.clone()).collect(),
    );
    let names: BTreeSet<String> = there.iter().map(Place::name).collect();
    let unread: BTreeSet<String> = accounts
        .iter()
        .flat_map(|a| regions.iter().map(move |r| format!("{a}/{r}")))
        .filter(|place| !names.contains(place))
        .collect();
    if unread.is_empty() {
        return;
    }
    covered.worsen(
        State::Partial,
        format!(
            "The configuration demands accounts and regions that have no file in {FOLDER}/: {}.",
            crate::collect::words::some_of(&unread)
        ),
    );
    covered.scope.extend(unread);
}

#[cfg(test)]
mod tests {
    use super::last_date;

    #[test]
    fn a_description_carries_a_date() {
        let at = |text| last_date(text).map(|t| t.date_naive().to_string());
        assert_eq!(at("expires 2026-06-14."), Some("2026-06-14".to_owned()));
        assert_eq!(
            at("until 01/02/2026, was 2025-12-31"),
            Some("2026-02-01".to_owned())
        );
        assert_eq!(at("build 2026-06-145 of 20260614"), None);
        assert_eq!(at("rotated by hand"), None);
    }
}
