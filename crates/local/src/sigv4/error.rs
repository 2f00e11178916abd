//! Why a signature is refused, in the words of AWS's JSON services.

use http::StatusCode;

/// A refusal. `Display` is the message for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("Missing Authentication Token")]
    MissingToken,
    /// Another access key, or a session token, of which there are none.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The header can't be read, or a part of it is missing.
    #[error("{0}")]
    Incomplete(String),
    /// The signature is for something else: another day, Region or service, or too few headers.
    #[error("{0}")]
    Scope(String),
    /// Too old, or from the future.
    #[error("{0}")]
    Expired(String),
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl SignatureError {
    /// The exception's name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingToken => "MissingAuthenticationTokenException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::Scope(_) | Self::Expired(_) | Self::Mismatch => "InvalidSignatureException",
        }
    }

    /// JSON services answer all of these with 400.
    pub fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}
