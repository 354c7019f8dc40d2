//! Folders that commands write into.

use std::path::Path;

use super::error::AppError;

/// Refuses a folder that a command could not write into, before it does anything
/// else. Nothing is made yet.
pub(crate) fn folder(out: &Path, option: &str, nothing: &str) -> Result<(), AppError> {
    let there = out
        .ancestors()
        .map(|p| {
            if p.as_os_str().is_empty() {
                Path::new(".")
            } else {
                p
            }
        })
        .find(|p| p.exists())
        .unwrap_or(Path::new("."));
    let why = if there.is_dir() {
        let tried = tempfile::Builder::new().tempfile_in(there);
        tried.err().map(|e| format!("cannot be written to: {e}"))
    } else {
        Some("is a file".to_owned())
    };
    match why {
        None => Ok(()),
        Some(why) => Err(AppError::Usage(format!(
            "{nothing}: {} {why}; name a folder of yours with {option}",
            there.display()
        ))),
    }
}
