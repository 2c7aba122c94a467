//! The refund process: every refund that was requested is asked for at its gateway until that has returned the money or
//! refused. What was refused stays until an administrator resumes it, which requests it once more.

use chrono::TimeDelta;
use domain::booking::facts::BookingFact;
use domain::booking::{Booking, BookingCommand, PaymentOutcome, RefundAnswer, RefundOutcome, SettleRefund};
use domain::ids::{BookingId, RefundId};
use domain::payment::GatewayName;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use gateway::{CallError, Caller, RefundOrder};

use crate::payment_collector::PaymentCollector;
use crate::{Acted, Due, Note, Process};
use lanes::Cause;

/// When to look again at a refund that the gateway will tell of later.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);

/// Refunds asked for at once, by one node: as many as a gateway lets processes have.
const CONCURRENCY: usize = 32;

/// The name of the refund process.
pub const REFUND: &str = "refund";

/// The refund process.
#[derive(Clone, Debug)]
pub struct RefundProcess {
    collector: PaymentCollector,
}

/// A refund, and whom to ask for it.
struct Errand {
    gateway: GatewayName,
    order: RefundOrder,
}

impl RefundProcess {
    /// Works with the gateways of `collector`.
    pub const fn new(collector: PaymentCollector) -> Self {
        Self { collector }
    }

    async fn see_to(&self, due: &Due) -> Acted {
        let (booking, id) = (BookingId::new(due.stream), RefundId::new(due.subject));
        let state = match self.collector.events().booking_state(booking).await {
            Ok(state) => state,
            Err(failure) => return failed(&failure),
        };
        let Some(errand) = errand(&state, booking, id) else {
            return Acted::Done;
        };
        match self.ask(&errand).await {
            Ok(answer) => self.settle(&state, &errand, booking, answer, due).await,
            Err(acted) => acted,
        }
    }

    /// Asks the gateway. An earlier call may always have reached it: nobody remembers what a crash interrupted.
    async fn ask(&self, errand: &Errand) -> Result<RefundAnswer, Acted> {
        let not_now = |refused| super::not_now(&refused, self.collector.clock());
        let gateway = self
            .collector
            .gateways()
            .named(&errand.gateway)
            .map_err(not_now)?;
        let admission = self
            .collector
            .gateways()
            .admit(&errand.gateway, Caller::Errand)
            .await
            .map_err(not_now)?;
        match gateway.refund(admission, &errand.order).await {
            Ok(gateway::RefundOutcome::Settled { reference }) => Ok(RefundAnswer::Settled { reference }),
            Ok(gateway::RefundOutcome::Refused { reason }) => Ok(RefundAnswer::Refused { reason }),
            Ok(gateway::RefundOutcome::Pending) => Err(Acted::Later {
                at: self.collector.clock().now() + LOOK_AGAIN,
            }),
            Err(error @ CallError::Unknown(_)) => Err(failed(&error)),
            Err(error @ CallError::Rejected(_)) => Err(Acted::Stuck {
                reason: error.to_string(),
            }),
        }
    }

    /// Makes the answer a fact. Its fact moves the deadline as well: a refusal stays stuck until it is resumed.
    async fn settle(
        &self,
        state: &Booking,
        errand: &Errand,
        booking: BookingId,
        answer: RefundAnswer,
        due: &Due,
    ) -> Acted {
        let command = BookingCommand::SettleRefund(SettleRefund {
            booking,
            refund: errand.order.refund,
            attempt: errand.order.attempt,
            answer,
            at: self.collector.clock().now(),
        });
        self.command(state, command, due)
            .await
            .map_or_else(|acted| acted, |_| Acted::Done)
    }

    async fn command(&self, state: &Booking, command: BookingCommand, due: &Due) -> Result<Booking, Acted> {
        let Some(event) = state.event() else {
            return Err(Acted::Done);
        };
        let cause = Cause::process(self.name(), due.subject, due.cause);
        let done = self.collector.events().booking(event, command, cause).await;
        done.map(|done| done.state).map_err(|error| failed(&error))
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
        let Some(known) = fact.of::<Booking>()? else {
            return Ok(None);
        };
        Ok(match known {
            BookingFact::RefundRequested { refund, at, .. } => Some(Note::Due {
                subject: refund.uuid(),
                stream: fact.stream.aggregate_id,
                at: *at,
            }),
            BookingFact::RefundSettled { refund, .. } => Some(Note::Done {
                subject: refund.uuid(),
            }),
            BookingFact::RefundRefused { refund, reason, .. } => Some(Note::Stuck {
                subject: refund.uuid(),
                stream: fact.stream.aggregate_id,
                reason: format!("the gateway refuses the refund: {reason}"),
            }),
            BookingFact::BookingPlaced { .. }
            | BookingFact::BookingExtended { .. }
            | BookingFact::BookingReleased { .. }
            | BookingFact::BookingExpired { .. }
            | BookingFact::BookingConfirmed { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::PlacesCancelled { .. }
            | BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. } => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Acted> {
        self.see_to(due).boxed()
    }
}

/// What is to be asked for; `None` where nothing is.
fn errand(state: &Booking, booking: BookingId, id: RefundId) -> Option<Errand> {
    let payments = state.payments()?;
    let refund = payments
        .refund(id)
        .filter(|refund| refund.outcome == RefundOutcome::Open)?;
    let payment = payments.attempt(refund.payment)?;
    let PaymentOutcome::Captured { reference, .. } = &payment.outcome else {
        return None;
    };
    Some(Errand {
        gateway: payment.gateway.clone(),
        order: RefundOrder {
            refund: refund.id,
            booking,
            attempt: refund.attempt,
            payment: payment.id,
            charge: reference.clone(),
            amount: refund.amount,
            requested_at: refund.requested_at,
            asked_before: true,
        },
    })
}

fn failed(error: &dyn std::error::Error) -> Acted {
    Acted::Failed {
        reason: error.to_string(),
    }
}
