//! The money of a Booking, as its answers tell it.

use chrono::{DateTime, Utc};
use domain::booking::{
    Booking, CancelledBy, PAYMENT_ATTEMPTS_MAX, PaymentOutcome, Payments, RefundOutcome, RefundReason,
};
use domain::ids::{PaymentId, RefundId};
use domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{LineBody, Lines, MoneyBody};

/// An attempt to pay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(super) struct PaymentBody<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: PaymentId,
    /// `pending`, `declined` or `captured`.
    status: &'static str,
    /// What it is to pay, or paid.
    #[schema(value_type = MoneyBody)]
    amount: Money,
    /// Why the gateway said no, in its word.
    reason: Option<&'a str>,
    /// How often another method may be tried.
    attempts_left: usize,
}

/// Places that were given back after they were sold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CancelledPlaces)]
pub(super) struct CancelledBody<'a> {
    /// The places, by section.
    #[schema(value_type = Vec<LineBody>)]
    lines: Lines<'a>,
    /// `buyer`, `organizer` or `event_cancellation`.
    #[schema(value_type = String)]
    by: CancelledBy,
    /// What was paid for them.
    #[schema(value_type = MoneyBody)]
    gross: Money,
    /// What is kept of that.
    #[schema(value_type = MoneyBody)]
    fee: Money,
    /// What is returned of that.
    #[schema(value_type = MoneyBody)]
    refund: Money,
    /// When.
    at: DateTime<Utc>,
}

/// Money that goes back to the buyer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub(super) struct RefundBody<'a> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: RefundId,
    /// `requested`, `settled` or `refused`.
    status: &'static str,
    /// How much.
    #[schema(value_type = MoneyBody)]
    amount: Money,
    /// `cancellation` or `late_capture`: the money came when it could buy nothing any more.
    #[schema(value_type = String)]
    reason: RefundReason,
    /// Why the gateway will not return it, in its word.
    refuse_reason: Option<&'a str>,
}

/// The latest attempt to pay.
pub(super) fn latest_payment(booking: &Booking) -> Option<PaymentBody<'_>> {
    let payments = booking.payments()?;
    let latest = payments.attempts().last()?;
    let (status, reason) = match &latest.outcome {
        PaymentOutcome::Open => ("pending", None),
        PaymentOutcome::Declined { reason } => ("declined", Some(reason.as_str())),
        PaymentOutcome::Captured { .. } => ("captured", None),
    };
    Some(PaymentBody {
        id: latest.id,
        status,
        amount: latest.amount,
        reason,
        attempts_left: attempts_left(booking),
    })
}

/// How often another method may be tried.
pub(super) fn attempts_left(booking: &Booking) -> usize {
    let failed = booking.payments().map_or(0, Payments::failed);
    PAYMENT_ATTEMPTS_MAX.saturating_sub(failed)
}

/// What was given back after it was sold.
pub(super) fn cancelled(booking: &Booking) -> Vec<CancelledBody<'_>> {
    booking.cancelled().iter().map(CancelledBody::of).collect()
}

/// Money that goes back to the buyer.
pub(super) fn refunds(booking: &Booking) -> Vec<RefundBody<'_>> {
    let refunds = booking.payments().map(Payments::refunds);
    refunds.unwrap_or_default().iter().map(RefundBody::of).collect()
}

impl<'a> CancelledBody<'a> {
    fn of(cancelled: &'a domain::booking::CancelledPlaces) -> Self {
        Self {
            lines: Lines {
                lines: &cancelled.lines,
                currency: cancelled.gross.currency,
            },
            by: cancelled.by,
            gross: cancelled.gross,
            fee: cancelled.fee,
            refund: cancelled.refund,
            at: cancelled.at,
        }
    }
}

impl<'a> RefundBody<'a> {
    fn of(refund: &'a domain::booking::Refund) -> Self {
        let (status, refuse_reason) = match &refund.outcome {
            RefundOutcome::Open => ("requested", None),
            RefundOutcome::Settled { .. } => ("settled", None),
            RefundOutcome::Refused { reason } => ("refused", Some(reason.as_str())),
        };
        Self {
            id: refund.id,
            status,
            amount: refund.amount,
            reason: refund.reason,
            refuse_reason,
        }
    }
}
