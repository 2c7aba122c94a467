//! From results to answers: what all verbs of this crate have in common.

use std::fmt::Display;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use edge::conditional::stale;
use edge::consistency;
use edge::problem::{FieldError, Kind, Problem, kinds};
use event_store::Position;
use serde::Serialize;

use lanes::{CommandError, Failure};

/// Room for the answer of a booking of two seats; larger answers grow.
const BODY_BYTES_USUAL: usize = 1_024;

/// The problem for a command without a durable result; `refused` maps a refusal of its verb to its problem.
pub(crate) fn problem<R>(error: CommandError<R>, refused: impl FnOnce(R) -> Problem) -> Problem {
    match error {
        CommandError::Refused(refusal) => refused(refusal),
        CommandError::Stale { current } => stale(current.get()),
        CommandError::Busy => Problem::new(&kinds::OVERLOADED),
        CommandError::Contended => Problem::new(&kinds::CONTENDED),
        CommandError::Unavailable => Problem::new(&kinds::UNAVAILABLE),
        CommandError::ShuttingDown => Problem::new(&kinds::UNAVAILABLE).detail("this node is stopping"),
    }
}

/// The problem for a query that failed.
pub(crate) fn unavailable(error: sqlx::Error) -> Problem {
    Problem::new(&kinds::UNAVAILABLE).cause(error)
}

/// The problem for a look into the log that failed.
pub(crate) fn failed(failure: Failure) -> Problem {
    Problem::new(&kinds::UNAVAILABLE).cause(failure)
}

/// The problem of `kind` that `refusal` explains.
pub(crate) fn explained(kind: &'static Kind, refusal: &impl Display) -> Problem {
    Problem::new(kind).detail(refusal.to_string())
}

/// A body that is wrong at `pointer`, such as `#/title`.
pub(crate) fn invalid(pointer: &str, detail: impl Display) -> Problem {
    let fault = FieldError::at(pointer, detail.to_string());
    Problem::new(&kinds::INVALID_BODY).errors(vec![fault])
}

/// An answer with the log's position that covers it, for `Evently-Min-Position` of a later query.
pub(crate) fn at(status: StatusCode, position: Position) -> HttpResponseBuilder {
    let mut answer = HttpResponseBuilder::new(status);
    answer.insert_header(consistency::position(position.get()));
    answer
}

/// Adds where to find what was made.
pub(crate) fn locate(answer: &mut HttpResponseBuilder, path: String) {
    if let Ok(value) = HeaderValue::try_from(path) {
        answer.insert_header((LOCATION, value));
    }
}

/// Finishes with `body` as JSON, written once.
pub(crate) fn json(mut answer: HttpResponseBuilder, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut bytes = Vec::with_capacity(BODY_BYTES_USUAL);
    serde_json::to_writer(&mut bytes, body).map_err(Problem::internal)?;
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    Ok(answer.body(bytes))
}
