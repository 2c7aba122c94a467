//! Asking a gateway for a payment: one call, and what its answer means to a Booking.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::booking::{BookingCommand, Payment, PaymentAnswer, RefundAnswer, SettlePayment, SettleRefund};
use domain::payment::GatewayName;
use gateway::{Admission, Caller, Charge, ChargeOutcome, Guarded, News, NotTaken, RefundOutcome};

use super::{Bill, PaymentCollector};
use crate::Obstacle;

impl PaymentCollector {
    /// Asks the gateway of `bill`; `None` where it will answer later. `asked_before`: an earlier call may have reached it.
    pub(crate) async fn ask(
        &self,
        bill: &Bill,
        admission: Option<Admission>,
        asked_before: bool,
    ) -> Result<Option<PaymentAnswer>, Obstacle> {
        let (gateway, admission) = match admission {
            Some(admission) => (self.gateways().named(&bill.payment.gateway)?, admission),
            None => self.admitted(&bill.payment.gateway).await?,
        };
        let charge = Charge {
            payment: bill.payment.id,
            booking: bill.booking,
            amount: bill.payment.amount,
            method: bill.payment.method.clone(),
            requested_at: bill.payment.requested_at,
            asked_before,
        };
        Ok(payment_answer(gateway.charge(admission, &charge).await?))
    }

    /// What the gateway knows of `payment`; `None` where it is undecided, or unknown there.
    pub(crate) async fn look_up(&self, payment: &Payment) -> Result<Option<PaymentAnswer>, Obstacle> {
        let (gateway, admission) = self.admitted(&payment.gateway).await?;
        let found = gateway.find_charge(admission, payment.id, payment.requested_at);
        Ok(found.await?.and_then(payment_answer))
    }

    /// The gateway called `name`, and a place for one call of a process.
    pub(crate) async fn admitted(&self, name: &GatewayName) -> Result<(&Arc<Guarded>, Admission), NotTaken> {
        let gateway = self.gateways().named(name)?;
        Ok((gateway, gateway.admit(Caller::Errand).await?))
    }
}

/// The command that makes `news` of a gateway a fact; `None` where the gateway will say later.
pub fn settling(news: News, at: DateTime<Utc>) -> Option<BookingCommand> {
    Some(match news {
        News::Charge {
            booking,
            payment,
            outcome,
        } => BookingCommand::SettlePayment(SettlePayment {
            booking,
            payment,
            answer: payment_answer(outcome)?,
            at,
        }),
        News::Refund {
            booking,
            refund,
            attempt,
            outcome,
        } => BookingCommand::SettleRefund(SettleRefund {
            booking,
            refund,
            attempt,
            answer: refund_answer(outcome)?,
            at,
        }),
    })
}

/// What a gateway says of a charge, as a Booking understands it; `None` where it will say later.
fn payment_answer(outcome: ChargeOutcome) -> Option<PaymentAnswer> {
    match outcome {
        ChargeOutcome::Captured { reference, amount } => Some(PaymentAnswer::Captured { reference, amount }),
        ChargeOutcome::Declined { reason } => Some(PaymentAnswer::Declined { reason }),
        ChargeOutcome::Pending => None,
    }
}

/// What a gateway says of a refund, as a Booking understands it; `None` where it will say later.
fn refund_answer(outcome: RefundOutcome) -> Option<RefundAnswer> {
    match outcome {
        RefundOutcome::Settled { reference } => Some(RefundAnswer::Settled { reference }),
        RefundOutcome::Refused { reason } => Some(RefundAnswer::Refused { reason }),
        RefundOutcome::Pending => None,
    }
}
