//! The same command afterwards: what moved since the snapshot before.

use countersign::estate::Rotation;

use super::place::{Place, SYNC};

const LINKS: [&str; 5] = [
    "new credential issued",
    "new version current",
    "deployed after",
    "used successfully after",
    "old credential removed",
];

/// The state at a day before was whole; what each link became since.
const CASES: [(Rotation, [&str; 5]); 6] = [
    (Rotation::Done, ["done"; 5]),
    (
        Rotation::Issued,
        ["done", "not done", "not done", "not done", "not done"],
    ),
    (
        Rotation::Stored,
        ["done", "done", "not done", "not done", "not done"],
    ),
    (
        Rotation::Synced,
        ["done", "done", "done", "done", "not done"],
    ),
    // The old one is gone; that it went too early is said by the chain.
    (
        Rotation::RemovedBeforeDeployed,
        ["done", "done", "not done", "not done", "done"],
    ),
    (
        Rotation::DeployedBeforeStored,
        ["done", "done", "not done", "not done", "not done"],
    ),
];

fn both(rotation: Rotation) -> (Place, String, String) {
    let place = Place::new(rotation);
    place.write(Rotation::Settled, 1);
    let before = place.seal();
    place.write(rotation, 0);
    let now = place.seal();
    (place, before, now)
}

#[test]
fn each_link_is_done_or_not_since_the_baseline() {
    for (rotation, expected) in CASES {
        let (place, before, now) = both(rotation);
        let card = place.report(SYNC, &now, &before);
        let seen: Vec<&str> = LINKS.iter().map(|l| card.after(l)).collect();
        assert_eq!(seen, expected, "{rotation:?}: {}", card.said);
        for what in [
            "Identity Center users",
            "Identity Center groups",
            "Identity Center memberships",
            "Account assignments",
        ] {
            assert_eq!(card.after(what), "unchanged", "{rotation:?}: {}", card.said);
        }
    }
}

#[test]
fn a_wrong_order_is_said() {
    let (place, before, now) = both(Rotation::DeployedBeforeStored);
    let card = place.report(SYNC, &now, &before);
    assert!(card.said.contains("wrong order"), "{}", card.said);
    assert!(
        card.said.contains("between issuing and storing"),
        "{}",
        card.said
    );
    let (place, before, now) = both(Rotation::RemovedBeforeDeployed);
    let card = place.report(SYNC, &now, &before);
    assert_eq!(card.questions("no")[0], "Old one removed");
}

#[test]
fn nothing_begun_is_no_failure() {
    let (place, before, now) = both(Rotation::Settled);
    let card = place.report(SYNC, &now, &before);
    assert_eq!(card.answer(), "GO", "{}", card.said);
    assert_eq!(card.after("rotation"), "not begun");
}

#[test]
fn what_moved_is_listed_and_what_was_not_read_is_unknown() {
    let place = Place::new(Rotation::Done);
    place.write(Rotation::Settled, 1);
    let before = place.seal();
    place.write(Rotation::Done, 0);
    // One assignment less.
    place.edit("exports/aws/sso-account-assignments.json", |text| {
        let Some(at) = text.find("{\"AccountId\"") else {
            panic!("no assignment: {}", &text[..200]);
        };
        let end = at + text[at..].find('}').unwrap() + 1;
        let rest = text[end..].trim_start_matches([',', '\n']);
        format!("{}{rest}", &text[..at])
    });
    let now = place.seal();
    let card = place.report(SYNC, &now, &before);
    assert_eq!(card.after("Account assignments"), "moved", "{}", card.said);
    let moved = card.list("after").iter().find(|a| a["state"] == "moved");
    let note = moved.unwrap()["note"].as_str().unwrap();
    assert!(note.contains("1 removed: "), "{note}");
    assert!(note.contains("AdministratorAccess"), "it is named: {note}");
    assert_eq!(card.after("Identity Center users"), "unchanged");

    // The baseline lacked the versions: nothing is concluded from that.
    let place = Place::new(Rotation::Done);
    place.write(Rotation::Settled, 1);
    let gone = place.file("exports/aws/secret-versions/000000000042/eu-west-2.json");
    std::fs::remove_file(gone).expect("removed");
    let before = place.seal();
    place.write(Rotation::Done, 0);
    let now = place.seal();
    let card = place.report(SYNC, &now, &before);
    assert_eq!(card.answer(), "GO", "{}", card.said);
    assert_eq!(card.after("new version current"), "unknown");
    assert_eq!(card.after("new credential issued"), "done");
}
