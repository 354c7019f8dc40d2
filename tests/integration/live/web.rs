//! GitHub and Auth0 as they really answer: what a caller sees who may not see it
//! all, lists that look finished and are not, credentials that must not be used,
//! and proxies that nobody configured.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::collect::Sealed;
use countersign::dataset::coverage::State;
use countersign::estate::serve::{Fault, Kind};

use crate::live::place::{CANARIES, Place, fault, holds, table};

fn count(place: &Place, operation: &str) -> usize {
    let seen = place.seen();
    seen.iter().filter(|s| s.operation == operation).count()
}

fn says(sealed: &Sealed, name: &str, state: State, part: &str) {
    let entry = table(sealed, name);
    assert_eq!(entry.state, state, "{name}: {:?}", entry.reasons);
    let reasons = entry.reasons.join(" ");
    assert!(reasons.contains(part), "{name}: {reasons}");
}

#[test]
fn the_log_is_read_beyond_what_a_search_gives() {
    let place = Place::with(Vec::new());
    let sealed = place.collect();
    let entry = table(&sealed, "auth0_log_event");
    assert_eq!((entry.state, entry.rows), (State::Complete, 1_200));
    // Twelve pages, and the empty one that says so.
    assert_eq!(count(&place, "GET /logs"), 13);
    // A part is no log: what breaks in the middle shows.
    let broken = Kind::Status(400, "{}".to_owned());
    let place = Place::with(vec![fault("GET /logs", 12, usize::MAX, broken)]);
    let sealed = place.collect();
    says(&sealed, "auth0_log_event", State::Partial, "GET /logs");
    assert_eq!(table(&sealed, "auth0_log_event").rows, 1_200);
}

/// Answers to somebody who is no owner.
fn seen_by(member: bool) -> Vec<Fault> {
    let from = "\"viewerCanAdminister\":true,\"viewerIsAMember\":true";
    let to = format!("\"viewerCanAdminister\":false,\"viewerIsAMember\":{member}");
    ["query Teams", "query Members", "query Identities"]
        .map(|q| {
            let changed = Kind::Replace(from.to_owned(), to.clone());
            fault(q, 0, usize::MAX, changed)
        })
        .into()
}

#[test]
fn who_is_no_owner_sees_a_part_of_the_organisation() {
    let place = Place::with(seen_by(false));
    let sealed = place.collect();
    for name in [
        "github_team",
        "github_team_member",
        "github_team_ancestor",
        "github_member",
    ] {
        says(
            &sealed,
            name,
            State::Partial,
            "organisation owner or a GitHub App",
        );
    }
    let place = Place::with(seen_by(true));
    let sealed = place.collect();
    for name in ["github_team", "github_team_member"] {
        says(&sealed, name, State::Partial, "Secret teams");
    }
    assert_eq!(table(&sealed, "github_member").state, State::Complete);
}

fn without_provider(owner: bool) -> Vec<Fault> {
    let text = format!(
        "{{\"data\":{{\"organization\":{{\"samlIdentityProvider\":null,\"viewerCanAdminister\":{owner},\"viewerIsAMember\":true}}}}}}"
    );
    vec![fault("query Identities", 0, usize::MAX, Kind::Text(text))]
}

#[test]
fn no_identity_provider_is_no_empty_table() {
    let place = Place::with(without_provider(true));
    let sealed = place.collect();
    says(
        &sealed,
        "github_saml_identity",
        State::Skipped,
        "none is configured",
    );
    let place = Place::with(without_provider(false));
    let sealed = place.collect();
    says(
        &sealed,
        "github_saml_identity",
        State::Denied,
        "cannot be told",
    );
    assert!(
        table(&sealed, "github_saml_identity")
            .permission_needed
            .is_some()
    );
}

#[test]
fn a_name_that_is_none_is_missed_in_both_tables() {
    let place = Place::with(Vec::new());
    let mut config = place.config();
    config
        .sources
        .entry("github".to_owned())
        .or_default()
        .repositories = [".github", "..", "example-org/site"]
        .map(str::to_owned)
        .into();
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    for name in ["github_secret", "github_deploy_key"] {
        says(&sealed, name, State::Partial, "no name of a repository");
    }
    assert_eq!(count(&place, "GET /repos/{repo}/keys"), 2);
}

#[test]
fn tables_of_graphql_can_be_left_out() {
    let place = Place::with(Vec::new());
    let mut config = place.config();
    config.sources.entry("github".to_owned()).or_default().skip =
        vec!["github_saml_identity".to_owned()];
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    says(&sealed, "github_saml_identity", State::Skipped, "skip");
    assert_eq!(count(&place, "query Identities"), 0);
}

#[test]
fn a_link_that_cannot_be_read_is_not_the_end() {
    let odd = Kind::Next("https://x/>; rel=\"next".to_owned());
    let place = Place::with(vec![fault("GET /orgs/{org}/audit-log", 0, usize::MAX, odd)]);
    let sealed = place.collect();
    says(&sealed, "github_audit_event", State::Partial, "Link header");
}

#[test]
fn a_query_that_times_out_is_asked_for_in_parts() {
    let slow = Kind::Status(502, "<html>Bad Gateway</html>".to_owned());
    let place = Place::with(vec![fault("query Teams", 0, 2, slow)]);
    let sealed = place.collect();
    assert_eq!(table(&sealed, "github_team").state, State::Complete);
    assert_eq!(count(&place, "query Teams"), 3);
}

#[test]
fn a_token_is_renewed_for_a_refusal_and_not_for_what_follows() {
    let place = Place::with(vec![
        fault("GET /users", 0, 1, Kind::Status(401, "{}".to_owned())),
        fault("GET /users", 1, 3, Kind::Status(500, "{}".to_owned())),
    ]);
    let sealed = place.collect();
    assert_eq!(table(&sealed, "entra_user").state, State::Complete);
    assert_eq!(count(&place, "POST /oauth2/v2.0/token"), 2);
}

#[test]
fn a_client_that_is_not_known_is_refused_and_not_broken() {
    let unknown = Kind::Status(400, "{\"error\":\"unauthorized_client\"}".to_owned());
    let place = Place::with(vec![fault(
        "POST /oauth2/v2.0/token",
        0,
        usize::MAX,
        unknown,
    )]);
    let sealed = place.collect();
    says(&sealed, "entra_user", State::Denied, "not accepted");
    assert_eq!(table(&sealed, "github_team").state, State::Complete);
}

/// A token of Auth0 that says so of itself.
fn signed(claims: &str) -> String {
    format!(
        "e30.{}.management-{}",
        URL_SAFE_NO_PAD.encode(claims),
        CANARIES[3]
    )
}

#[test]
fn a_given_token_that_may_read_secrets_is_not_used() {
    let with = |token: &str| {
        let place = Place::with(Vec::new());
        let mut live = place.live();
        live.env
            .insert("AUTH0_API_TOKEN".to_owned(), token.to_owned());
        let sealed = place.try_collect(&live, &place.config()).expect("sealed");
        (place, sealed)
    };
    let (_place, sealed) = with(&signed(
        "{\"scope\":\"read:clients read:connections read:logs\"}",
    ));
    assert_eq!(table(&sealed, "auth0_client").state, State::Complete);
    let refused = [
        (
            signed("{\"scope\":\"read:clients read:client_keys\"}"),
            "may read secrets",
        ),
        (signed("{\"azp\":\"x\"}"), "cannot be told"),
        (format!("management-{}", CANARIES[3]), "cannot be told"),
    ];
    for (token, part) in refused {
        let (place, sealed) = with(&token);
        for name in ["auth0_client", "auth0_connection", "auth0_log_event"] {
            says(&sealed, name, State::Denied, part);
        }
        assert!(place.seen().iter().all(|s| s.service != "auth0"));
        assert!(!holds(place.dir.path(), CANARIES[3]));
    }
}

/// The same place as a GitHub App reads it.
fn as_app(place: &Place, repositories: &[&str]) -> Sealed {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let mut live = place.live();
    live.env.remove("GH_TOKEN");
    for (name, value) in [
        ("GITHUB_APP_ID", "7".to_owned()),
        ("GITHUB_APP_INSTALLATION_ID", "1".to_owned()),
        ("GITHUB_APP_PRIVATE_KEY", key.serialize_pem()),
    ] {
        live.env.insert(name.to_owned(), value);
    }
    let mut config = place.config();
    config
        .sources
        .entry("github".to_owned())
        .or_default()
        .repositories = repositories.iter().map(|r| (*r).to_owned()).collect();
    place.try_collect(&live, &config).expect("sealed")
}

#[test]
fn an_app_asks_for_what_it_was_granted() {
    let mut faults = seen_by(false);
    faults.truncate(2);
    faults.extend(without_provider(false));
    let place = Place::with(faults);
    let sealed = as_app(&place, &["site"]);
    // An app is nobody in the organisation, and sees it all.
    for name in [
        "github_team",
        "github_team_member",
        "github_member",
        "github_deploy_key",
    ] {
        let entry = table(&sealed, name);
        assert_eq!(entry.state, State::Complete, "{name}: {:?}", entry.reasons);
    }
    says(
        &sealed,
        "github_saml_identity",
        State::Skipped,
        "none is configured",
    );
    assert_eq!(count(&place, "GET /app/installations/{id}"), 1);
    assert_eq!(
        count(&place, "POST /app/installations/{id}/access_tokens"),
        1
    );
    let read = sealed
        .manifest
        .sources
        .iter()
        .find(|s| s.source == "github");
    assert!(read.is_some_and(|s| s.identity.contains("installation 1")));
}

#[test]
fn an_app_without_a_grant_is_told_so() {
    let none = Kind::Text("{\"id\":1,\"permissions\":{\"issues\":\"write\"}}".to_owned());
    let place = Place::with(vec![fault(
        "GET /app/installations/{id} ",
        0,
        usize::MAX,
        none,
    )]);
    let sealed = as_app(&place, &[]);
    says(&sealed, "github_team", State::Denied, "was granted nothing");
}

/// Something that takes connections, counts them, and keeps what came first.
fn listener() -> (u16, Arc<AtomicUsize>, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let taken = Arc::new(AtomicUsize::new(0));
    let (counted, (tell, told)) = (Arc::clone(&taken), std::sync::mpsc::channel());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            counted.fetch_add(1, Ordering::Relaxed);
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).unwrap_or(0);
            let _ = tell.send(String::from_utf8_lossy(&bytes[..read]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (port, taken, told)
}

/// `preflight` of GitHub at an address.
fn preflight(dir: &std::path::Path, endpoint: &str) -> Command {
    let config = dir.join("preflight.toml");
    let text = format!(
        "[github]\norganisation = \"example-org\"\n[sources.github]\nendpoint = \"{endpoint}\"\n"
    );
    std::fs::write(&config, text).expect("written");
    let host = endpoint.split_once("//").expect("an address").1;
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .env_clear()
        .env("GH_TOKEN", CANARIES[1])
        .env("GH_ENTERPRISE_TOKEN", CANARIES[1])
        .env("COUNTERSIGN_GITHUB_HOST", host)
        .args([
            "preflight",
            "--source",
            "github",
            "--format",
            "json",
            "--config",
        ])
        .arg(&config);
    command
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let place = Place::with(Vec::new());
    let (port, taken, _told) = listener();
    let endpoint = place.config().sources["github"]
        .endpoint
        .clone()
        .expect("an endpoint");
    let mut command = preflight(place.dir.path(), &endpoint);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env(name, format!("http://127.0.0.1:{port}"));
    }
    // The one that is configured is not for this machine itself.
    command.env("COUNTERSIGN_PROXY", format!("http://127.0.0.1:{port}"));
    // What is no text is no reason to stop.
    command.env("ODD", std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    let output = command.output().expect("the program runs");
    // The clock of the services stands still, so it is not what they say that counts.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("query Teams"), "{text}");
    assert!(count(&place, "query Teams") > 0);
    assert_eq!(taken.load(Ordering::Relaxed), 0, "the proxy was used");
}

/// The first request that a proxy gets of a call to a host beyond this machine.
fn first_of(variable: &str) -> Option<String> {
    let dir = tempfile::tempdir().expect("a folder");
    let (port, _taken, told) = listener();
    let mut running = preflight(dir.path(), "https://github.invalid")
        .env(variable, format!("http://user:hunter2@127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let first = told.recv_timeout(std::time::Duration::from_secs(5)).ok();
    let _ = running.kill();
    let _ = running.wait();
    first
}

#[test]
fn a_configured_proxy_is_used_for_other_machines() {
    let first = first_of("COUNTERSIGN_PROXY").expect("the proxy was asked");
    assert!(first.starts_with("CONNECT github.invalid:443 "), "{first}");
    assert!(!first.contains(CANARIES[1]), "{first}");
    assert_eq!(first_of("HTTPS_PROXY"), None);
}

#[test]
fn an_address_that_is_none_is_named_without_its_secrets() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = preflight(
        dir.path(),
        "https://user:hunter2@github.example/?key=hunter2",
    )
    .output()
    .expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("https://github.example"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let mut command = preflight(dir.path(), "https://github.example");
    command.env("COUNTERSIGN_PROXY", "hunter2 is no address");
    let output = command.output().expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("COUNTERSIGN_PROXY"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
