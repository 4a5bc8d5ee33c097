//! Errors: of the server itself, and of requests. What an outsider reads is apart from what the operator's log says.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cofferdam_site::SiteError;
use serde::Serialize;
use std::net::SocketAddr;
use utoipa::ToSchema;

/// Why the server can't run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others could reach it, and there are no accounts yet to keep them out.
    #[error(
        "{0} can be reached from other machines, and there are no accounts yet: serve on 127.0.0.1 or [::1] only"
    )]
    NotLoopback(SocketAddr),
    /// The address can't be had.
    #[error("can't listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The socket failed.
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
}

impl ServeError {
    /// What a person can do about it.
    #[must_use]
    pub fn mend(&self) -> Option<&'static str> {
        match self {
            Self::NotLoopback(_) => {
                Some("leave --address out, and reach it through an SSH tunnel from elsewhere")
            }
            Self::Bind { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
                Some("another program has the port: name another with --port, or 0 for any free one")
            }
            Self::Bind { .. } | Self::Serve(_) => None,
        }
    }
}

/// A problem as RFC 9457 writes it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A short name of the kind of problem.
    pub(crate) title: String,
    /// What happened, and the mend if there is one.
    pub(crate) detail: String,
    /// The HTTP status.
    pub(crate) status: u16,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// There is no such thing.
    NotFound { what: &'static str, id: String },
    /// A step failed.
    Site(SiteError),
    /// The request was not understood.
    BadRequest(String),
    /// Our own fault; the log has the reason.
    Internal(String),
}

impl From<SiteError> for RequestError {
    fn from(error: SiteError) -> Self {
        Self::Site(error)
    }
}

impl RequestError {
    fn problem(self) -> Problem {
        let problem = |status: StatusCode, title: &str, detail: String| Problem {
            title: title.to_owned(),
            detail,
            status: status.as_u16(),
        };
        match self {
            Self::NotFound { what, id } => problem(
                StatusCode::NOT_FOUND,
                "Not found",
                format!("There is no {what} `{id}` here."),
            ),
            Self::BadRequest(detail) => problem(StatusCode::BAD_REQUEST, "Not understood", detail),
            Self::Site(error @ SiteError::NoPlant) => {
                problem(StatusCode::CONFLICT, "No plant model yet", told(&error))
            }
            Self::Site(error @ (SiteError::Plant(_) | SiteError::ClaimedTwice(_))) => {
                problem(StatusCode::CONFLICT, "The plant model has errors", told(&error))
            }
            Self::Site(error) => {
                tracing::error!(%error, "a step failed");
                problem(StatusCode::INTERNAL_SERVER_ERROR, "The step failed", told(&error))
            }
            Self::Internal(reason) => {
                tracing::error!(reason, "a request failed");
                let detail = "Cofferdam could not answer; its log says why.".to_owned();
                problem(StatusCode::INTERNAL_SERVER_ERROR, "Internal error", detail)
            }
        }
    }
}

fn told(error: &SiteError) -> String {
    match error.mend() {
        Some(mend) => format!("{error}. To mend it: {mend}."),
        None => format!("{error}."),
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            Json(problem),
        )
            .into_response()
    }
}
