//! The codes that the views of a rotation answer with. Words for people stand
//! beside them in the same views.

use super::error::RotationError;

/// Codes of a column, with the view that has it.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident of $view:literal: $($(#[$each:meta])* $variant:ident = $code:literal,)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $name {
            $($(#[$each])* $variant,)+
        }

        impl $name {
            /// Every code.
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As the view spells it.
            pub(super) fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The code of that spelling.
            pub(super) fn parse(code: &str) -> Result<Self, RotationError> {
                Self::ALL.iter().copied().find(|c| c.code() == code).ok_or_else(|| {
                    RotationError::Code { view: $view, code: code.to_owned() }
                })
            }
        }
    };
}

codes! {
    /// A question that is asked of the whole snapshot.
    Question of "rotation_question":
    /// Whether somebody can rotate.
    Owner = "owner",
    /// Whether the syncs run.
    Syncs = "syncs",
    /// Whether there is serious drift already.
    Drift = "drift",
}

codes! {
    /// What happened.
    Happening of "rotation_moment":
    /// A credential was issued.
    Issued = "issued",
    /// A value was stored.
    Stored = "stored",
    /// A secret was changed, which says nothing of its value.
    Touched = "touched",
    /// A function was deployed.
    Deployed = "deployed",
    /// A sync ran.
    Synced = "synced",
    /// Somebody signed in through the broker.
    SignedIn = "signed_in",
    /// A credential of the baseline was issued.
    IssuedBefore = "issued_before",
    /// A value of the baseline was stored.
    StoredBefore = "stored_before",
}

codes! {
    /// How it went, or what became of it.
    Outcome of "rotation_moment":
    /// The issuer lists the credential.
    Listed = "listed",
    /// The issuer says that it has expired.
    Expired = "expired",
    /// It is the current version.
    Current = "current",
    /// The secret is scheduled for deletion.
    Deleted = "deleted",
    /// A service of AWS manages the secret.
    Owned = "owned",
    /// Anything of the secret changed, tags included.
    Touched = "touched",
    /// It succeeded.
    Success = "success",
    /// It failed.
    Failure = "failure",
    /// It was refused.
    Refused = "refused",
    /// How it went was not read.
    Unknown = "unknown",
    /// It succeeded at a time that was not read.
    Undated = "undated",
    /// Neither its time nor its success was read.
    UndatedUnknown = "undated_unknown",
}

codes! {
    /// What uses a secret.
    Use of "rotation_dependent":
    /// A configured sync.
    Sync = "sync",
    /// A sync that the register names and the configuration does not.
    UnconfiguredSync = "unconfigured_sync",
    /// A configured sync of which no row of the register says what it uses.
    UnregisteredSync = "unregistered_sync",
    /// A connection of the broker.
    Connection = "connection",
    /// A connection that the broker does not have.
    MissingConnection = "missing_connection",
    /// A function that is deployed with it.
    Function = "function",
}

codes! {
    /// What Identity Center holds, in the order in which it is told.
    Object of "rotation_count":
    /// Users.
    User = "user",
    /// Groups.
    Group = "group",
    /// Memberships.
    Membership = "membership",
    /// Account assignments.
    Assignment = "assignment",
}

impl Object {
    /// Tables of which both snapshots must have every row before rows are compared.
    pub(super) fn tables(self) -> &'static [&'static str] {
        match self {
            Self::User => &["identity_center_user"],
            Self::Group => &["identity_center_group"],
            Self::Membership => &[
                "identity_center_membership",
                "identity_center_group",
                "identity_center_user",
            ],
            Self::Assignment => &[
                "account_assignment",
                "aws_account",
                "permission_set",
                "identity_center_group",
                "identity_center_user",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Happening, Object, Outcome, Question, Use};

    /// Every code stands in quotes in the view that answers with it.
    #[test]
    fn views_and_program_agree_on_the_codes() {
        let text = |name: &str| {
            let path = format!("queries/rotation/{name}.sql");
            let found = crate::embedded::ROTATION.iter().find(|(p, _)| *p == path);
            found.expect("a view").1
        };
        let all = |codes: Vec<&str>, view: &str| {
            for code in codes {
                assert!(text(view).contains(&format!("'{code}'")), "{view}: {code}");
            }
        };
        all(Question::ALL.iter().map(|c| c.code()).collect(), "question");
        all(Happening::ALL.iter().map(|c| c.code()).collect(), "moment");
        all(Outcome::ALL.iter().map(|c| c.code()).collect(), "moment");
        all(Use::ALL.iter().map(|c| c.code()).collect(), "dependent");
        all(Object::ALL.iter().map(|c| c.code()).collect(), "count");
        all(Object::ALL.iter().map(|c| c.code()).collect(), "moved");
        assert!(Outcome::parse("no such code").is_err());
    }
}
