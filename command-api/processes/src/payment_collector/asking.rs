//! Asking a gateway for a payment: one call, and what its answer means to a Booking.

use domain::booking::PaymentAnswer;
use gateway::{Admission, CallError, Charge, ChargeOutcome};

use super::{Bill, PaymentCollector};

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The gateway took the money, or said no.
    Answered(PaymentAnswer),
    /// It will say later.
    Pending,
    /// Nobody knows; ask again with the same key.
    Unknown {
        /// Why, without secrets.
        reason: String,
    },
    /// It rejects how we ask; somebody must look.
    Rejected {
        /// Why, without secrets.
        reason: String,
    },
}

impl Asked {
    /// Whether asking again soon would change nothing.
    pub(super) const fn is_final(&self) -> bool {
        match self {
            Self::Answered(_) | Self::Rejected { .. } => true,
            Self::Pending | Self::Unknown { .. } => false,
        }
    }
}

impl PaymentCollector {
    /// Asks the gateway of `bill`. `asked_before`: an earlier call may have reached it.
    pub(crate) async fn ask(&self, bill: &Bill, admission: Admission, asked_before: bool) -> Asked {
        let gateway = match self.gateways().named(&bill.payment.gateway) {
            Ok(gateway) => gateway,
            Err(missing) => {
                return Asked::Rejected {
                    reason: missing.to_string(),
                };
            }
        };
        let charge = Charge {
            payment: bill.payment.id,
            booking: bill.booking,
            amount: bill.payment.amount,
            method: bill.payment.method.clone(),
            requested_at: bill.payment.requested_at,
            asked_before,
        };
        match gateway.charge(admission, &charge).await {
            Ok(outcome) => answered(outcome),
            Err(CallError::Unknown(unknown)) => Asked::Unknown {
                reason: unknown.to_string(),
            },
            Err(CallError::Rejected(rejected)) => Asked::Rejected {
                reason: rejected.to_string(),
            },
        }
    }
}

/// What a gateway says of a charge, as a Booking understands it.
pub fn answered(outcome: ChargeOutcome) -> Asked {
    match outcome {
        ChargeOutcome::Captured { reference, amount } => {
            Asked::Answered(PaymentAnswer::Captured { reference, amount })
        }
        ChargeOutcome::Declined { reason } => Asked::Answered(PaymentAnswer::Declined { reason }),
        ChargeOutcome::Pending => Asked::Pending,
    }
}
