//! What a person sees: pages, components, and the server functions they call.
//!
//! - [`pages`]: one module for each area, after the URL tree.
//! - [`ui`]: the components and hooks that the pages are made of.
//! - [`api`]: the server functions of each area: parse, call `services`, map the error.
//! - [`i18n`]: the texts.
//!
//! The feature `ssr` is the server's half, `hydrate` the browser's; never both in one build.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod api;
mod app;
pub mod cookies;
pub mod format;
pub mod i18n;
mod lazy;
pub mod links;
pub mod pages;
pub mod ui;

pub use app::App;
#[cfg(feature = "ssr")]
pub use app::{ShellAssets, shell};

/// Brings the server's HTML to life. Called once by the module that a browser loads.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    wasm_bindgen_futures::spawn_local(async {
        if !lazy::load_first().await {
            // What the server wrote stays as it is; its links work.
            leptos::logging::error!("a part of this page could not be loaded");
            return;
        }
        leptos::mount::hydrate_body(App);
        // For whoever drives the page by program: from here on it answers to clicks.
        let root = leptos::prelude::document().document_element();
        if root.is_some_and(|root| root.set_attribute("data-hydrated", "").is_err()) {
            leptos::logging::warn!("the page could not be marked as hydrated");
        }
    });
}
