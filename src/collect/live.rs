//! Collects the wanted sources from their services: all of them side by side,
//! each within its quotas, into pages that the importers read.

mod access;
mod auth0;
pub mod aws;
mod entra;
mod github;
pub mod probe;
pub(crate) mod spool;
pub(crate) mod words;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::clock::Clock;
use super::http::{CallError, Shared};
use super::operations::{self, Operation};
use super::token::Environment;
use crate::config::Config;
use crate::dataset::coverage::State;
use crate::dataset::manifest::{RequestEntry, SourceEntry};
use crate::dataset::problem::Problem;
use crate::dataset::schema::{Source, tables};
use aws::AwsPlace;
use spool::{Fault, Spool, Unread};

pub(crate) use access::{Access, of_aws};
pub use github::documents as graphql_documents;

/// How sources are reached.
#[derive(Clone, Default)]
pub struct Live {
    /// Variables that credentials are named by.
    pub env: Environment,
    /// The time at the start.
    pub now: DateTime<Utc>,
    /// How much faster than a real service a simulated one runs; 1 for real ones.
    pub pace: f64,
    /// AWS in place of what the environment says.
    pub aws: Option<AwsPlace>,
    /// Requests after which nothing more is asked; none for no limit.
    pub most: Option<u64>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The environment holds credentials.
        f.debug_struct("Live")
            .field("now", &self.now)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// Told of each page that arrived, by its table.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// What collectors share.
pub(crate) struct Context<'a> {
    pub config: &'a Config,
    pub spool: Arc<Spool>,
    pub as_of: DateTime<Utc>,
    shared: Arc<Shared>,
    progress: Progress<'a>,
}

impl Context<'_> {
    /// Adds calls to the plan of a source.
    pub(crate) fn plan(&self, source: Source, calls: u64) {
        self.shared.ledger.plan(source, calls);
    }

    /// Notes that a page of a table arrived.
    pub(crate) fn page(&self, table: &str) {
        (self.progress)(table);
    }

    pub(crate) fn pace(&self) -> f64 {
        self.shared.pace
    }

    /// Whether the configuration leaves out every table of an operation.
    pub(crate) fn skips(&self, operation: &'static Operation) -> bool {
        let left_out = self
            .config
            .sources
            .get(operation.source.name())
            .is_some_and(|s| {
                operation
                    .tables
                    .iter()
                    .all(|t| s.skip.iter().any(|k| k == t))
            });
        if left_out {
            let reason = format!("sources.{}.skip names it.", operation.source.name());
            self.spool
                .fault(operation.tables, State::Skipped, &reason, None);
        }
        left_out
    }
}

/// What came of a collection.
pub(crate) struct Collected {
    pub faults: std::collections::BTreeMap<&'static str, Vec<Fault>>,
    pub unread: Vec<Unread>,
    pub problems: Vec<Problem>,
    pub requests: Vec<RequestEntry>,
    /// When reading began and ended, and who read, by source.
    pub read: Vec<SourceEntry>,
    /// Planned calls and sent requests, by source.
    pub figures: Vec<(Source, u64, u64)>,
    /// Why no source could be asked anything; empty when one could.
    pub nowhere: Vec<String>,
}

/// Looks at where the credentials of the wanted sources would go. Gives the
/// hosts that are none of the public ones, in words.
///
/// # Errors
/// When one would go to a host that it is not for.
pub fn hosts(config: &Config, wanted: &[Source], live: &Live) -> Result<Vec<String>, String> {
    let clock = Clock::start(live.now);
    let shared = Arc::new(Shared::new("hosts", clock, live.pace, None)?);
    let access = Access {
        config,
        env: &live.env,
        aws: live.aws.as_ref(),
        shared: &shared,
    };
    access.bound(wanted).map_err(|e| e.message)
}

/// Collects sources into a folder of pages.
pub(crate) fn collect(
    config: &Config,
    wanted: &[Source],
    live: &Live,
    run: &str,
    folder: PathBuf,
    progress: Progress<'_>,
) -> Result<Collected, String> {
    hosts(config, wanted, live)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| format!("the runtime could not be started: {e}"))?;
    runtime.block_on(run_all(config, wanted, live, run, folder, progress))
}

/// Tries the cheapest call of every operation of the wanted sources.
///
/// # Errors
/// When the runtime or the client cannot be set up.
pub fn preflight(
    config: &Config,
    wanted: &[Source],
    live: &Live,
) -> Result<Vec<probe::Probe>, String> {
    hosts(config, wanted, live)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| format!("the runtime could not be started: {e}"))?;
    let clock = Clock::start(live.now);
    let mut shared = Shared::new("preflight", clock, live.pace, None)?;
    shared.probes = true;
    let shared = Arc::new(shared);
    let access = Access {
        config,
        env: &live.env,
        aws: live.aws.as_ref(),
        shared: &shared,
    };
    Ok(runtime.block_on(probe::run(&access, wanted)))
}

async fn run_all(
    config: &Config,
    wanted: &[Source],
    live: &Live,
    run: &str,
    folder: PathBuf,
    progress: Progress<'_>,
) -> Result<Collected, String> {
    let clock = Clock::start(live.now);
    let shared = Arc::new(Shared::new(run, clock, live.pace, live.most)?);
    let spool = Arc::new(Spool::new(folder));
    let context = Context {
        config,
        spool: Arc::clone(&spool),
        as_of: live.now,
        shared: Arc::clone(&shared),
        progress,
    };
    let access = Access {
        config,
        env: &live.env,
        aws: live.aws.as_ref(),
        shared: &shared,
    };
    let started = clock.stamp();
    let wants = |source: Source| wanted.contains(&source);
    let entra = async {
        if !wants(Source::Entra) {
            return Vec::new();
        }
        let read = match access.entra() {
            Ok(graph) => {
                entra::collect(&context, &graph).await;
                Ok(graph.identity().await.unwrap_or_default())
            }
            Err(error) => Err(error),
        };
        vec![(Source::Entra, read, clock.stamp())]
    };
    let github = async {
        if !wants(Source::GitHub) {
            return Vec::new();
        }
        let read = match access.github() {
            Ok((rest, graphql, organisation)) => {
                github::collect(&context, &rest, &graphql, &organisation).await;
                Ok(rest
                    .identity()
                    .await
                    .unwrap_or_else(|| "the owner of a token".to_owned()))
            }
            Err(error) => Err(error),
        };
        vec![(Source::GitHub, read, clock.stamp())]
    };
    let auth0 = async {
        if !wants(Source::Auth0) {
            return Vec::new();
        }
        let read = match access.auth0() {
            Ok(transport) => {
                auth0::collect(&context, &transport).await;
                Ok(transport
                    .identity()
                    .await
                    .unwrap_or_else(|| "an application of the tenant".to_owned()))
            }
            Err(error) => Err(error),
        };
        vec![(Source::Auth0, read, clock.stamp())]
    };
    let of_aws: Vec<Source> = [
        Source::IdentityCenter,
        Source::SecretsManager,
        Source::Iam,
        Source::CloudTrail,
    ]
    .into_iter()
    .filter(|s| wants(*s))
    .collect();
    let aws = async {
        if of_aws.is_empty() {
            return Vec::new();
        }
        let read = match access.aws().await {
            Ok(clients) => {
                Box::pin(aws::collect(&context, &clients, &of_aws)).await;
                Ok(clients.identity)
            }
            Err(error) => Err(error),
        };
        of_aws
            .iter()
            .map(|s| (*s, read.clone(), clock.stamp()))
            .collect()
    };
    let (a, b, c, d): (Vec<Ended>, Vec<Ended>, Vec<Ended>, Vec<Ended>) =
        tokio::join!(aws, entra, github, auth0);
    drop(context);
    let mut read = Vec::new();
    let mut nowhere = Vec::new();
    for (source, ended, at) in a.into_iter().chain(b).chain(c).chain(d) {
        let identity = match ended {
            Ok(identity) => identity,
            Err(error) => {
                let of_source = tables().iter().filter(|t| t.source == source);
                let all: Vec<&'static str> = of_source.map(|t| t.name).collect();
                spool.fault(&all, error.state(), &error.message, None);
                if !nowhere.contains(&error.message) {
                    nowhere.push(error.message.clone());
                }
                "nobody: nothing could be asked".to_owned()
            }
        };
        read.push(SourceEntry {
            source: source.name().to_owned(),
            read_at: Some(started.clone()),
            read_end: Some(at),
            identity,
            endpoint: access.place_of(source),
        });
    }
    read.sort_by_key(|r| Source::COLLECTED.iter().position(|s| s.name() == r.source));
    let figures = wanted
        .iter()
        .map(|s| {
            let (planned, sent) = shared.ledger.figures(*s);
            (*s, planned, sent)
        })
        .collect();
    let spool::Noted {
        faults,
        unread,
        problems,
    } = spool.noted();
    let requests = shared.ledger.entries();
    if !requests.is_empty() {
        nowhere.clear();
    }
    Ok(Collected {
        faults,
        unread,
        problems,
        requests,
        read,
        figures,
        nowhere,
    })
}

type Ended = (Source, Result<String, CallError>, String);

/// When the first and the last request of a table were sent.
pub(crate) fn times_of(table: &str, requests: &[RequestEntry]) -> (Option<String>, Option<String>) {
    let mine = || {
        requests.iter().filter(|r| {
            operations::ALL.iter().any(|o| {
                o.service == r.service && o.name == r.operation && o.tables.contains(&table)
            })
        })
    };
    let first = mine().filter_map(|r| r.first.clone()).min();
    (first, mine().filter_map(|r| r.last.clone()).max())
}

/// The requests of a table: those of the operations that fill it.
pub(crate) fn requests_of(table: &str, requests: &[RequestEntry]) -> (u64, u64) {
    let mine = |r: &&RequestEntry| {
        operations::ALL
            .iter()
            .any(|o| o.service == r.service && o.name == r.operation && o.tables.contains(&table))
    };
    requests
        .iter()
        .filter(mine)
        .fold((0, 0), |(n, again), r| (n + r.requests, again + r.retries))
}
