//! Auth0: clients, connections without their options, and the log.

use serde_json::{Value, json};

use super::Context;
use super::spool::{keep, records};
use crate::collect::wire::http::{CallError, Transport, Walked};
use crate::collect::wire::operations::{CLIENTS, CONNECTIONS, LOGS, Operation};
use crate::dataset::schema::Source;

const PER_PAGE: usize = 100;
const CLIENT_FIELDS: [&str; 3] = ["client_id", "name", "app_type"];
const CONNECTION_FIELDS: [&str; 3] = ["id", "name", "strategy"];
const LOG_FIELDS: [&str; 8] = [
    "_id",
    "log_id",
    "date",
    "type",
    "description",
    "client_name",
    "user_name",
    "connection",
];

/// Collects every table of the source.
pub(crate) async fn collect(context: &Context<'_>, transport: &Transport) {
    let collector = Collector { context, transport };
    collector.run(CLIENTS, collector.clients()).await;
    collector.run(CONNECTIONS, collector.connections()).await;
    collector.run(LOGS, collector.logs()).await;
}

struct Collector<'a> {
    context: &'a Context<'a>,
    transport: &'a Transport,
}

impl Collector<'_> {
    /// Awaits the collection of a table; its error tells how many pages had come.
    async fn run(
        &self,
        operation: &'static Operation,
        collection: impl Future<Output = Result<(), (CallError, u64)>>,
    ) {
        if self.context.skips(operation) {
            return;
        }
        if let Err((error, pages)) = collection.await {
            self.context.spool.failed(operation, &error, pages);
        }
    }

    async fn clients(&self) -> Result<(), (CallError, u64)> {
        let fields = CLIENT_FIELDS.join(",");
        let mut out = None;
        let mut walked = Walked::default();
        for page in 0_u64.. {
            let number = page.to_string();
            walked.on(CLIENTS.name, &number).map_err(|e| (e, page))?;
            let query = [
                ("fields", fields.as_str()),
                ("include_fields", "true"),
                ("include_totals", "true"),
                ("per_page", "100"),
                ("page", &number),
            ];
            let done = async {
                self.context.plan(Source::Auth0, 1);
                let answer = self.transport.get(CLIENTS, "clients", &query, 1.0).await?;
                let mut answer = object(answer.json)?;
                let total = answer.get("total").cloned();
                let list = records(&mut answer, "clients")?;
                keep(list, &CLIENT_FIELDS);
                let count = list.as_array().map_or(0, Vec::len) as u64;
                let kept = json!({"clients": list.take(), "total": total});
                let file = match &mut out {
                    Some(file) => file,
                    none => none.insert(
                        self.context
                            .spool
                            .file("auth0/clients.json", "auth0_client")?,
                    ),
                };
                file.put(kept)?;
                self.context.page("auth0_client");
                let total = total.as_ref().and_then(Value::as_u64).ok_or_else(|| {
                    CallError::failed("GET /clients does not say how many there are")
                })?;
                let read = page * PER_PAGE as u64 + count;
                if read < total && count == 0 {
                    return Err(CallError::failed(format!(
                        "GET /clients ended after {read} of {total}"
                    )));
                }
                Ok(read >= total)
            };
            if done.await.map_err(|e| (e, page))? {
                break;
            }
        }
        out.map_or(Ok(()), super::spool::Pages::finish)
            .map_err(|e| (e, 1))
    }

    /// By checkpoint: pages of connections end at a thousand.
    async fn connections(&self) -> Result<(), (CallError, u64)> {
        let fields = CONNECTION_FIELDS.join(",");
        let mut out = None;
        let mut from: Option<String> = None;
        let mut walked = Walked::default();
        for page in 0_u64.. {
            let mut query = vec![
                ("fields", fields.as_str()),
                ("include_fields", "true"),
                ("take", "100"),
            ];
            if let Some(from) = &from {
                query.push(("from", from));
            }
            let next = async {
                self.context.plan(Source::Auth0, 1);
                let answer = self
                    .transport
                    .get(CONNECTIONS, "connections", &query, 1.0)
                    .await?;
                let mut answer = object(answer.json)?;
                let list = records(&mut answer, "connections")?;
                keep(list, &CONNECTION_FIELDS);
                let list = list.take();
                let next = answer
                    .get("next")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                let mut kept = json!({"connections": list});
                if next.is_some() {
                    kept["next"] = json!("further");
                }
                let file = match &mut out {
                    Some(file) => file,
                    none => none.insert(
                        self.context
                            .spool
                            .file("auth0/connections.json", "auth0_connection")?,
                    ),
                };
                file.put(kept)?;
                self.context.page("auth0_connection");
                Ok(next)
            };
            match next.await.map_err(|e| (e, page))? {
                None => break,
                Some(next) => {
                    walked
                        .on(CONNECTIONS.name, &next)
                        .map_err(|e| (e, page + 1))?;
                    from = Some(next);
                }
            }
        }
        out.map_or(Ok(()), super::spool::Pages::finish)
            .map_err(|e| (e, 1))
    }

    /// By checkpoint, until a page is empty. Without one Auth0 searches, newest
    /// first and not beyond a thousand; so the first call searches for the oldest
    /// that are kept, and the last of them is where the way by checkpoint begins.
    async fn logs(&self) -> Result<(), (CallError, u64)> {
        const OLDEST: [(&str, &str); 3] = [("sort", "date:1"), ("per_page", "100"), ("page", "0")];
        let mut out = None;
        let mut further: Option<Further> = None;
        let mut walked = Walked::default();
        for page in 0_u64.. {
            let next = async {
                self.context.plan(Source::Auth0, 1);
                let answer = match &further {
                    None => self.transport.get(LOGS, "logs", &OLDEST, 1.0).await?,
                    Some(Further::After(id)) => {
                        let query = [("from", id.as_str()), ("take", "100")];
                        self.transport.get(LOGS, "logs", &query, 1.0).await?
                    }
                    Some(Further::Link(link)) => self.transport.follow(LOGS, link, 1.0).await?,
                };
                let link = answer.further(LOGS.name);
                let mut list = answer.json;
                if !list.is_array() {
                    return Err(CallError::failed("GET /logs holds no list"));
                }
                keep(&mut list, &LOG_FIELDS);
                let records = list.as_array().map_or(&[][..], Vec::as_slice);
                let empty = records.is_empty();
                let last = records
                    .last()
                    .and_then(|r| r.get("log_id").or_else(|| r.get("_id")))
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                let file = match &mut out {
                    Some(file) => file,
                    none => none.insert(
                        self.context
                            .spool
                            .file("auth0/logs.json", "auth0_log_event")?,
                    ),
                };
                file.put(list)?;
                self.context.page("auth0_log_event");
                if empty {
                    return Ok(None);
                }
                // A search has links of its own, which lead no further than it does.
                let link = if page == 0 { None } else { link? };
                let next = match (link, last) {
                    (Some(link), _) => Further::Link(link),
                    (None, Some(last)) => Further::After(last),
                    (None, None) => {
                        return Err(CallError::failed("GET /logs gives records without an id"));
                    }
                };
                walked.on(LOGS.name, next.text())?;
                Ok(Some(next))
            };
            match next.await {
                Ok(None) => break,
                Ok(next) => further = next,
                Err(error) => return Err((error, if out.is_some() { page.max(1) } else { 0 })),
            }
        }
        out.map_or(Ok(()), super::spool::Pages::finish)
            .map_err(|e| (e, 1))
    }
}

/// Where the log goes on.
enum Further {
    /// After a record.
    After(String),
    /// At a link that the answer named.
    Link(String),
}

impl Further {
    fn text(&self) -> &str {
        match self {
            Self::After(text) | Self::Link(text) => text,
        }
    }
}

fn object(value: Value) -> Result<serde_json::Map<String, Value>, CallError> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(CallError::failed("an answer is no object")),
    }
}
