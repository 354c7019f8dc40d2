//! What is reviewed: one person's access to one account with one permission set.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Namespace of item ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x2f5a_93c4_0d1e_4b6a_8a47_6c1d_9b3e_5f20);

/// A fact that may be unknown, with the word for why.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum When {
    /// At that time.
    At(DateTime<Utc>),
    /// Why there is no time.
    Why(String),
}

/// One item of a review, with every fact that its row shows.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Item {
    /// Stable over snapshots: a hash of person, account and permission set ids.
    pub item_id: String,
    /// Id of the user in the identity store.
    pub person_id: String,
    /// User name, or the id where there is none.
    pub person: String,
    /// User name folded for comparison.
    pub person_folded: Option<String>,
    /// Name shown to people.
    pub display_name: Option<String>,
    /// ENABLED or DISABLED, when the interface said so.
    pub user_status: Option<String>,
    /// Entra, GitHub, or not known.
    pub source: String,
    /// yes, no, or not known.
    pub guest: String,
    /// Twelve digits.
    pub account_id: String,
    /// Name of the account.
    pub account: String,
    /// ARN.
    pub permission_set_arn: String,
    /// Name of the permission set.
    pub permission_set: String,
    /// What the access is worth.
    pub severity: String,
    /// Whether the permission set is privileged; `None` when that cannot be told.
    pub privileged: Option<bool>,
    /// Whether the account is a production one; `None` when that cannot be told.
    pub production: Option<bool>,
    /// Every path that the access comes by.
    pub paths: BTreeSet<String>,
    /// When the first of the memberships was made.
    pub since: When,
    /// When anybody last used the permission set on the account.
    pub last_used: When,
    /// When the person last signed in to Entra.
    pub last_sign_in: When,
    /// new, as before, or not known.
    pub since_last_review: String,
    /// What the last review decided.
    pub last_decision: Option<String>,
    /// Owner of the account's application.
    pub owner: Option<String>,
    /// Rules that found something about the person or the access.
    pub findings: BTreeSet<String>,
    /// Every folded name that the person is known by: who may not decide.
    pub aliases: BTreeSet<String>,
}

impl Item {
    /// The id of a person's access.
    #[must_use]
    pub fn id(person_id: &str, account_id: &str, permission_set_arn: &str) -> String {
        let key = [person_id, account_id, permission_set_arn].join("\u{1f}");
        Uuid::new_v5(&NAMESPACE, key.as_bytes()).to_string()
    }

    /// Whether to keep it needs a reason: privileged or a guest's, or nobody can tell.
    #[must_use]
    pub fn keep_needs_reason(&self) -> bool {
        self.privileged != Some(false) || self.guest != "no"
    }

    /// Whether it belongs among the privileged ones.
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.privileged != Some(false)
    }

    /// Deny where a rule found what speaks against the person having access at all;
    /// there is no recommendation to keep.
    #[must_use]
    pub fn recommendation(&self) -> Option<&'static str> {
        const AGAINST: [&str; 9] = [
            "access/administrator-outside-allow-list",
            "access/temporary-level-overdue",
            "entra/access-through-ownership",
            "entra/disabled-user-with-access",
            "entra/leaver-with-access",
            "entra/membership-without-source",
            "github/membership-without-source",
            "identity/orphaned-user",
            "approval/unapproved-group",
        ];
        AGAINST
            .iter()
            .any(|rule| self.findings.contains(*rule))
            .then_some("Deny")
    }

    /// Where it stands in every list: privileged and severe first.
    #[must_use]
    pub fn order(&self) -> (bool, u8, &str, &str, &str, &str) {
        let rank = match self.severity.as_str() {
            "critical" => 0,
            "high" => 1,
            "medium" => 2,
            _ => 3,
        };
        (
            !self.is_privileged(),
            rank,
            &self.account,
            &self.permission_set,
            &self.person,
            &self.item_id,
        )
    }
}
