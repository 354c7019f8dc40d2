//! A credential reaches the host that it is for and no other: a decoy listens
//! on this machine, whatever address leads to it, and hears nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::live::decoy::{Decoy, Kind, SECRET, denies, kinds, reply};

/// Addresses that lead to the decoy, at PORT, or pretend to lead to the service.
fn addresses() -> Vec<&'static str> {
    vec![
        "http://127.0.0.1:PORT",
        "http://127.0.0.1:PORT/v1.0",
        "http://localhost:PORT",
        "http://[::1]:PORT",
        "http://127.1:PORT",
        "http://0x7f000001:PORT",
        "HTTP://LOCALHOST:PORT",
        "http://localhost.:PORT",
        "https://127.0.0.1:PORT",
        "http://graph.microsoft.com@127.0.0.1:PORT/",
        "http://127.0.0.1:PORT/?https://graph.microsoft.com",
        "http://127.0.0.1:PORT#@graph.microsoft.com",
        "http://127.0.0.1:PORT\\@graph.microsoft.com/",
        "https://evil.example",
        "https://graph.microsoft.com.evil.example/v1.0",
        "https://graph.microsoft.com:8443/v1.0",
        "https://graph.microsoft.com./v1.0",
        "https://GRAPH.MICROSOFT.COM/v1.0",
        "https://user@graph.microsoft.com/v1.0",
        "https://gr\u{430}ph.microsoft.com/v1.0",
        "https://xn--grph-43d.microsoft.com/v1.0",
        "https://graph-microsoft.com/v1.0",
        "https://microsoft.com/v1.0",
        "https://graph.microsoft.us/v1.0",
        "https://[2001:db8::1]/v1.0",
        "https://api.github.com.evil.example",
        "https://API.github.com",
        "https://api.github.com:8443",
        "https://evil.ghe.com",
        "https://github.evil.example/api/v3",
        "https://tenant.eu.auth0.com.evil.example",
        "https://other.eu.auth0.com",
        "https://tenant.eu.auth0.com:8443",
        "https://secretsmanager.eu-west-2.amazonaws.com.evil.example",
    ]
}

struct Try<'t> {
    dir: &'t Path,
    decoy: &'t Decoy,
    kind: &'t Kind,
}

impl Try<'_> {
    /// `preflight`, with a proxy that would show any call that leaves the machine.
    fn run(&self, file: Option<&str>, env: &[(&str, &str)]) -> Output {
        let mut command = self.command("preflight", file, env);
        command.output().expect("the program runs")
    }

    fn command(&self, what: &str, file: Option<&str>, env: &[(&str, &str)]) -> Command {
        let port = self.decoy.port.to_string();
        let filled = |text: &str| text.replace("PORT", &port);
        let endpoint = file.map_or_else(String::new, |e| {
            let quoted = serde_json::Value::from(filled(e)).to_string();
            format!("endpoint = {quoted}\n")
        });
        let source = self.kind.source;
        let text = format!(
            "[github]\norganisation = \"example-org\"\n[sources.{source}]\nenabled = true\n{endpoint}"
        );
        let config = self.dir.join("countersign.toml");
        std::fs::write(&config, text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .env_clear()
            .env("COUNTERSIGN_PROXY", format!("http://127.0.0.1:{port}"))
            // Two snapshots of one second have one id.
            .env(
                "COUNTERSIGN_DATA",
                self.dir.join(fastrand::u64(..).to_string()),
            );
        let own = self.kind.env.iter().map(|(n, v)| (*n, v.clone()));
        let env = env.iter().map(|(n, v)| (*n, filled(v)));
        for (name, value) in own.chain(env) {
            command.env(name, value);
        }
        command
            .args([what, "--source", source, "--config"])
            .arg(&config);
        command
    }

    /// Nothing was sent anywhere, and the reason is told without what it protects.
    fn refused(&self, file: Option<&str>, env: &[(&str, &str)]) {
        let output = self.run(file, env);
        let told = format!(
            "{} {file:?} {env:?}: {}{}",
            self.kind.name,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(64), "{told}");
        assert!(!told.contains(SECRET), "{told}");
        assert!(output.stdout.is_empty(), "{told}");
        assert_eq!(self.decoy.heard(), Vec::<String>::new(), "{told}");
    }
}

#[test]
fn a_decoy_hears_nothing_whatever_names_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let decoy = Decoy::new(denies);
    let variables = BTreeMap::from([
        ("entra", "COUNTERSIGN_SOURCES_ENTRA_ENDPOINT"),
        ("github", "COUNTERSIGN_SOURCES_GITHUB_ENDPOINT"),
        ("auth0", "COUNTERSIGN_SOURCES_AUTH0_ENDPOINT"),
        (
            "identity_center",
            "COUNTERSIGN_SOURCES_IDENTITY_CENTER_ENDPOINT",
        ),
        (
            "secrets_manager",
            "COUNTERSIGN_SOURCES_SECRETS_MANAGER_ENDPOINT",
        ),
    ]);
    let mut tried = 0;
    for kind in &kinds(dir.path()) {
        let at = Try {
            dir: dir.path(),
            decoy: &decoy,
            kind,
        };
        for address in addresses() {
            at.refused(Some(address), &[]);
            at.refused(None, &[(variables[kind.source], address)]);
            tried += 2;
        }
        // A variable that is made for something else, or names another port or host.
        let decoy = "http://127.0.0.1:PORT";
        for near in [
            ("COUNTERSIGN_ENTRA_HOST", "127.0.0.1"),
            ("COUNTERSIGN_GITHUB_HOST", "127.0.0.1"),
            ("COUNTERSIGN_AUTH0_HOST", "127.0.0.1"),
            ("COUNTERSIGN_ENTRA_HOST", "localhost:PORT"),
            ("COUNTERSIGN_GITHUB_HOST", "localhost:PORT"),
            ("COUNTERSIGN_AUTH0_HOST", "localhost:PORT"),
            ("COUNTERSIGN_ENTRA_LOGIN_HOST", "127.0.0.1:PORT"),
            ("COUNTERSIGN_ENTRA_HOST", "*"),
            ("COUNTERSIGN_GITHUB_HOST", "http://127.0.0.1:PORT"),
            ("COUNTERSIGN_AUTH0_HOST", "http://127.0.0.1:PORT"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ] {
            at.refused(Some(decoy), &[near]);
            tried += 1;
        }
        let of_other = match kind.source {
            "entra" => "COUNTERSIGN_GITHUB_HOST",
            _ => "COUNTERSIGN_ENTRA_HOST",
        };
        at.refused(Some(decoy), &[(of_other, "127.0.0.1:PORT")]);
        // Addresses that other variables give.
        let more: &[(&str, &str)] = match kind.source {
            "entra" => &[("AZURE_AUTHORITY_HOST", decoy)],
            "github" => &[("GITHUB_BASE_URL", decoy)],
            _ => &[],
        };
        for variable in more {
            at.refused(None, &[*variable]);
        }
    }
    assert!(tried > 1_000, "{tried}");
}

/// The combinations that docs/config.md lists, each heard where it belongs.
#[test]
fn what_the_environment_names_exactly_is_reached_and_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let here = "http://127.0.0.1:PORT";
    for kind in kinds(dir.path()) {
        if kind.name == "managed identity" {
            // Its own service is beside a machine of Azure, which this one is not.
            continue;
        }
        let decoy = Decoy::new(denies);
        let at = Try {
            dir: dir.path(),
            decoy: &decoy,
            kind: &kind,
        };
        let host = "127.0.0.1:PORT";
        let env: &[(&str, &str)] = match kind.source {
            "entra" => &[
                ("COUNTERSIGN_ENTRA_HOST", host),
                ("COUNTERSIGN_ENTRA_LOGIN_HOST", host),
                ("AZURE_AUTHORITY_HOST", here),
            ],
            "github" => &[("COUNTERSIGN_GITHUB_HOST", host)],
            "auth0" => &[("COUNTERSIGN_AUTH0_HOST", host)],
            _ => &[("AWS_ENDPOINT_URL", here)],
        };
        let output = at.run(Some(here), env);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let named = format!("127.0.0.1:{}", decoy.port);
        assert!(err.contains(&named), "{}: {err}", kind.name);
        assert!(!err.contains(SECRET), "{}: {err}", kind.name);
        let heard = decoy.heard().join("\n");
        match kind.name {
            // The programs' tokens of other hosts are not asked for this machine.
            "gh" => assert_eq!(heard, "", "{}", kind.name),
            "aws" | "aws secrets" => {
                assert!(heard.contains("AKIACANARY0000000001"), "{}", kind.name);
                assert!(
                    !heard.contains(SECRET),
                    "{}: a secret key was sent",
                    kind.name
                );
            }
            _ => assert!(heard.contains(SECRET), "{}: {heard}", kind.name),
        }
    }
}

/// Without any address the public hosts are asked, over the proxy, which learns
/// their names alone.
#[test]
fn the_public_hosts_are_those_of_the_chosen_cloud() {
    let dir = tempfile::tempdir().expect("a folder");
    let expected = |kind: &Kind, authority: Option<&str>| match (kind.name, authority) {
        ("az", Some(_)) => "graph.microsoft.us",
        ("az", None) => "graph.microsoft.com",
        (_, Some(login)) => match login {
            "https://login.microsoftonline.us/" => "login.microsoftonline.us",
            _ => "login.chinacloudapi.cn",
        },
        (_, None) => match kind.source {
            "entra" => "login.microsoftonline.com",
            "github" => "api.github.com",
            _ => "tenant.eu.auth0.com",
        },
    };
    for kind in kinds(dir.path()) {
        // An enterprise token is for no public host, and AWS has a way of its own.
        let unused = [
            "managed identity",
            "GH_ENTERPRISE_TOKEN",
            "auth0 token without a domain",
        ];
        if unused.contains(&kind.name) || kind.name.starts_with("aws") {
            continue;
        }
        let clouds: &[Option<&str>] = match kind.name {
            "az" => &[None, Some("https://login.microsoftonline.us/")],
            "secret" | "certificate" => &[
                None,
                Some("https://login.microsoftonline.us/"),
                Some("login.chinacloudapi.cn"),
            ],
            _ => &[None],
        };
        for cloud in clouds {
            let decoy = Decoy::new(|_| reply("502 No", "", ""));
            let at = Try {
                dir: dir.path(),
                decoy: &decoy,
                kind: &kind,
            };
            let env: Vec<(&str, &str)> =
                cloud.iter().map(|c| ("AZURE_AUTHORITY_HOST", *c)).collect();
            let mut running = at
                .command("preflight", None, &env)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program runs");
            // The first call is enough: it is made again and again.
            for _ in 0..500 {
                if !decoy.heard().is_empty() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = running.kill();
            let _ = running.wait();
            let heard = decoy.heard();
            let host = expected(&kind, *cloud);
            assert!(!heard.is_empty(), "{} {cloud:?}", kind.name);
            for request in heard {
                let asked = request.starts_with(&format!("CONNECT {host}:443 "));
                assert!(asked, "{} {cloud:?}: {request}", kind.name);
                assert!(!request.contains(SECRET), "{}: {request}", kind.name);
            }
        }
    }
}

/// A service that is named sends its callers on to the decoy.
#[test]
fn redirects_and_further_pages_lead_no_credential_away() {
    let dir = tempfile::tempdir().expect("a folder");
    for status in [
        "301 Moved",
        "302 Found",
        "303 Other",
        "307 Again",
        "308 Moved",
        "200 OK",
    ] {
        let decoy = Decoy::new(denies);
        let away = format!("http://127.0.0.1:{}", decoy.port);
        let named = Decoy::new(move |request| {
            let token = request.starts_with("POST ") && request.contains("token");
            if token || request.starts_with("GET /app/installations") {
                return denies(request);
            }
            let head =
                format!("location: {away}/users\r\nlink: <{away}/users?page=2>; rel=\"next\"\r\n");
            let body = format!("{{\"value\":[],\"@odata.nextLink\":\"{away}/users?page=2\"}}");
            reply(status, &head, &body)
        });
        for kind in kinds(dir.path()) {
            if !["secret", "GH_TOKEN", "auth0 secret", "aws"].contains(&kind.name) {
                continue;
            }
            let before = named.heard().len();
            let at = Try {
                dir: dir.path(),
                decoy: &named,
                kind: &kind,
            };
            let (here, host) = ("http://127.0.0.1:PORT", "127.0.0.1:PORT");
            let mut command = at.command(
                "snapshot",
                Some(here),
                &[
                    ("COUNTERSIGN_ENTRA_HOST", host),
                    ("COUNTERSIGN_ENTRA_LOGIN_HOST", host),
                    ("AZURE_AUTHORITY_HOST", here),
                    ("COUNTERSIGN_GITHUB_HOST", host),
                    ("COUNTERSIGN_AUTH0_HOST", host),
                    ("AWS_ENDPOINT_URL", here),
                ],
            );
            command.output().expect("the program runs");
            assert!(named.heard().len() > before, "{}: nobody asked", kind.name);
            assert_eq!(
                decoy.heard(),
                Vec::<String>::new(),
                "{} {status}",
                kind.name
            );
        }
    }
}
