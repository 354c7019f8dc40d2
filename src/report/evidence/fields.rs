//! What an auditor asks of information that the entity itself produced: where
//! it came from, how it was asked for, whether it is complete, who made it.

use std::collections::BTreeMap;

use super::super::Book;
use super::material::{Material, NAME};
use super::population::Counted;
use crate::dataset::coverage::State;
use crate::dataset::manifest::{Manifest, Tool};
use crate::detect::Assessment;
use crate::detect::finding::RuleState;
use crate::detect::origin;

/// A field of the cover.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    /// Key in `cover.json`.
    pub(super) key: &'static str,
    /// Title for people.
    pub(super) title: &'static str,
    /// What it says, a line each; never none.
    pub(super) lines: Vec<String>,
}

fn fact(key: &'static str, title: &'static str, lines: Vec<String>) -> Fact {
    let said = if lines.is_empty() {
        vec!["none".to_owned()]
    } else {
        lines
    };
    Fact {
        key,
        title,
        lines: said,
    }
}

/// The fields, in the order in which auditors list them.
pub(super) fn facts(
    id: &str,
    material: &Material<'_>,
    book: &Book,
    counts: &[Counted],
) -> Vec<Fact> {
    let (manifest, assessment) = (material.manifest, material.assessment);
    let one = |text: String| vec![text];
    let baseline = assessment.baseline.as_deref().unwrap_or("none");
    vec![
        fact("evidence_id", "Evidence", one(id.to_owned())),
        fact("title", "Title", one(book.title.clone())),
        fact("controls", "Controls", controls(assessment)),
        fact("times", "As of, and end of reading", times(manifest)),
        fact("tool", "Program", tool(material)),
        fact(
            "operator",
            "Operator",
            one(material.operator.map_or_else(
                || "not stated: COUNTERSIGN_OPERATOR names who makes the pack, where, and in which run".to_owned(),
                |who| format!("{who}, as stated by whoever made the pack"),
            )),
        ),
        fact("identities", "Identity at each source", identities(manifest)),
        fact("permissions", "Permissions held", permissions(material)),
        fact(
            "command_line",
            "Command that makes this pack",
            one(format!(
                "countersign report {NAME} --format pack --snapshot {} --baseline {baseline}",
                manifest.snapshot
            )),
        ),
        fact(
            "configuration_sha256",
            "Configuration",
            vec![
                format!("SHA-256 {} when the snapshot was sealed", manifest.config_sha256),
                format!("SHA-256 {} when it was checked", material.basis.config_sha256),
            ],
        ),
        fact("rule_set", "Rules", rule_set(assessment)),
        fact("registers", "Approvals and other registers", registers(manifest)),
        fact("request_templates", "Requests and the permission of each", templates(material)),
        fact("requests", "Requests sent", requests(manifest)),
        fact("source_count", "Objects that sources reported", source_counts(counts)),
        fact("read_count", "Objects read", one(total(counts, |c| Some(c.read)))),
        fact("excluded_count", "Objects excluded, by reason", excluded(counts)),
        fact("exported_count", "Rows exported", one(total(counts, |c| c.exported))),
        fact("reconciliation", "Reconciliation", reconciliation(counts)),
        fact("coverage", "Coverage", coverage(manifest)),
        fact("checks", "Checks", checks(material)),
        fact(
            "snapshot_manifest_sha256",
            "Manifest of the snapshot",
            one(format!("SHA-256 {}", material.basis.snapshot_sha256)),
        ),
        fact("log_head", "Head of the log", head(material)),
        fact("previous", "Previous snapshot", previous(manifest, assessment)),
        fact("seal", "Signature and time stamp", seal(material)),
        fact("review", "Review and sign-off", review(material)),
        fact("unknown", "Unknown results", unknown(assessment)),
    ]
}

fn head(material: &Material<'_>) -> Vec<String> {
    match material.head {
        None => vec!["none: the data directory had no log of heads, so nothing testifies that this is what was sealed".to_owned()],
        Some(head) => {
            let mut lines: Vec<String> = head.text().lines().map(str::to_owned).collect();
            lines.push("These three lines are a checkpoint: kept apart from the data, they show with `countersign verify --checkpoint FILE` that nothing sealed up to here was changed or taken away.".to_owned());
            lines
        }
    }
}

/// How many rules and views are not those of this version, and which.
fn rule_set(assessment: &Assessment) -> Vec<String> {
    let departures = &assessment.departures;
    let mut lines = vec![origin::summary(departures)];
    lines.extend(departures.iter().map(origin::Departure::said));
    lines
}

fn controls(assessment: &Assessment) -> Vec<String> {
    let mut rules: BTreeMap<&str, std::collections::BTreeSet<&str>> = BTreeMap::new();
    for rule in &assessment.rules {
        for (framework, ids) in &rule.controls {
            let all = rules.entry(framework).or_default();
            all.extend(ids.iter().map(String::as_str));
        }
    }
    rules
        .iter()
        .map(|(framework, ids)| {
            let ids: Vec<&str> = ids.iter().copied().collect();
            format!("{framework}: {}", ids.join(", "))
        })
        .collect()
}

fn times(manifest: &Manifest) -> Vec<String> {
    let said = |t: Option<&String>| t.map_or("not stated", String::as_str).to_owned();
    let mut lines = vec![format!("snapshot: as of {}, UTC", manifest.as_of)];
    lines.extend(manifest.sources.iter().map(|s| {
        let ends = [s.read_at.as_ref(), s.read_end.as_ref()];
        match ends {
            [None, None] => format!("{}: when it was read is not stated", s.source),
            [from, to] => format!("{}: read from {} to {}", s.source, said(from), said(to)),
        }
    }));
    lines
}

fn tool(material: &Material<'_>) -> Vec<String> {
    let (this, sealed) = (Tool::this(), &material.manifest.tool);
    vec![
        format!(
            "made by {} {}, commit {}, SHA-256 of the program {}",
            this.name, this.version, this.commit, material.program_sha256
        ),
        format!(
            "snapshot sealed by {} {}, commit {}",
            sealed.name, sealed.version, sealed.commit
        ),
    ]
}

fn identities(manifest: &Manifest) -> Vec<String> {
    let sources = manifest.sources.iter();
    sources
        .map(|s| format!("{}: {}", s.source, s.identity))
        .collect()
}

fn permissions(material: &Material<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if material.manifest.requests.is_empty() {
        lines.push(
            "read from exported files: what whoever exported them was allowed is not recorded"
                .to_owned(),
        );
    } else {
        lines.push("what each answered request needs is listed under the requests; the full list of what was granted is not recorded".to_owned());
    }
    for table in &material.manifest.tables {
        if let Some(permission) = &table.permission_needed {
            lines.push(format!("missing for {}: {permission}", table.table));
        }
    }
    lines
}

fn registers(manifest: &Manifest) -> Vec<String> {
    let registers = manifest.registers.iter();
    registers
        .map(|r| {
            format!(
                "{}: {}, {} rows, SHA-256 {}, commit not recorded",
                r.name, r.path, r.rows, r.sha256
            )
        })
        .collect()
}

fn templates(material: &Material<'_>) -> Vec<String> {
    let sent = &material.manifest.requests;
    if sent.is_empty() {
        return vec!["none was sent: the snapshot was read from exported files".to_owned()];
    }
    sent.iter()
        .map(|r| {
            let mut templates = material.templates.iter();
            let known = templates.find(|t| t.source == r.source && t.operation == r.operation);
            match known.map(|t| t.permission.as_str()) {
                None => format!("{}: {}", r.source, r.operation),
                Some("") => format!("{}: {}, needs no permission", r.source, r.operation),
                Some(permission) => format!("{}: {}, needs {permission}", r.source, r.operation),
            }
        })
        .collect()
}

fn requests(manifest: &Manifest) -> Vec<String> {
    let mut sums: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    for r in &manifest.requests {
        let sum = sums.entry(&r.source).or_default();
        sum[0] += r.requests;
        sum[1] += r.retries;
        sum[2] += r.throttled;
    }
    for table in &manifest.tables {
        if let Some(sum) = sums.get_mut(table.source.as_str()) {
            sum[3] += table.pages;
        }
    }
    sums.iter()
        .map(|(source, [requests, retries, throttled, pages])| {
            format!("{source}: {requests} requests, {pages} pages, {retries} repeated, {throttled} throttled")
        })
        .collect()
}

fn total(counts: &[Counted], get: fn(&Counted) -> Option<u64>) -> String {
    let sum: u64 = counts.iter().filter_map(get).sum();
    format!("{sum} in all; each table in lists/population.csv")
}

fn source_counts(counts: &[Counted]) -> Vec<String> {
    let said: Vec<String> = counts
        .iter()
        .filter_map(|c| Some(format!("{}: {}", c.table, c.source_count?)))
        .collect();
    if said.is_empty() {
        vec!["no source reported a number".to_owned()]
    } else {
        said
    }
}

fn excluded(counts: &[Counted]) -> Vec<String> {
    let some = counts.iter().filter(|c| c.excluded > 0);
    some.map(|c| format!("{}: {}", c.table, c.reasons))
        .collect()
}

fn reconciliation(counts: &[Counted]) -> Vec<String> {
    let agree = |wanted| {
        let same = counts.iter().filter(|c| c.reconciles() == wanted);
        same.count()
    };
    let mut lines = vec![format!(
        "read = stored + excluded and stored = exported: holds for {} tables, not for {}, cannot be told for {} that were not read completely",
        agree(Some(true)),
        agree(Some(false)),
        agree(None)
    )];
    for c in counts.iter().filter(|c| c.reconciles() == Some(false)) {
        lines.push(format!(
            "{}: {} read, {} stored, {} excluded, {} exported",
            c.table,
            c.read,
            c.stored,
            c.excluded,
            c.exported
                .map_or_else(|| "nothing".to_owned(), |n| n.to_string())
        ));
    }
    lines
}

fn coverage(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    let mut sources: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for t in &manifest.tables {
        let states = sources.entry(&t.source).or_default();
        *states.entry(t.state.name()).or_default() += 1;
    }
    for (source, states) in sources {
        let states: Vec<String> = states.iter().map(|(s, n)| format!("{n} {s}")).collect();
        lines.push(format!("{source}: {}", states.join(", ")));
    }
    for t in manifest
        .tables
        .iter()
        .filter(|t| t.state != State::Complete)
    {
        let (name, state) = (&t.table, t.state.name());
        lines.push(format!("{name} is {state}: {}", t.reasons.join(" ")));
    }
    lines
}

fn checks(material: &Material<'_>) -> Vec<String> {
    let assessment = material.assessment;
    let count = |state| assessment.rules.iter().filter(|r| r.state == state).count();
    vec![
        format!(
            "{} rules: {} pass, {} fail, {} unknown, {} skipped",
            assessment.rules.len(),
            count(RuleState::Pass),
            count(RuleState::Fail),
            count(RuleState::Unknown),
            count(RuleState::Skipped)
        ),
        "version, parameters and text of each query in lists/rules.csv".to_owned(),
        format!("SHA-256 of the rule set {}", material.basis.rules_sha256),
    ]
}

fn previous(manifest: &Manifest, assessment: &Assessment) -> Vec<String> {
    let chain = manifest.previous.as_ref().map_or_else(
        || "none: this is the first of its chain".to_owned(),
        |p| {
            format!(
                "{}, SHA-256 of its manifest {}",
                p.snapshot, p.manifest_sha256
            )
        },
    );
    let compared = assessment.baseline.as_ref().map_or_else(
        || "compared with none: changes are not known".to_owned(),
        |b| format!("compared with {b}"),
    );
    vec![format!("in the chain: {chain}"), compared]
}

fn seal(material: &Material<'_>) -> Vec<String> {
    vec![
        material.signer.map_or_else(
            || "not signed".to_owned(),
            |s| format!("signed by the key {}, SHA256SUMS.minisig", s.id()),
        ),
        "not time-stamped by this program: SHA256SUMS.tsq is the request to take to an authority"
            .to_owned(),
    ]
}

fn review(material: &Material<'_>) -> Vec<String> {
    let Some(reviews) = material.reviews else {
        return vec![super::super::reviews::NO_RECORD.to_owned()];
    };
    let said = |t: Option<chrono::DateTime<chrono::Utc>>| {
        t.map_or_else(
            || "not stated".to_owned(),
            crate::dataset::manifest::rfc3339,
        )
    };
    let campaigns = reviews.campaigns.iter();
    campaigns
        .map(|c| {
            format!(
                "{}: {}, {} of {} items decided, due {}",
                c.campaign,
                c.state,
                c.decided,
                c.items,
                said(c.due_at)
            )
        })
        .collect()
}

fn unknown(assessment: &Assessment) -> Vec<String> {
    let undecided: u64 = assessment.rules.iter().map(|r| r.undecided).sum();
    let rules: Vec<_> = assessment
        .rules
        .iter()
        .filter(|r| r.state == RuleState::Unknown)
        .collect();
    let mut lines = vec![format!(
        "{} rules are unknown, {undecided} rows could not be decided",
        rules.len()
    )];
    for rule in rules {
        let why = rule.why.as_deref().unwrap_or("rows could not be decided");
        lines.push(format!("{}: {why}", rule.id));
    }
    lines
}
