//! What is no workbook of the review is refused whole, and campaigns are kept
//! as they were written.

use std::fs;

use super::place::{Demo, fill, rewrite};

#[test]
fn files_that_are_not_this_reviews_are_refused() {
    let demo = Demo::new();
    demo.ends(&["review", "open", "--out", "first"], 0);
    demo.ends(&["review", "open", "--out", "second"], 0);
    let book = demo.path("second/everything.xlsx");
    // The first review is no longer the latest.
    let came = demo.import("first/everything.xlsx", 2);
    assert_eq!(
        (&came["outcome"], &came["kind"]),
        (&"refused".into(), &"stale".into())
    );

    fs::write(demo.path("no.xlsx"), "no workbook").expect("a file");
    fs::create_dir(demo.path("folder.xlsx")).expect("a folder");
    fill(
        &book,
        &demo.path("record.xlsx"),
        &[("Campaign", 7, "B", "1")],
    );
    fill(
        &book,
        &demo.path("foreign.xlsx"),
        &[("Campaign", 2, "B", "2020-01-01T00-00-00Z")],
    );
    rewrite(&book, &demo.path("formula.xlsx"), |name, content| {
        if name != "xl/worksheets/sheet4.xml" {
            return content;
        }
        let text = String::from_utf8(content).expect("UTF-8");
        let (before, rest) = text.split_once("<c r=\"D2\"").expect("a cell");
        let (_, rest) = rest.split_once("/>").expect("an empty cell");
        format!("{before}<c r=\"D2\"><f>1+1</f><v>2</v></c>{rest}").into_bytes()
    });
    rewrite(&book, &demo.path("macro.xlsx"), |name, content| {
        if name != "[Content_Types].xml" {
            return content;
        }
        let text = String::from_utf8(content).expect("UTF-8");
        text.replace("sheet.main+xml", "sheet.macroEnabled.main+xml")
            .into_bytes()
    });
    for (file, kind) in [
        ("no.xlsx", "unreadable"),
        ("folder.xlsx", "unreadable"),
        ("missing.xlsx", "unreadable"),
        ("record.xlsx", "altered-record"),
        ("foreign.xlsx", "foreign"),
        ("formula.xlsx", "formula"),
        ("macro.xlsx", "unreadable"),
    ] {
        let came = demo.import(file, 2);
        assert_eq!(
            (&came["outcome"], &came["kind"]),
            (&"refused".into(), &kind.into()),
            "{file}: {came}"
        );
    }
    assert_eq!(demo.status(2)["imports"], 0);
}

#[test]
fn a_review_is_kept_as_it_was_written() {
    let demo = Demo::new();
    demo.ends(&["review", "open", "--out", "review"], 0);
    let book = demo.path("review/everything.xlsx");
    let first = fs::read(&book).expect("a workbook");
    // Workbooks may hold decisions: they are never written over.
    let over = demo.run(&["review", "open", "--out", "review"]);
    assert_eq!(over.status.code(), Some(64), "{over:?}");
    assert_eq!(fs::read(&book).expect("a workbook"), first);

    let kept = fs::read_dir(demo.path("data")).expect("a folder");
    let kept: Vec<_> = kept
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with("review="))
        .collect();
    assert_eq!(kept.len(), 1, "nothing was opened the second time");
    let name = kept[0].file_name().to_string_lossy().into_owned();
    let id = name.strip_prefix("review=").expect("an id");
    demo.ends(&["review", "open", "--again", id, "--out", "again"], 0);
    assert_eq!(
        fs::read(demo.path("again/everything.xlsx")).expect("a workbook"),
        first
    );

    let items = kept[0].path().join("items.jsonl");
    let mut bytes = fs::read(&items).expect("items");
    bytes[10] ^= 1;
    fs::write(&items, bytes).expect("items");
    for arguments in [
        vec!["review", "status"],
        vec!["review", "import", "review/everything.xlsx"],
        vec!["review", "open", "--again", id, "--out", "third"],
    ] {
        demo.ends(&arguments, 3);
    }
}
