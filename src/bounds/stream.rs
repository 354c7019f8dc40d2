//! Readers that stop where a file becomes larger than any honest one: in all,
//! against what lies on disk, and within one text of a JSON document.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use super::{FREE_OF_RATIO, INFLATED, RATIO, STRING, count, size};

/// What comes out of a packed file, as far as it may.
pub(crate) struct Inflated<R> {
    inner: R,
    /// Bytes of the packed file that were read so far.
    packed: Box<dyn Fn() -> u64>,
    bytes: u64,
}

impl<R: Read> Inflated<R> {
    pub(crate) fn new(inner: R, packed: impl Fn() -> u64 + 'static) -> Self {
        Self {
            inner,
            packed: Box::new(packed),
            bytes: 0,
        }
    }
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes > INFLATED {
            return Err(beyond(format!(
                "it becomes larger than {} when it is unpacked; export it in parts",
                size(INFLATED)
            )));
        }
        if self.bytes > FREE_OF_RATIO && self.bytes / RATIO > (self.packed)() {
            return Err(beyond(format!(
                "it becomes more than {} times larger when it is unpacked, as no export does; unpack it, look at what it holds, and export it again",
                count(RATIO)
            )));
        }
        let n = self.inner.read(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

fn beyond(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, what)
}

/// All of a stream, as far as it is no longer than it may be; what was read, and
/// whether that was all of it.
pub(crate) fn whole(from: impl Read, most: u64) -> (io::Result<()>, Vec<u8>) {
    let mut bytes = Vec::new();
    let read = from.take(most + 1).read_to_end(&mut bytes);
    let read = read.and_then(|_| {
        if bytes.len() as u64 > most {
            return Err(beyond(format!(
                "it is longer than {}, as no file of its kind is; look at what it holds, and export it again",
                size(most)
            )));
        }
        Ok(())
    });
    (read, bytes)
}

/// Stops a stream from outside of it: whoever counts what comes out says why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Brake(Rc<RefCell<Option<String>>>);

impl Brake {
    /// Ends the stream with a reason; the first one stays.
    pub(crate) fn stop(&self, why: impl FnOnce() -> String) {
        self.0.borrow_mut().get_or_insert_with(why);
    }

    /// Whether the stream was stopped.
    #[cfg(test)]
    pub(crate) fn stopped(&self) -> bool {
        self.0.borrow().is_some()
    }
}

/// JSON in UTF-8 whose texts are no longer than they may be. A parser holds a
/// text as a whole before anybody sees it, so this looks at the bytes before.
pub(crate) struct Texts<R> {
    inner: R,
    brake: Brake,
    within: bool,
    escaped: bool,
    length: u64,
}

impl<R: Read> Texts<R> {
    pub(crate) fn new(inner: R, brake: Brake) -> Self {
        Self {
            inner,
            brake,
            within: false,
            escaped: false,
            length: 0,
        }
    }

    /// Follows the texts of a chunk; false when one is too long.
    fn follow(&mut self, mut chunk: &[u8]) -> bool {
        while !chunk.is_empty() {
            let rest = |n: usize| chunk.get(n..).unwrap_or_default();
            if !self.within {
                let Some(at) = memchr::memchr(b'"', chunk) else {
                    return true;
                };
                (self.within, self.length) = (true, 0);
                chunk = rest(at + 1);
            } else if self.escaped {
                self.escaped = false;
                self.length += 1;
                chunk = rest(1);
            } else {
                let at = memchr::memchr2(b'"', b'\\', chunk);
                self.length += at.unwrap_or(chunk.len()) as u64;
                if self.length > STRING {
                    return false;
                }
                let Some(at) = at else { return true };
                match chunk.get(at) {
                    Some(b'\\') => self.escaped = true,
                    _ => self.within = false,
                }
                chunk = rest(at + 1);
            }
        }
        true
    }
}

impl<R: Read> Read for Texts<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(why) = self.brake.0.borrow().as_ref() {
            return Err(beyond(why.clone()));
        }
        let n = self.inner.read(buffer)?;
        if !self.follow(buffer.get(..n).unwrap_or_default()) {
            self.brake.stop(|| {
                format!(
                    "it holds a text longer than {}, which no export has; look at what it holds, and export it again",
                    size(STRING)
                )
            });
            return self.read(buffer);
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{Brake, FREE_OF_RATIO, Inflated, RATIO, STRING, Texts};

    fn through(json: &[u8], step: usize) -> io::Result<u64> {
        let mut texts = Texts::new(json, Brake::default());
        let mut buffer = vec![0; step];
        let mut all = 0;
        loop {
            match texts.read(&mut buffer)? {
                0 => return Ok(all),
                n => all += n as u64,
            }
        }
    }

    #[test]
    fn a_text_is_as_long_as_its_bytes_between_quotes_however_they_arrive() {
        let limit = usize::try_from(STRING).expect("small");
        let fits = format!(r#"{{"a\"b\\":"{}","c":["x"]}}"#, "y".repeat(limit));
        let long = format!(r#"{{"a":"{}"}}"#, "y".repeat(limit + 1));
        // Escaped quotes do not end a text.
        let quotes = format!(r#"{{"a":"{}"}}"#, "\\\"".repeat(limit + 1));
        // Many short ones are no long one.
        let many = format!("[{}0]", r#""abcdefghij\\","#.repeat(limit / 5));
        for step in [1, 7, 1 << 16] {
            assert!(through(fits.as_bytes(), step).is_ok(), "{step}");
            assert!(through(many.as_bytes(), step).is_ok(), "{step}");
            assert!(through(long.as_bytes(), step).is_err(), "{step}");
            assert!(through(quotes.as_bytes(), step).is_err(), "{step}");
        }
    }

    #[test]
    fn a_brake_ends_the_stream_for_good() {
        let brake = Brake::default();
        let mut texts = Texts::new(&b"[1, 2]"[..], brake.clone());
        let mut buffer = [0; 2];
        assert_eq!(texts.read(&mut buffer).expect("read"), 2);
        brake.stop(|| "enough".to_owned());
        brake.stop(|| "later".to_owned());
        assert!(brake.stopped());
        for _ in 0..2 {
            let said = texts.read(&mut buffer).expect_err("stopped").to_string();
            assert_eq!(said, "enough");
        }
    }

    #[test]
    fn growth_is_bounded_beyond_the_first_bytes() {
        let read = |packed: u64| {
            let endless = io::repeat(b' ').take(3 * FREE_OF_RATIO);
            io::copy(&mut Inflated::new(endless, move || packed), &mut io::sink())
        };
        assert!(read(3 * FREE_OF_RATIO / RATIO + 1).is_ok());
        assert!(read(FREE_OF_RATIO / RATIO).is_err());
    }
}
