//! Mutants of a query: one change each, made on its syntax tree.

use std::collections::BTreeSet;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr,
    JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr, Spanned, TableFactor,
    TableWithJoins, UnaryOperator, Value,
};

use super::matter::{SEEN, names};

/// A query with one change.
pub(crate) struct Mutant {
    /// What kind of change it is.
    pub(crate) operator: &'static str,
    /// What was changed, as one line.
    pub(crate) snippet: String,
    /// Line of the query, from 1.
    pub(crate) line: u64,
    /// The query.
    pub(crate) query: Query,
}

/// Every mutant of a query. `matter` names the columns of inner queries, and
/// for a view its own, on which something that a test sees rests.
pub(crate) fn mutants(query: &Query, is_view: bool, matter: &BTreeSet<String>) -> Vec<Mutant> {
    let mut walk = Walk::new(None, is_view, matter);
    walk.query(&mut query.clone(), true);
    let found = walk.found;
    found
        .into_iter()
        .enumerate()
        .map(|(index, (operator, line, snippet))| {
            let mut changed = query.clone();
            Walk::new(Some(index), is_view, matter).query(&mut changed, true);
            Mutant {
                operator,
                snippet,
                line,
                query: changed,
            }
        })
        .collect()
}

/// Goes over a query and counts the places where it can be changed; at the
/// target it makes the change.
struct Walk<'a> {
    target: Option<usize>,
    seen: usize,
    found: Vec<(&'static str, u64, String)>,
    is_view: bool,
    matter: &'a BTreeSet<String>,
    line: u64,
    in_reason: bool,
    in_count: bool,
}

impl<'a> Walk<'a> {
    fn new(target: Option<usize>, is_view: bool, matter: &'a BTreeSet<String>) -> Self {
        Self {
            target,
            seen: 0,
            found: Vec::new(),
            is_view,
            matter,
            line: 0,
            in_reason: false,
            in_count: false,
        }
    }

    /// Whether the change is to be made here.
    fn here(&mut self, operator: &'static str, snippet: impl FnOnce() -> String) -> bool {
        let index = self.seen;
        self.seen += 1;
        if self.target.is_none() {
            self.found.push((operator, self.line, one_line(&snippet())));
        }
        self.target == Some(index)
    }

    fn at(&mut self, node: &impl Spanned) {
        let line = node.span().start.line;
        if line > 0 {
            self.line = line;
        }
    }

    fn query(&mut self, query: &mut Query, top: bool) {
        for cte in query.with.iter_mut().flat_map(|w| &mut w.cte_tables) {
            self.query(&mut cte.query, false);
        }
        let names = names(&query.body);
        self.set(&mut query.body, &names, top);
    }

    fn set(&mut self, body: &mut SetExpr, names: &[String], top: bool) {
        match body {
            SetExpr::Select(select) => self.select(select, names, top),
            SetExpr::Query(query) => self.query(query, top),
            SetExpr::SetOperation { left, right, .. } => {
                self.at(right.as_ref());
                if self.here("branch dropped", || right.to_string()) {
                    *body = left.as_ref().clone();
                    return;
                }
                if !matches!(left.as_ref(), SetExpr::SetOperation { .. }) {
                    self.at(left.as_ref());
                    if self.here("branch dropped", || left.to_string()) {
                        *body = right.as_ref().clone();
                        return;
                    }
                }
                self.set(left, names, top);
                self.set(right, names, top);
            }
            _ => {}
        }
    }

    fn select(&mut self, select: &mut Select, names: &[String], top: bool) {
        for (item, name) in select.projection.iter_mut().zip(names) {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item
            else {
                continue;
            };
            let seen = if top && !self.is_view {
                SEEN.contains(&name.as_str())
            } else {
                self.matter.contains(name)
            };
            if seen {
                self.in_reason = top && name == "reason";
                self.expr(expr);
                self.in_reason = false;
            }
        }
        for from in &mut select.from {
            self.from(from);
        }
        if let Some(filter) = &mut select.selection {
            self.at(filter);
            if self.here("WHERE dropped", || filter.to_string()) {
                select.selection = None;
                return;
            }
            self.expr(filter);
        }
        if let GroupByExpr::Expressions(by, _) = &mut select.group_by {
            for expr in by {
                self.expr(expr);
            }
        }
        if let Some(filter) = &mut select.having {
            self.at(filter);
            if self.here("HAVING dropped", || filter.to_string()) {
                select.having = None;
                return;
            }
            self.expr(filter);
        }
    }

    fn from(&mut self, from: &mut TableWithJoins) {
        self.factor(&mut from.relation);
        for join in &mut from.joins {
            self.factor(&mut join.relation);
            self.at(&join.relation);
            let shown = join.relation.to_string();
            match &mut join.join_operator {
                JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => {
                    if self.here("LEFT JOIN to JOIN", || shown.clone()) {
                        join.join_operator = JoinOperator::Join(on.clone());
                        return;
                    }
                    if self.here("sides swapped", || shown.clone()) {
                        join.join_operator = JoinOperator::Right(on.clone());
                        return;
                    }
                }
                JoinOperator::Join(on) | JoinOperator::Inner(on)
                    if self.here("JOIN to LEFT JOIN", || shown.clone()) =>
                {
                    join.join_operator = JoinOperator::Left(on.clone());
                    return;
                }
                _ => {}
            }
            if let JoinOperator::Left(JoinConstraint::On(on))
            | JoinOperator::LeftOuter(JoinConstraint::On(on))
            | JoinOperator::Join(JoinConstraint::On(on))
            | JoinOperator::Inner(JoinConstraint::On(on)) = &mut join.join_operator
            {
                self.expr(on);
            }
        }
    }

    fn factor(&mut self, factor: &mut TableFactor) {
        match factor {
            TableFactor::Derived { subquery, .. } => self.query(subquery, false),
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => self.from(table_with_joins),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        self.at(expr);
        if let Expr::BinaryOp {
            op: op @ (BinaryOperator::And | BinaryOperator::Or),
            ..
        } = expr
        {
            let op = op.clone();
            self.chain(expr, &op);
            return;
        }
        if self.changed(expr) {
            return;
        }
        match expr {
            Expr::BinaryOp { left, right, .. }
            | Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right) => {
                self.expr(left);
                self.expr(right);
            }
            Expr::UnaryOp { expr, .. }
            | Expr::Nested(expr)
            | Expr::IsNull(expr)
            | Expr::IsNotNull(expr)
            | Expr::IsTrue(expr)
            | Expr::IsFalse(expr)
            | Expr::Cast { expr, .. }
            | Expr::Like { expr, .. } => self.expr(expr),
            Expr::InList { expr, list, .. } => {
                self.expr(expr);
                for item in list {
                    self.expr(item);
                }
            }
            Expr::InSubquery { expr, subquery, .. } => {
                self.expr(expr);
                self.query(subquery, false);
            }
            Expr::Exists { subquery, .. } | Expr::Subquery(subquery) => {
                self.query(subquery, false);
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                self.expr(expr);
                for part in [substring_from, substring_for].into_iter().flatten() {
                    self.expr(part);
                }
            }
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                if let Some(operand) = operand {
                    self.expr(operand);
                }
                for when in conditions {
                    self.expr(&mut when.condition);
                    self.result(&mut when.result);
                }
                if let Some(result) = else_result {
                    self.result(result);
                }
            }
            Expr::Function(function) => {
                let counts = called(function) == "count";
                let outer = std::mem::replace(&mut self.in_count, counts);
                if let FunctionArguments::List(list) = &mut function.args {
                    for argument in &mut list.args {
                        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument {
                            self.result(argument);
                        }
                    }
                }
                self.in_count = outer;
            }
            _ => {}
        }
    }

    /// A result of which nothing but its being there counts is not changed.
    fn result(&mut self, expr: &mut Expr) {
        let number = matches!(expr, Expr::Value(v) if matches!(v.value, Value::Number(..)));
        if !(self.in_count && number) {
            self.expr(expr);
        }
    }

    /// A chain of AND or of OR: each part dropped, each link changed.
    fn chain(&mut self, expr: &mut Expr, op: &BinaryOperator) {
        let mut parts = Vec::new();
        flatten(std::mem::replace(expr, null()), op, &mut parts);
        let and = *op == BinaryOperator::And;
        for index in 0..parts.len() {
            self.at(&parts[index]);
            let operator = if and {
                "conjunct dropped"
            } else {
                "disjunct dropped"
            };
            if self.here(operator, || parts[index].to_string()) {
                parts.remove(index);
                *expr = link(parts, op, None);
                return;
            }
        }
        for index in 1..parts.len() {
            self.at(&parts[index]);
            let operator = if and { "AND to OR" } else { "OR to AND" };
            if self.here(operator, || {
                format!("{} {op} {}", parts[index - 1], parts[index])
            }) {
                *expr = link(parts, op, Some(index));
                return;
            }
        }
        for part in &mut parts {
            self.expr(part);
        }
        *expr = link(parts, op, None);
    }

    /// Changes of one node; whether one was made.
    fn changed(&mut self, expr: &mut Expr) -> bool {
        let shown = expr.to_string();
        let replacement: Option<Expr> = match expr {
            Expr::IsNull(inner) => self
                .here("null flipped", || shown)
                .then(|| Expr::IsNotNull(inner.clone())),
            Expr::IsNotNull(inner) => self
                .here("null flipped", || shown)
                .then(|| Expr::IsNull(inner.clone())),
            Expr::IsDistinctFrom(left, right) => self
                .here("null ignored", || shown)
                .then(|| compare(left, BinaryOperator::NotEq, right)),
            Expr::IsNotDistinctFrom(left, right) => self
                .here("null ignored", || shown)
                .then(|| compare(left, BinaryOperator::Eq, right)),
            Expr::Function(function) if called(function) == "coalesce" => {
                let first = first(function);
                match first {
                    Some(first) => self.here("default dropped", || shown).then_some(first),
                    None => None,
                }
            }
            Expr::BinaryOp { left, op, right } => {
                let (operator, other) = match op {
                    BinaryOperator::Lt => ("boundary moved", BinaryOperator::LtEq),
                    BinaryOperator::LtEq => ("boundary moved", BinaryOperator::Lt),
                    BinaryOperator::Gt => ("boundary moved", BinaryOperator::GtEq),
                    BinaryOperator::GtEq => ("boundary moved", BinaryOperator::Gt),
                    BinaryOperator::Eq => ("comparison flipped", BinaryOperator::NotEq),
                    BinaryOperator::NotEq => ("comparison flipped", BinaryOperator::Eq),
                    _ => return false,
                };
                self.here(operator, || shown)
                    .then(|| compare(left, other, right))
            }
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr: inner,
            } => self
                .here("NOT dropped", || shown)
                .then(|| Expr::Nested(inner.clone())),
            Expr::InList { negated, .. }
            | Expr::InSubquery { negated, .. }
            | Expr::Exists { negated, .. }
            | Expr::Like { negated, .. } => {
                if self.here("comparison flipped", || shown) {
                    *negated = !*negated;
                    return true;
                }
                None
            }
            Expr::Value(value) => {
                let other = match &value.value {
                    Value::Boolean(v) => Some(("truth flipped", Value::Boolean(!v))),
                    Value::Number(n, long) => n
                        .parse::<i64>()
                        .ok()
                        .map(|n| ("boundary moved", Value::Number((n + 1).to_string(), *long))),
                    Value::SingleQuotedString(text) if !self.in_reason => {
                        let word = |to: &str| Value::SingleQuotedString(to.to_owned());
                        match text.as_str() {
                            "fail" => Some(("status changed", word("unknown"))),
                            "unknown" => Some(("status changed", word("fail"))),
                            "critical" => Some(("severity changed", word("high"))),
                            "high" => Some(("severity changed", word("medium"))),
                            "medium" | "info" => Some(("severity changed", word("low"))),
                            "low" => Some(("severity changed", word("info"))),
                            _ => None,
                        }
                    }
                    _ => None,
                };
                if let Some((operator, other)) = other
                    && self.here(operator, || shown)
                {
                    value.value = other;
                    return true;
                }
                None
            }
            _ => None,
        };
        match replacement {
            Some(replacement) => {
                *expr = replacement;
                true
            }
            None => false,
        }
    }
}

fn called(function: &Function) -> String {
    function.name.to_string().to_ascii_lowercase()
}

fn first(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    match list.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) => Some(first.clone()),
        _ => None,
    }
}

fn compare(left: &Expr, op: BinaryOperator, right: &Expr) -> Expr {
    Expr::BinaryOp {
        left: Box::new(left.clone()),
        op,
        right: Box::new(right.clone()),
    }
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

fn flatten(expr: Expr, op: &BinaryOperator, parts: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp {
            left,
            op: inner,
            right,
        } if inner == *op => {
            flatten(*left, op, parts);
            flatten(*right, op, parts);
        }
        other => parts.push(other),
    }
}

/// Links parts by an operator; at an index by the other one.
fn link(parts: Vec<Expr>, op: &BinaryOperator, changed: Option<usize>) -> Expr {
    let other = if *op == BinaryOperator::And {
        BinaryOperator::Or
    } else {
        BinaryOperator::And
    };
    let mut parts = parts.into_iter().enumerate();
    let mut all = parts.next().map_or_else(null, |(_, part)| part);
    let mut before: Option<BinaryOperator> = None;
    for (index, part) in parts {
        let op = if changed == Some(index) { &other } else { op };
        if before.as_ref().is_some_and(|b| b != op) {
            all = Expr::Nested(Box::new(all));
        }
        all = compare(&all, op.clone(), &part);
        before = Some(op.clone());
    }
    all
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
