//! What belongs to the chain of a secret, as the register links it: who issues
//! the value, where it is stored, what uses it.

use std::collections::{BTreeMap, BTreeSet};

use crate::fold::fold;

/// Stores that a registered-secret name begins with.
const STORES: [&str; 5] = ["secretsmanager", "entra", "github", "auth0", "iam"];

/// What a secret is in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// It is issued by an identity provider.
    Issuer,
    /// It stores what was issued.
    Store,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Store => "store",
        }
    }

    /// The role of that name.
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Issuer, Self::Store]
            .into_iter()
            .find(|r| r.name() == name)
    }
}

/// One row of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) secret: String,
    pub(super) store: String,
    pub(super) consumer: Option<String>,
    pub(super) owner: Option<String>,
}

/// A secret of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) role: Role,
    pub(super) secret: String,
    pub(super) store: String,
}

impl Member {
    /// Account that holds it, where its name carries one.
    pub(super) fn account(&self) -> Option<&str> {
        let mut parts = self.secret.split('/');
        matches!(store_of(parts.next()?).as_str(), "secretsmanager" | "iam")
            .then(|| parts.next())
            .flatten()
    }
}

/// Something that uses a secret of the chain and is no secret itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct User {
    /// As the register spells it.
    pub(super) consumer: String,
    /// `sync`, `connection`, or `any` where the register does not say.
    pub(super) kind: &'static str,
    /// Without what says its kind.
    pub(super) name: String,
}

/// The chain around one secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    pub(super) members: Vec<Member>,
    pub(super) users: Vec<User>,
}

/// Whether a consumer is another registered secret.
fn is_secret(consumer: &str) -> bool {
    consumer
        .split_once('/')
        .is_some_and(|(store, name)| STORES.contains(&store) && !name.is_empty())
}

fn store_of(secret: &str) -> String {
    secret
        .split('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// Whether secrets of a store are issued there. A token of GitHub is, a secret
/// of its Actions is not.
fn issues(store: &str, secret: &str, tokens: &BTreeSet<String>) -> bool {
    matches!(store, "entra" | "auth0" | "iam") || tokens.contains(&fold(secret))
}

/// Follows the register from a secret to whatever issues, stores and uses it.
/// The register may hold circles: everything is met once.
pub(super) fn walk(secret: &str, store: &str, rows: &[Row], tokens: &BTreeSet<String>) -> Walk {
    let mut found: BTreeMap<String, Member> = BTreeMap::new();
    let mut order = Vec::new();
    let mut meet = |secret: &str, store: &str, found: &mut BTreeMap<String, Member>| {
        let folded = fold(secret);
        if found.contains_key(&folded) {
            return false;
        }
        let role = if issues(store, secret, tokens) {
            Role::Issuer
        } else {
            Role::Store
        };
        let member = Member {
            role,
            secret: secret.to_owned(),
            store: store.to_owned(),
        };
        found.insert(folded.clone(), member);
        order.push(folded);
        true
    };
    meet(secret, store, &mut found);
    // What it is stored in, and what that is copied to.
    let mut at = vec![fold(secret)];
    while let Some(name) = at.pop() {
        for row in rows.iter().filter(|r| fold(&r.secret) == name) {
            if let Some(consumer) = row.consumer.as_deref().filter(|c| is_secret(c))
                && meet(consumer, &store_of(consumer), &mut found)
            {
                at.push(fold(consumer));
            }
        }
    }
    // What it was issued by, or copied from.
    let mut at = vec![fold(secret)];
    while let Some(name) = at.pop() {
        for row in rows {
            let feeds = row.consumer.as_deref().is_some_and(|c| fold(c) == name);
            if feeds && meet(&row.secret, &row.store, &mut found) {
                at.push(fold(&row.secret));
            }
        }
    }
    let mut users = BTreeSet::new();
    for row in rows.iter().filter(|r| found.contains_key(&fold(&r.secret))) {
        if let Some(consumer) = row.consumer.as_deref().filter(|c| !is_secret(c)) {
            users.insert(user(consumer));
        }
    }
    Walk {
        members: order.iter().filter_map(|n| found.get(n).cloned()).collect(),
        users: users.into_iter().collect(),
    }
}

fn user(consumer: &str) -> User {
    let (kind, name) = match consumer.split_once('/') {
        Some(("sync", name)) => ("sync", name),
        Some(("connection", name)) => ("connection", name),
        _ => ("any", consumer),
    };
    User {
        consumer: consumer.to_owned(),
        kind,
        name: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Role, Row, walk};

    fn row(secret: &str, consumer: &str) -> Row {
        Row {
            secret: secret.to_owned(),
            store: secret.split('/').next().unwrap_or_default().to_owned(),
            consumer: (!consumer.is_empty()).then(|| consumer.to_owned()),
            owner: None,
        }
    }

    fn chain(secret: &str, rows: &[Row]) -> (Vec<String>, Vec<String>) {
        let store = secret.split('/').next().unwrap_or_default();
        let walk = walk(secret, store, rows, &BTreeSet::new());
        let members = walk.members.iter().map(|m| {
            let mark = if m.role == Role::Issuer { "i" } else { "s" };
            format!("{mark} {}", m.secret)
        });
        let users = walk.users.iter().map(|u| format!("{} {}", u.kind, u.name));
        (members.collect(), users.collect())
    }

    #[test]
    fn the_chain_is_the_same_from_either_end() {
        let rows = [
            row("entra/app", "secretsmanager/1/s"),
            row("secretsmanager/1/s", "function"),
            row("secretsmanager/1/s", "sync/entra"),
            row("entra/other", "secretsmanager/1/t"),
        ];
        let users = ["any function", "sync entra"].map(str::to_owned).to_vec();
        let (members, used) = chain("entra/app", &rows);
        assert_eq!(members, ["i entra/app", "s secretsmanager/1/s"]);
        assert_eq!(used, users);
        let (members, used) = chain("SecretsManager/1/S", &rows);
        assert_eq!(members, ["s SecretsManager/1/S", "i entra/app"]);
        assert_eq!(used, users);
    }

    #[test]
    fn circles_copies_and_slashes_come_to_an_end() {
        let rows = [
            row("secretsmanager/1/s", "secretsmanager/2/s"),
            row("secretsmanager/2/s", "secretsmanager/1/s"),
            row("secretsmanager/2/s", "job/with/slashes"),
            row("secretsmanager/2/s", ""),
        ];
        let (members, used) = chain("secretsmanager/1/s", &rows);
        assert_eq!(members, ["s secretsmanager/1/s", "s secretsmanager/2/s"]);
        assert_eq!(used, ["any job/with/slashes"]);
        assert_eq!(chain("entra/app", &[]).0, ["i entra/app"]);
    }
}
