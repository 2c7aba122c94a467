//! The span of a request: joins its trace with its caller's.

use std::rc::Rc;

use actix_web::Handler;
use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use tracing::field::{Empty, display};
use tracing::instrument::{Instrument, Instrumented};
use tracing::{Span, debug_span, error_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::context::Ids;
use super::trace::Traceparent;

/// The ids and the span of a request with these headers. Where spans are `exported`, the ids are those of the exported one;
/// elsewhere there is none: it would cost each booking a twentieth of its time.
pub(super) fn begin(headers: &HeaderMap, exported: bool) -> (Ids, Span) {
    if !exported {
        return (Ids::of(headers), Span::none());
    }
    let span = error_span!("http.request", otel.kind = "server", correlation_id = Empty,);
    if let Some(caller) = Traceparent::of(headers) {
        // A refusal means that nothing exports: there is no trace to be joined then.
        drop(span.set_parent(Context::new().with_remote_span_context(caller.into())));
    }
    let ids = Ids::within(span.context().span().span_context().into(), headers);
    span.record("correlation_id", display(ids.correlation_id));
    (ids, span)
}

/// Tells the trace what the request was, and how it ended.
pub(super) fn end(span: &Span, method: &str, route: Option<String>, status: u16) {
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    // Recording `otel.name` names no span whose context was asked for already.
    span.context().span().update_name(format!("{method} {route}"));
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("http.route", route);
    span.set_attribute("http.response.status_code", i64::from(status));
}

/// A handler within a span of its own, named by where it stands: `command.booking.place`.
#[derive(Clone)]
pub struct Traced<H> {
    handler: H,
    name: Rc<str>,
}

/// Traces `handler`, whose crate is `side`.
pub fn traced<H>(side: &str, handler: H) -> Traced<H> {
    let path = std::any::type_name::<H>();
    let verb = path.split("::").skip(1).filter(|part| *part != "handle");
    let name: Vec<&str> = std::iter::once(side).chain(verb).collect();
    Traced {
        handler,
        name: name.join(".").into(),
    }
}

impl<Args, H: Handler<Args>> Handler<Args> for Traced<H> {
    type Output = H::Output;
    type Future = Instrumented<H::Future>;

    fn call(&self, args: Args) -> Self::Future {
        let span = debug_span!("handler", otel.name = &*self.name);
        self.handler.call(args).instrument(span)
    }
}

impl From<Traceparent> for SpanContext {
    fn from(trace: Traceparent) -> Self {
        let flags = TraceFlags::new(trace.flags);
        Self::new(
            trace.trace_id.into(),
            trace.span_id.into(),
            flags,
            true,
            TraceState::NONE,
        )
    }
}

impl From<&SpanContext> for Traceparent {
    fn from(span: &SpanContext) -> Self {
        Self {
            trace_id: u128::from_be_bytes(span.trace_id().to_bytes()),
            span_id: u64::from_be_bytes(span.span_id().to_bytes()),
            flags: span.trace_flags().to_u8(),
        }
    }
}
