//! What an answer is given on its way out.

use std::rc::Rc;
use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{Error, HttpResponse};
use metrics::counter;
use tracing::Span;

use super::Rules;
use super::measure::measure;
use crate::problem::{Kind, MEDIA_TYPE, Occurrence, Problem, kinds, render};
use crate::request::context::Ids;
use crate::request::span;

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// Nothing of ours may be framed, and pages of ours load only what we serve. Swagger UI styles inline and shows
/// pictures from data URLs.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Two years, as browsers' preload lists ask.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// What is kept of a request while it is under way: the request itself belongs to its handler, and is gone when that
/// panics.
pub(super) struct Passage {
    pub(super) ids: Ids,
    pub(super) span: Span,
    method: Method,
    uri: Uri,
    started: Instant,
    rules: Rc<Rules>,
}

impl Passage {
    pub(super) fn begin(request: &ServiceRequest, ids: Ids, span: Span, rules: Rc<Rules>) -> Self {
        Self {
            ids,
            span,
            method: request.method().clone(),
            uri: request.uri().clone(),
            started: Instant::now(),
            rules,
        }
    }

    /// Finishes an answer of the application.
    pub(super) fn end<B: MessageBody + 'static>(
        &self,
        answer: ServiceResponse<B>,
    ) -> ServiceResponse<EitherBody<B>> {
        let (request, response) = answer.into_parts();
        let response = self.finish(response, || request.match_pattern());
        ServiceResponse::new(request, response)
    }

    /// Finishes what became no answer: a panic, or an error that a service let through. There is no request to answer
    /// any more, so the answer goes as an error that carries it.
    pub(super) fn end_broken(&self, error: Error) -> Error {
        let pattern = || self.rules.patterns.of(self.uri.path()).map(str::to_owned);
        let response = self.finish(HttpResponse::from_error(error), pattern);
        InternalError::from_response("no answer", response.map_into_boxed_body()).into()
    }

    fn finish<B: MessageBody + 'static>(
        &self,
        response: HttpResponse<B>,
        pattern: impl Fn() -> Option<String>,
    ) -> HttpResponse<EitherBody<B>> {
        let mut response = self.as_problem(response, &pattern);
        self.protect(response.headers_mut());
        let took = self.started.elapsed();
        tracing::debug!(
            method = self.method.as_str(),
            path = self.uri.path(),
            status = response.status().as_u16(),
            took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        if self.rules.exported {
            span::end(
                &self.span,
                self.method.as_str(),
                pattern(),
                response.status().as_u16(),
            );
        }
        measure(pattern(), &self.method, response.status(), took);
        response
    }

    /// Gives each answer of an error its problem document, wherever it was made.
    fn as_problem<B: MessageBody + 'static>(
        &self,
        response: HttpResponse<B>,
        pattern: &impl Fn() -> Option<String>,
    ) -> HttpResponse<EitherBody<B>> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return response.map_into_left_body();
        }
        let occurrence = Occurrence {
            instance: Some(self.uri.path()),
            correlation_id: Some(self.ids.correlation_id.as_str()),
        };
        let ours = response.error().and_then(|error| error.as_error::<Problem>());
        let document = if let Some(problem) = ours {
            self.note(problem, pattern);
            render(problem, occurrence)
        } else if response.headers().get(header::CONTENT_TYPE) == Some(&MEDIA_TYPE) {
            return response.map_into_left_body();
        } else {
            let problem = of_framework(status, response.error());
            self.note(&problem, pattern);
            render(&problem, occurrence)
        };
        let mut response = response.set_body(document).map_into_boxed_body();
        response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
        response.map_body(|_, body| EitherBody::right(body))
    }

    /// Counts a problem. A failure is logged once, here, with what caused it; a refusal is no failure.
    fn note(&self, problem: &Problem, pattern: impl Fn() -> Option<String>) {
        counter!("evently_http_problems_total", "slug" => problem.kind().slug).increment(1);
        if !problem.kind().is_failure() {
            return;
        }
        tracing::error!(
            slug = problem.kind().slug,
            status = problem.kind().status,
            cause = problem.cause_chain(),
            method = self.method.as_str(),
            route = pattern(),
            correlation_id = self.ids.correlation_id.as_str(),
            traceparent = %self.ids.traceparent,
            "request failed"
        );
    }

    fn protect(&self, headers: &mut HeaderMap) {
        if let Ok(id) = HeaderValue::from_str(self.ids.correlation_id.as_str()) {
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
        if self.rules.hsts {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
        }
    }
}

/// The problem that stands for an answer of the framework's, whose own words are for the log alone.
fn of_framework(status: StatusCode, error: Option<&Error>) -> Problem {
    let problem = Problem::new(kind_of(status));
    match error {
        Some(error) => problem.cause(error.to_string()),
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
