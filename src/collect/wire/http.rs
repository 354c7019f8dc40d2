//! The one place that makes HTTP calls to Graph, GitHub and Auth0.
//!
//! It can get, and post what cannot write: a token request, a batch of gets,
//! ids to be named, a GraphQL query. There is no other way out. Tokens go to
//! the pinned origin alone, a redirect within it is followed once where it asks
//! the same, answers are bounded, and whatever fails is asked again as the
//! service wishes or reported.

mod body;
mod call;
mod error;
mod link;
mod moved;
mod origin;
mod query;
mod shared;
mod signer;
mod verdict;
mod walked;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::clock::sleep;
use super::operations::Operation;
use crate::dataset::schema::Source;
use call::{Post, head, posting, transport_fault, untrusted};
use error::end;
pub(crate) use error::{CallError, Kind};
pub(crate) use origin::{Origin, is_loopback};
pub(crate) use shared::Shared;
pub(crate) use signer::Signer;
use verdict::{Seen, Verdict, header, judge, until_reset};
pub(crate) use walked::Walked;

/// How often a call is made before it has failed; a probe is not that patient.
const ATTEMPTS: u32 = 6;
const PROBE_ATTEMPTS: u32 = 3;
/// Longest pause that a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// The same of GitHub, whose bucket is filled once an hour.
const LONGEST_RESET: Duration = Duration::from_mins(65);
/// The bucket of calls that ask for as much as they like.
const GRAPHQL: &str = "github-graphql";
/// Clocks further apart than this make ages worthless.
const SKEW: TimeDelta = TimeDelta::hours(24);

/// An answer: its document and the further page that its headers name.
#[derive(Debug)]
pub(crate) struct Answer {
    pub json: Value,
    /// An error when there is a header and it cannot be read.
    next: Result<Option<String>, String>,
}

/// What came of one request.
struct Once {
    verdict: Verdict,
    answer: Option<Answer>,
    /// Where a redirect leads, or why it is not followed.
    moved: Option<Result<Url, String>>,
}

impl From<Verdict> for Once {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            answer: None,
            moved: None,
        }
    }
}

impl Answer {
    /// The further page that the headers name.
    pub(crate) fn further(&self, list: &str) -> Result<Option<String>, CallError> {
        self.next
            .clone()
            .map_err(|why| CallError::failed(format!("{list} may have a further page: {why}")))
    }
}

/// A way to one service.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    shared: Arc<Shared>,
    origin: Origin,
    tokens: Option<Arc<dyn Signer>>,
    headers: Vec<(&'static str, &'static str)>,
    secret_header: Option<(&'static str, SecretString)>,
    hides: bool,
}

impl Transport {
    pub(crate) fn new(shared: &Arc<Shared>, origin: Origin) -> Self {
        Self {
            shared: Arc::clone(shared),
            origin,
            tokens: None,
            headers: Vec::new(),
            secret_header: None,
            hides: false,
        }
    }

    /// Signs calls with tokens.
    pub(crate) fn with_tokens(self, tokens: impl Signer + 'static) -> Self {
        self.with_shared_tokens(Arc::new(tokens))
    }

    /// Signs calls with tokens that another way uses as well.
    pub(crate) fn with_shared_tokens(mut self, tokens: Arc<dyn Signer>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Sends a header whose value is a secret.
    pub(crate) fn with_secret_header(
        mut self,
        name: &'static str,
        value: Option<SecretString>,
    ) -> Self {
        self.secret_header = value.map(|v| (name, v));
        self
    }

    /// Sends headers with every call.
    pub(crate) fn with_headers(mut self, headers: &[(&'static str, &'static str)]) -> Self {
        self.headers.extend_from_slice(headers);
        self
    }

    /// Takes "not found" for "not permitted".
    pub(crate) fn hiding(mut self) -> Self {
        self.hides = true;
        self
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Whether the caller was granted a permission; none when that cannot be told.
    pub(crate) async fn grants(&self, permission: &str) -> Option<bool> {
        match &self.tokens {
            Some(tokens) => tokens.grants(permission).await,
            None => None,
        }
    }

    /// Who the tokens speak for.
    pub(crate) async fn identity(&self) -> Option<String> {
        match &self.tokens {
            Some(tokens) => tokens.identity().await,
            None => None,
        }
    }

    /// Gets a path below the origin.
    pub(crate) async fn get(
        &self,
        operation: &'static Operation,
        path: &str,
        query: &[(&str, &str)],
        units: f64,
    ) -> Result<Answer, CallError> {
        let url = self.origin.url(path, query).map_err(CallError::failed)?;
        self.send(operation, url, None, units).await
    }

    /// Follows a link that the service gave.
    pub(crate) async fn follow(
        &self,
        operation: &'static Operation,
        link: &str,
        units: f64,
    ) -> Result<Answer, CallError> {
        let url = self.origin.admit(link).map_err(CallError::failed)?;
        self.send(operation, url, None, units).await
    }

    /// Gets several paths in one request; answers in the order of the paths.
    pub(crate) async fn batch(
        &self,
        operation: &'static Operation,
        paths: &[String],
        units: f64,
    ) -> Result<Answer, CallError> {
        let requests: Vec<Value> = paths
            .iter()
            .enumerate()
            .map(|(n, path)| json!({"id": n.to_string(), "method": "GET", "url": path}))
            .collect();
        let url = self.origin.url("$batch", &[]).map_err(CallError::failed)?;
        self.send(
            operation,
            url,
            Some(Post::Ask(json!({"requests": requests}))),
            units,
        )
        .await
    }

    /// Asks GraphQL; a document that could write is not sent.
    pub(crate) async fn graphql(
        &self,
        operation: &'static Operation,
        document: &str,
        variables: Value,
    ) -> Result<Answer, CallError> {
        if !query::only_asks(document) {
            return Err(CallError::failed(
                "the document is not only made of queries and was not sent",
            ));
        }
        let url = self.origin.url("graphql", &[]).map_err(CallError::failed)?;
        let body = json!({"query": document, "variables": variables});
        self.send(operation, url, Some(Post::Ask(body)), 1.0).await
    }

    /// Exchanges credentials for a token, without one.
    pub(crate) async fn token(
        &self,
        operation: &'static Operation,
        path: &str,
        form: Vec<(&'static str, SecretString)>,
    ) -> Result<Value, CallError> {
        let url = self.origin.url(path, &[]).map_err(CallError::failed)?;
        self.shared.ledger.plan(operation.source, 1);
        let answer = Box::pin(self.send(operation, url, Some(Post::Form(form)), 1.0)).await?;
        Ok(answer.json)
    }

    /// Exchanges the key of an app for the token of its installation.
    pub(crate) async fn installation_token(
        &self,
        operation: &'static Operation,
        installation: u64,
        permissions: Value,
    ) -> Result<Value, CallError> {
        let path = format!("app/installations/{installation}/access_tokens");
        let url = self.origin.url(&path, &[]).map_err(CallError::failed)?;
        let body = Post::Ask(json!({"permissions": permissions}));
        self.shared.ledger.plan(operation.source, 1);
        let answer = Box::pin(self.send(operation, url, Some(body), 1.0)).await?;
        Ok(answer.json)
    }

    async fn send(
        &self,
        operation: &'static Operation,
        mut url: Url,
        post: Option<Post>,
        units: f64,
    ) -> Result<Answer, CallError> {
        let shared = &self.shared;
        let (mut refused, mut renewed, mut moved) = (None, false, false);
        let mut attempt = 1;
        let attempts = if shared.probes {
            PROBE_ATTEMPTS
        } else {
            ATTEMPTS
        };
        loop {
            if let Some(bucket) = shared.bucket(operation) {
                bucket.take(units).await;
            }
            let token = match &self.tokens {
                None => None,
                Some(tokens) => Some(tokens.token(refused.take().as_ref()).await?),
            };
            let again = attempt > 1 || renewed;
            shared
                .ledger
                .send(operation, again)
                .map_err(CallError::failed)?;
            let tried = tokio::time::timeout(
                shared.patience,
                self.once(
                    operation,
                    url.clone(),
                    post.as_ref(),
                    token.as_ref(),
                    units,
                    attempt,
                ),
            )
            .await;
            let verdict = match tried {
                Ok(Ok(Once {
                    verdict: Verdict::Taken,
                    answer: Some(answer),
                    ..
                })) => return Ok(answer),
                Ok(Ok(Once {
                    verdict: Verdict::Moved(what),
                    moved: Some(place),
                    ..
                })) if !moved && post.is_none() => match place {
                    Ok(place) => {
                        shared.ledger.plan(operation.source, 1);
                        (url, moved) = (place, true);
                        continue;
                    }
                    Err(why) => Verdict::Failed(format!("{what}: {why}")),
                },
                Ok(Ok(once)) => once.verdict,
                Ok(Err(why)) => Verdict::Again(None, why),
                Err(_) => Verdict::Again(None, "no answer in time".to_owned()),
            };
            let (wait, why, closes) = match verdict {
                Verdict::Again(wait, why) if attempt < attempts => (wait, why, wait.is_some()),
                Verdict::Slow(wait, why) if attempt < attempts => (wait, why, true),
                Verdict::Token(_) if self.tokens.is_some() && !renewed => {
                    (refused, renewed) = (token, true);
                    continue;
                }
                other => return Err(end(operation, other, attempt)),
            };
            // A service that asks for no time at all gets the usual pause.
            let pause = wait
                .filter(|w| !w.is_zero())
                .unwrap_or_else(|| self.backoff(attempt));
            if pause > longest(operation) {
                return Err(end(
                    operation,
                    Verdict::Failed(format!(
                        "{why}: it asks to wait {} seconds",
                        pause.as_secs()
                    )),
                    attempt,
                ));
            }
            shared.ledger.failed(operation, &why);
            tracing::debug!(
                operation = operation.name,
                attempt,
                pause_ms = pause.as_millis(),
                why,
                "asking again"
            );
            match shared.bucket(operation) {
                // Whoever shares the bucket waits as well.
                Some(bucket) if closes => bucket.close(pause),
                _ => sleep(pause).await,
            }
            attempt += 1;
        }
    }

    /// One, two, four seconds and so on, a little apart from others.
    fn backoff(&self, attempt: u32) -> Duration {
        let base = f64::from(1_u32 << attempt.min(5)) / 2.0;
        Duration::from_secs_f64(base * (0.75 + fastrand::f64() / 2.0) / self.shared.pace)
    }

    /// One request and its answer.
    async fn once(
        &self,
        operation: &'static Operation,
        url: Url,
        post: Option<&Post>,
        token: Option<&SecretString>,
        units: f64,
        attempt: u32,
    ) -> Result<Once, String> {
        let shared = &self.shared;
        let method = if post.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let client = shared.client(&self.origin);
        let head = head(&self.headers, self.secret_header.as_ref(), token)?;
        let request = posting(client.request(method, url.clone()).headers(head), post)?;
        // What the client says of an error may hold the address; its kind is enough.
        let response = match request.send().await {
            Ok(response) => response,
            Err(e) => {
                return match untrusted(&e) {
                    Some(why) => Ok(Verdict::Failed(why.to_owned()).into()),
                    None => Err(transport_fault(&e).to_owned()),
                };
            }
        };
        let status = response.status();
        let headers = response.headers().clone();
        let read = body::read(response).await;
        let bytes = read.as_ref().map_or(0, Vec::len) as u64;
        let throttled = matches!(status.as_u16(), 429 | 503);
        shared.ledger.received(operation, bytes, throttled);
        self.feedback(operation, &headers, units);
        if let Err(why) = self.skewed(&headers) {
            return Ok(Verdict::Failed(why).into());
        }
        let json: Option<Value> = read
            .as_ref()
            .ok()
            .and_then(|b| serde_json::from_slice(b).ok());
        let verdict = judge(&Seen {
            status,
            headers: &headers,
            json: json.as_ref(),
            now: shared.clock.now(),
            hides: self.hides,
            asks: operation.bucket == GRAPHQL,
            attempt,
        });
        if let (Verdict::Taken, Err(why)) = (&verdict, &read) {
            return Err(format!("an answer whose body is of no use: {why}"));
        }
        if let (Verdict::Again(None, why), Err(cause)) = (&verdict, &read) {
            return Ok(Verdict::Again(None, format!("{why}: {cause}")).into());
        }
        let moved =
            matches!(verdict, Verdict::Moved(_)).then(|| moved::to(&self.origin, &url, &headers));
        let next = link::next_of(&headers);
        Ok(Once {
            verdict,
            answer: json.map(|json| Answer { json, next }),
            moved,
        })
    }

    /// Learns from the answer what the call cost and whether the bucket is empty.
    fn feedback(&self, operation: &Operation, headers: &HeaderMap, units: f64) {
        let Some(bucket) = self.shared.bucket(operation) else {
            return;
        };
        let number = |name: &str| header(headers, name).and_then(|v| v.parse::<f64>().ok());
        if let Some(cost) = number("x-ms-resource-unit").filter(|c| (0.0..1000.0).contains(c)) {
            bucket.settle(units, cost);
        }
        if number("x-ratelimit-remaining") == Some(0.0)
            && let Some(wait) = until_reset(headers, self.shared.clock.now())
        {
            bucket.close(wait.min(longest(operation)));
        }
    }

    fn skewed(&self, headers: &HeaderMap) -> Result<(), String> {
        header(headers, "date").map_or(Ok(()), |date| skewed(date, self.shared.clock.now()))
    }
}

/// Refuses a service whose clock is a day off: ages would be wrong.
pub(crate) fn skewed(date: &str, now: DateTime<Utc>) -> Result<(), String> {
    let Ok(date) = httpdate::parse_http_date(date) else {
        return Ok(());
    };
    let apart = DateTime::<Utc>::from(date) - now;
    if apart.abs() > SKEW {
        return Err(format!(
            "its clock and that of this machine are {} hours apart",
            apart.num_hours().abs()
        ));
    }
    Ok(())
}

/// Longest pause that the service of an operation may ask for.
fn longest(operation: &Operation) -> Duration {
    if operation.source == Source::GitHub {
        LONGEST_RESET
    } else {
        LONGEST_PAUSE
    }
}
