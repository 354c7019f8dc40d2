//! Serves an estate on loopback with the interfaces of the services: Graph,
//! GitHub, AWS and Auth0, with their pages, error answers, buckets and headers,
//! and faults that can be switched on.
//!
//! What it answers comes from the same model as the exports; it is never a
//! substitute for software that somebody else wrote.

mod auth0;
mod aws;
mod desk;
mod fault;
mod github;
mod graph;
mod index;
mod page;
mod throttle;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::names::REGION;
use crate::organisation::Estate;
use desk::Desk;
pub use desk::{Behaviour, Keys, Seen};
pub use fault::{Fault, Kind};
use index::Index;
pub use page::Change;
use throttle::Throttle;

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
        let started = Instant::now();
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
        REGION
    }
}
