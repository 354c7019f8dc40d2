//! Tokens for Graph, GitHub and Auth0, by the environment that people already
//! have for their other tools. A token lives in memory alone.

mod claims;
mod statement;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use jsonwebtoken::{Algorithm, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::clock::steady;
use super::http::{CallError, Kind, Signer, Transport};
use super::operations::{AUTH0_TOKEN, ENTRA_TOKEN, INSTALLATION, INSTALLATION_TOKEN};
use crate::dataset::schema::Source;
pub(crate) use claims::SECRET_SCOPES;
use claims::{identity, permissions, refuse_secrets};
use statement::sign;
pub(crate) use statement::{Statement, certificate};

/// A token is renewed so long before it ends.
const EARLY: Duration = Duration::from_mins(5);
/// What a GitHub App asks of its installation.
pub(crate) const READS: [(&str, &str); 5] = [
    ("members", "read"),
    ("organization_administration", "read"),
    ("organization_secrets", "read"),
    ("organization_personal_access_tokens", "read"),
    ("metadata", "read"),
];

/// What it asks for as well where repositories are read.
pub(crate) const REPOSITORY_READS: [(&str, &str); 2] =
    [("secrets", "read"), ("administration", "read")];

/// Variables of the environment.
pub(crate) type Environment = std::collections::BTreeMap<String, String>;

/// How a token is come by.
pub(crate) enum Credential {
    /// A token that is there already, and what it is for, where that matters.
    Given(SecretString, Option<Target>),
    /// A program of the vendor prints it.
    Printed(&'static str, Vec<String>),
    /// A secret is exchanged for it.
    Secret {
        login: Transport,
        path: String,
        client: String,
        secret: SecretString,
        target: Target,
    },
    /// A signed statement is exchanged for it.
    Assertion {
        login: Transport,
        path: String,
        client: String,
        statement: Statement,
        target: Target,
    },
    /// The machine has an identity.
    Machine {
        login: Transport,
        client: Option<String>,
        resource: String,
        service: bool,
    },
    /// A GitHub App: the way to its installation, signed with its key.
    App {
        login: Box<Transport>,
        installation: u64,
        /// Whether repositories are read too.
        repositories: bool,
    },
    /// The key of a GitHub App, which signs for itself.
    AppKey {
        id: String,
        key: SecretString,
        now: super::clock::Clock,
    },
}

/// What the token is for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Graph { resource: String },
    Auth0 { audience: String },
}

struct Held {
    token: SecretString,
    until: Option<Instant>,
    identity: Option<String>,
    /// Permissions of an app, or what a token of Graph names.
    grants: Option<BTreeSet<String>>,
}

/// Tokens of one service, renewed when they end.
pub(crate) struct Tokens {
    credential: Credential,
    held: Mutex<Option<Held>>,
}

/// Everything in it is a credential, or leads to one.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn new(credential: Credential) -> Self {
        Self {
            credential,
            held: Mutex::new(None),
        }
    }
}

impl Signer for Tokens {
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> BoxFuture<'a, Result<SecretString, CallError>> {
        Box::pin(async move {
            let mut held = self.held.lock().await;
            if let Some(h) = held.as_ref()
                && refused.is_none_or(|r| r.expose_secret() != h.token.expose_secret())
                && h.until.is_none_or(|until| steady() + EARLY < until)
            {
                return Ok(h.token.clone());
            }
            let fresh = self.credential.obtain().await?;
            let token = fresh.token.clone();
            *held = Some(fresh);
            Ok(token)
        })
    }

    fn grants<'a>(&'a self, permission: &'a str) -> BoxFuture<'a, Option<bool>> {
        Box::pin(async move {
            let held = self.held.lock().await;
            let grants = held.as_ref()?.grants.as_ref()?;
            Some(grants.contains(permission))
        })
    }

    fn identity(&self) -> BoxFuture<'_, Option<String>> {
        Box::pin(async move {
            let held = self.held.lock().await;
            held.as_ref().and_then(|h| h.identity.clone())
        })
    }
}

impl Credential {
    async fn obtain(&self) -> Result<Held, CallError> {
        match self {
            Self::Given(token, target) => {
                if matches!(target, Some(Target::Auth0 { .. })) {
                    refuse_secrets(token, None)?;
                }
                let mut held = hold(token.clone(), None);
                held.identity = identity(token);
                Ok(held)
            }
            Self::Printed(program, arguments) => printed(program, arguments).await,
            Self::AppKey { id, key, now } => {
                let at = now.now();
                let claims = json!({
                    "iat": (at - TimeDelta::seconds(60)).timestamp(),
                    "exp": (at + TimeDelta::minutes(9)).timestamp(),
                    "iss": id,
                });
                let token = sign(&Header::new(Algorithm::RS256), &claims, key)?;
                Ok(hold(token, Some(480)))
            }
            Self::App {
                login,
                installation,
                repositories,
            } => app(login, *installation, *repositories).await,
            Self::Machine {
                login,
                client,
                resource,
                service,
            } => {
                let resource = format!("{resource}/");
                let version = if *service { "2019-08-01" } else { "2018-02-01" };
                let mut query = vec![("api-version", version), ("resource", resource.as_str())];
                if let Some(client) = client {
                    query.push(("client_id", client));
                }
                login.shared().ledger.plan(Source::Entra, 1);
                let answer = Box::pin(login.get(ENTRA_TOKEN, "token", &query, 1.0)).await?;
                granted(&answer.json, None)
            }
            Self::Secret {
                login,
                path,
                client,
                secret,
                target,
            } => {
                let mut form = target.form(client);
                form.push(("client_secret", secret.clone()));
                let answer = login.token(target.operation(), path, form).await?;
                granted(&answer, Some(target))
            }
            Self::Assertion {
                login,
                path,
                client,
                statement,
                target,
            } => {
                let mut form = target.form(client);
                form.push((
                    "client_assertion_type",
                    SecretString::from("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ));
                form.push(("client_assertion", statement.text(client)?));
                let answer = login.token(target.operation(), path, form).await?;
                granted(&answer, Some(target))
            }
        }
    }
}

impl Target {
    fn operation(&self) -> &'static super::operations::Operation {
        match self {
            Self::Graph { .. } => ENTRA_TOKEN,
            Self::Auth0 { .. } => AUTH0_TOKEN,
        }
    }

    fn form(&self, client: &str) -> Vec<(&'static str, SecretString)> {
        let mut form = vec![
            ("grant_type", SecretString::from("client_credentials")),
            ("client_id", SecretString::from(client)),
        ];
        form.push(match self {
            Self::Graph { resource } => {
                ("scope", SecretString::from(format!("{resource}/.default")))
            }
            Self::Auth0 { audience } => ("audience", SecretString::from(audience.as_str())),
        });
        form
    }
}

fn hold(token: SecretString, seconds: Option<u64>) -> Held {
    Held {
        token,
        until: seconds.map(|s| steady() + Duration::from_secs(s.clamp(301, 86_400))),
        identity: None,
        grants: None,
    }
}

/// The token of an installation. Asking for more than was granted would be
/// refused as a whole, so what was granted is looked up first; what is missing
/// then shows at the tables that need it.
async fn app(login: &Transport, installation: u64, repositories: bool) -> Result<Held, CallError> {
    login.shared().ledger.plan(Source::GitHub, 1);
    let path = format!("app/installations/{installation}");
    let answer = Box::pin(login.get(INSTALLATION, &path, &[], 1.0)).await?;
    let granted = answer
        .json
        .get("permissions")
        .and_then(Value::as_object)
        .ok_or_else(|| {
            CallError::failed("GitHub does not say what the installation of the app may do")
        })?;
    let beside: &[(&str, &str)] = if repositories { &REPOSITORY_READS } else { &[] };
    // Whoever may write may read.
    let asked: serde_json::Map<String, Value> = READS
        .iter()
        .chain(beside)
        .filter(|(name, _)| granted.get(*name).is_some_and(Value::is_string))
        .map(|(name, level)| ((*name).to_owned(), json!(level)))
        .collect();
    if asked.is_empty() {
        return Err(CallError {
            kind: Kind::Denied,
            message: format!(
                "installation {installation} of the GitHub App was granted nothing that is read here; `permissions github` prints what it needs"
            ),
        });
    }
    let grants = asked.keys().cloned().collect();
    let answer = login
        .installation_token(INSTALLATION_TOKEN, installation, Value::Object(asked))
        .await?;
    let mut held = hold(token_of(&answer, "token")?, Some(3600));
    held.identity = Some(format!("installation {installation} of a GitHub App"));
    held.grants = Some(grants);
    Ok(held)
}

fn token_of(answer: &Value, key: &str) -> Result<SecretString, CallError> {
    answer
        .get(key)
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| {
            CallError::failed(format!(
                "the answer to the request for a token has no `{key}`"
            ))
        })
}

/// A token out of the answer to a request for one.
fn granted(answer: &Value, target: Option<&Target>) -> Result<Held, CallError> {
    let token = token_of(answer, "access_token")?;
    if matches!(target, Some(Target::Auth0 { .. })) {
        refuse_secrets(&token, Some(answer))?;
    }
    // Some services print the number as a text.
    let seconds = answer.get("expires_in").and_then(|v| {
        v.as_u64()
            .or_else(|| v.as_str().and_then(|s| s.parse().ok()))
    });
    let speaks_for = identity(&token);
    let may = permissions(&token);
    let mut held = hold(token, Some(seconds.unwrap_or(3600)));
    held.identity = speaks_for;
    held.grants = may.filter(|_| !matches!(target, Some(Target::Auth0 { .. })));
    Ok(held)
}

async fn printed(program: &str, arguments: &[String]) -> Result<Held, CallError> {
    let run = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(30), run)
        .await
        .map_err(|_| CallError::failed(format!("{program} gave no token in 30 seconds")))?
        .map_err(|e| CallError::failed(format!("{program} could not be run: {e}")))?;
    let denied = || CallError {
        kind: Kind::Missing,
        message: format!(
            "{program} has no token; sign in with it, or set the credentials in the environment"
        ),
    };
    if !output.status.success() {
        return Err(denied());
    }
    let text = String::from_utf8(output.stdout).map_err(|_| denied())?;
    let text = text.trim();
    if text.is_empty() {
        return Err(denied());
    }
    if let Ok(answer) = serde_json::from_str::<Value>(text) {
        let token = token_of(&answer, "accessToken")?;
        let (speaks_for, may) = (identity(&token), permissions(&token));
        let mut held = hold(token, Some(1800));
        held.grants = may;
        held.identity = speaks_for.or_else(|| Some(format!("what {program} is signed in as")));
        Ok(held)
    } else {
        let mut held = hold(SecretString::from(text), None);
        held.identity = Some(format!("what {program} is signed in as"));
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::{Credential, Target, Tokens, granted};
    use crate::collect::wire::http::Signer as _;

    #[test]
    fn an_answer_without_a_token_is_none() {
        let graph = Target::Graph {
            resource: "https://graph.microsoft.com".to_owned(),
        };
        assert!(granted(&json!({"token_type": "Bearer"}), Some(&graph)).is_err());
        let answer = json!({"access_token": "t", "expires_in": "3599"});
        assert!(granted(&answer, Some(&graph)).is_ok());
        let target = Target::Auth0 {
            audience: "https://x/api/v2/".to_owned(),
        };
        assert!(granted(&answer, Some(&target)).is_err());
    }

    #[tokio::test]
    async fn only_the_token_that_is_held_is_renewed() {
        let print = vec!["-An", "-tx8", "-N8", "/dev/urandom"];
        let print = print.into_iter().map(str::to_owned).collect();
        let tokens = Tokens::new(Credential::Printed("od", print));
        let text = |t: &secrecy::SecretString| t.expose_secret().to_owned();
        let first = tokens.token(None).await.expect("a token");
        assert_eq!(text(&tokens.token(None).await.expect("held")), text(&first));
        let second = tokens.token(Some(&first)).await.expect("renewed");
        assert_ne!(text(&second), text(&first));
        let late = tokens.token(Some(&first)).await.expect("held");
        assert_eq!(text(&late), text(&second));
        assert!(!format!("{tokens:?}").contains(&text(&second)));
    }
}
