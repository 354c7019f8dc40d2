//! Secrets and their versions: metadata, never a value.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde_json::{Map, Value};

use super::Accounts;
use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Sink, coverage, missing};
use crate::collect::walk::{Shape, Spot};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::Problem;
use crate::dataset::writer::Cell;
use crate::time::{Bound, parse_date_or_time};

const SECRETS: Shape = Shape {
    paths: &[&["SecretList"]],
    bare: |m| m.contains_key("ARN") && !m.contains_key("Versions"),
};
const DOCUMENTS: Shape = Shape {
    paths: &[],
    bare: |_| true,
};
const FOLDER: &str = "aws/secrets";
const VERSIONS: &str = "aws/secret-versions";

#[derive(Clone, Debug, PartialEq)]
struct Secret {
    account: String,
    region: String,
    name: Option<String>,
    created: Option<DateTime<Utc>>,
    changed: Option<DateTime<Utc>>,
    rotated: Option<DateTime<Utc>>,
    accessed: Option<DateTime<Utc>>,
    rotation: Option<bool>,
    rotation_days: Option<i64>,
    next: Option<DateTime<Utc>>,
    deleted: Option<DateTime<Utc>>,
    service: Option<String>,
    description: Option<String>,
    primary: Option<String>,
}

impl Secret {
    fn replica(&self) -> bool {
        self.primary.as_deref().is_some_and(|p| p != self.region)
    }

    /// Whether its age is anybody's business, so that its versions must be there.
    fn counts(&self) -> bool {
        !self.replica() && self.deleted.is_none() && self.service.is_none()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    id: Option<String>,
    stages: String,
    current: bool,
    created: Option<DateTime<Utc>>,
    accessed: Option<DateTime<Utc>>,
}

pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Accounts,
) -> Result<(), DatasetError> {
    const TABLE: &str = "aws_secret";
    let mut covered = coverage(TABLE)?;
    let mut all: Entities<Secret> = Entities::default();
    let places = places(import, FOLDER, &mut covered);
    for (account, region) in &places {
        let file = format!("{FOLDER}/{account}/{region}.json");
        let mut lost = 0_u64;
        let reading =
            import
                .exports
                .read(&file, TABLE, &SECRETS, &mut |spot, map, shown, problems| {
                    let mut r = Record::new(map, spot, shown, TABLE, problems);
                    let Some(arn) = r.id("ARN") else {
                        lost += 1;
                        return;
                    };
                    let rules = r.inner("RotationRules");
                    let secret = Secret {
                        account: account.clone(),
                        region: region.clone(),
                        name: r.text("Name"),
                        created: r.time("CreatedDate"),
                        changed: r.time("LastChangedDate"),
                        rotated: r.time("LastRotatedDate"),
                        accessed: r.time("LastAccessedDate"),
                        rotation: r.flag("RotationEnabled"),
                        rotation_days: rules
                            .and_then(|m| r.within(m).int("AutomaticallyAfterDays")),
                        next: r.time("NextRotationDate"),
                        deleted: r.time("DeletedDate"),
                        service: r.text("OwningService"),
                        description: r.text("Description"),
                        primary: r.text("PrimaryRegion"),
                    };
                    all.add(arn, secret, shown, TABLE, problems);
                });
        if reading.found {
            import.places.insert((TABLE, account.clone()));
            reading.settle(&mut covered);
        }
        if lost > 0 {
            covered.worsen(
                State::Partial,
                format!("{lost} records of {file} have no ARN."),
            );
        }
    }
    if places.is_empty() {
        missing(&mut covered, &format!("{FOLDER}/"));
    }
    let versions = versions(import, sink, &all, &places)?;
    sink.write(
        covered,
        all.iter().zip(0..).map(|((arn, s), key)| {
            let current = versions
                .get(arn)
                .into_iter()
                .flatten()
                .filter(|v| v.current)
                .filter_map(|v| v.created)
                .max();
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

/// Account and region of every file; those that the configuration demands are
/// missed when they are not there.
fn places(import: &Import<'_>, folder: &str, covered: &mut Coverage) -> BTreeSet<(String, String)> {
    let mut places = BTreeSet::new();
    let mut odd = BTreeSet::new();
    for name in import.exports.list(folder, ".json") {
        match name.split_once('/') {
            Some((account, region)) if !region.contains('/') => {
                places.insert((account.to_owned(), region.to_owned()));
            }
            _ => {
                odd.insert(format!("{folder}/{name}.json"));
            }
        }
    }
    if !odd.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "Files of secrets lie in ACCOUNT_ID/REGION.json; these do not: {}.",
                crate::collect::some_of(&odd)
            ),
        );
    }
    if let Some(source) = import.config.sources.get("secrets_manager") {
        let accounts: BTreeSet<String> = if source.accounts.is_empty() {
            places.iter().map(|(a, _)| a.clone()).collect()
        } else {
            source.accounts.iter().cloned().collect()
        };
        let regions: BTreeSet<String> = if source.regions.is_empty() {
            places.iter().map(|(_, r)| r.clone()).collect()
        } else {
            source.regions.iter().cloned().collect()
        };
        if !source.accounts.is_empty() || !source.regions.is_empty() {
            let wanted = accounts
                .iter()
                .flat_map(|a| regions.iter().map(move |r| (a.clone(), r.clone())));
            let unread: BTreeSet<String> = wanted
                .filter(|place| !places.contains(place))
                .map(|(a, r)| format!("{a}/{r}"))
                .collect();
            if !unread.is_empty() {
                covered.worsen(
                    State::Partial,
                    format!("The configuration demands accounts and regions that have no file in {folder}/: {}.", crate::collect::some_of(&unread)),
                );
                covered.scope.extend(unread);
            }
        }
    }
    places
}

fn versions(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    secrets: &Entities<Secret>,
    places: &BTreeSet<(String, String)>,
) -> Result<BTreeMap<String, BTreeSet<Version>>, DatasetError> {
    const TABLE: &str = "aws_secret_version";
    let mut covered = coverage(TABLE)?;
    let mut all: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    let mut pending = BTreeSet::new();
    let mut lost = 0_u64;
    let files: Vec<String> = import.exports.list(VERSIONS, ".json");
    for name in &files {
        let file = format!("{VERSIONS}/{name}.json");
        let mut reading = import.exports.read(
            &file,
            TABLE,
            &DOCUMENTS,
            &mut |spot, map, shown, problems| {
                let arn = map
                    .get("ARN")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .or_else(|| {
                        let name = map.get("Name").and_then(Value::as_str)?;
                        let (account, region) = file
                            .strip_prefix(VERSIONS)?
                            .strip_suffix(".json")?
                            .trim_start_matches('/')
                            .split_once('/')?;
                        secrets
                            .iter()
                            .find(|(_, s)| {
                                s.account == account
                                    && s.region == region
                                    && s.name.as_deref() == Some(name)
                            })
                            .map(|(arn, _)| arn.clone())
                    });
                let (Some(arn), Some(list)) = (arn, map.get("Versions").and_then(Value::as_array))
                else {
                    lost += 1;
                    return;
                };
                if crate::collect::answer::next_of(map) {
                    pending.insert(arn.clone());
                } else {
                    pending.remove(&arn);
                }
                let entry = all.entry(arn).or_default();
                for item in list {
                    match item.as_object() {
                        Some(map) => {
                            entry.insert(version(map, spot, shown, problems));
                        }
                        None => lost += 1,
                    }
                }
            },
        );
        reading
            .defects
            .retain(|(_, reason)| !reason.contains("names a further one"));
        reading.settle(&mut covered);
    }
    if files.is_empty() && places.is_empty() {
        missing(&mut covered, &format!("{VERSIONS}/"));
    }
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} documents in {VERSIONS}/ are no lists of versions."),
        );
    }
    let watch = watch(&import.config.secret.watch);
    let watched = |s: &Secret| {
        let name = s.name.as_deref().unwrap_or_default();
        watch.is_match(format!("secretsmanager/{}/{name}", s.account))
    };
    let unread: BTreeSet<String> = secrets
        .iter()
        .filter(|(arn, s)| s.counts() && watched(s) && !all.contains_key(*arn))
        .map(|(arn, _)| arn.clone())
        .chain(pending)
        .collect();
    if !unread.is_empty() {
        let state = if files.is_empty() {
            State::Failed
        } else {
            State::Partial
        };
        covered.worsen(
            state,
            format!(
                "The versions of {} secrets are missing or cut off: {}.",
                unread.len(),
                crate::collect::some_of(&unread)
            ),
        );
        covered.scope.extend(unread);
    }
    let keys = secrets.keys();
    let mut rows = BTreeSet::new();
    for (arn, list) in &all {
        let key = keys.get(arn);
        for v in list {
            rows.insert((key, key.is_none().then(|| arn.clone()), v.clone()));
        }
    }
    sink.write(
        covered,
        rows.into_iter().map(|(key, arn, v)| {
            vec![
                Cell::key(key),
                Cell::text(v.id),
                Cell::Text(v.stages),
                Cell::Flag(v.current),
                Cell::time(v.created),
                Cell::time(v.accessed),
                Cell::text(arn),
            ]
        }),
    )?;
    Ok(all)
}

/// Secrets whose versions must be there: those that are watched.
pub(in crate::collect) fn watch(globs: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs.iter().filter_map(|g| Glob::new(g).ok()) {
        set.add(glob);
    }
    set.build().unwrap_or_default()
}

fn version(
    map: &Map<String, Value>,
    spot: &Spot,
    shown: &str,
    problems: &mut Vec<Problem>,
) -> Version {
    let mut r = Record::new(map, spot, shown, "aws_secret_version", problems);
    let mut stages: Vec<&str> = r
        .list("VersionStages")
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    stages.sort_unstable();
    let current = stages.contains(&"AWSCURRENT");
    let stages = stages.join(";");
    Version {
        id: r.text("VersionId"),
        stages,
        current,
        created: r.time("CreatedDate"),
        accessed: r.time("LastAccessedDate"),
    }
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
