//! Permission sets and their policies. Four calls tell what a permission set
//! allows; one that nobody made is not one that found nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::arn::instance_of;
use super::policy::{self, Document};
use crate::collect::import::answer::next_of;
use crate::collect::import::context::Import;
use crate::collect::import::record::Record;
use crate::collect::import::single::Single;
use crate::collect::import::sink::{Entities, Keys, Sink, coverage, missing, settle, without_file};
use crate::collect::import::walk::{Shape, Spot};
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::problem::{Problem, ProblemKind};
use crate::dataset::writer::Cell;

const SETS: &str = "permission_set";
const POLICIES: &str = "permission_set_policy";
const FOLDER: &str = "aws/sso-permission-set-policies";
const DOCUMENTS: Shape = Shape {
    paths: &[],
    bare: |_| true,
    known: &[],
};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PermissionSet {
    name: Option<String>,
    session: Option<String>,
}

/// The last part of an ARN.
pub(super) fn last_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

pub(super) fn import(
    import: &mut Import<'_>,
    instances: &mut Single,
) -> Result<(Entities<PermissionSet>, Coverage), DatasetError> {
    let file = "aws/sso-permission-sets.json";
    let mut all = Entities::default();
    let mut listed = BTreeSet::new();
    let (mut odd, mut further) = (0_u64, false);
    let reading = import
        .exports
        .read(file, SETS, &DOCUMENTS, &mut |spot, map, shown, problems| {
            let mut describe = |map: &Map<String, Value>, problems: &mut Vec<Problem>| -> u64 {
                u64::from(!describe((map, spot, shown), problems, &mut all, instances))
            };
            if let Some(list) = map.get("PermissionSets") {
                // The list that the descriptions follow from.
                further = next_of(map);
                for item in one_or_many(list) {
                    match item {
                        Value::String(arn) => {
                            listed.insert(arn.clone());
                        }
                        Value::Object(map) => odd += describe(map, problems),
                        _ => odd += 1,
                    }
                }
                return;
            }
            match map.get("PermissionSet") {
                Some(Value::Object(inner)) => odd += describe(inner, problems),
                Some(_) => odd += 1,
                None => odd += describe(map, problems),
            }
        });
    let mut covered = coverage(SETS)?;
    settle(&mut covered, &reading, file);
    if odd > 0 {
        covered.worsen(
            State::Partial,
            format!("{odd} documents of {file} describe no permission set."),
        );
    }
    if further {
        covered.worsen(
            State::Partial,
            format!("{file} lists permission sets with a further page that is missing."),
        );
    }
    let undescribed: BTreeSet<String> = listed
        .into_iter()
        .filter(|arn| all.get(arn).is_none())
        .collect();
    if !undescribed.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "{} permission sets are listed and not described: {}.",
                undescribed.len(),
                crate::collect::words::some_of(&undescribed)
            ),
        );
        covered.scope.extend(undescribed);
    }
    Ok((all, covered))
}

fn describe(
    (map, spot, shown): (&Map<String, Value>, &Spot, &str),
    problems: &mut Vec<Problem>,
    all: &mut Entities<PermissionSet>,
    instances: &mut Single,
) -> bool {
    let mut r = Record::new(map, spot, shown, SETS, problems);
    let Some(arn) = r.id("PermissionSetArn") else {
        return false;
    };
    let set = PermissionSet {
        name: r.text("Name"),
        session: r.text("SessionDuration"),
    };
    if let Some(instance) = instance_of(&arn) {
        instances.met(instance, shown, spot);
    }
    all.add(arn, set, shown, SETS, problems);
    true
}

/// The rows of the permission sets.
pub(super) fn write(
    sink: &mut Sink<'_>,
    covered: Coverage,
    sets: &Entities<PermissionSet>,
    policies: &BTreeMap<String, Policies>,
) -> Result<(), DatasetError> {
    sink.write(
        covered,
        sets.iter().zip(0..).map(|((arn, s), key)| {
            let of_set = policies.get(arn);
            let inline = of_set.and_then(|p| p.inline.as_ref());
            let (text, reach, everything) = match inline {
                None => (None, "not read", None),
                Some(Document::None) => (None, "none", None),
                Some(Document::Policy(policy, text)) => {
                    let reach = policy::reach(policy);
                    (Some(text.clone()), reach.name(), reach.everything())
                }
                Some(Document::Unreadable(text)) => {
                    let reach = policy::Reach::NotUnderstood;
                    (Some(text.clone()), reach.name(), reach.everything())
                }
            };
            vec![
                Cell::Key(key),
                Cell::Text(arn.clone()),
                Cell::text(s.name.clone()),
                Cell::folded(s.name.as_deref()),
                Cell::text(s.session.clone()),
                Cell::int(s.session.as_deref().and_then(policy::minutes)),
                Cell::text(text),
                Cell::flag(everything),
                Cell::text(of_set.and_then(|p| p.boundary.clone())),
                Cell::Null,
                Cell::Text(reach.to_owned()),
            ]
        }),
    )
}

/// What the calls of one permission set found.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    /// `None` where the call was not made.
    inline: Option<Document>,
    boundary: Option<String>,
    attached: BTreeSet<(&'static str, String)>,
    /// The calls that were answered.
    asked: BTreeSet<&'static str>,
    /// A list that names a further page which has not come yet.
    further: Option<&'static str>,
    /// Whether such a page never came.
    cut: bool,
    /// What could not be read.
    odd: u64,
}

/// The members that answers carry, with the call that gives each. A boundary
/// that is not there is an error, which leaves no document behind.
const MANAGED: &str = "AttachedManagedPolicies";
const CUSTOMER: &str = "CustomerManagedPolicyReferences";
const INLINE: &str = "InlinePolicy";
const BOUNDARY: &str = "PermissionsBoundary";
const CALLS: [(&str, &str); 3] = [
    (MANAGED, "list-managed-policies-in-permission-set"),
    (
        CUSTOMER,
        "list-customer-managed-policy-references-in-permission-set",
    ),
    (INLINE, "get-inline-policy-for-permission-set"),
];

pub(super) fn policies(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    sets: &Entities<PermissionSet>,
    keys: &Keys,
    whole: bool,
) -> Result<BTreeMap<String, Policies>, DatasetError> {
    let by_id: BTreeMap<&str, &String> = sets.iter().map(|(arn, _)| (last_of(arn), arn)).collect();
    let mut covered = coverage(POLICIES)?;
    let mut all: BTreeMap<String, Policies> = BTreeMap::new();
    let names = import.exports.list(FOLDER, ".json");
    let mut foreign = 0;
    for name in &names {
        let mut found = Policies::default();
        let file = format!("{FOLDER}/{name}.json");
        let reading = import.exports.read(
            &file,
            POLICIES,
            &DOCUMENTS,
            &mut |spot, map, shown, problems| found.read(map, (shown, spot), problems),
        );
        reading.settle(&mut covered);
        if found.odd > 0 {
            covered.worsen(
                State::Partial,
                format!(
                    "{} documents or policies of {file} could not be read.",
                    found.odd
                ),
            );
        }
        match by_id.get(name.as_str()) {
            Some(arn) => {
                all.insert((*arn).clone(), found);
            }
            None => foreign += found.attached.len() as u64,
        }
    }
    covered.exclude("the permission set is not described", foreign);
    // Without permission sets there are no policies, and nothing to export.
    if names.is_empty() && !(sets.len() == 0 && whole) {
        missing(&mut covered, &format!("{FOLDER}/"));
    } else {
        let unread: BTreeSet<String> = sets
            .iter()
            .map(|(a, _)| a.clone())
            .filter(|a| !all.contains_key(a))
            .collect();
        without_file(&mut covered, FOLDER, "permission sets", unread, whole);
        not_asked(&mut covered, &all);
    }
    let mut rows = BTreeSet::new();
    for (arn, found) in &all {
        if let Some(key) = keys.get(arn) {
            rows.extend(
                found
                    .attached
                    .iter()
                    .map(|(kind, policy)| (key, *kind, policy.clone())),
            );
        }
    }
    sink.write(
        covered,
        rows.into_iter().map(|(key, kind, policy)| {
            vec![
                Cell::Key(key),
                Cell::Text(kind.to_owned()),
                Cell::Text(policy),
            ]
        }),
    )?;
    Ok(all)
}

/// What was not asked of a permission set is missing, and not none.
fn not_asked(covered: &mut Coverage, all: &BTreeMap<String, Policies>) {
    for (member, call) in CALLS {
        let without: BTreeSet<String> = all
            .iter()
            .filter(|(_, found)| !found.asked.contains(member))
            .map(|(arn, _)| arn.clone())
            .collect();
        if !without.is_empty() {
            covered.worsen(
                State::Partial,
                format!(
                    "{} files of {FOLDER}/ hold no answer of `aws sso-admin {call}` (its member {member}): what it would say of {} is not known.",
                    without.len(),
                    crate::collect::words::some_of(&without)
                ),
            );
            covered.scope.extend(without);
        }
    }
    let cut: BTreeSet<String> = all
        .iter()
        .filter(|(_, found)| found.cut || found.further.is_some())
        .map(|(arn, _)| arn.clone())
        .collect();
    if !cut.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "The policies of {} permission sets name a further page, which is missing: {}.",
                cut.len(),
                crate::collect::words::some_of(&cut)
            ),
        );
        covered.scope.extend(cut);
    }
}

/// One object stands for a list of one where a client prints it so.
fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value
        .get(key)
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
}

impl Policies {
    fn read(
        &mut self,
        map: &Map<String, Value>,
        (file, spot): (&str, &Spot),
        problems: &mut Vec<Problem>,
    ) {
        let mut known = false;
        let mut unread = |below: &str, expected: &str| {
            problems.push(Problem {
                file: file.to_owned(),
                position: format!("{spot}{below}"),
                kind: ProblemKind::Malformed,
                table: Some(POLICIES.to_owned()),
                expected: expected.to_owned(),
                message: "What the permission set allows by it could not be read.".to_owned(),
            });
        };
        for (member, read) in [
            (MANAGED, managed as fn(&Value) -> Option<String>),
            (CUSTOMER, customer),
        ] {
            let Some(list) = map.get(member) else {
                continue;
            };
            known = true;
            self.page(member, map);
            if list.is_null() {
                self.odd += 1;
                unread(&format!(".{member}"), "a list of policies");
                continue;
            }
            self.asked.insert(member);
            let kind = if member == MANAGED {
                "aws-managed"
            } else {
                "customer-managed"
            };
            for (n, item) in one_or_many(list).iter().enumerate() {
                if let Some(policy) = read(item) {
                    self.attached.insert((kind, policy));
                } else {
                    self.odd += 1;
                    unread(&format!(".{member}[{n}]"), "a policy with its name");
                }
            }
        }
        if let Some(boundary) = map.get(BOUNDARY) {
            known = true;
            self.boundary = text(boundary, "ManagedPolicyArn").or_else(|| {
                boundary
                    .get("CustomerManagedPolicyReference")
                    .and_then(|c| text(c, "Name"))
            });
            if self.boundary.is_none() {
                self.odd += 1;
                unread(
                    &format!(".{BOUNDARY}"),
                    "a boundary with the name of its policy",
                );
            }
        }
        // `--query InlinePolicy --output text` prints the policy alone.
        let alone = Value::Object(map.clone());
        let inline = map
            .get(INLINE)
            .or_else(|| (!known && map.contains_key("Statement")).then_some(&alone));
        if let Some(printed) = inline.filter(|v| !v.is_null()) {
            known = true;
            let found = policy::document(printed);
            if matches!(found, Document::Unreadable(_)) {
                self.odd += 1;
                unread(
                    &format!(".{INLINE}"),
                    "a policy as text, as JSON encoded for a URL, or as an object",
                );
            }
            self.asked.insert(INLINE);
            self.inline = match self.inline.take() {
                Some(before) if before != found => {
                    self.odd += 1;
                    unread(&format!(".{INLINE}"), "one inline policy");
                    Some(Document::Unreadable("two inline policies".to_owned()))
                }
                _ => Some(found),
            };
        }
        if !known {
            self.odd += 1;
            unread(
                "",
                "an answer with AttachedManagedPolicies, CustomerManagedPolicyReferences, InlinePolicy or PermissionsBoundary",
            );
        }
    }

    /// A page that names a further one is made good by the next of its list.
    fn page(&mut self, member: &'static str, map: &Map<String, Value>) {
        if self.further.take().is_some_and(|before| before != member) {
            self.cut = true;
        }
        if next_of(map) {
            self.further = Some(member);
        }
    }
}

fn managed(item: &Value) -> Option<String> {
    match item {
        Value::String(arn) if arn.starts_with("arn:") => Some(arn.clone()),
        item => text(item, "Arn").or_else(|| text(item, "Name")),
    }
}

fn customer(item: &Value) -> Option<String> {
    let name = text(item, "Name")?;
    let path = text(item, "Path").unwrap_or_else(|| "/".to_owned());
    Some(format!("{path}{name}"))
}
