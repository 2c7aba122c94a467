//! The write side, as far as readers need one: the domain decides commands, and their facts are appended to the log.

use std::collections::HashMap;
use std::sync::Arc;

use domain::booking::{self, Booking, BookingCommand, BookingFact, ExpireBooking};
use domain::event::{Event, EventCommand, EventFact};
use domain::ids::{BookingId, EventId};
use event_store::{Log, NewFact, Outcome, Sequence, StreamId, Unit};

pub(crate) struct WriteSide {
    log: Log,
    events: HashMap<EventId, Event>,
    bookings: HashMap<BookingId, Booking>,
    sequences: HashMap<StreamId, i64>,
    metadata: Arc<str>,
}

impl WriteSide {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            log,
            events: HashMap::new(),
            bookings: HashMap::new(),
            sequences: HashMap::new(),
            metadata: r#"{"actor":"tester"}"#.into(),
        }
    }

    pub(crate) fn booking(&self, id: BookingId) -> &Booking {
        &self.bookings[&id]
    }

    /// Appends facts of an Event that nothing decides.
    pub(crate) async fn tell(&mut self, id: EventId, facts: Vec<EventFact>) {
        let facts = self.of_event(id, &facts);
        self.append(facts).await;
    }

    pub(crate) async fn organize(&mut self, id: EventId, command: EventCommand) {
        let event = self.events.entry(id).or_default();
        let facts = domain::event::decide(event, &command).unwrap();
        self.tell(id, facts).await;
    }

    /// The same, where the domain may refuse it; whether it did not.
    pub(crate) async fn try_organize(&mut self, id: EventId, command: EventCommand) -> bool {
        let decided = domain::event::decide(self.events.entry(id).or_default(), &command);
        let accepted = decided.is_ok();
        self.tell(id, decided.unwrap_or_default()).await;
        accepted
    }

    /// An Event, and how many facts it has.
    pub(crate) fn event(&self, id: EventId) -> (&Event, i64) {
        let sequence = self.sequences.get(&StreamId::of::<Event>(id)).copied();
        (&self.events[&id], sequence.unwrap_or_default())
    }

    /// Decides a command where the domain may refuse it; whether it did not.
    pub(crate) async fn try_command(&mut self, id: EventId, command: BookingCommand) -> bool {
        let booking = self.bookings.entry(command.booking()).or_default();
        let accepted = booking::decide(&self.events[&id], booking, &command).is_ok();
        if accepted {
            self.command(id, command).await;
        }
        accepted
    }

    /// Decides a command, after holds in its way are expired.
    pub(crate) async fn command(&mut self, id: EventId, command: BookingCommand) {
        let at = command.at();
        for booking in booking::expired_holds_blocking(&self.events[&id], &command) {
            self.decide(id, &BookingCommand::Expire(ExpireBooking { booking, at }))
                .await;
        }
        self.decide(id, &command).await;
    }

    async fn decide(&mut self, id: EventId, command: &BookingCommand) {
        let booking = self.bookings.entry(command.booking()).or_default();
        let change = booking::decide(&self.events[&id], booking, command).unwrap();
        let mut facts = self.of_event(id, &change.event);
        facts.extend(self.of_booking(command.booking(), &change.booking));
        self.append(facts).await;
    }

    fn of_event(&mut self, id: EventId, facts: &[EventFact]) -> Vec<NewFact> {
        let stream = StreamId::of::<Event>(id);
        let event = self.events.entry(id).or_default();
        for fact in facts {
            event.evolve(fact);
        }
        let sequences = self.take_sequences(&stream, facts.len());
        let facts = sequences.zip(facts);
        facts
            .map(|(sequence, fact)| NewFact::of::<Event>(&stream, sequence, fact, &self.metadata).unwrap())
            .collect()
    }

    fn of_booking(&mut self, id: BookingId, facts: &[BookingFact]) -> Vec<NewFact> {
        let stream = StreamId::of::<Booking>(id);
        let booking = self.bookings.entry(id).or_default();
        for fact in facts {
            booking.evolve(fact);
        }
        let sequences = self.take_sequences(&stream, facts.len());
        let facts = sequences.zip(facts);
        facts
            .map(|(sequence, fact)| NewFact::of::<Booking>(&stream, sequence, fact, &self.metadata).unwrap())
            .collect()
    }

    fn take_sequences(&mut self, stream: &StreamId, count: usize) -> impl Iterator<Item = Sequence> + use<> {
        let last = self.sequences.entry(stream.clone()).or_default();
        let first = *last + 1;
        *last += i64::try_from(count).unwrap();
        (first..=*last).map(Sequence::new)
    }

    async fn append(&mut self, facts: Vec<NewFact>) {
        if facts.is_empty() {
            return;
        }
        let outcomes = self.log.append(&[Unit { facts }]).await.unwrap();
        assert!(matches!(outcomes[..], [Outcome::Appended(_)]), "{outcomes:?}");
    }
}
