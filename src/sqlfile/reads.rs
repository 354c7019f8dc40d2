//! Which tables a query reads, and whether rows of it rest on something being
//! absent from them.
//!
//! A table is read *negatively* under NOT EXISTS, NOT IN and EXCEPT, on the
//! nullable side of an outer join, and below an aggregate or window: there a
//! missing input row can make a row appear. Everything that is not plainly
//! positive counts as negative.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, GroupByExpr, JoinOperator, ObjectName, Query, Select,
    SelectItem, SetExpr, SetOperator, Statement, TableFactor, TableWithJoins, UnaryOperator, Visit,
    Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserOptions};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::gate::{MOST_BYTES, MOST_NESTED, MOST_OPERATORS};

/// Functions that make one value out of many rows.
const AGGREGATES: [&str; 6] = ["count", "sum", "min", "max", "avg", "string_agg"];

/// One thing that a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A table, view or common table expression by name.
    Table {
        /// Its name.
        name: String,
        /// Whether rows rest on something being absent from it.
        negative: bool,
    },
    /// The branches of a UNION ALL.
    Union(Vec<Vec<Read>>),
}

/// Parses the one statement of a file, as the engine will parse it: a text that
/// it would take otherwise is refused.
///
/// # Errors
/// The parser's message, with line and column.
pub fn parse(sql: &str) -> Result<Query, String> {
    bounded(sql)?;
    let parsed = |trailing_commas| {
        let options = ParserOptions {
            trailing_commas,
            ..ParserOptions::default()
        };
        Parser::new(&GenericDialect {})
            .with_options(options)
            .try_with_sql(sql)
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|e| e.to_string())
    };
    let mut statements = parsed(false)?;
    // The engine allows a comma before FROM.
    if parsed(true).as_ref() != Ok(&statements) {
        return Err("it reads one way with and another without a comma at the end of a list: write the columns with AS".to_owned());
    }
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok(*query),
        _ => Err("exactly one SELECT statement is expected".to_owned()),
    }
}

/// Refuses what would nest deeper than any query needs: a chain of operators is a
/// tree as deep as it is long.
fn bounded(sql: &str) -> Result<(), String> {
    if sql.len() > MOST_BYTES {
        return Err(format!(
            "it is {} bytes long; at most {MOST_BYTES} are read",
            sql.len()
        ));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .map_err(|e| e.to_string())?;
    nested(&tokens)?;
    let chains = tokens.iter().filter(|token| match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::MINUS
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::IN
                | Keyword::BETWEEN
                | Keyword::JOIN
        ),
        Token::Whitespace(_)
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Period
        | Token::LParen
        | Token::RParen => false,
        _ => true,
    });
    let chains = chains.count();
    if chains > MOST_OPERATORS {
        return Err(format!(
            "it has {chains} operators; at most {MOST_OPERATORS} are read: write IN (…) instead of a chain of OR"
        ));
    }
    Ok(())
}

/// Refuses brackets within brackets beyond what any query needs: where one is not
/// closed the parser tries each level in two ways, and takes years for fifty.
fn nested(tokens: &[Token]) -> Result<(), String> {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Word(word) if word.keyword == Keyword::CASE => depth += 1,
            Token::Word(word) if word.keyword == Keyword::END => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_NESTED {
            return Err(format!(
                "it nests deeper than {MOST_NESTED} brackets; write parts of it as WITH name AS (…)"
            ));
        }
    }
    Ok(())
}

/// What the query reads; common table expressions are resolved already.
#[must_use]
pub fn reads(query: &Query) -> Vec<Read> {
    query_reads(query, false, &BTreeMap::new())
}

/// Every name that the query reads from, common table expressions excluded.
#[must_use]
pub fn names(query: &Query) -> BTreeSet<String> {
    names_of(&reads(query))
}

/// Every name among these.
#[must_use]
pub fn names_of(reads: &[Read]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    collect_names(reads, &mut all);
    all
}

/// Adds the names among these.
pub(crate) fn collect_names(reads: &[Read], all: &mut BTreeSet<String>) {
    for read in reads {
        match read {
            Read::Table { name, .. } => {
                all.insert(name.clone());
            }
            Read::Union(branches) => {
                for branch in branches {
                    collect_names(branch, all);
                }
            }
        }
    }
}

/// Reads of common table expressions in scope.
type Scope = BTreeMap<String, Vec<Read>>;

fn query_reads(query: &Query, negative: bool, outer: &Scope) -> Vec<Read> {
    let mut scope = outer.clone();
    if let Some(with) = &query.with {
        for cte in &with.cte_tables {
            let inner = query_reads(&cte.query, false, &scope);
            scope.insert(cte.alias.name.value.clone(), inner);
        }
    }
    // LIMIT makes a row's presence depend on the absence of others.
    let negative = negative || query.limit_clause.is_some() || query.fetch.is_some();
    set_reads(&query.body, negative, &scope)
}

fn set_reads(body: &SetExpr, negative: bool, scope: &Scope) -> Vec<Read> {
    match body {
        SetExpr::Select(select) => select_reads(select, negative, scope),
        SetExpr::Query(query) => query_reads(query, negative, scope),
        SetExpr::SetOperation {
            left, op, right, ..
        } => {
            let l = set_reads(left, negative, scope);
            let r = set_reads(right, negative || *op == SetOperator::Except, scope);
            if *op != SetOperator::Union {
                return [l, r].concat();
            }
            let mut branches = Vec::new();
            for (side, reads) in [(left, l), (right, r)] {
                match (side.as_ref(), reads.as_slice()) {
                    // A chain of UNION ALL is one union of many branches.
                    (
                        SetExpr::SetOperation {
                            op: SetOperator::Union,
                            ..
                        },
                        [Read::Union(inner)],
                    ) => branches.extend(inner.iter().cloned()),
                    _ => branches.push(reads),
                }
            }
            vec![Read::Union(branches)]
        }
        _ => Vec::new(),
    }
}

fn select_reads(select: &Select, negative: bool, scope: &Scope) -> Vec<Read> {
    let negative = negative || aggregates(select);
    let mut all = Vec::new();
    for from in &select.from {
        all.extend(from_reads(from, negative, scope));
    }
    if let Some(filter) = &select.selection {
        expr_reads(filter, negative, scope, &mut all);
    }
    let mut rest: Vec<&Expr> = select.having.iter().collect();
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } = item {
            rest.push(e);
        }
    }
    for expr in rest {
        below(expr, scope, &mut all);
    }
    all
}

fn from_reads(from: &TableWithJoins, negative: bool, scope: &Scope) -> Vec<Read> {
    let mut all = factor_reads(&from.relation, negative, scope);
    for join in &from.joins {
        let (left, right) = match join.join_operator {
            JoinOperator::Join(_)
            | JoinOperator::Inner(_)
            | JoinOperator::CrossJoin(_)
            | JoinOperator::Semi(_)
            | JoinOperator::LeftSemi(_) => (false, false),
            JoinOperator::Left(_)
            | JoinOperator::LeftOuter(_)
            | JoinOperator::Anti(_)
            | JoinOperator::LeftAnti(_) => (false, true),
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => (true, false),
            _ => (true, true),
        };
        if left {
            negate(&mut all);
        }
        all.extend(factor_reads(&join.relation, negative || right, scope));
    }
    all
}

fn factor_reads(factor: &TableFactor, negative: bool, scope: &Scope) -> Vec<Read> {
    match factor {
        TableFactor::Table { name, .. } => named(&last(name), negative, scope),
        TableFactor::Derived { subquery, .. } => query_reads(subquery, negative, scope),
        TableFactor::NestedJoin {
            table_with_joins, ..
        } => from_reads(table_with_joins, negative, scope),
        other => {
            let mut all = Vec::new();
            below(other, scope, &mut all);
            all
        }
    }
}

fn named(name: &str, negative: bool, scope: &Scope) -> Vec<Read> {
    let Some(inner) = scope.get(name) else {
        return vec![Read::Table {
            name: name.to_owned(),
            negative,
        }];
    };
    let mut reads = inner.clone();
    if negative {
        negate(&mut reads);
    }
    reads
}

/// Marks everything as read negatively.
pub(crate) fn negate(reads: &mut [Read]) {
    for read in reads {
        match read {
            Read::Table { negative, .. } => *negative = true,
            Read::Union(branches) => branches.iter_mut().for_each(|b| negate(b)),
        }
    }
}

/// Subqueries of a filter. AND, OR and parentheses keep the polarity; NOT and
/// anything else is negative.
fn expr_reads(expr: &Expr, negative: bool, scope: &Scope, all: &mut Vec<Read>) {
    match expr {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And | BinaryOperator::Or,
            right,
        } => {
            expr_reads(left, negative, scope, all);
            expr_reads(right, negative, scope, all);
        }
        Expr::Nested(inner) => expr_reads(inner, negative, scope, all),
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => below(expr.as_ref(), scope, all),
        Expr::Exists { subquery, negated } => {
            all.extend(query_reads(subquery, negative || *negated, scope));
        }
        Expr::InSubquery {
            expr,
            subquery,
            negated,
        } => {
            all.extend(query_reads(subquery, negative || *negated, scope));
            below(expr.as_ref(), scope, all);
        }
        other => below(other, scope, all),
    }
}

/// Every table anywhere below, read negatively.
fn below<T: Visit>(node: &T, scope: &Scope, all: &mut Vec<Read>) {
    struct Names(Vec<String>);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
            self.0.push(last(relation));
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    let _ = node.visit(&mut names);
    for name in names.0 {
        all.extend(named(&name, true, scope));
    }
}

/// Whether a row of the select stands for several input rows.
fn aggregates(select: &Select) -> bool {
    let grouped = match &select.group_by {
        GroupByExpr::All(_) => true,
        GroupByExpr::Expressions(by, _) => !by.is_empty(),
    };
    grouped
        || select.having.is_some()
        || select.projection.iter().any(|item| match item {
            SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } => {
                has_aggregate(e)
            }
            _ => false,
        })
}

fn has_aggregate(expr: &Expr) -> bool {
    struct Find(bool, usize);
    impl Visitor for Find {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if self.1 == 0
                && let Expr::Function(Function { name, over, .. }) = expr
            {
                let name = last(name).to_ascii_lowercase();
                self.0 |= over.is_some() || AGGREGATES.contains(&name.as_str());
            }
            ControlFlow::Continue(())
        }
    }
    let mut find = Find(false, 0);
    let _ = expr.visit(&mut find);
    find.0
}

pub(crate) fn last(name: &ObjectName) -> String {
    name.0
        .last()
        .and_then(|part| part.as_ident())
        .map_or_else(|| name.to_string(), |ident| ident.value.clone())
}

#[cfg(test)]
mod tests {
    use super::{Read, parse, reads};

    fn polarity(sql: &str) -> String {
        fn show(reads: &[Read], out: &mut Vec<String>) {
            for read in reads {
                match read {
                    Read::Table { name, negative } => {
                        out.push(format!("{}{name}", if *negative { '-' } else { '+' }));
                    }
                    Read::Union(branches) => {
                        for branch in branches {
                            out.push("|".to_owned());
                            show(branch, out);
                        }
                    }
                }
            }
        }
        let mut out = Vec::new();
        show(&reads(&parse(sql).expect("parses")), &mut out);
        out.join(" ")
    }

    #[test]
    fn polarity_follows_from_the_sql() {
        for (sql, expected) in [
            ("SELECT 1 FROM a JOIN b USING (k)", "+a +b"),
            (
                "SELECT 1 FROM a LEFT JOIN b ON a.k = b.k WHERE b.k IS NULL",
                "+a -b",
            ),
            ("SELECT 1 FROM a RIGHT JOIN b ON a.k = b.k", "-a +b"),
            ("SELECT 1 FROM a FULL OUTER JOIN b ON a.k = b.k", "-a -b"),
            (
                "SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k)",
                "+a +b",
            ),
            (
                "SELECT 1 FROM a WHERE NOT EXISTS (SELECT 1 FROM b)",
                "+a -b",
            ),
            ("SELECT 1 FROM a WHERE k NOT IN (SELECT k FROM b)", "+a -b"),
            (
                "SELECT 1 FROM a WHERE NOT (k IN (SELECT k FROM b))",
                "+a -b",
            ),
            (
                "SELECT 1 FROM a WHERE x = 1 OR k IN (SELECT k FROM b)",
                "+a +b",
            ),
            ("SELECT k FROM a EXCEPT SELECT k FROM b", "+a -b"),
            ("SELECT COUNT(*) FROM a", "-a"),
            ("SELECT k FROM a GROUP BY k", "-a"),
            ("SELECT ROW_NUMBER() OVER (ORDER BY k) AS n FROM a", "-a"),
            ("SELECT k, (SELECT MAX(x) FROM b) AS m FROM a", "+a -b"),
            ("SELECT k FROM a LIMIT 1", "-a"),
            (
                "WITH c AS (SELECT * FROM a) SELECT 1 FROM b LEFT JOIN c ON b.k = c.k",
                "+b -a",
            ),
            (
                "SELECT 1 FROM (SELECT k FROM a UNION ALL SELECT k FROM b) AS u",
                "| +a | +b",
            ),
            (
                "SELECT k FROM a UNION ALL SELECT k FROM b UNION ALL SELECT k FROM c",
                "| +a | +b | +c",
            ),
            (
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM b) THEN 1 END AS x FROM a",
                "+a -b",
            ),
        ] {
            assert_eq!(polarity(sql), expected, "{sql}");
        }
    }
}
