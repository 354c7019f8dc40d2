//! Keeps the AWS clients to reading: an operation that is not on the allow-list
//! ends before it is serialised, so that not a byte of it is sent.
//!
//! The same place counts what is sent, and refuses an answer of success that
//! lacks the list which it was asked for: the client would take it as empty.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::http::{Shared, skewed};
use super::operations::{Operation, allowed};
use crate::collect::words::shown;
use crate::config::audience::of_aws;

/// What an answer must hold, by operation: a key with a list, or with an object.
const LISTS: [(&str, &str); 17] = [
    ("ListUsers", "Users"),
    ("ListGroups", "Groups"),
    ("ListGroupMemberships", "GroupMemberships"),
    ("ListPermissionSets", "PermissionSets"),
    ("ListAccountsForProvisionedPermissionSet", "AccountIds"),
    ("ListAccountAssignments", "AccountAssignments"),
    ("ListAccountAssignmentsForPrincipal", "AccountAssignments"),
    ("ListApplications", "Applications"),
    ("ListApplicationAssignments", "ApplicationAssignments"),
    ("ListAccounts", "Accounts"),
    ("ListSecrets", "SecretList"),
    ("ListSecretVersionIds", "Versions"),
    ("LookupEvents", "Events"),
    ("ListInstances", "Instances"),
    (
        "ListManagedPoliciesInPermissionSet",
        "AttachedManagedPolicies",
    ),
    (
        "ListCustomerManagedPolicyReferencesInPermissionSet",
        "CustomerManagedPolicyReferences",
    ),
    // The one that answers in XML.
    ("GetAccountAuthorizationDetails", "<RoleDetailList"),
];
const OBJECTS: [(&str, &str); 2] = [
    ("DescribePermissionSet", "PermissionSet"),
    ("DescribeOrganization", "Organization"),
];

/// Codes of answers that ask for patience, as they stand in the body.
const THROTTLED: [&[u8]; 4] = [
    b"hrottl",
    b"TooManyRequests",
    b"RequestLimitExceeded",
    b"SlowDown",
];
/// Seconds for which nobody uses a bucket that a service found too full.
const PAUSE: f64 = 2.0;

/// An operation that is not on the allow-list.
#[derive(Debug, thiserror::Error)]
#[error(
    "{service}.{operation} is not on the allow-list of operations that only read; nothing was sent"
)]
pub(crate) struct Refused {
    service: String,
    operation: String,
}

/// Why a call was stopped here, or its answer not taken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Stopped(String);

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
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(bag)?;
        let uri = context.request().uri();
        let host = uri.split_once("://").map_or(uri, |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or(host);
        if !of_aws(host) && !self.shared.is_named_for_aws(host) {
            return Err(Stopped(format!(
                "{} is no host of AWS, and AWS_ENDPOINT_URL does not name it; nothing was sent",
                shown(host)
            ))
            .into());
        }
        let sent = bag.load::<Sent>().map_or(0, |s| s.0);
        bag.interceptor_state().store_put(Sent(sent + 1));
        if sent > 0
            && let Some(bucket) = self.shared.bucket(operation)
        {
            // The client repeats without asking; others wait for it.
            bucket.settle(0.0, 1.0);
        }
        self.shared
            .ledger
            .send(operation, sent > 0)
            .map_err(Stopped)?;
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
        let throttled = matches!(status, 429 | 503)
            || (status == 400 && THROTTLED.iter().any(|code| holds(body, code)));
        self.shared
            .ledger
            .received(operation, body.len() as u64, throttled);
        if throttled && let Some(bucket) = self.shared.bucket(operation) {
            // The client waits for itself alone; whoever shares the quota must as well.
            bucket.close(Duration::from_secs_f64(PAUSE / self.shared.pace));
        }
        if let Some(date) = response.headers().get("date") {
            skewed(date, self.shared.clock.now()).map_err(Stopped)?;
        }
        if context.output_or_error().is_ok() && !answers(operation.name, body) {
            let name = operation.name;
            let why = format!("{name} was answered without its list or object");
            return Err(Stopped(why).into());
        }
        Ok(())
    }
}

/// Whether a document holds what the operation asked for.
fn answers(operation: &str, body: &[u8]) -> bool {
    let of = |all: &[(&str, &'static str)]| {
        let found = all.iter().find(|(name, _)| *name == operation);
        found.map(|(_, key)| *key)
    };
    match (of(&LISTS), of(&OBJECTS)) {
        (Some(tag), _) if tag.starts_with('<') => holds(body, tag.as_bytes()),
        (Some(key), _) => kind_of(body, key) == Some(Kind::List),
        (None, Some(key)) => kind_of(body, key) == Some(Kind::Object),
        (None, None) => true,
    }
}

/// What kind of value a key of a document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Object,
    Other,
}

/// Reads over a document without keeping anything of it.
fn kind_of(body: &[u8], key: &str) -> Option<Kind> {
    let mut json = serde_json::Deserializer::from_slice(body);
    json.deserialize_map(Within(key)).ok().flatten()
}

struct Within<'k>(&'k str);

impl<'de> Visitor<'de> for Within<'_> {
    type Value = Option<Kind>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.0 {
                found = Some(map.next_value::<Kind>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(KindOf)
    }
}

struct KindOf;

impl<'de> Visitor<'de> for KindOf {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Kind::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Kind::Object)
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Kind, E> {
        Ok(Kind::Other)
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

#[cfg(test)]
mod tests {
    use super::super::operations::of_aws;
    use super::{Kind, LISTS, OBJECTS, answers, kind_of};

    #[test]
    fn a_list_that_is_null_or_missing_is_no_answer() {
        for (body, whole) in [
            ("{\"Users\": []}", true),
            (
                "{\"NextToken\": \"Users\", \"Users\": [{\"Users\": null}]}",
                true,
            ),
            ("{\"Users\": null}", false),
            ("{\"Users\": {}}", false),
            ("{\"Users\": \"\"}", false),
            ("{\"Users\": 7}", false),
            ("{\"answer\": {\"Users\": []}}", false),
            ("{}", false),
            ("[]", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(answers("ListUsers", body.as_bytes()), whole, "{body}");
        }
        assert!(answers("DescribePermissionSet", b"{\"PermissionSet\":{}}"));
        assert!(!answers(
            "DescribePermissionSet",
            b"{\"PermissionSet\":null}"
        ));
        assert!(answers(
            "GetAccountAuthorizationDetails",
            b"<a><RoleDetailList/></a>"
        ));
        assert!(answers("GetCallerIdentity", b"<a/>"));
        assert_eq!(kind_of(b"{\"a\":1.5,\"a\":true}", "a"), Some(Kind::Other));
    }

    #[test]
    fn every_list_is_looked_for() {
        for (name, _) in LISTS.iter().chain(&OBJECTS) {
            assert!(of_aws().any(|o| o.name == *name), "{name}");
        }
        for o in of_aws().filter(|o| o.name.starts_with("List")) {
            assert!(LISTS.iter().any(|(name, _)| *name == o.name), "{}", o.name);
        }
    }
}
