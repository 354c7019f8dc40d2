//! One request as it is put together, and what went wrong when there is no
//! answer to it.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// What may be posted.
pub(super) enum Post {
    /// A form that asks for a token: names and values.
    Form(Vec<(&'static str, SecretString)>),
    /// A document that asks and changes nothing.
    Ask(Value),
}

/// The request with what it posts.
pub(super) fn posting(
    request: RequestBuilder,
    post: Option<&Post>,
) -> Result<RequestBuilder, String> {
    Ok(match post {
        None => request,
        Some(Post::Ask(document)) => request
            .header(CONTENT_TYPE, "application/json")
            .body(document.to_string()),
        Some(Post::Form(fields)) => {
            let mut form = String::new();
            for (name, value) in fields {
                let pair = Url::parse_with_params("http://form/", [(*name, value.expose_secret())])
                    .map_err(|_| "the form could not be written".to_owned())?;
                if !form.is_empty() {
                    form.push('&');
                }
                form.push_str(pair.query().unwrap_or_default());
            }
            request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form)
        }
    })
}

/// The headers of a request.
pub(super) fn head(
    plain: &[(&'static str, &'static str)],
    secret: Option<&(&'static str, SecretString)>,
    token: Option<&SecretString>,
) -> Result<HeaderMap, String> {
    let mut head = HeaderMap::new();
    head.insert(ACCEPT, HeaderValue::from_static("application/json"));
    head.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in plain {
        head.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if let Some((name, value)) = secret {
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

/// Whether this is in the text of one of the causes of an error.
fn caused_by(e: &reqwest::Error, text: &str) -> bool {
    let mut at = std::error::Error::source(e);
    while let Some(cause) = at {
        if cause.to_string().contains(text) {
            return true;
        }
        at = cause.source();
    }
    false
}

/// What is wrong with the encryption, when it is that: asking again changes nothing.
pub(super) fn untrusted(e: &reqwest::Error) -> Option<&'static str> {
    if caused_by(e, "certificate") {
        Some("its certificate is not trusted")
    } else if caused_by(e, "fatal alert") {
        Some("it refused the handshake of TLS: it knows no version or cipher of today, or no TLS")
    } else {
        None
    }
}

/// What went wrong on the way, without the address.
pub(super) fn transport_fault(e: &reqwest::Error) -> &'static str {
    if e.is_timeout() {
        "no answer in time"
    } else if e.is_connect() && caused_by(e, "dns error") {
        "no connection: its name is not known to the resolver"
    } else if e.is_connect() && caused_by(e, "refused") {
        "no connection: nobody listens there"
    } else if e.is_connect() {
        "no connection"
    } else if e.is_body() || e.is_decode() {
        "the answer was cut off"
    } else {
        "the connection broke, or the answer was no HTTP"
    }
}
