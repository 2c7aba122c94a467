//! What is known of a request besides its content: the ids that join logs, traces and facts, and a digest of where
//! it came from.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use serde::{Serialize, Serializer};

use super::client::{self, ClientDigest};
use super::hex::write_hex;
use super::trace::Traceparent;

/// The longest correlation id that is accepted from outside.
const CORRELATION_ID_LEN_MAX: usize = 64;

/// Joins an answer, its log lines and its facts. Text, held inline, so that it costs no allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CorrelationId {
    text: [u8; CORRELATION_ID_LEN_MAX],
    len: u8,
}

impl CorrelationId {
    /// Accepts 1 to 64 letters, digits, dots, dashes or underscores: nothing that could break a log line or a header.
    pub fn parse(given: &[u8]) -> Option<Self> {
        let well_formed = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
        let len = u8::try_from(given.len()).ok()?;
        let mut text = [0; CORRELATION_ID_LEN_MAX];
        let room = text.get_mut(..given.len())?;
        if given.is_empty() || !given.iter().all(well_formed) {
            return None;
        }
        room.copy_from_slice(given);
        Some(Self { text, len })
    }

    /// The trace id as 32 hex digits: used when the client named no correlation id of its own.
    pub fn of_trace(trace: &Traceparent) -> Self {
        let mut text = [0; CORRELATION_ID_LEN_MAX];
        write_hex(&trace.trace_id.to_be_bytes(), &mut text);
        Self { text, len: 32 }
    }

    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

impl Serialize for CorrelationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What goes with a request into logs, problems and the metadata of facts.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext {
    /// Given by the client in `X-Correlation-Id`, or else the trace id.
    pub correlation_id: CorrelationId,
    /// This request's own place in its trace; a new trace when the client gave none.
    pub traceparent: Traceparent,
    /// Where it came from; `None` when the peer is unknown, as in tests.
    pub client: Option<ClientDigest>,
}

impl RequestContext {
    /// What the client calls it, where that is not its trace.
    pub fn named(&self) -> Option<CorrelationId> {
        (self.correlation_id != CorrelationId::of_trace(&self.traceparent)).then_some(self.correlation_id)
    }
}

/// The part that the boundary reads from the headers of every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    pub(crate) correlation_id: CorrelationId,
    pub(crate) traceparent: Traceparent,
}

impl Ids {
    /// Takes what is well formed and makes what is missing.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = Traceparent::of(headers);
        Self::within(
            given.map_or_else(Traceparent::new_root, Traceparent::child),
            headers,
        )
    }

    pub(super) fn within(traceparent: Traceparent, headers: &HeaderMap) -> Self {
        let correlation_id = headers
            .get("x-correlation-id")
            .and_then(|value| CorrelationId::parse(value.as_bytes()))
            .unwrap_or_else(|| CorrelationId::of_trace(&traceparent));
        Self {
            correlation_id,
            traceparent,
        }
    }
}

impl FromRequest for RequestContext {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Ids>().copied();
        let ids = known.unwrap_or_else(|| Ids::of(request.headers()));
        ready(Ok(Self {
            correlation_id: ids.correlation_id,
            traceparent: ids.traceparent,
            client: client::digest_of(request),
        }))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    async fn context(request: TestRequest) -> RequestContext {
        RequestContext::extract(&request.to_http_request()).await.unwrap()
    }

    #[actix_web::test]
    async fn a_well_formed_correlation_id_is_kept() {
        let given = TestRequest::default().insert_header(("x-correlation-id", "order-42_a.B"));
        assert_eq!(context(given).await.correlation_id.as_str(), "order-42_a.B");
    }

    #[actix_web::test]
    async fn a_correlation_id_that_could_break_a_line_or_is_too_long_is_replaced() {
        for bad in ["", "a b", "a\tb", "\"x\"", &"x".repeat(65)] {
            let given = TestRequest::default().insert_header(("x-correlation-id", bad));
            let id = context(given).await.correlation_id;
            assert_eq!(id.as_str().len(), 32, "{bad}");
        }
    }

    #[actix_web::test]
    async fn without_a_correlation_id_the_trace_id_serves() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = context(TestRequest::default().insert_header(("traceparent", trace))).await;
        assert_eq!(
            context.correlation_id.as_str(),
            "4bf92f3577b34da6a3ce929d0e0e4736"
        );
        assert!(
            context
                .traceparent
                .to_string()
                .starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-")
        );
    }
}
