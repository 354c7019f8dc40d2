//! Every value is read, declared unreadable, or declared absent by its source:
//! the forms that other tools and hands give to an export.

use std::fs;

use countersign::collect::Sealed;
use countersign::dataset::coverage::State;
use serde_json::{Value, json};

use super::place::{Place, countersign_state, gives, records, table};

const APPLICATIONS: &str = "entra/applications.json";
const CREDENTIALS: &str = "SELECT application_key, key_id, kind, start_at, end_at FROM entra_credential ORDER BY application_key, key_id, kind";

type Change = Box<dyn Fn(&mut Value)>;

fn with_applications(change: impl Fn(&mut Value)) -> (Place, Sealed) {
    let place = Place::new();
    let mut all = records(&place.read(APPLICATIONS), "value");
    all.iter_mut().for_each(change);
    place.write(APPLICATIONS, json!({ "value": all }).to_string());
    let sealed = place.import();
    (place, sealed)
}

/// Applies a change to every credential of an application.
fn each_credential(application: &mut Value, change: &dyn Fn(&mut Value)) {
    for list in ["passwordCredentials", "keyCredentials"] {
        application[list]
            .as_array_mut()
            .expect("a list")
            .iter_mut()
            .for_each(change);
    }
}

fn renamed(object: &mut Value, from: &str, to: &str) {
    let map = object.as_object_mut().expect("an object");
    let value = map.remove(from).expect("the member");
    map.insert(to.to_owned(), value);
}

fn millis(text: &Value) -> i64 {
    let at: chrono::DateTime<chrono::Utc> = text.as_str().expect("a text").parse().expect("a time");
    at.timestamp_millis()
}

/// Names as PowerShell prints those of its types: a capital first.
fn pascal(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let mut letters = key.chars();
                let first = letters.next().expect("a letter").to_ascii_uppercase();
                (format!("{first}{}", letters.as_str()), pascal(value))
            })
            .collect(),
        Value::Array(items) => items.iter().map(pascal).collect(),
        other => other.clone(),
    }
}

#[test]
fn credentials_are_read_in_the_forms_of_every_tool() {
    let place = Place::new();
    let plain = place.rows(&place.import(), CREDENTIALS);
    assert!(
        plain.len() > 3 && plain.iter().all(|r| r[4] != "null"),
        "{plain:?}"
    );
    let date = |credential: &mut Value, form: &dyn Fn(i64) -> Value| {
        for key in ["startDateTime", "endDateTime"] {
            credential[key] = form(millis(&credential[key]));
        }
    };
    let dates = |form: fn(i64) -> Value| -> Change {
        Box::new(move |a| each_credential(a, &|c| date(c, &form)))
    };
    let lists = |form: fn(&Value) -> Value| -> Change {
        Box::new(move |a| {
            for list in ["passwordCredentials", "keyCredentials"] {
                a[list] = form(&a[list]);
            }
        })
    };
    let forms: Vec<(&str, Change)> = vec![
        ("/Date()/", dates(|ms| json!(format!("/Date({ms})/")))),
        ("/Date(+)/", dates(|ms| json!(format!("/Date({ms}+0100)/")))),
        ("epoch milliseconds", dates(|ms| json!(ms))),
        ("epoch seconds", dates(|ms| json!(ms / 1000))),
        (
            "PowerShell 7",
            dates(
                |ms| json!({"value": format!("/Date({ms})/"), "DisplayHint": 2, "DateTime": "Tuesday"}),
            ),
        ),
        (
            "names of the graph before this one",
            Box::new(|a| {
                each_credential(a, &|c| {
                    renamed(c, "startDateTime", "startDate");
                    renamed(c, "endDateTime", "endDate");
                });
            }),
        ),
        ("names of PowerShell", Box::new(|a| *a = pascal(a))),
        (
            "an object id",
            Box::new(|a| {
                *a = pascal(a);
                renamed(a, "Id", "ObjectId");
            }),
        ),
        (
            "a list of one that became its element",
            lists(|list| match list.as_array().expect("a list").as_slice() {
                [one] => one.clone(),
                _ => list.clone(),
            }),
        ),
        (
            "a list wrapped up",
            lists(|list| json!({"value": list, "Count": list.as_array().map(Vec::len)})),
        ),
        ("a list as a text", lists(|list| json!(list.to_string()))),
    ];
    for (what, change) in &forms {
        let (place, sealed) = with_applications(change);
        let entry = table(&sealed, "entra_credential");
        assert_eq!(entry.state, State::Complete, "{what}: {:?}", entry.reasons);
        assert_eq!(place.rows(&sealed, CREDENTIALS), plain, "{what}");
    }
}

#[test]
fn credentials_that_cannot_be_read_are_never_none_and_never_endless() {
    let replaced = |value: Value| move |a: &mut Value| a["passwordCredentials"] = value.clone();
    let unread = [
        json!("System.Object[]"),
        json!("Microsoft.Graph.PowerShell.Models.MicrosoftGraphPasswordCredential"),
        json!(["System.Collections.Hashtable"]),
        json!(["@{KeyId=1; EndDate=2}"]),
        json!(["", 3, null]),
        json!(3),
        json!(true),
        json!("none"),
        json!({}),
        json!([[]]),
    ];
    for form in unread {
        let (_, sealed) = with_applications(replaced(form.clone()));
        let entry = table(&sealed, "entra_credential");
        assert_eq!(entry.state, State::Partial, "{form}");
        let said = entry.reasons.join(" ");
        assert!(said.contains("passwordCredentials"), "{form}: {said}");
        assert_eq!(
            countersign_state(&sealed, "entra_application"),
            State::Complete
        );
    }
    let ends: [&dyn Fn(&mut Value); 7] = [
        &|c| c["endDateTime"] = json!("11/30/2026 6:00:00 AM"),
        &|c| c["endDateTime"] = json!("System.DateTime"),
        &|c| c["endDateTime"] = json!({"DateTime": "Tuesday"}),
        &|c| c["endDateTime"] = json!(20_261_130),
        &|c| renamed(c, "endDateTime", "end"),
        &|c| c["endDate"] = json!("2031-01-01T00:00:00Z"),
        &|c| {
            c.as_object_mut().expect("an object").remove("endDateTime");
        },
    ];
    for (n, end) in ends.iter().enumerate() {
        let (place, sealed) = with_applications(|a| each_credential(a, end));
        let entry = table(&sealed, "entra_credential");
        assert_eq!(entry.state, State::Partial, "{n}");
        assert!(
            entry.reasons.join(" ").contains("endDateTime"),
            "{n}: {:?}",
            entry.reasons
        );
        let rows = place.rows(&sealed, CREDENTIALS);
        assert!(rows.iter().all(|r| r[4] == "null"), "{n}");
        // With the file, the place in it, and what belongs there.
        let problem = sealed
            .problems
            .iter()
            .find(|p| p.file == APPLICATIONS)
            .expect("a problem");
        assert!(
            problem.position.starts_with("$[0].value["),
            "{}",
            problem.position
        );
        assert!(
            problem.position.contains("Credentials["),
            "{}",
            problem.position
        );
    }
    for list in ["passwordCredentials", "keyCredentials", "owners"] {
        let (_, sealed) = with_applications(|a| {
            a.as_object_mut().expect("an object").remove(list);
        });
        let lost = if list == "owners" {
            "entra_application_owner"
        } else {
            "entra_credential"
        };
        assert_eq!(countersign_state(&sealed, lost), State::Partial, "{list}");
    }
}

#[test]
fn a_token_is_endless_only_where_github_says_so() {
    const FILE: &str = "github/personal-access-tokens.json";
    let of = |expires: Option<Value>| {
        let place = Place::new();
        let mut token = json!({"id": 1, "owner": {"login": "mona"}, "token_id": 1, "token_name": "ci", "token_expired": false, "access_granted_at": "2026-01-01T00:00:00Z"});
        if let Some(expires) = expires {
            token["token_expires_at"] = expires;
        }
        place.write(FILE, json!([token]).to_string());
        let sealed = place.import();
        let rows = place.rows(&sealed, "SELECT expires_at, ends FROM github_token");
        (
            countersign_state(&sealed, "github_token"),
            rows[0][1].clone(),
        )
    };
    assert_eq!(
        of(Some(json!("2027-01-01T00:00:00Z"))),
        (State::Complete, "true".to_owned())
    );
    assert_eq!(of(Some(Value::Null)), (State::Complete, "false".to_owned()));
    assert_eq!(
        of(Some(json!("never"))),
        (State::Partial, "null".to_owned())
    );
    assert_eq!(of(None), (State::Partial, "null".to_owned()));
}

#[test]
fn text_of_every_encoding_is_read() {
    let wide = |text: &str, little: bool| -> Vec<u8> {
        let swap = |u: u16| {
            if little {
                u.to_le_bytes()
            } else {
                u.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(swap).collect()
    };
    let place = Place::new();
    let sql = "SELECT login, role, two_factor FROM github_member ORDER BY login";
    let plain = place.rows(&place.import(), sql);
    let text = place.read("github/members.json");
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("UTF-16LE", wide(&format!("\u{feff}{text}"), true)),
        ("UTF-16BE", wide(&format!("\u{feff}{text}"), false)),
        ("UTF-16LE without a mark", wide(&text, true)),
        ("UTF-16BE without a mark", wide(&text, false)),
        (
            "UTF-8 with two marks",
            format!("\u{feff}{text}\r\n\u{feff}\r\n").into_bytes(),
        ),
    ];
    for (what, bytes) in &forms {
        place.write("github/members.json", bytes);
        let other = Place::new();
        other.write("github/members.json", bytes);
        let sealed = other.import();
        assert_eq!(
            countersign_state(&sealed, "github_member"),
            State::Complete,
            "{what}"
        );
        assert_eq!(other.rows(&sealed, sql), plain, "{what}");
    }
    let wider: Vec<u8> = text
        .chars()
        .flat_map(|c| (c as u32).to_le_bytes())
        .collect();
    let mut latin = text.clone().into_bytes();
    let at = text.find("login\":\"").expect("a login") + "login\":\"".len();
    latin.insert(at, 0xe9);
    for (what, bytes, said) in [("UTF-32", wider, "UTF-32"), ("Latin-1", latin, "not UTF-8")] {
        let sealed = gives(what, |p| p.write("github/members.json", &bytes), &[]);
        let entry = table(&sealed, "github_member");
        assert_ne!(entry.state, State::Complete, "{what}");
        assert!(
            entry.reasons.join(" ").contains(said),
            "{what}: {:?}",
            entry.reasons
        );
    }
}

#[test]
fn what_systems_and_editors_leave_is_no_export() {
    let place = Place::new();
    let plain = place.import();
    let place = Place::new();
    let sidecar = [0, 5, 0x16, 7, 0, 2, 0, 0];
    for name in [
        "entra/._users.json",
        "entra/group-members/._00000000-0000-4000-8000-000000000101.json",
        "aws/secrets/000000000042/._eu-west-2.json",
        "aws/secrets/.DS_Store",
        "aws/secret-versions/000000000042/desktop.ini",
        "github/repo-secrets/Thumbs.db",
        "__MACOSX/aws/secrets/000000000042/._eu-west-2.json",
        "aws/secrets/__MACOSX/000000000042.json",
    ] {
        place.write(name, sidecar);
    }
    let sealed = place.import();
    let states = |s: &Sealed| -> Vec<(String, State, u64)> {
        let tables = s.manifest.tables.iter();
        tables.map(|t| (t.table.clone(), t.state, t.rows)).collect()
    };
    assert_eq!(states(&sealed), states(&plain));
    assert_eq!(sealed.unread, Vec::<String>::new());
    let place = Place::new();
    for name in [
        "entra/group-members/.00000000-0000-4000-8000-000000000101.json",
        "entra/group-members/copy of the list.json",
        "aws/secrets/000000000042/eu-west-2.json~",
        "aws/secrets/000000000042/~$eu-west-2.json",
    ] {
        place.write(name, "{\"value\": [{\"id\": \"x\"}]}");
    }
    let sealed = place.import();
    assert_eq!(states(&sealed), states(&plain));
    assert_eq!(sealed.unread.len(), 4, "{:?}", sealed.unread);
}

#[test]
fn events_are_read_within_their_envelopes() {
    const FILE: &str = "auth0/logs.json";
    let event = |n: u32| json!({"log_id": format!("9002{n}"), "date": "2026-10-29T08:00:00.000Z", "type": "s", "connection": "entra-oidc"});
    let rows = |text: String| {
        let place = Place::new();
        place.write(FILE, text);
        let sealed = place.import();
        let state = countersign_state(&sealed, "auth0_log_event");
        (state, place.rows(&sealed, "SELECT log_id, occurred_at, event_type, connection FROM auth0_log_event ORDER BY log_id"))
    };
    let plain = rows(json!([event(1), event(2)]).to_string());
    assert_eq!((plain.0, plain.1.len()), (State::Complete, 2));
    let lines = |wrap: &dyn Fn(Value) -> Value| format!("{}\n{}\n", wrap(event(1)), wrap(event(2)));
    let list = |wrap: &dyn Fn(Value) -> Value| json!([wrap(event(1)), wrap(event(2))]).to_string();
    let stream = |e: Value| json!({"log_id": e["log_id"], "data": e});
    let bus = |e: Value| json!({"id": "a", "detail-type": "Auth0 log", "detail": {"log_id": e["log_id"], "data": e}});
    for text in [
        lines(&stream),
        list(&stream),
        lines(&bus),
        list(&bus),
        json!({"logs": [stream(event(1)), stream(event(2))], "total": 2}).to_string(),
        json!({"value": [event(1), event(2)], "Count": 2}).to_string(),
        json!([[event(1)], [event(2)]]).to_string(),
        json!({"logs": event(1)}).to_string() + &json!({"logs": [event(2)]}).to_string(),
        json!([pascal(&event(1)), pascal(&event(2))]).to_string(),
    ] {
        assert_eq!(rows(text.clone()), plain, "{text}");
    }
    for text in [
        lines(&|e| json!({"log_id": e["log_id"], "payload": e})),
        list(&|e| json!({"log_id": e["log_id"]})),
        json!(["9001", "9002"]).to_string(),
        json!({"tables": [{"columns": [{"name": "date"}], "rows": [["2026-10-29"]]}]}).to_string(),
        json!({"logs": "System.Object[]"}).to_string(),
    ] {
        let (state, rows) = rows(text.clone());
        assert_eq!((state, rows.len()), (State::Failed, 0), "{text}");
    }
}

#[test]
fn what_a_diagnostic_setting_exports_is_read() {
    const FILE: &str = "entra/directory-audits.json";
    let sql = "SELECT event_id, activity, occurred_at, target_id, group_id FROM entra_audit_event ORDER BY event_id, target_id";
    let place = Place::new();
    let plain = place.rows(&place.import(), sql);
    assert!(plain.len() > 10);
    let events = records(&place.read(FILE), "value");
    let exported = |e: &Value| json!({"time": "2026-10-01T00:00:00Z", "category": "AuditLogs", "operationName": "x", "properties": e});
    let exported: Vec<Value> = events.iter().map(exported).collect();
    let flat = events.iter().map(|e| {
        let mut flat = pascal(e);
        for nested in ["TargetResources", "InitiatedBy"] {
            flat[nested] =
                json!(e[format!("{}{}", nested[..1].to_lowercase(), &nested[1..])].to_string());
        }
        flat
    });
    let lines: Vec<String> = exported.iter().map(Value::to_string).collect();
    for text in [
        json!({ "records": exported }).to_string(),
        lines.join("\n"),
        flat.into_iter().collect::<Value>().to_string(),
    ] {
        let place = Place::new();
        place.write(FILE, &text);
        let sealed = place.import();
        let entry = table(&sealed, "entra_audit_event");
        assert_eq!(entry.state, State::Complete, "{:?}", entry.reasons);
        assert_eq!(place.rows(&sealed, sql), plain);
    }
}

#[test]
fn answers_of_graphql_are_read_without_their_outermost_member() {
    let place = Place::new();
    let sql = "SELECT login, role FROM github_member ORDER BY login";
    let plain = place.rows(&place.import(), sql);
    let text = place.read("github/members.json");
    let pages: Vec<Value> = serde_json::Deserializer::from_str(&text)
        .into_iter()
        .map(|page| page.expect("a page"))
        .collect();
    let inner: Vec<String> = pages.iter().map(|p| p["data"].to_string()).collect();
    let around: Vec<String> = pages
        .iter()
        .map(|p| json!({"status": 200, "body": p}).to_string())
        .collect();
    for text in [inner.join("\n"), around.join("\n")] {
        let place = Place::new();
        place.write("github/members.json", text);
        let sealed = place.import();
        assert_eq!(countersign_state(&sealed, "github_member"), State::Complete);
        assert_eq!(place.rows(&sealed, sql), plain);
    }
    let sealed = gives(
        "errors in an odd form",
        |p| {
            let text = p.read("github/members.json");
            p.write("github/members.json", text + "{\"errors\": \"denied\"}");
        },
        &[("github_member", State::Failed)],
    );
    assert!(
        table(&sealed, "github_member")
            .reasons
            .join(" ")
            .contains("denied")
    );
}

#[test]
fn people_of_two_tenants_are_told_and_marks_of_guests_are_kept() {
    let with = |more: &[Value]| {
        let place = Place::new();
        let mut users = records(&place.read("entra/users.json"), "value");
        users.extend_from_slice(more);
        place.write("entra/users.json", json!({ "value": users }).to_string());
        let sealed = place.import();
        (place, sealed)
    };
    let user = |id: &str, more: Value| {
        let mut user = json!({"id": id, "accountEnabled": true, "displayName": id, "userPrincipalName": format!("{id}@example.gov.uk"), "userType": "Member"});
        for (key, value) in more.as_object().expect("an object") {
            user[key] = value.clone();
        }
        user
    };
    let (_, sealed) = with(&[
        user(
            "x",
            json!({"userPrincipalName": "x_else.example#EXT#@other.onmicrosoft.com"}),
        ),
        user(
            "y",
            json!({"userPrincipalName": "y_else.example#EXT#@example.onmicrosoft.com"}),
        ),
    ]);
    let entry = table(&sealed, "entra_user");
    assert_eq!(entry.state, State::Partial);
    let said = entry.reasons.join(" ");
    assert!(
        said.contains("2 tenants") && said.contains("other.onmicrosoft.com"),
        "{said}"
    );
    let (place, sealed) = with(&[
        user(
            "x-1",
            json!({"userPrincipalName": "x_else.example#EXT#@example.onmicrosoft.com"}),
        ),
        user("x-2", json!({"creationType": "Invitation"})),
        user("x-3", json!({"externalUserState": "Accepted"})),
        user("x-4", json!({"userType": "guest"})),
        user(
            "x-5",
            json!({"externalUserState": null, "creationType": null}),
        ),
        user("x-6", json!({"userType": null})),
    ]);
    let rows = place.rows(
        &sealed,
        "SELECT user_id, external FROM entra_user WHERE user_id LIKE 'x-%' ORDER BY user_id",
    );
    let expected = ["true", "true", "true", "true", "false", "null"];
    assert_eq!(
        rows.iter().map(|r| r[1].as_str()).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn a_folder_of_two_organisations_is_told() {
    let sealed = gives(
        "events of two organisations",
        |p| {
            let events = json!([
                {"_document_id": "1", "action": "team.add_member", "@timestamp": 1_790_000_000_000_i64, "org": "one"},
                {"_document_id": "2", "action": "team.add_member", "@timestamp": 1_790_000_000_000_i64, "org": "two"},
            ]);
            p.write("github/audit-log.json", events.to_string());
        },
        &[("github_audit_event", State::Partial)],
    );
    assert!(
        table(&sealed, "github_audit_event")
            .reasons
            .join(" ")
            .contains("organisations")
    );
}

#[test]
fn a_group_without_a_type_is_followed_all_the_same() {
    let rows = |place: &Place| {
        let sealed = place.import();
        let entry = table(&sealed, "entra_group_member");
        assert_eq!(entry.state, State::Complete, "{:?}", entry.reasons);
        place.rows(&sealed, "SELECT group_key, user_key, member_id, member_type FROM entra_group_member WHERE member_type IN ('group', 'user') ORDER BY group_key, user_key, member_id")
    };
    let place = Place::new();
    let plain = rows(&place);
    let place = Place::new();
    for file in fs::read_dir(place.file("entra/group-members")).expect("files") {
        let path = file.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a file");
        for kind in ["user", "group"] {
            let named = format!("\"@odata.type\":\"#microsoft.graph.{kind}\",");
            if text.contains(&named) {
                fs::write(&path, text.replace(&named, "")).expect("written");
            }
        }
    }
    assert_eq!(rows(&place), plain);
}
