//! States that the rotation of one credential can be in, each planted into a
//! healthy organisation: what the rotation card is tried on. The credential is
//! that of the sync, but where somebody could lose the way in it is the broker's.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{Credential, Model, Principal};
use crate::names::PLATFORM_TEAM;
use crate::secrets::{SYNC_FUNCTION, SYNC_SECRET, deployed};

const APPLICATION: &str = "aws-sync-provisioning";

/// How far a rotation is, or what is wrong about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The last one is weeks ago, and whole.
    Settled,
    /// It was done today, in order, to the end.
    Done,
    /// A new credential was issued, and not stored.
    Issued,
    /// It was stored, and the function was not deployed since.
    Stored,
    /// It was deployed, and the sync has not run since.
    Deployed,
    /// The sync ran, and the old credential still works.
    Synced,
    /// The old credential was removed before the function was deployed.
    RemovedBeforeDeployed,
    /// The old credential was removed before the sync ran.
    RemovedBeforeSynced,
    /// The function was deployed between issuing and storing.
    DeployedBeforeStored,
    /// The tags of the secret were edited the day after.
    TagEdited,
    /// AWS was set to rotate it, and people did.
    ByHand,
    /// AWS itself rotated the secret yesterday, and nobody issued anything.
    StoredAlone,
    /// Two credentials have been valid for a month.
    TwoValid,
    /// The only credential ended yesterday.
    Expired,
    /// The only credential begins tomorrow.
    NotValidYet,
    /// Nobody owns the application.
    NoOwner,
    /// Everybody with privilege on the account of the secret signs in through it.
    NoFallback,
    /// The last run of the sync failed.
    SyncFailed,
    /// Clocks differ by two minutes at every link.
    Skewed,
    /// It was stored six minutes before it was issued: no clock is that wrong.
    SkewedTooFar,
    /// The register alone knows it.
    RegisterOnly,
    /// The secret is scheduled for deletion.
    Deleted,
}

/// When each link happened.
#[derive(Clone, Copy)]
struct Times {
    issued: DateTime<Utc>,
    stored: Option<DateTime<Utc>>,
    deployed: Option<DateTime<Utc>>,
    /// Whether the credential before is still there.
    old: bool,
}

impl Rotation {
    /// Plants what the sources show.
    pub(super) fn begin(self, model: &mut Model) {
        let ago = |minutes: i64| model.as_of - TimeDelta::minutes(minutes);
        // The sync last succeeded an hour ago.
        let times = |issued: i64, stored: Option<i64>, deployed: Option<i64>, old: bool| Times {
            issued: ago(issued),
            stored: stored.map(ago),
            deployed: deployed.map(ago),
            old,
        };
        let planted = match self {
            Self::Done | Self::ByHand => Some(times(360, Some(350), Some(335), false)),
            Self::Issued => Some(times(360, None, None, true)),
            Self::Stored => Some(times(360, Some(350), None, true)),
            Self::Deployed => Some(times(50, Some(45), Some(30), true)),
            Self::Synced => Some(times(360, Some(350), Some(335), true)),
            Self::RemovedBeforeDeployed => Some(times(360, Some(350), None, false)),
            Self::RemovedBeforeSynced => Some(times(50, Some(45), Some(30), false)),
            Self::DeployedBeforeStored => Some(times(360, Some(240), Some(300), true)),
            Self::Skewed => Some(times(360, Some(362), Some(364), false)),
            Self::SkewedTooFar => Some(times(360, Some(366), Some(335), true)),
            _ => None,
        };
        if let Some(times) = planted {
            plant(model, times);
        }
        self.alter(model);
    }

    fn alter(self, model: &mut Model) {
        let as_of = model.as_of;
        match self {
            Self::TagEdited => {
                let at = model.days_ago(24);
                with_secret(model, |s| s.changed = at);
            }
            Self::ByHand => with_secret(model, |s| {
                s.rotation = Some(true);
                s.rotated = None;
            }),
            Self::StoredAlone => {
                let at = model.days_ago(1);
                with_secret(model, |s| {
                    s.current = at;
                    s.rotated = Some(at);
                });
            }
            Self::TwoValid => {
                let (key, end) = (model.id("key", "an older one"), model.days_ago(-50));
                let start = model.days_ago(40);
                credentials(model).push(Credential {
                    key,
                    certificate: false,
                    start,
                    end,
                    leaked: false,
                });
            }
            Self::Expired => {
                for c in credentials(model) {
                    c.end = as_of - TimeDelta::days(1);
                }
            }
            Self::NotValidYet => {
                for c in credentials(model) {
                    c.start = as_of + TimeDelta::days(1);
                }
            }
            Self::NoOwner => {
                for a in model
                    .applications
                    .iter_mut()
                    .filter(|a| a.name == APPLICATION)
                {
                    a.owners.clear();
                }
            }
            Self::SyncFailed => {
                let at = as_of - TimeDelta::minutes(20);
                model.runs.push(("entra", at, "failure"));
            }
            Self::RegisterOnly => {
                model.applications.retain(|a| a.name != APPLICATION);
                model.secrets.retain(|s| s.name != SYNC_SECRET);
            }
            Self::Deleted => with_secret(model, |s| s.deleted = true),
            _ => {}
        }
    }

    /// Plants what Identity Center shows.
    pub(super) fn settle(self, model: &mut Model) {
        if self == Self::NoFallback
            && let Some(team) = model.ic_group(PLATFORM_TEAM)
        {
            model
                .assignments
                .retain(|a| a.principal != Principal::Group(team));
        }
    }
}

fn with_secret(model: &mut Model, change: impl Fn(&mut crate::model::Secret)) {
    for secret in model.secrets.iter_mut().filter(|s| s.name == SYNC_SECRET) {
        change(secret);
    }
}

/// The credentials of the application.
fn credentials(model: &mut Model) -> &mut Vec<Credential> {
    let place = model
        .applications
        .iter()
        .position(|a| a.name == APPLICATION)
        .unwrap_or(0);
    &mut model.applications[place].credentials
}

fn plant(model: &mut Model, times: Times) {
    let key = model.id("key", &format!("{APPLICATION}/1"));
    let end = times.issued + TimeDelta::days(90);
    let all = credentials(model);
    if !times.old {
        all.clear();
    }
    all.push(Credential {
        key,
        certificate: false,
        start: times.issued,
        end,
        leaked: false,
    });
    if let Some(at) = times.stored {
        with_secret(model, |s| {
            s.current = at;
            s.changed = at;
        });
    }
    if let Some(at) = times.deployed {
        deployed(model, SYNC_FUNCTION, at);
    }
}
