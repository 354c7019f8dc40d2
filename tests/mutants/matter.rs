//! On which columns of inner queries and of views something rests that a test sees.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr,
    TableFactor, Visit, Visitor,
};

/// The columns of a rule that its test sees.
pub(super) const SEEN: [&str; 5] = ["resource", "severity", "status", "reason", "cause"];

/// Names of columns on which what a test sees may rest, in these queries
/// together: `true` marks a rule, `false` a view.
pub(crate) fn matter(queries: &[(&Query, bool)]) -> BTreeSet<String> {
    let mut uses = Uses::default();
    for (query, is_rule) in queries {
        uses.query(query, *is_rule);
    }
    let Uses { mut roots, columns } = uses;
    loop {
        let before = roots.len();
        for (name, names) in &columns {
            if roots.contains(name) {
                roots.extend(names.iter().cloned());
            }
        }
        if roots.len() == before {
            return roots;
        }
    }
}

/// Which names are used where rows are chosen, and which columns are made of which.
#[derive(Default)]
struct Uses {
    roots: BTreeSet<String>,
    columns: Vec<(String, BTreeSet<String>)>,
}

impl Uses {
    fn query(&mut self, query: &Query, top: bool) {
        for cte in query.with.iter().flat_map(|w| &w.cte_tables) {
            self.query(&cte.query, false);
        }
        let columns = names(&query.body);
        self.set(&query.body, &columns, top);
    }

    fn set(&mut self, body: &SetExpr, names: &[String], top: bool) {
        match body {
            SetExpr::Select(select) => self.select(select, names, top),
            SetExpr::Query(query) => self.query(query, top),
            SetExpr::SetOperation { left, right, .. } => {
                self.set(left, names, top);
                self.set(right, names, top);
            }
            _ => {}
        }
    }

    fn select(&mut self, select: &Select, names: &[String], top: bool) {
        for from in &select.from {
            for factor in
                std::iter::once(&from.relation).chain(from.joins.iter().map(|j| &j.relation))
            {
                if let TableFactor::Derived { subquery, .. } = factor {
                    self.query(subquery, false);
                }
            }
            for join in &from.joins {
                if let Some(on) = condition(&join.join_operator) {
                    self.roots.extend(identifiers(on));
                }
            }
        }
        let filters = select.selection.iter().chain(select.having.iter());
        for filter in filters {
            self.roots.extend(identifiers(filter));
        }
        if let GroupByExpr::Expressions(by, _) = &select.group_by {
            self.roots.extend(by.iter().flat_map(identifiers));
        }
        for (item, name) in select.projection.iter().zip(names) {
            let Some(expr) = expression(item) else {
                continue;
            };
            if !top {
                self.columns.push((name.clone(), identifiers(expr)));
            } else if SEEN.contains(&name.as_str()) {
                self.roots.extend(identifiers(expr));
            }
        }
    }
}

fn condition(operator: &JoinOperator) -> Option<&Expr> {
    match operator {
        JoinOperator::Join(JoinConstraint::On(on))
        | JoinOperator::Inner(JoinConstraint::On(on))
        | JoinOperator::Left(JoinConstraint::On(on))
        | JoinOperator::LeftOuter(JoinConstraint::On(on)) => Some(on),
        _ => None,
    }
}

fn expression(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

fn identifiers(expr: &Expr) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(name) => {
                    self.0.insert(name.value.clone());
                }
                Expr::CompoundIdentifier(parts) => {
                    self.0.extend(parts.last().map(|p| p.value.clone()));
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(BTreeSet::new());
    let _ = expr.visit(&mut names);
    names.0
}

/// Names of the columns of a query: those of its first branch.
pub(super) fn names(body: &SetExpr) -> Vec<String> {
    match body {
        SetExpr::Select(select) => select
            .projection
            .iter()
            .map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
                SelectItem::UnnamedExpr(Expr::Identifier(name)) => name.value.clone(),
                SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                    parts.last().map(|p| p.value.clone()).unwrap_or_default()
                }
                _ => String::new(),
            })
            .collect(),
        SetExpr::Query(query) => names(&query.body),
        SetExpr::SetOperation { left, .. } => names(left),
        _ => Vec::new(),
    }
}
