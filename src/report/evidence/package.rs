//! `datapackage.json`: what every CSV file of the pack holds, as Data Package
//! v2. It doubles as the dictionary of the data.

use serde_json::{Value, json};

use super::stage::Written;
use super::typed::Field;

/// A CSV file of the pack.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Path in the pack.
    pub(super) path: String,
    /// Name in the package: lower case, digits and hyphens.
    pub(super) name: String,
    /// Title for people.
    pub(super) title: String,
    /// What one row is.
    pub(super) doc: String,
    /// Its columns.
    pub(super) fields: Vec<Field>,
    /// Rows in the file.
    pub(super) rows: u64,
    /// Columns that no two rows share; empty when there are none.
    pub(super) primary_key: Vec<String>,
    /// Column, and resource and column that it points to.
    pub(super) foreign_keys: Vec<(String, String, String)>,
    /// What of its sources was not read completely, as sentences.
    pub(super) gaps: Vec<String>,
    /// Size and hash.
    pub(super) written: Written,
}

/// The description of the package.
pub(super) fn describe(id: &str, title: &str, as_of: &str, resources: &[Resource]) -> Value {
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": format!("auditor-evidence-{}", id.to_lowercase().replace('~', "-")),
        "id": id,
        "title": title,
        "description": "Evidence that stands alone: HOW-TO-VERIFY.md says how to check it. In texts that a spreadsheet would run as a formula, and in texts that begin with an apostrophe, one apostrophe stands in front; taking one away restores them. A text of no letters is written as two quotes, a missing value as nothing.",
        "version": as_of,
        "created": as_of,
        "x-neutralised": "apostrophe-1",
        "resources": resources.iter().map(resource).collect::<Vec<_>>(),
    })
}

fn resource(r: &Resource) -> Value {
    let fields: Vec<Value> = r
        .fields
        .iter()
        .map(|f| {
            let mut field = json!({ "name": f.name, "type": f.kind });
            if !f.doc.is_empty()
                && let Some(map) = field.as_object_mut()
            {
                map.insert("description".to_owned(), json!(f.doc));
            }
            field
        })
        .collect();
    let mut schema = json!({ "fields": fields, "missingValues": [""] });
    if let Some(map) = schema.as_object_mut() {
        if !r.primary_key.is_empty() {
            map.insert("primaryKey".to_owned(), json!(r.primary_key));
        }
        if !r.foreign_keys.is_empty() {
            let keys = r.foreign_keys.iter().map(|(from, to, column)| {
                json!({ "fields": [from], "reference": { "resource": to, "fields": [column] } })
            });
            map.insert("foreignKeys".to_owned(), keys.collect());
        }
    }
    json!({
        "name": r.name,
        "path": r.path,
        "type": "table",
        "title": r.title,
        "description": r.doc,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": r.written.bytes,
        "hash": format!("sha256:{}", r.written.sha256),
        "dialect": { "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": "\"", "doubleQuote": true, "header": true },
        "schema": schema,
        "x-rows": r.rows,
        "x-complete": r.gaps.is_empty(),
        "x-not-complete": r.gaps,
    })
}
