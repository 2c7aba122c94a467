//! A Booking as the read tables have it, and its body.

use chrono::{DateTime, Utc};
use contract::booking::{CancelledPlaces, Line, Payment, Refund, seconds_left};
use contract::booking_columns::{CancelledColumn, PaymentColumn, RefundColumn};
use contract::cancellation::Cancellable;
use contract::{Booking, BookingStatus, Money};
use domain::booking::BookingLine;
use domain::cancellation::{CancellationPolicy, Rescheduled, Terms};
use domain::ids::{AccountId, BookingId, EventId};
use sqlx::types::Json;
use uuid::Uuid;

/// Rows of [`BookingRow`]; conditions on `b`, `m` and `e` follow.
pub(super) const SELECT: &str = "select b.booking_id, b.event_id, b.account_id, b.reference, b.status, \
     coalesce(m.lines, b.lines) as lines, coalesce(m.quantity, b.quantity) as quantity, b.total_amount, b.currency, \
     least(b.expires_at, e.ends_at) as expires_at, b.extended, b.placed_at, b.ended_at, b.sequence, b.policy, \
     m.payment, coalesce(m.attempts_left, 0) as attempts_left, coalesce(m.cancelled, '[]') as cancelled, \
     coalesce(m.refunds, '[]') as refunds, coalesce(m.paid_amount, 0) as paid_amount, \
     coalesce(m.refunded_amount, 0) as refunded_amount, \
     e.title as event_title, e.starts_at as event_starts_at, e.organizer_id, e.status as event_status, \
     e.rescheduled_at, e.free_until \
     from bookings b left join booking_money m using (booking_id) left join events e on e.event_id = b.event_id \
     where true";

/// A row of `bookings` with its row of `booking_money`, if it has one, and what its Event says.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct BookingRow {
    pub(super) booking_id: Uuid,
    event_id: Uuid,
    pub(super) account_id: Uuid,
    reference: String,
    #[sqlx(try_from = "String")]
    pub(super) status: BookingStatus,
    lines: Json<Vec<BookingLine>>,
    quantity: i32,
    total_amount: i64,
    currency: String,
    expires_at: Option<DateTime<Utc>>,
    extended: bool,
    pub(super) placed_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    sequence: i64,
    policy: Option<Json<CancellationPolicy>>,
    payment: Option<Json<PaymentColumn>>,
    attempts_left: i32,
    cancelled: Json<Vec<CancelledColumn>>,
    refunds: Json<Vec<RefundColumn>>,
    paid_amount: i64,
    refunded_amount: i64,
    event_title: Option<String>,
    event_starts_at: Option<DateTime<Utc>>,
    pub(super) organizer_id: Option<Uuid>,
    event_status: Option<String>,
    rescheduled_at: Option<DateTime<Utc>>,
    free_until: Option<DateTime<Utc>>,
}

impl BookingRow {
    /// Under which conditions its buyer may cancel it; a cancelled Event cancels it, unasked.
    fn cancellable(&self) -> Option<Cancellable> {
        let takes_place = self.event_status.as_deref() == Some("published");
        if self.status != BookingStatus::Confirmed || !takes_place {
            return None;
        }
        let terms = Terms {
            policy: self.policy.as_ref().map(|policy| policy.0),
            is_free: self.total_amount == 0,
            placed_at: self.placed_at,
            starts_at: self.event_starts_at?,
            rescheduled: self
                .rescheduled_at
                .zip(self.free_until)
                .map(|(at, free_until)| Rescheduled { at, free_until }),
        };
        terms.conditions().map(Cancellable::from)
    }

    /// The Booking as it stands at `now`: a hold past its deadline is expired.
    pub(super) fn body(mut self, now: DateTime<Utc>) -> Booking {
        if self.status == BookingStatus::Held && self.expires_at.is_none_or(|deadline| deadline <= now) {
            self.status = BookingStatus::Expired;
            self.ended_at = self.ended_at.or(self.expires_at);
        }
        let deadline = self.expires_at.filter(|_| self.status == BookingStatus::Held);
        let cancellable = self.cancellable().filter(|conditions| now < conditions.until);
        let currency = self.currency.as_str();
        let attempts_left = u32::try_from(self.attempts_left).unwrap_or(0);
        let payment = self.payment.map(|payment| payment.0);
        Booking {
            id: BookingId::new(self.booking_id),
            reference: self.reference,
            account_id: AccountId::new(self.account_id),
            event_id: EventId::new(self.event_id),
            event_title: self.event_title,
            event_starts_at: self.event_starts_at,
            status: self.status,
            lines: self.lines.iter().map(|line| Line::of(line, currency)).collect(),
            quantity: u32::try_from(self.quantity).unwrap_or(0),
            total: Money::new(self.total_amount, currency),
            paid: Money::new(self.paid_amount, currency),
            refunded: Money::new(self.refunded_amount, currency),
            payment: payment.map(|payment| Payment::of(payment, attempts_left, currency)),
            cancelled: self
                .cancelled
                .iter()
                .map(|each| CancelledPlaces::of(each, currency))
                .collect(),
            refunds: self
                .refunds
                .0
                .into_iter()
                .map(|each| Refund::of(each, currency))
                .collect(),
            cancellable,
            expires_at: deadline,
            expires_in_seconds: deadline.map(|deadline| seconds_left(deadline, now)),
            extended: self.extended,
            placed_at: self.placed_at,
            ended_at: self.ended_at,
            sequence: self.sequence,
        }
    }
}
