//! Text of any encoding that tools write as UTF-8: UTF-16 with or without a byte
//! order mark, marks between documents. What is none of these is named.

use std::io::{self, Read};

use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE};

const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
/// Bytes that are decoded at a time.
const CHUNK: usize = 1 << 14;

/// Bytes as they are meant, read as UTF-8.
pub(in crate::collect) struct Text {
    from: Box<dyn Read>,
    as_it_is: Option<Decoding>,
    /// Whether the beginning has been looked at.
    begun: bool,
    ready: Vec<u8>,
    at: usize,
}

/// A text in UTF-16.
struct Decoding {
    decoder: encoding_rs::Decoder,
    name: &'static str,
    ended: bool,
}

impl Text {
    pub(in crate::collect) fn new(from: Box<dyn Read>) -> Self {
        Self {
            from,
            as_it_is: None,
            begun: false,
            ready: Vec::new(),
            at: 0,
        }
    }

    /// Tells the encoding by the first four bytes.
    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        let mut head = Vec::new();
        self.from.by_ref().take(4).read_to_end(&mut head)?;
        let (encoding, mark) = match head.as_slice() {
            [0xFF, 0xFE, 0, 0] | [_, 0, 0, 0] | [0, 0, 0xFE, 0xFF] | [0, 0, 0, _] => {
                return Err(unreadable("UTF-32 is not read; save the file as UTF-8"));
            }
            [0xFF, 0xFE, ..] => (Some(UTF_16LE), 2),
            [0xFE, 0xFF, ..] => (Some(UTF_16BE), 2),
            [a, 0, b, 0] if *a != 0 && *b != 0 => (Some(UTF_16LE), 0),
            [0, a, 0, b] if *a != 0 && *b != 0 => (Some(UTF_16BE), 0),
            [a, b, c, ..] if [*a, *b, *c] == MARK => (None, 3),
            _ => (None, 0),
        };
        let rest = head.get(mark..).unwrap_or_default().to_vec();
        let Some(encoding) = encoding else {
            self.ready = rest;
            return Ok(());
        };
        let mut decoding = Decoding::new(encoding);
        decoding.push(&rest, false, &mut self.ready)?;
        self.as_it_is = Some(decoding);
        Ok(())
    }
}

impl Decoding {
    fn new(encoding: &'static Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            name: encoding.name(),
            ended: false,
        }
    }

    /// Decodes all of some bytes.
    fn push(&mut self, bytes: &[u8], last: bool, into: &mut Vec<u8>) -> io::Result<()> {
        let needed = self
            .decoder
            .max_utf8_buffer_length_without_replacement(bytes.len());
        let start = into.len();
        into.resize(start + needed.unwrap_or(CHUNK), 0);
        let space = into.get_mut(start..).unwrap_or_default();
        let (result, _, written) = self
            .decoder
            .decode_to_utf8_without_replacement(bytes, space, last);
        into.truncate(start + written);
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull | DecoderResult::Malformed(..) => Err(unreadable(&format!(
                "the file begins as {} and goes on as something else",
                self.name
            ))),
        }
    }
}

fn unreadable(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begin()?;
        }
        loop {
            let ready = self.ready.get(self.at..).unwrap_or_default();
            if !ready.is_empty() {
                let n = ready.len().min(buffer.len());
                let (to, from) = (buffer.get_mut(..n), ready.get(..n));
                if let (Some(to), Some(from)) = (to, from) {
                    to.copy_from_slice(from);
                }
                self.at += n;
                return Ok(n);
            }
            self.ready.clear();
            self.at = 0;
            let Some(decoding) = &mut self.as_it_is else {
                return self.from.read(buffer);
            };
            if decoding.ended {
                return Ok(0);
            }
            let mut chunk = vec![0; CHUNK];
            let n = self.from.read(&mut chunk)?;
            decoding.ended = n == 0;
            let bytes = chunk.get(..n).unwrap_or_default();
            decoding.push(bytes, n == 0, &mut self.ready)?;
        }
    }
}

/// JSON without the byte order marks that stand between documents: what was put
/// together of several files keeps the mark of each. Within a text it is a letter.
pub(in crate::collect) struct Marks<R> {
    from: R,
    within: bool,
    escaped: bool,
    /// How much of a mark has gone by.
    mark: usize,
}

impl<R: Read> Marks<R> {
    pub(in crate::collect) fn new(from: R) -> Self {
        Self {
            from,
            within: false,
            escaped: false,
            mark: 0,
        }
    }

    fn clean(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let mut rest = bytes.iter_mut();
        loop {
            if self.mark > 0 {
                let Some(byte) = rest.next() else { break };
                if MARK.get(self.mark) != Some(byte) {
                    return Err(unreadable("bytes between values that are not JSON"));
                }
                self.mark = (self.mark + 1) % MARK.len();
                *byte = b' ';
            } else if self.escaped {
                if rest.next().is_none() {
                    break;
                }
                self.escaped = false;
            } else if self.within {
                match rest.find(|b| matches!(**b, b'"' | b'\\')) {
                    Some(b'"') => self.within = false,
                    Some(_) => self.escaped = true,
                    None => break,
                }
            } else {
                match rest.find(|b| matches!(**b, b'"' | 0xEF)) {
                    Some(b'"') => self.within = true,
                    Some(mark) => {
                        self.mark = 1;
                        *mark = b' ';
                    }
                    None => break,
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Marks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.clean(buffer.get_mut(..n).unwrap_or_default())?;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::{Marks, Text};

    fn read(bytes: &[u8]) -> Result<String, String> {
        let text = Text::new(Box::new(Cursor::new(bytes.to_vec())));
        let mut all = Vec::new();
        Marks::new(text)
            .read_to_end(&mut all)
            .map_err(|e| e.to_string())?;
        String::from_utf8(all).map_err(|e| e.to_string())
    }

    fn wide(text: &str, little: bool) -> Vec<u8> {
        let swap = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(swap).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = format!(
            "{{\"name\": \"Zoë 🌊 \\\" \u{feff}\"}}{}",
            " ".repeat(40_000)
        );
        for marked in ["", "\u{feff}"] {
            for little in [true, false] {
                let bytes = wide(&format!("{marked}{text}"), little);
                assert_eq!(
                    read(&bytes).as_deref(),
                    Ok(text.as_str()),
                    "{little} {marked:?}"
                );
            }
            let bytes = format!("{marked}{text}");
            assert_eq!(read(bytes.as_bytes()).as_deref(), Ok(text.as_str()));
        }
    }

    #[test]
    fn marks_between_documents_go_and_those_within_texts_stay() {
        assert_eq!(
            read("{\"a\": \"\\\"\u{feff}\"}\n\u{feff}{}\u{feff}".as_bytes()).as_deref(),
            Ok("{\"a\": \"\\\"\u{feff}\"}\n   {}   ")
        );
    }

    #[test]
    fn what_is_no_known_encoding_is_named() {
        let wider = |text: &str| -> Vec<u8> {
            text.chars()
                .flat_map(|c| (c as u32).to_le_bytes())
                .collect()
        };
        for bytes in [wider("{}"), wider("\u{feff}{}")] {
            assert!(read(&bytes).is_err_and(|e| e.contains("UTF-32")));
        }
        let mut cut = wide("\u{feff}{}", true);
        cut.push(b'x');
        assert!(read(&cut).is_err_and(|e| e.contains("UTF-16LE")));
        assert!(read(b"{}\xEFx").is_err());
        assert_eq!(read(b"").as_deref(), Ok(""));
        assert_eq!(read(b"[]").as_deref(), Ok("[]"));
    }
}
