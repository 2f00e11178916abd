//! The texts of the page in Japanese and English.
//!
//! The catalogue stands in `app/locales/<language>/<namespace>.json`; the build fails when the
//! languages differ in a key or a variable. Two macros read it:
//!
//! - `tr!(images.title)` and `tr!(images.files_left, count = n.get())` give a `Signal<String>` that
//!   follows the language: for children, attributes and properties of components. The arguments are
//!   evaluated again whenever a signal in them changes.
//! - `words!(lang, images.title)` gives a `String` now, for event handlers and inside closures;
//!   `lang` is what [`use_lang`] gave at the top of the component.
//!
//! A variable is written `{{ count }}`; it takes whatever has `Display`. A key must not be a word of
//! Rust (`use`, `try`, `type`).

use leptos::prelude::*;

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));

pub use self::i18n::*;

/// The current language: `Copy`, read with [`Lang::get`].
#[derive(Clone, Copy, Debug)]
pub struct Lang(RwSignal<Locale>);

impl Lang {
    /// The language; tracked.
    pub fn get(self) -> Locale {
        self.0.get()
    }

    /// The language; not tracked.
    pub fn get_untracked(self) -> Locale {
        self.0.get_untracked()
    }

    /// Changes the language of the whole page and keeps the choice in a cookie.
    pub fn set(self, locale: Locale) {
        self.0.set(locale);
        crate::cookies::keep(crate::cookies::LANGUAGE, leptos_i18n::Locale::as_str(locale));
    }
}

/// The language of the page this component is in.
pub fn use_lang() -> Lang {
    expect_context()
}

/// Starts the language: what the cookie says, else Accept-Language, else Japanese; in the browser what the server wrote.
///
/// Not by `leptos_i18n`'s own context: on the server it starts a task that reads the language after the page is gone.
pub(crate) fn provide_language() -> Lang {
    let lang = Lang(RwSignal::new(first_language().parse().unwrap_or_default()));
    provide_context(lang);
    lang
}

#[cfg(feature = "hydrate")]
fn first_language() -> String {
    let written = document().document_element().and_then(|root| root.get_attribute("lang"));
    written.unwrap_or_else(|| language_of_request().to_owned())
}

#[cfg(not(feature = "hydrate"))]
fn first_language() -> String {
    language_of_request().to_owned()
}

/// The language that the server picks for this request, as `<html lang>` says it.
pub(crate) fn language_of_request() -> &'static str {
    let wanted = crate::cookies::wanted_languages().unwrap_or_default();
    let first_known = wanted.split(',').map(|part| part.trim()).find_map(|part| {
        let language = part.split([';', '-']).next().unwrap_or_default();
        match language {
            "ja" => Some("ja"),
            "en" => Some("en"),
            _ => None,
        }
    });
    first_known.unwrap_or("ja")
}

/// What `tr!` without variables becomes: one type for all texts keeps the module small.
pub fn say(text: fn(Locale) -> &'static str) -> Signal<String> {
    let lang = use_lang();
    Signal::derive(move || text(lang.get()).to_owned())
}

/// A text of the catalogue as `Signal<String>`; see [`crate::i18n`].
#[macro_export]
macro_rules! tr {
    ($($key:ident).+ $(,)?) => {
        $crate::i18n::say(|locale| leptos_i18n::td_string!(locale, $($key).+))
    };
    ($($key:ident).+, $($arguments:tt)+) => {{
        let lang = $crate::i18n::use_lang();
        leptos::prelude::Signal::derive(move || {
            let locale = lang.get();
            leptos_i18n::td_string!(locale, $($key).+, $($arguments)+).to_string()
        })
    }};
}

/// A text of the catalogue as `String`; see [`crate::i18n`].
#[macro_export]
macro_rules! words {
    ($lang:expr, $($key:ident).+ $(,)?) => {{
        let locale = $lang.get();
        leptos_i18n::td_string!(locale, $($key).+).to_string()
    }};
    ($lang:expr, $($key:ident).+, $($arguments:tt)+) => {{
        let locale = $lang.get();
        leptos_i18n::td_string!(locale, $($key).+, $($arguments)+).to_string()
    }};
}
