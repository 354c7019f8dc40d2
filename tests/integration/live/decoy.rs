//! A listener that tells what it hears, and everybody that a caller can be.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const SECRET: &str = "canary-7d1f-credential";
/// Variables by name.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// Takes connections, keeps what it hears and says always the same.
pub(crate) struct Decoy {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Decoy {
    pub(crate) fn new(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = first.local_addr().expect("an address").port();
        // The same port of the other family, where there is one.
        let second = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).ok();
        let answer = Arc::new(answer);
        for listener in std::iter::once(first).chain(second) {
            let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let Ok(mut stream) = stream else { return };
                    let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
                    let mut text = String::new();
                    let mut bytes = vec![0; 16 * 1024];
                    // The head, and the body that it announces.
                    while let Ok(read) = stream.read(&mut bytes) {
                        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
                        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                            let length = head.lines().find_map(|l| {
                                let (name, value) = l.split_once(':')?;
                                let named = name.eq_ignore_ascii_case("content-length");
                                named.then(|| value.trim().parse::<usize>().ok())?
                            });
                            body.len() >= length.unwrap_or(0)
                        });
                        if read == 0 || whole {
                            break;
                        }
                    }
                    let reply = answer(&text);
                    heard.lock().expect("kept").push(text);
                    let _ = stream.write_all(reply.as_bytes());
                }
            });
        }
        Self { port, heard }
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("kept").clone()
    }
}

pub(crate) fn reply(status: &str, head: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// What a service that knows nobody would say, with tokens for whoever asks.
pub(crate) fn denies(request: &str) -> String {
    if request.starts_with("POST ") && request.contains("token") {
        let body = format!(
            "{{\"access_token\":\"{SECRET}\",\"token\":\"{SECRET}\",\"expires_in\":3600,\"scope\":\"read:clients\"}}"
        );
        reply("200 OK", "", &body)
    } else if request.starts_with("GET /app/installations") {
        let body = "{\"permissions\":{\"members\":\"read\"}}";
        reply("200 OK", "", body)
    } else {
        reply("403 No", "", "{}")
    }
}

/// A way to be somebody at a source.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) env: Variables,
}

pub(crate) fn kinds(dir: &Path) -> Vec<Kind> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let pem = key.serialize_pem();
    let certificate = rcgen::CertificateParams::new(vec!["client".to_owned()])
        .and_then(|p| p.self_signed(&key))
        .expect("a certificate");
    let bundle = dir.join("client.pem");
    std::fs::write(&bundle, format!("{}{pem}", certificate.pem())).expect("written");
    let federated = dir.join("federated");
    std::fs::write(&federated, SECRET).expect("written");
    let bin = dir.join("bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    for (program, text) in [
        ("az", format!("{{\"accessToken\":\"{SECRET}\"}}")),
        ("gh", SECRET.to_owned()),
    ] {
        let path = bin.join(program);
        std::fs::write(&path, format!("#!/bin/sh\necho '{text}'\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("may run");
    }
    let path = bin.display().to_string();
    let client = |name: &'static str, value: String| -> Variables {
        vec![
            ("AZURE_TENANT_ID", "tenant".to_owned()),
            ("AZURE_CLIENT_ID", "client".to_owned()),
            (name, value),
        ]
    };
    let tenant = |more: Variables| -> Variables {
        let domain = vec![("AUTH0_DOMAIN", "tenant.eu.auth0.com".to_owned())];
        domain.into_iter().chain(more).collect()
    };
    let secret = || SECRET.to_owned();
    let entra = [
        ("secret", client("AZURE_CLIENT_SECRET", secret())),
        (
            "federated",
            client(
                "AZURE_FEDERATED_TOKEN_FILE",
                federated.display().to_string(),
            ),
        ),
        (
            "certificate",
            client(
                "AZURE_CLIENT_CERTIFICATE_PATH",
                bundle.display().to_string(),
            ),
        ),
        (
            "managed identity",
            vec![("AZURE_USE_MANAGED_IDENTITY", "1".to_owned())],
        ),
        ("az", vec![("PATH", path.clone())]),
    ];
    let github = [
        ("GH_TOKEN", vec![("GH_TOKEN", secret())]),
        ("GITHUB_TOKEN", vec![("GITHUB_TOKEN", secret())]),
        (
            "GH_ENTERPRISE_TOKEN",
            vec![("GH_ENTERPRISE_TOKEN", secret())],
        ),
        (
            "app",
            vec![
                ("GITHUB_APP_ID", "1".to_owned()),
                ("GITHUB_APP_INSTALLATION_ID", "2".to_owned()),
                ("GITHUB_APP_PRIVATE_KEY", pem.clone()),
            ],
        ),
        ("gh", vec![("PATH", path)]),
    ];
    let auth0 = [
        (
            "auth0 secret",
            tenant(vec![
                ("AUTH0_CLIENT_ID", "client".to_owned()),
                ("AUTH0_CLIENT_SECRET", secret()),
            ]),
        ),
        (
            "auth0 key",
            tenant(vec![
                ("AUTH0_CLIENT_ID", "client".to_owned()),
                ("AUTH0_CLIENT_ASSERTION_PRIVATE_KEY", pem),
            ]),
        ),
        ("auth0 token", tenant(vec![("AUTH0_API_TOKEN", scoped())])),
        (
            "auth0 token without a domain",
            vec![("AUTH0_API_TOKEN", scoped())],
        ),
    ];
    let aws = || -> Variables {
        vec![
            ("AWS_REGION", "eu-west-2".to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIACANARY0000000001".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret()),
            ("AWS_CONFIG_FILE", "/nowhere".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere".to_owned()),
        ]
    };
    let aws = [
        ("aws", "identity_center"),
        ("aws secrets", "secrets_manager"),
    ]
    .map(|(name, source)| (name, source, aws()));
    let of = |source: &'static str| move |(name, env)| Kind { name, source, env };
    entra
        .map(of("entra"))
        .into_iter()
        .chain(github.map(of("github")))
        .chain(auth0.map(of("auth0")))
        .chain(aws.map(|(name, source, env)| Kind { name, source, env }))
        .collect()
}

/// A token that names its scope, as those of Auth0 do.
fn scoped() -> String {
    // {"scope":"read:clients"}
    format!("e30.eyJzY29wZSI6InJlYWQ6Y2xpZW50cyJ9.{SECRET}")
}
