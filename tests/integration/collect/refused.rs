//! What is refused, dropped and told with a position.

use std::fs;

use serde_json::json;

use countersign::collect::CollectError;

use super::place::{Place, records};

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
}
