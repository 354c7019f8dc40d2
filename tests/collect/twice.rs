//! Two objects of one listing with one id: identical ones come of pages that
//! shifted while they were read, and cost nothing; two that differ contradict each
//! other, and no table is complete of which nobody knows which of them holds.

use countersign::dataset::coverage::State;
use serde_json::{Value, json};

use super::place::{Place, gives, table};

/// A listing: its file, where its records lie in the first document (in the first
/// object that has any, for a star), the member of a record that is changed and to
/// what, the id of the record, and its tables.
struct Listing {
    file: &'static str,
    list: &'static str,
    change: (&'static str, Value),
    id: &'static str,
    tables: &'static [&'static str],
}

const fn of(
    file: &'static str,
    list: &'static str,
    change: (&'static str, Value),
    id: &'static str,
    tables: &'static [&'static str],
) -> Listing {
    Listing {
        file,
        list,
        change,
        id,
        tables,
    }
}

fn listings() -> Vec<Listing> {
    let text = || json!("something else");
    let time = || json!("2020-02-02T02:02:02Z");
    vec![
        of(
            "entra/users.json",
            "/value",
            ("/displayName", text()),
            "/id",
            &["entra_user"],
        ),
        of(
            "entra/deleted-users.json",
            "/value",
            ("/mail", text()),
            "/id",
            &["entra_user"],
        ),
        of(
            "entra/groups.json",
            "/value",
            ("/description", text()),
            "/id",
            &["entra_group"],
        ),
        of(
            "entra/applications.json",
            "/value",
            ("/displayName", text()),
            "/id",
            &[
                "entra_application",
                "entra_application_owner",
                "entra_credential",
            ],
        ),
        of(
            "entra/applications.json",
            "/value/*/passwordCredentials",
            ("/endDateTime", time()),
            "/keyId",
            &["entra_credential"],
        ),
        of(
            "entra/applications.json",
            "/value/*/owners",
            ("/@odata.type", json!("#microsoft.graph.servicePrincipal")),
            "/id",
            &["entra_application_owner"],
        ),
        of(
            "entra/service-principals.json",
            "/value",
            ("/accountEnabled", json!(false)),
            "/id",
            &["entra_service_principal"],
        ),
        of(
            "entra/directory-audits.json",
            "/value",
            ("/activityDateTime", time()),
            "/id",
            &["entra_audit_event"],
        ),
        of(
            "github/members.json",
            "/data/organization/membersWithRole/edges",
            ("/role", json!("ADMIN")),
            "/node/login",
            &["github_member"],
        ),
        of(
            "github/teams.json",
            "/data/organization/teams/nodes",
            ("/privacy", json!("SECRET")),
            "/slug",
            &["github_team", "github_team_member", "github_team_ancestor"],
        ),
        of(
            "github/teams.json",
            "/data/organization/teams/nodes/*/members/edges",
            ("/role", json!("MAINTAINER")),
            "/node/login",
            &["github_team_member"],
        ),
        of(
            "github/org-secrets.json",
            "/secrets",
            ("/updated_at", time()),
            "/name",
            &["github_secret"],
        ),
        of(
            "github/personal-access-tokens.json",
            "",
            ("/token_expires_at", time()),
            "/token_id",
            &["github_token"],
        ),
        of(
            "github/audit-log.json",
            "",
            ("/action", json!("team.destroy")),
            "/_document_id",
            &["github_audit_event"],
        ),
        of(
            "aws/identitystore-users.json",
            "/Users",
            ("/UserStatus", json!("DISABLED")),
            "/UserId",
            &["identity_center_user"],
        ),
        of(
            "aws/identitystore-groups.json",
            "/Groups",
            ("/CreatedAt", time()),
            "/GroupId",
            &["identity_center_group"],
        ),
        of(
            "aws/identitystore-group-memberships.json",
            "/GroupMemberships",
            ("/CreatedAt", time()),
            "/MembershipId",
            &["identity_center_membership"],
        ),
        of(
            "aws/organizations-accounts.json",
            "/Accounts",
            ("/State", json!("SUSPENDED")),
            "/Id",
            &["aws_account"],
        ),
        of(
            "aws/sso-applications.json",
            "/Applications",
            ("/Status", json!("DISABLED")),
            "/ApplicationArn",
            &["identity_center_application"],
        ),
        of(
            "aws/secrets/000000000042/eu-west-2.json",
            "/SecretList",
            ("/Description", text()),
            "/ARN",
            &["aws_secret"],
        ),
        of(
            "aws/secret-versions/000000000042/eu-west-2.json",
            "/Versions",
            ("/CreatedDate", time()),
            "/VersionId",
            &["aws_secret_version"],
        ),
        of(
            "aws/iam-roles/000000000042.json",
            "/RoleDetailList",
            ("/CreateDate", time()),
            "/RoleName",
            &["aws_role_last_used"],
        ),
        of(
            "auth0/clients.json",
            "",
            ("/name", text()),
            "/client_id",
            &["auth0_client"],
        ),
        of(
            "auth0/connections.json",
            "",
            ("/name", text()),
            "/id",
            &["auth0_connection"],
        ),
        of(
            "auth0/logs.json",
            "",
            ("/type", json!("f")),
            "/log_id",
            &["auth0_log_event"],
        ),
    ]
}

/// The documents of a file.
fn documents(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .map(|d| d.expect("a document"))
        .collect()
}

/// What the organisation has none of while nothing is wrong in it.
fn place() -> Place {
    let place = Place::new();
    for (file, page) in [
        (
            "entra/deleted-users.json",
            json!({"value": [{"id": "deleted-1", "userPrincipalName": "gone@example.org", "mail": null, "deletedDateTime": "2026-10-20T00:00:00Z"}]}),
        ),
        (
            "github/personal-access-tokens.json",
            json!([{"token_id": "7001", "token_name": "a-token", "owner": {"login": "mona"}, "token_expires_at": null}]),
        ),
        (
            "github/audit-log.json",
            json!([{"_document_id": "document-1", "action": "team.add_member", "@timestamp": 1_760_000_000_000_u64}]),
        ),
    ] {
        place.write(file, page.to_string());
    }
    place
}

/// Puts the first record of a listing there again, changed or not; gives its id.
fn again(place: &Place, listing: &Listing, changed: bool) -> String {
    let mut all = documents(&place.read(listing.file));
    // Not every object holds something.
    let filled = (0..1_000)
        .map(|n| listing.list.replace('*', &n.to_string()))
        .find(|at| all[0].pointer(&format!("{at}/0")).is_some())
        .unwrap_or_else(|| panic!("{} has no records", listing.file));
    let list = all[0].pointer_mut(&filled).expect("a list");
    let list = list.as_array_mut().expect("a list");
    let mut second = list.first().expect("a record").clone();
    let (member, value) = &listing.change;
    if changed {
        // A member that was not there is one that differs.
        let key = member.trim_start_matches('/');
        assert_ne!(second.get(key), Some(value), "{}", listing.file);
        second[key] = value.clone();
    }
    let id = second.pointer(listing.id).expect("an id");
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    list.push(second);
    let text: Vec<String> = all.iter().map(Value::to_string).collect();
    place.write(listing.file, text.join("\n"));
    id
}

#[test]
fn two_objects_that_differ_leave_no_table_complete() {
    for listing in listings() {
        let place = place();
        let id = again(&place, &listing, true);
        let sealed = place.import();
        for name in listing.tables {
            let entry = table(&sealed, name);
            let why = entry.reasons.join(" ");
            let what = format!("{} {name}: {why}", listing.file);
            assert_eq!(entry.state, State::Partial, "{what}");
            assert!(why.contains(&id) && why.contains(listing.file), "{what}");
            assert!(entry.rows > 0, "{what}");
            let excluded: u64 = entry.excluded.values().sum();
            assert_eq!(entry.read, entry.rows + excluded, "{what}");
        }
    }
}

#[test]
fn two_that_are_the_same_are_one() {
    let clean = place().import();
    for listing in listings() {
        let place = place();
        again(&place, &listing, false);
        let sealed = place.import();
        for name in listing.tables {
            let (entry, before) = (table(&sealed, name), table(&clean, name));
            assert_eq!(entry.state, before.state, "{name}: {:?}", entry.reasons);
            assert_eq!(entry.rows, before.rows, "{name}");
        }
    }
}

/// Files that are no JSON lists with an id each.
#[test]
fn members_events_and_rows_of_a_report_too() {
    let edges = |p: &Place| {
        let folder = p.file("entra/group-members");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("files")
            .map(|e| e.expect("an entry").file_name())
            .map(|name| format!("entra/group-members/{}", name.to_string_lossy()))
            .collect();
        files.sort();
        let filled = |f: &&String| !documents(&p.read(f))[0]["value"][0].is_null();
        let file = files.iter().find(filled).expect("a group with members");
        let mut page = documents(&p.read(file));
        let list = page[0]["value"].as_array_mut().expect("a list");
        let mut second = list[0].clone();
        second["@odata.type"] = json!("#microsoft.graph.device");
        list.push(second);
        let text: Vec<String> = page.iter().map(Value::to_string).collect();
        p.write(file, text.join("\n"));
    };
    gives("a member", edges, &[("entra_group_member", State::Partial)]);
    let event = |p: &Place| {
        let file = "aws/cloudtrail-events.json";
        let mut all = documents(&p.read(file));
        let list = all[0]["Events"].as_array_mut().expect("a list");
        let mut second = list[0].clone();
        let detail = second["CloudTrailEvent"].as_str().expect("a text");
        let moved = detail.replacen("eu-west-2", "eu-west-1", 1);
        second["CloudTrailEvent"] = json!(moved);
        list.push(second);
        let text: Vec<String> = all.iter().map(Value::to_string).collect();
        p.write(file, text.join("\n"));
    };
    let sealed = gives("an event", event, &[("cloudtrail_event", State::Partial)]);
    let why = table(&sealed, "cloudtrail_event").reasons.join(" ");
    assert!(why.contains("the id of another"), "{why}");
    let row = |p: &Place| {
        let file = "aws/iam-credential-report/000000000042.csv";
        let text = p.read(file);
        let user = text.lines().find(|l| l.starts_with("emergency,"));
        let other = user.expect("a user").replace(",true,2026", ",false,2025");
        assert_ne!(Some(other.as_str()), user);
        p.write(file, format!("{}\n{other}\n", text.trim_end()));
    };
    let sealed = gives("a user", row, &[("aws_access_key", State::Partial)]);
    let why = table(&sealed, "aws_access_key").reasons.join(" ");
    assert!(why.contains("emergency"), "{why}");
    let set = |p: &Place| {
        let file = "aws/sso-permission-sets.json";
        let text = p.read(file);
        let first = text.lines().next().expect("a set");
        let other = first.replace("AdministratorAccess", "Harmless");
        p.write(file, format!("{}\n{other}\n", text.trim_end()));
    };
    let sealed = gives("a set", set, &[("permission_set", State::Partial)]);
    let why = table(&sealed, "permission_set").reasons.join(" ");
    assert!(why.contains("ps-0000000000000001"), "{why}");
}
