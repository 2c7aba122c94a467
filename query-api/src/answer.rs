//! Answers: JSON with its position, entity tag, lifetime and coding; 304 where the client has it already.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use edge::consistency::EVENTLY_POSITION;
use edge::problem::Problem;
use event_store::{Position, Sequence};
use serde::Serialize;

use crate::encoding::{BodyHash, COMPRESS_BYTES_MIN, Encoded, Encoding};

/// Longer bodies are compressed where that does not hold up other requests.
const ASIDE_BYTES_MIN: usize = 64 * 1_024;
/// What a cache has to tell apart: a client that must see its own write is not served an older answer.
const VARY: HeaderValue = HeaderValue::from_static("accept-encoding, evently-min-position");
/// For what depends on the caller.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// For whom an answer is, and so how long it may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Every caller; the value is how long caches may keep it.
    Public(Lifetime),
    /// This caller alone.
    Caller,
}

/// How long caches may keep a public answer, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// What changes with every sale: asked for again each second, mostly answered with 304.
    OneSecond,
    /// What changes when an organizer works on it.
    TenSeconds,
}

impl Audience {
    fn cache_control(self) -> HeaderValue {
        match self {
            Self::Public(Lifetime::OneSecond) => HeaderValue::from_static("public, max-age=1"),
            Self::Public(Lifetime::TenSeconds) => HeaderValue::from_static("public, max-age=10"),
            Self::Caller => NO_STORE,
        }
    }
}

/// `body` as JSON, tagged by its content.
pub(crate) async fn json<T: Serialize>(
    request: &HttpRequest,
    body: &T,
    position: Position,
    audience: Audience,
) -> Result<HttpResponse, Problem> {
    let body = Bytes::from(serde_json::to_vec(body).map_err(Problem::internal)?);
    let encoding = if body.len() < COMPRESS_BYTES_MIN {
        Encoding::Identity
    } else {
        Encoding::negotiated(request.headers())
    };
    let tag = BodyHash::of(&body).tag(encoding);
    if has_already(request, &tag) {
        return Ok(start(HttpResponse::NotModified(), tag, position.into(), audience).finish());
    }
    let body = if body.len() < ASIDE_BYTES_MIN {
        encoding.encode(&body)
    } else {
        tokio::task::spawn_blocking(move || encoding.encode(&body))
            .await
            .map_err(Problem::internal)?
    };
    let body = body.map_err(Problem::internal)?;
    Ok(with_body(
        start(HttpResponse::Ok(), tag, position.into(), audience),
        encoding,
        body,
    ))
}

/// `body` as JSON, tagged with the sequence of its aggregate, which `If-Match` of a change names. Always sent in full:
/// the clock changes such bodies too, and the sequence does not tell.
pub(crate) fn versioned_json<T: Serialize>(
    body: &T,
    position: Position,
    sequence: Sequence,
) -> Result<HttpResponse, Problem> {
    let tag = HeaderValue::from_str(&format!("\"{sequence}\"")).map_err(Problem::internal)?;
    let body = serde_json::to_vec(body).map_err(Problem::internal)?.into();
    Ok(with_body(
        start(HttpResponse::Ok(), tag, position.into(), Audience::Caller),
        Encoding::Identity,
        body,
    ))
}

/// A body that is ready in every coding: nothing is computed here.
pub(crate) fn ready(
    request: &HttpRequest,
    body: &Encoded,
    position: &PositionHeader,
    audience: Audience,
) -> HttpResponse {
    let encoding = Encoding::negotiated(request.headers());
    let representation = body.representation(encoding);
    let tag = representation.tag.clone();
    if has_already(request, &tag) {
        return start(HttpResponse::NotModified(), tag, position.clone(), audience).finish();
    }
    with_body(
        start(HttpResponse::Ok(), tag, position.clone(), audience),
        encoding,
        representation.body.clone(),
    )
}

/// A position, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct PositionHeader(HeaderValue);

impl From<Position> for PositionHeader {
    fn from(position: Position) -> Self {
        Self(HeaderValue::from(position.get()))
    }
}

fn start(
    mut response: HttpResponseBuilder,
    tag: HeaderValue,
    position: PositionHeader,
    audience: Audience,
) -> HttpResponseBuilder {
    response.insert_header((header::ETAG, tag));
    response.insert_header((EVENTLY_POSITION, position.0));
    response.insert_header((header::CACHE_CONTROL, audience.cache_control()));
    response.insert_header((header::VARY, VARY));
    response
}

fn with_body(mut response: HttpResponseBuilder, encoding: Encoding, body: Bytes) -> HttpResponse {
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
    if let Some(name) = encoding.name() {
        response.insert_header((header::CONTENT_ENCODING, name));
    }
    response.body(body)
}

/// Whether `If-None-Match` names `tag` (RFC 9110, section 13.1.2: weak comparison).
fn has_already(request: &HttpRequest, tag: &HeaderValue) -> bool {
    let mut lists = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok());
    lists.any(|list| {
        let mut tags = list.split(',').map(|each| each.trim().trim_start_matches("W/"));
        tags.any(|each| each == "*" || each.as_bytes() == tag.as_bytes())
    })
}
