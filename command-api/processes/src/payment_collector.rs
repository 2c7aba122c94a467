//! Collecting payments: takes a requested payment to its gateway, and makes what the gateway says a fact.
//!
//! By the time a payment comes here it stands in the log. So everything here may be lost at any moment: the payment process
//! finds payments without an outcome and asks again, under the same keys.

mod asking;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use domain::booking::{
    Booking, BookingCommand, BookingRefusal, Payment, PaymentAnswer, SettlePayment, SettlePaymentRefusal,
};
use domain::ids::{BookingId, EventId, PaymentId};
use event_store::clock::Clock;
use gateway::{Admission, Gateways};
use lanes::{Booked, Cause, CommandError, Done, EventLanes};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

pub use self::asking::settling;
use crate::Obstacle;

/// Pauses between the first attempts, while the buyer waits; afterwards the payment process goes on.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_factor(4.0)
    .with_max_times(3);

/// Pauses between attempts to make an answer a fact, where the lane is busy or the log away.
const SETTLING_PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(50))
    .with_factor(6.0)
    .with_max_times(3);

/// A requested payment, as it stands in the log.
#[derive(Clone, Debug)]
pub struct Bill {
    /// The Booking.
    pub booking: BookingId,
    /// The Event, in whose lane the outcome is decided.
    pub event: EventId,
    /// The attempt to pay.
    pub payment: Payment,
    /// In whose name the outcome becomes a fact.
    pub cause: Cause,
}

impl Bill {
    /// The bill of attempt `payment` to pay for `booking`, whose facts make `state`; `None` where there is none.
    pub fn of(booking: BookingId, state: &Booking, payment: PaymentId, cause: Cause) -> Option<Self> {
        Some(Self {
            booking,
            event: state.event()?,
            payment: state.payments()?.attempt(payment)?.clone(),
            cause,
        })
    }
}

/// What became of a payment that this node takes care of: `None` until it is known.
pub type Outcome = watch::Receiver<Option<Done<Arc<Booked>>>>;

/// Payments that this node collects, and where their outcome is awaited.
type UnderWay = HashMap<PaymentId, watch::Sender<Option<Done<Arc<Booked>>>>>;

/// Why an answer of a gateway did not become a fact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlingFailure {
    /// Asking the lane again may help.
    #[error("the answer could not be recorded: {0}")]
    Later(CommandError<BookingRefusal>),
    /// The answer contradicts what was asked for; an operator must look.
    #[error("the answer makes no sense: {0}")]
    Senseless(SettlePaymentRefusal),
}

impl From<SettlingFailure> for Obstacle {
    fn from(failure: SettlingFailure) -> Self {
        match failure {
            SettlingFailure::Later(_) => Self::failed(&failure),
            SettlingFailure::Senseless(_) => Self::stuck(&failure),
        }
    }
}

/// A payment under way, until it is dropped, whatever ends the work.
struct Collecting {
    collector: PaymentCollector,
    payment: PaymentId,
}

impl Drop for Collecting {
    fn drop(&mut self) {
        self.collector.under_way().remove(&self.payment);
    }
}

/// Takes payments to gateways. Clones are the same one.
#[derive(Clone, Debug)]
pub struct PaymentCollector {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    gateways: Gateways,
    events: EventLanes,
    clock: Clock,
    under_way: Mutex<UnderWay>,
    tasks: TaskTracker,
}

impl PaymentCollector {
    /// Collects at `gateways` and records outcomes in `events`.
    pub fn new(gateways: Gateways, events: EventLanes, clock: Clock) -> Self {
        Self {
            shared: Arc::new(Shared {
                gateways,
                events,
                clock,
                under_way: Mutex::default(),
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// The gateways that there are.
    pub fn gateways(&self) -> &Gateways {
        &self.shared.gateways
    }

    /// The clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The lanes in which outcomes become facts.
    pub(crate) fn events(&self) -> &EventLanes {
        &self.shared.events
    }

    /// Whether this node asks a gateway for `payment` just now.
    pub fn is_under_way(&self, payment: PaymentId) -> bool {
        self.under_way().contains_key(&payment)
    }

    /// Takes care of `bill` in a task of its own, unless that is under way. `asked_before`: an earlier call may have
    /// reached the gateway.
    pub fn collect(&self, bill: Bill, admission: Admission, asked_before: bool) -> Outcome {
        let payment = bill.payment.id;
        let mut under_way = self.under_way();
        if let Some(known) = under_way.get(&payment) {
            return known.subscribe();
        }
        let (known, outcome) = watch::channel(None);
        under_way.insert(payment, known.clone());
        drop(under_way);
        let collecting = Collecting {
            collector: self.clone(),
            payment,
        };
        self.shared.tasks.spawn(async move {
            let done = collecting
                .collector
                .see_through(&bill, admission, asked_before)
                .await;
            drop(collecting);
            if let Some(done) = done {
                known.send_replace(Some(done));
            }
        });
        outcome
    }

    /// Answers who waits for `payment` before this node's own call does: the outcome came another way, and is a fact.
    pub fn outcome_known(&self, payment: PaymentId, done: &Done<Arc<Booked>>) {
        if let Some(known) = self.under_way().get(&payment) {
            known.send_replace(Some(done.clone()));
        }
    }

    /// Waits for what is under way: every outcome that is known by then becomes a fact.
    pub async fn drain(&self) {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        // What is behind the lock is whole after each statement; a panic elsewhere does not make it less so.
        self.shared
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the gateway, a few times where the outcome is not known, and records what it says.
    async fn see_through(
        &self,
        bill: &Bill,
        admission: Admission,
        asked_before: bool,
    ) -> Option<Done<Arc<Booked>>> {
        let mut answer = self.ask(bill, Some(admission), asked_before).await;
        for pause in PAUSES.build() {
            if is_final(&answer) || self.shared.tasks.is_closed() {
                break;
            }
            sleep(pause).await;
            answer = self.ask(bill, None, true).await;
        }
        if let Ok(Some(answer)) = answer {
            return self.settle(bill, answer).await.ok();
        }
        tracing::warn!(payment = %bill.payment.id, ?answer, "payment.outcome.unknown");
        None
    }

    /// Makes `answer` a fact.
    pub(crate) async fn settle(
        &self,
        bill: &Bill,
        answer: PaymentAnswer,
    ) -> Result<Done<Arc<Booked>>, SettlingFailure> {
        (|| self.settle_once(bill, &answer))
            .retry(SETTLING_PAUSES)
            .when(|failure| matches!(failure, SettlingFailure::Later(_)))
            .await
    }

    async fn settle_once(
        &self,
        bill: &Bill,
        answer: &PaymentAnswer,
    ) -> Result<Done<Arc<Booked>>, SettlingFailure> {
        let command = BookingCommand::SettlePayment(SettlePayment {
            booking: bill.booking,
            payment: bill.payment.id,
            answer: answer.clone(),
            at: self.shared.clock.now(),
        });
        let settled = self
            .events()
            .booking(bill.event, command, bill.cause.clone())
            .await;
        settled.map_err(|error| {
            let CommandError::Refused(BookingRefusal::SettlePayment(refusal)) = error else {
                return SettlingFailure::Later(error);
            };
            tracing::error!(booking = %bill.booking, payment = %bill.payment.id, %refusal, "payment.answer.senseless");
            SettlingFailure::Senseless(refusal)
        })
    }
}

/// Whether asking again soon would change nothing.
const fn is_final(answer: &Result<Option<PaymentAnswer>, Obstacle>) -> bool {
    match answer {
        Ok(answer) => answer.is_some(),
        Err(Obstacle::Stuck { .. }) => true,
        Err(Obstacle::NotNow { .. } | Obstacle::Failed { .. }) => false,
    }
}
