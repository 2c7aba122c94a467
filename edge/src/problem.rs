//! Problem details (RFC 9457): the one shape of every error.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use event_store::with_causes;
use serde::Serialize;
use serde_json::{Map, Value};

mod document;
pub mod kinds;
mod pages;
pub mod pointer;

pub use document::MEDIA_TYPE;
pub(crate) use document::{Occurrence, render};
pub use pages::routes;

/// A kind of problem: one row of the table in [`kinds`].
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The stable name; the type URI is `/problems/{slug}`.
    pub slug: &'static str,
    pub status: u16,
    /// A short sentence, the same for every occurrence.
    pub title: &'static str,
    /// What it means and what a client may do.
    pub meaning: &'static str,
}

impl Kind {
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether something of ours failed. Who asks for a position that is not there yet may have made it up.
    pub(crate) fn is_failure(&self) -> bool {
        self.status_code().is_server_error() && *self != kinds::POSITION_NOT_REACHED
    }
}

/// One thing that is wrong with a request: the place, which is one of three, and what is wrong there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where in the body, as a JSON pointer in a URI fragment (RFC 6901, 6), such as `#/seat_ids/0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Which header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<&'static str>,
    /// What is wrong, for people.
    pub detail: String,
}

impl FieldError {
    /// An error in the body at `pointer`, such as `#/seat_ids/0`.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.into()),
            detail: detail.into(),
            ..Self::default()
        }
    }

    /// An error in a query parameter.
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            parameter: Some(name.into()),
            detail: detail.into(),
            ..Self::default()
        }
    }

    /// An error in a header.
    pub fn header(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            header: Some(name),
            detail: detail.into(),
            ..Self::default()
        }
    }
}

/// Seconds after which a client may repeat what was answered with 503.
const RETRY_AFTER_S: u32 = 1;

/// One occurrence of a problem. Boxed inside, so that `Result<_, Problem>` stays small.
pub struct Problem(Box<Inner>);

struct Inner {
    kind: &'static Kind,
    detail: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// An occurrence of `kind`.
    pub fn new(kind: &'static Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: None,
            members: Map::new(),
            errors: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// A failure of ours: the client learns nothing of `cause`, the log learns it once, with its chain.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(&kinds::INTERNAL).cause(cause)
    }

    /// Says what happened this time, for people.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds an extension member, such as the seats that are taken.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says in how many seconds it is worth trying again. A 503 without it says 1.
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Lists what is wrong, field by field.
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Keeps what caused it, for the log alone.
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub fn kind(&self) -> &'static Kind {
        self.0.kind
    }

    /// What caused it, link by link, for the log; `None` when nothing was kept.
    pub(crate) fn cause_chain(&self) -> Option<String> {
        self.0.cause.as_deref().map(|cause| with_causes(cause))
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("slug", &self.0.kind.slug)
            .field("detail", &self.0.detail)
            .field("cause", &self.cause_chain())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.detail.as_deref().unwrap_or(self.0.kind.title))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status_code()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::new(self.status_code());
        for (name, value) in &self.0.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        if self.0.kind.status_code() == StatusCode::SERVICE_UNAVAILABLE
            && !headers.contains_key(header::RETRY_AFTER)
        {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        response.set_body(BoxBody::new(render(self, Occurrence::default())))
    }
}
