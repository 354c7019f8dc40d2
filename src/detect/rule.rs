//! Loads the rules and views that ship in the binary, and those of a folder
//! that adds to or overrides them; refuses what is not a rule.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::origin::{self, Departure};
use super::rule_file::{self, Parsed};
use super::{DetectError, Override};
use crate::dataset::schema::table;
use crate::dataset::session::Session;
use crate::glob::{Glob, brief};
use crate::hash::{hex, sha256};
use crate::sqlfile::gate;
use crate::sqlfile::{Rule, View, lint, nearest, reads};

/// Rules and the views that they share.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Rule>,
    views: BTreeMap<String, View>,
    texts: BTreeMap<String, String>,
    foreign: Vec<Departure>,
}

impl RuleSet {
    /// The rules of this version, and those of a folder.
    ///
    /// # Errors
    /// When a file is not what the grammar asks for, its SQL is not portable, or it
    /// stands in place of one of ours without saying so.
    pub fn load(folder: Option<&Path>) -> Result<Self, DetectError> {
        let mut set = Self::default();
        let mut problems = Vec::new();
        // What ships is linted by a test, not at every start.
        for (path, text) in crate::embedded::QUERIES {
            set.ship(path, text, &mut problems);
        }
        if let Some(folder) = folder {
            let mut files = Vec::new();
            if let Err(e) = rule_file::below(folder, 0, &mut files) {
                problems.push(format!("{}: {e}", folder.display()));
            }
            files.sort();
            let mut seen = BTreeMap::new();
            for file in files {
                let shown = file.display().to_string();
                let added = rule_file::read(&file)
                    .map_err(|e| format!("{shown}: {e}"))
                    .and_then(|text| set.admit(&shown, &text, &mut seen));
                if let Err(problem) = added {
                    problems.push(problem);
                }
            }
        }
        set.foreign.sort();
        if problems.is_empty() {
            Ok(set)
        } else {
            Err(DetectError::Rules {
                message: problems.join("\n"),
            })
        }
    }

    /// Adds a file of this version; its SQL comes back, and whether it is to be ordered.
    fn ship(
        &mut self,
        path: &str,
        text: &str,
        problems: &mut Vec<String>,
    ) -> Option<(String, bool)> {
        match Parsed::of(path, text) {
            Ok(parsed) => {
                let sql = parsed.sql().to_owned();
                let ordered = matches!(parsed, Parsed::Rule(_));
                self.put(parsed, text);
                Some((sql, ordered))
            }
            Err(problem) => {
                problems.push(problem);
                None
            }
        }
    }

    /// Adds a file of somebody else: it says what of ours it stands in place of.
    fn admit(
        &mut self,
        path: &str,
        text: &str,
        seen: &mut BTreeMap<String, String>,
    ) -> Result<(), String> {
        let parsed = Parsed::of(path, text)?;
        let id = parsed.id();
        if let Some(first) = seen.insert(id.clone(), path.to_owned()) {
            return Err(format!("{path}: {id} is defined by {first} already"));
        }
        // A copy of ours is ours.
        if self.texts.get(&id).is_some_and(|ours| ours == text) {
            return Ok(());
        }
        let refusal = match &parsed {
            Parsed::Rule(rule) => ours_alone(rule, self),
            Parsed::View(view) => origin::reserved(view, &|name| table(name).is_some()),
        };
        if let Some(refusal) = refusal {
            return Err(format!("{path}: {refusal}"));
        }
        let ours = self.hash(&id);
        match (parsed.overrides(), &ours) {
            (None, None) => {}
            (Some(said), Some(ours)) if said == ours => {}
            (None, Some(ours)) => {
                return Err(format!(
                    "{path}: {id} would stand in place of the one that ships with countersign {}; if that is meant, write into its header: overrides = \"{ours}\"",
                    env!("CARGO_PKG_VERSION")
                ));
            }
            (Some(_), Some(ours)) => {
                return Err(format!(
                    "{path}: `overrides` names another version of {id} than ships with countersign {}: read it with `countersign {}`, then write overrides = \"{ours}\"",
                    env!("CARGO_PKG_VERSION"),
                    parsed.shown_by()
                ));
            }
            (Some(_), None) => {
                return Err(format!(
                    "{path}: `overrides` names something, but countersign {} ships no {id}: leave it out",
                    env!("CARGO_PKG_VERSION")
                ));
            }
        }
        let ordered = matches!(parsed, Parsed::Rule(_));
        let found = lint::lint(parsed.sql(), ordered);
        if !found.is_empty() {
            let found: Vec<String> = found.iter().map(|m| format!("{path}: {m}")).collect();
            return Err(found.join("\n"));
        }
        self.foreign.push(Departure {
            kind: if ordered { "rule" } else { "view" }.to_owned(),
            id: id.clone(),
            change: if ours.is_some() { "replaced" } else { "added" }.to_owned(),
            replaces: ours,
            shipped: None,
            now: None,
        });
        self.put(parsed, text);
        Ok(())
    }

    fn put(&mut self, parsed: Parsed, text: &str) {
        self.texts.insert(parsed.id(), text.to_owned());
        match parsed {
            Parsed::Rule(rule) => {
                self.rules.insert(rule.id.clone(), *rule);
            }
            Parsed::View(view) => {
                self.views.insert(view.name.clone(), *view);
            }
        }
    }

    /// Rules and views that are not those of this version.
    #[must_use]
    pub fn foreign(&self) -> &[Departure] {
        &self.foreign
    }

    /// What is not as this version ships it, the configuration's part included.
    #[must_use]
    pub fn departures(&self, overrides: &BTreeMap<String, Override>) -> Vec<Departure> {
        origin::departures(&self.foreign, self.rules(), overrides)
    }

    /// The rule of exactly that id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// SHA-256 of the file of a rule or, as `views/<name>`, of a view.
    #[must_use]
    pub fn hash(&self, id: &str) -> Option<String> {
        self.texts.get(id).map(|text| sha256(text.as_bytes()))
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
        for view in self.views.values().filter(|v| session.is_table(&v.name)) {
            problems.push(format!(
                "{}: a view may not bear the name of a table: {}",
                view.path, view.name
            ));
        }
        // What ships is gated by a test; what does not is told here, by its file.
        let foreign = self.foreign.iter().filter_map(|d| {
            let view = d.id.strip_prefix("views/").and_then(|n| self.views.get(n));
            view.map(|v| (&v.path, &v.sql))
                .or_else(|| self.rules.get(&d.id).map(|r| (&r.path, &r.sql)))
        });
        if problems.is_empty() {
            for (path, sql) in foreign {
                let gated = reads::parse(sql).and_then(|query| gate::check(&query, session));
                problems.extend(gated.err().map(|e| format!("{path}: {e}")));
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
            let glob = Glob::new(pattern).map_err(|e| DetectError::Rules {
                message: format!("--rule {}: {e}", brief(pattern)),
            })?;
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
                        "--rule {} matches no rule{}; `countersign rules list` shows them",
                        brief(pattern),
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

/// Why nobody else's rule may say what it does; `None` when it may.
fn ours_alone(rule: &Rule, set: &RuleSet) -> Option<String> {
    if rule.engine {
        return Some(
            "`engine = true` belongs to rules that countersign computes itself: leave it out"
                .to_owned(),
        );
    }
    if set.rule(&rule.id).is_some_and(|r| r.engine) {
        return Some(format!(
            "{} is computed by countersign itself and cannot be replaced",
            rule.id
        ));
    }
    let taken = |alias: &&String| set.find(alias).is_some_and(|r| r.id != rule.id);
    rule.aliases.iter().find(taken).map(|alias| {
        format!("the alias {alias} is an id or a former id of another rule: choose another one")
    })
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
            if let Some((sql, ordered)) = set.ship(path, text, &mut problems) {
                let found = lint::lint(&sql, ordered);
                problems.extend(found.iter().map(|m| format!("{path}: {m}")));
            }
        }
        assert_eq!(problems, Vec::<String>::new());
    }
}
