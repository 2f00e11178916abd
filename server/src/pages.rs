//! The routes: the page itself, its server functions, uploads and previews, behind the guard.

use crate::{files, security, site};
use app::ShellAssets;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use http::{HeaderValue, header};
use leptos::nonce::use_nonce;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes as _, ResponseOptions, generate_route_list, render_app_to_stream_with_context,
};
use services::Services;

/// A manifest from this computer or a picture for detection; uploads have a limit of their own.
const MOST_API_BYTES: usize = 64 * 1024 * 1024;

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
