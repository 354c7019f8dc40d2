//! Which moment a snapshot may show, and which one is the latest.

use std::fs;

use super::place::{Place, WHOLE};

const NOW: &str = "2026-11-01T06-00-00Z";

fn whole() -> Place {
    let place = Place::copy_of(WHOLE.path());
    // Written to below: a copy of its own.
    fs::remove_file(place.path("exports/exported-at.toml")).expect("removed");
    place
}

fn times(place: &Place, time: &str) {
    let sources = [
        "entra",
        "github",
        "identity_center",
        "secrets_manager",
        "iam",
        "cloudtrail",
        "auth0",
    ];
    let text: String = sources.map(|s| format!("{s} = {time}\n")).concat();
    fs::write(place.path("exports/exported-at.toml"), text).expect("written");
}

#[test]
fn a_moment_that_has_not_come_is_refused() {
    let place = whole();
    let before = fs::read_dir(place.data()).expect("a folder").count();
    let far = [
        "snapshot",
        "--from",
        "exports",
        "--as-of",
        "2099-01-01T00:00:00Z",
    ];
    let text = place.ends(&far, 64);
    assert!(text.contains("future"), "{text}");
    times(&place, "2099-01-01T00:00:00Z");
    place.ends(&["snapshot", "--from", "exports"], 64);
    // Hidden behind an honest one.
    place.ends(
        &[
            "snapshot",
            "--from",
            "exports",
            "--as-of",
            "2026-11-05T06:00:00Z",
        ],
        64,
    );
    let soon = (chrono::Utc::now() + chrono::TimeDelta::hours(25)).to_rfc3339();
    place.ends(&["snapshot", "--from", "exports", "--as-of", &soon], 64);
    assert_eq!(
        fs::read_dir(place.data()).expect("a folder").count(),
        before
    );
    // Clocks differ: what is a little ahead is taken.
    let near = chrono::Utc::now() + chrono::TimeDelta::hours(23);
    times(&place, &near.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    place.ends(&["snapshot", "--from", "exports"], 0);
}

#[test]
fn a_moment_after_everything_that_was_exported_is_refused() {
    let place = whole();
    times(&place, "2026-11-09T06:00:00Z");
    let later = [
        "snapshot",
        "--from",
        "exports",
        "--as-of",
        "2026-11-09T06:00:01Z",
    ];
    let text = place.ends(&later, 64);
    assert!(text.contains("2026-11-09T06:00:00Z"), "{text}");
    place.ends(
        &[
            "snapshot",
            "--from",
            "exports",
            "--as-of",
            "2026-11-09T06:00:00Z",
        ],
        0,
    );
}

#[test]
fn the_latest_is_the_one_that_was_sealed_last() {
    let place = whole();
    times(&place, "2026-10-20T06:00:00Z");
    place.ends(&["snapshot", "--from", "exports"], 0);
    let show = place.ends(&["snapshots", "show"], 0);
    assert!(show.contains("snapshot   2026-10-20T06-00-00Z"), "{show}");
    // What came before something is a question of moments, not of numbers.
    let checked = place.run(&["check", "--no-store", "--snapshot", NOW, "--format", "json"]);
    let text = String::from_utf8(checked.stdout).expect("text");
    assert!(
        text.contains("\"baseline\": \"2026-10-20T06-00-00Z\""),
        "{}",
        &text[..400]
    );
}

#[test]
fn a_snapshot_of_the_future_is_never_the_latest() {
    let place = whole();
    // Sealed by a clock that was wrong, or before this was refused.
    let store = countersign::dataset::store::Store::new(place.data());
    let config =
        countersign::config::Config::load(&place.path("countersign.toml"), std::iter::empty())
            .expect("a configuration");
    countersign::collect::snapshot(countersign::collect::Request {
        origin: countersign::collect::Origin::Files(&place.path("exports")),
        as_of: Some("2099-01-01T00:00:00Z".parse().expect("a time")),
        sources: &[],
        config: &config,
        store: &store,
        progress: &|_| {},
        observe: &mut |_| {},
    })
    .expect("sealed");
    let text = place.ends(&["snapshots", "show"], 0);
    assert!(text.contains(&format!("snapshot   {NOW}")), "{text}");
    let checked = place.run(&["check", "--no-store", "--max-age", "36500"]);
    let text = super::place::said(&checked);
    assert!(
        text.contains("2099-01-01T00-00-00Z is as of a moment that has not come"),
        "{text}"
    );
}

#[test]
fn a_corrected_register_is_sealed_again_under_the_same_moment() {
    let place = whole();
    times(&place, "2026-11-01T06:00:00Z");
    let first = place.run(&["snapshot", "--from", "exports"]);
    // Other times stated: not the same as what is there.
    assert_eq!(
        first.status.code(),
        Some(0),
        "{}",
        super::place::said(&first)
    );
    assert_eq!(
        String::from_utf8_lossy(&first.stdout).trim(),
        format!("{NOW}-2")
    );
    // Nothing changed since.
    let text = place.ends(&["snapshot", "--from", "exports"], 64);
    assert!(text.contains("exists already"), "{text}");
    place.change("registers/secrets.csv", |mut bytes| {
        bytes.extend(b"entra,,another-one,owner@example.gov.uk,consumer,30,\n");
        bytes
    });
    let again = place.run(&["snapshot", "--from", "exports"]);
    let text = super::place::said(&again);
    assert_eq!(again.status.code(), Some(0), "{text}");
    assert_eq!(
        String::from_utf8_lossy(&again.stdout).trim(),
        format!("{NOW}-3")
    );
    assert!(
        text.contains(&format!("snapshot {NOW}-2 is of the same moment")),
        "{text}"
    );
    // It is the latest, and is compared with the month before, not with what it replaces.
    let checked = place.run(&["check", "--max-age", "36500", "--format", "json"]);
    let text = String::from_utf8(checked.stdout).expect("text");
    assert!(text.contains(&format!("\"snapshot\": \"{NOW}-3\"")));
    assert!(text.contains("\"baseline\": \"2026-10-02T06-00-00Z\""));
    place.ends(
        &["review", "open", "--max-age", "36500", "--out", "again"],
        0,
    );
    place.ends(&["verify"], 0);
    place.ends(&["snapshots", "verify", &format!("{NOW}-3")], 0);
}
