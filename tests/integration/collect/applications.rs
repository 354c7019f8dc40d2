//! What is provisioned where, and who is assigned to applications: a file for
//! each permission set and each application, which may be missing or cut.

use std::fs;

use countersign::dataset::coverage::State;
use serde_json::json;

use super::place::{Place, gives, table};

const PROVISIONED: &str = "permission_set_provisioning";
const APPLICATIONS: &str = "identity_center_application";
const ASSIGNED: &str = "application_assignment";
const ACCOUNTS: &str = "aws/sso-permission-set-accounts";
const LIST: &str = "aws/sso-applications.json";
const OF_EACH: &str = "aws/sso-application-assignments";
/// A permission set that somebody is assigned.
const FIRST: &str = "ps-0000000000000001";

fn remove(place: &Place, name: &str) {
    let path = place.file(name);
    if path.is_dir() {
        fs::remove_dir_all(path).expect("removed");
    } else {
        fs::remove_file(path).expect("removed");
    }
}

/// Name of the file of an application that somebody is assigned to.
fn one_application(place: &Place) -> String {
    let mut names: Vec<String> = fs::read_dir(place.file(OF_EACH))
        .expect("files")
        .map(|e| {
            let name = e.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    let assigned = names
        .into_iter()
        .map(|name| format!("{OF_EACH}/{name}"))
        .find(|file| place.read(file).contains("PrincipalId"));
    assigned.expect("an application")
}

fn with_token(text: &str) -> String {
    let at = text.rfind("]}").expect("the end of a page");
    format!("{}],\"NextToken\":\"more\"}}", &text[..at])
}

#[test]
fn provisioning_has_a_file_for_each_permission_set() {
    let file = format!("{ACCOUNTS}/{FIRST}.json");
    let one = |state| {
        [
            (PROVISIONED, state),
            ("account_assignment", State::Complete),
        ]
    };
    let sealed = gives("in order", |_| {}, &one(State::Complete));
    let all = table(&sealed, PROVISIONED).rows;
    gives("none", |p| remove(p, ACCOUNTS), &one(State::Skipped));
    let sealed = gives("one is missing", |p| remove(p, &file), &one(State::Partial));
    let entry = table(&sealed, PROVISIONED);
    assert!(entry.rows > 0 && entry.rows < all);
    assert!(
        entry.scope.iter().any(|s| s.ends_with(FIRST)),
        "{:?}",
        entry.scope
    );
    let sealed = gives(
        "a page left over",
        |p| p.write(&file, with_token(&p.read(&file))),
        &one(State::Partial),
    );
    assert_eq!(table(&sealed, PROVISIONED).rows, all);
    gives(
        "two pages",
        |p| {
            let text = p.read(&file);
            p.write(&file, format!("{}\n{text}", with_token(&text)));
        },
        &one(State::Complete),
    );
    gives(
        "an error answer",
        |p| {
            let error = json!({"__type": "AccessDeniedException"});
            p.write(&file, error.to_string());
        },
        &one(State::Failed),
    );
    for odd in [
        json!({"Accounts": []}),
        json!({"AccountIds": [42]}),
        json!({}),
    ] {
        gives(
            "no ids of accounts",
            |p| p.write(&file, odd.to_string()),
            &one(State::Partial),
        );
    }
    let sealed = gives(
        "empty, although many are assigned",
        |p| p.write(&file, "{\"AccountIds\":[]}"),
        &one(State::Partial),
    );
    let reasons = table(&sealed, PROVISIONED).reasons.join(" ");
    assert!(reasons.contains("other tables refer to"), "{reasons}");
    gives(
        "permission sets that nobody lists",
        |p| remove(p, "aws/sso-permission-sets.json"),
        &[(PROVISIONED, State::Partial)],
    );
}

#[test]
fn what_is_missing_from_the_snapshot_keeps_its_id() {
    let place = Place::new();
    let accounts = json!({"AccountIds": ["000000000030", "777777777777"]});
    place.write(&format!("{ACCOUNTS}/ps-gone.json"), accounts.to_string());
    let sealed = place.import();
    assert_eq!(table(&sealed, PROVISIONED).state, State::Complete);
    let found = place.rows(
        &sealed,
        "SELECT c.account_id, p.account_id AS missing, p.permission_set_id FROM permission_set_provisioning AS p LEFT JOIN aws_account AS c ON c.account_key = p.account_key WHERE p.permission_set_key IS NULL ORDER BY COALESCE(p.account_id, c.account_id)",
    );
    assert_eq!(
        found,
        [
            ["000000000030", "null", "ps-gone"],
            ["null", "777777777777", "ps-gone"]
        ]
    );
}

#[test]
fn applications_have_a_list_and_a_file_each() {
    let of = |list, each| [(APPLICATIONS, list), (ASSIGNED, each)];
    let (complete, partial) = (State::Complete, State::Partial);
    let (failed, skipped) = (State::Failed, State::Skipped);
    gives("in order", |_| {}, &of(complete, complete));
    gives(
        "neither was exported",
        |p| {
            remove(p, LIST);
            remove(p, OF_EACH);
        },
        &of(skipped, skipped),
    );
    gives(
        "the list alone",
        |p| remove(p, OF_EACH),
        &of(complete, skipped),
    );
    gives("no list", |p| remove(p, LIST), &of(skipped, partial));
    let sealed = gives(
        "one application has no file",
        |p| remove(p, &one_application(p)),
        &of(complete, partial),
    );
    let scope = &table(&sealed, ASSIGNED).scope;
    assert!(scope[0].contains(":application/"), "{scope:?}");
    gives(
        "a page of applications left over",
        |p| p.write(LIST, with_token(&p.read(LIST))),
        &of(partial, partial),
    );
    gives(
        "a page of assignments left over",
        |p| {
            let file = one_application(p);
            p.write(&file, with_token(&p.read(&file)));
        },
        &of(complete, partial),
    );
    let error = json!({"__type": "AccessDeniedException"}).to_string();
    gives(
        "an error in place of the list",
        |p| p.write(LIST, &error),
        &of(failed, partial),
    );
    gives(
        "an error in place of assignments",
        |p| p.write(&one_application(p), &error),
        &of(complete, failed),
    );
    gives(
        "no applications at all",
        |p| {
            p.write(LIST, "{\"Applications\":[]}");
            remove(p, OF_EACH);
        },
        &of(complete, complete),
    );
    gives(
        "no applications, and assignments of some",
        |p| p.write(LIST, "{\"Applications\":[]}"),
        &of(partial, complete),
    );
    gives(
        "records of something else",
        |p| {
            p.write(
                &one_application(p),
                "{\"ApplicationAssignments\":[{\"PrincipalId\":\"x\"}]}",
            );
            p.write(LIST, "{\"Applications\":[{\"Name\":\"x\"}]}");
        },
        &of(partial, partial),
    );
}

#[test]
fn applications_are_named_where_their_name_is_their_own() {
    let place = Place::new();
    let application = |id: &str, name: &str| json!({"ApplicationArn": format!("arn:x/{id}"), "Name": name, "ApplicationAccount": "000000000030"});
    let all = json!({"Applications": [application("a", "Charts"), application("b", "charts"), application("c", "Desk")]});
    place.write(LIST, all.to_string());
    remove(&place, OF_EACH);
    for id in ["a", "b", "c"] {
        place.write(
            &format!("{OF_EACH}/{id}.json"),
            "{\"ApplicationAssignments\":[]}",
        );
    }
    let sealed = place.import();
    assert_eq!(table(&sealed, ASSIGNED).state, State::Complete);
    let found = place.rows(
        &sealed,
        "SELECT a.label, c.account_id, a.status FROM identity_center_application AS a JOIN aws_account AS c ON c.account_key = a.account_key ORDER BY a.ic_application_key",
    );
    assert_eq!(
        found,
        [
            ["arn:x/a", "000000000030", "null"],
            ["arn:x/b", "000000000030", "null"],
            ["Desk", "000000000030", "null"]
        ]
    );
}
