//! Characters that act or cannot be seen, made visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text with every character that acts or cannot be seen made visible: control
/// characters as their pictures (`␛`), all others as their number (`[U+202E]`).
/// Tabs and line feeds stay, CR LF is a line feed.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) || !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\0'..='\u{1f}' if acts(c) => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            c if acts(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "[U+{:04X}]", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The same on one line.
#[must_use]
pub fn line(text: &str) -> String {
    shown(text).replace(['\t', '\n'], " ")
}

/// Whether a character does something, or is nothing that can be seen. Variation
/// selectors stay: they choose between pictures of the sign before them.
#[must_use]
pub fn acts(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_acts_is_named_and_nothing_is_dropped() {
        for (text, expected) in [
            ("Ana Vale", "Ana Vale"),
            ("a\u{1b}[31mb\u{9b}c", "a\u{241b}[31mb[U+009B]c"),
            (
                "a\u{202e}b\u{2066}c\u{200b}d",
                "a[U+202E]b[U+2066]c[U+200B]d",
            ),
            (
                "nul\0 del\u{7f} bom\u{feff}",
                "nul\u{2400} del\u{2421} bom[U+FEFF]",
            ),
            ("tag\u{e0041}", "tag[U+E0041]"),
            // Line breaks and tabs are for whoever lays the text out.
            ("one\r\ntwo\tthree\rfour", "one\ntwo\tthree\u{240d}four"),
            // Letters of every script, accents that combine, and pictures stay.
            (
                "Zoe\u{308} 東京 مرحبا ❤\u{fe0f} 👍🏽",
                "Zoe\u{308} 東京 مرحبا ❤\u{fe0f} 👍🏽",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
