//! An organisation that GitHub has moved: its calls are redirected within the
//! same host, and asked once more there.

use std::process::Command;

use crate::decoy::{Decoy, SECRET, reply};
use crate::told;

/// Path and query of a request.
fn asked(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

/// A snapshot of GitHub at a service; gives what was asked, and its tables.
fn snapshot(
    answer: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (Vec<String>, serde_json::Value) {
    let dir = tempfile::tempdir().expect("a folder");
    let service = Decoy::new(answer);
    let host = format!("127.0.0.1:{}", service.port);
    let config = dir.path().join("countersign.toml");
    let text = format!(
        "[github]\norganisation = \"old-name\"\n[sources.github]\nendpoint = \"http://{host}\"\n"
    );
    std::fs::write(&config, text).expect("written");
    let data = dir.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .env("GH_TOKEN", SECRET)
        .env("COUNTERSIGN_GITHUB_HOST", &host)
        .args(["snapshot", "--source", "github", "--config"])
        .arg(&config)
        .arg("--data")
        .arg(&data)
        .output()
        .expect("the program runs");
    let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let manifest = data.join(format!("snapshot={id}")).join("manifest.json");
    let text = std::fs::read(&manifest).expect("a manifest");
    let heard = service
        .heard()
        .iter()
        .map(|r| asked(r).to_owned())
        .collect();
    (heard, serde_json::from_slice(&text).expect("JSON"))
}

fn table<'m>(manifest: &'m serde_json::Value, name: &str) -> &'m serde_json::Value {
    let tables = manifest["tables"].as_array().expect("tables");
    tables.iter().find(|t| t["table"] == name).expect("a table")
}

const LISTS: [&str; 5] = [
    "github_secret",
    "github_token",
    "github_app_installation",
    "github_outside_collaborator",
    "github_audit_event",
];

fn empty(path: &str) -> String {
    let body = match path {
        p if p.contains("/secrets") => "{\"total_count\":0,\"secrets\":[]}",
        p if p.contains("/installations") => "{\"total_count\":0,\"installations\":[]}",
        _ => "[]",
    };
    reply("200 OK", "", body)
}

fn on(status: &str, path: &str, from: &str, to: &str) -> String {
    let place = path.replacen(from, to, 1);
    reply(status, &format!("location: {place}\r\n"), "{}")
}

#[test]
fn a_redirect_within_the_service_is_followed_once() {
    for status in ["301 Moved", "307 Again", "308 Moved"] {
        let (heard, manifest) = snapshot(move |request| {
            let path = asked(request);
            if path.starts_with("/orgs/old-name/") {
                on(status, path, "/orgs/old-name/", "/organizations/42/")
            } else if path.starts_with("/organizations/42/") {
                empty(path)
            } else {
                // What is posted is not posted again elsewhere.
                on(status, path, "/graphql", "/elsewhere")
            }
        });
        for name in LISTS {
            let entry = table(&manifest, name);
            assert_eq!(entry["state"], "complete", "{status}: {entry}");
        }
        let count = |start: &str| heard.iter().filter(|p| p.starts_with(start)).count();
        assert_eq!(count("/orgs/"), LISTS.len(), "{heard:?}");
        assert_eq!(count("/organizations/"), LISTS.len(), "{heard:?}");
        assert_eq!(count("/elsewhere"), 0, "{heard:?}");
        assert_eq!(table(&manifest, "github_team")["state"], "failed");
    }
}

#[test]
fn a_second_redirect_and_another_question_are_failures() {
    let (heard, manifest) = snapshot(|request| {
        let path = asked(request);
        if path.starts_with("/orgs/old-name/actions") {
            on("301 Moved", path, "/orgs/old-name/", "/organizations/42/")
        } else if path.starts_with("/organizations/42/") {
            on(
                "301 Moved",
                path,
                "/organizations/42/",
                "/organizations/43/",
            )
        } else if path.starts_with("/orgs/old-name/") {
            on("301 Moved", path, path, "/organizations/42/actions/secrets")
        } else {
            reply("403 No", "", "{}")
        }
    });
    for name in LISTS {
        let entry = table(&manifest, name);
        assert_eq!(entry["state"], "failed", "{entry}");
        let reasons = entry["reasons"].to_string();
        let why = if name == "github_secret" {
            "more than once"
        } else {
            "another question"
        };
        assert!(reasons.contains(why), "{reasons}");
        assert!(!reasons.contains("was not exported"), "{reasons}");
    }
    assert!(
        !heard.iter().any(|p| p.starts_with("/organizations/43/")),
        "{heard:?}"
    );
}

/// The same at Graph and Auth0, which move nobody: a redirect that asks the same of
/// the same host is followed once, and what is posted never is, since it may hold
/// the credential.
#[test]
fn every_service_is_followed_once_and_never_with_what_was_posted() {
    for (source, list, name, answer) in [
        (
            "entra",
            "/users",
            "entra_user",
            told::graph as fn(&str) -> String,
        ),
        ("auth0", "/clients", "auth0_client", told::auth0),
    ] {
        for twice in [false, true] {
            let dir = tempfile::tempdir().expect("a folder");
            let service = Decoy::new(move |request| {
                let path = asked(request);
                let (start, query) = path.split_once('?').unwrap_or((path, ""));
                if start.ends_with(list) {
                    let place = format!("{start}/?{query}");
                    reply("307 Again", &format!("location: {place}\r\n"), "{}")
                } else if twice && start.ends_with(&format!("{list}/")) {
                    let place = format!("{}?{query}&more=1", start.trim_end_matches('/'));
                    reply("307 Again", &format!("location: {place}\r\n"), "{}")
                } else {
                    answer(request)
                }
            });
            let output = told::run(dir.path(), &service, source, "", &["snapshot"]);
            let manifest = told::manifest(dir.path(), &output);
            let entry = table(&manifest, name);
            let heard = service.heard();
            let count = |end: &str| {
                let path =
                    |r: &&String| asked(r).split('?').next().is_some_and(|p| p.ends_with(end));
                heard.iter().filter(path).count()
            };
            assert_eq!(count(list), 1, "{heard:?}");
            assert_eq!(count(&format!("{list}/")), 1, "{heard:?}");
            let reasons = entry["reasons"].to_string();
            if twice {
                assert_eq!(entry["state"], "failed", "{entry}");
                assert!(reasons.contains("more than once"), "{reasons}");
            } else {
                assert_eq!(entry["state"], "complete", "{entry}");
            }
        }
        let dir = tempfile::tempdir().expect("a folder");
        let service = Decoy::new(move |request| {
            if request.starts_with("POST ") && !asked(request).contains("elsewhere") {
                let place = format!("location: /elsewhere{}\r\n", asked(request));
                reply("307 Again", &place, "{}")
            } else {
                answer(request)
            }
        });
        let output = told::run(dir.path(), &service, source, "", &["snapshot"]);
        let heard = service.heard();
        assert!(heard.iter().any(|r| r.contains(SECRET)), "{heard:?}");
        assert!(
            !heard.iter().any(|r| asked(r).contains("elsewhere")),
            "{heard:?}"
        );
        assert_ne!(output.status.code(), Some(0), "{}", told::err(&output));
    }
}
