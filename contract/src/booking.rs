//! A Booking, as the API answers with it.

use chrono::{DateTime, Utc};
use domain::booking::{self, BookingLine, PAYMENT_ATTEMPTS_MAX, PaymentOutcome, Payments};
use domain::event::Event;
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::text::{SeatId, SectionId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::booking_columns::{CancelledColumn, PaymentColumn, RefundColumn};
pub use crate::booking_words::{BookingStatus, CancelledBy, PaymentStatus, RefundReason, RefundStatus};
use crate::cancellation::Cancellable;
use crate::money::Money;

/// A Booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Booking {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: BookingId,
    /// Its short name for people, ten characters.
    #[schema(example = "7K3M9QX2PV")]
    pub reference: String,
    /// Whose it is.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// Which event.
    #[schema(value_type = Uuid)]
    pub event_id: EventId,
    /// What the event is called; `null` for a moment after the event was created.
    pub event_title: Option<String>,
    /// When the event starts; `null` as `event_title`.
    pub event_starts_at: Option<DateTime<Utc>>,
    /// Where it stands now: a hold past its deadline is expired, whether or not that is recorded yet.
    pub status: BookingStatus,
    /// The places that it has, by section; of what ended before it was sold, those that it had.
    pub lines: Vec<Line>,
    /// How many places these are.
    pub quantity: u32,
    /// What all places that were placed cost, at the prices of that moment.
    pub total: Money,
    /// What the gateway took for it.
    pub paid: Money,
    /// What was returned of that.
    pub refunded: Money,
    /// The latest attempt to pay; `null` where there was none.
    pub payment: Option<Payment>,
    /// Places that were given back after they were sold, or because the event does not take place; the first first.
    pub cancelled: Vec<CancelledPlaces>,
    /// Returns of money, the first first.
    pub refunds: Vec<Refund>,
    /// Under which conditions its buyer may cancel it now; `null`: not, or not any more.
    pub cancellable: Option<Cancellable>,
    /// First moment at which the hold is over, never after the event's end; `null` where nothing is held, or while a payment is under way.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whole seconds left of a hold, by the server's clock; `null` where nothing is held.
    pub expires_in_seconds: Option<i64>,
    /// Whether the hold was extended.
    pub extended: bool,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When the hold ended, by sale or otherwise.
    pub ended_at: Option<DateTime<Utc>>,
    /// How many facts it has.
    pub sequence: i64,
}

/// Places of one section at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BookingLine)]
pub struct Line {
    /// The section.
    #[schema(value_type = String)]
    pub section_id: SectionId,
    /// How many places.
    pub quantity: u32,
    /// The seats; empty in general admission.
    #[schema(value_type = Vec<String>)]
    pub seats: Vec<SeatId>,
    /// What one of them costs.
    pub unit_price: Money,
}

/// An attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payment {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: PaymentId,
    /// What came of it.
    pub status: PaymentStatus,
    /// What the gateway is to take, or took.
    pub amount: Money,
    /// Who was asked.
    pub gateway: String,
    /// Why the gateway declined, in its word; `null` where it did not.
    pub reason: Option<String>,
    /// Whether the money came when it could buy nothing any more; it is returned.
    pub late: bool,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// How many attempts the booking has left.
    pub attempts_left: u32,
}

/// Places that were given back together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CancelledPlaces {
    /// Names the cancellation, and the refund that it may bring.
    #[schema(value_type = Uuid)]
    pub id: RefundId,
    /// The places, by section.
    pub lines: Vec<Line>,
    /// Who gave them back.
    pub by: CancelledBy,
    /// What was paid for them.
    pub gross: Money,
    /// What is kept of that.
    pub fee: Money,
    /// What is returned of that.
    pub refund: Money,
    /// When.
    pub at: DateTime<Utc>,
}

/// A return of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refund {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: RefundId,
    /// Of which payment.
    #[schema(value_type = Uuid)]
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why it is due.
    pub reason: RefundReason,
    /// What came of it.
    pub status: RefundStatus,
    /// How often it was asked for.
    pub attempt: u32,
    /// Why the gateway refused, in its word; `null` where it did not.
    pub refuse_reason: Option<String>,
    /// When it was last asked for.
    pub requested_at: DateTime<Utc>,
}

/// What a Booking says of its Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventOfBooking {
    pub title: Option<String>,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub cancellable: Option<Cancellable>,
}

impl EventOfBooking {
    /// What `booking`, which is for `event`, says of it at `now`.
    pub fn of(event: &Event, booking: &booking::Booking, now: DateTime<Utc>) -> Self {
        let details = event.details();
        Self {
            title: details.map(|details| details.title.to_string()),
            starts_at: details.map(|details| details.starts_at),
            ends_at: event.ends_at(),
            cancellable: cancellable(event, booking).filter(|conditions| now < conditions.until),
        }
    }
}

fn cancellable(event: &Event, booking: &booking::Booking) -> Option<Cancellable> {
    let booking::Booking::Confirmed(sale) = booking else {
        return None;
    };
    let terms = sale.placement.terms(event).filter(|_| !event.is_cancelled())?;
    terms.conditions().map(Cancellable::from)
}

impl Booking {
    /// Booking `id`, which has `sequence` facts, at `now`; `None` where nothing was placed.
    pub fn of(
        id: BookingId,
        booking: &booking::Booking,
        sequence: i64,
        event: EventOfBooking,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let placement = booking.placement()?;
        let payments = booking.payments()?;
        let currency = placement.total.currency.as_str();
        let expires_at = booking.held_until(event.ends_at);
        let lines = lines_left(booking);
        let refunds: Vec<RefundColumn> = payments.refunds().iter().map(RefundColumn::from).collect();
        let cancelled = booking.cancelled().iter().map(CancelledColumn::from);
        let payment = payments.attempts().last().map(PaymentColumn::from);
        Some(Self {
            id,
            reference: placement.reference.as_str().to_owned(),
            account_id: placement.buyer,
            event_id: placement.event,
            event_title: event.title,
            event_starts_at: event.starts_at,
            status: BookingStatus::of(booking)?,
            lines: lines.iter().map(|line| Line::of(line, currency)).collect(),
            quantity: quantity(lines),
            total: placement.total.into(),
            paid: Money::new(paid(payments), currency),
            refunded: Money::new(refunded(&refunds), currency),
            payment: payment.map(|payment| Payment::of(payment, attempts_left(payments), currency)),
            cancelled: cancelled
                .map(|each| CancelledPlaces::of(&each, currency))
                .collect(),
            refunds: refunds
                .into_iter()
                .map(|each| Refund::of(each, currency))
                .collect(),
            cancellable: event.cancellable,
            expires_at,
            expires_in_seconds: expires_at.map(|until| seconds_left(until, now)),
            extended: booking.extended(),
            placed_at: placement.at,
            ended_at: booking.ended_at(),
            sequence,
        })
    }
}

impl Line {
    /// The places of `line`, whose price is in `currency`.
    pub fn of(line: &BookingLine, currency: &str) -> Self {
        Self {
            section_id: line.section.clone(),
            quantity: line.quantity,
            seats: line.seats.clone(),
            unit_price: Money::new(line.unit_price.amount(), currency),
        }
    }
}

impl Payment {
    /// The payment of a column, in `currency`.
    pub fn of(column: PaymentColumn, attempts_left: u32, currency: &str) -> Self {
        Self {
            id: column.id,
            status: column.status,
            amount: Money::new(column.amount, currency),
            gateway: column.gateway,
            reason: column.reason,
            late: column.late,
            requested_at: column.requested_at,
            attempts_left,
        }
    }
}

impl CancelledPlaces {
    /// The places of a column's element, in `currency`.
    pub fn of(column: &CancelledColumn, currency: &str) -> Self {
        Self {
            id: column.id,
            lines: column.lines.iter().map(|line| Line::of(line, currency)).collect(),
            by: column.by,
            gross: Money::new(column.gross, currency),
            fee: Money::new(column.fee, currency),
            refund: Money::new(column.refund, currency),
            at: column.at,
        }
    }
}

impl Refund {
    /// The refund of a column's element, in `currency`.
    pub fn of(column: RefundColumn, currency: &str) -> Self {
        Self {
            id: column.id,
            payment_id: column.payment_id,
            amount: Money::new(column.amount, currency),
            reason: column.reason,
            status: column.status,
            attempt: column.attempt,
            refuse_reason: column.refuse_reason,
            requested_at: column.requested_at,
        }
    }
}

/// The places that `booking` has, or had before it ended unsold; of what was cancelled nothing is left.
pub fn lines_left(booking: &booking::Booking) -> &[BookingLine] {
    match booking {
        booking::Booking::Cancelled(_) => &[],
        booking::Booking::Unplaced
        | booking::Booking::Held(_)
        | booking::Booking::AwaitingPayment(_)
        | booking::Booking::Confirmed(_)
        | booking::Booking::Released(_)
        | booking::Booking::Failed(_)
        | booking::Booking::Expired(_) => booking.lines(),
    }
}

/// How many places `lines` are.
pub fn quantity(lines: &[BookingLine]) -> u32 {
    lines.iter().map(|line| line.quantity).sum()
}

/// What the gateway took, late or not, in minor units.
pub fn paid(payments: &Payments) -> i64 {
    let captured = |payment: &&booking::Payment| matches!(payment.outcome, PaymentOutcome::Captured { .. });
    let attempts = payments.attempts().iter().filter(captured);
    attempts.map(|payment| payment.amount.amount).sum()
}

/// What was returned, in minor units.
pub fn refunded(refunds: &[RefundColumn]) -> i64 {
    let settled = refunds
        .iter()
        .filter(|refund| refund.status == RefundStatus::Settled);
    settled.map(|refund| refund.amount).sum()
}

/// How often another method may be tried.
pub fn attempts_left(payments: &Payments) -> u32 {
    let left = PAYMENT_ATTEMPTS_MAX.saturating_sub(payments.failed());
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// Whole seconds from `now` to `until`; 0 once it is past.
pub fn seconds_left(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (until - now).num_seconds().max(0)
}
