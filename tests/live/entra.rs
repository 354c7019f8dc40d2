//! Entra: what Graph leaves out without a word, and what is asked again in
//! another way.

use countersign::dataset::coverage::State;
use countersign::estate::serve::{Behaviour, Kind};

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

#[test]
fn without_the_permission_for_sign_ins_the_users_come_all_the_same() {
    let place = Place::with(vec![fault(
        "signInActivity",
        0,
        usize::MAX,
        Kind::Status(
            403,
            "{\"error\":{\"code\":\"Authorization_RequestDenied\"}}".to_owned(),
        ),
    )]);
    let mut config = place.config();
    let entra = config.sources.entry("entra".to_owned()).or_default();
    entra.sign_ins = true;
    let sealed = place.try_collect(&place.live(), &config).expect("sealed");
    let entry = table(&sealed, "entra_user");
    assert_eq!(entry.state, State::Complete, "{:?}", entry.reasons);
    assert!(entry.rows > 300);
    assert_eq!(
        entry.permission_needed.as_deref(),
        Some("AuditLog.Read.All")
    );
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
fn a_source_that_sends_more_than_the_last_snapshot_suggests_stops_for_good() {
    let place = Place::with(Vec::new());
    let mut live = place.live();
    live.expected = [(countersign::dataset::schema::Source::IdentityCenter, 40)].into();
    let sealed = place.try_collect(&live, &place.config()).expect("sealed");
    let sent: u64 = sealed
        .manifest
        .requests
        .iter()
        .filter(|r| r.source == "identity_center")
        .map(|r| r.requests)
        .sum();
    assert_eq!(sent, 40 + 8 + 25);
    let entry = table(&sealed, "account_assignment");
    assert!(matches!(entry.state, State::Partial | State::Failed));
    assert!(
        entry.reasons.join(" ").contains("--unplanned"),
        "{:?}",
        entry.reasons
    );
}
