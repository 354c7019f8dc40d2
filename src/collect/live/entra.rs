//! Entra ID over Microsoft Graph: collections page by page, members and owners
//! by delta in streams of fifty groups, nested groups in further rounds.

mod applications;
mod edges;
mod groups;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Context;
use super::spool::{Pages, Unread, keep, records};
use crate::collect::http::{CallError, Kind, Transport};
use crate::collect::operations::{
    AUDITS, DELETED_USERS, LEAVE_DATES, Operation, SERVICE_PRINCIPALS, SIGN_INS, USERS,
};
use crate::dataset::coverage::State;
use crate::dataset::manifest::{UnreadColumn, rfc3339};
use crate::dataset::schema::Source;

/// Pages of a collection before it is taken for endless.
const MOST_PAGES: u64 = 100_000;
/// How far back directory audits are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// What Graph gives for null to those who may not read it.
const LEAVE: &str = "employeeLeaveDateTime";
/// How a person of another organisation came in: a type alone does not tell, since
/// such a person can be made a member.
const USER_FIELDS: [&str; 11] = [
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "accountEnabled",
    "userType",
    "creationType",
    "externalUserState",
    "createdDateTime",
    LEAVE,
    "deletedDateTime",
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
    let collector = Collector {
        context,
        graph,
        no_delta: OnceLock::new(),
    };
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
    /// Why delta queries are of no use here, once that is known.
    no_delta: OnceLock<CallError>,
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
        let sources = &self.context.config.sources;
        let sign_ins = sources.get("entra").is_some_and(|s| s.sign_ins);
        let plain: Vec<&str> = USER_FIELDS
            .into_iter()
            .filter(|f| *f != "deletedDateTime")
            .collect();
        let mut with = plain.clone();
        with.push("signInActivity");
        if sign_ins {
            match self.users_or_undated(&SEEN, with).await {
                Ok(dated) => return self.leave_dates(dated).await,
                // The people matter more than when they were last seen.
                Err((error, 0)) if error.state() == State::Denied => {
                    let permission = (error.kind == Kind::Denied).then_some(SIGN_INS.permission);
                    let reason = format!("Last sign-ins are not known: {}", error.message);
                    self.unread("last_successful_sign_in_at", reason, permission, true);
                }
                Err((error, pages)) => {
                    return self.context.spool.failed(SIGN_INS, &error, pages);
                }
            }
        }
        match self.users_or_undated(&LIVE, plain).await {
            Ok(dated) => self.leave_dates(dated).await,
            Err((error, pages)) => self.context.spool.failed(USERS, &error, pages),
        }
    }

    async fn deleted_users(&self) {
        match self.users_or_undated(&GONE, USER_FIELDS.to_vec()).await {
            Ok(dated @ (Dated::Refused(_) | Dated::Omitted(..))) => self.leave_dates(dated).await,
            // Where nobody has one, the list of the others says whether that is so.
            Ok(_) => {}
            Err((error, pages)) => self.context.spool.failed(DELETED_USERS, &error, pages),
        }
    }

    /// Every user with these fields, or without the leave date where it may be that
    /// alone which is refused.
    async fn users_or_undated(
        &self,
        listing: &Listing,
        mut fields: Vec<&str>,
    ) -> Result<Dated, (CallError, u64)> {
        match self.users_with(listing, &fields).await {
            Err((error, 0)) if error.kind == Kind::Denied => {
                fields.retain(|f| *f != LEAVE);
                match self.users_with(listing, &fields).await {
                    Ok(_) => Ok(Dated::Refused(error.message)),
                    Err((_, 0)) => Err((error, 0)),
                    cut => cut,
                }
            }
            read => read,
        }
    }

    /// Says whether leave dates were read: who may not see them gets null for all.
    async fn leave_dates(&self, dated: Dated) {
        let needed = LEAVE_DATES.permission;
        let granted = may_read_leave_dates(self.graph).await;
        let why = match (dated, granted) {
            (Dated::Some | Dated::Nobody, _) | (Dated::None, Some(true)) => {
                return;
            }
            (Dated::Refused(why), _) => why,
            (Dated::Omitted(without, all), _) => format!(
                "{without} of {all} users came without {LEAVE}, although it was asked for; what is left out is not null."
            ),
            (Dated::None, Some(false)) => {
                format!("the token lacks {needed}, without which they come as null.")
            }
            (Dated::None, None) => format!(
                "no user came with one, as for a caller who lacks {needed}, and the token does not say what it may read."
            ),
        };
        let reason = format!("Leave dates are not known: {why}");
        self.unread("leave_at", reason, Some(needed), false);
    }

    fn unread(&self, column: &str, reason: String, permission: Option<&'static str>, wanted: bool) {
        self.context.spool.unread(Unread {
            table: "entra_user",
            column: UnreadColumn {
                column: column.to_owned(),
                reason,
                wanted,
            },
            permission,
        });
    }

    /// Every user with these fields; an error tells how many pages had come.
    async fn users_with(
        &self,
        listing: &Listing,
        fields: &[&str],
    ) -> Result<Dated, (CallError, u64)> {
        let select = fields.join(",");
        let collection = Collection {
            operation: listing.operation,
            path: listing.path,
            query: vec![("$select", &select), ("$top", listing.top)],
            units: 1.0,
            file: listing.file,
            table: "entra_user",
        };
        let mut walk = Walk::new(&collection);
        let mut seen = Blank::default();
        let mut dates = Dates::default();
        let ended = async {
            while let Some(mut list) = self.next(&mut walk).await? {
                keep(&mut list, fields);
                seen.look(&list, "userPrincipalName");
                dates.look(&list);
                self.put(&mut walk, &list)?;
            }
            walk.finish()
        };
        let ended: Result<(), CallError> = ended.await;
        seen.tell(self, listing.operation);
        match ended {
            Ok(()) => Ok(dates.told()),
            Err(error) => Err((error, walk.pages)),
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
        let filter = format!(
            "activityDateTime ge {since} and (category eq 'GroupManagement' or activityDisplayName eq 'Delete user')"
        );
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

/// A list of users: what is asked, and where its pages go.
struct Listing {
    operation: &'static Operation,
    path: &'static str,
    top: &'static str,
    file: &'static str,
}

const LIVE: Listing = Listing {
    operation: USERS,
    path: "users",
    top: "999",
    file: "entra/users.json",
};
/// The same with sign-ins, of which a page holds fewer.
const SEEN: Listing = Listing {
    operation: SIGN_INS,
    top: "500",
    ..LIVE
};
const GONE: Listing = Listing {
    operation: DELETED_USERS,
    path: "directory/deletedItems/microsoft.graph.user",
    top: "999",
    file: "entra/deleted-users.json",
};

/// Whether the token says that it may read leave dates; none when it does not say.
pub(super) async fn may_read_leave_dates(graph: &Transport) -> Option<bool> {
    let needed = LEAVE_DATES.permission;
    match graph.grants(needed).await {
        Some(false) => graph.grants(&needed.replace("Read", "ReadWrite")).await,
        told => told,
    }
}

/// Whether users came with leave dates.
#[derive(Debug)]
enum Dated {
    Some,
    None,
    /// There is no user.
    Nobody,
    /// They were asked for and refused, for a reason.
    Refused(String),
    /// They were asked for, and so many of so many users came without the member:
    /// whether these have one was not said.
    Omitted(u64, u64),
}

/// Leave dates of the users that came.
#[derive(Debug, Default)]
struct Dates {
    all: u64,
    null: u64,
    omitted: u64,
}

impl Dates {
    fn look(&mut self, list: &Value) {
        for record in list.as_array().into_iter().flatten() {
            self.all += 1;
            self.null += u64::from(record.get(LEAVE).is_some_and(Value::is_null));
            self.omitted += u64::from(record.get(LEAVE).is_none());
        }
    }

    fn told(&self) -> Dated {
        if self.all == 0 {
            Dated::Nobody
        } else if self.omitted > 0 {
            Dated::Omitted(self.omitted, self.all)
        } else if self.null == self.all {
            Dated::None
        } else {
            Dated::Some
        }
    }
}

/// Objects that came without their names: what the caller may not read in full
/// comes with its id alone, and everything else null.
#[derive(Debug, Default)]
struct Blank {
    all: u64,
    blank: u64,
}

impl Blank {
    fn look(&mut self, list: &Value, key: &str) {
        for record in list.as_array().into_iter().flatten() {
            self.all += 1;
            self.blank += u64::from(record.get(key).is_none_or(Value::is_null));
        }
    }

    fn tell(&self, collector: &Collector<'_>, operation: &'static Operation) {
        if self.blank == 0 {
            return;
        }
        let state = if self.blank == self.all {
            State::Denied
        } else {
            State::Partial
        };
        let reason = format!(
            "{} of {} objects of {} came without their names, as they do for a caller who lacks {}.",
            self.blank, self.all, operation.name, operation.permission
        );
        let spool = &collector.context.spool;
        spool.fault(operation.tables, state, &reason, Some(operation.permission));
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
