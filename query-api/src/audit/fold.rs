//! Folding facts into a state that an auditor can read.

use chrono::{DateTime, Utc};
use cqrs_es::persist::EventUpcaster;
use domain::account::{Account, AccountFact};
use domain::booking::Booking;
use domain::booking::facts::BookingFact;
use domain::event::{Event, EventFact, Holding};
use event_store::{DecodeError, RecordedFact};
use serde_json::{Value, json};

use crate::audit::stream::AggregateKind;

/// A state on its way through its facts, and the upcasters that bring old shapes of them up to date.
pub(super) struct Fold {
    state: State,
    upcasters: Vec<Box<dyn EventUpcaster>>,
}

enum State {
    Event(Box<Event>),
    Booking(Box<Booking>),
    Account(Account),
}

impl Fold {
    /// Before the first fact.
    pub(super) fn new(kind: AggregateKind) -> Self {
        match kind {
            AggregateKind::Event => Self {
                state: State::Event(Box::default()),
                upcasters: domain::event::upcasters(),
            },
            AggregateKind::Booking => Self {
                state: State::Booking(Box::default()),
                upcasters: domain::booking::upcasters(),
            },
            AggregateKind::Account => Self {
                state: State::Account(Account::default()),
                upcasters: domain::account::upcasters(),
            },
        }
    }

    /// After `facts` too.
    pub(super) fn with(mut self, facts: &[RecordedFact]) -> Result<Self, DecodeError> {
        for fact in facts {
            match &mut self.state {
                State::Event(event) => {
                    event.apply(fact.decode::<EventFact>(EventFact::VERSION, &self.upcasters)?);
                }
                State::Booking(booking) => {
                    booking.apply(fact.decode::<BookingFact>(BookingFact::VERSION, &self.upcasters)?);
                }
                State::Account(account) => {
                    account.apply(fact.decode::<AccountFact>(AccountFact::VERSION, &self.upcasters)?);
                }
            }
        }
        Ok(self)
    }

    /// The state at `at`, in words, ids and numbers.
    pub(super) fn view(&self, at: DateTime<Utc>) -> serde_json::Result<Value> {
        match &self.state {
            State::Event(event) => Ok(view_of_event(event, at)),
            State::Booking(booking) => serde_json::to_value(booking),
            State::Account(account) => serde_json::to_value(account),
        }
    }
}

/// Seats by their ids, in words: inside, an Event knows them by index.
fn view_of_event(event: &Event, at: DateTime<Utc>) -> Value {
    let sections = event.sections().map(|section| {
        json!({
            "id": section.id,
            "name": section.name,
            "price": section.price,
            "seated": section.seated,
            "capacity": section.capacity,
            "held": section.capacity.saturating_sub(section.free).saturating_sub(section.sold),
            "sold": section.sold,
            "free": section.free,
        })
    });
    let sales = event.sales().unwrap_or_default();
    json!({
        "status": event.status(at).map(domain::event::EventStatus::as_str),
        "organizer": event.organizer(),
        "details": event.details(),
        "currency": event.currency(),
        "buyer_seats_max": event.buyer_seats_max(),
        "cancellation_policy": event.cancellation_policy(),
        "sales_from": sales.from,
        "sales_until": sales.until,
        "sections": sections.collect::<Vec<_>>(),
        "holds": view_of_holdings(event.holds()),
        "sales": view_of_holdings(event.sales_made()),
        "violations": event.violations(),
    })
}

/// In the order of the bookings' ids, so that two views can be compared.
fn view_of_holdings(holdings: impl Iterator<Item = Holding>) -> Vec<Value> {
    let mut holdings: Vec<Holding> = holdings.collect();
    holdings.sort_unstable_by_key(|holding| holding.booking);
    let view = |holding: Holding| {
        json!({
            "booking": holding.booking,
            "buyer": holding.buyer,
            "until": holding.until,
            "places": holding.places,
        })
    };
    holdings.into_iter().map(view).collect()
}
