//! `countersign.toml` and the registers of the estate.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::page::text;
use crate::build::{application_name, day, stamp};
use crate::error::EstateError;
use crate::model::Model;
use crate::names::{
    ALLOWED, APPROVER, ENTRA_TYPE, ENVIRONMENTS, GITHUB_TYPE, HOLDING, HUB, IGNORED_GROUP,
    IGNORED_TEAM, LEVELS, PLATFORM_GROUP, PLATFORM_TEAM, PREFIX, SUFFIX, TEMPORARY, levels,
};

pub(crate) fn write(model: &Model, dir: &Path) -> Result<(), EstateError> {
    text(&dir.join("countersign.toml"), &configuration(model))?;
    let registers = dir.join("registers");
    let mut csv = String::from(
        "group,group_id,requester,approver,ticket,approved_at,expires_at,accounts,permission_sets\n",
    );
    for (n, a) in model.approvals.iter().enumerate() {
        let id = a.group_id.as_deref().unwrap_or_default();
        let requester = a.requester.as_deref().unwrap_or("requester@example.gov.uk");
        let approver = a.approver.as_deref().unwrap_or(APPROVER);
        let _ = writeln!(
            csv,
            "{},{id},{requester},{approver},REQ-{n:05},{},{},{},{}",
            a.group, a.approved, a.expires, a.accounts, a.permission_sets
        );
    }
    text(&registers.join("approvals.csv"), &csv)?;
    let mut csv = String::from("store,account_id,name,owner,consumer,rotation_days,document\n");
    for r in &model.registered {
        let account = if matches!(r.store, "secretsmanager" | "iam") {
            HUB
        } else {
            ""
        };
        let days = r.days.map(|d| d.to_string()).unwrap_or_default();
        let _ = writeln!(
            csv,
            "{},{account},{},platform@example.gov.uk,{},{days},{}",
            r.store, r.name, r.consumer, r.document
        );
    }
    text(&registers.join("secrets.csv"), &csv)?;
    let mut csv = String::from("sync,finished_at,result\n");
    for (sync, at, result) in &model.runs {
        let _ = writeln!(csv, "{sync},{},{result}", stamp(*at));
    }
    text(&registers.join("sync_runs.csv"), &csv)?;
    let mut csv = String::from("github_login,user_principal_name,confirmed_by,expires_at\n");
    let usual = (0..model.logins.len().min(model.size.people)).step_by(50);
    let usual = usual.map(|n| (n, model.person(n)));
    let further = model.links.iter().map(|(n, u)| (*n, &model.users[*u]));
    for (n, person) in usual.chain(further) {
        let _ = writeln!(
            csv,
            "{},{},line.manager@example.gov.uk,",
            model.logins[n].login, person.principal
        );
    }
    text(&registers.join("identities.csv"), &csv)?;
    let mut csv = String::from("level,permission_set\n");
    for (level, set) in levels() {
        let _ = writeln!(csv, "{level},{set}");
    }
    text(&registers.join("levels.csv"), &csv)?;
    let mut toml = String::new();
    for w in &model.waivers {
        let _ = write!(
            toml,
            "[[waiver]]\nid = \"{}\"\nrule = \"{}\"\nresource = \"{}\"\nreason = \"accepted until it is rebuilt\"\nowner = \"platform@example.gov.uk\"\napprover = \"security@example.gov.uk\"\nticket = \"RISK-1\"\nexpires = {}\n\n",
            w.id,
            w.rule,
            w.resource,
            day(w.expires)
        );
    }
    text(&registers.join("waivers.toml"), &toml)?;
    environments(model, &registers.join("environments"))
}

/// Groups that are meant to administer an account.
fn administrators(model: &Model) -> std::collections::BTreeSet<&str> {
    let declared = model.grants.iter().filter(|g| g.level == LEVELS[0].0);
    declared
        .map(|g| g.group.as_str())
        .chain([PLATFORM_GROUP, PLATFORM_TEAM])
        .filter(|g| !model.unlisted.iter().any(|u| u == g))
        .collect()
}

fn configuration(model: &Model) -> String {
    let quoted = |list: &[&str]| {
        list.iter()
            .map(|t| format!("\"{t}\""))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let administrators: Vec<&str> = administrators(model).into_iter().collect();
    let privileged: Vec<&str> = LEVELS.iter().filter(|l| l.2).map(|l| l.1).collect();
    format!(
        r#"# Configuration of the simulated organisation.

[entra]
group_prefix = "{PREFIX}"

[identity_center]
holding_groups = ["{HOLDING}"]
ignored_groups = ["{IGNORED_GROUP}"]
allowed_domains = [{}]
entra_email_type = "{ENTRA_TYPE}"
github_email_type = "{GITHUB_TYPE}"
github_suffix = "{SUFFIX}"

[github]
organisation = "example-org"
ignored_teams = ["{IGNORED_TEAM}"]

[access]
privileged_permission_sets = [{}]
production_suffixes = ["-production"]
administrator_allow_list = [{}]
temporary_levels = ["{}"]
implicit = [
    {{ group = "{PLATFORM_GROUP}", permission_set = "AdministratorAccess" }},
    {{ group = "{PLATFORM_TEAM}", permission_set = "AdministratorAccess" }},
]

[secret]
default_rotation_days = 90
watch = ["secretsmanager/*/identity/*", "entra/aws-*", "github/*", "auth0/*"]

[registers]
approvals = "registers/approvals.csv"
secrets = "registers/secrets.csv"
identities = "registers/identities.csv"
waivers = "registers/waivers.toml"
environments = "registers/environments"
levels = "registers/levels.csv"
sync_runs = "registers/sync_runs.csv"

# The people of a partner are in groups for other reasons, and need no access.
[rules."entra/member-outside-allowed-domains"]
params = {{ tolerated_domains = "partner.example" }}

# When people last signed in.
[sources.entra]
sign_ins = true

# Sources beside those that every snapshot reads.
[sources.auth0]
enabled = true

[sources.iam]
enabled = true

[sources.cloudtrail]
enabled = true

[sync.entra]
source = "entra"
interval_hours = 2

[sync.github]
source = "github"
interval_hours = 6

# Temporary access ends within a fortnight here.
[rules."access/temporary-level-overdue"]
params = {{ limit_days = 14 }}
"#,
        quoted(&ALLOWED),
        quoted(&privileged),
        quoted(&administrators),
        TEMPORARY.0,
    )
}

fn environments(model: &Model, dir: &Path) -> Result<(), EstateError> {
    let mut access: Vec<Vec<Value>> = vec![Vec::new(); model.accounts.len()];
    for grant in &model.grants {
        access[grant.account].push(json!({"sso_group_name": grant.group, "level": grant.level}));
    }
    let mut access = access.into_iter().enumerate();
    for application in 0..model.size.applications {
        let environments: Vec<Value> = ENVIRONMENTS
            .iter()
            .map(|name| {
                let (account, access) = access.next().unwrap_or_default();
                let mut environment = json!({"name": name, "access": access});
                let reviewers = model.reviewers.iter().filter(|r| r.0 == account);
                let reviewers: Vec<&str> = reviewers.map(|r| r.1.as_str()).collect();
                if !reviewers.is_empty() {
                    environment["additional_reviewers"] = json!(reviewers);
                }
                environment
            })
            .collect();
        let name = application_name(application);
        let unit = ["Courts", "Prisons", "Probation", "Platforms"][application % 4];
        let file = json!({
            "account-type": "member",
            "environments": environments,
            "tags": {
                "application": name,
                "business-unit": unit,
                "owner": format!("Team {}: team-{}@example.gov.uk", application % 20, application % 20),
                "critical-national-infrastructure": application % 10 == 0,
            },
            "github-oidc-team-repositories": [""],
        });
        let file = serde_json::to_string_pretty(&file).unwrap_or_default();
        text(&dir.join(format!("{name}.json")), &(file + "\n"))?;
    }
    for name in &model.retired {
        let file = json!({
            "account-type": "member",
            "environments": [{"name": ENVIRONMENTS[0], "access": []}],
            "tags": {"application": name, "owner": "Team 0: team-0@example.gov.uk"},
        });
        let file = serde_json::to_string_pretty(&file).unwrap_or_default();
        text(&dir.join(format!("{name}.json")), &(file + "\n"))?;
    }
    Ok(())
}
