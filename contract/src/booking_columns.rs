//! What the JSON columns of `bookings` and `booking_money` hold. Amounts are in the booking's currency; `lines` are the
//! domain's own.

use chrono::{DateTime, Utc};
use domain::booking;
use domain::booking::{BookingLine, PaymentOutcome, RefundOutcome};
use domain::ids::{PaymentId, RefundId};
use serde::{Deserialize, Serialize};

use crate::booking_words::{CancelledBy, PaymentStatus, RefundReason, RefundStatus};

/// `payment`: the latest attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentColumn {
    pub id: PaymentId,
    pub status: PaymentStatus,
    pub amount: i64,
    pub gateway: String,
    pub reason: Option<String>,
    pub late: bool,
    pub requested_at: DateTime<Utc>,
}

/// An element of `cancelled`: places that were given back together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledColumn {
    pub id: RefundId,
    pub lines: Vec<BookingLine>,
    pub by: CancelledBy,
    pub gross: i64,
    pub fee: i64,
    pub refund: i64,
    pub at: DateTime<Utc>,
}

/// An element of `refunds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundColumn {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub amount: i64,
    pub reason: RefundReason,
    pub status: RefundStatus,
    pub attempt: u32,
    pub refuse_reason: Option<String>,
    pub requested_at: DateTime<Utc>,
}

impl From<&booking::Payment> for PaymentColumn {
    fn from(payment: &booking::Payment) -> Self {
        let (status, reason, late) = match &payment.outcome {
            PaymentOutcome::Open => (PaymentStatus::Pending, None, false),
            PaymentOutcome::Declined { reason } => {
                (PaymentStatus::Declined, Some(reason.as_str().to_owned()), false)
            }
            PaymentOutcome::Captured { late, .. } => (PaymentStatus::Captured, None, *late),
        };
        Self {
            id: payment.id,
            status,
            amount: payment.amount.amount,
            gateway: payment.gateway.as_str().to_owned(),
            reason,
            late,
            requested_at: payment.requested_at,
        }
    }
}

impl From<&booking::CancelledPlaces> for CancelledColumn {
    fn from(places: &booking::CancelledPlaces) -> Self {
        Self {
            id: places.id,
            lines: places.lines.clone(),
            by: places.by.into(),
            gross: places.gross.amount,
            fee: places.fee.amount,
            refund: places.refund.amount,
            at: places.at,
        }
    }
}

impl From<&booking::Refund> for RefundColumn {
    fn from(refund: &booking::Refund) -> Self {
        let (status, refuse_reason) = match &refund.outcome {
            RefundOutcome::Open => (RefundStatus::Requested, None),
            RefundOutcome::Settled { .. } => (RefundStatus::Settled, None),
            RefundOutcome::Refused { reason } => (RefundStatus::Refused, Some(reason.as_str().to_owned())),
        };
        Self {
            id: refund.id,
            payment_id: refund.payment,
            amount: refund.amount.amount,
            reason: refund.reason.into(),
            status,
            attempt: refund.attempt,
            refuse_reason,
            requested_at: refund.requested_at,
        }
    }
}
