use super::ApiError;
use domain::view::SessionView;
use leptos::prelude::*;
use server_fn::codec::Json;

/// Which cloud, which Region, which version.
#[server(prefix = "/api", endpoint = "session/get", input = Json)]
pub async fn session() -> Result<SessionView, ApiError> {
    Ok(super::services()?.session())
}
