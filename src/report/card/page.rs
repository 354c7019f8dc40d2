//! The card as a block of a page. Its look is in `html/card.css`.

use askama::Template;

use crate::report::ReportError;
use crate::report::shown::line as plain;
use crate::rotation::card::{
    AfterState, Answer, Card, Dependent, LinkState, Reach, Reason, Verdict, minute,
};

struct Line {
    class: &'static str,
    mark: &'static str,
    question: String,
    reason: String,
    remedy: String,
}

struct Cell {
    class: &'static str,
    name: &'static str,
    mark: &'static str,
    state: &'static str,
    at: String,
    note: String,
    evidence: String,
}

struct Somebody {
    who: String,
    why: String,
    note: &'static str,
}

struct Open {
    text: String,
    commands: Vec<String>,
}

struct Became {
    what: String,
    class: &'static str,
    state: &'static str,
    note: String,
}

#[derive(Template)]
#[template(path = "card.html")]
struct Block {
    class: &'static str,
    answer: &'static str,
    secret: String,
    headline: String,
    as_of: String,
    snapshot: String,
    baseline: String,
    decisive: Vec<Line>,
    other: Vec<Line>,
    chain: Vec<Cell>,
    dependents: Vec<Dependent>,
    reach: Vec<Reach>,
    rotators: Vec<Somebody>,
    fallback_class: &'static str,
    fallback_answer: &'static str,
    fallback: String,
    steps: Vec<Open>,
    after: Vec<Became>,
}

fn line(r: &Reason) -> Line {
    let (class, mark) = match r.verdict {
        Verdict::No => ("critical", "✗"),
        Verdict::Unknown => ("unknown", "?"),
        Verdict::Info => ("info", "·"),
        Verdict::Yes => ("good", "✓"),
    };
    Line {
        class,
        mark,
        question: plain(&r.question),
        reason: plain(&r.reason),
        remedy: r.remedy.as_deref().map(plain).unwrap_or_default(),
    }
}

/// The block: HTML in which everything from outside is text.
///
/// # Errors
/// When the template fails.
pub(crate) fn block(card: &Card) -> Result<String, ReportError> {
    let (fallback_class, fallback_answer) = match card.fallback.0 {
        Verdict::Yes | Verdict::Info => ("good", "Yes"),
        Verdict::No => ("critical", "None"),
        Verdict::Unknown => ("unknown", "Unknown"),
    };
    let block = Block {
        class: match card.answer {
            Answer::Go => "good",
            Answer::NoGo => "critical",
            Answer::Unknown => "unknown",
        },
        answer: card.answer.name(),
        secret: plain(&card.secret),
        headline: plain(&card.headline),
        as_of: minute(card.as_of),
        snapshot: card.snapshot.clone(),
        baseline: card.baseline.as_ref().map_or_else(
            || "without a baseline".to_owned(),
            |b| format!("compared with {b}"),
        ),
        decisive: card.decisive().map(line).collect(),
        other: card.other().map(line).collect(),
        chain: card
            .chain
            .iter()
            .map(|l| Cell {
                class: match l.state {
                    LinkState::Done => "good",
                    LinkState::NotYet | LinkState::OutOfOrder => "critical",
                    LinkState::Unknown => "unknown",
                    LinkState::NotNeeded => "none",
                },
                name: l.kind.name(),
                mark: l.state.mark(),
                state: l.state.name(),
                at: l.at.map(minute).unwrap_or_default(),
                note: plain(&l.note),
                evidence: plain(&l.evidence),
            })
            .collect(),
        dependents: card
            .dependents
            .iter()
            .map(|d| Dependent {
                role: plain(&d.role),
                name: plain(&d.name),
                consequence: plain(&d.consequence),
            })
            .collect(),
        reach: card.reach.clone(),
        rotators: card
            .rotators
            .iter()
            .map(|p| Somebody {
                who: plain(&p.who),
                why: plain(&p.why),
                note: p.can_sign_in.note(),
            })
            .collect(),
        fallback_class,
        fallback_answer,
        fallback: plain(&card.fallback.1),
        steps: card
            .steps
            .iter()
            .map(|s| Open {
                text: plain(&s.text),
                commands: s.commands.iter().map(|c| plain(c)).collect(),
            })
            .collect(),
        after: card
            .after
            .iter()
            .map(|a| Became {
                what: plain(&a.what),
                class: match a.state {
                    AfterState::Done | AfterState::Unchanged => "good",
                    AfterState::NotDone => "critical",
                    AfterState::Unknown => "unknown",
                    AfterState::NotNeeded | AfterState::NotBegun | AfterState::Moved => "info",
                },
                state: a.state.name(),
                note: plain(&a.note),
            })
            .collect(),
    };
    block.render().map_err(|e| ReportError::Card {
        message: e.to_string(),
    })
}
