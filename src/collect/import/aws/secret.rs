//! A secret as it is listed, and whether its age matters.

use chrono::{DateTime, Utc};

use super::place::Place;
use crate::glob::Glob;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Secret {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: Option<String>,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) changed: Option<DateTime<Utc>>,
    pub(super) rotated: Option<DateTime<Utc>>,
    pub(super) accessed: Option<DateTime<Utc>>,
    pub(super) rotation: Option<bool>,
    pub(super) rotation_days: Option<i64>,
    pub(super) next: Option<DateTime<Utc>>,
    pub(super) deleted: Option<DateTime<Utc>>,
    pub(super) service: Option<String>,
    pub(super) description: Option<String>,
    pub(super) primary: Option<String>,
}

impl Secret {
    pub(super) fn replica(&self) -> bool {
        self.primary.as_deref().is_some_and(|p| p != self.region)
    }

    /// Whether its age is anybody's business, so that its versions must be there.
    pub(super) fn counts(&self) -> bool {
        !self.replica() && self.deleted.is_none() && self.service.is_none()
    }

    pub(super) fn watched(&self, watch: &Glob) -> bool {
        let name = self.name.as_deref().unwrap_or_default();
        watch.is_match(format!("secretsmanager/{}/{name}", self.account))
    }

    /// Whether it is the secret of that name in a place.
    pub(super) fn is(&self, place: &Place, name: &str) -> bool {
        self.account == place.account
            && Some(&self.region) == place.region.as_ref()
            && self.name.as_deref() == Some(name)
    }
}

/// Secrets whose versions must be there: those that are watched. The configuration
/// has refused what is no pattern; without that, all of them are.
pub(in crate::collect) fn watch(globs: &[String]) -> Glob {
    Glob::any(globs).unwrap_or_else(|_| Glob::all())
}
