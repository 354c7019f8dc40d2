//! Why a call has no answer, and what that makes of its tables.

use super::verdict::Verdict;
use crate::collect::wire::operations::Operation;
use crate::dataset::coverage::State;

/// Why a call has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CallError {
    pub kind: Kind,
    pub message: String,
}

/// What kind of end it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The caller lacks a permission.
    Denied,
    /// The tenant lacks a licence.
    Unlicensed,
    /// Nobody knows the caller: the credential is not accepted.
    Unknown,
    /// There is no credential, so nobody was asked.
    Missing,
    /// The page token is gone.
    Gone,
    /// The answer was too heavy.
    Heavy,
    /// The credential is for another host than the one that was named.
    Misdirected,
    /// Anything else.
    Failed,
}

impl CallError {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Failed,
            message: message.into(),
        }
    }

    /// The credential is for another host: nothing was sent, and nothing will be.
    pub(crate) fn misdirected(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Misdirected,
            message: message.into(),
        }
    }

    /// What becomes of a table of which nothing could be read.
    pub(crate) fn state(&self) -> State {
        match self.kind {
            Kind::Denied | Kind::Unlicensed | Kind::Unknown => State::Denied,
            _ => State::Failed,
        }
    }
}

/// What a call ended with, in words.
pub(super) fn end(operation: &Operation, verdict: Verdict, attempts: u32) -> CallError {
    let name = operation.name;
    let tries = if attempts > 1 {
        format!(" after {attempts} attempts")
    } else {
        String::new()
    };
    let (kind, why) = match verdict {
        Verdict::Denied(why) => (Kind::Denied, why),
        Verdict::Unlicensed(why) => (Kind::Unlicensed, why),
        Verdict::Token(why) => (Kind::Unknown, why),
        Verdict::Gone(why) => (Kind::Gone, why),
        Verdict::Shrink(why) => (Kind::Heavy, why),
        Verdict::Moved(why) => (
            Kind::Failed,
            format!("{why}: it is redirected more than once, or to be posted again"),
        ),
        Verdict::Again(_, why) | Verdict::Slow(_, why) | Verdict::Failed(why) => {
            (Kind::Failed, why)
        }
        Verdict::Taken => (Kind::Failed, "an answer without a document".to_owned()),
    };
    let message = if kind == Kind::Denied && !operation.permission.is_empty() {
        format!(
            "{name} was refused ({why}); it needs {}.",
            operation.permission
        )
    } else if kind == Kind::Unlicensed {
        format!("{name} was refused ({why}): the tenant has no licence of Entra ID P1 or P2.")
    } else if kind == Kind::Unknown {
        format!(
            "{name} was refused ({why}): the credential is not accepted, or no longer; renew it."
        )
    } else {
        format!("{name} has no answer{tries}: {why}.")
    };
    CallError { kind, message }
}
