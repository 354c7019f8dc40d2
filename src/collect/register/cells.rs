//! What people and spreadsheets make of a cell: an account id that became a
//! number, a login with `@`, an address with a name around it. Either it is
//! plain what was meant, or it is a mistake; nothing is guessed.

/// What is written in a cell, without what a spreadsheet puts around it: blanks of
/// any kind, characters that nobody sees, and `="…"`, which keeps a number a text.
pub(super) fn clean(cell: &str) -> &str {
    let bare = cell.trim_matches(unseen);
    bare.strip_prefix("=\"")
        .and_then(|inner| inner.strip_suffix('"'))
        .map_or(bare, |inner| inner.trim_matches(unseen))
}

fn unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{feff}' | '\u{2060}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
}

/// An apostrophe, straight or typographic.
fn apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '`' | '\u{b4}'
    )
}

/// The id of an account, of twelve digits; else what is wrong with it.
pub(super) fn account_id(text: &str) -> Result<String, &'static str> {
    // A leading apostrophe tells a spreadsheet that a number is a text.
    let text = text.trim_start_matches(apostrophe);
    // The console prints 1111-2222-3333.
    let parts: Vec<&str> = text.split('-').collect();
    let digits = if parts.len() == 3 && parts.iter().all(|p| p.len() == 4) {
        parts.concat()
    } else {
        text.to_owned()
    };
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return match digits.len() {
            12 => Ok(digits),
            1..12 => Err("has fewer than twelve digits: a spreadsheet drops leading zeros"),
            _ => Err("is no id of twelve digits"),
        };
    }
    Err(if is_number(text) {
        "is a number out of a spreadsheet, which has lost digits of the id"
    } else {
        "is no id of twelve digits"
    })
}

/// Whether a spreadsheet took it for a number: `1.11122E+11`, `111122223333.0`.
fn is_number(text: &str) -> bool {
    let of_a_number =
        |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '+' | '-' | 'e' | 'E');
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(of_a_number)
}

/// The name of an account, or its id; what looks like an id that lost something is
/// neither.
pub(super) fn account(text: &str) -> Result<String, &'static str> {
    let bare = text.trim_start_matches(apostrophe);
    let all_digits = bare.bytes().all(|b| b.is_ascii_digit());
    let number = is_number(bare) && bare.contains(['.', ',', '+', 'E', 'e']);
    if all_digits || number {
        account_id(bare)
    } else {
        Ok(text.to_owned())
    }
}

/// A login of GitHub, however it is cited: `login`, `@login`, the address of its page.
pub(super) fn login(text: &str) -> Option<String> {
    let page = ["https://github.com/", "http://github.com/", "github.com/"]
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .map(|rest| rest.trim_end_matches('/'));
    let login = page.unwrap_or_else(|| text.strip_prefix('@').unwrap_or(text));
    let bare = login.strip_suffix("[bot]").unwrap_or(login);
    let fits = !bare.is_empty()
        && bare
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    fits.then(|| login.to_owned())
}

/// The address of a person, without what mail programs put around it.
pub(super) fn address(text: &str) -> String {
    let inner = text
        .strip_suffix('>')
        .and_then(|start| start.rsplit_once('<'))
        .map_or(text, |(_, inner)| inner);
    let bare = inner
        .strip_prefix("mailto:")
        .unwrap_or(inner)
        .trim_matches(unseen);
    if bare.contains('@') {
        bare.chars()
            .map(|c| if apostrophe(c) && c != '`' { '\'' } else { c })
            .collect()
    } else {
        bare.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{account, account_id, address, clean, login};

    #[test]
    fn account_ids_are_whole_or_refused() {
        for text in [
            "000000000042",
            "'000000000042",
            "\u{2019}000000000042",
            "0000-0000-0042",
        ] {
            assert_eq!(
                account_id(clean(text)).as_deref(),
                Ok("000000000042"),
                "{text}"
            );
        }
        assert_eq!(
            account_id(clean("=\"000000000042\"")).as_deref(),
            Ok("000000000042")
        );
        for text in [
            "42",
            "1.11122E+11",
            "1,11122E+11",
            "111122223333.0",
            "1111222233334",
            "prod",
            "",
        ] {
            assert!(account_id(text).is_err(), "{text}");
        }
        for text in [
            "11122223333",
            "1.11122E+11",
            "4.2E+1",
            "111122223333.00",
            "1234567890123",
        ] {
            assert!(account(text).is_err(), "{text}");
        }
        for text in [
            "core-vpc-production",
            "111122223333",
            "42-labs",
            "3.team-development",
        ] {
            assert_eq!(account(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn logins_are_read_as_people_cite_them() {
        for text in [
            "ana-v",
            "@ana-v",
            "https://github.com/ana-v/",
            "github.com/ana-v",
        ] {
            assert_eq!(login(text).as_deref(), Some("ana-v"), "{text}");
        }
        assert_eq!(login("ana-v_acme").as_deref(), Some("ana-v_acme"));
        assert_eq!(login("renovate[bot]").as_deref(), Some("renovate[bot]"));
        for text in [
            "@",
            "@@a",
            "ana v",
            "ana@example.org",
            "https://github.com/orgs/a",
            "ana,ben",
        ] {
            assert_eq!(login(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_lose_what_stands_around_them() {
        for text in [
            "a.b@x.example",
            "Ann Bee <a.b@x.example>",
            "<a.b@x.example>",
            "mailto:a.b@x.example",
        ] {
            assert_eq!(address(text), "a.b@x.example", "{text}");
        }
        assert_eq!(address("o\u{2019}neill@x.example"), "o'neill@x.example");
        assert_eq!(address("Ann Bee"), "Ann Bee");
        assert_eq!(clean(" \u{a0}x\u{200b}\t"), "x");
    }
}
