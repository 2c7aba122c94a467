//! The one middleware: what every request passes on its way in and every answer on its way out.
//!
//! It gives a request its ids, turns every answer that says no into problem details, sets the headers that protect
//! browsers, measures, and logs a failure once. It sits on the way of every booking, so it allocates nothing that an
//! ordinary answer does not need.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready as ready_or_wait};
use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage, ResponseError};
use metrics::{Gauge, Histogram, gauge, histogram};
use pin_project_lite::pin_project;

use super::context::Ids;
use crate::problem::{Kind, MEDIA_TYPE, Occurrence, Problem, kinds, render};

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Nothing of ours may be framed, and pages of ours load only what we serve. Swagger UI styles inline and shows
/// pictures from data URLs.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Two years, as browsers' preload lists ask.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// The middleware; wrap the whole application in it, outermost.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    hsts: bool,
}

impl Boundary {
    /// With `hsts`, tells browsers to come by HTTPS only.
    #[must_use]
    pub const fn new(hsts: bool) -> Self {
        Self { hsts }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Boundary
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Guarded<S>;
    type InitError = ();
    type Future = Ready<Result<Guarded<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let in_flight = gauge!("evently_http_requests_in_flight");
        ready(Ok(Guarded {
            service,
            hsts: self.hsts,
            in_flight,
        }))
    }
}

/// The service behind the [`Boundary`].
pub struct Guarded<S> {
    service: S,
    hsts: bool,
    in_flight: Gauge,
}

impl<S, B> Service<ServiceRequest> for Guarded<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Passing<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let ids = Ids::of(request.headers());
        request.extensions_mut().insert(ids);
        self.in_flight.increment(1);
        Passing {
            inner: self.service.call(request),
            ids,
            started: Instant::now(),
            hsts: self.hsts,
            _under_way: UnderWay(self.in_flight.clone()),
        }
    }
}

/// Counts a request as under way until it is dropped, answered or not.
struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

pin_project! {
    /// A request on its way through the application.
    pub struct Passing<F> {
        #[pin]
        inner: F,
        ids: Ids,
        started: Instant,
        hsts: bool,
        _under_way: UnderWay,
    }
}

impl<F, B> Future for Passing<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The state of one request is dropped with it; what is shared is behind locks that survive a panic.
        let polled = catch_unwind(AssertUnwindSafe(|| this.inner.poll(context)));
        let Ok(polled) = polled else {
            tracing::error!(
                correlation_id = this.ids.correlation_id.as_str(),
                "a handler panicked"
            );
            let problem = Problem::new(&kinds::INTERNAL);
            return Poll::Ready(Err(problem
                .with("correlation_id", this.ids.correlation_id.as_str())
                .into()));
        };
        let answer = ready_or_wait!(polled)?;
        let mut answer = as_problem(answer, this.ids);
        protect(answer.headers_mut(), this.ids, *this.hsts);
        measure(&answer, *this.started);
        Poll::Ready(Ok(answer))
    }
}

/// Gives an answer that says no its document, whoever made it.
fn as_problem<B: MessageBody>(answer: ServiceResponse<B>, ids: &Ids) -> ServiceResponse<EitherBody<B>> {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer.map_into_left_body();
    }
    let ours = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>());
    let (path, id) = (answer.request().path(), ids.correlation_id);
    let occurrence = Occurrence {
        instance: Some(path),
        correlation_id: Some(id.as_str()),
    };
    let document = if let Some(problem) = ours {
        log(problem, &answer, ids);
        render(problem, occurrence)
    } else if answer.headers().get(header::CONTENT_TYPE) == Some(&MEDIA_TYPE) {
        return answer.map_into_left_body();
    } else {
        let problem = of_framework(&answer);
        log(&problem, &answer, ids);
        render(&problem, occurrence)
    };
    let (request, response) = answer.into_parts();
    let mut response = response.set_body(document).map_into_boxed_body();
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    ServiceResponse::new(request, response).map_body(|_, body| EitherBody::right(body))
}

/// The problem that stands for an answer of the framework's.
fn of_framework<B>(answer: &ServiceResponse<B>) -> Problem {
    let status = answer.status();
    let problem = Problem::new(kind_of(status));
    match answer.response().error() {
        Some(error) if status.is_server_error() => problem.cause(error.to_string()),
        Some(error) => problem.detail(error.to_string()),
        None => problem,
    }
}

fn kind_of(status: StatusCode) -> &'static Kind {
    match status {
        StatusCode::UNAUTHORIZED => &kinds::UNAUTHENTICATED,
        StatusCode::FORBIDDEN => &kinds::FORBIDDEN,
        StatusCode::NOT_FOUND => &kinds::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED => &kinds::METHOD_NOT_ALLOWED,
        StatusCode::REQUEST_TIMEOUT => &kinds::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE => &kinds::BODY_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => &kinds::UNSUPPORTED_MEDIA_TYPE,
        status if status.is_client_error() => &kinds::BAD_REQUEST,
        _ => &kinds::INTERNAL,
    }
}

/// A failure is logged once, here, with what caused it; a refusal is no failure.
fn log<B>(problem: &Problem, answer: &ServiceResponse<B>, ids: &Ids) {
    if !problem.status_code().is_server_error() {
        return;
    }
    tracing::error!(
        slug = problem.kind().slug,
        status = problem.kind().status,
        cause = problem.cause_chain(),
        method = answer.request().method().as_str(),
        route = answer.request().match_pattern(),
        correlation_id = ids.correlation_id.as_str(),
        traceparent = %ids.traceparent,
        "request failed"
    );
}

fn protect(headers: &mut HeaderMap, ids: &Ids, hsts: bool) {
    if let Ok(id) = HeaderValue::from_str(ids.correlation_id.as_str()) {
        headers.insert(CORRELATION_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}

type Route = (Option<String>, Method, u16);

thread_local! {
    /// Histograms by route, method and class of status: bounded by the route table.
    static DURATIONS: RefCell<HashMap<Route, Histogram>> = RefCell::new(HashMap::new());
}

fn measure<B>(answer: &ServiceResponse<B>, started: Instant) {
    let request = answer.request();
    let took = started.elapsed();
    let class = answer.status().as_u16() / 100;
    tracing::debug!(
        method = request.method().as_str(),
        path = request.path(),
        status = answer.status().as_u16(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    let method = if is_known(request.method()) {
        request.method().clone()
    } else {
        Method::TRACE
    };
    DURATIONS.with_borrow_mut(|durations| {
        let route = (request.match_pattern(), method, class);
        if let Some(known) = durations.get(&route) {
            return known.record(took);
        }
        let new = duration_of(&route);
        new.record(took);
        durations.insert(route, new);
    });
}

/// Anybody can invent methods; metrics count the usual ones apart and all others as one.
fn is_known(method: &Method) -> bool {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ]
    .contains(method)
}

fn duration_of((pattern, method, class): &Route) -> Histogram {
    let route = pattern.clone().unwrap_or_else(|| "unmatched".to_owned());
    let method = if is_known(method) {
        method.as_str().to_owned()
    } else {
        "other".to_owned()
    };
    let labels = [
        ("route", route),
        ("method", method),
        ("status", format!("{class}xx")),
    ];
    histogram!("evently_http_request_duration_seconds", &labels)
}

#[cfg(test)]
mod tests;
