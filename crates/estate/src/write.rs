//! Prints an estate as the files that people export, page by page.

pub(crate) mod auth0;
pub(crate) mod aws;
pub(crate) mod entra;
pub(crate) mod github;
mod page;
pub(crate) mod registers;

use std::path::Path;

use crate::build::stamp;
use crate::error::EstateError;
use crate::model::Model;

pub(crate) fn exports(model: &Model, dir: &Path) -> Result<(), EstateError> {
    entra::write(model, &dir.join("entra"))?;
    github::write(model, &dir.join("github"))?;
    aws::write(model, &dir.join("aws"))?;
    auth0::write(model, &dir.join("auth0"))?;
    let (now, entra) = (stamp(model.as_of), stamp(model.as_of - model.entra_lag));
    let times = format!(
        "entra = {entra}\ngithub = {now}\nidentity_center = {now}\nsecrets_manager = {now}\nauth0 = {now}\n"
    );
    page::text(&dir.join("exported-at.toml"), &times)
}
