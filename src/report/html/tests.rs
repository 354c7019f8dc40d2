//! What a page says first, and what it does with text that is not meant to be read.

use std::collections::BTreeSet;

use chrono::DateTime;
use polars::prelude::{DataFrame, IntoColumn as _, NamedFrom as _, Series};

use super::{MOST_ROWS, SCRIPT, STYLE, write};
use crate::dataset::coverage::State;
use crate::report::front::{Count, Front};
use crate::report::{Book, Page};
use crate::sqlfile::Severity;

fn page(title: &str, columns: Vec<Series>) -> Page {
    let columns = columns.into_iter().map(Series::into_column).collect();
    Page {
        title: title.to_owned(),
        notes: "One row per thing.".to_owned(),
        rows: DataFrame::new_infer_height(columns)
            .expect("a frame")
            .into(),
        gaps: Vec::new(),
        in_every_part: false,
    }
}

fn front() -> Front {
    Front {
        snapshot: "2026-11-01T06-00-00Z".to_owned(),
        as_of: DateTime::UNIX_EPOCH,
        baseline: None,
        complete: true,
        counts: Severity::ALL
            .iter()
            .map(|severity| Count {
                severity: *severity,
                found: 0,
                new: 0,
                waived: 0,
            })
            .collect(),
        undecided: 0,
        resolved: 0,
        rules: [3, 3, 0, 0, 0],
        unknown: Vec::new(),
        partly: Vec::new(),
        skipped: Vec::new(),
        tables: [2, 2],
        incomplete: Vec::new(),
        departures: Vec::new(),
        charts: Vec::new(),
    }
}

fn book(sheets: Vec<Page>, front: Front) -> Book {
    Book {
        name: "trial".to_owned(),
        title: "Trial".to_owned(),
        doc: "For trying.".to_owned(),
        about: vec![("Snapshot".to_owned(), front.snapshot.clone())],
        split_by: None,
        sheets,
        as_of: front.as_of,
        front: Some(front),
        card: None,
    }
}

fn html(book: &Book) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let paths = write(book, dir.path()).expect("written");
    std::fs::read_to_string(&paths[0]).expect("text")
}

#[test]
fn names_are_text_wherever_they_stand() {
    let hostile = "</script><img src=x onerror=alert(1)>\u{202e}\u{0}\"'&";
    let mut sheet = page(hostile, vec![Series::new("name".into(), [hostile])]);
    sheet.gaps.push(hostile.to_owned());
    let mut front = front();
    front
        .incomplete
        .push((hostile.to_owned(), State::Denied, hostile.to_owned()));
    front.unknown.push((hostile.to_owned(), hostile.to_owned()));
    let mut book = book(vec![sheet], front);
    book.about.push((hostile.to_owned(), hostile.to_owned()));
    let html = html(&book);
    assert!(!html.contains("<img"), "{html}");
    assert!(!html.contains('\u{202e}') && !html.contains('\0'));
    assert!(html.contains("[U+202E]\u{2400}&#34;&#39;&#38;"), "{html}");
    assert_eq!(html.matches("</script>").count(), 1);
}

#[test]
fn the_policy_allows_the_one_style_and_script_alone() {
    let html = html(&book(
        vec![page("Rows", vec![Series::new("a".into(), [1])])],
        front(),
    ));
    for (tag, text) in [("style", STYLE), ("script", SCRIPT)] {
        assert!(html.contains(&format!("<{tag}>{text}</{tag}>")));
    }
    for word in [" style=", " onclick", "http:", "https:", "unsafe-"] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn ids_are_the_only_ones_of_their_name() {
    let sheets = ["Main", "About", "Contents"].map(|t| page(t, vec![Series::new("a".into(), [1])]));
    let html = html(&book(sheets.into(), front()));
    let ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "{ids:?}"
    );
}

#[test]
fn a_page_says_what_it_leaves_out() {
    for (there, cut) in [(MOST_ROWS, false), (MOST_ROWS + 1, true)] {
        let numbers: Vec<i64> = (0..).take(there).collect();
        let html = html(&book(
            vec![page("All", vec![Series::new("a".into(), numbers)])],
            front(),
        ));
        assert_eq!(html.matches("<tr><td").count(), MOST_ROWS);
        let said = "The first 1,000 of 1,001 rows stand here";
        assert_eq!(html.contains(said), cut);
        assert_eq!(html.contains("trial-all.csv"), cut);
    }
}

#[test]
fn rows_that_are_not_there_prove_nothing_when_something_was_not_read() {
    let empty = || page("None", vec![Series::new("a".into(), Vec::<i64>::new())]);
    let whole = html(&book(vec![empty()], front()));
    assert!(whole.contains("<p>No rows.</p>"));
    assert!(whole.contains("the check found nothing."));
    assert!(whole.contains("Everything that was asked for could be read and decided."));

    let mut unread = empty();
    unread
        .gaps
        .push("Table entra_user was denied: no permission".to_owned());
    let mut answer = front();
    answer.complete = false;
    answer.tables = [2, 1];
    answer.incomplete.push((
        "entra_user".to_owned(),
        State::Denied,
        "no permission".to_owned(),
    ));
    let part = html(&book(vec![unread, empty()], answer));
    assert!(!part.contains("<p>No rows.</p>"));
    assert!(part.contains("No rows, and that does not show that there is nothing"));
    assert!(part.contains("The check is not complete, so this does not show"));
    assert!(part.contains("the check found nothing in what could be read."));
    assert!(part.contains("Table entra_user (denied): no permission"));
    assert!(part.contains("1 of 2"));
}

#[test]
fn what_has_no_value_is_told_from_what_is_empty() {
    let cells = Series::new("a".into(), [None, Some(""), Some("x")]);
    let html = html(&book(vec![page("Cells", vec![cells])], front()));
    assert!(html.contains("<td class=\"nil\">—</td>"));
    assert!(html.contains("<td class=\"nil\">(empty)</td>"));
}

#[test]
fn long_text_is_folded_and_the_longest_says_where_the_rest_is() {
    let cells = Series::new(
        "a".into(),
        ["x".repeat(401), "y".repeat(20_001), "z".repeat(400)],
    );
    let html = html(&book(vec![page("Cells", vec![cells])], front()));
    assert!(html.contains("… (401 characters)</summary>"));
    assert!(html.contains("[The first 20000 of 20001 characters;"));
    assert!(html.contains(&format!("<td>{}</td>", "z".repeat(400))));
}
