//! Paying for a Booking: `POST /api/v1/bookings/{id}/payment`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::booking::attempts_left;
use domain::booking::facts::BookingFact;
use domain::booking::{
    Booking, BookingCommand, Fingerprint, Payment, PaymentOutcome, ProlongBooking, RequestPayment,
    RequestPaymentRefusal,
};
use domain::ids::{BookingId, EventId, PaymentId};
use domain::payment::{GatewayName, MethodToken};
use edge::idempotency::IdempotencyKey;
use edge::problem::{Problem, kinds};
use edge::request::{Body, PathId};
use event_store::{Position, RecordedFact, Sequence, StreamId};
use gateway::{Admission, Caller, NotTaken};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::buyer::Buyer;
use super::fingerprint;
use super::not_held::not_held;
use crate::CommandApi;
use crate::answer::{explained, invalid};
use crate::derived_id;
use crate::verb::Verb;
use lanes::{Booked, Cause, Done};
use processes::{Bill, Outcome, PAYMENT};

/// How long the answer waits for an outcome; what takes longer is answered by 202, and shows in the booking.
const SETTLED_WITHIN: Duration = Duration::from_secs(3);

/// How to pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// With what.
    method: NewMethod,
}

/// What pays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMethod {
    /// The token that the gateway gave the buyer's browser. Card numbers are refused.
    #[schema(example = "sandbox_approve")]
    token: String,
}

/// Everything that one attempt to pay needs on its way.
struct Attempt {
    booking: BookingId,
    event: EventId,
    payment: PaymentId,
    command: RequestPayment,
    cause: Cause,
}

/// Pays for a booking
///
/// That a payment is wanted stands in the log before the gateway is asked, and the hold does not end until the gateway's
/// answer does too. 200: it is paid and confirmed. 202: the outcome is not known yet; ask for the booking until it is.
/// Repeated with the same `Idempotency-Key` it tells what became of the same payment, and charges nothing twice.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/payment",
    operation_id = "pay_booking",
    tag = "bookings",
    request_body = NewPayment,
    responses(
        (status = 200, description = "It is paid and confirmed", body = contract::Booking),
        (status = 202, description = "The outcome is not known yet", body = contract::Booking,
         headers(("Location" = String, description = "Where the outcome will show"),
                 ("Retry-After" = String, description = "Seconds until it is worth looking"))),
        (status = 400, description = "`missing-idempotency-key`, `unreadable-body`"),
        (status = 402, description = "`payment-declined` with `reason`, `attempts_left` and `expires_at`"),
        (status = 409, description = "`payment-under-way`; `invalid-state`: it is confirmed, given back, or costs nothing; \
            `event-cancelled`"),
        (status = 410, description = "`hold-expired`"),
        (status = 422, description = "`invalid-body`; `key-reused`"),
        (status = 503, description = "`payment-unavailable`: the gateway does not answer; the hold was prolonged"),
    ),
)]
pub async fn handle(
    verb: Verb<Buyer>,
    id: PathId<BookingId>,
    key: IdempotencyKey,
    body: Body<NewPayment>,
) -> Result<HttpResponse, Problem> {
    let method =
        MethodToken::parse(&body.0.method.token).map_err(|refusal| invalid("#/method/token", refusal))?;
    let booking = id.0;
    let event = verb.event_of(booking).await?;
    let payment = derived_id::payment(booking, &key);
    let request = fingerprint::of_payment(&method);
    let (gateway, admission) = match admit(&verb.api).await {
        Ok(admitted) => admitted,
        Err(not_taken) => return unavailable(&verb, event, booking, (payment, request), &not_taken).await,
    };
    let command = RequestPayment {
        booking,
        buyer: verb.actor.account(),
        payment,
        request,
        method,
        gateway,
        at: verb.now(),
    };
    let attempt = Attempt {
        booking,
        event,
        payment,
        command,
        cause: verb.cause(),
    };
    let done = pay(&verb, attempt, admission).await?;
    outcome(&verb, payment, &done)
}

async fn admit(api: &CommandApi) -> Result<(GatewayName, Admission), NotTaken> {
    let gateway = api.collector.gateways().taking()?;
    Ok((gateway.name().clone(), gateway.admit(Caller::Buyer).await?))
}

/// Requests the payment and has it collected, in a task of its own: a client that goes away stops nothing.
async fn pay(
    verb: &Verb<Buyer>,
    attempt: Attempt,
    admission: Admission,
) -> Result<Done<Arc<Booked>>, Problem> {
    let verb = verb.clone();
    let paying = tokio::spawn(async move {
        let command = BookingCommand::RequestPayment(attempt.command.clone());
        let requested = verb.booking_of(attempt.event, command).await?;
        Ok(match collect(&verb.api, &attempt, &requested, admission).await {
            Some(outcome) => settled(outcome).await.unwrap_or(requested),
            None => requested,
        })
    });
    paying.await.map_err(Problem::internal)?
}

/// Has a payment collected that has no outcome yet. Where the log cannot be read, the payment process will.
async fn collect(
    api: &CommandApi,
    attempt: &Attempt,
    requested: &Done<Arc<Booked>>,
    admission: Admission,
) -> Option<Outcome> {
    let payment = payment_of(&requested.state.booking, attempt.payment)?;
    if payment.outcome != PaymentOutcome::Open {
        return None;
    }
    let request = if requested.changed {
        requested.position
    } else {
        request_of(api, attempt).await?
    };
    let cause = Cause {
        correlation_id: attempt.cause.correlation_id,
        traceparent: attempt.cause.traceparent,
        ..Cause::process(PAYMENT, attempt.payment.uuid(), request)
    };
    let bill = Bill {
        booking: attempt.booking,
        event: attempt.event,
        payment: payment.clone(),
        cause,
    };
    // A repeated request may be the second to reach the gateway.
    Some(api.collector.collect(bill, admission, !requested.changed))
}

/// Where the payment was requested, by an earlier request with the same key.
async fn request_of(api: &CommandApi, attempt: &Attempt) -> Option<Position> {
    let stream = StreamId::of::<Booking>(attempt.booking);
    let log = &api.events.store().log;
    let facts = log.read_stream(&stream, Sequence::START).await;
    let facts = facts
        .inspect_err(|error| {
            tracing::warn!(error = error as &dyn std::error::Error, "payment.request.unread");
        })
        .ok()?;
    facts.iter().find_map(|fact| requested_by(fact, attempt.payment))
}

fn requested_by(fact: &RecordedFact, id: PaymentId) -> Option<Position> {
    let known = fact.of::<Booking>().ok()??;
    matches!(known, BookingFact::PaymentRequested { payment, .. } if *payment == id).then_some(fact.position)
}

/// The Booking once the outcome is known; `None` where that takes too long.
async fn settled(mut outcome: Outcome) -> Option<Done<Arc<Booked>>> {
    if let Some(done) = outcome.borrow().clone() {
        return Some(done);
    }
    timeout(SETTLED_WITHIN, outcome.changed()).await.ok()?.ok()?;
    outcome.borrow().clone()
}

fn payment_of(booking: &Booking, id: PaymentId) -> Option<&Payment> {
    booking.payments()?.attempt(id)
}

/// What became of the payment, as an answer.
fn outcome(
    verb: &Verb<Buyer>,
    payment: PaymentId,
    done: &Done<Arc<Booked>>,
) -> Result<HttpResponse, Problem> {
    let booking = &done.state.booking;
    match payment_of(booking, payment).map(|payment| &payment.outcome) {
        None => Err(Problem::new(&kinds::INTERNAL)),
        Some(PaymentOutcome::Open) => verb.answer(StatusCode::ACCEPTED, done),
        Some(PaymentOutcome::Captured { late: false, .. }) => verb.answer(StatusCode::OK, done),
        Some(PaymentOutcome::Captured { late: true, .. }) => {
            Err(Problem::new(&kinds::INVALID_STATE).detail("the payment came too late, and is returned"))
        }
        Some(PaymentOutcome::Declined { reason }) => Err(Problem::new(&kinds::PAYMENT_DECLINED)
            .detail(format!("the payment was declined: {reason}"))
            .with("reason", reason.as_str())
            .with("attempts_left", booking.payments().map_or(0, attempts_left))
            .with("expires_at", json!(booking.until()))),
    }
}

/// No gateway takes a payment now. A payment that is known already is answered all the same; any other leaves the buyer
/// more time.
async fn unavailable(
    verb: &Verb<Buyer>,
    event: EventId,
    booking: BookingId,
    (payment, request): (PaymentId, Fingerprint),
    not_taken: &NotTaken,
) -> Result<HttpResponse, Problem> {
    let command = BookingCommand::Prolong(ProlongBooking {
        booking,
        buyer: verb.actor.account(),
        at: verb.now(),
    });
    let done = verb.booking_of(event, command).await?;
    let booking = &done.state.booking;
    if let Some(known) = payment_of(booking, payment) {
        if known.request != request {
            return Err(refused(&RequestPaymentRefusal::KeyReused));
        }
        return outcome(verb, payment, &done);
    }
    // What could not be paid with any gateway is refused as ever.
    let ends_at = done.state.event.ends_at;
    booking
        .payable(ends_at, verb.now())
        .map_err(|refusal| refused(&refusal))?;
    let seconds = u32::try_from(not_taken.retry_after().as_secs()).unwrap_or(u32::MAX);
    Err(explained(&kinds::PAYMENT_UNAVAILABLE, not_taken)
        .with("expires_at", json!(booking.held_until(ends_at)))
        .retry_after(seconds.max(1)))
}

pub(super) fn refused(refusal: &RequestPaymentRefusal) -> Problem {
    let explained = |kind| explained(kind, refusal);
    match refusal {
        RequestPaymentRefusal::NotHeld(refusal) => not_held(refusal),
        RequestPaymentRefusal::KeyReused => explained(&kinds::KEY_REUSED),
        RequestPaymentRefusal::InFlight { payment } => {
            explained(&kinds::PAYMENT_UNDER_WAY).with("payment_id", payment.to_string())
        }
        RequestPaymentRefusal::NothingToPay => explained(&kinds::INVALID_STATE),
        RequestPaymentRefusal::EventCancelled(_) => explained(&kinds::EVENT_CANCELLED),
    }
}
