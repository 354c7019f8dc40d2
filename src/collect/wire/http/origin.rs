//! Where a service lives. A token is attached only to an address that was
//! checked here: exact scheme, host and port, and below the path of the service.

use std::net::IpAddr;

use reqwest::Url;

use crate::collect::words::shown;

/// The pinned origin of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `scheme://host[:port]`, as links must spell it.
    start: String,
    /// Path below which every call lies, with a slash at both ends.
    prefix: String,
}

impl Origin {
    /// Reads a configured base address.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, false)
    }

    /// Reads the address of a service of this machine's platform, which is
    /// reached without leaving the host.
    pub(crate) fn parse_near(text: &str) -> Result<Self, String> {
        Self::read(text, true)
    }

    fn read(text: &str, near: bool) -> Result<Self, String> {
        let wrong = |why: &str| format!("{} is no address of a service: {why}", place(text));
        plain(text).map_err(wrong)?;
        let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it must not name a user"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it must end with the path"));
        }
        let Some(host) = url.host_str() else {
            return Err(wrong("it has no host"));
        };
        let address: Option<IpAddr> = bare(host).parse().ok();
        let loopback = is_loopback(host);
        let beside = near && matches!(address, Some(IpAddr::V4(a)) if a.is_link_local());
        match url.scheme() {
            "https" if address.is_some() && !loopback => {
                return Err(wrong("name the host, not its number"));
            }
            "https" => {}
            "http" if loopback || beside => {}
            "http" => return Err(wrong("only https is used, but on this machine itself")),
            _ => return Err(wrong("only https is used")),
        }
        let port = url.port().map_or_else(String::new, |p| format!(":{p}"));
        let start = format!("{}://{host}{port}", url.scheme());
        // Two spellings of one host are one too many to compare.
        let exact = text
            .strip_prefix(&start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !exact || host.ends_with('.') {
            return Err(wrong(
                "spell scheme, host and port in lower case, without a final dot and without the usual port",
            ));
        }
        let mut prefix = url.path().to_owned();
        if !prefix.ends_with('/') {
            prefix.push('/');
        }
        Ok(Self { start, prefix })
    }

    /// Host and port, as links must spell them.
    pub(crate) fn authority(&self) -> &str {
        self.start.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// The service that tells a machine of Azure who it is: never over a network.
    pub(crate) fn metadata() -> Self {
        Self {
            start: "http://169.254.169.254".to_owned(),
            prefix: "/metadata/identity/oauth2/".to_owned(),
        }
    }

    /// Whether a proxy may stand in between: not on this machine, nor beside it.
    pub(crate) fn may_be_proxied(&self) -> bool {
        let url = Url::parse(&self.start).ok();
        url.is_some_and(|u| {
            u.scheme() == "https"
                && u.host_str()
                    .is_some_and(|h| !is_loopback(h) && bare(h).parse::<IpAddr>().is_err())
        })
    }

    /// The host of the service.
    pub(crate) fn host(&self) -> String {
        let url = Url::parse(&self.start).ok();
        url.and_then(|u| u.host_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The same place with a path below it.
    pub(crate) fn below(&self, path: &str) -> Self {
        Self {
            start: self.start.clone(),
            prefix: format!("{}{}/", self.prefix, path.trim_matches('/')),
        }
    }

    /// The same place without the last part of its path, when that is this one.
    pub(crate) fn without(&self, last: &str) -> Option<Self> {
        let prefix = self.prefix.strip_suffix(&format!("{last}/"))?;
        prefix.ends_with('/').then(|| Self {
            start: self.start.clone(),
            prefix: prefix.to_owned(),
        })
    }

    /// A path of this host as a link.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.start)
    }

    /// What an address names below the prefix.
    pub(super) fn beyond<'u>(&self, url: &'u Url) -> Option<&'u str> {
        url.path().strip_prefix(self.prefix.as_str())
    }

    /// The address of a path and its query below the prefix.
    pub(crate) fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, String> {
        let text = format!(
            "{}{}{}",
            self.start,
            self.prefix,
            path.trim_start_matches('/')
        );
        let mut url = Url::parse(&text).map_err(|e| format!("{}: {e}", place(&text)))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
            // Not every service reads a plus sign as a space.
            let spaced = url.query().map(|q| q.replace('+', "%20"));
            url.set_query(spaced.as_deref());
        }
        self.admit(url.as_str())
    }

    /// Checks a link that a service gave. It must spell the origin exactly, and
    /// mean it after parsing too.
    pub(crate) fn admit(&self, link: &str) -> Result<Url, String> {
        const LONGEST: usize = 16 * 1024;
        let refused = |why: &str| format!("the link to {} was not followed: {why}", place(link));
        if link.len() > LONGEST {
            return Err(refused("it is longer than any link"));
        }
        plain(link).map_err(refused)?;
        let rest = link
            .strip_prefix(&self.start)
            .ok_or_else(|| refused("it leads to another place"))?;
        if !rest.starts_with(&self.prefix) {
            return Err(refused("it leads out of the interface"));
        }
        let path = rest.split(['?', '#']).next().unwrap_or(rest);
        let folded = path.to_ascii_lowercase();
        if path.split('/').any(|s| s == "." || s == "..")
            || path.contains("//")
            || ["%2e", "%2f", "%5c", "%00", "%25"]
                .iter()
                .any(|e| folded.contains(e))
        {
            return Err(refused("its path is not plain"));
        }
        let url = Url::parse(link).map_err(|_| refused("it is no address"))?;
        let here = Url::parse(&self.start).map_err(|_| refused("the origin is no address"))?;
        let same = url.scheme() == here.scheme()
            && url.host_str() == here.host_str()
            && url.port_or_known_default() == here.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.path().starts_with(&self.prefix);
        if same {
            Ok(url)
        } else {
            Err(refused("it means another place than it spells"))
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.start, self.prefix)
    }
}

/// Scheme, host and port of an address, to name it by: the rest may hold what
/// nobody should see.
pub(crate) fn place(text: &str) -> String {
    let odd = || "what should be an address".to_owned();
    let Ok(url) = Url::parse(text) else {
        return odd();
    };
    let port = url.port().map_or_else(String::new, |p| format!(":{p}"));
    url.host_str().map_or_else(odd, |host| {
        shown(&format!("{}://{host}{port}", url.scheme()))
    })
}

/// A host without the brackets of an address of version 6.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address: Option<IpAddr> = bare(host).parse().ok();
    address.map_or(host == "localhost", |a| a.is_loopback())
}

/// Characters of addresses and nothing else: parsers forgive what people read
/// differently.
fn plain(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    let odd = |b: u8| {
        !b.is_ascii_graphic() || matches!(b, b'\\' | b'<' | b'>' | b'"' | b'`' | b'{' | b'}' | b'^')
    };
    if text.bytes().any(odd) {
        return Err("it holds characters that no address holds");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn bases_are_https_or_this_machine() {
        for good in [
            "https://graph.microsoft.com/v1.0",
            "https://graph.microsoft.com:8443/v1.0/",
            "http://127.0.0.1:4010/v1.0",
            "http://[::1]:4010/",
            "http://localhost:9/",
            "https://127.0.0.1:4010/",
        ] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "graph.microsoft.com",
            "http://graph.microsoft.com/v1.0",
            "ftp://graph.microsoft.com/",
            "https://user@graph.microsoft.com/",
            "https://203.0.113.7/v1.0",
            "https://graph.microsoft.com/v1.0?x=1",
            "https://graph.microsoft.com/v1.0#x",
            "https://graph.microsoft.com /v1.0",
            "https://GRAPH.microsoft.com/v1.0",
            "https://graph.microsoft.com./v1.0",
            "https://graph.microsoft.com:443/v1.0",
            "https://graph.microsoft.com@evil.example/",
            "https://gr\u{430}ph.microsoft.com/",
            "HTTPS://graph.microsoft.com/",
            "https:graph.microsoft.com/",
            "http://127.1:4010/",
            "http://0x7f000001:4010/",
            "http://[0:0:0:0:0:0:0:1]:4010/",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_named_without_what_they_may_hide() {
        for bad in [
            "https://user:hunter2@graph.microsoft.com/v1.0",
            "https://graph.microsoft.com/v1.0?sig=hunter2",
            "https://graph.microsoft.com/hunter2 x",
            "hunter2",
            "hunter2:x",
        ] {
            let error = Origin::parse(bad).expect_err(bad);
            assert!(!error.contains("hunter2"), "{error}");
        }
        let origin = Origin::parse("https://graph.microsoft.com/v1.0").expect("an origin");
        let error = origin
            .admit("https://a:hunter2@evil.example:81/x?token=hunter2")
            .expect_err("refused");
        assert!(error.contains("https://evil.example:81 "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn what_lies_beside_the_machine_is_for_its_identity_alone() {
        let near = "http://169.254.129.3:8081/msi";
        assert!(Origin::parse(near).is_err());
        assert!(Origin::parse_near(near).is_ok_and(|o| !o.may_be_proxied()));
        assert!(Origin::parse_near("http://10.0.0.1/msi").is_err());
        assert!(
            Origin::parse_near("http://localhost:42356/msi").is_ok_and(|o| !o.may_be_proxied())
        );
        assert!(Origin::parse("https://127.0.0.1:1/").is_ok_and(|o| !o.may_be_proxied()));
        assert!(Origin::parse("https://api.github.com/").is_ok_and(|o| o.may_be_proxied()));
    }

    #[test]
    fn a_query_is_encoded() {
        let origin = Origin::parse("https://graph.microsoft.com/v1.0").expect("an origin");
        let url = origin
            .url(
                "users",
                &[
                    ("$select", "id,mail"),
                    ("$filter", "startswith(displayName,'a b')"),
                ],
            )
            .expect("an address");
        assert_eq!(
            url.as_str(),
            "https://graph.microsoft.com/v1.0/users?%24select=id%2Cmail&%24filter=startswith%28displayName%2C%27a%20b%27%29"
        );
    }
}
