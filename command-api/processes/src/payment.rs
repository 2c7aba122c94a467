//! The payment process: every payment that was requested comes to an outcome. A buyer's own request asks the gateway first; what
//! has no outcome after a while is looked after here, under the same key, until it has.

use chrono::TimeDelta;
use domain::booking::{Booking, BookingFact, PaymentAnswer, PaymentOutcome};
use domain::ids::{BookingId, PaymentId};
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use gateway::Caller;

use crate::payment_collector::{Asked, Bill, PaymentCollector, SettlingFailure};
use crate::{Acted, Due, Note, Process, not_now};
use lanes::Cause;

/// When to look after a payment that was requested: by then the buyer's own request has asked a few times and given up.
const PICKUP_AFTER: TimeDelta = TimeDelta::seconds(15);

/// When to look again at a payment that this node collects, or that the gateway will tell of later.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(2);

/// Payments looked after at once, by one node: as many as a gateway lets processes have.
const CONCURRENCY: usize = 32;

/// The payment process.
#[derive(Clone, Debug)]
pub struct PaymentProcess {
    collector: PaymentCollector,
}

impl PaymentProcess {
    /// Lets `collector` ask.
    pub const fn new(collector: PaymentCollector) -> Self {
        Self { collector }
    }

    async fn look_after(&self, due: &Due) -> Acted {
        let (booking, payment) = (BookingId::new(due.stream), PaymentId::new(due.subject));
        if self.collector.is_under_way(payment) {
            return self.later();
        }
        let state = match self.collector.events().booking_state(booking).await {
            Ok(state) => state,
            Err(failure) => return failed(&failure),
        };
        let known = state.payments().and_then(|payments| payments.attempt(payment));
        let (Some(known), Some(event)) = (known, state.event()) else {
            return Acted::Done; // of another log
        };
        if known.outcome != PaymentOutcome::Open {
            return Acted::Done;
        }
        let bill = Bill {
            booking,
            event,
            payment: known.clone(),
            cause: Cause::process(self.name(), due.subject, due.cause),
        };
        let admission = match self
            .collector
            .gateways()
            .admit(&bill.payment.gateway, Caller::Errand)
            .await
        {
            Ok(admission) => admission,
            Err(refused) => return not_now(&refused, self.collector.clock()),
        };
        match self.collector.ask(&bill, admission, true).await {
            Asked::Answered(answer) => self.settle(&bill, answer).await,
            Asked::Pending => self.later(),
            Asked::Unknown { reason } => Acted::Failed { reason },
            Asked::Rejected { reason } => Acted::Stuck { reason },
        }
    }

    async fn settle(&self, bill: &Bill, answer: PaymentAnswer) -> Acted {
        match self.collector.settle(bill, answer).await {
            Ok(_) => Acted::Done,
            Err(failure @ SettlingFailure::Later(_)) => failed(&failure),
            Err(failure @ SettlingFailure::Senseless(_)) => Acted::Stuck {
                reason: failure.to_string(),
            },
        }
    }

    fn later(&self) -> Acted {
        Acted::Later {
            at: self.collector.clock().now() + LOOK_AGAIN,
        }
    }
}

impl Process for PaymentProcess {
    fn name(&self) -> &'static str {
        "payment"
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        let Some(known) = fact.of::<Booking>()? else {
            return Ok(None);
        };
        Ok(match known {
            BookingFact::PaymentRequested { payment, at, .. } => Some(Note::Due {
                subject: payment.uuid(),
                stream: fact.stream.aggregate_id,
                at: *at + PICKUP_AFTER,
            }),
            BookingFact::PaymentDeclined { payment, .. }
            | BookingFact::PaymentCaptured { payment, .. }
            | BookingFact::PaymentCapturedLate { payment, .. } => Some(Note::Done {
                subject: payment.uuid(),
            }),
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingConfirmed { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::PlacesCancelled { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Acted> {
        self.look_after(due).boxed()
    }
}

fn failed(error: &dyn std::error::Error) -> Acted {
    Acted::Failed {
        reason: error.to_string(),
    }
}
