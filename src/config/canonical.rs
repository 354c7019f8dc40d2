//! The resolved configuration for others: canonical JSON, and settings for SQL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::types::Config;
use crate::dataset::settings::{Setting, SettingList, Settings, SyncSetting};

/// Every resolved setting, whatever file, order or directory it was written in.
pub(super) fn canonical(config: &Config) -> Json {
    let shown = |path: &Option<PathBuf>| path.as_deref().map(|p| portable(config, p));
    let r = &config.registers;
    let settings = settings(config);
    let mut scalars: BTreeMap<String, Json> = BTreeMap::new();
    for (name, value) in settings.scalars {
        scalars.insert(
            name,
            match value {
                Setting::Int(n) => json!(n),
                Setting::Text(text) => json!(text),
                Setting::Flag(flag) => json!(flag),
            },
        );
    }
    for (name, list) in settings.lists {
        scalars.insert(
            name,
            match list {
                SettingList::Text(texts) => json!(texts),
                SettingList::Int(numbers) => json!(numbers),
            },
        );
    }
    let implicit: Vec<Json> = config
        .access
        .implicit
        .iter()
        .map(|i| json!({ "group": i.group, "permission_set": i.permission_set }))
        .collect();
    let rules: BTreeMap<&String, Json> = config
        .rules
        .iter()
        .map(|(id, rule)| {
            let params: BTreeMap<&String, String> = rule
                .params
                .iter()
                .map(|(k, v)| (k, v.to_string()))
                .collect();
            (
                id,
                json!({ "severity": rule.severity, "enabled": rule.enabled, "params": params }),
            )
        })
        .collect();
    let sync: BTreeMap<&String, Json> = config
        .sync
        .iter()
        .map(|(name, s)| {
            (name, json!({ "source": s.source, "interval_hours": s.interval_hours, "grace_hours": s.grace_hours }))
        })
        .collect();
    let sources: BTreeMap<&String, Json> = config
        .sources
        .iter()
        .map(|(name, s)| {
            (name, json!({
                "enabled": s.enabled, "endpoint": s.endpoint, "accounts": s.accounts, "regions": s.regions,
                "role": s.role, "external_id": s.external_id.is_some(), "skip": s.skip,
                "repositories": s.repositories, "sign_ins": s.sign_ins, "only_prefixed": s.only_prefixed,
            }))
        })
        .collect();
    json!({
        "policy_pack": config.policy.pack,
        "settings": scalars,
        "access_implicit": implicit,
        "registers": {
            "approvals": shown(&r.approvals), "secrets": shown(&r.secrets), "identities": shown(&r.identities),
            "waivers": shown(&r.waivers), "environments": shown(&r.environments), "declared": shown(&r.declared),
            "levels": shown(&r.levels), "sync_runs": shown(&r.sync_runs),
        },
        "rules": rules,
        "sync": sync,
        "sources": sources,
    })
}

fn portable(config: &Config, path: &Path) -> String {
    config.shown(path)
}

/// What SQL sees.
pub(super) fn settings(config: &Config) -> Settings {
    let mut s = Settings::default();
    let mut scalar = |name: &str, value: Setting| {
        s.scalars.insert(name.to_owned(), value);
    };
    let text = |v: &str| Setting::Text(v.to_owned());
    scalar("entra_group_prefix", text(&config.entra.group_prefix));
    scalar("entra_stale_days", Setting::Int(config.entra.stale_days));
    scalar(
        "entra_minimum_owners",
        Setting::Int(config.entra.minimum_owners),
    );
    scalar(
        "entra_name_pattern",
        text(config.entra.name_pattern.as_deref().unwrap_or_default()),
    );
    let ic = &config.identity_center;
    scalar("identity_center_sync_owners", Setting::Flag(ic.sync_owners));
    scalar(
        "identity_center_entra_email_type",
        text(&ic.entra_email_type),
    );
    scalar(
        "identity_center_github_email_type",
        text(&ic.github_email_type),
    );
    scalar("identity_center_github_suffix", text(&ic.github_suffix));
    scalar(
        "github_organisation",
        text(config.github.organisation.as_deref().unwrap_or_default()),
    );
    scalar(
        "approval_valid_days",
        Setting::Int(config.approval.valid_days),
    );
    scalar(
        "waiver_longest_days",
        Setting::Int(config.waiver.longest_days),
    );
    scalar(
        "secret_default_rotation_days",
        Setting::Int(config.secret.default_rotation_days),
    );
    scalar(
        "secret_entra_rotation_days",
        Setting::Int(config.secret.entra_rotation_days),
    );
    scalar(
        "secret_overlap_days",
        Setting::Int(config.secret.overlap_days),
    );
    let implicit: Vec<String> = config
        .access
        .implicit
        .iter()
        .map(|i| i.group.clone())
        .collect();
    for (name, texts) in [
        ("identity_center_holding_groups", &ic.holding_groups),
        ("identity_center_ignored_groups", &ic.ignored_groups),
        ("identity_center_allowed_domains", &ic.allowed_domains),
        ("github_ignored_teams", &config.github.ignored_teams),
        (
            "access_privileged_permission_sets",
            &config.access.privileged_permission_sets,
        ),
        (
            "access_production_suffixes",
            &config.access.production_suffixes,
        ),
        (
            "access_administrator_allow_list",
            &config.access.administrator_allow_list,
        ),
        ("access_temporary_levels", &config.access.temporary_levels),
        ("access_implicit", &implicit),
        ("secret_watch", &config.secret.watch),
    ] {
        s.lists
            .insert(name.to_owned(), SettingList::Text(texts.clone()));
    }
    s.lists.insert(
        "secret_warn_days".to_owned(),
        SettingList::Int(config.secret.warn_days.clone()),
    );
    s.syncs = config
        .sync
        .iter()
        .map(|(name, sync)| SyncSetting {
            name: name.clone(),
            source: sync.source.clone(),
            interval_hours: sync.interval_hours,
            grace_hours: sync.grace_hours,
        })
        .collect();
    s
}
