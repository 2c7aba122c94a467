//! Writing a problem as its JSON document.

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{FieldError, Problem};

/// The media type of every problem (RFC 9457, 3).
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Where and in which request a problem happened.
#[derive(Clone, Copy, Default)]
pub(crate) struct Occurrence<'a> {
    /// The path that was asked for.
    pub(crate) instance: Option<&'a str>,
    /// The id that joins the answer with the log.
    pub(crate) correlation_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: Slug,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

struct Slug(&'static str);

impl Serialize for Slug {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("/problems/{}", self.0))
    }
}

/// The document of `problem`. Nothing in it can fail to be written.
pub(crate) fn render(problem: &Problem, occurrence: Occurrence<'_>) -> Bytes {
    let inner = &problem.0;
    let document = Document {
        r#type: Slug(inner.kind.slug),
        title: inner.kind.title,
        status: inner.kind.status,
        detail: inner.detail.as_deref(),
        instance: occurrence.instance,
        correlation_id: occurrence.correlation_id,
        errors: &inner.errors,
        members: &inner.members,
    };
    serde_json::to_vec(&document).unwrap_or_default().into()
}
