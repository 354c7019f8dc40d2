//! From what a reviewer filled in to a decision, or to why there is none.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use unicode_normalization::UnicodeNormalization as _;

use super::{Problem, Seen};
use crate::fold::fold;
use crate::review::DECISIONS;
use crate::review::campaign::Opened;
use crate::review::columns::Answer;
use crate::review::decisions::Decision;
use crate::review::item::Item;
use crate::review::people::{Roll, Standing, skeleton};
use crate::review::read::{SignOff, Value, quote, time_of};
use crate::time::parse_time;

/// The decision of an item out of all its rows, or why it does not count.
pub(super) fn decide(
    (opened, roll): (&Opened, &Roll<'_>),
    item: &Item,
    first: &Seen,
    rows: &[Seen],
    sign_off: &SignOff,
    now: DateTime<Utc>,
) -> Result<Decision, Box<Problem>> {
    let here = format!(
        "{} row {}, {} on {}",
        first.sheet, first.row, item.person, item.account
    );
    let refuse = |kind: &str, column: &str, is: String, message: String| {
        Box::new(Problem {
            column: Some(column.to_owned()),
            is: Some(quote(&is)),
            ..problem_at(kind, item, first, format!("{here}: {message}"), true)
        })
    };
    // What was filled in beside one of the item's rows counts for it, and must
    // not be contradicted beside another.
    let answer = |which: Answer| -> Result<Value, Box<Problem>> {
        let given = rows.iter().filter_map(|r| r.answers.get(name_of(which)));
        let mut given = given.filter(|v| !v.text().trim().is_empty());
        let Some(one) = given.next() else {
            return Ok(Value::Blank);
        };
        let plain = |v: &Value| match which {
            Answer::Date => day_of(v).map_or_else(|| v.text(), |d| d.to_string()),
            Answer::Reviewer => fold(v.text().trim()),
            Answer::Decision | Answer::Justification => v.text().trim().to_owned(),
        };
        match given.find(|other| plain(other) != plain(one)) {
            Some(other) => Err(refuse(
                "conflict",
                name_of(which),
                other.text(),
                format!(
                    "its rows have two of {} that differ: `{}` and `{}`: none counts; keep one",
                    name_of(which),
                    one.quoted(),
                    other.quoted()
                ),
            )),
            None => Ok(one.clone()),
        }
    };
    let said = first
        .answers
        .get(name_of(Answer::Decision))
        .cloned()
        .unwrap_or(Value::Blank);
    let Some(decision) = known_decision(&said) else {
        return Err(refuse(
            "unknown-decision",
            "Decision",
            said.text(),
            format!(
                "`{}` is no decision: choose Keep, Remove, Change or Don't know",
                said.quoted()
            ),
        ));
    };
    let reviewer = match (answer(Answer::Reviewer)?, &sign_off.reviewer) {
        (Value::Blank, signed) => signed.text(),
        (own, _) => own.text(),
    };
    let reviewer = reviewer.trim().to_owned();
    if reviewer.is_empty() {
        return Err(refuse(
            "no-reviewer",
            "ReviewerUPN",
            String::new(),
            "nobody signed for it: fill in Start here, or ReviewerUPN in the row".to_owned(),
        ));
    }
    if !is_principal_name(&reviewer) {
        return Err(refuse(
            "bad-reviewer",
            "ReviewerUPN",
            reviewer.clone(),
            format!(
                "`{}` is no user principal name, so nobody can tell who decided: write it as name@organisation",
                quote(&reviewer)
            ),
        ));
    }
    if is_same(item, &reviewer) {
        return Err(refuse(
            "self-review",
            "ReviewerUPN",
            reviewer.clone(),
            format!(
                "{reviewer} decided about {}, who is the same person: somebody else must",
                item.person
            ),
        ));
    }
    if let Standing::Nobody(why) = roll.standing(&reviewer) {
        return Err(refuse(
            "unknown-reviewer",
            "ReviewerUPN",
            reviewer.clone(),
            format!(
                "{} cannot have decided: {why}; sign with the user principal name of an enabled person",
                quote(&reviewer)
            ),
        ));
    }
    let justification = answer(Answer::Justification)?.text().trim().to_owned();
    let needed = match decision {
        "Change" => Some("a Change says what to"),
        "Keep" if item.privileged != Some(false) => {
            Some("keeping privileged access needs a reason")
        }
        "Keep" if item.keep_needs_reason() => {
            Some("keeping the access of a guest, or of somebody who may be one, needs a reason")
        }
        _ => None,
    };
    if let Some(why) = needed
        && !justification.chars().any(char::is_alphanumeric)
    {
        return Err(refuse(
            "missing-justification",
            "Justification",
            String::new(),
            format!("{why}: fill in Justification"),
        ));
    }
    let given = match answer(Answer::Date)? {
        Value::Blank => sign_off.date.clone(),
        own => own,
    };
    let decided_on = match &given {
        Value::Blank => None,
        other => match day_of(other) {
            Some(day) => Some(day),
            None => {
                return Err(refuse(
                    "bad-date",
                    "ReviewDate",
                    other.text(),
                    format!("`{}` is no day: write it as 2026-11-23", other.quoted()),
                ));
            }
        },
    };
    if let Some(day) = decided_on {
        let tomorrow = now.date_naive().succ_opt().unwrap_or(now.date_naive());
        // A day begins earlier in some places than in others.
        let opened = opened
            .campaign
            .opened_at
            .date_naive()
            .pred_opt()
            .unwrap_or(day);
        if day > tomorrow {
            return Err(refuse(
                "date-in-future",
                "ReviewDate",
                day.to_string(),
                format!("{day} has not come yet"),
            ));
        }
        if day < opened {
            return Err(refuse(
                "date-before-review",
                "ReviewDate",
                day.to_string(),
                format!("{day} is before the review was opened"),
            ));
        }
    }
    Ok(Decision {
        item_id: item.item_id.clone(),
        decision: decision.to_owned(),
        justification: (!justification.is_empty()).then_some(justification),
        reviewer,
        decided_on,
    })
}

/// A problem of a row.
pub(super) fn problem_at(
    kind: &str,
    item: &Item,
    row: &Seen,
    message: String,
    held: bool,
) -> Problem {
    Problem {
        kind: kind.to_owned(),
        sheet: Some(row.sheet.clone()),
        row: Some(row.row),
        item_id: Some(item.item_id.clone()),
        message,
        held,
        ..Problem::default()
    }
}

/// The heading of what reviewers fill in.
pub(super) fn name_of(answer: Answer) -> &'static str {
    match answer {
        Answer::Decision => "Decision",
        Answer::Justification => "Justification",
        Answer::Reviewer => "ReviewerUPN",
        Answer::Date => "ReviewDate",
    }
}

/// The decision of a row, if it is one.
pub(super) fn decision_of(row: &Seen) -> Option<&'static str> {
    row.answers
        .get(name_of(Answer::Decision))
        .and_then(known_decision)
}

/// The decision that a text means, whatever its case, blanks and apostrophe.
fn known_decision(value: &Value) -> Option<&'static str> {
    let Value::Text(text) = value else {
        return None;
    };
    let plain = text.trim().replace('\u{2019}', "'");
    DECISIONS
        .into_iter()
        .find(|d| d.eq_ignore_ascii_case(&plain))
}

fn day_of(value: &Value) -> Option<NaiveDate> {
    match value {
        Value::Time(serial) | Value::Number(serial) => time_of(*serial).map(|t| t.date_naive()),
        Value::Text(text) => {
            let text = text.trim();
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()
                .filter(|_| text.len() == 10)
                .or_else(|| {
                    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
                    let mut times = forms.iter().map(|f| NaiveDateTime::parse_from_str(text, f));
                    times.find_map(|t| t.ok().map(|t| t.date()))
                })
                .or_else(|| parse_time(text).map(|t| t.date_naive()))
        }
        _ => None,
    }
}

/// Whether a text is a user principal name as directories write it: nothing
/// that an eye cannot see or takes for something else.
fn is_principal_name(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let plain = |part: &str, marks: &str| {
        !part.is_empty()
            && part
                .chars()
                .nfd()
                .all(|c| c.is_ascii_alphanumeric() || is_accent(c) || marks.contains(c))
    };
    let dots = |part: &str| part.starts_with('.') || part.ends_with('.') || part.contains("..");
    plain(name, ".!#$%&'*+/=?^_`{|}~-") && plain(domain, ".-") && !dots(name) && !dots(domain)
}

/// Whether a character is an accent above or below the letter before it.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) && c != '\u{34f}'
}

/// Whether a reviewer is the person that an item is about, under any name;
/// what stands behind a plus is the same mailbox.
fn is_same(item: &Item, reviewer: &str) -> bool {
    let reviewer = skeleton(reviewer);
    item.aliases
        .iter()
        .chain(&item.person_folded)
        .any(|alias| skeleton(alias) == reviewer)
}

#[cfg(test)]
mod tests {
    use super::{Value, day_of, is_principal_name};

    #[test]
    fn principal_names_hold_nothing_unseen() {
        for (text, is) in [
            ("ana.vale@digital.justice.gov.uk", true),
            ("Ana.O'Hara+x@example.org", true),
            ("si\u{e2}n.reeve@example.org", true),
            ("ana_example.org#EXT#@tenant.onmicrosoft.com", true),
            ("Ana Vale", false),
            ("Ana <ana@example.org>", false),
            ("mailto:ana@example.org", false),
            ("\u{200b}ana@example.org", false),
            ("\u{430}na@example.org", false),
            ("ana@", false),
            ("@example.org", false),
            ("ana@a@b", false),
            ("ana\u{34f}@example.org", false),
            ("ana@example.org.", false),
            ("ana.@example.org", false),
        ] {
            assert_eq!(is_principal_name(text), is, "{text}");
        }
    }

    #[test]
    fn days_are_whole_texts() {
        for (text, is) in [
            ("2026-11-23", true),
            (" 2026-11-23 ", true),
            ("2026-11-23T00:00:00", true),
            ("2026-11-23 09:30:00", true),
            ("2026-11-23T09:30:00Z", true),
            ("2026-11-2345", false),
            ("2026-11-23 or so", false),
            ("23/11/2026", false),
            ("2026-11-31", false),
            ("2026-1-1", false),
        ] {
            assert_eq!(
                day_of(&Value::Text(text.to_owned())).is_some(),
                is,
                "{text}"
            );
        }
    }
}
