//! Answers that say no, each in the shape that the service's clients read.

use http::{HeaderValue, Response, StatusCode, header};
use s3s::{Body, S3Error, S3ErrorCode};

use super::full;

/// In the shape of the service that the request was for.
pub(super) fn answer(
    for_rekognition: bool,
    status: StatusCode,
    code: &'static str,
    message: &str,
    resource: &str,
) -> Response<Body> {
    if for_rekognition { json(status, &format!("{code}Exception"), message) } else { xml(code, message, resource) }
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

/// As S3 says it; the status goes with the code. `resource` is the path that was asked for. An empty message stands
/// for the usual one.
pub(super) fn xml(code: &'static str, message: &str, resource: &str) -> Response<Body> {
    let known = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let status = known.status_code().unwrap_or(StatusCode::BAD_REQUEST);
    let mut error = S3Error::new(known);
    error.set_status_code(status);
    if !message.is_empty() {
        error.set_message(message.to_owned());
    }
    let response = error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    });
    finish(response, resource)
}

/// Adds what S3 gives each answer: its id in a header, and in the document of an error the id once more, the resource
/// and a message.
pub(super) fn finish(mut response: Response<Body>, resource: &str) -> Response<Body> {
    let id = uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase();
    let id = id.get(..16).unwrap_or(&id);
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let completed = response.body().bytes().and_then(|body| complete(std::str::from_utf8(&body).ok()?, id, resource));
    if let Some(document) = completed {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(document.len()));
        *response.body_mut() = full(document);
    }
    response
}

/// An error's document with what is missing in it; `None` for other documents.
fn complete(document: &str, id: &str, resource: &str) -> Option<String> {
    let body = document.strip_suffix("</Error>")?;
    let mut whole = body.to_owned();
    if !body.contains("<Message>") {
        let code = body.split_once("<Code>")?.1.split_once("</Code>")?.0;
        whole.push_str(&format!("<Message>{}</Message>", usual_message(code)));
    }
    whole.push_str("<Resource>");
    for letter in resource.chars() {
        match letter {
            '&' => whole.push_str("&amp;"),
            '<' => whole.push_str("&lt;"),
            '>' => whole.push_str("&gt;"),
            other => whole.push(other),
        }
    }
    whole.push_str(&format!("</Resource><RequestId>{id}</RequestId></Error>"));
    Some(whole)
}

/// What S3 says with a code, for those that the protocol layer gives without words.
fn usual_message(code: &str) -> &'static str {
    match code {
        "InternalError" => "We encountered an internal error. Please try again.",
        "InvalidBucketName" => "The specified bucket is not valid.",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "KeyTooLongError" => "Your key is too long",
        "MalformedXML" => "The XML you provided was not well-formed or did not validate against our published schema",
        "MaxMessageLengthExceeded" => "Your request was too big.",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "MissingRequestBodyError" => "Request Body is empty",
        "IncompleteBody" => "You did not provide the number of bytes specified by the Content-Length HTTP header",
        "NotImplemented" => "A header you provided implies functionality that is not implemented",
        _ => "The request is not valid.",
    }
}
