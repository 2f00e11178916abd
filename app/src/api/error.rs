use domain::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// What every server function fails with: a [`Problem`] that the page puts into words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error(transparent)]
#[serde(transparent)]
pub struct ApiError(pub Problem);

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        let detail = value.to_string();
        let (kind, retryable) = match value {
            ServerFnErrorErr::Request(_) => (ProblemKind::ServerUnreachable, true),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => (ProblemKind::InvalidInput, false),
            // An answer that is not ours: a proxy's page, or a layer's refusal before our code.
            ServerFnErrorErr::Deserialization(_) => (ProblemKind::Refused, true),
            _ => (ProblemKind::Internal, false),
        };
        let mut problem = Problem::new(kind, detail);
        problem.retryable = retryable;
        Self(problem)
    }
}
