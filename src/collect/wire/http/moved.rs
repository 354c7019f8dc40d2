//! Where an answer sends its caller on to: the same question at the same service,
//! under another name. GitHub moves organisations and repositories so.

use reqwest::Url;
use reqwest::header::HeaderMap;

use super::origin::Origin;
use super::verdict::header;

/// Segments that name whose things are asked for, and how many they are. What
/// follows them is what is asked.
const OWNERS: [(&str, usize); 4] = [
    ("orgs", 2),
    ("organizations", 2),
    ("repos", 3),
    ("repositories", 2),
];

/// The address that a redirect names, if it may be asked in place of `asked`.
pub(super) fn to(origin: &Origin, asked: &Url, headers: &HeaderMap) -> Result<Url, String> {
    let location = header(headers, "location").ok_or("it names no place")?;
    let link = if location.starts_with('/') && !location.starts_with("//") {
        origin.link(location)
    } else {
        location.to_owned()
    };
    let mut url = origin.admit(&link)?;
    let (there, here) = (origin.beyond(&url), origin.beyond(asked));
    if there.map(what) != here.map(what) {
        return Err(format!(
            "the redirect to {} was not followed: it answers another question",
            crate::collect::words::shown(url.path())
        ));
    }
    let pairs = |url: &Url| -> Vec<(String, String)> {
        url.query_pairs()
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect()
    };
    if url.query().is_none() {
        url.set_query(asked.query());
    }
    let named = pairs(&url);
    if pairs(asked).iter().all(|p| named.contains(p)) {
        Ok(url)
    } else {
        Err("the redirect was not followed: it leaves out a part of the question".to_owned())
    }
}

/// What a path asks for, whoever it belongs to.
fn what(path: &str) -> Vec<&str> {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let owner = parts
        .first()
        .and_then(|first| OWNERS.iter().find(|(name, _)| name == first));
    match owner {
        Some((_, skipped)) if parts.len() >= *skipped => {
            // An organisation does not become a repository.
            let kind = if parts[0].starts_with("org") {
                "org"
            } else {
                "repo"
            };
            std::iter::once(kind)
                .chain(parts[*skipped..].iter().copied())
                .collect()
        }
        _ => parts,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Url;
    use reqwest::header::{HeaderMap, HeaderValue, LOCATION};

    use super::{Origin, to};

    fn of(asked: &str, location: &str) -> Result<String, String> {
        let origin = Origin::parse("https://api.github.com").expect("an origin");
        let asked = Url::parse(&format!("https://api.github.com{asked}")).expect("an address");
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(location).expect("a value"));
        to(&origin, &asked, &headers).map(|url| url.as_str().replace("https://api.github.com", ""))
    }

    #[test]
    fn the_same_question_under_another_name_is_asked() {
        let asked = "/orgs/example-org/actions/secrets?per_page=100";
        let moved = "/organizations/42/actions/secrets?per_page=100";
        for location in [
            format!("https://api.github.com{moved}"),
            moved.to_owned(),
            "/organizations/42/actions/secrets".to_owned(),
        ] {
            assert_eq!(of(asked, &location).as_deref(), Ok(moved), "{location}");
        }
        assert_eq!(
            of("/repos/o/r/keys", "/repositories/7/keys").as_deref(),
            Ok("/repositories/7/keys")
        );
        assert!(of("/users?a=1", "/users?a=1&b=2").is_ok());
    }

    #[test]
    fn another_question_or_place_is_not() {
        let asked = "/orgs/example-org/actions/secrets?per_page=100";
        for location in [
            "https://evil.example/organizations/42/actions/secrets?per_page=100",
            "https://api.github.com.evil.example/organizations/42/actions/secrets",
            "https://api.github.com@evil.example/organizations/42/actions/secrets",
            "http://api.github.com/organizations/42/actions/secrets",
            "https://API.github.com/organizations/42/actions/secrets",
            "//evil.example/organizations/42/actions/secrets",
            "organizations/42/actions/secrets",
            "/organizations/42/dependabot/secrets",
            "/organizations/42/actions/secrets/PASSWORD",
            "/organizations/42/../43/actions/secrets",
            "/organizations/42%2factions/secrets",
            "/repositories/42/actions/secrets",
            "/organizations/42/actions/secrets?per_page=1",
            "/organizations/42/actions/secrets?page=2",
            "/login?return_to=secrets",
            "/",
            "",
        ] {
            assert!(of(asked, location).is_err(), "{location}");
        }
    }
}
