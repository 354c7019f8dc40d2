//! The instance of Identity Center that the organisation signs in with. An
//! account may have one of its own, which gives nobody access to accounts: to
//! read it in place of the organisation's would show an empty estate.

use super::cursor::{Cursor, PAGE, walk};
use super::{Clients, Lost};
use crate::collect::wire::http::{CallError, Kind};
use crate::collect::wire::operations::{DESCRIBE_ORGANIZATION, LIST_INSTANCES};

/// An instance.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub arn: String,
    pub store: String,
}

/// An instance as it is listed.
#[derive(Clone, Debug)]
struct Listed {
    instance: Option<Instance>,
    owner: Option<String>,
}

/// The instance, and what asking for the management account told where that
/// was needed.
pub(super) struct Found {
    pub instance: Instance,
    pub organisation: Option<Result<(), CallError>>,
}

pub(super) async fn find(clients: &Clients) -> Result<Found, Lost> {
    let listed = list(clients).await?;
    let named = |chosen: &Listed| {
        chosen.instance.clone().ok_or_else(|| {
            Lost::odd(
                LIST_INSTANCES,
                "the instance of Identity Center has no identity store",
            )
        })
    };
    match listed.as_slice() {
        [] => Err(Lost::odd(
            LIST_INSTANCES,
            format!(
                "Identity Center has no instance in {}: set AWS_REGION to its home Region.",
                clients.region
            ),
        )),
        [only] if only.owner.is_none() => Ok(Found {
            instance: named(only)?,
            organisation: None,
        }),
        several => {
            let management = management(clients).await;
            let chosen = choose(several, &clients.account, &management)?;
            Ok(Found {
                instance: named(chosen)?,
                organisation: Some(management.map(drop).map_err(CallError::from)),
            })
        }
    }
}

/// The instance that belongs to the management account.
fn choose<'l>(
    listed: &'l [Listed],
    caller: &str,
    management: &Result<String, Lost>,
) -> Result<&'l Listed, Lost> {
    let owned = |by: &str| {
        listed
            .iter()
            .find(move |l| l.owner.as_deref().is_some_and(|o| o == by))
    };
    match management {
        Ok(account) => owned(account).ok_or_else(|| {
            Lost::odd(
                LIST_INSTANCES,
                format!(
                    "Identity Center shows no instance of the organisation in this Region: what it lists is not owned by the management account {account} but by an account for itself. Use the management account or its delegated administrator, and the home Region."
                ),
            )
        }),
        Err(lost) => {
            // An account sees no instance of its peers: what it does not own is the organisation's.
            let mut foreign = listed
                .iter()
                .filter(|l| l.owner.as_deref().is_some_and(|o| o != caller));
            match (foreign.next(), foreign.next()) {
                (Some(one), None) if lost.error.kind == Kind::Denied => Ok(one),
                _ if lost.error.message.contains("OrganizationsNotInUse") => Err(Lost::odd(
                    DESCRIBE_ORGANIZATION,
                    format!("Account {caller} is in no organisation, so its instance of Identity Center is one for itself alone: use the management account or its delegated administrator."),
                )),
                _ => Err(lost.clone()),
            }
        }
    }
}

async fn list(clients: &Clients) -> Result<Vec<Listed>, Lost> {
    let mut all = Vec::new();
    let mut cursor = Cursor::default();
    let request = clients.sso().list_instances().max_results(PAGE);
    walk!(clients, LIST_INSTANCES, cursor, request, |answer, _| {
        all.extend(answer.instances().iter().map(|i| {
            let instance = i.instance_arn().zip(i.identity_store_id());
            Listed {
                instance: instance.map(|(arn, store)| Instance {
                    arn: arn.to_owned(),
                    store: store.to_owned(),
                }),
                owner: i.owner_account_id().map(str::to_owned),
            }
        }));
    });
    Ok(all)
}

/// The management account of the organisation.
async fn management(clients: &Clients) -> Result<String, Lost> {
    clients.plan(DESCRIBE_ORGANIZATION);
    let request = clients.organizations().describe_organization();
    let answer = clients.call(DESCRIBE_ORGANIZATION, request.send()).await?;
    answer
        .organization()
        .and_then(|o| o.master_account_id())
        .map(str::to_owned)
        .ok_or_else(|| {
            Lost::odd(
                DESCRIBE_ORGANIZATION,
                "Organizations does not say which account is its management account",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{Listed, Lost, choose};
    use crate::collect::wire::http::{CallError, Kind};
    use crate::collect::wire::operations::DESCRIBE_ORGANIZATION;

    fn listed(owners: &[&str]) -> Vec<Listed> {
        let of = |owner: &&str| Listed {
            instance: None,
            owner: Some((*owner).to_owned()),
        };
        owners.iter().map(of).collect()
    }

    fn refused(kind: Kind) -> Result<String, Lost> {
        let error = CallError {
            kind,
            message: "no".to_owned(),
        };
        Err(Lost::at(DESCRIBE_ORGANIZATION, error))
    }

    #[test]
    fn the_instance_of_the_management_account_is_taken() {
        let owner = |owners: &[&str], management: &Result<String, Lost>| {
            let listed = listed(owners);
            choose(&listed, "me", management)
                .ok()
                .and_then(|l| l.owner.clone())
        };
        let known = Ok("root".to_owned());
        assert_eq!(owner(&["me", "root"], &known).as_deref(), Some("root"));
        assert_eq!(owner(&["root"], &known).as_deref(), Some("root"));
        assert_eq!(owner(&["me"], &known), None);
        let itself = Ok("me".to_owned());
        assert_eq!(owner(&["me"], &itself).as_deref(), Some("me"));
        let denied = refused(Kind::Denied);
        assert_eq!(owner(&["root"], &denied).as_deref(), Some("root"));
        assert_eq!(owner(&["me", "root"], &denied).as_deref(), Some("root"));
        assert_eq!(owner(&["a", "b"], &denied), None);
        assert_eq!(owner(&["me"], &denied), None);
        assert_eq!(owner(&["root"], &refused(Kind::Failed)), None);
    }
}
