//! The one place that makes HTTP calls to Graph, GitHub and Auth0.
//!
//! It can get, and post what cannot write: a token request, a batch of gets,
//! ids to be named, a GraphQL query. There is no other way out. Redirects are
//! not followed, tokens go to the pinned origin alone, answers are bounded,
//! and whatever fails is asked again as the service wishes or reported.

mod body;
mod origin;
mod query;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::clock::{Clock, sleep};
use super::ledger::Ledger;
use super::limit::{Bucket, QUOTAS};
use super::operations::Operation;
use super::token::Tokens;
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;
pub(crate) use origin::Origin;
use verdict::{Seen, Verdict, header, judge, until_reset};

/// How often a call is made before it has failed.
const ATTEMPTS: u32 = 6;
/// Longest pause that a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Clocks further apart than this make ages worthless.
const SKEW: TimeDelta = TimeDelta::hours(24);

/// Why a call has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CallError {
    pub kind: Kind,
    pub message: String,
}

/// What kind of end it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The caller lacks a permission.
    Denied,
    /// Nobody knows the caller: there is no credential, or it is not accepted.
    Unknown,
    /// The page token is gone.
    Gone,
    /// The answer was too heavy.
    Heavy,
    /// Anything else.
    Failed,
}

impl CallError {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Failed,
            message: message.into(),
        }
    }

    /// What becomes of a table of which nothing could be read.
    pub(crate) fn state(&self) -> State {
        match self.kind {
            Kind::Denied | Kind::Unknown => State::Denied,
            _ => State::Failed,
        }
    }
}

/// An answer: its document and the further page that its headers name.
#[derive(Debug)]
pub(crate) struct Answer {
    pub json: Value,
    pub next: Option<String>,
}

/// What every transport of a run shares.
#[derive(Debug)]
pub(crate) struct Shared {
    client: reqwest::Client,
    buckets: BTreeMap<&'static str, Bucket>,
    pub ledger: Ledger,
    pub clock: Clock,
    /// How much faster than real a simulated service runs.
    pub pace: f64,
    /// Longest time of one attempt.
    patience: Duration,
}

impl Shared {
    pub(crate) fn new(
        run: &str,
        clock: Clock,
        pace: f64,
        expected: BTreeMap<Source, u64>,
    ) -> Result<Self, String> {
        let patience = Duration::from_secs_f64((60.0 / pace).clamp(2.0, 60.0));
        let client = reqwest::Client::builder()
            .user_agent(format!(
                "countersign/{} run/{run}",
                env!("CARGO_PKG_VERSION")
            ))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .https_only(false)
            .min_tls_version(reqwest::tls::Version::TLS_1_2)
            .connect_timeout(patience.min(Duration::from_secs(10)))
            .build()
            .map_err(|e| format!("the client could not be set up: {e}"))?;
        Ok(Self {
            client,
            buckets: QUOTAS
                .iter()
                .map(|q| (q.name, Bucket::new(q, pace)))
                .collect(),
            ledger: Ledger::new(clock, expected),
            clock,
            pace,
            patience,
        })
    }

    /// The bucket of an operation.
    pub(crate) fn bucket(&self, operation: &Operation) -> Option<&Bucket> {
        self.buckets.get(operation.bucket)
    }
}

/// What may be posted.
enum Post {
    /// A form that asks for a token: names and values.
    Form(Vec<(&'static str, SecretString)>),
    /// A document that asks and changes nothing.
    Ask(Value),
}

/// A way to one service.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    shared: Arc<Shared>,
    origin: Origin,
    tokens: Option<Arc<Tokens>>,
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
    pub(crate) fn with_tokens(self, tokens: Tokens) -> Self {
        self.with_shared_tokens(&Arc::new(tokens))
    }

    /// Signs calls with tokens that another way uses as well.
    pub(crate) fn with_shared_tokens(mut self, tokens: &Arc<Tokens>) -> Self {
        self.tokens = Some(Arc::clone(tokens));
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
        url: Url,
        post: Option<Post>,
        units: f64,
    ) -> Result<Answer, CallError> {
        let shared = &self.shared;
        let mut refreshed = false;
        let mut attempt = 1;
        loop {
            if let Some(bucket) = shared.bucket(operation) {
                bucket.take(units).await;
            }
            let token = match &self.tokens {
                None => None,
                Some(tokens) => Some(Box::pin(tokens.get(refreshed)).await?),
            };
            let again = attempt > 1 || refreshed;
            shared
                .ledger
                .send(operation, again)
                .map_err(CallError::failed)?;
            let tried = tokio::time::timeout(
                shared.patience,
                self.once(operation, url.clone(), post.as_ref(), token.as_ref(), units),
            )
            .await;
            let verdict = match tried {
                Ok(Ok((Verdict::Taken, Some(answer)))) => return Ok(answer),
                Ok(Ok((verdict, _))) => verdict,
                Ok(Err(why)) => Verdict::Again(None, why),
                Err(_) => Verdict::Again(None, "no answer in time".to_owned()),
            };
            let (wait, why) = match verdict {
                Verdict::Again(wait, why) if attempt < ATTEMPTS => (wait, why),
                Verdict::Token(_) if self.tokens.is_some() && !refreshed => {
                    refreshed = true;
                    continue;
                }
                other => return Err(end(operation, other, attempt)),
            };
            let pause = wait.unwrap_or_else(|| self.backoff(attempt));
            if pause > LONGEST_PAUSE {
                return Err(end(
                    operation,
                    Verdict::Failed(format!(
                        "{why}: it asks to wait {} seconds",
                        pause.as_secs()
                    )),
                    attempt,
                ));
            }
            tracing::debug!(
                operation = operation.name,
                attempt,
                pause_ms = pause.as_millis(),
                why,
                "asking again"
            );
            match (wait, shared.bucket(operation)) {
                // Whoever shares the bucket waits as well.
                (Some(_), Some(bucket)) => bucket.close(pause),
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
    ) -> Result<(Verdict, Option<Answer>), String> {
        let shared = &self.shared;
        let method = if post.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut request = shared
            .client
            .request(method, url)
            .headers(self.head(token)?);
        request = match post {
            None => request,
            Some(Post::Ask(document)) => request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(document.to_string()),
            Some(Post::Form(fields)) => {
                let mut form = String::new();
                for (name, value) in fields {
                    let pair = reqwest::Url::parse_with_params(
                        "http://form/",
                        [(*name, value.expose_secret())],
                    )
                    .map_err(|_| "the form could not be written".to_owned())?;
                    if !form.is_empty() {
                        form.push('&');
                    }
                    form.push_str(pair.query().unwrap_or_default());
                }
                request
                    .header(
                        reqwest::header::CONTENT_TYPE,
                        "application/x-www-form-urlencoded",
                    )
                    .body(form)
            }
        };
        // What the client says of an error may hold the address; its kind is enough.
        let response = match request.send().await {
            Ok(response) => response,
            Err(e) if untrusted(&e) => {
                return Ok((
                    Verdict::Failed("its certificate is not trusted".to_owned()),
                    None,
                ));
            }
            Err(e) => return Err(transport_fault(&e).to_owned()),
        };
        let status = response.status();
        let headers = response.headers().clone();
        let read = body::read(response).await;
        let bytes = read.as_ref().map_or(0, Vec::len) as u64;
        let throttled = matches!(status.as_u16(), 429 | 503);
        shared.ledger.received(operation, bytes, throttled);
        self.feedback(operation, &headers, units);
        if let Err(why) = self.skewed(&headers) {
            return Ok((Verdict::Failed(why), None));
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
        });
        if let (Verdict::Taken, Err(why)) = (&verdict, &read) {
            return Err(format!("an answer whose body is of no use: {why}"));
        }
        if let (Verdict::Again(None, why), Err(cause)) = (&verdict, &read) {
            return Ok((Verdict::Again(None, format!("{why}: {cause}")), None));
        }
        let next = header(&headers, "link")
            .and_then(next_link)
            .map(str::to_owned);
        Ok((verdict, json.map(|json| Answer { json, next })))
    }

    fn head(&self, token: Option<&SecretString>) -> Result<HeaderMap, String> {
        let mut head = HeaderMap::new();
        head.insert(ACCEPT, HeaderValue::from_static("application/json"));
        head.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        for (name, value) in &self.headers {
            head.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        if let Some((name, value)) = &self.secret_header {
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| "a header holds characters that none holds".to_owned())?;
            value.set_sensitive(true);
            head.insert(HeaderName::from_static(name), value);
        }
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| "the token holds characters that no token holds".to_owned())?;
            value.set_sensitive(true);
            head.insert(AUTHORIZATION, value);
        }
        Ok(head)
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
            bucket.close(wait.min(LONGEST_PAUSE));
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

fn end(operation: &Operation, verdict: Verdict, attempts: u32) -> CallError {
    let name = operation.name;
    let tries = if attempts > 1 {
        format!(" after {attempts} attempts")
    } else {
        String::new()
    };
    let (kind, why) = match verdict {
        Verdict::Denied(why) => (Kind::Denied, why),
        Verdict::Token(why) => (Kind::Unknown, why),
        Verdict::Gone(why) => (Kind::Gone, why),
        Verdict::Shrink(why) => (Kind::Heavy, why),
        Verdict::Again(_, why) | Verdict::Failed(why) => (Kind::Failed, why),
        Verdict::Taken => (Kind::Failed, "an answer without a document".to_owned()),
    };
    let message = if kind == Kind::Denied && !operation.permission.is_empty() {
        format!(
            "{name} was refused ({why}); it needs {}.",
            operation.permission
        )
    } else if kind == Kind::Unknown {
        format!(
            "{name} was refused ({why}): the credential is not accepted, or no longer; renew it."
        )
    } else {
        format!("{name} has no answer{tries}: {why}.")
    };
    CallError { kind, message }
}

/// Whether the other side could not prove who it is: asking again changes nothing.
fn untrusted(e: &reqwest::Error) -> bool {
    let mut at = std::error::Error::source(e);
    while let Some(cause) = at {
        if cause.to_string().contains("certificate") {
            return true;
        }
        at = cause.source();
    }
    false
}

/// What went wrong on the way, without the address.
fn transport_fault(e: &reqwest::Error) -> &'static str {
    if e.is_timeout() {
        "no answer in time"
    } else if e.is_connect() {
        "no connection"
    } else if e.is_body() || e.is_decode() {
        "the answer was cut off"
    } else {
        "the connection broke, or the answer was no HTTP"
    }
}

/// The next page of a `Link` header.
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|part| {
        let (link, parameters) = part.trim().strip_prefix('<')?.split_once('>')?;
        let next = parameters
            .split(';')
            .any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next"));
        next.then_some(link)
    })
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn the_next_page_is_the_one_called_so() {
        let both = "<https://api.github.com/x?page=1>; rel=\"prev\", <https://api.github.com/x?page=3>; rel=\"next\"";
        assert_eq!(next_link(both), Some("https://api.github.com/x?page=3"));
        assert_eq!(
            next_link("<https://api.github.com/x?page=1>; rel=\"last\""),
            None
        );
        assert_eq!(next_link(""), None);
    }
}
