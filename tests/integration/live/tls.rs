//! Certificates that must not be trusted end the connection: no token is sent.
//! The same with a trusted one gets through, so that the refusals mean something.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Issuer,
    Host,
    Expired,
}

/// Takes connections and counts the requests that come through.
fn serve(wrong: Wrong) -> (u16, String, Arc<AtomicUsize>, tokio::runtime::Runtime) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
            .expect("an authority")
    };
    let (trusted, other) = (authority("trusted"), authority("other"));
    let host = if wrong == Wrong::Host {
        "elsewhere.example"
    } else {
        "localhost"
    };
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("parameters");
    if wrong == Wrong::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    let issuer = if wrong == Wrong::Issuer {
        &other
    } else {
        &trusted
    };
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate.der().to_vec())],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, counted) = (acceptor.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut request = vec![0; 4096];
                if stream.read(&mut request).await.unwrap_or(0) > 0 {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                let answer = b"HTTP/1.1 403 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, trusted.pem(), asked, runtime)
}

#[test]
fn certificates_are_checked_before_anything_is_sent() {
    for wrong in [Wrong::Nothing, Wrong::Issuer, Wrong::Host, Wrong::Expired] {
        let (port, trusted, asked, _runtime) = serve(wrong);
        let dir = tempfile::tempdir().expect("a folder");
        let bundle = dir.path().join("trusted.pem");
        let mut file = std::fs::File::create(&bundle).expect("a file");
        file.write_all(trusted.as_bytes()).expect("written");
        let config = dir.path().join("countersign.toml");
        let text = format!(
            "[github]\norganisation = \"example-org\"\n[sources.github]\nendpoint = \"https://localhost:{port}\"\n"
        );
        std::fs::write(&config, text).expect("written");
        let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .env_clear()
            .env("SSL_CERT_FILE", &bundle)
            .env("GH_TOKEN", "canary-of-tls")
            .env("COUNTERSIGN_GITHUB_HOST", format!("localhost:{port}"))
            .args([
                "preflight",
                "--source",
                "github",
                "--format",
                "json",
                "--config",
            ])
            .arg(&config)
            .output()
            .expect("the program runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {text}");
        assert!(!text.contains("canary"), "{text}");
        if wrong == Wrong::Nothing {
            assert!(text.contains("denied"), "{text}");
            assert!(asked.load(Ordering::Relaxed) > 0);
        } else {
            assert!(text.contains("is not trusted"), "{wrong:?}: {text}");
            assert_eq!(
                asked.load(Ordering::Relaxed),
                0,
                "{wrong:?}: something was sent"
            );
        }
    }
}

/// A server that knows no version of today: it refuses whatever is offered.
#[test]
fn an_old_version_is_not_spoken() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            // The alert of TLS 1.0 that means: protocol version.
            let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
        }
    });
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("countersign.toml");
    let text = format!(
        "[github]\norganisation = \"example-org\"\n[sources.github]\nendpoint = \"https://localhost:{port}\"\n"
    );
    std::fs::write(&config, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .env("GH_TOKEN", "canary-of-tls")
        .env("COUNTERSIGN_GITHUB_HOST", format!("localhost:{port}"))
        .args(["preflight", "--source", "github", "--format", "json"])
        .arg("--config")
        .arg(&config)
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("failed"), "{text}");
    assert!(text.contains("refused the handshake of TLS"), "{text}");
}
