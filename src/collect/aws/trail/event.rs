//! One event, in whichever form it comes. What it proves rests on its detail:
//! without that, nobody knows whether the call was refused.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::dataset::writer::Cell;
use crate::time::from_json;

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It cannot be told from others.
    NoId,
    /// Its detail is no event.
    NoDetail,
    /// The text of its detail stops.
    Cut,
    /// Only chosen members of it are there.
    Projected,
    /// It says two things of itself.
    Contradiction,
    /// A member has another form than it should.
    Unreadable(&'static str),
}

impl Fault {
    /// Where below the event it is.
    pub(super) fn below(&self) -> String {
        match self {
            Self::NoId | Self::Projected | Self::Contradiction => String::new(),
            Self::NoDetail | Self::Cut => ".CloudTrailEvent".to_owned(),
            Self::Unreadable(key) => format!(".{key}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoId => f.write_str("An event without an id cannot be told from others and was left out."),
            Self::NoDetail => f.write_str("The detail of the event is no JSON object; whether the call succeeded is not known."),
            Self::Cut => f.write_str("The detail of the event stops before its end; whether the call succeeded is not known."),
            Self::Projected => f.write_str("Only parts of the event are there; an error code may be among those that are not, so whether the call succeeded is not known."),
            Self::Contradiction => f.write_str("The event and its detail, or two copies of it, say different things; whether the call succeeded is not known."),
            Self::Unreadable(key) => write!(f, "`{key}` of the event has another form than CloudTrail gives it; it was taken as not known."),
        }
    }
}

/// An event of the trail.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    source: Option<String>,
    name: Option<String>,
    at: Option<DateTime<Utc>>,
    actor: Option<String>,
    account: Option<String>,
    region: Option<String>,
    resource: Option<String>,
    error: Option<String>,
    /// What an assignment, a group or a membership is about.
    about: [Option<String>; 6],
    /// Whether the call did what it says; `None` where that was not read.
    pub(super) succeeded: Option<bool>,
    function: Option<String>,
    /// Whether it says that it only reads.
    pub(super) reads: bool,
}

/// What calls name, in the order of the columns.
const ABOUT: [&[&str]; 6] = [
    &["targetId"],
    &["permissionSetArn"],
    &["principalId"],
    &["groupId"],
    &["userId", "memberId"],
    &["membershipId"],
];

fn plain(key: &str) -> impl Iterator<Item = char> + '_ {
    key.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
}

/// A member by its name: Lake and Athena spell it in lower case, or with underscores.
fn field<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| plain(key).eq(plain(name)))
            .map(|(_, value)| value)
    })
}

fn text(map: &Map<String, Value>, name: &str) -> Option<String> {
    field(map, name)
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
}

/// Whether an object is an event by itself.
pub(super) fn is_event(map: &Map<String, Value>) -> bool {
    field(map, "eventID").is_some()
        || (map.contains_key("detail") && map.contains_key("detail-type"))
}

/// An object within an event, or the text of one: tables keep it as text.
fn inner(
    map: &Map<String, Value>,
    name: &'static str,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let parsed = match field(map, name) {
        None | Some(Value::Null) => return Map::new(),
        Some(Value::String(text)) if text.is_empty() => return Map::new(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Bool(false)),
        Some(other) => other.clone(),
    };
    match parsed {
        Value::Object(object) => object,
        Value::Null => Map::new(),
        _ => {
            faults.push(Fault::Unreadable(name));
            Map::new()
        }
    }
}

/// The detail of an event: the event of a trail's file is its own.
fn detail(map: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let held = field(map, "CloudTrailEvent").or_else(|| {
        map.get("detail")
            .filter(|_| map.contains_key("detail-type"))
    });
    match held {
        None => Ok(map.clone()),
        Some(Value::Object(detail)) => Ok(detail.clone()),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(detail)) => Ok(detail),
            Err(e) if e.is_eof() && !text.trim().is_empty() => Err(Fault::Cut),
            _ => Err(Fault::NoDetail),
        },
        Some(_) => Err(Fault::NoDetail),
    }
}

/// Whether the call succeeded, where the detail is whole enough to tell: each
/// event has these members, and an error code only when it was refused.
fn outcome(detail: &Map<String, Value>) -> Result<(bool, Option<String>), Fault> {
    const ALWAYS: [&str; 3] = ["eventTime", "eventName", "eventSource"];
    const MOSTLY: [&str; 2] = ["awsRegion", "userIdentity"];
    let there = |name: &&str| field(detail, name).is_some_and(|v| !v.is_null());
    let code = field(detail, "errorCode");
    let said = text(detail, "errorCode")
        .or_else(|| text(detail, "errorMessage").map(|_| "no code, but a message".to_owned()));
    if said.is_some() {
        return Ok((false, said));
    }
    for key in ["errorCode", "errorMessage"] {
        if field(detail, key).is_some_and(|v| !v.is_null() && !v.is_string()) {
            return Err(Fault::Unreadable(key));
        }
    }
    let whole = ALWAYS.iter().all(there) && (code.is_some() || MOSTLY.iter().all(there));
    if whole {
        Ok((true, None))
    } else {
        Err(Fault::Projected)
    }
}

/// Reads an event, and what is wrong with it.
pub(super) fn read(map: &Map<String, Value>) -> (Option<Event>, Vec<Fault>) {
    let mut faults = Vec::new();
    let detail = detail(map).unwrap_or_else(|fault| {
        faults.push(fault);
        Map::new()
    });
    let bridged = map.contains_key("detail-type");
    let own = |name: &str| if bridged { None } else { text(map, name) };
    let Some(id) = own("eventID").or_else(|| text(&detail, "eventID")) else {
        faults.push(Fault::NoId);
        return (None, faults);
    };
    if id.chars().any(char::is_control) {
        faults.push(Fault::NoId);
        return (None, faults);
    }
    let unread = !faults.is_empty();
    let (mut succeeded, error) = match outcome(&detail) {
        Ok((succeeded, error)) => (Some(succeeded), error),
        Err(fault) => {
            if !unread {
                faults.push(fault);
            }
            (None, None)
        }
    };
    let both = |name: &str| own(name).zip(text(&detail, name));
    if ["eventID", "eventName", "eventSource"]
        .iter()
        .filter_map(|name| both(name))
        .any(|(outer, inner)| outer != inner)
    {
        faults.push(Fault::Contradiction);
        succeeded = None;
    }
    // The detail has the time in UTC; clients print theirs as they like.
    let printed = field(&detail, "eventTime").or_else(|| field(map, "eventTime"));
    let printed = printed.filter(|v| !v.is_null() && v.as_str() != Some(""));
    let at = printed.and_then(from_json);
    if at.is_none() && printed.is_some() {
        faults.push(Fault::Unreadable("eventTime"));
        succeeded = succeeded.filter(|s| !s);
    }
    let said = |name: &str| own(name).or_else(|| text(&detail, name));
    let asked = inner(&detail, "requestParameters", &mut faults);
    let answered = inner(&detail, "responseElements", &mut faults);
    let identity = inner(&detail, "userIdentity", &mut faults);
    let about = ABOUT.map(|keys| named(&[&asked, &answered], keys));
    let source = said("eventSource");
    let event = Event {
        resource: resource(map, &detail).or_else(|| secret(&asked, &detail)),
        function: function(source.as_deref(), map, &detail, (&asked, &answered)),
        actor: text(&identity, "arn")
            .or_else(|| own("Username"))
            .or_else(|| behalf(&identity))
            .or_else(|| text(&identity, "userName")),
        account: said("recipientAccountId"),
        region: text(&detail, "awsRegion"),
        reads: field(&detail, "readOnly")
            .is_some_and(|v| v.as_bool() == Some(true) || v.as_str() == Some("true")),
        name: said("eventName"),
        id,
        source,
        at,
        error,
        about,
        succeeded,
    };
    (Some(event), faults)
}

/// What somebody does through Identity Center names an id alone.
fn behalf(identity: &Map<String, Value>) -> Option<String> {
    text(field(identity, "onBehalfOf")?.as_object()?, "userId")
}

/// An id that a call names, or that its answer gives to what it made. A member is
/// a user id, on its own or within an object.
fn named(parts: &[&Map<String, Value>], keys: &[&str]) -> Option<String> {
    parts
        .iter()
        .flat_map(|part| keys.iter().filter_map(|key| field(part, key)))
        .find_map(|value| value.as_str().or_else(|| value.get("userId")?.as_str()))
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// Resources of an event, each with its type.
fn resources<'a>(
    map: &'a Map<String, Value>,
    detail: &'a Map<String, Value>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let list = field(map, "Resources").or_else(|| field(detail, "resources"));
    let list = match list {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    list.iter().filter_map(|item| {
        let item = item.as_object()?;
        let of = |names: [&str; 2]| names.iter().find_map(|n| field(item, n)?.as_str());
        let name = of(["ResourceName", "ARN"]).filter(|n| !n.is_empty())?;
        Some((name, of(["ResourceType", "type"]).unwrap_or_default()))
    })
}

fn resource(map: &Map<String, Value>, detail: &Map<String, Value>) -> Option<String> {
    resources(map, detail)
        .find(|(_, kind)| *kind == "AWS::SecretsManager::Secret")
        .or_else(|| resources(map, detail).next())
        .map(|(name, _)| name.to_owned())
}

/// The secret that a call names; what Secrets Manager does by itself names it elsewhere.
fn secret(asked: &Map<String, Value>, detail: &Map<String, Value>) -> Option<String> {
    let named = ["secretId", "name", "functionName"]
        .iter()
        .find_map(|key| text(asked, key));
    named.or_else(|| {
        ["additionalEventData", "serviceEventDetails"]
            .iter()
            .find_map(|part| text(field(detail, part)?.as_object()?, "SecretId"))
    })
}

/// The function that a call to Lambda changes, as the call names it. A dry run
/// changes none.
fn function(
    source: Option<&str>,
    map: &Map<String, Value>,
    detail: &Map<String, Value>,
    (asked, answered): (&Map<String, Value>, &Map<String, Value>),
) -> Option<String> {
    if source != Some("lambda.amazonaws.com") {
        return None;
    }
    let dry = |v: &Value| v.as_bool() == Some(true) || v.as_str() == Some("true");
    if field(asked, "dryRun").is_some_and(dry) {
        return None;
    }
    text(asked, "functionName")
        .or_else(|| text(answered, "functionArn"))
        .or_else(|| text(answered, "functionName"))
        .or_else(|| {
            resources(map, detail)
                .find(|(_, kind)| *kind == "AWS::Lambda::Function")
                .or_else(|| resources(map, detail).next())
                .map(|(name, _)| name.to_owned())
        })
}

impl Event {
    /// Whether another event of the same id says something else. Who did it and to
    /// what is written in other words by each form of an event, and is not compared.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
            a.zip(b).is_some_and(|(a, b)| a != b)
        }
        let texts = |e: &Self| {
            [
                e.source.clone(),
                e.name.clone(),
                e.account.clone(),
                e.region.clone(),
                e.error.clone(),
            ]
            .into_iter()
            .chain(e.about.clone())
            .collect::<Vec<_>>()
        };
        let mut pairs = texts(self).into_iter().zip(texts(other));
        differ(self.at.as_ref(), other.at.as_ref())
            || pairs.any(|(a, b)| differ(a.as_ref(), b.as_ref()))
    }

    /// The row of the event.
    pub(super) fn cells(self) -> Vec<Cell> {
        let folded = Cell::folded(self.function.as_deref());
        let mut row = vec![
            Cell::Text(self.id),
            Cell::text(self.source),
            Cell::text(self.name),
            Cell::time(self.at),
            Cell::text(self.actor),
            Cell::text(self.account),
            Cell::text(self.region),
            Cell::text(self.resource),
            Cell::text(self.error),
        ];
        row.extend(self.about.map(Cell::text));
        row.extend([
            Cell::flag(self.succeeded),
            Cell::text(self.function),
            folded,
        ]);
        row
    }
}

#[cfg(test)]
mod tests;
