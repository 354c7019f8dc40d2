//! Tokens for Graph, GitHub and Auth0, by the environment that people already
//! have for their other tools. A token lives in memory alone.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::clock::steady;
use super::http::{CallError, Kind, Transport};
use super::operations::{AUTH0_TOKEN, ENTRA_TOKEN, INSTALLATION_TOKEN};

/// A token is renewed so long before it ends.
const EARLY: Duration = Duration::from_mins(5);
/// Scopes of Auth0 whose answers hold secrets.
pub(crate) const SECRET_SCOPES: [&str; 2] = ["read:client_keys", "read:client_credentials"];
/// What a GitHub App asks of its installation.
pub(crate) const READS: [(&str, &str); 5] = [
    ("members", "read"),
    ("organization_administration", "read"),
    ("organization_secrets", "read"),
    ("organization_personal_access_tokens", "read"),
    ("metadata", "read"),
];

/// Variables of the environment.
pub(crate) type Environment = std::collections::BTreeMap<String, String>;

/// How a token is come by.
#[derive(Debug)]
pub(crate) enum Credential {
    /// A token that is there already.
    Given(SecretString),
    /// A program of the vendor prints it.
    Printed(&'static str, Vec<&'static str>),
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
        service: bool,
    },
    /// A GitHub App: the way to its installation, signed with its key.
    App {
        login: Box<Transport>,
        installation: u64,
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
    Graph,
    Auth0 { audience: String },
}

/// Who vouches for the client.
#[derive(Debug)]
pub(crate) enum Statement {
    /// A platform wrote one into a file, and renews it.
    File(PathBuf),
    /// We sign one with a private key.
    Signed {
        key: SecretString,
        certificate: Option<String>,
        audience: String,
        now: super::clock::Clock,
    },
}

#[derive(Debug)]
struct Held {
    token: SecretString,
    until: Option<Instant>,
    identity: Option<String>,
}

/// Tokens of one service, renewed when they end.
#[derive(Debug)]
pub(crate) struct Tokens {
    credential: Credential,
    held: Mutex<Option<Held>>,
}

impl Tokens {
    pub(crate) fn new(credential: Credential) -> Self {
        Self {
            credential,
            held: Mutex::new(None),
        }
    }

    /// A token that is good; a new one when the last was refused.
    pub(crate) async fn get(&self, refused: bool) -> Result<SecretString, CallError> {
        let mut held = self.held.lock().await;
        if let Some(h) = held.as_ref()
            && !refused
            && h.until.is_none_or(|until| steady() + EARLY < until)
        {
            return Ok(h.token.clone());
        }
        let fresh = self.credential.obtain().await?;
        let token = fresh.token.clone();
        *held = Some(fresh);
        Ok(token)
    }

    /// Who the token speaks for, once there is one.
    pub(crate) async fn identity(&self) -> Option<String> {
        self.held
            .lock()
            .await
            .as_ref()
            .and_then(|h| h.identity.clone())
    }
}

impl Credential {
    async fn obtain(&self) -> Result<Held, CallError> {
        match self {
            Self::Given(token) => Ok(hold(token.clone(), None)),
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
            } => {
                let asked: serde_json::Map<String, Value> = READS
                    .iter()
                    .map(|(name, level)| ((*name).to_owned(), json!(level)))
                    .collect();
                let answer = login
                    .installation_token(INSTALLATION_TOKEN, *installation, Value::Object(asked))
                    .await?;
                let token = token_of(&answer, "token")?;
                let mut held = hold(token, Some(3600));
                held.identity = Some(format!("installation {installation} of a GitHub App"));
                Ok(held)
            }
            Self::Machine {
                login,
                client,
                service,
            } => {
                let version = if *service { "2019-08-01" } else { "2018-02-01" };
                let mut query = vec![
                    ("api-version", version),
                    ("resource", "https://graph.microsoft.com/"),
                ];
                if let Some(client) = client {
                    query.push(("client_id", client));
                }
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
            Self::Graph => ENTRA_TOKEN,
            Self::Auth0 { .. } => AUTH0_TOKEN,
        }
    }

    fn form(&self, client: &str) -> Vec<(&'static str, SecretString)> {
        let mut form = vec![
            ("grant_type", SecretString::from("client_credentials")),
            ("client_id", SecretString::from(client)),
        ];
        form.push(match self {
            Self::Graph => (
                "scope",
                SecretString::from("https://graph.microsoft.com/.default"),
            ),
            Self::Auth0 { audience } => ("audience", SecretString::from(audience.as_str())),
        });
        form
    }
}

impl Statement {
    fn text(&self, client: &str) -> Result<SecretString, CallError> {
        match self {
            Self::File(path) => std::fs::read_to_string(path)
                .map(|text| SecretString::from(text.trim()))
                .map_err(|e| {
                    CallError::failed(format!(
                        "the token file {} could not be read: {e}",
                        path.display()
                    ))
                }),
            Self::Signed {
                key,
                certificate,
                audience,
                now,
            } => {
                let at: DateTime<Utc> = now.now();
                let mut header = Header::new(Algorithm::RS256);
                header.x5t_s256.clone_from(certificate);
                let claims = json!({
                    "aud": audience,
                    "iss": client,
                    "sub": client,
                    "jti": format!("{:032x}", fastrand::u128(..)),
                    "nbf": (at - TimeDelta::seconds(60)).timestamp(),
                    "exp": (at + TimeDelta::minutes(5)).timestamp(),
                });
                sign(&header, &claims, key)
            }
        }
    }
}

fn sign(header: &Header, claims: &Value, key: &SecretString) -> Result<SecretString, CallError> {
    // What the library says of a key may quote it.
    let key = EncodingKey::from_rsa_pem(key.expose_secret().as_bytes())
        .map_err(|_| CallError::failed("the private key is no RSA key in PEM form"))?;
    jsonwebtoken::encode(header, claims, &key)
        .map(SecretString::from)
        .map_err(|_| CallError::failed("a statement could not be signed with the private key"))
}

fn hold(token: SecretString, seconds: Option<u64>) -> Held {
    Held {
        token,
        until: seconds.map(|s| steady() + Duration::from_secs(s.clamp(301, 86_400))),
        identity: None,
    }
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
        let scope = answer
            .get("scope")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let held: Vec<&str> = scope
            .split_whitespace()
            .filter(|s| SECRET_SCOPES.contains(s))
            .collect();
        if !held.is_empty() {
            return Err(CallError {
                kind: Kind::Denied,
                message: format!(
                    "the application of Auth0 may read secrets ({}), so nothing was asked of it; take these scopes away from it",
                    held.join(", ")
                ),
            });
        }
    }
    // Some services print the number as a text.
    let seconds = answer.get("expires_in").and_then(|v| {
        v.as_u64()
            .or_else(|| v.as_str().and_then(|s| s.parse().ok()))
    });
    let identity = claims(token.expose_secret());
    let mut held = hold(token, Some(seconds.unwrap_or(3600)));
    held.identity = identity;
    Ok(held)
}

/// The client and tenant that a token names; nothing else of it is looked at.
fn claims(token: &str) -> Option<String> {
    let middle = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(middle).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let text = |key: &str| claims.get(key).and_then(Value::as_str).map(super::shown);
    let client = text("appid").or_else(|| text("azp"))?;
    Some(match text("tid") {
        Some(tenant) => format!("application {client} in tenant {tenant}"),
        None => format!("application {client}"),
    })
}

async fn printed(program: &str, arguments: &[&str]) -> Result<Held, CallError> {
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
        kind: Kind::Unknown,
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
        let identity = claims(token.expose_secret());
        let mut held = hold(token, Some(1800));
        held.identity = identity.or_else(|| Some(format!("what {program} is signed in as")));
        Ok(held)
    } else {
        let mut held = hold(SecretString::from(text), None);
        held.identity = Some(format!("what {program} is signed in as"));
        Ok(held)
    }
}

/// Key and thumbprint of a PEM file that holds a certificate and its key.
pub(crate) fn certificate(pem: &str) -> Result<(SecretString, String), String> {
    let block = |label: &str| -> Option<&str> {
        let begin = format!("-----BEGIN {label}-----");
        let end = format!("-----END {label}-----");
        let rest = pem.split_once(&begin)?.1;
        Some(rest.split_once(&end)?.0)
    };
    let body = block("CERTIFICATE").ok_or("it holds no certificate in PEM form")?;
    let der = STANDARD
        .decode(body.split_whitespace().collect::<String>())
        .map_err(|_| "its certificate could not be read")?;
    let key = ["PRIVATE KEY", "RSA PRIVATE KEY"]
        .iter()
        .find_map(|label| {
            Some(format!(
                "-----BEGIN {label}-----{}-----END {label}-----\n",
                block(label)?
            ))
        })
        .ok_or("it holds no unencrypted private key in PEM form")?;
    Ok((
        SecretString::from(key),
        URL_SAFE_NO_PAD.encode(Sha256::digest(der)),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Target, certificate, granted};

    #[test]
    fn a_broker_that_may_read_secrets_is_refused() {
        let target = Target::Auth0 {
            audience: "https://x/api/v2/".to_owned(),
        };
        let answer =
            |scope: &str| json!({"access_token": "t", "expires_in": 86400, "scope": scope});
        assert!(granted(&answer("read:clients read:logs"), Some(&target)).is_ok());
        let refused = granted(&answer("read:clients read:client_keys"), Some(&target));
        assert!(refused.is_err_and(|e| e.message.contains("read:client_keys")));
        assert!(granted(&json!({"token_type": "Bearer"}), Some(&Target::Graph)).is_err());
    }

    #[test]
    fn a_certificate_without_its_key_is_named() {
        let lone = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(certificate(lone).is_err_and(|e| e.contains("private key")));
        let both = format!("{lone}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        let (_, thumb) = certificate(&both).expect("both");
        assert_eq!(thumb.len(), 43);
    }
}
