//! What the card holds, however it is written.

use std::fs;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use countersign::estate::Rotation;

use super::place::{BROKER, NOW, Place, SYNC};

/// The snapshot of a place.
fn id() -> String {
    NOW.replace(':', "-")
}

#[test]
fn it_fits_a_terminal_of_eighty_columns_with_and_without_colour() {
    let place = Place::new(Rotation::Issued);
    place.seal();
    let ask = |color: &str| {
        let output = place.run(&[
            "report",
            "pre-rotation",
            "--secret",
            SYNC,
            "--snapshot",
            &id(),
            "--format",
            "json",
            "--out",
            "out",
            "--color",
            color,
        ]);
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let plain = ask("never");
    for line in plain.lines().filter(|l| !l.starts_with("     ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!plain.contains('\u{1b}'));
    assert!(
        plain.starts_with("NO-GO  entra/aws-sync-provisioning\n"),
        "{plain}"
    );
    let coloured = ask("always");
    assert!(coloured.contains("\u{1b}[1;31mNO-GO"), "{coloured}");
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        stripped.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('m').expect("an end") + 1..];
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain, "colour says nothing that text does not");
}

#[test]
fn no_command_carries_a_value_and_steps_follow_the_chain() {
    // The next rotation, from its beginning.
    let card = Place::new(Rotation::Settled).ask(SYNC);
    let commands = card.commands();
    let place = |part: &str| {
        commands
            .iter()
            .position(|c| c.contains(part))
            .unwrap_or_else(|| panic!("no {part} in {commands:#?}"))
    };
    let order = [
        "countersign snapshot",
        "mktemp -p /dev/shm",
        "az ad app credential reset",
        "aws secretsmanager put-secret-value",
        "shred -u",
        "aws cloudtrail lookup-events",
        "aws logs tail /aws/lambda/entra-sync-function",
        "az ad app credential delete",
        "countersign report pre-rotation --secret entra/aws-sync-provisioning",
    ];
    let places: Vec<usize> = order.iter().map(|p| place(p)).collect();
    assert!(places.is_sorted(), "{places:?}: {commands:#?}");
    for command in &commands {
        // A value may only come from a file and go into one.
        for flag in ["--secret-string", "--body", "--password", "--client-secret"] {
            if let Some(at) = command.find(flag) {
                assert!(
                    command[at + flag.len()..].starts_with(" \"file://"),
                    "{command}"
                );
            }
        }
        for printing in ["credential reset", "get-secret-value", "create-access-key"] {
            assert!(
                !command.contains(printing) || command.contains("> \"$new\""),
                "{command}"
            );
        }
    }
    // Issued and not stored: nothing is issued again, the old one goes last.
    let card = Place::new(Rotation::Issued).ask(SYNC);
    assert!(
        card.commands()
            .iter()
            .all(|c| !c.contains("credential reset"))
    );
    assert!(
        card.commands()
            .iter()
            .any(|c| c.contains("put-secret-value"))
    );
    // Only the old one is left: nothing is stored or deployed again.
    let card = Place::new(Rotation::Synced).ask(SYNC);
    let commands = card.commands();
    assert!(
        commands.iter().all(|c| !c.contains("put-secret-value")),
        "{commands:#?}"
    );
    assert_eq!(
        commands
            .iter()
            .filter(|c| c.contains("credential delete"))
            .count(),
        1,
        "the new one stays: {commands:#?}"
    );
}

#[test]
fn names_from_outside_are_text_in_every_format() {
    let place = Place::new(Rotation::Settled);
    let hostile = "x;$(id)<script>alert(1)</script>=1+1";
    place.edit("registers/secrets.csv", |text| {
        text.replace("entra-sync-function", hostile)
    });
    place.edit("exports/aws/cloudtrail-events.json", |text| {
        text.replace("entra-sync-function", hostile)
    });
    place.seal();
    let output = place.run(&[
        "report",
        "pre-rotation",
        "--secret",
        SYNC,
        "--snapshot",
        &id(),
        "--out",
        "out",
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let page = fs::read_to_string(place.file("out/pre-rotation.html")).expect("a page");
    assert!(!page.contains("<script>alert"), "a name became an element");
    assert!(page.contains("x;$(id)&#60;script&#62;"));
    let card = fs::read_to_string(place.file("out/pre-rotation.json")).expect("JSON");
    let card: serde_json::Value = serde_json::from_str(&card).expect("JSON");
    assert!(card["card"].to_string().contains(hostile), "{card}");
    let mut book: Xlsx<_> = open_workbook(place.file("out/pre-rotation.xlsx")).expect("a workbook");
    let (mut cells, mut formulas) = (0, 0);
    for sheet in book.sheet_names() {
        let range = book.worksheet_range(&sheet).expect("a sheet");
        let named = |c: &&Data| matches!(c, Data::String(text) if text.contains("x;$(id)"));
        cells += range.rows().flatten().filter(named).count();
        let all = book.worksheet_formula(&sheet).expect("a sheet");
        formulas += all.rows().flatten().filter(|f| !f.is_empty()).count();
    }
    assert!(cells > 0, "the name is in the workbook");
    assert_eq!(formulas, 0);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("AttributeValue='x;$(id)<script>alert(1)</script>=1+1'"),
        "{said}"
    );
}

#[test]
fn who_is_concerned_is_counted() {
    let place = Place::new(Rotation::Settled);
    let card = place.ask(SYNC);
    // Whoever the sync brought in; another program counts them from the export.
    let exported =
        fs::read_to_string(place.file("exports/aws/identitystore-users.json")).expect("users");
    let people = exported.matches("\"EntraId\"").count();
    let reach = &card.list("reach")[0];
    assert_eq!(reach["source"], "entra");
    assert_eq!(reach["people"], people);
    assert_eq!(card.list("reach").len(), 1, "{}", card.value["reach"]);
    let accounts = reach["accounts"].as_i64().unwrap();
    assert_eq!(
        accounts, 36,
        "the group of the platform is on every account"
    );
    assert_eq!(reach["production_accounts"], 9, "a quarter of them");
    let dependents: Vec<&str> = card
        .list("dependents")
        .iter()
        .map(|d| d["name"].as_str().unwrap())
        .collect();
    assert_eq!(dependents, ["entra-sync-function", "entra"]);
    assert!(card.said.contains("fails open"), "{}", card.said);
    let owners: Vec<&str> = card
        .list("rotators")
        .iter()
        .filter(|r| r["can_sign_in"] == "yes")
        .map(|r| r["who"].as_str().unwrap())
        .collect();
    assert_eq!(owners.len(), 2, "{}", card.value["rotators"]);
    let broker = place.ask_again(BROKER);
    assert_eq!(broker.list("reach")[0]["people"], people);
}

#[test]
fn every_format_opens_with_the_card() {
    let place = Place::new(Rotation::Stored);
    place.seal();
    let output = place.run(&[
        "report",
        "pre-rotation",
        "--secret",
        SYNC,
        "--snapshot",
        &id(),
        "--out",
        "out",
    ]);
    assert_eq!(output.status.code(), Some(1));
    for name in [
        "checks",
        "chain",
        "steps",
        "after",
        "moments",
        "credentials",
        "findings",
    ] {
        let path = place.file(&format!("out/pre-rotation-{name}.csv"));
        assert!(path.is_file(), "{name}");
    }
    let page = fs::read_to_string(place.file("out/pre-rotation.html")).expect("a page");
    assert!(page.contains("NO-GO") && !page.contains("style=\""));
    assert!(place.file("out/pre-rotation.xlsx").is_file());
}
