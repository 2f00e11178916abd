//! Bodies in `aws-chunked`: each chunk behind its size and, when chunks are signed, its signature; then, when it was
//! announced, a trailer with headers such as a checksum, which is signed as well.
//!
//! Source: "Signature calculations for the Authorization header: transferring payload in multiple chunks" and "…with
//! trailing headers" in the S3 API reference. The reader holds no more than a line: a chunk's bytes are given on as they
//! come, and whoever takes them must not trust them before [`Chunked::finish`] said that all is well.

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::hmac;

/// The longest line with a chunk's size.
const LONGEST_LINE: usize = 256;
/// The most bytes after the last chunk.
const LARGEST_TRAILER: usize = 16 * 1024;
/// SHA-256 of nothing.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Why a body was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    #[error("the chunks of the body can't be read")]
    Malformed,
    #[error("a chunk's or the trailer's signature does not match")]
    Signature,
    #[error("the body has more bytes than x-amz-decoded-content-length says")]
    TooLong,
    #[error("the body ended before its last chunk, or has fewer bytes than x-amz-decoded-content-length says")]
    Incomplete,
    #[error("the trailer is not the one that was announced")]
    Trailer,
}

/// What signatures of chunks are made with: each is over the one before.
#[derive(Clone)]
pub struct ChunkSigner {
    /// Of the day, Region and service.
    pub(super) key: [u8; 32],
    /// `YYYYMMDDTHHMMSSZ`.
    pub(super) stamp: String,
    /// `day/region/service/aws4_request`.
    pub(super) scope: String,
    /// The request's, then the last chunk's: hex.
    pub(super) previous: String,
}

impl ChunkSigner {
    /// Checks a signature (hex) over the hash of a chunk (`PAYLOAD`) or trailer, and goes on from it.
    fn check(&mut self, kind: &str, hash: &str, given: &[u8]) -> Result<(), ChunkError> {
        let Self { key, stamp, scope, previous } = self;
        let empty = if kind == "PAYLOAD" { format!("{EMPTY_SHA256}\n") } else { String::new() };
        let text = format!("AWS4-HMAC-SHA256-{kind}\n{stamp}\n{scope}\n{previous}\n{empty}{hash}");
        let wanted = hex::encode(hmac(key, text.as_bytes()));
        if !bool::from(wanted.as_bytes().ct_eq(given)) {
            return Err(ChunkError::Signature);
        }
        self.previous = wanted;
        Ok(())
    }
}

/// Reads a body. Give it all runs of bytes by [`Chunked::push`], and then call [`Chunked::finish`].
pub struct Chunked {
    signer: Option<ChunkSigner>,
    /// Names of the trailer's headers in lower case; `None` when there is no trailer.
    announced: Option<Vec<String>>,
    /// Bytes of content that are still to come.
    left: u64,
    state: State,
    /// The line, or the trailer, as far as it came.
    line: Vec<u8>,
}

enum State {
    /// In the line with a chunk's size.
    Size,
    /// In a chunk, of which `left` bytes are to come.
    Data { left: u64, hash: Sha256, signature: Vec<u8> },
    /// In the line end after a chunk.
    DataEnd { hash: Sha256, signature: Vec<u8> },
    /// After the last chunk.
    Trailer,
}

impl Chunked {
    /// A reader for a body of `length` bytes of content. `announced` are the names in `x-amz-trailer`, when the body has
    /// a trailer.
    pub fn new(signer: Option<ChunkSigner>, announced: Option<&str>, length: u64) -> Self {
        let announced = announced.map(|names| {
            names.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
        });
        Self { signer, announced, left: length, state: State::Size, line: Vec::new() }
    }

    /// Takes bytes from `input` and gives the next run of content; `None` when `input` is used up.
    pub fn push(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, ChunkError> {
        while !input.is_empty() {
            match &mut self.state {
                State::Size => {
                    if let Some(line) = self.take_line(input)? {
                        self.begin_chunk(&line)?;
                    }
                }
                State::Data { left, hash, .. } => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                    let run = input.split_to(most);
                    *left -= run.len() as u64;
                    self.left -= run.len() as u64;
                    if self.signer.is_some() {
                        hash.update(&run);
                    }
                    if *left == 0
                        && let State::Data { hash, signature, .. } = std::mem::replace(&mut self.state, State::Size)
                    {
                        self.state = State::DataEnd { hash, signature };
                    }
                    return Ok(Some(run));
                }
                State::DataEnd { .. } => self.end_chunk(input)?,
                State::Trailer => {
                    if self.line.len() + input.len() > LARGEST_TRAILER {
                        return Err(ChunkError::Trailer);
                    }
                    self.line.extend_from_slice(input);
                    input.clear();
                }
            }
        }
        Ok(None)
    }

    /// A line without its end, when all of it came.
    fn take_line(&mut self, input: &mut Bytes) -> Result<Option<Vec<u8>>, ChunkError> {
        let end = input.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = input.split_to(end.unwrap_or(input.len()));
        if self.line.len() + taken.len() > LONGEST_LINE {
            return Err(ChunkError::Malformed);
        }
        self.line.extend_from_slice(&taken);
        if end.is_none() {
            return Ok(None);
        }
        let mut line = std::mem::take(&mut self.line);
        if !line.ends_with(b"\r\n") {
            return Err(ChunkError::Malformed);
        }
        line.truncate(line.len() - 2);
        Ok(Some(line))
    }

    fn begin_chunk(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        let line = std::str::from_utf8(line).map_err(|_| ChunkError::Malformed)?;
        let (size, signature) = match line.split_once(';') {
            Some((size, extension)) => (size, extension.strip_prefix("chunk-signature=").ok_or(ChunkError::Malformed)?),
            None => (line, ""),
        };
        let digits = (1..=16).contains(&size.len()) && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        // A signature must be there exactly when chunks are signed.
        if !digits || line.contains(';') != self.signer.is_some() {
            return Err(ChunkError::Malformed);
        }
        let size = u64::from_str_radix(size, 16).map_err(|_| ChunkError::Malformed)?;
        if size > self.left {
            return Err(ChunkError::TooLong);
        }
        if size > 0 {
            let signature = signature.as_bytes().to_vec();
            self.state = State::Data { left: size, hash: Sha256::new(), signature };
            return Ok(());
        }
        if self.left > 0 {
            return Err(ChunkError::Incomplete);
        }
        if let Some(signer) = &mut self.signer {
            signer.check("PAYLOAD", EMPTY_SHA256, signature.as_bytes())?;
        }
        self.state = State::Trailer;
        Ok(())
    }

    fn end_chunk(&mut self, input: &mut Bytes) -> Result<(), ChunkError> {
        let wanted = if self.line.is_empty() { b'\r' } else { b'\n' };
        if input.first() != Some(&wanted) {
            return Err(ChunkError::Malformed);
        }
        input.advance(1);
        self.line.push(wanted);
        if self.line.len() == 2 {
            self.line.clear();
            if let State::DataEnd { hash, signature } = std::mem::replace(&mut self.state, State::Size)
                && let Some(signer) = &mut self.signer
            {
                signer.check("PAYLOAD", &hex::encode(hash.finalize()), &signature)?;
            }
        }
        Ok(())
    }

    /// Call it at the end of the body: gives the trailer's headers when all was there and every signature matched.
    pub fn finish(mut self) -> Result<HeaderMap, ChunkError> {
        if !matches!(self.state, State::Trailer) {
            return Err(ChunkError::Incomplete);
        }
        let Some(announced) = self.announced.take() else {
            // The last line end is left out by some clients; everything before it was checked.
            let ended = matches!(self.line.as_slice(), b"" | b"\r\n");
            return if ended { Ok(HeaderMap::new()) } else { Err(ChunkError::Malformed) };
        };
        let (mut lines, mut signature) = (read_trailer(&self.line)?, None);
        if let Some(at) = lines.iter().position(|(name, _)| name == "x-amz-trailer-signature") {
            signature = Some(lines.remove(at).1);
        }
        lines.sort_unstable();
        match (&mut self.signer, signature) {
            (Some(signer), Some(signature)) => {
                let mut hash = Sha256::new();
                for (name, value) in &lines {
                    hash.update(format!("{name}:{value}\n"));
                }
                signer.check("TRAILER", &hex::encode(hash.finalize()), signature.as_bytes())?;
            }
            (None, None) => {}
            _ => return Err(ChunkError::Trailer),
        }
        let names: Vec<&str> = lines.iter().map(|(name, _)| name.as_str()).collect();
        let mut wanted: Vec<&str> = announced.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        if names != wanted || !names.is_sorted_by(|one, next| one < next) {
            return Err(ChunkError::Trailer);
        }
        lines
            .into_iter()
            .map(|(name, value)| {
                let name = HeaderName::try_from(name).map_err(|_| ChunkError::Trailer)?;
                Ok((name, HeaderValue::try_from(value).map_err(|_| ChunkError::Trailer)?))
            })
            .collect()
    }
}

/// The lines `name:value` of a trailer, names in lower case. Clients end lines with CRLF or LF; empty lines say nothing.
fn read_trailer(bytes: &[u8]) -> Result<Vec<(String, String)>, ChunkError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ChunkError::Trailer)?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(ChunkError::Incomplete);
    }
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':').ok_or(ChunkError::Trailer)?;
            Ok((name.to_ascii_lowercase(), value.trim_matches(' ').to_owned()))
        })
        .collect()
}
