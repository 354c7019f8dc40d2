//! `review`: open, import, status.

mod import;
mod kept;
mod open;
mod status;

use super::{AppError, Place, World};
use crate::cli::review::Review;

pub(crate) use kept::reviews;

/// Name of the thread in which returned workbooks are read: a file that makes
/// the reader give up is refused, and the program goes on.
pub const READER: &str = "workbook-reader";

pub(crate) fn review(
    action: &Review,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    match action {
        Review::Open(options) => open::open(options, place, world),
        Review::Import(options) => import::import(options, place, world),
        Review::Status(options) => status::status(options, place, world),
    }
}

/// The name of whoever runs this, as the operating system gives it.
fn operator(world: &World<'_>) -> String {
    let find = |name: &str| world.env.iter().find(|(n, v)| n == name && !v.is_empty());
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| find(name))
        .map_or_else(|| "not known".to_owned(), |(_, name)| name.clone())
}
