//! The payment process: every payment that was requested comes to an outcome. A buyer's own request asks the gateway first; what
//! has no outcome after a while is looked after here, under the same key, until it has.

use chrono::TimeDelta;
use domain::booking::{Booking, BookingFact, PaymentOutcome};
use domain::ids::{BookingId, PaymentId};
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::payment_collector::{Bill, PaymentCollector};
use crate::{Acted, Due, Note, Obstacle, Process};

/// When to look after a payment that was requested: by then the buyer's own request has asked a few times and given up.
const PICKUP_AFTER: TimeDelta = TimeDelta::seconds(15);

/// When to look again at a payment that this node collects, or that the gateway will tell of later.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(2);

/// Payments looked after at once, by one node: as many as a gateway lets processes have.
const CONCURRENCY: usize = 32;

/// The name of the payment process.
pub const PAYMENT: &str = "payment";

#[derive(Clone, Debug)]
pub struct PaymentProcess {
    collector: PaymentCollector,
}

impl PaymentProcess {
    pub const fn new(collector: PaymentCollector) -> Self {
        Self { collector }
    }

    async fn look_after(&self, due: &Due) -> Result<Acted, Obstacle> {
        let (booking, payment) = (BookingId::new(due.stream), PaymentId::new(due.subject));
        let later = Acted::Later {
            at: self.collector.clock().now() + LOOK_AGAIN,
        };
        if self.collector.is_under_way(payment) {
            return Ok(later);
        }
        let state = self.collector.events().booking_state(booking).await?;
        let bill = Bill::of(booking, &state, payment, due.caused_by(self));
        let Some(bill) = bill.filter(|bill| bill.payment.outcome == PaymentOutcome::Open) else {
            return Ok(Acted::Done);
        };
        let Some(answer) = self.collector.ask(&bill, None, true).await? else {
            return Ok(later);
        };
        self.collector.settle(&bill, answer).await?;
        Ok(Acted::Done)
    }
}

impl Process for PaymentProcess {
    fn name(&self) -> &'static str {
        PAYMENT
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        Ok(match fact.of::<Booking>()? {
            Some(BookingFact::PaymentRequested { payment, at, .. }) => Some(Note::Due {
                subject: payment.uuid(),
                at: *at + PICKUP_AFTER,
            }),
            Some(
                BookingFact::PaymentDeclined { payment, .. }
                | BookingFact::PaymentCaptured { payment, .. }
                | BookingFact::PaymentCapturedLate { payment, .. },
            ) => Some(Note::Done {
                subject: payment.uuid(),
            }),
            _ => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        self.look_after(due).boxed()
    }
}
