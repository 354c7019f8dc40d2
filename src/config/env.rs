//! Lays `COUNTERSIGN_<SECTION>_<KEY>` over what the file says. Lists are
//! separated by commas.

use super::audience::Audience;
use super::fault::{Fault, Issue, Place, show, suggest};
use super::keys::{KEYS, Kind, NAMED, keys_of};
use super::values::{Value, Values};

const PREFIX: &str = "COUNTERSIGN_";
/// Variables that are flags of the command line, or belong to the transport or
/// to the signature of evidence.
const FLAGS: [&str; 8] = [
    "COUNTERSIGN_CONFIG",
    "COUNTERSIGN_DATA",
    "COUNTERSIGN_COLOR",
    "COUNTERSIGN_PROXY",
    "COUNTERSIGN_OPERATOR",
    "COUNTERSIGN_SIGN_KEY",
    "COUNTERSIGN_SIGN_KEY_FILE",
    "COUNTERSIGN_SIGN_PASSWORD",
];

pub(super) fn lay_over(
    values: &mut Values,
    env: impl Iterator<Item = (String, String)>,
    issues: &mut Vec<Issue>,
) {
    let mut variables: Vec<(String, String)> = env
        .filter(|(name, _)| {
            name.starts_with(PREFIX)
                && !FLAGS.contains(&name.as_str())
                && !Audience::ALL.iter().any(|a| a.variable() == name)
        })
        .collect();
    variables.sort();
    for (name, text) in variables {
        let rest = name.trim_start_matches(PREFIX).to_lowercase();
        let place = Place::Variable(name.clone());
        let Some((path, key, kind)) = find(&rest) else {
            let known: Vec<String> = KEYS
                .iter()
                .filter(|k| !NAMED.contains(&k.section))
                .map(|k| format!("{PREFIX}{}_{}", k.section, k.name).to_uppercase())
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = super::fault::nearest(&name, known.iter().copied()).map_or_else(
                || suggest(&name, &known, "variables"),
                |n| format!("did you mean {n}?"),
            );
            issues.push(Issue {
                place,
                fault: Fault::UnknownKey(name),
                hint,
            });
            continue;
        };
        match convert(&text, kind) {
            Some(value) => values.set(&path, key, value, place),
            None => issues.push(Issue {
                place,
                fault: Fault::Type {
                    key: format!("{path}.{key}"),
                    expected: kind.name(),
                    found: show(&text),
                },
                hint: "set it in the file, or mend the variable".to_owned(),
            }),
        }
    }
}

/// Section path, key and type behind the lower-cased rest of a variable's name.
fn find(rest: &str) -> Option<(String, &'static str, Kind)> {
    for key in KEYS {
        let Some(tail) = rest
            .strip_prefix(key.section)
            .and_then(|t| t.strip_prefix('_'))
        else {
            continue;
        };
        if !NAMED.contains(&key.section) {
            if tail == key.name {
                return Some((key.section.to_owned(), key.name, key.kind));
            }
        } else if key.section != "rules"
            && let Some(name) = tail
                .strip_suffix(key.name)
                .and_then(|t| t.strip_suffix('_'))
            && !name.is_empty()
            && keys_of(key.section).any(|k| k.name == key.name)
        {
            return Some((format!("{}.{name}", key.section), key.name, key.kind));
        }
    }
    None
}

fn convert(text: &str, kind: Kind) -> Option<Value> {
    let items = || text.split(',').map(str::trim).filter(|s| !s.is_empty());
    Some(match kind {
        Kind::Text | Kind::Path => Value::Text(text.to_owned()),
        Kind::Int(..) => Value::Int(text.trim().parse().ok()?),
        Kind::Flag => Value::Flag(text.trim().parse().ok()?),
        Kind::Texts => Value::Texts(items().map(str::to_owned).collect()),
        Kind::Ints(..) => Value::Ints(items().map(str::parse).collect::<Result<_, _>>().ok()?),
        Kind::Grants | Kind::Params => return None,
    })
}
