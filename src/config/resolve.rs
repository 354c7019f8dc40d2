//! Fills in defaults, checks bounds, and hashes what results.

use std::collections::BTreeMap;
use std::path::Path;

use super::fault::{Fault, Issue, suggest};
use super::file;
use super::keys::{KEYS, Kind};
use super::meaning::issue;
use super::packs::{self, Pack};
use super::types::{
    Access, Approval, Config, Entra, GitHub, IdentityCenter, Implicit, Policy, Registers,
    RuleConfig, Secret, SourceConfig, Sync, WaiverTerm,
};
use super::values::{Value, Values};
use crate::dataset::schema::Source;
use crate::hash::sha256;
use crate::sqlfile::Severity;

/// Reads values with their defaults.
struct Reader<'a> {
    values: &'a Values,
    pack: &'static Pack,
}

impl Reader<'_> {
    /// The value set, else that of the pack, else the default of the key table.
    fn value(&self, path: &str, key: &str) -> Option<Value> {
        if let Some((value, _)) = self.values.get(path, key) {
            return Some(value.clone());
        }
        let section = path.split('.').next().unwrap_or(path);
        let of_pack = KEYS
            .iter()
            .find(|k| k.section == path && k.name == key)
            .and_then(|k| {
                let key = packs::Key::Setting(k.section, k.name);
                self.pack.days(key, self.values)
            });
        if let Some(days) = of_pack {
            return Some(Value::Int(days));
        }
        let known = KEYS
            .iter()
            .find(|k| k.section == section && k.name == key)?;
        (!known.default.is_empty())
            .then(|| literal(known.default, known.kind))
            .flatten()
    }

    fn text(&self, path: &str, key: &str) -> Option<String> {
        match self.value(path, key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn int(&self, path: &str, key: &str) -> Option<i64> {
        match self.value(path, key)? {
            Value::Int(n) => Some(n),
            _ => None,
        }
    }

    fn flag(&self, path: &str, key: &str) -> Option<bool> {
        match self.value(path, key)? {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    fn texts(&self, path: &str, key: &str) -> Vec<String> {
        match self.value(path, key) {
            Some(Value::Texts(texts)) => texts,
            _ => Vec::new(),
        }
    }
}

/// A default or preset of the key table.
fn literal(text: &str, kind: Kind) -> Option<Value> {
    let table: toml::Table = toml::from_str(&format!("v = {text}")).ok()?;
    let value = table.get("v")?;
    Some(match kind {
        Kind::Text | Kind::Path => Value::Text(value.as_str()?.to_owned()),
        Kind::Int(..) => Value::Int(value.as_integer()?),
        Kind::Flag => Value::Flag(value.as_bool()?),
        Kind::Texts => Value::Texts(
            value
                .as_array()?
                .iter()
                .map(|v| v.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        ),
        Kind::Ints(..) => Value::Ints(
            value
                .as_array()?
                .iter()
                .map(toml::Value::as_integer)
                .collect::<Option<_>>()?,
        ),
        Kind::Grants => Value::Grants(Vec::new()),
        Kind::Params => Value::Params(BTreeMap::new()),
    })
}

/// The configuration that the values give.
pub(super) fn resolve(values: &Values, base: &Path, issues: &mut Vec<Issue>) -> Config {
    super::meaning::check_bounds(values, issues);
    let pack = pack(values, issues);
    let read = Reader { values, pack };
    let text = |section: &str, key: &str| read.text(section, key).unwrap_or_default();
    let int = |section: &str, key: &str| read.int(section, key).unwrap_or_default();
    let path = |key: &str| {
        read.text("registers", key)
            .filter(|p| !p.is_empty())
            .map(|p| base.join(p))
    };
    let mut config = Config {
        path: None,
        sha256: String::new(),
        policy: Policy {
            pack: pack.name.to_owned(),
            decides: pack.decides(values).collect(),
        },
        entra: Entra {
            group_prefix: text("entra", "group_prefix"),
            stale_days: int("entra", "stale_days"),
            minimum_owners: int("entra", "minimum_owners"),
            name_pattern: read.text("entra", "name_pattern"),
        },
        identity_center: IdentityCenter {
            holding_groups: read.texts("identity_center", "holding_groups"),
            ignored_groups: read.texts("identity_center", "ignored_groups"),
            allowed_domains: read.texts("identity_center", "allowed_domains"),
            sync_owners: read.flag("identity_center", "sync_owners").unwrap_or(true),
            entra_email_type: text("identity_center", "entra_email_type"),
            github_email_type: text("identity_center", "github_email_type"),
            github_suffix: text("identity_center", "github_suffix"),
        },
        github: GitHub {
            organisation: read.text("github", "organisation"),
            ignored_teams: read.texts("github", "ignored_teams"),
        },
        access: Access {
            privileged_permission_sets: read.texts("access", "privileged_permission_sets"),
            production_suffixes: read.texts("access", "production_suffixes"),
            administrator_allow_list: read.texts("access", "administrator_allow_list"),
            temporary_levels: read.texts("access", "temporary_levels"),
            implicit: grants(&read),
        },
        approval: Approval {
            valid_days: int("approval", "valid_days"),
        },
        waiver: WaiverTerm {
            longest_days: int("waiver", "longest_days"),
        },
        secret: Secret {
            default_rotation_days: int("secret", "default_rotation_days"),
            entra_rotation_days: read
                .int("secret", "entra_rotation_days")
                .unwrap_or_else(|| int("secret", "default_rotation_days")),
            warn_days: warn_days(&read),
            overlap_days: int("secret", "overlap_days"),
            watch: read.texts("secret", "watch"),
        },
        registers: Registers {
            approvals: path("approvals"),
            secrets: path("secrets"),
            identities: path("identities"),
            waivers: path("waivers"),
            environments: path("environments"),
            declared: path("declared"),
            levels: path("levels"),
            sync_runs: path("sync_runs"),
        },
        rules: rules(values, pack, issues),
        sync: syncs(values, &read, issues),
        sources: sources(values, &read, issues),
        base: base.to_owned(),
    };
    super::meaning::check_meaning(&config, values, issues);
    config.sha256 = sha256(super::canonical::canonical(&config).to_string().as_bytes());
    config
}

fn grants(read: &Reader<'_>) -> Vec<Implicit> {
    match read.value("access", "implicit") {
        Some(Value::Grants(list)) => list
            .into_iter()
            .map(|(group, permission_set)| Implicit {
                group,
                permission_set,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn warn_days(read: &Reader<'_>) -> Vec<i64> {
    let mut days = match read.value("secret", "warn_days") {
        Some(Value::Ints(days)) => days,
        _ => Vec::new(),
    };
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.dedup();
    days
}

/// The pack that is named; the default one beside a mistake.
fn pack(values: &Values, issues: &mut Vec<Issue>) -> &'static Pack {
    let named = match values.get("policy", "pack") {
        Some((Value::Text(name), place)) => {
            let known: Vec<&str> = packs::PACKS.iter().map(|p| p.name).collect();
            if packs::find(name).is_none() {
                issues.push(issue(
                    place,
                    "policy.pack",
                    format!("one of {}", known.join(", ")),
                    name,
                    &suggest(name, &known, "packs"),
                ));
            }
            packs::find(name)
        }
        _ => None,
    };
    named
        .or_else(|| packs::find(packs::DEFAULT))
        .unwrap_or(&packs::PACKS[0])
}

fn rules(values: &Values, pack: &Pack, issues: &mut Vec<Issue>) -> BTreeMap<String, RuleConfig> {
    let mut all = BTreeMap::new();
    for (id, place) in values.names("rules") {
        let path = format!("rules.{id}");
        let mut rule = RuleConfig {
            position: file::position(&place),
            ..RuleConfig::default()
        };
        if let Some((Value::Text(word), place)) = values.get(&path, "severity") {
            if Severity::parse(word).is_none() {
                let words = Severity::ALL.map(Severity::name).join(", ");
                issues.push(issue(
                    place,
                    &format!("{path}.severity"),
                    format!("one of {words}"),
                    word,
                    "choose one of them",
                ));
            }
            rule.severity = Some(word.clone());
        }
        if let Some((Value::Flag(flag), _)) = values.get(&path, "enabled") {
            rule.enabled = Some(*flag);
        }
        if let Some((Value::Params(params), _)) = values.get(&path, "params") {
            for (name, (value, at)) in params {
                rule.params.insert(name.clone(), value.clone());
                rule.param_positions.insert(name.clone(), *at);
            }
        }
        all.insert(id, rule);
    }
    // The numbers of the default pack are the rules' own.
    for threshold in pack
        .thresholds
        .iter()
        .filter(|_| pack.name != packs::DEFAULT)
    {
        if let packs::Key::Param(rule, name) = threshold.key {
            let rule = all.entry(rule.to_owned()).or_default();
            rule.params
                .entry(name.to_owned())
                .or_insert(toml::Value::Integer(threshold.days));
        }
    }
    all
}

fn syncs(values: &Values, read: &Reader<'_>, issues: &mut Vec<Issue>) -> BTreeMap<String, Sync> {
    let mut all = BTreeMap::new();
    for (name, place) in values.names("sync") {
        let path = format!("sync.{name}");
        let mut missing = |key: &str| {
            issues.push(Issue {
                place: place.clone(),
                fault: Fault::Missing(format!("{path}.{key}")),
                hint: "a sync needs its source and its interval".to_owned(),
            });
        };
        let source = read.text(&path, "source");
        if source.is_none() {
            missing("source");
        }
        let interval = read.int(&path, "interval_hours");
        if interval.is_none() {
            missing("interval_hours");
        }
        let (Some(source), Some(interval_hours)) = (source, interval) else {
            continue;
        };
        if !["entra", "github"].contains(&source.as_str())
            && let Some((_, place)) = values.get(&path, "source")
        {
            issues.push(issue(
                place,
                &format!("{path}.source"),
                "entra or github",
                &source,
                &suggest(&source, &["entra", "github"], "sources"),
            ));
        }
        let grace_hours = read
            .int(&path, "grace_hours")
            .unwrap_or(interval_hours.saturating_mul(2));
        all.insert(
            name,
            Sync {
                source,
                interval_hours,
                grace_hours,
            },
        );
    }
    all
}

fn sources(
    values: &Values,
    read: &Reader<'_>,
    issues: &mut Vec<Issue>,
) -> BTreeMap<String, SourceConfig> {
    let names = Source::COLLECTED.map(Source::name);
    let mut all = BTreeMap::new();
    for (name, place) in values.names("sources") {
        if !names.contains(&name.as_str()) {
            issues.push(Issue {
                place,
                fault: Fault::UnknownSection(format!("sources.{name}")),
                hint: suggest(&name, &names, "sources"),
            });
            continue;
        }
        let path = format!("sources.{name}");
        all.insert(
            name,
            SourceConfig {
                enabled: read.flag(&path, "enabled"),
                endpoint: read.text(&path, "endpoint"),
                accounts: read.texts(&path, "accounts"),
                regions: read.texts(&path, "regions"),
                role: read.text(&path, "role"),
                external_id: read.text(&path, "external_id"),
                skip: read.texts(&path, "skip"),
                repositories: read.texts(&path, "repositories"),
                sign_ins: read.flag(&path, "sign_ins") == Some(true),
                only_prefixed: read.flag(&path, "only_prefixed") == Some(true),
            },
        );
    }
    all
}
