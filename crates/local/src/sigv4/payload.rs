//! What a request says of its body's signature, in `x-amz-content-sha256`.

/// How the body is covered by the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// SHA-256 of the whole body: 64 hex digits in lower case.
    Sha256(&'a str),
    /// The body is not signed.
    Unsigned,
    /// The body is `aws-chunked`, see [`super::chunked`].
    Chunks {
        /// Each chunk is signed, and the trailer as well.
        signed: bool,
        /// Headers come after the last chunk.
        trailer: bool,
        /// As the header said it.
        text: &'a str,
    },
}

impl<'a> Payload<'a> {
    /// `None` for what S3 does not know, or what is not answered here (signatures by elliptic curves).
    pub fn parse(text: &'a str) -> Option<Self> {
        Some(match text {
            "UNSIGNED-PAYLOAD" => Self::Unsigned,
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Self::Chunks { signed: false, trailer: true, text },
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Self::Chunks { signed: true, trailer: false, text },
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Self::Chunks { signed: true, trailer: true, text },
            _ if is_sha256(text) => Self::Sha256(text),
            _ => return None,
        })
    }

    /// The last line of the canonical request.
    pub fn text(self) -> &'a str {
        match self {
            Self::Sha256(text) | Self::Chunks { text, .. } => text,
            Self::Unsigned => "UNSIGNED-PAYLOAD",
        }
    }
}

/// 64 hex digits in lower case.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
