//! Placing a Booking: `POST /api/v1/bookings`, the busiest verb of all.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::booking::{BookingCommand, BookingRefusal, PlaceBooking, PlaceRefusal, SeatRequest};
use domain::ids::EventId;
use domain::text::{SeatId, SectionId};
use edge::idempotency::IdempotencyKey;
use edge::problem::{FieldError, Kind, Problem, kinds};
use edge::request::{Body, RequestContext};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{self, BookingBody};
use super::buyer::Buyer;
use super::{another_verb, fingerprint};
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::derived_id;

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
        (status = 201, description = "The places are held", body = BookingBody,
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
    api: web::Data<CommandApi>,
    buyer: Buyer,
    context: RequestContext,
    key: IdempotencyKey,
    body: Body<NewBooking>,
) -> Result<HttpResponse, Problem> {
    let (event, seats) = body.0.wanted()?;
    let request = fingerprint::of(event, &seats);
    let account = buyer.account();
    let booking = derived_id::booking(account, &key);
    let at = api.clock.now();
    let command = BookingCommand::Place(PlaceBooking {
        booking,
        event,
        buyer: account,
        seats,
        request,
        at,
    });
    let done = api
        .events
        .booking(event, command, cause(&api, &buyer.0, &context))
        .await;
    answer::created(
        booking,
        &done.map_err(|error| problem(error, refused))?,
        api.clock.now(),
    )
}

fn refused(refusal: BookingRefusal) -> Problem {
    if let BookingRefusal::Place(refusal) = &refusal {
        return not_placed(refusal);
    }
    another_verb(refusal)
}

fn not_placed(refusal: &PlaceRefusal) -> Problem {
    let told = |kind: &'static Kind| Problem::new(kind).detail(refusal.to_string());
    match refusal {
        PlaceRefusal::KeyReused => told(&kinds::KEY_REUSED),
        PlaceRefusal::EventAbsent => told(&kinds::NOT_FOUND),
        PlaceRefusal::EventCancelled => told(&kinds::EVENT_CANCELLED),
        PlaceRefusal::NotOnSale { from, until } => told(&kinds::NOT_ON_SALE)
            .with("from", time(*from))
            .with("until", time(*until)),
        PlaceRefusal::NoSeats => told(&kinds::NO_SEATS),
        PlaceRefusal::TooManySeats { max } => told(&kinds::TOO_MANY_SEATS).with("max", *max),
        PlaceRefusal::DuplicateSeats(seats) => told(&kinds::DUPLICATE_SEATS).with("seats", list(seats)),
        PlaceRefusal::UnknownSeats(seats) => told(&kinds::UNKNOWN_SEATS).with("seats", list(seats)),
        PlaceRefusal::UnknownSection => told(&kinds::UNKNOWN_SECTION),
        PlaceRefusal::OverBuyerLimit { max, already } => told(&kinds::OVER_BUYER_LIMIT)
            .with("max", *max)
            .with("already", *already),
        PlaceRefusal::SeatsTaken(seats) => told(&kinds::SEATS_TAKEN).with("seats", list(seats)),
        PlaceRefusal::SoldOut { section, left } => told(&kinds::SOLD_OUT)
            .with("section_id", section.as_str())
            .with("left", *left),
        PlaceRefusal::TotalTooLarge => invalid("#", &refusal.to_string()),
    }
}

fn invalid(pointer: &str, detail: &str) -> Problem {
    Problem::new(&kinds::INVALID_BODY).errors(vec![FieldError::at(pointer, detail)])
}

fn list(seats: &[SeatId]) -> Vec<&str> {
    seats.iter().map(SeatId::as_str).collect()
}

fn time(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |at| {
        Value::from(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    })
}
