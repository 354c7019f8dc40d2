//! `review`: open, import, status.

mod import;
mod kept;
mod open;
mod operator;
mod status;

use super::{AppError, Place, World};
use crate::cli::review::Review;

pub use import::READER;
pub(crate) use kept::reviews;

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
