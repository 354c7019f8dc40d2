//! The way to GitHub: where its interfaces are, and a credential that was meant
//! for that host. A token for github.com is not shown to any other server.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Access, without};
use crate::collect::fetch::spool::plain_id;
use crate::collect::wire::http::{CallError, Origin, Transport, is_loopback};
use crate::collect::wire::token::{Credential, Tokens};

pub(super) const API: &str = "https://api.github.com";
/// Variables with tokens for github.com and for tenants of ghe.com.
const TOKENS: [&str; 2] = ["GH_TOKEN", "GITHUB_TOKEN"];
/// Variables with tokens for any other server.
const ENTERPRISE_TOKENS: [&str; 2] = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];
/// Both, for what was named on this machine itself.
const EITHER: [&str; 4] = [
    TOKENS[0],
    TOKENS[1],
    ENTERPRISE_TOKENS[0],
    ENTERPRISE_TOKENS[1],
];

impl Access<'_> {
    /// GitHub: an app before a token, since only an app may list tokens. Gives
    /// the way to REST, to GraphQL, and the organisation.
    pub(crate) fn github(&self) -> Result<(Transport, Transport, String), CallError> {
        self.proxy()?;
        let organisation = self
            .config
            .github
            .organisation
            .as_deref()
            .or_else(|| self.var("GITHUB_ORGANISATION"))
            .or_else(|| self.var("GITHUB_OWNER"))
            .ok_or_else(|| without("GitHub", "set github.organisation"))?;
        if !plain_id(organisation) {
            return Err(CallError::failed(
                "github.organisation is no name of an organisation",
            ));
        }
        let place = self.github_place()?.origin;
        let headers = [
            ("x-github-api-version", "2022-11-28"),
            ("x-github-next-global-id", "1"),
        ];
        let way = |origin: Origin| {
            Transport::new(self.shared, origin)
                .with_headers(&headers)
                .hiding()
        };
        // An enterprise server has GraphQL beside its REST interface.
        let beside = place.without("v3").unwrap_or_else(|| place.clone());
        let host = place.authority().to_owned();
        let (rest, graphql) = (way(place), way(beside));
        let tokens = Arc::new(Tokens::new(self.github_credential(&rest, &host)?));
        Ok((
            rest.with_shared_tokens(Arc::<Tokens>::clone(&tokens)),
            graphql.with_shared_tokens(tokens),
            organisation.to_owned(),
        ))
    }

    fn github_credential(&self, rest: &Transport, host: &str) -> Result<Credential, CallError> {
        if let Some(app) = self.github_app(rest)? {
            return Ok(app);
        }
        let names = tokens_of(host);
        if let Some(token) = names.iter().find_map(|n| self.secret(n)) {
            return Ok(Credential::Given(token, None));
        }
        if !is_here(host) && self.on_path("gh") {
            let arguments = ["auth", "token", "--hostname", signed_in_at(host)];
            let arguments = arguments.map(str::to_owned).into();
            return Ok(Credential::Printed("gh", arguments));
        }
        Err(without(
            "GitHub",
            &format!(
                "set GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and GITHUB_APP_PRIVATE_KEY, or {} for {}, or sign in with `gh auth login`",
                names[0],
                crate::collect::words::shown(host)
            ),
        ))
    }

    fn github_app(&self, rest: &Transport) -> Result<Option<Credential>, CallError> {
        let (Some(id), Some(installation)) = (
            self.var("GITHUB_APP_ID"),
            self.var("GITHUB_APP_INSTALLATION_ID"),
        ) else {
            return Ok(None);
        };
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
        let settings = self.config.sources.get("github");
        Ok(Some(Credential::App {
            login: Box::new(rest.clone().with_tokens(Tokens::new(app))),
            installation,
            repositories: settings.is_some_and(|s| !s.repositories.is_empty()),
        }))
    }
}

/// The REST interface of a host, as GitHub places it.
pub(super) fn base_of(host: &str) -> String {
    match host {
        "github.com" | "api.github.com" => API.to_owned(),
        // A tenant of ghe.com has its interface at a name of its own.
        tenant if of_tenant(tenant) => {
            format!(
                "https://api.{}",
                tenant.strip_prefix("api.").unwrap_or(tenant)
            )
        }
        server => format!("https://{server}/api/v3"),
    }
}

/// The address of an interface, where the one of its tenant of ghe.com was given.
pub(super) fn interface(base: &str) -> String {
    let base = base.trim_end_matches('/');
    match base.strip_prefix("https://") {
        Some(host) if of_tenant(host) && !host.contains(['/', '@']) => base_of(host),
        _ => base.to_owned(),
    }
}

fn of_tenant(host: &str) -> bool {
    host.ends_with(".ghe.com")
}

/// Whether the interface of GitHub itself is at a host.
pub(super) fn is_github(host: &str) -> bool {
    host == "api.github.com" || of_tenant(host)
}

/// Whether a host and its port are of this machine.
fn is_here(host: &str) -> bool {
    Origin::parse(&format!("https://{host}/")).is_ok_and(|o| is_loopback(&o.host()))
}

/// Names of the variables whose tokens are meant for a host.
fn tokens_of(host: &str) -> &'static [&'static str] {
    if matches!(host, "github.com" | "api.github.com") || of_tenant(host) {
        &TOKENS
    } else if is_here(host) {
        &EITHER
    } else {
        &ENTERPRISE_TOKENS
    }
}

/// The name under which people sign in at the server of an interface.
fn signed_in_at(host: &str) -> &str {
    if host == "api.github.com" {
        "github.com"
    } else if of_tenant(host) {
        host.strip_prefix("api.").unwrap_or(host)
    } else {
        host
    }
}

#[cfg(test)]
mod tests {
    use super::{API, EITHER, ENTERPRISE_TOKENS, TOKENS, base_of, signed_in_at, tokens_of};

    #[test]
    fn a_token_goes_to_the_host_that_it_is_meant_for() {
        for own in ["github.com", "api.github.com", "api.tenant.ghe.com"] {
            assert_eq!(tokens_of(own), TOKENS, "{own}");
        }
        for here in ["localhost", "127.0.0.1:4010", "[::1]:4010"] {
            assert_eq!(tokens_of(here), EITHER, "{here}");
        }
        for other in [
            "github.example",
            "github.com.evil.example",
            "ghe.com",
            "notghe.com",
            "api.github.com.example",
        ] {
            assert_eq!(tokens_of(other), ENTERPRISE_TOKENS, "{other}");
        }
        assert_eq!(signed_in_at("api.github.com"), "github.com");
        assert_eq!(signed_in_at("api.tenant.ghe.com"), "tenant.ghe.com");
        assert_eq!(signed_in_at("github.example"), "github.example");
    }

    #[test]
    fn interfaces_are_where_github_places_them() {
        assert_eq!(base_of("github.com"), API);
        for tenant in ["tenant.ghe.com", "api.tenant.ghe.com"] {
            assert_eq!(base_of(tenant), "https://api.tenant.ghe.com");
        }
        assert_eq!(base_of("github.example"), "https://github.example/api/v3");
    }
}
