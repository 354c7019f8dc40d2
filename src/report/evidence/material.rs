//! What a pack is made of.

use std::path::Path;

use serde::Serialize;

use super::sign::Signer;
use crate::dataset::heads::checkpoint::Checkpoint;
use crate::dataset::manifest::{Manifest, Tool};
use crate::dataset::session::Session;
use crate::detect::Assessment;
use crate::detect::assessment::Basis;
use crate::hash::sha256;
use crate::report::error::ReportError;
use crate::report::reviews::Reviews;

/// The report that the pack is made of.
pub const NAME: &str = "auditor-evidence";
/// Tag of the cover and the manifest.
pub(super) const FORMAT: &str = "countersign.evidence/v1";

/// Kind of request that a snapshot can send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Source whose tables it fills.
    pub source: String,
    /// Operation, or method and path.
    pub operation: String,
    /// The least that allows it; empty when it needs none.
    pub permission: String,
}

/// What a pack is made of.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The snapshot with the tables of the assessment.
    pub session: &'a Session,
    /// Directory of the sealed snapshot.
    pub sealed: &'a Path,
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// What was found.
    pub assessment: &'a Assessment,
    /// What that depends on.
    pub basis: &'a Basis,
    /// What was kept of reviews; `None` when no record was.
    pub reviews: Option<&'a Reviews>,
    /// Head of the log over everything that the pack rests on; `None` without a log.
    pub head: Option<&'a Checkpoint>,
    /// Who signs.
    pub signer: Option<&'a Signer>,
    /// Who made the pack, when that was stated.
    pub operator: Option<&'a str>,
    /// SHA-256 of the program that makes it.
    pub program_sha256: &'a str,
    /// Requests that snapshots send.
    pub templates: &'a [Template],
}

#[derive(Serialize)]
struct Identity<'a> {
    basis: &'a Basis,
    head: Option<String>,
    operator: Option<&'a str>,
    program_sha256: &'a str,
    reviews_sha256: Option<String>,
    signed_by: Option<String>,
    tool: Tool,
}

impl Material<'_> {
    /// The id of the pack: snapshot, and twelve digits of a hash over everything
    /// that it is made of.
    #[must_use]
    pub fn id(&self) -> String {
        let identity = Identity {
            basis: self.basis,
            head: self.head.map(Checkpoint::text),
            operator: self.operator,
            program_sha256: self.program_sha256,
            reviews_sha256: self.reviews.map(|r| sha256(format!("{r:?}").as_bytes())),
            signed_by: self.signer.map(Signer::id),
            tool: Tool::this(),
        };
        let text = serde_json_canonicalizer::to_vec(&identity).unwrap_or_default();
        let hash = sha256(&text);
        let short = hash.get(..12).unwrap_or(&hash);
        format!("{}~{short}", self.manifest.snapshot)
    }
}

/// A document for people, keys in order, with a line feed at its end.
pub(super) fn pretty(value: &serde_json::Value) -> Result<Vec<u8>, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| ReportError::write(Path::new("a document of the pack"), &e))?;
    bytes.push(b'\n');
    Ok(bytes)
}
