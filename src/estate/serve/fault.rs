//! Faults that can be switched on: which request, which page of it, how often,
//! and what happens instead of an answer.

use std::time::Duration;

use serde_json::json;

use super::page;
use super::wire::{Answer, Asked, End, Sent};

/// What happens to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing comes.
    Silence,
    /// The connection is reset within the head.
    ResetInHead,
    /// The connection is reset within the body.
    ResetInBody,
    /// A byte at a time, for ever.
    Drip,
    /// Small pieces, but all of them.
    Slices,
    /// Half of the body under the length of the half.
    HalfWithLength,
    /// Half of the body under the length of the whole.
    HalfOfLength,
    /// A chunk whose size is no number.
    BadChunk,
    /// A packed body that ends early.
    HalfGzip,
    /// A packed body that unpacks to so many bytes.
    Bomb(usize),
    /// A status with a body.
    Status(u16, String),
    /// A status that asks to wait so many seconds.
    Wait(u16, u64),
    /// A status that asks to wait until a date so many seconds ahead.
    WaitUntil(u16, i64),
    /// A status and a bucket that is empty for so many seconds.
    Empty(u16, i64),
    /// Another place.
    Redirect(u16, String),
    /// A text in place of the body, with status 200.
    Text(String),
    /// The body after a change of its text.
    Replace(String, String),
    /// The further page of the answer is this; `{base}` stands for the service.
    Next(String),
    /// A `Date` so many days ahead.
    Days(i64),
    /// A bearer token that is no longer taken.
    Expired,
    /// Other records on the page.
    Records(Change),
    /// No records, and a further page, on which they are; `{base}` stands for the service.
    Hollow(String),
}

/// What is other about the records of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The first is there twice.
    Twice,
    /// The first is there twice, the second time with this value under this key.
    Again(&'static str, serde_json::Value),
    /// The first is null.
    Null,
    /// The last is missing.
    Lost,
    /// The first has not got this key.
    Without(&'static str),
    /// The first has this value under this key.
    To(&'static str, serde_json::Value),
    /// There are none.
    None,
}

/// A fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Part of method, path and operation of the requests that it hits.
    pub on: String,
    /// How many matching requests pass before it.
    pub after: usize,
    /// How many requests it hits.
    pub times: usize,
    /// What happens.
    pub kind: Kind,
}

/// An answer as it is sent when nothing is wrong.
pub(super) fn plain(answer: &Answer) -> Sent {
    Sent {
        bytes: answer.bytes(),
        pieces: None,
        end: End::Kept,
    }
}

fn sent(bytes: Vec<u8>, end: End) -> Sent {
    Sent {
        bytes,
        pieces: None,
        end,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing to a Vec does not fail.
    let _ = packer.write_all(bytes);
    packer.finish().unwrap_or_default()
}

/// What is sent in place of an answer.
pub(super) fn instead(
    kind: &Kind,
    asked: &Asked,
    answer: &Answer,
    now: chrono::DateTime<chrono::Utc>,
) -> Sent {
    let whole = answer.bytes();
    let head = whole.len() - answer.body.len();
    let half = answer.body.len() / 2;
    match kind {
        Kind::Silence => sent(Vec::new(), End::Silent),
        Kind::ResetInHead => sent(whole[..head / 2].to_vec(), End::Reset),
        Kind::ResetInBody => sent(whole[..head + half].to_vec(), End::Reset),
        Kind::Drip => Sent {
            bytes: whole,
            pieces: Some((1, Duration::from_millis(400))),
            end: End::Closed,
        },
        Kind::Slices => Sent {
            pieces: Some(((whole.len() / 40).max(7), Duration::from_millis(1))),
            bytes: whole,
            end: End::Kept,
        },
        Kind::HalfWithLength => {
            let mut cut = answer.clone();
            cut.body.truncate(half);
            plain(&cut)
        }
        Kind::HalfOfLength => sent(whole[..head + half].to_vec(), End::Closed),
        Kind::BadChunk => sent(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n".to_vec(),
            End::Closed,
        ),
        Kind::HalfGzip => {
            let mut packed = gzip(&answer.body);
            packed.truncate(packed.len() / 2);
            let cut = Answer {
                body: packed,
                ..answer.clone()
            };
            plain(&cut.with("content-encoding", "gzip"))
        }
        Kind::Bomb(size) => {
            let bomb = Answer {
                body: gzip(&vec![b' '; *size]),
                ..answer.clone()
            };
            plain(&bomb.with("content-encoding", "gzip"))
        }
        Kind::Status(status, body) => plain(&Answer {
            status: *status,
            body: body.clone().into_bytes(),
            ..answer.clone()
        }),
        Kind::Wait(status, seconds) => plain(&refused(*status).with("retry-after", seconds)),
        Kind::WaitUntil(status, seconds) => {
            let at = now + chrono::TimeDelta::seconds(*seconds);
            plain(&refused(*status).with("retry-after", httpdate::fmt_http_date(at.into())))
        }
        Kind::Empty(status, seconds) => plain(
            &refused(*status)
                .with("x-ratelimit-remaining", 0)
                .with("x-ratelimit-reset", (now + chrono::TimeDelta::seconds(*seconds)).timestamp()),
        ),
        Kind::Redirect(status, place) => plain(&refused(*status).with("location", place)),
        Kind::Text(text) => plain(&Answer {
            body: text.clone().into_bytes(),
            ..answer.clone()
        }),
        Kind::Replace(from, to) => {
            let text = String::from_utf8_lossy(&answer.body).replacen(from, to, 1);
            plain(&Answer {
                body: text.into_bytes(),
                ..answer.clone()
            })
        }
        Kind::Next(link) => plain(&with_next(asked, answer, link)),
        Kind::Expired => plain(&Answer::json(
            401,
            &json!({"message": "Bad credentials", "error": {"code": "InvalidAuthenticationToken"}, "__type": "ExpiredTokenException"}),
        )),
        Kind::Records(change) => plain(&Answer {
            body: page::changed(&answer.body, change).unwrap_or_else(|| answer.body.clone()),
            ..answer.clone()
        }),
        Kind::Hollow(base) => {
            let empty = Answer {
                body: page::changed(&answer.body, &Change::None)
                    .unwrap_or_else(|| answer.body.clone()),
                ..answer.clone()
            };
            let further = page::again(asked, base).map(|link| with_next(asked, &empty, &link));
            plain(&further.unwrap_or(empty))
        }
        Kind::Days(days) => {
            let at = now + chrono::TimeDelta::days(*days);
            plain(&answer.clone().with("date", httpdate::fmt_http_date(at.into())))
        }
    }
}

fn refused(status: u16) -> Answer {
    Answer::json(
        status,
        &json!({"message": "slow down", "__type": "ThrottlingException"}),
    )
}

/// The answer with another further page, in whichever way it names one.
fn with_next(asked: &Asked, answer: &Answer, link: &str) -> Answer {
    let mut changed = answer.clone();
    let Ok(serde_json::Value::Object(mut page)) = serde_json::from_slice(&answer.body) else {
        return changed.with("link", format!("<{link}>; rel=\"next\""));
    };
    let key = if asked.header("x-amz-target").is_some() {
        "NextToken"
    } else if page.contains_key("value") {
        "@odata.nextLink"
    } else {
        "next"
    };
    if let Some(info) = page.values_mut().find_map(|v| page::holder(v, "pageInfo")) {
        info.insert(
            "pageInfo".to_owned(),
            json!({"hasNextPage": true, "endCursor": link}),
        );
    } else if key != "next" || page.contains_key(key) {
        page.insert(key.to_owned(), json!(link));
        page.remove("@odata.deltaLink");
    }
    changed.body = serde_json::Value::Object(page).to_string().into_bytes();
    changed
}
