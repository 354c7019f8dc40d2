//! CSV with types: RFC 4180, UTF-8, every text quoted, null as nothing at all,
//! so that an empty text and a missing value stay two things.

use std::io::Write;

use polars::prelude::{DataFrame, DataType};
use serde_json::Value;

use super::super::ReportError;
use super::super::csv::neutral;
use super::stage::{Stage, Written};
use crate::dataset::rows::Rows;
use crate::dataset::schema::Type;
use crate::dataset::value::json_at;

/// A column as the description of the package names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) doc: String,
}

/// The type of a declared column.
pub(super) fn declared(ty: Type) -> &'static str {
    match ty {
        Type::Key | Type::Int => "integer",
        Type::Text => "string",
        Type::Flag => "boolean",
        Type::Time => "datetime",
    }
}

/// The types of the columns of a query.
pub(super) fn fields(frame: &DataFrame) -> Vec<Field> {
    frame
        .columns()
        .iter()
        .map(|c| Field {
            name: c.name().to_string(),
            kind: kind(c.dtype()),
            doc: String::new(),
        })
        .collect()
}

fn kind(ty: &DataType) -> &'static str {
    match ty {
        DataType::Boolean => "boolean",
        DataType::Date => "date",
        DataType::Datetime(..) => "datetime",
        ty if ty.is_integer() => "integer",
        ty if ty.is_float() => "number",
        _ => "string",
    }
}

/// The line of names.
pub(super) fn header(sink: &mut dyn Write, fields: &[Field]) -> std::io::Result<()> {
    let names: Vec<String> = fields.iter().map(|f| quoted(&neutral(&f.name))).collect();
    write!(sink, "{}\r\n", names.join(","))
}

/// A file of all rows.
pub(super) fn file(
    stage: &mut Stage,
    path: &str,
    fields: &[Field],
    all: &Rows,
) -> Result<Written, ReportError> {
    let full = stage.target_of(path);
    stage.write(path, |sink| {
        header(sink, fields).map_err(|e| ReportError::write(&full, &e))?;
        for batch in all.batches() {
            let (_, frame) = batch?;
            rows(sink, &frame).map_err(|e| ReportError::write(&full, &e))?;
        }
        Ok(())
    })
}

/// Rows of a frame, in its order.
pub(super) fn rows(sink: &mut dyn Write, frame: &DataFrame) -> std::io::Result<()> {
    let columns = frame.columns();
    let texts: Vec<bool> = columns
        .iter()
        .map(|c| kind(c.dtype()) == "string")
        .collect();
    let mut line = String::new();
    for row in 0..frame.height() {
        line.clear();
        for (at, (column, text)) in columns.iter().zip(&texts).enumerate() {
            if at > 0 {
                line.push(',');
            }
            match json_at(column, row) {
                Value::Null => {}
                // Only text can be run as a formula; typed values stay as they are.
                Value::String(value) if *text => line.push_str(&quoted(&neutral(&value))),
                Value::String(value) => line.push_str(&value),
                other => line.push_str(&other.to_string()),
            }
        }
        line.push_str("\r\n");
        sink.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use polars::prelude::df;

    use super::{fields, header, rows};

    #[test]
    fn an_empty_text_is_not_a_missing_one_and_formulas_are_texts() {
        let frame = df!(
            "name" => [Some("=1+1"), Some(""), None, Some("a \"b\"\nc,d")],
            "n" => [Some(-1_i64), None, Some(0), Some(7)],
            "flag" => [Some(true), None, Some(false), None],
        )
        .expect("a frame");
        let mut out = Vec::new();
        header(&mut out, &fields(&frame)).expect("written");
        rows(&mut out, &frame).expect("written");
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            "\"name\",\"n\",\"flag\"\r\n\"'=1+1\",-1,true\r\n\"\",,\r\n,0,false\r\n\"a \"\"b\"\"\nc,d\",7,\r\n"
        );
        let kinds: Vec<&str> = fields(&frame).iter().map(|f| f.kind).collect();
        assert_eq!(kinds, ["string", "integer", "boolean"]);
    }
}
