//! Every form of an event, and what each proves.

use serde_json::{Map, Value, json};

use super::{Fault, read};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn detail() -> Map<String, Value> {
    object(json!({
        "eventVersion": "1.11",
        "eventID": "e-1",
        "eventTime": "2026-10-20T10:00:00Z",
        "eventSource": "lambda.amazonaws.com",
        "eventName": "UpdateFunctionCode20150331v2",
        "awsRegion": "eu-west-2",
        "recipientAccountId": "000000000042",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::000000000042:assumed-role/a/b"},
        "requestParameters": {"functionName": "job"},
        "responseElements": null,
    }))
}

fn looked_up(detail: impl Into<Value>) -> Value {
    json!({
        "EventId": "e-1",
        "EventName": "UpdateFunctionCode20150331v2",
        "EventSource": "lambda.amazonaws.com",
        "EventTime": "2026-10-20T12:00:00+02:00",
        "Resources": [{"ResourceType": "AWS::Lambda::Function", "ResourceName": "job"}],
        "CloudTrailEvent": detail.into(),
    })
}

fn succeeded(value: Value) -> (Option<bool>, Vec<Fault>) {
    let (event, faults) = read(&object(value));
    (event.expect("an event").succeeded, faults)
}

#[test]
fn every_form_of_an_event_says_the_same() {
    let whole = detail();
    let text = Value::Object(whole.clone()).to_string();
    let lower = |change: fn(&str) -> String| -> Value {
        let row = whole.iter().map(|(key, value)| {
            let value = match value {
                Value::Object(_) => json!(value.to_string()),
                other => other.clone(),
            };
            (change(key), value)
        });
        Value::Object(row.collect())
    };
    let snake = |key: &str| {
        let mut out = String::new();
        for c in key.replace("ID", "Id").chars() {
            if c.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    };
    let (expected, none) = read(&whole);
    assert_eq!(none, []);
    let expected = expected.expect("an event");
    assert_eq!(expected.succeeded, Some(true));
    assert_eq!(expected.function.as_deref(), Some("job"));
    for form in [
        looked_up(text.clone()),
        looked_up(Value::Object(whole.clone())),
        json!({"version": "0", "id": "other", "detail-type": "AWS API Call via CloudTrail", "detail": whole.clone()}),
        lower(str::to_ascii_lowercase),
        lower(snake),
    ] {
        let (event, faults) = read(&object(form.clone()));
        assert_eq!(faults, [], "{form}");
        assert_eq!(
            event,
            Some(expected.clone()).map(|e| super::Event {
                resource: event.as_ref().and_then(|e| e.resource.clone()),
                ..e
            }),
            "{form}"
        );
        assert_eq!(
            event.and_then(|e| e.resource).as_deref(),
            Some("job"),
            "{form}"
        );
    }
}

#[test]
fn what_was_not_read_is_no_success() {
    let text = Value::Object(detail()).to_string();
    for (form, fault) in [
        (looked_up(&text[..text.len() - 9]), Fault::Cut),
        (looked_up("System.Object"), Fault::NoDetail),
        (looked_up(""), Fault::NoDetail),
        (looked_up(Value::Null), Fault::NoDetail),
        (looked_up(json!(["a"])), Fault::NoDetail),
        (looked_up(json!({})), Fault::Projected),
    ] {
        assert_eq!(succeeded(form.clone()), (None, vec![fault]), "{form}");
    }
    let mut chosen = object(looked_up(""));
    chosen.remove("CloudTrailEvent");
    assert_eq!(
        succeeded(Value::Object(chosen)),
        (None, vec![Fault::Projected])
    );
    for key in [
        "eventTime",
        "eventName",
        "eventSource",
        "awsRegion",
        "userIdentity",
    ] {
        let mut less = detail();
        less.remove(key);
        let form = looked_up(Value::Object(less).to_string());
        assert_eq!(succeeded(form), (None, vec![Fault::Projected]), "{key}");
    }
    let mut odd = detail();
    odd.insert("eventTime".to_owned(), json!("tuesday"));
    assert_eq!(
        succeeded(looked_up(Value::Object(odd))),
        (None, vec![Fault::Unreadable("eventTime")])
    );
    let mut other = detail();
    other.insert("eventName".to_owned(), json!("GetFunction"));
    assert_eq!(
        succeeded(looked_up(Value::Object(other))),
        (None, vec![Fault::Contradiction])
    );
}

#[test]
fn a_refused_call_did_nothing() {
    for (key, value, expected) in [
        ("errorCode", json!("AccessDenied"), Some(false)),
        ("error_code", json!("AccessDenied"), Some(false)),
        ("errorMessage", json!("Failed authentication"), Some(false)),
        ("errorCode", json!(null), Some(true)),
        ("errorcode", json!(""), Some(true)),
        ("errorCode", json!({"a": 1}), None),
        ("errorMessage", json!({"a": 1}), None),
        ("errorMessage", json!(""), Some(true)),
    ] {
        let mut one = detail();
        one.insert(key.to_owned(), value.clone());
        assert_eq!(succeeded(Value::Object(one)).0, expected, "{key} {value}");
    }
    let mut dry = detail();
    dry.insert(
        "requestParameters".to_owned(),
        json!({"functionName": "job", "dryRun": true}),
    );
    let (event, _) = read(&dry);
    assert_eq!(event.and_then(|e| e.function), None);
}

#[test]
fn an_event_needs_an_id() {
    let mut one = detail();
    one.remove("eventID");
    assert_eq!(read(&one), (None, vec![Fault::NoId]));
}
