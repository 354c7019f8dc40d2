//! Which host each credential may be sent to. The way to every service, its
//! documentation, and the variables that name another host are read off here.
//!
//! A configuration file may be written by somebody who cannot read secrets, so
//! no key of it decides where a secret goes: only the environment does, which
//! holds the secret itself.

use std::fmt::Write as _;

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// What is exchanged for a Graph token.
    Login,
    /// Tokens of Microsoft Graph.
    Graph,
    /// Credentials of GitHub.
    GitHub,
    /// Credentials of Auth0.
    Auth0,
    /// Signatures of AWS.
    Aws,
}

impl Audience {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Login,
        Self::Graph,
        Self::GitHub,
        Self::Auth0,
        Self::Aws,
    ];

    /// The variable that names another host, exactly: `host` or `host:port`.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Login => "COUNTERSIGN_ENTRA_LOGIN_HOST",
            Self::Graph => "COUNTERSIGN_ENTRA_HOST",
            Self::GitHub => "COUNTERSIGN_GITHUB_HOST",
            Self::Auth0 => "COUNTERSIGN_AUTH0_HOST",
            Self::Aws => "AWS_ENDPOINT_URL",
        }
    }

    /// What is sent, for messages.
    #[must_use]
    pub const fn credentials(self) -> &'static str {
        match self {
            Self::Login => "the secret of the Entra application",
            Self::Graph => "the token of Microsoft Graph",
            Self::GitHub => "the credentials of GitHub",
            Self::Auth0 => "the credentials of Auth0",
            Self::Aws => "requests signed for AWS",
        }
    }

    /// Which credentials these are, by the variables and programs that give them.
    const fn kinds(self) -> &'static str {
        match self {
            Self::Login => {
                "`AZURE_CLIENT_SECRET`, the token of `AZURE_FEDERATED_TOKEN_FILE`, statements signed with the key of `AZURE_CLIENT_CERTIFICATE_PATH`"
            }
            Self::Graph => {
                "tokens of Microsoft Graph: by secret, federated token, certificate, managed identity or `az`"
            }
            Self::GitHub => {
                "statements and tokens of a GitHub App, `GH_TOKEN`, `GITHUB_TOKEN`, `GH_ENTERPRISE_TOKEN`, `GITHUB_ENTERPRISE_TOKEN`, the token of `gh`"
            }
            Self::Auth0 => {
                "`AUTH0_CLIENT_SECRET`, statements signed with `AUTH0_CLIENT_ASSERTION_PRIVATE_KEY`, `AUTH0_API_TOKEN`"
            }
            Self::Aws => "signatures; a secret key is never sent",
        }
    }

    /// Where these go without any further variable.
    const fn goes(self) -> &'static str {
        match self {
            Self::Login => {
                "the login host of a built-in cloud; `AZURE_AUTHORITY_HOST` chooses the cloud"
            }
            Self::Graph => "the Graph host of the same cloud",
            Self::GitHub => {
                "`api.github.com`; with `GH_HOST`, the interface of that host alone. `GH_TOKEN` and `GITHUB_TOKEN` are for github.com and ghe.com, the enterprise tokens for any other server, either for this machine"
            }
            Self::Auth0 => "the host that `AUTH0_DOMAIN` names",
            Self::Aws => "the services of AWS, below its own domains",
        }
    }
}

/// A cloud of Microsoft: where tokens are asked for, and where they are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// What it is called.
    pub name: &'static str,
    /// Host that gives tokens.
    pub login: &'static str,
    /// Hosts of Graph, the usual one first.
    pub graph: &'static [&'static str],
}

/// The built-in clouds, the public one first.
pub const CLOUDS: [Cloud; 4] = [
    Cloud {
        name: "public",
        login: "login.microsoftonline.com",
        graph: &["graph.microsoft.com"],
    },
    Cloud {
        name: "US Government",
        login: "login.microsoftonline.us",
        graph: &["graph.microsoft.us", "dod-graph.microsoft.us"],
    },
    Cloud {
        name: "China",
        login: "login.chinacloudapi.cn",
        graph: &["microsoftgraph.chinacloudapi.cn"],
    },
    Cloud {
        name: "China",
        login: "login.partner.microsoftonline.cn",
        graph: &["microsoftgraph.chinacloudapi.cn"],
    },
];

/// Domains that the services of AWS are below.
pub const AWS_DOMAINS: [&str; 9] = [
    "amazonaws.com",
    "api.aws",
    "amazonaws.com.cn",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "csp.hci.ic.gov",
    "cloud.adc-e.uk",
];

/// The part of docs/config.md about hosts.
pub(super) fn markdown() -> String {
    let mut text = "\n## Where credentials go\n\nA credential is sent to the host that it is for and to no other. No key of the file and no variable `COUNTERSIGN_SOURCES_…` can change that: an `endpoint` on another host is refused with exit code 64, before anything is sent. Another host must be named by the variable of the last column, exactly (`host` or `host:port`, as the address spells it); it is then the only one, it is printed, and the manifest keeps it beside the source. Answers that redirect or link to another host are not followed. `COUNTERSIGN_PROXY` sees names of hosts and encrypted bytes only.\n\n| credentials | go to | another host is named by |\n|---|---|---|\n".to_owned();
    for audience in Audience::ALL {
        let variable = match audience {
            Audience::Aws => {
                "`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`: AWS's own variables, which hold a whole address; also for `endpoint_url` of a profile"
                    .to_owned()
            }
            other => format!("`{}`", other.variable()),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {variable} |",
            audience.kinds(),
            audience.goes()
        );
    }
    text.push_str("| `IDENTITY_HEADER` of a managed identity | the host of `IDENTITY_ENDPOINT`, on this machine or beside it (169.254.0.0/16) only | nothing |\n");
    text.push_str("\n| cloud | `AZURE_AUTHORITY_HOST` | Graph |\n|---|---|---|\n");
    for cloud in CLOUDS {
        let _ = writeln!(
            text,
            "| {} | `{}` | `{}` |",
            cloud.name,
            cloud.login,
            cloud.graph.join("`, `")
        );
    }
    text
}

/// Whether a host is AWS's own.
#[must_use]
pub fn of_aws(host: &str) -> bool {
    AWS_DOMAINS
        .iter()
        .any(|d| host.strip_suffix(d).is_some_and(|h| h.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::of_aws;

    #[test]
    fn domains_of_aws_end_where_their_names_end() {
        for own in [
            "sso.eu-west-2.amazonaws.com",
            "iam.amazonaws.com",
            "sts.cn-north-1.amazonaws.com.cn",
            "secretsmanager.eu-west-2.api.aws",
        ] {
            assert!(of_aws(own), "{own}");
        }
        for other in [
            "amazonaws.com.evil.example",
            "notamazonaws.com",
            "iam.amazonaws.com.",
            "127.0.0.1",
            "",
        ] {
            assert!(!of_aws(other), "{other}");
        }
    }
}
