//! The process of late captures: gateways have been seen to take the money after they had declined. Usually a notice
//! reports it; where none comes, this process looks a few times whether a declined payment was captured after all, so
//! that the money goes back.

use chrono::TimeDelta;
use domain::booking::{Booking, BookingFact, PaymentAnswer, PaymentOutcome};
use domain::ids::{BookingId, PaymentId};
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::payment_collector::{Bill, PaymentCollector};
use crate::{Acted, Due, Note, Obstacle, Process};

/// When to look, counted from the request: a bank that changes its mind does so soon. What comes later is found by reconciling.
const LOOKS: [TimeDelta; 3] = [TimeDelta::minutes(1), TimeDelta::minutes(10), TimeDelta::hours(1)];

/// Declined payments looked at together, by one node: no buyer waits for it.
const CONCURRENCY: usize = 4;

#[derive(Clone, Debug)]
pub struct LateCapture {
    collector: PaymentCollector,
}

impl LateCapture {
    pub const fn new(collector: PaymentCollector) -> Self {
        Self { collector }
    }

    async fn look(&self, due: &Due) -> Result<Acted, Obstacle> {
        let booking = BookingId::new(due.stream);
        let state = self.collector.events().booking_state(booking).await?;
        let bill = Bill::of(booking, &state, PaymentId::new(due.subject), due.caused_by(self));
        let declined = |bill: &Bill| matches!(bill.payment.outcome, PaymentOutcome::Declined { .. });
        let Some(bill) = bill.filter(declined) else {
            return Ok(Acted::Done);
        };
        if let Some(captured @ PaymentAnswer::Captured { .. }) = self.collector.look_up(&bill.payment).await?
        {
            self.collector.settle(&bill, captured).await?;
            return Ok(Acted::Done);
        }
        let now = self.collector.clock().now();
        let mut looks = LOOKS.iter().map(|after| bill.payment.requested_at + *after);
        Ok(looks
            .find(|at| *at > now)
            .map_or(Acted::Done, |at| Acted::Later { at }))
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
        Ok(match fact.of::<Booking>()? {
            Some(BookingFact::PaymentDeclined { payment, at, .. }) => Some(Note::Due {
                subject: payment.uuid(),
                at: *at + LOOKS[0],
            }),
            Some(BookingFact::PaymentCapturedLate { payment, .. }) => Some(Note::Done {
                subject: payment.uuid(),
            }),
            _ => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        self.look(due).boxed()
    }
}
