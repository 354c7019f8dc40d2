//! The pre-rotation report: which secret is meant, and GO, NO-GO or UNKNOWN
//! out of the sheet of checks.

use polars::prelude::DataFrame;

use super::{Book, ReportError};
use crate::dataset::coverage::State;
use crate::dataset::session::Session;
use crate::dataset::settings::{column, table};
use crate::fold::fold;
use crate::sqlfile::nearest;

/// Name of the report.
pub const NAME: &str = "pre-rotation";

/// The answer of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing speaks against it.
    Go,
    /// Something does.
    NoGo,
    /// Something could not be told.
    Unknown,
}

impl Answer {
    /// As the report spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::NoGo => "NO-GO",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Puts the secret that is meant into the session, as the table `rotation`.
/// A name may be that of a registered secret or of one of its credentials.
///
/// # Errors
/// When no store and no register has it.
pub fn choose(session: &mut Session, name: &str) -> Result<String, ReportError> {
    let known = session.collect(
        "SELECT DISTINCT credential, registered_secret, store FROM credential ORDER BY credential, registered_secret, store",
    )?;
    let registered = session.collect(
        "SELECT DISTINCT registered_secret, store FROM registered_secret ORDER BY registered_secret, store",
    )?;
    let wanted = fold(name);
    let mut names = Vec::new();
    for row in 0..known.height() {
        let (credential, secret, store) = (
            text(&known, "credential", row),
            text(&known, "registered_secret", row),
            text(&known, "store", row),
        );
        names.push((credential, secret.clone(), store.clone()));
        names.push((secret.clone(), secret, store));
    }
    for row in 0..registered.height() {
        let secret = text(&registered, "registered_secret", row);
        names.push((secret.clone(), secret, text(&registered, "store", row)));
    }
    let found = names.iter().find(|(spelt, _, _)| fold(spelt) == wanted);
    // A store that was not read may well hold it: the answer is then unknown, not an error.
    let store = name.split('/').next().unwrap_or_default().to_lowercase();
    let (secret, store) = match found {
        Some((_, secret, store)) => (secret.clone(), store.clone()),
        None if unread(session, &store) => (name.to_owned(), store),
        None => {
            return Err(ReportError::Secret {
                name: name.to_owned(),
                hint: nearest(name, names.iter().map(|n| n.1.as_str())),
            });
        }
    };
    let row = table(vec![
        column("secret", vec![secret.clone()]),
        column("secret_folded", vec![fold(&secret)]),
        column("store", vec![store]),
    ])?;
    session.put("rotation", row);
    Ok(secret)
}

fn unread(session: &Session, store: &str) -> bool {
    let table = match store {
        "secretsmanager" => "aws_secret",
        "entra" => "entra_credential",
        "github" => "github_secret",
        "auth0" => "auth0_client",
        "iam" => "aws_access_key",
        _ => return false,
    };
    session.state(table) != Some(State::Complete)
}

fn text(frame: &DataFrame, column: &str, row: usize) -> String {
    frame
        .column(column)
        .ok()
        .and_then(|c| c.get(row).ok())
        .and_then(|v| v.extract_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Rolls the checks up, and says the answer where the report opens.
pub fn answer(book: &mut Book, secret: &str) -> Answer {
    let mut answer = Answer::Go;
    let mut reasons = Vec::new();
    let checks = book.sheets.iter().find(|s| s.title == "Checks");
    if let Some(frame) = &checks.and_then(|checks| checks.rows.whole().ok()) {
        for row in 0..frame.height() {
            match text(frame, "answer", row).as_str() {
                "no" => answer = Answer::NoGo,
                "unknown" if answer == Answer::Go => answer = Answer::Unknown,
                "yes" | "info" => continue,
                _ => {}
            }
            let question = text(frame, "question", row);
            reasons.push(format!("{question}: {}", text(frame, "reason", row)));
        }
        if frame.height() == 0 {
            answer = Answer::Unknown;
        }
    } else {
        answer = Answer::Unknown;
    }
    let mut about = vec![
        ("Answer".to_owned(), answer.name().to_owned()),
        ("Secret".to_owned(), secret.to_owned()),
    ];
    about.extend(reasons.into_iter().map(|r| ("Because".to_owned(), r)));
    about.append(&mut book.about);
    book.about = about;
    answer
}
