//! Our books: every payment and refund that the log knows, and what became of it.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};
use domain::booking::Booking;
use domain::booking::facts::BookingFact;
use domain::ids::{BookingId, EventId, PaymentId, RefundId};
use domain::money::Money;
use domain::payment::{GatewayName, GatewayReference};
use event_store::{Log, Position, RecordedFact};

/// Facts read at once.
const PAGE_FACTS: usize = 10_000;

/// Payments and refunds of the log.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) payments: HashMap<PaymentId, Paid>,
    pub(super) refunds: HashMap<RefundId, Returned>,
}

/// A payment, as the log has it.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) booking: BookingId,
    pub(super) event: EventId,
    pub(super) gateway: GatewayName,
    pub(super) amount: Money,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) state: State,
}

/// A refund, as the log has it.
#[derive(Clone, Debug)]
pub(super) struct Returned {
    pub(super) booking: BookingId,
    pub(super) event: EventId,
    pub(super) payment: PaymentId,
    pub(super) attempt: u32,
    pub(super) amount: Money,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) state: State,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not known.
    Open,
    /// The gateway said no.
    Refused,
    /// The money moved, by what the gateway calls this.
    Done(GatewayReference),
}

impl Books {
    /// Reads the log from its beginning.
    pub(super) async fn read(log: &Log) -> Result<Self> {
        let (mut books, mut position) = (Self::default(), Position::START);
        loop {
            let page = log.read_after(position, PAGE_FACTS).await?;
            let Some(last) = page.last() else { break };
            position = last.position;
            for fact in &page {
                books.note(fact)?;
            }
        }
        Ok(books)
    }

    /// Those with `gateway`.
    pub(super) fn of(self, gateway: &GatewayName) -> Self {
        let payments: HashMap<_, _> = self
            .payments
            .into_iter()
            .filter(|(_, paid)| paid.gateway == *gateway)
            .collect();
        let refunds = self
            .refunds
            .into_iter()
            .filter(|(_, returned)| payments.contains_key(&returned.payment));
        Self {
            refunds: refunds.collect(),
            payments,
        }
    }

    fn note(&mut self, recorded: &RecordedFact) -> Result<()> {
        if let Some(fact) = recorded.of::<Booking>()? {
            self.note_fact(BookingId::new(recorded.stream.aggregate_id), fact);
        }
        Ok(())
    }

    fn note_fact(&mut self, booking: BookingId, fact: &BookingFact) {
        if let BookingFact::PaymentRequested {
            payment,
            event,
            amount,
            gateway,
            at,
            ..
        } = fact
        {
            let paid = Paid {
                booking,
                event: *event,
                gateway: gateway.clone(),
                amount: *amount,
                requested_at: *at,
                state: State::Open,
            };
            self.payments.insert(*payment, paid);
        } else if let BookingFact::RefundRequested {
            refund,
            event,
            payment,
            attempt,
            amount,
            at,
            ..
        } = fact
        {
            let returned = Returned {
                booking,
                event: *event,
                payment: *payment,
                attempt: *attempt,
                amount: *amount,
                requested_at: *at,
                state: State::Open,
            };
            self.refunds.insert(*refund, returned);
        } else {
            self.settle(fact);
        }
    }

    fn settle(&mut self, fact: &BookingFact) {
        if let BookingFact::PaymentDeclined { payment, .. } = fact {
            self.pay(*payment, State::Refused);
        } else if let BookingFact::PaymentCaptured {
            payment, reference, ..
        }
        | BookingFact::PaymentCapturedLate {
            payment, reference, ..
        } = fact
        {
            self.pay(*payment, State::Done(reference.clone()));
        } else if let BookingFact::RefundSettled {
            refund, reference, ..
        } = fact
        {
            self.give_back(*refund, State::Done(reference.clone()));
        } else if let BookingFact::RefundRefused { refund, .. } = fact {
            self.give_back(*refund, State::Refused);
        }
    }

    fn pay(&mut self, payment: PaymentId, state: State) {
        if let Some(paid) = self.payments.get_mut(&payment) {
            paid.state = state;
        }
    }

    fn give_back(&mut self, refund: RefundId, state: State) {
        if let Some(returned) = self.refunds.get_mut(&refund) {
            returned.state = state;
        }
    }
}
