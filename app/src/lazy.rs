//! Pages that a browser loads when they are opened.
//!
//! A group of pages is a module of WebAssembly of its own; what several groups need and the first page
//! does not, is one more, so that their number doubles with every group: pages that a person opens one
//! after the other share a group. The dashboard is in no group: it is the first page, and one file loads
//! faster than two. `cargo xtask` cuts the modules (`xtask/src/split.rs`).

use leptos::prelude::*;
use leptos_router::ChooseView;
use wasm_split_helpers::SplitLoaderError;

macro_rules! lazy_pages {
    ($($page:ident = $Page:ident in $group:ident;)*) => {
        /// What a chunk gives; `load` beside each fetches the chunk alone.
        mod split {$(
            pub(super) mod $page {
                use crate::pages;
                use leptos::prelude::{AnyView, IntoAny};
                use wasm_split_helpers::{SplitLoaderError, wasm_split};

                #[wasm_split($group, fallible, preload(load))]
                pub fn $page() -> Result<AnyView, SplitLoaderError> {
                    Ok(pages::$Page().into_any())
                }
            }
        )*}

        $(pub(crate) fn $page() -> impl ChooseView {
            LazyPage { name: stringify!($page), group: stringify!($group), open: split::$page::$page }
        })*

        #[cfg(feature = "hydrate")]
        async fn load(page: &str) -> Result<(), SplitLoaderError> {
            $(if page == stringify!($page) {
                return split::$page::load().await;
            })*
            Ok(())
        }
    };
}

lazy_pages! {
    projects = Projects in places;
    models = Models in places;
    activity = Activity in places;
    settings = Settings in places;
    images = Images in images;
    dataset = Dataset in dataset;
    labels = Labels in labels;
    train = Train in model;
    evaluate = Evaluate in model;
    use_model = UseModel in model;
}

#[derive(Clone)]
struct LazyPage<F> {
    name: &'static str,
    group: &'static str,
    open: F,
}

impl<F, Loading> ChooseView for LazyPage<F>
where
    F: Fn() -> Loading + Clone + Send + 'static,
    Loading: Future<Output = Result<AnyView, SplitLoaderError>>,
{
    async fn choose(self) -> AnyView {
        announce(self.name, self.group);
        match (self.open)().await {
            Ok(view) => view,
            Err(_) => {
                open_anew();
                std::future::pending().await
            }
        }
    }

    async fn preload(&self) {}
}

/// Tells the browser in the document's head which page this is, for [`load_first`], and which files its
/// chunk is made of: they are loaded beside the main module and not after it.
#[cfg(feature = "ssr")]
fn announce(page: &'static str, group: &str) {
    use leptos_meta::{Link, Meta};
    // Nothing is written here: rendering hands a tag to the head.
    let _ = view! { <Meta name=PAGE content=page /> }.to_html();
    let assets = use_context::<crate::ShellAssets>();
    for url in assets.iter().filter_map(|assets| assets.chunks.get(group)).flatten() {
        let link = view! { <Link rel="preload" href=url.clone() as_="fetch" type_="application/wasm" crossorigin="anonymous" /> };
        let _ = link.to_html();
    }
}

#[cfg(not(feature = "ssr"))]
fn announce(_page: &'static str, _group: &str) {}

const PAGE: &str = "kenchi-page";

/// Waits for the chunk of the page that the server wrote; false if it cannot be had. Hydrating starts
/// after it: what comes to life before the rest is there could change what the rest expects to find.
#[cfg(feature = "hydrate")]
pub(crate) async fn load_first() -> bool {
    let page = document()
        .query_selector(&format!("meta[name={PAGE}]"))
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    match page {
        Some(page) => load(&page).await.is_ok(),
        None => true,
    }
}

/// What is left to do when a chunk cannot be had, as after an update of the server, which has the new
/// chunks only: the browser opens the page's address as if it were the first one.
#[cfg(feature = "hydrate")]
fn open_anew() {
    let url = leptos_router::hooks::use_url().with_untracked(|url| {
        let mark = if url.search().is_empty() { "" } else { "?" };
        format!("{}{mark}{}{}", url.path(), url.search(), url.hash())
    });
    if let Err(error) = window().location().set_href(&url) {
        leptos::logging::error!("{url} could not be opened: {error:?}");
    }
}

#[cfg(not(feature = "hydrate"))]
fn open_anew() {}
