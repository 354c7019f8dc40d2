//! HTTP/1.1 on loopback, as much of it as the clients speak.
//!
//! Our own and not a library's, because faults below HTTP are part of what is
//! simulated: a library would not send half a head or a broken chunk.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Largest request that is read.
const LARGEST: usize = 1 << 20;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The decoded value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?')?.1;
        form_value(query, name)
    }
}

/// The decoded value of a field of a form.
pub(super) fn form_value(form: &str, name: &str) -> Option<String> {
    form.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (decode(key) == name).then(|| decode(value))
    })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        match b {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let text = String::from_utf8_lossy(&digits).into_owned();
                bytes.push(u8::from_str_radix(&text, 16).unwrap_or(b'?'));
            }
            b => bytes.push(b),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// The bytes on the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", self.body.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// How a connection ends after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It goes on.
    Kept,
    /// It is closed.
    Closed,
    /// It is reset.
    Reset,
    /// It says nothing more.
    Silent,
}

/// What is sent: bytes, in pieces, and then an end.
#[derive(Debug)]
pub(super) struct Sent {
    pub bytes: Vec<u8>,
    /// Bytes at a time and the pause between.
    pub pieces: Option<(usize, Duration)>,
    pub end: End,
}

/// Answers requests of one service.
pub(super) type Handler = Arc<dyn Fn(&Asked) -> Sent + Send + Sync>;

/// Accepts connections until the listener goes.
pub(super) async fn serve(listener: TcpListener, handler: Handler) {
    while let Ok((stream, _)) = listener.accept().await {
        let handler = Arc::clone(&handler);
        tokio::spawn(async move {
            // A client that goes away is no matter.
            let _ = converse(stream, &handler).await;
        });
    }
}

async fn converse(mut stream: TcpStream, handler: &Handler) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(asked) = read(&mut stream, &mut buffer).await? else {
            return Ok(());
        };
        let sent = handler(&asked);
        match sent.pieces {
            None => stream.write_all(&sent.bytes).await?,
            Some((size, pause)) => {
                for piece in sent.bytes.chunks(size.max(1)) {
                    stream.write_all(piece).await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        match sent.end {
            End::Kept => {}
            End::Closed => return stream.shutdown().await,
            End::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
            End::Silent => {
                tokio::time::sleep(Duration::from_mins(2)).await;
                return Ok(());
            }
        }
    }
}

/// One request; `None` when the client has no more.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Asked>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request
            .parse(buffer)
            .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))?;
        if let httparse::Status::Complete(head) = parsed {
            let headers: Vec<(String, String)> = request
                .headers
                .iter()
                .map(|h| {
                    (
                        h.name.to_owned(),
                        String::from_utf8_lossy(h.value).into_owned(),
                    )
                })
                .collect();
            let mut asked = Asked {
                method: request.method.unwrap_or_default().to_owned(),
                target: request.path.unwrap_or_default().to_owned(),
                headers,
                body: Vec::new(),
            };
            let length: usize = asked
                .header("content-length")
                .and_then(|v| v.parse().ok())
                .unwrap_or(0);
            if length > LARGEST {
                return Ok(None);
            }
            while buffer.len() < head + length {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            }
            asked.body = buffer[head..head + length].to_vec();
            buffer.drain(..head + length);
            return Ok(Some(asked));
        }
        if buffer.len() > LARGEST || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
