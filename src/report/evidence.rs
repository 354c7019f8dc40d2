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
mod material;
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

use super::{Book, ReportError, replace};
use crate::dataset::manifest::Manifest;
use crate::detect::Assessment;
use crate::sqlfile::ReportFile;
use material::pretty;

pub use material::{Material, NAME, Template};
pub use sign::{SignError, Signer};
pub use stage::hash_of;

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
