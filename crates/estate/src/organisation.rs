//! A simulated organisation: made from a seed, with faults planted in it.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::EstateError;
use crate::expected::Expected;
use crate::model::Model;
use crate::rotation::Rotation;
use crate::size::Size;
use crate::{build, faults, secrets, sync, write};

/// An organisation at one moment.
#[derive(Debug)]
pub struct Estate {
    pub(crate) model: Model,
    pub(crate) expected: Vec<Expected>,
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
        faults::sources(&mut plan);
        sync::run(plan.model());
        faults::targets(&mut plan);
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
