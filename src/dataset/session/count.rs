//! Numbers of rows, each counted once.

use std::sync::PoisonError;

use super::{Counts, Session};
use crate::dataset::DatasetError;

impl Session {
    /// Number of rows of a table or view.
    ///
    /// # Errors
    /// As [`Self::collect`].
    pub fn count(&self, name: &str) -> Result<u64, DatasetError> {
        self.count_where(name, "TRUE")
    }

    /// Number of rows of a table or view for which a condition holds.
    ///
    /// # Errors
    /// As [`Self::collect`].
    pub fn count_where(&self, name: &str, condition: &str) -> Result<u64, DatasetError> {
        let key = (name.to_owned(), condition.to_owned());
        if let Some(count) = self.counted().get(&key) {
            return Ok(*count);
        }
        let frame = self.collect(&format!(
            "SELECT COUNT(*) AS n FROM {name} WHERE {condition}"
        ))?;
        let value = frame
            .columns()
            .first()
            .and_then(|c| c.get(0).ok())
            .and_then(|v| v.extract::<u64>());
        let value = value.unwrap_or(0);
        self.counted().insert(key, value);
        Ok(value)
    }

    pub(super) fn counted(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
