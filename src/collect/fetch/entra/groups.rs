//! Groups, then what the prefixed ones hold, then what those hold in turn.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;

use super::{Blank, Collection, Collector, Walk};
use crate::collect::fetch::spool::{keep, plain_id};
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::{BATCH, GROUPS};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;
use crate::fold::has_prefix;

/// Groups in one filter of a delta query.
const STREAM: usize = 50;
/// Streams side by side.
const STREAMS: usize = 4;
/// Groups that are named in one batch.
const BATCHED: usize = 20;
const GROUP_FIELDS: [&str; 9] = [
    "id",
    "displayName",
    "description",
    "createdDateTime",
    "securityEnabled",
    "membershipRule",
    "onPremisesSyncEnabled",
    "isAssignableToRole",
    "visibility",
];

/// What the list of groups tells.
#[derive(Debug, Default)]
struct Listed {
    /// Every group of the list.
    all: BTreeSet<String>,
    /// Groups whose edges are wanted.
    wanted: BTreeSet<String>,
    /// Groups that hide their members from most callers.
    hidden: BTreeSet<String>,
}

impl Listed {
    fn look(&mut self, list: &Value, prefix: &str) {
        for group in list.as_array().into_iter().flatten() {
            let text = |key: &str| group.get(key).and_then(Value::as_str);
            let Some(id) = text("id") else { continue };
            self.all.insert(id.to_owned());
            if text("visibility") == Some("HiddenMembership") {
                self.hidden.insert(id.to_owned());
            }
            if text("displayName").is_some_and(|name| has_prefix(name, prefix)) && plain_id(id) {
                self.wanted.insert(id.to_owned());
            }
        }
    }
}

impl Collector<'_> {
    pub(super) async fn groups(&self) {
        let select = GROUP_FIELDS.join(",");
        let prefix = &self.context.config.entra.group_prefix;
        let sources = &self.context.config.sources;
        let scoped = sources.get("entra").is_some_and(|s| s.only_prefixed);
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
        let mut walk = Walk::new(&collection);
        let mut listed = Listed::default();
        let mut blank = Blank::default();
        let ended = async {
            while let Some(mut list) = self.next(&mut walk).await? {
                keep(&mut list, &GROUP_FIELDS);
                blank.look(&list, "displayName");
                listed.look(&list, prefix);
                self.put(&mut walk, &list)?;
            }
            Ok(())
        };
        let ended: Result<(), CallError> = ended.await;
        let whole = ended.is_ok();
        self.ended(&collection, &walk, ended);
        blank.tell(self, GROUPS);
        let mut wanted = std::mem::take(&mut listed.wanted);
        let mut seen = BTreeSet::new();
        while !wanted.is_empty() {
            seen.extend(wanted.iter().cloned());
            let ids: Vec<String> = std::mem::take(&mut wanted).into_iter().collect();
            let streams: Vec<Vec<String>> = ids.chunks(STREAM).map(<[_]>::to_vec).collect();
            let hidden = &listed.hidden;
            let mut streams = streams.into_iter();
            // The first goes alone: it shows whether delta queries are answered.
            let first = if let Some(ids) = streams.next() {
                self.edges(ids, hidden).await
            } else {
                Vec::new()
            };
            let found: Vec<Vec<String>> = stream::iter(streams)
                .map(|ids| self.edges(ids, hidden))
                .buffer_unordered(STREAMS)
                .collect()
                .await;
            let found = first.into_iter().chain(found.into_iter().flatten());
            wanted.extend(found.filter(|id| !seen.contains(id)));
            let unnamed: Vec<String> = wanted.difference(&listed.all).cloned().collect();
            if whole && let Err(error) = self.name(&unnamed, &mut walk, &mut listed).await {
                self.context.spool.failed(GROUPS, &error, 1);
            }
        }
        if let Err(error) = walk.finish() {
            self.context.spool.failed(GROUPS, &error, 1);
        }
    }

    /// Nested groups that the list leaves out, since it is of prefixed names alone.
    async fn name(
        &self,
        ids: &[String],
        walk: &mut Walk<'_>,
        listed: &mut Listed,
    ) -> Result<(), CallError> {
        let select = GROUP_FIELDS.join(",");
        for ids in ids.chunks(BATCHED) {
            let paths: Vec<String> = ids
                .iter()
                .map(|id| format!("/groups/{id}?$select={select}"))
                .collect();
            self.context.plan(Source::Entra, 1);
            #[expect(clippy::cast_precision_loss, reason = "at most twenty")]
            let answer = self.graph.batch(BATCH, &paths, paths.len() as f64).await?;
            let responses = answer.json.get("responses").and_then(Value::as_array);
            let found: Vec<Value> = responses
                .into_iter()
                .flatten()
                .filter(|r| r.get("status").and_then(Value::as_u64) == Some(200))
                .filter_map(|r| r.get("body").cloned())
                .collect();
            if found.len() < ids.len() {
                let reason = format!(
                    "{} nested groups could not be named, so what they hold is left out.",
                    ids.len() - found.len()
                );
                let tables = ["entra_group", "entra_group_member", "entra_group_owner"];
                self.context
                    .spool
                    .fault(&tables, State::Partial, &reason, None);
            }
            let mut list = Value::Array(found);
            keep(&mut list, &GROUP_FIELDS);
            listed.look(&list, &self.context.config.entra.group_prefix);
            listed.wanted.clear();
            self.put(walk, &list)?;
        }
        Ok(())
    }
}
