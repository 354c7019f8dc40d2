//! What a rule may claim, decided from the coverage of the tables that its SQL
//! reads: never by the rule itself.

use std::collections::{BTreeMap, BTreeSet};

use super::DetectError;
use crate::dataset::coverage::State;
use crate::dataset::schema::{self, Source};
use crate::dataset::session::{INCIDENTS, Session};
use crate::dataset::value::rows_of;
use crate::sqlfile::Rule;
use crate::sqlfile::reads::{self, Read};

/// What coverage allows a rule to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Everything it reads is complete. Holds what its population leaves out.
    Decide { without: Vec<String> },
    /// Something is incomplete: no pass. `rows_stand` tells whether rows stay
    /// faults because only positively read tables are incomplete.
    NoPass { rows_stand: bool, why: Vec<String> },
    /// A table that it cannot do without was skipped.
    Skip { why: String },
}

/// A table and whether rows rest on something being absent from it.
type Tables = BTreeMap<String, bool>;

/// Decides what the rule may claim over this session.
pub(crate) fn allowed(
    rule: &Rule,
    reads: &[Read],
    session: &Session,
) -> Result<Allowed, DetectError> {
    let mut tables = Tables::new();
    let mut without = BTreeSet::new();
    resolve(reads, session, &mut tables, &mut without);
    for (name, negative) in tables.clone() {
        for end in schema::table(&name).map_or(&[][..], |t| t.ends) {
            if !matches!(
                session.state(end),
                None | Some(State::Complete | State::Skipped)
            ) {
                *tables.entry((*end).to_owned()).or_default() |= negative;
            }
        }
    }
    let mut why = Vec::new();
    let mut rows_stand = true;
    for (name, negative) in &tables {
        match session.state(name) {
            None | Some(State::Complete) => {}
            Some(State::Skipped) => {
                if !rule.optional.contains(name) {
                    return Ok(Allowed::Skip {
                        why: sentence(session, name, State::Skipped),
                    });
                }
            }
            Some(state) => {
                // What the importers met was there, whatever they did not read.
                rows_stand &= !negative || name == INCIDENTS;
                why.push(sentence(session, name, state));
            }
        }
    }
    // Null in such a column is no answer; rows that other columns show stand.
    for (table, unread) in session.unread(&rule.sql, &rule.reads) {
        why.push(format!(
            "Column {} of {table} was not read. {}",
            unread.column, unread.reason
        ));
    }
    for table in &rule.named {
        let lacks = schema::table(table)
            .and_then(|t| t.nameless)
            .ok_or_else(|| DetectError::Rules {
                message: format!("{}: `named` knows no table {table}", rule.path),
            })?;
        let count = session.count_where(table, lacks)?;
        if count > 0 {
            rows_stand = false;
            why.push(format!("{count} rows of {table} came without a name."));
        }
    }
    if why.is_empty() {
        let without = without.into_iter().collect();
        Ok(Allowed::Decide { without })
    } else {
        Ok(Allowed::NoPass { rows_stand, why })
    }
}

/// Whether every table of the baseline that the rule reads was complete there.
pub(crate) fn baseline_usable(reads: &[Read], session: &Session) -> bool {
    let mut names = BTreeSet::new();
    reads::collect_names(reads, &mut names);
    names
        .iter()
        .filter_map(|n| n.strip_prefix("baseline_"))
        // The coverage itself is part of every manifest.
        .filter(|n| *n != "coverage" && schema::table(n).is_some())
        .all(|n| {
            matches!(
                session.baseline_state(n),
                Some(State::Complete | State::Skipped)
            )
        })
}

/// Views whose rows only say why a finding is there. A rule joins them to rows
/// that it has already, so what they read decides about no row.
const CAUSES: &str = "cause_";

/// What the rule reads, its views replaced by what they read; what only tells
/// causes is left out.
pub(crate) fn reads_of(rule: &Rule, session: &Session) -> Vec<Read> {
    expand(&rule.reads, session, false)
}

/// Whether everything that the rule's causes rest on was read completely, here
/// and in the baseline: otherwise the data does not show them.
pub(crate) fn shows_causes(rule: &Rule, session: &Session) -> bool {
    let behind = reads::names_of(&rule.reads)
        .into_iter()
        .filter(|name| name.starts_with(CAUSES))
        .map(|name| Read::Table {
            name,
            negative: false,
        })
        .collect::<Vec<_>>();
    let names = reads::names_of(&expand(&behind, session, true));
    names
        .iter()
        .all(|name| match name.strip_prefix("baseline_") {
            Some(bare) => matches!(
                session.baseline_state(bare),
                None | Some(State::Complete | State::Skipped)
            ),
            None => match session.state(name) {
                None | Some(State::Complete) => true,
                Some(State::Skipped) => rule.optional.contains(name),
                Some(_) => false,
            },
        })
}

/// Tables behind what is read, with the state of each.
pub(crate) fn rests_on(reads: &[Read], session: &Session) -> BTreeMap<String, String> {
    let states = |name: String| {
        let state = session.state(&name)?;
        let collected = schema::table(&name)?;
        (collected.source != Source::Evidence).then(|| (name, state.name().to_owned()))
    };
    reads::names_of(reads)
        .into_iter()
        .filter_map(states)
        .collect()
}

/// Names of the tables that the rule reads, through its views.
pub fn tables_read(rule: &Rule, session: &Session) -> BTreeSet<String> {
    reads::names_of(&reads_of(rule, session))
}

/// Names of the tables that a query reads, through its views.
pub(crate) fn behind(reads: &[Read], session: &Session) -> BTreeSet<String> {
    reads::names_of(&expand(reads, session, true))
}

/// What a query should say of the tables that it reads, through its views: those
/// that are not complete, here or in the baseline.
pub(crate) fn gaps(reads: &[Read], session: &Session) -> Vec<String> {
    behind(reads, session)
        .iter()
        .filter_map(|name| match name.strip_prefix("baseline_") {
            Some(bare) => match session.baseline_state(bare)? {
                State::Complete => None,
                state => Some(format!(
                    "Table {bare} was {} in the baseline.",
                    state.name()
                )),
            },
            None => match session.state(name)? {
                State::Complete => None,
                state => Some(sentence(session, name, state)),
            },
        })
        .collect()
}

/// Whether rows of a query may be missing: a table behind it is incomplete, or
/// one that it names itself was skipped.
pub(crate) fn unread(reads: &[Read], session: &Session) -> bool {
    let of = |name: &String| match name.strip_prefix("baseline_") {
        Some(bare) => session.baseline_state(bare),
        None => session.state(name),
    };
    let named = reads::names_of(reads);
    behind(reads, session).iter().any(|name| match of(name) {
        None | Some(State::Complete) => false,
        Some(State::Skipped) => named.contains(name),
        Some(_) => true,
    })
}

/// What is said of a table that is not complete.
fn sentence(session: &Session, name: &str, state: State) -> String {
    let reason = session.reason(name);
    let word = match state {
        State::Partial => "is partial",
        State::Denied => "was denied",
        State::Failed => "failed",
        _ => "was skipped",
    };
    if reason.is_empty() {
        format!("Table {name} {word}.")
    } else {
        format!("Table {name} {word}: {reason}")
    }
}

/// The views that the rules, and the views behind them, read.
pub(crate) fn views_read(rules: &[&Rule], session: &Session) -> BTreeSet<String> {
    let mut views = BTreeSet::new();
    let mut left = BTreeSet::new();
    for rule in rules {
        reads::collect_names(&rule.reads, &mut left);
        left.insert(rule.population.clone());
    }
    while let Some(name) = left.pop_first() {
        if let Some(behind) = session.view_reads(&name)
            && views.insert(name)
        {
            reads::collect_names(behind, &mut left);
        }
    }
    views
}

/// Replaces views by what they read; a session has no view that reads itself.
fn expand(reads: &[Read], session: &Session, causes: bool) -> Vec<Read> {
    let mut all = Vec::new();
    for read in reads {
        match read {
            Read::Union(branches) => all.push(Read::Union(
                branches
                    .iter()
                    .map(|b| expand(b, session, causes))
                    .collect(),
            )),
            Read::Table { name, .. } if !causes && name.starts_with(CAUSES) => {}
            Read::Table { name, negative } => match session.view_reads(name) {
                Some(behind) => {
                    let mut inner = expand(behind, session, causes);
                    if *negative {
                        reads::negate(&mut inner);
                    }
                    all.extend(inner);
                }
                None => all.push(read.clone()),
            },
        }
    }
    all
}

/// Collects the tables, leaving out branches of a UNION ALL whose tables are
/// all skipped, as long as another branch remains.
fn resolve(reads: &[Read], session: &Session, tables: &mut Tables, without: &mut BTreeSet<String>) {
    for read in reads {
        match read {
            Read::Table { name, negative } => {
                *tables.entry(name.clone()).or_default() |= negative;
            }
            Read::Union(branches) => {
                let (absent, present): (Vec<_>, Vec<_>) =
                    branches.iter().partition(|b| absent(b, session));
                let kept = if present.is_empty() {
                    &absent
                } else {
                    &present
                };
                for branch in kept {
                    resolve(branch, session, tables, without);
                }
                if !present.is_empty() {
                    for branch in &absent {
                        let mut names = BTreeSet::new();
                        reads::collect_names(branch, &mut names);
                        names.retain(|n| session.state(n) == Some(State::Skipped));
                        without.extend(names);
                    }
                }
            }
        }
    }
}

/// Whether every collected table of the branch was skipped, and it has one.
/// Registers say nothing about a branch: they are joined to several.
fn absent(branch: &[Read], session: &Session) -> bool {
    let mut names = BTreeSet::new();
    reads::collect_names(branch, &mut names);
    let mut collected = names
        .iter()
        .filter(|n| schema::table(n).is_some_and(|t| t.source != Source::Register))
        .filter_map(|n| session.state(n))
        .peekable();
    collected.peek().is_some() && collected.all(|s| s == State::Skipped)
}

/// Tables that make the whole check incomplete: those of a required source, or
/// of one that was read, that are neither complete nor skipped.
pub(crate) fn incomplete_tables(session: &Session) -> Result<Vec<(String, String)>, DetectError> {
    let frame = session.collect(
        "SELECT table_name, state, reason FROM coverage \
         WHERE state <> 'complete' AND state <> 'skipped' ORDER BY table_name",
    )?;
    Ok(rows_of(&frame)
        .map(|row| {
            let why = format!("{}: {}", row.text("state"), row.text("reason"));
            (row.text("table_name"), why)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::{Allowed, allowed, reads_of};
    use crate::dataset::coverage::State;
    use crate::dataset::session::Session;
    use crate::dataset::settings::Settings;
    use crate::sqlfile::parse_rule;
    use chrono::DateTime;

    fn outcome(sql: &str, optional: &str, states: &[(&str, State)]) -> Allowed {
        let text = format!(
            "-- ---\n-- id = \"x/y\"\n-- title = \"T\"\n-- severity = \"low\"\n-- population = \"t\"\n-- optional = [{optional}]\n-- ---\n-- # Rationale\n-- Why.\n-- # Remediation\n-- How.\n{sql}\n"
        );
        let rule = parse_rule("x/y.sql", &text).expect("parses");
        let mut session =
            Session::empty(DateTime::UNIX_EPOCH, &Settings::default(), &[]).expect("opens");
        for (name, state) in states {
            session.set_state(name, *state);
        }
        let reads = reads_of(&rule, &session);
        allowed(&rule, &reads, &session).expect("decides")
    }

    const ANTI: &str = "SELECT u.user_id AS resource FROM entra_user AS u LEFT JOIN github_member AS m ON u.mail_folded = m.login_folded WHERE m.login IS NULL ORDER BY resource";

    #[test]
    fn a_column_that_was_not_read_is_no_null() {
        let text = "-- ---\n-- id = \"x/y\"\n-- title = \"T\"\n-- severity = \"low\"\n-- population = \"entra_user\"\n-- ---\n-- # Rationale\n-- Why.\n-- # Remediation\n-- How.\n";
        for (sql, decided) in [
            (
                "SELECT user_id AS resource FROM entra_user WHERE leave_at < created_at ORDER BY resource",
                false,
            ),
            (
                "SELECT user_id AS resource FROM entra_user WHERE created_at IS NULL ORDER BY resource",
                true,
            ),
            (
                "SELECT login AS resource, 'x' AS leave_at FROM github_member ORDER BY resource",
                true,
            ),
        ] {
            let rule = parse_rule("x/y.sql", &format!("{text}{sql}\n")).expect("parses");
            let mut session =
                Session::empty(DateTime::UNIX_EPOCH, &Settings::default(), &[]).expect("opens");
            let unread = crate::dataset::manifest::UnreadColumn {
                column: "leave_at".to_owned(),
                reason: "Leave dates are not known.".to_owned(),
                wanted: false,
            };
            session.set_unread("entra_user", vec![unread]);
            let reads = reads_of(&rule, &session);
            match allowed(&rule, &reads, &session).expect("decides") {
                Allowed::Decide { .. } => assert!(decided, "{sql}"),
                Allowed::NoPass { rows_stand, why } => {
                    assert!(!decided && rows_stand, "{sql}");
                    assert!(why[0].contains("leave_at of entra_user"), "{why:?}");
                }
                Allowed::Skip { .. } => panic!("{sql}"),
            }
        }
    }

    #[test]
    fn rows_fall_when_a_negatively_read_table_is_incomplete() {
        assert!(matches!(
            outcome(ANTI, "", &[("github_member", State::Partial)]),
            Allowed::NoPass {
                rows_stand: false,
                ..
            }
        ));
        assert!(matches!(
            outcome(ANTI, "", &[("entra_user", State::Failed)]),
            Allowed::NoPass {
                rows_stand: true,
                ..
            }
        ));
        assert!(matches!(outcome(ANTI, "", &[]), Allowed::Decide { .. }));
    }

    #[test]
    fn a_skipped_table_skips_the_rule_unless_it_is_optional() {
        let states = [("github_member", State::Skipped)];
        assert!(matches!(outcome(ANTI, "", &states), Allowed::Skip { .. }));
        assert!(matches!(
            outcome(ANTI, "\"github_member\"", &states),
            Allowed::Decide { .. }
        ));
    }

    #[test]
    fn a_union_branch_of_skipped_tables_is_absent() {
        let sql = "SELECT name AS resource FROM auth0_client UNION ALL SELECT name FROM aws_secret ORDER BY resource";
        let Allowed::Decide { without } = outcome(sql, "", &[("auth0_client", State::Skipped)])
        else {
            panic!("decided");
        };
        assert_eq!(without, ["auth0_client"]);
        let both = [
            ("auth0_client", State::Skipped),
            ("aws_secret", State::Skipped),
        ];
        assert!(matches!(outcome(sql, "", &both), Allowed::Skip { .. }));
    }
}
