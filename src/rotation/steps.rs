//! The steps that are still open, with their commands. A command never carries
//! a value: it stays in a file in memory, which goes away at the end.

use super::card::{LinkState, Step};
use super::chain::{Chain, holds};
use super::codes::{Happening, Use};
use super::facts::{Consumer, Facts, Moment, issuer_of};
use super::judged::Judged;
use super::walk::{Member, Role};
use crate::fold::fold;
use crate::shown::acts;

/// Where a value stays between issuing and storing.
const FILE: &str = "\"$new\"";
const MEMORY: &str = "new=$(umask 077; mktemp -p /dev/shm)";
/// Takes a value without showing it, and without a program that is given it.
const TYPED: &str = "read -rs v && printf %s \"$v\" > \"$new\"; unset v";

fn step(text: impl Into<String>, commands: &[String]) -> Step {
    Step {
        text: text.into(),
        commands: commands.to_vec(),
    }
}

/// A name as a shell takes it, whatever is in it. Names come from outside.
pub(super) fn quoted(name: &str) -> String {
    // A card shows such a character by name: what is copied would name something else.
    if name.chars().any(|c| c.is_control() || acts(c)) {
        return "NAME-WITH-CONTROL-CHARACTERS".to_owned();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:@+=-".contains(c);
    // What begins with a hyphen would be read as an option.
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}

/// What is still to be done: the rest of a rotation that has begun, or the whole
/// of the next one. A link that cannot be told begins nothing.
pub(super) fn open(facts: &Facts, chain: &Chain, settled: bool) -> Vec<Step> {
    let behind = |j: &&Judged| matches!(j.link.state, LinkState::NotYet | LinkState::OutOfOrder);
    // A link that is behind has those after it to be done again.
    let from = chain.links().iter().position(behind).unwrap_or(0);
    let mut steps = Vec::new();
    if from == 0 && !settled {
        steps.push(step("Settle the reasons above first.", &[]));
    }
    steps.push(step(
        "Take a snapshot, so that what happens afterwards can be told from what was before; note its id.",
        &["countersign snapshot".to_owned()],
    ));
    if from == 0 {
        steps.extend(issue(facts));
    }
    if from <= 1 {
        steps.extend(store(facts, from == 0));
    }
    if from <= 2 && chain.deployed.link.state != LinkState::NotNeeded {
        steps.extend(deploy(facts));
    }
    if from <= 3 && chain.synced.link.state != LinkState::NotNeeded {
        steps.extend(prove(facts));
    }
    steps.extend(remove(facts, from == 0));
    steps.push(step(
        "Take another snapshot and compare: every link should say done.",
        &[
            "countersign snapshot".to_owned(),
            format!(
                "countersign report pre-rotation --secret {} --baseline ID-OF-THE-FIRST",
                quoted(&facts.secret)
            ),
        ],
    ));
    steps
}

/// The client id of an application that issues.
fn client_id(facts: &Facts, issuer: &Member) -> String {
    let name = fold(&issuer.secret);
    facts
        .of(Happening::Issued)
        .iter()
        .filter(|m| issuer_of(m) == name)
        .find_map(|m| m.place.clone())
        .map_or_else(|| "CLIENT-ID".to_owned(), |id| quoted(&id))
}

fn issuers(facts: &Facts) -> impl Iterator<Item = &Member> {
    facts.members.iter().filter(|m| m.role == Role::Issuer)
}

/// The name of a registered secret without its store and account.
fn own_name(member: &Member) -> &str {
    let skip = if member.account().is_some() { 2 } else { 1 };
    member
        .secret
        .splitn(skip + 1, '/')
        .last()
        .unwrap_or(&member.secret)
}

fn issue(facts: &Facts) -> Vec<Step> {
    let all: Vec<Step> = issuers(facts).map(|i| issue_at(facts, i)).collect();
    if all.is_empty() {
        return vec![step(
            "Issue a new value where the old one came from, and leave the old one alive.",
            &[],
        )];
    }
    all
}

fn issue_at(facts: &Facts, issuer: &Member) -> Step {
    let name = own_name(issuer);
    match issuer.store.as_str() {
        "entra" => step(
            format!(
                "Add a second client secret to the application {name}; the old one stays alive. The value goes into a file in memory only."
            ),
            &[
                MEMORY.to_owned(),
                format!(
                    "az ad app credential reset --id {} --append --end-date YYYY-MM-DD --query password --output tsv --only-show-errors > {FILE}",
                    client_id(facts, issuer)
                ),
            ],
        ),
        "iam" => step(
            format!("Make a second access key for {name}; the old one stays active."),
            &[
                MEMORY.to_owned(),
                format!(
                    "aws iam create-access-key --user-name {} --query AccessKey --output json > {FILE}",
                    quoted(name)
                ),
            ],
        ),
        "auth0" => step(
            format!(
                "In the dashboard of Auth0, Applications, {name}, rotate the client secret. The old one stops at once: have the next step ready."
            ),
            &[],
        ),
        _ => step(
            format!(
                "In GitHub's settings make a new token beside {name}, with the same permissions and an end date."
            ),
            &[],
        ),
    }
}

fn store(facts: &Facts, with_value: bool) -> Vec<Step> {
    let stores: Vec<&Member> = facts
        .members
        .iter()
        .filter(|m| m.role == Role::Store)
        .collect();
    let mut steps: Vec<Step> = stores
        .iter()
        .map(|member| match member.store.as_str() {
            "github" => github(member),
            _ => secrets_manager(facts, member),
        })
        .collect();
    if steps.is_empty() {
        steps.push(step(
            "Store the new value where its consumer reads it; the register does not say where.",
            &[],
        ));
    }
    // What is issued by hand, or was issued before, is pasted.
    let printed = |m: &Member| matches!(m.store.as_str(), "entra" | "iam");
    let typed = !with_value || !issuers(facts).any(printed);
    if typed && let Some(first) = steps.first_mut() {
        if !with_value {
            first.text.push_str(
                " If the value of the newest credential is not at hand any more, issue another one.",
            );
        }
        first.commands.insert(0, TYPED.to_owned());
        first.commands.insert(0, MEMORY.to_owned());
    }
    if let Some(last) = steps.last_mut() {
        last.commands.push(format!("shred -u {FILE}"));
    }
    steps
}

fn github(member: &Member) -> Step {
    let path = own_name(member);
    let (owner, name) = path.rsplit_once('/').unwrap_or(("", path));
    let scope = if owner.contains('/') {
        "--repo"
    } else {
        "--org"
    };
    step(
        format!("Store it as the secret {name} of {owner}; it is read from the file."),
        &[format!(
            "gh secret set {} {scope} {} < {FILE}",
            quoted(name),
            quoted(owner)
        )],
    )
}

fn secrets_manager(facts: &Facts, member: &Member) -> Step {
    let arn = facts
        .of(Happening::Stored)
        .iter()
        .find(|m| m.table == "aws_secret_version" && holds(m, member))
        .and_then(|m| m.place.clone())
        .unwrap_or_else(|| own_name(member).to_owned());
    let region = arn
        .split(':')
        .nth(3)
        .filter(|r| !r.is_empty() && arn.starts_with("arn:"));
    let at = region.map_or_else(String::new, |r| format!(" --region {}", quoted(r)));
    step(
        format!(
            "Store it as a new version of {} in account {}. Where the secret is JSON, only the key of the value changes (KEY).",
            own_name(member),
            member.account().unwrap_or("not known")
        ),
        &[
            format!(
                "(umask 077; aws secretsmanager get-secret-value{at} --secret-id {} --query SecretString --output text | jq --rawfile v {FILE} '.KEY = ($v | rtrimstr(\"\\n\"))' > {FILE}.json)",
                quoted(&arn)
            ),
            format!(
                "aws secretsmanager put-secret-value{at} --secret-id {} --secret-string \"file://$new.json\"; shred -u {FILE}.json",
                quoted(&arn)
            ),
        ],
    )
}

fn functions(facts: &Facts) -> impl Iterator<Item = &Consumer> {
    facts.used_by(Use::Function)
}

fn deploy(facts: &Facts) -> Vec<Step> {
    let documents = if facts.documents.is_empty() {
        String::new()
    } else {
        format!(" ({})", facts.documents.join(", "))
    };
    let all: Vec<Step> = functions(facts)
        .map(|f| {
            step(
                format!(
                    "Run the pipeline that deploys {}, as its runbook says{documents}; then see that it was.",
                    f.name
                ),
                &[format!(
                    "aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={} --max-results 3 --query 'Events[].[EventTime,EventName]' --output text",
                    quoted(&f.name)
                )],
            )
        })
        .collect();
    if all.is_empty() {
        return vec![step(
            format!(
                "Run the pipeline that hands the value to its consumer, as its runbook says{documents}."
            ),
            &[],
        )];
    }
    all
}

fn prove(facts: &Facts) -> Vec<Step> {
    let mut all = Vec::new();
    for sync in facts.used_by(Use::Sync) {
        let hours = match sync.interval_hours {
            Some(1) => ", within the hour".to_owned(),
            Some(h) => format!(", within {h} hours"),
            None => String::new(),
        };
        // Its log goes by the name of the function.
        let log = functions(facts)
            .next()
            .map_or(sync.name.as_str(), |f| &f.name);
        all.push(step(
            format!("Start the sync {} or wait for its next run{hours}, read in its log that it completed, and add the run to the register of sync runs.", sync.name),
            &[format!("aws logs tail {} --since 3h", quoted(&format!("/aws/lambda/{log}")))],
        ));
    }
    for connection in facts.used_by(Use::Connection) {
        all.push(step(
            format!("Sign in once through the connection {} in a private window, and keep the session of the fallback open meanwhile.", connection.name),
            &[],
        ));
    }
    if all.is_empty() {
        all.push(step(
            "See in the log of the consumer that it works with the new value.",
            &[],
        ));
    }
    all
}

fn remove(facts: &Facts, whole: bool) -> Vec<Step> {
    // Before the next one is issued, those that are live now are the old ones.
    let old = if whole {
        facts.live()
    } else {
        facts.superseded()
    };
    if issuers(facts).next().is_none() {
        return vec![step(
            "When nothing uses the old value any more, revoke it where it was issued.",
            &[],
        )];
    }
    // Where a rotation replaces the value, or the old one is gone, nothing is left of it.
    let mut left = Vec::new();
    let mut commands = Vec::new();
    for issuer in issuers(facts).filter(|i| i.store != "auth0") {
        let name = fold(&issuer.secret);
        let of_issuer: Vec<&Moment> = old
            .iter()
            .copied()
            .filter(|m| issuer_of(m) == name)
            .collect();
        if !of_issuer.is_empty() {
            commands.extend(removal(facts, issuer, &of_issuer));
            left.push(issuer);
        }
    }
    if left.is_empty() {
        return Vec::new();
    }
    vec![step(
        "When the sign-in log of the issuer shows no use of the old one any more, delete it, and nothing else.",
        &commands,
    )]
}

/// The commands that remove what an issuer still has of old ones.
fn removal(facts: &Facts, issuer: &Member, old: &[&Moment]) -> Vec<String> {
    let name = own_name(issuer);
    match issuer.store.as_str() {
        "entra" => old
            .iter()
            .map(|m| {
                format!(
                    "az ad app credential delete --id {} --key-id {}",
                    client_id(facts, issuer),
                    quoted(&m.event)
                )
            })
            .collect(),
        "iam" => vec![
            format!(
                "aws iam update-access-key --user-name {} --access-key-id OLD-KEY-ID --status Inactive",
                quoted(name)
            ),
            format!(
                "aws iam delete-access-key --user-name {} --access-key-id OLD-KEY-ID",
                quoted(name)
            ),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_stay_names_in_a_shell() {
        for (name, expected) in [
            ("entra-sync", "entra-sync"),
            (
                "arn:aws:secretsmanager:eu-west-2:1:secret:a/b-Ab1",
                "arn:aws:secretsmanager:eu-west-2:1:secret:a/b-Ab1",
            ),
            ("a b", "'a b'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("it's", "'it'\\''s'"),
            ("-rf", "'-rf'"),
            ("", "''"),
            ("a\nrm", "NAME-WITH-CONTROL-CHARACTERS"),
            ("a\u{202e}b", "NAME-WITH-CONTROL-CHARACTERS"),
            ("a\u{ad}b", "NAME-WITH-CONTROL-CHARACTERS"),
            ("a\u{2028}b", "NAME-WITH-CONTROL-CHARACTERS"),
            ("a\u{e0041}b", "NAME-WITH-CONTROL-CHARACTERS"),
            ("`id`", "'`id`'"),
        ] {
            assert_eq!(quoted(name), expected);
        }
    }
}
