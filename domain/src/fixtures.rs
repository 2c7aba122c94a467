//! Given, for tests: people, an Event with three small sections, and the world that a lane keeps around it.

mod money;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::booking::{
    self, Booking, BookingCommand, BookingRefusal, CancelPlaces, CancelRequest, Canceller, Change,
    ConfirmBooking, ExpireBooking, ExtendBooking, Fingerprint, PlaceBooking, SeatRequest,
};
use crate::event::{
    By, CancelEvent, CloseSales, CreateEvent, Event, EventCommand, EventDetails, EventFact, NewPlaces,
    NewSection, OpenSales, PublishEvent, RescheduleEvent, Seating, decide,
};
use crate::ids::{AccountId, BookingId, EventId, RefundId};
use crate::money::{Currency, Price};
use crate::text::{Name, SeatId, SectionId, Title};

pub(crate) use self::money::{
    captured, declined, no_refund, pay, payment, refund, refund_id, refunded, retry, settle,
};

/// So many minutes after sales open; before, where negative.
pub(crate) fn minute(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minute)
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn seat(id: &str) -> SeatId {
    SeatId::parse(id).unwrap()
}

pub(crate) fn section(id: &str) -> SectionId {
    SectionId::parse(id).unwrap()
}

pub(crate) fn price(amount: i64) -> Price {
    Price::parse(amount).unwrap()
}

pub(crate) fn buyer(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(0xb000 + number))
}

pub(crate) fn booking(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(0xc000 + number))
}

pub(crate) fn organizer() -> By {
    By {
        account: AccountId::new(Uuid::from_u128(1)),
        any_event: false,
    }
}

pub(crate) fn another_organizer() -> By {
    By {
        account: AccountId::new(Uuid::from_u128(2)),
        any_event: false,
    }
}

pub(crate) fn admin() -> By {
    By {
        any_event: true,
        ..another_organizer()
    }
}

pub(crate) fn details() -> EventDetails {
    EventDetails {
        title: Title::parse("Figaro").unwrap(),
        description: "An opera.".to_owned(),
        category: name("opera"),
        venue: name("Grand Theatre"),
        city: name("Vienna"),
        time_zone: name("Europe/Vienna"),
        starts_at: minute(10_000),
        ends_at: minute(10_200),
    }
}

/// Floor: rows A and B of six seats at 10.00; balcony: a row of four for nothing; standing: ten places for nothing.
pub(crate) fn sections() -> Vec<NewSection> {
    let rows = |rows, seats_per_row| NewPlaces::Rows { rows, seats_per_row };
    let new = |text, amount, places| NewSection {
        name: name(text),
        price: price(amount),
        places,
    };
    vec![
        new("Floor", 1000, rows(2, 6)),
        new("Balcony", 0, rows(1, 4)),
        new("Standing", 0, NewPlaces::Capacity(10)),
    ]
}

pub(crate) fn create() -> CreateEvent {
    CreateEvent {
        organizer: organizer().account,
        details: details(),
        currency: Currency::parse("EUR").unwrap(),
        buyer_seats_max: 4,
        seating: Seating::Sections(sections()),
        request: None,
        at: minute(-60),
    }
}

pub(crate) fn event_of(facts: &[EventFact]) -> Event {
    let mut event = Event::default();
    for fact in facts {
        event.evolve(fact);
    }
    event
}

/// The facts of `commands`, one upon the other, on an Event with `facts`.
pub(crate) fn facts_after(mut facts: Vec<EventFact>, commands: &[EventCommand]) -> Vec<EventFact> {
    for command in commands {
        let more = decide(&event_of(&facts), command).unwrap();
        facts.extend(more);
    }
    facts
}

pub(crate) fn draft() -> Vec<EventFact> {
    facts_after(Vec::new(), &[EventCommand::Create(create())])
}

pub(crate) fn published() -> Vec<EventFact> {
    facts_after(
        draft(),
        &[EventCommand::Publish(PublishEvent {
            by: organizer(),
            at: minute(-50),
        })],
    )
}

pub(crate) fn open(from: i64, at: i64) -> EventCommand {
    EventCommand::OpenSales(OpenSales {
        by: organizer(),
        from: Some(minute(from)),
        at: minute(at),
    })
}

pub(crate) fn close(until: i64, at: i64) -> EventCommand {
    EventCommand::CloseSales(CloseSales {
        by: organizer(),
        until: Some(minute(until)),
        at: minute(at),
    })
}

pub(crate) fn on_sale() -> Vec<EventFact> {
    facts_after(published(), &[open(0, -40)])
}

pub(crate) fn named(ids: &[&str]) -> SeatRequest {
    SeatRequest::Named(ids.iter().map(|id| seat(id)).collect())
}

pub(crate) fn any(id: &str, quantity: u32) -> SeatRequest {
    SeatRequest::Any {
        section: section(id),
        quantity,
    }
}

pub(crate) fn place(number: u128, by: u128, seats: SeatRequest, at: i64) -> BookingCommand {
    BookingCommand::Place(PlaceBooking {
        booking: booking(number),
        event: EventId::new(Uuid::from_u128(7)),
        buyer: buyer(by),
        seats,
        request: Fingerprint::new(u64::try_from(number).unwrap()),
        at: minute(at),
    })
}

pub(crate) fn extend(number: u128, by: u128, at: i64) -> BookingCommand {
    BookingCommand::Extend(ExtendBooking {
        booking: booking(number),
        buyer: buyer(by),
        at: minute(at),
    })
}

/// The buyer gives everything back.
pub(crate) fn release(number: u128, by: u128, at: i64) -> BookingCommand {
    cancel_all(number, by, at)
}

pub(crate) fn cancel_all(number: u128, by: u128, at: i64) -> BookingCommand {
    BookingCommand::Cancel(CancelPlaces {
        booking: booking(number),
        by: Canceller::Buyer(buyer(by)),
        places: CancelRequest::All,
        cancellation: RefundId::new(booking(number).uuid()),
        request: None,
        at: minute(at),
    })
}

pub(crate) fn cancel(
    number: u128,
    by: u128,
    places: CancelRequest,
    cancellation: u128,
    at: i64,
) -> BookingCommand {
    BookingCommand::Cancel(CancelPlaces {
        booking: booking(number),
        by: Canceller::Buyer(buyer(by)),
        places,
        cancellation: refund_id(cancellation),
        request: Some(Fingerprint::new(u64::try_from(cancellation).unwrap())),
        at: minute(at),
    })
}

/// The process of a cancelled Event reaches the Booking.
pub(crate) fn give_up(number: u128, at: i64) -> BookingCommand {
    BookingCommand::Cancel(CancelPlaces {
        booking: booking(number),
        by: Canceller::EventCancellation,
        places: CancelRequest::All,
        cancellation: RefundId::new(booking(number).uuid()),
        request: None,
        at: minute(at),
    })
}

pub(crate) fn cancel_event(at: i64) -> EventCommand {
    EventCommand::Cancel(CancelEvent {
        by: organizer(),
        reason: name("The singer is ill"),
        at: minute(at),
    })
}

/// It starts at minute `start`, and who booked before may cancel for nothing for `free_hours`.
pub(crate) fn reschedule(start: i64, free_hours: u32, at: i64) -> EventCommand {
    EventCommand::Reschedule(RescheduleEvent {
        by: organizer(),
        starts_at: minute(start),
        ends_at: minute(start + 200),
        free_hours,
        sales_until: None,
        at: minute(at),
    })
}

pub(crate) fn confirm(number: u128, by: u128, at: i64) -> BookingCommand {
    BookingCommand::Confirm(ConfirmBooking {
        booking: booking(number),
        buyer: buyer(by),
        at: minute(at),
    })
}

pub(crate) fn expire(number: u128, at: i64) -> BookingCommand {
    BookingCommand::Expire(ExpireBooking {
        booking: booking(number),
        at: minute(at),
    })
}

/// An Event and its Bookings, kept up to date by every command.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) event: Event,
    pub(crate) facts: Vec<EventFact>,
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
}

impl World {
    pub(crate) fn given(facts: Vec<EventFact>) -> Self {
        Self {
            event: event_of(&facts),
            facts,
            bookings: BTreeMap::new(),
        }
    }

    /// An Event on sale, after `commands`.
    pub(crate) fn on_sale(commands: &[BookingCommand]) -> Self {
        let mut world = Self::given(on_sale());
        for command in commands {
            world.when(command).unwrap();
        }
        world
    }

    /// Decides and applies `command`, after expiring what is overdue in its way, as a lane does.
    pub(crate) fn when(&mut self, command: &BookingCommand) -> Result<Change, BookingRefusal> {
        let at = command.at();
        for booking in booking::expired_holds_blocking(&self.event, command) {
            self.decide_and_apply(&BookingCommand::Expire(ExpireBooking { booking, at }))?;
        }
        self.decide_and_apply(command)
    }

    pub(crate) fn organize(&mut self, command: &EventCommand) {
        for fact in decide(&self.event, command).unwrap() {
            self.apply(fact);
        }
    }

    pub(crate) fn booking(&self, number: u128) -> Booking {
        self.bookings.get(&booking(number)).cloned().unwrap_or_default()
    }

    fn decide_and_apply(&mut self, command: &BookingCommand) -> Result<Change, BookingRefusal> {
        let known = self.bookings.entry(command.booking()).or_default();
        let change = booking::decide(&self.event, known, command)?;
        change.booking.iter().for_each(|fact| known.evolve(fact));
        change.event.iter().cloned().for_each(|fact| self.apply(fact));
        Ok(change)
    }

    fn apply(&mut self, fact: EventFact) {
        self.event.evolve(&fact);
        self.facts.push(fact);
    }
}
