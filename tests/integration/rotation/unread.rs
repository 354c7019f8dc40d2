//! What could not be read, or has no date, makes the answer UNKNOWN and is named.

use std::fs;

use countersign::estate::Rotation;

use super::place::{BROKER, Place, STORED, SYNC};

/// Secret, file, table that is then not whole, question that it leaves open.
const GONE: [(&str, &str, &str, &str); 11] = [
    (
        SYNC,
        "entra/applications.json",
        "entra_application",
        "A live credential",
    ),
    (
        STORED,
        "entra/applications.json",
        "entra_application",
        "A live credential",
    ),
    (
        SYNC,
        "entra/users.json",
        "entra_user",
        "An owner who can rotate",
    ),
    (
        SYNC,
        "aws/secrets/000000000042/eu-west-2.json",
        "aws_secret",
        "Stored",
    ),
    (
        SYNC,
        "aws/secret-versions/000000000042/eu-west-2.json",
        "aws_secret_version",
        "Stored",
    ),
    (
        SYNC,
        "aws/cloudtrail-events.json",
        "cloudtrail_event",
        "Deployed",
    ),
    (
        SYNC,
        "aws/identitystore-users.json",
        "identity_center_user",
        "Who is concerned",
    ),
    (
        SYNC,
        "aws/identitystore-groups.json",
        "identity_center_group",
        "Who is concerned",
    ),
    (
        SYNC,
        "aws/sso-account-assignments.json",
        "account_assignment",
        "Who is concerned",
    ),
    (BROKER, "auth0/logs.json", "auth0_log_event", "Synced"),
    (
        BROKER,
        "auth0/connections.json",
        "auth0_connection",
        "Synced",
    ),
];

#[test]
fn an_error_in_place_of_any_source_is_unknown_and_names_its_table() {
    for (secret, file, table, question) in GONE {
        let place = Place::new(Rotation::Settled);
        let path = place.file(&format!("exports/{file}"));
        assert!(path.is_file(), "{file}");
        let refused = r#"{"error": {"code": "Authorization_RequestDenied", "message": "no"}}"#;
        fs::write(&path, refused).expect("written");
        let card = place.ask(secret);
        let seen = format!("{file}: {}", card.said);
        assert_eq!(card.answer(), "UNKNOWN", "{seen}");
        assert!(card.questions("unknown").contains(&question), "{seen}");
        let named = card
            .list("checks")
            .iter()
            .any(|c| c["answer"] == "unknown" && c["reason"].as_str().unwrap().contains(table));
        assert!(named, "{table} is not named: {seen}");
        // Whoever reads it is told how to get it.
        for check in card
            .list("checks")
            .iter()
            .filter(|c| c["answer"] == "unknown")
        {
            assert!(
                check["remedy"].as_str().is_some_and(|r| !r.is_empty()),
                "{check}"
            );
        }
    }
}

#[test]
fn a_file_that_is_missing_is_no_empty_store() {
    for (secret, file, _, _) in GONE {
        let place = Place::new(Rotation::Settled);
        let path = place.file(&format!("exports/{file}"));
        if path.is_file() {
            fs::remove_file(&path).expect("removed");
        }
        let card = place.ask(secret);
        assert_eq!(card.answer(), "UNKNOWN", "{file}: {}", card.said);
    }
}

#[test]
fn registers_that_are_not_named_leave_their_links_open() {
    for (register, question, table) in [
        ("secrets = ", "Stored", "registered_secret"),
        ("sync_runs = ", "Synced", "sync_run"),
    ] {
        let place = Place::new(Rotation::Settled);
        place.without("countersign.toml", register);
        let card = place.ask(SYNC);
        assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
        assert!(
            card.questions("unknown").contains(&question),
            "{}",
            card.said
        );
        assert!(
            card.reason(question).contains(table),
            "{}",
            card.reason(question)
        );
    }
}

#[test]
fn dates_that_are_missing_are_unknown() {
    let place = Place::new(Rotation::Settled);
    place.edit("exports/entra/applications.json", |text| {
        text.replace("\"startDateTime\"", "\"formerDateTime\"")
    });
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
    assert_eq!(card.chain()[0], "unknown");
    assert!(
        card.reason("A live credential")
            .contains("entra_credential"),
        "{}",
        card.said
    );

    let place = Place::new(Rotation::Settled);
    place.edit(
        "exports/aws/secret-versions/000000000042/eu-west-2.json",
        |text| text.replace("\"CreatedDate\"", "\"FormerDate\""),
    );
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
    assert_eq!(card.chain()[..2], ["done", "unknown"]);
    assert!(
        card.reason("Stored").contains("aws_secret_version"),
        "{}",
        card.said
    );

    let place = Place::new(Rotation::Settled);
    place.edit("registers/sync_runs.csv", |text| {
        let lines = text.lines().map(|l| match l.split_once(',') {
            Some(("entra", _)) => "entra,,success\n".to_owned(),
            _ => format!("{l}\n"),
        });
        lines.collect()
    });
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
    assert_eq!(card.chain()[3], "unknown");
}

#[test]
fn nothing_is_guessed_that_the_register_does_not_say() {
    // No row says what uses the stored secret.
    let place = Place::new(Rotation::Settled);
    place.without("registers/secrets.csv", "identity/sync-provisioning,");
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
    for question in ["Stored", "Deployed", "Synced", "Who is concerned"] {
        assert!(
            card.questions("unknown").contains(&question),
            "{question}: {}",
            card.said
        );
    }

    // The function is named, and which sync it is is not: the configured sync
    // from Entra may be any secret's.
    let place = Place::new(Rotation::Settled);
    place.without("registers/secrets.csv", "sync/entra");
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
    assert_eq!(card.questions("unknown"), ["Synced"]);
    assert!(
        card.reason("Synced").contains("sync entra"),
        "{}",
        card.said
    );

    // A sync that is not configured, a connection that the broker does not have.
    for (from, to) in [
        ("sync/entra", "sync/entar"),
        ("sync/entra", "connection/entar"),
    ] {
        let place = Place::new(Rotation::Settled);
        place.edit("registers/secrets.csv", |text| text.replace(from, to));
        let card = place.ask(SYNC);
        assert_eq!(card.answer(), "UNKNOWN", "{}", card.said);
        assert!(card.reason("Synced").contains(to), "{}", card.said);
    }
}

#[test]
fn a_deployment_that_no_event_shows_is_unknown_until_it_is_proven() {
    let place = Place::new(Rotation::Settled);
    place.write(Rotation::Settled, 1);
    let before = place.seal();
    place.write(Rotation::Settled, 0);
    place.edit("exports/aws/cloudtrail-events.json", |text| {
        text.replace("entra-sync-function", "another-function")
    });
    let now = place.seal();
    let alone = place.report(SYNC, &now, "none");
    assert_eq!(alone.answer(), "UNKNOWN", "{}", alone.said);
    assert_eq!(alone.questions("unknown"), ["Deployed"]);
    // The sync succeeded today with the credential that was alone yesterday.
    let proven = place.report(SYNC, &now, &before);
    assert_eq!(proven.answer(), "GO", "{}", proven.said);
    let evidence = proven.link("deployed")["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("sync_run"), "{evidence}");
}

#[test]
fn a_refused_deployment_is_none() {
    let place = Place::new(Rotation::Done);
    place.edit("exports/aws/cloudtrail-events.json", |text| {
        // Today's call was refused; that of last month stands.
        let today = "UpdateFunctionConfiguration20150331v2";
        assert!(text.contains(today));
        text.replace(
            r#"\"awsRegion\":\"eu-west-2\",\"eventName\""#,
            r#"\"awsRegion\":\"eu-west-2\",\"errorCode\":\"AccessDenied\",\"eventName\""#,
        )
    });
    let card = place.ask(SYNC);
    assert_ne!(card.answer(), "GO", "{}", card.said);
    assert_eq!(card.chain()[2], "unknown");
}

#[test]
fn what_was_not_read_never_turns_a_no_into_a_go() {
    let broken = [
        Rotation::Issued,
        Rotation::Stored,
        Rotation::Deployed,
        Rotation::Synced,
        Rotation::RemovedBeforeDeployed,
        Rotation::RemovedBeforeSynced,
        Rotation::DeployedBeforeStored,
        Rotation::StoredAlone,
        Rotation::TwoValid,
        Rotation::Expired,
        Rotation::NoOwner,
        Rotation::SyncFailed,
    ];
    // Each state without one of the files; over all of them every file is missed.
    for (place, rotation) in broken.into_iter().enumerate() {
        let (_, file, _, _) = GONE[place % 9];
        let place = Place::new(rotation);
        fs::remove_file(place.file(&format!("exports/{file}"))).expect("removed");
        let card = place.ask(SYNC);
        assert_ne!(
            card.answer(),
            "GO",
            "{rotation:?} without {file}: {}",
            card.said
        );
    }
}
