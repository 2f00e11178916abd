//! Who may come in: requests for this machine by name and port, that no browser's page sent.
//!
//! A page on the web can make a browser send requests to a loopback port, and by DNS rebinding even read the
//! answers. Signatures hold both off already; this holds them off before anything is read.

use http::{HeaderMap, Request, header};

/// The names under which this listener may be addressed.
pub(super) struct Door {
    /// `127.0.0.1:4566` and the like.
    hosts: Vec<String>,
    /// `.localhost:4566`, behind a bucket's name.
    bucket_suffix: String,
}

/// Why a request stays outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Host,
    Browser,
}

impl Refused {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Host => "This Host is not served here.",
            Self::Browser => "Pages in a browser may not use this endpoint.",
        }
    }
}

impl Door {
    pub(super) fn new(port: u16) -> Self {
        Self {
            hosts: ["127.0.0.1", "localhost", "[::1]"].iter().map(|host| format!("{host}:{port}")).collect(),
            bucket_suffix: format!(".localhost:{port}"),
        }
    }

    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Refused> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Refused::Host) };
        let host = host.to_str().map_err(|_| Refused::Host)?;
        // A client that goes through a proxy repeats the host in the request line.
        let same = request.uri().authority().is_none_or(|authority| authority.as_str() == host);
        if !same || !self.knows(host) {
            return Err(Refused::Host);
        }
        if from_a_page(request.headers()) { Err(Refused::Browser) } else { Ok(()) }
    }

    fn knows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.hosts.contains(&host)
            || host
                .strip_suffix(&self.bucket_suffix)
                .is_some_and(|bucket| bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)))
    }
}

/// Browsers add `Origin` to what a script or a form sends, and `Sec-Fetch-Site` to everything; `none` is a person's
/// own doing, such as a presigned URL in the address bar.
fn from_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.get_all("sec-fetch-site").iter().any(|site| site != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(host: &str, headers: &[(&'static str, &'static str)]) -> Request<()> {
        let mut request = Request::builder().uri("/").header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn only_this_machines_names_with_the_port() {
        let door = Door::new(4566);
        for host in [
            "127.0.0.1:4566",
            "localhost:4566",
            "LOCALHOST:4566",
            "[::1]:4566",
            "my-bucket.localhost:4566",
            "a.b.localhost:4566",
        ] {
            assert_eq!(door.check(&request(host, &[])), Ok(()), "{host}");
        }
        for host in [
            "127.0.0.1",
            "localhost",
            "127.0.0.1:4567",
            "127.0.0.1:45660",
            "evil.example:4566",
            "localhost.evil.example:4566",
            "evil.example.localhost:80",
            "evillocalhost:4566",
            "127.0.0.1:4566.evil.example",
            "evil@localhost:4566",
            "a/b.localhost:4566",
            "",
        ] {
            assert_eq!(door.check(&request(host, &[])), Err(Refused::Host), "{host}");
        }
        let none = Request::builder().uri("/").body(()).unwrap();
        assert_eq!(door.check(&none), Err(Refused::Host));
        assert_eq!(door.check(&request("localhost:4566", &[("host", "localhost:4566")])), Err(Refused::Host));
        let proxied = Request::builder().uri("http://evil.example/").header("host", "localhost:4566").body(()).unwrap();
        assert_eq!(door.check(&proxied), Err(Refused::Host));
    }

    #[test]
    fn nothing_that_a_page_sends() {
        let door = Door::new(4566);
        for headers in [
            [("origin", "http://127.0.0.1:4566")],
            [("origin", "null")],
            [("sec-fetch-site", "same-origin")],
            [("sec-fetch-site", "same-site")],
            [("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(door.check(&request("127.0.0.1:4566", &headers)), Err(Refused::Browser), "{headers:?}");
        }
        assert_eq!(door.check(&request("127.0.0.1:4566", &[("sec-fetch-site", "none")])), Ok(()));
    }
}
