//! Why a workbook was not written, and how much a sheet takes.

use rust_xlsxwriter::XlsxError;

use crate::dataset::DatasetError;

/// Rows of a sheet below its heading.
pub(super) const MOST_ROWS: u32 = 1_048_575;

/// Why a workbook was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Format(#[from] XlsxError),
    #[error(transparent)]
    Rows(#[from] DatasetError),
}
