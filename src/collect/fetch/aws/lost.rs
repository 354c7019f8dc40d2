//! Why a call of AWS has no answer, and which call it was: a table that lacks
//! something names the permission of the call that was refused, not of another
//! that fills the same table.

use aws_sdk_sts::error::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::Context;
use crate::collect::wire::http::{CallError, Kind};
use crate::collect::wire::operations::Operation;
use crate::collect::wire::readonly::{Refused, Stopped};
use crate::dataset::coverage::State;

/// A call without an answer.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    pub operation: &'static Operation,
    pub error: CallError,
    /// Whether the service does not have the operation, so that asking again is useless.
    pub absent: bool,
}

impl From<Lost> for CallError {
    fn from(lost: Lost) -> Self {
        lost.error
    }
}

impl Lost {
    /// Something that went wrong around a call.
    pub(super) fn at(operation: &'static Operation, error: CallError) -> Self {
        Self {
            operation,
            error,
            absent: false,
        }
    }

    /// An answer that cannot be what was asked for.
    pub(super) fn odd(operation: &'static Operation, message: impl Into<String>) -> Self {
        Self::at(operation, CallError::failed(message))
    }

    pub(super) fn denied(&self) -> bool {
        matches!(self.error.kind, Kind::Denied | Kind::Unknown)
    }

    /// Whether the service says that what was named has no such thing.
    pub(super) fn nothing_there(&self) -> bool {
        self.error.kind == Kind::Failed && self.error.message.contains("ResourceNotFound")
    }

    /// The permission that would have let the call through.
    pub(super) fn permission(&self) -> Option<&'static str> {
        (self.error.kind == Kind::Denied).then_some(self.operation.permission)
    }

    /// Records what this costs tables: all of them, or a part when something
    /// of them was read.
    pub(super) fn costs(&self, context: &Context<'_>, tables: &[&'static str], read: u64) {
        let state = if read == 0 {
            self.error.state()
        } else {
            State::Partial
        };
        context
            .spool
            .fault(tables, state, &self.error.message, self.permission());
    }

    /// Records that so many of so many were not read.
    pub(super) fn costs_some(
        &self,
        context: &Context<'_>,
        tables: &[&'static str],
        (lost, all): (usize, usize),
        what: &str,
    ) {
        let state = if lost < all {
            State::Partial
        } else {
            self.error.state()
        };
        let reason = format!(
            "{lost} of {all} {what} were not read: {}",
            self.error.message
        );
        context
            .spool
            .fault(tables, state, &reason, self.permission());
    }
}

/// What an error of the client means. Its text may quote what was sent, so only
/// codes are taken from it.
pub(super) fn explain<E>(operation: &'static Operation, error: &SdkError<E>) -> Lost
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let name = format!("{}.{}", operation.service, operation.name);
    let response = error.raw_response();
    let status = response.map(|r| r.status().as_u16());
    let code = error.code().map(crate::collect::words::shown);
    let unknown = matches!(
        code.as_deref(),
        Some(
            "UnrecognizedClientException"
                | "InvalidClientTokenId"
                | "ExpiredToken"
                | "ExpiredTokenException"
                | "InvalidSignatureException"
                | "SignatureDoesNotMatch"
        )
    );
    let refused = matches!(
        code.as_deref(),
        Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation")
    ) || matches!(status, Some(401 | 403));
    // A page of HTML with status 500 comes from a place that has no such operation.
    let html = status.is_some_and(|s| s >= 500)
        && response
            .and_then(|r| r.headers().get("content-type"))
            .is_some_and(|t| t.starts_with("text/html"));
    let absent = html
        || matches!(
            code.as_deref(),
            Some("UnknownOperationException" | "UnknownOperation" | "InvalidAction")
        );
    let why = match (error, &code, status) {
        (_, Some(code), _) => code.clone(),
        (_, None, Some(status)) => format!("status {status}"),
        (SdkError::TimeoutError(_), ..) => "no answer in time".to_owned(),
        (SdkError::DispatchFailure(f), ..) if f.is_timeout() => "no answer in time".to_owned(),
        (SdkError::DispatchFailure(f), ..) if f.is_io() => "no connection, or it broke".to_owned(),
        (SdkError::DispatchFailure(_), ..) => "no credentials, or no trusted connection".to_owned(),
        (SdkError::ConstructionFailure(_), ..) => "it could not be put together".to_owned(),
        _ => "an answer that could not be read".to_owned(),
    };
    let error = if unknown {
        CallError {
            kind: Kind::Unknown,
            message: format!(
                "{name} was refused ({why}): the credential is not accepted, or no longer; renew it."
            ),
        }
    } else if refused {
        CallError {
            kind: Kind::Denied,
            message: format!(
                "{name} was refused ({why}); it needs {}.",
                operation.permission
            ),
        }
    } else {
        // Our own interceptor says why it stopped a call.
        let why = source_text(error).unwrap_or(why);
        CallError::failed(format!("{name} has no answer: {why}."))
    };
    Lost {
        operation,
        error,
        absent,
    }
}

/// What our own interceptor said, and nobody else.
fn source_text(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut at = error.source();
    while let Some(e) = at {
        if e.is::<Stopped>() || e.is::<Refused>() {
            return Some(e.to_string());
        }
        at = e.source();
    }
    None
}
