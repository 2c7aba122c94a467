//! The process of late captures: gateways have been seen to take the money after they had declined. Usually a notice tells; where none
//! comes, this process looks a few times whether a declined payment was captured after all, so that the money goes back.

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{Booking, BookingFact, Payment, PaymentAnswer, PaymentOutcome};
use domain::ids::{BookingId, EventId, PaymentId};
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use gateway::{Caller, ChargeOutcome};

use crate::payment_collector::{Bill, PaymentCollector};
use crate::{Acted, Due, Note, Process, not_now};
use lanes::Cause;

/// When to look, counted from the request: a bank that changes its mind does so soon. What comes later is found by reconciling.
const LOOKS: [TimeDelta; 3] = [TimeDelta::minutes(1), TimeDelta::minutes(10), TimeDelta::hours(1)];

/// Declined payments looked at together, by one node: nobody waits for it.
const CONCURRENCY: usize = 4;

/// The process of late captures.
#[derive(Clone, Debug)]
pub struct LateCapture {
    collector: PaymentCollector,
}

impl LateCapture {
    /// Works with the gateways of `collector`.
    pub const fn new(collector: PaymentCollector) -> Self {
        Self { collector }
    }

    async fn look(&self, due: &Due) -> Acted {
        let (booking, id) = (BookingId::new(due.stream), PaymentId::new(due.subject));
        let state = match self.collector.events().booking_state(booking).await {
            Ok(state) => state,
            Err(failure) => return failed(&failure),
        };
        let known = state.payments().and_then(|payments| payments.attempt(id));
        let (Some(payment), Some(event)) = (known, state.event()) else {
            return Acted::Done;
        };
        if !matches!(payment.outcome, PaymentOutcome::Declined { .. }) {
            return Acted::Done;
        }
        match self.find(payment).await {
            Ok(Some(ChargeOutcome::Captured { reference, amount })) => {
                let answer = PaymentAnswer::Captured { reference, amount };
                self.settle(booking, event, payment, answer, due).await
            }
            Ok(Some(ChargeOutcome::Declined { .. } | ChargeOutcome::Pending) | None) => {
                self.later(payment.requested_at)
            }
            Err(acted) => acted,
        }
    }

    async fn find(&self, payment: &Payment) -> Result<Option<ChargeOutcome>, Acted> {
        let refused = |refused| not_now(&refused, self.collector.clock());
        let gateway = self
            .collector
            .gateways()
            .named(&payment.gateway)
            .map_err(refused)?;
        let admission = self
            .collector
            .gateways()
            .admit(&payment.gateway, Caller::Errand)
            .await
            .map_err(refused)?;
        let found = gateway
            .find_charge(admission, payment.id, payment.requested_at)
            .await;
        found.map_err(|error| failed(&error))
    }

    async fn settle(
        &self,
        booking: BookingId,
        event: EventId,
        payment: &Payment,
        answer: PaymentAnswer,
        due: &Due,
    ) -> Acted {
        let bill = Bill {
            booking,
            event,
            payment: payment.clone(),
            cause: Cause::process(self.name(), due.subject, due.cause),
        };
        match self.collector.settle(&bill, answer).await {
            Ok(_) => Acted::Done,
            Err(failure) => failed(&failure),
        }
    }

    /// The next look, or none after the last.
    fn later(&self, requested_at: DateTime<Utc>) -> Acted {
        let now = self.collector.clock().now();
        let next = LOOKS
            .iter()
            .map(|after| requested_at + *after)
            .find(|at| *at > now);
        next.map_or(Acted::Done, |at| Acted::Later { at })
    }
}

impl Process for LateCapture {
    fn name(&self) -> &'static str {
        "late-capture"
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        match fact.of::<Booking>()? {
            Some(BookingFact::PaymentDeclined { payment, at, .. }) => Ok(Some(Note::Due {
                subject: payment.uuid(),
                stream: fact.stream.aggregate_id,
                at: *at + LOOKS[0],
            })),
            Some(BookingFact::PaymentCapturedLate { payment, .. }) => Ok(Some(Note::Done {
                subject: payment.uuid(),
            })),
            Some(
                BookingFact::BookingPlaced { .. }
                | BookingFact::BookingExtended { .. }
                | BookingFact::BookingReleased { .. }
                | BookingFact::BookingExpired { .. }
                | BookingFact::BookingConfirmed { .. }
                | BookingFact::BookingFailed { .. }
                | BookingFact::PaymentRequested { .. }
                | BookingFact::PaymentCaptured { .. }
                | BookingFact::PlacesCancelled { .. }
                | BookingFact::RefundRequested { .. }
                | BookingFact::RefundSettled { .. }
                | BookingFact::RefundRefused { .. },
            )
            | None => Ok(None),
        }
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Acted> {
        self.look(due).boxed()
    }
}

fn failed(error: &dyn std::error::Error) -> Acted {
    Acted::Failed {
        reason: error.to_string(),
    }
}
