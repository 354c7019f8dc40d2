//! Aggregates of all rows: one row, which Polars forgets where nobody reads its
//! columns; a join with it is then one with the rows themselves. DISTINCT makes it
//! keep the row, and changes nothing else.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Query, Select, Visit as _, VisitMut, Visitor, VisitorMut,
};

use super::reads::{last, parse};

/// Whether a SELECT makes one row of all rows: aggregates and no groups.
pub(super) fn one_row(select: &Select) -> bool {
    let grouped = match &select.group_by {
        GroupByExpr::Expressions(all, _) => !all.is_empty(),
        GroupByExpr::All(_) => true,
    };
    let mut aggregates = Aggregates(false);
    for item in &select.projection {
        let _ = item.visit(&mut aggregates);
    }
    !grouped && aggregates.0
}

/// Whether an aggregate is called, outside of windows and subqueries.
struct Aggregates(bool);

impl Visitor for Aggregates {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            let name = last(&function.name).to_ascii_lowercase();
            self.0 |= function.over.is_none()
                && ["count", "sum", "min", "max", "avg", "string_agg"].contains(&name.as_str());
        }
        ControlFlow::Continue(())
    }
}

/// A query of somebody who need not know that.
///
/// # Errors
/// When it does not parse.
pub fn kept(sql: &str) -> Result<String, String> {
    let mut query = parse(sql)?;
    let _ = VisitMut::visit(&mut query, &mut Keep);
    Ok(query.to_string())
}

struct Keep;

impl VisitorMut for Keep {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if select.distinct.is_none() && one_row(select) {
            select.distinct = Some(Distinct::Distinct);
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::kept;

    #[test]
    fn only_aggregates_of_all_rows_are_changed() {
        for (sql, expected) in [
            (
                "SELECT t.a FROM t CROSS JOIN (SELECT COUNT(*) AS n FROM u) AS c",
                "SELECT t.a FROM t CROSS JOIN (SELECT DISTINCT COUNT(*) AS n FROM u) AS c",
            ),
            (
                "SELECT a, COUNT(*) AS n FROM t GROUP BY a",
                "SELECT a, COUNT(*) AS n FROM t GROUP BY a",
            ),
            (
                "SELECT ROW_NUMBER() OVER (ORDER BY a) AS n FROM t",
                "SELECT ROW_NUMBER() OVER (ORDER BY a) AS n FROM t",
            ),
        ] {
            assert_eq!(kept(sql).as_deref(), Ok(expected));
        }
    }
}
