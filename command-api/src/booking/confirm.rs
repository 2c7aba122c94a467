//! Confirming a Booking that costs nothing: `POST /api/v1/bookings/{id}/confirmation`.

use actix_web::{HttpResponse, web};
use domain::booking::{BookingCommand, BookingRefusal, ConfirmBooking, ConfirmRefusal};
use edge::problem::{Kind, Problem, kinds};
use edge::request::RequestContext;
use serde_json::json;

use super::answer::{self, BookingBody};
use super::buyer::Buyer;
use super::{another_verb, event_of};
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

/// Confirms a booking
///
/// A booking whose total is zero becomes a sale. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/confirmation",
    operation_id = "confirm_booking",
    tag = "bookings",
    params(PathId),
    responses(
        (status = 200, description = "It is confirmed", body = BookingBody),
        (status = 409, description = "`payment-required-to-confirm` with `total`; `invalid-state`: it was given back; `event-cancelled`"),
        (status = 410, description = "`hold-expired`"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    buyer: Buyer,
    context: RequestContext,
    id: PathId,
) -> Result<HttpResponse, Problem> {
    let booking = id.booking();
    let event = event_of(&api, booking).await?;
    let command = ConfirmBooking {
        booking,
        buyer: buyer.account(),
        at: api.clock.now(),
    };
    let cause = cause(&api, &buyer.0, &context);
    let done = api
        .events
        .booking(event, BookingCommand::Confirm(command), cause)
        .await;
    let done = done.map_err(|error| problem(error, refused))?;
    answer::ok(booking, &done, api.clock.now())
}

fn refused(refusal: BookingRefusal) -> Problem {
    if let BookingRefusal::Confirm(refusal) = &refusal {
        return not_confirmed(refusal);
    }
    another_verb(refusal)
}

fn not_confirmed(refusal: &ConfirmRefusal) -> Problem {
    let told = |kind: &'static Kind| Problem::new(kind).detail(refusal.to_string());
    match refusal {
        ConfirmRefusal::Absent | ConfirmRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        ConfirmRefusal::Ended { .. } => told(&kinds::INVALID_STATE),
        ConfirmRefusal::EventCancelled => told(&kinds::EVENT_CANCELLED),
        ConfirmRefusal::Expired { .. } => told(&kinds::HOLD_EXPIRED),
        ConfirmRefusal::PaymentRequired { total } => {
            let total = json!({ "amount": total.amount, "currency": total.currency.to_string() });
            told(&kinds::PAYMENT_REQUIRED_TO_CONFIRM).with("total", total)
        }
    }
}
