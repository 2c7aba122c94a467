//! What a gateway is asked to do, and what it may answer.

use chrono::{DateTime, Utc};
use domain::ids::{BookingId, PaymentId, RefundId};
use domain::money::Money;
use domain::payment::{DeclineReason, GatewayReference, MethodToken};
use strum::IntoStaticStr;

/// Money to be taken, once, however often it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Its text is the idempotency key.
    pub payment: PaymentId,
    /// For the gateway's own records, and for its notices.
    pub booking: BookingId,
    pub amount: Money,
    pub method: MethodToken,
    /// When the payment was first requested, long ago perhaps: no call for it is older.
    pub requested_at: DateTime<Utc>,
    /// Whether an earlier call may have reached the gateway, so that it has to be looked for where keys are forgotten.
    pub asked_before: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum ChargeOutcome {
    Captured {
        /// What the gateway calls the charge; refunds name it.
        reference: GatewayReference,
        /// How much was taken.
        amount: Money,
    },
    /// The gateway, or the bank behind it, declines. Nothing was taken under this payment id, and a repetition changes nothing.
    /// Gateways have been seen to take the money after all: a notice reports it.
    Declined { reason: DeclineReason },
    /// Neither yet: a notice or a later call returns the outcome.
    Pending,
}

/// Money to be returned, once an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    pub refund: RefundId,
    /// For the gateway's own records, and for its notices.
    pub booking: BookingId,
    /// After a refusal there may be another.
    pub attempt: u32,
    /// The payment whose money is returned.
    pub payment: PaymentId,
    /// What the gateway calls the charge of that payment.
    pub charge: GatewayReference,
    /// All of the charge, or a part.
    pub amount: Money,
    /// When this attempt was first requested: no call for it is older.
    pub requested_at: DateTime<Utc>,
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

#[derive(Clone, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum RefundOutcome {
    /// The money was returned, or is on its way and the gateway answers for it.
    Settled {
        /// What the gateway calls the refund.
        reference: GatewayReference,
    },
    /// The gateway refuses this attempt; nothing was returned under its key.
    Refused { reason: DeclineReason },
    /// Neither yet: a notice or a later call returns the outcome.
    Pending,
}
