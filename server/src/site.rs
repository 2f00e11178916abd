//! The page's files, carried in the binary: hashed names, served compressed, cached for good.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

pub(crate) struct File {
    path: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/site_files.rs"));

/// Where the page's parts are, for the document's head; none when the binary was built without its site.
pub(crate) fn assets() -> Option<app::ShellAssets> {
    let index: serde_json::Value = serde_json::from_str(INDEX).ok()?;
    let url = |file: &serde_json::Value| Some(format!("/pkg/{}", file.as_str()?));
    let part = |name: &str| url(index.get(name)?);
    let files = |group: &serde_json::Value| group.as_array()?.iter().map(url).collect::<Option<Vec<_>>>();
    let chunks = index.get("chunks")?.as_object()?.iter();
    Some(app::ShellAssets {
        css: part("css")?,
        js: part("js")?,
        loader: part("loader")?,
        wasm: part("wasm")?,
        chunks: chunks.map(|(group, of_group)| Some((group.clone(), files(of_group)?))).collect::<Option<_>>()?,
    })
}

/// `GET /pkg/<path>`
pub(crate) async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.path == path) {
        Some(file) => answer(file, &headers, "public, max-age=31536000, immutable"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /favicon.svg` and its like: a file of the site that browsers ask for by a fixed name.
pub(crate) async fn serve_icon(headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.path == "favicon.svg") {
        Some(file) => answer(file, &headers, "public, max-age=86400"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(file: &File, headers: &HeaderMap, caching: &'static str) -> Response {
    let (bytes, encoding) = match accepted(headers) {
        Accepted::Brotli => (file.brotli, Some("br")),
        Accepted::Gzip => (file.gzip, Some("gzip")),
        Accepted::Plain => (file.plain, None),
    };
    let mut response = bytes.into_response();
    let own = response.headers_mut();
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(file.path)));
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    own.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        own.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

#[derive(Debug, PartialEq, Eq)]
enum Accepted {
    Brotli,
    Gzip,
    Plain,
}

fn accepted(headers: &HeaderMap) -> Accepted {
    let Some(value) = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()) else {
        return Accepted::Plain;
    };
    let takes = |name: &str| {
        value.split(',').any(|part| {
            let mut words = part.split(';').map(str::trim);
            let named = words.next().is_some_and(|n| n.eq_ignore_ascii_case(name));
            named && !words.any(|w| w.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)))
        })
    };
    if takes("br") {
        Accepted::Brotli
    } else if takes("gzip") {
        Accepted::Gzip
    } else {
        Accepted::Plain
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_form_that_the_browser_takes_is_chosen() {
        let with = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            accepted(&headers)
        };
        assert_eq!(with("gzip, deflate, br, zstd"), Accepted::Brotli);
        assert_eq!(with("gzip;q=1.0, br;q=0"), Accepted::Gzip);
        assert_eq!(with("identity"), Accepted::Plain);
        assert_eq!(accepted(&HeaderMap::new()), Accepted::Plain);
    }
}
