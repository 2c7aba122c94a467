//! Cancelling a Booking, all of it or a part: `DELETE /api/v1/bookings/{id}` and `POST …/cancellation`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::booking::{
    Booking, BookingCommand, BookingRefusal, CancelPlaces, CancelRefusal, CancelRequest, Canceller,
    Fingerprint,
};
use domain::ids::{BookingId, RefundId};
use domain::text::{SeatId, SectionId};
use edge::caller::Caller;
use edge::idempotency::IdempotencyKey;
use edge::problem::{FieldError, Kind, Problem, kinds};
use edge::request::RequestContext;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, BookingBody};
use super::buyer::Buyer;
use super::{another_verb, event_of, fingerprint};
use crate::CommandApi;
use crate::answer::{at, cause, problem};
use crate::derived_id;
use crate::event::staff::Staff;
use crate::optional_body::OptionalBody;
use crate::path_id::PathId;
use lanes::Done;

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
                Err(Problem::new(&kinds::INVALID_BODY).errors(vec![FieldError::at("#", detail)]))
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
    params(PathId),
    responses(
        (status = 200, description = "Sold places are given back; `cancelled` tells fee and refund", body = BookingBody),
        (status = 204, description = "The hold is released, or was over"),
        (status = 409, description = "`not-cancellable` with `until`; `payment-under-way`"),
    ),
)]
pub async fn all(
    api: web::Data<CommandApi>,
    buyer: Buyer,
    context: RequestContext,
    id: PathId,
) -> Result<HttpResponse, Problem> {
    let booking = id.booking();
    let order = Order {
        booking,
        by: Canceller::Buyer(buyer.account()),
        places: CancelRequest::All,
        cancellation: RefundId::new(booking.uuid()),
        request: None,
    };
    let done = cancel(&api, order, &buyer.0, &context).await?;
    if done.state.cancelled().is_empty() {
        return Ok(at(StatusCode::NO_CONTENT, done.position).finish());
    }
    answer::ok(booking, &done, api.clock.now())
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
    params(PathId),
    request_body = Option<NewCancellation>,
    responses(
        (status = 200, description = "They are given back; `cancelled` tells fee and refund", body = BookingBody),
        (status = 400, description = "`missing-idempotency-key`, `unreadable-body`"),
        (status = 409, description = "`not-cancellable` with `until`; `payment-under-way`; `invalid-state`: it is not \
            confirmed, or has nothing left"),
        (status = 422, description = "`invalid-body`; `unknown-seats` with `seats`; `no-seats`; `too-many-seats` with \
            `max`; `key-reused`"),
    ),
)]
pub async fn some(
    api: web::Data<CommandApi>,
    buyer: Buyer,
    context: RequestContext,
    id: PathId,
    key: IdempotencyKey,
    body: OptionalBody<NewCancellation>,
) -> Result<HttpResponse, Problem> {
    let by = Canceller::Buyer(buyer.account());
    let order = Order::with_key(id.booking(), by, &key, body.0)?;
    let done = cancel(&api, order, &buyer.0, &context).await?;
    answer::ok(id.booking(), &done, api.clock.now())
}

/// Cancels places for a buyer
///
/// By whoever runs the event: at any time, without a fee, and all that was paid for the places is returned.
#[utoipa::path(
    post,
    path = "/api/v1/admin/bookings/{id}/cancellation",
    operation_id = "cancel_places_of_buyer",
    tag = "bookings",
    params(PathId),
    request_body = Option<NewCancellation>,
    responses(
        (status = 200, description = "They are given back and refunded", body = BookingBody),
        (status = 400, description = "`missing-idempotency-key`, `unreadable-body`"),
        (status = 409, description = "`payment-under-way`; `invalid-state`: it is not confirmed, or has nothing left"),
        (status = 422, description = "`invalid-body`; `unknown-seats` with `seats`; `no-seats`; `too-many-seats` with \
            `max`; `key-reused`"),
    ),
)]
pub async fn by_organizer(
    api: web::Data<CommandApi>,
    staff: Staff,
    context: RequestContext,
    id: PathId,
    key: IdempotencyKey,
    body: OptionalBody<NewCancellation>,
) -> Result<HttpResponse, Problem> {
    let order = Order::with_key(id.booking(), Canceller::Organizer(staff.by), &key, body.0)?;
    let done = cancel(&api, order, &staff.caller, &context).await?;
    answer::ok(id.booking(), &done, api.clock.now())
}

/// What is to be given back, by whom.
struct Order {
    booking: BookingId,
    by: Canceller,
    places: CancelRequest,
    cancellation: RefundId,
    request: Option<Fingerprint>,
}

impl Order {
    fn with_key(
        booking: BookingId,
        by: Canceller,
        key: &IdempotencyKey,
        body: NewCancellation,
    ) -> Result<Self, Problem> {
        let places = body.wanted()?;
        Ok(Self {
            booking,
            by,
            cancellation: derived_id::cancellation(booking, key),
            request: Some(fingerprint::of_cancellation(&places)),
            places,
        })
    }
}

async fn cancel(
    api: &CommandApi,
    order: Order,
    caller: &Caller,
    context: &RequestContext,
) -> Result<Done<Booking>, Problem> {
    let event = event_of(api, order.booking).await?;
    let command = BookingCommand::Cancel(CancelPlaces {
        booking: order.booking,
        by: order.by,
        places: order.places,
        cancellation: order.cancellation,
        request: order.request,
        at: api.clock.now(),
    });
    let done = api
        .events
        .booking(event, command, cause(api, caller, context))
        .await;
    done.map_err(|error| problem(error, refused))
}

fn refused(refusal: BookingRefusal) -> Problem {
    if let BookingRefusal::Cancel(refusal) = &refusal {
        return not_cancelled(refusal);
    }
    another_verb(refusal)
}

fn not_cancelled(refusal: &CancelRefusal) -> Problem {
    let told = |kind: &'static Kind| Problem::new(kind).detail(refusal.to_string());
    match refusal {
        CancelRefusal::Absent | CancelRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        CancelRefusal::KeyReused => told(&kinds::KEY_REUSED),
        CancelRefusal::NotConfirmed | CancelRefusal::Ended { .. } => told(&kinds::INVALID_STATE),
        CancelRefusal::PaymentInFlight => told(&kinds::PAYMENT_UNDER_WAY),
        CancelRefusal::NoPlaces => told(&kinds::NO_SEATS),
        CancelRefusal::UnknownSeats(seats) => {
            let seats: Vec<&str> = seats.iter().map(SeatId::as_str).collect();
            told(&kinds::UNKNOWN_SEATS).with("seats", seats)
        }
        CancelRefusal::TooMany { left, .. } => told(&kinds::TOO_MANY_SEATS).with("max", *left),
        CancelRefusal::NotCancellable => told(&kinds::NOT_CANCELLABLE),
        CancelRefusal::TooLate { until } => {
            told(&kinds::NOT_CANCELLABLE).with("until", serde_json::json!(until))
        }
        // The process alone is told the one, and arithmetic that the domain has bounded makes the other.
        CancelRefusal::EventNotCancelled | CancelRefusal::RefundTooLarge => {
            Problem::internal(refusal.clone())
        }
    }
}
