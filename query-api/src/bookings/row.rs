//! A Booking as the read tables have it, and as clients see it.

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingLine;
use domain::event::CancellationPolicy;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bookings::cancellable::CancellableView;
use crate::bookings::money::{CancelledRow, CancelledView, PaymentRow, PaymentView, RefundRow, RefundView};
use crate::money::MoneyView;

/// Where a Booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BookingStatus {
    /// Its places are reserved until `expires_at`.
    Held,
    /// Its places are reserved until the outcome of a payment is known.
    AwaitingPayment,
    /// Its places, or what is left of them, are sold.
    Confirmed,
    /// It has no places any more, and what is due to its buyer, if anything, is not yet returned.
    Cancelled,
    /// It has no places any more, and all that was due to its buyer was returned.
    Refunded,
    /// Its buyer gave the places back.
    Released,
    /// The gateway said no too often.
    Failed,
    /// Its deadline passed before it was confirmed.
    Expired,
}

impl BookingStatus {
    /// As the table has it; a hold past its deadline may stand there as held.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Released => "released",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// A row of `bookings` with its row of `booking_money`, if it has one, and what its Event says.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct BookingRow {
    pub(crate) booking_id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) reference: String,
    pub(crate) status: String,
    pub(crate) lines: Json<Vec<BookingLine>>,
    pub(crate) quantity: i32,
    pub(crate) total_amount: i64,
    pub(crate) currency: String,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) extended: bool,
    pub(crate) placed_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) sequence: i64,
    pub(crate) policy: Option<Json<CancellationPolicy>>,
    pub(crate) lines_left: Option<Json<Vec<BookingLine>>>,
    pub(crate) quantity_left: Option<i32>,
    pub(crate) payment: Option<Json<PaymentRow>>,
    pub(crate) attempts_left: Option<i32>,
    pub(crate) cancelled: Option<Json<Vec<CancelledRow>>>,
    pub(crate) refunds: Option<Json<Vec<RefundRow>>>,
    pub(crate) paid_amount: Option<i64>,
    pub(crate) refunded_amount: Option<i64>,
    pub(crate) event_title: Option<String>,
    pub(crate) event_starts_at: Option<DateTime<Utc>>,
    pub(crate) organizer_id: Option<Uuid>,
    pub(crate) event_status: Option<String>,
    pub(crate) rescheduled_at: Option<DateTime<Utc>>,
    pub(crate) free_until: Option<DateTime<Utc>>,
}

/// A Booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingView {
    /// Its id.
    id: Uuid,
    /// Its short name for people.
    #[schema(example = "7K3M9QX2PV")]
    reference: String,
    /// Whose it is.
    account_id: Uuid,
    /// Which event.
    event_id: Uuid,
    /// What the event is called; null for a moment after it came to be.
    event_title: Option<String>,
    /// When the event starts.
    event_starts_at: Option<DateTime<Utc>>,
    /// Where it stands now: a hold past its deadline is expired, whether or not that is recorded yet.
    status: BookingStatus,
    /// The places that it has, by section; of what ended before it was sold, those that it had.
    lines: Vec<BookingLineView>,
    /// How many places these are.
    quantity: i32,
    /// What all places that were placed cost, at the prices of that moment.
    total: MoneyView,
    /// What the gateway took for it.
    paid: MoneyView,
    /// What was returned of that.
    refunded: MoneyView,
    /// The latest attempt to pay; null where there was none.
    payment: Option<PaymentView>,
    /// Places that were given back after they were sold, or because the event does not take place; the first first.
    cancelled: Vec<CancelledView>,
    /// Returns of money, the first first.
    refunds: Vec<RefundView>,
    /// Under which conditions its buyer may cancel it now; null: not, or not any more.
    cancellable: Option<CancellableView>,
    /// First moment at which the hold is over; null where nothing is held, or while a payment is under way.
    expires_at: Option<DateTime<Utc>>,
    /// Whole seconds left of a hold; null where nothing is held.
    expires_in_seconds: Option<i64>,
    /// Whether the hold was extended.
    extended: bool,
    /// When it was placed.
    placed_at: DateTime<Utc>,
    /// When the hold ended, by sale or otherwise.
    ended_at: Option<DateTime<Utc>>,
    /// How many facts it has.
    sequence: i64,
}

/// Places of one section at one price.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingLineView {
    /// The section.
    section_id: String,
    /// How many places.
    quantity: u32,
    /// The seats; empty in general admission.
    seats: Vec<String>,
    /// What one of them costs.
    unit_price: MoneyView,
}

impl BookingLineView {
    /// The view of `line`, whose prices are in `currency`.
    pub(crate) fn new(line: BookingLine, currency: &str) -> Self {
        Self {
            section_id: line.section.into(),
            quantity: line.quantity,
            seats: line.seats.into_iter().map(String::from).collect(),
            unit_price: MoneyView::new(line.unit_price.amount(), currency),
        }
    }
}

impl BookingView {
    /// The Booking of `row` as it stands at `now`.
    pub(crate) fn new(row: BookingRow, now: DateTime<Utc>) -> Self {
        let status = status(&row, now);
        let deadline = row.expires_at.filter(|_| status == BookingStatus::Held);
        let overdue = status == BookingStatus::Expired && row.ended_at.is_none();
        let money = |amount: i64| MoneyView::new(amount, &row.currency);
        Self {
            cancellable: CancellableView::new(&row, status, now),
            id: row.booking_id,
            account_id: row.account_id,
            event_id: row.event_id,
            event_title: row.event_title,
            event_starts_at: row.event_starts_at,
            status,
            total: money(row.total_amount),
            paid: money(row.paid_amount.unwrap_or(0)),
            refunded: money(row.refunded_amount.unwrap_or(0)),
            payment: row
                .payment
                .map(|payment| PaymentView::new(payment.0, row.attempts_left.unwrap_or(0), &row.currency)),
            cancelled: list(row.cancelled, |each| CancelledView::new(each, &row.currency)),
            refunds: list(row.refunds, |each| RefundView::new(each, &row.currency)),
            quantity: row.quantity_left.unwrap_or(row.quantity),
            lines: list(Some(row.lines_left.unwrap_or(row.lines)), |line| {
                BookingLineView::new(line, &row.currency)
            }),
            expires_at: deadline,
            expires_in_seconds: deadline.map(|deadline| (deadline - now).num_seconds()),
            extended: row.extended,
            placed_at: row.placed_at,
            ended_at: if overdue { row.expires_at } else { row.ended_at },
            sequence: row.sequence,
            reference: row.reference,
        }
    }
}

fn list<T, V>(rows: Option<Json<Vec<T>>>, view: impl Fn(T) -> V) -> Vec<V> {
    let rows = rows.map(|rows| rows.0).unwrap_or_default();
    rows.into_iter().map(view).collect()
}

fn status(row: &BookingRow, now: DateTime<Utc>) -> BookingStatus {
    match row.status.as_str() {
        "confirmed" => BookingStatus::Confirmed,
        "awaiting_payment" => BookingStatus::AwaitingPayment,
        "cancelled" => BookingStatus::Cancelled,
        "refunded" => BookingStatus::Refunded,
        "released" => BookingStatus::Released,
        "failed" => BookingStatus::Failed,
        "held" if row.expires_at.is_some_and(|deadline| now < deadline) => BookingStatus::Held,
        _ => BookingStatus::Expired,
    }
}
