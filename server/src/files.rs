//! Pictures on their way in and out: raw uploads, and previews that the server drew itself.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::names::check_project_name;
use domain::problem::{Problem, ProblemKind};
use domain::status::DatasetKind;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use services::{Format, Services};

/// A little over the service's 15 MB, so that a file just above is told its reason.
pub(crate) const MOST_UPLOAD_BYTES: usize = 32 * 1024 * 1024;

/// `PUT /upload/<bucket>/<key>`: answers with an `ObjectEntry`, or a `Problem` and 4xx.
pub(crate) async fn upload(
    State(services): State<Services>,
    Path((bucket, key)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    match services.upload_image(bucket, key, body).await {
        Ok(entry) => Json(entry).into_response(),
        Err(problem) => answer(problem),
    }
}

#[derive(Deserialize)]
pub(crate) struct PreviewQuery {
    /// The longest side in pixels; 0 for the full size.
    #[serde(default)]
    side: u32,
}

/// `GET /preview/<bucket>/<key>?side=256`: decoded, turned upright and encoded again by the server,
/// never the object's own bytes.
pub(crate) async fn preview(
    State(services): State<Services>,
    Path((bucket, key)): Path<(String, String)>,
    Query(query): Query<PreviewQuery>,
    headers: HeaderMap,
) -> Response {
    let preview = match services.preview(bucket, key, query.side).await {
        Ok(preview) => preview,
        Err(problem) => return answer(problem),
    };
    let tag = format!("\"{}\"", preview.etag.trim_matches('"'));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { preview.bytes.into_response() };
    let own = response.headers_mut();
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0, must-revalidate"));
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(preview.content_type));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        own.insert(header::ETAG, tag);
    }
    response
}

/// `GET /export/<project>/<train|test>/<format>`: what is said of a dataset's images, as a file to keep.
pub(crate) async fn export(
    State(services): State<Services>,
    Path((project, kind, format)): Path<(String, String, String)>,
) -> Response {
    let kind = match kind.as_str() {
        "train" => DatasetKind::Train,
        "test" => DatasetKind::Test,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Some(format) = Format::ALL.into_iter().find(|known| known.name() == format) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Names of projects have no character that a header would need escaped.
    if let Err(problem) = check_project_name(&project) {
        return answer(problem);
    }
    match services.export_annotations(&project, kind, format).await {
        Ok(bytes) => {
            let side = if kind == DatasetKind::Train { "train" } else { "test" };
            let name = format!("attachment; filename=\"{project}-{side}-{}.{}\"", format.name(), format.ending());
            let mut response = bytes.into_response();
            let own = response.headers_mut();
            own.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
            if let Ok(name) = HeaderValue::from_str(&name) {
                own.insert(header::CONTENT_DISPOSITION, name);
            }
            response
        }
        Err(problem) => answer(problem),
    }
}

fn answer(problem: Problem) -> Response {
    let status = match problem.kind {
        ProblemKind::NotFound => StatusCode::NOT_FOUND,
        ProblemKind::AccessDenied | ProblemKind::CredentialsMissing | ProblemKind::CredentialsExpired => {
            StatusCode::FORBIDDEN
        }
        ProblemKind::ImageTooManyBytes => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        ProblemKind::CloudUnreachable | ProblemKind::CloudFault => StatusCode::BAD_GATEWAY,
        ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(problem)).into_response()
}
