//! Answers that say no, each in the shape that the service's clients read.

use http::{HeaderValue, Response, StatusCode, header};
use s3s::{Body, S3Error, S3ErrorCode};

use super::full;

/// In the shape of the service that the request was for.
pub(super) fn answer(for_rekognition: bool, status: StatusCode, code: &'static str, message: &str) -> Response<Body> {
    if for_rekognition { json(status, &format!("{code}Exception"), message) } else { xml(code, message) }
}

/// As Rekognition says it.
pub(super) fn json(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let id = uuid::Uuid::new_v4().to_string();
    let body = serde_json::json!({ "__type": code, "Code": code, "Logref": id, "Message": message });
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// As S3 says it; the status goes with the code.
pub(super) fn xml(code: &'static str, message: &str) -> Response<Body> {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, message.to_owned());
    if error.status_code().is_none() {
        error.set_status_code(StatusCode::BAD_REQUEST);
    }
    let mut response = error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    });
    add_request_id(&mut response);
    response
}

/// The id that S3 gives each answer.
pub(super) fn add_request_id(response: &mut Response<Body>) {
    let id = uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase();
    if let Ok(id) = HeaderValue::from_str(id.get(..16).unwrap_or(&id)) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
}
