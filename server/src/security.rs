//! The layer before every route: who may ask at all, and what a browser may do with the answer.
//!
//! Kenchi holds cloud credentials and listens on a person's own machine, so any web page that the
//! person visits can try to send requests here. A request is let in only when
//!
//! - its `Host` is exactly one of the names under which this listener is reached (no DNS rebinding), and
//! - it is a GET or HEAD, or the browser says that it comes from this very origin
//!   (`Sec-Fetch-Site: same-origin`, or an `Origin` that matches to the letter). `same-site` is not
//!   enough: every `localhost:*` page is same-site, and
//! - a body of a kind that a plain HTML form can send never reaches a server function.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::problem::{Problem, ProblemKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::sync::Arc;

/// The names under which the page may be asked for, each with its port.
#[derive(Clone)]
pub(crate) struct Allowed(Arc<[String]>);

impl Allowed {
    /// For a listener on loopback at `port`.
    pub(crate) fn loopback(port: u16) -> Self {
        Self(["127.0.0.1", "localhost", "[::1]"].iter().map(|host| format!("{host}:{port}")).collect())
    }

    fn host(&self, host: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    fn origin(&self, origin: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|host| self.host(host))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Host,
    Origin,
    ContentType,
}

/// Lets a request in or answers 403 with a [`Problem`]; sets the headers of every answer.
pub(crate) async fn guard(State(allowed): State<Allowed>, request: Request, next: Next) -> Response {
    let cacheable = request.uri().path().starts_with("/pkg/") || request.uri().path().starts_with("/preview/");
    let mut response = match refusal(&allowed, request.method(), request.uri().path(), request.headers()) {
        None => next.run(request).await,
        Some(reason) => {
            tracing::warn!(?reason, path = request.uri().path(), "request refused");
            let problem = Problem::new(ProblemKind::Refused, format!("{reason:?}"));
            (StatusCode::FORBIDDEN, axum::Json(problem)).into_response()
        }
    };
    let headers = response.headers_mut();
    for (name, value) in FIXED_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !cacheable {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // A page's own policy carries its nonce; everything else may do nothing at all.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

const FIXED_HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=()"),
];

/// The policy of a page, with the nonce of its own scripts and styles.
pub(crate) fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn refusal(allowed: &Allowed, method: &Method, path: &str, headers: &HeaderMap) -> Option<Refusal> {
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("\u{fffd}"));
    let mut hosts = headers.get_all(header::HOST).iter();
    let one_host = hosts.next().and_then(|h| h.to_str().ok()).filter(|_| hosts.next().is_none());
    if !one_host.is_some_and(|host| allowed.host(host)) {
        return Some(Refusal::Host);
    }
    if *method == Method::GET || *method == Method::HEAD {
        return None;
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    let same_origin = match (site, origin) {
        (Some(site), Some(origin)) => site == "same-origin" && allowed.origin(origin),
        (Some(site), None) => site == "same-origin",
        (None, Some(origin)) => allowed.origin(origin),
        (None, None) => false,
    };
    if !same_origin {
        return Some(Refusal::Origin);
    }
    let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let expected = if path.starts_with("/api/") {
        matches!(essence.as_str(), "application/json" | "multipart/form-data")
    } else {
        path.starts_with("/upload/")
    };
    (!expected).then_some(Refusal::ContentType)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: (&str, &str) = ("content-type", "application/json");
    const HOST: (&str, &str) = ("host", "127.0.0.1:3000");

    fn ask(method: Method, headers: &[(&'static str, &str)]) -> Option<Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        refusal(&Allowed::loopback(3000), &method, "/api/project/create", &map)
    }

    #[test]
    fn a_host_of_another_name_or_port_is_refused() {
        assert_eq!(ask(Method::GET, &[HOST]), None);
        for host in
            ["evil.example:3000", "127.0.0.1", "127.0.0.1:3001", "localhost.evil.example:3000", "127.0.0.1:30000"]
        {
            assert_eq!(ask(Method::GET, &[("host", host)]), Some(Refusal::Host), "{host}");
        }
        assert_eq!(ask(Method::GET, &[]), Some(Refusal::Host));
        assert_eq!(ask(Method::GET, &[HOST, ("host", "evil.example")]), Some(Refusal::Host));
    }

    #[test]
    fn a_change_needs_this_very_origin() {
        let same = ("sec-fetch-site", "same-origin");
        let origin = ("origin", "http://127.0.0.1:3000");
        assert_eq!(ask(Method::POST, &[HOST, JSON, same, origin]), None);
        assert_eq!(ask(Method::POST, &[HOST, JSON, origin]), None);
        assert_eq!(ask(Method::POST, &[HOST, JSON]), Some(Refusal::Origin));
        for site in ["same-site", "cross-site", "none"] {
            assert_eq!(ask(Method::POST, &[HOST, JSON, ("sec-fetch-site", site)]), Some(Refusal::Origin), "{site}");
        }
        for origin in [
            "null",
            "http://127.0.0.1:3001",
            "https://127.0.0.1:3000",
            "http://127.0.0.1:3000.evil.example",
            "http://localhost",
        ] {
            assert_eq!(ask(Method::POST, &[HOST, JSON, ("origin", origin)]), Some(Refusal::Origin), "{origin}");
        }
        assert_eq!(ask(Method::POST, &[HOST, JSON, same, ("origin", "http://evil.example")]), Some(Refusal::Origin));
    }

    #[test]
    fn a_plain_form_can_call_no_server_function() {
        let same = ("sec-fetch-site", "same-origin");
        for kind in ["application/x-www-form-urlencoded", "text/plain", ""] {
            assert_eq!(ask(Method::POST, &[HOST, same, ("content-type", kind)]), Some(Refusal::ContentType), "{kind}");
        }
    }
}
