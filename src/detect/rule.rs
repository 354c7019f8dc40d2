//! Loads the rules and views that ship in the binary, and those of a folder
//! that adds to or overrides them; refuses what is not a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use globset::Glob;
use sha2::{Digest as _, Sha256};

use super::DetectError;
use crate::dataset::manifest::hex;
use crate::dataset::session::Session;
use crate::sqlfile::{Rule, View, lint, nearest, parse_rule, parse_view, reads};

/// Rules and the views that they share.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Rule>,
    views: BTreeMap<String, View>,
    texts: BTreeMap<String, String>,
}

impl RuleSet {
    /// The rules of this version, and those of a folder.
    ///
    /// # Errors
    /// When a file is not what the grammar asks for, or its SQL is not portable.
    pub fn load(folder: Option<&Path>) -> Result<Self, DetectError> {
        let mut set = Self::default();
        let mut problems = Vec::new();
        // What ships is linted by a test, not at every start.
        for (path, text) in crate::embedded::QUERIES {
            set.add(path, text, &mut problems);
        }
        if let Some(folder) = folder {
            let mut files = Vec::new();
            if let Err(e) = walk(folder, &mut files) {
                problems.push(format!("{}: {e}", folder.display()));
            }
            files.sort();
            for file in files {
                let shown = file.display().to_string();
                match fs::read_to_string(&file) {
                    Ok(text) => {
                        if let Some((sql, ordered)) = set.add(&shown, &text, &mut problems) {
                            let found = lint::lint(&sql, ordered);
                            problems.extend(found.iter().map(|m| format!("{shown}: {m}")));
                        }
                    }
                    Err(e) => problems.push(format!("{shown}: {e}")),
                }
            }
        }
        if problems.is_empty() {
            Ok(set)
        } else {
            Err(DetectError::Rules {
                message: problems.join("\n"),
            })
        }
    }

    /// Adds a file; its SQL comes back, and whether it is to be ordered.
    fn add(
        &mut self,
        path: &str,
        text: &str,
        problems: &mut Vec<String>,
    ) -> Option<(String, bool)> {
        let is_view = Path::new(path)
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|folder| folder == "views");
        let sql = if is_view {
            match parse_view(path, text) {
                Ok(view) => {
                    let sql = view.sql.clone();
                    self.texts
                        .insert(format!("views/{}", view.name), text.to_owned());
                    self.views.insert(view.name.clone(), view);
                    sql
                }
                Err(e) => {
                    problems.push(e.to_string());
                    return None;
                }
            }
        } else {
            match parse_rule(path, text) {
                Ok(rule) => {
                    let wrong = crate::frameworks::problems(&rule.controls);
                    problems.extend(wrong.iter().map(|w| format!("{path}: {w}")));
                    let sql = rule.sql.clone();
                    self.texts.insert(rule.id.clone(), text.to_owned());
                    self.rules.insert(rule.id.clone(), rule);
                    sql
                }
                Err(e) => {
                    problems.push(e.to_string());
                    return None;
                }
            }
        };
        Some((sql, !is_view))
    }

    /// Puts a rule in place of the one of its id, or adds it.
    pub fn put_rule(&mut self, rule: Rule) {
        self.texts.insert(rule.id.clone(), rule.text.clone());
        self.rules.insert(rule.id.clone(), rule);
    }

    /// Puts a view in place of the one of its name, or adds it.
    pub fn put_view(&mut self, view: View) {
        self.texts
            .insert(format!("views/{}", view.name), view.sql.clone());
        self.views.insert(view.name.clone(), view);
    }

    /// Checks what can only be checked against the tables: names that are read.
    ///
    /// # Errors
    /// When a rule or view reads something that does not exist.
    pub fn check_names(&self, session: &Session) -> Result<(), DetectError> {
        let mut problems = Vec::new();
        let all = self
            .rules
            .values()
            .map(|r| (&r.path, &r.reads))
            .chain(self.views.values().map(|v| (&v.path, &v.reads)));
        for (path, read) in all {
            for name in reads::names_of(read) {
                if !session.knows(&name) {
                    problems.push(format!(
                        "{path}: no table or view is called {name}{}",
                        nearest(&name, session.names().into_iter())
                    ));
                }
            }
        }
        for rule in self.rules.values() {
            for name in rule.optional.iter().chain([&rule.population]) {
                if !session.knows(name) {
                    problems.push(format!(
                        "{}: no table or view is called {name}{}",
                        rule.path,
                        nearest(name, session.names().into_iter())
                    ));
                }
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(DetectError::Rules {
                message: problems.join("\n"),
            })
        }
    }

    /// Every rule, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// Every view, by name.
    #[must_use]
    pub fn views(&self) -> Vec<View> {
        self.views.values().cloned().collect()
    }

    /// The rule of that id or former id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id).or_else(|| {
            self.rules
                .values()
                .find(|r| r.aliases.iter().any(|a| a == id))
        })
    }

    /// The rules that one of the globs matches; all of them without globs.
    ///
    /// # Errors
    /// When a glob is none, or matches no rule.
    pub fn select(&self, globs: &[String]) -> Result<Vec<&Rule>, DetectError> {
        if globs.is_empty() {
            return Ok(self.rules.values().collect());
        }
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for pattern in globs {
            let glob = Glob::new(pattern)
                .map_err(|e| DetectError::Rules {
                    message: format!("--rule {pattern}: {}", e.kind()),
                })?
                .compile_matcher();
            let before = ids.len();
            ids.extend(
                self.rules
                    .values()
                    .filter(|r| glob.is_match(&r.id) || r.aliases.iter().any(|a| glob.is_match(a)))
                    .map(|r| r.id.as_str()),
            );
            if ids.len() == before && !self.rules.keys().any(|id| glob.is_match(id)) {
                return Err(DetectError::Rules {
                    message: format!(
                        "--rule {pattern} matches no rule{}; `countersign rules list` shows them",
                        nearest(pattern, self.rules.keys().map(String::as_str))
                    ),
                });
            }
        }
        Ok(self
            .rules
            .values()
            .filter(|r| ids.contains(r.id.as_str()))
            .collect())
    }

    /// SHA-256 over every rule and view: the version of the rule set.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in &self.texts {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hex(&hash.finalize())
    }
}

fn walk(dir: &Path, files: &mut Vec<std::path::PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "sql") {
            files.push(path);
        }
    }
    Ok(())
}

/// Every table and view among these, and whether it is read negatively.
#[cfg(test)]
fn reads_below<'a>(reads: &'a [reads::Read], all: &mut Vec<(&'a str, bool)>) {
    for read in reads {
        match read {
            reads::Read::Table { name, negative } => all.push((name, *negative)),
            reads::Read::Union(branches) => branches.iter().for_each(|b| reads_below(b, all)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;

    use sqlparser::ast::{Expr, SelectItem, Value, Visit, Visitor};

    use super::RuleSet;
    use crate::frameworks;
    use crate::sqlfile::{Param, lint, reads};

    #[test]
    fn packs_decide_rules_that_exist_by_numbers_that_are_theirs() {
        let set = RuleSet::load(None).expect("rules");
        for (id, own) in crate::config::packs::decided_rules() {
            let rule = set.find(id).expect(id);
            if let Some((name, days)) = own {
                assert_eq!(
                    rule.params.get(name),
                    Some(&Param::Int(days)),
                    "{id} {name}"
                );
            }
        }
    }

    #[test]
    fn every_rule_maps_to_controls_or_says_none() {
        let frameworks: BTreeSet<&str> = frameworks::controls()
            .iter()
            .map(|c| c.framework.as_str())
            .collect();
        let set = RuleSet::load(None).expect("rules");
        let mut none = Vec::new();
        for rule in set.rules() {
            assert!(rule.text.contains("\n-- controls"), "{}", rule.id);
            assert_eq!(
                frameworks::problems(&rule.controls),
                Vec::<String>::new(),
                "{}",
                rule.id
            );
            for (framework, ids) in &rule.controls {
                assert!(
                    frameworks.contains(framework.as_str()),
                    "{} {framework}",
                    rule.id
                );
                let unique: BTreeSet<&String> = ids.iter().collect();
                assert_eq!(unique.len(), ids.len(), "{} {framework}", rule.id);
            }
            if rule.controls.is_empty() {
                none.push(rule.id.as_str());
            }
        }
        assert_eq!(none, ["entra/group-name-convention"]);
    }

    /// Causes that a query names: a list for each expression, in the order in
    /// which they are tried.
    struct Causes(Vec<Vec<String>>);

    fn literal(expr: &Expr) -> Option<String> {
        match expr {
            Expr::Value(v) => match &v.value {
                Value::SingleQuotedString(word) => Some(word.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    impl Visitor for Causes {
        type Break = ();

        fn pre_visit_select(&mut self, select: &sqlparser::ast::Select) -> ControlFlow<()> {
            for item in &select.projection {
                let SelectItem::ExprWithAlias { expr, alias } = item else {
                    continue;
                };
                if alias.value != "cause" {
                    continue;
                }
                let mut words: Vec<String> = literal(expr).into_iter().collect();
                if let Expr::Case {
                    conditions,
                    else_result,
                    ..
                } = expr
                {
                    words.extend(conditions.iter().filter_map(|c| literal(&c.result)));
                    words.extend(else_result.iter().filter_map(|e| literal(e)));
                }
                self.0.push(words);
            }
            ControlFlow::Continue(())
        }
    }

    fn causes(sql: &str) -> Vec<Vec<String>> {
        let query = reads::parse(sql).expect("parses");
        let mut found = Causes(Vec::new());
        let _ = query.visit(&mut found);
        found.0
    }

    /// One list of words; whoever names several tries them in its order.
    #[test]
    fn causes_are_named_in_the_words_and_the_order_of_their_list() {
        let set = RuleSet::load(None).expect("rules");
        let list = causes(&set.views["cause"].sql).concat();
        assert_eq!(list.len(), 10);
        let rules = set.rules.values().map(|r| (&r.path, &r.sql));
        let views = set.views.values().filter(|v| v.name != "cause");
        let mut named = BTreeSet::new();
        for (path, sql) in rules.chain(views.map(|v| (&v.path, &v.sql))) {
            for words in causes(sql) {
                let place = |word: &String| {
                    let place = list.iter().position(|l| l == word);
                    place.unwrap_or_else(|| panic!("{path}: {word} is no cause"))
                };
                assert!(words.iter().map(place).is_sorted(), "{path}: {words:?}");
                // What is in flight is no finding.
                let explains = path.ends_with("views/explained_difference.sql");
                assert!(explains || words.iter().all(|w| w != "in flight"), "{path}");
                named.extend(words);
            }
        }
        assert_eq!(named, list.into_iter().collect());
    }

    /// A rule joins a view of causes to rows that it has: it must not lose any.
    #[test]
    fn causes_decide_about_no_row() {
        let set = RuleSet::load(None).expect("rules");
        for rule in set.rules.values() {
            let mut all = Vec::new();
            super::reads_below(&rule.reads, &mut all);
            for (name, negative) in all {
                let cause = name.starts_with("cause_");
                assert!(!cause || negative, "{}: {name} is no LEFT JOIN", rule.path);
            }
        }
    }

    #[test]
    fn what_ships_is_portable() {
        let mut set = RuleSet::default();
        let mut problems = Vec::new();
        for (path, text) in crate::embedded::QUERIES {
            if let Some((sql, ordered)) = set.add(path, text, &mut problems) {
                let found = lint::lint(&sql, ordered);
                problems.extend(found.iter().map(|m| format!("{path}: {m}")));
            }
        }
        assert_eq!(problems, Vec::<String>::new());
    }
}
