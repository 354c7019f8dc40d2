//! How reports are made: in which formats, where, by whom.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::cli::ReportFormat;
use crate::report::ReportError;
use crate::report::evidence::Signer;

/// How reports are made.
pub(crate) struct Making<'a> {
    pub(crate) formats: &'a [ReportFormat],
    pub(crate) out: &'a Path,
    pub(crate) maker: &'a Maker,
}

impl Making<'_> {
    /// The formats that a report of that name has.
    pub(super) fn formats_of(&self, name: &str) -> Vec<ReportFormat> {
        let has = |f: &&ReportFormat| name == crate::report::evidence::NAME || !only(**f);
        self.formats.iter().filter(has).copied().collect()
    }
}
/// Who makes the evidence, as the command line and the environment say.
#[derive(Debug, Default)]
pub(crate) struct Maker {
    signer: Option<Signer>,
    operator: Option<String>,
}

impl Maker {
    /// Reads the key, if there is one: before anything is worked out.
    pub(crate) fn of(
        sign_key: Option<&Path>,
        env: &[(String, String)],
    ) -> Result<Self, ReportError> {
        let value = |name: &str| {
            let found = env.iter().find(|(n, v)| n == name && !v.is_empty());
            found.map(|(_, v)| v.clone())
        };
        let password = value("COUNTERSIGN_SIGN_PASSWORD").map(SecretString::from);
        let file = sign_key
            .map(Path::to_owned)
            .or_else(|| value(KEY_FILE).map(PathBuf::from));
        let signer = match (file, value("COUNTERSIGN_SIGN_KEY")) {
            (Some(file), _) => Some(Signer::from_file(&file, password.as_ref())?),
            (None, Some(text)) => Some(Signer::from_text(
                &SecretString::from(text),
                password.as_ref(),
                "the variable COUNTERSIGN_SIGN_KEY",
            )?),
            (None, None) => None,
        };
        Ok(Self {
            signer,
            operator: value("COUNTERSIGN_OPERATOR"),
        })
    }
}

impl Maker {
    /// The key, if there is one.
    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Who the environment says makes it.
    pub(crate) fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }
}
/// The variable that names the file of a signing key.
pub(super) const KEY_FILE: &str = "COUNTERSIGN_SIGN_KEY_FILE";

/// Whether a format is of this report alone.
pub(crate) fn only(format: ReportFormat) -> bool {
    matches!(
        format,
        ReportFormat::Pack | ReportFormat::Ocsf | ReportFormat::Oscal
    )
}
