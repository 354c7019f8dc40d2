//! What the ways to all services have in common: clients, buckets, the ledger,
//! the clock of the run.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use super::origin::Origin;
use crate::collect::wire::clock::Clock;
use crate::collect::wire::ledger::Ledger;
use crate::collect::wire::limit::{Bucket, QUOTAS};
use crate::collect::wire::operations::Operation;

/// What every transport of a run shares.
pub(crate) struct Shared {
    client: reqwest::Client,
    /// The same over a proxy, where one is configured.
    proxied: OnceLock<reqwest::Client>,
    /// Hosts in place of AWS that the environment names.
    aws: OnceLock<Vec<String>>,
    run: String,
    buckets: BTreeMap<&'static str, Bucket>,
    pub ledger: Ledger,
    pub clock: Clock,
    /// How much faster than real a simulated service runs.
    pub pace: f64,
    /// Whether its calls only try what can be read: somebody waits for the answer.
    pub probes: bool,
    /// Longest time of one attempt.
    pub(super) patience: Duration,
}

/// Its client may know the password of a proxy.
impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("ledger", &self.ledger)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// A client; without a proxy of its own it uses none, whatever the environment says.
fn client(
    run: &str,
    patience: Duration,
    proxy: Option<reqwest::Proxy>,
) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        .user_agent(format!(
            "countersign/{} run/{run}",
            env!("CARGO_PKG_VERSION")
        ))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .https_only(false)
        .min_tls_version(reqwest::tls::Version::TLS_1_2)
        .connect_timeout(patience.min(Duration::from_secs(10)))
        .no_proxy();
    match proxy {
        Some(proxy) => builder.proxy(proxy),
        None => builder,
    }
    .build()
    // What it says of a proxy may quote its address.
    .map_err(|_| "the client could not be set up".to_owned())
}

impl Shared {
    pub(crate) fn new(
        run: &str,
        clock: Clock,
        pace: f64,
        most: Option<u64>,
    ) -> Result<Self, String> {
        let patience = Duration::from_secs_f64((60.0 / pace).clamp(2.0, 60.0));
        Ok(Self {
            client: client(run, patience, None)?,
            proxied: OnceLock::new(),
            aws: OnceLock::new(),
            run: run.to_owned(),
            buckets: QUOTAS
                .iter()
                .map(|q| (q.name, Bucket::new(q, pace)))
                .collect(),
            ledger: Ledger::new(clock, most),
            clock,
            pace,
            probes: false,
            patience,
        })
    }

    /// Sends what goes over a network through a proxy from now on.
    pub(crate) fn through(&self, proxy: &str) -> Result<(), String> {
        if self.proxied.get().is_some() {
            return Ok(());
        }
        let wrong = |_| "it is no address of a proxy".to_owned();
        let proxy = reqwest::Proxy::https(proxy).map_err(wrong)?;
        let client = client(&self.run, self.patience, Some(proxy))?;
        // Another source may have set it meanwhile, to the same.
        let _ = self.proxied.set(client);
        Ok(())
    }

    /// Lets requests signed for AWS go to these hosts too.
    pub(crate) fn at_hosts(&self, hosts: Vec<String>) {
        // They follow from the environment, so another call brings the same.
        let _ = self.aws.set(hosts);
    }

    /// Whether the environment names a host in place of AWS.
    pub(crate) fn is_named_for_aws(&self, host: &str) -> bool {
        self.aws.get().is_some_and(|a| a.iter().any(|h| h == host))
    }

    /// The client for an origin.
    pub(super) fn client(&self, origin: &Origin) -> &reqwest::Client {
        match self.proxied.get() {
            Some(proxied) if origin.may_be_proxied() => proxied,
            _ => &self.client,
        }
    }

    /// The bucket of an operation.
    pub(crate) fn bucket(&self, operation: &Operation) -> Option<&Bucket> {
        self.buckets.get(operation.bucket)
    }
}
