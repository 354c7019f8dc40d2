//! What the configuration changes about a rule.

use std::collections::BTreeMap;

use crate::dataset::settings::Setting;
use crate::sqlfile::Severity;

/// What the configuration says about a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Override {
    /// Replaces the severity of the rule and of its rows.
    pub severity: Option<Severity>,
    /// Whether the rule runs.
    pub enabled: Option<bool>,
    /// Replaces parameters.
    pub params: BTreeMap<String, Setting>,
    /// The policy pack that decides a threshold of the rule.
    pub pack: Option<String>,
}
