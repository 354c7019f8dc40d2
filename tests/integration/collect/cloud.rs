//! What AWS clients, loops over accounts and projections make of an export: a
//! row of another place, an outcome that was cut off and a call that was never
//! made are told, and the forms that say the same give the same rows.

use std::fs;

use countersign::dataset::coverage::State;
use serde_json::{Value, json};

use super::place::{Place, countersign_state, gives, records, table};

const TRAIL: &str = "aws/cloudtrail-events.json";
const STORE: &str = "aws/identitystore-users.json";

/// The one file of a folder of the export whose name starts like this.
fn first(place: &Place, folder: &str) -> String {
    let mut names: Vec<String> = fs::read_dir(place.file(folder))
        .expect("a folder")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    format!("{folder}/{}", names.first().expect("a file"))
}

/// The account and Region whose secrets are in the export, as its path has them.
fn secrets(place: &Place) -> String {
    let account = first(place, "aws/secrets");
    first(place, &account)
}

fn account_of(path: &str) -> String {
    path.split('/').nth(2).expect("an account").to_owned()
}

#[test]
fn a_file_is_of_the_place_in_its_arns_whatever_it_is_called() {
    let other = "999988887777";
    let place = Place::new();
    let (path, roles, keys) = (
        secrets(&place),
        first(&place, "aws/iam-roles"),
        first(&place, "aws/iam-credential-report"),
    );
    let account = account_of(&path);
    for (file, tables) in [
        (&path, "aws_secret"),
        (&roles, "aws_role_last_used"),
        (&keys, "aws_access_key"),
    ] {
        let place = Place::new();
        let text = place.read(file);
        place.write(file, text.replace(&account, other));
        let sealed = place.import();
        let entry = table(&sealed, tables);
        assert_eq!(entry.state, State::Partial, "{file}: {:?}", entry.reasons);
        let said = entry.reasons.join(" ");
        assert!(said.contains(other) && said.contains(&account), "{said}");
        let rows = place.rows(
            &sealed,
            &format!("SELECT account_id FROM {tables} WHERE account_id = '{account}'"),
        );
        assert!(rows.is_empty(), "{file}: {rows:?}");
    }
    // A Region of another name is a file of another Region.
    let place = Place::new();
    let text = place.read(&path);
    let region = path
        .rsplit('/')
        .next()
        .expect("a name")
        .trim_end_matches(".json");
    place.write(&path, text.replace(region, "eu-north-1"));
    let sealed = place.import();
    assert_eq!(countersign_state(&sealed, "aws_secret"), State::Partial);
}

#[test]
fn names_without_twelve_digits_or_a_region_are_told() {
    for name in [
        "aws/secrets/production/eu-west-2.json",
        "aws/secrets/44445555666/eu-west-2.json",
        "aws/iam-roles/all.json",
        "aws/iam-credential-report/Copy of 000000000042.csv",
    ] {
        let table_of = if name.contains("secrets") {
            "aws_secret"
        } else if name.contains("roles") {
            "aws_role_last_used"
        } else {
            "aws_access_key"
        };
        gives(name, |p| p.write(name, "{}"), &[(table_of, State::Partial)]);
    }
}

#[test]
fn two_stores_or_instances_in_one_folder_are_told() {
    let place = Place::new();
    let mut users = records(&place.read(STORE), "Users");
    assert!(users.len() > 2 && users[0]["IdentityStoreId"].is_string());
    users[1]["IdentityStoreId"] = json!("d-9999999999");
    place.write(STORE, json!({ "Users": users }).to_string());
    let sealed = place.import();
    for name in ["identity_center_user", "identity_center_group"] {
        let entry = table(&sealed, name);
        assert_eq!(entry.state, State::Partial, "{name}: {:?}", entry.reasons);
    }
    assert!(
        table(&sealed, "identity_center_user")
            .reasons
            .join(" ")
            .contains("d-9999999999")
    );

    let place = Place::new();
    let file = "aws/sso-permission-sets.json";
    let text = place.read(file);
    let one = "ssoins-0000000000000000";
    assert!(text.matches(one).count() > 1, "several sets");
    place.write(file, text.replacen(one, "ssoins-1111111111111111", 1));
    let entry = place.import();
    let entry = table(&entry, "permission_set");
    assert_eq!(entry.state, State::Partial, "{:?}", entry.reasons);
}

/// A deployment of a function, as lookup-events prints one.
fn deployed(change: impl Fn(&mut Value, &mut Value)) -> Value {
    let mut detail = json!({
        "eventVersion": "1.11",
        "eventTime": "2026-10-20T10:00:00Z",
        "eventSource": "lambda.amazonaws.com",
        "eventName": "UpdateFunctionConfiguration20150331v2",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::444455556666:assumed-role/deploy/s"},
        "recipientAccountId": "444455556666",
        "awsRegion": "eu-west-2",
        "requestParameters": {"functionName": "login-sync"},
    });
    let mut event = json!({
        "EventId": "0d7d0f3e-0000-4000-8000-000000000001",
        "EventName": "UpdateFunctionConfiguration20150331v2",
        "EventTime": "2026-10-20T10:00:00Z",
        "EventSource": "lambda.amazonaws.com",
        "Resources": [],
    });
    change(&mut event, &mut detail);
    if event.get("CloudTrailEvent").is_none() {
        event["CloudTrailEvent"] = json!(detail.to_string());
    }
    event
}

/// State of the trail, and what is known of the one deployment: its outcome, its
/// function, account and Region.
fn trail(event: &Value) -> (State, Vec<Vec<String>>) {
    let place = Place::new();
    place.write(TRAIL, json!({"Events": [event]}).to_string());
    let sealed = place.import();
    let rows = place.rows(
        &sealed,
        "SELECT succeeded, function_folded, account_id, region FROM deployment",
    );
    (countersign_state(&sealed, "cloudtrail_event"), rows)
}

#[test]
fn an_outcome_that_was_not_read_is_no_success() {
    let outcome = |event: &Value| {
        let (state, rows) = trail(event);
        let known: Vec<String> = rows.into_iter().map(|row| row[0].clone()).collect();
        (state, known.join(" "))
    };
    let known = |state, text: &str| (state, text.to_owned());
    assert_eq!(
        outcome(&deployed(|_, _| {})),
        known(State::Complete, "true")
    );
    // A client that parses the detail, and members that say nothing was wrong.
    assert_eq!(
        outcome(&deployed(|e, d| {
            d["errorCode"] = Value::Null;
            e["CloudTrailEvent"] = d.clone();
        })),
        known(State::Complete, "true")
    );
    for refused in [
        json!({"errorCode": "AccessDenied"}),
        json!({"errorMessage": "Rate exceeded"}),
        json!({"errorCode": "", "errorMessage": "x"}),
    ] {
        let event = deployed(|_, d| {
            for (key, value) in refused.as_object().expect("an object") {
                d[key] = value.clone();
            }
        });
        assert_eq!(
            outcome(&event),
            known(State::Complete, "false"),
            "{refused}"
        );
    }
    let whole = deployed(|_, _| {})["CloudTrailEvent"]
        .as_str()
        .expect("a text")
        .to_owned();
    // Each of these lost something by which a refusal would have shown.
    for (what, text) in [
        ("cut", json!(whole[..whole.len() / 2])),
        ("projected", json!({"eventName": "UpdateFunctionConfiguration20150331v2", "requestParameters": {"functionName": "login-sync"}}).to_string().into()),
        ("a type's name", json!("System.Collections.Hashtable")),
        ("a number in place of a code", json!(deployed_with(&json!(5)))),
        ("null", Value::Null),
        ("a list", json!([whole])),
    ] {
        let event = deployed(|e, _| {
            e["CloudTrailEvent"] = text.clone();
            // What the list of resources still says of the function.
            e["Resources"] = json!([{"ResourceName": "login-sync", "ResourceType": "AWS::Lambda::Function"}]);
        });
        let (state, known) = outcome(&event);
        assert_eq!(state, State::Partial, "{what}");
        assert_eq!(known, "null", "{what}");
    }
}

fn deployed_with(code: &Value) -> String {
    let event = deployed(|_, d| d["errorCode"] = code.clone());
    event["CloudTrailEvent"]
        .as_str()
        .expect("a text")
        .to_owned()
}

#[test]
fn a_function_and_its_event_are_told_in_every_spelling() {
    let names = [
        "login-sync",
        "Login-Sync",
        "login-sync:live",
        "444455556666:function:login-sync",
        "arn:aws:lambda:eu-west-2:444455556666:function:login-sync",
        "arn:aws:lambda:eu-west-2:444455556666:function:login-sync:live",
        "arn:aws:lambda:eu-west-2:444455556666:function:login-sync:$LATEST",
    ];
    let events = [
        "UpdateFunctionConfiguration",
        "UpdateFunctionConfiguration20150331v2",
        "UpdateFunctionCode",
        "UpdateFunctionCode20150331v2",
        "CreateFunction20150331",
    ];
    let wanted = vec![
        ["true", "login-sync", "444455556666", "eu-west-2"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (n, name) in names.iter().enumerate() {
        for called in events.iter().skip(n % 2) {
            let event = deployed(|e, d| {
                e["EventName"] = json!(called);
                d["eventName"] = json!(called);
                d["requestParameters"]["functionName"] = json!(name);
            });
            assert_eq!(
                trail(&event),
                (State::Complete, wanted.clone()),
                "{called} of {name}"
            );
        }
    }
    // What only tries, and what is of another service, deploys nothing.
    let dry = deployed(|_, d| d["requestParameters"]["dryRun"] = json!(true));
    assert_eq!(trail(&dry).1, Vec::<Vec<String>>::new());
    let edge = deployed(|e, d| {
        e["EventSource"] = json!("cloudfront.amazonaws.com");
        d["eventSource"] = json!("cloudfront.amazonaws.com");
    });
    assert_eq!(trail(&edge).1, Vec::<Vec<String>>::new());
}

/// The state of the policies, how far the inline one reaches, and whether it
/// allows everything, with the answers on policies of one set replaced.
fn policies(answers: impl Fn(Value) -> Vec<Value>) -> (State, String, String) {
    let place = Place::new();
    let file = first(&place, "aws/sso-permission-set-policies");
    let id = file
        .rsplit('/')
        .next()
        .expect("a name")
        .trim_end_matches(".json");
    let plain: Value = serde_json::from_str(&place.read(&file)).expect("one document");
    let lines: Vec<String> = answers(plain).iter().map(Value::to_string).collect();
    place.write(&file, lines.join("\n"));
    let sealed = place.import();
    let sql = format!(
        "SELECT inline_reach, inline_allows_everything FROM permission_set WHERE ends_with(arn, '{id}')"
    );
    let rows = place.rows(&sealed, &sql);
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    let state = countersign_state(&sealed, "permission_set_policy");
    (state, row[0].clone(), row[1].clone())
}

#[test]
fn a_policy_is_read_in_its_printed_forms_and_as_far_as_it_reaches() {
    let with = |inline: Value| {
        policies(move |mut a| {
            a["InlinePolicy"] = inline.clone();
            vec![a]
        })
    };
    let policy = |statement: Value| json!({"Version": "2012-10-17", "Statement": statement});
    let star = policy(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    let encoded: String = star
        .to_string()
        .bytes()
        .map(|b| format!("%{b:02X}"))
        .collect();
    for form in [star.clone(), json!(star.to_string()), json!(encoded)] {
        assert_eq!(
            with(form.clone()),
            (State::Complete, "everything".into(), "true".into()),
            "{form}"
        );
    }
    for (statement, reach, everything) in [
        (
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
            "everything but",
            "null",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a"}),
            "everything but",
            "null",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "x"}}}),
            "everything under a condition",
            "null",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}),
            "everything",
            "true",
        ),
        (
            json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
            "less",
            "false",
        ),
        (
            json!({"Effect": "Allow", "Actions": "*", "Resource": "*"}),
            "not understood",
            "null",
        ),
    ] {
        assert_eq!(
            with(policy(statement.clone())),
            (State::Complete, reach.into(), everything.into()),
            "{statement}"
        );
    }
    assert_eq!(
        with(json!("")),
        (State::Complete, "none".into(), "null".into())
    );
    for unreadable in [json!("@{Version=2012-10-17}"), json!(7), json!([star])] {
        assert_eq!(
            with(unreadable.clone()),
            (State::Partial, "not understood".into(), "null".into()),
            "{unreadable}"
        );
    }
    // A list of one that became its element, and answers in documents of their own.
    let one = policies(|mut a| {
        a["AttachedManagedPolicies"] = a["AttachedManagedPolicies"][0].clone();
        vec![a]
    });
    assert_eq!(one, (State::Complete, "none".into(), "null".into()));
    let apart = policies(|a| {
        let map = a.as_object().expect("an object").clone();
        map.into_iter().map(|(k, v)| json!({k: v})).collect()
    });
    assert_eq!(apart, one);
}

#[test]
fn what_was_not_asked_is_not_none() {
    for member in [
        "AttachedManagedPolicies",
        "CustomerManagedPolicyReferences",
        "InlinePolicy",
    ] {
        let (state, reach, everything) = policies(|mut a| {
            a.as_object_mut().expect("an object").remove(member);
            vec![a]
        });
        assert_eq!(state, State::Partial, "{member}");
        if member == "InlinePolicy" {
            assert_eq!((reach.as_str(), everything.as_str()), ("not read", "null"));
        }
    }
    let gone = |file: &str| {
        let place = Place::new();
        fs::remove_file(place.file(file)).expect("removed");
        place.import()
    };
    let place = Place::new();
    let set = first(&place, "aws/sso-permission-set-policies");
    assert_eq!(
        countersign_state(&gone(&set), "permission_set_policy"),
        State::Partial
    );
    let versions = secrets(&place).replace("aws/secrets/", "aws/secret-versions/");
    let sealed = gone(&versions);
    let entry = table(&sealed, "aws_secret_version");
    assert_ne!(entry.state, State::Complete, "{:?}", entry.reasons);
}
