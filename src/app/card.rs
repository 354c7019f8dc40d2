//! The rotation card on a terminal: one page of it, with and without colour.

use std::fmt::Write as _;

use super::terminal::{safe, wrap};
use crate::rotation::card::{
    AfterState, Answer, Card, LinkState, Reason, Verdict, minute, reached,
};

const RED: &str = "31";
const GREEN: &str = "32";
const PURPLE: &str = "35";
const SOFT: &str = "2";
const BOLD: &str = "1";

struct Paper {
    text: String,
    width: usize,
    colour: bool,
}

impl Paper {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn head(&mut self, text: &str) {
        let shown = self.paint(BOLD, text);
        let _ = writeln!(self.text, "\n{shown}");
    }

    /// A label, and text that wraps beside it.
    fn beside(&mut self, label: &str, code: &str, room: usize, text: &str) {
        let text = safe(text);
        let label = safe(label);
        let lines = wrap(&text, self.width.saturating_sub(room));
        for (n, line) in lines.iter().enumerate() {
            if n == 0 {
                let pad = room.saturating_sub(label.chars().count());
                let shown = self.paint(code, &label);
                let line = format!("{shown}{:pad$}{line}", "");
                let _ = writeln!(self.text, "{}", line.trim_end());
            } else {
                let _ = writeln!(self.text, "{:room$}{line}", "");
            }
        }
    }

    /// A command: not broken, so that it can be copied.
    fn command(&mut self, text: &str) {
        let shown = self.paint(SOFT, &safe(text));
        let _ = writeln!(self.text, "     {shown}");
    }
}

/// The card as text.
pub(crate) fn text(card: &Card, width: usize, colour: bool) -> String {
    let mut p = Paper {
        text: String::new(),
        width: width.clamp(60, 100),
        colour,
    };
    let code = match card.answer {
        Answer::Go => "1;32",
        Answer::NoGo => "1;31",
        Answer::Unknown => "1;35",
    };
    let answer = format!("{}  ", card.answer.name());
    let room = answer.chars().count();
    p.beside(&answer, code, room, &card.secret);
    for line in wrap(&safe(&card.headline), p.width) {
        let _ = writeln!(p.text, "{line}");
    }
    let rests = format!(
        "As of {} UTC, snapshot {}, {}",
        minute(card.as_of),
        card.snapshot,
        card.baseline.as_ref().map_or_else(
            || "without a baseline".to_owned(),
            |b| format!("compared with {b}")
        )
    );
    for line in wrap(&rests, p.width) {
        let shown = p.paint(SOFT, &line);
        let _ = writeln!(p.text, "{shown}");
    }
    if card.decisive().next().is_some() {
        p.head("Why");
        for (n, r) in (1..).zip(card.decisive()) {
            reason(&mut p, &format!("{n:>2}. "), r);
        }
    }
    p.head("Chain");
    let _ = writeln!(p.text, "{}", card.chain_line());
    for l in &card.chain {
        let code = match l.state {
            LinkState::Done => GREEN,
            LinkState::NotYet | LinkState::OutOfOrder => RED,
            LinkState::Unknown => PURPLE,
            LinkState::NotNeeded => SOFT,
        };
        let at = l.at.map(minute).unwrap_or_default();
        let label = format!(
            "{} {:<16} {:<12} {at}",
            l.state.mark(),
            l.kind.name(),
            l.state.name()
        );
        let shown = p.paint(code, label.trim_end());
        let _ = writeln!(p.text, "{shown}");
        p.beside("", "", 5, &l.note);
        let evidence = format!("by {}", safe(&l.evidence));
        if !l.evidence.is_empty() {
            for line in wrap(&evidence, p.width - 5) {
                let shown = p.paint(SOFT, &line);
                let _ = writeln!(p.text, "     {shown}");
            }
        }
    }
    p.head("If it goes wrong");
    if card.dependents.is_empty() {
        p.beside("", "", 2, "What depends on it is not known.");
    }
    for d in &card.dependents {
        p.beside(
            "- ",
            "",
            2,
            &format!("{} {}: {}.", d.role, d.name, d.consequence),
        );
    }
    for r in &card.reach {
        let words = reached(r);
        p.beside("- ", "", 2, &format!("From {}: {words}.", r.source));
    }
    p.head("Who can rotate");
    if card.rotators.is_empty() {
        p.beside("", "", 2, "Nobody is known.");
    }
    for person in &card.rotators {
        let able = person.can_sign_in.note();
        p.beside(
            "- ",
            "",
            2,
            &format!("{}: {}{able}", person.who, person.why),
        );
    }
    let (code, word) = match card.fallback.0 {
        Verdict::Yes | Verdict::Info => (GREEN, "yes: "),
        Verdict::No => (RED, "none: "),
        Verdict::Unknown => (PURPLE, "unknown: "),
    };
    p.head("Fallback sign-in");
    p.beside(word, code, word.len(), &format!("{}.", card.fallback.1));
    p.head("Steps still open");
    for (n, step) in (1..).zip(&card.steps) {
        p.beside(&format!("{n:>2}. "), "", 4, &step.text);
        for command in &step.commands {
            p.command(command);
        }
    }
    if !card.after.is_empty() {
        p.head("Since the baseline");
        for a in &card.after {
            let code = match a.state {
                AfterState::Done | AfterState::Unchanged => GREEN,
                AfterState::NotDone => RED,
                AfterState::Unknown => PURPLE,
                AfterState::NotNeeded | AfterState::NotBegun | AfterState::Moved => SOFT,
            };
            p.beside(
                &format!("{:<11}", a.state.name()),
                code,
                11,
                &format!("{}: {}", a.what, a.note),
            );
        }
    }
    if card.other().next().is_some() {
        p.head("Also checked");
        for r in card.other() {
            let mark = if r.verdict == Verdict::Yes {
                "✓ "
            } else {
                "· "
            };
            p.beside(mark, "", 2, &format!("{}: {}.", r.question, r.reason));
        }
    }
    p.text
}

fn reason(p: &mut Paper, label: &str, r: &Reason) {
    let code = if r.verdict == Verdict::No {
        RED
    } else {
        PURPLE
    };
    p.beside(label, code, 4, &format!("{}: {}.", r.question, r.reason));
    if let Some(remedy) = &r.remedy {
        p.beside("    → ", SOFT, 6, &format!("{remedy}."));
    }
}
