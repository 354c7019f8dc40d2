//! An organisation that GitHub has moved: its calls are redirected within the
//! same host, and asked once more there.

use std::process::Command;

use crate::live::decoy::{Decoy, SECRET, reply};

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
