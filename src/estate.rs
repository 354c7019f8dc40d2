//! A simulated organisation with planted faults, written as the files that
//! people export: what the demo shows, what tests compare with, what benches
//! measure on.
//!
//! `model` is the organisation, `build` makes a healthy one out of a seed,
//! `sync` copies it into Identity Center as the jobs would, `faults` breaks it
//! in known places and writes down which finding each break must give, `write`
//! prints it, `revoke` acts on a review. The expected findings come from what was planted, never from the
//! rules.

mod build;
mod expected;
mod faults;
mod model;
mod names;
mod revoke;
mod rotation;
mod secrets;
pub mod serve;
mod sync;
mod write;

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

pub use expected::{Expected, State};
use model::Model;
pub use revoke::{Revocation, Revoked};
pub use rotation::Rotation;

/// An estate could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the simulated organisation was not written: {path}: {source}")]
pub struct EstateError {
    path: PathBuf,
    source: std::io::Error,
}

/// How large an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Users of Entra.
    pub users: usize,
    /// Groups of Entra, prefixed ones included.
    pub groups: usize,
    /// Prefixed groups, whose members can reach AWS.
    pub prefixed: usize,
    /// People who are in prefixed groups.
    pub people: usize,
    /// Members of a prefixed group, on average, whom the sync copies.
    pub members: usize,
    /// Further members of a prefixed group from domains that the sync drops.
    pub outsiders: usize,
    /// GitHub teams.
    pub teams: usize,
    /// GitHub logins that are in teams.
    pub logins: usize,
    /// Members of a team, on average.
    pub team_members: usize,
    /// Applications, of four accounts each.
    pub applications: usize,
    /// Declared rows per account.
    pub grants: usize,
}

impl Size {
    /// 36 accounts: for tests.
    pub const TINY: Self = Self {
        users: 400,
        groups: 120,
        prefixed: 20,
        people: 80,
        members: 8,
        outsiders: 1,
        teams: 16,
        logins: 40,
        team_members: 5,
        applications: 9,
        grants: 3,
    };
    /// 300 accounts, 3,000 people, 20,000 memberships.
    pub const SMALL: Self = Self {
        users: 100_000,
        groups: 40_000,
        prefixed: 250,
        people: 2_000,
        members: 40,
        outsiders: 1,
        teams: 350,
        logins: 1_000,
        team_members: 22,
        applications: 75,
        grants: 3,
    };
    /// Ten times as many people and memberships as small.
    pub const MEDIUM: Self = Self {
        users: 300_000,
        groups: 100_000,
        prefixed: 1_600,
        people: 20_000,
        members: 70,
        outsiders: 10,
        teams: 1_500,
        logins: 10_000,
        team_members: 45,
        applications: 250,
        grants: 6,
    };
    /// Ten million memberships in Entra, 4.6 million in Identity Center, 400,000 assignments.
    pub const LARGE: Self = Self {
        users: 1_000_000,
        groups: 200_000,
        prefixed: 8_000,
        people: 200_000,
        members: 475,
        outsiders: 775,
        teams: 4_000,
        logins: 60_000,
        team_members: 150,
        applications: 1_000,
        grants: 96,
    };
}

/// An organisation at one moment.
#[derive(Debug)]
pub struct Estate {
    model: Model,
    expected: Vec<Expected>,
}

impl Estate {
    /// The organisation at `as_of`, and a month before: what was resolved or
    /// is new in between is known as well.
    #[must_use]
    pub fn generate(size: Size, seed: u64, as_of: DateTime<Utc>) -> (Self, Self) {
        Self::months(size, seed, as_of, true)
    }

    /// The same as it is collected from its services: all of them are read at
    /// once, so that no source is older than another.
    #[must_use]
    pub fn generate_served(size: Size, seed: u64, as_of: DateTime<Utc>) -> (Self, Self) {
        Self::months(size, seed, as_of, false)
    }

    fn months(size: Size, seed: u64, as_of: DateTime<Utc>, exported: bool) -> (Self, Self) {
        let before = Self::at(size, seed, as_of - TimeDelta::days(30), false, exported);
        let mut now = Self::at(size, seed, as_of, true, exported);
        now.expected
            .extend(faults::escalations(&before.model, &now.model));
        now.expected.sort();
        (before, now)
    }

    fn at(size: Size, seed: u64, as_of: DateTime<Utc>, now: bool, exported: bool) -> Self {
        let mut model = build::healthy(size, seed, as_of);
        let mut plan = faults::Plan::new(&mut model, now, exported);
        plan.sources();
        sync::run(plan.model());
        plan.targets();
        let expected = plan.into_expected();
        Self { model, expected }
    }

    /// A healthy organisation, but for the state that the rotation of one
    /// credential is in; seen some time before `as_of`, when what was settled at
    /// `as_of` had happened at the same moments.
    #[must_use]
    pub fn rotating(
        rotation: Rotation,
        seed: u64,
        as_of: DateTime<Utc>,
        before: TimeDelta,
    ) -> Self {
        let mut model = build::healthy(Size::TINY, seed, as_of - before);
        secrets::later(&mut model, before);
        rotation.begin(&mut model);
        sync::run(&mut model);
        rotation.settle(&mut model);
        Self {
            model,
            expected: Vec::new(),
        }
    }

    /// The moment that it is seen at.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        self.model.as_of
    }

    /// What a check must find, with a snapshot of the month before as its
    /// baseline; sorted, resolved findings included.
    #[must_use]
    pub fn expected(&self) -> &[Expected] {
        &self.expected
    }

    /// Writes the exports into a folder.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_exports(&self, dir: &Path) -> Result<(), EstateError> {
        write::exports(&self.model, dir)
    }

    /// Writes `countersign.toml` and the registers into a folder.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_registers(&self, dir: &Path) -> Result<(), EstateError> {
        write::registers::write(&self.model, dir)
    }

    /// How large it is, as a person would say it.
    #[must_use]
    pub fn summary(&self) -> String {
        let m = &self.model;
        format!(
            "{} Entra users, {} GitHub teams, {} AWS accounts, {} Identity Center groups with {} memberships",
            m.users.len(),
            m.teams.len(),
            m.accounts.len(),
            m.ic_groups.len(),
            m.memberships.len(),
        )
    }
}
