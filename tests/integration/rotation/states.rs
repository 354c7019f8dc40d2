//! Every state of the chain, from nothing wrong to every link broken.

use countersign::estate::Rotation;

use super::place::{BROKER, Place, STORED, SYNC};

const DONE: [&str; 5] = ["done"; 5];

/// State, answer, the five links, and the questions that are answered no.
type Case = (
    Rotation,
    &'static str,
    [&'static str; 5],
    &'static [&'static str],
);

const CASES: [Case; 18] = [
    // Issued, stored, deployed weeks ago, the sync ran an hour ago, one credential.
    (Rotation::Settled, "GO", DONE, &[]),
    // The same, of today: the next one could begin.
    (Rotation::Done, "GO", DONE, &[]),
    // The newest credential is of today, the value of last month. The function
    // and the sync use last month's, which still works.
    (
        Rotation::Issued,
        "NO-GO",
        ["done", "not yet", "not yet", "not yet", "not yet"],
        &["Stored"],
    ),
    // Stored today, deployed last month: the function has the old value.
    (
        Rotation::Stored,
        "NO-GO",
        ["done", "done", "not yet", "not yet", "not yet"],
        &["Deployed"],
    ),
    // Deployed half an hour ago; the sync ran an hour ago.
    (
        Rotation::Deployed,
        "NO-GO",
        ["done", "done", "done", "not yet", "not yet"],
        &["Synced"],
    ),
    // All done but that two credentials are live.
    (
        Rotation::Synced,
        "NO-GO",
        ["done", "done", "done", "done", "not yet"],
        &["Old one removed"],
    ),
    // The function has a value that no longer works: an outage, and the first reason.
    (
        Rotation::RemovedBeforeDeployed,
        "NO-GO",
        ["done", "done", "not yet", "not yet", "out of order"],
        &["Old one removed", "Deployed"],
    ),
    // The function has the new value, but nothing has proven it.
    (
        Rotation::RemovedBeforeSynced,
        "NO-GO",
        ["done", "done", "done", "not yet", "out of order"],
        &["Old one removed", "Synced"],
    ),
    // Issued at midnight, deployed at one, stored at two: it took the old value.
    (
        Rotation::DeployedBeforeStored,
        "NO-GO",
        ["done", "done", "out of order", "not yet", "not yet"],
        &["Deployed"],
    ),
    // LastChangedDate moved, no version came: the age is that of the version.
    (Rotation::TagEdited, "GO", DONE, &[]),
    // LastRotatedDate is empty although rotation is on: people did it, and it counts.
    (Rotation::ByHand, "GO", DONE, &[]),
    // A version of yesterday over a credential of last month, deployed in between:
    // the function has another value, and no older credential would let it in.
    (
        Rotation::StoredAlone,
        "NO-GO",
        ["done", "done", "out of order", "not yet", "out of order"],
        &["Old one removed", "Deployed"],
    ),
    // Stored after the newer of the two; the older one is superfluous.
    (
        Rotation::TwoValid,
        "NO-GO",
        ["done", "done", "done", "done", "not yet"],
        &["Old one removed"],
    ),
    // Nothing works any more, whatever is stored.
    (
        Rotation::Expired,
        "NO-GO",
        ["not yet", "not yet", "not yet", "not yet", "not needed"],
        &["A live credential"],
    ),
    (
        Rotation::NotValidYet,
        "NO-GO",
        ["not yet", "not yet", "not yet", "not yet", "not needed"],
        &["A live credential"],
    ),
    (
        Rotation::NoOwner,
        "NO-GO",
        DONE,
        &["An owner who can rotate"],
    ),
    // It succeeded an hour ago, after the deployment, and failed since.
    (
        Rotation::SyncFailed,
        "NO-GO",
        ["done", "done", "done", "not yet", "done"],
        &["Synced"],
    ),
    // Two minutes between two clocks are none.
    (Rotation::Skewed, "GO", DONE, &[]),
];

#[test]
fn every_state_has_the_answer_that_was_reasoned() {
    for (rotation, answer, chain, no) in CASES {
        let card = Place::new(rotation).ask(SYNC);
        let seen = format!("{rotation:?}: {}", card.said);
        assert_eq!(card.answer(), answer, "{seen}");
        assert_eq!(card.chain(), chain, "{seen}");
        assert_eq!(card.questions("no"), no, "{seen}");
        assert_eq!(card.questions("unknown"), [""; 0], "{seen}");
    }
}

#[test]
fn the_stored_secret_has_the_chain_of_its_application() {
    for (rotation, answer) in [
        (Rotation::Settled, "GO"),
        (Rotation::Issued, "NO-GO"),
        (Rotation::Stored, "NO-GO"),
    ] {
        let place = Place::new(rotation);
        let snapshot = place.seal();
        let one = place.report(SYNC, &snapshot, "none");
        let other = place.report(STORED, &snapshot, "none");
        assert_eq!(other.answer(), answer, "{}", other.said);
        assert_eq!(one.chain(), other.chain());
        // The region belongs to the credential, not to the registered name.
        let region = STORED.replace("42/", "42/eu-west-2/");
        let credential = place.report(&region, &snapshot, "none");
        assert_eq!(credential.value, other.value);
    }
}

#[test]
fn no_clock_is_six_minutes_wrong() {
    // Stored 6 minutes before it was issued, and deployed half an hour later: the
    // function was deployed between issuing and storing what is still to be stored.
    let card = Place::new(Rotation::SkewedTooFar).ask(SYNC);
    assert_eq!(card.answer(), "NO-GO");
    assert_eq!(
        card.chain(),
        ["done", "not yet", "out of order", "not yet", "not yet"]
    );
    assert_eq!(card.questions("no"), ["Deployed", "Stored"]);
}

#[test]
fn dates_are_those_of_versions_and_never_of_tags() {
    let place = Place::new(Rotation::TagEdited);
    let card = place.ask(SYNC);
    // 25 days before and ten minutes later; the tags were edited the day after.
    assert_eq!(card.link("stored")["happened_at"], "2026-10-07T06:10:00Z");
    let note = card.link("stored")["note"].as_str().unwrap();
    assert!(
        note.contains("2026-10-08 06:00 without a new version"),
        "{note}"
    );
    assert_eq!(card.link("deployed")["happened_at"], "2026-10-07T06:25:00Z");
    assert_eq!(card.link("synced")["happened_at"], "2026-11-01T05:00:00Z");
    let evidence = card.link("deployed")["evidence"].as_str().unwrap();
    assert!(
        evidence.starts_with("cloudtrail_event UpdateFunctionConfiguration20150331v2 "),
        "{evidence}"
    );
}

#[test]
fn a_secret_of_the_register_alone_is_no_go_where_its_store_was_read() {
    let place = Place::new(Rotation::RegisterOnly);
    let snapshot = place.seal();
    let card = place.report(SYNC, &snapshot, "none");
    assert_eq!(card.answer(), "NO-GO");
    assert_eq!(card.questions("no")[0], "A live credential");
    assert!(
        card.reason("A live credential")
            .contains("holds no credential of that name")
    );
    assert_eq!(place.report(STORED, &snapshot, "none").answer(), "NO-GO");
}

#[test]
fn a_deleted_secret_stores_nothing() {
    let card = Place::new(Rotation::Deleted).ask(SYNC);
    assert_eq!(card.answer(), "NO-GO");
    assert_eq!(card.chain()[1], "not yet");
    assert!(card.reason("Stored").contains("deletion"), "{}", card.said);
}

#[test]
fn an_unknown_name_is_a_mistake_and_the_nearest_one_is_named() {
    let place = Place::new(Rotation::Settled);
    place.seal();
    let output = place.run(&[
        "report",
        "pre-rotation",
        "--secret",
        "entra/aws-sync-provisionning",
        "--max-age",
        "3650",
    ]);
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("did you mean entra/aws-sync-provisioning?"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn the_broker_fails_closed_and_needs_another_way_in() {
    // A day before, the same credential was alone and the value the same; people
    // have signed in since: whatever was deployed has it.
    let place = Place::new(Rotation::Settled);
    place.write(Rotation::Settled, 1);
    let before = place.seal();
    place.write(Rotation::Settled, 0);
    let now = place.seal();
    let card = place.report(BROKER, &now, &before);
    assert_eq!(card.answer(), "GO", "{}", card.said);
    assert_eq!(card.chain(), DONE);
    // Without a baseline nothing shows when the connection got the value.
    let alone = place.report(BROKER, &now, "none");
    assert_eq!(alone.answer(), "UNKNOWN");
    assert_eq!(alone.questions("unknown"), ["Deployed"]);
    assert!(card.said.contains("fails closed"), "{}", card.said);
    assert_eq!(card.value["fallback"]["answer"], "yes");
    assert!(
        card.value["fallback"]["note"]
            .as_str()
            .unwrap()
            .contains("sign in through github"),
        "{}",
        card.value["fallback"]
    );
    // Without the team of the platform a user of IAM is left, of whom a key is
    // known and not what it may do.
    let place = Place::new(Rotation::NoFallback);
    let report = "exports/aws/iam-credential-report/000000000042.csv";
    let card = place.ask(BROKER);
    assert_eq!(card.answer(), "UNKNOWN");
    assert!(card.questions("unknown").contains(&"Fallback sign-in"));
    assert!(card.reason("Fallback sign-in").contains("one IAM user"));
    // Without that user nobody is.
    let place = Place::new(Rotation::NoFallback);
    place.without(report, "emergency");
    let card = place.ask(BROKER);
    assert_eq!(card.answer(), "NO-GO");
    assert_eq!(card.questions("no"), ["Fallback sign-in"]);
    // The sync's own secret is none that people sign in with.
    let card = place.ask_again(SYNC);
    assert_eq!(card.value["fallback"]["answer"], "yes");
}

#[test]
fn a_stale_sync_and_drift_that_is_there_already_speak_against_it() {
    // The sync runs every two hours and last succeeded three days ago.
    let place = Place::new(Rotation::Settled);
    place.edit("registers/sync_runs.csv", |text| {
        let lines = text.lines().map(|l| {
            if l.starts_with("entra,") {
                "entra,2026-10-29T06:00:00Z,success\n".to_owned()
            } else {
                format!("{l}\n")
            }
        });
        lines.collect()
    });
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "NO-GO");
    assert_eq!(card.questions("no"), ["Syncs healthy"]);
    // It did succeed after the deployment: the chain is whole.
    assert_eq!(card.chain(), DONE);

    // Somebody of the platform's group is disabled in Entra and still has access.
    let place = Place::new(Rotation::Settled);
    place.edit("exports/entra/users.json", |text| {
        text.replacen("\"accountEnabled\":true", "\"accountEnabled\":false", 30)
    });
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "NO-GO");
    assert!(
        card.questions("no").contains(&"No serious drift today"),
        "{}",
        card.said
    );
}

#[test]
fn without_a_configured_sync_nobody_knows_whether_one_runs() {
    let place = Place::new(Rotation::Settled);
    place.edit("countersign.toml", |text| {
        let mut kept = String::new();
        let mut out = false;
        for line in text.lines() {
            if line.starts_with('[') {
                out = line.starts_with("[sync.");
            }
            if !out {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        kept
    });
    let card = place.ask(SYNC);
    assert_eq!(card.answer(), "UNKNOWN");
    assert!(
        card.questions("unknown").contains(&"Syncs healthy"),
        "{}",
        card.said
    );
    assert!(
        card.reason("Synced").contains("sync/entra"),
        "{}",
        card.said
    );
}
