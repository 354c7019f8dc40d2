//! Reads `countersign.toml` into values with positions; every mistake is
//! collected, none stops the reading.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, Fault, Issue, Place, Source, show, suggest};
use super::keys::{Kind, NAMED, keys_of, sections};
use super::values::{Value, Values};
use crate::bounds;

/// Reads the text of a configuration file.
pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let bytes = bounds::file::read(path, bounds::BY_HAND).map_err(unreadable)?;
    String::from_utf8(bytes)
        .map(|text| text.trim_start_matches('\u{feff}').to_owned())
        .map_err(|e| unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, e)))
}

/// Reads the values of a file; unknown keys and wrong types become issues.
pub(super) fn read(name: &str, text: &str, issues: &mut Vec<Issue>) -> Values {
    let source = Source { name, text };
    let mut values = Values::default();
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(e) => {
            let at = e.span().map_or(0, |s| s.start);
            issues.push(Issue {
                place: source.place(at),
                fault: Fault::Syntax(e.message().to_owned()),
                hint: "mend the TOML".to_owned(),
            });
            return values;
        }
    };
    for (section, value) in table.get_ref() {
        let at = section.span().start;
        let name: &str = section.get_ref();
        if !sections().contains(&name) {
            issues.push(Issue {
                place: source.place(at),
                fault: Fault::UnknownSection(name.to_owned()),
                hint: suggest(name, &sections(), "sections"),
            });
            continue;
        }
        let Some(inner) = value.get_ref().as_table() else {
            issues.push(wrong(
                &source,
                at,
                name,
                "a section",
                value.get_ref().type_str(),
            ));
            continue;
        };
        if !NAMED.contains(&name) {
            section_keys(&source, name, name, inner, &mut values, issues);
            continue;
        }
        for (item, value) in inner {
            let path = format!("{name}.{}", item.get_ref());
            values.named.insert(
                (name.to_owned(), item.get_ref().to_string()),
                source.place(item.span().start),
            );
            match value.get_ref().as_table() {
                Some(keys) => section_keys(&source, name, &path, keys, &mut values, issues),
                None => issues.push(wrong(
                    &source,
                    item.span().start,
                    &path,
                    "a section",
                    value.get_ref().type_str(),
                )),
            }
        }
    }
    values
}

fn section_keys(
    source: &Source<'_>,
    section: &str,
    path: &str,
    table: &DeTable<'_>,
    values: &mut Values,
    issues: &mut Vec<Issue>,
) {
    for (name, value) in table {
        let at = name.span().start;
        let key: &str = name.get_ref();
        let Some(known) = keys_of(section).find(|k| k.name == key) else {
            let names: Vec<&str> = keys_of(section).map(|k| k.name).collect();
            issues.push(Issue {
                place: source.place(at),
                fault: Fault::UnknownKey(format!("{path}.{key}")),
                hint: suggest(key, &names, "keys"),
            });
            continue;
        };
        let full = format!("{path}.{key}");
        if let Some(text) = value.get_ref().as_str()
            && crate::secret::looks_secret(text)
        {
            issues.push(Issue {
                place: source.place(value.span().start),
                fault: Fault::Secret(full),
                hint: "remove it, and rotate the secret: configuration never holds one".to_owned(),
            });
            continue;
        }
        match convert(source, value, known.kind) {
            Some(converted) => values.set(path, key, converted, source.place(at)),
            None => issues.push(wrong(
                source,
                value.span().start,
                &full,
                known.kind.name(),
                &shown(value.get_ref()),
            )),
        }
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => show(text),
        other => format!("a {}", other.type_str()),
    }
}

fn wrong(source: &Source<'_>, at: usize, key: &str, expected: &'static str, found: &str) -> Issue {
    Issue {
        place: source.place(at),
        fault: Fault::Type {
            key: key.to_owned(),
            expected,
            found: found.to_owned(),
        },
        hint: "docs/config.md states type and default of every key".to_owned(),
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn convert(source: &Source<'_>, value: &Spanned<DeValue<'_>>, kind: Kind) -> Option<Value> {
    let inner = value.get_ref();
    Some(match kind {
        Kind::Text | Kind::Path => Value::Text(inner.as_str()?.to_owned()),
        Kind::Int(..) => Value::Int(integer(inner)?),
        Kind::Flag => Value::Flag(inner.as_bool()?),
        Kind::Texts => Value::Texts(
            inner
                .as_array()?
                .iter()
                .map(|v| v.get_ref().as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        ),
        Kind::Ints(..) => Value::Ints(
            inner
                .as_array()?
                .iter()
                .map(|v| integer(v.get_ref()))
                .collect::<Option<_>>()?,
        ),
        Kind::Grants => Value::Grants(
            inner
                .as_array()?
                .iter()
                .map(|v| {
                    let table = v.get_ref().as_table()?;
                    let text = |name: &str| {
                        table
                            .iter()
                            .find(|(k, _)| k.get_ref() == name)
                            .and_then(|(_, v)| v.get_ref().as_str().map(str::to_owned))
                    };
                    (table.len() == 2)
                        .then_some(())
                        .and_then(|()| Some((text("group")?, text("permission_set")?)))
                })
                .collect::<Option<_>>()?,
        ),
        Kind::Params => {
            let mut params = BTreeMap::new();
            for (name, value) in inner.as_table()? {
                let plain = match value.get_ref() {
                    DeValue::String(text) => toml::Value::String(text.to_string()),
                    DeValue::Boolean(flag) => toml::Value::Boolean(*flag),
                    other => toml::Value::Integer(integer(other)?),
                };
                let at = source.position(name.span().start);
                params.insert(name.get_ref().to_string(), (plain, at));
            }
            Value::Params(params)
        }
    })
}

/// The position of a place in a file; 0:0 for a variable.
pub(super) fn position(place: &Place) -> (usize, usize) {
    match place {
        Place::File { line, column, .. } => (*line, *column),
        Place::Variable(_) => (0, 0),
    }
}
