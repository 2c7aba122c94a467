//! Stripe's own words for charges and refunds, and what they mean. Fields that are not needed are not read.

use chrono::{DateTime, Utc};
use domain::ids::{BookingId, PaymentId, RefundId};
use domain::money::{Currency, Money};
use domain::payment::{DeclineReason, GatewayReference};
use serde::Deserialize;

use crate::error::{CallError, Rejected, Unknown};
use crate::order::{ChargeOutcome, RefundOutcome};

/// A payment intent: one attempt at a payment.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: String,
    amount: i64,
    amount_received: Option<i64>,
    currency: String,
    pub(super) created: i64,
    #[serde(default)]
    pub(super) metadata: Metadata,
    last_payment_error: Option<PaymentError>,
}

/// A refund of an intent, whole or in part.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) status: Option<String>,
    amount: i64,
    currency: String,
    pub(super) created: i64,
    failure_reason: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

/// Why a bank or Stripe turned an attempt down.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PaymentError {
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
}

/// Our words that travel with both.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    booking: Option<String>,
    payment: Option<String>,
    refund: Option<String>,
    attempt: Option<String>,
}

impl Metadata {
    /// The payment that an intent is of, if it is ours.
    pub(super) fn payment(&self) -> Option<PaymentId> {
        self.payment.as_deref()?.parse().ok()
    }

    /// The Booking that it is about, if it is ours.
    pub(super) fn booking(&self) -> Option<BookingId> {
        self.booking.as_deref()?.parse().ok()
    }

    /// The refund, and which attempt at it, if it is ours.
    pub(super) fn refund(&self) -> Option<(RefundId, u32)> {
        Some((
            self.refund.as_deref()?.parse().ok()?,
            self.attempt.as_deref()?.parse().ok()?,
        ))
    }
}

impl PaymentError {
    /// The bank's reason if there is one, else Stripe's, else `otherwise`.
    pub(super) fn reason(&self, otherwise: &str) -> Result<DeclineReason, CallError> {
        let code = self.decline_code.as_deref().or(self.code.as_deref());
        reason(code.unwrap_or(otherwise))
    }
}

impl Intent {
    /// Whether it still waits for somebody, so that it could take money later.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "requires_action" | "requires_confirmation")
    }

    /// What became of it; unknown where it is open.
    pub(super) fn outcome(&self) -> Result<ChargeOutcome, CallError> {
        let refused = self.last_payment_error.as_ref();
        match self.status.as_str() {
            "succeeded" => Ok(ChargeOutcome::Captured {
                reference: reference(&self.id)?,
                amount: self.money()?,
            }),
            "processing" => Ok(ChargeOutcome::Pending),
            "requires_payment_method" => Ok(ChargeOutcome::Declined {
                reason: refused.unwrap_or(&PaymentError::default()).reason("declined")?,
            }),
            "canceled" => Ok(ChargeOutcome::Declined {
                reason: reason("canceled")?,
            }),
            _ => Err(Unknown::because("the intent is in a state that we did not ask for").into()),
        }
    }

    /// How much it took, or is to take.
    pub(super) fn money(&self) -> Result<Money, CallError> {
        let received = self.amount_received.filter(|_| self.status == "succeeded");
        money(received.unwrap_or(self.amount), &self.currency)
    }

    /// When it was made.
    pub(super) fn at(&self) -> Result<DateTime<Utc>, CallError> {
        time(self.created)
    }
}

impl Refund {
    /// What became of it. Stripe answers for what is on its way, and tells if a bank sends it back.
    pub(super) fn outcome(&self) -> Result<RefundOutcome, CallError> {
        match self.status.as_deref() {
            Some("succeeded") => Ok(RefundOutcome::Settled {
                reference: reference(&self.id)?,
            }),
            Some("pending" | "requires_action") => Ok(RefundOutcome::Pending),
            Some("failed") => Ok(RefundOutcome::Refused {
                reason: reason(self.failure_reason.as_deref().unwrap_or("failed"))?,
            }),
            Some("canceled") => Ok(RefundOutcome::Refused {
                reason: reason("canceled")?,
            }),
            _ => Err(Unknown::because("the refund is in a state that we do not know").into()),
        }
    }

    /// How much it returns.
    pub(super) fn money(&self) -> Result<Money, CallError> {
        money(self.amount, &self.currency)
    }

    /// When it was made.
    pub(super) fn at(&self) -> Result<DateTime<Utc>, CallError> {
        time(self.created)
    }
}

/// What Stripe calls something.
pub(super) fn reference(text: &str) -> Result<GatewayReference, CallError> {
    GatewayReference::parse(text).map_err(|_| Unknown::because("Stripe tells an id that is none").into())
}

/// Why Stripe says no.
pub(super) fn reason(text: &str) -> Result<DeclineReason, CallError> {
    DeclineReason::parse(text).map_err(|_| Unknown::because("Stripe tells a reason that is none").into())
}

/// Stripe writes currencies in small letters.
fn money(amount: i64, currency: &str) -> Result<Money, CallError> {
    let currency = Currency::parse(&currency.to_ascii_uppercase())
        .map_err(|_| Rejected::because("Stripe tells a currency that is none"))?;
    Ok(Money { amount, currency })
}

fn time(seconds: i64) -> Result<DateTime<Utc>, CallError> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| Unknown::because("Stripe tells a time that is none").into())
}
