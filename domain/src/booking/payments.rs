//! The money of a Booking: every attempt to pay, what came of it, and every refund.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::booking::facts::{BookingFact, RefundReason};
use crate::fingerprint::Fingerprint;
use crate::ids::{PaymentId, RefundId};
use crate::money::Money;
use crate::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};

/// The money of a Booking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payments {
    attempts: Vec<Payment>,
    refunds: Vec<Refund>,
}

/// An attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    /// What the gateway is to take.
    pub amount: Money,
    /// What the buyer pays with.
    pub method: MethodToken,
    /// Who is asked.
    pub gateway: GatewayName,
    /// What the request asked for.
    pub request: Fingerprint,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: PaymentOutcome,
}

/// What came of an attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentOutcome {
    /// Not known yet.
    Open,
    /// The gateway said no.
    Declined { reason: DeclineReason },
    /// The money was taken.
    Captured {
        /// What the gateway calls it.
        reference: GatewayReference,
        /// Whether it came when it could buy nothing any more.
        late: bool,
    },
}

/// A return of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    pub payment: PaymentId,
    /// How often it was asked for.
    pub attempt: u32,
    pub amount: Money,
    pub reason: RefundReason,
    /// When it was last asked for.
    pub requested_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: RefundOutcome,
}

/// What came of a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundOutcome {
    /// Not known yet.
    Open,
    /// The money was returned.
    Settled {
        /// What the gateway calls it.
        reference: GatewayReference,
    },
    /// The gateway will not return it.
    Refused { reason: DeclineReason },
}

/// There is no refund with that id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such refund")]
pub struct RefundAbsent;

impl Payments {
    /// Every attempt to pay, the first one first.
    pub fn attempts(&self) -> &[Payment] {
        &self.attempts
    }

    /// Every refund, the first one first.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// The attempt with this id.
    pub fn attempt(&self, id: PaymentId) -> Option<&Payment> {
        self.attempts.iter().find(|payment| payment.id == id)
    }

    /// The refund with this id.
    pub fn refund(&self, id: RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.id == id)
    }

    /// The attempt that bought the places.
    pub fn bought_by(&self) -> Option<&Payment> {
        let bought =
            |payment: &&Payment| matches!(payment.outcome, PaymentOutcome::Captured { late: false, .. });
        self.attempts.iter().find(bought)
    }

    /// Attempts that came to nothing: declined, or captured when the money could buy nothing any more.
    pub fn failed(&self) -> usize {
        let failed = |payment: &&Payment| match payment.outcome {
            PaymentOutcome::Declined { .. } => true,
            PaymentOutcome::Captured { late, .. } => late,
            PaymentOutcome::Open => false,
        };
        self.attempts.iter().filter(failed).count()
    }

    /// What of `payment` is neither returned nor about to be; `None` beyond what money can count.
    pub fn refundable(&self, payment: &Payment) -> Option<Money> {
        let theirs = self.refunds.iter().filter(|refund| refund.payment == payment.id);
        theirs
            .map(|refund| refund.amount)
            .try_fold(payment.amount, Money::minus)
    }

    /// Whether nothing is under way: every payment is known, and every refund returned.
    pub fn are_settled(&self) -> bool {
        let paid = self
            .attempts
            .iter()
            .all(|payment| payment.outcome != PaymentOutcome::Open);
        paid && self.refunds.iter().all(Refund::is_settled)
    }

    /// Changes the money by one fact. Total: a fact of other things, or without sense here, changes nothing.
    #[expect(clippy::too_many_lines, reason = "one flat match over all facts")]
    pub(super) fn evolve(&mut self, fact: &BookingFact) {
        match fact {
            BookingFact::PaymentRequested {
                payment,
                amount,
                method,
                gateway,
                request,
                at,
                ..
            } => self.attempts.push(Payment {
                id: *payment,
                amount: *amount,
                method: method.clone(),
                gateway: gateway.clone(),
                request: *request,
                requested_at: *at,
                outcome: PaymentOutcome::Open,
            }),
            BookingFact::PaymentDeclined { payment, reason, .. } => {
                let reason = reason.clone();
                self.known(*payment, PaymentOutcome::Declined { reason });
            }
            BookingFact::PaymentCaptured {
                payment, reference, ..
            }
            | BookingFact::PaymentCapturedLate {
                payment, reference, ..
            } => {
                let late = matches!(fact, BookingFact::PaymentCapturedLate { .. });
                let reference = reference.clone();
                self.known(*payment, PaymentOutcome::Captured { reference, late });
            }
            BookingFact::RefundRequested {
                refund,
                payment,
                attempt,
                amount,
                reason,
                at,
                ..
            } => self.ask_for(Refund {
                id: *refund,
                payment: *payment,
                attempt: *attempt,
                amount: *amount,
                reason: *reason,
                requested_at: *at,
                outcome: RefundOutcome::Open,
            }),
            BookingFact::RefundSettled {
                refund, reference, ..
            } => {
                let reference = reference.clone();
                self.refunded(*refund, RefundOutcome::Settled { reference });
            }
            BookingFact::RefundRefused { refund, reason, .. } => {
                let reason = reason.clone();
                self.refunded(*refund, RefundOutcome::Refused { reason });
            }
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingConfirmed { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::PlacesCancelled { .. } => {}
        }
    }

    fn known(&mut self, id: PaymentId, outcome: PaymentOutcome) {
        if let Some(payment) = self.attempts.iter_mut().find(|payment| payment.id == id) {
            payment.outcome = outcome;
        }
    }

    fn ask_for(&mut self, asked: Refund) {
        match self.refunds.iter_mut().find(|refund| refund.id == asked.id) {
            Some(refund) => *refund = asked,
            None => self.refunds.push(asked),
        }
    }

    fn refunded(&mut self, id: RefundId, outcome: RefundOutcome) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            refund.outcome = outcome;
        }
    }
}

impl Refund {
    /// Whether the money was returned.
    pub const fn is_settled(&self) -> bool {
        matches!(self.outcome, RefundOutcome::Settled { .. })
    }
}
