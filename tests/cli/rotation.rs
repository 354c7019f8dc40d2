//! GO, NO-GO and UNKNOWN, on an organisation of one person.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::place::{code, nowhere, run, said};

const SECRET: &str = "entra/aws-sync";

fn write(dir: &Path, name: &str, value: &Value) {
    let path = dir.join("exports").join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, value.to_string()).expect("written");
}

/// One person in one group, everything in step.
fn healthy() -> tempfile::TempDir {
    let place = nowhere();
    let dir = place.path();
    let graph = |list: Value| json!({ "value": list });
    let user = json!({"@odata.type": "#microsoft.graph.user", "id": "u-1"});
    let last = json!({"hasNextPage": false});
    write(
        dir,
        "entra/users.json",
        &graph(
            json!([{"id": "u-1", "userPrincipalName": "amy@example.gov.uk", "accountEnabled": true}]),
        ),
    );
    write(
        dir,
        "entra/groups.json",
        &graph(
            json!([{"id": "g-1", "displayName": "azure-aws-sso-one", "createdDateTime": "2026-01-01T00:00:00Z"}]),
        ),
    );
    write(dir, "entra/group-members/g-1.json", &graph(json!([user])));
    write(dir, "entra/group-owners/g-1.json", &graph(json!([user])));
    write(
        dir,
        "entra/applications.json",
        &graph(json!([{
            "id": "a-1", "appId": "x-1", "displayName": "aws-sync", "owners": [user], "keyCredentials": [],
            "passwordCredentials": [{"keyId": "k-1", "startDateTime": "2026-10-01T00:00:00Z", "endDateTime": "2026-12-30T00:00:00Z"}],
        }])),
    );
    write(
        dir,
        "github/members.json",
        &json!({"data": {"organization": {"membersWithRole": {"edges": [], "pageInfo": last}}}}),
    );
    write(
        dir,
        "github/teams.json",
        &json!({"data": {"organization": {"teams": {"nodes": [], "pageInfo": last}}}}),
    );
    write(
        dir,
        "aws/identitystore-users.json",
        &json!({"Users": [{"UserId": "iu-1", "UserName": "amy@example.gov.uk", "Emails": [{"Value": "amy@example.gov.uk", "Type": "EntraId", "Primary": true}]}]}),
    );
    write(
        dir,
        "aws/identitystore-groups.json",
        &json!({"Groups": [{"GroupId": "ig-1", "DisplayName": "azure-aws-sso-one"}]}),
    );
    write(
        dir,
        "aws/identitystore-group-memberships.json",
        &json!({"GroupMemberships": [{"MembershipId": "m-1", "GroupId": "ig-1", "MemberId": {"UserId": "iu-1"}}]}),
    );
    write(
        dir,
        "aws/sso-permission-sets.json",
        &json!({"PermissionSet": {"Name": "ReadOnlyAccess", "PermissionSetArn": "arn:read"}}),
    );
    write(
        dir,
        "aws/sso-account-assignments.json",
        &json!({"AccountAssignments": []}),
    );
    write(
        dir,
        "aws/organizations-accounts.json",
        &json!({"Accounts": [{"Id": "000000000001", "Name": "one", "Status": "ACTIVE"}]}),
    );
    write(
        dir,
        "aws/secrets/000000000001/eu-west-2.json",
        &json!({"SecretList": []}),
    );
    write(
        dir,
        "aws/secret-versions/000000000001/eu-west-2.json",
        &json!([]),
    );
    let configuration = "[registers]\nsync_runs = \"runs.csv\"\n\n[sync.entra]\nsource = \"entra\"\ninterval_hours = 2\n";
    fs::write(dir.join("countersign.toml"), configuration).expect("written");
    runs(dir, "2026-11-01T05:00:00Z");
    place
}

fn runs(dir: &Path, finished: &str) {
    let text = format!("sync,finished_at,result\nentra,{finished},success\n");
    fs::write(dir.join("runs.csv"), text).expect("written");
}

/// The answer, its exit code, and the rows of the checks.
fn ask(dir: &Path) -> (Option<i32>, String, Vec<(String, String)>) {
    let sealed = run(
        dir,
        &[
            "snapshot",
            "--from",
            "exports",
            "--as-of",
            "2026-11-01T06:00:00Z",
        ],
    );
    assert!(matches!(code(&sealed), Some(0 | 2)), "{}", said(&sealed));
    let args = [
        "report",
        "pre-rotation",
        "--secret",
        SECRET,
        "--snapshot",
        "2026-11-01T06-00-00Z",
        "--format",
        "json",
        "--out",
        "out",
    ];
    let output = run(dir, &args);
    let text = fs::read_to_string(dir.join("out/pre-rotation.json"))
        .unwrap_or_else(|_| panic!("{}", said(&output)));
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let checks = document["sheets"]["checks"]["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("question"), text("answer"))
        })
        .collect();
    let word = String::from_utf8_lossy(&output.stderr)
        .split(':')
        .next()
        .unwrap_or_default()
        .to_owned();
    (code(&output), word, checks)
}

fn answer(checks: &[(String, String)], question: &str) -> String {
    checks
        .iter()
        .find(|(q, _)| q == question)
        .unwrap_or_else(|| panic!("no question {question} in {checks:?}"))
        .1
        .clone()
}

#[test]
fn go_when_nothing_speaks_against_it() {
    let place = healthy();
    let (code, word, checks) = ask(place.path());
    assert_eq!((code, word.as_str()), (Some(0), "GO"), "{checks:?}");
    assert_eq!(checks.len(), 6);
}

#[test]
fn no_go_when_the_sync_is_stale() {
    let place = healthy();
    runs(place.path(), "2026-11-01T01:00:00Z");
    let (code, word, checks) = ask(place.path());
    assert_eq!((code, word.as_str()), (Some(1), "NO-GO"), "{checks:?}");
    assert_eq!(answer(&checks, "Syncs healthy"), "no");
}

#[test]
fn no_go_when_the_only_credential_has_expired() {
    let place = healthy();
    let path = place.path().join("exports/entra/applications.json");
    let text = fs::read_to_string(&path).expect("applications");
    fs::write(&path, text.replace("2026-12-30", "2026-10-30")).expect("written");
    let (code, word, checks) = ask(place.path());
    assert_eq!((code, word.as_str()), (Some(1), "NO-GO"), "{checks:?}");
    assert_eq!(answer(&checks, "A live credential"), "no");
}

#[test]
fn no_go_when_no_owner_can_sign_in() {
    let place = healthy();
    let path = place.path().join("exports/entra/users.json");
    let text = fs::read_to_string(&path).expect("users");
    fs::write(
        &path,
        text.replace("\"accountEnabled\":true", "\"accountEnabled\":false"),
    )
    .expect("written");
    let (code, word, checks) = ask(place.path());
    assert_eq!((code, word.as_str()), (Some(1), "NO-GO"), "{checks:?}");
    assert_eq!(answer(&checks, "An owner who can rotate"), "no");
}

#[test]
fn unknown_when_something_was_not_read() {
    for (file, question) in [
        ("entra/applications.json", "A live credential"),
        ("aws/identitystore-users.json", "No serious drift today"),
    ] {
        let place = healthy();
        fs::remove_file(place.path().join("exports").join(file)).expect("removed");
        let (code, word, checks) = ask(place.path());
        assert_eq!(
            (code, word.as_str()),
            (Some(2), "UNKNOWN"),
            "{file}: {checks:?}"
        );
        assert_eq!(answer(&checks, question), "unknown", "{file}");
    }
    // Without a sync in the configuration nobody knows whether one runs.
    let place = healthy();
    fs::write(place.path().join("countersign.toml"), "").expect("written");
    let (code, word, checks) = ask(place.path());
    assert_eq!((code, word.as_str()), (Some(2), "UNKNOWN"), "{checks:?}");
    assert_eq!(answer(&checks, "Syncs healthy"), "unknown");
}
