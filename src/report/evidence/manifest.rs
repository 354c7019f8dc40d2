//! `manifest.json` of a pack: every file with its size and hash, what the
//! whole was made of, and how completely that was read. Canonical JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::material::{FORMAT, Material};
use super::package::Resource;
use super::sign::Signer;
use super::stage::Written;
use crate::dataset::manifest::Tool;
use crate::hash::sha256;

/// The document; its own hash is in `SHA256SUMS`.
pub(super) fn document(
    id: &str,
    material: &Material<'_>,
    files: &BTreeMap<String, Written>,
    resources: &[Resource],
) -> Value {
    let by_path: BTreeMap<&str, &Resource> =
        resources.iter().map(|r| (r.path.as_str(), r)).collect();
    let files: Vec<Value> = files
        .iter()
        .map(|(path, file)| {
            let mut entry = Map::new();
            entry.insert("path".to_owned(), json!(path));
            entry.insert("bytes".to_owned(), json!(file.bytes));
            entry.insert("sha256".to_owned(), json!(file.sha256));
            if let Some(resource) = by_path.get(path.as_str()) {
                entry.insert("rows".to_owned(), json!(resource.rows));
                entry.insert("schema_sha256".to_owned(), json!(schema_hash(resource)));
                entry.insert("complete".to_owned(), json!(resource.gaps.is_empty()));
            }
            Value::Object(entry)
        })
        .collect();
    let manifest = material.manifest;
    let tables = manifest.tables.iter();
    let coverage: BTreeMap<&str, &str> =
        tables.map(|t| (t.table.as_str(), t.state.name())).collect();
    json!({
        "format": FORMAT,
        "id": id,
        "tool": Tool::this(),
        "program_sha256": material.program_sha256,
        "operator": material.operator,
        "snapshot": manifest.snapshot,
        "as_of": manifest.as_of,
        "baseline": material.assessment.baseline,
        "previous": manifest.previous,
        "basis": material.basis,
        "complete": material.assessment.complete,
        "coverage": coverage,
        "reviews_on_record": material.reviews.is_some(),
        "signed_by": material.signer.map(Signer::id),
        "files": files,
    })
}

fn schema_hash(resource: &Resource) -> String {
    let fields = resource.fields.iter();
    let lines = fields.map(|f| format!("{}:{}\n", f.name, f.kind));
    sha256(lines.collect::<Vec<_>>().concat().as_bytes())
}
