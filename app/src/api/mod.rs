//! The server functions, one module for each area. Each one is thin: parse, call `services`, map
//! the error. Endpoints are `/api/<area>/<name>`, input and output JSON unless said otherwise.

mod error;

pub mod dataset;
pub mod evaluation;
pub mod images;
pub mod job;
pub mod labelling;
pub mod model;
pub mod project;
pub mod session;
pub mod training;

pub use error::ApiError;

/// The services of this server, as `server` put them into the context.
///
/// # Errors
/// When the server did not provide them, which is a mistake of ours.
#[cfg(feature = "ssr")]
pub(crate) fn services() -> Result<services::Services, ApiError> {
    use domain::problem::{Problem, ProblemKind};
    leptos::prelude::use_context::<services::Services>()
        .ok_or_else(|| Problem::new(ProblemKind::Internal, "no services in the context").into())
}
