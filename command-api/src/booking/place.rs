//! Placing a Booking: `POST /api/v1/bookings`, the busiest verb of all.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::Booking;
use domain::booking::{BookingCommand, PlaceBooking, PlaceRefusal, SeatRefusal, SeatRequest};
use domain::ids::EventId;
use domain::text::{SeatId, SectionId};
use edge::idempotency::IdempotencyKey;
use edge::problem::{Problem, kinds};
use edge::request::Body;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::buyer::Buyer;
use super::fingerprint;
use crate::answer::{explained, invalid};
use crate::derived_id;
use crate::verb::Verb;

/// What to hold: either `seat_ids`, or `section_id` and `quantity` for the best available seats of a section or places
/// of general admission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// The Event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// Seats by name, 1 to 20.
    #[schema(value_type = Option<Vec<String>>)]
    seat_ids: Option<Vec<SeatId>>,
    /// A section.
    #[schema(value_type = Option<String>)]
    section_id: Option<SectionId>,
    /// How many places of the section, 1 to 20.
    quantity: Option<u32>,
}

impl NewBooking {
    fn wanted(self) -> Result<(EventId, SeatRequest), Problem> {
        let seats = match (self.seat_ids, self.section_id, self.quantity) {
            (Some(seats), None, None) => SeatRequest::Named(seats),
            (None, Some(section), Some(quantity)) => SeatRequest::Any { section, quantity },
            (..) => return Err(invalid("#", "name either seat_ids, or section_id and quantity")),
        };
        Ok((self.event_id, seats))
    }
}

/// Places a booking
///
/// Holds seats for the caller until `expires_at`, at prices that stay: all of them or none. The booking's id derives
/// from the account and the `Idempotency-Key`, so that a repeated request finds the booking that the first one placed
/// and answers with it as it is now.
#[utoipa::path(
    post,
    path = "/api/v1/bookings",
    operation_id = "place_booking",
    tag = "bookings",
    request_body = NewBooking,
    responses(
        (status = 201, description = "The places are held", body = Booking,
         headers(("Location" = String, description = "Where it is"))),
        (status = 400, description = "`missing-idempotency-key`, `unreadable-body`"),
        (status = 404, description = "`not-found`: there is no such event, or it is not published"),
        (status = 409, description = "`seats-taken` with `seats`; `sold-out` with `section_id` and `left`; \
            `not-on-sale` with `from` and `until`; `event-cancelled`; `over-buyer-limit` with `max` and `already`"),
        (status = 422, description = "`invalid-body`; `key-reused`: the key placed another booking; `unknown-seats` and \
            `duplicate-seats` with `seats`; `unknown-section`; `no-seats`; `too-many-seats` with `max`"),
    ),
)]
pub async fn handle(
    verb: Verb<Buyer>,
    key: IdempotencyKey,
    body: Body<NewBooking>,
) -> Result<HttpResponse, Problem> {
    let (event, seats) = body.0.wanted()?;
    let buyer = verb.actor.account();
    let command = BookingCommand::Place(PlaceBooking {
        booking: derived_id::booking(buyer, &key),
        event,
        buyer,
        request: fingerprint::of(event, &seats),
        seats,
        at: verb.now(),
    });
    let done = verb.booking_of(event, command).await?;
    verb.answer(StatusCode::CREATED, &done)
}

pub(super) fn refused(refusal: &PlaceRefusal) -> Problem {
    let explained = |kind| explained(kind, refusal);
    match refusal {
        PlaceRefusal::KeyReused => explained(&kinds::KEY_REUSED),
        PlaceRefusal::EventAbsent => explained(&kinds::NOT_FOUND),
        PlaceRefusal::EventCancelled(_) => explained(&kinds::EVENT_CANCELLED),
        PlaceRefusal::NotOnSale { from, until } => explained(&kinds::NOT_ON_SALE)
            .with("from", json!(from))
            .with("until", json!(until)),
        PlaceRefusal::Seats(refusal) => no_seats(refusal),
        PlaceRefusal::OverBuyerLimit { max, already } => explained(&kinds::OVER_BUYER_LIMIT)
            .with("max", *max)
            .with("already", *already),
        PlaceRefusal::TotalTooLarge => invalid("#", refusal),
    }
}

fn no_seats(refusal: &SeatRefusal) -> Problem {
    let explained = |kind| explained(kind, refusal);
    match refusal {
        SeatRefusal::NoSeats => explained(&kinds::NO_SEATS),
        SeatRefusal::TooManySeats { max } => explained(&kinds::TOO_MANY_SEATS).with("max", *max),
        SeatRefusal::DuplicateSeats(seats) => explained(&kinds::DUPLICATE_SEATS).with("seats", json!(seats)),
        SeatRefusal::UnknownSeats(seats) => explained(&kinds::UNKNOWN_SEATS).with("seats", json!(seats)),
        SeatRefusal::UnknownSection => explained(&kinds::UNKNOWN_SECTION),
        SeatRefusal::SeatsTaken(seats) => explained(&kinds::SEATS_TAKEN).with("seats", json!(seats)),
        SeatRefusal::SoldOut { section, left } => explained(&kinds::SOLD_OUT)
            .with("section_id", section.as_str())
            .with("left", *left),
    }
}
