//! Serves an estate on loopback with the interfaces of the services: Graph,
//! GitHub, AWS and Auth0, with their pages, error answers, buckets and headers,
//! and faults that can be switched on.
//!
//! What it answers comes from the same model as the exports; it is never a
//! substitute for software that somebody else wrote.

mod auth0;
mod aws;
mod fault;
mod github;
mod graph;
mod index;
mod page;
mod throttle;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::Estate;
use super::model::Model;
pub use fault::{Change, Fault, Kind};
use index::Index;
use throttle::Throttle;
use wire::{Answer, Asked, Sent};

/// Tokens and keys that the services take; what is signed with others is refused.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Secret of the application in Entra.
    pub entra: String,
    /// Token of GitHub.
    pub github: String,
    /// Access key of AWS and its secret.
    pub aws: (String, String),
    /// Secret of the application of Auth0.
    pub auth0: String,
}

/// How the services behave.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How much faster than real their clocks run.
    pub pace: f64,
    /// Whether buckets run empty.
    pub throttle: bool,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// What is taken as proof of identity.
    pub keys: Keys,
    /// Whether delta queries are answered.
    pub delta: bool,
    /// Most records of a page by service, whatever a request asks for; without one
    /// the service has its own bounds.
    pub pages: BTreeMap<&'static str, usize>,
}

/// A request as it came in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Service.
    pub service: &'static str,
    /// Method and path, or the operation of AWS or GraphQL.
    pub operation: String,
    /// Status of the answer.
    pub status: u16,
}

/// What is common to the services.
struct Desk {
    pub model: Model,
    pub behaviour: Behaviour,
    /// Where things are in the model.
    pub index: Index,
    /// Addresses of the services, once they are known.
    pub places: BTreeMap<&'static str, SocketAddr>,
    throttle: Throttle,
    seen: Mutex<Vec<Seen>>,
    hits: Mutex<Vec<usize>>,
    started: Instant,
    now: DateTime<Utc>,
}

impl Desk {
    fn time(&self) -> DateTime<Utc> {
        self.now + chrono::TimeDelta::from_std(self.started.elapsed()).unwrap_or_default()
    }

    /// How many requests a service has had.
    pub(super) fn count(&self, service: &str) -> u64 {
        let seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.iter().filter(|s| s.service == service).count() as u64
    }

    /// Base address of a service.
    pub(super) fn base(&self, service: &str) -> String {
        self.places
            .get(service)
            .map(|a| format!("http://{a}"))
            .unwrap_or_default()
    }

    /// Takes units out of a bucket of the service.
    pub(super) fn take(&self, bucket: &str, units: f64) -> Result<(), f64> {
        if self.behaviour.throttle {
            self.throttle.take(bucket, units)
        } else {
            Ok(())
        }
    }

    /// Answers a request, or what a fault makes of the answer.
    fn answer(
        &self,
        service: &'static str,
        asked: &Asked,
        operation: String,
        answer: Answer,
    ) -> Sent {
        let answer = answer.with("date", httpdate::fmt_http_date(self.time().into()));
        let named = format!("{service} {} {operation} {}", asked.method, asked.target);
        let mut hits = self
            .hits
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut sent = None;
        for (fault, hit) in self.behaviour.faults.iter().zip(hits.iter_mut()) {
            if !named.contains(&fault.on) {
                continue;
            }
            *hit += 1;
            if sent.is_none()
                && *hit > fault.after
                && *hit <= fault.after.saturating_add(fault.times)
            {
                let kind = match &fault.kind {
                    Kind::Next(link) => Kind::Next(link.replace("{base}", &self.base(service))),
                    Kind::Hollow(base) => Kind::Hollow(base.replace("{base}", &self.base(service))),
                    other => other.clone(),
                };
                sent = Some(fault::instead(&kind, asked, &answer, self.time()));
            }
        }
        drop(hits);
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.push(Seen {
            service,
            operation,
            status: answer.status,
        });
        sent.unwrap_or_else(|| fault::plain(&answer))
    }
}

/// Services that run until they are dropped.
pub struct Servers {
    desk: Arc<Desk>,
    _runtime: tokio::runtime::Runtime,
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Servers")
            .field("places", &self.desk.places)
            .finish_non_exhaustive()
    }
}

const SERVICES: [&str; 5] = ["graph", "login", "github", "aws", "auth0"];

impl Servers {
    /// Starts the services of an estate on free ports of this machine; `now` is
    /// the time that their clocks show at first.
    ///
    /// # Errors
    /// When a port cannot be opened.
    pub fn start(
        estate: Estate,
        behaviour: Behaviour,
        now: DateTime<Utc>,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("simulated-services")
            .enable_all()
            .build()?;
        let (listeners, places) = runtime.block_on(async {
            let (mut listeners, mut places) = (Vec::new(), BTreeMap::new());
            for service in SERVICES {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                places.insert(service, listener.local_addr()?);
                listeners.push((service, listener));
            }
            Ok::<_, std::io::Error>((listeners, places))
        })?;
        let started = crate::time::steady();
        let desk = Arc::new(Desk {
            index: Index::of(&estate.model),
            model: estate.model,
            throttle: Throttle::new(behaviour.pace, started),
            hits: Mutex::new(vec![0; behaviour.faults.len()]),
            behaviour,
            places,
            seen: Mutex::new(Vec::new()),
            started,
            now,
        });
        for (service, listener) in listeners {
            let desk = Arc::clone(&desk);
            let handler: wire::Handler = Arc::new(move |asked| {
                let most = desk.behaviour.pages.get(service);
                let asked = &most.map_or_else(|| asked.clone(), |most| page::smaller(asked, *most));
                let (operation, answer) = match service {
                    "graph" => graph::answer(&desk, asked),
                    "login" => graph::login(&desk, asked),
                    "github" => github::answer(&desk, asked),
                    "aws" => aws::answer(&desk, asked),
                    _ => auth0::answer(&desk, asked),
                };
                desk.answer(service, asked, operation, answer)
            });
            runtime.spawn(wire::serve(listener, handler));
        }
        Ok(Self {
            desk,
            _runtime: runtime,
        })
    }

    /// Base address of a service: `graph`, `login`, `github`, `aws` or `auth0`.
    #[must_use]
    pub fn base(&self, service: &str) -> String {
        self.desk.base(service)
    }

    /// Everything that was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.desk
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Region that AWS is simulated in.
    #[must_use]
    pub fn region(&self) -> &'static str {
        super::names::REGION
    }
}
