//! Pages left over, error answers, files that stop, are missing or empty.

use std::fs;

use countersign::dataset::coverage::State;
use serde_json::{Value, json};

use super::place::{Place, countersign_state, gives, table};

#[test]
fn an_export_in_order_is_complete() {
    let sealed = gives("nothing", |_| {}, &[]);
    for entry in &sealed.manifest.tables {
        assert!(
            matches!(entry.state, State::Complete | State::Skipped),
            "{}: {:?}",
            entry.table,
            entry.reasons
        );
    }
    assert_eq!(sealed.unread, Vec::<String>::new());
}

#[test]
fn a_page_left_over_makes_a_table_partial() {
    let next = |text: &str, from: &str, to: &str| {
        let at = text.rfind(from).expect("the end of the last page");
        format!("{}{to}{}", &text[..at], &text[at + from.len()..])
    };
    gives(
        "a next link",
        |p| {
            let text = p.read("entra/users.json");
            let link = "],\"@odata.nextLink\":\"https://graph.example/next\"}";
            p.write("entra/users.json", next(&text, "]}", link));
        },
        &[
            ("entra_user", State::Partial),
            ("entra_group", State::Complete),
        ],
    );
    gives(
        "a token",
        |p| {
            let text = p.read("aws/identitystore-users.json");
            p.write(
                "aws/identitystore-users.json",
                next(&text, "]}", "],\"NextToken\":\"more\"}"),
            );
        },
        &[("identity_center_user", State::Partial)],
    );
    gives(
        "a page of teams",
        |p| {
            let text = p.read("github/teams.json");
            p.write(
                "github/teams.json",
                next(&text, "\"hasNextPage\":false", "\"hasNextPage\":true"),
            );
        },
        &[("github_team", State::Partial)],
    );
    gives(
        "a page of the members of one team",
        |p| {
            let text = p.read("github/teams.json");
            p.write(
                "github/teams.json",
                text.replacen("\"hasNextPage\":false", "\"hasNextPage\":true", 1),
            );
        },
        &[
            ("github_team_member", State::Partial),
            ("github_team", State::Complete),
        ],
    );
}

#[test]
fn an_error_answer_is_a_failure_and_never_an_empty_table() {
    let error = json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}});
    let sealed = gives(
        "an error of Graph",
        |p| p.write("entra/users.json", error.to_string()),
        &[("entra_user", State::Failed)],
    );
    assert!(
        table(&sealed, "entra_user")
            .reasons
            .join(" ")
            .contains("Authorization_RequestDenied"),
        "{:?}",
        table(&sealed, "entra_user").reasons
    );
    gives(
        "errors of GraphQL",
        |p| {
            let answer = json!({"data": null, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]});
            p.write("github/members.json", answer.to_string());
        },
        &[("github_member", State::Failed)],
    );
    gives(
        "errors after pages of data",
        |p| {
            let text = p.read("github/members.json");
            let answer = json!({"errors": [{"message": "timeout"}]});
            p.write("github/members.json", format!("{text}\n{answer}"));
        },
        &[("github_member", State::Failed)],
    );
    gives(
        "an error of the AWS interfaces",
        |p| {
            let answer = json!({"__type": "AccessDeniedException", "message": "not authorized"});
            p.write("aws/sso-account-assignments.json", answer.to_string());
        },
        &[("account_assignment", State::Failed)],
    );
}

#[test]
fn a_file_that_stops_keeps_what_was_readable() {
    let sealed = gives(
        "half a file",
        |p| {
            let text = p.read("entra/users.json");
            p.write("entra/users.json", &text.as_bytes()[..text.len() / 2]);
        },
        &[("entra_user", State::Partial)],
    );
    assert!(table(&sealed, "entra_user").rows > 100);
    let problem = sealed
        .problems
        .iter()
        .find(|p| p.file == "entra/users.json")
        .expect("a problem");
    let (line, column) = problem.position.split_once(':').expect("line:column");
    assert!(line.parse::<u64>().is_ok() && column.parse::<u64>().is_ok());
    gives(
        "the first byte alone",
        |p| p.write("entra/users.json", "{"),
        &[("entra_user", State::Failed)],
    );
    for nothing in ["", "null", "42", "\"text\"", "[]", "{}", "   \n"] {
        let sealed = gives(
            "no document of the kind",
            |p| p.write("entra/users.json", nothing),
            &[],
        );
        assert_ne!(
            table(&sealed, "entra_user").state,
            State::Complete,
            "{nothing:?}"
        );
    }
    gives(
        "bytes that are no text",
        |p| p.write("entra/users.json", [0xff, 0xfe, 0x00, 0x7b, 0x22]),
        &[("entra_user", State::Failed)],
    );
    gives(
        "a bomb of brackets",
        |p| p.write("entra/users.json", "[".repeat(200_000)),
        &[("entra_user", State::Failed)],
    );
}

#[test]
fn missing_files_are_failed_partial_or_skipped() {
    let gone = |name: &'static str| {
        move |p: &Place| {
            let path = p.file(name);
            if path.is_dir() {
                fs::remove_dir_all(path).expect("removed");
            } else {
                fs::remove_file(path).expect("removed");
            }
        }
    };
    for (file, table) in [
        ("entra/users.json", "entra_user"),
        ("entra/groups.json", "entra_group"),
        ("entra/applications.json", "entra_application"),
        ("github/teams.json", "github_team"),
        ("github/members.json", "github_member"),
        ("aws/identitystore-users.json", "identity_center_user"),
        ("aws/identitystore-groups.json", "identity_center_group"),
        (
            "aws/identitystore-group-memberships.json",
            "identity_center_membership",
        ),
        ("aws/sso-permission-sets.json", "permission_set"),
        ("aws/sso-account-assignments.json", "account_assignment"),
        ("aws/organizations-accounts.json", "aws_account"),
        ("aws/secrets", "aws_secret"),
        ("aws/secret-versions", "aws_secret_version"),
    ] {
        let sealed = gives(file, gone(file), &[]);
        let state = countersign_state(&sealed, table);
        assert!(
            matches!(state, State::Failed | State::Partial),
            "{file}: {state:?}"
        );
    }
    for (file, table) in [
        ("entra/directory-audits.json", "entra_audit_event"),
        ("github/audit-log.json", "github_audit_event"),
        ("github/saml-identities.json", "github_saml_identity"),
    ] {
        gives(file, gone(file), &[(table, State::Skipped)]);
    }
    // The configuration of the estate switches this source on.
    gives("auth0", gone("auth0"), &[("auth0_client", State::Failed)]);
}

#[test]
fn a_missing_file_of_one_group_names_the_group() {
    let place = Place::new();
    let mut files: Vec<_> = fs::read_dir(place.file("entra/group-members"))
        .expect("files")
        .map(|e| e.expect("an entry").path())
        .collect();
    files.sort();
    let groups = place.read("entra/groups.json");
    let (id, path) = files
        .iter()
        .map(|p| {
            (
                p.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                p,
            )
        })
        .find(|(id, _)| {
            let at = groups.find(id.as_str()).expect("a group");
            groups[..at].rfind("azure-aws-sso").is_some()
        })
        .expect("a prefixed group");
    fs::remove_file(path).expect("removed");
    let sealed = place.import();
    let entry = table(&sealed, "entra_group_member");
    assert_eq!(entry.state, State::Partial);
    assert!(entry.scope.contains(&id), "{:?} has no {id}", entry.scope);
}

#[test]
fn an_empty_answer_that_other_tables_contradict_is_partial() {
    gives(
        "no users at all",
        |p| p.write("entra/users.json", "{\"value\":[]}"),
        &[("entra_user", State::Partial)],
    );
    gives(
        "no groups at all",
        |p| p.write("aws/identitystore-groups.json", "{\"Groups\":[]}"),
        &[("identity_center_group", State::Partial)],
    );
    gives(
        "no members of the organisation",
        |p| {
            let answer = json!({"data": {"organization": {"membersWithRole": {"edges": [], "pageInfo": {"hasNextPage": false}}}}});
            p.write("github/members.json", answer.to_string());
        },
        &[("github_member", State::Partial)],
    );
    gives(
        "fewer groups than lists of members",
        |p| {
            let text = p.read("aws/identitystore-group-memberships.json");
            let kept: Vec<&str> = text.lines().skip(3).collect();
            p.write("aws/identitystore-group-memberships.json", kept.join("\n"));
        },
        &[("identity_center_membership", State::Partial)],
    );
    gives(
        "short of the source's own count",
        |p| {
            let text = p.read("entra/users.json");
            p.write(
                "entra/users.json",
                text.replacen("{\"value\"", "{\"@odata.count\":99999,\"value\"", 1),
            );
        },
        &[("entra_user", State::Partial)],
    );
}

/// A set whose policies are not all known looks smaller than it is.
#[test]
fn a_policy_without_a_name_is_missed() {
    let place = Place::new();
    let folder = place.file("aws/sso-permission-set-policies");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("policies")
        .map(|e| {
            let name = e.expect("a file").file_name();
            format!("aws/sso-permission-set-policies/{}", name.to_string_lossy())
        })
        .collect();
    names.sort();
    let mut changed = 0;
    for name in names.iter().take(2) {
        let before = place.read(name);
        let mut document: Value = serde_json::from_str(&before).expect("a document");
        if let Some(first) = document["AttachedManagedPolicies"].get_mut(0) {
            *first = json!({});
            changed += 1;
        }
        document["CustomerManagedPolicyReferences"] = json!([{"Path": "/"}]);
        place.write(name, document.to_string());
    }
    let sealed = place.import();
    let entry = table(&sealed, "permission_set_policy");
    assert_eq!(entry.state, State::Partial, "{:?}", entry.reasons);
    assert!(changed > 0 && entry.rows > 0);
    let said = entry.reasons.join(" ");
    assert!(
        said.contains("2 documents or policies of") && said.contains("could not be read"),
        "{said}"
    );
}
