//! Keeps the AWS clients to reading: an operation that is not on the allow-list
//! ends before it is serialised, so that not a byte of it is sent.
//!
//! The same place counts what is sent, and refuses an answer of success that
//! lacks the list which it was asked for: the client would take it as empty.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::http::{Shared, skewed};
use super::operations::{Operation, allowed};

/// The key of the list in the answer of an operation.
const LISTS: [(&str, &str); 16] = [
    ("ListUsers", "\"Users\""),
    ("ListGroups", "\"Groups\""),
    ("ListGroupMemberships", "\"GroupMemberships\""),
    ("ListPermissionSets", "\"PermissionSets\""),
    ("ListAccountsForProvisionedPermissionSet", "\"AccountIds\""),
    ("ListAccountAssignments", "\"AccountAssignments\""),
    (
        "ListAccountAssignmentsForPrincipal",
        "\"AccountAssignments\"",
    ),
    ("ListAccounts", "\"Accounts\""),
    ("ListSecrets", "\"SecretList\""),
    ("ListSecretVersionIds", "\"Versions\""),
    ("LookupEvents", "\"Events\""),
    ("ListInstances", "\"Instances\""),
    ("DescribePermissionSet", "\"PermissionSet\""),
    (
        "ListManagedPoliciesInPermissionSet",
        "\"AttachedManagedPolicies\"",
    ),
    (
        "ListCustomerManagedPolicyReferencesInPermissionSet",
        "\"CustomerManagedPolicyReferences\"",
    ),
    ("GetAccountAuthorizationDetails", "RoleDetailList"),
];

/// An operation that is not on the allow-list.
#[derive(Debug, thiserror::Error)]
#[error(
    "{service}.{operation} is not on the allow-list of operations that only read; nothing was sent"
)]
pub(crate) struct Refused {
    service: String,
    operation: String,
}

/// How often one call was sent.
#[derive(Debug, Default)]
struct Sent(u32);

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

/// The interceptor.
#[derive(Debug)]
pub(crate) struct Guard {
    shared: Arc<Shared>,
}

impl Guard {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
        }
    }
}

fn operation(bag: &ConfigBag) -> Result<&'static Operation, Refused> {
    let (service, name) = bag
        .load::<Metadata>()
        .map_or(("an unknown service", "an unknown operation"), |m| {
            (m.service(), m.name())
        });
    allowed(service, name).ok_or_else(|| Refused {
        service: service.to_owned(),
        operation: name.to_owned(),
    })
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "only reads"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        operation(bag)?;
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(bag)?;
        let sent = bag.load::<Sent>().map_or(0, |s| s.0);
        bag.interceptor_state().store_put(Sent(sent + 1));
        if sent > 0
            && let Some(bucket) = self.shared.bucket(operation)
        {
            // The client repeats without asking; others wait for it.
            bucket.settle(0.0, 1.0);
        }
        self.shared.ledger.send(operation, sent > 0)?;
        tracing::trace!(operation = operation.name, "sent");
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(bag)?;
        let response = context.response();
        let status = response.status().as_u16();
        let body = response.body().bytes().unwrap_or_default();
        self.shared.ledger.received(
            operation,
            body.len() as u64,
            matches!(status, 429 | 503) || (status == 400 && holds(body, b"hrottl")),
        );
        if let Some(date) = response.headers().get("date") {
            skewed(date, self.shared.clock.now())?;
        }
        let list = LISTS.iter().find(|(name, _)| *name == operation.name);
        if let Some((name, key)) = list
            && context.output_or_error().is_ok()
            && !holds(body, key.as_bytes())
        {
            return Err(format!("{name} was answered without its list {key}").into());
        }
        Ok(())
    }
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|w| w == part)
}

/// Does not repeat what a service does not have: a page of HTML with status 500
/// comes from something that is no service of AWS, and will come again. Repeats
/// an answer that was cut off, which the client would take for final.
#[derive(Debug)]
pub(crate) struct NotThere;

impl ClassifyRetry for NotThere {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let html = context.response().is_some_and(|r| {
            r.status().is_server_error()
                && r.headers()
                    .get("content-type")
                    .is_some_and(|t| t.starts_with("text/html"))
        });
        // A status of success whose document cannot be read was cut off on the way.
        let broken = context.response().is_some_and(|r| r.status().is_success())
            && context.output_or_error().is_some_and(|o| o.is_err());
        let status = context.response().map_or(0, |r| r.status().as_u16());
        if html {
            RetryAction::RetryForbidden
        } else if status == 429 {
            RetryAction::throttling_error()
        } else if status == 408 || broken {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "not there"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::http_status_code_classifier())
    }
}
