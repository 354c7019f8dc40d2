//! The two writers at the edge: talk, of which nothing may act on a terminal and
//! which nobody need listen to, and data, whose reader may go away.

use std::io::{self, Write};

use super::text::shown;

/// Bytes that begin a character and are not all there yet.
#[derive(Debug, Default)]
struct Pending(Vec<u8>);

impl Pending {
    /// The text that is whole so far; bytes that are no text are shown as such.
    fn take(&mut self, bytes: &[u8]) -> String {
        self.0.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = Vec::new();
        for chunk in self.0.utf8_chunks() {
            text.push_str(chunk.valid());
            let cut = chunk.invalid();
            // What ends in the middle of a character may go on in the next write.
            let last = cut.as_ptr_range().end == self.0.as_ptr_range().end;
            if last && begins(cut) {
                cut.clone_into(&mut rest);
            } else if !cut.is_empty() {
                text.push('\u{fffd}');
            }
        }
        self.0 = rest;
        text
    }
}

/// Whether these bytes can be the beginning of a longer character.
fn begins(cut: &[u8]) -> bool {
    let needed = match cut.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return false,
    };
    cut.len() < needed
}

/// Where messages go. What acts is named, and somebody who stopped listening is
/// no reason to stop the work.
#[derive(Debug)]
pub struct Talk<W> {
    to: W,
    pending: Pending,
}

impl<W: Write> Talk<W> {
    /// Talk to a writer.
    pub fn new(to: W) -> Self {
        Self {
            to,
            pending: Pending::default(),
        }
    }
}

impl<W: Write> Write for Talk<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = self.pending.take(bytes);
        let _ = self.to.write_all(shown(&text).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.to.flush();
        Ok(())
    }
}

/// Where data goes. It remembers that its reader went away: that ends a command
/// without being a failure of it.
#[derive(Debug)]
pub struct Data<W> {
    to: W,
    closed: bool,
}

impl<W: Write> Data<W> {
    /// Data for a writer.
    pub fn new(to: W) -> Self {
        Self { to, closed: false }
    }

    /// Whether the reader went away.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.closed
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result {
            self.closed |= e.kind() == io::ErrorKind::BrokenPipe;
        }
        result
    }
}

impl<W: Write> Write for Data<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.to.flush();
        self.note(flushed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{Data, Talk};

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_that_is_said_acts_on_a_terminal() {
        let mut told = Vec::new();
        let mut talk = Talk::new(&mut told);
        // Cut in the middle of a change of direction, and of an accent.
        for part in [
            b"a\x1b[2J".as_slice(),
            b"\xe2\x80",
            b"\xaeb\xc3",
            b"\xa9",
            b"\xff!\n",
        ] {
            talk.write_all(part).expect("never fails");
        }
        assert_eq!(
            String::from_utf8(told).expect("text"),
            "a\u{241b}[2J[U+202E]b\u{e9}\u{fffd}!\n"
        );
    }

    #[test]
    fn whoever_stops_reading_stops_talk_from_nothing() {
        let mut talk = Talk::new(Gone);
        assert!(writeln!(talk, "a").is_ok());
        let mut data = Data::new(Gone);
        assert!(writeln!(data, "a").is_err());
        assert!(data.closed());
    }
}
