//! The same figures by plain loops over all facts. Projections count places by the facts of Events; here they are counted
//! by those of Bookings, so that one checks the other.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is counted is listed, and what is left out shows in the answers"
)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::booking::{Booking, BookingFact, BookingLine, RefundReason};
use domain::event::EventFact;
use event_store::{Log, Position, RecordedFact};
use serde_json::{Value, json};
use uuid::Uuid;

/// Counts, as answers name them.
pub(crate) const COUNTS: [&str; 10] = [
    "holds",
    "holds_released",
    "holds_expired",
    "places_held",
    "payments_declined",
    "bookings_confirmed",
    "bookings_cancelled",
    "bookings_reduced",
    "places_sold",
    "places_returned",
];
/// Amounts, as answers name them, but for `net`.
pub(crate) const AMOUNTS: [&str; 6] = [
    "gross",
    "refunds",
    "fees",
    "refunds_due",
    "late_captured",
    "late_refunded",
];

/// Something to count.
struct Happening {
    event: Uuid,
    at: DateTime<Utc>,
    what: &'static str,
    amount: i64,
}

/// What an event is after all facts.
#[derive(Default)]
pub(crate) struct EventBook {
    pub(crate) organizer: Uuid,
    pub(crate) title: String,
    pub(crate) currency: String,
    pub(crate) published: bool,
    pub(crate) cancelled: bool,
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) ends_at: DateTime<Utc>,
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) until: Option<DateTime<Utc>>,
    pub(crate) sections: Vec<SectionBook>,
}

#[derive(Default)]
pub(crate) struct SectionBook {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) price: i64,
    pub(crate) capacity: i64,
    pub(crate) held: i64,
    pub(crate) sold: i64,
    pub(crate) returned: i64,
}

pub(crate) struct Books {
    pub(crate) head: Position,
    pub(crate) events: BTreeMap<Uuid, EventBook>,
    happenings: Vec<Happening>,
}

impl Books {
    pub(crate) async fn of(log: &Log) -> Self {
        let mut books = Self {
            head: Position::START,
            events: BTreeMap::new(),
            happenings: Vec::new(),
        };
        let mut bookings: BTreeMap<Uuid, Booking> = BTreeMap::new();
        loop {
            let facts = log.read_after(books.head, 1_000).await.unwrap();
            let Some(last) = facts.last() else { break };
            books.head = last.position;
            for fact in &facts {
                if fact.stream.aggregate_type == "event" {
                    books.note_event(fact);
                } else {
                    let before = bookings.entry(fact.stream.aggregate_id).or_default();
                    books.note_booking(before, fact);
                }
            }
        }
        for booking in bookings.values() {
            books.note_places(booking);
        }
        books
    }

    fn note_event(&mut self, fact: &RecordedFact) {
        let id = fact.stream.aggregate_id;
        let fact: EventFact = serde_json::from_str(fact.payload.get()).unwrap();
        if let EventFact::DraftDeleted { .. } = fact {
            self.events.remove(&id);
            return;
        }
        let event = self.events.entry(id).or_default();
        match fact {
            EventFact::EventCreated {
                organizer,
                details,
                currency,
                ..
            } => {
                event.organizer = organizer.uuid();
                event.title = details.title.into();
                event.currency = currency.to_string();
                (event.starts_at, event.ends_at) = (details.starts_at, details.ends_at);
            }
            EventFact::DetailsEdited { details, .. } => {
                event.title = details.title.into();
                (event.starts_at, event.ends_at) = (details.starts_at, details.ends_at);
            }
            EventFact::EventRescheduled {
                starts_at, ends_at, ..
            } => (event.starts_at, event.ends_at) = (starts_at, ends_at),
            EventFact::EventPublished { .. } => event.published = true,
            EventFact::EventCancelled { .. } => event.cancelled = true,
            EventFact::SalesOpened { from, .. } => {
                event.from = Some(from);
                event.until = event.until.filter(|until| *until > from);
            }
            EventFact::SalesClosed { until, .. } => event.until = Some(until),
            EventFact::SectionAdded {
                section,
                name,
                price,
                capacity,
                ..
            } => event.sections.push(SectionBook {
                id: section.as_str().to_owned(),
                name: name.into(),
                price: price.amount(),
                capacity: capacity.unwrap_or(0).into(),
                ..SectionBook::default()
            }),
            EventFact::RowsAdded { section, rows, .. } => {
                let seats: usize = rows.iter().map(|row| row.seats.len()).sum();
                event.section(section.as_str()).capacity += i64::try_from(seats).unwrap();
            }
            EventFact::PriceChanged { section, price, .. } => {
                event.section(section.as_str()).price = price.amount();
            }
            EventFact::CapacityChanged {
                section, capacity, ..
            } => event.section(section.as_str()).capacity = capacity.into(),
            _ => {}
        }
    }

    fn note_booking(&mut self, booking: &mut Booking, fact: &RecordedFact) {
        let fact: BookingFact = serde_json::from_str(fact.payload.get()).unwrap();
        let before = booking.clone();
        booking.evolve(&fact);
        let event = booking.event().unwrap().uuid();
        let was_sold = matches!(before, Booking::Confirmed(_));
        let mut note = |at: &DateTime<Utc>, what, amount| {
            self.happenings.push(Happening {
                event,
                at: *at,
                what,
                amount,
            });
        };
        match &fact {
            BookingFact::BookingPlaced { lines, at, .. } => {
                note(at, "holds", 1);
                note(at, "places_held", quantity(lines));
            }
            BookingFact::BookingReleased { at } | BookingFact::BookingFailed { at } => {
                note(at, "holds_released", 1);
            }
            BookingFact::PlacesCancelled { at, .. } if !was_sold => note(at, "holds_released", 1),
            BookingFact::BookingExpired { at } => note(at, "holds_expired", 1),
            BookingFact::BookingConfirmed { at } => {
                note(at, "bookings_confirmed", 1);
                note(at, "places_sold", quantity(booking.lines()));
            }
            BookingFact::PlacesCancelled {
                lines,
                fee,
                refund,
                at,
                ..
            } => {
                let over = matches!(booking, Booking::Cancelled(_));
                let what = if over {
                    "bookings_cancelled"
                } else {
                    "bookings_reduced"
                };
                note(at, what, 1);
                note(at, "places_returned", quantity(lines));
                note(at, "fees", fee.amount);
                note(at, "refunds_due", refund.amount);
                self.note_returned(event, lines);
            }
            BookingFact::PaymentDeclined { at, .. } => note(at, "payments_declined", 1),
            BookingFact::PaymentCaptured { amount, at, .. } => note(at, "gross", amount.amount),
            BookingFact::PaymentCapturedLate { amount, at, .. } => note(at, "late_captured", amount.amount),
            BookingFact::RefundSettled {
                amount, reason, at, ..
            } => {
                let what = match reason {
                    RefundReason::Cancellation => "refunds",
                    RefundReason::LateCapture => "late_refunded",
                };
                note(at, what, amount.amount);
            }
            _ => {}
        }
    }

    fn note_returned(&mut self, event: Uuid, lines: &[BookingLine]) {
        let event = self.events.get_mut(&event).unwrap();
        for line in lines {
            event.section(line.section.as_str()).returned += i64::from(line.quantity);
        }
    }

    /// Which places a booking has in the end.
    fn note_places(&mut self, booking: &Booking) {
        let event = self.events.get_mut(&booking.event().unwrap().uuid()).unwrap();
        for line in booking.lines() {
            let section = event.section(line.section.as_str());
            match booking {
                Booking::Held(_) | Booking::AwaitingPayment(_) => section.held += i64::from(line.quantity),
                Booking::Confirmed(_) => section.sold += i64::from(line.quantity),
                _ => {}
            }
        }
    }

    /// The sum of what happened to `events` from a moment to another.
    pub(crate) fn sum(
        &self,
        what: &str,
        events: &BTreeSet<Uuid>,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> i64 {
        let mut sum = 0;
        for each in &self.happenings {
            if each.what == what && events.contains(&each.event) && from <= each.at && each.at < to {
                sum += each.amount;
            }
        }
        sum
    }

    pub(crate) fn counts(&self, events: &BTreeSet<Uuid>, period: (DateTime<Utc>, DateTime<Utc>)) -> Value {
        let mut counts = json!({});
        for what in COUNTS {
            counts[what] = self.sum(what, events, period).into();
        }
        counts
    }

    /// Money of those of `events` that are in one currency.
    pub(crate) fn money_in(
        &self,
        currency: &str,
        events: &BTreeSet<Uuid>,
        period: (DateTime<Utc>, DateTime<Utc>),
    ) -> Value {
        let in_it = |id: &&Uuid| self.events[id].currency == currency;
        let events: BTreeSet<Uuid> = events.iter().filter(in_it).copied().collect();
        let mut money = json!({"currency": currency});
        for what in AMOUNTS {
            money[what] = self.sum(what, &events, period).into();
        }
        money["net"] = (money["gross"].as_i64().unwrap() - money["refunds"].as_i64().unwrap()).into();
        money
    }

    /// Money by currency, of those that moved.
    pub(crate) fn money(&self, events: &BTreeSet<Uuid>, period: (DateTime<Utc>, DateTime<Utc>)) -> Value {
        let currencies: BTreeSet<&str> = events
            .iter()
            .map(|id| self.events[id].currency.as_str())
            .collect();
        let all = currencies
            .into_iter()
            .map(|currency| self.money_in(currency, events, period));
        all.filter(|money| AMOUNTS.iter().any(|what| money[*what] != 0))
            .collect()
    }

    /// First and last moment at which anything happened to an event.
    pub(crate) fn lifetime(&self, event: Uuid) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let moments = || {
            self.happenings
                .iter()
                .filter(|each| each.event == event)
                .map(|each| each.at)
        };
        Some((moments().min()?, moments().max()?))
    }

    /// What happened, as often as it did; what came to nothing did not.
    pub(crate) fn happenings(&self) -> Vec<&'static str> {
        let counted = self.happenings.iter().filter(|each| each.amount > 0);
        counted.map(|each| each.what).collect()
    }
}

impl EventBook {
    fn section(&mut self, id: &str) -> &mut SectionBook {
        self.sections.iter_mut().find(|section| section.id == id).unwrap()
    }

    pub(crate) fn capacity(&self) -> i64 {
        self.sections.iter().map(|section| section.capacity).sum()
    }

    pub(crate) fn held(&self) -> i64 {
        self.sections.iter().map(|section| section.held).sum()
    }

    pub(crate) fn sold(&self) -> i64 {
        self.sections.iter().map(|section| section.sold).sum()
    }

    /// As `events` of an answer names it.
    pub(crate) fn status(&self, now: DateTime<Utc>) -> &'static str {
        if self.cancelled {
            return "cancelled";
        }
        if !self.published {
            return "draft";
        }
        if now >= self.ends_at || self.until.is_some_and(|until| now >= until) {
            return "closed";
        }
        if self.from.is_some_and(|from| now >= from) {
            return "on_sale";
        }
        "published"
    }
}

fn quantity(lines: &[BookingLine]) -> i64 {
    lines.iter().map(|line| i64::from(line.quantity)).sum()
}
