//! The HTTP side: connections, what a browser's page may not do, and which service a request is for.

mod door;
mod refusal;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use s3s::Body;
use s3s::service::S3Service;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::sigv4::{self, KeyProblem, PathStyle, SignatureError};
use crate::{Accounts, Keys, LocalCloud, rekognition, s3, sts};
use door::Door;
use s3::door::Entered;

/// A body for Rekognition: 5 MiB of dataset changes are 7 MiB in base 64.
const REKOGNITION_BODY: usize = 16 * 1024 * 1024;
/// Larger bodies than this are held a few at a time, so that many clients can't fill the memory.
const LARGE_BODY: u64 = 1024 * 1024;
const LARGE_BODIES: usize = 8;
/// A call of STS is a few parameters.
const STS_BODY: usize = 64 * 1024;
/// How long a client may take for such a body.
const BODY_TIME: Duration = Duration::from_secs(120);
/// How long requests under way may take after the shutdown began.
const LAST_CALL: Duration = Duration::from_secs(10);

struct Service {
    door: Door,
    accounts: Accounts,
    region: String,
    s3: S3Service,
    rekognition: Arc<rekognition::State>,
    large_bodies: Semaphore,
}

/// Accepts connections until `shutdown` is ready, and then waits for the requests under way.
pub(crate) async fn serve(
    cloud: &LocalCloud,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let port = listener.local_addr()?.port();
    let service = Arc::new(Service {
        door: Door::new(port),
        accounts: cloud.accounts.clone(),
        region: cloud.config.region.clone(),
        s3: s3::service(cloud.store.clone(), &cloud.accounts, &cloud.config.region, port),
        rekognition: Arc::clone(&cloud.rekognition),
        large_bodies: Semaphore::new(LARGE_BODIES),
    });
    let places = Arc::new(Semaphore::new(cloud.config.max_connections));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, _) = listener.accept().await?;
            Ok::<_, io::Error>((stream, place))
        };
        let (stream, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // A connection that went away, or no file handles left: neither ends the server.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // Answers are written in several pieces; waiting to join them costs 40 ms a request.
        let _ = stream.set_nodelay(true);
        let service = Arc::clone(&service);
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(cloud.config.header_timeout)
            .max_headers(128)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| {
                    let service = Arc::clone(&service);
                    async move { Ok::<_, Infallible>(service.answer(request).await) }
                }),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_CALL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

impl Service {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let for_rekognition = request.headers().contains_key("x-amz-target");
        if let Err(refused) = self.door.check(&request) {
            return refusal::answer(for_rekognition, StatusCode::FORBIDDEN, "AccessDenied", refused.message(), "/");
        }
        match for_rekognition {
            true => self.rekognition(request).await,
            false if sts::is_for(request.headers()) => self.sts(request).await,
            false => self.s3(request).await,
        }
    }

    /// A large body that is held as a whole waits for its place; one of unknown length counts as large.
    async fn place_for(&self, body: &impl http_body::Body) -> Option<SemaphorePermit<'_>> {
        let is_large = body.size_hint().upper().is_none_or(|most| most > LARGE_BODY);
        if is_large { self.large_bodies.acquire().await.ok() } else { None }
    }

    async fn rekognition(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let _place = self.place_for(&body).await;
        let body = match tokio::time::timeout(BODY_TIME, Limited::new(body, REKOGNITION_BODY).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                let message = "The request is larger than 16 MiB.";
                return refusal::json(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", message);
            }
            Ok(Err(_)) => {
                return refusal::json(StatusCode::BAD_REQUEST, "SerializationException", "The body broke off.");
            }
            Err(_) => {
                return refusal::json(
                    StatusCode::REQUEST_TIMEOUT,
                    "RequestTimeoutException",
                    "The body took too long.",
                );
            }
        };
        let (caller, _) = match self.caller(&parts, &body, "rekognition") {
            Ok(caller) => caller,
            Err(NotLetIn::Expired) => {
                let message = "The security token included in the request is expired";
                return refusal::json(StatusCode::BAD_REQUEST, "ExpiredTokenException", message);
            }
            Err(NotLetIn::Signature(error)) => {
                return refusal::json(error.status(), error.code(), &error.to_string());
            }
        };
        if parts.method != Method::POST || parts.uri.path() != "/" {
            return refusal::json(StatusCode::NOT_FOUND, "UnknownOperationException", "Calls are posted to /.");
        }
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        rekognition::handle(&self.rekognition, &caller, target, body).await.map(Body::from)
    }

    /// The account that signed a request for a service that takes its whole body, and its keys.
    fn caller(&self, parts: &Parts, body: &[u8], service: &str) -> Result<(String, Keys), NotLetIn> {
        let now = OffsetDateTime::now_utc();
        let token = parts.headers.get("x-amz-security-token").map(|token| token.to_str().unwrap_or_default());
        let found = sigv4::access_key_id(parts).map(|id| sts::resolve(&self.accounts, id, token, now));
        if let Some(Err(KeyProblem::ExpiredToken)) = found {
            return Err(NotLetIn::Expired);
        }
        let found = found.and_then(Result::ok);
        let expected = sigv4::Expected {
            // With keys that nobody has, the check fails as it should: they are not the first account's.
            keys: found.as_ref().map_or_else(|| self.accounts.first(), |(_, keys)| keys),
            region: &self.region,
            service,
            session: found.is_some() && token.is_some(),
            path_style: PathStyle::Normalized,
        };
        sigv4::verify(parts, body, expected, now).map_err(NotLetIn::Signature)?;
        found.ok_or(NotLetIn::Signature(SignatureError::UnknownKey))
    }

    async fn sts(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let refuse = |status, code: &str, message: &str| sts_answer(status, sts::refused(code, message));
        let Ok(Ok(body)) = tokio::time::timeout(BODY_TIME, Limited::new(body, STS_BODY).collect()).await else {
            return refuse(StatusCode::BAD_REQUEST, "MalformedQueryString", "The body can't be read.");
        };
        let body = body.to_bytes();
        let (account, keys) = match self.caller(&parts, &body, "sts") {
            Ok(caller) => caller,
            Err(NotLetIn::Expired) => {
                let message = "The security token included in the request is expired";
                return refuse(StatusCode::FORBIDDEN, "ExpiredToken", message);
            }
            Err(NotLetIn::Signature(error)) => {
                return refuse(StatusCode::FORBIDDEN, sts::code_of(&error), &error.to_string());
            }
        };
        let session = parts.headers.contains_key("x-amz-security-token");
        let caller = sts::Caller { account: &account, keys: &keys, session };
        match sts::answer(&body, &caller, OffsetDateTime::now_utc()) {
            Ok(document) => sts_answer(StatusCode::OK, document),
            Err(sts::Refusal(code, message)) => refuse(StatusCode::BAD_REQUEST, code, &message),
        }
    }

    async fn s3(&self, request: Request<Incoming>) -> Response<Body> {
        let resource = request.uri().path().to_owned();
        let of_attributes =
            request.uri().query().is_some_and(|query| query.split('&').any(|one| one.starts_with("attributes")));
        let find = |id: &str, token: Option<&str>| sts::resolve(&self.accounts, id, token, OffsetDateTime::now_utc());
        let Entered { request, report, is_document } = match s3::door::enter(request, &self.region, find) {
            Ok(entered) => entered,
            Err(refused) => return refusal::xml(refused.code, &refused.message, &resource),
        };
        let _place = if is_document { self.place_for(request.body()).await } else { None };
        let response = match self.s3.call(request).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(?error, "an S3 call failed");
                return refusal::xml("InternalError", "", &resource);
            }
        };
        match report.fault() {
            // Whatever the layers above made of it: the body is why.
            Some(fault) if !response.status().is_success() => {
                let (code, message) = fault.told();
                refusal::xml(code, message, &resource)
            }
            _ if of_attributes => refusal::finish(s3::attributes::unquote(response), &resource),
            _ => refusal::finish(response, &resource),
        }
    }
}

/// Why a caller is not let in.
enum NotLetIn {
    /// The session is over.
    Expired,
    Signature(SignatureError),
}

fn sts_answer(status: StatusCode, document: String) -> Response<Body> {
    let mut response = Response::new(full(document));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/xml"));
    response
}

/// A body of bytes that are all there.
fn full(bytes: impl Into<Bytes>) -> Body {
    Body::from(bytes.into())
}
