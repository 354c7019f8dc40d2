//! Pages and files of an export into rows, and how complete they are.
//!
//! One module per source; `input`, `walk` and `answer` turn files into records
//! and tell how complete they are, `record` reads the members of one, `sink` gives
//! rows their keys and hands them to the dataset.

mod answer;
mod auth0;
pub(super) mod aws;
pub(super) mod budget;
pub(super) mod context;
pub(super) mod encoding;
mod entra;
pub(super) mod evidence;
mod github;
pub(super) mod input;
pub(super) mod kept;
mod reading;
mod record;
mod single;
pub(super) mod sink;
mod walk;

use crate::dataset::DatasetError;
use crate::dataset::schema::Source;
use aws::accounts::Accounts;
use context::Import;
use sink::Sink;

/// Reads every source into its tables; gives the accounts.
pub(super) fn tables(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    sources: &[(Source, Result<(), String>)],
) -> Result<Accounts, DatasetError> {
    let mut accounts = Accounts::default();
    for (source, wanted) in sources {
        if let Err(reason) = wanted {
            sink.skip(*source, reason)?;
            continue;
        }
        match source {
            Source::Entra => entra::import(import, sink)?,
            Source::GitHub => github::import(import, sink)?,
            Source::IdentityCenter => accounts = aws::identity_center(import, sink)?,
            Source::SecretsManager => aws::secrets_manager(import, sink, &accounts)?,
            Source::Iam => aws::iam(import, sink, &accounts)?,
            Source::CloudTrail => aws::cloudtrail(import, sink)?,
            Source::Auth0 => auth0::import(import, sink)?,
            Source::Register | Source::Evidence => {}
        }
    }
    Ok(accounts)
}
