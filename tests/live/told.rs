//! What a snapshot says, and what it ends with: sign-ins that are refused, and
//! more requests than the last one took.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::decoy::{Decoy, SECRET, denies, kinds, reply};

/// Path and query of a request.
pub(crate) fn asked(request: &str) -> &str {
    request.split(' ').nth(1).unwrap_or_default()
}

fn says(body: &Value) -> String {
    reply("200 OK", "", &body.to_string())
}

/// What Graph says of a tenant with one user.
pub(crate) fn graph(request: &str) -> String {
    if request.starts_with("POST ") {
        return denies(request);
    }
    let user = json!({
        "id": "0f0e0d0c-0000-4000-8000-000000000001",
        "userPrincipalName": "ada@example.org",
        "mail": "ada@example.org",
        "displayName": "Ada",
        "accountEnabled": true,
        "userType": "Member",
        "creationType": null,
        "externalUserState": null,
        "createdDateTime": "2020-01-01T00:00:00Z",
        "employeeLeaveDateTime": "2099-01-01T00:00:00Z",
    });
    let list = if asked(request).starts_with("/users") {
        vec![user]
    } else {
        Vec::new()
    };
    says(&json!({"value": list}))
}

/// What Auth0 says of an empty tenant.
pub(crate) fn auth0(request: &str) -> String {
    if request.starts_with("POST ") {
        return denies(request);
    }
    says(&match asked(request) {
        p if p.contains("/clients") => json!({"clients": [], "total": 0}),
        p if p.contains("/connections") => json!({"connections": []}),
        _ => json!([]),
    })
}

/// Runs a command over a source whose service is this one.
pub(crate) fn run(
    dir: &Path,
    service: &Decoy,
    source: &str,
    more: &str,
    arguments: &[&str],
) -> Output {
    let host = format!("127.0.0.1:{}", service.port);
    let here = format!("http://{host}");
    let config = dir.join("countersign.toml");
    let text = format!(
        "[github]\norganisation = \"old-name\"\n[sources.{source}]\nenabled = true\nendpoint = \"{here}\"\n{more}\n"
    );
    std::fs::write(&config, text).expect("written");
    let wanted = ["secret", "GH_TOKEN", "auth0 secret"];
    let kind = kinds(dir)
        .into_iter()
        .find(|k| k.source == source && wanted.contains(&k.name))
        .expect("somebody");
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().envs(kind.env);
    for name in [
        "COUNTERSIGN_ENTRA_HOST",
        "COUNTERSIGN_ENTRA_LOGIN_HOST",
        "COUNTERSIGN_GITHUB_HOST",
        "COUNTERSIGN_AUTH0_HOST",
    ] {
        command.env(name, &host);
    }
    command
        .env("AZURE_AUTHORITY_HOST", &here)
        .args(arguments)
        .args(["--source", source, "--config"])
        .arg(&config)
        .arg("--data")
        .arg(dir.join("data"))
        .output()
        .expect("the program runs")
}

/// The manifest of the snapshot that a run sealed.
pub(crate) fn manifest(dir: &Path, output: &Output) -> Value {
    let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let file = dir.join(format!("data/snapshot={id}/manifest.json"));
    let text = std::fs::read(&file).unwrap_or_else(|_| panic!("{}", err(output)));
    serde_json::from_slice(&text).expect("JSON")
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn table<'m>(manifest: &'m Value, name: &str) -> &'m Value {
    let tables = manifest["tables"].as_array().expect("tables");
    tables.iter().find(|t| t["table"] == name).expect("a table")
}

#[test]
fn refused_sign_ins_are_a_warning_and_exit_two() {
    for (code, told) in [
        ("Authorization_RequestDenied", "it needs AuditLog.Read.All."),
        (
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "the tenant has no licence of Entra ID P1 or P2.",
        ),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let service = Decoy::new(move |request| {
            if asked(request).contains("signInActivity") {
                let body = json!({"error": {"code": code, "message": "no"}});
                reply("403 No", "", &body.to_string())
            } else {
                graph(request)
            }
        });
        let output = run(
            dir.path(),
            &service,
            "entra",
            "sign_ins = true",
            &["snapshot"],
        );
        let said = err(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("warning: column last_successful_sign_in_at of entra_user was not read"),
            "{said}"
        );
        assert!(said.contains(told), "{said}");
        assert!(!said.contains(SECRET), "{said}");
        // It is the column alone that is missing.
        let manifest = manifest(dir.path(), &output);
        for entry in manifest["tables"].as_array().expect("tables") {
            if entry["source"] == "entra" {
                assert_eq!(entry["state"], "complete", "{entry}");
            }
        }
        assert_eq!(table(&manifest, "entra_user")["rows"], 1);
        let columns = &table(&manifest, "entra_user")["unread_columns"];
        assert_eq!(columns.as_array().map(Vec::len), Some(1), "{columns}");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let service = Decoy::new(graph);
    let output = run(dir.path(), &service, "entra", "", &["snapshot"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let heard = service.heard();
    assert!(!heard.iter().any(|r| asked(r).contains("signInActivity")));
    for field in ["creationType", "externalUserState"] {
        let users = heard.iter().filter(|r| asked(r).starts_with("/users"));
        assert!(users.clone().count() > 0);
        assert!(users.clone().all(|r| asked(r).contains(field)), "{field}");
    }
}

/// A GitHub organisation without anybody, whose audit log has so many pages.
fn github(pages: &AtomicUsize, request: &str) -> String {
    let whole = json!({"totalCount": 0, "pageInfo": {"hasNextPage": false, "endCursor": null}, "nodes": [], "edges": []});
    let organisation = |key: &str, value: &Value| {
        let mut data = json!({"viewerCanAdminister": true, "viewerIsAMember": true});
        data[key] = value.clone();
        says(&json!({"data": {"organization": data}}))
    };
    match asked(request) {
        "/graphql" if request.contains("query Teams") => organisation("teams", &whole),
        "/graphql" if request.contains("query Members") => organisation("membersWithRole", &whole),
        "/graphql" => organisation(
            "samlIdentityProvider",
            &json!({"externalIdentities": whole}),
        ),
        path if path.contains("/audit-log") => {
            let page = path.split_once("&page=").and_then(|(_, n)| n.parse().ok());
            let page = page.unwrap_or(1_usize);
            let host = request
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase()
                        .strip_prefix("host: ")
                        .map(str::to_owned)
                })
                .unwrap_or_default();
            let start = path.split("&page=").next().unwrap_or_default();
            let head = if page < pages.load(Ordering::Relaxed) {
                format!(
                    "link: <http://{host}{start}&page={}>; rel=\"next\"\r\n",
                    page + 1
                )
            } else {
                String::new()
            };
            reply("200 OK", &head, "[]")
        }
        path if path.contains("/secrets") => says(&json!({"total_count": 0, "secrets": []})),
        path if path.contains("/installations") => {
            says(&json!({"total_count": 0, "installations": []}))
        }
        _ => says(&json!([])),
    }
}

/// Requests of a snapshot.
fn sent(manifest: &Value) -> u64 {
    let requests = manifest["requests"].as_array().expect("requests");
    requests.iter().filter_map(|r| r["requests"].as_u64()).sum()
}

#[test]
fn a_plan_begins_with_what_was_sent_and_only_the_user_sets_an_end() {
    let dir = tempfile::tempdir().expect("a folder");
    let pages = Arc::new(AtomicUsize::new(2));
    let served = Arc::clone(&pages);
    let service = Decoy::new(move |request| github(&served, request));
    let at = |arguments: &[&str]| run(dir.path(), &service, "github", "", arguments);
    let first = at(&["snapshot"]);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let one = manifest(dir.path(), &first);
    let id = String::from_utf8_lossy(&first.stdout).trim().to_owned();

    let planned = at(&["plan", "--format", "json"]);
    let plan: Value = serde_json::from_slice(&planned.stdout).expect("JSON");
    let basis = plan["basis"].as_str().expect("a basis");
    assert!(
        basis.contains(&format!("what snapshot {id} sent")),
        "{basis}"
    );
    let calls = plan["calls"].as_array().expect("calls");
    let of = |name: &str| {
        calls
            .iter()
            .find(|c| c["call"] == name)
            .map(|c| &c["calls"])
    };
    assert_eq!(of("GET /orgs/{org}/audit-log"), Some(&json!(2)));
    assert_eq!(of("query Teams"), Some(&json!(1)));

    // Two snapshots of one second have one id.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    pages.store(12, Ordering::Relaxed);
    let second = at(&["snapshot"]);
    let said = err(&second);
    assert_eq!(second.status.code(), Some(0), "{said}");
    let two = manifest(dir.path(), &second);
    let told = format!(
        "note: github took {} requests, and {} in snapshot {id}; nothing was left out because of it",
        sent(&two),
        sent(&one)
    );
    assert!(said.contains(&told), "{said}");
    assert_eq!(table(&two, "github_audit_event")["state"], "complete");

    std::thread::sleep(std::time::Duration::from_millis(1100));
    let third = at(&["snapshot", "--most-requests", "5"]);
    let said = err(&third);
    assert_eq!(third.status.code(), Some(2), "{said}");
    assert!(said.contains("--most-requests 5 is reached"), "{said}");
    assert_eq!(sent(&manifest(dir.path(), &third)), 5);
}

#[test]
fn the_permissions_of_entra_are_those_of_its_documentation() {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .args(["permissions", "entra"])
        .output()
        .expect("the program runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = document["permissions"].as_array().expect("permissions");
    let tables = |permission: &str| {
        let of = all.iter().find(|p| p["permission"] == permission);
        of.map(|p| p["tables"].to_string()).unwrap_or_default()
    };
    // Directory audits need both; sign-ins the first of them.
    assert!(tables("AuditLog.Read.All").contains("entra_audit_event"));
    assert!(tables("AuditLog.Read.All").contains("entra_user"));
    assert!(tables("Directory.Read.All").contains("entra_audit_event"));
    assert!(tables("User-LifeCycleInfo.Read.All").contains("entra_user"));
    assert!(document["notes"].to_string().contains("not read"));
}
