//! Ways to the services, with the credentials that the environment names: by
//! the names that their other tools use, the first that is there.

use std::sync::Arc;

use secrecy::SecretString;

use super::aws::{AwsPlace, Clients};
use crate::collect::http::{CallError, Kind, Origin, Shared, Transport};
use crate::collect::token::{Credential, Environment, Statement, Target, Tokens, certificate};
use crate::config::Config;

const GRAPH: &str = "https://graph.microsoft.com/v1.0";
const LOGIN: &str = "https://login.microsoftonline.com";
const GITHUB: &str = "https://api.github.com";

/// What ways are made of.
pub(crate) struct Access<'a> {
    pub config: &'a Config,
    pub env: &'a Environment,
    pub aws: Option<&'a AwsPlace>,
    pub shared: &'a Arc<Shared>,
}

fn without(what: &str, remedy: &str) -> CallError {
    CallError {
        kind: Kind::Failed,
        message: format!("There are no credentials for {what}: {remedy}."),
    }
}

fn origin(text: &str) -> Result<Origin, CallError> {
    Origin::parse(text).map_err(CallError::failed)
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

    /// Graph: client secret, federated token, certificate, the machine's
    /// identity, the Azure command line.
    pub(crate) fn entra(&self) -> Result<Transport, CallError> {
        let graph = Transport::new(
            self.shared,
            origin(self.endpoint("entra").unwrap_or(GRAPH))?,
        )
        // Users go first when the tenant is busy.
        .with_headers(&[("x-ms-throttle-priority", "low")]);
        Ok(graph.with_tokens(Tokens::new(self.entra_credential()?)))
    }

    fn entra_credential(&self) -> Result<Credential, CallError> {
        let authority = self.var("AZURE_AUTHORITY_HOST").unwrap_or(LOGIN);
        let named = self.var("AZURE_TENANT_ID").zip(self.var("AZURE_CLIENT_ID"));
        if let Some((tenant, client)) = named {
            let login = Transport::new(self.shared, origin(authority)?);
            let path = format!("{tenant}/oauth2/v2.0/token");
            if let Some(secret) = self.secret("AZURE_CLIENT_SECRET") {
                return Ok(Credential::Secret {
                    login,
                    path,
                    client: client.to_owned(),
                    secret,
                    target: Target::Graph,
                });
            }
            let statement = if let Some(file) = self.var("AZURE_FEDERATED_TOKEN_FILE") {
                Some(Statement::File(file.into()))
            } else if let Some(file) = self.var("AZURE_CLIENT_CERTIFICATE_PATH") {
                let pem = std::fs::read_to_string(file).map_err(|e| {
                    CallError::failed(format!(
                        "AZURE_CLIENT_CERTIFICATE_PATH: {file} could not be read: {e}"
                    ))
                })?;
                let (key, thumb) = certificate(&pem).map_err(|e| {
                    CallError::failed(format!("AZURE_CLIENT_CERTIFICATE_PATH: {file}: {e}"))
                })?;
                Some(Statement::Signed {
                    key,
                    certificate: Some(thumb),
                    audience: format!("{}/{path}", authority.trim_end_matches('/')),
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
                    target: Target::Graph,
                });
            }
        }
        if let Some(endpoint) = self
            .var("IDENTITY_ENDPOINT")
            .filter(|_| self.var("IDENTITY_HEADER").is_some())
        {
            // The address names the operation itself; below it nothing is asked.
            let base = endpoint.trim_end_matches('/').trim_end_matches("/token");
            let login = Transport::new(self.shared, origin(base)?);
            return Ok(Credential::Machine {
                login: login
                    .with_secret_header("x-identity-header", self.secret("IDENTITY_HEADER")),
                client: self.var("AZURE_CLIENT_ID").map(str::to_owned),
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
                service: false,
            });
        }
        if self.on_path("az") {
            return Ok(Credential::Printed(
                "az",
                vec![
                    "account",
                    "get-access-token",
                    "--resource",
                    "https://graph.microsoft.com",
                    "--output",
                    "json",
                ],
            ));
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

    /// GitHub: an app before a token, since only an app may list tokens. Gives
    /// the way to REST, to GraphQL, and the organisation.
    pub(crate) fn github(&self) -> Result<(Transport, Transport, String), CallError> {
        let organisation = self
            .config
            .github
            .organisation
            .as_deref()
            .or_else(|| self.var("GITHUB_ORGANISATION"))
            .or_else(|| self.var("GITHUB_OWNER"))
            .ok_or_else(|| without("GitHub", "set github.organisation"))?;
        if !super::spool::plain_id(organisation) {
            return Err(CallError::failed(
                "github.organisation is no name of an organisation",
            ));
        }
        let host = self
            .var("GH_HOST")
            .filter(|h| *h != "github.com")
            .map(|h| format!("https://{h}/api/v3"));
        let base = self
            .endpoint("github")
            .or_else(|| self.var("GITHUB_BASE_URL"))
            .map(str::to_owned)
            .or(host)
            .unwrap_or_else(|| GITHUB.to_owned());
        let base = base.trim_end_matches('/');
        let headers = [
            ("x-github-api-version", "2022-11-28"),
            ("x-github-next-global-id", "1"),
        ];
        let way = |base: &str| -> Result<Transport, CallError> {
            Ok(Transport::new(self.shared, origin(base)?)
                .with_headers(&headers)
                .hiding())
        };
        // An enterprise server has GraphQL beside its REST interface.
        let asks = base.strip_suffix("/v3").unwrap_or(base);
        let (rest, graphql) = (way(base)?, way(asks)?);
        let tokens = Arc::new(Tokens::new(self.github_credential(&rest)?));
        Ok((
            rest.with_shared_tokens(&tokens),
            graphql.with_shared_tokens(&tokens),
            organisation.to_owned(),
        ))
    }

    fn github_credential(&self, rest: &Transport) -> Result<Credential, CallError> {
        if let (Some(id), Some(installation)) = (
            self.var("GITHUB_APP_ID"),
            self.var("GITHUB_APP_INSTALLATION_ID"),
        ) {
            let installation: u64 = installation
                .parse()
                .map_err(|_| CallError::failed("GITHUB_APP_INSTALLATION_ID is no number"))?;
            let given = [
                "GITHUB_APP_PRIVATE_KEY",
                "GITHUB_APP_PEM_FILE",
                "GITHUB_APP_KEY",
            ]
            .iter()
            .find_map(|name| Some((name, self.var(name)?)));
            let (name, given) = given.ok_or_else(|| {
                without(
                    "GitHub",
                    "GITHUB_APP_ID is set, set GITHUB_APP_PRIVATE_KEY too",
                )
            })?;
            let key = if given.contains("-----BEGIN") {
                SecretString::from(given.replace("\\n", "\n"))
            } else {
                std::fs::read_to_string(given)
                    .map(SecretString::from)
                    .map_err(|e| {
                        CallError::failed(format!(
                            "the file that {name} names could not be read: {}",
                            e.kind()
                        ))
                    })?
            };
            let app = Credential::AppKey {
                id: id.to_owned(),
                key,
                now: self.shared.clock,
            };
            return Ok(Credential::App {
                login: Box::new(rest.clone().with_tokens(Tokens::new(app))),
                installation,
            });
        }
        if let Some(token) = self
            .secret("GH_TOKEN")
            .or_else(|| self.secret("GITHUB_TOKEN"))
        {
            return Ok(Credential::Given(token));
        }
        if self.on_path("gh") {
            return Ok(Credential::Printed("gh", vec!["auth", "token"]));
        }
        Err(without(
            "GitHub",
            "set GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PRIVATE_KEY, or GH_TOKEN, or sign in with `gh auth login`",
        ))
    }

    /// Auth0: the client of a machine, by its secret or key, or a token.
    pub(crate) fn auth0(&self) -> Result<Transport, CallError> {
        let domain = self.var("AUTH0_DOMAIN");
        let base = match (self.endpoint("auth0"), domain) {
            (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
            (None, Some(domain)) => format!("https://{domain}"),
            (None, None) => return Err(without("Auth0", "set AUTH0_DOMAIN")),
        };
        let tenant = origin(&base)?;
        let transport = Transport::new(self.shared, tenant.below("api/v2"));
        if let Some(token) = self.secret("AUTH0_API_TOKEN") {
            return Ok(transport.with_tokens(Tokens::new(Credential::Given(token))));
        }
        let client = self.var("AUTH0_CLIENT_ID").ok_or_else(|| {
            without(
                "Auth0",
                "set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, or AUTH0_API_TOKEN",
            )
        })?;
        let audience = self
            .var("AUTH0_AUDIENCE")
            .map_or_else(|| format!("{base}/api/v2/"), str::to_owned);
        let target = Target::Auth0 { audience };
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
        Clients::new(self.shared, self.aws, self.endpoint("identity_center")).await
    }
}
