//! Members and owners of groups: by delta in streams of fifty, or by batches
//! where a tenant does not answer delta queries.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Collector, next_of, object};
use crate::collect::clock::sleep;
use crate::collect::http::{CallError, Kind};
use crate::collect::live::spool::{plain_id, records};
use crate::collect::operations::{BATCH, GROUP_DELTA, GROUP_EDGES};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

impl Collector<'_> {
    /// Members and owners of up to fifty groups; gives the groups among the members.
    pub(super) async fn edges(&self, ids: Vec<String>, hidden: &BTreeSet<String>) -> Vec<String> {
        let mut read = match self.no_delta.get() {
            Some(error) => Err(error.clone()),
            None => self.delta(&ids).await,
        };
        if self.no_delta.get().is_none() && matches!(&read, Err(e) if e.kind == Kind::Gone) {
            // The token ended: from the start, once.
            read = self.delta(&ids).await;
        }
        if let Err(error) = &read {
            // It is of no use for the next groups either; whoever was first says why.
            let _ = self.no_delta.set(error.clone());
        }
        let groups = match read {
            Ok(groups) => groups,
            Err(error) if error.state() == State::Denied => {
                self.context.spool.failed(GROUP_DELTA, &error, 0);
                return Vec::new();
            }
            // Not every tenant answers delta queries: one by one then.
            Err(error) => match self.batched(&ids).await {
                Ok(groups) => groups,
                Err(second) => {
                    let tables = GROUP_DELTA.tables;
                    let reason = format!("{} {}", error.message, second.message);
                    let permission = (second.kind == Kind::Denied).then_some(BATCH.permission);
                    self.context
                        .spool
                        .fault(tables, second.state(), &reason, permission);
                    return Vec::new();
                }
            },
        };
        let mut nested = Vec::new();
        for (id, edges) in groups {
            for (folder, table, list) in [
                ("group-members", "entra_group_member", &edges.members),
                ("group-owners", "entra_group_owner", &edges.owners),
            ] {
                let Some(list) = list else { continue };
                if list.is_empty() && table == "entra_group_member" && hidden.contains(&id) {
                    let reason = format!("The group {id} hides its members, and none were shown.");
                    self.context.spool.fault(
                        &[table],
                        State::Denied,
                        &reason,
                        Some("Member.Read.Hidden"),
                    );
                    continue;
                }
                let page = json!({"value": list.values().collect::<Vec<_>>()});
                let file = format!("entra/{folder}/{id}.json");
                if let Err(error) = self.context.spool.write(&file, table, vec![page]) {
                    self.context
                        .spool
                        .fault(&[table], State::Partial, &error.message, None);
                }
            }
            let inner = edges.members.iter().flat_map(BTreeMap::iter);
            nested.extend(
                inner
                    .filter(|(_, m)| m["@odata.type"] == json!("#microsoft.graph.group"))
                    .map(|(id, _)| id.clone())
                    .filter(|id| plain_id(id)),
            );
        }
        nested
    }

    /// One delta query to its end.
    async fn delta(&self, ids: &[String]) -> Result<BTreeMap<String, Edges>, CallError> {
        let filter = ids
            .iter()
            .map(|id| format!("id eq '{id}'"))
            .collect::<Vec<_>>()
            .join(" or ");
        let query = [
            ("$select", "displayName,createdDateTime,members,owners"),
            ("$filter", filter.as_str()),
        ];
        let mut groups: BTreeMap<String, Edges> = BTreeMap::new();
        let mut link: Option<String> = None;
        let mut seen = BTreeSet::new();
        loop {
            self.context.plan(Source::Entra, 1);
            let answer = match &link {
                None => {
                    self.graph
                        .get(GROUP_DELTA, "groups/delta", &query, 1.0)
                        .await?
                }
                Some(link) => self.graph.follow(GROUP_DELTA, link, 1.0).await?,
            };
            let mut page = object(answer.json)?;
            let next = next_of(&page)?;
            let list = records(&mut page, "value")?;
            for group in list.as_array().into_iter().flatten() {
                merge(&mut groups, group, ids)?;
            }
            self.context.page("entra_group_member");
            match next {
                Some(next) if seen.insert(next.clone()) => link = Some(next),
                Some(_) => {
                    return Err(CallError::failed(
                        "groups/delta goes in a circle: a further page was named before",
                    ));
                }
                None if page.contains_key("@odata.deltaLink") => break,
                None => {
                    return Err(CallError::failed(
                        "groups/delta ended without saying that it was complete",
                    ));
                }
            }
        }
        Ok(groups)
    }

    /// The same without delta: twenty lists in one request.
    async fn batched(&self, ids: &[String]) -> Result<BTreeMap<String, Edges>, CallError> {
        let mut groups: BTreeMap<String, Edges> = BTreeMap::new();
        for ten in ids.chunks(10) {
            let mut left: Vec<(String, &str)> = ten
                .iter()
                .flat_map(|id| [(id.clone(), "members"), (id.clone(), "owners")])
                .collect();
            let mut attempt = 0_u32;
            while !left.is_empty() {
                let paths: Vec<String> = left
                    .iter()
                    .map(|(id, list)| format!("/groups/{id}/{list}?$select=id&$top=999"))
                    .collect();
                self.context.plan(Source::Entra, 1);
                #[expect(clippy::cast_precision_loss, reason = "at most twenty")]
                let units = 1.5 * paths.len() as f64;
                let answer = self.graph.batch(BATCH, &paths, units).await?;
                let mut again = Vec::new();
                let mut wait = 1.0_f64;
                let responses = answer.json.get("responses").and_then(Value::as_array);
                for (n, (id, list)) in left.iter().enumerate() {
                    let own = responses.into_iter().flatten().find(|r| {
                        r.get("id").and_then(Value::as_str) == Some(n.to_string().as_str())
                    });
                    let status = own.and_then(|r| r.get("status")).and_then(Value::as_u64);
                    match (own, status) {
                        (Some(own), Some(200)) => {
                            let edges = self
                                .list(own.get("body").cloned().unwrap_or_default())
                                .await?;
                            let entry = groups.entry(id.clone()).or_default();
                            if *list == "members" {
                                entry.members = Some(edges);
                            } else {
                                entry.owners = Some(edges);
                            }
                        }
                        // The list has no file, and the table says why.
                        (_, Some(401 | 403)) => {
                            let table = match *list {
                                "members" => "entra_group_member",
                                _ => "entra_group_owner",
                            };
                            let permission = BATCH.permission;
                            let reason = format!(
                                "The {list} of the group {id} were refused; this needs {permission}."
                            );
                            let spool = &self.context.spool;
                            spool.fault(&[table], State::Denied, &reason, Some(permission));
                        }
                        // Gone in the meantime: it has no file, and the table says so.
                        (_, Some(404)) => {}
                        (own, _) => {
                            let asked = own
                                .and_then(|r| r.pointer("/headers/Retry-After"))
                                .and_then(Value::as_str)
                                .and_then(|s| s.parse::<f64>().ok());
                            wait = wait.max(asked.unwrap_or(1.0));
                            again.push((id.clone(), *list));
                        }
                    }
                }
                attempt += 1;
                if !again.is_empty() && attempt >= 5 {
                    return Err(CallError::failed(format!(
                        "{} of the lists in a batch have no answer after {attempt} attempts",
                        again.len()
                    )));
                }
                if !again.is_empty() {
                    let pace = self.graph.shared().pace;
                    sleep(Duration::from_secs_f64(wait.min(300.0) / pace)).await;
                }
                left = again;
            }
        }
        Ok(groups)
    }

    /// A list that a batch began, with the pages that follow it.
    pub(super) async fn list(&self, body: Value) -> Result<BTreeMap<String, Value>, CallError> {
        let mut all = BTreeMap::new();
        let mut page = object(body)?;
        let mut seen = BTreeSet::new();
        loop {
            let next = next_of(&page)?;
            let list = records(&mut page, "value")?;
            for item in list.as_array().into_iter().flatten() {
                let (id, edge) = edge(item)?;
                all.insert(id, edge);
            }
            let Some(next) = next else { break };
            if !seen.insert(next.clone()) {
                return Err(CallError::failed("a list of members goes in a circle"));
            }
            self.context.plan(Source::Entra, 1);
            page = object(self.graph.follow(GROUP_EDGES, &next, 2.0).await?.json)?;
        }
        Ok(all)
    }
}

/// What a group holds; a list that was not read is not there.
#[derive(Debug, Default)]
struct Edges {
    members: Option<BTreeMap<String, Value>>,
    owners: Option<BTreeMap<String, Value>>,
}

/// Adds a group of a delta page: the same one may come on several pages.
fn merge(
    groups: &mut BTreeMap<String, Edges>,
    group: &Value,
    asked: &[String],
) -> Result<(), CallError> {
    let Some(id) = group.get("id").and_then(Value::as_str) else {
        return Err(CallError::failed(
            "groups/delta names a group without an id",
        ));
    };
    if !asked.iter().any(|a| a.eq_ignore_ascii_case(id)) {
        return Ok(());
    }
    if group.get("@removed").is_some() {
        groups.remove(id);
        return Ok(());
    }
    let edges = groups.entry(id.to_owned()).or_default();
    for (key, list) in [
        ("members@delta", &mut edges.members),
        ("owners@delta", &mut edges.owners),
    ] {
        let list = list.get_or_insert_default();
        let items = match group.get(key) {
            None => continue,
            Some(Value::Array(items)) => items,
            Some(_) => {
                return Err(CallError::failed(format!(
                    "groups/delta has no list `{key}`"
                )));
            }
        };
        for item in items {
            let (id, kept) = edge(item)?;
            if item.get("@removed").is_some() {
                list.remove(&id);
            } else {
                list.insert(id, kept);
            }
        }
    }
    Ok(())
}

/// A member or owner: its id and kind.
fn edge(item: &Value) -> Result<(String, Value), CallError> {
    let id = item
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty());
    let Some(id) = id else {
        return Err(CallError::failed(
            "a list of members names somebody without an id",
        ));
    };
    let mut kept = json!({"id": id});
    if let Some(kind) = item.get("@odata.type").filter(|k| k.is_string()) {
        kept["@odata.type"] = kind.clone();
    }
    Ok((id.to_owned(), kept))
}
