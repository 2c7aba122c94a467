//! Our books: every payment and refund that the log knows, and what became of it.

use std::collections::HashMap;

use anyhow::Result;
use chrono::{DateTime, Utc};
use domain::booking::Booking;
use domain::booking::facts::BookingFact;
use domain::ids::{BookingId, EventId, PaymentId, RefundId};
use domain::money::Money;
use domain::payment::{GatewayName, GatewayReference};
use event_store::{Log, Position};

/// Facts read at once.
const PAGE_FACTS: usize = 10_000;

/// A payment or a refund of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Payment(PaymentId),
    Refund(RefundId),
}

/// Payments with one gateway and their refunds.
#[derive(Debug, Default)]
pub(super) struct Books(pub(super) HashMap<Item, Entry>);

/// A payment or a refund, as the log has it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) booking: BookingId,
    pub(super) event: EventId,
    /// How often it was requested.
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
    /// Reads what is with `gateway`, from the beginning of the log.
    pub(super) async fn read(log: &Log, gateway: &GatewayName) -> Result<Self> {
        let (mut books, mut position) = (Self::default(), Position::START);
        loop {
            let page = log.read_after(position, PAGE_FACTS).await?;
            let Some(last) = page.last() else { break };
            position = last.position;
            for recorded in &page {
                if let Some(fact) = recorded.of::<Booking>()? {
                    books.note(BookingId::new(recorded.stream.aggregate_id), fact, gateway);
                }
            }
        }
        Ok(books)
    }

    fn note(&mut self, booking: BookingId, fact: &BookingFact, of: &GatewayName) {
        if let BookingFact::PaymentRequested {
            payment,
            event,
            amount,
            gateway,
            at,
            ..
        } = fact
        {
            let entry = Entry {
                booking,
                event: *event,
                attempt: 1,
                amount: *amount,
                requested_at: *at,
                state: State::Open,
            };
            if gateway == of {
                self.0.insert(Item::Payment(*payment), entry);
            }
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
            let entry = Entry {
                booking,
                event: *event,
                attempt: *attempt,
                amount: *amount,
                requested_at: *at,
                state: State::Open,
            };
            if self.0.contains_key(&Item::Payment(*payment)) {
                self.0.insert(Item::Refund(*refund), entry);
            }
        } else if let Some((item, state)) = settled(fact)
            && let Some(entry) = self.0.get_mut(&item)
        {
            entry.state = state;
        }
    }
}

/// Which payment or refund comes to an outcome by `fact`, and to which.
fn settled(fact: &BookingFact) -> Option<(Item, State)> {
    if let BookingFact::PaymentDeclined { payment, .. } = fact {
        Some((Item::Payment(*payment), State::Refused))
    } else if let BookingFact::PaymentCaptured {
        payment, reference, ..
    }
    | BookingFact::PaymentCapturedLate {
        payment, reference, ..
    } = fact
    {
        Some((Item::Payment(*payment), State::Done(reference.clone())))
    } else if let BookingFact::RefundSettled {
        refund, reference, ..
    } = fact
    {
        Some((Item::Refund(*refund), State::Done(reference.clone())))
    } else if let BookingFact::RefundRefused { refund, .. } = fact {
        Some((Item::Refund(*refund), State::Refused))
    } else {
        None
    }
}
