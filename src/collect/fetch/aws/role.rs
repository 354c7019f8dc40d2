//! Roles in other accounts: what their sessions may do, and that they are held for
//! as long as they are needed.

use std::sync::Mutex;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::Credentials;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Clients, places};
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations;
use crate::collect::wire::operations::{ASSUME_ROLE, DENIED};
use crate::dataset::schema::Source;
use crate::time;

/// Seconds for which a session is asked for.
const SESSION: i32 = 3600;

/// A session that ends sooner than that is renewed. The client asks for credentials
/// every quarter of an hour, so none ends between two questions.
const MARGIN: Duration = Duration::from_mins(20);

/// Allows the operations of a source and denies everything else.
pub(crate) fn session_policy(source: Source) -> Value {
    let actions: Vec<&str> = operations::of_aws()
        .filter(|o| o.source == source && o.service != "STS")
        .map(|o| o.permission)
        .collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
            {"Effect": "Deny", "NotAction": actions, "Resource": "*"},
            {"Effect": "Deny", "Action": DENIED, "Resource": "*"},
        ],
    })
}

/// Credentials and the moment at which they end.
type Session = (Credentials, Instant);

/// A role of an account, whose sessions are renewed before they end.
#[derive(Debug)]
struct Role {
    home: Clients,
    source: Source,
    account: String,
    arn: String,
    external_id: Option<String>,
    session: Mutex<Option<Session>>,
}

impl Role {
    /// A new session.
    async fn assume(&self) -> Result<Credentials, CallError> {
        self.home.plan(ASSUME_ROLE);
        let request = self
            .home
            .sts()
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name("countersign")
            .set_external_id(self.external_id.clone())
            .duration_seconds(SESSION)
            .policy(session_policy(self.source).to_string());
        let assumed = self.home.call(ASSUME_ROLE, request.send()).await?;
        // What is read is filed under the account, so it must be the account's.
        let role = assumed.assumed_role_user();
        if role.and_then(|r| places::account_of(r.arn())) != Some(self.account.as_str()) {
            return Err(CallError::failed(format!(
                "the role that was assumed for account {} belongs to another one",
                self.account
            )));
        }
        let given = assumed
            .credentials()
            .ok_or_else(|| CallError::failed("AssumeRole gave no credentials"))?;
        // The service's own clock says how long that is.
        let left = given.expiration().secs() - self.home.shared.clock.now().timestamp();
        let ends = time::steady() + Duration::from_secs(u64::try_from(left).unwrap_or_default());
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "assumed role",
        );
        self.keep((credentials.clone(), ends));
        Ok(credentials)
    }

    fn keep(&self, session: Session) {
        *self
            .session
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(session);
    }

    /// The session, while it lasts.
    fn held(&self) -> Option<Credentials> {
        let session = self
            .session
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (credentials, ends) = session.as_ref()?;
        (*ends > time::steady() + MARGIN).then(|| credentials.clone())
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            match self.held() {
                Some(credentials) => Ok(credentials),
                None => self
                    .assume()
                    .await
                    .map_err(|e| CredentialsError::provider_error(e.message)),
            }
        })
    }
}

impl Clients {
    /// The clients of a role in another account, with a policy that allows no
    /// more than what is asked here.
    pub(crate) async fn assume(
        &self,
        source: Source,
        account: &str,
        arn: &str,
        external_id: Option<&str>,
    ) -> Result<Self, CallError> {
        let role = Role {
            home: self.clone(),
            source,
            account: account.to_owned(),
            arn: arn.to_owned(),
            external_id: external_id.map(str::to_owned),
            session: Mutex::new(None),
        };
        role.assume().await?;
        Ok(Self {
            config: self
                .config
                .clone()
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(role))
                .build(),
            account: account.to_owned(),
            ..self.clone()
        })
    }
}
