//! A request's body, checked against its signature while it is read.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::Sleep;

use crate::sigv4::chunked::{ChunkError, Chunked};
use crate::sigv4::s3::BodyCheck;

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyFault {
    #[error("the connection ended within the body")]
    BrokenOff,
    #[error("the body is not the one that was signed")]
    Sha256,
    #[error("the document is too large")]
    TooLarge,
    #[error("the document took too long")]
    TooSlow,
    #[error(transparent)]
    Chunk(#[from] ChunkError),
}

impl BodyFault {
    /// S3's code and message.
    pub(crate) fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Sha256 => (
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            Self::TooLarge => ("MaxMessageLengthExceeded", "Your request was too big."),
            Self::TooSlow => (
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period.",
            ),
            Self::Chunk(ChunkError::Signature) => (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            ),
            Self::Chunk(ChunkError::Trailer) => (
                "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform to our published schema.",
            ),
            Self::Chunk(ChunkError::Malformed) => ("InvalidRequest", "The aws-chunked body is not well-formed."),
            Self::BrokenOff | Self::Chunk(ChunkError::Incomplete | ChunkError::TooLong) => (
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            ),
        }
    }
}

/// What became of a body: shared between it and whoever answers.
#[derive(Clone, Default)]
pub(crate) struct BodyReport(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    fault: Option<BodyFault>,
    trailers: HeaderMap,
}

impl BodyReport {
    fn with<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why reading ended early.
    pub(crate) fn fault(&self) -> Option<BodyFault> {
        self.with(|told| told.fault)
    }

    /// A header of the trailer, once the body was read to its end.
    pub(crate) fn trailer(&self, name: &str) -> Option<http::HeaderValue> {
        self.with(|told| told.trailers.get(name).cloned())
    }
}

/// Gives a body's content; an error as soon as it is not what was signed.
pub(crate) struct CheckedBody<B> {
    inner: B,
    check: Check,
    /// Bytes of the wire that were not looked at yet.
    waiting: Bytes,
    /// Bytes of content, when that is known.
    length: Option<u64>,
    /// Bytes of the wire that may still come.
    most: u64,
    /// When the whole must have come.
    end: Option<Pin<Box<Sleep>>>,
    report: BodyReport,
}

enum Check {
    Nothing,
    Sha256 { wanted: String, hash: Sha256 },
    Chunked(Box<Chunked>),
    Ended,
}

impl<B: HttpBody> CheckedBody<B> {
    /// A body of at most `most` bytes on the wire, which come within `time`.
    pub(crate) fn new(inner: B, check: BodyCheck, most: u64, time: Option<Duration>, report: BodyReport) -> Self {
        let length = inner.size_hint().exact();
        let (check, length) = match check {
            BodyCheck::Unsigned => (Check::Nothing, length),
            BodyCheck::Sha256(wanted) => (Check::Sha256 { wanted, hash: Sha256::new() }, length),
            BodyCheck::Chunked(reader, length) => (Check::Chunked(reader), Some(length)),
        };
        let end = time.map(|time| Box::pin(tokio::time::sleep(time)));
        Self { inner, check, waiting: Bytes::new(), length, most, end, report }
    }

    fn refuse<T>(&mut self, fault: BodyFault) -> Poll<Option<Result<T, BodyFault>>> {
        self.check = Check::Ended;
        self.report.with(|told| told.fault = Some(fault));
        Poll::Ready(Some(Err(fault)))
    }

    /// What is to be said at the end of the body.
    fn end(&mut self) -> Result<(), BodyFault> {
        match std::mem::replace(&mut self.check, Check::Ended) {
            Check::Sha256 { wanted, hash } => {
                let same = hex::encode(hash.finalize()).as_bytes().ct_eq(wanted.as_bytes());
                if bool::from(same) { Ok(()) } else { Err(BodyFault::Sha256) }
            }
            Check::Chunked(reader) => {
                let trailers = reader.finish()?;
                self.report.with(|told| told.trailers = trailers);
                Ok(())
            }
            Check::Nothing | Check::Ended => Ok(()),
        }
    }
}

impl<B> HttpBody for CheckedBody<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let this = &mut *self;
        loop {
            match &mut this.check {
                Check::Ended => return Poll::Ready(None),
                Check::Chunked(reader) => match reader.push(&mut this.waiting) {
                    Ok(Some(run)) => return Poll::Ready(Some(Ok(Frame::data(run)))),
                    Ok(None) => {}
                    Err(error) => return this.refuse(error.into()),
                },
                Check::Nothing | Check::Sha256 { .. } => {}
            }
            if this.end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_ready()) {
                return this.refuse(BodyFault::TooSlow);
            }
            let run = match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(run) => run,
                    // Trailers of HTTP itself mean nothing to S3.
                    Err(_) => continue,
                },
                Some(Err(error)) => {
                    tracing::debug!(%error, "a body broke off");
                    return this.refuse(BodyFault::BrokenOff);
                }
                None => match this.end() {
                    Ok(()) => return Poll::Ready(None),
                    Err(fault) => return this.refuse(fault),
                },
            };
            match this.most.checked_sub(run.len() as u64) {
                Some(left) => this.most = left,
                None => return this.refuse(BodyFault::TooLarge),
            }
            match &mut this.check {
                Check::Chunked(_) => this.waiting = run,
                Check::Sha256 { hash, .. } => {
                    hash.update(&run);
                    return Poll::Ready(Some(Ok(Frame::data(run))));
                }
                Check::Nothing | Check::Ended => return Poll::Ready(Some(Ok(Frame::data(run)))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
