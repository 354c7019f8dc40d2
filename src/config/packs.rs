//! Policy packs: named sets of the thresholds on which frameworks differ.
//!
//! One pack is in force. What the file or the environment sets itself wins over
//! it, and so does the rotation period of a row of the secrets register.

use super::values::Values;

/// Where a threshold is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A key of the configuration: section and name.
    Setting(&'static str, &'static str),
    /// A parameter of a rule: id and name.
    Param(&'static str, &'static str),
}

/// One threshold of a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    pub(super) key: Key,
    /// Days.
    pub(super) days: i64,
    /// Control that asks for it; empty where the number is the pack's own.
    pub(super) control: &'static str,
    /// Rules that it decides.
    pub(super) rules: &'static [&'static str],
}

/// A named set of thresholds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pack {
    pub(super) name: &'static str,
    /// Framework that it follows, as a rule header writes it.
    pub(super) framework: &'static str,
    pub(super) thresholds: &'static [Threshold],
}

/// The pack in force where none is named; its numbers are the defaults.
pub(super) const DEFAULT: &str = "moj";

const fn of(
    key: Key,
    days: i64,
    control: &'static str,
    rules: &'static [&'static str],
) -> Threshold {
    Threshold {
        key,
        days,
        control,
        rules,
    }
}

const STALE: Key = Key::Setting("entra", "stale_days");
const STALE_RULES: &[&str] = &["entra/stale-member"];
const TOKEN: Key = Key::Param("github/stale-token", "unused_days");
const TOKEN_RULES: &[&str] = &["github/stale-token"];
const ACCESS_KEY: Key = Key::Param("secret/access-key-old", "unused_days");
const ACCESS_KEY_RULES: &[&str] = &["secret/access-key-old"];
const ROLE: Key = Key::Param("access/unused-permission-set-role", "unused_days");
const ROLE_RULES: &[&str] = &["access/unused-permission-set-role"];
const ROTATION: Key = Key::Setting("secret", "default_rotation_days");
const ROTATION_RULES: &[&str] = &[
    "secret/access-key-old",
    "secret/due-soon",
    "secret/lifetime-too-long",
    "secret/overdue",
];
const ENTRA_ROTATION: Key = Key::Setting("secret", "entra_rotation_days");
const ENTRA_ROTATION_RULES: &[&str] = &[
    "secret/due-soon",
    "secret/lifetime-too-long",
    "secret/overdue",
];
const APPROVAL: Key = Key::Setting("approval", "valid_days");
const APPROVAL_RULES: &[&str] = &["approval/expired"];

pub(super) const PACKS: &[Pack] = &[
    Pack {
        name: DEFAULT,
        framework: "moj-acp",
        thresholds: &[
            of(STALE, 90, "POL.ACP.033", STALE_RULES),
            of(TOKEN, 90, "POL.ACP.034", TOKEN_RULES),
            of(ACCESS_KEY, 90, "POL.ACP.034", ACCESS_KEY_RULES),
            of(ROLE, 90, "", ROLE_RULES),
            of(ROTATION, 90, "", ROTATION_RULES),
            of(APPROVAL, 365, "POL.ACP.035", APPROVAL_RULES),
        ],
    },
    Pack {
        name: "pci-dss",
        framework: "pci-dss-4.0.1",
        thresholds: &[
            of(STALE, 90, "8.2.6", STALE_RULES),
            of(TOKEN, 90, "", TOKEN_RULES),
            of(ACCESS_KEY, 90, "", ACCESS_KEY_RULES),
            of(APPROVAL, 180, "7.2.4", APPROVAL_RULES),
        ],
    },
    Pack {
        name: "cis-v8",
        framework: "cis-v8",
        thresholds: &[
            of(STALE, 45, "5.3", STALE_RULES),
            of(TOKEN, 45, "5.3", TOKEN_RULES),
            of(ACCESS_KEY, 45, "5.3", ACCESS_KEY_RULES),
            of(APPROVAL, 365, "6.8", APPROVAL_RULES),
        ],
    },
    Pack {
        name: "cis-aws",
        framework: "cis-aws-7.0.0",
        thresholds: &[of(ACCESS_KEY, 45, "2.11", ACCESS_KEY_RULES)],
    },
    Pack {
        name: "cis-m365",
        framework: "cis-m365-7.0.0",
        thresholds: &[of(ENTRA_ROTATION, 180, "5.1.5.4", ENTRA_ROTATION_RULES)],
    },
];

/// Rules that some pack decides, with the parameter and the days that the
/// default pack takes for its own; `None` where it is a setting.
#[must_use]
pub fn decided_rules() -> Vec<(&'static str, Option<(&'static str, i64)>)> {
    let all = PACKS.iter().flat_map(|pack| {
        pack.thresholds.iter().flat_map(move |threshold| {
            let own = match threshold.key {
                Key::Param(_, name) if pack.name == DEFAULT => Some((name, threshold.days)),
                _ => None,
            };
            threshold.rules.iter().map(move |rule| (*rule, own))
        })
    });
    all.collect()
}

/// The pack of that name.
pub(super) fn find(name: &str) -> Option<&'static Pack> {
    PACKS.iter().find(|p| p.name == name)
}

impl Pack {
    /// The days that the pack gives a key which was not set.
    pub(super) fn days(&self, key: Key, values: &Values) -> Option<i64> {
        self.thresholds
            .iter()
            .find(|t| t.key == key && !is_set(key, values))
            .map(|t| t.days)
    }

    /// Rules that a threshold of the pack decides and nothing that was set replaces.
    pub(super) fn decides(&self, values: &Values) -> impl Iterator<Item = &'static str> {
        self.thresholds
            .iter()
            .filter(|t| !is_set(t.key, values))
            .flat_map(|t| t.rules.iter().copied())
    }
}

/// Whether the file or the environment sets the key itself.
fn is_set(key: Key, values: &Values) -> bool {
    match key {
        // Whoever sets a period for all credentials means those of Entra too.
        ENTRA_ROTATION if is_set(ROTATION, values) => true,
        Key::Setting(section, name) => values.get(section, name).is_some(),
        Key::Param(rule, name) => matches!(
            values.get(&format!("rules.{rule}"), "params"),
            Some((super::values::Value::Params(params), _)) if params.contains_key(name)
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{DEFAULT, Key, PACKS, find};
    use crate::config::keys::KEYS;
    use crate::config::{Config, file, resolve};
    use crate::frameworks;

    fn config(text: &str) -> Config {
        let mut issues = Vec::new();
        let values = file::read("countersign.toml", text, &mut issues);
        let config = resolve::resolve(&values, Path::new("."), &mut issues);
        assert_eq!(issues, Vec::new());
        config
    }

    #[test]
    fn the_default_pack_is_the_defaults_and_controls_exist() {
        for pack in PACKS {
            for threshold in pack.thresholds {
                if let Key::Setting(section, name) = threshold.key {
                    let mut known = KEYS.iter();
                    let key = known.find(|k| k.section == section && k.name == name);
                    let default = key.expect("a key").default.parse().ok();
                    if pack.name == DEFAULT {
                        assert_eq!(default, Some(threshold.days), "{section}.{name}");
                    }
                }
                assert!(
                    threshold.control.is_empty()
                        || frameworks::title(pack.framework, threshold.control).is_some(),
                    "{} {}",
                    pack.framework,
                    threshold.control
                );
            }
        }
    }

    #[test]
    fn what_is_set_wins_over_the_pack() {
        let plain = config("[policy]\npack = \"cis-v8\"\n");
        assert_eq!(plain.entra.stale_days, 45);
        assert_eq!(plain.approval.valid_days, 365);
        assert_eq!(plain.secret.default_rotation_days, 90);
        assert_eq!(
            plain.rules["github/stale-token"].params["unused_days"],
            toml::Value::Integer(45)
        );
        assert_eq!(plain.pack_of("entra/stale-member"), Some("cis-v8"));
        assert_eq!(plain.pack_of("secret/overdue"), None);
        let own = config(
            "[policy]\npack = \"cis-v8\"\n[entra]\nstale_days = 60\n[rules.\"github/stale-token\".params]\nunused_days = 10\n",
        );
        assert_eq!(own.entra.stale_days, 60);
        assert_eq!(own.pack_of("entra/stale-member"), None);
        assert_eq!(
            own.rules["github/stale-token"].params["unused_days"],
            toml::Value::Integer(10)
        );
        assert_eq!(own.pack_of("github/stale-token"), None);
        assert_eq!(own.pack_of("secret/access-key-old"), Some("cis-v8"));
    }

    #[test]
    fn credentials_of_entra_may_have_a_period_of_their_own() {
        let both = |text| {
            let c = config(text);
            (c.secret.default_rotation_days, c.secret.entra_rotation_days)
        };
        assert_eq!(both(""), (90, 90));
        assert_eq!(both("[secret]\ndefault_rotation_days = 60\n"), (60, 60));
        assert_eq!(both("[policy]\npack = \"cis-m365\"\n"), (90, 180));
        let own = "[policy]\npack = \"cis-m365\"\n[secret]\nentra_rotation_days = 30\n";
        assert_eq!(both(own), (90, 30));
        // A stricter period for everything is not loosened by a pack.
        let strict = "[policy]\npack = \"cis-m365\"\n[secret]\ndefault_rotation_days = 60\n";
        assert_eq!(both(strict), (60, 60));
        assert_eq!(config(strict).pack_of("secret/overdue"), None);
        assert!(find("cis-v9").is_none());
    }
}
