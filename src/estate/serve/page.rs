//! Smaller pages than a request asks for, which every service may give, and
//! changes of the records on one.

use serde_json::{Value, json};

use super::fault::Change;
use super::wire::Asked;

/// Names under which a query asks for the size of a page.
const SIZES: [&str; 2] = ["$top", "per_page"];

/// The same request for pages of at most so many.
pub(super) fn smaller(asked: &Asked, page: usize) -> Asked {
    let mut smaller = asked.clone();
    if let Some((path, query)) = asked.target.split_once('?') {
        let parts = query.split('&').map(|part| match part.split_once('=') {
            Some((name, size)) if SIZES.contains(&name.replace("%24", "$").as_str()) => {
                let size = size.parse::<usize>().map_or(page, |size| size.min(page));
                format!("{name}={size}")
            }
            _ => part.to_owned(),
        });
        smaller.target = format!("{path}?{}", parts.collect::<Vec<_>>().join("&"));
    }
    if let Ok(Value::Object(mut body)) = serde_json::from_slice(&asked.body) {
        for (within, key) in [(None, "MaxResults"), (Some("variables"), "first")] {
            let object = match within {
                None => Some(&mut body),
                Some(name) => body.get_mut(name).and_then(Value::as_object_mut),
            };
            if let Some(size) = object.and_then(|o| o.get_mut(key))
                && size.as_u64().is_some_and(|n| n > page as u64)
            {
                *size = json!(page);
            }
        }
        smaller.body = Value::Object(body).to_string().into_bytes();
    }
    smaller
}

/// The records of a page: the first list of objects in it, from outside in.
fn records(page: &mut Value) -> Option<&mut Vec<Value>> {
    let here = |v: &Value| {
        v.as_array()
            .is_some_and(|a| a.first().is_some_and(Value::is_object))
    };
    if here(page) {
        return page.as_array_mut();
    }
    let object = page.as_object_mut()?;
    let key = object.iter().find(|(_, v)| here(v)).map(|(k, _)| k.clone());
    if let Some(key) = key {
        return object.get_mut(&key)?.as_array_mut();
    }
    object.values_mut().find_map(records)
}

/// The object within a record that has a key.
pub(super) fn holder<'v>(
    record: &'v mut Value,
    key: &str,
) -> Option<&'v mut serde_json::Map<String, Value>> {
    if record.get(key).is_some() {
        return record.as_object_mut();
    }
    record
        .as_object_mut()?
        .values_mut()
        .find_map(|v| holder(v, key))
}

/// A page after a change of its records.
pub(super) fn changed(body: &[u8], change: &Change) -> Option<Vec<u8>> {
    let mut page: Value = serde_json::from_slice(body).ok()?;
    let all = records(&mut page)?;
    match change {
        Change::Twice => {
            let first = all.first()?.clone();
            all.insert(0, first);
        }
        Change::Again(key, value) => {
            let mut first = all.first()?.clone();
            holder(&mut first, key)?.insert((*key).to_owned(), value.clone());
            all.push(first);
        }
        Change::Null => *all.first_mut()? = Value::Null,
        Change::Lost => {
            all.pop();
        }
        Change::Without(key) => {
            holder(all.first_mut()?, key)?.remove(*key);
        }
        Change::To(key, value) => {
            holder(all.first_mut()?, key)?.insert((*key).to_owned(), value.clone());
        }
        Change::None => all.clear(),
    }
    Some(page.to_string().into_bytes())
}

/// Where a request stands in its list, in a spelling that it did not use itself:
/// what an empty page names as the one after it.
pub(super) fn again(asked: &Asked, base: &str) -> Option<String> {
    if let Ok(Value::Object(body)) = serde_json::from_slice(&asked.body) {
        if let Some(variables) = body.get("variables") {
            let after = variables.get("after").and_then(Value::as_str);
            return Some(format!("0{}", after.unwrap_or_default()));
        }
        let token = body.get("NextToken").and_then(Value::as_str);
        let from = token.and_then(|t| t.strip_prefix("token-"));
        return Some(format!("token-0{}", from.unwrap_or_default()));
    }
    let name = if asked.target.contains("per_page=") {
        "page"
    } else {
        "$skiptoken"
    };
    let (path, query) = asked.target.split_once('?')?;
    let kept: Vec<&str> = query
        .split('&')
        .filter(|p| p.split_once('=').is_none_or(|(n, _)| n != name))
        .collect();
    let from = asked.query(name);
    let from = from.unwrap_or_else(|| if name == "page" { "1" } else { "" }.to_owned());
    Some(format!("{base}{path}?{}&{name}=0{from}", kept.join("&")))
}
