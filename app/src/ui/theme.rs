use crate::cookies;
use leptos::prelude::*;

/// Light, dark, or what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// The word in the cookie and in `<html data-theme>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this request, or of this document.
    pub fn of_request() -> Self {
        match cookies::read(cookies::THEME).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// The next one of the header's switch.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }
}

/// The theme of the page; setting it is kept in the cookie.
pub fn use_theme() -> RwSignal<Theme> {
    expect_context::<ThemeContext>().0
}

#[derive(Clone, Copy)]
struct ThemeContext(RwSignal<Theme>);

pub(super) fn provide_theme() {
    let theme = RwSignal::new(Theme::of_request());
    provide_context(ThemeContext(theme));
    Effect::new(move |before: Option<Theme>| {
        let now = theme.get();
        if before.is_some_and(|before| before != now) {
            cookies::keep(cookies::THEME, now.as_str());
        }
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", now.as_str());
        }
        now
    });
}
