//! What a gateway is asked to do, and what it may answer.

use chrono::{DateTime, Utc};
use domain::ids::{BookingId, PaymentId, RefundId};
use domain::money::Money;
use domain::payment::{DeclineReason, GatewayReference, MethodToken};

/// Money to be taken, once, however often it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What it is known by; its text is the idempotency key.
    pub payment: PaymentId,
    /// What is paid for; for the gateway's own records, and for its notices.
    pub booking: BookingId,
    /// How much.
    pub amount: Money,
    /// With what.
    pub method: MethodToken,
    /// When the payment was first asked for, long ago perhaps: no call for it is older.
    pub requested_at: DateTime<Utc>,
    /// Whether an earlier call may have reached the gateway, so that it has to be looked for where keys are forgotten.
    pub asked_before: bool,
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money was taken.
    Captured {
        /// What the gateway calls the charge; refunds name it.
        reference: GatewayReference,
        /// How much was taken.
        amount: Money,
    },
    /// The gateway, or the bank behind it, says no. Nothing was taken under this payment id; asking again changes nothing.
    /// Gateways have been seen to take the money after all: a notice tells.
    Declined {
        /// Why.
        reason: DeclineReason,
    },
    /// Neither yet: the gateway will say, by a notice or when asked again.
    Pending,
}

/// Money to be returned, once an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// What it is known by.
    pub refund: RefundId,
    /// What was paid for; for the gateway's own records, and for its notices.
    pub booking: BookingId,
    /// Which attempt at it this is: after a refusal there may be another.
    pub attempt: u32,
    /// The payment whose money is returned.
    pub payment: PaymentId,
    /// What the gateway calls the charge of that payment.
    pub charge: GatewayReference,
    /// How much: all of the charge, or a part.
    pub amount: Money,
    /// When this attempt was first asked for: no call for it is older.
    pub requested_at: DateTime<Utc>,
    /// Whether an earlier call may have reached the gateway.
    pub asked_before: bool,
}

impl RefundOrder {
    /// The idempotency key: a new one for each attempt.
    pub fn key(&self) -> String {
        format!("{}-{}", self.refund, self.attempt)
    }

    /// The refund and the attempt of a [`Self::key`]; `None` where it is none.
    pub(crate) fn read_key(key: &str) -> Option<(RefundId, u32)> {
        let (refund, attempt) = key.rsplit_once('-')?;
        Some((refund.parse().ok()?, attempt.parse().ok()?))
    }
}

/// What became of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money was returned, or is on its way and the gateway answers for it.
    Settled {
        /// What the gateway calls the refund.
        reference: GatewayReference,
    },
    /// The gateway says no to this attempt; nothing was returned under its key.
    Refused {
        /// Why.
        reason: DeclineReason,
    },
    /// Neither yet: the gateway will say, by a notice or when asked again.
    Pending,
}
