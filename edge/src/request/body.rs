//! The strict JSON body: bounded, of the right media type, without unknown members.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::strict;
use crate::problem::{Problem, kinds};

/// How large a body may be when its route says nothing else: 64 KiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// How slowly the largest body may come, in bytes a second: a bad mobile connection.
const BYTES_PER_SECOND_MIN: usize = 16 * 1024;

/// What any body may take besides: a client that loses its connection for a moment.
const HESITATION_MAX: Duration = Duration::from_secs(20);

/// How large the bodies of a route may be, in bytes. Put it into the `app_data` of the resource.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A JSON body, read strictly. Derive `Deserialize` with `#[serde(deny_unknown_fields)]`.
///
/// Refused with `unsupported-media-type` (415), `body-too-large` (413), `request-timeout` (408), `unreadable-body` (400) and, when the JSON is
/// well-formed but not a `T`, `invalid-body` (422) with a pointer to the member.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A JSON body that is read but not parsed yet: for bodies so large that parsing belongs on another thread.
#[derive(Clone, Debug)]
pub struct RawBody(Bytes);

impl RawBody {
    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as they were sent.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Parses it as strictly as [`Body`] does, with the same refusals.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        parse(&self.0)
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let received = receive(request, payload);
        Box::pin(async move { parse(&received.await?).map(Body) })
    }
}

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let received = receive(request, payload);
        Box::pin(async move { received.await.map(RawBody) })
    }
}

/// The bytes of the body, if its media type and length allow.
fn receive(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, Problem>> + 'static {
    let limit = request
        .app_data::<BodyLimit>()
        .map_or(BODY_BYTES_MAX, |limit| limit.0);
    let refused = media_type(request.headers())
        .and_then(|()| coding(request.headers()))
        .and_then(|()| announced(request.headers(), limit))
        .err();
    let payload = payload.take();
    async move {
        match refused {
            Some(problem) => Err(problem),
            None => in_time(within(limit), read(payload, limit)).await,
        }
    }
}

/// RFC 8259 defines no parameters for application/json; `charset=utf-8` is harmless and common.
fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let parameters = parameters.trim();
    let utf8 = parameters.is_empty()
        || parameters.eq_ignore_ascii_case("charset=utf-8")
        || parameters.eq_ignore_ascii_case("charset=\"utf-8\"");
    if essence.trim().eq_ignore_ascii_case("application/json") && utf8 {
        return Ok(());
    }
    Err(Problem::new(&kinds::UNSUPPORTED_MEDIA_TYPE).detail("send the body as application/json"))
}

/// Bodies are read as they are sent (RFC 9110, 8.4 and 12.5.3).
fn coding(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING);
    if codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    Err(Problem::new(&kinds::UNSUPPORTED_MEDIA_TYPE)
        .detail("send the body without a Content-Encoding")
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

/// Refuses by Content-Length, before a byte of the body is read.
fn announced(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    match length.and_then(|text| text.parse::<u64>().ok()) {
        Some(bytes) if bytes > limit as u64 => Err(too_large(limit)),
        _ => Ok(()),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(&kinds::BODY_TOO_LARGE).with("limit_bytes", limit)
}

/// How long a body of at most `limit` bytes may take.
fn within(limit: usize) -> Duration {
    HESITATION_MAX + Duration::from_secs((limit / BYTES_PER_SECOND_MIN) as u64)
}

/// A client that never ends its body must not keep its connection for ever.
async fn in_time(
    within: Duration,
    body: impl Future<Output = Result<Bytes, Problem>>,
) -> Result<Bytes, Problem> {
    let read = timeout(within, body).await;
    read.unwrap_or_else(|_| Err(Problem::new(&kinds::REQUEST_TIMEOUT).detail("the body did not end in time")))
}

async fn read(mut payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut body: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(&kinds::BAD_REQUEST)
                .detail("the body broke off")
                .cause(error)
        })?;
        // Nearly every body is one chunk, which is then parsed where it lies.
        let sum = body.as_ref().map_or(0, Bytes::len) + more.len() + chunk.len();
        if sum > limit {
            return Err(too_large(limit));
        }
        if body.is_none() && more.is_empty() {
            body = Some(chunk);
            continue;
        }
        if let Some(first) = body.take() {
            more.extend_from_slice(&first);
        }
        more.extend_from_slice(&chunk);
    }
    Ok(body.unwrap_or_else(|| more.freeze()))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let json: &RawValue = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    strict::read(json, "#").map_err(|error| Problem::new(&kinds::INVALID_BODY).errors(vec![error]))
}

fn unreadable(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(&kinds::UNREADABLE_BODY).detail(format!("the JSON breaks at line {line}, column {column}"))
}

#[cfg(test)]
mod tests;
