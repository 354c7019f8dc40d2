//! What is common to the services: how they behave, what they were asked, and the
//! answer that a fault makes of theirs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::fault::{self, Fault, Kind};
use super::index::Index;
use super::throttle::Throttle;
use super::wire::{Answer, Asked, Sent};
use crate::model::Model;

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
pub(super) struct Desk {
    pub(super) model: Model,
    pub(super) behaviour: Behaviour,
    /// Where things are in the model.
    pub(super) index: Index,
    /// Addresses of the services, once they are known.
    pub(super) places: BTreeMap<&'static str, SocketAddr>,
    pub(super) throttle: Throttle,
    pub(super) seen: Mutex<Vec<Seen>>,
    pub(super) hits: Mutex<Vec<usize>>,
    pub(super) started: Instant,
    pub(super) now: DateTime<Utc>,
}

impl Desk {
    pub(super) fn time(&self) -> DateTime<Utc> {
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
    pub(super) fn answer(
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
