//! The refund process: every refund that was requested is asked for at its gateway until that has returned the money or
//! refused. What was refused stays until an administrator resumes it, which requests it once more.

use std::fmt::Display;

use chrono::TimeDelta;
use domain::booking::{Booking, BookingFact, PaymentOutcome, RefundOutcome};
use domain::ids::{BookingId, RefundId};
use domain::payment::GatewayName;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use gateway::{News, RefundOrder};

use crate::payment_collector::{PaymentCollector, settling};
use crate::{Acted, Due, Note, Obstacle, Process};

/// When to look again at a refund that the gateway will tell of later.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);

/// Refunds asked for at once, by one node: as many as a gateway lets processes have.
const CONCURRENCY: usize = 32;

/// The name of the refund process.
pub const REFUND: &str = "refund";

#[derive(Clone, Debug)]
pub struct RefundProcess {
    collector: PaymentCollector,
}

impl RefundProcess {
    pub const fn new(collector: PaymentCollector) -> Self {
        Self { collector }
    }

    /// Asks the gateway and makes its answer a fact, which moves the deadline as well: a refusal stays stuck until it is
    /// resumed.
    async fn see_to(&self, due: &Due) -> Result<Acted, Obstacle> {
        let (booking, refund) = (BookingId::new(due.stream), RefundId::new(due.subject));
        let state = self.collector.events().booking_state(booking).await?;
        if let Some(reason) = refusal(&state, refund) {
            return Err(Obstacle::Stuck { reason });
        }
        let (Some(event), Some((gateway, order))) = (state.event(), order(&state, booking, refund)) else {
            return Ok(Acted::Done);
        };
        let (gateway, admission) = self.collector.admitted(&gateway).await?;
        let now = self.collector.clock().now();
        let news = News::Refund {
            booking,
            refund,
            attempt: order.attempt,
            outcome: gateway.refund(admission, &order).await?,
        };
        let Some(command) = settling(news, now) else {
            return Ok(Acted::Later { at: now + LOOK_AGAIN });
        };
        self.collector
            .events()
            .booking(event, command, due.caused_by(self))
            .await?;
        Ok(Acted::Done)
    }
}

impl Process for RefundProcess {
    fn name(&self) -> &'static str {
        REFUND
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        Ok(match fact.of::<Booking>()? {
            Some(BookingFact::RefundRequested { refund, at, .. }) => Some(Note::Due {
                subject: refund.uuid(),
                at: *at,
            }),
            Some(BookingFact::RefundSettled { refund, .. }) => Some(Note::Done {
                subject: refund.uuid(),
            }),
            Some(BookingFact::RefundRefused { refund, reason, .. }) => Some(Note::Stuck {
                subject: refund.uuid(),
                reason: refused(reason),
            }),
            _ => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        self.see_to(due).boxed()
    }
}

/// Why a refund is stuck, if the gateway refused it: it stays so until it is resumed.
fn refusal(state: &Booking, id: RefundId) -> Option<String> {
    match &state.payments()?.refund(id)?.outcome {
        RefundOutcome::Refused { reason } => Some(refused(reason)),
        RefundOutcome::Open | RefundOutcome::Settled { .. } => None,
    }
}

fn refused(reason: &impl Display) -> String {
    format!("the gateway refuses the refund: {reason}")
}

/// What is to be asked for, and where; `None` where nothing is. An earlier call may always have reached the gateway: a crash
/// leaves no trace of it.
fn order(state: &Booking, booking: BookingId, id: RefundId) -> Option<(GatewayName, RefundOrder)> {
    let payments = state.payments()?;
    let refund = payments
        .refund(id)
        .filter(|refund| refund.outcome == RefundOutcome::Open)?;
    let payment = payments.attempt(refund.payment)?;
    let PaymentOutcome::Captured { reference, .. } = &payment.outcome else {
        return None;
    };
    let order = RefundOrder {
        refund: refund.id,
        booking,
        attempt: refund.attempt,
        payment: payment.id,
        charge: reference.clone(),
        amount: refund.amount,
        requested_at: refund.requested_at,
    };
    Some((payment.gateway.clone(), order))
}
