//! The money of a Booking, as the read tables have it, and as clients see it.

use chrono::{DateTime, Utc};
use domain::booking::facts::{BookingLine, CancelledBy, RefundReason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bookings::row::BookingLineView;
use crate::money::MoneyView;

/// What `payment` of `booking_money` holds.
#[derive(Debug, Deserialize)]
pub(crate) struct PaymentRow {
    id: Uuid,
    status: String,
    amount: i64,
    gateway: String,
    reason: Option<String>,
    late: bool,
    requested_at: DateTime<Utc>,
}

/// An element of `cancelled`.
#[derive(Debug, Deserialize)]
pub(crate) struct CancelledRow {
    id: Uuid,
    lines: Vec<BookingLine>,
    by: CancelledBy,
    gross: i64,
    fee: i64,
    refund: i64,
    at: DateTime<Utc>,
}

/// An element of `refunds`.
#[derive(Debug, Deserialize)]
pub(crate) struct RefundRow {
    id: Uuid,
    payment_id: Uuid,
    amount: i64,
    reason: RefundReason,
    status: String,
    attempt: u32,
    refuse_reason: Option<String>,
    requested_at: DateTime<Utc>,
}

/// An attempt to pay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentView {
    /// Its id.
    id: Uuid,
    /// `pending`, `declined` or `captured`.
    status: String,
    /// What the gateway is to take, or took.
    amount: MoneyView,
    /// Who was asked.
    gateway: String,
    /// Why the gateway said no; null where it did not.
    reason: Option<String>,
    /// Whether the money came when it could buy nothing any more; it is returned.
    late: bool,
    /// When it was asked for.
    requested_at: DateTime<Utc>,
    /// How many attempts the booking has left.
    attempts_left: i32,
}

/// Places that were given back together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancelledView {
    /// Names the cancellation, and the refund that it may bring.
    id: Uuid,
    /// The places, by section.
    lines: Vec<BookingLineView>,
    /// `buyer`, `organizer` or `event_cancellation`.
    #[schema(value_type = String)]
    by: CancelledBy,
    /// What was paid for them.
    gross: MoneyView,
    /// What is kept of that.
    fee: MoneyView,
    /// What is returned of that.
    refund: MoneyView,
    /// When.
    at: DateTime<Utc>,
}

/// A return of money.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefundView {
    /// Its id.
    id: Uuid,
    /// Of which payment.
    payment_id: Uuid,
    /// How much.
    amount: MoneyView,
    /// `cancellation` or `late_capture`.
    #[schema(value_type = String)]
    reason: RefundReason,
    /// `requested`, `settled` or `refused`.
    status: String,
    /// How often it was asked for.
    attempt: u32,
    /// Why the gateway refused; null where it did not.
    refuse_reason: Option<String>,
    /// When it was last asked for.
    requested_at: DateTime<Utc>,
}

impl PaymentView {
    pub(crate) fn new(row: PaymentRow, attempts_left: i32, currency: &str) -> Self {
        Self {
            id: row.id,
            status: row.status,
            amount: MoneyView::new(row.amount, currency),
            gateway: row.gateway,
            reason: row.reason,
            late: row.late,
            requested_at: row.requested_at,
            attempts_left,
        }
    }
}

impl CancelledView {
    pub(crate) fn new(row: CancelledRow, currency: &str) -> Self {
        let lines = row.lines.into_iter();
        Self {
            id: row.id,
            lines: lines.map(|line| BookingLineView::new(line, currency)).collect(),
            by: row.by,
            gross: MoneyView::new(row.gross, currency),
            fee: MoneyView::new(row.fee, currency),
            refund: MoneyView::new(row.refund, currency),
            at: row.at,
        }
    }
}

impl RefundView {
    pub(crate) fn new(row: RefundRow, currency: &str) -> Self {
        Self {
            id: row.id,
            payment_id: row.payment_id,
            amount: MoneyView::new(row.amount, currency),
            reason: row.reason,
            status: row.status,
            attempt: row.attempt,
            refuse_reason: row.refuse_reason,
            requested_at: row.requested_at,
        }
    }
}
