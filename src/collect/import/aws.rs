//! AWS: Identity Center, Organizations, Secrets Manager, IAM and CloudTrail,
//! as the AWS command line prints them.

pub(in crate::collect) mod accounts;
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
pub(in crate::collect) mod secret;
mod secrets;
mod trail;
mod versions;

use super::context::Import;
use super::sink::Sink;
use crate::dataset::DatasetError;
use accounts::Accounts;

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
