//! Events and bookings that live as the domain decides, with what random people ask of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{self, Booking, BookingCommand, Change, ExpireBooking};
use domain::event::{self, By, Event, EventCommand, EventFact};
use domain::ids::{AccountId, BookingId, EventId};
use event_store::{NewFact, Sequence, StreamId, Unit};
use uuid::Uuid;

use crate::dice::Dice;

/// Organizers, of whom each runs some events.
pub(crate) const ORGANIZERS: [Uuid; 3] = [
    Uuid::from_u128(0xa1),
    Uuid::from_u128(0xa2),
    Uuid::from_u128(0xa3),
];
/// Events at most.
const EVENTS_MAX: usize = 7;

pub(crate) struct Story {
    pub(crate) at: DateTime<Utc>,
    pub(crate) dice: Dice,
    pub(crate) events: BTreeMap<EventId, Event>,
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
    /// Their bookings, the latest last.
    pub(crate) placed: Vec<(BookingId, EventId)>,
    sequences: BTreeMap<StreamId, i64>,
    units: Vec<Unit>,
}

impl Story {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            at: "2026-03-27T21:13:00Z".parse().unwrap(),
            dice: Dice::new(seed),
            events: BTreeMap::new(),
            bookings: BTreeMap::new(),
            placed: Vec::new(),
            sequences: BTreeMap::new(),
            units: Vec::new(),
        }
    }

    /// Some time passes, and a person sends a command; what the domain refuses does not happen.
    pub(crate) fn step(&mut self) {
        let seconds = match self.dice.below(50) {
            0..=42 => self.dice.below(90),
            43..=46 => self.dice.below(2_400),
            47..=48 => self.dice.below(8 * 3_600),
            _ => self.dice.below(20 * 3_600),
        };
        self.at += TimeDelta::seconds(i64::try_from(seconds).unwrap());
        if self.events.len() < EVENTS_MAX && (self.events.len() < 3 || self.dice.one_in(20)) {
            return self.create_event();
        }
        match self.dice.below(100) {
            0..=29 => self.place(),
            30..=49 => self.request_payment(),
            50..=66 => self.settle_payment(),
            67..=71 => self.confirm(),
            72..=81 => self.cancel(),
            82..=88 => self.settle_refund(),
            89..=91 => self.expire(),
            92..=94 => self.follow_cancellations(),
            _ => self.organize(),
        }
    }

    /// The units since the last call, to be appended.
    pub(crate) fn take_units(&mut self) -> Vec<Unit> {
        std::mem::take(&mut self.units)
    }

    pub(crate) fn organizer_of(&self, event: EventId) -> By {
        By {
            account: self.events[&event].organizer().unwrap(),
            any_event: false,
        }
    }

    pub(crate) fn some_event(&mut self) -> EventId {
        let ids: Vec<EventId> = self.events.keys().copied().collect();
        self.dice.pick(&ids).unwrap()
    }

    /// A booking that is as wanted, if there is one.
    pub(crate) fn some_booking(&mut self, wanted: impl Fn(&Booking) -> bool) -> Option<(BookingId, EventId)> {
        let placed = self.placed.iter().copied();
        let fitting: Vec<_> = placed
            .filter(|(booking, _)| wanted(&self.bookings[booking]))
            .collect();
        self.dice.pick(&fitting)
    }

    pub(crate) fn ask_event(&mut self, id: EventId, command: &EventCommand) {
        let mut event = self.events.remove(&id).unwrap_or_default();
        if let Ok(facts) = event::decide(&event, command) {
            for fact in &facts {
                event.evolve(fact);
            }
            let facts = facts.iter().map(|fact| self.of_event(id, fact)).collect();
            self.units.push(Unit { facts });
        }
        self.events.insert(id, event);
    }

    /// Answers whether it was not refused. What is overdue in its way is expired first, as a lane does.
    pub(crate) fn ask_booking(&mut self, event: EventId, command: &BookingCommand) -> bool {
        for booking in booking::expired_holds_blocking(&self.events[&event], command) {
            let at = self.at;
            assert!(self.decide(event, &BookingCommand::Expire(ExpireBooking { booking, at })));
        }
        self.decide(event, command)
    }

    fn decide(&mut self, event: EventId, command: &BookingCommand) -> bool {
        let id = command.booking();
        let booking = self.bookings.get(&id).cloned().unwrap_or_default();
        let Ok(Change {
            event: of_event,
            booking: of_booking,
        }) = booking::decide(&self.events[&event], &booking, command)
        else {
            return false;
        };
        let state = self.events.get_mut(&event).unwrap();
        for fact in &of_event {
            state.evolve(fact);
        }
        let state = self.bookings.entry(id).or_default();
        for fact in &of_booking {
            state.evolve(fact);
        }
        let mut facts: Vec<NewFact> = of_event.iter().map(|fact| self.of_event(event, fact)).collect();
        for fact in &of_booking {
            let payload = serde_json::to_string(fact).unwrap();
            facts.push(self.fact(StreamId::of::<Booking>(id), fact.name(), payload));
        }
        self.units.push(Unit { facts });
        true
    }

    fn of_event(&mut self, id: EventId, fact: &EventFact) -> NewFact {
        let payload = serde_json::to_string(fact).unwrap();
        self.fact(StreamId::of::<Event>(id), fact.name(), payload)
    }

    fn fact(&mut self, stream: StreamId, event_type: &'static str, payload: String) -> NewFact {
        let sequence = self.sequences.entry(stream.clone()).or_default();
        *sequence += 1;
        NewFact {
            stream,
            sequence: Sequence::new(*sequence),
            event_type,
            event_version: "1.0",
            payload,
            metadata: Arc::from(r#"{"actor":"storyteller"}"#),
        }
    }

    pub(crate) fn some_organizer(&mut self) -> AccountId {
        AccountId::new(self.dice.pick(&ORGANIZERS).unwrap())
    }
}
