//! Entra: what Graph leaves out without a word, and what is asked again in
//! another way.

use countersign::dataset::coverage::State;
use countersign::estate::serve::{Behaviour, Change, Kind};
use serde_json::json;

use crate::place::{Place, behaviour, fault, rows, table};

#[test]
fn objects_without_names_are_no_objects_that_were_read() {
    // What a caller may not read in full comes with its id, and null for the rest.
    for (call, name) in [
        ("GET /users", "entra_user"),
        ("GET /groups ", "entra_group"),
    ] {
        let key = if name == "entra_user" {
            "userPrincipalName"
        } else {
            "displayName"
        };
        let blank = Kind::Replace(format!("\"{key}\":\""), format!("\"{key}\":null,\"x\":\""));
        let place = Place::with(vec![fault(call, 0, 1, blank)]);
        let sealed = place.collect();
        let entry = table(&sealed, name);
        assert_eq!(entry.state, State::Partial, "{name}: {:?}", entry.reasons);
        assert!(entry.permission_needed.is_some(), "{name}");
    }
}

/// A collection with sign-ins, at a service that refuses them so.
fn refused_sign_ins(code: &str) -> (Place, countersign::collect::Sealed) {
    let place = Place::with(vec![fault(
        "signInActivity",
        0,
        usize::MAX,
        Kind::Status(403, format!("{{\"error\":{{\"code\":\"{code}\"}}}}")),
    )]);
    let mut config = place.config();
    let entra = config.sources.entry("entra".to_owned()).or_default();
    entra.sign_ins = true;
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    (place, sealed)
}

#[test]
fn without_the_permission_for_sign_ins_the_users_come_all_the_same() {
    for (code, permission, word) in [
        (
            "Authorization_RequestDenied",
            Some("AuditLog.Read.All"),
            "it needs AuditLog.Read.All",
        ),
        (
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            None,
            "no licence",
        ),
    ] {
        let (place, sealed) = refused_sign_ins(code);
        let entry = table(&sealed, "entra_user");
        assert_eq!(entry.state, State::Complete, "{:?}", entry.reasons);
        assert!(entry.rows > 300);
        assert_eq!(entry.permission_needed.as_deref(), permission);
        let [unread] = entry.unread_columns.as_slice() else {
            panic!("{:?}", entry.unread_columns);
        };
        assert_eq!(unread.column, "last_successful_sign_in_at");
        assert!(unread.wanted && unread.reason.contains(word), "{unread:?}");
        assert_eq!(entry.scope, ["column last_successful_sign_in_at"]);
        let told = evaluate(&place, &sealed.id, "entra/stale-member");
        assert!(told.contains("last_successful_sign_in_at"), "{told}");
    }
}

/// Why a rule is undecided over a snapshot; empty when it is decided.
fn evaluate(place: &Place, id: &str, rule: &str) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .args([
            "check",
            "--no-store",
            "--format",
            "json",
            "--max-age",
            "100000",
            "--snapshot",
            id,
        ])
        .args(["--rule", rule, "--config"])
        .arg(place.dir.path().join("countersign.toml"))
        .arg("--data")
        .arg(place.dir.path().join("data"))
        .output()
        .expect("the program runs");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rules = document["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|r| r["id"] == rule).expect("the rule");
    if rule["state"] == "unknown" {
        rule.to_string()
    } else {
        String::new()
    }
}

/// Graph gives null to those who may not read leave dates, or refuses the query.
#[test]
fn leave_dates_that_may_not_be_read_are_no_nulls() {
    let undated = Kind::Text(
        "{\"value\":[{\"id\":\"u1\",\"userPrincipalName\":\"a@example.org\",\"employeeLeaveDateTime\":null}]}"
            .to_owned(),
    );
    let may_not = fault("GET /users", 0, usize::MAX, undated);
    // The token says that it may read them: then nobody has one.
    let place = Place::with(vec![may_not.clone()]);
    let sealed = place.collect();
    assert!(table(&sealed, "entra_user").unread_columns.is_empty());
    // A token that does not say.
    let opaque = Kind::Replace(
        "\"access_token\":\"".to_owned(),
        "\"access_token\":\"x.".to_owned(),
    );
    let place = Place::with(vec![may_not, fault("POST /oauth2", 0, usize::MAX, opaque)]);
    let sealed = place.collect();
    let entry = table(&sealed, "entra_user");
    let [unread] = entry.unread_columns.as_slice() else {
        panic!("{:?}", entry.unread_columns);
    };
    assert_eq!((unread.column.as_str(), unread.wanted), ("leave_at", false));
    let told = evaluate(&place, &sealed.id, "entra/leaver-with-access");
    assert!(told.contains("leave_at"), "{told}");
    let refused = Kind::Status(
        403,
        "{\"error\":{\"code\":\"Authorization_RequestDenied\"}}".to_owned(),
    );
    let place = Place::with(vec![fault("employeeLeaveDateTime", 0, usize::MAX, refused)]);
    let sealed = place.collect();
    let entry = table(&sealed, "entra_user");
    assert!(entry.rows > 300, "{:?}", entry.reasons);
    // Live and deleted users come without it, and nothing else is missing.
    assert_eq!(entry.state, State::Complete, "{:?}", entry.reasons);
    assert_eq!(entry.unread_columns.len(), 1, "{:?}", entry.unread_columns);
    assert_eq!(entry.unread_columns[0].column, "leave_at");
    assert_eq!(
        entry.permission_needed.as_deref(),
        Some("User-LifeCycleInfo.Read.All")
    );
}

/// It was asked for, so what is left out is not null, whatever the token may read.
#[test]
fn a_leave_date_that_is_left_out_is_no_null() {
    let without = || Kind::Records(Change::Without("employeeLeaveDateTime"));
    for call in ["GET /users", "GET /directory/deletedItems"] {
        let place = Place::with(vec![fault(call, 0, 1, without())]);
        let sealed = place.collect();
        let entry = table(&sealed, "entra_user");
        assert_eq!(entry.state, State::Complete, "{call}: {:?}", entry.reasons);
        let [unread] = entry.unread_columns.as_slice() else {
            panic!("{call}: {:?}", entry.unread_columns);
        };
        assert_eq!(unread.column, "leave_at");
        assert!(
            unread.reason.contains("came without employeeLeaveDateTime"),
            "{call}: {}",
            unread.reason
        );
        let told = evaluate(&place, &sealed.id, "entra/leaver-with-access");
        assert!(told.contains("leave_at"), "{call}: {told}");
    }
    // The clock of the simulation stands still, so the program itself is not asked.
    let place = Place::with(vec![fault("GET /users", 0, usize::MAX, without())]);
    let config = place.config();
    let entra = [countersign::dataset::schema::Source::Entra];
    let probes = countersign::collect::live::preflight(&config, &entra, &place.live());
    let probes = probes.expect("tried");
    let of_dates = probes
        .iter()
        .find(|p| p.operation.name == "GET /users with leave dates")
        .expect("it is tried");
    assert_eq!(of_dates.state, State::Failed, "{}", of_dates.message);
    assert_eq!(of_dates.operation.permission, "User-LifeCycleInfo.Read.All");
    let clean = Place::with(Vec::new());
    let probes = countersign::collect::live::preflight(&clean.config(), &entra, &clean.live());
    for probe in probes.expect("tried") {
        assert_eq!(probe.state, State::Complete, "{}", probe.operation.name);
    }
}

/// A person of another organisation who was made a member is none of ours.
#[test]
fn a_guest_is_told_by_how_it_came_too() {
    let external = |faults| {
        let place = Place::with(faults);
        let sealed = place.collect();
        assert_eq!(table(&sealed, "entra_user").state, State::Complete);
        let rows = rows(&place.store(), &sealed.id);
        let of = |r: &&String| r.ends_with("true");
        rows["entra_user"].iter().filter(of).count()
    };
    let before = external(Vec::new());
    for (key, value) in [
        ("creationType", "Invitation"),
        ("externalUserState", "Accepted"),
    ] {
        let member = Kind::Records(Change::To(key, json!(value)));
        let after = external(vec![fault("GET /users", 0, 1, member)]);
        assert_eq!(after, before + 1, "{key}");
    }
}

#[test]
fn a_delta_query_that_is_refused_is_not_tried_for_every_part() {
    let clean = Place::with(Vec::new());
    let expected = clean.collect();
    let asked = |place: &Place| {
        let seen = place.seen();
        seen.iter()
            .filter(|s| s.operation == "GET /groups/delta")
            .count()
    };
    assert!(asked(&clean) > 1, "one part is not enough to tell");
    for (status, calls) in [(400, 1), (403, 1), (404, 1), (410, 2)] {
        let refused = Kind::Status(status, "{\"error\":{\"code\":\"no\"}}".to_owned());
        let place = Place::with(vec![fault("GET /groups/delta", 0, usize::MAX, refused)]);
        let sealed = place.collect();
        assert_eq!(asked(&place), calls, "{status}");
        let entry = table(&sealed, "entra_group_member");
        if status == 403 {
            let refused = matches!(entry.state, State::Denied | State::Failed);
            assert!(refused, "{:?}", entry.reasons);
            let needed = entry.permission_needed.as_deref();
            assert_eq!(needed, Some("GroupMember.Read.All"));
        } else {
            assert_eq!(
                entry.state,
                State::Complete,
                "{status}: {:?}",
                entry.reasons
            );
            let rows = table(&expected, "entra_group_member").rows;
            assert_eq!(entry.rows, rows, "{status}");
        }
    }
}

#[test]
fn two_objects_of_one_id_that_differ_are_named() {
    for (call, key, value, name, told) in [
        (
            "GET /users",
            "displayName",
            "other",
            "entra_user",
            "what GET /users with sign-ins gave",
        ),
        (
            "query Members",
            "role",
            "ADMIN",
            "github_member",
            "what query Members gave",
        ),
        (
            "identitystore.ListUsers",
            "UserStatus",
            "DISABLED",
            "identity_center_user",
            "what ListUsers gave",
        ),
        (
            "GET /clients",
            "name",
            "other",
            "auth0_client",
            "what GET /clients gave",
        ),
    ] {
        let again = Kind::Records(Change::Again(key, json!(value)));
        let place = Place::with(vec![fault(call, 0, 1, again)]);
        let sealed = place.collect();
        let entry = table(&sealed, name);
        let why = entry.reasons.join(" ");
        assert_eq!(entry.state, State::Partial, "{name}: {why}");
        assert!(why.contains("the id of another"), "{name}: {why}");
        assert!(why.contains(told), "{name}: {why}");
    }
}

#[test]
fn a_batch_in_which_one_list_is_refused_loses_that_list_alone() {
    let place = Place::new(Behaviour {
        delta: false,
        faults: vec![fault(
            "POST /$batch",
            0,
            1,
            Kind::Replace("\"status\":200".to_owned(), "\"status\":403".to_owned()),
        )],
        ..behaviour(Vec::new())
    });
    let sealed = place.collect();
    let states = ["entra_group_member", "entra_group_owner"].map(|t| table(&sealed, t).state);
    assert!(states.contains(&State::Partial), "{states:?}");
    assert!(table(&sealed, "entra_group_member").rows > 100);
}

#[test]
fn only_prefixed_groups_with_what_is_nested_in_them() {
    let all = Place::with(Vec::new());
    let scoped = Place::with(Vec::new());
    let mut config = scoped.config();
    let entra = config.sources.entry("entra".to_owned()).or_default();
    entra.only_prefixed = true;
    let a = all.collect();
    let b = scoped.try_collect(&scoped.live(), &config).expect("sealed");
    assert_eq!(
        table(&a, "entra_group_member").rows,
        table(&b, "entra_group_member").rows
    );
    assert_eq!(table(&b, "entra_group_member").state, State::Complete);
    assert!(table(&b, "entra_group").rows < table(&a, "entra_group").rows);
    let (a, b) = (rows(&all.store(), &a.id), rows(&scoped.store(), &b.id));
    assert_eq!(a["entra_group_member"].len(), b["entra_group_member"].len());
}

#[test]
fn only_a_budget_that_somebody_set_stops_a_collection() {
    let place = Place::with(Vec::new());
    let sent = |sealed: &countersign::collect::Sealed| -> u64 {
        sealed.manifest.requests.iter().map(|r| r.requests).sum()
    };
    let all = sent(&place.collect());
    // The last calls of all only cross-check a sample, so half of them it is.
    for most in [1, 40, all / 2, all] {
        let place = Place::with(Vec::new());
        let mut live = place.live();
        live.most = Some(most);
        let sealed = place.try_collect(&live, &place.config()).expect("sealed");
        assert_eq!(sent(&sealed), most);
        let lost: Vec<String> = sealed
            .manifest
            .tables
            .iter()
            .filter(|t| matches!(t.state, State::Partial | State::Failed))
            .map(|t| t.reasons.join(" "))
            .collect();
        assert_eq!(lost.is_empty(), most == all, "{most}: {lost:?}");
        let told = |r: &String| r.contains("--most-requests") && !r.contains("missing");
        assert!(lost.is_empty() || lost.iter().any(told), "{lost:?}");
    }
}
