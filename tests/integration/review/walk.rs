//! A whole review, from open to the proof that what was to go is gone.

use std::fs;

use super::place::{Demo, Table, fill, kinds};

/// Row of a label on the first sheet.
fn label(demo: &Demo, file: &str, text: &str) -> u32 {
    let start = Table::read(&demo.path(file), "Start here");
    // The first row is the title, which takes the place of headings here.
    let heading = start.headings.first().expect("a title").clone();
    let row = start
        .rows
        .iter()
        .find(|(_, cells)| cells.get(&heading).is_some_and(|c| c == text));
    row.unwrap_or_else(|| panic!("no {text}")).0
}

#[test]
fn from_open_to_the_proof_of_removal() {
    let demo = Demo::new();
    let said = demo.ends(
        &["review", "open", "--out", "review", "--name", "November"],
        0,
    );
    let files: Vec<&str> = said.lines().collect();
    assert_eq!(files.first(), Some(&"review/everything.xlsx"));
    assert!(files.len() > 3, "a workbook for each owner: {files:?}");
    for file in &files {
        assert!(demo.path(file).is_file(), "{file}");
    }

    let book = "review/everything.xlsx";
    let everything = Table::read(&demo.path(book), "Everything");
    let privileged = Table::read(&demo.path(book), "Privileged");
    assert!(privileged.rows.len() > 5 && everything.rows.len() > privileged.rows.len());
    let plain: Vec<u32> = everything
        .rows
        .iter()
        .filter(|(_, r)| r["Privileged"] == "no" && r["Guest"] == "no")
        .map(|(n, _)| *n)
        .collect();
    let removed = &privileged.rows[0].1;
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let signed = label(&demo, book, "Reviewed by (user principal name)");
    let dated = label(&demo, book, "Reviewed on");
    let cells = [
        ("Start here", signed, "B", "head.of.hosting@example.gov.uk"),
        ("Start here", dated, "B", today.as_str()),
        ("Privileged", 2, "Decision", "Remove"),
        ("Privileged", 3, "Decision", "Keep"),
        ("Privileged", 3, "Justification", "on call until March"),
        ("Everything", plain[0], "Decision", "keep"),
        ("Everything", plain[1], "Decision", "Don\u{2019}t know"),
        ("Everything", plain[2], "Decision", "Change"),
        (
            "Everything",
            plain[2],
            "Justification",
            "read-only is enough",
        ),
    ];
    fill(&demo.path(book), &demo.path("returned.xlsx"), &cells);

    let came = demo.import("returned.xlsx", 0);
    assert_eq!(came["outcome"], "read");
    assert_eq!(came["taken"], 5, "{came}");
    assert_eq!(came["problems"].as_array().map(Vec::len), Some(0), "{came}");
    let rows = u64::try_from(everything.rows.len()).expect("a count");
    assert_eq!(came["blank"], rows - 5);
    // The same file again changes nothing.
    assert_eq!(demo.import("returned.xlsx", 0)["outcome"], "read before");

    let status = demo.status(2);
    for (decision, count) in [
        ("Keep", 2),
        ("Remove", 1),
        ("Change", 1),
        ("Don't know", 1),
        ("Not reviewed", rows - 5),
    ] {
        assert_eq!(status["decisions"][decision], count, "{decision}");
    }
    assert_eq!(status["removals"][0]["outcome"], "no later snapshot");

    // Nobody did anything yet: a later snapshot shows that it is still there.
    let soon = (chrono::Utc::now() - chrono::TimeDelta::seconds(30)).to_rfc3339();
    demo.ends(&["snapshot", "--from", "exports", "--as-of", &soon], 0);
    let status = demo.status(1);
    assert_eq!(status["removals"][0]["outcome"], "still there");

    let acted = demo.ends(&["demo", "--act-on-review", "--out", "."], 0);
    // Most rows are still undecided.
    let status = demo.status(2);
    assert_eq!(status["removals"][0]["outcome"], "gone", "{status}");
    assert_eq!(status["removals"][0]["shown_by"], acted.trim());
    assert_eq!(status["removals"][0]["person"], removed["Person"].as_str());
    let text = demo.ends(&["review", "status"], 2);
    assert!(text.contains("Removals: 1 gone"), "{text}");

    // The next review says what the last one decided, and what is gone.
    demo.ends(&["review", "open", "--out", "next"], 0);
    let next = Table::read(&demo.path("next/everything.xlsx"), "Everything");
    let decided = |word: &str| {
        let all = next.rows.iter();
        all.filter(|(_, r)| r["Last decision"].starts_with(word))
            .count()
    };
    assert_eq!((decided("Keep"), decided("Remove")), (2, 0));
    let changes = Table::read(&demo.path("next/everything.xlsx"), "Changes");
    let gone = changes.rows.iter().any(|(_, r)| {
        r["Change"] == "removed"
            && r["Person"] == removed["Person"]
            && r["Account"] == removed["Account"]
            && r["Permission set"] == removed["Permission set"]
    });
    assert!(gone, "{:?}", changes.rows);

    // It comes back.
    let now = chrono::Utc::now().to_rfc3339();
    demo.ends(&["snapshot", "--from", "exports", "--as-of", &now], 0);
    let id = status["campaign"].as_str().expect("an id");
    let text = demo.ends(
        &["review", "status", "--campaign", id, "--format", "json"],
        1,
    );
    let status: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(status["removals"][0]["outcome"], "came back", "{status}");
}

#[test]
fn what_is_wrong_in_a_row_keeps_its_decision_out_and_is_named() {
    let demo = Demo::new();
    demo.ends(&["review", "open", "--out", "review"], 0);
    let book = "review/everything.xlsx";
    let everything = Table::read(&demo.path(book), "Everything");
    let privileged = Table::read(&demo.path(book), "Privileged");
    let plain: Vec<u32> = everything
        .rows
        .iter()
        .filter(|(_, r)| r["Privileged"] == "no" && r["Guest"] == "no")
        .map(|(n, _)| *n)
        .collect();
    let own = everything
        .rows
        .iter()
        .find(|(n, _)| *n == plain[3])
        .expect("a row")
        .1["Person"]
        .clone();
    let me = "head.of.hosting@example.gov.uk";
    let cells = [
        ("Privileged", 2, "Decision", "Keep"),
        ("Privileged", 2, "ReviewerUPN", me),
        ("Privileged", 3, "Decision", "Remove"),
        ("Everything", plain[0], "Decision", "Yes"),
        ("Everything", plain[0], "ReviewerUPN", me),
        ("Everything", plain[1], "Decision", "Keep"),
        ("Everything", plain[1], "ReviewerUPN", me),
        ("Everything", plain[1], "ReviewDate", "2999-01-01"),
        ("Everything", plain[2], "Decision", "Keep"),
        ("Everything", plain[2], "ReviewerUPN", me),
        ("Everything", plain[2], "Account", "another"),
        ("Everything", plain[3], "Decision", "Keep"),
        ("Everything", plain[3], "ReviewerUPN", &own.to_uppercase()),
        ("Everything", plain[4], "Justification", "fine"),
        ("Everything", plain[5], "Decision", "Change"),
        ("Everything", plain[5], "ReviewerUPN", me),
    ];
    fill(&demo.path(book), &demo.path("returned.xlsx"), &cells);
    let came = demo.import("returned.xlsx", 1);
    assert_eq!(came["taken"], 0, "{came}");
    assert_eq!(
        kinds(&came),
        [
            "altered-fact",
            "date-in-future",
            "missing-justification",
            "no-decision",
            "no-reviewer",
            "self-review",
            "unknown-decision"
        ]
    );
    assert!(privileged.rows.len() > 2);
    let status = demo.status(2);
    assert_eq!(status["decisions"]["Keep"], 0);
    assert_eq!(status["not_taken"], 7, "{status}");
}

#[test]
fn what_was_not_read_is_said_and_proves_nothing() {
    let demo = Demo::new();
    let lists = demo.path("exports/aws/identitystore-group-memberships.json");
    let whole = fs::read_to_string(&lists).expect("memberships");
    let half: String = whole.lines().take(2).collect::<Vec<_>>().join("\n");
    let cut = |text: &str| fs::write(&lists, text).expect("memberships");
    cut(&half);
    let soon = (chrono::Utc::now() - chrono::TimeDelta::seconds(60)).to_rfc3339();
    let sealed = demo.run(&["snapshot", "--from", "exports", "--as-of", &soon]);
    assert_eq!(sealed.status.code(), Some(2), "{sealed:?}");
    let opened = demo.run(&["review", "open", "--out", "review"]);
    assert_eq!(opened.status.code(), Some(2), "{opened:?}");
    let start = Table::read(&demo.path("review/everything.xlsx"), "Start here");
    let said = start
        .rows
        .iter()
        .flat_map(|(_, r)| r.values())
        .any(|c| c == "NOT COMPLETE");
    assert!(said, "{:?}", start.rows);
    let status = demo.status(2);
    assert_eq!(status["complete"], false);
}
