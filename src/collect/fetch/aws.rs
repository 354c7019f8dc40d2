//! AWS: the clients, who they speak for, and what every collector needs.

mod applications;
pub(crate) mod assignments;
mod cursor;
mod directory;
mod iam;
mod instance;
mod lost;
mod organization;
mod permission_sets;
mod places;
pub(super) mod probe;
mod provisioning;
mod role;
mod secrets;
pub(crate) mod trail;

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::error::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;

use super::{Access, Context};
use crate::collect::wire::http::{CallError, Origin, Shared};
use crate::collect::wire::operations::{CALLER, Operation};
use crate::collect::wire::readonly::{Guard, NotThere};
use crate::config::Config;
use crate::dataset::schema::Source;
use lost::{Lost, explain};

/// Attempts of one call.
const ATTEMPTS: u32 = 8;
const PROBE_ATTEMPTS: u32 = 3;

/// Where AWS is and who asks, in place of the environment: for simulations.
#[derive(Clone)]
pub struct AwsPlace {
    /// Base address of every service.
    pub endpoint: String,
    /// Region.
    pub region: String,
    /// Access key and its secret.
    pub key: (String, secrecy::SecretString),
}

impl std::fmt::Debug for AwsPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsPlace")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Clients of one identity in one Region.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    shared: Arc<Shared>,
    config: SdkConfig,
    pub region: String,
    /// Account that the identity belongs to.
    pub account: String,
    /// As the service reports it.
    pub identity: String,
}

macro_rules! client {
    ($name:ident, $crate_name:ident) => {
        pub(crate) fn $name(&self) -> $crate_name::Client {
            let config = $crate_name::config::Builder::from(&self.config)
                .interceptor(Guard::new(&self.shared))
                .retry_classifier(NotThere)
                .build();
            $crate_name::Client::from_conf(config)
        }
    };
}

impl Clients {
    client!(identitystore, aws_sdk_identitystore);
    client!(sso, aws_sdk_ssoadmin);
    client!(organizations, aws_sdk_organizations);
    client!(secretsmanager, aws_sdk_secretsmanager);
    client!(cloudtrail, aws_sdk_cloudtrail);
    client!(iam, aws_sdk_iam);
    client!(sts, aws_sdk_sts);

    /// The clients of the environment, or of a simulation; asks who they are.
    pub(crate) async fn new(
        shared: &Arc<Shared>,
        place: Option<&AwsPlace>,
        endpoint: Option<&str>,
    ) -> Result<Self, CallError> {
        let pace = shared.pace;
        let retry = RetryConfig::standard()
            .with_max_attempts(if shared.probes {
                PROBE_ATTEMPTS
            } else {
                ATTEMPTS
            })
            .with_initial_backoff(Duration::from_secs_f64(0.5 / pace))
            .with_max_backoff(Duration::from_secs_f64(8.0 / pace));
        let attempt = Duration::from_secs_f64((20.0 / pace).clamp(2.0, 20.0));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(attempt.min(Duration::from_secs(5)))
            .operation_attempt_timeout(attempt)
            .operation_timeout(Duration::from_mins(3))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(retry)
            .timeout_config(timeouts)
            .app_name(
                aws_config::AppName::new("countersign")
                    .map_err(|e| CallError::failed(e.to_string()))?,
            );
        let endpoint = place.map(|p| p.endpoint.as_str()).or(endpoint);
        if let Some(endpoint) = endpoint {
            Origin::parse(endpoint).map_err(CallError::failed)?;
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(place) = place {
            let (id, secret) = &place.key;
            let secret = secrecy::ExposeSecret::expose_secret(secret);
            loader = loader
                .region(Region::new(place.region.clone()))
                .credentials_provider(Credentials::new(id, secret, None, None, "simulation"));
        }
        let config = loader.load().await;
        if let Some(endpoint) = config.endpoint_url() {
            Origin::parse(endpoint).map_err(CallError::failed)?;
        }
        let region = config.region().map(ToString::to_string).ok_or_else(|| {
            CallError::failed(
                "no Region is set: set AWS_REGION to the home Region of Identity Center",
            )
        })?;
        let mut clients = Self {
            shared: Arc::clone(shared),
            config,
            region,
            account: String::new(),
            identity: String::new(),
        };
        clients.plan(CALLER);
        let caller = clients
            .call(CALLER, clients.sts().get_caller_identity().send())
            .await?;
        caller
            .account()
            .unwrap_or_default()
            .clone_into(&mut clients.account);
        caller
            .arn()
            .unwrap_or_default()
            .clone_into(&mut clients.identity);
        Ok(clients)
    }

    /// The same in another Region.
    pub(crate) fn within(&self, region: &str) -> Self {
        Self {
            config: self
                .config
                .clone()
                .into_builder()
                .region(Region::new(region.to_owned()))
                .build(),
            region: region.to_owned(),
            ..self.clone()
        }
    }

    /// The same at another address.
    pub(crate) fn at(&self, endpoint: &str) -> Result<Self, CallError> {
        Origin::parse(endpoint).map_err(CallError::failed)?;
        Ok(Self {
            config: self
                .config
                .clone()
                .into_builder()
                .endpoint_url(endpoint)
                .build(),
            ..self.clone()
        })
    }

    /// The same at the address that a source is configured with.
    pub(crate) fn of_source(&self, config: &Config, source: Source) -> Result<Self, CallError> {
        let settings = config.sources.get(source.name());
        match settings.and_then(|s| s.endpoint.as_deref()) {
            Some(endpoint) => self.at(endpoint),
            None => Ok(self.clone()),
        }
    }

    /// The partition that the identity belongs to.
    fn partition(&self) -> String {
        let named = self.identity.split(':').nth(1).filter(|p| !p.is_empty());
        named.unwrap_or("aws").to_owned()
    }

    /// Adds a call to the plan of its source.
    pub(crate) fn plan(&self, operation: &'static Operation) {
        self.shared.ledger.plan(operation.source, 1);
    }

    /// Awaits a call once its bucket has a unit for it.
    pub(crate) async fn call<T, E>(
        &self,
        operation: &'static Operation,
        request: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, Lost>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if let Some(bucket) = self.shared.bucket(operation) {
            bucket.take(1.0).await;
        }
        request.await.map_err(|e| explain(operation, &e))
    }
}

/// Collects the tables of the wanted sources of AWS.
pub(crate) async fn collect(context: &Context<'_>, clients: &Clients, wanted: &[Source]) {
    let identity_center = async {
        if wanted.contains(&Source::IdentityCenter) {
            Box::pin(directory::collect(context, clients)).await;
        }
    };
    let secrets = async {
        if wanted.contains(&Source::SecretsManager) {
            secrets::collect(context, clients).await;
        }
    };
    let reports = async {
        if wanted.contains(&Source::Iam) {
            iam::collect(context, clients).await;
        }
    };
    let trail = async {
        if wanted.contains(&Source::CloudTrail) {
            trail::collect(context, clients).await;
        }
    };
    tokio::join!(identity_center, secrets, reports, trail);
}

/// A moment as exports print it.
pub(crate) fn moment(at: Option<&aws_smithy_types::DateTime>) -> Value {
    at.and_then(|t| {
        t.fmt(aws_smithy_types::date_time::Format::DateTimeWithOffset)
            .ok()
    })
    .map_or(Value::Null, Value::String)
}
