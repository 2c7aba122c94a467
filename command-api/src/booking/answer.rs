//! What a booking verb answers with: the Booking after it, written straight from the state, and the log's position.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use chrono::{DateTime, Utc};
use domain::booking::{Booking, BookingLine};
use domain::ids::{BookingId, EventId};
use domain::money::{Currency, Money};
use domain::text::{SeatId, SectionId};
use edge::problem::{Problem, kinds};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::money::{self, CancelledBody, PaymentBody, RefundBody};
use crate::answer::{at, json, locate};
use lanes::Done;

/// How soon to look for an outcome: payments that are not known at once take seconds.
const POLL_AFTER_SECONDS: &str = "1";

/// A Booking after a verb.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingAfterCommand)]
pub struct BookingBody<'a> {
    /// The Booking's id.
    #[schema(value_type = uuid::Uuid)]
    id: BookingId,
    /// Its short name for people, ten characters.
    #[schema(example = "7K3M9QX2PV")]
    reference: &'a str,
    /// The Event.
    #[schema(value_type = uuid::Uuid)]
    event_id: EventId,
    /// `held`, `awaiting_payment`, `confirmed`, `cancelled`, `refunded`, `released`, `failed` or `expired`.
    status: &'static str,
    /// Its places, by section: what is left of them, or what an ended booking had.
    #[schema(value_type = Vec<LineBody>)]
    lines: Lines<'a>,
    /// What was to be paid for all that was placed.
    #[schema(value_type = MoneyBody)]
    total: Money,
    /// First moment at which the hold is over; `null` where nothing is held, or where a payment must be known first.
    expires_at: Option<DateTime<Utc>>,
    /// Seconds until then, by the server's clock.
    expires_in_seconds: Option<i64>,
    /// The latest payment, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PaymentBody>)]
    payment: Option<PaymentBody<'a>>,
    /// What was given back after it was sold; left out where nothing was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<CancelledBody>)]
    cancelled: Vec<CancelledBody<'a>>,
    /// Money that goes back to the buyer; left out where none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<RefundBody>)]
    refunds: Vec<RefundBody<'a>>,
}

/// Places of one section at one price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingLine)]
pub struct LineBody<'a> {
    /// The section.
    #[schema(value_type = String)]
    section_id: &'a SectionId,
    /// How many places.
    quantity: u32,
    /// The seats; empty in general admission.
    #[schema(value_type = Vec<String>)]
    seats: &'a [SeatId],
    /// What one of them costs.
    #[schema(value_type = MoneyBody)]
    unit_price: Money,
}

/// An amount in minor units of a currency: 12000 EUR are 120.00 €.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyBody {
    /// Minor units.
    amount: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

/// Lines are written one by one from the state, without a list of bodies between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    pub(super) lines: &'a [BookingLine],
    pub(super) currency: Currency,
}

impl Serialize for Lines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let currency = self.currency;
        serializer.collect_seq(self.lines.iter().map(|line: &BookingLine| LineBody {
            section_id: &line.section,
            quantity: line.quantity,
            seats: &line.seats,
            unit_price: Money {
                amount: line.unit_price.amount(),
                currency,
            },
        }))
    }
}

/// What it has, or had before it was sold; of what was cancelled nothing is left.
fn lines(booking: &Booking) -> &[BookingLine] {
    if let Booking::Cancelled(_) = booking {
        return &[];
    }
    booking.lines()
}

/// 201 with the Booking that came to be.
pub(super) fn created(
    id: BookingId,
    done: &Done<Booking>,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    answer(StatusCode::CREATED, id, done, now)
}

/// 202: the payment has no outcome yet; where to look for it, and how soon.
pub(super) fn accepted(
    id: BookingId,
    done: &Done<Booking>,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    answer(StatusCode::ACCEPTED, id, done, now)
}

/// 200 with the Booking as it is now.
pub(super) fn ok(id: BookingId, done: &Done<Booking>, now: DateTime<Utc>) -> Result<HttpResponse, Problem> {
    answer(StatusCode::OK, id, done, now)
}

fn answer(
    status: StatusCode,
    id: BookingId,
    done: &Done<Booking>,
    now: DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    // A verb that was carried out leaves a Booking that was placed.
    let placement = done
        .state
        .placement()
        .ok_or_else(|| Problem::new(&kinds::INTERNAL))?;
    let until = done.state.until();
    let mut answer = at(status, done.position);
    if status != StatusCode::OK {
        locate(&mut answer, format!("/api/v1/bookings/{id}"));
    }
    if status == StatusCode::ACCEPTED {
        answer.insert_header((RETRY_AFTER, HeaderValue::from_static(POLL_AFTER_SECONDS)));
    }
    let body = BookingBody {
        id,
        reference: placement.reference.as_str(),
        event_id: placement.event,
        status: done.state.status(),
        lines: Lines {
            lines: lines(&done.state),
            currency: placement.total.currency,
        },
        total: placement.total,
        expires_at: until,
        expires_in_seconds: until.map(|until| (until - now).num_seconds().max(0)),
        payment: money::latest_payment(&done.state),
        cancelled: money::cancelled(&done.state),
        refunds: money::refunds(&done.state),
    };
    json(answer, &body)
}
