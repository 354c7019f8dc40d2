//! Entra ID over Microsoft Graph: collections page by page, members and owners
//! by delta in streams of fifty groups, nested groups in further rounds.

mod applications;
mod edges;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::Context;
use super::spool::{Pages, keep, plain_id, records};
use crate::collect::http::{CallError, Transport};
use crate::collect::operations::{
    AUDITS, DELETED_USERS, GROUPS, Operation, SERVICE_PRINCIPALS, SIGN_INS, USERS,
};
use crate::dataset::manifest::rfc3339;
use crate::dataset::schema::Source;
use crate::fold::has_prefix;

/// Pages of a collection before it is taken for endless.
const MOST_PAGES: u64 = 100_000;
/// Groups in one filter of a delta query.
const STREAM: usize = 50;
/// Streams side by side.
const STREAMS: usize = 4;
/// How far back directory audits are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

const USER_FIELDS: [&str; 9] = [
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "accountEnabled",
    "userType",
    "createdDateTime",
    "employeeLeaveDateTime",
    "deletedDateTime",
];
const GROUP_FIELDS: [&str; 8] = [
    "id",
    "displayName",
    "description",
    "createdDateTime",
    "securityEnabled",
    "membershipRule",
    "onPremisesSyncEnabled",
    "isAssignableToRole",
];
const PRINCIPAL_FIELDS: [&str; 4] = ["id", "appId", "displayName", "accountEnabled"];
const EDGE_FIELDS: [&str; 2] = ["@odata.type", "id"];
const AUDIT_FIELDS: [&str; 6] = [
    "id",
    "result",
    "activityDisplayName",
    "activityDateTime",
    "initiatedBy",
    "targetResources",
];

/// Collects every table of the source.
pub(crate) async fn collect(context: &Context<'_>, graph: &Transport) {
    let collector = Collector { context, graph };
    tokio::join!(
        collector.users(),
        collector.deleted_users(),
        collector.groups(),
        collector.applications(),
        collector.service_principals(),
        collector.audits(),
    );
}

struct Collector<'a> {
    context: &'a Context<'a>,
    graph: &'a Transport,
}

/// A collection: what is asked, and where its pages go.
struct Collection<'a> {
    operation: &'static Operation,
    path: &'a str,
    query: Vec<(&'a str, &'a str)>,
    units: f64,
    file: &'a str,
    table: &'static str,
}

/// A walk over the pages of a collection.
struct Walk<'c> {
    collection: &'c Collection<'c>,
    file: Option<Pages>,
    link: Option<String>,
    seen: BTreeSet<String>,
    pages: u64,
    count: Option<u64>,
}

impl<'c> Walk<'c> {
    fn new(collection: &'c Collection<'c>) -> Self {
        Self {
            collection,
            file: None,
            link: None,
            seen: BTreeSet::new(),
            pages: 0,
            count: None,
        }
    }

    fn finish(&mut self) -> Result<(), CallError> {
        self.file.take().map_or(Ok(()), Pages::finish)
    }
}

impl Collector<'_> {
    /// Follows a collection to its end; `each` may look at and change a page's records.
    async fn pages(&self, collection: &Collection<'_>, each: &mut (dyn FnMut(&mut Value) + Send)) {
        let mut walk = Walk::new(collection);
        let ended = async {
            while let Some(mut list) = self.next(&mut walk).await? {
                each(&mut list);
                self.put(&mut walk, &list)?;
            }
            walk.finish()
        };
        let ended: Result<(), CallError> = ended.await;
        self.ended(collection, &walk, ended);
    }

    fn ended(&self, collection: &Collection<'_>, walk: &Walk<'_>, ended: Result<(), CallError>) {
        if let Err(error) = ended {
            self.context
                .spool
                .failed(collection.operation, &error, walk.pages);
        }
    }

    /// The records of the next page, if there is one.
    async fn next(&self, walk: &mut Walk<'_>) -> Result<Option<Value>, CallError> {
        let c = walk.collection;
        let answer = match (&walk.link, walk.pages) {
            (None, 0) => {
                self.context.plan(Source::Entra, 1);
                self.graph
                    .get(c.operation, c.path, &c.query, c.units)
                    .await?
            }
            (None, _) => return Ok(None),
            (Some(link), _) => {
                self.context.plan(Source::Entra, 1);
                self.graph.follow(c.operation, link, c.units).await?
            }
        };
        let mut page = object(answer.json)?;
        walk.link = next_of(&page)?;
        walk.count = page.get("@odata.count").and_then(Value::as_u64);
        Ok(Some(records(&mut page, "value")?.take()))
    }

    /// Keeps a page, then sees whether the walk may go on.
    fn put(&self, walk: &mut Walk<'_>, list: &Value) -> Result<(), CallError> {
        let c = walk.collection;
        let mut kept = json!({"value": list});
        if walk.link.is_some() {
            kept["@odata.nextLink"] = json!("further");
        }
        if let Some(count) = walk.count {
            kept["@odata.count"] = json!(count);
        }
        // The file appears with its first page: what has no file was not read.
        let file = match &mut walk.file {
            Some(file) => file,
            none => none.insert(self.context.spool.file(c.file, c.table)?),
        };
        file.put(kept)?;
        walk.pages += 1;
        self.context.page(c.table);
        match &walk.link {
            Some(next) if !walk.seen.insert(next.clone()) || walk.pages >= MOST_PAGES => {
                Err(CallError::failed(format!(
                    "{} goes in a circle: a further page was named before",
                    c.operation.name
                )))
            }
            _ => Ok(()),
        }
    }

    async fn users(&self) {
        let sign_ins = self
            .context
            .config
            .sources
            .get("entra")
            .is_some_and(|s| s.sign_ins);
        let mut fields = USER_FIELDS.to_vec();
        fields.retain(|f| *f != "deletedDateTime");
        if sign_ins {
            fields.push("signInActivity");
        }
        let select = fields.join(",");
        let top = if sign_ins { "500" } else { "999" };
        let collection = Collection {
            operation: if sign_ins { SIGN_INS } else { USERS },
            path: "users",
            query: vec![("$select", &select), ("$top", top)],
            units: 1.0,
            file: "entra/users.json",
            table: "entra_user",
        };
        self.pages(&collection, &mut |list| {
            keep(list, &fields);
        })
        .await;
    }

    async fn deleted_users(&self) {
        let select = USER_FIELDS.join(",");
        let collection = Collection {
            operation: DELETED_USERS,
            path: "directory/deletedItems/microsoft.graph.user",
            query: vec![("$select", &select), ("$top", "999")],
            units: 1.0,
            file: "entra/deleted-users.json",
            table: "entra_user",
        };
        self.pages(&collection, &mut |list| {
            keep(list, &USER_FIELDS);
        })
        .await;
    }

    /// Groups, then what the prefixed ones hold, then what those hold in turn.
    async fn groups(&self) {
        let select = GROUP_FIELDS.join(",");
        let prefix = &self.context.config.entra.group_prefix;
        let scoped = self
            .context
            .config
            .sources
            .get("entra")
            .is_some_and(|s| s.only_prefixed);
        let filter = format!("startswith(displayName,'{}')", prefix.replace('\'', "''"));
        let mut query = vec![("$select", select.as_str()), ("$top", "999")];
        if scoped {
            query.push(("$filter", &filter));
        }
        let collection = Collection {
            operation: GROUPS,
            path: "groups",
            query,
            units: 1.0,
            file: "entra/groups.json",
            table: "entra_group",
        };
        let mut wanted = BTreeSet::new();
        self.pages(&collection, &mut |list| {
            keep(list, &GROUP_FIELDS);
            for group in list.as_array().into_iter().flatten() {
                let text = |key: &str| group.get(key).and_then(Value::as_str);
                if let (Some(id), Some(name)) = (text("id"), text("displayName"))
                    && has_prefix(name, prefix)
                    && plain_id(id)
                {
                    wanted.insert(id.to_owned());
                }
            }
        })
        .await;
        let mut seen = BTreeSet::new();
        while !wanted.is_empty() {
            seen.extend(wanted.iter().cloned());
            let ids: Vec<String> = std::mem::take(&mut wanted).into_iter().collect();
            let streams: Vec<Vec<String>> = ids.chunks(STREAM).map(<[_]>::to_vec).collect();
            let found: Vec<Vec<String>> = stream::iter(streams)
                .map(|ids| self.edges(ids))
                .buffer_unordered(STREAMS)
                .collect()
                .await;
            wanted.extend(found.into_iter().flatten().filter(|id| !seen.contains(id)));
        }
    }

    async fn service_principals(&self) {
        let select = PRINCIPAL_FIELDS.join(",");
        let collection = Collection {
            operation: SERVICE_PRINCIPALS,
            path: "servicePrincipals",
            query: vec![("$select", &select), ("$top", "999")],
            units: 1.0,
            file: "entra/service-principals.json",
            table: "entra_service_principal",
        };
        self.pages(&collection, &mut |list| {
            keep(list, &PRINCIPAL_FIELDS);
        })
        .await;
    }

    async fn audits(&self) {
        let since = rfc3339(self.context.as_of - KEPT);
        let filter = format!("activityDateTime ge {since} and category eq 'GroupManagement'");
        let collection = Collection {
            operation: AUDITS,
            path: "auditLogs/directoryAudits",
            query: vec![("$filter", &filter), ("$top", "999")],
            units: 1.0,
            file: "entra/directory-audits.json",
            table: "entra_audit_event",
        };
        self.pages(&collection, &mut |list| {
            keep(list, &AUDIT_FIELDS);
        })
        .await;
    }
}

fn object(value: Value) -> Result<serde_json::Map<String, Value>, CallError> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(CallError::failed("an answer is no object")),
    }
}

/// The further page of a Graph answer; a link that is no text is an error.
fn next_of(page: &serde_json::Map<String, Value>) -> Result<Option<String>, CallError> {
    match page.get("@odata.nextLink") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(link)) => Ok(Some(link.clone())),
        Some(_) => Err(CallError::failed(
            "an answer names a further page that is no link",
        )),
    }
}
