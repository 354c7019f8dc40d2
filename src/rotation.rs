//! Before and after a rotation: which secret is meant, what belongs to its chain,
//! and the card that answers GO, NO-GO or UNKNOWN.
//!
//! The views of `queries/rotation/` are the facts; the card judges them. The
//! report shows the same views, so nothing here knows a fact that no sheet shows.
//! A view has codes for the program beside words for people.

mod after;
pub mod card;
mod chain;
mod codes;
mod deployed;
mod error;
mod facts;
mod judge;
mod judged;
mod steps;
mod synced;
mod walk;

use std::collections::BTreeSet;

use polars::prelude::DataFrame;

use crate::dataset::DatasetError;
use crate::dataset::coverage::State;
use crate::dataset::session::Session;
use crate::dataset::settings::{column, table};
use crate::dataset::value::rows_of;
use crate::fold::fold;
use crate::sqlfile::{SqlFileError, View, nearest, parse_view};
use card::{Answer, Card};
use chain::Chain;
pub use error::RotationError;
use facts::Facts;
use walk::{Row, Walk, walk};

/// Name of the report that shows the card.
pub const REPORT: &str = "pre-rotation";

/// The secret that is meant, and what belongs to its chain.
#[derive(Debug)]
pub struct Chosen {
    /// Its registered name.
    pub secret: String,
    store: String,
    walk: Walk,
}

/// The views that the card and its report stand on.
fn views() -> Result<Vec<View>, SqlFileError> {
    crate::embedded::ROTATION
        .iter()
        .map(|(path, text)| parse_view(path, text))
        .collect()
}

/// Puts the secret that is meant into the session, as the table `rotation`, its
/// chain as `rotation_member` and `rotation_consumer`, and the views over them. A
/// name may be that of a registered secret or of one of its credentials. The
/// tables of an assessment must be there already.
///
/// # Errors
/// When no store and no register has it.
pub fn choose(session: &mut Session, name: &str) -> Result<Chosen, RotationError> {
    let known = session.collect(
        "SELECT DISTINCT credential, registered_secret, store, kind FROM credential ORDER BY credential, registered_secret, store, kind",
    )?;
    let registered = session.collect(
        "SELECT DISTINCT registered_secret, store, consumer, owner FROM registered_secret ORDER BY registered_secret, store, consumer, owner",
    )?;
    let wanted = fold(name);
    let mut names = Vec::new();
    let mut tokens = BTreeSet::new();
    for row in rows_of(&known) {
        let (credential, secret, store) = (
            row.text("credential"),
            row.text("registered_secret"),
            row.text("store"),
        );
        if row.text("kind") == "token" {
            tokens.insert(fold(&secret));
        }
        names.push((credential, secret.clone(), store.clone()));
        names.push((secret.clone(), secret, store));
    }
    let register = register(&registered);
    for row in &register {
        names.push((row.secret.clone(), row.secret.clone(), row.store.clone()));
    }
    let found = names
        .iter()
        .find(|(spelt, secret, _)| fold(spelt) == wanted && !secret.is_empty());
    // A store that was not read may well hold it: the answer is then unknown, not an error.
    let store = name.split('/').next().unwrap_or_default().to_lowercase();
    let (secret, store) = match found {
        Some((_, secret, store)) => (secret.clone(), store.clone()),
        None if unread(session, &store) => (name.to_owned(), store),
        None => {
            return Err(RotationError::Secret {
                name: name.to_owned(),
                hint: nearest(name, names.iter().map(|n| n.1.as_str())),
            });
        }
    };
    let walk = walk(&secret, &store, &register, &tokens);
    put(session, &secret, &store, &walk)?;
    owners(session, &walk, &register)?;
    session.add_views(&views()?)?;
    Ok(Chosen {
        secret,
        store,
        walk,
    })
}

fn register(frame: &DataFrame) -> Vec<Row> {
    rows_of(frame)
        .map(|row| Row {
            secret: row.text("registered_secret"),
            store: row.text("store"),
            consumer: row.maybe("consumer"),
            owner: row.maybe("owner"),
        })
        .filter(|row| !row.secret.is_empty())
        .collect()
}

fn put(session: &mut Session, secret: &str, store: &str, walk: &Walk) -> Result<(), DatasetError> {
    let row = table(vec![
        column("secret", vec![secret.to_owned()]),
        column("secret_folded", vec![fold(secret)]),
        column("store", vec![store.to_owned()]),
    ])?;
    session.put("rotation", row);
    let m = &walk.members;
    let members = table(vec![
        column(
            "role",
            m.iter()
                .map(|m| m.role.name().to_owned())
                .collect::<Vec<_>>(),
        ),
        column(
            "secret",
            m.iter().map(|m| m.secret.clone()).collect::<Vec<_>>(),
        ),
        column(
            "secret_folded",
            m.iter().map(|m| fold(&m.secret)).collect::<Vec<_>>(),
        ),
        column(
            "store",
            m.iter().map(|m| m.store.clone()).collect::<Vec<_>>(),
        ),
        column(
            "account_id",
            m.iter()
                .map(|m| m.account().map(str::to_owned))
                .collect::<Vec<_>>(),
        ),
    ])?;
    session.put("rotation_member", members);
    let u = &walk.users;
    let users = table(vec![
        column(
            "consumer",
            u.iter().map(|u| u.consumer.clone()).collect::<Vec<_>>(),
        ),
        column(
            "kind",
            u.iter().map(|u| u.kind.to_owned()).collect::<Vec<_>>(),
        ),
        column("name", u.iter().map(|u| u.name.clone()).collect::<Vec<_>>()),
        column(
            "name_folded",
            u.iter().map(|u| fold(&u.name)).collect::<Vec<_>>(),
        ),
        column(
            "consumer_folded",
            u.iter().map(|u| fold(&u.consumer)).collect::<Vec<_>>(),
        ),
    ])?;
    session.put("rotation_consumer", users);
    Ok(())
}

/// Whom the register names for the secrets of the chain, as the table
/// `rotation_owner`: people write addresses in the case they like.
fn owners(session: &mut Session, walk: &Walk, register: &[Row]) -> Result<(), DatasetError> {
    let of_chain: BTreeSet<String> = walk.members.iter().map(|m| fold(&m.secret)).collect();
    let named: BTreeSet<&str> = register
        .iter()
        .filter(|row| of_chain.contains(&fold(&row.secret)))
        .filter_map(|row| row.owner.as_deref())
        .collect();
    let owners = table(vec![
        column(
            "owner",
            named.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>(),
        ),
        column(
            "owner_folded",
            named.iter().map(|o| fold(o)).collect::<Vec<_>>(),
        ),
    ])?;
    session.put("rotation_owner", owners);
    Ok(())
}

fn unread(session: &Session, store: &str) -> bool {
    let table = match store {
        "secretsmanager" => "aws_secret",
        "entra" => "entra_credential",
        "github" => "github_secret",
        "auth0" => "auth0_client",
        "iam" => "aws_access_key",
        _ => return false,
    };
    session.state(table) != Some(State::Complete)
}

/// Judges what the views say of the chosen secret.
///
/// # Errors
/// When a query fails.
pub fn judge(
    session: &Session,
    chosen: &Chosen,
    snapshot: &str,
    baseline: Option<&str>,
) -> Result<Card, RotationError> {
    let walk = chosen.walk.clone();
    let facts = Facts::read(session, &chosen.secret, &chosen.store, walk)?;
    let chain = Chain::judge(&facts);
    let fallback = judge::fallback(&facts);
    let reasons = judge::reasons(&facts, &chain, &fallback);
    let answer = judge::answer(&reasons);
    Ok(Card {
        answer,
        secret: chosen.secret.clone(),
        as_of: facts.as_of,
        snapshot: snapshot.to_owned(),
        baseline: baseline.map(str::to_owned),
        headline: judge::headline(answer, &reasons, &facts),
        chain: chain.links().iter().map(|j| j.link.clone()).collect(),
        dependents: judge::dependents(&facts),
        reach: judge::reach(&facts),
        rotators: judge::rotators(&facts),
        fallback,
        steps: steps::open(&facts, &chain, answer == Answer::Go),
        after: after::compare(&facts, &chain),
        reasons,
    })
}

#[cfg(test)]
mod tests {
    use crate::sqlfile::lint;

    #[test]
    fn every_view_is_portable_and_says_what_it_is() {
        let views = super::views().expect("views");
        assert_eq!(views.len(), crate::embedded::ROTATION.len());
        for view in views {
            assert_eq!(
                lint::lint(&view.sql, false),
                Vec::<String>::new(),
                "{}",
                view.path
            );
            assert!(view.name.starts_with("rotation_") && !view.doc.is_empty());
        }
    }
}
