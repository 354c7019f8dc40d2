//! Keeps the first problems of each kind and counts the rest: an input cannot
//! fill the memory with what is wrong with it, and nothing is lost silently.

use super::walk::Event;
use crate::bounds::stream::Brake;
use crate::bounds::{DOCUMENTS, KEPT, KEPT_IN_ALL, PROBLEMS, RECORDS, WRONG, count};
use crate::dataset::problem::{Problem, ProblemKind};

/// How many problems of each kind came of a table in a file.
#[derive(Debug, Default)]
pub(in crate::collect) struct Kept {
    /// The problems of the list that were looked at already.
    seen: usize,
    /// Kind, file and table, how many there were.
    counts: Vec<(ProblemKind, String, Option<String>, u64)>,
    /// Problems of the file that is being read.
    file: u64,
}

impl Kept {
    /// Begins another file. What is known of the one before stays as a sentence.
    pub(in crate::collect) fn begin(&mut self, problems: &mut Vec<Problem>) {
        self.look(problems);
        for (kind, file, table, n) in self.counts.drain(..) {
            if n > KEPT {
                problems.push(more(kind, file, table, n - KEPT, "of this kind"));
            }
        }
        self.seen = problems.len();
        self.file = 0;
    }

    /// Looks at the problems that were added, and takes away those that are too
    /// many. Gives how many problems the file has had so far.
    pub(in crate::collect) fn look(&mut self, problems: &mut Vec<Problem>) -> u64 {
        if problems.len() == self.seen {
            return self.file;
        }
        // Somebody may have taken some away.
        let from = self.seen.min(problems.len());
        let counts = &mut self.counts;
        let mut file = self.file;
        let fresh: Vec<Problem> = problems
            .drain(from..)
            .filter(|problem| {
                file += 1;
                let same =
                    |(kind, file, table, _): &&mut (ProblemKind, String, Option<String>, u64)| {
                        *kind == problem.kind && *table == problem.table && *file == problem.file
                    };
                if let Some((.., n)) = counts.iter_mut().find(same) {
                    *n += 1;
                    *n <= KEPT
                } else {
                    let (file, table) = (problem.file.clone(), problem.table.clone());
                    counts.push((problem.kind, file, table, 1));
                    true
                }
            })
            .collect();
        problems.extend(fresh);
        self.file = file;
        self.seen = problems.len();
        file
    }
}

/// What went by of a file.
#[derive(Debug, Default)]
pub(in crate::collect) struct Seen {
    documents: u64,
    records: u64,
}

impl Seen {
    pub(in crate::collect) fn count(&mut self, event: &Event) {
        match event {
            Event::Record(spot, _) if spot.record.is_some() => self.records += 1,
            _ => self.documents += 1,
        }
    }

    /// Ends a file that holds more than one may, or little of what belongs there.
    pub(in crate::collect) fn bound(&self, problems: u64, wrong: u64, brake: &Brake) {
        for (n, most, what) in [
            (self.documents, DOCUMENTS, "documents; export it in parts"),
            (self.records, RECORDS, "records; export it in parts"),
            (
                wrong,
                WRONG,
                "documents or records that are something else than belongs there; see what the README says of this file",
            ),
            (
                problems,
                PROBLEMS,
                "problems; see what the README says of this file",
            ),
        ] {
            if n > most {
                brake.stop(|| format!("it holds more than {} {what}", count(most)));
            }
        }
    }
}

/// Keeps the problems of an import within bounds; they are sorted. What is taken
/// away is counted by kind and table.
pub(in crate::collect) fn bound(problems: &mut Vec<Problem>) {
    let most = usize::try_from(KEPT_IN_ALL).unwrap_or(usize::MAX);
    if problems.len() <= most {
        return;
    }
    let mut lost: Vec<(ProblemKind, Option<String>, u64)> = Vec::new();
    // The first of each kind and table stays, wherever it is: tables are judged by them.
    let mut first: Vec<(ProblemKind, Option<String>)> = Vec::new();
    let mut n = 0;
    problems.retain(|problem| {
        n += 1;
        let known = first
            .iter()
            .any(|(kind, table)| *kind == problem.kind && *table == problem.table);
        if !known {
            first.push((problem.kind, problem.table.clone()));
        }
        if n <= most || !known {
            return true;
        }
        let same = |(kind, table, _): &&mut (ProblemKind, Option<String>, u64)| {
            *kind == problem.kind && *table == problem.table
        };
        match lost.iter_mut().find(same) {
            Some((.., n)) => *n += 1,
            None => lost.push((problem.kind, problem.table.clone(), 1)),
        }
        false
    });
    for (kind, table, n) in lost {
        problems.push(more(
            kind,
            "all files".to_owned(),
            table,
            n,
            "of this kind and table",
        ));
    }
    problems.sort();
}

fn more(kind: ProblemKind, file: String, table: Option<String>, n: u64, what: &str) -> Problem {
    Problem {
        file,
        position: "beyond what is listed".to_owned(),
        kind,
        table,
        expected: String::new(),
        message: format!(
            "And {} more {what}, which are counted and not listed.",
            count(n)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, KEPT_IN_ALL, Kept, bound};
    use crate::dataset::problem::{Problem, ProblemKind};

    fn problem(n: u64, kind: ProblemKind, table: &str) -> Problem {
        Problem {
            file: "f.json".to_owned(),
            position: format!("$[{n}]"),
            kind,
            table: Some(table.to_owned()),
            expected: String::new(),
            message: "m".to_owned(),
        }
    }

    #[test]
    fn the_first_of_each_kind_stay_and_the_rest_is_counted() {
        let mut kept = Kept::default();
        let mut problems = vec![problem(0, ProblemKind::Secret, "before")];
        kept.begin(&mut problems);
        for n in 0..KEPT + 250 {
            problems.push(problem(n, ProblemKind::Malformed, "a"));
            if n % 100 == 0 {
                problems.push(problem(n, ProblemKind::Malformed, "b"));
            }
            kept.look(&mut problems);
        }
        let listed = usize::try_from(KEPT).expect("small");
        assert_eq!(problems.len(), 1 + listed + 13);
        let all = kept.look(&mut problems);
        assert_eq!(all, KEPT + 250 + 13);
        kept.begin(&mut problems);
        let last = problems.last().expect("one");
        assert_eq!(last.table.as_deref(), Some("a"));
        assert!(last.message.contains("250 more"), "{}", last.message);
        assert_eq!(kept.look(&mut problems), 0);
    }

    #[test]
    fn an_import_keeps_so_many_and_the_first_of_every_table() {
        let mut problems: Vec<Problem> = (0..KEPT_IN_ALL + 7)
            .map(|n| problem(n, ProblemKind::Malformed, "a"))
            .collect();
        problems.push(problem(0, ProblemKind::Malformed, "z"));
        bound(&mut problems);
        let of = |table: &str| -> Vec<&Problem> {
            let all = problems.iter();
            all.filter(|p| p.table.as_deref() == Some(table)).collect()
        };
        assert_eq!(of("z").len(), 1);
        assert_eq!(of("a").len() as u64, KEPT_IN_ALL + 1);
        assert!(of("a").iter().any(|p| p.message.contains("And 7 more")));
    }
}
