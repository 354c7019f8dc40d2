//! Binds each credential to the host that it is for, before anything is sent.

use super::{Access, without};
use crate::collect::wire::http::{CallError, Kind, Origin};
use crate::collect::words::shown;
use crate::config::audience::{Audience, CLOUDS, Cloud};
use crate::dataset::schema::Source;

/// A host that a credential may be sent to.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// The base address.
    pub origin: Origin,
    /// The variable that names the host, when it is none of the public ones.
    pub named_by: Option<&'static str>,
}

/// A base address, and what set it.
struct Base {
    text: String,
    set_by: String,
}

impl Base {
    fn new(text: impl Into<String>, set_by: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            set_by: set_by.into(),
        }
    }
}

/// A host and port as a variable names it: exactly as an address would spell it.
fn exact(variable: &str, value: &str) -> Result<String, CallError> {
    let plain = |b: u8| {
        b.is_ascii_lowercase()
            || b.is_ascii_digit()
            || matches!(b, b'.' | b'-' | b':' | b'[' | b']')
    };
    Origin::parse(&format!("https://{value}/"))
        .ok()
        .filter(|_| value.bytes().all(plain))
        .filter(|o| o.authority() == value)
        .map(|_| value.to_owned())
        .ok_or_else(|| {
            CallError::misdirected(format!(
                "{variable} must name a host, or host:port, exactly as an address spells it: in lower case, without scheme, path, user or final dot"
            ))
        })
}

impl Access<'_> {
    /// The host that a variable binds a credential to.
    fn named(&self, audience: Audience) -> Result<Option<String>, CallError> {
        let variable = audience.variable();
        let value = self.var(variable);
        value.map(|value| exact(variable, value)).transpose()
    }

    /// Refuses a base address on a host that the credential is not for.
    fn bind(&self, audience: Audience, base: &Base, own: &[String]) -> Result<Bound, CallError> {
        let Base { text, set_by } = base;
        let (what, variable) = (audience.credentials(), audience.variable());
        let origin = Origin::parse(text)
            .map_err(|e| CallError::misdirected(format!("{set_by} cannot be used: {e}")))?;
        let host = shown(origin.authority());
        match self.named(audience)? {
            Some(named) if named == origin.authority() => Ok(Bound {
                origin,
                named_by: Some(variable),
            }),
            Some(named) => Err(CallError::misdirected(format!(
                "{variable} binds {what} to {named}, and {set_by} leads to {host}; let both name the same host, or unset {variable}"
            ))),
            None if own.iter().any(|o| o == origin.authority()) => Ok(Bound {
                origin,
                named_by: None,
            }),
            None => Err(CallError::misdirected(format!(
                "{set_by} leads to {host}, and {what} may be sent to {} alone; take it away, or, if what the environment holds is meant for that host, set {variable} to it",
                own.join(" or ")
            ))),
        }
    }

    /// The cloud of Microsoft that the environment chooses.
    fn cloud(login: &Bound) -> Cloud {
        let chosen = CLOUDS.iter().find(|c| c.login == login.origin.authority());
        *chosen.unwrap_or(&CLOUDS[0])
    }

    /// Where Graph tokens are asked for.
    pub(super) fn login(&self) -> Result<Bound, CallError> {
        let base = match self.var("AZURE_AUTHORITY_HOST") {
            Some(host) if host.contains("://") => Base::new(host, "AZURE_AUTHORITY_HOST"),
            Some(host) => Base::new(format!("https://{host}"), "AZURE_AUTHORITY_HOST"),
            None => Base::new(
                format!("https://{}", CLOUDS[0].login),
                "the login host of the public cloud",
            ),
        };
        let own = CLOUDS.map(|c| c.login.to_owned());
        self.bind(Audience::Login, &base, &own)
    }

    /// Where Graph is, and what its tokens are asked for.
    pub(super) fn graph(&self) -> Result<(Bound, String), CallError> {
        let cloud = Self::cloud(&self.login()?);
        let base = self.endpoint("entra").map_or_else(
            || {
                Base::new(
                    format!("https://{}/v1.0", cloud.graph[0]),
                    "the address of Graph",
                )
            },
            |endpoint| Base::new(endpoint, "sources.entra.endpoint"),
        );
        let own: Vec<String> = cloud.graph.iter().map(|g| (*g).to_owned()).collect();
        let bound = self.bind(Audience::Graph, &base, &own)?;
        let host = match bound.named_by {
            None => bound.origin.authority().to_owned(),
            Some(_) => cloud.graph[0].to_owned(),
        };
        Ok((bound, format!("https://{host}")))
    }

    /// Where the REST interface of GitHub is.
    pub(super) fn github_place(&self) -> Result<Bound, CallError> {
        let own = match self.var("GH_HOST") {
            Some(host) => super::github::base_of(&exact("GH_HOST", host)?),
            None => super::github::API.to_owned(),
        };
        let given = match (self.endpoint("github"), self.var("GITHUB_BASE_URL")) {
            (Some(endpoint), _) => Some(Base::new(endpoint, "sources.github.endpoint")),
            (None, Some(base)) => Some(Base::new(base, "GITHUB_BASE_URL")),
            (None, None) => None,
        };
        let base = given.map_or_else(
            || Base::new(&*own, "the address of GitHub"),
            |base| Base::new(super::github::interface(&base.text), base.set_by),
        );
        let host = own.strip_prefix("https://").unwrap_or(&own);
        let host = host.split('/').next().unwrap_or(host).to_owned();
        let bound = self.bind(Audience::GitHub, &base, std::slice::from_ref(&host))?;
        let elsewhere = !super::github::is_github(&host);
        Ok(Bound {
            named_by: bound.named_by.or(elsewhere.then_some("GH_HOST")),
            ..bound
        })
    }

    /// Where the tenant of Auth0 is.
    pub(super) fn auth0_place(&self) -> Result<Bound, CallError> {
        let domain = self
            .var("AUTH0_DOMAIN")
            .map(|d| exact("AUTH0_DOMAIN", d))
            .transpose()?;
        let base = match (self.endpoint("auth0"), &domain) {
            (Some(endpoint), _) => {
                Base::new(endpoint.trim_end_matches('/'), "sources.auth0.endpoint")
            }
            (None, Some(domain)) => Base::new(format!("https://{domain}"), "AUTH0_DOMAIN"),
            (None, None) => return Err(without("Auth0", "set AUTH0_DOMAIN")),
        };
        if domain.is_none() && self.named(Audience::Auth0)?.is_none() {
            return Err(CallError::misdirected(
                "sources.auth0.endpoint names a host, and the environment does not; set AUTH0_DOMAIN to the tenant that the credentials of Auth0 are for",
            ));
        }
        self.bind(Audience::Auth0, &base, domain.as_slice())
    }

    /// Hosts in place of AWS that AWS's own variables name, each with its variable.
    pub(super) fn aws_hosts(&self) -> Result<Vec<(String, String)>, CallError> {
        let prefix = Audience::Aws.variable();
        let mut hosts = Vec::new();
        let named = self.env.iter().filter(|(n, v)| {
            (*n == prefix || n.starts_with(&format!("{prefix}_"))) && !v.is_empty()
        });
        for (name, value) in named {
            let origin = Origin::parse(value)
                .map_err(|e| CallError::misdirected(format!("{name} cannot be used: {e}")))?;
            hosts.push((origin.authority().to_owned(), name.clone()));
        }
        Ok(hosts)
    }

    /// Refuses an address of AWS that its own variables do not name.
    fn aws_place(&self, source: Source) -> Result<(), CallError> {
        let name = source.name();
        let given = match (self.aws, self.endpoint(name)) {
            (_, Some(endpoint)) => Base::new(endpoint, format!("sources.{name}.endpoint")),
            (Some(place), None) => Base::new(&*place.endpoint, "the address of the simulation"),
            (None, None) => return Ok(()),
        };
        let origin = Origin::parse(&given.text)
            .map_err(|e| CallError::misdirected(format!("{} cannot be used: {e}", given.set_by)))?;
        let known = self.aws_hosts()?;
        if known.iter().any(|(host, _)| host == origin.authority()) {
            return Ok(());
        }
        Err(CallError::misdirected(format!(
            "{} leads to {}, and no variable of AWS names that host; take it away, or, if the environment's credentials are meant for that host, set AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_<SERVICE> to the address",
            given.set_by,
            shown(origin.authority())
        )))
    }

    /// Looks at where every wanted source would send its credentials. Gives the
    /// hosts that are none of the public ones, each with what is sent there and
    /// the variable that names it.
    ///
    /// # Errors
    /// When one would go to a host that it is not for.
    pub(crate) fn bound(&self, wanted: &[Source]) -> Result<Vec<String>, CallError> {
        let mut told = Vec::new();
        let mut tell = |audience: Audience, bound: &Bound| {
            if let Some(variable) = bound.named_by {
                told.push(format!(
                    "{} to {} ({variable})",
                    audience.credentials(),
                    shown(bound.origin.authority())
                ));
            }
        };
        for source in wanted {
            match source {
                Source::Entra => {
                    tell(Audience::Login, &self.login()?);
                    tell(Audience::Graph, &self.graph()?.0);
                }
                Source::GitHub => tell(Audience::GitHub, &self.github_place()?),
                Source::Auth0 => match self.auth0_place() {
                    Err(error) if error.kind == Kind::Missing => {}
                    place => tell(Audience::Auth0, &place?),
                },
                _ => self.aws_place(*source)?,
            }
        }
        let of_aws = |s: &Source| !matches!(s, Source::Entra | Source::GitHub | Source::Auth0);
        if wanted.iter().any(of_aws) {
            for (host, variable) in self.aws_hosts()? {
                told.push(format!(
                    "{} to {} ({variable})",
                    Audience::Aws.credentials(),
                    shown(&host)
                ));
            }
        }
        Ok(told)
    }

    /// Where a source was asked, for the manifest.
    pub(crate) fn place_of(&self, source: Source) -> Option<String> {
        let text = |bound: Result<Bound, CallError>| bound.ok().map(|b| b.origin.to_string());
        match source {
            Source::Entra => text(self.graph().map(|(bound, _)| bound)),
            Source::GitHub => text(self.github_place()),
            Source::Auth0 => text(self.auth0_place()),
            _ => self.endpoint(source.name()).map(str::to_owned).or_else(|| {
                let hosts = self.aws_hosts().ok()?;
                let hosts: Vec<String> = hosts.into_iter().map(|(host, _)| host).collect();
                (!hosts.is_empty()).then(|| hosts.join(", "))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn a_variable_names_a_host_exactly() {
        for good in [
            "graph.example.org",
            "graph.example.org:8443",
            "127.0.0.1:4010",
            "[::1]:4010",
            "localhost:9",
            "xn--graph-7xa.example",
        ] {
            assert!(exact("X", good).is_ok_and(|h| h == good), "{good}");
        }
        for bad in [
            "*",
            "*.example.org",
            "https://graph.example.org",
            "graph.example.org/",
            "graph.example.org/v1.0",
            "user@graph.example.org",
            "GRAPH.example.org",
            "graph.example.org.",
            "graph.example.org:443",
            "graph.example.org:",
            "a.example,b.example",
            "203.0.113.7",
            "127.1",
            "gr\u{430}ph.example",
            " graph.example.org",
            "graph.example.org?x",
            "graph.example.org#x",
            "",
        ] {
            assert!(exact("X", bad).is_err(), "{bad}");
        }
    }
}
