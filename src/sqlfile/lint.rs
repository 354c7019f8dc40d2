//! Refuses SQL that is known to give other rows on another engine.
//!
//! Each line says why: the same file must answer the same on Polars, `DuckDB`
//! and Spark.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    JoinConstraint, JoinOperator, OrderByKind, Query, Select, TableFactor, Value, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

use super::one_row::one_row;
use super::reads::{last, parse};

/// Functions that answer the same everywhere.
const FUNCTIONS: [&str; 14] = [
    "coalesce",
    "concat",
    "count",
    "length",
    "max",
    "min",
    "nullif",
    "replace",
    "row_number",
    "split_part",
    "starts_with",
    "string_agg",
    "substr",
    "sum",
];

/// What is wrong with the portability of a query, as sentences; empty when nothing is.
///
/// `ordered` asks for an ORDER BY, which rules and sheets need and views must not have.
#[must_use]
pub fn lint(sql: &str, ordered: bool) -> Vec<String> {
    let mut found = Vec::new();
    tokens(sql, &mut found);
    match parse(sql) {
        Err(e) => found.push(format!("It does not parse: {e}.")),
        Ok(query) => {
            if ordered && query.order_by.is_none() {
                found.push("It needs an ORDER BY: without one the order of rows differs.".into());
            }
            if !ordered && query.order_by.is_some() {
                found.push(
                    "A view must not be ordered: engines drop the order of a subquery.".into(),
                );
            }
            let mut lint = Lint { found: &mut found };
            let _ = query.visit(&mut lint);
        }
    }
    found.sort();
    found.dedup();
    found
}

fn tokens(sql: &str, found: &mut Vec<String>) {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else {
        return;
    };
    for token in tokens {
        match token {
            Token::Word(word) if word.quote_style.is_some() => found.push(format!(
                "`{}` is quoted: a double-quoted identifier is a string in Spark.",
                word.value
            )),
            Token::Whitespace(Whitespace::MultiLineComment(_)) => {
                found.push("Comments are `--` lines, so that prose is found.".into());
            }
            _ => {}
        }
    }
}

struct Lint<'a> {
    found: &'a mut Vec<String>,
}

impl Lint<'_> {
    fn say(&mut self, message: impl Into<String>) {
        self.found.push(message.into());
    }

    fn function(&mut self, function: &Function) {
        let name = last(&function.name).to_ascii_lowercase();
        if !FUNCTIONS.contains(&name.as_str()) {
            self.say(format!(
                "The function {name} is not on the list of those that answer the same everywhere."
            ));
        }
        if function.filter.is_some() {
            self.say("FILTER is not everywhere: write COUNT(CASE … THEN 1 END).");
        }
        if matches!(name.as_str(), "sum" | "min" | "max" | "avg") && of_literals(function) {
            self.say("Polars gives an aggregate of bare numbers no type and may stop on it: write COUNT(CASE … THEN 1 END).");
        }
        if name == "string_agg"
            && !matches!(&function.args, FunctionArguments::List(l) if !l.clauses.is_empty())
        {
            self.say("string_agg needs an explicit ORDER BY: its order differs.");
        }
    }

    /// Conditions of a join that one engine refuses, or answers otherwise.
    fn join(&mut self, operator: &JoinOperator) {
        let (left, condition) = match operator {
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (true, c),
            JoinOperator::Join(c) | JoinOperator::Inner(c) => (false, c),
            _ => return,
        };
        let JoinConstraint::On(on) = condition else {
            return;
        };
        let mut parts = vec![on];
        while let Some(part) = parts.pop() {
            match part {
                Expr::Nested(inner) => parts.push(inner),
                Expr::BinaryOp {
                    left,
                    op: BinaryOperator::And,
                    right,
                } => parts.extend([left.as_ref(), right.as_ref()]),
                Expr::BinaryOp {
                    op:
                        BinaryOperator::Lt
                        | BinaryOperator::LtEq
                        | BinaryOperator::Gt
                        | BinaryOperator::GtEq
                        | BinaryOperator::NotEq,
                    ..
                } if left => self.say(
                    "Polars makes a LEFT JOIN with < or > in its ON an inner join and loses rows: compare in a subquery before, or in a CASE after.",
                ),
                Expr::BinaryOp {
                    op: BinaryOperator::Or,
                    ..
                }
                | Expr::UnaryOp { .. }
                | Expr::IsNull(_)
                | Expr::IsNotNull(_)
                | Expr::IsNotDistinctFrom(..)
                | Expr::IsDistinctFrom(..) => self.say(
                    "OR, NOT, IS NULL and IS DISTINCT FROM in the ON of a join are refused by Polars: write them in WHERE.",
                ),
                _ => {}
            }
        }
    }

    fn comparison(&mut self, side: &Expr) {
        let folded = match side {
            Expr::Trim { .. } => true,
            Expr::Function(f) => {
                let name = last(&f.name).to_ascii_lowercase();
                matches!(
                    name.as_str(),
                    "lower" | "upper" | "trim" | "ltrim" | "rtrim"
                )
            }
            _ => false,
        };
        if folded {
            self.say("Compare the _folded columns: engines differ on LOWER, UPPER and TRIM.");
        }
    }
}

/// Whether the one argument is a CASE that has a bare number for a result.
fn of_literals(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else {
        return false;
    };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice() else {
        return false;
    };
    let number = |e: &Expr| matches!(e, Expr::Value(v) if matches!(v.value, Value::Number(..)));
    match argument {
        Expr::Case {
            conditions,
            else_result,
            ..
        } => {
            conditions.iter().any(|c| number(&c.result))
                || else_result.as_deref().is_some_and(number)
        }
        other => number(other),
    }
}

impl Visitor for Lint<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if query.with.as_ref().is_some_and(|w| w.recursive) {
            self.say("WITH RECURSIVE is missing in Polars.");
        }
        if let Some(OrderByKind::Expressions(all)) = query.order_by.as_ref().map(|o| &o.kind)
            && all
                .iter()
                .any(|e| e.options.asc == Some(false) && e.options.nulls_first.is_none())
        {
            self.say("DESC puts nulls first here and last there: write DESC NULLS LAST.");
        }
        if query.limit_clause.is_some() || query.fetch.is_some() {
            self.say("LIMIT loses rows: a finding must never be cut off.");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.qualify.is_some() {
            self.say("QUALIFY is not everywhere: filter in an outer query.");
        }
        if matches!(select.distinct, Some(sqlparser::ast::Distinct::On(_))) {
            self.say("DISTINCT ON is not everywhere: use ROW_NUMBER.");
        }
        if select.distinct.is_none() && one_row(select) {
            self.say(format!("Polars forgets an aggregate of all rows where nobody reads its columns, and joins with the rows themselves: write SELECT DISTINCT {}.", select.projection[0]));
        }
        for from in &select.from {
            for join in &from.joins {
                if let JoinOperator::Join(c)
                | JoinOperator::Inner(c)
                | JoinOperator::Left(c)
                | JoinOperator::LeftOuter(c) = &join.join_operator
                    && matches!(c, JoinConstraint::Natural)
                {
                    self.say("NATURAL joins on whatever columns happen to be there.");
                }
                self.join(&join.join_operator);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if !matches!(
            factor,
            TableFactor::Table { .. }
                | TableFactor::Derived { .. }
                | TableFactor::NestedJoin { .. }
        ) {
            self.say("Only tables, views and subqueries can be read.");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::IsNotTrue(_) | Expr::IsNotFalse(_) => {
                self.say("IS NOT TRUE and IS NOT FALSE drop null rows in Polars: write IS DISTINCT FROM TRUE.");
            }
            Expr::Interval(_) => self.say("INTERVAL arithmetic fails on zoned timestamps: use a _cutoff, a _horizon or period."),
            Expr::Like { escape_char: Some(_), .. } => self.say("LIKE … ESCAPE is missing in Polars."),
            Expr::ILike { .. } | Expr::RLike { .. } | Expr::SimilarTo { .. } => {
                self.say("ILIKE, RLIKE and SIMILAR TO differ: compare folded columns.");
            }
            Expr::Extract { field, .. } => {
                let field: &DateTimeField = field;
                self.say(format!("EXTRACT({field}) depends on the session's time zone."));
            }
            Expr::Function(function) => self.function(function),
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Lt
                | BinaryOperator::LtEq
                | BinaryOperator::Gt
                | BinaryOperator::GtEq => {
                    self.comparison(left);
                    self.comparison(right);
                }
                BinaryOperator::Modulo => {
                    self.say("The remainder of a negative number differs between engines.");
                }
                BinaryOperator::Divide | BinaryOperator::DuckIntegerDivide => {
                    self.say("Division of whole numbers differs between engines.");
                }
                _ => {}
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::lint;

    #[test]
    fn what_differs_between_engines_is_refused() {
        for (sql, word) in [
            ("SELECT \"a\" FROM t ORDER BY 1", "quoted"),
            (
                "SELECT a FROM t WHERE (a = 1) IS NOT TRUE ORDER BY a",
                "IS DISTINCT FROM",
            ),
            ("SELECT a FROM t WHERE LOWER(a) = b ORDER BY a", "_folded"),
            (
                "SELECT a FROM t WHERE a LIKE 'x!_' ESCAPE '!' ORDER BY a",
                "ESCAPE",
            ),
            ("SELECT a FROM t ORDER BY a LIMIT 3", "LIMIT"),
            ("SELECT a FROM t", "ORDER BY"),
            ("SELECT now() AS n FROM t ORDER BY n", "now"),
            ("SELECT bool_or(a) AS n FROM t ORDER BY n", "bool_or"),
            (
                "SELECT string_agg(a, ',') AS n FROM t ORDER BY n",
                "string_agg",
            ),
            (
                "SELECT a - INTERVAL '1 day' AS n FROM t ORDER BY n",
                "INTERVAL",
            ),
            (
                "WITH RECURSIVE c AS (SELECT 1 AS x) SELECT x FROM c ORDER BY x",
                "RECURSIVE",
            ),
            (
                "SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1 ORDER BY a",
                "QUALIFY",
            ),
            (
                "SELECT SUM(CASE WHEN a IS NULL THEN 1 ELSE 0 END) AS n FROM t ORDER BY n",
                "COUNT(CASE",
            ),
            (
                "SELECT a.x FROM a LEFT JOIN b ON b.k = a.k AND b.n > 0 ORDER BY a.x",
                "inner join",
            ),
            (
                "SELECT a.x FROM a JOIN b ON b.k = a.k OR b.k IS NULL ORDER BY a.x",
                "in WHERE",
            ),
            ("SELECT a FROM t ORDER BY a DESC", "NULLS LAST"),
            ("SELECT a % 2 AS n FROM t ORDER BY n", "remainder"),
            (
                "SELECT t.a FROM t CROSS JOIN (SELECT COUNT(*) AS n FROM u) AS c ORDER BY t.a",
                "SELECT DISTINCT COUNT",
            ),
            (
                "SELECT RANK() OVER (ORDER BY a) AS n FROM t ORDER BY n",
                "rank",
            ),
            ("SELEC a", "parse"),
        ] {
            let found = lint(sql, true);
            assert!(
                found.iter().any(|f| f.contains(word)),
                "{sql}: expected a word on {word}, found {found:?}"
            );
        }
    }

    #[test]
    fn portable_sql_passes() {
        let sql = "SELECT a.x AS resource, COALESCE(b.y, '') AS reason FROM a LEFT JOIN b ON a.k = b.k WHERE b.k IS NULL AND a.f IS DISTINCT FROM TRUE ORDER BY a.x, b.y";
        assert_eq!(lint(sql, true), Vec::<String>::new());
    }
}
