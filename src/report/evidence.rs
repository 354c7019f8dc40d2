//! The auditor's evidence pack: a directory that stands alone.
//!
//! `stage` prepares and names it, `lists` and `population` write its data,
//! `fields` and `cover` say what it stands on, `package` describes it, `sign`
//! and `timestamp` tie it to a person and a time. `ocsf` and `oscal` tell the
//! findings in the formats of others. Nothing here knows the clock: the same
//! snapshot, configuration, reviews and program give the same bytes.

mod cover;
mod fields;
mod how_to;
mod lists;
mod manifest;
pub mod ocsf;
pub mod oscal;
mod package;
mod population;
mod sign;
mod stage;
mod timestamp;
mod typed;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::reviews::Reviews;
use super::{Book, ReportError, replace};
use crate::dataset::heads::checkpoint::Checkpoint;
use crate::dataset::manifest::{Manifest, Tool};
use crate::dataset::session::Session;
use crate::detect::Assessment;
use crate::detect::assessment::Basis;
use crate::hash::sha256;
use crate::sqlfile::ReportFile;

pub use sign::{SignError, Signer};
pub use stage::hash_of;

/// The report that the pack is made of.
pub const NAME: &str = "auditor-evidence";
/// Tag of the cover and the manifest.
const FORMAT: &str = "countersign.evidence/v1";

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

/// Writes the pack below a folder and gives its path. A pack that is there
/// already is left as it is when it holds the same bytes, and refused otherwise.
///
/// # Errors
/// When a query fails, a file cannot be written, or another pack is in the way.
pub fn write(
    material: &Material<'_>,
    report: &ReportFile,
    book: &Book,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let id = material.id();
    let mut stage = stage::Stage::begin(out)?;
    let mut resources = lists::write(&mut stage, material, report, book)?;
    let (counts, tables) = population::write(&mut stage, material)?;
    resources.extend(tables);
    for name in ["manifest.json", "SHA256SUMS"] {
        let sealed = material.sealed.join(name);
        let bytes = std::fs::read(&sealed).map_err(|e| ReportError::write(&sealed, &e))?;
        stage.bytes(&format!("snapshot/{name}"), &bytes)?;
    }
    ocsf(&mut stage, material)?;
    let found = resources.iter().find(|r| r.name == "findings");
    let found = found.map(|r| (r.path.as_str(), r.written.sha256.as_str()));
    let oscal = oscal::document(material.assessment, material.manifest, found);
    stage.bytes("assessment-results.oscal.json", &pretty(&oscal)?)?;
    let facts = fields::facts(&id, material, book, &counts);
    cover::write(&mut stage, &id, material, book, &facts, &counts, &resources)?;
    let how = how_to::text(material.signer)?;
    stage.bytes("HOW-TO-VERIFY.md", how.as_bytes())?;
    resources.sort_by(|a, b| a.path.cmp(&b.path));
    let described = package::describe(&id, &book.title, &material.manifest.as_of, &resources);
    stage.bytes("datapackage.json", &pretty(&described)?)?;
    let sealed = manifest::document(&id, material, &stage.files, &resources);
    let bytes = serde_json_canonicalizer::to_vec(&sealed)
        .map_err(|e| ReportError::write(Path::new("manifest.json"), &e))?;
    let hash = stage.bytes("manifest.json", &bytes)?.sha256;
    let sums = stage.sums();
    stage.bytes("SHA256SUMS", sums.as_bytes())?;
    stage.bytes("SHA256SUMS.tsq", &timestamp::request(sums.as_bytes()))?;
    if let Some(signer) = material.signer {
        let comment = format!(
            "{NAME} {id} as of {} manifest {hash}",
            material.manifest.as_of
        );
        let signature = signer.sign(sums.as_bytes(), &comment);
        stage.bytes("SHA256SUMS.minisig", signature.as_bytes())?;
    }
    stage.commit(&format!("{NAME}-{}", id.replace('~', "-")))
}

/// Writes the findings as OCSF events, one a line; gives the path.
///
/// # Errors
/// When the file cannot be written.
pub fn ocsf_file(
    assessment: &Assessment,
    manifest: &Manifest,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let path = out.join(format!("{NAME}.ocsf.jsonl"));
    replace(&path, |file| {
        let mut sink = std::io::BufWriter::new(file);
        ocsf::write(&mut sink, assessment, manifest).map_err(|e| e.to_string())
    })?;
    Ok(path)
}

/// Writes the OSCAL assessment results; gives the path.
///
/// # Errors
/// When the file cannot be written.
pub fn oscal_file(
    assessment: &Assessment,
    manifest: &Manifest,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let path = out.join(format!("{NAME}.oscal.json"));
    let bytes = pretty(&oscal::document(assessment, manifest, None))?;
    replace(&path, |file| {
        file.write_all(&bytes).map_err(|e| e.to_string())
    })?;
    Ok(path)
}

/// One event a line.
fn ocsf(stage: &mut stage::Stage, material: &Material<'_>) -> Result<(), ReportError> {
    let path = "findings.ocsf.jsonl";
    let full = stage.target_of(path);
    stage.write(path, |sink| {
        ocsf::write(sink, material.assessment, material.manifest)
            .map_err(|e| ReportError::write(&full, &e))
    })?;
    Ok(())
}

/// A document for people, keys in order, with a line feed at its end.
fn pretty(value: &serde_json::Value) -> Result<Vec<u8>, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| ReportError::write(Path::new("a document of the pack"), &e))?;
    bytes.push(b'\n');
    Ok(bytes)
}
