//! The routes: the page itself, its server functions, uploads and previews, behind the guard.

use crate::{files, security, site};
use app::ShellAssets;
use app::pages::FirstImages;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use http::{HeaderValue, Uri, header};
use leptos::nonce::use_nonce;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes as _, ResponseOptions, generate_route_list, render_app_to_stream_with_context,
};
use services::Services;
use std::time::Duration;

/// A manifest from this computer or a picture for detection; uploads have a limit of their own.
const MOST_API_BYTES: usize = 64 * 1024 * 1024;
/// How long a page waits for the images in it. The cloud may take longer; the browser asks for them then.
const PATIENCE: Duration = Duration::from_millis(80);

#[derive(Clone)]
struct PageState {
    options: LeptosOptions,
    services: Services,
    assets: ShellAssets,
}

impl axum::extract::FromRef<PageState> for LeptosOptions {
    fn from_ref(state: &PageState) -> Self {
        state.options.clone()
    }
}

/// All routes of the page's listener.
pub(crate) fn router(services: Services, assets: ShellAssets, allowed: security::Allowed) -> Router {
    let options = LeptosOptions::builder().output_name("kenchi").build();
    let state = PageState { options, services: services.clone(), assets };
    let routes = page_routes();
    let context = {
        let (services, assets) = (state.services.clone(), state.assets.clone());
        move || {
            provide_context(services.clone());
            provide_context(assets.clone());
            if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
                && let Ok(policy) = HeaderValue::from_str(&security::page_policy(&nonce.to_string()))
            {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
    };
    let shell = {
        let assets = state.assets.clone();
        move || app::shell(assets.clone())
    };
    let pages = Router::new()
        .route("/api/{*function}", post(server_function))
        .leptos_routes_with_context(&state, routes, context.clone(), shell.clone())
        .fallback(render_app_to_stream_with_context(context, shell))
        .layer(DefaultBodyLimit::max(MOST_API_BYTES))
        .layer(middleware::from_fn_with_state(services.clone(), with_first_images))
        .with_state(state);
    Router::new()
        .route("/pkg/{*path}", get(site::serve))
        .route("/favicon.svg", get(site::serve_icon))
        .route("/favicon.ico", get(site::serve_icon))
        .merge(
            Router::new()
                .route("/upload/{bucket}/{*key}", put(files::upload))
                .layer(DefaultBodyLimit::max(files::MOST_UPLOAD_BYTES))
                .route("/preview/{bucket}/{*key}", get(files::preview))
                .route("/export/{project}/{kind}/{format}", get(files::export))
                .with_state(services),
        )
        .merge(pages)
        .layer(middleware::from_fn_with_state(allowed, security::guard))
}

/// Puts the first images of a labels page beside its request, so that they stand in its HTML.
async fn with_first_images(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    if let Some(project) = labels_page(request.uri()).map(str::to_owned) {
        // What comes too late is remembered for the browser's own question.
        let asked = tokio::spawn(async move { FirstImages::of(&services, &project).await });
        if let Ok(Ok(Some(first))) = tokio::time::timeout(PATIENCE, asked).await {
            request.extensions_mut().insert(first);
        }
    }
    next.run(request).await
}

/// The project whose labels page this is, without filter, order or image.
fn labels_page(uri: &Uri) -> Option<&str> {
    let project = uri.path().strip_prefix("/projects/")?.strip_suffix("/labels")?;
    (uri.query().is_none() && !project.contains('/')).then_some(project)
}

/// The pages' routes. To list them Leptos renders the page once and throws it away; what that rendering
/// spawned would go on without the values it reads, and panic. On a runtime that never runs, it doesn't.
fn page_routes() -> Vec<AxumRouteListing> {
    let listing = std::thread::spawn(|| {
        let never_run = tokio::runtime::Builder::new_current_thread().build();
        let _entered = never_run.as_ref().map(tokio::runtime::Runtime::enter);
        generate_route_list(app::App)
    });
    listing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

async fn server_function(State(state): State<PageState>, request: Request) -> Response {
    let services = state.services.clone();
    leptos_axum::handle_server_fns_with_context(move || provide_context(services.clone()), request)
        .await
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_labels_page_has_images_in_its_html() {
        let project = |uri: &str| labels_page(&uri.parse().unwrap()).map(str::to_owned);
        assert_eq!(project("/projects/a.b-1/labels"), Some("a.b-1".to_owned()));
        for other in
            ["/projects/a/labels?image=x", "/projects/a/train", "/projects/a/b/labels", "/labels", "/projects/labels"]
        {
            assert_eq!(project(other), None, "{other}");
        }
    }
}
