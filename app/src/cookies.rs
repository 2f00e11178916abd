//! The two choices a person makes for the page itself, language and theme: kept in cookies so that
//! the server's first HTML is right and nothing flashes.

/// The cookie of the language: `ja` or `en`.
pub const LANGUAGE: &str = "kenchi_lang";
/// The cookie of the theme: `auto`, `light` or `dark`.
pub const THEME: &str = "kenchi_theme";

/// Keeps `value` for a year. Does nothing on the server.
pub fn keep(name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let document = leptos::prelude::document();
        if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
            let _ = document.set_cookie(&format!("{name}={value}; path=/; max-age=31536000; samesite=lax"));
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, value);
}

/// The value of a cookie: of the request on the server, of the document in the browser.
pub fn read(name: &str) -> Option<String> {
    let all = all()?;
    all.split(';').find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

#[cfg(feature = "ssr")]
fn all() -> Option<String> {
    header(http::header::COOKIE)
}

#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn all() -> Option<String> {
    use wasm_bindgen::JsCast;
    leptos::prelude::document().dyn_ref::<web_sys::HtmlDocument>()?.cookie().ok()
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn all() -> Option<String> {
    None
}

/// The languages of this request in the shape of Accept-Language: the kept choice comes first.
pub(crate) fn wanted_languages() -> Option<String> {
    match read(LANGUAGE).as_deref() {
        Some("ja") => Some("ja".to_owned()),
        Some("en") => Some("en".to_owned()),
        _ => accept_language(),
    }
}

#[cfg(feature = "ssr")]
fn accept_language() -> Option<String> {
    header(http::header::ACCEPT_LANGUAGE)
}

#[cfg(not(feature = "ssr"))]
fn accept_language() -> Option<String> {
    None
}

#[cfg(feature = "ssr")]
fn header(name: http::HeaderName) -> Option<String> {
    let parts = leptos::prelude::use_context::<http::request::Parts>()?;
    parts.headers.get(name)?.to_str().ok().map(str::to_owned)
}
