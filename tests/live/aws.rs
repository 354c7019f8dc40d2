//! What AWS gives in parts, refuses or gives to somebody else: each table says
//! what is missing and which permission would have read it.

use std::collections::BTreeSet;

use countersign::collect::live;
use countersign::config::Config;
use countersign::dataset::coverage::State;
use countersign::dataset::manifest::TableEntry;
use countersign::dataset::schema::Source;
use countersign::estate::serve::{Fault, Kind};

use crate::place::{Place, fault, rows, table};

const HUB: &str = "000000000042";
const ALWAYS: usize = usize::MAX;

/// As the JSON and the query protocols refuse a call. By its other name the
/// client repeats it when clocks differ, as those of a simulation do.
fn denied(on: &str) -> Fault {
    let body = if on.starts_with("IAM.") {
        "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    } else {
        "{\"__type\":\"AccessDenied\"}"
    };
    fault(on, 0, ALWAYS, Kind::Status(400, body.to_owned()))
}

fn says(on: &str, text: &str) -> Fault {
    fault(on, 0, ALWAYS, Kind::Text(text.to_owned()))
}

fn replaced(on: &str, times: usize, from: &str, to: &str) -> Fault {
    fault(on, 0, times, Kind::Replace(from.to_owned(), to.to_owned()))
}

/// A first page that names a further one, which is refused.
fn cut(on: &str, key: &str) -> Vec<Fault> {
    let (from, to) = (
        format!("{{\"{key}\":"),
        format!("{{\"NextToken\":\"token-9999\",\"{key}\":"),
    );
    vec![
        replaced(on, 1, &from, &to),
        fault(on, 1, ALWAYS, Kind::Status(400, "{}".to_owned())),
    ]
}

fn count(place: &Place, operation: &str) -> usize {
    let seen = place.seen();
    seen.iter().filter(|s| s.operation == operation).count()
}

fn expect(entry: &TableEntry, state: State, part: &str) {
    assert_eq!(entry.state, state, "{}: {:?}", entry.table, entry.reasons);
    assert!(
        entry.reasons.join(" ").contains(part),
        "{}: {:?}",
        entry.table,
        entry.reasons
    );
}

fn permission(entry: &TableEntry, permission: &str) {
    assert_eq!(
        entry.permission_needed.as_deref(),
        Some(permission),
        "{}: {:?}",
        entry.table,
        entry.reasons
    );
}

/// Settings of a source on top of those of the place.
fn with(place: &Place, source: &str, accounts: &[&str], role: Option<&str>) -> Config {
    let mut config = place.config();
    let settings = config.sources.entry(source.to_owned()).or_default();
    settings.accounts = accounts.iter().map(|a| (*a).to_owned()).collect();
    settings.role = role.map(str::to_owned);
    config
}

#[test]
fn a_list_that_was_cut_leaves_what_follows_from_it_partial() {
    let mut faults = cut("identitystore.ListGroups", "Groups");
    faults.extend(cut("Secrets Manager.ListSecrets", "SecretList"));
    let sealed = Place::with(faults).collect();
    for name in [
        "identity_center_group",
        "identity_center_membership",
        "aws_secret",
        "aws_secret_version",
    ] {
        let entry = table(&sealed, name);
        expect(entry, State::Partial, "");
        assert!(entry.rows > 0, "{name}");
    }
}

#[test]
fn secrets_that_may_not_be_listed_have_no_known_versions() {
    let sealed = Place::with(vec![denied("Secrets Manager.ListSecrets")]).collect();
    for name in ["aws_secret", "aws_secret_version"] {
        expect(table(&sealed, name), State::Denied, "ListSecrets");
        permission(table(&sealed, name), "secretsmanager:ListSecrets");
    }
}

#[test]
fn the_permission_of_the_call_that_was_refused_is_named() {
    let place = Place::with(vec![
        denied("GetInlinePolicyForPermissionSet"),
        denied("ListAccountsForProvisionedPermissionSet"),
        denied("ListAccountAssignmentsForPrincipal"),
        denied("IAM.GenerateCredentialReport"),
    ]);
    let sealed = place.collect();
    let inline = "sso:GetInlinePolicyForPermissionSet";
    expect(table(&sealed, "permission_set"), State::Partial, "Inline");
    permission(table(&sealed, "permission_set"), inline);
    permission(table(&sealed, "permission_set_policy"), inline);
    let assigned = table(&sealed, "account_assignment");
    expect(assigned, State::Denied, "ForPrincipal");
    permission(assigned, "sso:ListAccountAssignmentsForPrincipal");
    let keys = table(&sealed, "aws_access_key");
    expect(keys, State::Denied, "GenerateCredentialReport");
    permission(keys, "iam:GenerateCredentialReport");
    let provisioned = table(&sealed, "permission_set_provisioning");
    expect(provisioned, State::Denied, "ForProvisionedPermissionSet");
    permission(provisioned, "sso:ListAccountsForProvisionedPermissionSet");
    assert_eq!(provisioned.reasons.len(), 1, "{:?}", provisioned.reasons);
    assert!(count(&place, PROVISIONED) <= 16);
    // Everybody would have been refused like the first few.
    assert!(count(&place, "SSO Admin.ListAccountAssignmentsForPrincipal") <= 16);
}

const PROVISIONED: &str = "SSO Admin.ListAccountsForProvisionedPermissionSet";

#[test]
fn what_is_provisioned_is_read_in_part_and_the_assignments_all_the_same() {
    let refused = fault(PROVISIONED, 0, 1, Kind::Status(400, "{}".to_owned()));
    let place = Place::with(vec![refused]);
    let sealed = place.collect();
    let entry = table(&sealed, "permission_set_provisioning");
    expect(entry, State::Partial, "1 of 37 permission sets");
    assert!(entry.rows > 0);
    expect(table(&sealed, "account_assignment"), State::Complete, "");
}

#[test]
fn applications_that_may_not_be_read_are_said() {
    const LIST: &str = "SSO Admin.ListApplications";
    const ASSIGNED: &str = "SSO Admin.ListApplicationAssignments";
    let place = Place::with(vec![denied(LIST)]);
    let sealed = place.collect();
    for name in ["identity_center_application", "application_assignment"] {
        expect(table(&sealed, name), State::Denied, "ListApplications");
        permission(table(&sealed, name), "sso:ListApplications");
    }
    assert_eq!(count(&place, ASSIGNED), 0);
    expect(table(&sealed, "account_assignment"), State::Complete, "");

    let sealed = Place::with(vec![denied(ASSIGNED)]).collect();
    let applications = table(&sealed, "identity_center_application");
    expect(applications, State::Complete, "");
    let assigned = table(&sealed, "application_assignment");
    expect(assigned, State::Denied, "4 of 4 applications");
    permission(assigned, "sso:ListApplicationAssignments");

    // A list that was cut, and assignments of one that were.
    let sealed = Place::with(cut(LIST, "Applications")).collect();
    for name in ["identity_center_application", "application_assignment"] {
        expect(table(&sealed, name), State::Partial, "");
        assert!(table(&sealed, name).rows > 0, "{name}");
    }
    let sealed = Place::with(vec![fault(
        ASSIGNED,
        0,
        1,
        Kind::Status(400, "{}".to_owned()),
    )])
    .collect();
    let assigned = table(&sealed, "application_assignment");
    expect(assigned, State::Partial, "1 of 4 applications");
    assert!(assigned.rows > 0);
    // An answer without its list is none.
    for (call, name, part) in [
        (LIST, "identity_center_application", "without its list"),
        (ASSIGNED, "application_assignment", "4 of 4 applications"),
        (
            PROVISIONED,
            "permission_set_provisioning",
            "37 of 37 permission sets",
        ),
    ] {
        let sealed = Place::with(vec![says(call, "{}")]).collect();
        expect(table(&sealed, name), State::Failed, part);
    }
    let sealed = Place::with(vec![says(LIST, "{\"Applications\":[]}")]).collect();
    for name in ["identity_center_application", "application_assignment"] {
        expect(table(&sealed, name), State::Complete, "");
        assert_eq!(table(&sealed, name).rows, 0, "{name}");
    }
}

#[test]
fn one_boundary_that_was_not_read_does_not_stop_the_others() {
    const BOUNDARY: &str = "SSO Admin.GetPermissionsBoundaryForPermissionSet";
    let clean = Place::with(Vec::new());
    clean.collect();
    let all = count(&clean, BOUNDARY);
    let place = Place::with(vec![fault(BOUNDARY, 0, 1, Kind::Days(400))]);
    let sealed = place.collect();
    for name in ["permission_set", "permission_set_policy"] {
        expect(table(&sealed, name), State::Partial, "hours apart");
    }
    assert!(count(&place, BOUNDARY) >= all);
    // What has none is told so in a header that the fault leaves there.
    let refused = fault(BOUNDARY, 0, ALWAYS, Kind::Status(403, "{}".to_owned()));
    let sealed = Place::with(vec![refused]).collect();
    expect(table(&sealed, "permission_set"), State::Partial, "refused");
    permission(
        table(&sealed, "permission_set"),
        "sso:GetPermissionsBoundaryForPermissionSet",
    );
    let requests = &sealed.manifest.requests;
    let sent = requests.iter().find(|r| BOUNDARY.ends_with(&r.operation));
    assert!(sent.is_some_and(|r| r.requests - r.retries <= 8));
}

const LIST: &str = "SSO Admin.ListInstances";
const DESCRIBE: &str = "Organizations.DescribeOrganization";

#[test]
fn the_instance_of_the_organisation_is_read_and_no_other() {
    let owned = |by: &str| format!("\"OwnerAccountId\":\"{by}\"");
    let elsewhere = "000000000031";
    let own = format!(
        "{{\"Instances\":[{{\"InstanceArn\":\"arn:aws:sso:::instance/ssoins-9\",\"IdentityStoreId\":\"d-9\",{}}},",
        owned(elsewhere)
    );
    for (name, faults) in [
        (
            "beside one of its own",
            vec![replaced(LIST, 1, "{\"Instances\":[", &own)],
        ),
        (
            "on two pages",
            vec![replaced(
                LIST,
                1,
                "{\"Instances\":",
                "{\"NextToken\":\"a\",\"Instances\":",
            )],
        ),
        (
            "foreign, and nobody may say whose",
            vec![
                replaced(LIST, 1, &owned(HUB), &owned(elsewhere)),
                denied(DESCRIBE),
            ],
        ),
        (
            "of no known owner",
            vec![
                replaced(LIST, 1, &format!("{},", owned(HUB)), ""),
                denied(DESCRIBE),
            ],
        ),
    ] {
        let place = Place::with(faults);
        let sealed = place.collect();
        let entry = table(&sealed, "identity_center_user");
        assert_eq!(entry.state, State::Complete, "{name}: {:?}", entry.reasons);
        let asked = usize::from(name != "of no known owner");
        assert_eq!(count(&place, DESCRIBE), asked, "{name}");
    }
}

#[test]
fn an_instance_that_is_not_the_organisations_is_not_read() {
    let owned = |by: &str| format!("\"OwnerAccountId\":\"{by}\"");
    let foreign = replaced(LIST, ALWAYS, &owned(HUB), &owned("000000000031"));
    let place = Place::with(vec![foreign]);
    let sealed = place.collect();
    for name in ["identity_center_user", "account_assignment"] {
        expect(table(&sealed, name), State::Failed, "management account");
    }
    let probes = live::preflight(&place.config(), &[Source::IdentityCenter], &place.live());
    let probes = probes.expect("probes");
    let of = |name: &str| probes.iter().find(|p| p.operation.name == name);
    assert_eq!(of("ListInstances").map(|p| p.state), Some(State::Failed));
    assert_eq!(of("ListUsers").map(|p| p.state), Some(State::Skipped));

    // The caller's own, and nobody says whether the caller is the management account.
    let sealed = Place::with(vec![denied(DESCRIBE)]).collect();
    let entry = table(&sealed, "identity_center_user");
    expect(entry, State::Denied, "DescribeOrganization");
    permission(entry, "organizations:DescribeOrganization");
}

#[test]
fn the_preflight_asks_for_the_organisation_too() {
    let place = Place::with(Vec::new());
    let probes = live::preflight(&place.config(), &[Source::IdentityCenter], &place.live());
    for probe in probes.expect("probes") {
        assert_eq!(
            probe.state,
            State::Complete,
            "{}: {}",
            probe.operation.name,
            probe.message
        );
    }
    assert_eq!(count(&place, DESCRIBE), 1);
}

#[test]
fn what_a_role_reads_belongs_to_the_account_it_was_assumed_for() {
    let other = "000000000031";
    let (from, to) = (
        "<Arn>arn:aws:iam::000000000031",
        "<Arn>arn:aws:iam::000000000032",
    );
    let place = Place::with(vec![replaced("STS.AssumeRole", ALWAYS, from, to)]);
    let config = with(&place, "secrets_manager", &[HUB, other], Some("Audit"));
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    for name in ["aws_secret", "aws_secret_version"] {
        expect(table(&sealed, name), State::Partial, "belongs to another");
    }
    // One role for several accounts.
    let place = Place::with(Vec::new());
    let role = "arn:aws:iam::000000000031:role/Audit";
    let accounts = [HUB, other, "000000000032"];
    let config = with(&place, "iam", &accounts, Some(role));
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    for name in ["aws_access_key", "aws_role_last_used"] {
        expect(table(&sealed, name), State::Partial, "{account}");
    }
    assert_eq!(count(&place, "STS.AssumeRole"), 1);
}

#[test]
fn a_session_that_is_about_to_end_is_renewed() {
    let (full, short) = ("<Expiration>2026-11-01T07:", "<Expiration>2026-11-01T06:");
    // The first session ends at once, the second lasts.
    let place = Place::with(vec![replaced("STS.AssumeRole", 1, full, short)]);
    let config = with(&place, "secrets_manager", &["000000000031"], Some("Audit"));
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    expect(table(&sealed, "aws_secret"), State::Complete, "");
    assert_eq!(count(&place, "STS.AssumeRole"), 2);
    // One that lasts is assumed once.
    let place = Place::with(Vec::new());
    let config = with(&place, "secrets_manager", &["000000000031"], Some("Audit"));
    place.try_collect(&place.live(), &config).expect("sealed");
    assert_eq!(count(&place, "STS.AssumeRole"), 1);
}

#[test]
fn keys_are_read_in_every_account() {
    let accounts = [HUB, "000000000031", "000000000032", "000000000033"];
    let place = Place::with(Vec::new());
    let role = "arn:aws:iam::{account}:role/Audit";
    let config = with(&place, "iam", &accounts, Some(role));
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    let keys = table(&sealed, "aws_access_key");
    expect(keys, State::Complete, "");
    // One in each, and a second user where the syncs are.
    assert_eq!(keys.rows, 5);
    expect(table(&sealed, "aws_role_last_used"), State::Complete, "");
    assert_eq!(count(&place, "STS.AssumeRole"), 3);
}

#[test]
fn an_old_credential_report_is_a_part() {
    let generated = "<GeneratedTime>2026-11-01T06:";
    for (hour, state) in [("02:", State::Complete), ("01:", State::Partial)] {
        let older = format!("<GeneratedTime>2026-11-01T{hour}");
        let faults = vec![replaced("IAM.GetCredentialReport", 1, generated, &older)];
        let sealed = Place::with(faults).collect();
        let part = if state == State::Partial {
            "four hours"
        } else {
            ""
        };
        expect(table(&sealed, "aws_access_key"), state, part);
    }
}

#[test]
fn every_pair_is_found_whoever_is_listed() {
    const PAIR: &str = "SSO Admin.ListAccountAssignments";
    let assigned = |place: &Place| {
        let sealed = place.collect();
        expect(table(&sealed, "account_assignment"), State::Complete, "");
        let rows = rows(&place.store(), &sealed.id);
        rows["account_assignment"].clone()
    };
    // Account and permission set come first.
    let pairs = |rows: &[String]| -> BTreeSet<String> {
        let first = |r: &String| r.split(" | ").take(2).collect::<Vec<_>>().join(" ");
        rows.iter().map(first).collect()
    };
    let clean = assigned(&Place::with(Vec::new()));
    // Nobody of a group is listed, so that no answer for a user names the group.
    let user = "{\"Users\":[{\"UserId\":\"u-1\",\"UserName\":\"u\",\"IdentityStoreId\":\"d-0000000000\"}]}";
    let found = assigned(&Place::with(vec![says("identitystore.ListUsers", user)]));
    assert_eq!(pairs(&found), pairs(&clean));
    // No principal names anything: every pair that is provisioned is asked for.
    let place = Place::with(vec![
        says("identitystore.ListUsers", user),
        says(
            "ListAccountAssignmentsForPrincipal",
            "{\"AccountAssignments\":[]}",
        ),
    ]);
    let found = assigned(&place);
    assert_eq!(found.len(), clean.len());
    // Two are provisioned and nobody is assigned there.
    assert_eq!(count(&place, PAIR), pairs(&clean).len() + 2);
}

#[test]
fn events_are_read_in_the_places_that_are_named() {
    const LOOKUP: &str = "CloudTrail.LookupEvents";
    let clean = Place::with(Vec::new());
    let expected = table(&clean.collect(), "cloudtrail_event").rows;
    let place = Place::with(Vec::new());
    let mut config = with(&place, "cloudtrail", &[HUB, "000000000031"], None);
    if let Some(source) = config.sources.get_mut("cloudtrail") {
        source.regions = vec!["eu-west-2".to_owned(), "eu-west-1".to_owned()];
    }
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    let entry = table(&sealed, "cloudtrail_event");
    expect(entry, State::Partial, "sources.cloudtrail.role");
    assert_eq!(entry.rows, expected);
    assert_eq!(count(&place, LOOKUP), 2 * count(&clean, LOOKUP));
}

#[test]
fn who_acts_through_identity_center_is_named_by_id() {
    let event = serde_json::json!({"Events": [{
        "EventId": "e-1",
        "EventName": "CreateGroup",
        "EventTime": 1_793_500_000,
        "EventSource": "sso-directory.amazonaws.com",
        "CloudTrailEvent": "{\"userIdentity\":{\"type\":\"IdentityCenterUser\",\"onBehalfOf\":{\"userId\":\"user-of-the-store\"}}}",
    }]});
    let place = Place::with(vec![says("CloudTrail.LookupEvents", &event.to_string())]);
    let sealed = place.collect();
    let rows = rows(&place.store(), &sealed.id);
    let events = &rows["cloudtrail_event"];
    assert_eq!(events.len(), 1);
    assert!(events[0].contains("user-of-the-store"), "{events:?}");
}

/// A call that has a message of an error and no code failed all the same.
#[test]
fn an_event_with_a_message_alone_is_no_success() {
    let detail = |more: &str| {
        format!(
            "{{\"eventTime\":\"2026-10-31T06:00:00Z\",\"eventName\":\"UpdateFunctionConfiguration\",\"eventSource\":\"lambda.amazonaws.com\",\"awsRegion\":\"eu-west-2\",\"userIdentity\":{{\"arn\":\"arn:who\"}},\"requestParameters\":{{\"functionName\":\"job\"}}{more}}}"
        )
    };
    let event = |id: &str, more: &str| {
        serde_json::json!({
            "EventId": id,
            "EventName": "UpdateFunctionConfiguration",
            "EventTime": 1_793_500_000,
            "EventSource": "lambda.amazonaws.com",
            "CloudTrailEvent": detail(more),
        })
    };
    let events = serde_json::json!({"Events": [
        event("e-1", ""),
        event("e-2", ",\"errorMessage\":\"what-nobody-keeps\""),
        event("e-3", ",\"errorCode\":\"AccessDenied\""),
        event("e-4", ",\"errorMessage\":null"),
    ]});
    let place = Place::with(vec![says("CloudTrail.LookupEvents", &events.to_string())]);
    let sealed = place.collect();
    expect(table(&sealed, "cloudtrail_event"), State::Complete, "");
    let all = rows(&place.store(), &sealed.id);
    let of = |id: &str| {
        let row = all["cloudtrail_event"].iter().find(|r| r.contains(id));
        row.expect("an event").clone()
    };
    for (id, succeeded) in [("e-1", true), ("e-2", false), ("e-3", false), ("e-4", true)] {
        let row = of(id);
        assert_eq!(row.contains(" true |"), succeeded, "{id}: {row}");
        assert_eq!(row.contains(" false |"), !succeeded, "{id}: {row}");
    }
    assert!(
        !all["cloudtrail_event"]
            .join("")
            .contains("what-nobody-keeps")
    );
}

/// What an assignment or a membership is about is kept, and nothing else of a call.
#[test]
fn what_an_event_is_about_is_kept_by_its_ids() {
    let detail = |text: &str| text.replace('\'', "\"");
    let event = |id: &str, name: &str, text: &str| {
        serde_json::json!({
            "EventId": id,
            "EventName": name,
            "EventTime": 1_793_500_000,
            "EventSource": "identitystore.amazonaws.com",
            "CloudTrailEvent": detail(text),
        })
    };
    let events = serde_json::json!({"Events": [
        event("e-1", "CreateAccountAssignment", "{'requestParameters':{'targetId':'000000000031','permissionSetArn':'arn:set','principalId':'principal-of-it','instanceArn':'arn:not-kept'}}"),
        event("e-2", "CreateGroupMembership", "{'requestParameters':{'groupId':'group-of-it','memberId':{'userId':'member-of-it','other':'not-kept'}},'responseElements':{'membershipId':'membership-of-it'}}"),
        event("e-3", "CreateGroup", "{'requestParameters':{'displayName':'not-kept'},'responseElements':{'groupId':'group-that-was-made'}}"),
        event("e-4", "DeleteUser", "{'requestParameters':{'userId':'user-that-went'},'responseElements':null}"),
    ]});
    let place = Place::with(vec![says("CloudTrail.LookupEvents", &events.to_string())]);
    let sealed = place.collect();
    let rows = rows(&place.store(), &sealed.id);
    let all = rows["cloudtrail_event"].join("\n");
    for kept in [
        "000000000031",
        "arn:set",
        "principal-of-it",
        "group-of-it",
        "member-of-it",
        "membership-of-it",
        "group-that-was-made",
        "user-that-went",
    ] {
        assert!(all.contains(kept), "{kept}: {all}");
    }
    assert!(!all.contains("not-kept"), "{all}");
}

#[test]
fn null_is_no_list_and_no_groups_have_no_members() {
    let sealed = Place::with(vec![
        says("identitystore.ListUsers", "{\"Users\":null}"),
        says("identitystore.ListGroups", "{\"Groups\":[]}"),
        says("Organizations.ListAccounts", "{\"Accounts\":null}"),
    ])
    .collect();
    for name in ["identity_center_user", "aws_account"] {
        expect(table(&sealed, name), State::Failed, "without its list");
    }
    for name in ["identity_center_group", "identity_center_membership"] {
        let entry = table(&sealed, name);
        expect(entry, State::Complete, "");
        assert_eq!(entry.rows, 0);
    }
}

#[test]
fn the_address_of_a_source_is_the_one_that_is_asked() {
    let place = Place::with(Vec::new());
    let mut config = place.config();
    let endpoint = "http://127.0.0.1:9";
    for source in ["secrets_manager", "iam", "cloudtrail"] {
        let settings = config.sources.entry(source.to_owned()).or_default();
        settings.endpoint = Some(endpoint.to_owned());
    }
    let mut live = place.live();
    let error = place.try_collect(&live, &config).expect_err("refused");
    assert!(error.to_string().contains("AWS_ENDPOINT_URL"), "{error}");
    live.env
        .insert("AWS_ENDPOINT_URL_IAM".to_owned(), endpoint.to_owned());
    let sealed = place.try_collect(&live, &config).expect("sealed");
    for name in [
        "aws_secret",
        "aws_secret_version",
        "aws_access_key",
        "aws_role_last_used",
        "cloudtrail_event",
    ] {
        expect(table(&sealed, name), State::Failed, "no connection");
    }
    expect(table(&sealed, "identity_center_user"), State::Complete, "");
}
