//! Accounts as other tables need them, by id and by name.

use std::collections::BTreeMap;

use crate::collect::import::sink::Keys;

/// A file without content, where assignments were asked for principal by
/// principal: those of deleted principals are not among them.
pub(in crate::collect) const BY_PRINCIPAL: &str = "aws/assignments-by-principal";

/// Accounts as other tables need them.
#[derive(Clone, Debug, Default)]
pub(in crate::collect) struct Accounts {
    pub keys: Keys,
    /// Account id to the key, by folded name; `None` when the name is not unique.
    pub by_name: BTreeMap<String, Option<i32>>,
}

impl Accounts {
    /// The account of a name or id.
    pub(in crate::collect) fn find(&self, name: &str) -> Option<i32> {
        self.keys.get(name.trim()).or_else(|| {
            self.by_name
                .get(&crate::fold::fold(name))
                .copied()
                .flatten()
        })
    }
}
