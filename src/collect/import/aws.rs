//! AWS: Identity Center, Organizations, Secrets Manager, IAM and CloudTrail,
//! as the AWS command line prints them.

mod applications;
mod arn;
mod assignments;
mod directory;
mod iam;
mod permission_sets;
mod place;
mod policy;
mod provisioning;
mod roles;
pub(in crate::collect) mod secrets;
mod trail;
mod versions;

use std::collections::BTreeMap;

use super::context::Import;
use super::sink::{Keys, Sink};
use crate::dataset::DatasetError;

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

pub(in crate::collect) fn identity_center(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
) -> Result<Accounts, DatasetError> {
    let principals = directory::import(import, sink)?;
    let (accounts, sets) = assignments::import(import, sink, &principals)?;
    provisioning::import(import, sink, &accounts.keys, &sets)?;
    applications::import(import, sink, &accounts.keys, &principals)?;
    Ok(accounts)
}

pub(in crate::collect) fn secrets_manager(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Accounts,
) -> Result<(), DatasetError> {
    secrets::import(import, sink, accounts)
}

pub(in crate::collect) fn iam(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    accounts: &Accounts,
) -> Result<(), DatasetError> {
    iam::import(import, sink)?;
    roles::import(import, sink, accounts)
}

pub(in crate::collect) fn cloudtrail(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), DatasetError> {
    trail::import(import, sink)
}
