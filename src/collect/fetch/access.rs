//! Ways to the services, with the credentials that the environment names: by
//! the names that their other tools use, the first that is there.

mod bound;
mod github;

use std::sync::Arc;

use secrecy::SecretString;

use super::aws::{AwsPlace, Clients};
use crate::collect::wire::http::{CallError, Kind, Origin, Shared, Transport};
use crate::collect::wire::token::{
    Credential, Environment, Statement, Target, Tokens, certificate,
};
use crate::config::Config;

/// The variable that names a proxy; those of other programs are not looked at.
const PROXY: &str = "COUNTERSIGN_PROXY";

/// What ways are made of.
pub(crate) struct Access<'a> {
    pub config: &'a Config,
    pub env: &'a Environment,
    pub aws: Option<&'a AwsPlace>,
    pub shared: &'a Arc<Shared>,
}

fn without(what: &str, remedy: &str) -> CallError {
    CallError {
        kind: Kind::Missing,
        message: format!("There are no credentials for {what}: {remedy}."),
    }
}

impl Access<'_> {
    fn var(&self, name: &str) -> Option<&str> {
        self.env
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.var(name).map(SecretString::from)
    }

    fn endpoint(&self, source: &str) -> Option<&str> {
        self.config
            .sources
            .get(source)
            .and_then(|s| s.endpoint.as_deref())
    }

    /// Sends what follows through the proxy that is configured, if one is.
    fn proxy(&self) -> Result<(), CallError> {
        self.var(PROXY).map_or(Ok(()), |proxy| {
            self.shared
                .through(proxy)
                .map_err(|e| CallError::failed(format!("{PROXY}: {e}")))
        })
    }

    /// Graph: client secret, federated token, certificate, the machine's
    /// identity, the Azure command line.
    pub(crate) fn entra(&self) -> Result<Transport, CallError> {
        self.proxy()?;
        let (bound, resource) = self.graph()?;
        let graph = Transport::new(self.shared, bound.origin)
            // Users go first when the tenant is busy.
            .with_headers(&[("x-ms-throttle-priority", "low")]);
        Ok(graph.with_tokens(Tokens::new(self.entra_credential(resource)?)))
    }

    /// The credential that the environment names, for tokens of `resource`.
    fn entra_credential(&self, resource: String) -> Result<Credential, CallError> {
        let authority = self.login()?.origin;
        let named = self.var("AZURE_TENANT_ID").zip(self.var("AZURE_CLIENT_ID"));
        if let Some((tenant, client)) = named {
            let login = Transport::new(self.shared, authority.clone());
            let path = format!("{tenant}/oauth2/v2.0/token");
            let target = Target::Graph {
                resource: resource.clone(),
            };
            if let Some(secret) = self.secret("AZURE_CLIENT_SECRET") {
                return Ok(Credential::Secret {
                    login,
                    path,
                    client: client.to_owned(),
                    secret,
                    target,
                });
            }
            let statement = if let Some(file) = self.var("AZURE_FEDERATED_TOKEN_FILE") {
                Some(Statement::File(file.into()))
            } else if let Some(file) = self.var("AZURE_CLIENT_CERTIFICATE_PATH") {
                // Somebody may have put the certificate itself where its path belongs.
                let wrong = |why: &dyn std::fmt::Display| {
                    CallError::failed(format!("the file of AZURE_CLIENT_CERTIFICATE_PATH: {why}"))
                };
                let pem = std::fs::read_to_string(file)
                    .map_err(|e| wrong(&format!("it could not be read: {}", e.kind())))?;
                let (key, thumb) = certificate(&pem).map_err(|e| wrong(&e))?;
                Some(Statement::Signed {
                    key,
                    certificate: Some(thumb),
                    audience: format!("{authority}{path}"),
                    now: self.shared.clock,
                })
            } else {
                None
            };
            if let Some(statement) = statement {
                return Ok(Credential::Assertion {
                    login,
                    path,
                    client: client.to_owned(),
                    statement,
                    target,
                });
            }
        }
        self.entra_machine(resource)
    }

    /// The identity of the machine, or of whoever is signed in at it.
    fn entra_machine(&self, resource: String) -> Result<Credential, CallError> {
        if let Some(endpoint) = self
            .var("IDENTITY_ENDPOINT")
            .filter(|_| self.var("IDENTITY_HEADER").is_some())
        {
            // The address names the operation itself; below it nothing is asked.
            let base = endpoint.trim_end_matches('/').trim_end_matches("/token");
            let near = Origin::parse_near(base)
                .map_err(|e| CallError::failed(format!("IDENTITY_ENDPOINT: {e}")))?;
            let login = Transport::new(self.shared, near);
            return Ok(Credential::Machine {
                login: login
                    .with_secret_header("x-identity-header", self.secret("IDENTITY_HEADER")),
                client: self.var("AZURE_CLIENT_ID").map(str::to_owned),
                resource,
                service: true,
            });
        }
        if self
            .var("AZURE_USE_MANAGED_IDENTITY")
            .is_some_and(|v| v != "0" && v != "false")
        {
            let login = Transport::new(self.shared, Origin::metadata())
                .with_headers(&[("metadata", "true")]);
            return Ok(Credential::Machine {
                login,
                client: self.var("AZURE_CLIENT_ID").map(str::to_owned),
                resource,
                service: false,
            });
        }
        if self.on_path("az") {
            let mut arguments = vec![
                "account",
                "get-access-token",
                "--resource",
                &resource,
                "--output",
                "json",
            ];
            if let Some(tenant) = self.var("AZURE_TENANT_ID") {
                arguments.extend(["--tenant", tenant]);
            }
            let arguments = arguments.into_iter().map(str::to_owned).collect();
            return Ok(Credential::Printed("az", arguments));
        }
        Err(without(
            "Entra ID",
            "set AZURE_TENANT_ID, AZURE_CLIENT_ID and one of AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE or AZURE_CLIENT_CERTIFICATE_PATH, or AZURE_USE_MANAGED_IDENTITY=1, or sign in with `az login`",
        ))
    }

    fn on_path(&self, program: &str) -> bool {
        self.var("PATH")
            .is_some_and(|path| std::env::split_paths(path).any(|dir| dir.join(program).is_file()))
    }

    /// Auth0: the client of a machine, by its secret or key, or a token.
    pub(crate) fn auth0(&self) -> Result<Transport, CallError> {
        self.proxy()?;
        let tenant = self.auth0_place()?.origin;
        let base = tenant.to_string().trim_end_matches('/').to_owned();
        let transport = Transport::new(self.shared, tenant.below("api/v2"));
        let audience = self
            .var("AUTH0_AUDIENCE")
            .map_or_else(|| format!("{base}/api/v2/"), str::to_owned);
        let target = Target::Auth0 { audience };
        if let Some(token) = self.secret("AUTH0_API_TOKEN") {
            let given = Credential::Given(token, Some(target));
            return Ok(transport.with_tokens(Tokens::new(given)));
        }
        let client = self.var("AUTH0_CLIENT_ID").ok_or_else(|| {
            without(
                "Auth0",
                "set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, or AUTH0_API_TOKEN",
            )
        })?;
        let (login, path) = (
            Transport::new(self.shared, tenant),
            "oauth/token".to_owned(),
        );
        let credential = if let Some(secret) = self.secret("AUTH0_CLIENT_SECRET") {
            Credential::Secret {
                login,
                path,
                client: client.to_owned(),
                secret,
                target,
            }
        } else if let Some(key) = self.secret("AUTH0_CLIENT_ASSERTION_PRIVATE_KEY") {
            Credential::Assertion {
                login,
                path,
                client: client.to_owned(),
                statement: Statement::Signed {
                    key,
                    certificate: None,
                    audience: format!("{base}/"),
                    now: self.shared.clock,
                },
                target,
            }
        } else {
            return Err(without(
                "Auth0",
                "set AUTH0_CLIENT_SECRET, AUTH0_CLIENT_ASSERTION_PRIVATE_KEY or AUTH0_API_TOKEN",
            ));
        };
        Ok(transport.with_tokens(Tokens::new(credential)))
    }

    /// AWS: the default chain of its clients.
    pub(crate) async fn aws(&self) -> Result<Clients, CallError> {
        let hosts = self.aws_hosts()?.into_iter().map(|(host, _)| host);
        self.shared.at_hosts(hosts.collect());
        Clients::new(self.shared, self.aws, self.endpoint("identity_center")).await
    }
}
