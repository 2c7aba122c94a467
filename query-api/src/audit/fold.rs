//! Folding facts into a state that an auditor can read.

use chrono::{DateTime, Utc};
use domain::account::Account;
use domain::booking::Booking;
use domain::event::{Event, Holding};
use event_store::{DecodeError, RecordedFact};
use serde_json::{Value, json};

use crate::audit::stream::AggregateKind;

/// A state on its way through its facts.
pub(super) enum Fold {
    Event(Box<Event>),
    Booking(Box<Booking>),
    Account(Account),
}

impl Fold {
    /// Before the first fact.
    pub(super) fn new(kind: AggregateKind) -> Self {
        match kind {
            AggregateKind::Event => Self::Event(Box::default()),
            AggregateKind::Booking => Self::Booking(Box::default()),
            AggregateKind::Account => Self::Account(Account::default()),
        }
    }

    /// After `facts` too.
    pub(super) fn with(mut self, facts: &[RecordedFact]) -> Result<Self, DecodeError> {
        for fact in facts {
            match &mut self {
                Self::Event(event) => event.evolve(&fact.decode::<Event>()?),
                Self::Booking(booking) => booking.evolve(&fact.decode::<Booking>()?),
                Self::Account(account) => account.evolve(&fact.decode::<Account>()?),
            }
        }
        Ok(self)
    }

    /// The state at `at`, in words, ids and numbers.
    pub(super) fn view(&self, at: DateTime<Utc>) -> serde_json::Result<Value> {
        match self {
            Self::Event(event) => Ok(view_of_event(event, at)),
            Self::Booking(booking) => serde_json::to_value(booking),
            Self::Account(account) => serde_json::to_value(account),
        }
    }
}

/// Seats by their ids, in words: inside, an Event knows them by index.
fn view_of_event(event: &Event, at: DateTime<Utc>) -> Value {
    let sections = event.seats().sections().map(|section| {
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
        "holds": view_of_holdings(event.seats().holds()),
        "sales": view_of_holdings(event.seats().sales()),
        "violations": event.seats().violations(),
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
