//! Which moment a snapshot of exported files shows: the times at which they say
//! that they were made, and moments that cannot be.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::error::CollectError;
use crate::dataset::manifest::rfc3339;
use crate::dataset::schema::Source;
use crate::dataset::store::Store;

/// Times at which sources were exported, by name.
pub(super) fn stated(path: &Path) -> Result<BTreeMap<String, DateTime<Utc>>, CollectError> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let wrong = |message: String| CollectError::Usage(format!("{}: {message}", path.display()));
    let text = crate::bounds::file::text(path, crate::bounds::BY_HAND)
        .map_err(|e| wrong(e.to_string()))?;
    let table: toml::Table = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    let mut times = BTreeMap::new();
    for (name, value) in table {
        if !Source::COLLECTED.iter().any(|s| s.name() == name) {
            let names = Source::COLLECTED.map(Source::name);
            return Err(wrong(format!(
                "unknown source `{name}`{}",
                crate::sqlfile::nearest(&name, names.into_iter())
            )));
        }
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(at) => at.to_string(),
            _ => String::new(),
        };
        let at = crate::time::parse_time(&text)
            .ok_or_else(|| wrong(format!("`{name}` is no RFC 3339 time")))?;
        times.insert(name, at);
    }
    Ok(times)
}

/// Refuses a moment at which nothing can have been read: one in the future, and
/// one after all the times at which the files say that they were made. Ages would
/// be counted from it, and honest snapshots would stand behind it.
pub(super) fn in_time(
    as_of: DateTime<Utc>,
    stated: &BTreeMap<String, DateTime<Utc>>,
    read: impl Iterator<Item = Source>,
    store: &Store,
) -> Result<(), CollectError> {
    let moments = [("the moment of the snapshot", &as_of)];
    let named = stated.iter().map(|(source, at)| (source.as_str(), at));
    for (of, moment) in named.chain(moments) {
        if store.ahead(*moment) {
            return Err(CollectError::Usage(format!(
                "{of} lies more than a day in the future, at {}: ages would be counted from a moment that has not come. Correct --as-of, exported-at.toml or the clock of this machine",
                rfc3339(*moment)
            )));
        }
    }
    // A source that states no time may have been exported at any.
    let mut times = Vec::new();
    for source in read {
        let Some(at) = stated.get(source.name()) else {
            return Ok(());
        };
        times.push(*at);
    }
    if let Some(last) = times.into_iter().max()
        && as_of > last
    {
        return Err(CollectError::Usage(format!(
            "the snapshot was to be as of {}, and every source was exported before, the last one at {}: what they held later is not known. Leave --as-of away, or export again and write the new times into exported-at.toml",
            rfc3339(as_of),
            rfc3339(last)
        )));
    }
    Ok(())
}
