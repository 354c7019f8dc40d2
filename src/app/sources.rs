//! Sources as options name them.

use super::AppError;
use crate::dataset::schema::Source;

/// Sources by their names.
pub(crate) fn sources(names: &[String]) -> Result<Vec<Source>, AppError> {
    let mut sources = Vec::new();
    for name in names {
        let Some(source) = Source::collected(name) else {
            let names = Source::COLLECTED.map(Source::name);
            return Err(AppError::Usage(format!(
                "no snapshot was taken: there is no source {name}{}",
                crate::sqlfile::nearest(name, names.into_iter())
            )));
        };
        sources.push(source);
    }
    Ok(sources)
}
