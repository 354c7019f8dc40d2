//! The further page that a `Link` header names. A header that cannot be read is
//! an error: taken for the last page, it would make a part look like the whole.

use reqwest::header::{HeaderMap, LINK};

/// The next page, by all `Link` headers of an answer.
pub(super) fn next_of(headers: &HeaderMap) -> Result<Option<String>, String> {
    let unread = || "its Link header cannot be read".to_owned();
    let mut next: Option<String> = None;
    for value in headers.get_all(LINK) {
        let text = value.to_str().map_err(|_| unread())?;
        for link in links(text).ok_or_else(unread)? {
            if next.as_ref().is_some_and(|n| *n != link) {
                return Err("its Link headers name two further pages".to_owned());
            }
            next = Some(link);
        }
    }
    Ok(next)
}

/// Addresses between `<` and `>` whose relation is `next`; none when the text is
/// no list of links.
fn links(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (address, after) = rest.strip_prefix('<')?.split_once('>')?;
        let mut next = false;
        rest = after.trim_start();
        while let Some(parameter) = rest.strip_prefix(';') {
            let parameter = parameter.trim_start();
            let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
            let name = parameter[..end].trim();
            rest = &parameter[end..];
            let Some(value) = rest.strip_prefix('=') else {
                continue;
            };
            let value = value.trim_start();
            let value = if let Some(quoted) = value.strip_prefix('"') {
                let (inside, after) = quoted.split_once('"')?;
                rest = after.trim_start();
                inside
            } else {
                let end = value.find([';', ',']).unwrap_or(value.len());
                rest = &value[end..];
                value[..end].trim()
            };
            next |= name.eq_ignore_ascii_case("rel")
                && value
                    .split_whitespace()
                    .any(|r| r.eq_ignore_ascii_case("next"));
        }
        if next {
            found.push(address.to_owned());
        }
        if !(rest.is_empty() || rest.starts_with(',')) {
            return None;
        }
        rest = rest.trim_start_matches([' ', '\t', ',']);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, LINK};

    use super::next_of;

    fn of(values: &[&str]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_str(value).expect("a value"));
        }
        next_of(&headers)
    }

    #[test]
    fn the_next_page_is_the_one_called_so() {
        let page = |n: u32| format!("https://api.github.com/x?page={n}");
        let both = format!("<{}>; rel=\"prev\", <{}>; rel=\"next\"", page(1), page(3));
        assert_eq!(of(&[&both]), Ok(Some(page(3))));
        // Addresses and texts may hold what separates others.
        let odd = "<https://api.github.com/x?q=a,b;c>; title=\"x, <y>; z\"; REL=\"last Next\"";
        let expected = "https://api.github.com/x?q=a,b;c".to_owned();
        assert_eq!(of(&[odd]), Ok(Some(expected)));
        // One header each, and without quotes.
        let (first, second) = (
            format!("<{}>; rel=first", page(1)),
            format!("<{}>;rel=next", page(2)),
        );
        assert_eq!(of(&[&first, &second]), Ok(Some(page(2))));
        assert_eq!(of(&["<https://x/>; rel=\"last\""]), Ok(None));
        assert_eq!(of(&[""]), Ok(None));
        assert_eq!(of(&[]), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_no_end() {
        for bad in [
            "https://x/?page=2; rel=\"next\"",
            "<https://x/?page=2; rel=\"next\"",
            "<https://x/?page=2>; rel=\"next",
            "<https://x/?page=2> rel=\"next\"",
            "<https://x/?page=2>; rel=\"next\" <https://x/?page=3>",
            "<https://x/?page=2>; rel=next, <https://x/?page=3>; rel=next",
        ] {
            assert!(of(&[bad]).is_err(), "{bad}");
        }
        let mut headers = HeaderMap::new();
        let bytes = HeaderValue::from_bytes(b"<https://x/\xff>; rel=\"next\"").expect("a value");
        headers.append(LINK, bytes);
        assert!(next_of(&headers).is_err());
    }
}
