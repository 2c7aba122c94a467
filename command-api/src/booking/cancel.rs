//! Cancelling a Booking, all of it or a part: `DELETE /api/v1/bookings/{id}` and `POST …/cancellation`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::Booking;
use domain::booking::{BookingCommand, CancelPlaces, CancelRefusal, CancelRequest, Canceller};
use domain::cancellation::NotCancellable;
use domain::ids::{BookingId, RefundId};
use domain::text::{SeatId, SectionId};
use edge::idempotency::IdempotencyKey;
use edge::problem::{Problem, kinds};
use edge::request::PathId;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::buyer::Buyer;
use super::fingerprint;
use crate::answer::{at, explained, invalid};
use crate::derived_id;
use crate::event::staff::Staff;
use crate::optional_body::OptionalBody;
use crate::verb::{Actor, Verb};

/// What to give back: `seat_ids`, or `section_id` and `quantity` in general admission; without either, everything.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// Seats by name.
    #[schema(value_type = Option<Vec<String>>)]
    seat_ids: Option<Vec<SeatId>>,
    /// A section of general admission.
    #[schema(value_type = Option<String>)]
    section_id: Option<SectionId>,
    /// How many places of it.
    quantity: Option<u32>,
}

impl NewCancellation {
    fn wanted(self) -> Result<CancelRequest, Problem> {
        match (self.seat_ids, self.section_id, self.quantity) {
            (None, None, None) => Ok(CancelRequest::All),
            (Some(seats), None, None) => Ok(CancelRequest::Seats(seats)),
            (None, Some(section), Some(quantity)) => Ok(CancelRequest::Count { section, quantity }),
            (..) => {
                let detail = "name either seat_ids, or section_id and quantity, or nothing";
                Err(invalid("#", detail))
            }
        }
    }
}

/// Cancels a booking
///
/// A hold is released and costs nothing (204). Sold places are given back under the conditions of the sale, which were
/// frozen when they were held, and what is due of their price is returned (200). The places are for sale at once. Repeating it changes
/// nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/bookings/{id}",
    operation_id = "cancel_booking",
    tag = "bookings",
    responses(
        (status = 200, description = "Sold places are given back; `cancelled` tells fee and refund", body = Booking),
        (status = 204, description = "The hold is released, or was over"),
        (status = 409, description = "`not-cancellable` with `until`; `payment-under-way`"),
    ),
)]
pub async fn all(verb: Verb<Buyer>, id: PathId<BookingId>) -> Result<HttpResponse, Problem> {
    let command = CancelPlaces {
        booking: id.0,
        by: Canceller::Buyer(verb.actor.account()),
        places: CancelRequest::All,
        cancellation: RefundId::new(id.0.uuid()),
        request: None,
        at: verb.now(),
    };
    let done = verb.booking(BookingCommand::Cancel(command)).await?;
    if done.state.booking.cancelled().is_empty() {
        return Ok(at(StatusCode::NO_CONTENT, done.position).finish());
    }
    verb.answer(StatusCode::OK, &done)
}

/// Cancels some places
///
/// Gives back seats, places of general admission, or without a body everything, under the conditions of the sale. Needs
/// an `Idempotency-Key`, as two cancellations of one place each are not one of two.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/cancellation",
    operation_id = "cancel_places",
    tag = "bookings",
    request_body = Option<NewCancellation>,
    responses(
        (status = 200, description = "They are given back; `cancelled` tells fee and refund", body = Booking),
        (status = 400, description = "`missing-idempotency-key`, `unreadable-body`"),
        (status = 409, description = "`not-cancellable` with `until`; `payment-under-way`; `invalid-state`: it is not \
            confirmed, or has nothing left"),
        (status = 422, description = "`invalid-body`; `unknown-seats` and `duplicate-seats` with `seats`; `no-seats`; \
            `too-many-seats` with `max`; `key-reused`"),
    ),
)]
pub async fn some(
    verb: Verb<Buyer>,
    id: PathId<BookingId>,
    key: IdempotencyKey,
    body: OptionalBody<NewCancellation>,
) -> Result<HttpResponse, Problem> {
    let by = Canceller::Buyer(verb.actor.account());
    with_key(&verb, id.0, by, &key, body.0).await
}

/// Cancels places for a buyer
///
/// By the organizer of the event: at any time, without a fee, and all that was paid for the places is returned.
#[utoipa::path(
    post,
    path = "/api/v1/admin/bookings/{id}/cancellation",
    operation_id = "cancel_places_of_buyer",
    tag = "bookings",
    request_body = Option<NewCancellation>,
    responses(
        (status = 200, description = "They are given back and refunded", body = Booking),
        (status = 400, description = "`missing-idempotency-key`, `unreadable-body`"),
        (status = 409, description = "`payment-under-way`; `invalid-state`: it is not confirmed, or has nothing left"),
        (status = 422, description = "`invalid-body`; `unknown-seats` and `duplicate-seats` with `seats`; `no-seats`; \
            `too-many-seats` with `max`; `key-reused`"),
    ),
)]
pub async fn by_organizer(
    verb: Verb<Staff>,
    id: PathId<BookingId>,
    key: IdempotencyKey,
    body: OptionalBody<NewCancellation>,
) -> Result<HttpResponse, Problem> {
    let by = Canceller::Organizer(verb.actor.by);
    with_key(&verb, id.0, by, &key, body.0).await
}

async fn with_key<A: Actor>(
    verb: &Verb<A>,
    booking: BookingId,
    by: Canceller,
    key: &IdempotencyKey,
    body: NewCancellation,
) -> Result<HttpResponse, Problem> {
    let places = body.wanted()?;
    let command = CancelPlaces {
        booking,
        by,
        cancellation: derived_id::cancellation(booking, key),
        request: Some(fingerprint::of_cancellation(&places)),
        places,
        at: verb.now(),
    };
    let done = verb.booking(BookingCommand::Cancel(command)).await?;
    verb.answer(StatusCode::OK, &done)
}

pub(super) fn refused(refusal: &CancelRefusal) -> Problem {
    let explained = |kind| explained(kind, refusal);
    match refusal {
        CancelRefusal::Absent | CancelRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        CancelRefusal::KeyReused => explained(&kinds::KEY_REUSED),
        CancelRefusal::NotConfirmed | CancelRefusal::Ended { .. } => explained(&kinds::INVALID_STATE),
        CancelRefusal::PaymentInFlight => explained(&kinds::PAYMENT_UNDER_WAY),
        CancelRefusal::NoPlaces => explained(&kinds::NO_SEATS),
        CancelRefusal::DuplicateSeats(seats) => {
            explained(&kinds::DUPLICATE_SEATS).with("seats", json!(seats))
        }
        CancelRefusal::UnknownSeats(seats) => explained(&kinds::UNKNOWN_SEATS).with("seats", json!(seats)),
        CancelRefusal::TooMany { left, .. } => explained(&kinds::TOO_MANY_SEATS).with("max", *left),
        CancelRefusal::NotCancellable(NotCancellable::Never) => explained(&kinds::NOT_CANCELLABLE),
        CancelRefusal::NotCancellable(NotCancellable::TooLate { until }) => {
            explained(&kinds::NOT_CANCELLABLE).with("until", json!(until))
        }
        // The process alone meets the one, and arithmetic that the domain has bounded makes the other.
        CancelRefusal::EventNotCancelled | CancelRefusal::RefundTooLarge => {
            Problem::internal(refusal.clone())
        }
    }
}
