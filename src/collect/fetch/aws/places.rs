//! Accounts and Regions that a source is read in, and the role that is assumed
//! there. A session lasts an hour, so a role is assumed when its account is
//! read and not for all accounts beforehand.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::cursor::SIDE_BY_SIDE;
use super::{Clients, Context};
use crate::collect::fetch::spool::plain_id;
use crate::collect::wire::http::{CallError, Kind};
use crate::collect::wire::operations::ASSUME_ROLE;
use crate::config::Config;
use crate::dataset::coverage::State;
use crate::dataset::schema::{Source, tables};

/// An account that is read, and how.
pub(super) struct Place {
    pub account: String,
    /// Regions to read there; `clients` is in the home Region.
    pub regions: Vec<String>,
    pub clients: Clients,
}

/// Tables of a source.
pub(super) fn tables_of(source: Source) -> Vec<&'static str> {
    let of_source = tables().iter().filter(|t| t.source == source);
    of_source.map(|t| t.name).collect()
}

/// Accounts and Regions of a source, those of the caller where none are configured.
fn configured(config: &Config, home: &Clients, source: Source) -> (Vec<String>, Vec<String>) {
    let settings = config.sources.get(source.name());
    let or = |list: Option<&Vec<String>>, own: &String| {
        let mut list = list.cloned().unwrap_or_default();
        if list.is_empty() {
            list.push(own.clone());
        }
        list.sort();
        list.dedup();
        list
    };
    (
        or(settings.map(|s| &s.accounts), &home.account),
        or(settings.map(|s| &s.regions), &home.region),
    )
}

/// Tries to enter every account of a source but the caller's own; none where
/// there is no other.
pub(super) async fn entered(
    config: &Config,
    home: &Clients,
    source: Source,
) -> Option<Result<(), CallError>> {
    let (mut accounts, regions) = configured(config, home, source);
    accounts.retain(|a| *a != home.account);
    let (all, regions) = (accounts.len(), &regions);
    let mut refused: Vec<CallError> = stream::iter(accounts)
        .map(|account| async move { enter(config, home, source, &account, regions).await })
        .buffered(SIDE_BY_SIDE)
        .filter_map(|entered| std::future::ready(entered.err()))
        .collect()
        .await;
    let of = refused.len();
    Some(match refused.drain(..).next() {
        _ if all == 0 => return None,
        None => Ok(()),
        Some(first) => Err(CallError {
            message: format!(
                "{of} of {all} accounts cannot be entered: {}",
                first.message
            ),
            ..first
        }),
    })
}

/// Reads every account of a source, so many side by side; what cannot be entered
/// is said of all tables of the source.
pub(super) async fn visit<'a, F, R>(
    context: &'a Context<'_>,
    home: &'a Clients,
    source: Source,
    side_by_side: usize,
    read: F,
) where
    F: Fn(Place) -> R + Copy,
    R: Future<Output = ()>,
{
    let (accounts, regions) = configured(context.config, home, source);
    let regions = &regions;
    let all = accounts.len();
    let refused: Vec<CallError> = stream::iter(accounts)
        .map(|account| async move {
            let clients = enter(context.config, home, source, &account, regions).await?;
            let place = Place {
                account,
                regions: regions.clone(),
                clients,
            };
            read(place).await;
            Ok(())
        })
        .buffered(side_by_side)
        .filter_map(|read: Result<(), CallError>| std::future::ready(read.err()))
        .collect()
        .await;
    for error in &refused {
        // Where another account was read, it is a part that is missing.
        let state = if refused.len() < all {
            State::Partial
        } else {
            error.state()
        };
        let permission = (error.kind == Kind::Denied).then_some(ASSUME_ROLE.permission);
        context
            .spool
            .fault(&tables_of(source), state, &error.message, permission);
    }
}

/// The clients of an account, at the address that the source is configured with.
async fn enter(
    config: &Config,
    home: &Clients,
    source: Source,
    account: &str,
    regions: &[String],
) -> Result<Clients, CallError> {
    // They become names of files.
    if let Some(odd) = std::iter::once(account)
        .chain(regions.iter().map(String::as_str))
        .find(|id| !plain_id(id))
    {
        return Err(CallError::failed(format!(
            "\"{}\" is no account or Region, so {} was not read there.",
            crate::collect::words::shown(odd),
            source.name()
        )));
    }
    let settings = config.sources.get(source.name());
    let role = settings.and_then(|s| s.role.as_deref());
    let there = if account == home.account {
        home.clone()
    } else if let Some(role) = role {
        let arn = role_arn(role, account, &home.partition(), source)?;
        let external_id = settings.and_then(|s| s.external_id.as_deref());
        home.assume(source, account, &arn, external_id).await?
    } else {
        return Err(CallError {
            kind: Kind::Denied,
            message: format!(
                "Account {account} cannot be read: set sources.{}.role to the role to assume there.",
                source.name()
            ),
        });
    };
    there.of_source(config, source)
}

/// The ARN of the role in an account: one that names another account would
/// read that one under this one's name.
fn role_arn(
    role: &str,
    account: &str,
    partition: &str,
    source: Source,
) -> Result<String, CallError> {
    if !role.starts_with("arn:") {
        return Ok(format!("arn:{partition}:iam::{account}:role/{role}"));
    }
    let arn = role.replace("{account}", account);
    match account_of(&arn) {
        Some(named) if named == account => Ok(arn),
        _ => Err(CallError::failed(format!(
            "sources.{}.role is an ARN of another account than {account}: write {{account}} where the account belongs.",
            source.name()
        ))),
    }
}

/// The account of an ARN.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|a| !a.is_empty())
}

#[cfg(test)]
mod tests {
    use super::role_arn;
    use crate::dataset::schema::Source;

    #[test]
    fn a_role_is_that_of_the_account() {
        let arn = |role: &str| role_arn(role, "000000000001", "aws-us-gov", Source::Iam).ok();
        assert_eq!(
            arn("Audit").as_deref(),
            Some("arn:aws-us-gov:iam::000000000001:role/Audit")
        );
        assert_eq!(
            arn("arn:aws:iam::{account}:role/x/Audit").as_deref(),
            Some("arn:aws:iam::000000000001:role/x/Audit")
        );
        assert!(arn("arn:aws:iam::000000000001:role/Audit").is_some());
        assert!(arn("arn:aws:iam::000000000002:role/Audit").is_none());
        assert!(arn("arn:aws:iam").is_none());
    }
}
