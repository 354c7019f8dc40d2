//! Every form that a file may have gives the same rows.

use std::fs;
use std::io::Write as _;

use countersign::dataset::coverage::State;
use serde_json::{Value, json};

use super::place::{Place, countersign_state, records};

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
