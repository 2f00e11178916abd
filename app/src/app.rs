use crate::i18n::provide_language;
use crate::lazy;
use crate::pages;
use crate::ui::{Frame, provide_frame_state};
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

/// The URLs of the page's parts, with their content's hash in the name.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct ShellAssets {
    pub css: String,
    pub js: String,
    /// The script that loads chunks; `js` imports it.
    pub loader: String,
    pub wasm: String,
    /// The chunks of each group of pages, see `lazy.rs`.
    pub chunks: std::collections::BTreeMap<String, Vec<String>>,
}

/// The document around [`App`]: head, style sheet and the script that loads the module.
#[cfg(feature = "ssr")]
pub fn shell(assets: ShellAssets) -> impl IntoView {
    let nonce = leptos::nonce::use_nonce().map(|nonce| nonce.to_string());
    let start = format!(
        "import init,{{hydrate}} from \"{}\";init({{module_or_path:\"{}\"}}).then(hydrate)",
        assets.js, assets.wasm
    );
    view! {
        <!DOCTYPE html>
        <html lang=crate::i18n::language_of_request() data-theme=crate::ui::Theme::of_request().as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>"Kenchi"</title>
                <link rel="stylesheet" href=assets.css />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="modulepreload" href=assets.js nonce=nonce.clone() />
                <link rel="modulepreload" href=assets.loader nonce=nonce.clone() />
                <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=nonce inner_html=start></script>
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The whole page: language, router, frame and routes.
#[component]
pub fn App() -> impl IntoView {
    provide_language();
    view! {
        <Router>
            {provide_frame_state()}
            <Frame>
                <FlatRoutes fallback=|| pages::NotFound().into_any()>
                    <Route path=path!("/") view=|| pages::Dashboard().into_any() />
                    <Route path=path!("/images") view=lazy::images() />
                    <Route path=path!("/images/*folder") view=lazy::images() />
                    <Route path=path!("/projects") view=lazy::projects() />
                    <Route path=path!("/projects/:project/dataset") view=lazy::dataset() />
                    <Route path=path!("/projects/:project/labels") view=lazy::labels() />
                    <Route path=path!("/projects/:project/train") view=lazy::train() />
                    <Route path=path!("/projects/:project/evaluate") view=lazy::evaluate() />
                    <Route path=path!("/projects/:project/use") view=lazy::use_model() />
                    <Route path=path!("/models") view=lazy::models() />
                    <Route path=path!("/activity") view=lazy::activity() />
                    <Route path=path!("/settings") view=lazy::settings() />
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
