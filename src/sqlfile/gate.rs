//! What SQL may say: one statement that reads tables and views by their plain
//! names, and calls functions that read nothing else.
//!
//! Every query that reaches the engine passes here first, whoever wrote it. What
//! is not on the list is refused, so that a way out of the dataset that the engine
//! learns later is refused too. Names are taken as the engine takes them: a common
//! table expression, a subquery or an alias may not bear the name of a table, so
//! that what is checked is what is read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, Expr, Function, FunctionArg, FunctionArgumentClause,
    FunctionArguments, GroupByExpr, Ident, JoinOperator, LimitClause, ObjectName, OrderByKind,
    Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    SetQuantifier, TableAlias, TableFactor, UnaryOperator, Value, ValueWithSpan, Visit as _,
    Visitor, WindowType,
};

/// Bytes of a statement.
pub const MOST_BYTES: usize = 256 << 10;
/// Operators of a statement: long chains of them nest as deep as they are long.
pub const MOST_OPERATORS: usize = 4_000;
/// Brackets within brackets, and `CASE` within `CASE`.
pub const MOST_NESTED: usize = 16;
/// Tables, subqueries and branches of a statement together.
const MOST_SOURCES: usize = 400;

/// Functions of one row that engines agree on, or that people expect of one.
const FUNCTIONS: [&str; 36] = [
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "date_part",
    "dense_rank",
    "ends_with",
    "floor",
    "greatest",
    "ifnull",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "max",
    "median",
    "min",
    "nullif",
    "rank",
    "replace",
    "right",
    "round",
    "row_number",
    "rtrim",
    "split_part",
    "starts_with",
    "string_agg",
    "strpos",
    "substr",
    "sum",
];
/// As above, spelled otherwise.
const MORE_FUNCTIONS: [&str; 5] = ["substring", "trim", "upper", "sign", "octet_length"];

/// The tables and views that can be read.
pub trait Names {
    /// Whether there is one of that name.
    fn knows(&self, name: &str) -> bool;
    /// `; did you mean …?` when one is called nearly so.
    fn near(&self, name: &str) -> String;
}

/// Refuses a query that says anything that is not on the list, or reads a name
/// that is none of the tables and views.
///
/// # Errors
/// What is refused, as a sentence.
pub fn check(query: &Query, names: &dyn Names) -> Result<(), String> {
    let mut declared = Declared::default();
    let _ = query.visit(&mut declared);
    let mut gate = Gate {
        names,
        ctes: declared.ctes,
        sources: 0,
    };
    match query.visit(&mut gate) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(refusal) => Err(refusal),
    }
}

/// Common table expressions anywhere in a statement.
#[derive(Default)]
struct Declared {
    ctes: BTreeSet<String>,
}

impl Visitor for Declared {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|w| &w.cte_tables) {
            self.ctes.insert(cte.alias.name.value.clone());
        }
        ControlFlow::Continue(())
    }
}

struct Gate<'a> {
    names: &'a dyn Names,
    ctes: BTreeSet<String>,
    sources: usize,
}

type Passed = ControlFlow<String>;

fn refuse<T: std::fmt::Display>(what: T, remedy: &str) -> Passed {
    ControlFlow::Break(format!("{} is refused: {remedy}", brief(&what.to_string())))
}

/// The beginning of what somebody wrote.
fn brief(text: &str) -> String {
    const LONGEST: usize = 80;
    let text = text.replace('\n', " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}…")
}

const ONLY_SELECT: &str = "a query is one SELECT over tables and views of the dataset, with WITH, JOIN, UNION, GROUP BY and ORDER BY";
const ONLY_NAMES: &str = "FROM takes tables and views of the dataset by their plain names, and subqueries; `countersign tables list` shows them";

impl Gate<'_> {
    fn source(&mut self) -> Passed {
        self.sources += 1;
        if self.sources > MOST_SOURCES {
            return ControlFlow::Break(format!(
                "the query reads more than {MOST_SOURCES} tables, subqueries and branches"
            ));
        }
        ControlFlow::Continue(())
    }

    /// A name that a query gives: it must hide nothing.
    fn given(&self, name: &Ident, of: Option<&str>) -> Passed {
        let plain = name.value.as_str();
        if of != Some(plain) && self.names.knows(plain) {
            return refuse(
                format!("the name {plain}"),
                "it is the name of a table or view, which a subquery, WITH or AS may not hide; choose another one",
            );
        }
        ControlFlow::Continue(())
    }

    fn alias(&self, alias: Option<&TableAlias>, of: Option<&str>) -> Passed {
        let Some(alias) = alias else {
            return ControlFlow::Continue(());
        };
        if alias.at.is_some() {
            return refuse(alias, ONLY_NAMES);
        }
        let plain = alias.name.value.as_str();
        if of != Some(plain) && self.ctes.contains(plain) {
            return refuse(
                format!("the name {plain}"),
                "WITH gives it to another table already; choose another one",
            );
        }
        self.given(&alias.name, of)
    }

    fn set(&mut self, body: &SetExpr) -> Passed {
        match body {
            SetExpr::Select(_) | SetExpr::Query(_) => self.source(),
            SetExpr::SetOperation {
                left,
                right,
                set_quantifier,
                ..
            } => {
                if matches!(
                    set_quantifier,
                    SetQuantifier::ByName
                        | SetQuantifier::AllByName
                        | SetQuantifier::DistinctByName
                ) {
                    return refuse("BY NAME", ONLY_SELECT);
                }
                self.set(left)?;
                self.set(right)
            }
            SetExpr::Values(_) => refuse("VALUES", ONLY_SELECT),
            SetExpr::Table(_) => refuse("TABLE", ONLY_SELECT),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                refuse("a statement that writes", ONLY_SELECT)
            }
        }
    }

    fn function(function: &Function) -> Passed {
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            filter,
            null_treatment,
            over,
            within_group,
        } = function;
        let plain = match name.0.as_slice() {
            [part] => part
                .as_ident()
                .filter(|i| i.quote_style.is_none())
                .map(|i| i.value.to_ascii_lowercase()),
            _ => None,
        };
        let known = plain
            .as_deref()
            .is_some_and(|name| FUNCTIONS.contains(&name) || MORE_FUNCTIONS.contains(&name));
        if !known {
            let mut all: Vec<&str> = FUNCTIONS.iter().chain(&MORE_FUNCTIONS).copied().collect();
            all.sort_unstable();
            return refuse(
                format!("the function {name}"),
                &format!("these can be called: {}", all.join(", ")),
            );
        }
        if *uses_odbc_syntax
            || *parameters != FunctionArguments::None
            || filter.is_some()
            || null_treatment.is_some()
            || !within_group.is_empty()
            || matches!(over, Some(WindowType::NamedWindow(_)))
        {
            return refuse(
                function,
                "functions are called as name(arguments), with OVER (…) for windows",
            );
        }
        match args {
            FunctionArguments::List(list)
                if list
                    .args
                    .iter()
                    .all(|a| matches!(a, FunctionArg::Unnamed(_)))
                    && list
                        .clauses
                        .iter()
                        .all(|c| matches!(c, FunctionArgumentClause::OrderBy(_))) =>
            {
                ControlFlow::Continue(())
            }
            _ => refuse(function, "functions are called as name(arguments)"),
        }
    }
}

/// A name of one part that stands as a word.
fn plain(name: &ObjectName) -> Option<&str> {
    match name.0.as_slice() {
        [part] => part
            .as_ident()
            .filter(|i| matches!(i.quote_style, None | Some('"')))
            .map(|i| i.value.as_str()),
        _ => None,
    }
}

fn operator(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(
        op,
        B::Plus
            | B::Minus
            | B::Multiply
            | B::Divide
            | B::Modulo
            | B::StringConcat
            | B::Gt
            | B::Lt
            | B::GtEq
            | B::LtEq
            | B::Eq
            | B::NotEq
            | B::And
            | B::Or
            | B::DuckIntegerDivide
    )
}

impl Visitor for Gate<'_> {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> Passed {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if fetch.is_some()
            || !locks.is_empty()
            || for_clause.is_some()
            || settings.is_some()
            || format_clause.is_some()
            || !pipe_operators.is_empty()
        {
            return refuse(query, ONLY_SELECT);
        }
        if let Some(LimitClause::LimitOffset { limit_by, .. }) = limit_clause
            && !limit_by.is_empty()
        {
            return refuse("LIMIT BY", ONLY_SELECT);
        }
        if let Some(order) = order_by
            && (order.interpolate.is_some()
                || matches!(&order.kind, OrderByKind::Expressions(all) if all.iter().any(|e| e.with_fill.is_some())))
        {
            return refuse(order, ONLY_SELECT);
        }
        if let Some(with) = with {
            if with.recursive {
                return refuse("WITH RECURSIVE", ONLY_SELECT);
            }
            let mut here = BTreeSet::new();
            for cte in &with.cte_tables {
                if cte.from.is_some() || cte.materialized.is_some() || cte.alias.at.is_some() {
                    return refuse(cte, ONLY_SELECT);
                }
                self.given(&cte.alias.name, None)?;
                if !here.insert(cte.alias.name.value.as_str()) {
                    return refuse(
                        format!("the name {}", cte.alias.name.value),
                        "WITH gives it twice",
                    );
                }
            }
        }
        self.set(body)
    }

    fn pre_visit_select(&mut self, select: &Select) -> Passed {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection: _,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having: _,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        let grouped = match group_by {
            GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers) => {
                modifiers.is_empty()
            }
        };
        let plain = optimizer_hints.is_empty()
            && !matches!(distinct, Some(sqlparser::ast::Distinct::On(_)))
            && select_modifiers.is_none()
            && top.is_none()
            && exclude.is_none()
            && into.is_none()
            && lateral_views.is_empty()
            && prewhere.is_none()
            && connect_by.is_empty()
            && grouped
            && cluster_by.is_empty()
            && distribute_by.is_empty()
            && sort_by.is_empty()
            && named_window.is_empty()
            && qualify.is_none()
            && value_table_mode.is_none()
            && *flavor == SelectFlavor::Standard;
        if !plain {
            return refuse(select, ONLY_SELECT);
        }
        for item in projection {
            let listed = match item {
                SelectItem::UnnamedExpr(_)
                | SelectItem::ExprWithAlias { .. }
                | SelectItem::Wildcard(_) => true,
                SelectItem::QualifiedWildcard(kind, _) => {
                    matches!(kind, SelectItemQualifiedWildcardKind::ObjectName(name) if name.0.len() == 1)
                }
                SelectItem::ExprWithAliases { .. } => false,
            };
            if !listed {
                return refuse(item, ONLY_SELECT);
            }
        }
        for join in from.iter().flat_map(|f| &f.joins) {
            if join.global
                || !matches!(
                    join.join_operator,
                    JoinOperator::Join(_)
                        | JoinOperator::Inner(_)
                        | JoinOperator::Left(_)
                        | JoinOperator::LeftOuter(_)
                        | JoinOperator::Right(_)
                        | JoinOperator::RightOuter(_)
                        | JoinOperator::FullOuter(_)
                        | JoinOperator::CrossJoin(_)
                        | JoinOperator::Semi(_)
                        | JoinOperator::LeftSemi(_)
                        | JoinOperator::Anti(_)
                        | JoinOperator::LeftAnti(_)
                )
            {
                return refuse(join, ONLY_SELECT);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Passed {
        self.source()?;
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let Some(plain) = plain(name) else {
                    return refuse(name, ONLY_NAMES);
                };
                self.alias(alias.as_ref(), Some(plain))
            }
            TableFactor::Derived {
                lateral: false,
                subquery: _,
                alias,
                sample: None,
            }
            | TableFactor::NestedJoin {
                table_with_joins: _,
                alias,
            } => self.alias(alias.as_ref(), None),
            other => refuse(other, ONLY_NAMES),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Passed {
        let Some(name) = plain(relation) else {
            return refuse(relation, ONLY_NAMES);
        };
        if self.ctes.contains(name) || self.names.knows(name) {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(format!(
            "no table or view is called {}{}",
            brief(name),
            self.names.near(name)
        ))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Passed {
        let listed = match expr {
            Expr::Identifier(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Between { .. }
            | Expr::Like { any: false, .. }
            | Expr::ILike { any: false, .. }
            | Expr::Extract { .. }
            | Expr::Position { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Nested(_)
            | Expr::Value(_)
            | Expr::TypedString(_)
            | Expr::Case { .. }
            | Expr::Exists { .. }
            | Expr::Subquery(_)
            | Expr::Tuple(_)
            | Expr::Interval(_)
            | Expr::Cast {
                kind: CastKind::Cast | CastKind::TryCast | CastKind::DoubleColon,
                array: false,
                format: None,
                ..
            } => true,
            Expr::CompoundIdentifier(parts) => parts.len() == 2,
            Expr::BinaryOp { op, .. } => operator(op),
            Expr::UnaryOp { op, .. } => matches!(
                op,
                UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not
            ),
            Expr::Ceil { field, .. } | Expr::Floor { field, .. } => {
                matches!(
                    field,
                    CeilFloorKind::DateTimeField(sqlparser::ast::DateTimeField::NoDateTime)
                )
            }
            Expr::Function(function) => return Self::function(function),
            _ => false,
        };
        if listed {
            ControlFlow::Continue(())
        } else {
            refuse(
                expr,
                "comparisons, arithmetic, CASE, CAST, LIKE, IN, EXISTS and the functions of the list can be written",
            )
        }
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> Passed {
        match &value.value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::DoubleQuotedString(_)
            | Value::Boolean(_)
            | Value::Null => ControlFlow::Continue(()),
            other => refuse(other, "values are numbers, 'texts', TRUE, FALSE and NULL"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
