//! From bodies to requests, and from endings to answers.

use std::io;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures::stream;
use serde::de::DeserializeOwned;

use crate::gateway::{Ending, Gateway};
use crate::refusal::Refusal;

/// Bytes of a body at most: an amount, a method, and a page of the client's own words.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1_024;
/// The largest amount: the largest integer that JSON carries exactly to every client (RFC 8259, section 6).
const AMOUNT_MAX: u64 = (1 << 53) - 1;
/// Says that the answer is that of an earlier request.
const REPLAYED: (&str, &str) = ("Idempotent-Replayed", "true");

/// A body as it came, or why it did not.
pub(crate) type Body = Result<Bytes, actix_web::Error>;

/// Reads a body strictly.
pub(crate) fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let bytes = body.map_err(|error| match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Refusal::BodyTooLarge(BODY_BYTES_MAX),
        _ => Refusal::Unreadable("the body cannot be read".to_owned()),
    })?;
    serde_json::from_slice(&bytes).map_err(|error| Refusal::Unreadable(error.to_string()))
}

/// Checks an amount: 1 or more, and exact in JSON.
pub(crate) fn check_amount(amount: u64) -> Result<(), Refusal> {
    if (1..=AMOUNT_MAX).contains(&amount) {
        return Ok(());
    }
    Err(Refusal::Unreadable(format!(
        "an amount is 1 to {AMOUNT_MAX} minor units"
    )))
}

/// Answers as `ending` says.
pub(crate) async fn respond(gateway: &Gateway, ending: Ending) -> HttpResponse {
    match ending {
        Ending::Answered(recorded) => HttpResponse::Ok().json(recorded),
        Ending::Replayed(recorded) => HttpResponse::Ok().insert_header(REPLAYED).json(recorded),
        Ending::Silent(hang) => silence(gateway, hang).await,
    }
}

/// Holds the connection for `hang` and closes it without a byte: a body that fails at its first piece takes the
/// connection with it before the head is sent.
async fn silence(gateway: &Gateway, hang: Duration) -> HttpResponse {
    let hanging = tokio::time::sleep(hang);
    gateway.stop.run_until_cancelled(hanging).await;
    let nothing = io::Error::from(io::ErrorKind::ConnectionAborted);
    HttpResponse::Ok().streaming(stream::iter([Err::<Bytes, _>(nothing)]))
}
