//! The one middleware: what every request passes on its way in and every answer on its way out.
//!
//! It gives a request its ids, turns every error into problem details, sets the headers that protect browsers,
//! measures, and logs a failure once. It sits on the way of every booking, so it allocates nothing that an ordinary answer
//! does not need.

mod answer;
mod measure;

use std::future::{Future, Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready as ready_or_wait};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::{Error, HttpMessage};
use metrics::{Gauge, gauge};
use pin_project_lite::pin_project;

use self::answer::Passage;
use super::patterns::Patterns;
use super::{current, span};
use crate::problem::Problem;

/// The middleware; wrap the whole application in it. Only [`super::cors`] stands around it.
#[derive(Clone)]
pub struct Boundary {
    rules: Rules,
}

/// What holds for every answer.
#[derive(Clone)]
struct Rules {
    hsts: bool,
    exported: bool,
    patterns: Patterns,
}

impl Boundary {
    /// The boundary of an application whose routes are `operations`.
    pub fn new(operations: Vec<(Method, &'static str)>) -> Self {
        let rules = Rules {
            hsts: false,
            exported: false,
            patterns: Patterns::new(operations),
        };
        Self { rules }
    }

    /// With `hsts`, tells browsers to come by HTTPS only.
    pub const fn hsts(mut self, hsts: bool) -> Self {
        self.rules.hsts = hsts;
        self
    }

    /// With `exported`, spans go to a collector of traces, and each request takes its ids from its span.
    pub const fn exported(mut self, exported: bool) -> Self {
        self.rules.exported = exported;
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for Boundary
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
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
            rules: Rc::new(self.rules.clone()),
            in_flight,
        }))
    }
}

/// The service behind the [`Boundary`].
pub struct Guarded<S> {
    service: S,
    rules: Rc<Rules>,
    in_flight: Gauge,
}

impl<S, B> Service<ServiceRequest> for Guarded<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Passing<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (ids, span) = span::begin(request.headers(), self.rules.exported);
        request.extensions_mut().insert(ids);
        self.in_flight.increment(1);
        let under_way = UnderWay(self.in_flight.clone());
        let passage = Passage::begin(&request, ids, span, Rc::clone(&self.rules));
        let step = match caught(&passage, || self.service.call(request)) {
            Ok(future) => Step::Inside { future },
            Err(problem) => Step::Broken {
                problem: Some(problem),
            },
        };
        Passing {
            step,
            passage,
            _under_way: under_way,
        }
    }
}

/// Works on a request, within its span; a panic becomes its failure. The state of one request is dropped with it, and what is
/// shared is behind locks that survive a panic.
fn caught<T>(passage: &Passage, work: impl FnOnce() -> T) -> Result<T, Problem> {
    let done = current::working_on(passage.ids.correlation_id, || {
        passage.span.in_scope(|| catch_unwind(AssertUnwindSafe(work)))
    });
    done.map_err(|thrown| {
        let said = thrown.downcast_ref::<&str>().copied();
        let said = said.or_else(|| thrown.downcast_ref::<String>().map(String::as_str));
        Problem::internal(format!("a handler panicked: {}", said.unwrap_or("no message")))
    })
}

/// Counts a request as under way until it is dropped, answered or not.
struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

pin_project! {
    /// How far a request has come.
    #[project = StepNow]
    enum Step<F> {
        Inside { #[pin] future: F },
        Broken { problem: Option<Problem> },
    }
}

pin_project! {
    /// A request on its way through the application.
    pub struct Passing<F> {
        #[pin]
        step: Step<F>,
        passage: Passage,
        _under_way: UnderWay,
    }
}

impl<F, B> Future for Passing<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let passage: &Passage = this.passage;
        let broken: Error = match this.step.project() {
            StepNow::Inside { future } => match caught(passage, || future.poll(context)) {
                Ok(polled) => match ready_or_wait!(polled) {
                    Ok(answer) => return Poll::Ready(Ok(passage.end(answer))),
                    Err(error) => error,
                },
                Err(problem) => problem.into(),
            },
            StepNow::Broken { problem } => problem.take().unwrap_or_else(answered_before).into(),
        };
        Poll::Ready(Err(passage.end_broken(broken)))
    }
}

fn answered_before() -> Problem {
    Problem::internal("the request was answered before")
}

#[cfg(test)]
mod tests;
