//! The formats of the auditor's evidence: who makes and signs it, and what it
//! is made of.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::checked::Checked;
use super::making::{KEY_FILE, Making, only};
use super::{AppError, Place, head};
use crate::cli::{Report, ReportFormat};
use crate::collect::wire::operations;
use crate::report::evidence::{self, Material, Template};
use crate::report::{self, Book, ReportError};

/// Refuses formats and keys that none of the named reports has a use for.
pub(crate) fn fits(options: &Report, env: &[(String, String)]) -> Result<(), AppError> {
    let evidence_named = options.names.iter().any(|n| n == evidence::NAME);
    let pack = options.format.is_empty() || options.format.contains(&ReportFormat::Pack);
    // A key that a variable names is there for whatever report comes.
    let asked = options.sign_key.as_deref().is_some_and(|key| {
        !env.iter()
            .any(|(n, v)| n == KEY_FILE && Path::new(v) == key)
    });
    if asked && !(evidence_named && pack) {
        return Err(AppError::Usage(format!(
            "no report was written: --sign-key signs the pack of the report {}, and no pack was asked for",
            evidence::NAME
        )));
    }
    if evidence_named {
        return Ok(());
    }
    if options.format.iter().any(|f| only(*f)) {
        return Err(AppError::Usage(format!(
            "no report was written: the formats pack, ocsf and oscal belong to the report {}, which is not among those named",
            evidence::NAME
        )));
    }
    Ok(())
}

/// Writes the evidence in a format of its own.
pub(crate) fn write(
    format: ReportFormat,
    book: &Book,
    checked: &Checked,
    making: &Making<'_>,
    place: &Place,
) -> Result<PathBuf, ReportError> {
    let (assessment, manifest) = (&checked.assessment, &checked.manifest);
    match format {
        ReportFormat::Ocsf => evidence::ocsf_file(assessment, manifest, making.out),
        ReportFormat::Oscal => evidence::oscal_file(assessment, manifest, making.out),
        _ => {
            let report = report::find(evidence::NAME)?;
            let head = head::behind(&place.store, checked)?;
            let material = Material {
                session: &checked.session,
                sealed: &place.store.snapshot_dir(&manifest.snapshot),
                manifest,
                assessment,
                basis: &checked.basis,
                reviews: checked.reviews.as_ref(),
                head: head.as_ref(),
                signer: making.maker.signer(),
                operator: making.maker.operator(),
                program_sha256: &program_sha256(),
                templates: &templates(),
            };
            evidence::write(&material, &report, book, making.out)
        }
    }
}

/// The hash of the program that runs.
fn program_sha256() -> String {
    let unknown = || "unknown: the file of the program could not be read".to_owned();
    let Ok(mut file) = std::env::current_exe().and_then(File::open) else {
        return unknown();
    };
    evidence::hash_of(&mut file).unwrap_or_else(|_| unknown())
}

/// Every request that a snapshot can send.
fn templates() -> Vec<Template> {
    let all = operations::ALL.iter();
    all.map(|o| Template {
        source: o.source.name().to_owned(),
        operation: o.name.to_owned(),
        permission: o.permission.to_owned(),
    })
    .collect()
}
