//! What importers make of hostile and incomplete input: every defect is data
//! of the snapshot, nothing that was readable is lost, nothing secret is kept.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use countersign::collect::{self, CollectError, Request, Sealed};
use countersign::config::Config;
use countersign::dataset::coverage::State;
use countersign::dataset::manifest::TableEntry;
use countersign::dataset::session::Session;
use countersign::dataset::store::Store;
use countersign::detect::rule::RuleSet;
use countersign::estate::{Estate, Size};
use serde_json::{Value, json};

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let as_of: DateTime<Utc> = "2026-11-01T06:00:00Z".parse().expect("a time");
        // The month before: healthy enough that every defect is the test's own.
        let (estate, _) = Estate::generate(Size::TINY, 1, as_of);
        estate
            .write_exports(&dir.path().join("exports"))
            .expect("exports");
        estate.write_registers(dir.path()).expect("registers");
        Self { dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join("exports").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("a file of the export")
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.file(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    fn try_import(&self) -> Result<Sealed, CollectError> {
        let config = Config::load(
            &self.dir.path().join("countersign.toml"),
            std::iter::empty(),
        )?;
        collect::import(Request {
            from: &self.dir.path().join("exports"),
            as_of: None,
            sources: &[],
            config: &config,
            store: &self.store(),
            progress: Box::new(|_| {}),
            observe: &mut |_| {},
        })
    }

    fn import(&self) -> Sealed {
        self.try_import().expect("sealed all the same")
    }

    fn store(&self) -> Store {
        Store::new(self.dir.path().join("data"))
    }

    fn rows(&self, sealed: &Sealed, sql: &str) -> Vec<Vec<String>> {
        let rules = RuleSet::load(None).expect("rules");
        let settings = Config::defaults().settings();
        let session = Session::open(&self.store(), &sealed.id, None, &settings, &rules.views())
            .expect("opens");
        let frame = session.collect(sql).expect("rows");
        (0..frame.height())
            .map(|row| {
                frame
                    .columns()
                    .iter()
                    .map(|c| c.get(row).expect("a cell").to_string().replace('"', ""))
                    .collect()
            })
            .collect()
    }
}

fn table<'s>(sealed: &'s Sealed, name: &str) -> &'s TableEntry {
    sealed
        .manifest
        .tables
        .iter()
        .find(|t| t.table == name)
        .expect("a table")
}

/// Damage to the export, and the states that it gives.
fn gives(what: &str, damage: impl FnOnce(&Place), expected: &[(&str, State)]) -> Sealed {
    let place = Place::new();
    damage(&place);
    let sealed = place.import();
    for (name, state) in expected {
        let entry = table(&sealed, name);
        assert_eq!(entry.state, *state, "{what}: {name}: {:?}", entry.reasons);
        assert!(
            *state == State::Complete || !entry.reasons.is_empty(),
            "{what}: {name} gives no reason"
        );
    }
    for entry in &sealed.manifest.tables {
        let excluded: u64 = entry.excluded.values().sum();
        assert_eq!(entry.read, entry.rows + excluded, "{what}: {}", entry.table);
    }
    sealed
}

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
        ("auth0", "auth0_client"),
    ] {
        gives(file, gone(file), &[(table, State::Skipped)]);
    }
}

fn countersign_state(sealed: &Sealed, name: &str) -> State {
    table(sealed, name).state
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

/// The records of every page of a file.
fn records(text: &str, list: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .flat_map(|page| {
            page.expect("a page")[list]
                .as_array()
                .expect("a list")
                .clone()
        })
        .collect()
}

#[test]
fn every_form_of_a_file_gives_the_same_rows() {
    let users = |p: &Place| {
        let sealed = p.import();
        assert_eq!(countersign_state(&sealed, "entra_user"), State::Complete);
        p.rows(
            &sealed,
            "SELECT user_id, address_folded, account_enabled FROM entra_user ORDER BY user_id",
        )
    };
    let plain = users(&Place::new());
    assert!(plain.len() > 400);
    let all = records(&Place::new().read("entra/users.json"), "value");
    let page = |records: &[Value]| json!({ "value": records });
    let pages: Vec<Value> = all.chunks(99).map(page).collect();
    let lines = pages.iter().map(Value::to_string).collect::<Vec<_>>();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("one document", page(&all).to_string().into_bytes()),
        (
            "indented",
            serde_json::to_vec_pretty(&page(&all)).expect("JSON"),
        ),
        (
            "an array of pages",
            Value::from(pages.clone()).to_string().into_bytes(),
        ),
        ("pages one per line", lines.join("\n").into_bytes()),
        ("pages without a break", lines.concat().into_bytes()),
        (
            "with a byte order mark",
            format!("\u{feff}{}", page(&all)).into_bytes(),
        ),
    ];
    for (what, bytes) in &forms {
        let place = Place::new();
        place.write("entra/users.json", bytes);
        assert_eq!(users(&place), plain, "{what}");
    }
    let place = Place::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&forms[0].1).expect("packed");
    place.write("entra/users.json.gz", packed.finish().expect("packed"));
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    assert_eq!(users(&place), plain, ".gz");
    let place = Place::new();
    let packed = zstd::encode_all(forms[3].1.as_slice(), 3).expect("packed");
    place.write("entra/users.json.zst", &packed);
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    assert_eq!(users(&place), plain, ".zst");
    // A packed file that stops.
    let place = Place::new();
    place.write("entra/users.json.zst", &packed[..packed.len() - 9]);
    fs::remove_file(place.file("entra/users.json")).expect("removed");
    let sealed = place.import();
    assert_ne!(countersign_state(&sealed, "entra_user"), State::Complete);
}

#[test]
fn pages_of_every_size_lose_nobody() {
    for count in [0_usize, 1, 99, 100, 101, 999, 1000, 1001] {
        let place = Place::new();
        let mut users = records(&place.read("entra/users.json"), "value");
        let groups = records(&place.read("entra/groups.json"), "value");
        let group = groups
            .iter()
            .find(|g| {
                g["displayName"]
                    .as_str()
                    .is_some_and(|n| n.ends_with("-mixed"))
            })
            .expect("a group")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let ids: Vec<String> = (0..count).map(|n| format!("page-user-{n:04}")).collect();
        users.extend(ids.iter().map(|id| {
            json!({"id": id, "userPrincipalName": format!("{id}@example.gov.uk"), "accountEnabled": true})
        }));
        place.write("entra/users.json", json!({ "value": users }).to_string());
        let members: Vec<Value> = ids
            .iter()
            .map(|id| json!({"@odata.type": "#microsoft.graph.user", "id": id}))
            .collect();
        let mut text = String::new();
        let pages: Vec<&[Value]> = members.chunks(100).collect();
        for (n, page) in pages.iter().enumerate() {
            let mut document = json!({ "value": page });
            if n + 1 < pages.len() {
                document["@odata.nextLink"] = json!("https://graph.example/next");
            }
            text.push_str(&document.to_string());
        }
        if pages.is_empty() {
            text.push_str("{\"value\":[]}");
        }
        place.write(&format!("entra/group-members/{group}.json"), text);
        let sealed = place.import();
        assert_eq!(
            countersign_state(&sealed, "entra_group_member"),
            State::Complete
        );
        let found = place.rows(
            &sealed,
            &format!("SELECT COUNT(*) AS n FROM entra_group_member AS e JOIN entra_group AS g ON g.group_key = e.group_key WHERE g.group_id = '{group}'"),
        );
        assert_eq!(found, [[count.to_string()]]);
    }
}

#[test]
fn clients_print_times_in_their_own_way() {
    for time in [
        json!("2026-10-05T09:55:00Z"),
        json!("2026-10-05T10:55:00+01:00"),
        json!("2026-10-05T09:55:00.000000+00:00"),
        json!(1_791_194_100),
        json!(1_791_194_100.0),
    ] {
        let place = Place::new();
        let text = place.read("aws/secret-versions/000000000042/eu-west-2.json");
        let mut first: Vec<Value> = serde_json::Deserializer::from_str(&text)
            .into_iter()
            .map(|d| d.expect("a document"))
            .collect();
        first[0]["Versions"][0]["CreatedDate"] = time.clone();
        let text: Vec<String> = first.iter().map(Value::to_string).collect();
        place.write(
            "aws/secret-versions/000000000042/eu-west-2.json",
            text.join("\n"),
        );
        let sealed = place.import();
        let found = place.rows(
            &sealed,
            "SELECT COUNT(*) AS n FROM aws_secret_version AS v JOIN aws_secret AS s ON s.secret_key = v.secret_key WHERE s.name = 'identity/job-1' AND v.current AND CAST(v.created_at AS DATE) = CAST('2026-10-05' AS DATE)",
        );
        assert_eq!(found, [["1"]], "{time}");
    }
}

#[test]
fn what_looks_like_a_secret_is_kept_nowhere() {
    const CANARY: &str = "cAnArY8Q~x7Kp2Lm9Zr4Tw6Yb1Nc3Vd5Gh0Js";
    let place = Place::new();
    let mut applications = records(&place.read("entra/applications.json"), "value");
    applications[0]["passwordCredentials"][0]["secretText"] = json!(CANARY);
    applications[0]["passwordCredentials"][0]["hint"] = json!(&CANARY[..3]);
    place.write(
        "entra/applications.json",
        json!({ "value": applications }).to_string(),
    );
    let mut secrets = records(
        &place.read("aws/secrets/000000000042/eu-west-2.json"),
        "SecretList",
    );
    secrets[0]["SecretString"] = json!(CANARY);
    secrets[1]["Description"] = json!(format!("password={CANARY}"));
    place.write(
        "aws/secrets/000000000042/eu-west-2.json",
        json!({ "SecretList": secrets }).to_string(),
    );
    place.write(
        "auth0/connections.json",
        json!([{"id": "con_1", "name": "entra", "strategy": "waad", "options": {"client_secret": CANARY}}]).to_string(),
    );
    let sealed = place.import();
    assert!(
        sealed
            .problems
            .iter()
            .any(|p| p.file == "entra/applications.json")
    );
    assert!(!format!("{:?}", sealed.problems).contains(CANARY));
    let mut stack = vec![place.dir.path().join("data")];
    let mut files = 0;
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            stack.extend(
                fs::read_dir(path)
                    .expect("a folder")
                    .map(|e| e.expect("an entry").path()),
            );
        } else {
            files += 1;
            let bytes = fs::read(&path).expect("a file");
            let found = bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes());
            assert!(!found, "{} holds the value", path.display());
        }
    }
    assert!(files > 40);
    // Packed columns would hide it from a search of bytes, so the rows are searched as well.
    for entry in sealed.manifest.tables.iter().filter(|t| t.rows > 0) {
        let all = place.rows(&sealed, &format!("SELECT * FROM {}", entry.table));
        assert!(!format!("{all:?}").contains(CANARY), "{}", entry.table);
        assert!(!format!("{all:?}").contains("cAn\""), "{}", entry.table);
    }
    let incidents = place.rows(
        &sealed,
        "SELECT DISTINCT file FROM input_incident WHERE kind = 'secret' ORDER BY file",
    );
    assert!(incidents.len() >= 2, "{incidents:?}");
}

#[test]
fn registers_that_are_wrong_are_told_with_a_position() {
    let wrong = |file: &str, text: &str| {
        let place = Place::new();
        fs::write(place.dir.path().join("registers").join(file), text).expect("written");
        place.try_import().expect_err("refused").to_string()
    };
    let said = wrong(
        "approvals.csv",
        "group,group_id,requestor,approver,ticket,approved_at,expires_at,accounts,permission_sets\n",
    );
    assert!(
        said.contains("approvals.csv:1")
            && said.contains("requestor")
            && said.contains("requester"),
        "{said}"
    );
    let said = wrong(
        "approvals.csv",
        "group,group_id,requester,approver,ticket,approved_at,expires_at,accounts,permission_sets\nazure-aws-sso-a,,r,a,t,31/12/2026,,,\n",
    );
    assert!(
        said.contains("approvals.csv:2:") && said.contains("31/12/2026"),
        "{said}"
    );
    let said = wrong(
        "secrets.csv",
        "store,account_id,name,owner,consumer,rotation_days,document\nsecretsmanger,000000000042,a,b,c,90,d\n",
    );
    assert!(
        said.contains("secrets.csv:2:1") && said.contains("secretsmanager"),
        "{said}"
    );
    let said = wrong(
        "secrets.csv",
        "store,account_id,name,owner,consumer,rotation_days,document\nsecretsmanager,42,a,b,c,90,d\nsecretsmanager,000000000042,a,b,c,ninety,d\n",
    );
    assert!(
        said.contains("twelve digits") && said.contains("ninety"),
        "{said}"
    );
    let said = wrong(
        "environments/broken.json",
        "{\"environments\": [\n {\"name\": 1}\n",
    );
    assert!(said.contains("broken.json:"), "{said}");
    let said = wrong(
        "levels.csv",
        "level,permission_set\ndeveloper,A\ndeveloper,B\n",
    );
    assert!(said.contains("levels.csv:3"), "{said}");
}

#[test]
fn a_level_that_the_map_does_not_know_is_named_with_file_and_line() {
    let place = Place::new();
    let sealed = place.import();
    let told: Vec<_> = sealed
        .problems
        .iter()
        .filter(|p| p.message.contains("superuser"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let text = fs::read_to_string(place.dir.path().join(&told[0].file)).expect("the file");
    let line: usize = told[0]
        .position
        .split(':')
        .next()
        .expect("a line")
        .parse()
        .expect("a line");
    let near = text
        .lines()
        .skip(line - 1)
        .take(4)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(near.contains("superuser"), "{near}");
}

#[test]
fn nothing_to_read_is_refused_before_anything_is_written() {
    let place = Place::new();
    fs::remove_dir_all(place.dir.path().join("exports")).expect("removed");
    fs::create_dir(place.dir.path().join("exports")).expect("made");
    fs::write(
        place.file("exported-at.toml"),
        "entra = 2026-11-01T06:00:00Z\n",
    )
    .expect("written");
    assert!(matches!(place.try_import(), Err(CollectError::Usage(_))));
    assert!(!place.dir.path().join("data").exists());
    let place = Place::new();
    fs::remove_file(place.file("exported-at.toml")).expect("removed");
    let said = place.try_import().expect_err("no time").to_string();
    assert!(said.contains("--as-of"), "{said}");
    fs::write(
        place.file("exported-at.toml"),
        "entrra = 2026-11-01T06:00:00Z\n",
    )
    .expect("written");
    let said = place.try_import().expect_err("a name").to_string();
    assert!(said.contains("entrra") && said.contains("entra?"), "{said}");
}

#[test]
fn names_that_mean_mischief_stay_names() {
    let hostile = [
        "=cmd|' /C calc'!A0",
        "\u{202e}gpj.exe",
        "a\u{0}b",
        "'; DROP TABLE x; --",
        "../../etc/passwd",
        "<script>alert(1)</script>",
    ];
    let place = Place::new();
    let mut users = records(&place.read("entra/users.json"), "value");
    for (n, name) in hostile.iter().enumerate() {
        users.push(json!({"id": format!("hostile-{n}"), "userPrincipalName": name, "displayName": name, "accountEnabled": true}));
    }
    place.write("entra/users.json", json!({ "value": users }).to_string());
    let sealed = place.import();
    let found = place.rows(&sealed, "SELECT COUNT(*) AS n FROM entra_user WHERE user_id IN ('hostile-0', 'hostile-1', 'hostile-2', 'hostile-3', 'hostile-4', 'hostile-5')");
    assert_eq!(found, [["6"]]);
    assert!(Path::new("/etc/passwd").exists() || cfg!(not(unix)));
}
